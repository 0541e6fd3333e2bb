#include "store/segment.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fold.h"
#include "tests/support/list_part.h"
#include "tests/support/random_event.h"
#include "tests/test.h"

/* ---- A segment of random events in a folder of its own ---- */

struct bed {
  char dir[64], path[96];
  struct arena arena;
  struct event *events;
  uint32_t count;
  struct page_cache *cache;
  struct error err;
};

static void bed_open(struct bed *b) {
  *b = (struct bed){.cache = cache_new(256 << 20)};
  const char *tmp = getenv("TMPDIR");
  snprintf(b->dir, sizeof b->dir, "%s/segment_test.XXXXXX", tmp && strlen(tmp) < 32 ? tmp : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(b->dir));
  snprintf(b->path, sizeof b->path, "%s/a.seg", b->dir);
  arena_init(&b->arena, (size_t)1 << 31);
}

static void bed_close(struct bed *b) {
  unlink(b->path);
  rmdir(b->dir);
  arena_free(&b->arena);
  cache_free(b->cache);
  free(b->events);
}

/* Random events, committed: seq per tenant, received_at ascending; idempotency keys of every third made plentiful. */
static void fill(struct bed *b, uint64_t seed, uint32_t count) {
  struct random r = random_from_seed(seed);
  struct event_parser *p = event_parser_new();
  b->events = calloc(count, sizeof *b->events);
  b->count = count;
  for (uint32_t i = 0; i < count; i++) {
    random_event(&r, p, &b->arena, &b->events[i]);
    b->events[i].seq = i + 1;
    b->events[i].received_at_us = RANDOM_EVENT_NOW_US + (int64_t)(i / 7) * 1000;
  }
  event_parser_free(p);
}

/* Writes the parts' rows and opens the result. */
static struct segment *write_parts(struct bed *b, struct part *const *parts, uint32_t count, uint32_t group_rows,
                                   struct part_rows *rows) {
  ck_assert_ok(part_rows_make(parts, count, group_rows, rows, &b->err));
  struct segment_source source = {parts,     count, rows->rows, rows->row_count, rows->group_rows, rows->group_count,
                                  INT64_MIN, NULL};
  unlink(b->path);
  int code = segment_write(os_real(), b->path, &source, &b->err);
  ck_assert_msg(code == 0, "%s", b->err.message);
  struct segment *s;
  code = segment_open(os_real(), b->path, 7, b->cache, &s, &b->err);
  ck_assert_msg(code == 0, "%s", b->err.message);
  return s;
}

static void assert_same_event(const struct event *a, const struct event *b) {
  struct buffer x, y;
  buffer_init(&x, 1 << 20);
  buffer_init(&y, 1 << 20);
  event_encode(a, &x);
  event_encode(b, &y);
  ck_assert(slice_equal(buffer_slice(&x), buffer_slice(&y)));
  buffer_free(&x);
  buffer_free(&y);
}

static void assert_same_rows(struct part *p, struct part *const *parts, const struct part_rows *rows) {
  struct arena arena;
  arena_init(&arena, 64 << 20);
  uint64_t at = 0;
  for (uint32_t g = 0; g < p->group_count; g++) {
    struct group_info info;
    p->ops->group(p, g, &info);
    ck_assert_uint_eq(info.rows, rows->group_rows[g]);
    for (uint32_t r = 0; r < info.rows; r++, at++) {
      struct event in, out;
      const struct segment_row *row = &rows->rows[at];
      ck_assert_ok(part_read_event(parts[row->part], row->group, row->row, &arena, &in, NULL));
      ck_assert_ok(part_read_event(p, g, r, &arena, &out, NULL));
      assert_same_event(&in, &out);
      ck_assert(out.occurred_at_us >= info.occurred_min_us && out.occurred_at_us <= info.occurred_max_us);
      ck_assert(out.received_at_us >= info.received_min_us && out.received_at_us <= info.received_max_us);
      arena_reset(&arena);
    }
  }
  ck_assert_uint_eq(at, p->rows);
  arena_free(&arena);
}

static void print_problem(void *arg, const char *text) {
  (void)arg;
  printf("%s\n", text);
}

static uint64_t test_seed(void) { return random_u64(&(struct random){random_from_environment().state}); }

START_TEST(segment_gives_back_every_event_it_was_given) {
  struct bed b;
  bed_open(&b);
  fill(&b, test_seed(), 3000);
  struct part *part = list_part_new(b.events, b.count, 1000, 1024);
  struct part_rows rows;
  struct segment *s = write_parts(&b, &part, 1, 1250, &rows);
  ck_assert_uint_eq(segment_part(s)->group_count, 3);
  assert_same_rows(segment_part(s), &part, &rows);
  uint64_t pages;
  ck_assert_int_eq(segment_verify(s, print_problem, NULL, &pages), 0);
  segment_close(s);
  part_rows_free(&rows);
  list_part_free(part);
  bed_close(&b);
}
END_TEST

START_TEST(segment_of_more_than_a_page_of_rows_gives_back_every_event) {
  struct bed b;
  bed_open(&b);
  fill(&b, test_seed(), 9000);
  struct part *part = list_part_new(b.events, b.count, 65536, 1024);
  struct part_rows rows;
  struct segment *s = write_parts(&b, &part, 1, 65536, &rows);
  assert_same_rows(segment_part(s), &part, &rows);
  uint64_t pages;
  ck_assert_int_eq(segment_verify(s, print_problem, NULL, &pages), 0);
  segment_close(s);
  part_rows_free(&rows);
  list_part_free(part);
  bed_close(&b);
}
END_TEST

TEST_MAIN("segment", segment_gives_back_every_event_it_was_given,
          segment_of_more_than_a_page_of_rows_gives_back_every_event)
