#include "base/instant.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/test.h"

static uint64_t random_state;

static uint64_t next_random(void) { /* splitmix64 (Vigna) */
  uint64_t z = random_state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/* DAYBOOK_TEST_SEED replays a run. */
static void seed_random(void) {
  const char *given = getenv("DAYBOOK_TEST_SEED");
  random_state = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
  printf("DAYBOOK_TEST_SEED=%" PRIu64 "\n", random_state);
}

static const int64_t first_us = -INT64_C(62135596800) * 1000000, last_us = INT64_C(253402300799) * 1000000 + 999999;

START_TEST(known_texts_give_known_instants) {
  static const struct {
    struct slice text;
    int64_t us;
    unsigned digits;
  } cases[] = {
      {SLICE_INIT("1970-01-01T00:00:00Z"), 0, 0},
      {SLICE_INIT("1970-01-01T00:00:00.000001Z"), 1, 6},
      {SLICE_INIT("1969-12-31T23:59:59.999999Z"), -1, 6},
      {SLICE_INIT("2000-02-29T12:00:00Z"), INT64_C(951825600000000), 0},
      {SLICE_INIT("2026-11-20T08:15:30.120Z"), INT64_C(1795162530120000), 3},
      {SLICE_INIT("2026-11-20T09:15:30.12+01:00"), INT64_C(1795162530120000), 2},
      {SLICE_INIT("2026-11-20t02:45:30.12-05:30"), INT64_C(1795162530120000), 2},
      {SLICE_INIT("2026-11-20 08:15:30.12z"), INT64_C(1795162530120000), 2},
      {SLICE_INIT("0001-01-01T00:00:00Z"), -INT64_C(62135596800000000), 0},
      {SLICE_INIT("9999-12-31T23:59:59.999999Z"), INT64_C(253402300799999999), 6},
      {SLICE_INIT("2016-12-31T23:59:59-00:00"), INT64_C(1483228799000000), 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t us;
    unsigned digits;
    ck_assert_msg(instant_parse(cases[i].text, &us, &digits), "%.*s", SLICE_ARGS(cases[i].text));
    ck_assert_int_eq(us, cases[i].us);
    ck_assert_uint_eq(digits, cases[i].digits);
    ck_assert(instant_parse(cases[i].text, &us, NULL));
  }
}
END_TEST

START_TEST(what_is_not_an_rfc_3339_instant_is_refused) {
  static const char *const bad[] = {
      "",
      "2026",
      "2026-11-20",
      "2026-11-20T08:15:30",
      "2026-11-20T08:15Z",
      "2026-11-20T08:15:30.Z",
      "2026-11-20T08:15:30.1234567Z",
      "2026-11-20T08:15:30.99999999999999999999999999999999999999999999999999Z",
      "2026-11-20T08:15:30,5Z",
      "2026-11-20T08:15:60Z",
      "2026-11-20T08:60:30Z",
      "2026-11-20T24:00:00Z",
      "2026-00-20T08:15:30Z",
      "2026-13-20T08:15:30Z",
      "2026-11-00T08:15:30Z",
      "2026-11-31T08:15:30Z",
      "2026-02-29T08:15:30Z",
      "1900-02-29T08:15:30Z",
      "0000-01-01T00:00:00Z",
      "-001-01-01T00:00:00Z",
      "+026-11-20T08:15:30Z",
      "20261120T081530Z",
      "2026-11-20T08:15:30ZZ",
      "2026-11-20T08:15:30Z ",
      " 2026-11-20T08:15:30Z",
      "2026-11-20T08:15:30+01",
      "2026-11-20T08:15:30+0100",
      "2026-11-20T08:15:30+24:00",
      "2026-11-20T08:15:30+01:60",
      "2026-11-20T08:15:30+01:00Z",
      "2026-11-20_08:15:30Z",
      "2026-1a-20T08:15:30Z",
      "0001-01-01T00:00:00+00:01", /* in the year 0 of UTC */
      "9999-12-31T23:59:59-00:01", /* in the year 10000 of UTC */
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int64_t us = 42;
    unsigned digits = 42;
    ck_assert_msg(!instant_parse(slice_from(bad[i]), &us, &digits), "%s", bad[i]);
    ck_assert_int_eq(us, 42);
    ck_assert_uint_eq(digits, 42);
  }
  int64_t us;
  ck_assert(!instant_parse(slice_of(NULL, 0), &us, NULL));
  ck_assert(!instant_parse(SLICE("2026-11-20T08:15:30\0Z"), &us, NULL));
}
END_TEST

START_TEST(a_random_instant_survives_the_way_through_text) {
  seed_random();
  for (int i = 0; i < 200000; i++) {
    int64_t us = first_us + (int64_t)(next_random() % (uint64_t)(last_us - first_us + 1));
    unsigned digits = (unsigned)(next_random() % 7), read_digits;
    int64_t grain = 1, back;
    for (unsigned d = digits; d < 6; d++) grain *= 10;
    us -= ((us % grain) + grain) % grain;
    if (us < first_us) continue;
    char text[INSTANT_TEXT_BYTES];
    unsigned len = instant_format(us, digits, text);
    ck_assert_uint_eq(len, strlen(text));
    ck_assert_msg(instant_parse(slice_of(text, len), &back, &read_digits), "%s", text);
    ck_assert_int_eq(back, us);
    ck_assert_uint_eq(read_digits, digits);
  }
}
END_TEST

START_TEST(a_hostile_text_never_gives_an_instant_that_cannot_be_written) {
  static const char alphabet[] = "0123456789012345678901234567890123456789-::TtZz+-. \xff";
  seed_random();
  for (int i = 0; i < 200000; i++) {
    char text[48] = "2026-11-20T08:15:30.123456+01:00";
    size_t len = 20 + next_random() % 20;
    for (uint64_t edits = next_random() % 6; edits > 0; edits--)
      text[next_random() % len] = alphabet[next_random() % (sizeof alphabet - 1)];
    char *exact = malloc(len); /* its end is watched by the sanitizer */
    memcpy(exact, text, len);
    int64_t us;
    unsigned digits;
    if (instant_parse(slice_of(exact, len), &us, &digits)) {
      char written[INSTANT_TEXT_BYTES];
      instant_format(us, digits, written);
    }
    free(exact);
  }
}
END_TEST

START_TEST(formatting_cuts_the_fraction_downwards) {
  char text[INSTANT_TEXT_BYTES];
  ck_assert_uint_eq(instant_format(-1, 3, text), 24);
  ck_assert_str_eq(text, "1969-12-31T23:59:59.999Z");
  ck_assert_uint_eq(instant_format(1999999, 0, text), 20);
  ck_assert_str_eq(text, "1970-01-01T00:00:01Z");
  instant_format(last_us, 6, text);
  ck_assert_str_eq(text, "9999-12-31T23:59:59.999999Z");
}
END_TEST

START_TEST(days_count_as_the_c_library_counts_them) {
  for (int64_t days = -800000; days < 3000000; days += 97) {
    int64_t year;
    unsigned month, day;
    instant_civil_from_days(days, &year, &month, &day);
    ck_assert_int_eq(instant_days_from_civil(year, month, day), days);
    time_t seconds = (time_t)(days * 86400);
    struct tm expected;
    gmtime_r(&seconds, &expected);
    ck_assert_int_eq(year, expected.tm_year + 1900);
    ck_assert_int_eq((int)month, expected.tm_mon + 1);
    ck_assert_int_eq((int)day, expected.tm_mday);
  }
}
END_TEST

TEST_MAIN("instant", known_texts_give_known_instants, what_is_not_an_rfc_3339_instant_is_refused,
          a_random_instant_survives_the_way_through_text, a_hostile_text_never_gives_an_instant_that_cannot_be_written,
          formatting_cuts_the_fraction_downwards, days_count_as_the_c_library_counts_them)
