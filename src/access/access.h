/* Who is asking, and what they may do where: the only place that makes a scope.
 *
 * A credential is the operator key (made at the first start, shown once, kept as a hash), an API key, the session of a
 * user or the bearer of an embedded viewer. Each gives a principal: its rights, and for each right the scope in which
 * it holds - a viewer's grant on one tenant and an admin's on another do not add up to exporting both. All functions
 * may be called by any thread; a struct access lives as long as the server. */
#ifndef DAYBOOK_ACCESS_ACCESS_H
#define DAYBOOK_ACCESS_ACCESS_H

#include <stdbool.h>

#include "accounts/accounts.h"
#include "base/arena.h"
#include "base/error.h"
#include "os/os.h"
#include "store/store.h"

enum {
  ACCESS_KEY_MIN_BYTES = 16, /* of an operator key that was preset */
  ACCESS_KEY_MAX_BYTES = 256,
  ACCESS_RIGHTS = 5,
};

enum right { RIGHT_READ = 1, RIGHT_EXPORT = 2, RIGHT_WRITE = 4, RIGHT_MANAGE = 8, RIGHT_OPERATE = 16 };

enum principal_kind { PRINCIPAL_OPERATOR_KEY, PRINCIPAL_KEY, PRINCIPAL_USER, PRINCIPAL_VIEWER, PRINCIPAL_LOCAL };

/* Borrowed from the arena given when it was made. */
struct principal {
  enum principal_kind kind;
  struct slice id;      /* public id "usr_...", "key_..."; empty for the operator key and the command line */
  struct slice session; /* public id of the session "ses_..."; empty for keys */
  struct slice name, display_name, email; /* as the log shows them: login, key name, "operator", the user a viewer
                                             token shows */
  struct slice tenant;                    /* home tenant of a user, a key's or a viewer token's subtree; empty: none */
  struct slice origin;                    /* PRINCIPAL_VIEWER: the embedding page's origin */
  struct slice created_by;                /* PRINCIPAL_VIEWER: name of the key or user that asked for the token */
  const struct account_grant *grants;
  uint32_t grant_count;
  unsigned rights;                          /* set of enum right: the union over all grants */
  struct scope read, export, write, manage; /* where each right holds */
};

struct access;

/* Loads the operator key's hash. `preset` (may be NULL) replaces the key; ERR_INVALID where it is too short or has
 * blanks or control characters. Where there is no key yet and none is preset, one is made and written to new_key_out
 * as text, to be shown once; else new_key_out is "". Borrows store and accounts. */
int access_open(const struct os *os, struct store *store, struct accounts *accounts, const char *preset,
                struct access **out, char new_key_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err);
/* For the command line on a data folder: `key`, which is kept nowhere, is whoever can read the files (PRINCIPAL_LOCAL);
 * the operator key stays what it is and is not taken. */
struct access *access_open_local(struct accounts *accounts, const char *key);
void access_close(struct access *a);
/* Another hash for the operator key; "dbk_" and 43 characters, as access_open makes by itself where there is none. */
void access_make_key(const struct os *os, char out[ACCOUNTS_TOKEN_TEXT_BYTES]);

/* Checks the value of an Authorization header ("Bearer KEY"), in constant time and well under 5 microseconds:
 * the operator key, an API key, a viewer's bearer. `address`: where the request comes from, canonical.
 * ERR_UNAUTHORIZED, without a hint at what was wrong with the key. */
int access_authenticate(struct access *a, struct slice authorization, struct slice address, struct arena *arena,
                        struct principal *out, struct error *err);
/* The same for the value of the session cookie. */
int access_authenticate_session(struct access *a, struct slice token, struct slice address, struct arena *arena,
                                struct principal *out, struct error *err);
/* The same principal as it is now, found by what `was` says of its kind, id and session; where its session is empty the
 * user alone counts. For work that outlives its request: ERR_UNAUTHORIZED where the credential was revoked or has
 * ended, or the user is not active any more. */
int access_refresh(struct access *a, const struct principal *was, struct arena *arena, struct principal *out,
                   struct error *err);

/* ERR_FORBIDDEN unless the principal has the right somewhere. */
int access_require(const struct principal *p, enum right right, struct error *err);
/* Where it has the right; RIGHT_OPERATE holds everywhere or, with no grants in the scope, nowhere. */
const struct scope *principal_scope(const struct principal *p, enum right right);
/* Whether the principal may send events of this tenant and log and product. */
bool access_may_write(const struct principal *p, const struct event *e);
/* Whether it may manage what belongs to this tenant. */
bool access_may_manage(const struct principal *p, struct slice tenant);
/* Whether it may give or take such a grant: within what it manages; the role operator by operators alone. */
bool access_may_grant(const struct principal *p, const struct account_grant *g);
/* What a role allows, a set of enum right. */
unsigned access_role_rights(enum account_role role);
const char *access_right_name(enum right right);

/* What the command line uses on a data folder: the scope of whoever can read the files anyway. */
void access_local_operator(struct principal *out);

#endif
