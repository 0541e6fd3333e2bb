#include "tests/property/oracle_checks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fold.h"
#include "base/instant.h"
#include "query/query.h"
#include "tests/property/random_query.h"

enum { MAX_DIFFERENCES = 10 };

void expect(struct tally_of_run *run, bool holds, const char *format, ...) {
  if (holds) return;
  va_list args;
  fprintf(stderr, "DIFFERENCE with DAYBOOK_SEED=%llu: ", (unsigned long long)run->seed);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fprintf(stderr, "\n");
  if (run->query) fprintf(stderr, "  query: %s\n  where: %.2000s\n", run->query, run->where);
  if (++run->differences >= MAX_DIFFERENCES) exit(EXIT_FAILURE);
}

/* ---- A question ---- */

struct question {
  struct tally_of_run *run;
  struct random *random;
  struct snapshot *snapshot;
  struct oracle *oracle;
  struct read_query query;
  uint32_t *matches, count; /* the oracle's, oldest first */
  struct arena arena;
};

static void expect_ok(struct question *q, int rc, const struct error *err, const char *what) {
  expect(q->run, rc == 0, "%s: %s: %s", what, error_text(rc), err->message);
  expect(q->run, q->query.damage_count == 0, "%s: %u damages: %s", what, q->query.damage_count,
         q->query.damages[0].detail);
}

static struct read_position position_of(const struct event *e) {
  return (struct read_position){e->occurred_at_us, event_text(e, FIELD_TENANT), e->seq};
}

static int compare_positions(const struct read_position *a, const struct read_position *b) {
  if (a->occurred_at_us != b->occurred_at_us) return a->occurred_at_us < b->occurred_at_us ? -1 : 1;
  int c = slice_compare(a->tenant, b->tenant);
  return c ? c : (a->seq > b->seq) - (a->seq < b->seq);
}

/* The i-th match in the order of reading. */
static const struct known *expected(const struct question *q, enum read_order order, uint32_t i) {
  return &q->oracle->known[q->matches[order == NEWEST_FIRST ? q->count - 1 - i : i]];
}

static bool same_event(const struct event *e, const struct known *k) {
  return e->seq == k->event.seq && slice_equal(event_text(e, FIELD_TENANT), k->tenant);
}

static void check_bytes(struct question *q, const struct event *e, const struct known *k) {
  struct buffer json;
  buffer_init(&json, 16 * LIMIT_EVENT_BYTES);
  event_append_json(e, EVENT_STORED, &json);
  expect(q->run, slice_equal(buffer_slice(&json), k->stored_json), "stored form:\n  is  %.*s\n  not %.*s",
         SLICE_ARGS(buffer_slice(&json)), SLICE_ARGS(k->stored_json));
  buffer_clear(&json);
  event_append_json(e, EVENT_AS_SENT, &json);
  expect(q->run, slice_equal(buffer_slice(&json), k->sent_json), "form as sent:\n  is  %.*s\n  not %.*s",
         SLICE_ARGS(buffer_slice(&json)), SLICE_ARGS(k->sent_json));
  expect(q->run, e->received_at_us == k->event.received_at_us && e->occurred_at_us == k->event.occurred_at_us,
         "times of %.*s:%llu", SLICE_ARGS(k->tenant), (unsigned long long)k->event.seq);
  buffer_free(&json);
}

/* Reads at most `limit` events behind `after` and compares them with the matches from `first` on. Returns how many
 * were read; *last_out is where they end. */
static uint32_t check_page(struct question *q, enum read_order order, const struct read_position *after, uint32_t first,
                           uint32_t limit, bool bytes, struct read_position *last_out) {
  struct error err = {0};
  struct cursor *cursor;
  uint32_t count = 0;
  const char *way = order == NEWEST_FIRST ? "newest first" : "oldest first";
  expect_ok(q, cursor_open(q->snapshot, &q->query, order, after, &cursor, &err), &err, "open a cursor");
  struct arena arena;
  arena_init(&arena, 64 * LIMIT_EVENT_BYTES);
  while (count < limit) {
    struct event e;
    arena_reset(&arena);
    int rc = cursor_next(cursor, &arena, &e, &err);
    if (rc == ERR_END) break;
    expect_ok(q, rc, &err, "read the next event");
    if (rc) break;
    uint32_t i = first + count;
    bool same = i < q->count && same_event(&e, expected(q, order, i));
    expect(q->run, same, "%s, event %u of %u is %.*s:%llu instead of %.*s:%llu", way, i, q->count,
           SLICE_ARGS(event_text(&e, FIELD_TENANT)), (unsigned long long)e.seq,
           i < q->count ? (int)expected(q, order, i)->tenant.len : 4,
           i < q->count ? expected(q, order, i)->tenant.data : "none",
           i < q->count ? (unsigned long long)expected(q, order, i)->event.seq : 0);
    if (!same) break;
    if (bytes || count < 2) check_bytes(q, &e, expected(q, order, i));
    count++;
    *last_out = position_of(&expected(q, order, i)->event);
  }
  uint32_t left = q->count - first, due = left < limit ? left : limit;
  expect(q->run, count >= due, "%s from %u: %u of %u events; the next is %.*s:%llu", way, first, count, due,
         count < due ? (int)expected(q, order, first + count)->tenant.len : 0,
         count < due ? expected(q, order, first + count)->tenant.data : "",
         count < due ? (unsigned long long)expected(q, order, first + count)->event.seq : 0);
  expect_ok(q, 0, &err, "read");
  arena_free(&arena);
  cursor_close(cursor);
  return count;
}

static void check_pages(struct question *q, enum read_order order) {
  struct read_position at;
  uint32_t first = 0, limit = 1 + (uint32_t)random_below(q->random, q->count + 10u);
  if (q->oracle->count == 0) return;
  at = position_of(&q->oracle->known[random_below(q->random, q->oracle->count)].event);
  if (random_chance(q->random, 30)) at.seq += random_below(q->random, 3);
  if (random_chance(q->random, 10)) at.tenant = SLICE("b");
  while (first < q->count) {
    struct read_position here = position_of(&expected(q, order, first)->event);
    int c = compare_positions(&here, &at);
    if (order == NEWEST_FIRST ? c < 0 : c > 0) break;
    first++;
  }
  for (int page = 0; page < 4; page++) {
    uint32_t got = check_page(q, order, &at, first, limit, false, &at);
    first += got;
    if (got < limit || q->run->differences > 0) break;
  }
}

/* ---- Counts ---- */

static void check_stats(struct question *q) {
  struct read_stats is = {0}, should = oracle_stats(q->oracle);
  struct error err = {0};
  expect_ok(q, read_stats(q->snapshot, &q->query, &is, &err), &err, "stats");
  expect(q->run, is.events == should.events && is.actors == should.actors && is.domains == should.domains,
         "stats: %llu events, %llu actors, %llu domains instead of %llu, %llu, %llu", (unsigned long long)is.events,
         (unsigned long long)is.actors, (unsigned long long)is.domains, (unsigned long long)should.events,
         (unsigned long long)should.actors, (unsigned long long)should.domains);
}

/* A field whose values can be counted. */
static struct filter_field some_field(struct question *q) {
  struct slice value, key;
  for (;;) {
    const struct field *f = field_get((enum field_id)random_below(q->random, FIELD_COUNT));
    if (f->kind == KIND_TIME || f->kind == KIND_SEQ || f->kind == KIND_SHAPE) continue;
    if (random_chance(q->random, 15)) f = field_get(FIELD_PARAMS);
    if (f->id != FIELD_PARAMS) return (struct filter_field){f->id, SLICE("")};
    if (random_value(q->random, q->oracle, "params", &value, &key)) return (struct filter_field){f->id, key};
  }
}

static void check_top(struct question *q) {
  struct filter_field field = some_field(q);
  const char *path = arena_string(&q->arena, field_get(field.field)->path);
  struct slice value, key, prefix = SLICE("");
  struct buffer folded;
  buffer_init(&folded, 16 * LIMIT_EVENT_BYTES);
  if (random_chance(q->random, 40) && random_value(q->random, q->oracle, path, &value, &key) && value.len > 0) {
    size_t len = 1 + random_below(q->random, value.len < 6 ? value.len : 6);
    while (len < value.len && ((unsigned char)value.data[len] & 0xc0) == 0x80) len++;
    prefix = arena_copy(&q->arena, fold(slice_of(value.data, len), &folded));
  }
  uint32_t limit = 1 + (uint32_t)random_below(q->random, 40), count = 0, all = 0;
  uint64_t distinct = 0;
  struct value_count *is = NULL;
  struct error err = {0};
  struct oracle_count *should = oracle_top(q->oracle, path, field.key, prefix, &q->arena, &all);
  expect_ok(q, read_top(q->snapshot, &q->query, field, prefix, limit, &q->arena, &is, &count, &distinct, &err), &err,
            "top");
  expect(q->run, distinct == all && count == (all < limit ? all : limit),
         "top of %s %.*s prefix \"%.*s\": %u values, %llu in all, instead of %u", path, SLICE_ARGS(field.key),
         SLICE_ARGS(prefix), count, (unsigned long long)distinct, all);
  for (uint32_t i = 0; i < count && i < all; i++)
    expect(q->run, slice_equal(is[i].value, should[i].value) && is[i].count == should[i].count,
           "top of %s %.*s, value %u: \"%.*s\" %llu instead of \"%.*s\" %llu", path, SLICE_ARGS(field.key), i,
           SLICE_ARGS(is[i].value), (unsigned long long)is[i].count, SLICE_ARGS(should[i].value),
           (unsigned long long)should[i].count);
  free(should);
  buffer_free(&folded);
}

struct histogram {
  const int64_t *bounds;
  uint32_t buckets, series_count;
  struct filter_field field;
  const char *path;
  struct histogram_series *series;
};

static void expect_counts(struct question *q, const struct histogram *h, const char *label, const uint64_t *is,
                          const uint64_t *should) {
  for (uint32_t b = 0; b < h->buckets; b++)
    expect(q->run, is[b] == should[b], "histogram by %s, series \"%s\", bucket %u: %llu instead of %llu", h->path,
           label, b, (unsigned long long)is[b], (unsigned long long)should[b]);
}

/* The matches that the histogram is about: those within its bounds decide which values are the most frequent. */
static void narrow_to_bounds(struct question *q, const struct histogram *h) {
  char where[100];
  snprintf(where, sizeof where, "occurred_at >= %lld AND occurred_at < %lld", (long long)h->bounds[0],
           (long long)h->bounds[h->buckets]);
  oracle_narrow(q->oracle, where);
}

/* Each value's series, most frequent first. */
static void check_named(struct question *q, const struct histogram *h, const struct oracle_count *values,
                        uint32_t named, const uint64_t *counts) {
  for (uint32_t i = 0; i < named && i < h->series_count; i++) {
    expect(q->run, slice_equal(h->series[i].value, values[i].value) && !h->series[i].other,
           "histogram by %s: series %u is \"%.*s\" instead of \"%.*s\"", h->path, i, SLICE_ARGS(h->series[i].value),
           SLICE_ARGS(values[i].value));
    expect_counts(q, h, "a value", h->series[i].counts, counts + (size_t)h->buckets * i);
  }
}

/* After the values the series of events without any and the sum of the values too many to be shown, where not empty. */
static void check_split(struct question *q, const struct histogram *h) {
  uint32_t all = 0;
  narrow_to_bounds(q, h);
  struct oracle_count *values = oracle_top(q->oracle, h->path, h->field.key, SLICE(""), &q->arena, &all);
  uint64_t *counts = calloc(((size_t)all + 2) * h->buckets, sizeof *counts), none_total = 0;
  if (!counts) abort();
  uint64_t *none = counts + (size_t)all * h->buckets, *other = none + h->buckets;
  uint32_t named = all < LIMIT_HISTOGRAM_SERIES ? all : LIMIT_HISTOGRAM_SERIES, at = named;
  oracle_buckets_of_values(q->oracle, h->bounds, h->buckets, h->path, h->field.key, values, all, counts);
  oracle_buckets(q->oracle, h->bounds, h->buckets, h->path, h->field.key, none);
  check_named(q, h, values, named, counts);
  for (uint32_t b = 0; b < h->buckets; b++) {
    none_total += none[b];
    for (uint32_t v = named; v < all; v++) other[b] += counts[(size_t)h->buckets * v + b];
  }
  expect(q->run, h->series_count == named + (none_total > 0) + (all > named),
         "histogram by %s: %u series of %u values, %llu events without", h->path, h->series_count, all,
         (unsigned long long)none_total);
  if (none_total > 0 && at < h->series_count) expect_counts(q, h, "(none)", h->series[at++].counts, none);
  if (all > named && at < h->series_count) {
    expect(q->run, h->series[at].other, "histogram by %s: the last series is of other values", h->path);
    expect_counts(q, h, "(other)", h->series[at].counts, other);
  }
  free(values);
  free(counts);
}

static int compare_times(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void check_histogram(struct question *q) {
  int64_t bounds[16];
  uint64_t counts[16];
  struct histogram h = {.bounds = bounds, .buckets = 1 + (uint32_t)random_below(q->random, 12)};
  for (uint32_t i = 0; i <= h.buckets; i++)
    bounds[i] = q->oracle->known[random_below(q->random, q->oracle->count)].event.occurred_at_us +
                (int64_t)random_below(q->random, 3) - 1;
  qsort(bounds, h.buckets + 1, sizeof *bounds, compare_times);
  for (uint32_t i = 1; i <= h.buckets; i++)
    if (bounds[i] <= bounds[i - 1]) bounds[i] = bounds[i - 1] + 1;
  h.field = some_field(q);
  bool split = random_chance(q->random, 60);
  h.path = split ? arena_string(&q->arena, field_get(h.field.field)->path) : "nothing";
  struct error err = {0};
  expect_ok(q,
            read_histogram(q->snapshot, &q->query, bounds, h.buckets, split ? &h.field : NULL, &q->arena, &h.series,
                           &h.series_count, &err),
            &err, "histogram");
  if (split) {
    check_split(q, &h);
    return;
  }
  expect(q->run, h.series_count == 1, "histogram: %u series", h.series_count);
  oracle_buckets(q->oracle, bounds, h.buckets, NULL, SLICE(""), counts);
  if (h.series_count == 1) expect_counts(q, &h, "", h.series[0].counts, counts);
}

static void check_param_names(struct question *q) {
  struct slice *is = NULL;
  uint32_t count = 0, due = 0;
  struct error err = {0};
  struct slice *should = oracle_param_names(q->oracle, &q->arena, &due);
  expect_ok(q, read_param_names(q->snapshot, &q->query, &q->arena, &is, &count, &err), &err, "parameter names");
  expect(q->run, count == due, "%u parameter names instead of %u", count, due);
  for (uint32_t i = 0; i < count && i < due; i++)
    expect(q->run, slice_equal(is[i], should[i]), "parameter name \"%.*s\" instead of \"%.*s\"", SLICE_ARGS(is[i]),
           SLICE_ARGS(should[i]));
  free(should);
}

/* ---- Lookups ---- */

/* Whether the event is among the matches of an empty query. */
static void check_lookup(struct question *q, uint32_t ev, bool visible) {
  const struct known *k = &q->oracle->known[ev];
  struct event e;
  struct error err = {0};
  arena_reset(&q->arena);
  int rc = read_event(q->snapshot, q->query.scope, k->tenant, k->event.seq, &q->arena, &e, &err);
  expect(q->run, rc == (visible ? 0 : ERR_NOT_FOUND), "lookup of %.*s:%llu gives %s (%s)", SLICE_ARGS(k->tenant),
         (unsigned long long)k->event.seq, rc ? error_text(rc) : "it", err.message);
  if (rc == 0 && visible) check_bytes(q, &e, k);
}

static void check_lookups(struct question *q) {
  uint32_t count;
  uint32_t *visible = oracle_select(q->oracle, "1", q->query.scope, INSTANT_MIN, INSTANT_MAX, &count);
  for (int i = 0; i < 4; i++) {
    uint32_t ev = (uint32_t)random_below(q->random, q->oracle->count);
    bool seen = false;
    for (uint32_t k = 0; k < count; k++) seen = seen || visible[k] == ev;
    check_lookup(q, ev, seen);
  }
  free(visible);
  struct event e;
  uint64_t beyond = q->oracle->count + 1 + random_below(q->random, 1000);
  expect(q->run, read_event(q->snapshot, q->query.scope, SLICE("acme"), beyond, &q->arena, &e, NULL) == ERR_NOT_FOUND,
         "lookup of acme:%llu, which does not exist", (unsigned long long)beyond);
}

/* ---- Scopes ---- */

enum { GRANTS = 3, WORDS = 3 };
struct random_scope {
  struct scope scope;
  struct scope_grant grants[GRANTS];
  struct slice logs[GRANTS][WORDS], products[GRANTS][WORDS];
};

static void make_scope(struct question *q, struct random_scope *s) {
  static const char *const subtrees[] = {"", "acme", "acme/eu", "acme-2", "globex/a", "acm", "Acme", "initech", "0"};
  static const char *const logs[] = {"admin", "panel", "api", "message", "auth", "billing_2", "Admin"};
  struct random *r = q->random;
  *s = (struct random_scope){.scope = {s->grants, 1}};
  if (random_chance(r, 50)) return; /* everything */
  s->scope.grant_count = (uint32_t)random_below(r, GRANTS + 1);
  for (uint32_t i = 0; i < s->scope.grant_count; i++) {
    struct scope_grant *g = &s->grants[i];
    g->subtree = slice_from(subtrees[random_below(r, sizeof subtrees / sizeof *subtrees)]);
    if (random_chance(r, 35)) {
      g->logs = s->logs[i];
      g->log_count = 1 + (uint32_t)random_below(r, WORDS);
      for (uint32_t k = 0; k < g->log_count; k++) s->logs[i][k] = slice_from(logs[random_below(r, 7)]);
    }
    if (random_chance(r, 35)) {
      struct slice key;
      g->products = s->products[i];
      g->product_count = 1 + (uint32_t)random_below(r, WORDS);
      for (uint32_t k = 0; k < g->product_count; k++)
        if (!random_value(r, q->oracle, "product", &s->products[i][k], &key) || s->products[i][k].len == 0)
          s->products[i][k] = SLICE("Alpha");
    }
  }
}

/* ---- All of it ---- */

static void open_question(struct question *q, struct store *s) {
  if (snapshot_open(s, &q->snapshot)) abort();
  arena_init(&q->arena, 512 * 1024 * 1024);
}

static void close_question(struct question *q) {
  snapshot_close(q->snapshot);
  arena_free(&q->arena);
  free(q->matches);
}

void check_everything(struct tally_of_run *run, struct store *s, struct oracle *o) {
  struct scope_grant all = {0};
  struct scope scope = {&all, 1};
  struct question q = {.run = run, .oracle = o};
  struct read_position last;
  q.query = (struct read_query){.scope = &scope, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX};
  run->query = run->where = NULL;
  open_question(&q, s);
  q.matches = oracle_select(o, "1", &scope, INSTANT_MIN, INSTANT_MAX, &q.count);
  check_page(&q, NEWEST_FIRST, NULL, 0, q.count + 1, true, &last);
  check_page(&q, OLDEST_FIRST, NULL, 0, q.count + 1, false, &last);
  close_question(&q);
}

static void choose_times(struct question *q) {
  q->query.from_us = INSTANT_MIN;
  q->query.to_us = INSTANT_MAX;
  int64_t a = q->oracle->known[random_below(q->random, q->oracle->count)].event.occurred_at_us;
  int64_t b = q->oracle->known[random_below(q->random, q->oracle->count)].event.occurred_at_us;
  if (random_chance(q->random, 25)) q->query.from_us = (a < b ? a : b) + (int64_t)random_below(q->random, 2);
  if (random_chance(q->random, 25)) q->query.to_us = (a < b ? b : a) + (int64_t)random_below(q->random, 2);
}

/* The definition in filter.h, event by event. */
static void check_definition(struct question *q, const struct filter *filter, const char *where) {
  struct scope_grant all = {0};
  struct scope scope = {&all, 1};
  uint32_t count, at = 0;
  uint8_t *found = calloc(q->oracle->count + 1u, 1), *seen = calloc(q->oracle->count + 1u, 1);
  if (!found || !seen) abort();
  uint32_t *list = oracle_select(q->oracle, "1", &scope, INSTANT_MIN, INSTANT_MAX, &count);
  for (at = 0; at < count; at++) seen[list[at]] = 1;
  free(list);
  list = oracle_select(q->oracle, where, &scope, INSTANT_MIN, INSTANT_MAX, &count);
  for (at = 0; at < count; at++) found[list[at]] = 1;
  free(list);
  for (uint32_t ev = 0; ev < q->oracle->count; ev++)
    if (seen[ev] && filter_matches(filter, &q->oracle->known[ev].event) != (found[ev] != 0))
      expect(q->run, false, "filter_matches says %s of %.*s", found[ev] ? "no" : "yes",
             SLICE_ARGS(q->oracle->known[ev].stored_json));
  free(found);
  free(seen);
}

void check_query(struct tally_of_run *run, struct random *r, struct store *s, struct oracle *o, int64_t now_us) {
  struct random_query text;
  struct random_scope scope;
  struct filter filter;
  struct question q = {.run = run, .random = r, .oracle = o};
  struct error err = {0};
  struct read_position last;
  random_query_init(&text);
  random_query_make(r, o, now_us, &text);
  buffer_append_char(&text.text, 0);
  run->query = text.text.data;
  run->where = text.where.data;
  open_question(&q, s);
  choose_times(&q);
  make_scope(&q, &scope);
  struct arena parsed;
  arena_init(&parsed, 4 * 1024 * 1024);
  int rc = query_parse(slice_of(text.text.data, text.text.len - 1), now_us, &parsed, &filter, NULL, &err);
  expect(run, rc == 0, "parse: %s", err.message);
  if (rc == 0) {
    q.query.scope = &scope.scope;
    q.query.filter = &filter;
    if (random_chance(r, 20)) check_definition(&q, &filter, text.where.data);
    if (random_chance(r, 15)) check_lookups(&q);
    q.matches = oracle_select(o, text.where.data, &scope.scope, q.query.from_us, q.query.to_us, &q.count);
    enum read_order whole = random_chance(r, 50) ? NEWEST_FIRST : OLDEST_FIRST;
    check_page(&q, whole, NULL, 0, q.count + 1, false, &last);
    check_pages(&q, whole == NEWEST_FIRST ? OLDEST_FIRST : NEWEST_FIRST);
    check_stats(&q);
    check_top(&q);
    if (random_chance(r, 30)) check_param_names(&q);
    if (random_chance(r, 40)) check_histogram(&q); /* the last: it narrows the matches */
    run->queries++;
    run->found += q.count > 0;
  }
  close_question(&q);
  arena_free(&parsed);
  random_query_free(&text);
  run->query = run->where = NULL;
}

struct held checks_hold(struct store *s, struct oracle *o, int64_t now_us) {
  struct scope_grant all = {0};
  struct scope scope = {&all, 1};
  struct held held;
  oracle_set_now(o, now_us);
  held.matches = oracle_select(o, "1", &scope, INSTANT_MIN, INSTANT_MAX, &held.count);
  if (snapshot_open(s, &held.snapshot)) abort();
  return held;
}

void checks_of_held(struct tally_of_run *run, struct held *held, struct oracle *o) {
  struct scope_grant all = {0};
  struct scope scope = {&all, 1};
  struct question q = {
      .run = run, .oracle = o, .snapshot = held->snapshot, .matches = held->matches, .count = held->count};
  struct read_position last;
  q.query = (struct read_query){.scope = &scope, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX};
  check_page(&q, NEWEST_FIRST, NULL, 0, q.count + 1, false, &last);
  snapshot_close(held->snapshot);
  free(held->matches);
}
