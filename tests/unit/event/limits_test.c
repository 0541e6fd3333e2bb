/* Every limit of an event: its last allowed value is taken, the next refused. */
#include "tests/unit/event/fixture.h"

/* An event whose `"member":` has `count` elements made by `element(out, i)` between open and close. */
static void build(struct buffer *out, const char *open, int count, const char *element_format, const char *close) {
  buffer_clear(out);
  buffer_append_text(out, "{" REQUIRED "," ACTOR ",");
  buffer_append_text(out, open);
  for (int i = 0; i < count; i++) {
    if (i > 0) buffer_append_char(out, ',');
    for (const char *c = element_format; *c; c++)
      if (*c == '#')
        buffer_append_i64(out, i);
      else
        buffer_append_char(out, *c);
  }
  buffer_append_text(out, close);
  buffer_append_char(out, '}');
}

static void check_count(const char *open, int max, const char *element, const char *close, const char *pointer) {
  struct fixture f;
  struct buffer json;
  fixture_open(&f);
  buffer_init(&json, 1 << 20);
  build(&json, open, max, element, close);
  ck_assert_ok(fixture_parse(&f, buffer_slice(&json)));
  build(&json, open, max + 1, element, close);
  ck_assert_int_eq(fixture_parse(&f, buffer_slice(&json)), ERR_TOO_LARGE);
  ck_assert_msg(strncmp(f.err.pointer, pointer, strlen(pointer)) == 0, "%s", f.err.pointer);
  buffer_free(&json);
  fixture_close(&f);
}

START_TEST(lists_and_params_are_bounded) {
  check_count("\"changes\":[", LIMIT_CHANGES, "{\"field\":\"f#\",\"old\":#,\"new\":null}", "]", "/changes");
  check_count("\"targets\":[", LIMIT_TARGETS, "{\"id\":\"#\"}", "]", "/targets");
  check_count("\"params\":{", LIMIT_PARAMS, "\"p#\":#", "}", "/params");
  check_count("\"params\":{\"nest\":{", LIMIT_PARAMS, "\"p#\":#", "}}", "/params");
}
END_TEST

/* Parses EVENT with `open`, `len` times c, `close` added. */
static int parse_long(struct fixture *f, const char *open, size_t len, const char *c, const char *close) {
  struct buffer json;
  buffer_init(&json, 1 << 20);
  buffer_append_text(&json, open);
  for (size_t i = 0; i < len; i++) buffer_append_text(&json, c);
  buffer_append_text(&json, close);
  int rc = fixture_parse(f, buffer_slice(&json));
  buffer_free(&json);
  return rc;
}

START_TEST(texts_are_bounded_field_by_field_in_bytes) {
  struct fixture f;
  fixture_open(&f);
  const char *open = "{" REQUIRED "," ACTOR ",\"product\":\"";
  ck_assert_ok(parse_long(&f, open, 128, "x", "\"}"));
  ck_assert_int_eq(parse_long(&f, open, 129, "x", "\"}"), ERR_INVALID);
  ck_assert_str_eq(f.err.pointer, "/product");
  ck_assert_ok(parse_long(&f, open, 64, "\xc3\xa9", "\"}"));
  ck_assert_int_eq(parse_long(&f, open, 65, "\xc3\xa9", "\"}"), ERR_INVALID);
  open = "{" REQUIRED "," ACTOR ",\"params\":{\"";
  ck_assert_ok(parse_long(&f, open, LIMIT_PARAM_KEY_BYTES, "x", "\":1}}"));
  ck_assert_int_eq(parse_long(&f, open, LIMIT_PARAM_KEY_BYTES + 1, "x", "\":1}}"), ERR_INVALID);
  ck_assert_ok(parse_long(&f, open, LIMIT_PARAM_KEY_BYTES - 2, "x", "\":{\"y\":1}}}"));
  ck_assert_int_eq(parse_long(&f, open, LIMIT_PARAM_KEY_BYTES - 1, "x", "\":{\"y\":1}}}"), ERR_INVALID);
  const char *after = ",\"log\":\"a\",\"action\":\"b\",\"occurred_at\":\"2026-11-20T08:15:30Z\"," ACTOR "}";
  char close[256];
  snprintf(close, sizeof close, "\"%s", after);
  ck_assert_ok(parse_long(&f, "{\"tenant\":\"", LIMIT_TENANT_SEGMENT_BYTES, "t", close));
  ck_assert_int_eq(parse_long(&f, "{\"tenant\":\"", LIMIT_TENANT_SEGMENT_BYTES + 1, "t", close), ERR_INVALID);
  fixture_close(&f);
}
END_TEST

START_TEST(an_event_of_64_KiB_is_taken_and_one_byte_more_is_too_large) {
  struct fixture f;
  fixture_open(&f);
  const char *open = "{" REQUIRED "," ACTOR ",\"description\":\"";
  size_t around = strlen(open) + 2;
  ck_assert_int_eq(parse_long(&f, open, LIMIT_EVENT_BYTES - around + 1, "x", "\"}"), ERR_TOO_LARGE);
  /* The default outcome counts as well: what is stored can be posted again. */
  ck_assert_int_eq(parse_long(&f, open, LIMIT_EVENT_BYTES - around, "x", "\"}"), ERR_TOO_LARGE);
  open = "{" REQUIRED "," ACTOR ",\"outcome\":\"success\",\"description\":\"";
  around = strlen(open) + 2;
  ck_assert_ok(parse_long(&f, open, LIMIT_EVENT_BYTES - around, "x", "\"}"));
  ck_assert_int_eq(parse_long(&f, "{" REQUIRED "," ACTOR, LIMIT_EVENT_BYTES, " ", "}"), ERR_TOO_LARGE);
  fixture_close(&f);
}
END_TEST

START_TEST(numbers_that_grow_the_canonical_form_past_the_limit_are_refused) {
  struct fixture f;
  struct buffer json;
  fixture_open(&f);
  buffer_init(&json, 1 << 20);
  build(&json, "\"changes\":[{\"field\":\"f\",\"old\":[", 3000, "1e15", "]}]");
  ck_assert_ok(fixture_parse(&f, buffer_slice(&json)));
  build(&json, "\"changes\":[{\"field\":\"f\",\"old\":[", 4000, "1e15", "]}]");
  ck_assert_int_eq(fixture_parse(&f, buffer_slice(&json)), ERR_TOO_LARGE);
  buffer_free(&json);
  fixture_close(&f);
}
END_TEST

START_TEST(json_nests_32_deep_and_no_deeper) {
  struct fixture f;
  fixture_open(&f);
  for (int deep = 28; deep <= 31; deep++) { /* below the event, changes and one change */
    struct buffer json;
    buffer_init(&json, 4096);
    buffer_append_text(&json, "{" REQUIRED "," ACTOR ",\"changes\":[{\"field\":\"f\",\"old\":");
    for (int i = 0; i < deep; i++) buffer_append_char(&json, '[');
    buffer_append_char(&json, '1');
    for (int i = 0; i < deep; i++) buffer_append_char(&json, ']');
    buffer_append_text(&json, "}]}");
    int rc = fixture_parse(&f, buffer_slice(&json));
    ck_assert_int_eq(rc, deep + 3 <= LIMIT_JSON_DEPTH ? 0 : ERR_INVALID);
    if (rc) ck_assert_ptr_nonnull(strstr(f.err.message, "nested too deeply"));
    buffer_free(&json);
  }
  fixture_close(&f);
}
END_TEST

START_TEST(a_hostile_nesting_is_refused) {
  struct fixture f;
  fixture_open(&f);
  ck_assert_int_eq(parse_long(&f, "", 60000, "[", ""), ERR_INVALID);
  ck_assert_int_eq(parse_long(&f, "", 13000, "{\"a\":", ""), ERR_INVALID);
  ck_assert_int_eq(parse_long(&f, "{" REQUIRED "," ACTOR ",\"params\":", 12000, "{\"a\":", "1"), ERR_INVALID);
  fixture_close(&f);
}
END_TEST

START_TEST(an_arena_too_small_is_an_error_not_a_crash) {
  struct fixture f;
  struct arena tiny;
  fixture_open(&f);
  for (size_t bytes = 1; bytes < 400; bytes += 7) {
    arena_init(&tiny, bytes);
    error_clear(&f.err);
    int rc = event_parse(f.parser, slice_from(EVENT("")), RANDOM_EVENT_NOW_US, &tiny, &f.event, &f.err);
    ck_assert(rc == 0 || rc == ERR_TOO_LARGE);
    arena_free(&tiny);
  }
  fixture_close(&f);
}
END_TEST

TEST_MAIN("event limits", lists_and_params_are_bounded, texts_are_bounded_field_by_field_in_bytes,
          an_event_of_64_KiB_is_taken_and_one_byte_more_is_too_large,
          numbers_that_grow_the_canonical_form_past_the_limit_are_refused, json_nests_32_deep_and_no_deeper,
          a_hostile_nesting_is_refused, an_arena_too_small_is_an_error_not_a_crash)
