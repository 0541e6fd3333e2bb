#include "base/document.h"

#include "tests/test.h"

static struct arena arena;

static const struct document *parse(const char *text) {
  struct slice at = slice_from(text);
  struct error err = {0};
  const struct document *d = NULL;
  arena_free(&arena);
  arena_init(&arena, 1 << 20);
  return document_parse(&at, &arena, &d, &err) == 0 && at.len == 0 ? d : NULL;
}

static void ck_written(const char *text, const char *wanted) {
  const struct document *d = parse(text);
  struct buffer out;
  ck_assert_msg(d != NULL, "%s is refused", text);
  buffer_init(&out, 4096);
  document_append(d, &out);
  buffer_append_char(&out, 0);
  ck_assert_str_eq(out.data, wanted);
  buffer_free(&out);
}

START_TEST(document_gives_back_what_it_read) {
  ck_written(" {\"a\" : [1, -2.50e+3, true,false , null, {}] ,\"b\":\"x\" } ",
             "{\"a\":[1,-2.50e+3,true,false,null,{}],\"b\":\"x\"}");
  ck_written("\"\\u00e4\\ud83d\\ude00\\n\\/\"", "\"\xc3\xa4\xf0\x9f\x98\x80\\n/\"");
  ck_written("[]", "[]");
  ck_written("0", "0");
}
END_TEST

START_TEST(document_refuses_what_is_no_json) {
  static const char *const texts[] = {
      "",      "{",   "[1,]",    "{\"a\":1,}", "{a:1}",       "01",          "1.",       "-",
      "1e",    "tru", "\"\\x\"", "\"a",        "\"\\ud83d\"", "\"\\udc00\"", "\"\n\"",   "{\"a\" 1}",
      "[1 2]", "+1",  ".5",      "\"\\u12\"",  "nul",         "\"\\",        "{\"a\":1]"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    ck_assert_msg(parse(texts[i]) == NULL, "%s is taken", texts[i]);
  }
}
END_TEST

START_TEST(document_bounds_nesting_and_memory) {
  char deep[400];
  memset(deep, '[', 100);
  memset(deep + 100, ']', 100);
  deep[200] = 0;
  ck_assert_ptr_null(parse(deep));
  struct buffer text;
  struct error err = {0};
  const struct document *d;
  buffer_init(&text, 4 << 20);
  buffer_append_char(&text, '[');
  for (int i = 0; i < 500000; i++) buffer_append_text(&text, "1,");
  buffer_append_text(&text, "1]");
  arena_free(&arena);
  arena_init(&arena, 1 << 20);
  struct slice at = buffer_slice(&text);
  ck_assert_int_eq(document_parse(&at, &arena, &d, &err), ERR_TOO_LARGE);
  buffer_free(&text);
}
END_TEST

START_TEST(document_reads_one_value_after_another) {
  struct slice at = SLICE("{\"a\":1}\n{\"a\":2} ");
  const struct document *d;
  arena_free(&arena);
  arena_init(&arena, 1 << 20);
  ck_assert_ok(document_parse(&at, &arena, &d, NULL));
  ck_assert(slice_equal(document_text(d, "a"), SLICE("1")));
  ck_assert_ok(document_parse(&at, &arena, &d, NULL));
  ck_assert(slice_equal(document_text(d, "a"), SLICE("2")));
  ck_assert_uint_eq(at.len, 0);
  ck_assert_ptr_null(document_member(d, "b"));
  ck_assert_ptr_null(document_member(NULL, "b"));
}
END_TEST

START_TEST(document_read_refuses_what_a_body_must_not_have) {
  static const char *const bad[] = {"{\"a\":1}x",  "{\"a\":1,\"a\":2}", "[{\"b\":{\"a\":1,\"a\":1}}]",
                                    "\"\\u0000\"", "\"\xff\"",          ""};
  const struct document *d;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    arena_free(&arena);
    arena_init(&arena, 1 << 20);
    ck_assert_msg(document_read(slice_from(bad[i]), &arena, &d, NULL) == ERR_INVALID, "%s", bad[i]);
  }
  ck_assert_ok(document_read(SLICE(" {\"a\":{\"a\":1}} "), &arena, &d, NULL));
}
END_TEST

TEST_MAIN("document", document_read_refuses_what_a_body_must_not_have, document_gives_back_what_it_read,
          document_refuses_what_is_no_json, document_bounds_nesting_and_memory, document_reads_one_value_after_another)
