/* The HTTP server: libmicrohttpd behind routes, requests and answers that know nothing of it.
 *
 * Threads: a few network threads (epoll) parse requests and feed bodies; a small pool of workers runs the
 * handlers that may take long, while their connection is suspended; each streaming answer has a thread that
 * produces it. A request belongs to one thread at a time and lives until its answer was sent. */
#ifndef DAYBOOK_HTTP_HTTP_H
#define DAYBOOK_HTTP_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"
#include "os/os.h"

struct http_server;
struct http_request;
struct http_stream;
struct http_feed;

/* ---- Routes ---- */

struct http_param { /* of the query string; also documented in OpenAPI */
  const char *name;
  const char *schema; /* OpenAPI schema as JSON, such as {"type":"string"} */
  const char *description;
  bool required;
};

enum http_mode {
  HTTP_INLINE, /* handled on the network thread: microseconds only */
  HTTP_WORKER, /* handled by the worker pool */
  HTTP_UPLOAD, /* the body is streamed to feed(), then finish() */
};

struct http_route {
  const char *method;  /* GET (answers HEAD too), POST, PUT, DELETE */
  const char *pattern; /* "/v1/events/{id}": a {name} stands for one segment, percent-decoded */
  const char *right;   /* "read", "write", "admin": what authorize() checks; NULL where open */
  const struct http_param *params;
  uint32_t param_count;
  uint32_t body_bytes; /* INLINE, WORKER: most bytes of a body, 0: none is allowed */
  enum http_mode mode;
  bool is_open;   /* answered without credentials */
  bool is_secret; /* body and answer hold secrets: their memory is overwritten after use (INLINE, WORKER) */

  /* INLINE, WORKER: makes the answer; a code other than 0 becomes a problem (RFC 9457) made of err. */
  int (*handle)(struct http_request *r, void *context, struct error *err);
  /* UPLOAD: with the head, before any of the body: refuses by type and length, sets http_set_state. */
  int (*open)(struct http_request *r, void *context, struct error *err);
  /* UPLOAD: takes decoded bytes by moving *bytes on. May call http_wait and return with bytes left; it is called
   * again with the rest after http_wake. A code other than 0 ends the upload with a problem. */
  int (*feed)(struct http_request *r, void *context, struct slice *bytes, struct error *err);
  /* UPLOAD: after the last byte; called again after every http_wait, until it returns without having waited. */
  int (*finish)(struct http_request *r, void *context, struct error *err);

  /* For the OpenAPI document. */
  const char *summary;
  const char *description;
  const char *request_schema; /* name in components/schemas, or NULL */
  unsigned status;            /* of success */
  const char *media;          /* content type of success */
  const char *answer_schema;  /* name in components/schemas, or NULL */
};

/* ---- Static files ---- */

enum http_asset_kind {
  HTTP_ASSET_PAGE,    /* HTML; in no frame */
  HTTP_ASSET_EMBED,   /* HTML; in frames of the origins that embed_origins names */
  HTTP_ASSET_SHARED,  /* other sites may load it */
  HTTP_ASSET_FOREVER, /* its name changes with its content */
  HTTP_ASSET_FILE,
};
struct http_asset_form {
  const char *data; /* NULL: there is no such form */
  size_t bytes;
  const char *etag; /* with its quotes; every form has its own */
};
struct http_asset {
  const char *path; /* "/assets/app-5Z3K.js"; one that ends in "/" and a star stands for all below it */
  const char *media;
  enum http_asset_kind kind;
  struct http_asset_form forms[3]; /* identity, br, gzip */
};

/* ---- The server ---- */

enum http_level { HTTP_LOG_ERROR, HTTP_LOG_INFO };

struct http_config {
  const struct os *os;
  const char *listen; /* "127.0.0.1:8642", "[::1]:0" */
  const struct http_route *routes;
  uint32_t route_count;
  void *context;                   /* handed to the handlers */
  const struct http_asset *assets; /* answered where no route is, without credentials */
  uint32_t asset_count;
  /* Appends the origins whose pages may frame HTTP_ASSET_EMBED, each after a blank; NULL: none may. `origin`: what the
   * parameter of this name says; empty: none. Any thread. */
  void (*embed_origins)(void *context, struct slice origin, struct buffer *out);
  void (*stopping)(void *context); /* the server begins to stop: end every feed soon; may be NULL */
  /* Called once the head of a request to a route that is not open was read; sets http_set_user. */
  int (*authorize)(struct http_request *r, const struct http_route *route, void *context, struct error *err);
  void (*log)(void *log_context, enum http_level level, const char *text);
  void *log_context;
  unsigned network_threads, workers;  /* 0: chosen by the number of processors */
  uint32_t max_connections;           /* 0: 16,384; less where the process may not open so many files */
  const char *tls_cert, *tls_key;     /* PEM files; NULL: plain HTTP. One server with TLS in a process */
  const char *const *trusted_proxies; /* networks whose X-Forwarded-For and X-Forwarded-Proto are believed */
  uint32_t trusted_proxy_count;
  uint32_t client_timeout_s; /* 0: 60; how long a client may take for a head, and for a body or an answer beyond
                                what its size explains; see http/internal.h */
};

/* ERR_CONFLICT where the address is taken, ERR_INVALID where it is none. */
int http_server_start(const struct http_config *config, struct http_server **out, struct error *err);
/* "127.0.0.1:8642" with the real port. */
const char *http_server_address(const struct http_server *s);
/* Reads certificate and key anew; where they are bad the old ones stay. Nothing to do without TLS. */
int http_server_reload(struct http_server *s, struct error *err);
uint32_t http_server_route_count(const struct http_server *s);
/* Accepts nothing new, lets running requests end (grace_ms, then they are cancelled), stops every thread. */
void http_server_stop(struct http_server *s, unsigned grace_ms);

struct http_gauges {
  uint64_t connections, max_connections, active_requests, streams, feeds, queued_jobs, busy_workers, upload_bytes,
      answer_bytes;
  uint64_t cancelled, slow_closed, deadlines; /* since the start */
  uint64_t tls_expires_s;                     /* since 1970; 0: no TLS */
};
void http_server_gauges(struct http_server *s, struct http_gauges *out);
/* Appends request counters and durations in Prometheus text. */
void http_server_append_metrics(struct http_server *s, struct buffer *out);

/* ---- A request ---- */

struct arena *http_arena(struct http_request *r); /* freed with the request */
const struct http_route *http_request_route(const struct http_request *r);
struct http_server *http_request_server(const struct http_request *r);
bool http_is_head(const struct http_request *r);
bool http_param(const struct http_request *r, const char *name, struct slice *value_out); /* decoded; false: absent */
struct slice http_path_param(const struct http_request *r, unsigned index);               /* decoded */
struct slice http_header(const struct http_request *r, const char *name);                 /* empty where absent */
/* Of the Cookie header; empty where absent, and where the name stands there twice: one of them is somebody else's. */
struct slice http_cookie(const struct http_request *r, const char *name);
struct slice http_media_type(const struct http_request *r); /* as sent, without its parameters */
struct slice http_peer(const struct http_request *r);       /* canonical address of the connection's other end */
struct slice http_address(const struct http_request *r);    /* the client's, as trusted proxies tell; else the peer's */
bool http_is_secure(const struct http_request *r);          /* over TLS, to us or to a trusted proxy */
struct slice http_body(const struct http_request *r);       /* INLINE, WORKER */
uint64_t http_content_length(const struct http_request *r); /* encoded; UINT64_MAX where it is not known */
const atomic_bool *http_cancelled(const struct http_request *r); /* the client is gone */
void http_set_user(struct http_request *r, void *user);          /* by authorize, in the arena */
void *http_user(const struct http_request *r);
/* The handler's own state; `destroy` (may be NULL) is called with it at the end of the request. */
void http_set_state(struct http_request *r, void *state, void (*destroy)(void *state));
void *http_state(const struct http_request *r);
/* Accounts for memory that grows with an upload; ERR_BUSY where the server holds too much already. Given back at the
 * end of the request. */
int http_take_memory(struct http_request *r, size_t bytes, struct error *err);

/* UPLOAD: suspends the connection before asynchronous work begins; ERR_BUSY while the server stops. Exactly one
 * http_wake must follow, from any thread; afterwards the waker must not touch the request. */
int http_wait(struct http_request *r);
void http_wake(struct http_request *r);
/* UPLOAD, from finish: runs `work` on the worker pool, the connection waiting; then finish is called again, or the
 * upload ends with the problem that work returned. ERR_BUSY where too many wait. */
int http_work(struct http_request *r, int (*work)(struct http_request *r, void *context, struct error *err),
              struct error *err);

/* ---- Its answer ---- */

struct buffer *http_answer(struct http_request *r); /* the body; bounded by LIMIT_ANSWER_BYTES */
void http_answer_as(struct http_request *r, unsigned status, const char *media);      /* default 200 application/json */
void http_answer_header(struct http_request *r, const char *name, const char *value); /* copied; no CR, LF */
/* Set-Cookie: HttpOnly, SameSite=Lax, Path=/, and Secure where secure; max_age_s 0 removes it. Also kept by a problem.
 */
void http_answer_cookie(struct http_request *r, const char *name, const char *value, uint32_t max_age_s, bool secure);
/* Retry-After of the problem that the handler is about to cause. */
void http_retry_after(struct http_request *r, uint32_t seconds);
/* One line in the server's log, with the request's number. */
void http_log(const struct http_request *r, const char *text);
/* A further member of the problem that the handler is about to cause by its code: position, accepted, line. */
void http_problem_add(struct http_request *r, const char *name, uint64_t value);
/* Streams the body: produce() runs on a thread of its own, returns 0 for a complete stream; anything else breaks the
 * connection so that the client sees it. The request lives until produce has returned. share: a number of the
 * account that asks, which gets half of the places at most; 0: no such bound. ERR_BUSY past the limits. */
int http_answer_stream(struct http_request *r, uint64_t share, int (*produce)(struct http_stream *s, void *arg),
                       void *arg, struct error *err);
/* Blocks while the client is slow; ERR_CANCELLED when it is gone. */
int http_stream_write(struct http_stream *s, struct slice bytes);

/* The body comes from read(), which gives exactly `len` bytes at `position` or an error code, on a network thread: from
 * a file, say. The length is told, so that a client sees where it breaks off. */
void http_answer_sized(struct http_request *r, uint64_t bytes,
                       int (*read)(void *arg, uint64_t position, char *to, size_t len), void *arg);

/* WORKER: an answer without an end of its own that takes no thread. It is not compressed. At most max_bytes wait to be
 * sent. The request lives until http_feed_end, which must follow; http_config.stopping says when at the latest. */
int http_answer_feed(struct http_request *r, size_t max_bytes, struct http_feed **out, struct error *err);
/* Any thread, one at a time; never blocks. All or nothing: ERR_BUSY where too much waits, ERR_CANCELLED when the client
 * is gone. */
int http_feed_write(struct http_feed *f, struct slice bytes);
size_t http_feed_waiting(struct http_feed *f); /* bytes */
bool http_feed_gone(struct http_feed *f);
/* Ends the answer once what waits was sent, and `last` (1 KiB at most) behind it; f is not to be used again. */
void http_feed_end(struct http_feed *f, struct slice last);

#endif
