/* GET /v1/export: everything a filter finds, streamed.
 *
 * A cut download must be visible: the number of events is announced before the first (X-Daybook-Count, also to HEAD),
 * NDJSON ends with a trailer record, and where anything fails on the way the connection is broken off without the
 * chunk that ends a body. Count and rows come from one snapshot, so that they agree. */
#include <stdio.h>
#include <stdlib.h>

#include "api/internal.h"

enum export_format { EXPORT_CSV, EXPORT_NDJSON };

struct export {
  struct question question;
  enum export_format format;
  enum event_form form;
  enum read_order order;
  bool with_bom, damaged;
  struct csv *csv;
  struct cursor *cursor;
  uint64_t count, written;
  struct arena arena; /* of one event */
  struct buffer queue;
};

static void export_free(void *state) {
  struct export *x = state;
  if (x->cursor) cursor_close(x->cursor);
  question_close(&x->question);
  csv_free(x->csv);
  arena_free(&x->arena);
  buffer_free(&x->queue);
  free(x);
}

static int parse_export(struct http_request *r, struct export *x, struct error *err) {
  static const char *const formats[] = {"csv", "ndjson", NULL};
  static const char *const orders[] = {"newest", "oldest", NULL};
  static const char *const forms[] = {"stored", "sent", NULL};
  static const char *const boms[] = {"0", "1", NULL};
  unsigned format, order, form, bom;
  int code = param_choice(r, "format", formats, &format, err);
  if (code == 0) code = param_choice(r, "order", orders, &order, err);
  if (code == 0) code = param_choice(r, "form", forms, &form, err);
  if (code == 0) code = param_choice(r, "bom", boms, &bom, err);
  if (code) return code;
  x->format = format == 0 ? EXPORT_CSV : EXPORT_NDJSON;
  x->order = order == 0 ? NEWEST_FIRST : OLDEST_FIRST;
  x->form = form == 0 ? EVENT_STORED : EVENT_AS_SENT;
  x->with_bom = bom == 1;
  return 0;
}

/* "audit-log-complete-2026-11-20-0915.csv", in the reader's zone. */
static void name_file(struct http_request *r, const struct export *x) {
  struct buffer local;
  char header[96];
  buffer_init(&local, 64);
  query_format_local(x->question.now_us, 0, x->question.tz, &local); /* YYYY-MM-DDTHH:MM:SS+hh:mm */
  if (local.len >= 16) {
    const char *t = local.data;
    snprintf(header, sizeof header, "attachment; filename=\"audit-log-complete-%.10s-%.2s%.2s.%s\"", t, t + 11, t + 14,
             x->format == EXPORT_CSV ? "csv" : "ndjson");
    http_answer_header(r, "Content-Disposition", header);
  }
  buffer_free(&local);
}

static int flush(struct export *x, struct http_stream *s) {
  if (x->queue.overflowed) return ERR_TOO_LARGE;
  int code = http_stream_write(s, buffer_slice(&x->queue));
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

static int produce(struct http_stream *s, void *arg) {
  struct export *x = arg;
  struct error err;
  struct event e;
  int code = 0;
  error_clear(&err);
  begin(x);
  while (code == 0) {
    arena_reset(&x->arena);
    code = cursor_next(x->cursor, &x->arena, &e, &err);
    if (code) break;
    write_event(x, &e);
    if (x->queue.len >= API_QUEUE_BYTES || x->queue.overflowed) code = flush(x, s);
  }
  if (code != ERR_END) return code;
  /* Where nothing was damaged, rows and the announced count must agree: a download is never wrongly called complete. */
  x->damaged = x->damaged || x->question.query.damage_count > 0;
  if (x->written != x->count && !x->damaged) return ERR_CORRUPT;
  end(x);
  return flush(x, s);
}

static int count_events(struct http_request *r, struct export *x, struct error *err) {
  struct read_stats stats;
  char number[24];
  int code = read_stats(x->question.snapshot, &x->question.query, &stats, err);
  if (code) return code;
  x->count = stats.events;
  snprintf(number, sizeof number, "%llu", (unsigned long long)stats.events);
  http_answer_header(r, "X-Daybook-Count", number);
  if (x->question.query.damage_count) {
    snprintf(number, sizeof number, "%u", x->question.query.damage_count);
    http_answer_header(r, "X-Daybook-Damages", number);
    x->damaged = true;
    x->question.query.damage_count = 0;
  }
  return 0;
}

static int open_csv(struct http_request *r, struct export *x, struct error *err) {
  struct slice *names = NULL;
  uint32_t count = 0;
  int code = read_param_names(x->question.snapshot, &x->question.query, http_arena(r), &names, &count, err);
  if (code) return code;
  x->question.query.damage_count = 0;
  x->csv = csv_new(names, count, x->question.tz);
  return 0;
}

int export_get(struct http_request *r, void *api, struct error *err) {
  struct export *x = calloc(1, sizeof *x);
  if (!x) abort();
  arena_init(&x->arena, API_EVENT_ARENA_BYTES);
  buffer_init(&x->queue, 16 * 1024 * 1024);
  http_set_state(r, x, export_free);
  int code = parse_export(r, x, err);
  if (code == 0) code = question_open(r, api, false, &x->question, err);
  if (code == 0 && x->format == EXPORT_CSV) code = open_csv(r, x, err);
  if (code == 0) code = count_events(r, x, err);
  if (code == 0 && !http_is_head(r))
    code = cursor_open(x->question.snapshot, &x->question.query, x->order, NULL, &x->cursor, err);
  if (code) return code;
  name_file(r, x);
  http_answer_as(r, 200, x->format == EXPORT_CSV ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson");
  return http_answer_stream(r, produce, x, err);
}
