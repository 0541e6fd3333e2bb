/* GET /v1/tenants, GET and PUT /v1/tenants/{tenant}/retention. */
#include <stdio.h>

#include "api/internal.h"

enum { RETENTION_MOST_DAYS = 36500 };

static void append_retention(struct buffer *out, int32_t days, bool own) {
  buffer_printf(out, "{\"days\":%d,\"own\":%s}", (int)days, own ? "true" : "false");
}

int tenants_list(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct slice prefix = {"", 0}, after = {"", 0};
  uint32_t limit, count;
  struct tenant_info *rows;
  http_param(r, "prefix", &prefix);
  http_param(r, "after", &after);
  int code = param_number(r, "limit", 1, 1000, 100, &limit, err);
  if (code) return code;
  code = store_list_tenants(a->store, request_scope(r), prefix, after, limit + 1, http_arena(r), &rows, &count);
  if (code) return error_set(err, code, "%s", error_text(code));
  struct buffer *out = http_answer(r);
  buffer_append_text(out, "{\"tenants\":[");
  for (uint32_t i = 0; i < count && i < limit; i++) {
    buffer_append_text(out, i ? ",{\"tenant\":" : "{\"tenant\":");
    json_append_string(out, rows[i].path);
    buffer_printf(out, ",\"last_seq\":%llu,\"retention\":", (unsigned long long)rows[i].last_seq);
    append_retention(out, rows[i].retention_days, rows[i].retention_own);
    buffer_append_char(out, '}');
  }
  buffer_append_text(out, "],\"next\":");
  if (count > limit)
    json_append_string(out, rows[limit - 1].path);
  else
    buffer_append_text(out, "null");
  buffer_append_char(out, '}');
  return 0;
}

/* The tenant of the path, where the caller may see it; a foreign one looks like one that cannot be. */
static int path_tenant(struct http_request *r, struct slice *out, struct error *err) {
  struct slice tenant = http_path_param(r, 0);
  if (!event_tenant_valid(tenant))
    return error_set(err, ERR_INVALID, "the tenant must be a path such as acme/eu, percent-encoded (acme%%2Feu)");
  if (!scope_covers_tenant(request_scope(r), tenant)) return error_set(err, ERR_NOT_FOUND, "there is no such tenant");
  *out = tenant;
  return 0;
}

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

static void skip_blanks(struct slice *s) {
  while (s->len && memchr(" \t\r\n", s->data[0], 4)) *s = slice_skip(*s, 1);
}

static bool take(struct slice *s, const char *token) {
  skip_blanks(s);
  if (!slice_starts_with(*s, slice_from(token))) return false;
  *s = slice_skip(*s, strlen(token));
  return true;
}

static bool take_days(struct slice *s, int32_t *out) {
  if (take(s, "null")) {
    *out = -1;
    return true;
  }
  size_t digits = 0;
  int32_t days = 0;
  for (; digits < s->len && digits < 6 && s->data[digits] >= '0' && s->data[digits] <= '9'; digits++)
    days = days * 10 + (s->data[digits] - '0');
  if (digits == 0 || (digits > 1 && s->data[0] == '0') || days > RETENTION_MOST_DAYS) return false;
  *s = slice_skip(*s, digits);
  *out = days;
  return true;
}

/* {"days":90} or {"days":null}: the one document of this API that is not an event. */
static int parse_retention(struct slice body, int32_t *days_out, struct error *err) {
  struct slice at = body;
  if (!take(&at, "{") || !take(&at, "\"days\"") || !take(&at, ":"))
    return error_set_at(err, ERR_INVALID, "", "the body must be {\"days\": NUMBER}");
  skip_blanks(&at);
  int32_t days;
  if (!take_days(&at, &days))
    return error_set_at(err, ERR_INVALID, "/days",
                        "must be a whole number of 0 (for ever) to %d, or null (as the tenant above it)",
                        RETENTION_MOST_DAYS);
  bool closed = take(&at, "}");
  skip_blanks(&at);
  if (!closed || at.len > 0) return error_set_at(err, ERR_INVALID, "", "the body must be {\"days\": NUMBER}");
  *days_out = days;
  return 0;
}

/* Before and after, in days; null: as the tenant above it. */
static int record_retention(struct http_request *r, struct api *a, struct slice tenant, int32_t days,
                            struct error *err) {
  int32_t before;
  bool own;
  char old_text[16], new_text[16];
  int code = store_get_retention(a->store, tenant, &before, &own);
  if (code) return error_set(err, code, "%s", error_text(code));
  snprintf(old_text, sizeof old_text, "%d", (int)before);
  snprintf(new_text, sizeof new_text, "%d", (int)days);
  const struct record_change changes[] = {{.field = "days",
                                           .old_value = own ? slice_from(old_text) : SLICE("null"),
                                           .new_value = days >= 0 ? slice_from(new_text) : SLICE("null"),
                                           .is_json = true}};
  const struct record record = {.tenant = tenant,
                                .log = "admin",
                                .action = "update",
                                .activity = "Retention Changed",
                                .category = "Settings",
                                .target = {.type = "retention", .name = tenant},
                                RECORD_CHANGES(changes)};
  return record_event(r, a, &record, err);
}

int retention_put(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct slice tenant;
  int32_t days = 0;
  int code = path_tenant(r, &tenant, err);
  if (code == 0) code = parse_retention(http_body(r), &days, err);
  if (code == 0) code = record_retention(r, a, tenant, days, err);
  if (code == 0) code = store_set_retention(a->store, tenant, days, err);
  return code ? code : answer_retention(r, a, tenant, err);
}
