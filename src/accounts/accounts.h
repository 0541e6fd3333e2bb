/* People, keys and what they may do: DIR/accounts.db (SQLite, 0600), and in memory what a check on the way of a request
 * needs. Opened once beside the store; any thread may call.
 *
 * One connection behind one lock. A change is a transaction (accounts_begin ... accounts_end); it is on disk and in the
 * table in memory when accounts_end returns, so that what was revoked is refused from then on. accounts_check reads
 * only that table: it never waits for the disk. Slow work, argon2 above all, is done before accounts_begin.
 *
 * Results live in the caller's arena. ERR_NOT_FOUND: there is no such row, ERR_CONFLICT: a name is taken,
 * ERR_INVALID with a JSON pointer: the value breaks a rule. Whether the caller may see or do it is asked of access/. */
#ifndef DAYBOOK_ACCOUNTS_ACCOUNTS_H
#define DAYBOOK_ACCOUNTS_ACCOUNTS_H

#include "accounts/records.h"
#include "accounts/signin.h"

struct accounts;

struct accounts_config {
  const char *dir;         /* the data folder, which is there */
  bool read_only;          /* the command line on a copy: nothing is made or written */
  bool manual_background;  /* tests: no thread; they call accounts_run_background */
  int64_t session_idle_us; /* 0: LIMIT_SESSION_IDLE_S */
};
/* Makes DIR/accounts.db where it is absent. ERR_LOCKED: another process has it open. */
int accounts_open(const struct os *os, const struct accounts_config *config, struct accounts **out, struct error *err);
void accounts_close(struct accounts *a); /* writes when credentials were last used; NULL is allowed */
/* Writes when credentials were last used and removes what expired: once a minute by a thread of its own. */
int accounts_run_background(struct accounts *a, struct error *err);
/* A consistent copy into a new file of this name, and secret.key beside it. */
int accounts_backup(struct accounts *a, const char *to_path, struct error *err);
/* Verifies the files of a folder that no server has open (none: nothing is wrong); problem(arg, text) is called per
 * fault. Nothing can be set aside here: a backup has to bring them back. */
int accounts_fsck(const struct os *os, const char *dir, void (*problem)(void *arg, const char *text), void *arg,
                  uint64_t *problems_out, struct error *err);

/* Begins a change: from here to accounts_end no other thread changes or reads the database. Nested calls join. */
int accounts_begin(struct accounts *a, struct error *err);
/* Ends it: commits where code is 0, else undoes everything since accounts_begin. Returns code, or why the commit
 * failed. */
int accounts_end(struct accounts *a, int code, struct error *err);

/* ---- Checking: in memory, about a microsecond ---- */

/* The holder of a credential. token_hash is accounts_hash_token of what was sent. ERR_UNAUTHORIZED: unknown, expired,
 * revoked, idle for too long or sent from a forbidden address; nothing tells which. `address` is canonical text. Notes
 * the use. session_out (may be NULL): the public id of the session or viewer session; empty for keys. */
int accounts_check(struct accounts *a, const unsigned char token_hash[ACCOUNTS_HASH_BYTES], struct slice address,
                   struct arena *arena, struct account_holder *out, struct slice *session_out);
/* The same holder as it is now, and whether its credential (a key, a viewer session, the user's session of this id)
 * still lives; session empty: of a user only whether it is active. For work that outlives a request; notes no use. */
int accounts_recheck(struct accounts *a, enum holder_kind kind, struct slice id, struct slice session,
                     struct arena *arena, struct account_holder *out);
/* BLAKE2b-256 of a token's text. */
void accounts_hash_token(struct slice token, unsigned char out[ACCOUNTS_HASH_BYTES]);
/* prefix and 43 characters of base64url: 32 random bytes. */
void accounts_make_token(const struct os *os, const char *prefix, char out[ACCOUNTS_TOKEN_TEXT_BYTES]);
/* Whether the tenant or one above it is closed. */
bool accounts_tenant_closed(struct accounts *a, struct slice tenant);

/* ---- Users and grants ---- */

/* By tenant and login, those whose home tenant the scope covers, after `after` ("TENANT:LOGIN", empty: from the first),
 * at most limit. prefix: of login, display name or e-mail, any case. */
int accounts_list_users(struct accounts *a, const struct account_query *query, struct arena *arena,
                        struct account_user **out, uint32_t *count_out, struct error *err);
int accounts_get_user(struct accounts *a, struct slice id, struct arena *arena, struct account_user *out,
                      struct error *err);
int accounts_find_login(struct accounts *a, struct slice login, struct arena *arena, struct account_user *out,
                        struct error *err);
/* Takes login, email, display_name, tenant and grants (without ids) of u; password_hash empty: none yet, state invited.
 * Writes the new id. */
int accounts_add_user(struct accounts *a, const struct account_user *u, struct slice password_hash, struct slice by,
                      char id_out[ACCOUNTS_ID_BYTES], struct error *err);
/* Sets email, display_name and state; disabling ends the sessions. */
int accounts_update_user(struct accounts *a, struct slice id, struct slice email, struct slice display_name,
                         enum user_state state, struct error *err);
int accounts_delete_user(struct accounts *a, struct slice id, struct error *err);
/* Sets the hash (accounts_hash_password) and makes an invited user active. Sessions and links are left alone. */
int accounts_set_password(struct accounts *a, struct slice id, struct slice password_hash, struct error *err);
/* argon2id; takes tens of milliseconds and 64 MiB: never within a change. ERR_INVALID at /password. */
int accounts_hash_password(struct slice password, char out[ACCOUNTS_PASSWORD_BYTES], struct error *err);
int accounts_end_sessions(struct accounts *a, struct slice user, uint32_t *ended_out, struct error *err);
int accounts_remove_factors(struct accounts *a, struct slice user, struct error *err);
/* A single-use link for setting a password; ends earlier ones of that user. The token's text is given once. */
int accounts_make_link(struct accounts *a, struct slice user, enum link_purpose purpose, struct slice by,
                       char token_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err);

/* By id; user empty: of all; tenant (may be empty): in its subtree. Only where the scope covers the grant's tenant. */
int accounts_list_grants(struct accounts *a, const struct account_query *query, struct slice user, struct arena *arena,
                         struct account_grant **out, uint32_t *count_out, struct error *err);
int accounts_get_grant(struct accounts *a, struct slice id, struct arena *arena, struct account_grant *out,
                       struct error *err);
/* Ends links that reset the user's password: who made one may have less than the user now has. */
int accounts_add_grant(struct accounts *a, struct slice user, const struct account_grant *g, struct slice by,
                       char id_out[ACCOUNTS_ID_BYTES], struct error *err);
/* Ends the viewer sessions that the user asked for, too: they may show what the grant allowed. */
int accounts_remove_grant(struct accounts *a, struct slice id, struct error *err);
/* Users who are not disabled and hold a grant of the role operator. */
int accounts_count_operators(struct accounts *a, uint32_t *out, struct error *err);

/* ---- API keys ---- */

/* By tenant, name and id, in scope, after `after` ("TENANT:NAME:ID"). prefix: of the name, or of the key's text. */
int accounts_list_keys(struct accounts *a, const struct account_query *query, struct arena *arena,
                       struct account_key **out, uint32_t *count_out, struct error *err);
int accounts_get_key(struct accounts *a, struct slice id, struct arena *arena, struct account_key *out,
                     struct error *err);
/* Takes name, role, tenant, logs, addresses, expires_us of k. Writes the id and, once, the key's text. */
int accounts_add_key(struct accounts *a, const struct account_key *k, struct slice by, char id_out[ACCOUNTS_ID_BYTES],
                     char secret_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err);
/* A new key of the same name and limits; the old one ends overlap_us from now. ERR_CONFLICT where it ended already. */
int accounts_rotate_key(struct accounts *a, struct slice id, int64_t overlap_us, struct slice by,
                        char id_out[ACCOUNTS_ID_BYTES], char secret_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err);
/* Ends it at once; it stays on the list. */
int accounts_revoke_key(struct accounts *a, struct slice id, struct error *err);

/* ---- Tenants' names and settings ---- */

/* Those that were named, closed or made by hand, by path, whose path begins with prefix or whose name has a word that
 * does (any case), in scope, after `after`. From memory. */
int accounts_list_tenants(struct accounts *a, const struct account_query *query, struct arena *arena,
                          struct account_tenant **out, uint32_t *count_out);
/* False where nothing is kept of it; out then has the path alone. */
bool accounts_get_tenant(struct accounts *a, struct slice path, struct arena *arena, struct account_tenant *out);
int accounts_put_tenant(struct accounts *a, const struct account_tenant *t, struct error *err);

/* Values are JSON texts. own: what is set on this very tenant; else what holds there: the nearest ancestor's, by name.
 * Sorted by name. Reads the rows of the tenant and its ancestors, no others. */
int accounts_list_settings(struct accounts *a, struct slice tenant, bool own, struct arena *arena,
                           struct account_setting **out, uint32_t *count_out, struct error *err);
/* The value that holds there; ERR_NOT_FOUND where none is set. */
int accounts_get_setting(struct accounts *a, struct slice tenant, const char *name, struct arena *arena,
                         struct slice *value_out, struct error *err);
/* Every value that any tenant has set for this name, each once. */
int accounts_setting_values(struct accounts *a, const char *name, struct arena *arena, struct slice **out,
                            uint32_t *count_out, struct error *err);
/* Replaces what is set on the tenant. ERR_CONFLICT past the limits of the top-level tenant's subtree. */
int accounts_put_settings(struct accounts *a, struct slice tenant, const struct account_setting *settings,
                          uint32_t count, struct error *err);

#endif
