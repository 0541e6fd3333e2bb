/* GET /v1/stats, /v1/histogram, /v1/top and /v1/values: exact counts over what a filter finds. */
#include "api/internal.h"
#include "base/fold.h"

int stats_get(struct http_request *r, void *api, struct error *err) {
  struct question q;
  struct read_stats stats;
  int code = question_open(r, api, true, &q, err);
  if (code == 0) code = read_stats(q.snapshot, &q.query, &stats, err);
  if (code == 0) {
    struct buffer *out = http_answer(r);
    buffer_printf(out, "{\"events\":%llu,\"actors\":%llu,\"domains\":%llu", (unsigned long long)stats.events,
                  (unsigned long long)stats.actors, (unsigned long long)stats.domains);
    question_append_warnings(&q, out);
    buffer_append_char(out, '}');
  }
  question_close(&q);
  return code;
}

/* ---- Histogram ---- */

struct histogram {
  struct question question;
  struct filter_field by;
  bool is_split, empty;
  struct slice wanted_interval;
  const char *interval;
  int64_t *bounds;
  uint32_t bucket_count;
};

static int parse_histogram(struct http_request *r, struct api *a, struct histogram *h, struct error *err) {
  struct slice text;
  h->wanted_interval = SLICE("auto");
  http_param(r, "interval", &h->wanted_interval);
  if (http_param(r, "by", &text) && text.len > 0) {
    int code = param_field(r, "by", &h->by, err);
    if (code) return code;
    h->is_split = true;
  }
  int code = question_open(r, a, true, &h->question, err);
  if (code == 0) code = question_bound_times(r, &h->question, &h->empty, err);
  if (code) return code;
  struct read_query *q = &h->question.query;
  int64_t from = h->empty ? 0 : q->from_us, to = h->empty ? 0 : q->to_us;
  if (from >= to) { /* no bucket at all, but a bad interval is still refused */
    h->empty = true;
    to = from + 1;
  }
  code = query_buckets(from, to, h->wanted_interval, h->question.tz, http_arena(r), &h->bounds, &h->bucket_count,
                       &h->interval, err);
  return code ? error_wrap(err, code, "interval") : 0;
}

static void append_series(const struct histogram *h, const struct histogram_series *s, struct buffer *out) {
  buffer_append_char(out, '{');
  if (h->is_split) {
    buffer_append_text(out, "\"value\":");
    if (s->value.len > 0)
      json_append_string(out, s->value);
    else
      buffer_append_text(out, "null");
    buffer_append_text(out, s->other ? ",\"other\":true," : ",");
  }
  buffer_append_text(out, "\"counts\":[");
  for (uint32_t i = 0; i < h->bucket_count; i++) {
    if (i > 0) buffer_append_char(out, ',');
    buffer_append_u64(out, s->counts[i]);
  }
  buffer_append_text(out, "]}");
}

static int write_histogram(struct http_request *r, struct histogram *h, struct error *err) {
  struct histogram_series *series = NULL;
  uint32_t count = 0;
  int code = h->empty ? 0
                      : read_histogram(h->question.snapshot, &h->question.query, h->bounds, h->bucket_count,
                                       h->is_split ? &h->by : NULL, http_arena(r), &series, &count, err);
  if (code) return code;
  struct buffer *out = http_answer(r);
  buffer_append_text(out, "{\"interval\":");
  json_append_string(out, slice_from(h->interval));
  buffer_append_text(out, ",\"tz\":");
  json_append_string(out, slice_from(h->question.tz));
  buffer_append_text(out, ",\"by\":");
  if (h->is_split)
    append_field_name(out, h->by);
  else
    buffer_append_text(out, "null");
  buffer_append_text(out, ",\"bounds\":[");
  for (uint32_t i = 0; !h->empty && i <= h->bucket_count; i++) {
    if (i > 0) buffer_append_char(out, ',');
    append_instant(out, h->bounds[i], 0);
  }
  buffer_append_text(out, "],\"series\":[");
  for (uint32_t i = 0; i < count; i++) {
    if (i > 0) buffer_append_char(out, ',');
    append_series(h, &series[i], out);
  }
  buffer_append_char(out, ']');
  question_append_warnings(&h->question, out);
  buffer_append_char(out, '}');
  return 0;
}

int histogram_get(struct http_request *r, void *api, struct error *err) {
  struct histogram h = {.is_split = false};
  int code = parse_histogram(r, api, &h, err);
  if (code == 0) code = write_histogram(r, &h, err);
  question_close(&h.question);
  return code;
}

/* ---- Most frequent values ---- */

static int write_top(struct http_request *r, struct question *q, struct filter_field field, struct slice prefix,
                     uint32_t limit, struct error *err) {
  struct value_count *values;
  uint32_t count;
  uint64_t distinct;
  int code = read_top(q->snapshot, &q->query, field, prefix, limit, http_arena(r), &values, &count, &distinct, err);
  if (code) return code;
  struct buffer *out = http_answer(r);
  buffer_append_text(out, "{\"field\":");
  append_field_name(out, field);
  buffer_append_text(out, ",\"values\":[");
  for (uint32_t i = 0; i < count; i++) {
    buffer_append_text(out, i ? ",{\"value\":" : "{\"value\":");
    json_append_string(out, values[i].value);
    buffer_printf(out, ",\"count\":%llu}", (unsigned long long)values[i].count);
  }
  buffer_printf(out, "],\"distinct\":%llu", (unsigned long long)distinct);
  question_append_warnings(q, out);
  buffer_append_char(out, '}');
  return 0;
}

static int answer_top(struct http_request *r, struct api *a, struct slice prefix, struct error *err) {
  struct question q = {.snapshot = NULL};
  struct filter_field field;
  uint32_t limit;
  int code = param_number(r, "limit", 1, LIMIT_TOP_VALUES, 10, &limit, err);
  if (code == 0) code = param_field(r, "field", &field, err);
  if (code == 0) code = question_open(r, a, true, &q, err);
  if (code == 0) code = write_top(r, &q, field, prefix, limit, err);
  question_close(&q);
  return code;
}

int top_get(struct http_request *r, void *api, struct error *err) { return answer_top(r, api, slice_of("", 0), err); }

int values_get(struct http_request *r, void *api, struct error *err) {
  struct slice prefix = {"", 0};
  struct buffer scratch;
  http_param(r, "prefix", &prefix);
  buffer_init(&scratch, 8 * LIMIT_EVENT_BYTES); /* folding grows text up to three times; an address has a limit */
  int code = answer_top(r, api, fold(prefix, &scratch), err);
  buffer_free(&scratch);
  return code;
}
