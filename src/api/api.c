/* The route table, authorization, and what requests share. */
#include <assert.h>
#include <stdlib.h>

#include "api/accounts.h"
#include "api/sign_in.h"

#define STRING "{\"type\":\"string\"}"
#define P_Q \
  { "q", STRING, "A filter in the query language; without it, everything.", false }
#define P_FROM \
  { "from", STRING, "Events at or after this: RFC 3339, a date (midnight in tz), now or now-24h (s m h d w).", false }
#define P_TO \
  { "to", STRING, "Events before this; written as from.", false }
#define P_TZ \
  { "tz", STRING, "Time zone of dates and days, such as Europe/Berlin; UTC where absent.", false }
#define P_ORDER \
  { "order", "{\"type\":\"string\",\"enum\":[\"newest\",\"oldest\"],\"default\":\"newest\"}", "By occurred_at.", false }
#define P_LIMIT(most, otherwise, what) \
  { "limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":" most ",\"default\":" otherwise "}", what, false }
#define P_FIELD \
  { "field", STRING, "A field's path or short name; of a name for several fields the first counts.", true }
#define PARAMS(list) .params = list, .param_count = sizeof(list) / sizeof *(list)

static const struct http_param page_params[] = {P_Q,
                                                P_FROM,
                                                P_TO,
                                                P_TZ,
                                                P_ORDER,
                                                P_LIMIT("1000", "50", "Most events of the page."),
                                                {"cursor", STRING, "The member next of the page before.", false}};
static const struct http_param range_params[] = {P_Q, P_FROM, P_TO, P_TZ};
static const struct http_param histogram_params[] = {
    P_Q,
    P_FROM,
    P_TO,
    P_TZ,
    {"interval", STRING, "1s, 15m, 1h, 1d, 1w, 1M ... or auto; days, weeks and months follow the calendar of tz.",
     false},
    {"by", STRING, "Splits the counts by the values of this field.", false}};
static const struct http_param top_params[] = {P_FIELD, P_Q, P_FROM, P_TO, P_TZ, P_LIMIT("1000", "10", "Most values.")};
static const struct http_param values_params[] = {
    P_FIELD,
    {"prefix", STRING, "Only values that begin with this, upper and lower case alike.", false},
    P_Q,
    P_FROM,
    P_TO,
    P_TZ,
    P_LIMIT("1000", "10", "Most values.")};
static const struct http_param export_params[] = {
    P_Q,
    P_FROM,
    P_TO,
    P_TZ,
    P_ORDER,
    {"format", "{\"type\":\"string\",\"enum\":[\"csv\",\"ndjson\"],\"default\":\"csv\"}", "What to write.", false},
    {"form", "{\"type\":\"string\",\"enum\":[\"stored\",\"sent\"],\"default\":\"stored\"}",
     "NDJSON: with the server's members, or exactly the canonical form of what was sent, which can be sent again.",
     false},
    {"bom", "{\"type\":\"string\",\"enum\":[\"0\",\"1\"],\"default\":\"0\"}",
     "CSV: 1 begins with a byte order mark, for spreadsheets that need one to see UTF-8.", false}};
static const struct http_param tail_params[] = {
    P_Q, {"last_event_id", STRING, "The id of the last event seen, as the header Last-Event-ID.", false}};
static const struct http_param logins_params[] = {P_Q,
                                                  P_FROM,
                                                  P_TO,
                                                  P_TZ,
                                                  P_LIMIT("200", "50", "Most log-ins of the page."),
                                                  {"cursor", STRING, "The member next of the page before.", false}};
static const struct http_param tenants_params[] = {
    {"prefix", STRING, "Only tenants whose path begins with this.", false},
    {"after", STRING, "The member next of the list before.", false},
    P_LIMIT("1000", "100", "Most tenants.")};

#define GET(path, run_mode) .method = "GET", .pattern = path, .mode = run_mode, .status = 200
#define JSON(schema) .media = "application/json", .answer_schema = schema

static const struct http_route routes[] = {
    {.method = "POST",
     .pattern = "/v1/events",
     .mode = HTTP_UPLOAD,
     .right = "write",
     .status = 201,
     .open = events_open,
     .feed = events_feed,
     .finish = events_finish,
     .request_schema = "EventInput",
     JSON("Stored"),
     .summary = "Record events",
     .description =
         "One event, a JSON array of events, or NDJSON (application/x-ndjson), plain, gzip or zstd. Answered "
         "after the events are on disk. Up to 10,000 events and 32 MiB are stored all or not at all; longer "
         "NDJSON is committed in groups and the answer counts how far it came."},
    {GET("/v1/events", HTTP_WORKER), .right = "read", PARAMS(page_params), .handle = events_page, JSON("Page"),
     .summary = "A page of events"},
    {GET("/v1/events/{id}", HTTP_WORKER), .right = "read", .handle = events_get, JSON("Event"),
     .summary = "One event by its id (TENANT:SEQ, percent-encoded)"},
    {GET("/v1/stats", HTTP_WORKER), .right = "read", PARAMS(range_params), .handle = stats_get, JSON("Stats"),
     .summary = "Exact numbers of events, distinct actors and affected domains"},
    {GET("/v1/histogram", HTTP_WORKER), .right = "read", PARAMS(histogram_params), .handle = histogram_get,
     JSON("Histogram"), .summary = "Events per interval"},
    {GET("/v1/top", HTTP_WORKER), .right = "read", PARAMS(top_params), .handle = top_get, JSON("Values"),
     .summary = "Most frequent values of a field"},
    {GET("/v1/values", HTTP_WORKER), .right = "read", PARAMS(values_params), .handle = values_get, JSON("Values"),
     .summary = "Values of a field for completion and check lists"},
    {GET("/v1/logins", HTTP_WORKER), .right = "read", PARAMS(logins_params), .handle = logins_get, JSON("Logins"),
     .summary = "Log-ins with their log-outs, session durations and the failures before",
     .description = "Newest first. q, from and to choose log-ins (log auth, action login); the log-out and the user's "
                    "earlier failures are found wherever they lie within the caller's scope."},
    {GET("/v1/insights", HTTP_WORKER), .right = "read", PARAMS(range_params), .handle = insights_get, JSON("Insights"),
     .summary = "Attacks, unusual log-ins, bursts of deletes and changes of rights, with tables of log-ins",
     .description = "Of the last 30 days where no range is given. Each finding has the q, from and to that show "
                    "exactly its events."},
    {GET("/v1/export", HTTP_WORKER), .right = "export", PARAMS(export_params), .handle = export_get,
     .media = "text/csv", .summary = "Everything a filter finds, as CSV or NDJSON",
     .description = "X-Daybook-Count announces the number of events, also to HEAD. NDJSON ends with a record "
                    "{\"daybook_export\":{\"count\":N,\"complete\":true}}. A stream that breaks ends the connection."},
    {.method = "POST",
     .pattern = "/v1/exports",
     .mode = HTTP_WORKER,
     .right = "export",
     .body_bytes = 128 * 1024,
     .status = 201,
     .handle = exports_post,
     .request_schema = "ExportInput",
     JSON("Export"),
     .summary = "Have the server write an export, to be fetched later",
     .description = "Recorded before it begins; runs with the rights that its owner has then. Kept for a week, listed "
                    "to its owner alone."},
    {GET("/v1/exports", HTTP_WORKER), .right = "export", .handle = exports_list, JSON("Exports"),
     .summary = "Your export jobs, newest first"},
    {GET("/v1/exports/{id}", HTTP_WORKER), .right = "export", .handle = exports_get, JSON("Export"),
     .summary = "One of your export jobs"},
    {.method = "DELETE",
     .pattern = "/v1/exports/{id}",
     .mode = HTTP_WORKER,
     .right = "export",
     .status = 204,
     .handle = exports_delete,
     .media = "application/json",
     .summary = "Cancel an export that waits or runs, or remove one that has ended"},
    {GET("/v1/exports/{id}/file", HTTP_WORKER), .right = "export", .handle = exports_file, .media = "text/csv",
     .summary = "The file of an export that is done; Range and If-Range resume a download"},
    {GET("/v1/tail", HTTP_WORKER), .right = "read", PARAMS(tail_params), .handle = tail_get,
     .media = "text/event-stream", .summary = "Events as they are stored, as server-sent events",
     .description = "event: event carries one event as in a page; its id resumes the stream behind it, also after a "
                    "restart (Last-Event-ID). A comment and a new id come every 15 seconds. event: lost says that an "
                    "id cannot be resumed; event: end why the server ends the stream."},
    {GET("/v1/catalog", HTTP_WORKER), .right = "read", .handle = catalog_get, JSON("Catalog"),
     .summary = "Logs, products, actions, objects and fields with labels and colours"},
    {GET("/v1/tenants", HTTP_WORKER), .right = "read", PARAMS(tenants_params), .handle = tenants_list, JSON("Tenants"),
     .summary = "Tenants in order of their paths"},
    {GET("/v1/tenants/{tenant}/retention", HTTP_WORKER), .right = "read", .handle = retention_get, JSON("Retention"),
     .summary = "How long a tenant's events are kept"},
    {.method = "PUT",
     .pattern = "/v1/tenants/{tenant}/retention",
     .mode = HTTP_WORKER,
     .right = "manage",
     .body_bytes = 1024,
     .status = 200,
     .handle = retention_put,
     .request_schema = "RetentionInput",
     JSON("Retention"),
     .summary = "Set how long a tenant's events are kept, for its subtree; null removes the setting"},
    {.method = "POST",
     .pattern = "/v1/admin/backup",
     .mode = HTTP_WORKER,
     .right = "operate",
     .body_bytes = 1024,
     .status = 201,
     .handle = backup_post,
     .request_schema = "BackupInput",
     JSON("Backup"),
     .summary = "Write a consistent copy of the store on the server's disk",
     .description = "Into a new folder of this name below the one given to serve --backup-dir; without that it is "
                    "refused. Answered when the copy is complete and synced."},
    {GET("/healthz", HTTP_INLINE), .is_open = true, .handle = health_get, JSON("Status"), .summary = "The server runs"},
    {GET("/readyz", HTTP_INLINE), .is_open = true, .handle = ready_get, JSON("Status"),
     .summary = "The server takes writes; 503 while it does not"},
    {GET("/metrics", HTTP_INLINE), .right = "operate", .handle = metrics_get, .media = "text/plain",
     .summary = "Counters in the text format of Prometheus"},
    {GET("/openapi.json", HTTP_WORKER), .right = "read", .handle = openapi_get, .media = "application/json",
     .summary = "This document"},
};

enum { ROUTES_ROOM = 128 };

static struct http_route all_routes[ROUTES_ROOM];
static uint32_t all_count;

static void add_routes(const struct http_route *list, uint32_t count) {
  assert(all_count + count <= ROUTES_ROOM);
  memcpy(&all_routes[all_count], list, count * sizeof *list);
  all_count += count;
}

static void join_routes(void) {
  add_routes(routes, sizeof routes / sizeof *routes);
  add_routes(account_routes, account_route_count);
  add_routes(sign_in_routes, sign_in_route_count);
}

const struct http_route *api_routes(uint32_t *count_out) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, join_routes);
  *count_out = all_count;
  return all_routes;
}

struct api *api_new(const struct os *os, struct store *store, struct accounts *accounts, struct access *access) {
  struct api *a = calloc(1, sizeof *a);
  if (!a) abort();
  a->os = os;
  a->store = store;
  a->accounts = accounts;
  a->access = access;
  a->started_us = os_now_us(os);
  api_set_query_limits(a, LIMIT_QUERY_DEADLINE_MS, LIMIT_QUERY_MEMORY_BYTES);
  a->sign_in = sign_in_new(os);
  pthread_mutex_init(&a->lock, NULL);
  buffer_init(&a->embed_origins, EMBED_ORIGINS_BYTES);
  return a;
}

void api_set_sign_in(struct api *a, const struct sign_in_config *config) { a->sign_in->config = *config; }

void api_set_geo(struct api *a, struct geo *geo) { a->geo = geo; }

void api_set_query_limits(struct api *a, uint32_t timeout_ms, uint64_t memory_bytes) {
  a->query_timeout_us = (int64_t)timeout_ms * 1000;
  a->query_bytes = memory_bytes;
}

void api_free(struct api *a) {
  if (!a) return;
  tails_stop(a);
  exports_stop(a);
  buffer_free(&a->embed_origins);
  while (a->parser_count > 0) event_parser_free(a->parsers[--a->parser_count]);
  sign_in_free(a->sign_in);
  pthread_mutex_destroy(&a->lock);
  free(a);
}

int api_start(struct api *a, const char *data_dir, uint32_t export_keep_h, struct error *err) {
  int code = tails_start(a, err);
  return code ? code : exports_start(a, data_dir, (int64_t)export_keep_h * 3600 * 1000000, err);
}

static void stopping(void *context) { tails_end_all(context); }

enum right route_right(const struct http_route *route) {
  static const enum right rights[ACCESS_RIGHTS] = {RIGHT_READ, RIGHT_EXPORT, RIGHT_WRITE, RIGHT_MANAGE, RIGHT_OPERATE};
  for (unsigned i = 0; i < ACCESS_RIGHTS; i++)
    if (strcmp(route->right, access_right_name(rights[i])) == 0) return rights[i];
  abort(); /* the table above names no other */
}

static int authorize(struct http_request *r, const struct http_route *route, void *context, struct error *err) {
  struct api *a = context;
  struct arena *arena = http_arena(r);
  struct principal *principal = arena_take(arena, sizeof *principal);
  struct slice header = http_header(r, "Authorization"), cookie = http_cookie(r, session_cookie_name(r));
  int code = header.len == 0 && cookie.len > 0
                 ? session_authenticate(r, route, a, cookie, principal, err)
                 : access_authenticate(a->access, header, request_address(r), arena, principal, err);
  if (code == 0 && route->right) code = access_require(principal, route_right(route), err);
  if (code == 0) http_set_user(r, principal);
  return code;
}

void api_configure(struct api *a, struct http_config *config) {
  config->routes = api_routes(&config->route_count);
  config->context = a;
  config->authorize = authorize;
  config->stopping = stopping;
  config->embed_origins = embed_origins;
}

struct event_parser *api_take_parser(struct api *a) {
  pthread_mutex_lock(&a->lock);
  struct event_parser *p = a->parser_count > 0 ? a->parsers[--a->parser_count] : NULL;
  pthread_mutex_unlock(&a->lock);
  return p ? p : event_parser_new();
}

void api_give_parser(struct api *a, struct event_parser *p) {
  pthread_mutex_lock(&a->lock);
  if (a->parser_count < API_PARSERS) {
    a->parsers[a->parser_count++] = p;
    p = NULL;
  }
  pthread_mutex_unlock(&a->lock);
  if (p) event_parser_free(p);
}
