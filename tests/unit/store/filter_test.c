#include <math.h>
#include <stdio.h>

#include "query/query.h"
#include "tests/test.h"

/* 2026-11-20T12:00:00Z */
static const int64_t now_us = INT64_C(1795176000) * 1000000;

static const char event_json[] =
    "{\"tenant\":\"Acme/eu/sales\",\"log\":\"admin\",\"occurred_at\":\"2026-11-20T08:15:30.123456Z\","
    "\"product\":\"Voice\",\"action\":\"update\",\"activity\":\"Call Queue Updated\",\"outcome\":\"success\","
    "\"reason\":\"\",\"actor\":{\"type\":\"user\",\"name\":\"jane.doe\",\"display_name\":\"J\xc3\xa4ne Do\xc3\x9f\"},"
    "\"source\":{\"ip\":\"203.0.113.4\"},"
    "\"target\":{\"type\":\"call_queue\",\"id\":\"q12\",\"user\":\"1041\"},"
    "\"targets\":[{\"id\":\"q13\",\"user\":\"1042\"},{\"id\":\"q14\"}],"
    "\"changes\":[{\"field\":\"ring_timeout\",\"old\":20,\"new\":45},{\"field\":\"mode\",\"old\":null,\"new\":\"All at "
    "Once\"},{\"field\":\"list\",\"old\":[1,2],\"new\":true}],"
    "\"params\":{\"region\":\"eu-west-1\",\"n\":-1.5,\"Big\":\"1e3\",\"text\":\"0x10\",\"star\":\"a*b\"},"
    "\"http\":{\"method\":\"PUT\",\"url\":\"/v2/queues/q12?a=1\",\"status\":404}}";

static const struct {
  const char *query;
  bool matches;
} cases[] = {
    {"", true},
    /* equality, folded; lists of values; negation */
    {"log:admin", true},
    {"log:ADMIN", true},
    {"log:adm", false},
    {"log:panel,admin", true},
    {"-log:admin", false},
    {"-log:panel,api", true},
    {"log:admin log:panel", false},
    {"actor.display_name:\"J\xc3\x84NE DOSS\"", true},
    {"actor.display_name:\"ja\xcc\x88ne do\xc3\x9f\"", true},
    {"actor:jane.doe", true},
    {"actor:jane", false},
    /* presence: an empty text is none */
    {"reason:*", false},
    {"-reason:*", true},
    {"product:*", true},
    {"category:*", false},
    {"seq:*", true},
    {"occurred_at:*", true},
    {"tenant:*", true},
    /* wildcards */
    {"activity:call*", true},
    {"activity:*updated", true},
    {"activity:*QUEUE*", true},
    {"activity:c*q*d", true},
    {"activity:call*call*", false},
    {"activity:*updated*updated", false},
    {"activity:call", false},
    {"activity:c*x*d", false},
    {"log:a*n", true},
    {"log:admin*n", false},
    {"log:*admin*", true},
    {"params.star:\"a*b\"", true},
    {"params.star:a*b", true},
    {"params.region:\"eu*\"", false},
    {"status:4*", true},
    {"status:5*", false},
    {"ip:203.0.*", true},
    /* keywords: any field, any element, any parameter's value; decimal text of numbers */
    {"queue", true},
    {"QUEUE UPDATED", true},
    {"\"queue updated\"", true},
    {"\"updated queue\"", false},
    {"-queue", false},
    {"-nothing", true},
    {"q14", true},
    {"west", true},
    {"region", false},
    {"404", true},
    {"timeout", true},
    {"\"at once\"", true},
    {"acme/EU", true},
    {"dos", true},
    {"203.0.113", true},
    {"2026", false},
    {"strue", false},
    {"true", true},
    {"n45", false},
    /* numbers */
    {"status:404", true},
    {"status:>=404", true},
    {"status:>404", false},
    {"status:<404", false},
    {"status:<=404", true},
    {"status:400..499", true},
    {"status:405..", false},
    {"duration:>=0", false},
    {"-duration:>=0", true},
    {"params.n:-2..-1", true},
    {"params.n:>0", false},
    {"params.Big:1000..1000", true},
    {"params.text:>=0", false},
    {"params.region:>=0", false},
    {"params:>=1000", true},
    {"params:>=1001", false},
    {"old:20", true},
    {"old:10..20", true},
    {"old:2", false},
    {"new:>45", false},
    {"new:\"all at once\"", true},
    {"new:true", true},
    {"old:[1*2]", true},
    /* parameters: names keep their case */
    {"params.region:eu-west-1", true},
    {"params.Region:eu-west-1", false},
    {"params.big:*", false},
    {"params:eu-west-1", true},
    {"params.none:*", false},
    {"-params.none:*", true},
    /* lists */
    {"changes:mode", true},
    {"changes:mode,x changes:ring*", true},
    {"-changes:mode", false},
    {"user:1041", true},
    {"user:1042", true},
    {"-user:1042", false},
    {"target:q14", true},
    {"targets.id:q12", false},
    {"target.id:q12 target.id:q13", true},
    /* addresses */
    {"ip:203.0.113.4", true},
    {"ip:::ffff:203.0.113.4", true},
    {"ip:203.0.113.0/24", true},
    {"ip:203.0.113.0/29", true},
    {"ip:203.0.113.8/29", false},
    {"ip:203.0.113.4/32", true},
    {"ip:203.0.113.5/32", false},
    {"ip:0.0.0.0/0", true},
    {"ip:::/0", false},
    {"-ip:10.0.0.0/8", true},
    {"source.peer_ip:0.0.0.0/0", false},
    /* tenants: the subtree, in exact case */
    {"tenant:Acme", true},
    {"tenant:Acme/eu", true},
    {"tenant:Acme/eu/sales", true},
    {"tenant:acme", false},
    {"tenant:Acme/e", false},
    {"tenant:Acme/eu/sales/x", false},
    {"tenant:other,Acme", true},
    {"tenant:acme/*", true},
    /* the header */
    {"occurred_at:2026-11-20", true},
    {"occurred_at:2026-11-19", false},
    {"occurred_at:>=2026-11-20T08:15:30.123456Z", true},
    {"occurred_at:>2026-11-20T08:15:30.123456Z", false},
    {"occurred_at:<2026-11-20T08:15:30.123457Z", true},
    {"occurred_at:now-24h..now", true},
    {"received_at:>=now", true},
    {"received_at:<now", false},
    {"seq:17", true},
    {"seq:16", false},
    {"seq:>16 seq:<18", true},
    {"seq:1,17", true},
    {"-seq:17", false},
};

START_TEST(filter_matches_as_the_language_says) {
  struct arena arena;
  arena_init(&arena, 4 << 20);
  struct event_parser *parser = event_parser_new();
  struct event event;
  struct error err = {0};
  int code = event_parse(parser, slice_from(event_json), now_us, &arena, &event, &err);
  ck_assert_msg(code == 0, "%s: %s", err.pointer, err.message);
  event.seq = 17;
  event.received_at_us = now_us;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct filter filter;
    code = query_parse(slice_from(cases[i].query), now_us, &arena, &filter, NULL, &err);
    ck_assert_msg(code == 0, "%s: %s", cases[i].query, err.message);
    ck_assert_msg(filter_matches(&filter, &event) == cases[i].matches, "%s", cases[i].query);
  }
  event_parser_free(parser);
  arena_free(&arena);
}
END_TEST

/* '*' tried every way, to compare with. */
static bool matches_slowly(const char *pattern, const char *text) {
  if (*pattern == '*') return matches_slowly(pattern + 1, text) || (*text && matches_slowly(pattern, text + 1));
  return *pattern == *text && (!*pattern || matches_slowly(pattern + 1, text + 1));
}

/* The n-th text over an alphabet, shortest first. */
static void nth_text(unsigned n, const char *alphabet, char out[8]) {
  size_t len = 0, letters = strlen(alphabet);
  for (; n > 0; n = (unsigned)((n - 1) / letters)) out[len++] = alphabet[(n - 1) % letters];
  out[len] = 0;
}

START_TEST(wildcards_agree_with_trying_every_way) {
  struct buffer scratch;
  buffer_init(&scratch, 1000);
  for (unsigned i = 1; i < 1 + 3 + 9 + 27 + 81 + 243; i++)
    for (unsigned k = 0; k < 1 + 2 + 4 + 8 + 16 + 32; k++) {
      char pattern[8], text[8];
      nth_text(i, "ab*", pattern);
      nth_text(k, "ab", text);
      struct filter_term term = {.op = MATCH_WILDCARD, .text = slice_from(pattern)};
      ck_assert_msg(filter_term_matches(&term, KIND_TEXT, slice_from(text), &scratch) == matches_slowly(pattern, text),
                    "%s against %s", pattern, text);
    }
  buffer_free(&scratch);
}
END_TEST

START_TEST(numbers_are_json_numbers_as_a_whole) {
  static const char *const good[] = {"0", "-0", "1", "-1.5", "1e3", "1E+3", "0.001", "9007199254740991", "1.0e-400"};
  static const char *const bad[] = {
      "",       "-",   "+1",    "01",   "1.",
      ".5",     "1e",  "1e+",   " 1",   "1 ",
      "0x1",    "1,5", "inf",   "nan",  "1e999",
      "-1e999", "--1", "1.5.5", "1e5x", "12345678901234567890123456789012345678901234567890123456789012345"};
  double value;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    ck_assert_msg(filter_number(slice_from(good[i]), &value), "%s", good[i]);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_msg(!filter_number(slice_from(bad[i]), &value), "%s", bad[i]);
  ck_assert(!filter_number(slice_of("1\0", 2), &value));
  ck_assert(!filter_number(slice_of(NULL, 0), &value));
  ck_assert(filter_number(SLICE("-1.5"), &value) && value + 1.5 == 0);
}
END_TEST

START_TEST(networks_of_ipv6_match_to_the_bit) {
  static const struct {
    const char *query, *address;
    bool matches;
  } addresses[] = {
      {"ip:2001:db8::/32", "2001:db8:ffff::1", true},
      {"ip:2001:db8::/32", "2001:db9::1", false},
      {"ip:2001:db8::/33", "2001:db8:8000::1", false},
      {"ip:2001:db8::/33", "2001:db8:7fff::1", true},
      {"ip:2001:db8::1/128", "2001:db8::1", true},
      {"ip:2001:db8::1/128", "2001:db8::2", false},
      {"ip:::/0", "2001:db8::1", true},
      {"ip:0.0.0.0/0", "2001:db8::1", false},
      {"ip:10.0.0.0/8", "11.0.0.0", false},
      {"ip:10.0.0.0/8", "10.255.0.1", true},
      {"ip:::ffff:10.0.0.0/104", "10.255.0.1", true},
      {"ip:10.0.0.0/8", "", false},
      {"ip:10.0.0.0/8", "not an address at all but a long text of more than 46 bytes", false},
  };
  struct arena arena;
  struct buffer scratch;
  arena_init(&arena, 1 << 20);
  buffer_init(&scratch, 1000);
  for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
    struct filter f;
    ck_assert_ok(query_parse(slice_from(addresses[i].query), now_us, &arena, &f, NULL, NULL));
    ck_assert_msg(filter_term_matches(&f.clauses[0].terms[0], KIND_IP, slice_from(addresses[i].address), &scratch) ==
                      addresses[i].matches,
                  "%s %s", addresses[i].query, addresses[i].address);
  }
  buffer_free(&scratch);
  arena_free(&arena);
}
END_TEST

TEST_MAIN("store/filter", filter_matches_as_the_language_says, wildcards_agree_with_trying_every_way,
          numbers_are_json_numbers_as_a_whole, networks_of_ipv6_match_to_the_bit)
