/* Answers that are fed from outside: a bounded pipe without a thread of its own. Where it is empty the connection is
 * suspended, and the next write resumes it. */
#include <stdlib.h>

#include "http/internal.h"

enum {
  FEED_KEPT_BYTES = 16 * 1024, /* of an empty pipe; what a burst took is given back */
  FEED_LAST_BYTES = 1024,      /* room for last words where the pipe is full */
};

struct http_feed {
  struct http_request *request;
  pthread_mutex_t lock;
  struct buffer pipe; /* bytes [sent, len) wait */
  size_t sent, max_bytes;
  bool suspended; /* the network side waits for bytes */
  bool gone;      /* the network side ended */
  bool done;      /* http_feed_end was called */
};

int http_answer_feed(struct http_request *r, size_t max_bytes, struct http_feed **out, struct error *err) {
  struct http_server *server = r->server;
  if (atomic_load(&server->stopping)) {
    counters_refuse(server, REFUSED_STOPPING);
    return error_set(err, ERR_BUSY, "the server is stopping");
  }
  struct http_feed *f = calloc(1, sizeof *f);
  if (!f) abort();
  pthread_mutex_lock(&server->lock);
  server->feeds++;
  pthread_mutex_unlock(&server->lock);
  f->request = r;
  pthread_mutex_init(&f->lock, NULL);
  f->max_bytes = max_bytes;
  buffer_init(&f->pipe, max_bytes + FEED_LAST_BYTES);
  request_retain(r);
  r->streams = true;
  r->feed = f;
  *out = f;
  return 0;
}

/* The last chance of a client is the watcher's: it gets no deadline while there is nothing to read. */
ssize_t feed_read(struct http_feed *f, char *to, size_t max) {
  struct http_request *r = f->request;
  ssize_t result = 0;
  pthread_mutex_lock(&f->lock);
  size_t left = f->pipe.len - f->sent;
  if (left > 0) {
    size_t n = left < max ? left : max;
    memcpy(to, f->pipe.data + f->sent, n);
    f->sent += n;
    result = (ssize_t)n;
    watch_deadline(r, server_now_us(r->server) + r->server->transfer_us);
  } else if (f->done) {
    watch_deadline(r, server_now_us(r->server) + r->server->transfer_us);
    result = MHD_CONTENT_READER_END_OF_STREAM;
  } else {
    watch_deadline(r, 0);
    f->suspended = server_suspend(r->server, r->handle);
    if (!f->suspended) result = MHD_CONTENT_READER_END_WITH_ERROR;
  }
  pthread_mutex_unlock(&f->lock);
  return result;
}

static void resume(struct http_feed *f) {
  if (!f->suspended) return;
  f->suspended = false;
  server_resume(f->request->server, f->request->handle);
}

static void drop_sent(struct http_feed *f) {
  size_t left = f->pipe.len - f->sent;
  if (left == 0 && f->pipe.capacity > FEED_KEPT_BYTES) {
    size_t most = f->pipe.max_bytes;
    buffer_free(&f->pipe);
    buffer_init(&f->pipe, most);
  } else if (left > 0) {
    memmove(f->pipe.data, f->pipe.data + f->sent, left);
  }
  f->pipe.len = left;
  f->sent = 0;
}

int http_feed_write(struct http_feed *f, struct slice bytes) {
  pthread_mutex_lock(&f->lock);
  bool gone = f->gone || atomic_load(&f->request->cancelled);
  int code = gone ? ERR_CANCELLED : 0;
  if (f->sent == f->pipe.len || f->sent > f->max_bytes / 4) drop_sent(f);
  if (!code && f->pipe.len + bytes.len > f->max_bytes && f->sent > 0) drop_sent(f);
  if (!code && f->pipe.len + bytes.len > f->max_bytes) code = ERR_BUSY;
  if (!code) {
    buffer_append_slice(&f->pipe, bytes);
    resume(f);
  }
  pthread_mutex_unlock(&f->lock);
  return code;
}

size_t http_feed_waiting(struct http_feed *f) {
  pthread_mutex_lock(&f->lock);
  size_t left = f->pipe.len - f->sent;
  pthread_mutex_unlock(&f->lock);
  return left;
}

bool http_feed_gone(struct http_feed *f) {
  pthread_mutex_lock(&f->lock);
  bool gone = f->gone || atomic_load(&f->request->cancelled);
  pthread_mutex_unlock(&f->lock);
  return gone;
}

void http_feed_end(struct http_feed *f, struct slice last) {
  struct http_request *r = f->request;
  struct http_server *server = r->server;
  pthread_mutex_lock(&f->lock);
  drop_sent(f);
  if (!f->gone) buffer_append_slice(&f->pipe, last);
  f->done = true;
  if (!f->gone) watch_client(r, false);
  resume(f);
  pthread_mutex_unlock(&f->lock);
  pthread_mutex_lock(&server->lock);
  server->feeds--;
  pthread_mutex_unlock(&server->lock);
  request_release(r);
}

void feed_gone(struct http_request *r) {
  struct http_feed *f = r->feed;
  if (!f) return;
  pthread_mutex_lock(&f->lock);
  watch_client(r, false);
  f->gone = true;
  f->suspended = false;
  pthread_mutex_unlock(&f->lock);
}

void feed_free(struct http_feed *f) {
  if (!f) return;
  buffer_free(&f->pipe);
  pthread_mutex_destroy(&f->lock);
  free(f);
}
