/* Requests by route and status, and how long they took, for /metrics. */
#include "http/internal.h"

static const unsigned statuses[STATUS_COUNT] = {
    200, 201, 202, 204, 206, 302, 304, 400, 401, 403, 404, 405, 409,
    411, 413, 415, 416, 422, 429, 431, 499, 500, 503, 504, 507, 0 /* any other */};
static const int64_t bounds_us[DURATION_BUCKETS - 1] = {1000, 5000, 25000, 100000, 500000, 2500000, 10000000};
static const char *const bounds_text[DURATION_BUCKETS] = {"0.001", "0.005", "0.025", "0.1", "0.5", "2.5", "10", "+Inf"};

static const char *const refusal_names[REFUSALS] = {"connections", "jobs", "answers", "exports", "uploads", "stopping"};

void counters_refuse(struct http_server *s, enum refusal why) { atomic_fetch_add(&s->refused[why], 1); }

void counters_record(struct http_request *r) {
  struct http_server *s = r->server;
  struct route_counters *c = &s->counters[r->route ? r->match.index : s->config.route_count + (r->asset ? 1 : 0)];
  unsigned i = 0, b = 0;
  while (i < STATUS_COUNT - 1 && statuses[i] != r->status) i++;
  int64_t took_us = server_now_us(s) - r->started_us;
  while (b < DURATION_BUCKETS - 1 && took_us > bounds_us[b]) b++;
  atomic_fetch_add(&c->statuses[i], 1);
  atomic_fetch_add(&c->durations[b], 1);
  if (r->code == ERR_DEADLINE) atomic_fetch_add(&s->deadlines, 1);
  atomic_fetch_add(&c->duration_us, (uint64_t)(took_us > 0 ? took_us : 0));
}

static void append_labels(struct http_server *s, uint32_t route, struct buffer *out) {
  if (route == s->config.route_count)
    buffer_append_text(out, "method=\"\",route=\"(none)\"");
  else if (route > s->config.route_count)
    buffer_append_text(out, "method=\"GET\",route=\"(file)\"");
  else
    buffer_printf(out, "method=\"%s\",route=\"%s\"", s->config.routes[route].method, s->config.routes[route].pattern);
}

static void append_statuses(struct http_server *s, uint32_t route, struct buffer *out) {
  for (unsigned i = 0; i < STATUS_COUNT; i++) {
    uint64_t n = atomic_load(&s->counters[route].statuses[i]);
    if (n == 0) continue;
    buffer_append_text(out, "daybook_http_requests_total{");
    append_labels(s, route, out);
    if (statuses[i])
      buffer_printf(out, ",status=\"%u\"} %llu\n", statuses[i], (unsigned long long)n);
    else
      buffer_printf(out, ",status=\"other\"} %llu\n", (unsigned long long)n);
  }
}

static void append_durations(struct http_server *s, uint32_t route, struct buffer *out) {
  uint64_t sum = 0, counts[DURATION_BUCKETS];
  for (unsigned b = 0; b < DURATION_BUCKETS; b++) sum += counts[b] = atomic_load(&s->counters[route].durations[b]);
  if (sum == 0) return;
  uint64_t below = 0;
  for (unsigned b = 0; b < DURATION_BUCKETS; b++) {
    below += counts[b];
    buffer_append_text(out, "daybook_http_request_duration_seconds_bucket{");
    append_labels(s, route, out);
    buffer_printf(out, ",le=\"%s\"} %llu\n", bounds_text[b], (unsigned long long)below);
  }
  buffer_append_text(out, "daybook_http_request_duration_seconds_sum{");
  append_labels(s, route, out);
  buffer_printf(out, "} %.6f\n", (double)atomic_load(&s->counters[route].duration_us) / 1e6);
  buffer_append_text(out, "daybook_http_request_duration_seconds_count{");
  append_labels(s, route, out);
  buffer_printf(out, "} %llu\n", (unsigned long long)sum);
}

void http_server_append_metrics(struct http_server *s, struct buffer *out) {
  buffer_append_text(out,
                     "# HELP daybook_http_refused_total Requests answered 503, by what was full.\n"
                     "# TYPE daybook_http_refused_total counter\n");
  for (unsigned i = 0; i < REFUSALS; i++)
    buffer_printf(out, "daybook_http_refused_total{reason=\"%s\"} %llu\n", refusal_names[i],
                  (unsigned long long)atomic_load(&s->refused[i]));
  buffer_append_text(out,
                     "# HELP daybook_http_requests_total Requests answered.\n"
                     "# TYPE daybook_http_requests_total counter\n");
  for (uint32_t i = 0; i < s->config.route_count + 2; i++) append_statuses(s, i, out);
  buffer_append_text(out,
                     "# HELP daybook_http_request_duration_seconds From the first byte read to the last sent.\n"
                     "# TYPE daybook_http_request_duration_seconds histogram\n");
  for (uint32_t i = 0; i < s->config.route_count + 2; i++) append_durations(s, i, out);
}

void http_server_gauges(struct http_server *s, struct http_gauges *out) {
  pthread_mutex_lock(&s->lock);
  out->connections = s->connection_count;
  out->active_requests = s->active;
  out->streams = s->streams;
  out->feeds = s->feeds;
  out->tls_expires_s = s->tls ? (uint64_t)tls_expires_s(s->tls) : 0;
  out->max_connections = s->max_connections;
  out->queued_jobs = s->job_count;
  out->busy_workers = s->busy_workers;
  pthread_mutex_unlock(&s->lock);
  out->upload_bytes = atomic_load(&s->upload_bytes);
  out->cancelled = atomic_load(&s->cancelled);
  out->answer_bytes = atomic_load(&s->answer_bytes);
  out->slow_closed = atomic_load(&s->slow_closed);
  out->deadlines = atomic_load(&s->deadlines);
}
