/* Logging in and out, and the own sessions. */
#include <sodium.h>

#include "api/sign_in.h"

static const char wrong[] = "The name or the password is wrong.";
static const char wrong_code[] = "The code is wrong or its time is over.";

int sessions_options(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct buffer *out = http_answer(r);
  bool has_operator = false;
  int code = accounts_has_operator(a->accounts, &has_operator, err);
  if (code) return code;
  buffer_append_text(out, "{\"oidc\":");
  if (a->sign_in->config.oidc)
    oidc_append_providers(a->sign_in->config.oidc, out);
  else
    buffer_append_text(out, "[]");
  buffer_printf(out, ",\"setup\":%s}", has_operator ? "false" : "true");
  return 0;
}

/* ---- POST: the password ---- */

static int ask_factor(struct http_request *r, struct api *a, const struct account_sign_in *u, struct error *err) {
  char token[ACCOUNTS_TOKEN_TEXT_BYTES];
  int code = 0;
  if (u->totp) {
    struct challenge challenge = {.kind = CHALLENGE_TOTP};
    memcpy(challenge.user, u->id.data, u->id.len);
    challenges_add(a->sign_in->challenges, &challenge, token);
  } else {
    code = send_email_code(r, a, u, CHALLENGE_EMAIL, token, err);
  }
  if (code == 0) {
    http_answer_as(r, 202, NULL);
    buffer_printf(http_answer(r), "{\"factor\":\"%s\",\"challenge\":\"%s\"}", u->totp ? "totp" : "email", token);
  }
  sodium_memzero(token, sizeof token);
  return code;
}

/* A user's hash made with other costs than today's is made again, now that the password is here. */
static void rehash(struct api *a, const struct account_sign_in *u, struct slice password) {
  char text[ACCOUNTS_PASSWORD_BYTES] = "";
  if (u->password_hash.len >= sizeof text) return;
  memcpy(text, u->password_hash.data, u->password_hash.len);
  if (crypto_pwhash_str_needs_rehash(text, crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE) != 1)
    return;
  if (accounts_hash_password(password, text, NULL) == 0)
    (void)accounts_set_password(a->accounts, u->id, slice_from(text), NULL); /* the old one works as well */
}

static int log_in_password(struct http_request *r, struct api *a, struct slice login, struct slice password,
                           struct error *err) {
  struct account_sign_in u = {.state = USER_DISABLED};
  int code = attempt_begin(r, a, login, err);
  if (code) return code;
  int found = accounts_get_sign_in(a->accounts, login, false, http_arena(r), &u, NULL);
  if (found && found != ERR_NOT_FOUND) return error_set(err, found, "%s", error_text(found));
  code = hashing_begin(a, err);
  if (code) {
    attempt_succeeded(r, a, login); /* nothing was tried */
    return code;
  }
  bool right = accounts_verify_password(u.password_hash, password);
  if (right) rehash(a, &u, password);
  hashing_end(a);
  if (found) return fail_log_in(r, a, NULL, login, "password", "no such user", wrong, err);
  if (!right) return fail_log_in(r, a, &u, login, "password", "wrong password", wrong, err);
  if (u.state != USER_ACTIVE) return fail_log_in(r, a, &u, login, "password", "the user is disabled", wrong, err);
  attempt_succeeded(r, a, login);
  bool by_mail = u.email_code && u.email.len && a->sign_in->config.mail;
  return u.totp || by_mail ? ask_factor(r, a, &u, err) : answer_session(r, a, &u, "password", err);
}

/* ---- POST: the second factor ---- */

static int check_factor(struct api *a, const struct challenge *challenge, const struct account_sign_in *u,
                        struct slice code_text, struct slice recovery_code, struct error *err) {
  if (recovery_code.len) return check_recovery_code(a, u, recovery_code, err);
  if (challenge->kind == CHALLENGE_TOTP) return check_totp(a, u, code_text, err);
  return check_email_code(challenge, code_text) ? 0 : error_set(err, ERR_UNAUTHORIZED, "wrong code");
}

static int log_in_factor(struct http_request *r, struct api *a, struct slice token, struct slice code_text,
                         struct slice recovery_code, struct error *err) {
  struct challenge challenge;
  struct account_sign_in u;
  int code = address_begin(r, a, err);
  if (code) return code;
  if (!challenges_try(a->sign_in->challenges, token, &challenge) || challenge.kind == CHALLENGE_EMAIL_SETUP)
    return error_set(err, ERR_UNAUTHORIZED, "This log-in is over, begin again.");
  code = accounts_get_sign_in(a->accounts, slice_from(challenge.user), true, http_arena(r), &u, err);
  if (code) return code;
  code = attempt_begin(r, a, u.login, err); /* who has the password alone guesses codes as slowly as passwords */
  /* From wherever it is tried: only who knows the password comes here, and the owner has recovery codes. */
  if (code == 0 && !recovery_code.len) code = factor_begin(r, a, u.id, err);
  if (code) return code;
  const char *method = recovery_code.len                  ? "password+recovery code"
                       : challenge.kind == CHALLENGE_TOTP ? "password+totp"
                                                          : "password+email";
  struct error why = {0};
  code = check_factor(a, &challenge, &u, code_text, recovery_code, &why);
  if (code && code != ERR_UNAUTHORIZED) return error_set(err, code, "%s", why.message);
  if (code) return fail_log_in(r, a, &u, u.login, method, why.message, wrong_code, err);
  if (u.state != USER_ACTIVE || !challenges_finish(a->sign_in->challenges, token))
    return fail_log_in(r, a, &u, u.login, method, "the log-in is over", wrong_code, err);
  attempt_succeeded(r, a, u.login);
  if (!recovery_code.len) factor_succeeded(a, u.id);
  return answer_session(r, a, &u, method, err);
}

int sessions_post(struct http_request *r, void *api, struct error *err) {
  static const char *const members[] = {"login", "password", "challenge", "code", "recovery_code", NULL};
  const struct document *body;
  const struct slice none = {"", 0};
  struct slice login = none, password = none, challenge = none, code_text = none, recovery_code = none;
  int code = check_form(r, err);
  if (code == 0) code = body_object(r, members, &body, err);
  if (code == 0) code = member_text(body, "", "challenge", false, &challenge, err);
  if (code == 0) code = member_text(body, "", "login", challenge.len == 0, &login, err);
  if (code == 0) code = member_text(body, "", "password", challenge.len == 0, &password, err);
  if (code == 0) code = member_text(body, "", "recovery_code", false, &recovery_code, err);
  if (code == 0) code = member_text(body, "", "code", challenge.len && !recovery_code.len, &code_text, err);
  if (code) return code;
  return challenge.len ? log_in_factor(r, api, challenge, code_text, recovery_code, err)
                       : log_in_password(r, api, login, password, err);
}

/* ---- Lists and ends ---- */

int sessions_list(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  const struct principal *p = request_principal(r);
  struct account_session *rows = NULL;
  uint32_t count = 0;
  int code = p->kind == PRINCIPAL_USER ? accounts_list_sessions(a->accounts, p->id, http_arena(r), &rows, &count, err)
                                       : error_set(err, ERR_CONFLICT, "only a user has sessions");
  if (code) return code;
  struct buffer *out = http_answer(r);
  buffer_append_text(out, "{\"sessions\":[");
  for (uint32_t i = 0; i < count; i++) {
    bool current = slice_equal(rows[i].id, p->session);
    buffer_append_text(out, i ? ",{\"id\":" : "{\"id\":");
    json_append_string(out, rows[i].id);
    buffer_append_text(out, ",\"created_at\":");
    append_instant(out, rows[i].created_us, 0);
    buffer_append_text(out, ",\"last_seen_at\":");
    append_instant(out, current ? os_now_us(a->os) : rows[i].last_seen_us, 0);
    buffer_append_text(out, ",\"expires_at\":");
    append_instant(out, rows[i].expires_us, 0);
    buffer_append_text(out, ",\"address\":");
    json_append_string(out, rows[i].address);
    buffer_append_text(out, ",\"user_agent\":");
    json_append_string(out, rows[i].user_agent);
    buffer_append_text(out, ",\"method\":");
    json_append_string(out, rows[i].method);
    buffer_printf(out, ",\"current\":%s}", current ? "true" : "false");
  }
  buffer_append_text(out, "]}");
  return 0;
}

static int end_one(struct http_request *r, struct api *a, struct slice id, const char *activity, struct error *err) {
  const struct principal *p = request_principal(r);
  struct account_session session;
  int code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_get_session(a->accounts, p->id, id, http_arena(r), &session, err);
  if (code == 0) code = accounts_end_session(a->accounts, p->id, id, err);
  if (code == 0) {
    const struct record record = {.tenant = p->tenant,
                                  .log = "auth",
                                  .action = "logout",
                                  .activity = activity,
                                  .category = "Authentication",
                                  .target = {.type = "session", .id = id},
                                  .auth_method = session.method,
                                  .auth_session = id,
                                  .auth_duration_s = (os_now_us(a->os) - session.created_us) / 1000000};
    code = record_event(r, a, &record, err);
  }
  return accounts_end(a->accounts, code, err);
}

static int answer_nothing_more(struct http_request *r, int code) {
  if (code == 0) http_answer_as(r, 204, NULL);
  return code;
}

static int end_viewer(struct http_request *r, struct api *a, struct error *err) {
  const struct principal *p = request_principal(r);
  struct account_viewer v;
  int code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_get_viewer(a->accounts, p->id, http_arena(r), &v, err);
  if (code == 0) code = accounts_end_viewer(a->accounts, p->id, err);
  if (code == 0) {
    int64_t began_us = v.expires_us - v.session_us;
    const struct record record = {.tenant = p->tenant,
                                  .log = "auth",
                                  .action = "logout",
                                  .activity = "Embedded Viewer Closed",
                                  .category = "Authentication",
                                  .target = {.type = "session", .id = p->id},
                                  .auth_method = SLICE("viewer token"),
                                  .auth_session = p->id,
                                  .auth_duration_s = (os_now_us(a->os) - began_us) / 1000000};
    code = record_event(r, a, &record, err);
  }
  return accounts_end(a->accounts, code, err);
}

int sessions_end_current(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  const struct principal *p = request_principal(r);
  if (p->kind == PRINCIPAL_VIEWER) return answer_nothing_more(r, end_viewer(r, a, err));
  if (p->kind != PRINCIPAL_USER) return error_set(err, ERR_CONFLICT, "a key has no session to end");
  int code = end_one(r, a, p->session, "Logout", err);
  if (code == 0) http_answer_cookie(r, session_cookie_name(r), "", 0, request_is_secure(r));
  return answer_nothing_more(r, code);
}

int sessions_end(struct http_request *r, void *api, struct error *err) {
  if (request_principal(r)->kind != PRINCIPAL_USER) return error_set(err, ERR_NOT_FOUND, "there is no such session");
  return answer_nothing_more(r, end_one(r, api, http_path_param(r, 0), "Session Ended", err));
}

int sessions_end_others(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  const struct principal *p = request_principal(r);
  struct account_session *rows = NULL;
  uint32_t count = 0;
  int code = p->kind == PRINCIPAL_USER ? 0 : error_set(err, ERR_CONFLICT, "only a user has sessions");
  if (code == 0) code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_list_sessions(a->accounts, p->id, http_arena(r), &rows, &count, err);
  for (uint32_t i = 0; code == 0 && i < count; i++)
    if (!slice_equal(rows[i].id, p->session)) code = end_one(r, a, rows[i].id, "Session Ended", err);
  return answer_nothing_more(r, accounts_end(a->accounts, code, err));
}
