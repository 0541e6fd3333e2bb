/* GET /healthz, /readyz and /metrics. */
#include "api/internal.h"

int health_get(struct http_request *r, void *api, struct error *err) {
  (void)api, (void)err;
  buffer_append_text(http_answer(r), "{\"status\":\"ok\"}");
  return 0;
}

/* Ready: writes are taken. */
int ready_get(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct store_metrics m;
  (void)err;
  store_metrics(a->store, &m);
  const char *status = m.read_only ? "read-only" : m.disk_low ? "disk-low" : "ready";
  http_answer_as(r, m.read_only || m.disk_low ? 503 : 200, NULL);
  buffer_printf(http_answer(r), "{\"status\":\"%s\"}", status);
  return 0;
}

void append_metric(struct buffer *out, const char *name, const char *type, const char *help, uint64_t value) {
  buffer_printf(out, "# HELP daybook_%s %s\n# TYPE daybook_%s %s\ndaybook_%s %llu\n", name, help, name, type, name,
                (unsigned long long)value);
}

static void append_store(struct buffer *out, const struct store_metrics *m) {
  const struct {
    const char *name, *type, *help;
    uint64_t value;
  } rows[] = {
      {"events_committed_total", "counter", "Events stored since the start.", m->committed_events},
      {"batches_committed_total", "counter", "Write requests stored.", m->committed_batches},
      {"commit_groups_total", "counter", "Groups of write requests that shared an fdatasync.", m->commit_groups},
      {"duplicates_total", "counter", "Events not stored again because their key was known.", m->duplicates},
      {"writes_refused_busy_total", "counter", "Writes refused because the queue was full.", m->refused_busy},
      {"writes_refused_share_total", "counter", "Writes refused because their account's share of the queue was full.",
       m->refused_share},
      {"writes_refused_disk_total", "counter", "Writes refused because the disk was full.", m->refused_disk},
      {"writes_refused_read_only_total", "counter", "Writes refused after a disk error.", m->refused_read_only},
      {"commit_queue_bytes", "gauge", "Bytes of events waiting to be stored.", m->queued_bytes},
      {"commit_queue_batches", "gauge", "Write requests waiting to be stored.", m->queued_batches},
      {"commit_lanes_busy", "gauge", "Accounts with write requests waiting, at most 64.", m->lanes_busy},
      {"memtables_sealing", "gauge", "Full memtables waiting to become segments; at 3 writers wait.",
       m->sealing_memtables},
      {"commit_microseconds_total", "counter", "Time spent on commit groups, fdatasync included.", m->commit_us_total},
      {"commit_stall_microseconds_total", "counter", "Time that writers waited for a memtable to become a segment.",
       m->stall_us_total},
      {"wal_bytes", "gauge", "Bytes in the newest file of the write-ahead log.", m->wal_bytes},
      {"wal_syncs_total", "counter", "Calls of fdatasync.", m->wal_syncs},
      {"wal_sync_microseconds_total", "counter", "Time spent in fdatasync.", m->wal_sync_us_total},
      {"segments", "gauge", "Live segment files.", m->segments},
      {"segments_lost", "gauge", "Segment files that cannot be opened: their events are missing from answers.",
       m->lost_segments},
      {"segment_bytes", "gauge", "Bytes of segment files.", m->segment_bytes},
      {"segment_rows", "gauge", "Events in segments.", m->segment_rows},
      {"memtable_rows", "gauge", "Events in memory, not yet in segments.", m->memtable_rows},
      {"memtable_bytes", "gauge", "Bytes of events in memory.", m->memtable_bytes},
      {"seals_total", "counter", "Segments made of events in memory.", m->seals},
      {"compactions_total", "counter", "Segments merged.", m->compactions},
      {"events_purged_total", "counter", "Events removed by retention.", m->purged_events},
      {"page_cache_hits_total", "counter", "Pages found in the cache.", m->cache_hits},
      {"page_cache_misses_total", "counter", "Pages read from disk.", m->cache_misses},
      {"page_cache_bytes", "gauge", "Bytes in the page cache.", m->cache_bytes},
      {"damages_total", "counter", "Damaged pages met.", m->damages},
      {"read_only", "gauge", "1 after a disk error: nothing is written any more.", m->read_only},
      {"disk_low", "gauge", "1 while the disk is too full to write.", m->disk_low},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    append_metric(out, rows[i].name, rows[i].type, rows[i].help, rows[i].value);
}

static void append_http(struct buffer *out, const struct http_gauges *g) {
  append_metric(out, "http_connections", "gauge", "Open connections.", g->connections);
  append_metric(out, "http_connections_max", "gauge", "Past this, connections are refused.", g->max_connections);
  append_metric(out, "http_requests_active", "gauge", "Requests being read, answered or waiting.", g->active_requests);
  append_metric(out, "http_exports_active", "gauge", "Streaming answers.", g->streams);
  append_metric(out, "http_jobs_queued", "gauge", "Requests waiting for a worker.", g->queued_jobs);
  append_metric(out, "http_workers_busy", "gauge", "Workers at work.", g->busy_workers);
  append_metric(out, "http_upload_bytes", "gauge", "Memory held for uploads.", g->upload_bytes);
  append_metric(out, "http_answer_bytes", "gauge", "Memory held for answers being sent.", g->answer_bytes);
  append_metric(out, "http_cancelled_total", "counter", "Requests whose client left before the answer.", g->cancelled);
  if (g->tls_expires_s)
    append_metric(out, "tls_certificate_expires_seconds", "gauge", "When the certificate ends, in seconds since 1970.",
                  g->tls_expires_s);
  append_metric(out, "http_deadline_total", "counter", "Queries ended because they took too long.", g->deadlines);
  append_metric(out, "http_slow_closed_total", "counter", "Connections closed for being too slow.", g->slow_closed);
}

int metrics_get(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct store_metrics m;
  struct http_gauges g;
  (void)err;
  struct buffer *out = http_answer(r);
  store_metrics(a->store, &m);
  http_server_gauges(http_request_server(r), &g);
  append_store(out, &m);
  append_http(out, &g);
  tails_append_metrics(a, out);
  exports_append_metrics(a, out);
  append_metric(out, "start_time_seconds", "gauge", "When this server started, in seconds since 1970.",
                (uint64_t)(a->started_us / 1000000));
  http_server_append_metrics(http_request_server(r), out);
  http_answer_as(r, 200, "text/plain; version=0.0.4; charset=utf-8");
  return 0;
}
