#include "api/accounts.h"

#include <stdio.h>

int list_query(struct http_request *r, struct account_query *out, uint32_t *limit_out, struct error *err) {
  *out = (struct account_query){.scope = request_scope(r), .tenant = {"", 0}, .prefix = {"", 0}, .after = {"", 0}};
  http_param(r, "tenant", &out->tenant);
  http_param(r, "prefix", &out->prefix);
  http_param(r, "after", &out->after);
  if (out->prefix.len > LIMIT_LOGIN_BYTES + LIMIT_TENANT_BYTES)
    return error_set(err, ERR_INVALID, "prefix is too long");
  if (out->tenant.len && !event_tenant_valid(out->tenant))
    return error_set(err, ERR_INVALID, "tenant must be a path such as acme/eu");
  int code = param_number(r, "limit", 1, 1000, 100, limit_out, err);
  out->limit = *limit_out + 1;
  return code;
}

void append_next(struct buffer *out, bool more, struct slice tenant, struct slice name, struct slice id) {
  char text[LIMIT_TENANT_BYTES + LIMIT_LOGIN_BYTES + LIMIT_NAME_BYTES + ACCOUNTS_ID_BYTES + 4];
  buffer_append_text(out, "],\"next\":");
  if (more) {
    int len = snprintf(text, sizeof text, "%.*s:%.*s%s%.*s", SLICE_ARGS(tenant), SLICE_ARGS(name), id.len ? ":" : "",
                       SLICE_ARGS(id));
    json_append_string(out, slice_of(text, (size_t)len));
  } else {
    buffer_append_text(out, "null");
  }
  buffer_append_char(out, '}');
}

void append_texts(struct buffer *out, const struct slice *items, uint32_t count) {
  if (count == 0) {
    buffer_append_text(out, "null");
    return;
  }
  for (uint32_t i = 0; i < count; i++) {
    buffer_append_char(out, i ? ',' : '[');
    json_append_string(out, items[i]);
  }
  buffer_append_char(out, ']');
}

void append_time(struct buffer *out, int64_t us) {
  if (us)
    append_instant(out, us, 6);
  else
    buffer_append_text(out, "null");
}

void append_member(struct buffer *out, const char *name, struct slice text) {
  buffer_printf(out, ",\"%s\":", name);
  json_append_string(out, text);
}

static void append_place(struct buffer *out, enum account_role role, const struct scope_grant *place) {
  append_member(out, "role", slice_from(account_role_name(role)));
  append_member(out, "tenant", place->subtree);
  buffer_append_text(out, ",\"logs\":");
  append_texts(out, place->logs, place->log_count);
  buffer_append_text(out, ",\"products\":");
  append_texts(out, place->products, place->product_count);
}

void append_grant(struct buffer *out, const struct account_grant *g, bool with_user) {
  buffer_append_text(out, "{\"id\":");
  json_append_string(out, g->id);
  if (with_user) append_member(out, "user", g->user);
  append_place(out, g->role, &g->place);
  buffer_append_char(out, '}');
}

void append_user(struct buffer *out, const struct principal *p, const struct account_user *u) {
  bool first = true;
  buffer_append_text(out, "{\"id\":");
  json_append_string(out, u->id);
  append_member(out, "login", u->login);
  append_member(out, "email", u->email);
  append_member(out, "display_name", u->display_name);
  append_member(out, "tenant", u->tenant);
  append_member(out, "state", slice_from(user_state_name(u->state)));
  buffer_append_text(out, ",\"created_at\":");
  append_time(out, u->created_us);
  buffer_append_text(out, ",\"last_login_at\":");
  append_time(out, u->last_login_us);
  buffer_printf(out, ",\"totp\":%s,\"grants\":[", u->totp ? "true" : "false");
  for (uint32_t i = 0; i < u->grant_count; i++) {
    if (!access_may_manage(p, u->grants[i].place.subtree)) continue;
    if (!first) buffer_append_char(out, ',');
    first = false;
    append_grant(out, &u->grants[i], false);
  }
  buffer_append_text(out, "]}");
}

void append_key(struct buffer *out, const struct account_key *k) {
  buffer_append_text(out, "{\"id\":");
  json_append_string(out, k->id);
  append_member(out, "name", k->name);
  append_member(out, "prefix", k->prefix);
  append_place(out, k->role, &k->place);
  buffer_append_text(out, ",\"addresses\":");
  append_texts(out, k->addresses, k->address_count);
  buffer_append_text(out, ",\"created_at\":");
  append_time(out, k->created_us);
  append_member(out, "created_by", k->created_by);
  buffer_append_text(out, ",\"expires_at\":");
  append_time(out, k->expires_us);
  buffer_append_text(out, ",\"last_used_at\":");
  append_time(out, k->last_used_us);
  append_member(out, "state", slice_from(key_state_name(k->state)));
  buffer_append_text(out, ",\"replaced_by\":");
  if (k->replaced_by.len)
    json_append_string(out, k->replaced_by);
  else
    buffer_append_text(out, "null");
  buffer_append_char(out, '}');
}

int visible_user(struct http_request *r, struct api *a, struct slice id, const char *pointer, struct account_user *out,
                 struct error *err) {
  struct error why;
  error_clear(&why);
  int code = accounts_get_user(a->accounts, id, http_arena(r), out, &why);
  if (code == 0 && !access_may_manage(request_principal(r), out->tenant)) code = ERR_NOT_FOUND;
  if (code == ERR_NOT_FOUND) return error_set_at(err, code, pointer ? pointer : "", "there is no such user");
  return code ? error_set(err, code, "%s", why.message) : 0;
}

int require_superior(const struct principal *p, const struct account_user *u, struct error *err) {
  for (uint32_t i = 0; i < u->grant_count; i++)
    if (!access_may_grant(p, &u->grants[i]))
      return error_set(err, ERR_FORBIDDEN, "this user has rights beyond yours: who has them too must do this");
  return 0;
}

int require_grantable(const struct principal *p, const struct account_grant *g, const char *at, struct error *err) {
  char pointer[ERROR_POINTER_BYTES];
  if (access_may_grant(p, g)) return 0;
  bool role = g->role == ROLE_OPERATOR;
  snprintf(pointer, sizeof pointer, "%s/%s", at, role ? "role" : "tenant");
  return role ? error_set_at(err, ERR_FORBIDDEN, pointer, "only an operator can make operators")
              : error_set_at(err, ERR_NOT_FOUND, pointer, "there is no such tenant");
}

bool is_operator(const struct account_user *u) {
  for (uint32_t i = 0; i < u->grant_count; i++)
    if (u->grants[i].role == ROLE_OPERATOR) return true;
  return false;
}

int require_operator_left(struct api *a, bool was_operator, struct error *err) {
  uint32_t left = 0;
  int code = was_operator ? accounts_count_operators(a->accounts, &left, err) : 0;
  if (code || !was_operator || left > 0) return code;
  return error_set(err, ERR_CONFLICT, "this is the last operator: make another one first");
}

int path_tenant(struct http_request *r, struct slice *out, struct error *err) {
  struct slice tenant = http_path_param(r, 0);
  if (!event_tenant_valid(tenant))
    return error_set(err, ERR_INVALID, "the tenant must be a path such as acme/eu, percent-encoded (acme%%2Feu)");
  if (!scope_covers_tenant(request_scope(r), tenant)) return error_set(err, ERR_NOT_FOUND, "there is no such tenant");
  *out = tenant;
  return 0;
}

int answer_nothing(struct http_request *r) {
  http_answer_as(r, 204, "");
  return 0;
}
