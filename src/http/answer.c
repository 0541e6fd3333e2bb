/* Answers: headers every answer carries, problems (RFC 9457), compression. */
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/event.h"
#include "http/internal.h"

const char *status_phrase(unsigned status) {
  const char *phrase = MHD_get_reason_phrase_for(status);
  return phrase ? phrase : "Unknown";
}

struct buffer *http_answer(struct http_request *r) {
  return &r->answer;
}

void http_answer_as(struct http_request *r, unsigned status, const char *media) {
  r->status = status;
  if (media) r->media = media;
}

void http_answer_header(struct http_request *r, const char *name, const char *value) {
  if (r->header_count == LIMIT_HEADERS || strpbrk(value, "\r\n")) return;
  char *copy = arena_string(&r->arena, slice_from(value));
  if (copy) r->headers[r->header_count++] = (struct header){name, copy};
}

void http_log(const struct http_request *r, const char *text) {
  const struct http_config *c = &r->server->config;
  char line[ERROR_MESSAGE_BYTES + 128];
  if (!c->log) return;
  snprintf(line, sizeof line, "request %s to %s: %s", r->id, r->route ? r->route->pattern : "-", text);
  c->log(c->log_context, HTTP_LOG_ERROR, line);
}

void http_retry_after(struct http_request *r, uint32_t seconds) { r->retry_after_s = seconds; }

void http_answer_cookie(struct http_request *r, const char *name, const char *value, uint32_t max_age_s, bool secure) {
  struct buffer line;
  assert(r->cookie_count < LIMIT_COOKIES && !strpbrk(value, "\r\n; ,\"\\"));
  buffer_init(&line, 8192);
  buffer_printf(&line, "%s=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%u%s", name, value, max_age_s,
                secure ? "; Secure" : "");
  char *copy = line.overflowed ? NULL : arena_string(&r->arena, buffer_slice(&line));
  if (copy) r->cookies[r->cookie_count++] = (struct header){"Set-Cookie", copy};
  buffer_wipe(&line);
}

void http_problem_add(struct http_request *r, const char *name, uint64_t value) {
  if (r->member_count < sizeof r->members / sizeof *r->members)
    r->members[r->member_count++] = (struct problem_member){name, value};
}

/* What a client may be told of a failure: of the server's inner workings no more than the kind. */
static const char *public_detail(const struct http_request *r) {
  switch (r->code) {
    case ERR_DISK_FULL: return "the disk is full; reading goes on";
    case ERR_READ_ONLY: return "the store is read-only after a disk error; reading goes on";
    case ERR_CORRUPT: return "stored data that this answer needs is damaged; the server's log names it";
    case ERR_IO:
    case ERR_END:
    case ERR_INTERNAL: return "internal error; the server's log has it under this request_id";
    default: return r->error.message;
  }
}

static void log_failure(const struct http_request *r) {
  const struct http_config *c = &r->server->config;
  if (!c->log || error_http_status(r->code) < 500 || r->code == ERR_BUSY) return;
  char line[ERROR_MESSAGE_BYTES + 128];
  snprintf(line, sizeof line, "request %s to %s: %s", r->id, r->route ? r->route->pattern : "-", r->error.message);
  c->log(c->log_context, HTTP_LOG_ERROR, line);
}

static void append_type(struct buffer *out, int code) {
  buffer_append_text(out, "\"urn:daybook:problem:");
  const char *name = error_name(code);
  if (strncmp(name, "ERR_", 4) == 0) name += 4;
  for (; *name; name++) buffer_append_char(out, *name == '_' ? '-' : (char)tolower((unsigned char)*name));
  buffer_append_char(out, '"');
}

void answer_write_problem(struct http_request *r) {
  struct buffer *out = &r->answer;
  const char *detail = public_detail(r);
  if (assets_wants_page(r)) {
    assets_write_not_found(r);
    return;
  }
  log_failure(r);
  buffer_clear(out);
  r->status = (unsigned)error_http_status(r->code);
  r->media = "application/problem+json";
  r->coding = CODING_IDENTITY;
  r->header_count = 0;
  buffer_append_text(out, "{\"type\":");
  append_type(out, r->code);
  buffer_append_text(out, ",\"title\":");
  json_append_string(out, slice_from(status_phrase(r->status)));
  buffer_printf(out, ",\"status\":%u,\"detail\":", r->status);
  json_append_string(out, slice_from(detail));
  if (r->status < 500 && (r->error.pointer[0] || r->received_bytes > 0)) {
    buffer_append_text(out, ",\"errors\":[{\"pointer\":");
    json_append_string(out, slice_from(r->error.pointer));
    buffer_append_text(out, ",\"detail\":");
    json_append_string(out, slice_from(detail));
    buffer_append_text(out, "}]");
  }
  for (uint32_t i = 0; i < r->member_count; i++)
    buffer_printf(out, ",\"%s\":%llu", r->members[i].name, (unsigned long long)r->members[i].value);
  buffer_printf(out, ",\"request_id\":\"%s\"}", r->id);
}

void answer_compress(struct http_request *r) {
  if (r->stream || r->route->is_secret || r->answer.len < COMPRESS_FROM_BYTES || r->answer.overflowed) return;
  enum http_coding coding = coding_choose(http_header(r, "Accept-Encoding"));
  if (coding == CODING_IDENTITY) return;
  struct buffer encoded;
  buffer_init(&encoded, LIMIT_ANSWER_BYTES);
  struct encoder *e = encoder_new(coding);
  if (encoder_write(e, buffer_slice(&r->answer), true, &encoded) == 0) {
    struct buffer plain = r->answer;
    r->answer = encoded;
    encoded = plain;
    r->coding = coding;
  }
  encoder_free(e);
  buffer_free(&encoded);
}

static void add_problem_headers(const struct http_request *r, struct MHD_Response *response) {
  if (r->code == ERR_METHOD) MHD_add_response_header(response, "Allow", r->match.allow);
  if (r->code == ERR_UNAUTHORIZED) MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"daybook\"");
  uint32_t after_s = r->retry_after_s;
  if (!after_s && (r->code == ERR_BUSY || r->code == ERR_LOCKED || r->code == ERR_THROTTLED)) after_s = 1;
  if (!after_s && (r->code == ERR_DISK_FULL || r->code == ERR_READ_ONLY)) after_s = 30;
  char seconds[16];
  snprintf(seconds, sizeof seconds, "%u", after_s);
  if (after_s) MHD_add_response_header(response, "Retry-After", seconds);
}

static void add_api_headers(const struct http_request *r, struct MHD_Response *response) {
  MHD_add_response_header(response, "Cache-Control", "no-store");
  MHD_add_response_header(response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
  if (r->coding != CODING_IDENTITY) MHD_add_response_header(response, "Content-Encoding", coding_name(r->coding));
  for (uint32_t i = 0; i < r->header_count; i++)
    MHD_add_response_header(response, r->headers[i].name, r->headers[i].value);
  for (uint32_t i = 0; i < r->cookie_count; i++)
    MHD_add_response_header(response, r->cookies[i].name, r->cookies[i].value);
  if (r->code) add_problem_headers(r, response);
}

static void add_headers(struct http_request *r, struct MHD_Response *response) {
  MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
  MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
  MHD_add_response_header(response, "Vary", "Accept-Encoding");
  if (r->server->tls) MHD_add_response_header(response, "Strict-Transport-Security", "max-age=31536000");
  MHD_add_response_header(response, "X-Request-Id", r->id);
  if (r->status != MHD_HTTP_NOT_MODIFIED && r->status != MHD_HTTP_NO_CONTENT)
    MHD_add_response_header(response, "Content-Type", r->media);
  if (r->answers_page || (r->asset && !r->code))
    assets_add_headers(r, response);
  else
    add_api_headers(r, response);
  if (r->misframed || !watch_keep(r)) MHD_add_response_header(response, "Connection", "close");
}

static ssize_t read_stream(void *cls, uint64_t position, char *to, size_t max) {
  (void)position;
  struct http_request *r = cls;
  if (r->feed) return feed_read(r->feed, to, max);
  return r->stream ? stream_read(r->stream, to, max) : MHD_CONTENT_READER_END_OF_STREAM;
}

void http_answer_sized(struct http_request *r, uint64_t bytes,
                       int (*read)(void *arg, uint64_t position, char *to, size_t len), void *arg) {
  r->read_sized = read;
  r->read_arg = arg;
  r->sized_bytes = bytes;
}

static ssize_t read_sized(void *cls, uint64_t position, char *to, size_t max) {
  struct http_request *r = cls;
  uint64_t left = r->sized_bytes - position;
  size_t n = left < max ? (size_t)left : max;
  watch_deadline(r, server_now_us(r->server) + r->server->transfer_us);
  return n == 0 || r->read_sized(r->read_arg, position, to, n) ? MHD_CONTENT_READER_END_WITH_ERROR : (ssize_t)n;
}

/* libmicrohttpd 0.9.75 ends a chunked answer to HEAD with the last chunk, bytes that belong to nothing: the head of a
 * stream goes out without a transfer coding, and the connection ends behind it. */
static struct MHD_Response *stream_response(struct http_request *r) {
  struct MHD_Response *response =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_PIECE_BYTES, read_stream, r, NULL);
  if (response && r->head) MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
  return response;
}

static struct MHD_Response *make_response(struct http_request *r) {
  if (r->asset && !r->code) return assets_response(r);
  if (r->read_sized && !r->code)
    return MHD_create_response_from_callback(r->sized_bytes, STREAM_PIECE_BYTES, read_sized, r, NULL);
  if (r->streams && !r->code) return stream_response(r);
  /* The request outlives the response's use of its bytes: it is released when libmicrohttpd has completed it. */
  return MHD_create_response_from_buffer(r->answer.len, r->answer.data, MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result answer_queue(struct http_request *r) {
  struct http_server *s = r->server;
  if (!r->code && r->answer.overflowed) {
    error_clear(&r->error);
    request_fail(r, error_set(&r->error, ERR_TOO_LARGE, "the answer would be too large; ask for less at once"));
  }
  if (r->code) answer_write_problem(r);
  struct MHD_Response *response = make_response(r);
  if (!response) return MHD_NO;
  add_headers(r, response);
  r->answer_counted = r->answer.capacity;
  atomic_fetch_add(&s->answer_bytes, r->answer_counted);
  watch_deadline(r, server_now_us(s) + s->transfer_us + (int64_t)r->answer.len * 1000000 / LIMIT_TRANSFER_RATE);
  enum MHD_Result result = MHD_queue_response(r->handle, r->status, response);
  MHD_destroy_response(response);
  return result;
}
