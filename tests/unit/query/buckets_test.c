#include <stdio.h>

#include "base/instant.h"
#include "query/query.h"
#include "tests/test.h"

static const int64_t hour_us = INT64_C(3600) * 1000000;

static int64_t at(const char *text) {
  int64_t us = 0;
  ck_assert_msg(instant_parse(slice_from(text), &us, NULL), "%s", text);
  return us;
}

static struct arena arena;
static void setup_arena(void) { arena_init(&arena, 4 << 20); }

struct cuts {
  int64_t *bounds;
  uint32_t count;
  const char *interval;
};

static struct cuts cut(const char *from, const char *to, const char *interval, const char *tz) {
  setup_arena();
  struct cuts c = {0};
  struct error err = {0};
  int code = query_buckets(at(from), at(to), slice_from(interval), tz, &arena, &c.bounds, &c.count, &c.interval, &err);
  ck_assert_msg(code == 0, "%s", err.message);
  ck_assert_int_le(c.bounds[0], at(from));
  ck_assert_int_gt(c.bounds[1], at(from));
  ck_assert_int_ge(c.bounds[c.count], at(to));
  ck_assert_int_lt(c.bounds[c.count - 1], at(to));
  for (uint32_t i = 0; i < c.count; i++) ck_assert_int_lt(c.bounds[i], c.bounds[i + 1]);
  return c;
}

/* The bounds in local time, separated by blanks, against what is expected. */
static void check_local(const char *from, const char *to, const char *interval, const char *tz, const char *expected) {
  struct cuts c = cut(from, to, interval, tz);
  struct buffer out;
  buffer_init(&out, 4096);
  for (uint32_t i = 0; i <= c.count; i++) {
    if (i) buffer_append_char(&out, ' ');
    query_format_local(c.bounds[i], 0, tz, &out);
  }
  buffer_append_char(&out, 0);
  ck_assert_str_eq(out.data, expected);
  buffer_free(&out);
  arena_free(&arena);
}

START_TEST(days_of_berlin_have_23_and_25_hours) {
  struct cuts c = cut("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", "1d", "Europe/Berlin");
  ck_assert_uint_eq(c.count, 3);
  ck_assert_int_eq(c.bounds[0], at("2026-03-27T23:00:00Z"));
  ck_assert_int_eq(c.bounds[1] - c.bounds[0], 24 * hour_us);
  ck_assert_int_eq(c.bounds[2] - c.bounds[1], 23 * hour_us);
  ck_assert_int_eq(c.bounds[3] - c.bounds[2], 24 * hour_us);
  arena_free(&arena);
  c = cut("2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z", "1d", "Europe/Berlin");
  ck_assert_uint_eq(c.count, 3);
  ck_assert_int_eq(c.bounds[2] - c.bounds[1], 25 * hour_us);
  ck_assert_str_eq(c.interval, "1d");
  arena_free(&arena);
}
END_TEST

START_TEST(days_of_new_york_and_kathmandu_follow_their_midnight) {
  struct cuts c = cut("2026-03-08T06:00:00Z", "2026-03-09T03:00:00Z", "1d", "America/New_York");
  ck_assert_uint_eq(c.count, 1);
  ck_assert_int_eq(c.bounds[0], at("2026-03-08T05:00:00Z"));
  ck_assert_int_eq(c.bounds[1], at("2026-03-09T04:00:00Z"));
  arena_free(&arena);
  c = cut("2026-11-20T00:00:00Z", "2026-11-20T01:00:00Z", "1d", "Asia/Kathmandu");
  ck_assert_int_eq(c.bounds[0], at("2026-11-19T18:15:00Z"));
  arena_free(&arena);
  c = cut("2026-11-20T00:00:00Z", "2026-11-20T01:00:00Z", "1h", "Asia/Kathmandu");
  ck_assert_int_eq(c.bounds[0], at("2026-11-19T23:15:00Z"));
  ck_assert_uint_eq(c.count, 2);
  arena_free(&arena);
}
END_TEST

START_TEST(hours_run_on_through_a_change_of_one_hour) {
  check_local("2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z", "1h", "Europe/Berlin",
              "2026-03-29T01:00:00+01:00 2026-03-29T03:00:00+02:00 2026-03-29T04:00:00+02:00 "
              "2026-03-29T05:00:00+02:00");
  check_local("2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z", "1h", "Europe/Berlin",
              "2026-10-25T02:00:00+02:00 2026-10-25T02:00:00+01:00 2026-10-25T03:00:00+01:00 "
              "2026-10-25T04:00:00+01:00");
  check_local("2026-10-24T22:00:00Z", "2026-10-25T12:00:00Z", "6h", "Europe/Berlin",
              "2026-10-25T00:00:00+02:00 2026-10-25T06:00:00+01:00 2026-10-25T12:00:00+01:00 "
              "2026-10-25T18:00:00+01:00");
  check_local("2026-03-29T08:00:00Z", "2026-03-29T12:00:00Z", "6h", "Europe/Berlin",
              "2026-03-29T06:00:00+02:00 2026-03-29T12:00:00+02:00 2026-03-29T18:00:00+02:00");
}
END_TEST

START_TEST(lord_howe_changes_by_half_an_hour) {
  struct cuts c = cut("2026-04-04T14:00:00Z", "2026-04-05T13:00:00Z", "1d", "Australia/Lord_Howe");
  ck_assert_int_eq(2 * (c.bounds[1] - c.bounds[0]), 49 * hour_us);
  arena_free(&arena);
  check_local("2026-04-04T14:00:00Z", "2026-04-04T16:30:00Z", "1h", "Australia/Lord_Howe",
              "2026-04-05T01:00:00+11:00 2026-04-05T02:00:00+10:30 2026-04-05T03:00:00+10:30");
  check_local("2026-10-03T14:30:00Z", "2026-10-03T17:00:00Z", "1h", "Australia/Lord_Howe",
              "2026-10-04T01:00:00+10:30 2026-10-04T03:00:00+11:00 2026-10-04T04:00:00+11:00");
}
END_TEST

START_TEST(weeks_start_on_monday_and_months_on_the_first) {
  check_local("2026-11-20T00:00:00Z", "2026-11-24T00:00:00Z", "1w", "UTC",
              "2026-11-16T00:00:00Z 2026-11-23T00:00:00Z 2026-11-30T00:00:00Z");
  check_local("2026-11-20T00:00:00Z", "2027-01-02T00:00:00Z", "1M", "Europe/Berlin",
              "2026-11-01T00:00:00+01:00 2026-12-01T00:00:00+01:00 2027-01-01T00:00:00+01:00 "
              "2027-02-01T00:00:00+01:00");
  check_local("2026-05-20T00:00:00Z", "2026-08-02T00:00:00Z", "3M", "UTC",
              "2026-04-01T00:00:00Z 2026-07-01T00:00:00Z 2026-10-01T00:00:00Z");
  check_local("2024-02-10T00:00:00Z", "2024-03-01T00:00:00Z", "1M", "UTC", "2024-02-01T00:00:00Z 2024-03-01T00:00:00Z");
}
END_TEST

START_TEST(days_without_midnight_and_without_existence_are_cut_right) {
  /* Sao Paulo's clocks went from 2018-11-04 00:00 to 01:00; Samoa had no 2011-12-30. */
  check_local("2018-11-04T12:00:00Z", "2018-11-04T13:00:00Z", "1d", "America/Sao_Paulo",
              "2018-11-04T01:00:00-02:00 2018-11-05T00:00:00-02:00");
  check_local("2011-12-30T00:00:00Z", "2011-12-31T00:00:00Z", "1d", "Pacific/Apia",
              "2011-12-29T00:00:00-10:00 2011-12-31T00:00:00+14:00 2012-01-01T00:00:00+14:00");
}
END_TEST

START_TEST(bounds_hold_exactly_at_the_ends) {
  check_local("2026-11-20T00:00:00Z", "2026-11-20T00:30:00Z", "15m", "UTC",
              "2026-11-20T00:00:00Z 2026-11-20T00:15:00Z 2026-11-20T00:30:00Z");
  check_local("1969-12-31T23:59:58.5Z", "1970-01-01T00:00:01Z", "1s", "UTC",
              "1969-12-31T23:59:58Z 1969-12-31T23:59:59Z 1970-01-01T00:00:00Z 1970-01-01T00:00:01Z");
}
END_TEST

START_TEST(auto_takes_about_a_hundred_buckets) {
  static const struct {
    const char *from, *to, *interval;
  } cases[] = {
      {"2026-11-20T00:00:00Z", "2026-11-20T00:00:01Z", "1s"},  {"2026-11-20T00:00:00Z", "2026-11-20T01:00:00Z", "1m"},
      {"2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z", "15m"}, {"2026-10-20T00:00:00Z", "2026-11-20T00:00:00Z", "12h"},
      {"2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z", "3h"},  {"2026-01-01T00:00:00Z", "2026-11-20T00:00:00Z", "1w"},
      {"1900-01-01T00:00:00Z", "2026-11-20T00:00:00Z", "12M"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct cuts c = cut(cases[i].from, cases[i].to, "auto", "Europe/Berlin");
    ck_assert_msg(strcmp(c.interval, cases[i].interval) == 0, "%s: %s", cases[i].from, c.interval);
    ck_assert_uint_le(c.count, 200);
    arena_free(&arena);
  }
}
END_TEST

START_TEST(auto_is_never_refused) {
  struct cuts c = cut("0001-01-01T00:00:00Z", "2026-11-20T00:00:00Z", "auto", "UTC");
  ck_assert_str_eq(c.interval, "12M");
  ck_assert_uint_eq(c.count, 2026);
  arena_free(&arena);
  c = cut("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "auto", "Europe/Berlin");
  ck_assert_str_eq(c.interval, "120M");
  ck_assert_uint_le(c.count, 1001);
  arena_free(&arena);
}
END_TEST

START_TEST(extreme_ranges_stay_within_the_years_that_can_be_written) {
  setup_arena();
  int64_t *bounds;
  uint32_t count;
  const char *interval;
  ck_assert_ok(query_buckets(at("0001-01-01T00:00:00Z"), at("9999-12-31T23:59:59Z"), SLICE("1200M"), "Europe/Berlin",
                             &arena, &bounds, &count, &interval, NULL));
  struct buffer out;
  buffer_init(&out, 100000);
  for (uint32_t i = 0; i <= count; i++) {
    char text[INSTANT_TEXT_BYTES];
    instant_format(bounds[i], 6, text);
    query_format_local(bounds[i], 6, "Pacific/Kiritimati", &out);
    query_format_local(bounds[i], 6, "America/Los_Angeles", &out);
  }
  buffer_free(&out);
  arena_free(&arena);
}
END_TEST

START_TEST(bad_buckets_are_refused) {
  static const struct {
    const char *from, *to, *interval, *tz, *message;
  } cases[] = {
      {"2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z", "1h", "UTC",
       "the time range is empty: \"from\" must lie before \"to\""},
      {"2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "1x", "UTC",
       "\"1x\" is no interval; use auto, 1s, 15m, 1h, 1d, 1w or 1M"},
      {"2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "0h", "UTC",
       "\"0h\" is no interval; use auto, 1s, 15m, 1h, 1d, 1w or 1M"},
      {"2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "9999999999999h", "UTC",
       "\"9999999999999h\" is no interval; use auto, 1s, 15m, 1h, 1d, 1w or 1M"},
      {"2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "", "UTC",
       "\"\" is no interval; use auto, 1s, 15m, 1h, 1d, 1w or 1M"},
      {"2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "1h", "Mars/Olympus",
       "unknown time zone; use a name as \"Europe/Berlin\""},
      {"2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "1s", "UTC",
       "more than 5000 buckets; take a longer interval or a shorter time range"},
      {"0001-11-20T00:00:00Z", "2026-11-21T00:00:00Z", "1s", "UTC",
       "more than 5000 buckets; take a longer interval or a shorter time range"},
      {"2026-11-20T00:00:00Z", "2026-11-20T01:23:20.000001Z", "1s", "UTC",
       "more than 5000 buckets; take a longer interval or a shorter time range"},
  };
  setup_arena();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t *bounds;
    uint32_t count;
    const char *interval;
    struct error err = {0};
    ck_assert_int_eq(query_buckets(at(cases[i].from), at(cases[i].to), slice_from(cases[i].interval), cases[i].tz,
                                   &arena, &bounds, &count, &interval, &err),
                     ERR_INVALID);
    ck_assert_str_eq(err.message, cases[i].message);
  }
  arena_free(&arena);
  struct cuts c = cut("2026-11-20T00:00:00Z", "2026-11-20T01:23:20Z", "1s", "UTC");
  ck_assert_uint_eq(c.count, 5000);
  arena_free(&arena);
}
END_TEST

START_TEST(zones_are_known_by_their_names_alone) {
  static const char *const good[] = {"UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Argentina/Buenos_Aires",
                                     "Etc/GMT+5"};
  static const char *const bad[] = {"",
                                    "Europe/Berlim",
                                    "GMT+5:30",
                                    "Etc/Unknown",
                                    "../../etc/passwd",
                                    "Europe Berlin",
                                    "\xff\xfe",
                                    "a/very/long/name/that/goes/on/and/on/and/on/until/no/zone/has/it/at/all"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) ck_assert_msg(query_zone_valid(good[i]), "%s", good[i]);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) ck_assert_msg(!query_zone_valid(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(local_times_carry_their_offset) {
  static const struct {
    const char *utc, *tz;
    unsigned digits;
    const char *local;
  } cases[] = {
      {"2026-11-20T08:15:30.123Z", "Europe/Berlin", 3, "2026-11-20T09:15:30.123+01:00"},
      {"2026-07-20T08:15:30Z", "Europe/Berlin", 0, "2026-07-20T10:15:30+02:00"},
      {"2026-11-20T08:15:30Z", "UTC", 0, "2026-11-20T08:15:30Z"},
      {"2026-11-20T08:15:30Z", "Asia/Kathmandu", 0, "2026-11-20T14:00:30+05:45"},
      {"2026-11-20T03:15:30Z", "America/St_Johns", 0, "2026-11-19T23:45:30-03:30"},
      {"1800-01-01T00:00:00Z", "Europe/Berlin", 0, "1800-01-01T00:53:00+00:53"},
      {"2026-11-20T08:15:30Z", "Europe/London", 0, "2026-11-20T08:15:30+00:00"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct buffer out;
    buffer_init(&out, 100);
    query_format_local(at(cases[i].utc), cases[i].digits, cases[i].tz, &out);
    buffer_append_char(&out, 0);
    ck_assert_str_eq(out.data, cases[i].local);
    int64_t back = 0;
    ck_assert(instant_parse(slice_of(out.data, out.len - 1), &back, NULL));
    ck_assert_int_eq(back, at(cases[i].utc));
    buffer_free(&out);
  }
}
END_TEST

TEST_MAIN("query/buckets", days_of_berlin_have_23_and_25_hours, days_of_new_york_and_kathmandu_follow_their_midnight,
          hours_run_on_through_a_change_of_one_hour, lord_howe_changes_by_half_an_hour,
          weeks_start_on_monday_and_months_on_the_first, days_without_midnight_and_without_existence_are_cut_right,
          bounds_hold_exactly_at_the_ends, auto_takes_about_a_hundred_buckets, auto_is_never_refused,
          extreme_ranges_stay_within_the_years_that_can_be_written, bad_buckets_are_refused,
          zones_are_known_by_their_names_alone, local_times_carry_their_offset)
