#include "http/query_string.h"

#include <stdio.h>

#include "tests/test.h"

static struct arena arena;
static struct query_string q;

static int parse(const char *text, struct error *err) {
  arena_free(&arena);
  arena_init(&arena, 1 << 20);
  error_clear(err);
  return query_string_parse(slice_from(text), &arena, &q, err);
}

static void assert_value(const char *name, const char *want) {
  struct slice value;
  ck_assert(query_string_get(&q, name, &value));
  ck_assert_str_eq(value.data, want);
  ck_assert_uint_eq(value.len, strlen(want));
}

START_TEST(names_and_values_are_decoded) {
  struct error err;
  ck_assert_ok(parse("q=actor%3Ajane+doe&from=now-24h&empty=&flag&%71q=%C3%A9", &err));
  ck_assert_uint_eq(q.count, 5);
  assert_value("q", "actor:jane doe");
  assert_value("from", "now-24h");
  assert_value("empty", "");
  assert_value("flag", "");
  assert_value("qq", "\xC3\xA9");
  struct slice value;
  ck_assert(!query_string_get(&q, "to", &value));
}
END_TEST

START_TEST(empty_pieces_are_skipped) {
  struct error err;
  ck_assert_ok(parse("", &err));
  ck_assert_uint_eq(q.count, 0);
  ck_assert_ok(parse("&&a=1&&b=a=b&", &err));
  ck_assert_uint_eq(q.count, 2);
  assert_value("b", "a=b");
}
END_TEST

START_TEST(broken_escapes_nul_and_bad_utf8_are_refused) {
  static const char *const bad[] = {"a=%",      "a=%4",        "a=%zz",          "a=%4z",    "a=x%", "a=%00",   "a=%ff",
                                    "a=%c0%af", "a=%ed%a0%80", "a=%f4%90%80%80", "a=%e2%82", "%=1",  "a=%C3%28"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct error err;
    ck_assert_msg(parse(bad[i], &err) == ERR_INVALID, "%s was taken", bad[i]);
    ck_assert(err.message[0]);
  }
}
END_TEST

START_TEST(an_escape_at_the_very_end_is_whole) {
  struct error err;
  ck_assert_ok(parse("a=%41", &err));
  assert_value("a", "A");
}
END_TEST

START_TEST(duplicates_and_names_of_nothing_are_refused) {
  struct error err;
  ck_assert_int_eq(parse("a=1&b=2&a=3", &err), ERR_INVALID);
  ck_assert(strstr(err.message, "\"a\""));
  ck_assert_int_eq(parse("a=1&%61=2", &err), ERR_INVALID);
  ck_assert_int_eq(parse("=1", &err), ERR_INVALID);
}
END_TEST

START_TEST(more_pairs_than_there_is_room_for_are_refused) {
  struct error err;
  char text[8 * (QUERY_STRING_PAIRS + 1)];
  size_t len = 0;
  for (int i = 0; i <= QUERY_STRING_PAIRS; i++) len += (size_t)snprintf(text + len, sizeof text - len, "p%d=1&", i);
  ck_assert_int_eq(parse(text, &err), ERR_INVALID);
  text[len - strlen("p32=1&")] = '\0';
  ck_assert_ok(parse(text, &err));
}
END_TEST

START_TEST(a_plus_stays_a_plus_in_paths) {
  struct error err;
  struct slice out;
  arena_init(&arena, 1024);
  ck_assert_ok(percent_decode(SLICE("a+b%2Fc"), false, &arena, &out, &err));
  ck_assert_str_eq(out.data, "a+b/c");
}
END_TEST

TEST_MAIN("query_string", names_and_values_are_decoded, empty_pieces_are_skipped,
          broken_escapes_nul_and_bad_utf8_are_refused, an_escape_at_the_very_end_is_whole,
          duplicates_and_names_of_nothing_are_refused, more_pairs_than_there_is_room_for_are_refused,
          a_plus_stays_a_plus_in_paths)
