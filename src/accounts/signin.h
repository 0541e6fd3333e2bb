/* What sign-in keeps of users: passwords' hashes, sessions, second factors, links, identities at providers,
 * preferences; and viewer tokens. Part of accounts.h, whose rules hold; others include that. */
#ifndef DAYBOOK_ACCOUNTS_SIGNIN_H
#define DAYBOOK_ACCOUNTS_SIGNIN_H

#include "accounts/records.h"
#include "base/buffer.h"

struct accounts;

enum { ACCOUNTS_RECOVERY_CODES = 10 };

/* ---- The server's secret: DIR/secret.key ---- */

enum { ACCOUNTS_SECRET_BYTES = 32, ACCOUNTS_SEAL_BYTES = 40 /* that sealing adds */ };
/* A key for one purpose, a name of at most 8 characters: "csrf", "cursor", "tail" ... */
void accounts_derive_key(const struct accounts *a, const char *purpose, unsigned char out[ACCOUNTS_SECRET_BYTES]);
/* Appends plain sealed for the purpose: only this server reads it or can have made it. */
void accounts_seal(const struct accounts *a, const char *purpose, struct slice plain, struct buffer *out);
/* False where it was not sealed here for this purpose. */
bool accounts_unseal(const struct accounts *a, const char *purpose, struct slice sealed, struct arena *arena,
                     struct slice *out);

/* ---- Passwords ---- */

/* ERR_INVALID at `pointer` where it is too short, too long, the login or one of the most common ones. */
int accounts_check_password(struct slice password, struct slice login, const char *pointer, struct error *err);
/* Whether the password has this hash (crypto_pwhash_STRBYTES text). Takes as long as hashing, also where hash is empty:
 * then it is compared with one of nobody, and false. Never within a change. */
bool accounts_verify_password(struct slice hash, struct slice password);

/* ---- Users, as sign-in sees them ---- */

struct account_sign_in {
  struct slice id, login, email, display_name, tenant;
  enum user_state state;
  struct slice password_hash; /* empty: none */
  bool totp;                  /* confirmed */
  bool email_code;
  int64_t totp_step;        /* of the last code that was taken */
  struct slice totp_secret; /* sealed; also where it is not confirmed yet */
  uint32_t recovery_codes;  /* left */
  struct slice preferences; /* JSON */
};
/* By login (any case) or, where by_id, by id. */
int accounts_get_sign_in(struct accounts *a, struct slice login_or_id, bool by_id, struct arena *arena,
                         struct account_sign_in *out, struct error *err);
int accounts_set_preferences(struct accounts *a, struct slice user, struct slice json, struct error *err);

/* ---- Sessions ---- */

struct account_session {
  struct slice id, user, address, peer, user_agent;
  struct slice method; /* "password", "password+totp", "sso:corp" ... */
  int64_t created_us, last_seen_us, expires_us;
};
/* Opens one with a new token, whose text is given once; notes the log-in. Takes user, address, peer, user_agent, method
 * and expires_us of s. */
int accounts_open_session(struct accounts *a, const struct account_session *s, char id_out[ACCOUNTS_ID_BYTES],
                          char token_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err);
/* Newest first. */
int accounts_list_sessions(struct accounts *a, struct slice user, struct arena *arena, struct account_session **out,
                           uint32_t *count_out, struct error *err);
/* ERR_NOT_FOUND unless it is the user's. */
int accounts_get_session(struct accounts *a, struct slice user, struct slice id, struct arena *arena,
                         struct account_session *out, struct error *err);
int accounts_end_session(struct accounts *a, struct slice user, struct slice id, struct error *err);
/* All of the user but `keep` (may be empty). */
int accounts_end_other_sessions(struct accounts *a, struct slice user, struct slice keep, uint32_t *ended_out,
                                struct error *err);

/* ---- Second factors ---- */

/* A new TOTP secret, sealed by the caller, that counts once it is confirmed; replaces an unconfirmed one.
 * ERR_CONFLICT where one is confirmed. */
int accounts_put_totp(struct accounts *a, struct slice user, struct slice sealed, struct error *err);
/* The first code was right, for this time step. ERR_CONFLICT where there is none to confirm. */
int accounts_confirm_totp(struct accounts *a, struct slice user, int64_t step, struct error *err);
/* Uses up a time step: ERR_CONFLICT where it, or a later one, was used before. */
int accounts_use_totp(struct accounts *a, struct slice user, int64_t step, struct error *err);
/* TOTP and its recovery codes. ERR_NOT_FOUND where there is none. */
int accounts_remove_totp(struct accounts *a, struct slice user, struct error *err);
/* Replaces the codes; hashes are accounts_hash_token of their texts. */
int accounts_put_recovery_codes(struct accounts *a, struct slice user,
                                const unsigned char (*hashes)[ACCOUNTS_HASH_BYTES], uint32_t count, struct error *err);
/* Uses one up; ERR_NOT_FOUND where it is none of the user's. */
int accounts_use_recovery_code(struct accounts *a, struct slice user, const unsigned char hash[ACCOUNTS_HASH_BYTES],
                               struct error *err);
int accounts_set_email_code(struct accounts *a, struct slice user, bool on, struct error *err);

/* ---- Links ---- */

struct account_link {
  enum link_purpose purpose;
  struct slice user; /* empty: the first operator is still to be made */
};
/* ERR_NOT_FOUND where it is unknown, used or expired. */
int accounts_find_link(struct accounts *a, struct slice token, struct arena *arena, struct account_link *out,
                       struct error *err);
/* Uses it up, with every other link of that user; ERR_NOT_FOUND as before. */
int accounts_use_link(struct accounts *a, struct slice token, struct error *err);
/* Whether somebody can sign in, by password or identity, and holds the role operator. */
int accounts_has_operator(struct accounts *a, bool *out, struct error *err);

/* ---- Identities at OpenID providers ---- */

/* The user's id; ERR_NOT_FOUND. */
int accounts_find_identity(struct accounts *a, struct slice issuer, struct slice subject, struct arena *arena,
                           struct slice *user_out, struct error *err);
int accounts_add_identity(struct accounts *a, struct slice issuer, struct slice subject, struct slice user,
                          struct error *err);

/* ---- Where searches are recorded: the setting record_searches ---- */

/* False: nowhere; quickly. */
bool accounts_records_searches(const struct accounts *a);
/* Tenants of a subtree (empty: all) that ask for it themselves, by path, at most limit. */
int accounts_list_recorded(struct accounts *a, struct slice subtree, uint32_t limit, struct arena *arena,
                           struct slice **out, uint32_t *count_out, struct error *err);

/* ---- Viewer tokens ---- */

struct account_viewer {
  struct slice id, name, display_name, email, origin; /* the user shown, the page that embeds */
  enum account_role role;                             /* ROLE_VIEWER, ROLE_AUDITOR */
  struct scope_grant place;
  struct slice creator, created_by; /* id and name of who asked for it */
  int64_t created_us, token_expires_us, session_us, expires_us, last_seen_us;
  bool exchanged;
};
/* Takes name .. place, creator, created_by and session_us (how long the session will last). The token's text is given
 * once; it lives `token_us`. */
int accounts_add_viewer(struct accounts *a, const struct account_viewer *v, int64_t token_us,
                        char id_out[ACCOUNTS_ID_BYTES], char token_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err);
/* Uses the token up for a bearer, whose text is given once. ERR_NOT_FOUND where it is unknown, used or expired. */
int accounts_exchange_viewer(struct accounts *a, struct slice token, struct arena *arena, struct account_viewer *out,
                             char bearer_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err);
/* Those that are not over, in scope, by tenant and id, after `after` ("TENANT:ID"). */
int accounts_list_viewers(struct accounts *a, const struct account_query *query, struct arena *arena,
                          struct account_viewer **out, uint32_t *count_out, struct error *err);
int accounts_get_viewer(struct accounts *a, struct slice id, struct arena *arena, struct account_viewer *out,
                        struct error *err);
int accounts_end_viewer(struct accounts *a, struct slice id, struct error *err);

#endif
