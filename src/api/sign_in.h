/* Signing in: what sessions, set-up, second factors, OpenID Connect and viewer tokens share. Private to api/. */
#ifndef DAYBOOK_API_SIGN_IN_H
#define DAYBOOK_API_SIGN_IN_H

#include <stdatomic.h>

#include "api/body.h"
#include "api/challenges.h"
#include "api/throttle.h"

enum {
  SIGN_IN_BODY_BYTES = 16 * 1024, /* a password of 1,024 bytes, each escaped */
  SIGN_IN_HASHES = 2,             /* argon2id at a time, 64 MiB each */
};

struct sign_in {
  struct sign_in_config config;
  struct throttle *throttle;
  struct challenges *challenges;
  atomic_uint hashing;
};
struct sign_in *sign_in_new(const struct os *os);
void sign_in_free(struct sign_in *s); /* NULL is allowed */

/* ---- Cookies and CSRF (session_cookie.c) ---- */

enum { CSRF_TEXT_BYTES = 44 };
/* What the session's answers and requests carry: derived from its public id with the server's secret. */
void csrf_text(const struct api *a, struct slice session, char out[CSRF_TEXT_BYTES]);
const char *session_cookie_name(const struct http_request *r);
/* Of the cookie: ERR_UNAUTHORIZED where it is no session, ERR_FORBIDDEN where the request may be another site's. */
int session_authenticate(struct http_request *r, const struct http_route *route, struct api *a, struct slice cookie,
                         struct principal *out, struct error *err);

/* ---- Passwords ---- */

/* Hashing takes 64 MiB and some 50 ms: ERR_BUSY where as many as may are at it. */
int hashing_begin(struct api *a, struct error *err);
void hashing_end(struct api *a);
/* The own password, for changes that a stolen session must not make; throttled and recorded as a log-in is.
 * ERR_FORBIDDEN at /password (or `pointer`). */
int check_own_password(struct http_request *r, struct api *a, const struct account_sign_in *u, struct slice password,
                       const char *pointer, struct error *err);
/* The principal as a user; ERR_CONFLICT for keys and viewers, who have no account. */
int own_account(struct http_request *r, struct api *a, struct account_sign_in *out, struct error *err);

/* ---- Log-ins ---- */

/* A body posted without a credential comes from a page of ours or from no page: ERR_UNSUPPORTED unless it is declared
 * as JSON (which other sites cannot send without asking), ERR_FORBIDDEN where a browser says it is another site's.
 * Without this anybody could log a visitor in under another name. */
int check_form(const struct http_request *r, struct error *err);

/* Charges a try of this name from here; ERR_THROTTLED. What succeeded is given back with attempt_succeeded. */
int attempt_begin(struct http_request *r, struct api *a, struct slice name, struct error *err);
void attempt_succeeded(struct http_request *r, struct api *a, struct slice name);
/* Tries of what cannot be guessed (links, viewer tokens) or costs us time: by address. */
int address_begin(struct http_request *r, struct api *a, struct error *err);
/* Before a second factor is checked: wrong codes of one user, from wherever they come. Recovery codes do not count. */
int factor_begin(struct http_request *r, struct api *a, struct slice user, struct error *err);
void factor_succeeded(struct api *a, struct slice user);
/* Records the failure, then gives ERR_UNAUTHORIZED with `answer`. u NULL: nobody has this name. */
int fail_log_in(struct http_request *r, struct api *a, const struct account_sign_in *u, struct slice name,
                const char *method, const char *reason, const char *answer, struct error *err);
/* Opens a session, records the log-in, sets the cookie. */
int open_session(struct http_request *r, struct api *a, const struct account_sign_in *u, const char *method,
                 char session_out[ACCOUNTS_ID_BYTES], int64_t *expires_us_out, struct error *err);
/* The same, answering 201 {"csrf","expires_at","session"}. */
int answer_session(struct http_request *r, struct api *a, const struct account_sign_in *u, const char *method,
                   struct error *err);

/* ---- Codes (factors.c) ---- */

/* A code of the authenticator: uses its time step up. ERR_UNAUTHORIZED where it is wrong or was used. */
int check_totp(struct api *a, const struct account_sign_in *u, struct slice code, struct error *err);
int check_recovery_code(struct api *a, const struct account_sign_in *u, struct slice code, struct error *err);
/* Sends a code to the user's address; makes the challenge that it answers. */
int send_email_code(struct http_request *r, struct api *a, const struct account_sign_in *u, enum challenge_kind kind,
                    char token_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err);
bool check_email_code(const struct challenge *challenge, struct slice code);

/* ---- Handlers ---- */

int sessions_options(struct http_request *r, void *api, struct error *err);
int sessions_post(struct http_request *r, void *api, struct error *err);
int sessions_list(struct http_request *r, void *api, struct error *err);
int sessions_end_current(struct http_request *r, void *api, struct error *err);
int sessions_end(struct http_request *r, void *api, struct error *err);
int sessions_end_others(struct http_request *r, void *api, struct error *err);
int me_get(struct http_request *r, void *api, struct error *err);
int me_password_put(struct http_request *r, void *api, struct error *err);
int me_preferences_put(struct http_request *r, void *api, struct error *err);
int me_totp_post(struct http_request *r, void *api, struct error *err);
int me_totp_put(struct http_request *r, void *api, struct error *err);
int me_totp_delete(struct http_request *r, void *api, struct error *err);
int me_recovery_codes_post(struct http_request *r, void *api, struct error *err);
int me_email_code_post(struct http_request *r, void *api, struct error *err);
int me_email_code_put(struct http_request *r, void *api, struct error *err);
int me_email_code_delete(struct http_request *r, void *api, struct error *err);
int setup_check(struct http_request *r, void *api, struct error *err);
int setup_post(struct http_request *r, void *api, struct error *err);
int oidc_start(struct http_request *r, void *api, struct error *err);
int oidc_callback(struct http_request *r, void *api, struct error *err);
int viewer_tokens_post(struct http_request *r, void *api, struct error *err);
int viewer_tokens_exchange(struct http_request *r, void *api, struct error *err);
int viewer_tokens_list(struct http_request *r, void *api, struct error *err);
int viewer_tokens_delete(struct http_request *r, void *api, struct error *err);

/* The routes of these, and the schemas that describe them. */
extern const struct http_route sign_in_routes[];
extern const uint32_t sign_in_route_count;

#endif
