/* Streaming answers: a thread produces into a bounded pipe, the network thread sends from it.
 *
 * Where the pipe is empty the connection is suspended and the producer resumes it; where it is full the producer
 * waits. A connection that ends first marks the stream as gone, which is what the producer's next write returns. */
#include <stdlib.h>

#include "http/internal.h"

ssize_t stream_read(struct http_stream *s, char *to, size_t max) {
  struct http_request *r = s->request;
  ssize_t result = 0;
  pthread_mutex_lock(&s->lock);
  size_t left = s->pipe.len - s->sent;
  if (left > 0) {
    size_t n = left < max ? left : max;
    memcpy(to, s->pipe.data + s->sent, n);
    s->sent += n;
    pthread_cond_signal(&s->drained);
    result = (ssize_t)n;
    watch_deadline(r, server_now_us(r->server) + r->server->transfer_us);
  } else if (s->done) { /* what libmicrohttpd holds must still be read */
    watch_deadline(r, server_now_us(r->server) + r->server->transfer_us);
    result = s->code ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
  } else {
    watch_deadline(r, 0); /* the wait is ours, not the client's */
    s->suspended = server_suspend(r->server, r->handle);
    if (!s->suspended) result = MHD_CONTENT_READER_END_WITH_ERROR;
  }
  pthread_mutex_unlock(&s->lock);
  return result;
}

static void resume_reader(struct http_stream *s) {
  if (!s->suspended) return;
  s->suspended = false;
  server_resume(s->request->server, s->request->handle);
}

/* Now and then, so that a client that reads steadily but never catches up does not let the pipe grow. */
static void drop_sent(struct http_stream *s) {
  size_t left = s->pipe.len - s->sent;
  if (left > 0 && s->sent < LIMIT_STREAM_BYTES) return;
  if (left > 0) memmove(s->pipe.data, s->pipe.data + s->sent, left);
  s->pipe.len = left;
  s->sent = 0;
}

static int push(struct http_stream *s) {
  pthread_mutex_lock(&s->lock);
  while (s->pipe.len - s->sent >= LIMIT_STREAM_BYTES && !s->gone) pthread_cond_wait(&s->drained, &s->lock);
  int code = s->gone || atomic_load(&s->request->cancelled) ? ERR_CANCELLED : 0;
  if (!code && s->encoded.len > 0) {
    drop_sent(s);
    buffer_append_slice(&s->pipe, buffer_slice(&s->encoded));
    if (s->pipe.overflowed) code = ERR_INTERNAL;
    resume_reader(s);
  }
  pthread_mutex_unlock(&s->lock);
  buffer_clear(&s->encoded);
  return code;
}

static int encode_and_push(struct http_stream *s, struct slice bytes, bool end) {
  int code = encoder_write(s->encoder, bytes, end, &s->encoded);
  return code ? code : push(s);
}

int http_stream_write(struct http_stream *s, struct slice bytes) {
  while (bytes.len > 0) {
    size_t n = bytes.len < STREAM_PIECE_BYTES ? bytes.len : STREAM_PIECE_BYTES;
    int code = encode_and_push(s, slice_of(bytes.data, n), false);
    if (code) return code;
    bytes = slice_skip(bytes, n);
  }
  return 0;
}

static void give_place(struct http_server *server, uint64_t share) {
  pthread_mutex_lock(&server->lock);
  for (uint32_t i = 0; i < server->streams; i++) {
    if (server->stream_shares[i] != share) continue;
    server->stream_shares[i] = server->stream_shares[server->streams - 1];
    break;
  }
  server->streams--;
  pthread_mutex_unlock(&server->lock);
}

static void *run_stream(void *arg) {
  struct http_stream *s = arg;
  struct http_request *r = s->request;
  struct http_server *server = r->server;
  uint64_t share = s->share; /* s may be gone when its place is given */
  int code = s->produce(s, s->arg);
  if (code == 0) code = encode_and_push(s, slice_of(NULL, 0), true);
  pthread_mutex_lock(&s->lock);
  if (!s->gone) watch_client(r, false);
  s->done = true;
  s->code = code;
  resume_reader(s);
  pthread_mutex_unlock(&s->lock);
  give_place(server, share);
  request_release(r);
  return NULL;
}

static int start_thread(struct http_stream *s) {
  pthread_attr_t detached;
  pthread_t thread;
  if (pthread_attr_init(&detached)) return ERR_BUSY;
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  int failed = pthread_create(&thread, &detached, run_stream, s);
  pthread_attr_destroy(&detached);
  return failed ? ERR_BUSY : 0;
}

static bool take_place(struct http_server *server, uint64_t share) {
  uint32_t own = 0;
  pthread_mutex_lock(&server->lock);
  for (uint32_t i = 0; i < server->streams; i++) own += share != 0 && server->stream_shares[i] == share;
  bool free_place = server->streams < LIMIT_STREAMS && own < LIMIT_STREAMS_PER_SHARE && !server->stopping;
  if (free_place) server->stream_shares[server->streams++] = share;
  pthread_mutex_unlock(&server->lock);
  return free_place;
}

int http_answer_stream(struct http_request *r, uint64_t share, int (*produce)(struct http_stream *s, void *arg),
                       void *arg, struct error *err) {
  struct http_server *server = r->server;
  r->coding = coding_choose(http_header(r, "Accept-Encoding"));
  r->streams = true;
  if (r->head) return 0;
  if (!take_place(server, share)) {
    counters_refuse(server, REFUSED_EXPORTS);
    return error_set(err, ERR_BUSY, "too many exports are running");
  }
  struct http_stream *s = calloc(1, sizeof *s);
  if (!s) abort();
  s->request = r;
  s->share = share;
  s->produce = produce;
  s->arg = arg;
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->drained, NULL);
  buffer_init(&s->encoded, 4 * STREAM_PIECE_BYTES);
  buffer_init(&s->pipe, 2 * LIMIT_STREAM_BYTES + 8 * STREAM_PIECE_BYTES);
  s->encoder = encoder_new(r->coding);
  r->stream = s;
  return 0;
}

/* Once the worker has let go of the request: the producer then is its only user besides the network. */
int stream_start(struct http_request *r) {
  watch_client(r, true);
  request_retain(r);
  r->stream->started = true;
  if (start_thread(r->stream) == 0) return 0;
  r->stream->started = false;
  atomic_fetch_sub(&r->references, 1);
  watch_client(r, false);
  return error_set(&r->error, ERR_BUSY, "no thread for an export");
}

void stream_end(struct http_request *r) {
  struct http_stream *s = r->stream;
  if (!s) return;
  atomic_store(&r->cancelled, true);
  pthread_mutex_lock(&s->lock);
  watch_client(r, false); /* the connection may be gone before the producer is */
  s->gone = true;
  pthread_cond_signal(&s->drained);
  pthread_mutex_unlock(&s->lock);
}

void stream_free(struct http_stream *s) {
  if (!s) return;
  if (!s->started) give_place(s->request->server, s->share);
  encoder_free(s->encoder);
  buffer_free(&s->encoded);
  buffer_free(&s->pipe);
  pthread_cond_destroy(&s->drained);
  pthread_mutex_destroy(&s->lock);
  free(s);
}
