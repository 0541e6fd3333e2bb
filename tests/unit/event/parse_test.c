/* What event_parse takes, what it refuses, and where it says the fault is. */
#include "tests/unit/event/fixture.h"

START_TEST(a_full_event_is_taken) {
  struct fixture f;
  fixture_open(&f);
  const char *json =
      "{\"key\":\"req-7f3a\",\"tenant\":\"acme/eu/"
      "sales\",\"log\":\"admin\",\"occurred_at\":\"2026-11-20T08:15:30.123456Z\","
      "\"product\":\"Voice\",\"category\":\"Telephony\",\"action\":\"update\",\"activity\":\"Call Queue Updated\","
      "\"outcome\":\"success\",\"reason\":\"\",\"actor\":{\"type\":\"user\",\"id\":\"u17\",\"name\":\"jane.doe\","
      "\"display_name\":\"Jane Doe\",\"email\":\"jane@acme.example\",\"domain\":\"acme.example\"},"
      "\"on_behalf_of\":{\"type\":\"user\",\"id\":\"u3\",\"name\":\"john.smith\"},"
      "\"source\":{\"ip\":\"203.0.113.4\",\"user_agent\":\"Mozilla/5.0\"},"
      "\"target\":{\"type\":\"call_queue\",\"id\":\"q12\",\"name\":\"Support "
      "EU\",\"user\":\"1041\",\"domain\":\"c.example\"},"
      "\"description\":\"d\",\"changes\":[{\"field\":\"ring_timeout\",\"old\":20,\"new\":45}],"
      "\"params\":{\"request_id\":\"a1b2\",\"region\":\"eu-west-1\"},"
      "\"http\":{\"method\":\"PUT\",\"url\":\"/v2/queues/q12\",\"status\":200},"
      "\"auth\":{\"method\":\"password+totp\",\"session\":\"s91\",\"duration_s\":3600},"
      "\"message\":{\"id\":\"m1\",\"campaign\":\"Spring\",\"phone\":\"+14155550100\",\"gateway\":\"gw-eu-1\",\"error\":"
      "\"\"}}";
  ck_assert_ok(fixture_parse(&f, slice_from(json)));
  ck_assert(slice_equal(event_text(&f.event, FIELD_TARGET_NAME), SLICE("Support EU")));
  ck_assert(slice_equal(event_text(&f.event, FIELD_HTTP_STATUS), SLICE("200")));
  ck_assert(slice_equal(event_text(&f.event, FIELD_CHANGES_OLD), SLICE("n20")));
  ck_assert(slice_equal(event_value(event_cell(&f.event, FIELD_CHANGES_NEW)), SLICE("45")));
  ck_assert(event_cell(&f.event, FIELD_REASON) && event_text(&f.event, FIELD_REASON).len == 0);
  ck_assert(!event_cell(&f.event, FIELD_SOURCE_PEER));
  ck_assert_uint_eq(event_occurred_digits(&f.event), 6);
  ck_assert_int_eq(f.event.occurred_at_us, INT64_C(1795162530123456));
  ck_assert_uint_eq(f.event.seq, 0);
  fixture_close(&f);
}
END_TEST

START_TEST(members_that_are_required_are_named_when_missing) {
  struct fixture f;
  fixture_open(&f);
  assert_refused(&f, "{}", ERR_INVALID, "/tenant", "required");
  assert_refused(&f, "{" REQUIRED "}", ERR_INVALID, "/actor", "required");
  assert_refused(&f, "{" REQUIRED ",\"actor\":{}}", ERR_INVALID, "/actor/type", "required");
  assert_refused(&f, "{\"tenant\":\"a\",\"log\":\"b\",\"action\":\"c\"," ACTOR "}", ERR_INVALID, "/occurred_at",
                 "required");
  assert_refused(&f, EVENT(",\"changes\":[{\"field\":\"a\"},{\"old\":1}]"), ERR_INVALID, "/changes/1/field",
                 "required");
  fixture_close(&f);
}
END_TEST

START_TEST(unknown_members_are_refused_with_the_nearest_name) {
  struct fixture f;
  fixture_open(&f);
  assert_refused(&f, EVENT(",\"outcom\":\"success\""), ERR_INVALID, "/outcom", "did you mean outcome?");
  assert_refused(&f, EVENT(",\"target\":{\"nmae\":\"x\"}"), ERR_INVALID, "/target/nmae", "did you mean name?");
  assert_refused(&f, EVENT(",\"targets\":[{\"id\":\"x\"},{\"typ\":\"x\"}]"), ERR_INVALID, "/targets/1/typ",
                 "mean type?");
  assert_refused(&f, EVENT(",\"body\":{}"), ERR_INVALID, "/body", "unknown member");
  assert_refused(&f, EVENT(",\"http\":{\"body\":\"\"}"), ERR_INVALID, "/http/body", "unknown member");
  assert_refused(&f, EVENT(",\"a/b~c\":1"), ERR_INVALID, "/a~1b~0c", "unknown member");
  assert_refused(&f, EVENT(",\"\":1"), ERR_INVALID, "/", "unknown member");
  assert_refused(&f, EVENT(",\"_shape\":\"\""), ERR_INVALID, "/_shape", "unknown member");
  fixture_close(&f);
}
END_TEST

START_TEST(members_of_the_server_are_refused) {
  struct fixture f;
  fixture_open(&f);
  assert_refused(&f, EVENT(",\"id\":\"acme:1\""), ERR_INVALID, "/id", "set by the server");
  assert_refused(&f, EVENT(",\"seq\":1"), ERR_INVALID, "/seq", "set by the server");
  assert_refused(&f, EVENT(",\"received_at\":\"\""), ERR_INVALID, "/received_at", "set by the server");
  assert_refused(&f, EVENT(",\"source\":{\"peer_ip\":\"::1\"}"), ERR_INVALID, "/source/peer_ip", "set by the server");
  assert_refused(&f, EVENT(",\"source\":{\"geo\":{}}"), ERR_INVALID, "/source/geo", "set by the server");
  fixture_close(&f);
}
END_TEST

START_TEST(wrong_types_are_refused_where_they_stand) {
  struct fixture f;
  fixture_open(&f);
  assert_refused(&f, EVENT(",\"reason\":null"), ERR_INVALID, "/reason", "must be a string, not null");
  assert_refused(&f, EVENT(",\"reason\":1"), ERR_INVALID, "/reason", "not a number");
  assert_refused(&f, EVENT(",\"source\":[]"), ERR_INVALID, "/source", "must be an object, not an array");
  assert_refused(&f, EVENT(",\"changes\":{}"), ERR_INVALID, "/changes", "must be an array, not an object");
  assert_refused(&f, EVENT(",\"changes\":[1]"), ERR_INVALID, "/changes/0", "must be an object");
  assert_refused(&f, EVENT(",\"targets\":[{}]"), ERR_INVALID, "/targets/0", "must not be empty");
  assert_refused(&f, EVENT(",\"http\":{\"status\":\"200\"}"), ERR_INVALID, "/http/status",
                 "whole number, not a string");
  assert_refused(&f, EVENT(",\"http\":{\"status\":99}"), ERR_INVALID, "/http/status", "100 to 599");
  assert_refused(&f, EVENT(",\"auth\":{\"duration_s\":-1}"), ERR_INVALID, "/auth/duration_s", "whole number of 0");
  assert_refused(&f, EVENT(",\"auth\":{\"duration_s\":1.5}"), ERR_INVALID, "/auth/duration_s", "whole number");
  assert_refused(&f, EVENT(",\"auth\":{\"duration_s\":9007199254740992}"), ERR_INVALID, "/auth/duration_s", "2^53 - 1");
  assert_refused(&f, EVENT(",\"source\":{\"ip\":\"300.1.1.1\"}"), ERR_INVALID, "/source/ip", "IPv4 or IPv6");
  assert_refused(&f, EVENT(",\"outcome\":\"ok\""), ERR_INVALID, "/outcome", "success, failure, denied, unknown");
  assert_refused(&f, "[]", ERR_INVALID, "", "must be an object, not an array");
  assert_refused(&f, "1", ERR_INVALID, "", "must be an object, not a number");
  fixture_close(&f);
}
END_TEST

START_TEST(names_follow_their_patterns) {
  struct fixture f;
  fixture_open(&f);
#define NAMED(tenant, log, action)                                      \
  "{\"tenant\":\"" tenant "\",\"log\":\"" log "\",\"action\":\"" action \
  "\",\"occurred_at\":\"2026-11-20T08:15:30Z\"," ACTOR "}"
  ck_assert_ok(fixture_parse(&f, slice_from(NAMED("a/b.c/D_-9", "x_1", "user.log_in2"))));
  assert_refused(&f, NAMED("a//b", "x", "y"), ERR_INVALID, "/tenant", "1 to 8 segments");
  assert_refused(&f, NAMED("", "x", "y"), ERR_INVALID, "/tenant", "1 to 8 segments");
  assert_refused(&f, NAMED("a", "x.y", "y"), ERR_INVALID, "/log", "a-z, 0-9 and _");
  assert_refused(&f, NAMED("a", "", "y"), ERR_INVALID, "/log", "a-z, 0-9 and _");
  assert_refused(&f, NAMED("a", "x", "Create"), ERR_INVALID, "/action", "a-z, 0-9, _ and .");
  assert_refused(&f, "{" REQUIRED ",\"actor\":{\"type\":\"robot\"}}", ERR_INVALID, "/actor/type", "api_key");
  assert_refused(&f, EVENT(",\"on_behalf_of\":{\"type\":\"\"}"), ERR_INVALID, "/on_behalf_of/type", "api_key");
  fixture_close(&f);
}
END_TEST

START_TEST(keys_given_twice_are_refused_at_every_depth) {
  struct fixture f;
  fixture_open(&f);
  assert_refused(&f, EVENT("," ACTOR), ERR_INVALID, "/actor", "twice");
  assert_refused(&f, EVENT(",\"tenant\":\"x\""), ERR_INVALID, "/tenant", "twice");
  assert_refused(&f, EVENT(",\"occurred_at\":\"2026-11-20T08:15:30Z\""), ERR_INVALID, "/occurred_at", "twice");
  assert_refused(&f, EVENT(",\"source\":{\"ip\":\"::1\",\"ip\":\"::1\"}"), ERR_INVALID, "/source/ip", "twice");
  assert_refused(&f, EVENT(",\"source\":{},\"source\":{}"), ERR_INVALID, "/source", "twice");
  assert_refused(&f, EVENT(",\"changes\":[{\"field\":\"a\",\"field\":\"a\"}]"), ERR_INVALID, "/changes/0/field",
                 "twice");
  assert_refused(&f, EVENT(",\"changes\":[{\"field\":\"a\",\"old\":null,\"old\":1}]"), ERR_INVALID, "/changes/0/old",
                 "twice");
  assert_refused(&f, EVENT(",\"changes\":[{\"field\":\"a\",\"new\":[{\"x\":{\"q\":1,\"r\":2,\"\\u0071\":3}}]}]"),
                 ERR_INVALID, "/changes/0/new/0/x/q", "twice");
  assert_refused(&f, EVENT(",\"params\":{\"a\":1,\"a\":2}"), ERR_INVALID, "/params/a", "twice");
  assert_refused(&f, EVENT(",\"params\":{\"a\":{\"b\":1},\"a.b\":2}"), ERR_INVALID, "/params/a.b", "twice");
  assert_refused(&f, EVENT(",\"params\":{\"a\":{\"b\":1},\"a\":{\"c\":2}}"), ERR_INVALID, "/params/a", "twice");
  fixture_close(&f);
}
END_TEST

START_TEST(params_take_scalars_and_flatten_objects) {
  struct fixture f;
  fixture_open(&f);
  ck_assert_ok(fixture_parse(&f, slice_from(EVENT(",\"params\":{\"b\":{\"y\":{\"z\":true},\"x\":\"t\"},\"a\":-0.0}"))));
  const struct event_cell *c = event_cell(&f.event, FIELD_PARAMS);
  ck_assert(slice_equal(c[0].key, SLICE("a")) && slice_equal(c[0].text, SLICE("n0")));
  ck_assert(slice_equal(c[1].key, SLICE("b.x")) && slice_equal(c[1].text, SLICE("st")));
  ck_assert(slice_equal(c[2].key, SLICE("b.y.z")) && slice_equal(c[2].text, SLICE("btrue")));
  assert_refused(&f, EVENT(",\"params\":{\"a\":[]}"), ERR_INVALID, "/params/a", "not an array");
  assert_refused(&f, EVENT(",\"params\":{\"a\":{\"b\":null}}"), ERR_INVALID, "/params/a/b", "not null");
  assert_refused(&f, EVENT(",\"params\":{\"a\":{}}"), ERR_INVALID, "/params/a", "must not be empty");
  assert_refused(&f, EVENT(",\"params\":{\"\":1}"), ERR_INVALID, "/params/", "must not be empty");
  assert_refused(&f, EVENT(",\"params\":{\"a b\":1}"), ERR_INVALID, "/params/a b", "name of a parameter");
  fixture_close(&f);
}
END_TEST

START_TEST(whole_numbers_that_would_lose_digits_are_refused) {
  struct fixture f;
  fixture_open(&f);
  ck_assert_ok(fixture_parse(&f, slice_from(EVENT(",\"params\":{\"a\":9007199254740992,\"b\":-9007199254740992}"))));
  static const char *const bad[] = {"9007199254740993",   "-9007199254740993",    "18446744073709551615", "1e17",
                                    "9007199254740993.0", "-9223372036854775808", "9223372036854775807"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char json[512];
    snprintf(json, sizeof json, EVENT(",\"changes\":[{\"field\":\"f\",\"old\":[%s]}]"), bad[i]);
    assert_refused(&f, json, ERR_INVALID, "/changes/0/old/0", "beyond 2^53");
  }
  assert_refused(&f, EVENT(",\"params\":{\"a\":1e400}"), ERR_INVALID, "", "out of range");
  assert_refused(&f, EVENT(",\"params\":{\"a\":NaN}"), ERR_INVALID, "", "not valid JSON");
  fixture_close(&f);
}
END_TEST

START_TEST(broken_text_is_refused) {
  struct fixture f;
  fixture_open(&f);
  assert_refused(&f, "", ERR_INVALID, "", "empty");
  assert_refused(&f, " \n ", ERR_INVALID, "", "empty");
  assert_refused(&f, "{" REQUIRED, ERR_INVALID, "", "not valid JSON");
  assert_refused(&f, EVENT("") "x", ERR_INVALID, "", "not valid JSON");
  assert_refused(&f, EVENT(",\"reason\":\"\xff\""), ERR_INVALID, "", "UTF-8");
  assert_refused(&f, EVENT(",\"reason\":\"\xed\xa0\x80\""), ERR_INVALID, "", "UTF-8");
  assert_refused(&f, EVENT(",\"reason\":\"\\ud800\""), ERR_INVALID, "", "escape");
  assert_refused(&f, EVENT(",\"reason\":\"\\udc00\""), ERR_INVALID, "", "escape");
  assert_refused(&f, EVENT(",\"reason\":\"\\ud83d\\ud83d\""), ERR_INVALID, "", "escape");
  assert_refused(&f, EVENT(",\"reason\":\"\\ud83dx\""), ERR_INVALID, "", "escape");
  assert_refused(&f, EVENT(",\"reason\":\"a\nb\""), ERR_INVALID, "", "control character");
  assert_refused(&f, EVENT(",\"reason\":\"a\\u0000b\""), ERR_INVALID, "/reason", "NUL");
  assert_refused(&f, EVENT(",\"params\":{\"a\":\"\\u0000\"}"), ERR_INVALID, "/params/a", "NUL");
  assert_refused(&f, EVENT(",\"changes\":[{\"field\":\"f\",\"new\":{\"\\u0000\":1}}]"), ERR_INVALID, "/changes/0/new",
                 "NUL");
  ck_assert_int_eq(fixture_parse(&f, SLICE("{\"a\":\"\0\"}")), ERR_INVALID);
  fixture_close(&f);
}
END_TEST

START_TEST(times_need_a_zone_and_a_calendar_date_not_far_ahead) {
  struct fixture f;
  fixture_open(&f);
#define AT(text) "{\"tenant\":\"a\",\"log\":\"b\",\"action\":\"c\",\"occurred_at\":\"" text "\"," ACTOR "}"
  static const char *const bad[] = {AT(""),
                                    AT("2026-11-20"),
                                    AT("2026-11-20T08:15:30"),
                                    AT("2026-02-30T08:15:30Z"),
                                    AT("2026-11-20T08:15:60Z"),
                                    AT("2026-11-20T08:15:30.1234567Z"),
                                    AT("0000-01-01T00:00:00Z")};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_refused(&f, bad[i], ERR_INVALID, "/occurred_at", "RFC 3339");
  assert_refused(&f, AT("0001-01-01T00:00:00+01:00"), ERR_INVALID, "/occurred_at", "RFC 3339");
  assert_refused(&f, AT("9999-12-31T23:59:59-01:00"), ERR_INVALID, "/occurred_at", "RFC 3339");
  assert_refused(&f, AT("2026-12-02T00:00:00.000001Z"), ERR_INVALID, "/occurred_at", "future");
  ck_assert_ok(fixture_parse(&f, slice_from(AT("2026-12-02T00:00:00Z"))));
  ck_assert_ok(fixture_parse(&f, slice_from(AT("0001-01-01T00:00:00Z"))));
  assert_canonical(
      &f, AT("1969-12-31T23:30:00.500-00:45"),
      "{\"action\":\"c\",\"actor\":{\"type\":\"user\"},\"log\":\"b\",\"occurred_at\":\"1970-01-01T00:15:00.500Z\","
      "\"outcome\":\"success\",\"tenant\":\"a\"}");
  fixture_close(&f);
}
END_TEST

START_TEST(addresses_take_one_form) {
  static const char *const pairs[][2] = {{"203.0.113.4", "203.0.113.4"},          {"::ffff:203.0.113.4", "203.0.113.4"},
                                         {"2001:DB8:0:0::1", "2001:db8::1"},      {"::", "::"},
                                         {"0:0:0:0:0:FFFF:0102:0304", "1.2.3.4"}, {"1:0:0:2:0:0:0:3", "1:0:0:2::3"}};
  static const char *const bad[] = {"",         "1.2.3", "1.2.3.4.5",    "01.2.3.4",          "1.2.3.256",
                                    "1.2.3.4 ", "::g",   "fe80::1%eth0", "1:2:3:4:5:6:7:8:9", "1..2.3"};
  char out[46];
  size_t len;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    ck_assert(event_ip_canonical(slice_from(pairs[i][0]), out, &len));
    ck_assert_str_eq(out, pairs[i][1]);
    ck_assert_uint_eq(len, strlen(out));
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) ck_assert(!event_ip_canonical(slice_from(bad[i]), out, &len));
}
END_TEST

TEST_MAIN("event parse", a_full_event_is_taken, members_that_are_required_are_named_when_missing,
          unknown_members_are_refused_with_the_nearest_name, members_of_the_server_are_refused,
          wrong_types_are_refused_where_they_stand, names_follow_their_patterns,
          keys_given_twice_are_refused_at_every_depth, params_take_scalars_and_flatten_objects,
          whole_numbers_that_would_lose_digits_are_refused, broken_text_is_refused,
          times_need_a_zone_and_a_calendar_date_not_far_ahead, addresses_take_one_form)
