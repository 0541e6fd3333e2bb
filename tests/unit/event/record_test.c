/* The binary record: what is encoded comes back, what is damaged is refused. */
#include "base/limits.h"
#include "event/event.h"
#include "tests/support/random_event.h"
#include "tests/test.h"

enum { EVENTS = 3000, ARENA_BYTES = 8 * 1024 * 1024 };

static void assert_equal_json(const struct event *a, const struct event *b, enum event_form form) {
  struct buffer left, right;
  buffer_init(&left, 1 << 20);
  buffer_init(&right, 1 << 20);
  event_append_json(a, form, &left);
  event_append_json(b, form, &right);
  ck_assert_msg(slice_equal(buffer_slice(&left), buffer_slice(&right)), "%.*s is not %.*s",
                SLICE_ARGS(buffer_slice(&left)), SLICE_ARGS(buffer_slice(&right)));
  buffer_free(&left);
  buffer_free(&right);
}

static void assert_equal_cells(const struct event *a, const struct event *b) {
  ck_assert_uint_eq(a->cell_count, b->cell_count);
  for (uint32_t i = 0; i < a->cell_count; i++) {
    ck_assert_uint_eq(a->cells[i].field, b->cells[i].field);
    ck_assert_uint_eq(a->cells[i].element, b->cells[i].element);
    ck_assert(slice_equal(a->cells[i].key, b->cells[i].key));
    ck_assert(slice_equal(a->cells[i].text, b->cells[i].text));
  }
}

START_TEST(a_random_event_comes_back_from_its_record) {
  struct random r = random_from_environment();
  struct event_parser *p = event_parser_new();
  struct arena arena;
  struct buffer record;
  arena_init(&arena, ARENA_BYTES);
  buffer_init(&record, 1 << 20);
  for (int i = 0; i < EVENTS; i++) {
    struct event e, back;
    arena_reset(&arena);
    buffer_clear(&record);
    random_event(&r, p, &arena, &e);
    e.seq = random_u64(&r);
    e.received_at_us = RANDOM_EVENT_NOW_US + i;
    event_encode(&e, &record);
    event_encode(&e, &record); /* records stand back to back */
    struct slice at = buffer_slice(&record);
    ck_assert_ok(event_decode(&at, &arena, &back, NULL));
    ck_assert_uint_eq(at.len * 2, record.len);
    ck_assert_ok(event_decode(&at, &arena, &back, NULL));
    ck_assert_uint_eq(at.len, 0);
    ck_assert(back.seq == e.seq && back.received_at_us == e.received_at_us && back.occurred_at_us == e.occurred_at_us);
    assert_equal_cells(&e, &back);
    assert_equal_json(&e, &back, EVENT_STORED);
  }
  buffer_free(&record);
  arena_free(&arena);
  event_parser_free(p);
}
END_TEST

START_TEST(every_cut_of_a_record_is_refused_and_the_cursor_stays) {
  struct random r = random_from_seed(7);
  struct event_parser *p = event_parser_new();
  struct arena arena;
  struct buffer record;
  struct event e;
  arena_init(&arena, ARENA_BYTES);
  buffer_init(&record, 1 << 20);
  random_event(&r, p, &arena, &e);
  event_encode(&e, &record);
  for (size_t len = 0; len < record.len; len++) {
    struct slice at = slice_of(record.data, len);
    struct error err = {.code = 0};
    ck_assert_int_eq(event_decode(&at, &arena, &e, &err), ERR_CORRUPT);
    ck_assert_uint_eq(at.len, len);
    arena_reset(&arena);
  }
  buffer_free(&record);
  arena_free(&arena);
  event_parser_free(p);
}
END_TEST

START_TEST(changed_bytes_never_break_the_decoder) {
  struct random r = random_from_environment();
  struct event_parser *p = event_parser_new();
  struct arena arena;
  struct buffer record, json;
  arena_init(&arena, ARENA_BYTES);
  buffer_init(&record, 1 << 20);
  buffer_init(&json, 4 << 20);
  for (int i = 0; i < EVENTS; i++) {
    struct event e;
    arena_reset(&arena);
    buffer_clear(&record);
    random_event(&r, p, &arena, &e);
    event_encode(&e, &record);
    for (int n = 0; n < 3; n++) record.data[4 + random_below(&r, record.len - 4)] = (char)random_u64(&r);
    struct slice at = buffer_slice(&record);
    if (event_decode(&at, &arena, &e, NULL)) continue;
    buffer_clear(&json);
    event_append_json(&e, EVENT_STORED, &json); /* whatever it decoded to can be written */
    event_append_summary(&e, &json);
  }
  buffer_free(&json);
  buffer_free(&record);
  arena_free(&arena);
  event_parser_free(p);
}
END_TEST

/* A record of the given cells, in the order given. */
static int decode_cells(struct event_cell *cells, uint32_t count) {
  struct event e = {.cell_count = count, .cells = cells}, back;
  struct buffer record;
  struct arena arena;
  buffer_init(&record, 1 << 20);
  arena_init(&arena, ARENA_BYTES);
  event_encode(&e, &record);
  struct slice at = buffer_slice(&record);
  int rc = event_decode(&at, &arena, &back, NULL);
  buffer_free(&record);
  arena_free(&arena);
  return rc;
}

START_TEST(cells_out_of_order_or_doubled_are_refused) {
  struct event_cell good[] = {{.field = FIELD_TENANT, .text = SLICE("a")}, {.field = FIELD_LOG, .text = SLICE("api")}};
  struct event_cell swapped[] = {good[1], good[0]}, doubled[] = {good[0], good[0]};
  ck_assert_ok(decode_cells(good, 2));
  ck_assert_int_eq(decode_cells(swapped, 2), ERR_CORRUPT);
  ck_assert_int_eq(decode_cells(doubled, 2), ERR_CORRUPT);
  struct event_cell params[] = {{.field = FIELD_PARAMS, .key = SLICE("b"), .text = SLICE("s")},
                                {.field = FIELD_PARAMS, .key = SLICE("a"), .text = SLICE("s")}};
  ck_assert_int_eq(decode_cells(params, 2), ERR_CORRUPT);
}
END_TEST

START_TEST(values_without_a_type_and_wrong_shapes_are_refused) {
  struct event_cell untyped = {.field = FIELD_PARAMS, .key = SLICE("a"), .text = SLICE("")};
  struct event_cell unknown = {.field = FIELD_PARAMS, .key = SLICE("a"), .text = SLICE("q1")};
  struct event_cell short_shape = {.field = FIELD_SHAPE, .text = SLICE("\1")};
  struct event_cell digits = {.field = FIELD_SHAPE, .text = SLICE("\7\0\0")};
  struct event_cell time = {.field = FIELD_OCCURRED_AT, .text = SLICE("x")};
  struct event_cell element = {.field = FIELD_CHANGES_FIELD, .element = LIMIT_CHANGES, .text = SLICE("x")};
  struct event_cell *cells[] = {&untyped, &unknown, &short_shape, &digits, &time, &element};
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) ck_assert_int_eq(decode_cells(cells[i], 1), ERR_CORRUPT);
}
END_TEST

START_TEST(the_committer_finds_seq_and_received_at_at_their_offsets) {
  struct event e = {.seq = 0x0102030405060708, .received_at_us = 0x1112131415161718};
  struct buffer record;
  buffer_init(&record, 1024);
  event_encode(&e, &record);
  ck_assert_uint_eq(record.len, EVENT_RECORD_HEADER_BYTES);
  ck_assert_int_eq(record.data[EVENT_RECORD_SEQ_OFFSET], 0x08);
  ck_assert_int_eq(record.data[EVENT_RECORD_RECEIVED_OFFSET], 0x18);
  buffer_free(&record);
}
END_TEST

TEST_MAIN("event record", a_random_event_comes_back_from_its_record,
          every_cut_of_a_record_is_refused_and_the_cursor_stays, changed_bytes_never_break_the_decoder,
          cells_out_of_order_or_doubled_are_refused, values_without_a_type_and_wrong_shapes_are_refused,
          the_committer_finds_seq_and_received_at_at_their_offsets)
