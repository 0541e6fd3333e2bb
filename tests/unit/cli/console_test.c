/* What a terminal is shown of texts that strangers wrote. */
#include "cli/console.h"

#include "tests/test.h"

static void check_safe(const char *given, const char *want) {
  struct buffer out;
  buffer_init(&out, 256);
  console_append_safe(&out, slice_from(given));
  buffer_append_char(&out, 0);
  ck_assert_str_eq(out.data, want);
  buffer_free(&out);
}

START_TEST(control_characters_never_reach_the_terminal) {
  check_safe("\x1b]0;title\x07", "\\x1b]0;title\\x07");
  check_safe("a\r\nb\x7f", "a\\x0d\\x0ab\\x7f");
  check_safe(
      "\xC2\x9b"
      "31m",
      "\\x9b31m"); /* CSI in one character */
  check_safe(
      "\x9b"
      "31m",
      "\\x9b31m");
  check_safe("J\xC3\xBCrgen \xE2\x80\x93 \xE2\x82\xAC", "J\xC3\xBCrgen \xE2\x80\x93 \xE2\x82\xAC");
}
END_TEST

START_TEST(nothing_turns_the_direction_of_a_line) {
  check_safe("root\xE2\x80\xAEtoor", "root\\u202etoor");
  check_safe("\xE2\x80\xAA\xE2\x81\xA6\xE2\x81\xA9", "\\u202a\\u2066\\u2069");
  check_safe("\xE2\x80\xAF\xE2\x81\xAA", "\xE2\x80\xAF\xE2\x81\xAA");
}
END_TEST

TEST_MAIN("cli/console", control_characters_never_reach_the_terminal, nothing_turns_the_direction_of_a_line)
