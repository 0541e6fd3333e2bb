/* The life of a request, and what handlers may ask of it. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "http/internal.h"

enum { FORWARDED_BYTES = 8192 }; /* of X-Forwarded-For: what comes past it is not read */

struct http_request *request_new(struct http_server *s, struct MHD_Connection *handle, const char *uri) {
  struct http_request *r = calloc(1, sizeof *r);
  if (!r) abort();
  r->server = s;
  r->handle = handle;
  atomic_init(&r->references, 1);
  arena_init(&r->arena, LIMIT_HEAD_MEMORY);
  buffer_init(&r->answer, LIMIT_ANSWER_BYTES);
  r->status = 200;
  r->media = "application/json";
  r->started_us = server_now_us(s);
  uint64_t number = atomic_fetch_add(&s->request_number, 1);
  snprintf(r->id, sizeof r->id, "%08llx%08llx", (unsigned long long)(s->boot_id & 0xffffffff),
           (unsigned long long)(number & 0xffffffff));
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  r->connection = info ? info->socket_context : NULL;
  r->uri = arena_string(&r->arena, slice_from(uri));
  if (r->connection) memcpy(r->peer, r->connection->peer, sizeof r->peer);
  atomic_fetch_add(&s->active, 1);
  return r;
}

void request_retain(struct http_request *r) { atomic_fetch_add(&r->references, 1); }

void request_release(struct http_request *r) {
  if (atomic_fetch_sub(&r->references, 1) != 1) return;
  struct http_server *s = r->server;
  if (r->destroy_state) r->destroy_state(r->state);
  decoder_free(r->decoder);
  stream_free(r->stream);
  feed_free(r->feed);
  if (r->route && r->route->is_secret) {
    buffer_wipe(&r->body);
    buffer_wipe(&r->answer);
    arena_wipe(&r->arena);
  }
  buffer_free(&r->body);
  buffer_free(&r->answer);
  arena_free(&r->arena);
  atomic_fetch_sub(&s->upload_bytes, r->taken_bytes);
  free(r);
  server_leave(s, &s->active);
}

void request_fail(struct http_request *r, int code) {
  if (r->code) return;
  r->code = code;
  if (r->error.code == 0) error_set(&r->error, code, "%s", error_text(code));
}

/* The path of the request target; the absolute form of RFC 9112 3.2.2 is allowed. */
static struct slice split_target(const char *uri, struct slice *query_out) {
  struct slice target = slice_from(uri);
  if (slice_starts_with(target, SLICE("http://")) || slice_starts_with(target, SLICE("https://"))) {
    const char *authority = strstr(uri, "//") + 2;
    target = slice_from(authority + strcspn(authority, "/?"));
  }
  const char *mark = memchr(target.data, '?', target.len);
  *query_out = mark ? slice_skip(target, (size_t)(mark - target.data) + 1) : slice_of(NULL, 0);
  return slice_of(target.data, mark ? (size_t)(mark - target.data) : target.len);
}

static int check_params(const struct http_request *r, struct error *err) {
  const struct http_route *route = r->route;
  for (uint32_t i = 0; i < r->query.count; i++) {
    struct slice name = r->query.pairs[i].name;
    bool known = false;
    for (uint32_t k = 0; k < route->param_count && !known; k++)
      known = slice_equal(name, slice_from(route->params[k].name));
    if (!known)
      return error_set(err, ERR_INVALID, "there is no parameter \"%.*s\" here", SLICE_ARGS(utf8_clip(name, 64)));
  }
  for (uint32_t k = 0; k < route->param_count; k++) {
    struct slice value;
    if (route->params[k].required && !http_param(r, route->params[k].name, &value))
      return error_set(err, ERR_INVALID, "parameter \"%s\" is missing", route->params[k].name);
  }
  return 0;
}

static bool is_header(const char *key, size_t len, const char *name) {
  return len == strlen(name) && strncasecmp(key, name, len) == 0;
}

static bool begins_with(const char *key, size_t len, const char *name) {
  return len > strlen(name) && strncasecmp(key, name, strlen(name)) == 0;
}

/* libmicrohttpd 0.9.75 puts a folded line (RFC 9112 5.2, obsolete) behind the name: "Transfer-Encodingchunked". */
static bool is_name(const char *key, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (key[i] <= ' ' || key[i] == ':' || key[i] == 0x7f) return false;
  return len > 0 && !begins_with(key, len, "Content-Length") && !begins_with(key, len, "Transfer-Encoding");
}

/* RFC 9112 5.1, 6.1 and 6.3: headers that a proxy in front may read otherwise than libmicrohttpd, which takes the first
 * of two lengths, and a name with a blank behind it for another name. */
static enum MHD_Result check_framing(void *request, enum MHD_ValueKind kind, const char *key, size_t key_len,
                                     const char *value, size_t value_len) {
  (void)kind;
  struct http_request *r = request;
  bool length = is_header(key, key_len, "Content-Length"), coding = is_header(key, key_len, "Transfer-Encoding");
  bool known = !coding || is_header(value, value_len, "chunked");
  /* RFC 9110 5.5: others end a line at a bare CR. */
  bool clean = value_len == 0 || (!memchr(value, '\r', value_len) && !memchr(value, '\0', value_len));
  if (!is_name(key, key_len) || !clean || !known || ((length || coding) && r->framed)) r->misframed = true;
  if (length || coding) r->framed = true;
  return MHD_YES;
}

struct lines {
  struct arena *arena;
  const char *name;
  struct slice joined;
};

static enum MHD_Result join_line(void *arg, enum MHD_ValueKind kind, const char *key, size_t key_len, const char *value,
                                 size_t value_len) {
  (void)kind;
  struct lines *l = arg;
  if (!is_header(key, key_len, l->name) || l->joined.len + value_len > FORWARDED_BYTES) return MHD_YES;
  char *text = arena_alloc(l->arena, l->joined.len + value_len + 1);
  if (!text) return MHD_YES;
  if (l->joined.len) memcpy(text, l->joined.data, l->joined.len);
  size_t at = l->joined.len;
  if (at) text[at++] = ',';
  memcpy(text + at, value, value_len);
  l->joined = slice_of(text, at + value_len);
  return MHD_YES;
}

/* All lines of a header as one list (RFC 9110 5.3). */
static struct slice joined_header(struct http_request *r, const char *name) {
  struct lines l = {&r->arena, name, {"", 0}};
  MHD_get_connection_values_n(r->handle, MHD_HEADER_KIND, join_line, &l);
  return l.joined;
}

/* Who the client is, and whether it came over TLS, where a proxy of ours stands between. */
static void resolve_client(struct http_request *r) {
  const struct http_server *s = r->server;
  r->secure = s->tls != NULL;
  memcpy(r->address, r->peer, sizeof r->address);
  if (!proxies_trust(&s->proxies, slice_from(r->peer))) return;
  proxies_resolve(&s->proxies, slice_from(r->peer), joined_header(r, "X-Forwarded-For"), r->address);
  if (proxies_secure(&s->proxies, slice_from(r->peer), joined_header(r, "X-Forwarded-Proto"))) r->secure = true;
}

static int parse_head(struct http_request *r, const char *method, struct error *err) {
  struct http_server *s = r->server;
  struct slice query;
  if (!r->uri) return error_set(err, ERR_TOO_LARGE, "the address is too long");
  struct slice path = split_target(r->uri, &query);
  resolve_client(r);
  struct slice length = http_header(r, "Content-Length");
  r->chunked = http_header(r, "Transfer-Encoding").len > 0;
  r->has_body = r->chunked || (length.len > 0 && !slice_equal(length, SLICE("0")));
  r->expects_continue = http_header(r, "Expect").len > 0;
  r->head = strcmp(method, "HEAD") == 0;
  MHD_get_connection_values_n(r->handle, MHD_HEADER_KIND, check_framing, r);
  if (r->misframed)
    return error_set(err, ERR_INVALID,
                     "where the body ends is unclear: one Content-Length or one Transfer-Encoding: chunked is allowed, "
                     "no folded line, no CR within one and no blank before a colon");
  int code = router_find(s->config.routes, s->config.route_count, slice_from(method), path, &r->arena, &r->match, err);
  if (code == ERR_NOT_FOUND) {
    error_clear(err);
    return assets_find(r, slice_from(method), path, err);
  }
  if (code) return code;
  r->route = &s->config.routes[r->match.index];
  if (!r->route->is_open) code = s->config.authorize(r, r->route, s->config.context, err);
  if (code == 0) code = query_string_parse(query, &r->arena, &r->query, err);
  if (code == 0) code = check_params(r, err);
  return code;
}

static int open_body(struct http_request *r, struct error *err) {
  const struct http_route *route = r->route;
  if (route->mode == HTTP_UPLOAD) {
    enum http_coding coding;
    int code = coding_parse(http_header(r, "Content-Encoding"), &coding, err);
    if (code) return code;
    if (coding != CODING_IDENTITY) r->decoder = decoder_new(coding, UINT64_MAX, LIMIT_EXPANSION);
    return route->open(r, r->server->config.context, err);
  }
  if (!r->has_body) return 0;
  if (route->body_bytes == 0) return error_set(err, ERR_INVALID, "this address takes no body");
  if (http_header(r, "Content-Encoding").len)
    return error_set(err, ERR_UNSUPPORTED, "this address takes no Content-Encoding");
  if (!r->chunked && http_content_length(r) > route->body_bytes)
    return error_set(err, ERR_TOO_LARGE, "the body is larger than %u bytes", route->body_bytes);
  buffer_init(&r->body, route->body_bytes);
  if (route->is_secret) { /* at once, so that growing leaves no copies behind */
    (void)buffer_reserve(&r->body, route->body_bytes);
    (void)buffer_reserve(&r->answer, SECRET_ANSWER_BYTES);
  }
  return 0;
}

void request_begin(struct http_request *r, const char *method) {
  struct http_server *s = r->server;
  r->begun = true;
  int code = parse_head(r, method, &r->error);
  if (code == 0 && r->route) code = open_body(r, &r->error);
  if (code == 0 && atomic_load(&s->stopping)) {
    counters_refuse(s, REFUSED_STOPPING);
    code = error_set(&r->error, ERR_BUSY, "the server is stopping");
  }
  if (code == 0 && watch_is_refused(r) && !(r->route && r->route->is_open)) { /* health checks are answered also then */
    counters_refuse(s, REFUSED_CONNECTIONS);
    code = error_set(&r->error, ERR_BUSY, "there are too many connections");
  }
  if (code) request_fail(r, code);
}

struct arena *http_arena(struct http_request *r) {
  return &r->arena;
}
const struct http_route *http_request_route(const struct http_request *r) { return r->route; }
struct http_server *http_request_server(const struct http_request *r) {
  return r->server;
}
bool http_is_head(const struct http_request *r) { return r->head; }
struct slice http_peer(const struct http_request *r) {
  return slice_from(r->peer);
}
struct slice http_address(const struct http_request *r) {
  return slice_from(r->address);
}
bool http_is_secure(const struct http_request *r) { return r->secure; }
struct slice http_body(const struct http_request *r) {
  return buffer_slice(&r->body);
}
const atomic_bool *http_cancelled(const struct http_request *r) { return &r->cancelled; }
void http_set_user(struct http_request *r, void *user) { r->user = user; }
void *http_user(const struct http_request *r) { return r->user; }
void *http_state(const struct http_request *r) { return r->state; }

bool http_param(const struct http_request *r, const char *name, struct slice *value_out) {
  return query_string_get(&r->query, name, value_out);
}

struct slice http_path_param(const struct http_request *r, unsigned index) {
  return index < r->match.param_count ? r->match.params[index] : slice_of(NULL, 0);
}

struct slice http_header(const struct http_request *r, const char *name) {
  const char *value = MHD_lookup_connection_value(r->handle, MHD_HEADER_KIND, name);
  return value ? slice_from(value) : slice_of("", 0);
}

/* The value of the next pair of a Cookie header (RFC 6265 5.4) that has this name; moves *at behind it. */
static bool next_cookie(struct slice *at, struct slice name, struct slice *value_out) {
  while (at->len > 0) {
    const char *end = memchr(at->data, ';', at->len);
    struct slice pair = slice_of(at->data, end ? (size_t)(end - at->data) : at->len);
    *at = slice_skip(*at, pair.len + 1);
    while (pair.len > 0 && (pair.data[0] == ' ' || pair.data[0] == '\t')) pair = slice_skip(pair, 1);
    if (pair.len <= name.len || pair.data[name.len] != '=' || !slice_starts_with(pair, name)) continue;
    *value_out = slice_skip(pair, name.len + 1);
    return true;
  }
  return false;
}

struct slice http_cookie(const struct http_request *r, const char *name) {
  struct slice at = http_header(r, "Cookie"), first, second;
  if (!next_cookie(&at, slice_from(name), &first) || next_cookie(&at, slice_from(name), &second))
    return slice_of("", 0);
  return first;
}

uint64_t http_content_length(const struct http_request *r) {
  return r->chunked ? UINT64_MAX : strtoull(http_header(r, "Content-Length").data, NULL, 10);
}

struct slice http_media_type(const struct http_request *r) {
  struct slice type = http_header(r, "Content-Type");
  const char *end = memchr(type.data, ';', type.len);
  if (end) type.len = (size_t)(end - type.data);
  while (type.len && (type.data[type.len - 1] == ' ' || type.data[type.len - 1] == '\t')) type.len--;
  return type;
}

void http_set_state(struct http_request *r, void *state, void (*destroy)(void *state)) {
  r->state = state;
  r->destroy_state = destroy;
}

int http_take_memory(struct http_request *r, size_t bytes, struct error *err) {
  struct http_server *s = r->server;
  uint64_t before = atomic_fetch_add(&s->upload_bytes, bytes);
  r->taken_bytes += bytes;
  if (before + bytes <= LIMIT_UPLOADS_BYTES) return 0;
  counters_refuse(s, REFUSED_UPLOADS);
  return error_set(err, ERR_BUSY, "too many large uploads at once");
}
