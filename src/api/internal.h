/* Private to api/: what its resources share. */
#ifndef DAYBOOK_API_INTERNAL_H
#define DAYBOOK_API_INTERNAL_H

#include <pthread.h>

#include "api/api.h"
#include "api/record.h"
#include "base/instant.h"
#include "base/limits.h"
#include "query/query.h"

enum {
  API_PARSERS = 16,                        /* event parsers kept for reuse */
  API_PAGE_BYTES = 16 * 1024 * 1024,       /* a page ends early past this, with a cursor */
  API_EVENT_ARENA_BYTES = 4 * 1024 * 1024, /* cells of one event of 64 KiB, with room */
  API_INLINE_BYTES = 64 * 1024,            /* of a JSON document, parsed on the network thread */
  API_QUEUE_BYTES = 64 * 1024,             /* of an export, written at once */
  EMBED_ORIGINS_BYTES = 1024 * 1024,       /* of all tenants together */
  API_CSV_PARAMS = 1024,                   /* parameters with a column of their own; the others share one */
};

struct tail_hub;
struct export_jobs;

struct api {
  const struct os *os;
  struct store *store;
  struct accounts *accounts;
  struct access *access;
  struct sign_in *sign_in;
  struct geo *geo;        /* NULL: no places are added */
  int64_t started_us;     /* wall clock */
  const char *backup_dir; /* NULL: no backups over HTTP */
  int64_t query_timeout_us;
  uint64_t query_bytes; /* see read_query */
  pthread_mutex_t lock;
  struct event_parser *parsers[API_PARSERS];
  unsigned parser_count;
  struct tail_hub *tails;
  struct export_jobs *jobs;
  struct buffer embed_origins; /* " https://a https://b"; with the next under lock */
  int64_t embed_origins_us;    /* monotonic: when it was read */
};

/* embed.c: http_config.embed_origins */
void embed_origins(void *api, struct slice origin, struct buffer *out);
/* exports.c: export jobs, likewise; keep_us 0: a week. */
int exports_start(struct api *a, const char *data_dir, int64_t keep_us, struct error *err);
void exports_stop(struct api *a);
void exports_append_metrics(struct api *a, struct buffer *out);
/* tail.c: live tails, from the start of the server to its end. */
int tails_start(struct api *a, struct error *err);
void tails_end_all(struct api *a); /* the server stops */
void tails_stop(struct api *a);
void tails_append_metrics(struct api *a, struct buffer *out);

struct event_parser *api_take_parser(struct api *a);
void api_give_parser(struct api *a, struct event_parser *p);

/* A question over one snapshot: q, from, to and tz of a request. Lives in the request's arena. */
struct question {
  struct snapshot *snapshot;
  struct filter filter;
  struct read_query ends; /* what could not be read while the first and last event were looked for */
  struct read_query query;
  const struct reading *reading; /* NULL: it is not recorded */
  const char *tz;
  int64_t now_us;
};
/* Parses the parameters and opens the snapshot; close it also after a failure. */
/* The scope is the one in which the caller has the route's right. */
int question_open(struct http_request *r, struct api *a, bool has_deadline, struct question *out, struct error *err);
void question_close(struct question *q);
/* Narrows an open end of the time range to the events there are; *empty_out where there are none. */
int question_bound_times(struct http_request *r, struct question *q, bool *empty_out, struct error *err);
/* ,"warnings":[...] where stored rows could not be read. */
void question_append_warnings(const struct question *q, struct buffer *out);

/* A whole number within bounds; absent: the default. */
int param_number(const struct http_request *r, const char *name, uint32_t least, uint32_t most, uint32_t otherwise,
                 uint32_t *out, struct error *err);
/* One of the words, NULL-terminated; absent: the first. *out is its index. */
int param_choice(const struct http_request *r, const char *name, const char *const *words, unsigned *out,
                 struct error *err);
/* The field a parameter names; of a name for several fields the first. */
int param_field(struct http_request *r, const char *name, struct filter_field *out, struct error *err);
/* The filter that q is, in the arena. */
int param_filter(struct http_request *r, int64_t now_us, struct filter *out, struct error *err);
/* A zone name, "UTC" where absent; lives in the arena. */
int param_zone(struct http_request *r, const char **out, struct error *err);
const struct principal *request_principal(const struct http_request *r);
/* Where the request comes from, canonical: what a trusted proxy says, else the peer. */
struct slice request_address(const struct http_request *r);
/* Whether it came over TLS, to us or to a trusted proxy. */
bool request_is_secure(const struct http_request *r);
/* Where the caller has the right that the route names. */
const struct scope *request_scope(const struct http_request *r);
enum right route_right(const struct http_route *route);
void append_instant(struct buffer *out, int64_t us, unsigned digits); /* as a JSON string; null where open */
/* The stored event as JSON with one member more: its summary sentence. */
void append_event(const struct event *e, struct buffer *scratch, struct buffer *out);
void append_metric(struct buffer *out, const char *name, const char *type, const char *help, uint64_t value);
void append_field_name(struct buffer *out, struct filter_field f); /* as a JSON string */

/* A named schema of the OpenAPI document, as JSON. */
struct api_schema {
  const char *name, *schema;
};
extern const struct api_schema account_schemas[];
extern const uint32_t account_schema_count;
extern const struct api_schema sign_in_schemas[];
extern const uint32_t sign_in_schema_count;

/* Handlers, one file per resource. */
int events_open(struct http_request *r, void *api, struct error *err);
int events_feed(struct http_request *r, void *api, struct slice *bytes, struct error *err);
int events_finish(struct http_request *r, void *api, struct error *err);
int events_page(struct http_request *r, void *api, struct error *err);
int events_get(struct http_request *r, void *api, struct error *err);
int stats_get(struct http_request *r, void *api, struct error *err);
int histogram_get(struct http_request *r, void *api, struct error *err);
int top_get(struct http_request *r, void *api, struct error *err);
int values_get(struct http_request *r, void *api, struct error *err);
int tail_get(struct http_request *r, void *api, struct error *err);
int insights_get(struct http_request *r, void *api, struct error *err);
int logins_get(struct http_request *r, void *api, struct error *err);
int export_get(struct http_request *r, void *api, struct error *err);
int exports_post(struct http_request *r, void *api, struct error *err);
int exports_list(struct http_request *r, void *api, struct error *err);
int exports_get(struct http_request *r, void *api, struct error *err);
int exports_file(struct http_request *r, void *api, struct error *err);
int exports_delete(struct http_request *r, void *api, struct error *err);
int catalog_get(struct http_request *r, void *api, struct error *err);
int tenants_list(struct http_request *r, void *api, struct error *err);
int retention_get(struct http_request *r, void *api, struct error *err);
int retention_put(struct http_request *r, void *api, struct error *err);
int backup_post(struct http_request *r, void *api, struct error *err);
int health_get(struct http_request *r, void *api, struct error *err);
int ready_get(struct http_request *r, void *api, struct error *err);
int metrics_get(struct http_request *r, void *api, struct error *err);
int openapi_get(struct http_request *r, void *api, struct error *err);

#endif
