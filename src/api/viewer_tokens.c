/* Viewer tokens: a portal's backend asks for one, its page hands it to the embedded viewer, which exchanges it, once,
 * for a bearer that lives some minutes and reads a part of what the asker may read. */
#include <sodium.h>
#include <stdio.h>

#include "api/accounts.h"
#include "api/sign_in.h"

enum { TOKEN_S = 300, MINUTES_MOST = 720, MINUTES = 15 };

/* ---- Who may ask, for what ---- */

static bool names_within(const struct slice *names, uint32_t count, const struct slice *limits, uint32_t limit_count) {
  if (limit_count == 0) return true;
  for (uint32_t i = 0; i < count; i++) {
    bool found = false;
    for (uint32_t k = 0; k < limit_count && !found; k++) found = slice_equal(names[i], limits[k]);
    if (!found) return false;
  }
  return count > 0; /* no names: all of them, which is more than the limit */
}

/* Whether one grant of the scope holds the whole place: nobody hands on more than they have. */
static bool covers(const struct scope *scope, const struct scope_grant *place) {
  for (uint32_t i = 0; i < scope->grant_count; i++) {
    const struct scope_grant *g = &scope->grants[i];
    if (event_tenant_within(place->subtree, g->subtree) &&
        names_within(place->logs, place->log_count, g->logs, g->log_count) &&
        names_within(place->products, place->product_count, g->products, g->product_count))
      return true;
  }
  return false;
}

/* Who manages the tenant, and keys that may read all of it: the backend of a portal has one. */
static int check_asker(const struct principal *p, const struct account_viewer *v, struct error *err) {
  bool manages = access_may_manage(p, v->place.subtree);
  const struct scope *scope = v->role == ROLE_AUDITOR ? &p->export : &p->read;
  if (!scope_covers_tenant(&p->read, v->place.subtree))
    return error_set_at(err, ERR_NOT_FOUND, "/tenant", "there is no such tenant");
  if (!manages && p->kind != PRINCIPAL_KEY)
    return error_set(err, ERR_FORBIDDEN, "this needs the right manage, or an API key that reads the tenant");
  if (!covers(scope, &v->place))
    return error_set(err, ERR_FORBIDDEN, "this key may not read all that the token would show");
  return 0;
}

/* Whether pages of this origin may embed the tenant's log. */
static int check_origin(struct http_request *r, struct api *a, struct slice tenant, struct slice origin,
                        struct error *err) {
  struct slice value;
  const struct document *list = NULL;
  int code = accounts_get_setting(a->accounts, tenant, "embed_origins", http_arena(r), &value, NULL);
  if (code == 0) code = document_read(value, http_arena(r), &list, NULL);
  if (code && code != ERR_NOT_FOUND) return error_set(err, code, "%s", error_text(code));
  for (const struct document *d = list && list->kind == DOCUMENT_ARRAY ? list->first : NULL; d; d = d->next)
    if (d->kind == DOCUMENT_STRING && slice_equal(d->text, origin)) return 0;
  return error_set_at(err, ERR_FORBIDDEN, "/origin", "the tenant's setting embed_origins does not name this origin");
}

/* ---- Making one ---- */

static int read_viewer(struct http_request *r, struct account_viewer *v, struct error *err) {
  static const char *const members[] = {"tenant", "logs", "products", "role", "user", "origin", "minutes", NULL};
  static const char *const user_members[] = {"name", "display_name", "email", NULL};
  const struct document *body, *user = NULL;
  const struct slice none = {"", 0};
  struct account_grant grant;
  uint32_t minutes = MINUTES;
  *v = (struct account_viewer){.name = none, .display_name = none, .email = none, .origin = none};
  int code = body_object(r, members, &body, err);
  if (code == 0) code = member_grant(body, "", http_arena(r), &grant, err);
  if (code == 0 && grant.role != ROLE_VIEWER && grant.role != ROLE_AUDITOR)
    code = error_set_at(err, ERR_INVALID, "/role", "must be viewer or auditor");
  if (code == 0 && !event_tenant_valid(grant.place.subtree))
    code = error_set_at(err, ERR_INVALID, "/tenant", "must be a tenant's path such as acme/eu");
  if (code == 0) code = member_text(body, "", "origin", true, &v->origin, err);
  if (code == 0) code = member_whole(body, "", "minutes", 1, MINUTES_MOST, &minutes, err);
  if (code == 0) {
    user = document_member(body, "user");
    code = user ? body_members(user, "/user", user_members, err) : error_set_at(err, ERR_INVALID, "/user", "is needed");
  }
  if (code == 0) code = member_text(user, "/user", "name", true, &v->name, err);
  if (code == 0) code = member_text(user, "/user", "display_name", false, &v->display_name, err);
  if (code == 0) code = member_text(user, "/user", "email", false, &v->email, err);
  if (code) return code;
  v->role = grant.role;
  v->place = grant.place;
  v->session_us = minutes * INT64_C(60000000);
  return 0;
}

static void append_list(struct buffer *out, const struct slice *names, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    if (i) buffer_append_text(out, ", ");
    buffer_append_slice(out, names[i]);
  }
}

static int record_viewer(struct http_request *r, struct api *a, const struct account_viewer *v, const char *id,
                         const char *action, const char *activity, struct error *err) {
  char minutes[16];
  struct buffer logs, products;
  snprintf(minutes, sizeof minutes, "%lld", (long long)(v->session_us / 60000000));
  buffer_init(&logs, 8192);
  buffer_init(&products, 16384);
  append_list(&logs, v->place.logs, v->place.log_count);
  append_list(&products, v->place.products, v->place.product_count);
  const struct record_param params[] = {
      {"role", slice_from(account_role_name(v->role)), false},
      {"tenant", v->place.subtree, false},
      {"origin", v->origin, false},
      {"minutes", slice_from(minutes), true},
      {"logs", logs.len ? buffer_slice(&logs) : SLICE("all"), false},
      {"products", products.len ? buffer_slice(&products) : SLICE("all"), false},
  };
  const struct record record = {
      .tenant = v->place.subtree,
      .log = "admin",
      .action = action,
      .activity = activity,
      .category = "Security",
      .target = {.type = "viewer_token", .id = slice_from(id), .name = v->name, .user = v->name},
      RECORD_PARAMS(params)};
  int code = record_event(r, a, &record, err);
  buffer_free(&logs);
  buffer_free(&products);
  return code;
}

int viewer_tokens_post(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  const struct principal *p = request_principal(r);
  struct account_viewer v;
  char id[ACCOUNTS_ID_BYTES], token[ACCOUNTS_TOKEN_TEXT_BYTES];
  int code = read_viewer(r, &v, err);
  if (code == 0) code = check_asker(p, &v, err);
  if (code == 0) code = check_origin(r, a, v.place.subtree, v.origin, err);
  if (code) return code;
  v.creator = p->id;
  v.created_by = p->name;
  code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_add_viewer(a->accounts, &v, TOKEN_S * INT64_C(1000000), id, token, err);
  if (code == 0) code = record_viewer(r, a, &v, id, "create", "Viewer Token Created", err);
  code = accounts_end(a->accounts, code, err);
  if (code == 0) {
    struct buffer *out = http_answer(r);
    http_answer_as(r, 201, NULL);
    buffer_printf(out, "{\"id\":\"%s\",\"token\":\"%s\",\"url\":\"/embed\",\"expires_at\":", id, token);
    append_instant(out, os_now_us(a->os) + TOKEN_S * INT64_C(1000000), 0);
    buffer_append_char(out, '}');
  }
  sodium_memzero(token, sizeof token);
  return code;
}

/* ---- Exchanging it ---- */

static int record_start(struct http_request *r, struct api *a, const struct account_viewer *v, struct error *err) {
  const struct principal actor = {.kind = PRINCIPAL_VIEWER,
                                  .id = v->id,
                                  .name = v->name,
                                  .display_name = v->display_name,
                                  .email = v->email,
                                  .origin = v->origin,
                                  .created_by = v->created_by};
  const struct record record = {.tenant = v->place.subtree,
                                .log = "auth",
                                .action = "login",
                                .activity = "Embedded Viewer Opened",
                                .category = "Authentication",
                                .actor = &actor,
                                .target = {.type = "session", .id = v->id},
                                .auth_method = SLICE("viewer token"),
                                .auth_session = v->id};
  return record_event(r, a, &record, err);
}

static void append_shown_user(struct buffer *out, const struct account_viewer *v) {
  buffer_append_text(out, ",\"user\":{\"name\":");
  json_append_string(out, v->name);
  append_member(out, "display_name", v->display_name);
  append_member(out, "email", v->email);
  buffer_append_char(out, '}');
}

int viewer_tokens_exchange(struct http_request *r, void *api, struct error *err) {
  static const char *const members[] = {"token", NULL};
  struct api *a = api;
  const struct document *body;
  struct account_viewer v;
  struct slice token = {"", 0};
  char bearer[ACCOUNTS_TOKEN_TEXT_BYTES];
  int code = check_form(r, err);
  if (code == 0) code = body_object(r, members, &body, err);
  if (code == 0) code = member_text(body, "", "token", true, &token, err);
  if (code == 0) code = address_begin(r, a, err);
  if (code == 0) code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_exchange_viewer(a->accounts, token, http_arena(r), &v, bearer, err);
  if (code == 0) code = check_origin(r, a, v.place.subtree, v.origin, err);
  if (code == 0) code = record_start(r, a, &v, err);
  code = accounts_end(a->accounts, code, err);
  if (code == 0) {
    struct buffer *out = http_answer(r);
    http_answer_as(r, 201, NULL);
    buffer_printf(out, "{\"bearer\":\"%s\",\"expires_at\":", bearer);
    append_instant(out, v.expires_us, 0);
    append_member(out, "origin", v.origin);
    append_shown_user(out, &v);
    buffer_append_char(out, '}');
  }
  sodium_memzero(bearer, sizeof bearer);
  return code;
}

/* ---- Lists and ends ---- */

static void append_viewer(struct buffer *out, const struct account_viewer *v) {
  buffer_append_text(out, "{\"id\":");
  json_append_string(out, v->id);
  append_member(out, "role", slice_from(account_role_name(v->role)));
  append_member(out, "tenant", v->place.subtree);
  buffer_append_text(out, ",\"logs\":");
  append_texts(out, v->place.logs, v->place.log_count);
  buffer_append_text(out, ",\"products\":");
  append_texts(out, v->place.products, v->place.product_count);
  append_shown_user(out, v);
  append_member(out, "origin", v->origin);
  append_member(out, "created_by", v->created_by);
  buffer_append_text(out, ",\"created_at\":");
  append_time(out, v->created_us);
  buffer_append_text(out, ",\"expires_at\":");
  append_time(out, v->exchanged ? v->expires_us : v->token_expires_us);
  buffer_append_text(out, ",\"last_seen_at\":");
  append_time(out, v->exchanged ? v->last_seen_us : 0);
  buffer_printf(out, ",\"state\":\"%s\"}", v->exchanged ? "active" : "waiting");
}

int viewer_tokens_list(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct account_query query;
  struct account_viewer *rows = NULL;
  uint32_t limit, count = 0;
  int code = list_query(r, &query, &limit, err);
  if (code == 0) code = accounts_list_viewers(a->accounts, &query, http_arena(r), &rows, &count, err);
  if (code) return code;
  struct buffer *out = http_answer(r);
  buffer_append_text(out, "{\"viewer_tokens\":[");
  for (uint32_t i = 0; i < count && i < limit; i++) {
    if (i) buffer_append_char(out, ',');
    append_viewer(out, &rows[i]);
  }
  const struct account_viewer *last = count > limit ? &rows[limit - 1] : NULL;
  append_next(out, last, last ? last->place.subtree : query.after, last ? last->id : query.after, slice_of("", 0));
  return 0;
}

int viewer_tokens_delete(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  const struct principal *p = request_principal(r);
  struct account_viewer v;
  struct slice id = http_path_param(r, 0);
  int code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_get_viewer(a->accounts, id, http_arena(r), &v, err);
  bool own = code == 0 && p->id.len > 0 && slice_equal(v.creator, p->id);
  if (code == 0 && !own && !access_may_manage(p, v.place.subtree))
    code = error_set(err, ERR_NOT_FOUND, "there is no such viewer token");
  if (code == 0) code = accounts_end_viewer(a->accounts, id, err);
  if (code == 0)
    code = record_viewer(r, a, &v, v.id.data ? arena_string(http_arena(r), v.id) : "", "delete", "Viewer Session Ended",
                         err);
  code = accounts_end(a->accounts, code, err);
  return code ? code : answer_nothing(r);
}
