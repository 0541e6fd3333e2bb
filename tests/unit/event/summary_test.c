/* The sentence for every log, actor and outcome. */
#include "event/verbs.h"
#include "tests/unit/event/fixture.h"

#define WHEN "\"tenant\":\"acme\",\"occurred_at\":\"2026-11-20T08:15:30Z\""
#define JANE "\"actor\":{\"type\":\"user\",\"name\":\"jane.doe\",\"display_name\":\"Jane Doe\"}"
#define JANE_MAIL \
  "\"actor\":{\"type\":\"user\",\"name\":\"jane.doe\",\"display_name\":\"Jane Doe\",\"email\":\"jane@acme.example\"}"
#define KEY "\"actor\":{\"type\":\"api_key\",\"id\":\"k1\",\"name\":\"billing-sync\"}"
#define SYSTEM "\"actor\":{\"type\":\"system\",\"name\":\"System\"}"
#define FROM "\"source\":{\"ip\":\"203.0.113.4\"}"
#define QUEUE "\"target\":{\"type\":\"call_queue\",\"id\":\"q12\",\"name\":\"Support EU\"}"
#define MESSAGE(rest) \
  "\"message\":{\"id\":\"m1\",\"campaign\":\"Spring\",\"phone\":\"+14155550100\",\"gateway\":\"gw-eu-1\"" rest "}"
#define DOES(log, action) "{" WHEN ",\"log\":\"" log "\",\"action\":\"" action "\","

static const char *const table[][2] = {
    /* admin */
    {DOES("admin", "update") JANE_MAIL "," FROM "," QUEUE
                                       ",\"changes\":[{\"field\":\"ring_timeout\",\"old\":20,\"new\":45}]}",
     "Jane Doe (jane@acme.example) updated call queue Support EU from 203.0.113.4: ring_timeout 20 -> 45"},
    {DOES("admin", "create") JANE "," QUEUE "}", "Jane Doe (jane.doe) created call queue Support EU"},
    {DOES("admin", "delete") "\"actor\":{\"type\":\"user\",\"id\":\"u17\"}," QUEUE "}",
     "User u17 deleted call queue Support EU"},
    {DOES("admin", "delete") "\"actor\":{\"type\":\"user\"}," QUEUE "}", "A user deleted call queue Support EU"},
    {DOES("admin", "read") "\"actor\":{\"type\":\"user\",\"email\":\"a@b.example\"}," QUEUE "}",
     "a@b.example viewed call queue Support EU"},
    {DOES("admin", "restart") SYSTEM ",\"target\":{\"type\":\"carrier\",\"id\":\"c1\"}}",
     "System restarted carrier c1"},
    {DOES("admin", "validate") "\"actor\":{\"type\":\"service\",\"name\":\"dialler\"}," QUEUE "}",
     "Service dialler validated call queue Support EU"},
    {DOES("admin", "activate") "\"actor\":{\"type\":\"service\"}," QUEUE "}",
     "A service activated call queue Support EU"},
    {DOES("admin", "update") JANE "," QUEUE ",\"outcome\":\"denied\",\"reason\":\"not_owner\"}",
     "Jane Doe (jane.doe) was denied permission to update call queue Support EU: not_owner"},
    {DOES("admin", "copy") JANE "," QUEUE ",\"outcome\":\"unknown\"}",
     "Jane Doe (jane.doe) tried to copy call queue Support EU (outcome unknown)"},
    {DOES("admin", "update") JANE ",\"on_behalf_of\":{\"type\":\"user\",\"name\":\"john.smith\"}," QUEUE "," FROM "}",
     "Jane Doe (jane.doe), on behalf of john.smith, updated call queue Support EU from 203.0.113.4"},
    {DOES("admin", "update") JANE
     "," QUEUE ",\"changes\":[{\"field\":\"a\",\"old\":\"\",\"new\":null},{\"field\":\"b\",\"new\":true},"
     "{\"field\":\"c\",\"old\":[1]},{\"field\":\"d\"},{\"field\":\"e\"},{\"field\":\"f\"},{\"field\":\"g\"}]}",
     "Jane Doe (jane.doe) updated call queue Support EU: a \"\" -> null, b set to true, c removed, was [1] and 4 more"},
    {DOES("admin", "delete") JANE
     ",\"target\":{\"type\":\"contact\",\"id\":\"c1\"},\"targets\":[{\"id\":\"c2\"},{\"id\":\"c3\"}]}",
     "Jane Doe (jane.doe) deleted contact c1 and 2 more"},
    {DOES("admin", "delete") JANE
     ",\"targets\":[{\"type\":\"contact\",\"id\":\"c2\"},{\"id\":\"c3\"},{\"id\":\"c4\"}]}",
     "Jane Doe (jane.doe) deleted contact c2 and 2 more"},
    {DOES("admin", "warn") SYSTEM ",\"target\":{\"type\":\"user\",\"name\":\"john\"}}",
     "System raised a security warning about user john"},
    {DOES("admin", "create_user") JANE "}", "Jane Doe (jane.doe) created user"},
    {DOES("admin", "user.create") JANE ",\"target\":{\"type\":\"user\",\"name\":\"bob\"}}",
     "Jane Doe (jane.doe) created user bob"},
    {DOES("admin", "api_key.revoke") JANE "}", "Jane Doe (jane.doe) revoked api key"},
    {DOES("admin", "two_factor") JANE "," QUEUE "}",
     "Jane Doe (jane.doe) performed two factor on call queue Support EU"},
    {DOES("admin", "frobnicate") JANE "," QUEUE "}", "Jane Doe (jane.doe) frobnicated call queue Support EU"},
    {DOES("admin", "start") JANE "}", "Jane Doe (jane.doe) started"},
    /* auth */
    {DOES("auth", "login") JANE "," FROM ",\"outcome\":\"failure\",\"reason\":\"bad_password\"}",
     "Jane Doe (jane.doe) failed to log in from 203.0.113.4: bad_password"},
    {DOES("auth", "login") JANE
     "," FROM ",\"auth\":{\"method\":\"password+totp\"},\"target\":{\"type\":\"session\",\"id\":\"s1\"}}",
     "Jane Doe (jane.doe) logged in with password+totp from 203.0.113.4"},
    {DOES("auth", "log_in") JANE ",\"target\":{\"type\":\"application\",\"name\":\"Portal\"}}",
     "Jane Doe (jane.doe) logged in to application Portal"},
    {DOES("auth", "login") "\"actor\":{\"type\":\"anonymous\",\"name\":\"admin\"}," FROM ",\"outcome\":\"failure\"}",
     "An anonymous user (admin) failed to log in from 203.0.113.4"},
    {DOES("auth", "login") "\"actor\":{\"type\":\"anonymous\"},\"outcome\":\"denied\",\"reason\":\"bad_ip\"}",
     "An anonymous user was denied permission to log in: bad_ip"},
    {DOES("auth", "logout") JANE "," FROM ",\"auth\":{\"duration_s\":3725}}",
     "Jane Doe (jane.doe) logged out from 203.0.113.4 after 1 h 2 min"},
    {DOES("auth", "logout") JANE ",\"auth\":{\"duration_s\":0}}", "Jane Doe (jane.doe) logged out after 0 s"},
    {DOES("auth", "logout") JANE ",\"auth\":{\"duration_s\":60}}", "Jane Doe (jane.doe) logged out after 1 min"},
    {DOES("auth", "logout") JANE ",\"auth\":{\"duration_s\":90061}}", "Jane Doe (jane.doe) logged out after 1 d 1 h"},
    {DOES("auth", "mfa") JANE "," FROM ",\"outcome\":\"failure\"}",
     "Jane Doe (jane.doe) failed to pass multi-factor authentication from 203.0.113.4"},
    /* api and panel */
    {DOES("api", "update") KEY "," QUEUE "," FROM
                               ",\"http\":{\"method\":\"PUT\",\"url\":\"/v2/queues/q12\",\"status\":200}}",
     "API key billing-sync updated call queue Support EU from 203.0.113.4: PUT /v2/queues/q12 answered 200"},
    {DOES("api", "update") KEY ",\"http\":{\"method\":\"PUT\",\"url\":\"/v2/queues/q12\",\"status\":200}}",
     "API key billing-sync called the API: PUT /v2/queues/q12 answered 200"},
    {DOES("api", "create") "\"actor\":{\"type\":\"api_key\"},\"outcome\":\"failure\",\"reason\":\"quota\",\"http\":{"
                           "\"method\":\"POST\"}}",
     "An API key failed to call the API: quota; POST"},
    {DOES("panel", "read") JANE
     "," FROM ",\"http\":{\"method\":\"GET\",\"url\":\"/panel/x\",\"status\":403},\"outcome\":\"denied\"}",
     "Jane Doe (jane.doe) was denied permission to use the panel from 203.0.113.4: GET /panel/x answered 403"},
    /* message */
    {DOES("message", "send") JANE "," FROM "," MESSAGE("") "}",
     "Jane Doe (jane.doe) sent message m1 of campaign Spring to +14155550100 by gateway gw-eu-1 from 203.0.113.4"},
    {DOES("message", "send") SYSTEM "," MESSAGE(",\"error\":\"absent_subscriber\"") ",\"outcome\":\"failure\"}",
     "Message m1 of campaign Spring to +14155550100 by gateway gw-eu-1 failed: absent_subscriber (sent by System)"},
    {DOES("message", "send") JANE
     "," FROM ",\"on_behalf_of\":{\"name\":\"john\"}," MESSAGE("") ",\"outcome\":\"denied\",\"reason\":\"spam\"}",
     "Message m1 of campaign Spring to +14155550100 by gateway gw-eu-1 was denied: spam (sent by Jane Doe (jane.doe), "
     "on behalf "
     "of john, from 203.0.113.4)"},
    /* another log */
    {DOES("billing_2",
          "pay") "\"actor\":{\"type\":\"user\",\"name\":\"jane\"},\"target\":{\"type\":\"invoice\",\"id\":\"7\"}}",
     "jane paid invoice 7"},
    /* hostile values */
    {DOES("admin", "update") "\"actor\":{\"type\":\"user\",\"name\":\"a\\nb\\u0001\\u007f\"},\"target\":{\"name\":"
                             "\"\\u202ex\\r\"}}",
     "a b   updated \xe2\x80\xaex "},
};

START_TEST(every_row_of_the_table_gives_its_sentence) {
  struct fixture f;
  fixture_open(&f);
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    int rc = fixture_parse(&f, slice_from(table[i][0]));
    ck_assert_msg(rc == 0, "%s: %s at %s", table[i][0], f.err.message, f.err.pointer);
    buffer_clear(&f.out);
    event_append_summary(&f.event, &f.out);
    buffer_append_char(&f.out, 0);
    ck_assert_str_eq(f.out.data, table[i][1]);
  }
  fixture_close(&f);
}
END_TEST

static void check_past(const char *action, const char *past) {
  struct buffer out;
  struct verb v = verb_of_action(slice_from(action));
  buffer_init(&out, 256);
  verb_append_past(&v, &out);
  buffer_append_char(&out, 0);
  ck_assert_str_eq(out.data, past);
  buffer_free(&out);
}

START_TEST(verbs_take_their_past) {
  static const char *const pairs[][2] = {
      {"create", "created"},     {"export", "exported"}, {"import", "imported"},    {"load", "loaded"},
      {"activate", "activated"}, {"pause", "paused"},    {"send", "sent"},          {"copy", "copied"},
      {"deploy", "deployed"},    {"stop", "stopped"},    {"log_out", "logged out"}, {"queue.updated", "updated"},
      {"approved", "approved"},  {"get", "viewed"},
  };
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) check_past(pairs[i][0], pairs[i][1]);
}
END_TEST

START_TEST(long_values_are_cut_between_characters) {
  struct fixture f;
  struct buffer json;
  fixture_open(&f);
  buffer_init(&json, 1 << 16);
  buffer_append_text(&json, "{" REQUIRED ",\"actor\":{\"type\":\"user\",\"name\":\"x");
  for (int i = 0; i < 1000; i++) buffer_append_text(&json, "\xe2\x82\xac");
  buffer_append_text(&json, "\"}}");
  ck_assert_ok(fixture_parse(&f, buffer_slice(&json)));
  event_append_summary(&f.event, &f.out);
  ck_assert_uint_lt(f.out.len, 200);
  ck_assert(f.out.len > 118 && memcmp(f.out.data + 118, "...", 3) == 0); /* 1 + 39 * 3 bytes */
  buffer_free(&json);
  fixture_close(&f);
}
END_TEST

START_TEST(random_events_make_one_line_of_text) {
  struct random r = random_from_environment();
  struct fixture f;
  fixture_open(&f);
  for (int i = 0; i < 5000; i++) {
    arena_reset(&f.arena);
    buffer_clear(&f.out);
    random_event(&r, f.parser, &f.arena, &f.event);
    event_append_summary(&f.event, &f.out);
    ck_assert_uint_gt(f.out.len, 5);
    for (size_t n = 0; n < f.out.len; n++) ck_assert((unsigned char)f.out.data[n] >= 0x20);
  }
  fixture_close(&f);
}
END_TEST

TEST_MAIN("event summary", every_row_of_the_table_gives_its_sentence, verbs_take_their_past,
          long_values_are_cut_between_characters, random_events_make_one_line_of_text)
