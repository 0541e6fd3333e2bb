/* /v1/users: people whose home tenant the caller manages. */
#include <sodium.h>
#include <stdio.h>

#include "api/account_records.h"
#include "api/sign_in.h"

int users_list(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct account_query query;
  struct account_user *users = NULL;
  uint32_t limit, count = 0;
  int code = list_query(r, &query, &limit, err);
  if (!code) code = accounts_list_users(a->accounts, &query, http_arena(r), &users, &count, err);
  if (code) return code;
  struct buffer *out = http_answer(r);
  buffer_append_text(out, "{\"users\":[");
  for (uint32_t i = 0; i < count && i < limit; i++) {
    if (i > 0) buffer_append_char(out, ',');
    append_user(out, request_principal(r), &users[i]);
  }
  bool more = count > limit;
  append_next(out, more, more ? users[limit - 1].tenant : query.after, more ? users[limit - 1].login : query.after,
              slice_of("", 0));
  return 0;
}

static int answer_user(struct http_request *r, struct api *a, struct slice id, struct error *err) {
  struct account_user user;
  int code = accounts_get_user(a->accounts, id, http_arena(r), &user, err);
  if (!code) append_user(http_answer(r), request_principal(r), &user);
  return code;
}

int users_get(struct http_request *r, void *api, struct error *err) {
  struct account_user user;
  int code = visible_user(r, api, http_path_param(r, 0), NULL, &user, err);
  if (!code) append_user(http_answer(r), request_principal(r), &user);
  return code;
}

/* ---- POST ---- */

static int read_grants(struct http_request *r, const struct document *body, struct account_user *u, struct error *err) {
  static const char *const members[] = {"role", "tenant", "logs", "products", NULL};
  const struct document *list = document_member(body, "grants");
  char at[32];
  if (!list || list->kind != DOCUMENT_ARRAY) return error_set_at(err, ERR_INVALID, "/grants", "must be an array");
  u->grants = arena_alloc(http_arena(r), LIMIT_USER_GRANTS * sizeof *u->grants);
  if (!u->grants) return error_set(err, ERR_TOO_LARGE, "the grants do not fit");
  for (const struct document *g = list->first; g; g = g->next) {
    if (u->grant_count == LIMIT_USER_GRANTS)
      return error_set_at(err, ERR_INVALID, "/grants", "must be at most %d grants", LIMIT_USER_GRANTS);
    snprintf(at, sizeof at, "/grants/%u", u->grant_count);
    int code = body_members(g, at, members, err);
    if (!code) code = member_grant(g, at, http_arena(r), &u->grants[u->grant_count], err);
    if (!code) code = require_grantable(request_principal(r), &u->grants[u->grant_count], at, err);
    if (code) return code;
    u->grant_count++;
  }
  return 0;
}

/* A login without a tenant in front is free for those who see all users: a taken one tells others of a foreign user. */
static int check_login(const struct principal *p, const struct account_user *u, struct error *err) {
  if (access_may_manage(p, slice_of("", 0)) || (u->login.len && memchr(u->login.data, '/', u->login.len))) return 0;
  return error_set_at(err, ERR_INVALID, "/login", "must be %.*s/NAME: a login without a tenant is given by operators",
                      SLICE_ARGS(u->tenant));
}

static int read_user(struct http_request *r, struct account_user *u, struct slice *password_out, struct error *err) {
  static const char *const members[] = {"login", "email", "display_name", "tenant", "grants", "password", NULL};
  const struct document *body;
  const struct slice none = {"", 0};
  *u = (struct account_user){.login = none, .email = none, .display_name = none, .tenant = none};
  *password_out = none;
  int code = body_object(r, members, &body, err);
  if (!code) code = member_text(body, "", "login", true, &u->login, err);
  if (!code) code = member_text(body, "", "email", false, &u->email, err);
  if (!code) code = member_text(body, "", "display_name", false, &u->display_name, err);
  if (!code) code = member_text(body, "", "tenant", true, &u->tenant, err);
  if (!code) code = member_text(body, "", "password", false, password_out, err);
  if (code) return code;
  if ((u->tenant.len && !event_tenant_valid(u->tenant)) || !access_may_manage(request_principal(r), u->tenant))
    return error_set_at(err, ERR_NOT_FOUND, "/tenant", "there is no such tenant");
  code = check_login(request_principal(r), u, err);
  return code ? code : read_grants(r, body, u, err);
}

static int add_user(struct http_request *r, struct api *a, const struct account_user *u, struct slice hash,
                    char id[ACCOUNTS_ID_BYTES], char link[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err) {
  struct slice by = request_principal(r)->name;
  int code = accounts_begin(a->accounts, err);
  if (code) return code;
  struct account_user made;
  code = accounts_add_user(a->accounts, u, hash, by, id, err);
  if (!code && hash.len == 0) code = accounts_make_link(a->accounts, slice_from(id), LINK_INVITE, by, link, err);
  if (!code) code = accounts_get_user(a->accounts, slice_from(id), http_arena(r), &made, err);
  if (!code) code = record_user(r, a, NULL, &made, err);
  if (!code) code = record_grants(r, a, &made, made.grants, made.grant_count, true, err);
  return accounts_end(a->accounts, code, err);
}

/* By the rules of those that users choose, and no more at a time than log-ins. */
static int hash_password(struct api *a, struct slice login, struct slice password, char out[ACCOUNTS_PASSWORD_BYTES],
                         struct error *err) {
  int code = accounts_check_password(password, login, "/password", err);
  if (!code) code = hashing_begin(a, err);
  if (code) return code;
  code = accounts_hash_password(password, out, err);
  hashing_end(a);
  return code;
}

int users_post(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct account_user user;
  struct slice password;
  char hash[ACCOUNTS_PASSWORD_BYTES] = "", id[ACCOUNTS_ID_BYTES], link[ACCOUNTS_TOKEN_TEXT_BYTES] = "";
  int code = read_user(r, &user, &password, err);
  if (!code && password.data && password.len) code = hash_password(a, user.login, password, hash, err);
  if (!code) code = add_user(r, a, &user, slice_from(hash), id, link, err);
  if (code) return code;
  struct buffer *out = http_answer(r);
  http_answer_as(r, 201, "application/json");
  buffer_append_text(out, "{\"user\":");
  code = answer_user(r, a, slice_from(id), err);
  if (link[0]) {
    buffer_printf(out, ",\"link\":\"/setup#token=%s\"", link);
    sodium_memzero(link, sizeof link);
  }
  buffer_append_char(out, '}');
  return code;
}

/* ---- PUT, DELETE ---- */

/* In a change: the user, where the caller may change it. */
static int changeable_user(struct http_request *r, struct api *a, struct account_user *out, struct error *err) {
  int code = visible_user(r, a, http_path_param(r, 0), NULL, out, err);
  return code ? code : require_superior(request_principal(r), out, err);
}

static int read_state(const struct document *body, enum user_state *out, struct error *err) {
  struct slice text = {NULL, 0};
  int code = member_text(body, "", "state", false, &text, err);
  if (code || !text.data) return code;
  if (slice_equal(text, slice_from(user_state_name(*out)))) return 0;
  if (slice_equal(text, SLICE("active")))
    *out = USER_ACTIVE;
  else if (slice_equal(text, SLICE("disabled")))
    *out = USER_DISABLED;
  else
    return error_set_at(err, ERR_INVALID, "/state", "must be active or disabled");
  return 0;
}

static int change_user(struct http_request *r, struct api *a, const struct document *body, struct error *err) {
  struct account_user u;
  int code = changeable_user(r, a, &u, err);
  if (code) return code;
  struct account_user n = u;
  code = member_text(body, "", "email", false, &n.email, err);
  if (!code) code = member_text(body, "", "display_name", false, &n.display_name, err);
  if (!code) code = read_state(body, &n.state, err);
  if (n.state == USER_ACTIVE && !u.has_password && u.last_login_us == 0) n.state = USER_INVITED; /* nobody came yet */
  if (!code) code = accounts_update_user(a->accounts, u.id, n.email, n.display_name, n.state, err);
  if (!code) code = require_operator_left(a, is_operator(&u), err);
  return code ? code : record_user(r, a, &u, &n, err);
}

int users_put(struct http_request *r, void *api, struct error *err) {
  static const char *const members[] = {"email", "display_name", "state", NULL};
  struct api *a = api;
  const struct document *body;
  int code = body_object(r, members, &body, err);
  if (!code) code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_end(a->accounts, change_user(r, a, body, err), err);
  return code ? code : answer_user(r, a, http_path_param(r, 0), err);
}

static int delete_user(struct http_request *r, struct api *a, struct error *err) {
  struct account_user u;
  int code = changeable_user(r, a, &u, err);
  if (!code) code = accounts_delete_user(a->accounts, u.id, err);
  if (!code) code = require_operator_left(a, is_operator(&u), err);
  if (!code) code = record_grants(r, a, &u, u.grants, u.grant_count, false, err);
  return code ? code : record_user(r, a, &u, NULL, err);
}

static int end_sessions(struct http_request *r, struct api *a, struct error *err) {
  struct account_user u;
  int code = changeable_user(r, a, &u, err);
  if (!code) code = accounts_end_sessions(a->accounts, u.id, NULL, err);
  return code ? code : record_user_act(r, a, &u, "logout", "Sessions Ended", err);
}

static int remove_totp(struct http_request *r, struct api *a, struct error *err) {
  struct account_user u;
  int code = changeable_user(r, a, &u, err);
  if (!code) code = accounts_remove_factors(a->accounts, u.id, err);
  return code ? code : record_user_act(r, a, &u, "mfa", "Second Factor Removed", err);
}

/* Runs a change that answers nothing. */
static int change(struct http_request *r, void *api,
                  int (*run)(struct http_request *r, struct api *a, struct error *err), struct error *err) {
  struct api *a = api;
  int code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_end(a->accounts, run(r, a, err), err);
  return code ? code : answer_nothing(r);
}

int users_delete(struct http_request *r, void *api, struct error *err) { return change(r, api, delete_user, err); }
int users_end_sessions(struct http_request *r, void *api, struct error *err) {
  return change(r, api, end_sessions, err);
}
int users_remove_totp(struct http_request *r, void *api, struct error *err) { return change(r, api, remove_totp, err); }

static int make_link(struct http_request *r, struct api *a, char link[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err) {
  struct account_user u;
  int code = changeable_user(r, a, &u, err);
  if (!code && u.state == USER_DISABLED) code = error_set(err, ERR_CONFLICT, "this user is disabled");
  if (code) return code;
  code = accounts_make_link(a->accounts, u.id, u.state == USER_INVITED ? LINK_INVITE : LINK_RESET,
                            request_principal(r)->name, link, err);
  return code ? code : record_user_act(r, a, &u, "update", "Password Link Created", err);
}

int users_reset(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  char link[ACCOUNTS_TOKEN_TEXT_BYTES];
  int code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_end(a->accounts, make_link(r, a, link, err), err);
  if (code) return code;
  http_answer_as(r, 201, "application/json");
  buffer_printf(http_answer(r), "{\"link\":\"/setup#token=%s\"}", link);
  sodium_memzero(link, sizeof link);
  return 0;
}
