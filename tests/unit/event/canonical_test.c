/* The canonical form: RFC 8785's own vectors, and that it reads back to itself. */
#include "event/json.h"
#include "event/parse.h"
#include "tests/unit/event/fixture.h"

START_TEST(numbers_are_written_as_in_appendix_B_of_RFC_8785) {
  static const struct {
    uint64_t bits;
    const char *text;
  } vectors[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
      {0x4024000000000000, "10"},
      {0x3ff8000000000000, "1.5"},
  };
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    char text[JSON_NUMBER_BYTES + 1];
    double v;
    memcpy(&v, &vectors[i].bits, sizeof v);
    text[json_format_number(v, text)] = 0;
    ck_assert_str_eq(text, vectors[i].text);
  }
}
END_TEST

START_TEST(random_doubles_read_back_from_their_text) {
  struct random r = random_from_environment();
  for (int i = 0; i < 300000; i++) {
    uint64_t bits = random_u64(&r);
    if ((bits >> 52 & 0x7ff) == 0x7ff) continue; /* infinity, NaN */
    char text[JSON_NUMBER_BYTES + 1];
    double v;
    memcpy(&v, &bits, sizeof v);
    size_t len = json_format_number(v, text);
    ck_assert_uint_le(len, JSON_NUMBER_BYTES);
    text[len] = 0;
    ck_assert_msg(strtod(text, NULL) == v, "%a became %s", v, text);
  }
}
END_TEST

static void check_string(const char *text, size_t len, const char *expected) {
  struct buffer out;
  buffer_init(&out, 1024);
  json_append_string(&out, slice_of(text, len));
  buffer_append_char(&out, 0);
  ck_assert_str_eq(out.data, expected);
  buffer_free(&out);
}

START_TEST(strings_have_the_escapes_of_RFC_8785_and_no_others) {
  check_string("\xe2\x82\xac$\x0f\nA'B\"\\\\\"/", 14, "\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
  check_string("\b\t\n\f\r\x1f\x7f\0", 8, "\"\\b\\t\\n\\f\\r\\u001f\x7f\\u0000\"");
  check_string("", 0, "\"\"");
  check_string("0123456789abcdefghijklmnopqrstuvwxyz\"", 37, "\"0123456789abcdefghijklmnopqrstuvwxyz\\\"\"");
}
END_TEST

START_TEST(members_are_ordered_by_UTF_16_code_units) {
  struct fixture f;
  fixture_open(&f);
  /* The example of RFC 8785, section 3.2.3. */
  assert_canonical(
      &f,
      EVENT(",\"changes\":[{\"field\":\"f\",\"new\":{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
            "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning Face\","
            "\"\\u0080\":\"Control\",\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}}]"),
      "{\"action\":\"update\",\"actor\":{\"type\":\"user\"},\"changes\":[{\"field\":\"f\",\"new\":{"
      "\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
      "\"\xc3\xb6\":\"Latin Small Letter O With Diaeresis\",\"\xe2\x82\xac\":\"Euro Sign\","
      "\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}}],"
      "\"log\":\"admin\",\"occurred_at\":\"2026-11-20T08:15:30Z\",\"outcome\":\"success\",\"tenant\":\"acme\"}");
  ck_assert_int_lt(compare_utf16(SLICE("\xf0\x9f\x98\x80"), SLICE("\xee\x80\x80")), 0);
  ck_assert_int_lt(compare_utf16(SLICE("\xed\x9f\xbf"), SLICE("\xf0\x90\x80\x80")), 0);
  ck_assert_int_lt(compare_utf16(SLICE("a"), SLICE("ab")), 0);
  ck_assert_int_eq(compare_utf16(SLICE("a"), SLICE("a")), 0);
  fixture_close(&f);
}
END_TEST

START_TEST(empty_objects_and_lists_stay_and_nothing_else_appears) {
  struct fixture f;
  fixture_open(&f);
  assert_canonical(
      &f,
      EVENT(",\"targets\":[],\"source\":{},\"target\":{},\"on_behalf_of\":{},\"http\":{},\"auth\":{},"
            "\"message\":{},\"params\":{},\"changes\":[]"),
      "{\"action\":\"update\",\"actor\":{\"type\":\"user\"},\"auth\":{},\"changes\":[],\"http\":{},"
      "\"log\":\"admin\",\"message\":{},\"occurred_at\":\"2026-11-20T08:15:30Z\",\"on_behalf_of\":{},"
      "\"outcome\":\"success\",\"params\":{},\"source\":{},\"target\":{},\"targets\":[],\"tenant\":\"acme\"}");
  assert_canonical(&f, EVENT(",\"targets\":[{\"name\":\"a\"},{\"id\":\"\"}],\"changes\":[{\"old\":{},\"field\":\"\"}]"),
                   "{\"action\":\"update\",\"actor\":{\"type\":\"user\"},\"changes\":[{\"field\":\"\",\"old\":{}}],"
                   "\"log\":\"admin\",\"occurred_at\":\"2026-11-20T08:15:30Z\",\"outcome\":\"success\","
                   "\"targets\":[{\"name\":\"a\"},{\"id\":\"\"}],\"tenant\":\"acme\"}");
  fixture_close(&f);
}
END_TEST

START_TEST(the_stored_form_adds_what_the_server_knows) {
  struct fixture f;
  fixture_open(&f);
  ck_assert_ok(fixture_parse(&f, slice_from(EVENT(",\"source\":{},\"http\":{\"url\":\"/\"}"))));
  event_add_cell(&f.event, &f.arena, FIELD_GEO_CITY, SLICE("Berlin"));
  event_add_cell(&f.event, &f.arena, FIELD_GEO_COUNTRY, SLICE("DE"));
  event_add_cell(&f.event, &f.arena, FIELD_SOURCE_PEER, SLICE("10.0.0.1"));
  f.event.seq = 42;
  f.event.received_at_us = RANDOM_EVENT_NOW_US + 1;
  ck_assert_str_eq(
      fixture_canonical(&f),
      "{\"action\":\"update\",\"actor\":{\"type\":\"user\"},\"http\":{\"url\":\"/\"},\"log\":\"admin\","
      "\"occurred_at\":\"2026-11-20T08:15:30Z\",\"outcome\":\"success\",\"source\":{},\"tenant\":\"acme\"}");
  buffer_clear(&f.out);
  event_append_json(&f.event, EVENT_STORED, &f.out);
  buffer_append_char(&f.out, 0);
  ck_assert_str_eq(
      f.out.data,
      "{\"action\":\"update\",\"actor\":{\"type\":\"user\"},\"http\":{\"url\":\"/\"},\"id\":\"acme:42\","
      "\"log\":\"admin\",\"occurred_at\":\"2026-11-20T08:15:30Z\",\"outcome\":\"success\","
      "\"received_at\":\"2026-12-01T00:00:00.000001Z\",\"seq\":42,\"source\":{\"geo\":{\"city\":\"Berlin\","
      "\"country\":\"DE\"},\"peer_ip\":\"10.0.0.1\"},\"tenant\":\"acme\"}");
  fixture_close(&f);
}
END_TEST

START_TEST(the_canonical_form_of_a_random_event_reads_back_to_itself) {
  struct random r = random_from_environment();
  struct fixture f;
  struct buffer json, first;
  fixture_open(&f);
  buffer_init(&json, 4 << 20);
  buffer_init(&first, 4 << 20);
  for (int i = 0; i < 10000; i++) {
    buffer_clear(&json);
    buffer_clear(&first);
    random_event_json(&r, &json);
    if (json.len > LIMIT_EVENT_BYTES) continue;
    int rc = fixture_parse(&f, buffer_slice(&json));
    ck_assert_msg(rc == 0, "%s at %s: %.*s", f.err.message, f.err.pointer, SLICE_ARGS(buffer_slice(&json)));
    event_append_json(&f.event, EVENT_AS_SENT, &first);
    ck_assert_ok(fixture_parse(&f, buffer_slice(&first)));
    fixture_canonical(&f);
    ck_assert(slice_equal(buffer_slice(&first), slice_from(f.out.data)));
  }
  buffer_free(&json);
  buffer_free(&first);
  fixture_close(&f);
}
END_TEST

TEST_MAIN("canonical form", numbers_are_written_as_in_appendix_B_of_RFC_8785, random_doubles_read_back_from_their_text,
          strings_have_the_escapes_of_RFC_8785_and_no_others, members_are_ordered_by_UTF_16_code_units,
          empty_objects_and_lists_stay_and_nothing_else_appears, the_stored_form_adds_what_the_server_knows,
          the_canonical_form_of_a_random_event_reads_back_to_itself)
