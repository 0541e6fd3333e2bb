/* /v1/tenants: the list with completion by path and name, a tenant's name and end, its retention. */
#include <stdio.h>

#include "api/account_records.h"

enum { RETENTION_MOST_DAYS = 36500 };

static void append_retention(struct buffer *out, int32_t days, bool own) {
  buffer_printf(out, "{\"days\":%d,\"own\":%s}", (int)days, own ? "true" : "false");
}

/* ---- GET /v1/tenants: those with events and those that were named, in one order ---- */

struct tenant_row {
  struct tenant_info info;
  struct account_tenant named;
};

static bool is_limited(const struct scope_grant *g) { return g->log_count > 0 || g->product_count > 0; }

/* Whether a grant without limits covers the tenant: how many events it has in all is not for others. */
static bool sees_all_of(const struct scope *scope, struct slice tenant) {
  for (uint32_t i = 0; i < scope->grant_count; i++)
    if (!is_limited(&scope->grants[i]) && event_tenant_within(tenant, scope->grants[i].subtree)) return true;
  return false;
}

static void append_tenant(struct http_request *r, const struct tenant_row *row, struct buffer *out) {
  buffer_append_text(out, "{\"tenant\":");
  json_append_string(out, row->info.path);
  append_member(out, "display_name", row->named.display_name);
  buffer_printf(out, ",\"closed\":%s,\"last_seq\":", row->named.closed ? "true" : "false");
  if (sees_all_of(request_scope(r), row->info.path))
    buffer_append_u64(out, row->info.last_seq);
  else
    buffer_append_text(out, "null");
  buffer_append_text(out, ",\"retention\":");
  append_retention(out, row->info.retention_days, row->info.retention_own);
  buffer_append_char(out, '}');
}

/* What the store knows of one tenant; without events its last_seq is 0. */
static int find_info(struct http_request *r, struct api *a, struct slice path, struct tenant_info *out) {
  struct tenant_info *found;
  uint32_t count;
  int code = store_list_tenants(a->store, request_scope(r), path, slice_of("", 0), 1, http_arena(r), &found, &count);
  if (code) return code;
  *out = (struct tenant_info){.path = path};
  if (count > 0 && slice_equal(found[0].path, path)) {
    *out = found[0];
    return 0;
  }
  return store_get_retention(a->store, path, &out->retention_days, &out->retention_own);
}

/* Merges two sorted lists; a tenant in both is one row. */
static int merge(struct http_request *r, struct api *a, const struct tenant_info *stored, uint32_t stored_count,
                 const struct account_tenant *named, uint32_t named_count, uint32_t limit, struct tenant_row *rows,
                 uint32_t *count_out) {
  uint32_t s = 0, n = 0, count = 0;
  int code = 0;
  for (; !code && count < limit && (s < stored_count || n < named_count); count++) {
    struct tenant_row *row = &rows[count];
    int order = s == stored_count ? 1 : n == named_count ? -1 : slice_compare(stored[s].path, named[n].path);
    if (order <= 0) {
      row->info = stored[s++];
      if (order == 0) row->named = named[n++];
      if (order < 0) accounts_get_tenant(a->accounts, row->info.path, http_arena(r), &row->named);
    } else {
      row->named = named[n++];
      code = find_info(r, a, row->named.path, &row->info);
    }
  }
  *count_out = count;
  return code;
}

static int find_tenants(struct http_request *r, struct api *a, const struct account_query *query,
                        struct tenant_row *rows, uint32_t *count_out) {
  struct tenant_info *stored;
  struct account_tenant *named;
  uint32_t stored_count = 0, named_count = 0;
  int code = store_list_tenants(a->store, query->scope, query->prefix, query->after, query->limit, http_arena(r),
                                &stored, &stored_count);
  if (!code) code = accounts_list_tenants(a->accounts, query, http_arena(r), &named, &named_count);
  return code ? code : merge(r, a, stored, stored_count, named, named_count, query->limit, rows, count_out);
}

int tenants_list(struct http_request *r, void *api, struct error *err) {
  struct account_query query = {.scope = request_scope(r), .tenant = {"", 0}, .prefix = {"", 0}, .after = {"", 0}};
  uint32_t limit, count = 0;
  http_param(r, "prefix", &query.prefix);
  http_param(r, "after", &query.after);
  int code = param_number(r, "limit", 1, 1000, 100, &limit, err);
  if (code) return code;
  query.limit = limit + 1;
  struct tenant_row *rows = arena_alloc(http_arena(r), query.limit * sizeof *rows);
  code = rows ? find_tenants(r, api, &query, rows, &count) : ERR_TOO_LARGE;
  if (code) return error_set(err, code, "%s", error_text(code));
  struct buffer *out = http_answer(r);
  buffer_append_text(out, "{\"tenants\":[");
  for (uint32_t i = 0; i < count && i < limit; i++) {
    if (i > 0) buffer_append_char(out, ',');
    append_tenant(r, &rows[i], out);
  }
  buffer_append_text(out, "],\"next\":");
  if (count > limit)
    json_append_string(out, rows[limit - 1].info.path);
  else
    buffer_append_text(out, "null");
  buffer_append_char(out, '}');
  return 0;
}

/* ---- One tenant ---- */

/* A tenant is there once it has an event, a name, or was closed. */
static int answer_tenant(struct http_request *r, struct api *a, struct slice path, bool must_exist, struct error *err) {
  struct tenant_row row;
  bool named = accounts_get_tenant(a->accounts, path, http_arena(r), &row.named);
  int code = find_info(r, a, path, &row.info);
  if (code) return error_set(err, code, "%s", error_text(code));
  if (must_exist && !named && row.info.last_seq == 0) return error_set(err, ERR_NOT_FOUND, "there is no such tenant");
  append_tenant(r, &row, http_answer(r));
  return 0;
}

int tenant_get(struct http_request *r, void *api, struct error *err) {
  struct slice path;
  int code = path_tenant(r, &path, err);
  return code ? code : answer_tenant(r, api, path, true, err);
}

int tenant_put(struct http_request *r, void *api, struct error *err) {
  static const char *const members[] = {"display_name", "closed", NULL};
  struct api *a = api;
  struct account_tenant t, before;
  struct slice path;
  const struct document *body;
  int code = path_tenant(r, &path, err);
  if (!code) code = body_object(r, members, &body, err);
  if (!code) code = accounts_begin(a->accounts, err);
  if (code) return code;
  accounts_get_tenant(a->accounts, path, http_arena(r), &before);
  t = before;
  code = member_text(body, "", "display_name", false, &t.display_name, err);
  if (!code) code = member_bool(body, "", "closed", &t.closed, err);
  if (!code) code = accounts_put_tenant(a->accounts, &t, err);
  if (!code) code = record_tenant(r, a, &before, &t, err);
  code = accounts_end(a->accounts, code, err);
  return code ? code : answer_tenant(r, a, path, false, err);
}

/* ---- Retention ---- */

static int answer_retention(struct http_request *r, struct api *a, struct slice tenant, struct error *err) {
  int32_t days;
  bool own;
  int code = store_get_retention(a->store, tenant, &days, &own);
  if (code) return error_set(err, code, "%s", error_text(code));
  struct buffer *out = http_answer(r);
  buffer_append_text(out, "{\"tenant\":");
  json_append_string(out, tenant);
  buffer_printf(out, ",\"days\":%d,\"own\":%s}", (int)days, own ? "true" : "false");
  return 0;
}

int retention_get(struct http_request *r, void *api, struct error *err) {
  struct slice tenant;
  int code = path_tenant(r, &tenant, err);
  return code ? code : answer_retention(r, api, tenant, err);
}

/* {"days":90}, or null: as the tenant above it. */
static int read_days(struct http_request *r, int32_t *days_out, struct error *err) {
  static const char *const members[] = {"days", NULL};
  const struct document *body, *days;
  uint32_t value = 0;
  int code = body_object(r, members, &body, err);
  if (code) return code;
  days = document_member(body, "days");
  if (!days) return error_set_at(err, ERR_INVALID, "", "the body must be {\"days\": NUMBER}");
  if (days->kind == DOCUMENT_NULL) {
    *days_out = -1;
    return 0;
  }
  struct error why;
  error_clear(&why);
  code = member_whole(body, "", "days", 0, RETENTION_MOST_DAYS, &value, &why);
  if (code)
    return error_set_at(err, code, "/days",
                        "must be a whole number of 0 (for ever) to %d, or null (as the tenant above it)",
                        RETENTION_MOST_DAYS);
  *days_out = (int32_t)value;
  return 0;
}

int retention_record_make(struct store *store, struct slice tenant, int32_t days, struct retention_record *out,
                          struct error *err) {
  int32_t before;
  bool own;
  int code = store_get_retention(store, tenant, &before, &own);
  if (code) return error_set(err, code, "%s", error_text(code));
  snprintf(out->old_text, sizeof out->old_text, "%d", (int)before);
  snprintf(out->new_text, sizeof out->new_text, "%d", (int)days);
  out->change = (struct record_change){.field = "days",
                                       .old_value = own ? slice_from(out->old_text) : SLICE("null"),
                                       .new_value = days >= 0 ? slice_from(out->new_text) : SLICE("null"),
                                       .is_json = true};
  out->record = (struct record){.tenant = tenant,
                                .log = "admin",
                                .action = "update",
                                .activity = "Retention Changed",
                                .category = "Settings",
                                .target = {.type = "retention", .name = tenant},
                                .changes = &out->change,
                                .change_count = 1};
  return 0;
}

int retention_put(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct retention_record change;
  struct slice tenant;
  int32_t days = 0;
  int code = path_tenant(r, &tenant, err);
  if (code == 0) code = read_days(r, &days, err);
  if (code == 0) code = retention_record_make(a->store, tenant, days, &change, err);
  if (code == 0) code = record_event(r, a, &change.record, err);
  if (code == 0) code = store_set_retention(a->store, tenant, days, err);
  return code ? code : answer_retention(r, a, tenant, err);
}
