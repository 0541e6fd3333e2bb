#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "query/query.h"
#include "tests/test.h"

/* 2026-11-20T12:00:00Z */
static const int64_t now_us = INT64_C(1795176000) * 1000000;

/* ---- A filter as text ---- */

static void print_bound(struct buffer *out, bool integers, double d, int64_t i) {
  if (integers ? i == INT64_MIN || i == INT64_MAX : isinf(d) != 0) return;
  if (integers)
    buffer_append_i64(out, i);
  else
    buffer_printf(out, "%.17g", d);
}

static void print_network(struct buffer *out, const struct filter_term *t) {
  buffer_append_text(out, " in ");
  for (unsigned i = 0; i < t->network_bytes; i++) buffer_printf(out, "%02x", t->network[i]);
  buffer_printf(out, "/%u", t->prefix_bits);
}

static void print_term(struct buffer *out, enum field_kind kind, const struct filter_term *t) {
  static const char *const signs[] = {"=", "~", "?", "*", "", "", " below "};
  bool integers = kind == KIND_TIME || kind == KIND_SEQ;
  switch (t->op) {
    case MATCH_PRESENT: buffer_append_char(out, '*'); break;
    case MATCH_CIDR: print_network(out, t); break;
    case MATCH_RANGE:
      buffer_append_char(out, '[');
      print_bound(out, integers, t->low, t->low_int);
      buffer_append_text(out, "..");
      print_bound(out, integers, t->high, t->high_int);
      buffer_append_char(out, ']');
      break;
    default: buffer_append_text(out, signs[t->op]); buffer_append_slice(out, t->text);
  }
}

static void print_clause(struct buffer *out, const struct filter_clause *c) {
  enum field_kind kind = c->fields ? field_get(c->fields[0].field)->kind : KIND_TEXT;
  if (c->negated) buffer_append_char(out, '!');
  if (!c->fields) buffer_append_text(out, "any");
  for (uint32_t i = 0; c->fields && i < c->field_count; i++) {
    if (i) buffer_append_char(out, '|');
    buffer_append_slice(out, field_get(c->fields[i].field)->path);
    if (c->fields[i].key.len) buffer_printf(out, "[%.*s]", SLICE_ARGS(c->fields[i].key));
  }
  for (uint32_t i = 0; i < c->term_count; i++) {
    if (i) buffer_append_text(out, " or");
    print_term(out, kind, &c->terms[i]);
  }
}

static const char *printed(const struct filter *f) {
  static char text[4096];
  struct buffer out;
  buffer_init(&out, sizeof text - 1);
  for (uint32_t i = 0; i < f->clause_count; i++) {
    if (i) buffer_append_text(&out, " & ");
    print_clause(&out, &f->clauses[i]);
  }
  memcpy(text, out.data ? out.data : "", out.len);
  text[out.len] = 0;
  buffer_free(&out);
  return text;
}

/* ---- What is accepted ---- */

static const struct {
  const char *query, *parsed;
} accepted[] = {
    /* words and phrases */
    {"", ""},
    {" \t\r\n ", ""},
    {"jane", "any?jane"},
    {"Jane DOE", "any?jane & any?doe"},
    {"\"Jane Doe\"", "any?jane doe"},
    {"-jane", "!any?jane"},
    {"-\"jane doe\"", "!any?jane doe"},
    {"--jane", "!any?-jane"},
    {"STRASSE straße", "any?strasse & any?strasse"},
    {"\"say \\\"hi\\\" C:\\\\x \\n\"", "any?say \"hi\" c:\\x \\n"},
    {"\"a*b\"", "any?a*b"},
    {"*", ""},
    {"* jane", "any?jane"},
    {"jane* *doe", "any?jane & any?doe"},
    {"a,b", "any?a,b"},
    {"\"http://x\"", "any?http://x"},
    {"back\\slash", "any?back\\slash"},
    {">5", "any?>5"},
    /* fields */
    {"log:admin", "log=admin"},
    {"LOG:Admin", "log=admin"},
    {"log:admin,panel", "log=admin or=panel"},
    {"-log:admin,panel", "!log=admin or=panel"},
    {"activity:\"Call Queue Updated\"", "activity=call queue updated"},
    {"activity:\"a\",\"b, c\",d", "activity=a or=b, c or=d"},
    {"activity:\"x\\\"y\"", "activity=x\"y"},
    {"activity:Call*", "activity~call*"},
    {"activity:*queue*,x", "activity~*queue* or=x"},
    {"activity:\"Call*\"", "activity=call*"},
    {"reason:*", "reason*"},
    {"-reason:*", "!reason*"},
    {"reason:**", "reason*"},
    {"reason:\"*\"", "reason=*"},
    {"reason:-5", "reason=-5"},
    {"reason:a:b", "reason=a:b"},
    {"url:/a/../b", "http.url=/a/../b"},
    {"url:http://x/?a=1", "http.url=http://x/?a=1"},
    {"reason:\">5\"", "reason=>5"},
    {"reason:\"1..2\"", "reason=1..2"},
    {"product:10.0.0.0/8", "product=10.0.0.0/8"},
    {"log:admin outcome:failure x", "log=admin & outcome=failure & any?x"},
    /* names */
    {"actor:x", "actor.name|actor.id|actor.email|actor.display_name=x"},
    {"by.user:x", "actor.name=x"},
    {"by.domain:x", "actor.domain=x"},
    {"email:x", "actor.email=x"},
    {"user:1041", "target.user|targets.user=1041"},
    {"domain:x", "target.domain|targets.domain=x"},
    {"object:x", "target.type|targets.type=x"},
    {"target:x", "target.id|target.name|targets.id|targets.name=x"},
    {"target.id:x", "target.id|targets.id=x"},
    {"targets.id:x", "targets.id=x"},
    {"changes:x", "changes.field=x"},
    {"old:20", "changes.old=20"},
    {"new:45", "changes.new=45"},
    {"session:x method:PUT country:DE", "auth.session=x & http.method=put & source.geo.country=de"},
    {"agent:curl* city:Bonn region:nw", "source.user_agent~curl* & source.geo.city=bonn & source.geo.region=nw"},
    {"phone:+1 gateway:g campaign:c error:e",
     "message.phone=+1 & message.gateway=g & message.campaign=c & message.error=e"},
    {"params.Region:eu", "params[Region]=eu"},
    {"PARAMS.a-b_c.d:1", "params[a-b_c.d]=1"},
    {"params:eu", "params=eu"},
    /* numbers */
    {"status:404", "http.status=404"},
    {"status:0404", "http.status=404"},
    {"status:0", "http.status=0"},
    {"status:4*", "http.status~4*"},
    {"status:*", "http.status*"},
    {"status:>=400", "http.status[400..]"},
    {"status:<=400", "http.status[..400]"},
    {"status:>400", "http.status[400.00000000000006..]"},
    {"status:<400", "http.status[..399.99999999999994]"},
    {"status:400..499", "http.status[400..499]"},
    {"status:400..", "http.status[400..]"},
    {"status:..499", "http.status[..499]"},
    {"status:404,500..599,>=900", "http.status=404 or[500..599] or[900..]"},
    {"duration:>=1.5e2", "auth.duration_s[150..]"},
    {"params.n:>=-1.5", "params[n][-1.5..]"},
    {"params.n:-5..5", "params[n][-5..5]"},
    {"params.v:a..b", "params[v]=a..b"},
    {"params.v:1.2.3..4", "params[v]=1.2.3..4"},
    {"params.v:../x", "params[v]=../x"},
    {"old:>=20", "changes.old[20..]"},
    {"seq:5", "seq[5..5]"},
    {"seq:>5", "seq[6..]"},
    {"seq:<5", "seq[..4]"},
    {"seq:5..9", "seq[5..9]"},
    {"seq:*", "seq*"},
    {"seq:9007199254740993", "seq[9007199254740993..9007199254740993]"},
    /* times */
    {"occurred_at:2026-11-20", "occurred_at[1795132800000000..1795219199999999]"},
    {"occurred_at:>2026-11-20", "occurred_at[1795219200000000..]"},
    {"occurred_at:>=2026-11-20", "occurred_at[1795132800000000..]"},
    {"occurred_at:<2026-11-20", "occurred_at[..1795132799999999]"},
    {"occurred_at:<=2026-11-20", "occurred_at[..1795219199999999]"},
    {"occurred_at:2026-11-19..2026-11-20", "occurred_at[1795046400000000..1795219199999999]"},
    {"occurred_at:2026-11-20T12:00:00Z", "occurred_at[1795176000000000..1795176000000000]"},
    {"occurred_at:\"2026-11-20 13:00:00+01:00\"", "occurred_at[1795176000000000..1795176000000000]"},
    {"received_at:>=now-24h", "received_at[1795089600000000..]"},
    {"received_at:now-1h..now", "received_at[1795172400000000..1795176000000000]"},
    {"received_at:*", "received_at*"},
    /* addresses */
    {"ip:10.0.0.1", "source.ip=10.0.0.1"},
    {"ip:10.1.2.3/8", "source.ip in 0a000000/8"},
    {"ip:10.255.255.255/12", "source.ip in 0af00000/12"},
    {"ip:0.0.0.0/0", "source.ip in 00000000/0"},
    {"ip:10.0.0.1/32", "source.ip in 0a000001/32"},
    {"ip:2001:db8::/32", "source.ip in 20010db8000000000000000000000000/32"},
    {"ip:::ffff:10.1.2.3/104", "source.ip in 0a000000/8"},
    {"ip:::1", "source.ip=::1"},
    {"ip:2001:DB8:0::1", "source.ip=2001:db8::1"},
    {"ip:\"2001:db8::1\"", "source.ip=2001:db8::1"},
    {"ip:::ffff:10.0.0.1", "source.ip=10.0.0.1"},
    {"ip:10.1.*", "source.ip~10.1.*"},
    {"ip:\"10.0.0.0/8\",::1", "source.ip in 0a000000/8 or=::1"},
    {"source.peer_ip:1.2.3.4", "source.peer_ip=1.2.3.4"},
    /* tenants */
    {"tenant:Acme/eu", "tenant below Acme/eu"},
    {"tenant:acme,\"beta\"", "tenant below acme or below beta"},
    {"tenant:Acme*", "tenant~acme*"},
    {"tenant:*", "tenant*"},
};

START_TEST(query_parses_every_form) {
  for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct filter f;
    struct error err = {0};
    int code = query_parse(slice_from(accepted[i].query), now_us, &arena, &f, NULL, &err);
    ck_assert_msg(code == 0, "%s: %s", accepted[i].query, err.message);
    ck_assert_msg(strcmp(printed(&f), accepted[i].parsed) == 0, "%s: %s, not %s", accepted[i].query, printed(&f),
                  accepted[i].parsed);
    arena_free(&arena);
  }
}
END_TEST

/* ---- What is refused ---- */

static const struct {
  const char *query;
  uint32_t offset;
  const char *message;
} refused[] = {
    {"actr:jane", 0, "unknown field \"actr\" at character 1; did you mean \"actor\"?"},
    {"x -actro.name:jane", 3, "unknown field \"actro.name\" at character 4; did you mean \"actor.name\"?"},
    {"param.region:eu", 0, "unknown field \"param.region\" at character 1; did you mean \"params.region\"?"},
    {"täst usre:x", 6, "unknown field \"usre\" at character 6; did you mean \"user\"?"},
    {"http://x", 0, "unknown field \"http\" at character 1; to search for the text itself put it in quotes"},
    {"zzzzzz:x", 0, "unknown field \"zzzzzz\" at character 1; to search for the text itself put it in quotes"},
    {"_shape:x", 0, "unknown field \"_shape\" at character 1; to search for the text itself put it in quotes"},
    {":x", 0, "a field name is missing before \":\" at character 1; to search for the text itself put it in quotes"},
    {"params.:x", 0, "\"\" is no parameter's name at character 1; to search for the text itself put it in quotes"},
    {"params.a/b:x", 0,
     "\"a/b\" is no parameter's name at character 1; to search for the text itself put it in quotes"},
    {"actor:", 6, "a value for \"actor\" is missing at character 7; \"*\" as the value finds any"},
    {"actor: jane", 6, "a value for \"actor\" is missing at character 7; \"*\" as the value finds any"},
    {"actor:a,,b", 8, "a value for \"actor\" is missing at character 9; \"*\" as the value finds any"},
    {"actor:a, b", 8, "a value for \"actor\" is missing at character 9; \"*\" as the value finds any"},
    {"status:>", 7, "a value for \"status\" is missing at character 8; \"*\" as the value finds any"},
    {"actor:\"\"", 6, "empty quotes at character 7; \"-field:*\" finds events without a value"},
    {"x \"jane", 2, "the quote is never closed: it opens at character 3"},
    {"actor:\"jane\\\"", 6, "the quote is never closed: it opens at character 7"},
    {"ja\"ne", 2, "a quote within a word at character 3; put the whole text in quotes, and \\\" for a quote inside"},
    {"actor:ja\"ne", 8,
     "a quote within a word at character 9; put the whole text in quotes, and \\\" for a quote inside"},
    {"\"a\"b", 3, "a blank is missing after the closing quote at character 4"},
    {"actor:\"a\"*", 9, "a blank or a comma is missing after the closing quote at character 10"},
    {"-", 0, "nothing follows \"-\" at character 1; to search for the text itself put it in quotes"},
    {"a - b", 2, "nothing follows \"-\" at character 3; to search for the text itself put it in quotes"},
    {"-*", 1, "nothing is left without \"*\" at character 2; to search for the text itself put it in quotes"},
    {"j*doe", 1,
     "\"*\" within a bare word at character 2; name a field for it, as \"actor:j*doe\", or put the text in quotes"},
    {"reason:>=5", 7,
     "\"reason\" holds text, not numbers, and cannot be compared at character 8; to compare the text itself put it in "
     "quotes"},
    {"product:1..2", 8,
     "\"product\" holds text, not numbers, and cannot be compared at character 9; to compare the text itself put it in "
     "quotes"},
    {"tenant:>a", 7,
     "\"tenant\" holds text, not numbers, and cannot be compared at character 8; to compare the text itself put it in "
     "quotes"},
    {"tenant:acme/", 7, "\"acme/\" is no tenant's path at character 8; a path is as acme/eu"},
    {"status:abc", 7, "\"abc\" is no number at character 8"},
    {"status:\"4*\"", 8, "\"4*\" is no number at character 9"},
    {"status:>=x", 9, "\"x\" is no number at character 10"},
    {"status:400..x", 12, "\"x\" is no number at character 13"},
    {"status:..", 7, "a number or instant is missing at character 8"},
    {"status:499..400", 7, "the range ends before it starts at character 8"},
    {"params.n:>x", 10, "\"x\" is no number at character 11; to compare the text itself put it in quotes"},
    {"seq:1.5", 4, "\"1.5\" is no whole number at character 5"},
    {"seq:1*", 4, "\"1*\" is no whole number at character 5"},
    {"seq:99999999999999999999", 4, "\"99999999999999999999\" is no whole number at character 5"},
    {"occurred_at:yesterday", 12,
     "\"yesterday\" is no instant at character 13; use 2026-11-20T08:00:00Z, 2026-11-20 or now-24h"},
    {"occurred_at:2026-02-30", 12,
     "\"2026-02-30\" is no instant at character 13; use 2026-11-20T08:00:00Z, 2026-11-20 or now-24h"},
    {"occurred_at:2026-11-21..2026-11-20", 12, "the range ends before it starts at character 13"},
    {"ip:10.0.0.0/33", 3, "\"10.0.0.0/33\" is no network at character 4; a network is as 10.0.0.0/8 or 2001:db8::/32"},
    {"ip:::/129", 3, "\"::/129\" is no network at character 4; a network is as 10.0.0.0/8 or 2001:db8::/32"},
    {"ip:10.0.0/8", 3, "\"10.0.0/8\" is no network at character 4; a network is as 10.0.0.0/8 or 2001:db8::/32"},
    {"ip:10.0.0.0/", 3, "\"10.0.0.0/\" is no network at character 4; a network is as 10.0.0.0/8 or 2001:db8::/32"},
    {"ip:10.0.0", 3, "\"10.0.0\" is no address at character 4; use 10.1.2.3, 2001:db8::1, 10.0.0.0/8 or 10.1.*"},
    {"caf\xc3\xa9 \xff", 6, "the query is not valid UTF-8 at character 6"},
};

START_TEST(query_refuses_with_the_character_and_a_hint) {
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct filter f;
    struct error err = {0};
    uint32_t offset = UINT32_MAX;
    int code = query_parse(slice_from(refused[i].query), now_us, &arena, &f, &offset, &err);
    ck_assert_msg(code == ERR_INVALID, "%s gave %d", refused[i].query, code);
    ck_assert_msg(strcmp(err.message, refused[i].message) == 0, "%s: %s", refused[i].query, err.message);
    ck_assert_msg(offset == refused[i].offset, "%s: offset %u", refused[i].query, offset);
    arena_free(&arena);
  }
}
END_TEST

START_TEST(query_refuses_nul) {
  struct arena arena;
  arena_init(&arena, 1 << 20);
  struct filter f;
  struct error err = {0};
  uint32_t offset = 0;
  ck_assert_int_eq(query_parse(slice_of("ab\0cd", 5), now_us, &arena, &f, &offset, &err), ERR_INVALID);
  ck_assert_str_eq(err.message, "the query holds a NUL at character 3");
  ck_assert_uint_eq(offset, 2);
  arena_free(&arena);
}
END_TEST

/* Parses text repeated to len bytes. */
static int parse_repeated(const char *piece, size_t len, struct arena *arena, struct error *err) {
  char *text = malloc(len);
  ck_assert_ptr_nonnull(text);
  for (size_t i = 0; i < len; i++) text[i] = piece[i % strlen(piece)];
  struct filter f;
  int code = query_parse(slice_of(text, len), now_us, arena, &f, NULL, err);
  free(text);
  return code;
}

START_TEST(query_bounds_bytes_terms_and_values) {
  struct arena arena;
  arena_init(&arena, 1 << 20);
  struct error err = {0};
  ck_assert_int_eq(parse_repeated("x", LIMIT_QUERY_BYTES, &arena, &err), 0);
  ck_assert_int_eq(parse_repeated("x", LIMIT_QUERY_BYTES + 1, &arena, &err), ERR_TOO_LARGE);
  ck_assert_str_eq(err.message, "the query is 16385 bytes long; at most 16384 are allowed");
  error_clear(&err);
  ck_assert_int_eq(parse_repeated("x ", 2 * LIMIT_QUERY_CLAUSES, &arena, &err), 0);
  ck_assert_int_eq(parse_repeated("x ", 2 * LIMIT_QUERY_CLAUSES + 1, &arena, &err), ERR_TOO_LARGE);
  ck_assert_str_eq(err.message, "the query has too many terms: at most 64 are allowed");
  error_clear(&err);
  char list[5 + 2 * LIMIT_QUERY_TERMS + 2] = "log:";
  for (size_t i = 4; i < 4 + 2 * LIMIT_QUERY_TERMS; i++) list[i] = i % 2 ? ',' : 'a';
  struct filter f;
  size_t full = 4 + 2 * LIMIT_QUERY_TERMS - 1;
  ck_assert_int_eq(query_parse(slice_of(list, full), now_us, &arena, &f, NULL, &err), 0);
  ck_assert_uint_eq(f.clauses[0].term_count, LIMIT_QUERY_TERMS);
  list[full + 1] = 'b';
  ck_assert_int_eq(query_parse(slice_of(list, full + 2), now_us, &arena, &f, NULL, &err), ERR_TOO_LARGE);
  ck_assert_str_eq(err.message, "the query has too many values: at most 1024 are allowed");
  arena_free(&arena);
}
END_TEST

START_TEST(query_answers_hostile_texts_fast) {
  static const char *const pieces[] = {"\"", "\\\"", "-", "*",        "a*", "log:a,",
                                       "x:", ">",    ":", "\xcc\x81", "a ", "params.a:1.."};
  struct timespec before, after;
  ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before), 0);
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
    for (size_t len = LIMIT_QUERY_BYTES; len <= 100000; len += 100000 - LIMIT_QUERY_BYTES) {
      struct arena arena;
      arena_init(&arena, 4 << 20);
      struct error err = {0};
      int code = parse_repeated(pieces[i], len, &arena, &err);
      ck_assert_msg(len <= LIMIT_QUERY_BYTES || code == ERR_TOO_LARGE, "%s gave %d", pieces[i], code);
      arena_free(&arena);
    }
  ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after), 0);
  ck_assert_int_lt(after.tv_sec - before.tv_sec, 5);
}
END_TEST

START_TEST(query_says_where_memory_is_short) {
  for (size_t bytes = 1; bytes < 8000; bytes += 37) {
    struct arena arena;
    arena_init(&arena, bytes);
    struct filter f;
    struct error err = {0};
    int code =
        query_parse(slice_from("log:a,b,c actor:\"x\\\"\" tenant:a params.k:>5 word"), now_us, &arena, &f, NULL, &err);
    ck_assert(code == 0 || (code == ERR_TOO_LARGE && err.message[0]));
    arena_free(&arena);
  }
}
END_TEST

START_TEST(query_remembers_where_its_clauses_stand) {
  struct arena arena;
  arena_init(&arena, 1 << 20);
  struct filter f;
  ck_assert_ok(query_parse(SLICE("  jane -log:\"a b\",c "), now_us, &arena, &f, NULL, NULL));
  ck_assert_uint_eq(f.clause_count, 2);
  ck_assert_uint_eq(f.clauses[0].offset, 2);
  ck_assert_uint_eq(f.clauses[0].length, 4);
  ck_assert_uint_eq(f.clauses[1].offset, 7);
  ck_assert_uint_eq(f.clauses[1].length, 12);
  arena_free(&arena);
}
END_TEST

TEST_MAIN("query/parse", query_parses_every_form, query_refuses_with_the_character_and_a_hint, query_refuses_nul,
          query_bounds_bytes_terms_and_values, query_answers_hostile_texts_fast, query_says_where_memory_is_short,
          query_remembers_where_its_clauses_stand)
