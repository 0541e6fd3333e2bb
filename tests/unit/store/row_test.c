#include "store/row.h"

#include <stdio.h>
#include <unistd.h>

#include "store/text_reader.h"
#include "tests/support/list_part.h"
#include "tests/support/random_event.h"
#include "tests/test.h"

enum { ROWS = 20000 };

/* A segment of random events. */
struct bed {
  char path[96];
  struct arena arena;
  struct random random;
  struct page_cache *cache;
  struct segment *segment;
};

static struct event *random_events(struct bed *b, uint32_t count) {
  struct event_parser *p = event_parser_new();
  struct event *events = calloc(count, sizeof *events);
  for (uint32_t i = 0; i < count; i++) {
    random_event(&b->random, p, &b->arena, &events[i]);
    events[i].seq = i + 1;
    events[i].received_at_us = RANDOM_EVENT_NOW_US + i;
  }
  event_parser_free(p);
  return events;
}

static void bed_open(struct bed *b) {
  *b = (struct bed){.random = random_from_environment(), .cache = cache_new(64 << 20)};
  struct part_rows rows;
  snprintf(b->path, sizeof b->path, "/tmp/row_test.%ld.seg", (long)getpid());
  arena_init(&b->arena, (size_t)1 << 31);
  struct event *events = random_events(b, ROWS);
  struct part *part = list_part_new(events, ROWS, 65536, 24); /* parameters past the 24th are in the rest */
  ck_assert_ok(part_rows_make(&part, 1, 65536, &rows, NULL));
  struct segment_source source = {&part,     1,     rows.rows, rows.row_count, rows.group_rows, rows.group_count,
                                  INT64_MIN, false, NULL};
  ck_assert_ok(segment_write(os_real(), b->path, &source, NULL));
  ck_assert_ok(segment_open(os_real(), b->path, 7, b->cache, &b->segment, NULL));
  part_rows_free(&rows);
  list_part_free(part);
  free(events);
}

static void bed_close(struct bed *b) {
  segment_close(b->segment);
  unlink(b->path);
  cache_free(b->cache);
  arena_free(&b->arena);
}

static uint32_t below(struct bed *b, uint32_t limit) { return (uint32_t)random_below(&b->random, limit); }

static void assert_same(const struct event *a, const struct event *b) {
  struct buffer x, y;
  buffer_init(&x, 1 << 20);
  buffer_init(&y, 1 << 20);
  event_encode(a, &x);
  event_encode(b, &y);
  ck_assert(slice_equal(buffer_slice(&x), buffer_slice(&y)));
  buffer_free(&x);
  buffer_free(&y);
}

START_TEST(many_rows_read_at_once_are_what_they_are_one_by_one) {
  struct bed b;
  bed_open(&b);
  struct row_reader *many = row_reader_new(segment_part(b.segment), 0, ROW_TEXT_PAGES);
  struct row_reader *single = row_reader_new(segment_part(b.segment), 0, ROW_TEXT_PAGES);
  for (int round = 0; round < 40; round++) {
    uint32_t rows[ROW_BATCH], count = 1 + below(&b, ROW_BATCH);
    struct event events[ROW_BATCH], one;
    arena_reset(&b.arena);
    for (uint32_t i = 0; i < count; i++) rows[i] = below(&b, ROWS);
    ck_assert_ok(row_read_many(many, rows, count, &b.arena, events, NULL));
    for (uint32_t i = 0; i < count; i++) {
      ck_assert_ok(row_read(single, rows[i], &b.arena, &one, NULL));
      assert_same(&events[i], &one);
    }
  }
  row_reader_free(many);
  row_reader_free(single);
  bed_close(&b);
}
END_TEST

START_TEST(rows_that_do_not_fit_are_an_error_and_leave_nothing_in_the_arena) {
  struct bed b;
  struct arena small;
  struct event events[ROW_BATCH];
  uint32_t rows[ROW_BATCH];
  struct error err = {0};
  bed_open(&b);
  arena_init(&small, 4096); /* less than the cells of so many rows */
  struct row_reader *reader = row_reader_new(segment_part(b.segment), 0, ROW_TEXT_PAGES);
  for (uint32_t i = 0; i < ROW_BATCH; i++) rows[i] = 17 * i;
  ck_assert_int_eq(row_read_many(reader, rows, ROW_BATCH, &small, events, &err), ERR_TOO_LARGE);
  ck_assert_uint_eq(small.used_bytes, 0);
  ck_assert_ok(row_read_many(reader, rows, ROW_BATCH, &b.arena, events, NULL));
  row_reader_free(reader);
  arena_free(&small);
  bed_close(&b);
}
END_TEST

START_TEST(a_reader_that_lets_pages_go_finds_the_same_texts) {
  struct bed b;
  bed_open(&b);
  struct part *part = segment_part(b.segment);
  struct text_reader *reader = text_reader_new(part, 2);
  for (int round = 0; round < 2000; round++) {
    uint32_t column = below(&b, part->column_count), ids_plus_1[TEXT_READER_IDS];
    struct slice texts[TEXT_READER_IDS], text;
    struct part_column info;
    part->ops->column(part, column, &info);
    if (info.dict_count == 0) continue;
    arena_reset(&b.arena);
    for (int i = 0; i < TEXT_READER_IDS; i++) ids_plus_1[i] = below(&b, info.dict_count + 1);
    ck_assert_ok(text_reader_get(reader, column, ids_plus_1, TEXT_READER_IDS, &b.arena, texts, NULL));
    for (int i = 0; i < TEXT_READER_IDS; i++) {
      if (!ids_plus_1[i]) continue;
      ck_assert_ok(part->ops->dict_get(part, column, ids_plus_1[i] - 1, &b.arena, &text, NULL));
      ck_assert(slice_equal(texts[i], text));
    }
  }
  text_reader_free(reader);
  bed_close(&b);
}
END_TEST

TEST_MAIN("row", many_rows_read_at_once_are_what_they_are_one_by_one,
          rows_that_do_not_fit_are_an_error_and_leave_nothing_in_the_arena,
          a_reader_that_lets_pages_go_finds_the_same_texts)
