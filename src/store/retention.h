/* How long events are kept: days by tenant subtree, counted from received_at. An immutable table, replaced whole and
 * reference-counted, so that a snapshot keeps the one it began with. Private to store/. */
#ifndef DAYBOOK_STORE_RETENTION_H
#define DAYBOOK_STORE_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum { RETENTION_DEFAULT_DAYS = 90 };

struct retention;

/* A new table with `days` set for `path` (days < 0: removed); old may be NULL. The result has one reference. */
struct retention *retention_with(const struct retention *old, struct slice path, int32_t days);
struct retention *retention_ref(struct retention *r);
void retention_unref(struct retention *r); /* NULL is allowed */

/* Days for a tenant: the nearest set ancestor or itself decides, then RETENTION_DEFAULT_DAYS. 0 keeps for ever. */
int32_t retention_days(const struct retention *r, struct slice tenant, bool *own_out);
/* Events of the tenant received before this are hidden; INSTANT_MIN where kept for ever. */
int64_t retention_floor(const struct retention *r, struct slice tenant, int64_t now_us);
/* The highest floor of any tenant: what was received at or after it is hidden nowhere. */
int64_t retention_highest_floor(const struct retention *r, int64_t now_us);
/* The lowest floor of any tenant: what was received before it is hidden everywhere. */
int64_t retention_lowest_floor(const struct retention *r, int64_t now_us);

#endif
