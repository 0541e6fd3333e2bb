/* The demonstration of `serve --demo`: three months of a platform's events, more of them while it runs, and the people,
 * keys and settings of demo_accounts.h. */
#ifndef DAYBOOK_DAEMON_DEMO_H
#define DAYBOOK_DAEMON_DEMO_H

#include "accounts/accounts.h"
#include "store/store.h"

/* Puts accounts and events into an empty folder; does nothing where they are already. ERR_CONFLICT: the folder is in
 * use for something else. */
int demo_load(const struct os *os, struct store *store, struct accounts *accounts, uint32_t *added_out,
              struct error *err);
struct demo_live;
/* Records a few events a minute, at irregular intervals, until it is stopped. */
struct demo_live *demo_live_start(const struct os *os, struct store *store);
void demo_live_stop(struct demo_live *live); /* NULL is allowed */

#endif
