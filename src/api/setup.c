/* Links that set a password: the first operator's, invitations, resets. The token stands in the page's fragment
 * (/setup#token=...), which browsers send to nobody; here it comes in a body. */
#include <sodium.h>

#include "api/sign_in.h"

static const char *purpose_name(enum link_purpose purpose) {
  return purpose == LINK_SETUP ? "setup" : purpose == LINK_INVITE ? "invite" : "reset";
}

/* The link and its user (login empty: the first operator is still to be made). */
static int find_link(struct http_request *r, struct api *a, struct slice token, struct account_link *link,
                     struct account_sign_in *u, struct error *err) {
  *u = (struct account_sign_in){.login = {"", 0}};
  int code = address_begin(r, a, err);
  if (code == 0) code = accounts_find_link(a->accounts, token, http_arena(r), link, err);
  if (code == 0 && link->user.len > 0) {
    code = accounts_get_sign_in(a->accounts, link->user, true, http_arena(r), u, err);
    if (code == 0 && u->state == USER_DISABLED)
      code = error_set(err, ERR_NOT_FOUND, "this link was used, has expired or never was one");
  }
  return code;
}

int setup_check(struct http_request *r, void *api, struct error *err) {
  static const char *const members[] = {"token", NULL};
  const struct document *body;
  struct account_link link;
  struct account_sign_in u;
  struct slice token = {"", 0};
  int code = check_form(r, err);
  if (code == 0) code = body_object(r, members, &body, err);
  if (code == 0) code = member_text(body, "", "token", true, &token, err);
  if (code == 0) code = find_link(r, api, token, &link, &u, err);
  if (code) return code;
  buffer_printf(http_answer(r), "{\"purpose\":\"%s\",\"login\":", purpose_name(link.purpose));
  json_append_string(http_answer(r), u.login);
  buffer_append_char(http_answer(r), '}');
  return 0;
}

struct setup {
  struct slice token, password, login, display_name;
  struct account_link link;
  struct account_sign_in user;
  char hash[ACCOUNTS_PASSWORD_BYTES];
};

static int read_setup(struct http_request *r, struct setup *s, struct error *err) {
  static const char *const members[] = {"token", "password", "login", "display_name", NULL};
  const struct slice none = {"", 0};
  const struct document *body;
  s->token = s->password = s->login = s->display_name = none;
  int code = check_form(r, err);
  if (code == 0) code = body_object(r, members, &body, err);
  if (code == 0) code = member_text(body, "", "token", true, &s->token, err);
  if (code == 0) code = member_text(body, "", "password", true, &s->password, err);
  if (code == 0) code = member_text(body, "", "login", false, &s->login, err);
  if (code == 0) code = member_text(body, "", "display_name", false, &s->display_name, err);
  return code;
}

/* The first operator. */
static int make_operator(struct api *a, struct setup *s, struct slice *id_out, struct arena *arena, struct error *err) {
  char id[ACCOUNTS_ID_BYTES];
  struct account_grant grant = {.role = ROLE_OPERATOR, .place = {.subtree = {"", 0}}};
  const struct account_user user = {.login = s->login,
                                    .email = {"", 0},
                                    .display_name = s->display_name,
                                    .tenant = {"", 0},
                                    .grants = &grant,
                                    .grant_count = 1};
  bool has_operator;
  int code = accounts_has_operator(a->accounts, &has_operator, err);
  if (code == 0 && has_operator) code = error_set(err, ERR_CONFLICT, "there is an operator already");
  if (code == 0) code = accounts_add_user(a->accounts, &user, slice_from(s->hash), SLICE("set-up link"), id, err);
  if (code == 0) *id_out = arena_copy(arena, slice_from(id));
  return code;
}

static int record_setup(struct http_request *r, struct api *a, const struct setup *s, const struct account_sign_in *u,
                        struct error *err) {
  const struct principal actor = {
      .kind = PRINCIPAL_USER, .id = u->id, .name = u->login, .display_name = u->display_name, .email = u->email};
  const struct record_param params[] = {{"link", slice_from(purpose_name(s->link.purpose)), false}};
  const struct record record = {.tenant = u->tenant,
                                .log = "admin",
                                .action = s->link.user.len ? "update" : "create",
                                .activity = s->link.user.len ? "Password Set by Link" : "First Operator Created",
                                .category = "Security",
                                .actor = &actor,
                                .target = {.type = "user", .id = u->id, .name = u->login, .user = u->login},
                                RECORD_PARAMS(params)};
  return record_event(r, a, &record, err);
}

/* The link is used up first: of two who use it at once, one finds it gone. A second factor stays: who resets a password
 * still needs it, at the next log-in; the session opens only where there is none. */
static int use_link(struct http_request *r, struct api *a, struct setup *s, struct account_sign_in *u,
                    struct error *err) {
  struct slice id = s->link.user;
  uint32_t ended;
  int code = accounts_use_link(a->accounts, s->token, err);
  if (code == 0 && id.len == 0) code = make_operator(a, s, &id, http_arena(r), err);
  if (code == 0 && s->link.user.len) code = accounts_set_password(a->accounts, id, slice_from(s->hash), err);
  if (code == 0) code = accounts_end_other_sessions(a->accounts, id, slice_of("", 0), &ended, err);
  if (code == 0) code = accounts_get_sign_in(a->accounts, id, true, http_arena(r), u, err);
  if (code == 0) code = record_setup(r, a, s, u, err);
  if (code == 0 && !u->totp && !u->email_code) code = answer_session(r, a, u, "link", err);
  return code;
}

int setup_post(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct setup s;
  struct account_sign_in u;
  int code = read_setup(r, &s, err);
  if (code == 0) code = find_link(r, a, s.token, &s.link, &s.user, err);
  if (code == 0 && s.link.user.len == 0 && s.login.len == 0)
    code = error_set_at(err, ERR_INVALID, "/login", "is needed");
  if (code == 0) code = accounts_check_password(s.password, s.link.user.len ? s.user.login : s.login, "/password", err);
  if (code == 0) code = hashing_begin(a, err);
  if (code) return code;
  code = accounts_hash_password(s.password, s.hash, err);
  hashing_end(a);
  if (code == 0) code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_end(a->accounts, use_link(r, a, &s, &u, err), err);
  if (code == 0 && http_answer(r)->len == 0) http_answer_as(r, 204, NULL);
  return code;
}
