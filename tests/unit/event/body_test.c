/* Bodies of one or many events: what is handed over, in which order, and how faults are placed. */
#include "tests/unit/event/fixture.h"

struct seen {
  struct buffer json; /* canonical forms, a line each */
  uint32_t count, stop_at;
};

static int note(void *arg, uint32_t index, const struct event *e) {
  struct seen *seen = arg;
  ck_assert_uint_eq(index, seen->count);
  if (seen->stop_at && index + 1 == seen->stop_at) return ERR_BUSY;
  seen->count++;
  event_append_json(e, EVENT_AS_SENT, &seen->json);
  buffer_append_char(&seen->json, '\n');
  return 0;
}

static int take(struct fixture *f, struct seen *seen, struct slice body, enum event_body kind) {
  error_clear(&f->err);
  buffer_clear(&seen->json);
  seen->count = 0;
  return event_parse_body(f->parser, body, kind, RANDOM_EVENT_NOW_US, note, seen, &f->err);
}

static void open_both(struct fixture *f, struct seen *seen) {
  fixture_open(f);
  *seen = (struct seen){.count = 0};
  buffer_init(&seen->json, 64 << 20);
}

static void close_both(struct fixture *f, struct seen *seen) {
  fixture_close(f);
  buffer_free(&seen->json);
}

#define assert_body_refused(f, seen, body, kind, code, where, words)                  \
  do {                                                                                \
    ck_assert_int_eq(take(f, seen, slice_from(body), kind), code);                    \
    ck_assert_str_eq((f)->err.pointer, where);                                        \
    ck_assert_msg(strstr((f)->err.message, words) != NULL, "'%s'", (f)->err.message); \
  } while (0)

START_TEST(one_object_an_array_and_lines_give_the_same_events) {
  struct random r = random_from_environment();
  struct fixture f;
  struct seen seen;
  struct buffer array, lines, json, expected;
  open_both(&f, &seen);
  buffer_init(&array, 64 << 20);
  buffer_init(&lines, 64 << 20);
  buffer_init(&json, 1 << 20);
  buffer_init(&expected, 64 << 20);
  buffer_append_text(&array, " [");
  for (int i = 0; i < 300; i++) {
    buffer_clear(&json);
    random_event_json(&r, &json);
    if (i > 0) buffer_append_text(&array, i % 3 ? "," : " ,\n ");
    buffer_append_slice(&array, buffer_slice(&json));
    for (size_t n = 0; n < json.len; n++)
      if (json.data[n] == '\n') json.data[n] = ' ';
    buffer_append_slice(&lines, buffer_slice(&json));
    buffer_append_text(&lines, i % 3 ? "\n" : "\r\n\n  \r\n");
    ck_assert_ok(take(&f, &seen, buffer_slice(&json), EVENT_BODY_AUTO));
    ck_assert_uint_eq(seen.count, 1);
    buffer_append_slice(&expected, buffer_slice(&seen.json));
  }
  buffer_append_text(&array, " ]\r\n");
  ck_assert_ok(take(&f, &seen, buffer_slice(&array), EVENT_BODY_AUTO));
  ck_assert_uint_eq(seen.count, 300);
  ck_assert(slice_equal(buffer_slice(&seen.json), buffer_slice(&expected)));
  ck_assert_ok(take(&f, &seen, buffer_slice(&lines), EVENT_BODY_NDJSON));
  ck_assert(slice_equal(buffer_slice(&seen.json), buffer_slice(&expected)));
  buffer_free(&array);
  buffer_free(&lines);
  buffer_free(&json);
  buffer_free(&expected);
  close_both(&f, &seen);
}
END_TEST

START_TEST(a_fault_names_the_event_and_the_line) {
  struct fixture f;
  struct seen seen;
  open_both(&f, &seen);
#define GOOD EVENT(",\"reason\":\"]}\\\\\\\"[{,\"")
#define BAD EVENT(",\"http\":{\"status\":1}")
  assert_body_refused(&f, &seen, BAD, EVENT_BODY_AUTO, ERR_INVALID, "/http/status", "HTTP status");
  assert_body_refused(&f, &seen, "[" GOOD "," BAD "]", EVENT_BODY_AUTO, ERR_INVALID, "/1/http/status", "HTTP status");
  ck_assert_uint_eq(seen.count, 1);
  assert_body_refused(&f, &seen, GOOD "\n\n" GOOD "\n" BAD, EVENT_BODY_NDJSON, ERR_INVALID, "/2/http/status",
                      "line 4: must be");
  assert_body_refused(&f, &seen, GOOD "\n{\n", EVENT_BODY_NDJSON, ERR_INVALID, "/1", "line 2: not valid JSON");
  close_both(&f, &seen);
}
END_TEST

START_TEST(arrays_that_are_not_JSON_are_refused) {
  struct fixture f;
  struct seen seen;
  open_both(&f, &seen);
  assert_body_refused(&f, &seen, "[" GOOD ",]", EVENT_BODY_AUTO, ERR_INVALID, "/1", "empty");
  assert_body_refused(&f, &seen, "[," GOOD "]", EVENT_BODY_AUTO, ERR_INVALID, "/0", "empty");
  assert_body_refused(&f, &seen, "[" GOOD, EVENT_BODY_AUTO, ERR_INVALID, "", "not closed");
  assert_body_refused(&f, &seen, "[" GOOD "]]", EVENT_BODY_AUTO, ERR_INVALID, "", "after the array");
  assert_body_refused(&f, &seen, "[" GOOD "],[" GOOD "]", EVENT_BODY_AUTO, ERR_INVALID, "", "after the array");
  assert_body_refused(&f, &seen, "[" GOOD " " GOOD "]", EVENT_BODY_AUTO, ERR_INVALID, "/0", "not valid JSON");
  assert_body_refused(&f, &seen, "[" GOOD ",[" GOOD "]]", EVENT_BODY_AUTO, ERR_INVALID, "/1", "not an array");
  assert_body_refused(&f, &seen, "[\"", EVENT_BODY_AUTO, ERR_INVALID, "", "not closed");
  assert_body_refused(&f, &seen, "[}]", EVENT_BODY_AUTO, ERR_INVALID, "/0", "not valid JSON");
  assert_body_refused(&f, &seen, GOOD GOOD, EVENT_BODY_AUTO, ERR_INVALID, "", "not valid JSON");
  close_both(&f, &seen);
}
END_TEST

START_TEST(a_body_without_events_is_refused) {
  struct fixture f;
  struct seen seen;
  open_both(&f, &seen);
  static const char *const empty[] = {"", " \n", "[]", " [ \n ] "};
  for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
    assert_body_refused(&f, &seen, empty[i], EVENT_BODY_AUTO, ERR_INVALID, "", "no event");
  assert_body_refused(&f, &seen, "\n\r\n  \n", EVENT_BODY_NDJSON, ERR_INVALID, "", "no event");
  close_both(&f, &seen);
}
END_TEST

START_TEST(ten_thousand_events_are_taken_and_no_more) {
  struct fixture f;
  struct seen seen;
  struct buffer body;
  open_both(&f, &seen);
  buffer_init(&body, 32 << 20);
  for (int i = 0; i < LIMIT_REQUEST_EVENTS; i++) buffer_append_text(&body, i ? "," EVENT("") : "[" EVENT(""));
  size_t len = body.len;
  buffer_append_char(&body, ']');
  ck_assert_ok(take(&f, &seen, buffer_slice(&body), EVENT_BODY_AUTO));
  ck_assert_uint_eq(seen.count, LIMIT_REQUEST_EVENTS);
  body.len = len;
  buffer_append_text(&body, "," EVENT("") "]");
  ck_assert_int_eq(take(&f, &seen, buffer_slice(&body), EVENT_BODY_AUTO), ERR_TOO_LARGE);
  ck_assert_str_eq(f.err.pointer, "");
  buffer_clear(&body);
  for (int i = 0; i <= LIMIT_REQUEST_EVENTS; i++) buffer_append_text(&body, EVENT("") "\n");
  ck_assert_int_eq(take(&f, &seen, buffer_slice(&body), EVENT_BODY_NDJSON), ERR_TOO_LARGE);
  buffer_free(&body);
  close_both(&f, &seen);
}
END_TEST

START_TEST(what_the_receiver_returns_stops_the_body) {
  struct fixture f;
  struct seen seen;
  open_both(&f, &seen);
  seen.stop_at = 2;
  ck_assert_int_eq(take(&f, &seen, slice_from("[" GOOD "," GOOD "," GOOD "]"), EVENT_BODY_AUTO), ERR_BUSY);
  ck_assert_int_eq(take(&f, &seen, slice_from(GOOD "\n" GOOD "\n" GOOD), EVENT_BODY_NDJSON), ERR_BUSY);
  ck_assert_uint_eq(seen.count, 1);
  ck_assert_int_eq(f.err.code, 0);
  close_both(&f, &seen);
}
END_TEST

START_TEST(a_long_pointer_is_cut_not_overrun) {
  struct fixture f;
  struct seen seen;
  struct buffer body;
  open_both(&f, &seen);
  buffer_init(&body, 1 << 20);
  buffer_append_text(&body, "[{\"");
  for (int i = 0; i < 5000; i++) buffer_append_char(&body, 'k');
  buffer_append_text(&body, "\":1}]");
  ck_assert_int_eq(take(&f, &seen, buffer_slice(&body), EVENT_BODY_AUTO), ERR_INVALID);
  ck_assert_uint_eq(strlen(f.err.pointer), ERROR_POINTER_BYTES - 1);
  ck_assert(strncmp(f.err.pointer, "/0/kkk", 6) == 0);
  buffer_free(&body);
  close_both(&f, &seen);
}
END_TEST

TEST_MAIN("event body", one_object_an_array_and_lines_give_the_same_events, a_fault_names_the_event_and_the_line,
          arrays_that_are_not_JSON_are_refused, a_body_without_events_is_refused,
          ten_thousand_events_are_taken_and_no_more, what_the_receiver_returns_stops_the_body,
          a_long_pointer_is_cut_not_overrun)
