/* Query text, the name of a field, an instant, an interval and a cursor: none may crash on any bytes, and what is
 * accepted can be matched and stays within its limits. */
#include <assert.h>

#include "query/query.h"

static const int64_t now_us = INT64_C(1795176000) * 1000000;

static void match(const struct filter *f, struct slice text) {
  struct event_cell cells[] = {
      {FIELD_TENANT, 0, {0}, SLICE("acme/eu")},
      {FIELD_ACTIVITY, 0, {0}, text},
      {FIELD_SOURCE_IP, 0, {0}, SLICE("203.0.113.4")},
      {FIELD_PARAMS, 0, SLICE("a"), SLICE("s12")},
  };
  struct event event = {now_us, now_us, 17, sizeof cells / sizeof *cells, cells};
  filter_matches(f, &event);
}

static void parse(struct slice text, struct arena *arena) {
  struct filter f;
  struct error err = {0};
  uint32_t offset = UINT32_MAX;
  int code = query_parse(text, now_us, arena, &f, &offset, &err);
  if (code) {
    assert(err.code == code && err.message[0] && offset <= text.len);
    return;
  }
  uint32_t terms = 0;
  assert(f.clause_count <= LIMIT_QUERY_CLAUSES);
  for (uint32_t i = 0; i < f.clause_count; i++) {
    terms += f.clauses[i].term_count;
    assert(f.clauses[i].term_count > 0 && f.clauses[i].offset + f.clauses[i].length <= text.len);
  }
  assert(terms <= LIMIT_QUERY_TERMS);
  match(&f, text);
}

static void cut(struct slice text, struct arena *arena) {
  int64_t us, *bounds;
  uint32_t count;
  const char *interval;
  if (query_parse_instant(text, "Europe/Berlin", now_us, &us, NULL) == 0) {
    struct buffer out;
    buffer_init(&out, 100);
    query_format_local(us, 6, "Europe/Berlin", &out);
    buffer_free(&out);
  }
  if (text.len <= 8 &&
      query_buckets(now_us - 1, now_us, text, "Australia/Lord_Howe", arena, &bounds, &count, &interval, NULL) == 0)
    assert(count > 0 && bounds[0] < now_us && bounds[count] >= now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct slice text = slice_of((const char *)data, size);
  struct arena arena;
  arena_init(&arena, 4 << 20);
  parse(text, &arena);
  struct filter_field *fields;
  uint32_t count;
  query_field(text, &arena, &fields, &count, NULL);
  cut(text, &arena);
  struct read_position position;
  enum read_order order;
  query_cursor_decode(text, &arena, &position, &order, NULL);
  arena_free(&arena);
  return 0;
}
