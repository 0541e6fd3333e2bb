/* /v1/grants: roles within what the caller manages. */
#include "api/account_records.h"

int grants_list(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct account_query query;
  struct account_grant *grants = NULL;
  struct slice user = {"", 0};
  uint32_t limit, count = 0;
  int code = list_query(r, &query, &limit, err);
  http_param(r, "user", &user);
  if (!code) code = accounts_list_grants(a->accounts, &query, user, http_arena(r), &grants, &count, err);
  if (code) return code;
  struct buffer *out = http_answer(r);
  buffer_append_text(out, "{\"grants\":[");
  for (uint32_t i = 0; i < count && i < limit; i++) {
    if (i > 0) buffer_append_char(out, ',');
    append_grant(out, &grants[i], true);
  }
  bool more = count > limit;
  append_next(out, more, more ? grants[limit - 1].place.subtree : query.after,
              more ? grants[limit - 1].id : query.after, slice_of("", 0));
  return 0;
}

static int add_grant(struct http_request *r, struct api *a, struct slice user, const struct account_grant *g,
                     char id[ACCOUNTS_ID_BYTES], struct error *err) {
  struct account_user u;
  int code = visible_user(r, a, user, "/user", &u, err);
  if (!code) code = accounts_add_grant(a->accounts, user, g, request_principal(r)->name, id, err);
  if (code) return code;
  struct account_grant made = *g;
  made.id = slice_from(id);
  return record_grants(r, a, &u, &made, 1, true, err);
}

int grants_post(struct http_request *r, void *api, struct error *err) {
  static const char *const members[] = {"user", "role", "tenant", "logs", "products", NULL};
  struct api *a = api;
  const struct document *body;
  struct slice user = {"", 0};
  struct account_grant g;
  char id[ACCOUNTS_ID_BYTES];
  int code = body_object(r, members, &body, err);
  if (!code) code = member_text(body, "", "user", true, &user, err);
  if (!code) code = member_grant(body, "", http_arena(r), &g, err);
  if (!code) code = require_grantable(request_principal(r), &g, "", err);
  if (!code) code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_end(a->accounts, add_grant(r, a, user, &g, id, err), err);
  if (!code) code = accounts_get_grant(a->accounts, slice_from(id), http_arena(r), &g, err);
  if (code) return code;
  http_answer_as(r, 201, "application/json");
  append_grant(http_answer(r), &g, true);
  return 0;
}

static int remove_grant(struct http_request *r, struct api *a, struct error *err) {
  struct account_grant g;
  struct error why;
  error_clear(&why);
  int code = accounts_get_grant(a->accounts, http_path_param(r, 0), http_arena(r), &g, &why);
  if (!code && !access_may_manage(request_principal(r), g.place.subtree)) code = ERR_NOT_FOUND;
  if (code == ERR_NOT_FOUND) return error_set(err, code, "there is no such grant");
  if (code) return error_set(err, code, "%s", why.message);
  if (!access_may_grant(request_principal(r), &g))
    return error_set(err, ERR_FORBIDDEN, "only an operator can take this role");
  struct account_user u;
  code = accounts_get_user(a->accounts, g.user, http_arena(r), &u, err);
  if (!code) code = accounts_remove_grant(a->accounts, g.id, err);
  if (!code) code = require_operator_left(a, g.role == ROLE_OPERATOR, err);
  return code ? code : record_grants(r, a, &u, &g, 1, false, err);
}

int grants_delete(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  int code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_end(a->accounts, remove_grant(r, a, err), err);
  return code ? code : answer_nothing(r);
}
