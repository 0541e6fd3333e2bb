#include <stdio.h>

#include "tests/support/import_text.h"
#include "tests/test.h"

static struct imported got;

static void run(const char *format, const char *text) {
  imported_free(&got);
  import_text(format, NULL, slice_from(text), &got);
}

#define ck_holds(event, part) ck_assert_msg(strstr(got.events[event], part), "no %s in %s", part, got.events[event])
#define ck_lacks(event, part) ck_assert_msg(!strstr(got.events[event], part), "%s in %s", part, got.events[event])

/* ---- combined ---- */

START_TEST(combined_reads_every_part_of_a_line) {
  run("combined",
      "198.51.100.7 - jane [03/Feb/2020:10:00:00 +0100] \"PUT /q/12?a=b HTTP/1.1\" 403 512 \"https://e.example/\" "
      "\"Agent/1.0\"\n");
  ck_assert_uint_eq(got.count, 1);
  ck_holds(0, "2020-02-03T09:00:00Z");
  ck_holds(0, "\"action\":\"update\"");
  ck_holds(0, "\"outcome\":\"denied\"");
  ck_holds(0, "\"url\":\"/q/12?a=b\"");
  ck_holds(0, "\"status\":403");
  ck_holds(0, "\"bytes\":512");
  ck_holds(0, "\"name\":\"jane\"");
  ck_holds(0, "\"referrer\":\"https://e.example/\"");
  ck_holds(0, "\"user_agent\":\"Agent/1.0\"");
}
END_TEST

START_TEST(combined_decodes_escapes_and_replaces_what_is_no_utf8) {
  run("combined",
      "198.51.100.7 - - [03/Feb/2020:10:00:00 +0000] \"GET /a\\\"b\\xc3\\xa4\\xff\\x00 HTTP/1.1\" 200 - \"-\" "
      "\"a\\\\b\"\n");
  ck_assert_uint_eq(got.count, 1);
  ck_holds(0, "/a\\\"b\xc3\xa4\xEF\xBF\xBD\xEF\xBF\xBD\"");
  ck_holds(0, "\"user_agent\":\"a\\\\b\"");
  ck_holds(0, "\"type\":\"anonymous\"");
  ck_lacks(0, "referrer");
  ck_lacks(0, "bytes");
}
END_TEST

START_TEST(combined_tolerates_what_servers_really_write) {
  run("combined",
      "h.example - - [03/Feb/2020:10:00:00 +0000] \"GET / HTTP/1.0\" 500 12\n"
      "::1 - - [03/Feb/2020:10:00:00 +0000] \"\\x16\\x03\\x01\" 400 0 \"-\" \"-\"\n"
      "::ffff:192.0.2.1 - - [03/Feb/2020:10:00:00 +0000] \"-\" 408 0 \"-\" \"cut off");
  ck_assert_uint_eq(got.count, 3);
  ck_holds(0, "\"remote_host\":\"h.example\"");
  ck_holds(0, "\"outcome\":\"failure\"");
  ck_holds(1, "Malformed Request");
  ck_holds(2, "\"user_agent\":\"cut off\"");
}
END_TEST

START_TEST(combined_rejects_what_is_no_access_line) {
  static const char *const lines[] = {"x", "a b c [no time] \"GET /\" 200 1",
                                      "1.2.3.4 - - [03/Foo/2020:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1",
                                      "1.2.3.4 - - [03/Feb/2020:10:00:00 +0000] \"GET / HTTP/1.1\" abc 1",
                                      "1.2.3.4 - - [03/Feb/2020:10:00:00 +0000] \"GET / HTTP/1.1\""};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    run("combined", lines[i]);
    ck_assert_msg(got.rejected == 1 && got.count == 0, "%s", lines[i]);
  }
}
END_TEST

START_TEST(equal_lines_have_keys_of_their_own_and_the_same_the_next_time) {
  const char *text =
      "1.2.3.4 - - [03/Feb/2020:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n"
      "1.2.3.4 - - [03/Feb/2020:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n";
  char first[4096], second[4096];
  run("combined", text);
  ck_assert_uint_eq(got.count, 2);
  ck_assert_str_ne(got.events[0], got.events[1]);
  strcpy(first, got.events[0]);
  strcpy(second, got.events[1]);
  run("combined", text);
  ck_assert_str_eq(first, got.events[0]);
  ck_assert_str_eq(second, got.events[1]);
}
END_TEST

/* ---- cloudtrail ---- */

#define TRAIL "{\"eventID\":\"e1\",\"eventTime\":\"2020-02-03T10:00:00Z\",\"eventSource\":\"s3.amazonaws.com\","

START_TEST(cloudtrail_tells_refusals_from_failures_and_takes_no_answers) {
  run("cloudtrail",
      "{\"Records\":[" TRAIL
      "\"eventName\":\"DeleteBucket\",\"errorCode\":\"AccessDenied\",\"errorMessage\":\"no\","
      "\"sourceIPAddress\":\"192.0.2.1\",\"userIdentity\":{\"type\":\"IAMUser\",\"userName\":\"jo\",\"arn\":"
      "\"arn:aws:iam::1:user/jo\"},\"requestParameters\":{\"bucketName\":\"b\",\"deep\":{\"a b\":[1,{\"x\":2}],"
      "\"n\":null,\"t\":true}},\"responseElements\":{\"sessionToken\":\"SECRET\"}}," TRAIL
      "\"eventName\":\"GetThing\",\"errorCode\":\"Throttling\",\"sourceIPAddress\":\"AWS "
      "Internal\",\"userIdentity\":{\"invokedBy\":\"x.amazonaws.com\"}}]}");
  ck_assert_uint_eq(got.count, 2);
  ck_holds(0, "\"key\":\"cloudtrail-e1\"");
  ck_holds(0, "\"action\":\"delete\"");
  ck_holds(0, "\"outcome\":\"denied\"");
  ck_holds(0, "\"product\":\"s3\"");
  ck_holds(0, "\"request.deep.a_b\":\"[1,{\\\"x\\\":2}]\"");
  ck_holds(0, "\"request.deep.t\":true");
  ck_holds(0, "\"name\":\"b\"");
  ck_lacks(0, "SECRET");
  ck_holds(1, "\"outcome\":\"failure\"");
  ck_holds(1, "\"source_name\":\"AWS Internal\"");
  ck_holds(1, "\"type\":\"service\"");
}
END_TEST

START_TEST(cloudtrail_counts_parameters_past_the_limit) {
  struct buffer text;
  buffer_init(&text, 1 << 20);
  buffer_append_text(&text, TRAIL "\"eventName\":\"RunX\",\"requestParameters\":{");
  for (int i = 0; i < 300; i++) buffer_printf(&text, "%s\"p%d\":%d", i ? "," : "", i, i);
  buffer_append_text(&text, "}}");
  buffer_append_char(&text, 0);
  run("cloudtrail", text.data);
  buffer_free(&text);
  ck_assert_uint_eq(got.refused, 0);
  ck_assert_uint_eq(got.count, 1);
  ck_holds(0, "\"params_omitted\":173");
}
END_TEST

START_TEST(cloudtrail_long_and_equal_parameter_names_stay_apart) {
  char name[200], text[1024];
  memset(name, 'x', 100);
  name[100] = 0;
  snprintf(text, sizeof text,
           TRAIL "\"eventName\":\"RunX\",\"requestParameters\":{\"%sA\":1,\"%sB\":2,\"a b\":3,\"a_b\":4}}", name, name);
  run("cloudtrail", text);
  ck_assert_uint_eq(got.refused, 0);
  ck_assert_uint_eq(got.count, 1);
  ck_holds(0, "\"request.a_b\":3");
  ck_holds(0, "\"request.a_b_2\":4");
}
END_TEST

START_TEST(cloudtrail_rejects_what_is_no_record) {
  run("cloudtrail", "{\"a\":1} {\"Records\":[3,{}]} {broken");
  ck_assert_uint_eq(got.count, 0);
  ck_assert_uint_eq(got.rejected, 4);
}
END_TEST

/* ---- twilio ---- */

START_TEST(twilio_previous_and_updated_become_changes) {
  run("twilio",
      "{\"events\":[{\"sid\":\"AE1\",\"event_date\":\"2020-02-03T10:00:00Z\",\"event_type\":\"phone-number.updated\","
      "\"actor_sid\":\"US1\",\"actor_type\":\"user\",\"resource_sid\":\"PN1\",\"resource_type\":\"phone-number\","
      "\"source_ip_address\":\"192.0.2.1\",\"event_data\":{\"resource_properties\":{\"voice_url\":{\"previous\":null,"
      "\"updated\":\"u\"},\"n\":{\"updated\":3},\"x\":7}}}]}");
  ck_assert_uint_eq(got.count, 1);
  ck_holds(0, "\"changes\":[{\"field\":\"voice_url\",\"old\":null,\"new\":\"u\"},{\"field\":\"n\",\"new\":3}]");
  ck_holds(0, "\"activity\":\"Phone Number Updated\"");
  ck_holds(0, "\"action\":\"update\"");
  run("twilio", "{\"status\":400,\"message\":\"bad filter\"}");
  ck_assert_uint_eq(got.rejected, 1);
  ck_assert_msg(strstr(got.reason, "bad filter"), "%s", got.reason);
}
END_TEST

/* ---- ndjson and csv ---- */

#define EVENT                                                                                                         \
  "\"tenant\":\"t\",\"log\":\"admin\",\"occurred_at\":\"2020-02-03T10:00:00Z\",\"action\":\"x\",\"actor\":{\"type\":" \
  "\"system\"}"

START_TEST(ndjson_takes_off_what_the_server_added) {
  run("ndjson",
      "{" EVENT
      ",\"id\":\"t:1\",\"seq\":1,\"received_at\":\"2020-02-03T10:00:00Z\",\"summary\":\"s\",\"source\":{\"ip\":"
      "\"192.0.2.1\",\"peer_ip\":\"192.0.2.2\",\"geo\":{\"city\":\"c\"}}}\n"
      "{" EVENT
      ",\"source\":{\"peer_ip\":\"192.0.2.2\"},\"key\":\"mine\"}\n"
      "{" EVENT
      ",\"source\":{}}\n"
      "{\"daybook_export\":{\"count\":3,\"complete\":true}}\n");
  ck_assert_uint_eq(got.count, 3);
  ck_assert_uint_eq(got.skipped, 1);
  ck_holds(0, "\"source\":{\"ip\":\"192.0.2.1\"}");
  ck_lacks(0, "peer_ip");
  ck_lacks(0, "\"seq\"");
  ck_holds(1, "\"key\":\"mine\"");
  ck_lacks(1, "\"source\"");
  ck_holds(2, "\"source\":{}");
}
END_TEST

START_TEST(csv_headers_name_fields_by_path_label_and_alias) {
  run("csv",
      "Date,Username/API key name,ip,action,params.a b,Nobody knows,changes.field,changes.old,changes.new\n"
      "2020-02-03 10:00:00,jane,192.0.2.1,User Created,1,\"a,\"\"b\"\"\nc\",f; g,1; 2,3; \n");
  ck_assert_uint_eq(got.count, 1);
  ck_holds(0, "\"occurred_at\":\"2020-02-03T10:00:00Z\"");
  ck_holds(0, "\"name\":\"jane\"");
  ck_holds(0, "\"ip\":\"192.0.2.1\"");
  ck_holds(0, "\"action\":\"user_created\"");
  ck_holds(0, "\"a_b\":\"1\"");
  ck_holds(0, "\"Nobody_knows\":\"a,\\\"b\\\"\\nc\"");
  ck_holds(0, "{\"field\":\"f\",\"old\":\"1\",\"new\":\"3\"},{\"field\":\"g\",\"old\":\"2\",\"new\":\"\"}");
}
END_TEST

START_TEST(csv_without_a_time_is_rejected_once) {
  run("csv", "a,b\n1,2\n3,4\n");
  ck_assert_uint_eq(got.count, 0);
  ck_assert_uint_eq(got.rejected, 1);
}
END_TEST

TEST_MAIN("import_formats", combined_reads_every_part_of_a_line, combined_decodes_escapes_and_replaces_what_is_no_utf8,
          combined_tolerates_what_servers_really_write, combined_rejects_what_is_no_access_line,
          equal_lines_have_keys_of_their_own_and_the_same_the_next_time,
          cloudtrail_tells_refusals_from_failures_and_takes_no_answers, cloudtrail_counts_parameters_past_the_limit,
          cloudtrail_long_and_equal_parameter_names_stay_apart, cloudtrail_rejects_what_is_no_record,
          twilio_previous_and_updated_become_changes, ndjson_takes_off_what_the_server_added,
          csv_headers_name_fields_by_path_label_and_alias, csv_without_a_time_is_rejected_once)
