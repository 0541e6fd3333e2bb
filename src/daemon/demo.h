/* The demonstration of `serve --demo`: three months of a platform's events, more of them while it runs, and somebody to
 * log in as. */
#ifndef DAYBOOK_DAEMON_DEMO_H
#define DAYBOOK_DAEMON_DEMO_H

#include "accounts/accounts.h"
#include "store/store.h"

enum { DEMO_PASSWORD_BYTES = 24 };
#define DEMO_LOGIN "demo"

/* Puts the events into an empty store and names its tenants; does nothing where there are events already. */
int demo_load(const struct os *os, struct store *store, struct accounts *accounts, uint32_t *added_out,
              struct error *err);
/* The operator DEMO_LOGIN, made where there is none, gets a new random password. */
int demo_prepare_operator(const struct os *os, struct accounts *accounts, char password_out[DEMO_PASSWORD_BYTES],
                          struct error *err);

struct demo_live;
/* Records a few events a minute, at irregular intervals, until it is stopped. */
struct demo_live *demo_live_start(const struct os *os, struct store *store);
void demo_live_stop(struct demo_live *live); /* NULL is allowed */

#endif
