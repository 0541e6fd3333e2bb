/* A server, through libcurl. Answers are bounded; a busy or unreachable server is asked again where that can store
 * nothing twice. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/backend.h"
#include "cli/cli.h"
#include "cli/command.h"
#include "cli/stored.h"
#include "cli/text.h"

enum {
  ANSWER_BYTES = 128 * 1024 * 1024,
  DOCUMENT_BYTES = 1024 * 1024 * 1024,
  CONNECT_TIMEOUT_S = 10,
  STALL_TIMEOUT_S = 120, /* without a byte */
  TRIES = 8,             /* of a request that was refused as busy, or broke off */
  RETRY_LONGEST_S = 30,  /* one wait, whatever Retry-After says */
};

struct remote {
  struct backend base;
  CURL *curl;
  char *url; /* without a slash at the end */
  bool has_key;
  bool has_answered; /* there is a server at this address */
  struct curl_slist *headers, *headers_ndjson, *headers_json;
  struct event_parser *parser;
};

static struct remote *remote_of(struct backend *b) { return (struct remote *)(void *)b; }

/* ---- One exchange ---- */

struct exchange {
  const char *method;
  const char *path; /* with its query */
  struct slice body;
  struct curl_slist *headers;
  /* Takes the body of a 2xx piece by piece instead of `answer`; may be NULL. */
  int (*write)(void *arg, struct slice piece);
  void *arg;
  bool may_be_silent; /* the server works long before it answers */
  /* out */
  struct buffer answer;
  long status, retry_after_s;
  uint64_t count; /* X-Daybook-Count, UINT64_MAX where absent */
  int write_code;
  CURL *curl;
};

static size_t on_body(char *data, size_t size, size_t count, void *arg) {
  struct exchange *x = arg;
  struct slice piece = slice_of(data, size * count);
  long status = 0;
  curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
  if (x->write && status >= 200 && status < 300) {
    x->write_code = x->write(x->arg, piece);
    return x->write_code ? 0 : piece.len;
  }
  buffer_append_slice(&x->answer, piece);
  return x->answer.overflowed ? 0 : piece.len;
}

static size_t on_header(char *data, size_t size, size_t count, void *arg) {
  struct exchange *x = arg;
  struct slice line = text_trim(slice_of(data, size * count)), name, value;
  uint64_t number;
  if (!text_split(line, ":", &name, &value) || !text_number(text_trim(value), INT64_MAX, &number)) return size * count;
  if (text_equal_nocase(name, "retry-after") && number < 86400) x->retry_after_s = (long)number;
  if (text_equal_nocase(name, "x-daybook-count")) x->count = number;
  return size * count;
}

static void set_options(struct remote *r, struct exchange *x, const char *url) {
  CURL *c = r->curl;
  curl_easy_reset(c);
  curl_easy_setopt(c, CURLOPT_URL, url);
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_USERAGENT, "daybook/" DAYBOOK_VERSION);
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
  curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, x->may_be_silent ? 0L : 1L);
  curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)STALL_TIMEOUT_S);
  curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, x->headers);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
  if (strcmp(x->method, "GET") == 0) return;
  curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, x->method);
  curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.len);
  curl_easy_setopt(c, CURLOPT_POSTFIELDS, x->body.len ? x->body.data : "");
}

static int code_of_status(long status) {
  static const int codes[] = {
#define X(name, code, text, http, exit) name,
      ERROR_TABLE(X)
#undef X
  };
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    if (error_http_status(codes[i]) == status) return codes[i];
  }
  return status == 429 ? ERR_BUSY : status >= 500 ? ERR_INTERNAL : ERR_INVALID;
}

/* What problem+json says; and for keys, what to do about it. */
static int problem(const struct remote *r, const struct exchange *x, struct error *err) {
  struct arena arena;
  const struct document *d = NULL;
  struct slice rest = buffer_slice(&x->answer);
  char pointer[ERROR_POINTER_BYTES];
  int code = code_of_status(x->status);
  arena_init(&arena, 16 * 1024 * 1024);
  if (document_parse(&rest, &arena, &d, NULL)) d = NULL;
  const struct document *errors = document_member(d, "errors");
  struct slice detail = document_text(d, "detail");
  struct slice where = document_text(errors ? errors->first : NULL, "pointer");
  snprintf(pointer, sizeof pointer, "%.*s", (int)(where.len < sizeof pointer ? where.len : 0),
           where.len ? where.data : "");
  if (code == ERR_UNAUTHORIZED && !r->has_key) {
    error_set(err, code, "%s wants a key: put the one that `daybook serve` printed at its first start in DAYBOOK_KEY",
              r->url);
  } else if (code == ERR_UNAUTHORIZED) {
    error_set(err, code, "%s does not know the key in DAYBOOK_KEY", r->url);
  } else if (detail.len) {
    error_set_at(err, code, pointer, "%.*s", SLICE_ARGS(detail));
  } else {
    error_set(err, code, "%s answered %ld, which is no answer of Daybook's; is this its address?", r->url, x->status);
  }
  arena_free(&arena);
  return code;
}

static int unreachable(const struct remote *r, CURLcode fault, struct error *err) {
  if (fault == CURLE_COULDNT_CONNECT || fault == CURLE_COULDNT_RESOLVE_HOST) {
    return error_set(err, ERR_BUSY,
                     "no server answers at %s; is `daybook serve` running there? (--url says where it is, "
                     "--data DIR works without one)",
                     r->url);
  }
  if (fault == CURLE_URL_MALFORMAT || fault == CURLE_UNSUPPORTED_PROTOCOL) {
    return error_set(err, ERR_INVALID, "--url: \"%s\" is not an address such as " CLI_DEFAULT_URL, r->url);
  }
  return error_set(err, ERR_BUSY, "%s: %s", r->url, curl_easy_strerror(fault));
}

static int exchange_once(struct remote *r, struct exchange *x, struct error *err) {
  struct buffer url;
  buffer_init(&url, 256 * 1024);
  buffer_append_text(&url, r->url);
  buffer_append_text(&url, x->path);
  buffer_append_char(&url, 0);
  x->curl = r->curl;
  x->status = x->retry_after_s = 0;
  x->count = UINT64_MAX;
  buffer_clear(&x->answer);
  if (!x->headers) x->headers = r->headers;
  if (url.overflowed) return buffer_free(&url), error_set(err, ERR_TOO_LARGE, "the question is too long");
  set_options(r, x, url.data);
  CURLcode fault = curl_easy_perform(r->curl);
  buffer_free(&url);
  curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &x->status);
  r->has_answered = r->has_answered || x->status || fault == CURLE_GOT_NOTHING || fault == CURLE_RECV_ERROR;
  if (x->write_code) return x->write_code;
  if (x->answer.overflowed) return error_set(err, ERR_TOO_LARGE, "the server's answer is too large");
  if (fault && x->write && x->status == 200) {
    return error_set(err, ERR_IO, "the stream broke off (%s): what was written is not complete",
                     curl_easy_strerror(fault));
  }
  if (fault) return unreachable(r, fault, err);
  if (x->status >= 200 && x->status < 300) return 0;
  return problem(r, x, err);
}

/* Repeats what was refused as busy, or broke off, after the time the server names, else 1, 2, 4 ... seconds. Nothing is
 * stored twice: every imported event has its key. A server that was never there is told at once. */
static int exchange_run(struct remote *r, struct exchange *x, bool patient, struct error *err) {
  for (unsigned attempt = 1;; attempt++) {
    struct error fault = {0};
    int code = exchange_once(r, x, &fault);
    bool again = code == ERR_BUSY && patient && attempt < TRIES && r->has_answered;
    if (!again) {
      if (code && err && err->code == 0) *err = fault;
      return code;
    }
    long wait_s = x->retry_after_s ? x->retry_after_s : 1L << (attempt - 1);
    struct timespec pause = {.tv_sec = wait_s < RETRY_LONGEST_S ? wait_s : RETRY_LONGEST_S};
    nanosleep(&pause, NULL);
  }
}

/* The answer as a document in the arena, which borrows from x->answer. */
static int exchange_document(struct remote *r, struct exchange *x, bool patient, struct arena *arena,
                             const struct document **out, struct error *err) {
  int code = exchange_run(r, x, patient, err);
  if (code) return code;
  struct slice rest = buffer_slice(&x->answer);
  code = document_parse(&rest, arena, out, err);
  return code ? error_wrap(err, code, "%s gave an answer that cannot be read", r->url) : 0;
}

/* ---- Addresses ---- */

void backend_append_encoded(struct buffer *out, struct slice text) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.data[i];
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
    if (plain) {
      buffer_append_char(out, (char)c);
    } else {
      buffer_printf(out, "%%%02X", c);
    }
  }
}

static void append_param(struct buffer *out, const char *name, struct slice value) {
  if (value.len == 0) return;
  buffer_append_char(out, out->len && memchr(out->data, '?', out->len) ? '&' : '?');
  buffer_append_text(out, name);
  buffer_append_char(out, '=');
  backend_append_encoded(out, value);
}

static void append_query(struct buffer *out, const struct backend_query *q) {
  append_param(out, "q", q->text);
  append_param(out, "from", q->from ? slice_from(q->from) : slice_of(NULL, 0));
  append_param(out, "to", q->to ? slice_from(q->to) : slice_of(NULL, 0));
  append_param(out, "tz", slice_from(q->tz));
}

static const char *order_name(const struct backend_query *q) { return q->order == NEWEST_FIRST ? "newest" : "oldest"; }

/* Room for one path and one answer. */
struct call {
  struct buffer path;
  struct exchange x;
  struct arena arena;
};

static void call_init(struct call *c, const char *method, const char *path) {
  *c = (struct call){.x = {.method = method}};
  buffer_init(&c->path, 128 * 1024);
  buffer_init(&c->x.answer, ANSWER_BYTES);
  arena_init(&c->arena, DOCUMENT_BYTES);
  buffer_append_text(&c->path, path);
}

static const char *call_path(struct call *c) {
  buffer_append_char(&c->path, 0);
  return c->path.overflowed ? "/" : c->path.data;
}

static void call_free(struct call *c) {
  buffer_free(&c->path);
  buffer_free(&c->x.answer);
  arena_free(&c->arena);
}

static uint64_t number_member(const struct document *d, const char *name) {
  uint64_t value = 0;
  text_number(document_text(d, name), UINT64_MAX >> 1, &value);
  return value;
}

/* The server names stored rows it could not read; that is said, not hidden. */
static int check_damages(const struct document *d, struct error *err) {
  uint64_t damages = number_member(d, "damages");
  if (damages == 0) return 0;
  return error_set(err, ERR_CORRUPT, "%llu parts of the store are damaged and missing above; run daybook fsck",
                   (unsigned long long)damages);
}

int backend_call(struct backend *b, const char *method, const char *path, struct slice body, struct arena *arena,
                 const struct document **out, struct error *err) {
  struct remote *r = remote_of(b);
  struct exchange x = {.method = method, .path = path, .body = body, .headers = body.len ? r->headers_json : NULL};
  *out = NULL;
  buffer_init(&x.answer, ANSWER_BYTES);
  int code = exchange_run(r, &x, false, err);
  struct slice text = arena_copy(arena, buffer_slice(&x.answer)); /* the document borrows from it */
  if (code == 0 && arena->overflowed) code = error_set(err, ERR_TOO_LARGE, "the server's answer is too large");
  if (code == 0 && text.len > 0) code = document_read(text, arena, out, err);
  buffer_free(&x.answer);
  return code;
}

/* ---- The operations ---- */

static int remote_append(struct backend *b, struct slice ndjson, uint32_t count, struct append_result *out,
                         struct error *err) {
  struct remote *r = remote_of(b);
  struct call c;
  const struct document *d = NULL;
  call_init(&c, "POST", "/v1/events");
  c.x.headers = r->headers_ndjson;
  c.x.body = ndjson;
  c.x.path = call_path(&c);
  int code = exchange_document(r, &c.x, true, &c.arena, &d, err);
  if (code == 0) {
    const struct document *list = document_member(d, "events");
    *out = (struct append_result){0};
    for (const struct document *e = list ? list->first : NULL; e; e = e->next) {
      bool duplicate = text_equal(document_text(e, "duplicate"), "true");
      out->duplicates += duplicate;
      out->stored += !duplicate;
    }
    if (out->stored + out->duplicates != count) {
      code = error_set(err, ERR_INTERNAL, "%s took %u of %u events", r->url, out->stored + out->duplicates, count);
    }
  }
  call_free(&c);
  return code;
}

struct page {
  struct remote *remote;
  int (*each)(void *arg, const struct event *e);
  void *arg;
  uint64_t left; /* events still wanted */
  struct buffer sent;
  struct arena arena; /* of one event */
};

static int hand_over(struct page *p, const struct document *list, struct error *err) {
  for (const struct document *d = list ? list->first : NULL; d && p->left; d = d->next) {
    struct event e;
    arena_reset(&p->arena);
    int code = stored_parse(d, p->remote->parser, &p->sent, &p->arena, &e, err);
    if (code) return error_wrap(err, code, "%s gave an event that cannot be read", p->remote->url);
    code = p->each(p->arg, &e);
    if (code) return code;
    p->left--;
  }
  return 0;
}

static int search_page(struct page *p, const struct backend_query *q, struct buffer *cursor, struct error *err) {
  struct call c;
  const struct document *d = NULL;
  char limit[24];
  snprintf(limit, sizeof limit, "%llu",
           (unsigned long long)(p->left < LIMIT_PAGE_EVENTS ? p->left : LIMIT_PAGE_EVENTS));
  call_init(&c, "GET", "/v1/events");
  append_query(&c.path, q);
  append_param(&c.path, "order", slice_from(order_name(q)));
  append_param(&c.path, "limit", slice_from(limit));
  append_param(&c.path, "cursor", buffer_slice(cursor));
  c.x.path = call_path(&c);
  int code = exchange_document(p->remote, &c.x, true, &c.arena, &d, err);
  if (code == 0) code = hand_over(p, document_member(d, "events"), err);
  if (code == 0) code = check_damages(d, err);
  buffer_clear(cursor);
  if (code == 0) buffer_append_slice(cursor, document_text(d, "next"));
  call_free(&c);
  return code;
}

static int remote_search(struct backend *b, const struct backend_query *q, uint64_t limit,
                         int (*each)(void *arg, const struct event *e), void *arg, bool *more_out, struct error *err) {
  struct page p = {.remote = remote_of(b), .each = each, .arg = arg, .left = limit ? limit : UINT64_MAX};
  struct buffer cursor;
  int code = 0;
  buffer_init(&cursor, 8192);
  buffer_init(&p.sent, 8 * LIMIT_EVENT_BYTES);
  arena_init(&p.arena, 64 * 1024 * 1024);
  do {
    code = search_page(&p, q, &cursor, err);
  } while (code == 0 && cursor.len && p.left);
  *more_out = cursor.len > 0;
  arena_free(&p.arena);
  buffer_free(&p.sent);
  buffer_free(&cursor);
  return code;
}

static int remote_stats(struct backend *b, const struct backend_query *q, struct read_stats *out, struct error *err) {
  struct call c;
  const struct document *d = NULL;
  call_init(&c, "GET", "/v1/stats");
  append_query(&c.path, q);
  c.x.path = call_path(&c);
  int code = exchange_document(remote_of(b), &c.x, true, &c.arena, &d, err);
  if (code == 0) {
    *out = (struct read_stats){number_member(d, "events"), number_member(d, "actors"), number_member(d, "domains")};
    code = check_damages(d, err);
  }
  call_free(&c);
  return code;
}

static int remote_top(struct backend *b, const struct backend_query *q, const char *field, uint32_t limit,
                      int (*each)(void *arg, struct slice value, uint64_t count), void *arg, struct error *err) {
  struct call c;
  const struct document *d = NULL;
  char digits[16];
  snprintf(digits, sizeof digits, "%u", limit);
  call_init(&c, "GET", "/v1/top");
  append_query(&c.path, q);
  append_param(&c.path, "field", slice_from(field));
  append_param(&c.path, "limit", slice_from(digits));
  c.x.path = call_path(&c);
  int code = exchange_document(remote_of(b), &c.x, true, &c.arena, &d, err);
  const struct document *list = document_member(d, "values");
  for (const struct document *v = list ? list->first : NULL; code == 0 && v; v = v->next) {
    code = each(arg, document_text(v, "value"), number_member(v, "count"));
  }
  if (code == 0) code = check_damages(d, err);
  call_free(&c);
  return code;
}

static int remote_export(struct backend *b, const struct backend_query *q, const char *format,
                         int (*write)(void *arg, struct slice piece), void *arg, struct error *err) {
  struct call c;
  call_init(&c, "GET", "/v1/export");
  append_query(&c.path, q);
  append_param(&c.path, "format", slice_from(format));
  append_param(&c.path, "order", slice_from(order_name(q)));
  c.x.path = call_path(&c);
  c.x.write = write;
  c.x.arg = arg;
  int code = exchange_run(remote_of(b), &c.x, false, err);
  call_free(&c);
  return code;
}

static void read_retention(const struct document *d, struct retention_row *out) {
  out->days = (int32_t)(number_member(d, "days") & INT32_MAX);
  out->own = text_equal(document_text(d, "own"), "true");
}

static int remote_list_retention(struct backend *b, struct slice tenant,
                                 int (*each)(void *arg, const struct retention_row *row), void *arg,
                                 struct error *err) {
  struct buffer after;
  int code = 0;
  buffer_init(&after, 4096);
  do {
    struct call c;
    const struct document *d = NULL;
    call_init(&c, "GET", "/v1/tenants");
    append_param(&c.path, "prefix", tenant);
    append_param(&c.path, "after", buffer_slice(&after));
    c.x.path = call_path(&c);
    code = exchange_document(remote_of(b), &c.x, true, &c.arena, &d, err);
    const struct document *list = document_member(d, "tenants");
    for (const struct document *t = list ? list->first : NULL; code == 0 && t; t = t->next) {
      struct retention_row row = {.tenant = document_text(t, "tenant")};
      read_retention(document_member(t, "retention"), &row);
      if (event_tenant_within(row.tenant, tenant)) code = each(arg, &row);
    }
    buffer_clear(&after);
    if (code == 0) buffer_append_slice(&after, document_text(d, "next"));
    call_free(&c);
  } while (code == 0 && after.len);
  buffer_free(&after);
  return code;
}

static int remote_get_retention(struct backend *b, struct slice tenant, struct retention_row *out, struct error *err) {
  struct call c;
  const struct document *d = NULL;
  call_init(&c, "GET", "/v1/tenants/");
  backend_append_encoded(&c.path, tenant);
  buffer_append_text(&c.path, "/retention");
  c.x.path = call_path(&c);
  int code = exchange_document(remote_of(b), &c.x, true, &c.arena, &d, err);
  out->tenant = tenant;
  if (code == 0) read_retention(d, out);
  call_free(&c);
  return code;
}

static int remote_set_retention(struct backend *b, struct slice tenant, int32_t days, struct error *err) {
  struct remote *r = remote_of(b);
  struct call c;
  char body[32];
  snprintf(body, sizeof body, days < 0 ? "{\"days\":null}" : "{\"days\":%d}", days);
  call_init(&c, "PUT", "/v1/tenants/");
  backend_append_encoded(&c.path, tenant);
  buffer_append_text(&c.path, "/retention");
  c.x.path = call_path(&c);
  c.x.headers = r->headers_json;
  c.x.body = slice_from(body);
  int code = exchange_run(r, &c.x, true, err);
  call_free(&c);
  return code;
}

static int remote_backup(struct backend *b, const char *to_dir, struct error *err) {
  struct remote *r = remote_of(b);
  struct call c;
  struct buffer body;
  buffer_init(&body, 64 * 1024);
  buffer_append_text(&body, "{\"dir\":");
  json_append_string(&body, slice_from(to_dir));
  buffer_append_char(&body, '}');
  call_init(&c, "POST", "/v1/admin/backup");
  c.x.path = call_path(&c);
  c.x.headers = r->headers_json;
  c.x.body = buffer_slice(&body);
  c.x.may_be_silent = true;
  int code = exchange_run(r, &c.x, false, err);
  call_free(&c);
  buffer_free(&body);
  return code;
}

static void remote_close(struct backend *b) {
  struct remote *r = remote_of(b);
  curl_easy_cleanup(r->curl);
  curl_slist_free_all(r->headers);
  curl_slist_free_all(r->headers_ndjson);
  curl_slist_free_all(r->headers_json);
  event_parser_free(r->parser);
  free(r->url);
  free(r);
}

static const struct backend_ops remote_ops = {
    .append = remote_append,
    .search = remote_search,
    .stats = remote_stats,
    .top = remote_top,
    .export_all = remote_export,
    .list_retention = remote_list_retention,
    .get_retention = remote_get_retention,
    .set_retention = remote_set_retention,
    .backup = remote_backup,
    .close = remote_close,
};

/* A key goes into a header: printable ASCII and nothing else. */
static bool key_is_sendable(const char *key) {
  size_t len = strlen(key);
  for (size_t i = 0; i < len; i++) {
    if (key[i] <= ' ' || key[i] > '~') return false;
  }
  return len > 0 && len <= 1024;
}

static struct curl_slist *make_headers(const char *key, const char *media) {
  char line[1200];
  struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no round trip before a small body */
  snprintf(line, sizeof line, "Authorization: Bearer %s", key ? key : "");
  if (key) list = curl_slist_append(list, line);
  snprintf(line, sizeof line, "Content-Type: %s", media ? media : "");
  if (media) list = curl_slist_append(list, line);
  if (!list) abort();
  return list;
}

int backend_open_remote(const char *url, const char *key, struct backend **out, struct error *err) {
  bool http = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
  if (!http || strlen(url) > 2048) {
    return error_set(err, ERR_INVALID, "--url: \"%.200s\" is not an address such as " CLI_DEFAULT_URL, url);
  }
  if (key && !*key) key = NULL;
  if (key && !key_is_sendable(key)) {
    return error_set(err, ERR_INVALID, "DAYBOOK_KEY holds something that is no key (blanks or control characters)");
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  struct remote *r = calloc(1, sizeof *r);
  if (!r || !(r->url = strdup(url)) || !(r->curl = curl_easy_init())) abort();
  for (size_t len = strlen(r->url); len && r->url[len - 1] == '/'; len--) r->url[len - 1] = 0;
  r->base.ops = &remote_ops;
  r->has_key = key != NULL;
  r->headers = make_headers(key, NULL);
  r->headers_ndjson = make_headers(key, "application/x-ndjson");
  r->headers_json = make_headers(key, "application/json");
  r->parser = event_parser_new();
  *out = &r->base;
  return 0;
}
