#include "base/instant.h"

#include "query/query.h"
#include "tests/test.h"

/* 2026-11-20T12:00:00Z */
static const int64_t now_us = INT64_C(1795176000) * 1000000;

static const struct {
  const char *text, *tz, *instant;
} read_right[] = {
    {"2026-11-20T08:00:00Z", "UTC", "2026-11-20T08:00:00Z"},
    {"2026-11-20T08:00:00.123456+01:00", "Europe/Berlin", "2026-11-20T07:00:00.123456Z"},
    {"2026-11-20", "UTC", "2026-11-20T00:00:00Z"},
    {"2026-11-20", NULL, "2026-11-20T00:00:00Z"},
    {"2026-11-20", "Europe/Berlin", "2026-11-19T23:00:00Z"},
    {"2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00Z"},
    {"2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00Z"},
    {"2026-11-20", "Asia/Kathmandu", "2026-11-19T18:15:00Z"},
    {"2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"},
    {"1500-03-01", "Europe/Berlin", "1500-02-28T23:06:32Z"},
    {"now", "UTC", "2026-11-20T12:00:00Z"},
    {"NOW", "UTC", "2026-11-20T12:00:00Z"},
    {"now-24h", "Europe/Berlin", "2026-11-19T12:00:00Z"},
    {"now-7d", "UTC", "2026-11-13T12:00:00Z"},
    {"now+1h", "UTC", "2026-11-20T13:00:00Z"},
    {"now-30s", "UTC", "2026-11-20T11:59:30Z"},
    {"now-90m", "UTC", "2026-11-20T10:30:00Z"},
    {"now-2w", "UTC", "2026-11-06T12:00:00Z"},
};

START_TEST(instants_are_read_as_people_write_them) {
  for (size_t i = 0; i < sizeof read_right / sizeof *read_right; i++) {
    int64_t us = 0, expected = 0;
    struct error err = {0};
    ck_assert(instant_parse(slice_from(read_right[i].instant), &expected, NULL));
    int code = query_parse_instant(slice_from(read_right[i].text), read_right[i].tz, now_us, &us, &err);
    ck_assert_msg(code == 0, "%s: %s", read_right[i].text, err.message);
    ck_assert_msg(us == expected, "%s in %s", read_right[i].text, read_right[i].tz);
  }
}
END_TEST

START_TEST(other_texts_are_no_instants) {
  static const char *const bad[] = {
      "",           "n",          "nower",          "now-",           "now-h",
      "now-1",      "now-1y",     "now-1h-1h",      "now--1h",        "now 1h",
      "yesterday",  "2026-13-01", "2026-02-30",     "2026-11-2x",     "2026-11-20T08:00:00",
      "2026/11/20", "1795176000", "now-999999999w", "now+999999999w", "now-99999999999w",
      "0000-01-01", "10000-01-01"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int64_t us = 42;
    struct error err = {0};
    ck_assert_msg(query_parse_instant(slice_from(bad[i]), "UTC", now_us, &us, &err) == ERR_INVALID, "%s", bad[i]);
    ck_assert_ptr_nonnull(strstr(err.message, "is no instant"));
    ck_assert_int_eq(us, 42);
  }
}
END_TEST

START_TEST(a_date_in_an_unknown_zone_is_refused) {
  int64_t us;
  struct error err = {0};
  ck_assert_int_eq(query_parse_instant(SLICE("2026-11-20"), "Europe/Berlim", now_us, &us, &err), ERR_INVALID);
  ck_assert_str_eq(err.message, "unknown time zone");
}
END_TEST

TEST_MAIN("query/instant", instants_are_read_as_people_write_them, other_texts_are_no_instants,
          a_date_in_an_unknown_zone_is_refused)
