/* /v1/tenants/{tenant}/settings. What a setting may hold is in one table; a value holds for the subtree until a nearer
 * tenant sets its own. */
#include <stdio.h>

#include "api/account_records.h"
#include "insight/insight.h"

enum { MOST_ORIGINS = 100, ORIGIN_BYTES = 300, MOST_SEARCHES = 200, SEARCH_URL_BYTES = 8192, THRESHOLDS_BYTES = 4096 };

static int refuse(struct error *err, const char *pointer, const char *why) {
  return error_set_at(err, ERR_INVALID, pointer, "%s", why);
}

static int check_range(const struct document *d, struct error *err) {
  if (d->kind == DOCUMENT_STRING &&
      (slice_equal(d->text, SLICE("24h")) || slice_equal(d->text, SLICE("7d")) || slice_equal(d->text, SLICE("30d"))))
    return 0;
  return refuse(err, "/default_range", "must be 24h, 7d or 30d");
}

static int check_flag(const struct document *d, struct error *err) {
  return d->kind == DOCUMENT_BOOL ? 0 : refuse(err, "/record_searches", "must be true or false");
}

static bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '[' || c == ']' || c == ':';
}

/* As browsers send it: scheme, host in lower case, port where it is not the usual one; nothing after it. */
static bool is_origin(struct slice s) {
  struct slice host = slice_starts_with(s, SLICE("https://"))  ? slice_skip(s, 8)
                      : slice_starts_with(s, SLICE("http://")) ? slice_skip(s, 7)
                                                               : slice_of("", 0);
  if (host.len == 0 || s.len > ORIGIN_BYTES || host.data[0] == ':' || host.data[host.len - 1] == ':') return false;
  for (size_t i = 0; i < host.len; i++)
    if (!is_host_char(host.data[i])) return false;
  return true;
}

static int check_origins(const struct document *d, struct error *err) {
  char pointer[48];
  unsigned count = 0;
  if (d->kind != DOCUMENT_ARRAY) return refuse(err, "/embed_origins", "must be an array");
  for (const struct document *o = d->first; o; o = o->next, count++) {
    snprintf(pointer, sizeof pointer, "/embed_origins/%u", count);
    if (count == MOST_ORIGINS) return refuse(err, "/embed_origins", "must be at most 100 origins");
    if (o->kind != DOCUMENT_STRING || !is_origin(o->text))
      return refuse(err, pointer, "must be an origin such as https://portal.example, in lower case, without a path");
  }
  return 0;
}

static bool has_control(struct slice s) {
  for (size_t i = 0; i < s.len; i++)
    if ((unsigned char)s.data[i] < 0x20 || s.data[i] == 0x7f) return true;
  return false;
}

/* A place in the viewer: never another site, never a script. */
static bool is_own_url(struct slice s) {
  return s.len > 0 && s.len <= SEARCH_URL_BYTES && s.data[0] == '/' && !has_control(s) &&
         (s.len == 1 || (s.data[1] != '/' && s.data[1] != '\\'));
}

static int check_search(const struct document *d, const char *at, struct error *err) {
  static const char *const members[] = {"name", "url", NULL};
  struct slice name = {"", 0}, url = {"", 0};
  int code = body_members(d, at, members, err);
  if (!code) code = member_text(d, at, "name", true, &name, err);
  if (!code) code = member_text(d, at, "url", true, &url, err);
  if (code) return code;
  if (name.len == 0 || name.len > LIMIT_NAME_BYTES || has_control(name))
    return refuse(err, at, "its name must be text of 1 to 128 bytes");
  return is_own_url(url) ? 0 : refuse(err, at, "its url must be a path of the viewer such as /search?q=...");
}

static int check_searches(const struct document *d, struct error *err) {
  char at[48];
  unsigned count = 0;
  if (d->kind != DOCUMENT_ARRAY) return refuse(err, "/saved_searches", "must be an array");
  for (const struct document *s = d->first; s; s = s->next, count++) {
    snprintf(at, sizeof at, "/saved_searches/%u", count);
    if (count == MOST_SEARCHES) return refuse(err, "/saved_searches", "must be at most 200 searches");
    int code = check_search(s, at, err);
    if (code) return code;
  }
  return 0;
}

/* The rules that read them know which there are. */
static int check_thresholds(const struct document *d, struct error *err) {
  struct insight_thresholds unused;
  struct buffer json;
  struct error fault;
  char pointer[ERROR_POINTER_BYTES];
  error_clear(&fault);
  buffer_init(&json, THRESHOLDS_BYTES);
  document_append(d, &json);
  int code = json.overflowed ? error_set(&fault, ERR_INVALID, "too long")
                             : insight_parse_thresholds(buffer_slice(&json), &unused, &fault);
  buffer_free(&json);
  if (code == 0) return 0;
  snprintf(pointer, sizeof pointer, "/insights%.64s", fault.pointer);
  return refuse(err, pointer, fault.message);
}

static const struct {
  const char *name;
  int (*check)(const struct document *d, struct error *err);
  const char *otherwise; /* JSON, where nobody has set it */
} kinds[] = {
    {"default_range", check_range, "\"30d\""}, {"embed_origins", check_origins, "[]"},
    {"insights", check_thresholds, "{}"},      {"record_searches", check_flag, "false"},
    {"saved_searches", check_searches, "[]"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static void append_settings(struct buffer *out, const struct account_setting *settings, uint32_t count) {
  buffer_append_char(out, '{');
  for (uint32_t i = 0; i < count; i++) {
    if (i > 0) buffer_append_char(out, ',');
    json_append_string(out, settings[i].name);
    buffer_append_char(out, ':');
    buffer_append_slice(out, settings[i].value);
  }
  buffer_append_char(out, '}');
}

int append_effective_settings(struct http_request *r, struct api *a, struct slice tenant, struct buffer *out,
                              struct error *err) {
  struct account_setting *found, all[KINDS];
  uint32_t count = 0;
  int code = accounts_list_settings(a->accounts, tenant, false, http_arena(r), &found, &count, err);
  if (code) return code;
  for (unsigned k = 0; k < KINDS; k++) {
    all[k] = (struct account_setting){.name = slice_from(kinds[k].name), .value = slice_from(kinds[k].otherwise)};
    for (uint32_t i = 0; i < count; i++)
      if (slice_equal(found[i].name, all[k].name)) all[k].value = found[i].value;
  }
  append_settings(out, all, KINDS);
  return 0;
}

static int answer_settings(struct http_request *r, struct api *a, struct slice tenant, struct error *err) {
  struct account_setting *own;
  uint32_t count = 0;
  struct buffer *out = http_answer(r);
  buffer_append_text(out, "{\"settings\":");
  int code = append_effective_settings(r, a, tenant, out, err);
  if (!code) code = accounts_list_settings(a->accounts, tenant, true, http_arena(r), &own, &count, err);
  if (code) return code;
  buffer_append_text(out, ",\"own\":");
  append_settings(out, own, count);
  buffer_append_char(out, '}');
  return 0;
}

int settings_get(struct http_request *r, void *api, struct error *err) {
  struct slice tenant;
  int code = path_tenant(r, &tenant, err);
  return code ? code : answer_settings(r, api, tenant, err);
}

/* The value as it is kept: without blanks. */
static struct slice compact(const struct document *d, struct arena *arena) {
  struct buffer text;
  buffer_init(&text, LIMIT_SETTING_BYTES + 1);
  document_append(d, &text);
  struct slice kept = text.overflowed ? slice_of(NULL, SIZE_MAX) : arena_copy(arena, buffer_slice(&text));
  buffer_free(&text);
  return kept;
}

static int read_settings(struct http_request *r, struct account_setting out[KINDS], uint32_t *count_out,
                         struct error *err) {
  const char *members[KINDS + 1] = {NULL};
  const struct document *body;
  uint32_t count = 0;
  for (unsigned k = 0; k < KINDS; k++) members[k] = kinds[k].name;
  int code = body_object(r, members, &body, err);
  for (unsigned k = 0; !code && k < KINDS; k++) {
    const struct document *d = document_member(body, kinds[k].name);
    if (!d || d->kind == DOCUMENT_NULL) continue; /* as the tenant above it */
    code = kinds[k].check(d, err);
    if (!code) out[count++] = (struct account_setting){slice_from(kinds[k].name), compact(d, http_arena(r)), {"", 0}};
  }
  *count_out = count;
  return code;
}

int settings_put(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct account_setting settings[KINDS];
  struct slice tenant;
  struct account_setting *before;
  uint32_t count = 0, before_count = 0;
  int code = path_tenant(r, &tenant, err);
  if (!code) code = read_settings(r, settings, &count, err);
  if (!code) code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_list_settings(a->accounts, tenant, true, http_arena(r), &before, &before_count, err);
  if (!code) code = accounts_put_settings(a->accounts, tenant, settings, count, err);
  if (!code) code = record_settings(r, a, tenant, before, before_count, settings, count, err);
  code = accounts_end(a->accounts, code, err);
  return code ? code : answer_settings(r, a, tenant, err);
}
