/* Tenants and the number of the last event of each. Found by path; listed in order. The committer adds and counts;
 * readers list under the store's lock. Private to store/. */
#ifndef DAYBOOK_STORE_TENANTS_H
#define DAYBOOK_STORE_TENANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct tenant {
  struct slice path;
  uint64_t last_seq;    /* committed */
  uint64_t pending_seq; /* given out in the commit group under way; == last_seq between groups */
  bool touched;         /* in the commit group under way */
  bool dirty;           /* counter not yet in the catalog */
};

struct tenants;

struct tenants *tenants_new(uint64_t seed);
void tenants_free(struct tenants *t);
uint32_t tenants_count(const struct tenants *t);
/* The tenant, or NULL. */
struct tenant *tenants_find(struct tenants *t, struct slice path);
/* The tenant, made where new (last_seq 0). */
struct tenant *tenants_add(struct tenants *t, struct slice path);
/* In order of path bytes; index < tenants_count. Sorts on the first call after tenants were added. */
struct tenant *tenants_at(struct tenants *t, uint32_t index);
/* Index of the first tenant at or after path in that order. */
uint32_t tenants_lower_bound(struct tenants *t, struct slice path);

#endif
