/* From libmicrohttpd's calls to handlers: head, then body, then work, then the answer.
 *
 * libmicrohttpd calls dispatch() once with the head, then with pieces of the body, then with an empty piece until an
 * answer was queued. An answer to the head alone closes the connection, so it is given only where a body would come
 * that the client is better spared (Expect: 100-continue, or too long to read and drop), or whose end is unclear. */
#include <stdlib.h>

#include "base/limits.h"
#include "http/internal.h"

void server_leave(struct http_server *s, atomic_uint *count) {
  unsigned n = atomic_load(count);
  while (n > 1)
    if (atomic_compare_exchange_weak(count, &n, n - 1)) return;
  pthread_mutex_lock(&s->lock); /* the last one: http_server_stop may be waiting, and frees the server */
  atomic_fetch_sub(count, 1);
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

/* First counted, then asked: http_server_stop closes first and then reads the count. */
bool server_suspend(struct http_server *s, struct MHD_Connection *handle) {
  atomic_fetch_add(&s->suspended, 1);
  bool open = !atomic_load(&s->closed);
  if (open)
    MHD_suspend_connection(handle);
  else
    server_leave(s, &s->suspended);
  return open;
}

void server_resume(struct http_server *s, struct MHD_Connection *handle) {
  MHD_resume_connection(handle);
  server_leave(s, &s->suspended);
}

int http_wait(struct http_request *r) {
  if (!server_suspend(r->server, r->handle)) return ERR_BUSY;
  r->parked = true;
  return 0;
}

void http_wake(struct http_request *r) { server_resume(r->server, r->handle); }

/* Most bytes of a refused body that are read and dropped. Only who may write gets the patience a long stream needs to
 * learn how far it came. */
static uint64_t discard_limit(const struct http_request *r) {
  bool trusted = r->route && r->route->mode == HTTP_UPLOAD && r->user;
  return trusted ? UINT64_C(1) << 40 : LIMIT_DISCARD_BYTES;
}

static bool answers_head_at_once(const struct http_request *r) {
  if (r->misframed) return true;
  if (!r->code || !r->has_body) return false;
  if (r->expects_continue) return true;
  return !r->chunked && http_content_length(r) > discard_limit(r);
}

/* Feeds decoded bytes to the handler until the input is used up, the handler waits or fails. */
static int feed(struct http_request *r, struct slice *input) {
  /* Bytes that need no decoding stay in libmicrohttpd's buffer until they are taken: it moves under what is kept. */
  while (!r->decoder && input->len > 0) {
    int code = r->route->feed(r, r->server->config.context, input, &r->error);
    if (code || r->parked) return code;
  }
  while (r->decoder) {
    while (r->pending.len > 0) {
      int code = r->route->feed(r, r->server->config.context, &r->pending, &r->error);
      if (code || r->parked) return code;
    }
    int code = decoder_next(r->decoder, input, &r->pending, &r->error);
    if (code || r->pending.len == 0) return code;
  }
  return 0;
}

static int take_small_body(struct http_request *r, struct slice *input) {
  buffer_append_slice(&r->body, *input);
  /* libmicrohttpd reads on into the same memory; until then nobody looks at this piece again. */
  if (r->route->is_secret && input->len > 0) explicit_bzero((void *)(uintptr_t)input->data, input->len);
  *input = slice_skip(*input, input->len);
  if (!r->body.overflowed) return 0;
  return error_set(&r->error, ERR_TOO_LARGE, "the body is larger than %u bytes", r->route->body_bytes);
}

static enum MHD_Result on_upload(struct http_request *r, const char *upload, size_t *upload_size) {
  struct slice input = slice_of(upload, *upload_size);
  if (!r->code) {
    int code = r->route->mode == HTTP_UPLOAD ? feed(r, &input) : take_small_body(r, &input);
    if (code) request_fail(r, code);
  }
  if (r->code && !r->parked) {
    r->discarded_bytes += input.len;
    input.len = 0;
    if (r->discarded_bytes > discard_limit(r)) return MHD_NO;
  }
  r->received_bytes += *upload_size - input.len;
  *upload_size = input.len;
  watch_deadline(r, r->started_us + r->server->transfer_us +
                        (int64_t)(r->received_bytes + r->discarded_bytes) * 1000000 / LIMIT_TRANSFER_RATE);
  return MHD_YES;
}

static int finish_upload(struct http_request *r) {
  struct slice nothing = slice_of(NULL, 0);
  int code = feed(r, &nothing);
  if (code || r->parked) return code;
  if (!r->upload_done && r->decoder) code = decoder_finish(r->decoder, &r->error);
  r->upload_done = true;
  return code ? code : r->route->finish(r, r->server->config.context, &r->error);
}

static int run(struct http_request *r) {
  switch (r->route->mode) {
    case HTTP_UPLOAD: return finish_upload(r);
    case HTTP_INLINE: return r->route->handle(r, r->server->config.context, &r->error);
    case HTTP_WORKER: break;
  }
  if (r->answered) return 0; /* back from the worker */
  r->answered = true;
  return worker_submit(r, &r->error);
}

static enum MHD_Result on_complete(struct http_request *r) {
  watch_deadline(r, 0);
  watch_receiving(r, false);
  if (!r->code && !r->asset) {
    int code = run(r);
    if (code) request_fail(r, code);
  }
  if (r->parked) return MHD_YES;
  if (r->stream && !r->code && stream_start(r)) request_fail(r, ERR_BUSY);
  if (r->feed && !r->code) watch_client(r, true);
  return answer_queue(r);
}

enum MHD_Result dispatch(void *server, struct MHD_Connection *handle, const char *url, const char *method,
                         const char *version, const char *upload, size_t *upload_size, void **request) {
  (void)server, (void)handle, (void)url, (void)version;
  struct http_request *r = *request;
  if (!r) return MHD_NO;
  r->parked = false;
  if (!r->begun) {
    request_begin(r, method);
    watch_deadline(r, r->started_us + r->server->transfer_us);
    return answers_head_at_once(r) ? answer_queue(r) : MHD_YES;
  }
  return *upload_size > 0 ? on_upload(r, upload, upload_size) : on_complete(r);
}
