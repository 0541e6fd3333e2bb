#include "api/api.h"
#include "tests/test.h"

static void assert_cell(const char *text, const char *want) {
  struct buffer out;
  buffer_init(&out, 4096);
  csv_append_cell(&out, slice_from(text));
  buffer_append_char(&out, '\0');
  ck_assert_str_eq(out.data, want);
  buffer_free(&out);
}

START_TEST(cells_are_quoted_where_they_must) {
  assert_cell("", "");
  assert_cell("plain text", "plain text");
  assert_cell("a,b", "\"a,b\"");
  assert_cell("say \"hi\"", "\"say \"\"hi\"\"\"");
  assert_cell("two\nlines", "\"two\nlines\"");
  assert_cell("two\r\nlines", "\"two\r\nlines\"");
  assert_cell(" blank", "\" blank\"");
  assert_cell("semi;colon", "\"semi;colon\"");
}
END_TEST

START_TEST(text_that_looks_like_a_formula_is_guarded) {
  static const char *const hostile[] = {"=1+1",
                                        "+cmd|' /C calc'!A0",
                                        "-2+3",
                                        "@SUM(A1)",
                                        "\tx",
                                        "\rx",
                                        "\nx",
                                        "=",
                                        "-",
                                        "+",
                                        "--5",
                                        "-5-5",
                                        "+1 415",
                                        "-.",
                                        "-1e",
                                        "\xEF\xBC\x9D"
                                        "1"};
  for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
    struct buffer out;
    buffer_init(&out, 4096);
    csv_append_cell(&out, slice_from(hostile[i]));
    ck_assert_msg(out.len > 2 && out.data[0] == '"' && out.data[1] == '\'', "\"%s\" is not guarded", hostile[i]);
    buffer_free(&out);
  }
}
END_TEST

START_TEST(plain_numbers_stay_numbers) {
  static const char *const numbers[] = {"-5", "+14155550100", "-1.5", "-1.5e-3", "+.5", "42", "-5."};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) assert_cell(numbers[i], numbers[i]);
}
END_TEST

/* Commas outside quotes. */
static unsigned count_columns(struct slice line) {
  unsigned columns = 1;
  bool quoted = false;
  for (size_t i = 0; i < line.len; i++) {
    if (line.data[i] == '"') quoted = !quoted;
    if (line.data[i] == ',' && !quoted) columns++;
  }
  return columns;
}

START_TEST(every_line_has_as_many_cells_as_the_header) {
  static const char json[] =
      "{\"tenant\":\"acme\",\"log\":\"admin\",\"occurred_at\":\"2026-11-20T08:15:30.5Z\",\"action\":\"update\","
      "\"actor\":{\"type\":\"user\","
      "\"name\":\"jane, \\\"j\\\" "
      "doe\"},\"changes\":[{\"field\":\"a\",\"old\":1,\"new\":{\"x\":[1,2]}},{\"field\":\"b\"}],"
      "\"params\":{\"n\":1,\"z\":\"=x\",\"other\":true},\"targets\":[{\"type\":\"user\",\"name\":\"x\"},{\"type\":"
      "\"role\"}]}";
  const struct slice names[] = {SLICE("m"), SLICE("n"), SLICE("z")};
  struct event_parser *parser = event_parser_new();
  struct arena arena;
  struct event e;
  struct error err;
  error_clear(&err);
  arena_init(&arena, 1 << 20);
  ck_assert_msg(event_parse(parser, slice_from(json), INT64_C(1800000000000000), &arena, &e, &err) == 0, "%s",
                err.message);
  struct csv *csv = csv_new(names, 3, "Europe/Berlin");
  struct buffer header, row;
  buffer_init(&header, 1 << 16);
  buffer_init(&row, 1 << 16);
  csv_append_header(csv, &header);
  csv_append_event(csv, &e, &row);
  ck_assert_uint_eq(count_columns(buffer_slice(&header)), count_columns(buffer_slice(&row)));
  ck_assert(header.len > 2 && header.data[header.len - 2] == '\r' && row.data[row.len - 1] == '\n');
  buffer_append_char(&row, '\0');
  ck_assert_ptr_nonnull(strstr(row.data, "2026-11-20T09:15:30.5+01:00"));
  ck_assert_ptr_nonnull(strstr(row.data, "\"a: 1 -> {\"\"x\"\":[1,2]}; b:  -> \""));
  ck_assert_ptr_nonnull(strstr(row.data, ",1,\"'=x\""));
  csv_free(csv);
  buffer_free(&header);
  buffer_free(&row);
  arena_free(&arena);
  event_parser_free(parser);
}
END_TEST

TEST_MAIN("csv", cells_are_quoted_where_they_must, text_that_looks_like_a_formula_is_guarded,
          plain_numbers_stay_numbers, every_line_has_as_many_cells_as_the_header)
