/* The tables beside the findings: failed log-ins by user, address and country, log-ins by country, and by hour of the
 * week. All are exact counts of the store. */
#include <stdlib.h>

#include "api/insights.h"
#include "base/fold.h"

enum { ROWS = 20, WEEK_HOURS = 168, CHUNK_HOURS = 4800, BUCKETS_WITH_Q = 27 * WEEK_HOURS };

static const int64_t hour_us = INT64_C(3600) * 1000000;

void insights_append_term(struct buffer *out, const char *name, struct slice value) {
  buffer_append_text(out, name);
  buffer_append_text(out, ":\"");
  for (size_t i = 0; i < value.len; i++) {
    if (value.data[i] == '"' || value.data[i] == '\\') buffer_append_char(out, '\\');
    buffer_append_char(out, value.data[i]);
  }
  buffer_append_char(out, '"');
}

void insights_append_q(const struct insights *in, const char *text, struct slice terms, struct buffer *out) {
  struct buffer whole;
  buffer_init(&whole, INSIGHTS_TEXT_BYTES);
  buffer_append_slice(&whole, in->q);
  if (in->q.len > 0) buffer_append_char(&whole, ' ');
  buffer_append_text(&whole, text);
  if (terms.len > 0) buffer_append_char(&whole, ' ');
  buffer_append_slice(&whole, terms);
  buffer_append_text(out, ",\"q\":");
  json_append_string(out, buffer_slice(&whole));
  buffer_free(&whole);
}

/* ---- By value ---- */

/* Values that differ in case alone are one, as they are for q; sums, most frequent first. */
struct row {
  struct slice value, folded;
  uint64_t counts[2]; /* of the first and of the second filter */
};
struct table {
  struct row *rows;
  uint32_t count;
};

static struct row *find_row(struct insights *in, struct table *t, struct slice value, struct buffer *scratch) {
  struct slice folded = fold(value, scratch);
  for (uint32_t i = 0; i < t->count; i++)
    if (slice_equal(t->rows[i].folded, folded)) return &t->rows[i];
  if (t->count == 2 * LIMIT_TOP_VALUES) return NULL;
  struct row *row = &t->rows[t->count++];
  *row = (struct row){.value = value, .folded = arena_copy(in->arena, folded)};
  return row;
}

static int compare_rows(const void *left, const void *right) {
  const struct row *a = left, *b = right;
  if (a->counts[0] != b->counts[0]) return a->counts[0] > b->counts[0] ? -1 : 1;
  if (a->counts[1] != b->counts[1]) return a->counts[1] > b->counts[1] ? -1 : 1;
  return slice_compare(a->value, b->value);
}

static int add_values(struct insights *in, const char *text, enum field_id field, unsigned column, struct table *t,
                      struct error *err) {
  struct filter filter = insights_filter(in, text);
  struct read_query query = insights_query(in, &filter, in->from_us, in->to_us);
  struct filter_field by = {field, {NULL, 0}};
  struct value_count *values;
  uint32_t count;
  struct buffer scratch;
  int code = read_top(in->question.snapshot, &query, by, slice_of("", 0), LIMIT_TOP_VALUES, in->arena, &values, &count,
                      NULL, err);
  buffer_init(&scratch, FOLD_GROWTH * LIMIT_EVENT_BYTES);
  for (uint32_t i = 0; i < count && code == 0; i++) {
    struct row *row = find_row(in, t, values[i].value, &scratch);
    if (row) row->counts[column] += values[i].count;
  }
  buffer_free(&scratch);
  return code;
}

static void append_value_q(const struct insights *in, const char *text, const char *name, struct slice value,
                           struct buffer *out) {
  struct buffer term;
  buffer_init(&term, INSIGHTS_TEXT_BYTES);
  insights_append_term(&term, name, value);
  insights_append_q(in, text, buffer_slice(&term), out);
  buffer_free(&term);
}

static struct table new_table(struct insights *in) {
  return (struct table){.rows = arena_take(in->arena, 2 * LIMIT_TOP_VALUES * sizeof(struct row))};
}

static int append_failed(struct insights *in, const char *member, enum field_id field, const char *name,
                         struct buffer *out, struct error *err) {
  struct table t = new_table(in);
  int code = add_values(in, insights_failed_q, field, 0, &t, err);
  if (code) return code;
  qsort(t.rows, t.count, sizeof *t.rows, compare_rows);
  buffer_printf(out, ",\"%s\":[", member);
  for (uint32_t i = 0; i < t.count && i < ROWS; i++) {
    buffer_append_text(out, i ? ",{\"value\":" : "{\"value\":");
    json_append_string(out, t.rows[i].value);
    buffer_printf(out, ",\"count\":%llu", (unsigned long long)t.rows[i].counts[0]);
    append_value_q(in, insights_failed_q, name, t.rows[i].value, out);
    buffer_append_char(out, '}');
  }
  buffer_append_char(out, ']');
  return 0;
}

/* Every country, for a map. */
static int append_countries(struct insights *in, struct buffer *out, struct error *err) {
  struct table t = new_table(in);
  int code = add_values(in, insights_succeeded_q, FIELD_GEO_COUNTRY, 0, &t, err);
  if (code == 0) code = add_values(in, insights_failed_q, FIELD_GEO_COUNTRY, 1, &t, err);
  if (code) return code;
  qsort(t.rows, t.count, sizeof *t.rows, compare_rows);
  buffer_append_text(out, ",\"countries\":[");
  for (uint32_t i = 0; i < t.count; i++) {
    buffer_append_text(out, i ? ",{\"value\":" : "{\"value\":");
    json_append_string(out, t.rows[i].value);
    buffer_printf(out, ",\"logins\":%llu,\"failures\":%llu", (unsigned long long)t.rows[i].counts[0],
                  (unsigned long long)t.rows[i].counts[1]);
    append_value_q(in, "log:auth action:login", "country", t.rows[i].value, out);
    buffer_append_char(out, '}');
  }
  buffer_append_char(out, ']');
  return 0;
}

/* ---- By hour of the week ---- */

struct hour {
  int64_t from_us, to_us;
  unsigned week_hour;
};
struct week {
  uint64_t counts[2][WEEK_HOURS]; /* log-ins, failures */
  struct hour *hours;             /* of the range; BUCKETS_WITH_Q at most */
  uint32_t hour_count;
  bool too_long; /* for a q of each cell */
};

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t sooner(int64_t a, int64_t b) { return a < b ? a : b; }

static void note_hours(struct insights *in, struct week *w, const int64_t *bounds, uint32_t count, int64_t from_us,
                       int64_t to_us) {
  for (uint32_t i = 0; i < count && !w->too_long; i++) {
    struct hour h = {later(bounds[i], from_us), sooner(bounds[i + 1], to_us),
                     query_clock_week_hour(in->clock, bounds[i])};
    if (h.from_us >= h.to_us) continue;
    w->too_long = w->hour_count == BUCKETS_WITH_Q;
    if (!w->too_long) w->hours[w->hour_count++] = h;
  }
}

static int count_chunk(struct insights *in, const struct filter filters[2], int64_t from_us, int64_t to_us,
                       struct week *w, struct error *err) {
  int64_t *bounds;
  uint32_t count, n;
  const char *interval;
  struct arena arena;
  arena_init(&arena, 4 << 20);
  int code = query_buckets(from_us, to_us, SLICE("1h"), in->question.tz, &arena, &bounds, &count, &interval, err);
  for (unsigned f = 0; f < 2 && code == 0; f++) {
    struct read_query query = insights_query(in, &filters[f], from_us, to_us);
    struct histogram_series *series;
    code = read_histogram(in->question.snapshot, &query, bounds, count, NULL, &arena, &series, &n, err);
    for (uint32_t i = 0; code == 0 && n > 0 && i < count; i++)
      if (series[0].counts[i] > 0) w->counts[f][query_clock_week_hour(in->clock, bounds[i])] += series[0].counts[i];
  }
  if (code == 0) note_hours(in, w, bounds, count, from_us, to_us);
  arena_free(&arena);
  return code;
}

static void append_cell_q(const struct insights *in, const struct week *w, unsigned cell, struct buffer *out) {
  struct buffer terms;
  char text[INSTANT_TEXT_BYTES];
  buffer_init(&terms, INSIGHTS_TEXT_BYTES);
  for (uint32_t i = 0; i < w->hour_count; i++) {
    if (w->hours[i].week_hour != cell) continue;
    buffer_append_text(&terms, terms.len ? "," : "occurred_at:");
    buffer_append(&terms, text, instant_format(w->hours[i].from_us, 6, text));
    buffer_append_text(&terms, "..");
    buffer_append(&terms, text, instant_format(w->hours[i].to_us - 1, 6, text));
  }
  insights_append_q(in, "log:auth action:login", buffer_slice(&terms), out);
  buffer_free(&terms);
}

static void append_cells(const struct insights *in, const struct week *w, struct buffer *out) {
  bool first = true;
  for (unsigned cell = 0; cell < WEEK_HOURS; cell++) {
    uint64_t logins = w->counts[0][cell], failures = w->counts[1][cell];
    if (logins + failures == 0) continue;
    buffer_printf(out, "%s{\"weekday\":%u,\"hour\":%u,\"logins\":%llu,\"failures\":%llu", first ? "" : ",",
                  cell / 24 + 1, cell % 24, (unsigned long long)logins, (unsigned long long)failures);
    first = false;
    if (w->too_long)
      buffer_append_text(out, ",\"q\":null");
    else
      append_cell_q(in, w, cell, out);
    buffer_append_char(out, '}');
  }
}

static int append_hours(struct insights *in, struct buffer *out, struct error *err) {
  const struct filter filters[2] = {insights_filter(in, insights_succeeded_q), insights_filter(in, insights_failed_q)};
  struct week *w = calloc(1, sizeof *w);
  if (!w) abort();
  w->hours = malloc(BUCKETS_WITH_Q * sizeof *w->hours);
  if (!w->hours) abort();
  int code = 0;
  for (int64_t at = in->from_us; at < in->to_us && code == 0; at += CHUNK_HOURS * hour_us)
    code = count_chunk(in, filters, at, sooner(at + CHUNK_HOURS * hour_us, in->to_us), w, err);
  if (code == 0) {
    buffer_append_text(out, ",\"hours\":[");
    append_cells(in, w, out);
    buffer_append_char(out, ']');
  }
  free(w->hours);
  free(w);
  return code;
}

/* ---- The whole ---- */

static int append_totals(struct insights *in, struct buffer *out, struct error *err) {
  const char *const texts[2] = {insights_succeeded_q, insights_failed_q}, *const names[2] = {"logins", "failures"};
  for (unsigned i = 0; i < 2; i++) {
    struct filter filter = insights_filter(in, texts[i]);
    uint64_t count;
    int code = insights_count(in, &filter, in->from_us, in->to_us, &count, err);
    if (code) return code;
    buffer_printf(out, "%s\"%s\":{\"count\":%llu", i ? "," : "", names[i], (unsigned long long)count);
    insights_append_q(in, texts[i], slice_of("", 0), out);
    buffer_append_char(out, '}');
  }
  return 0;
}

int insights_append_summary(struct insights *in, struct buffer *out, struct error *err) {
  buffer_append_text(out, "\"summary\":{");
  int code = append_totals(in, out, err);
  if (code == 0) code = append_failed(in, "failed_by_user", FIELD_ACTOR_NAME, "actor.name", out, err);
  if (code == 0) code = append_failed(in, "failed_by_address", FIELD_SOURCE_IP, "source.ip", out, err);
  if (code == 0) code = append_failed(in, "failed_by_country", FIELD_GEO_COUNTRY, "country", out, err);
  if (code == 0) code = append_countries(in, out, err);
  if (code == 0) code = append_hours(in, out, err);
  buffer_append_char(out, '}');
  return code;
}
