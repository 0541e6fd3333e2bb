/* The own account: who am I, what may I see; the own password and preferences. */
#include <sodium.h>

#include "api/sign_in.h"

enum { PREFERENCES_BYTES = 16 * 1024 };

static void append_text(struct buffer *out, const char *name, struct slice text) {
  buffer_printf(out, ",\"%s\":", name);
  json_append_string(out, text);
}

static void append_list(struct buffer *out, const char *name, const struct slice *items, uint32_t count) {
  buffer_printf(out, ",\"%s\":%s", name, count ? "[" : "null");
  for (uint32_t i = 0; i < count; i++) {
    if (i) buffer_append_char(out, ',');
    json_append_string(out, items[i]);
  }
  if (count) buffer_append_char(out, ']');
}

static void append_grants(struct buffer *out, const struct principal *p) {
  buffer_append_text(out, ",\"grants\":[");
  for (uint32_t i = 0; i < p->grant_count; i++) {
    const struct account_grant *g = &p->grants[i];
    buffer_printf(out, "%s{\"role\":\"%s\"", i ? "," : "", account_role_name(g->role));
    append_text(out, "tenant", g->place.subtree);
    append_list(out, "logs", g->place.logs, g->place.log_count);
    append_list(out, "products", g->place.products, g->place.product_count);
    buffer_append_char(out, '}');
  }
  buffer_append_char(out, ']');
}

static void append_rights(struct buffer *out, const struct principal *p) {
  static const enum right rights[ACCESS_RIGHTS] = {RIGHT_READ, RIGHT_EXPORT, RIGHT_WRITE, RIGHT_MANAGE, RIGHT_OPERATE};
  bool first = true;
  buffer_append_text(out, ",\"rights\":[");
  for (unsigned i = 0; i < ACCESS_RIGHTS; i++) {
    if (!(p->rights & rights[i])) continue;
    buffer_printf(out, "%s\"%s\"", first ? "" : ",", access_right_name(rights[i]));
    first = false;
  }
  buffer_append_char(out, ']');
}

/* Of the first grant's tenant; only settings that concern who reads there. */
static int append_settings(struct http_request *r, struct api *a, struct buffer *out, struct error *err) {
  const struct principal *p = request_principal(r);
  struct account_setting *settings = NULL;
  uint32_t count = 0;
  int code = 0;
  if (p->grant_count > 0 && p->grants[0].place.subtree.len > 0)
    code =
        accounts_list_settings(a->accounts, p->grants[0].place.subtree, false, http_arena(r), &settings, &count, err);
  if (code) return code;
  buffer_append_text(out, ",\"settings\":{");
  for (uint32_t i = 0; i < count; i++) {
    if (i) buffer_append_char(out, ',');
    json_append_string(out, settings[i].name);
    buffer_append_char(out, ':');
    buffer_append_slice(out, settings[i].value);
  }
  buffer_append_char(out, '}');
  return 0;
}

static int append_account(struct http_request *r, struct api *a, struct buffer *out, struct error *err) {
  const struct principal *p = request_principal(r);
  struct account_sign_in u = {.preferences = SLICE("{}")};
  char csrf[CSRF_TEXT_BYTES] = "";
  if (p->kind == PRINCIPAL_USER) {
    int code = own_account(r, a, &u, err);
    if (code) return code;
    csrf_text(a, p->session, csrf);
  }
  buffer_printf(out,
                ",\"csrf\":%s%s%s,\"has_password\":%s,\"totp\":%s,\"email_code\":%s,\"email_code_possible\":%s,"
                "\"recovery_codes_left\":%u,\"preferences\":",
                csrf[0] ? "\"" : "", csrf[0] ? csrf : "null", csrf[0] ? "\"" : "",
                u.password_hash.len ? "true" : "false", u.totp ? "true" : "false", u.email_code ? "true" : "false",
                u.email.len && a->sign_in->config.mail ? "true" : "false", u.recovery_codes);
  buffer_append_slice(out, u.preferences);
  return 0;
}

int me_get(struct http_request *r, void *api, struct error *err) {
  static const char *const kinds[] = {[PRINCIPAL_OPERATOR_KEY] = "operator_key",
                                      [PRINCIPAL_KEY] = "key",
                                      [PRINCIPAL_USER] = "user",
                                      [PRINCIPAL_VIEWER] = "viewer",
                                      [PRINCIPAL_LOCAL] = "local"};
  const struct principal *p = request_principal(r);
  struct buffer *out = http_answer(r);
  buffer_printf(out, "{\"kind\":\"%s\"", kinds[p->kind]);
  append_text(out, "id", p->id);
  append_text(out, "session", p->session);
  append_text(out, "name", p->name);
  append_text(out, "display_name", p->display_name);
  append_text(out, "email", p->email);
  append_text(out, "tenant", p->tenant);
  append_text(out, "origin", p->origin);
  append_rights(out, p);
  append_grants(out, p);
  int code = append_account(r, api, out, err);
  if (code == 0) code = append_settings(r, api, out, err);
  buffer_append_char(out, '}');
  return code;
}

int me_preferences_put(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  const struct document *body;
  struct account_sign_in u;
  struct buffer text;
  int code = own_account(r, a, &u, err);
  if (code == 0) code = document_read(http_body(r), http_arena(r), &body, err);
  if (code == 0 && body->kind != DOCUMENT_OBJECT) code = error_set_at(err, ERR_INVALID, "", "must be an object");
  if (code) return code;
  buffer_init(&text, PREFERENCES_BYTES);
  document_append(body, &text);
  code = text.overflowed ? error_set(err, ERR_TOO_LARGE, "preferences may have %d bytes", PREFERENCES_BYTES)
                         : accounts_set_preferences(a->accounts, u.id, buffer_slice(&text), err);
  buffer_free(&text);
  if (code == 0) http_answer_as(r, 204, NULL);
  return code;
}

/* ---- The password ---- */

static int set_password(struct http_request *r, struct api *a, const struct account_sign_in *u, const char *hash,
                        struct error *err) {
  uint32_t ended = 0;
  const struct record record = {.tenant = u->tenant,
                                .log = "admin",
                                .action = "update",
                                .activity = "Password Changed",
                                .category = "Security",
                                .target = {.type = "user", .id = u->id, .name = u->login, .user = u->login}};
  int code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_set_password(a->accounts, u->id, slice_from(hash), err);
  if (code == 0) code = accounts_end_other_sessions(a->accounts, u->id, request_principal(r)->session, &ended, err);
  if (code == 0) code = record_event(r, a, &record, err);
  return accounts_end(a->accounts, code, err);
}

int me_password_put(struct http_request *r, void *api, struct error *err) {
  static const char *const members[] = {"current", "new", NULL};
  struct api *a = api;
  const struct document *body;
  struct account_sign_in u;
  struct slice current = {"", 0}, new_password = {"", 0};
  char hash[ACCOUNTS_PASSWORD_BYTES];
  int code = own_account(r, a, &u, err);
  if (code == 0) code = body_object(r, members, &body, err);
  if (code == 0) code = member_text(body, "", "current", u.password_hash.len > 0, &current, err);
  if (code == 0) code = member_text(body, "", "new", true, &new_password, err);
  if (code == 0 && u.password_hash.len == 0)
    code = error_set(err, ERR_CONFLICT, "this account has no password; ask for a link that sets one");
  if (code == 0) code = accounts_check_password(new_password, u.login, "/new", err);
  if (code == 0) code = check_own_password(r, a, &u, current, "/current", err);
  if (code == 0) code = hashing_begin(a, err);
  if (code) return code;
  code = accounts_hash_password(new_password, hash, err);
  hashing_end(a);
  if (code == 0) code = set_password(r, a, &u, hash, err);
  if (code == 0) http_answer_as(r, 204, NULL);
  return code;
}
