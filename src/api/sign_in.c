/* What guards log-ins, and what a successful one makes. */
#include "api/sign_in.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/utf8.h"

/* Tries that failed, from one address (network_rule), of one name from one address (pair_rule). Once very many fail
 * everywhere, each address has fewer: slower for who guesses from many, yet never nothing for who is new. */
static const struct throttle_rule pair_rule = {"pair", 5, 60}, pair_slow_rule = {"pair", 2, 300},
                                  network_rule = {"network", 20, 15}, network_slow_rule = {"network", 4, 60},
                                  everywhere_rule = {"everywhere", 300, 1}, open_rule = {"open", 60, 1},
                                  factor_rule = {"factor", 20, 60};

struct sign_in *sign_in_new(const struct os *os) {
  struct sign_in *s = calloc(1, sizeof *s);
  if (!s) abort();
  s->config.session_us = LIMIT_SESSION_S * INT64_C(1000000);
  s->throttle = throttle_new(os);
  s->challenges = challenges_new(os);
  return s;
}

void sign_in_free(struct sign_in *s) {
  if (!s) return;
  throttle_free(s->throttle);
  challenges_free(s->challenges);
  free(s);
}

/* ---- Hashing ---- */

int hashing_begin(struct api *a, struct error *err) {
  if (atomic_fetch_add(&a->sign_in->hashing, 1) < SIGN_IN_HASHES) return 0;
  hashing_end(a);
  return error_set(err, ERR_BUSY, "too many log-ins at once, try again");
}

void hashing_end(struct api *a) { atomic_fetch_sub(&a->sign_in->hashing, 1); }

/* ---- Tries ---- */

static int refuse(struct http_request *r, uint32_t wait_s, struct error *err) {
  http_retry_after(r, wait_s);
  return error_set(err, ERR_THROTTLED, "too many attempts from here, try again in %u seconds", wait_s);
}

/* Names compare in any case; so must their counters. */
static struct slice fold_name(struct slice name, struct arena *arena) {
  struct slice folded = arena_copy(arena, name.len > LIMIT_LOGIN_BYTES ? slice_of(name.data, LIMIT_LOGIN_BYTES) : name);
  for (size_t i = 0; i < folded.len; i++) {
    char *c = (char *)(uintptr_t)&folded.data[i];
    if (*c >= 'A' && *c <= 'Z') *c = (char)(*c | 0x20);
  }
  return folded;
}

int attempt_begin(struct http_request *r, struct api *a, struct slice name, struct error *err) {
  struct throttle *t = a->sign_in->throttle;
  const struct slice none = {"", 0};
  char text[46];
  struct slice network = throttle_network(request_address(r), text), folded = fold_name(name, http_arena(r));
  bool slow = throttle_is_spent(t, &everywhere_rule, none, none);
  uint32_t wait = throttle_charge(t, slow ? &network_slow_rule : &network_rule, network, none);
  if (wait) return refuse(r, wait, err);
  wait = throttle_charge(t, slow ? &pair_slow_rule : &pair_rule, folded, network);
  if (wait) { /* it was not tried: others at this address do not pay for it */
    throttle_give_back(t, slow ? &network_slow_rule : &network_rule, network, none);
    return refuse(r, wait, err);
  }
  (void)throttle_charge(t, &everywhere_rule, none, none);
  return 0;
}

void attempt_succeeded(struct http_request *r, struct api *a, struct slice name) {
  struct throttle *t = a->sign_in->throttle;
  const struct slice none = {"", 0};
  char text[46];
  struct slice network = throttle_network(request_address(r), text), folded = fold_name(name, http_arena(r));
  bool slow = throttle_is_spent(t, &everywhere_rule, none, none);
  throttle_give_back(t, slow ? &network_slow_rule : &network_rule, network, none);
  throttle_give_back(t, slow ? &pair_slow_rule : &pair_rule, folded, network);
  throttle_give_back(t, &everywhere_rule, none, none);
}

int factor_begin(struct http_request *r, struct api *a, struct slice user, struct error *err) {
  uint32_t wait = throttle_charge(a->sign_in->throttle, &factor_rule, user, slice_of("", 0));
  if (wait == 0) return 0;
  http_retry_after(r, wait);
  return error_set(err, ERR_THROTTLED, "too many wrong codes, try again in %u seconds or use a recovery code", wait);
}

void factor_succeeded(struct api *a, struct slice user) {
  throttle_give_back(a->sign_in->throttle, &factor_rule, user, slice_of("", 0));
}

int address_begin(struct http_request *r, struct api *a, struct error *err) {
  char text[46];
  struct slice network = throttle_network(request_address(r), text);
  uint32_t wait = throttle_charge(a->sign_in->throttle, &open_rule, network, slice_of("", 0));
  return wait ? refuse(r, wait, err) : 0;
}

/* ---- Outcomes ---- */

static struct principal actor_of(const struct account_sign_in *u) {
  return (struct principal){
      .kind = PRINCIPAL_USER, .id = u->id, .name = u->login, .display_name = u->display_name, .email = u->email};
}

int fail_log_in(struct http_request *r, struct api *a, const struct account_sign_in *u, struct slice name,
                const char *method, const char *reason, const char *answer, struct error *err) {
  struct principal actor = {.kind = PRINCIPAL_USER, .name = utf8_clip(name, LIMIT_LOGIN_BYTES)};
  if (u) actor = actor_of(u);
  const struct record record = {.tenant = u ? u->tenant : slice_of("", 0),
                                .log = "auth",
                                .action = "login",
                                .activity = "Login Failed",
                                .category = "Authentication",
                                .outcome = "failure",
                                .reason = slice_from(reason),
                                .actor = &actor,
                                .auth_method = slice_from(method)};
  int code = record_event(r, a, &record, err);
  return code ? code : error_set(err, ERR_UNAUTHORIZED, "%s", answer);
}

static int record_log_in(struct http_request *r, struct api *a, const struct account_sign_in *u, const char *method,
                         const char *session, struct error *err) {
  struct principal actor = actor_of(u);
  const struct record record = {.tenant = u->tenant,
                                .log = "auth",
                                .action = "login",
                                .activity = "Login",
                                .category = "Authentication",
                                .actor = &actor,
                                .target = {.type = "session", .id = slice_from(session)},
                                .auth_method = slice_from(method),
                                .auth_session = slice_from(session)};
  return record_event(r, a, &record, err);
}

int open_session(struct http_request *r, struct api *a, const struct account_sign_in *u, const char *method,
                 char session_out[ACCOUNTS_ID_BYTES], int64_t *expires_us_out, struct error *err) {
  char token[ACCOUNTS_TOKEN_TEXT_BYTES];
  const struct account_session session = {
      .user = u->id,
      .address = request_address(r),
      .peer = http_peer(r),
      .user_agent = utf8_clip(http_header(r, "User-Agent"), RECORD_USER_AGENT_BYTES),
      .method = slice_from(method),
      .expires_us = os_now_us(a->os) + a->sign_in->config.session_us,
  };
  struct account_session clean = session;
  if (!utf8_valid(clean.user_agent)) clean.user_agent = SLICE("?");
  int code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_open_session(a->accounts, &clean, session_out, token, err);
  if (code == 0) code = record_log_in(r, a, u, method, session_out, err);
  code = accounts_end(a->accounts, code, err);
  if (code == 0) {
    http_answer_cookie(r, session_cookie_name(r), token, (uint32_t)(a->sign_in->config.session_us / 1000000),
                       request_is_secure(r));
    *expires_us_out = session.expires_us;
  }
  sodium_memzero(token, sizeof token);
  return code;
}

int answer_session(struct http_request *r, struct api *a, const struct account_sign_in *u, const char *method,
                   struct error *err) {
  char session[ACCOUNTS_ID_BYTES], csrf[CSRF_TEXT_BYTES];
  int64_t expires_us;
  int code = open_session(r, a, u, method, session, &expires_us, err);
  if (code) return code;
  struct buffer *out = http_answer(r);
  csrf_text(a, slice_from(session), csrf);
  buffer_printf(out, "{\"csrf\":\"%s\",\"expires_at\":", csrf);
  append_instant(out, expires_us, 0);
  buffer_printf(out, ",\"session\":\"%s\"}", session);
  http_answer_as(r, 201, NULL);
  return 0;
}

/* ---- The own account ---- */

int own_account(struct http_request *r, struct api *a, struct account_sign_in *out, struct error *err) {
  const struct principal *p = request_principal(r);
  if (p->kind != PRINCIPAL_USER) return error_set(err, ERR_CONFLICT, "only a user has an account of their own");
  return accounts_get_sign_in(a->accounts, p->id, true, http_arena(r), out, err);
}

int check_own_password(struct http_request *r, struct api *a, const struct account_sign_in *u, struct slice password,
                       const char *pointer, struct error *err) {
  int code = attempt_begin(r, a, u->login, err);
  if (code) return code;
  code = hashing_begin(a, err);
  if (code) {
    attempt_succeeded(r, a, u->login); /* nothing was tried */
    return code;
  }
  bool right = accounts_verify_password(u->password_hash, password);
  hashing_end(a);
  if (right) {
    attempt_succeeded(r, a, u->login);
    return 0;
  }
  code = fail_log_in(r, a, u, u->login, "password", "wrong password for a change of the account", "", NULL);
  if (code != ERR_UNAUTHORIZED) return error_set(err, code, "%s", error_text(code));
  return error_set_at(err, ERR_FORBIDDEN, pointer, "this is not your password");
}
