/* Private to http/: the structures its files share.
 *
 * Locks, taken in this order: stream->lock, server->lock, then libmicrohttpd's own. */
#ifndef DAYBOOK_HTTP_INTERNAL_H
#define DAYBOOK_HTTP_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>
#include <time.h>

#include "http/encoding.h"
#include "http/http.h"
#include "http/proxy.h"
#include "http/query_string.h"
#include "http/router.h"
#include "http/tls.h"

enum {
  LIMIT_CONNECTIONS = 16384,
  LIMIT_CONNECTIONS_REFUSED = 256, /* past the limit: accepted to be told so, for REFUSED_MS */
  REFUSED_MS = 2000,
  ADDRESS_SLOTS = 16384, /* connections are counted by a hash of their address */
  LIMIT_KEPT_CONNECTIONS =
      2048,              /* kept alive between requests; each holds LIMIT_CONNECTION_MEMORY, an unused one little */
  FILES_RESERVED = 1024, /* descriptors that connections leave for segments, logs and the catalog */
  LIMIT_CONNECTION_MEMORY = 64 * 1024,  /* head of a request and read buffer; LIMIT_QUERY_BYTES fit with every byte as
                                           %XX. libmicrohttpd zeroes all of it after each request */
  LIMIT_HEAD_MEMORY = 64 * 1024 * 1024, /* of one request's arena: lists of values and parameter names */
  LIMIT_ANSWER_BYTES = 48 * 1024 * 1024,
  LIMIT_ANSWERS_BYTES = 256 * 1024 * 1024, /* of answers waiting to be sent; past it new work is refused */
  LIMIT_UPLOADS_BYTES = 384 * 1024 * 1024, /* of uploads held at once, encoded and decoded */
  LIMIT_DISCARD_BYTES = 64 * 1024 * 1024,  /* of a refused body read so that the client can read the answer */
  LIMIT_JOBS = 256,                        /* waiting for a worker */
  LIMIT_STREAMS = 8,                       /* streaming answers at once, a thread each */
  LIMIT_STREAMS_PER_SHARE = 4,             /* of one account: another finds room */
  LIMIT_STREAM_BYTES = 256 * 1024,         /* waiting to be sent in one stream */
  STREAM_PIECE_BYTES = 64 * 1024,          /* encoded and sent at once */
  LIMIT_HEADERS = 12,                      /* of an answer, set by a handler */
  LIMIT_COOKIES = 4,                       /* set by one answer */
  /* The three times below follow http_config.client_timeout_s: a quarter more, a half more, and itself. */
  CLIENT_TIMEOUT_S = 60,
  LIMIT_TRANSFER_RATE = 4096,      /* bytes for which a body or an answer gets a second more */
  PROBES = 512,                    /* connections asked for their state in one round of the watcher */
  LIMIT_EXPANSION = 512,           /* decoded bytes per encoded byte past 32 MiB: honest logs reach some 100 */
  SECRET_ANSWER_BYTES = 16 * 1024, /* room for the answer of a route that is_secret */
  COMPRESS_FROM_BYTES = 4096,
  STATUS_COUNT = 26,
  DURATION_BUCKETS = 8,
};

struct header {
  const char *name, *value;
};

struct problem_member {
  const char *name;
  uint64_t value;
};

/* One TCP connection; listed in the server for the watcher. What is not atomic is guarded by server->lock or set once;
 * the atomics are written by the connection's network thread at each step of a request, without the lock. */
struct connection {
  struct connection *previous, *next;
  int fd;
  struct http_request *working_on; /* request whose client should be watched */
  uint64_t number;                 /* since the start, in order */
  uint16_t address_slot;
  char peer[46];               /* canonical address of the client */
  bool refused;                /* past a limit: its requests are answered 503 */
  bool kept;                   /* has had an answer and stays open; written by its network thread alone */
  _Atomic int64_t deadline_us; /* of the phase it is in; 0: none */
  atomic_bool receiving;       /* the server waits for more of a request */
  atomic_uint ended_ticks;     /* of the watcher, since when nothing more can come from the client */
};

struct http_request {
  atomic_uint references; /* network side, job or stream */
  struct http_server *server;
  struct MHD_Connection *handle;
  struct connection *connection;
  struct arena arena;
  char id[20];
  char peer[46], address[46]; /* of the connection, and of the client behind proxies */
  bool secure;
  int64_t started_us; /* monotonic */
  char *uri;          /* raw, as sent */
  struct query_string query;
  struct route_match match;
  const struct http_route *route; /* NULL: no such */
  const struct http_asset *asset; /* to be answered; then there is no route */
  const struct http_asset_form *form;
  bool head; /* method HEAD */
  bool begun, has_body, chunked, expects_continue, draining, answered;
  bool framed;    /* a header tells where the body ends */
  bool misframed; /* the headers contradict each other there: nothing behind them on this connection can be trusted */
  bool parked;    /* http_wait was called in this round; network thread only */
  bool upload_done;
  bool answers_page; /* the problem is told as HTML */
  bool streams;      /* the answer is a stream, also where only its head is sent */
  atomic_bool cancelled;

  struct decoder *decoder; /* NULL: the body is not encoded */
  struct slice pending;    /* decoded, not yet taken by feed */
  struct buffer body;
  uint64_t received_bytes, discarded_bytes;
  size_t taken_bytes; /* of server->upload_bytes */

  int code; /* of the failure to answer, 0: none */
  struct error error;
  struct problem_member members[4];
  uint32_t member_count;
  unsigned status;
  const char *media;
  struct buffer answer;
  size_t answer_counted;   /* of server->answer_bytes */
  enum http_coding coding; /* of the answer */
  struct header headers[LIMIT_HEADERS];
  uint32_t header_count;
  struct header cookies[LIMIT_COOKIES];
  uint32_t cookie_count, retry_after_s; /* 0: as the problem's code says */
  struct http_stream *stream;
  struct http_feed *feed;
  int (*read_sized)(void *arg, uint64_t position, char *to, size_t len); /* NULL: the answer is elsewhere */
  void *read_arg;
  uint64_t sized_bytes;

  void *user, *state;
  void (*destroy_state)(void *state);
  struct http_request *next_job;
  int (*work)(struct http_request *r, void *context, struct error *err); /* of http_work; NULL: the route's handler */
};

/* A streaming answer: a bounded pipe between the thread that produces and the network thread. */
struct http_stream {
  struct http_request *request;
  int (*produce)(struct http_stream *s, void *arg);
  void *arg;
  pthread_mutex_t lock;
  pthread_cond_t drained;
  struct buffer encoded; /* the producer's own */
  struct buffer pipe;    /* encoded bytes [sent, len) wait */
  size_t sent;
  struct encoder *encoder;
  uint64_t share; /* as http_answer_stream was told */
  bool started;   /* produce runs or ran */
  bool suspended; /* the network side waits for bytes */
  bool gone;      /* the network side ended */
  bool done;      /* produce has returned */
  int code;       /* what it returned */
};

/* Why a request was answered 503; with their names in counters.c. */
enum refusal {
  REFUSED_CONNECTIONS,
  REFUSED_JOBS,
  REFUSED_ANSWERS,
  REFUSED_EXPORTS,
  REFUSED_UPLOADS,
  REFUSED_STOPPING,
  REFUSALS
};

struct route_counters {
  atomic_uint_fast64_t statuses[STATUS_COUNT];
  atomic_uint_fast64_t durations[DURATION_BUCKETS]; /* not cumulative; the last one is +Inf */
  atomic_uint_fast64_t duration_us;
};

struct http_server {
  struct http_config config;
  struct MHD_Daemon *daemon;
  struct tls *tls; /* NULL: plain HTTP */
  struct proxies proxies;
  char address[64];
  uint64_t boot_id;
  uint32_t max_connections, max_per_address;
  int64_t head_us, transfer_us; /* see CLIENT_TIMEOUT_S */
  atomic_uint_fast64_t request_number;
  struct route_counters *counters; /* route_count + 2: files, and addresses that are none */

  pthread_mutex_t lock;
  pthread_cond_t changed;        /* suspended, active, streams or stopping changed */
  struct connection connections; /* ring */
  uint32_t connection_count, kept_count;
  uint32_t *by_address; /* ADDRESS_SLOTS */
  uint64_t connection_number, watch_round;
  uint32_t streams, feeds;
  uint64_t stream_shares[LIMIT_STREAMS]; /* of the running streams: who pays for it; 0: nobody */
  atomic_uint suspended, active;         /* counted without the lock, but for the step to 0: server_leave() */
  atomic_bool stopping;                  /* new requests are refused */
  atomic_bool closed;                    /* nothing may suspend any more */
  struct http_request *jobs, **jobs_tail;
  uint32_t job_count, busy_workers;
  pthread_cond_t job_added;
  pthread_t *workers, watcher;
  unsigned worker_count;
  bool workers_stop, watcher_stop;
  pthread_cond_t watcher_wake;

  atomic_uint_fast64_t upload_bytes, answer_bytes, cancelled, slow_closed, deadlines, refused[REFUSALS];
};

int64_t server_now_us(const struct http_server *s);                        /* monotonic */
struct timespec server_after_ms(const struct http_server *s, unsigned ms); /* for pthread_cond_timedwait */

/* request.c */
struct http_request *request_new(struct http_server *s, struct MHD_Connection *handle, const char *uri);
void request_retain(struct http_request *r);
void request_release(struct http_request *r);
/* Routes, parses the query string and authorizes; the failure is kept in r->code. */
void request_begin(struct http_request *r, const char *method);
void request_fail(struct http_request *r, int code);

/* dispatch.c */
enum MHD_Result dispatch(void *server, struct MHD_Connection *handle, const char *url, const char *method,
                         const char *version, const char *upload, size_t *upload_size, void **request);
/* Takes one from a count that http_server_stop waits for. */
void server_leave(struct http_server *s, atomic_uint *count);
/* Suspends or resumes, counting; false where the server is closing. */
bool server_suspend(struct http_server *s, struct MHD_Connection *handle);
void server_resume(struct http_server *s, struct MHD_Connection *handle);

/* answer.c */
enum MHD_Result answer_queue(struct http_request *r);
void answer_compress(struct http_request *r);
void answer_write_problem(struct http_request *r);
const char *status_phrase(unsigned status);

/* assets.c */
/* Finds the file at a raw path and the form that suits the client; ERR_NOT_FOUND, ERR_METHOD, ERR_INVALID (a body). */
int assets_find(struct http_request *r, struct slice method, struct slice path, struct error *err);
/* The file found, or its 304. */
struct MHD_Response *assets_response(struct http_request *r);
void assets_add_headers(struct http_request *r, struct MHD_Response *response);
/* Whether a problem is better told as a page: someone looks at a wrong address with a browser. */
bool assets_wants_page(const struct http_request *r);
void assets_write_not_found(struct http_request *r);

/* stream.c */
ssize_t stream_read(struct http_stream *s, char *to, size_t max);
int stream_start(struct http_request *r);
void stream_end(struct http_request *r); /* the network side is through with it */
void stream_free(struct http_stream *s);

/* feed.c */
ssize_t feed_read(struct http_feed *f, char *to, size_t max);
void feed_gone(struct http_request *r); /* the network side is through with it */
void feed_free(struct http_feed *f);    /* NULL is allowed */

/* worker.c */
int workers_start(struct http_server *s, unsigned count);
void workers_stop(struct http_server *s);
int worker_submit(struct http_request *r, struct error *err);

/* watch.c */
void watch_connection(void *server, struct MHD_Connection *handle, void **context,
                      enum MHD_ConnectionNotificationCode c);
void watch_deadline(struct http_request *r, int64_t deadline_us);
void watch_client(struct http_request *r, bool on);
void watch_receiving(struct http_request *r, bool on);
/* The request's connection is about to have its answer; false where it must close then. */
bool watch_keep(struct http_request *r);
bool watch_is_refused(struct http_request *r);
void *watch_run(void *server);

/* counters.c */
void counters_record(struct http_request *r);
void counters_refuse(struct http_server *s, enum refusal why);

#endif
