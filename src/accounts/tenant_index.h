/* Tenants that have a name or are closed, in memory, in order of their paths: for completion among 100,000 and for the
 * way of an event. Any thread. Private to accounts/. */
#ifndef DAYBOOK_ACCOUNTS_TENANT_INDEX_H
#define DAYBOOK_ACCOUNTS_TENANT_INDEX_H

#include "accounts/records.h"

struct tenant_index;

struct tenant_index *tenant_index_new(void);
void tenant_index_free(struct tenant_index *t);                                     /* NULL is allowed */
void tenant_index_put(struct tenant_index *t, const struct account_tenant *tenant); /* copied */
bool tenant_index_get(struct tenant_index *t, struct slice path, struct arena *arena, struct account_tenant *out);
/* Whether it or one above it is closed. */
bool tenant_index_closed(struct tenant_index *t, struct slice path);
/* As accounts_list_tenants. */
int tenant_index_list(struct tenant_index *t, const struct account_query *query, struct arena *arena,
                      struct account_tenant **out, uint32_t *count_out);

#endif
