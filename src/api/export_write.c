#include <stdio.h>

#include "api/export.h"
#include "api/read_ahead.h"

void export_init(struct export *x) {
  memset(x, 0, sizeof *x);
  buffer_init(&x->queue, 16 * 1024 * 1024);
}

void export_close(struct export *x) {
  if (x->cursor) cursor_close(x->cursor);
  question_close(&x->question);
  csv_free(x->csv);
  buffer_free(&x->queue);
}

void export_name(int64_t now_us, const char *tz, enum export_format format, char out[EXPORT_NAME_BYTES]) {
  struct buffer local;
  buffer_init(&local, 64);
  query_format_local(now_us, 0, tz, &local); /* YYYY-MM-DDTHH:MM:SS+hh:mm */
  const char *t = local.len >= 16 ? local.data : "0000-00-00T00:00";
  snprintf(out, EXPORT_NAME_BYTES, "audit-log-complete-%.10s-%.2s%.2s.%s", t, t + 11, t + 14,
           format == EXPORT_CSV ? "csv" : "ndjson");
  buffer_free(&local);
}

const char *export_media(enum export_format format) {
  return format == EXPORT_CSV ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson";
}

int export_count(struct export *x, struct error *err) {
  struct read_stats stats;
  int code = read_stats(x->question.snapshot, &x->question.query, &stats, err);
  if (code) return code;
  x->count = stats.events;
  return 0;
}

int export_open(struct export *x, struct arena *arena, struct error *err) {
  struct slice *names = NULL;
  uint32_t count = 0;
  int code = 0;
  x->damaged = x->damaged || x->question.query.damage_count > 0;
  if (x->format == EXPORT_CSV)
    code = read_param_names(x->question.snapshot, &x->question.query, arena, &names, &count, err);
  if (code) return code;
  if (x->format == EXPORT_CSV) x->csv = csv_new(names, count, x->question.tz);
  return cursor_open(x->question.snapshot, &x->question.query, x->order, NULL, &x->cursor, err);
}

static int flush(struct export *x, int (*put)(void *arg, struct slice bytes), void *arg) {
  if (x->queue.overflowed) return ERR_TOO_LARGE;
  int code = put(arg, buffer_slice(&x->queue));
  buffer_clear(&x->queue);
  return code;
}

static void begin(struct export *x) {
  if (x->format != EXPORT_CSV) return;
  if (x->with_bom) buffer_append_text(&x->queue, "\xEF\xBB\xBF");
  csv_append_header(x->csv, &x->queue);
}

static void write_event(struct export *x, const struct event *e) {
  if (x->format == EXPORT_CSV) {
    csv_append_event(x->csv, e, &x->queue);
  } else {
    event_append_json(e, x->form, &x->queue);
    buffer_append_char(&x->queue, '\n');
  }
  x->written++;
}

static void end(struct export *x) {
  if (x->format != EXPORT_NDJSON) return;
  buffer_printf(&x->queue, "{\"daybook_export\":{\"count\":%llu,\"complete\":%s", (unsigned long long)x->written,
                x->damaged ? "false" : "true");
  question_append_warnings(&x->question, &x->queue);
  buffer_append_text(&x->queue, "}}\n");
}

/* Whole batches go out, up to the one that cannot be read. */
static int write_events(struct export *x, struct read_ahead *ahead, int (*put)(void *arg, struct slice bytes),
                        void *arg, struct error *err) {
  const struct event *events;
  uint32_t count;
  for (;;) {
    int code = read_ahead_next(ahead, &events, &count, err);
    if (code) return code;
    for (uint32_t i = 0; code == 0 && i < count; i++) {
      write_event(x, &events[i]);
      if (x->queue.len >= API_QUEUE_BYTES || x->queue.overflowed) code = flush(x, put, arg);
    }
    if (code) return code;
  }
}

int export_produce(struct export *x, int (*put)(void *arg, struct slice bytes), void *arg, struct error *err) {
  struct read_ahead *ahead = read_ahead_open(x->cursor, x->count);
  begin(x);
  int code = write_events(x, ahead, put, arg, err);
  read_ahead_close(ahead);
  if (code != ERR_END) return code;
  x->damaged = x->damaged || x->question.query.damage_count > 0;
  if (x->written != x->count && !x->damaged)
    return error_set(err, ERR_CORRUPT, "an export wrote %llu events of %llu", (unsigned long long)x->written,
                     (unsigned long long)x->count);
  end(x);
  return flush(x, put, arg);
}
