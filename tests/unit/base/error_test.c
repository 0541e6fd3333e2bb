#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "tests/test.h"

START_TEST(every_code_has_its_name_text_and_statuses) {
  ck_assert_str_eq(error_name(ERR_DISK_FULL), "ERR_DISK_FULL");
  ck_assert_str_eq(error_text(ERR_DISK_FULL), "disk full");
  ck_assert_int_eq(error_http_status(ERR_DISK_FULL), 507);
  ck_assert_int_eq(error_exit_status(ERR_DISK_FULL), 7);
  ck_assert_str_eq(error_name(0), "OK");
  ck_assert_int_eq(error_http_status(0), 200);
  ck_assert_int_eq(error_exit_status(0), 0);
}
END_TEST

START_TEST(an_unknown_code_reads_as_internal) {
  ck_assert_str_eq(error_name(-9999), "ERR_INTERNAL");
  ck_assert_int_eq(error_http_status(12), 500);
}
END_TEST

START_TEST(the_first_error_wins) {
  struct error err = {0};
  ck_assert_int_eq(error_set_at(&err, ERR_INVALID, "/action", "unknown action \"%s\"", "x"), ERR_INVALID);
  ck_assert_int_eq(error_set(&err, ERR_IO, "later"), ERR_IO);
  ck_assert_int_eq(err.code, ERR_INVALID);
  ck_assert_str_eq(err.message, "unknown action \"x\"");
  ck_assert_str_eq(err.pointer, "/action");
  error_clear(&err);
  ck_assert_int_eq(err.code, 0);
  ck_assert_str_eq(err.message, "");
  ck_assert_str_eq(err.pointer, "");
}
END_TEST

START_TEST(wrapping_puts_the_outer_name_first) {
  struct error err = {0};
  error_set(&err, ERR_CORRUPT, "footer checksum mismatch");
  error_wrap(&err, ERR_CORRUPT, "segment %06d", 42);
  ck_assert_int_eq(error_wrap(&err, ERR_IO, "open store"), ERR_CORRUPT);
  ck_assert_str_eq(err.message, "open store: segment 000042: footer checksum mismatch");
}
END_TEST

START_TEST(wrapping_nothing_explains_the_code) {
  struct error err = {0};
  ck_assert_int_eq(error_wrap(&err, ERR_LOCKED, "data"), ERR_LOCKED);
  ck_assert_str_eq(err.message, "data: in use by another process");
  ck_assert_int_eq(error_wrap(NULL, ERR_LOCKED, "data"), ERR_LOCKED);
  ck_assert_int_eq(error_set(NULL, ERR_LOCKED, "data"), ERR_LOCKED);
}
END_TEST

/* No byte past the end, and no half of a character at the cut. */
START_TEST(a_long_message_is_cut_between_characters) {
  char text[2000];
  for (size_t i = 0; i + 2 < sizeof text; i += 2) memcpy(text + i, "\xc3\xbc", 3);
  for (int shift = 0; shift < 2; shift++) {
    struct error err = {0};
    error_set_at(&err, ERR_INVALID, text + 2, "%s%s", shift ? "x" : "", text);
    ck_assert_uint_lt(strlen(err.message), ERROR_MESSAGE_BYTES);
    ck_assert_uint_gt(strlen(err.message), ERROR_MESSAGE_BYTES - 4);
    ck_assert_int_eq((int)(strlen(err.message) - (size_t)shift) % 2, 0);
    ck_assert_int_eq((int)strlen(err.pointer) % 2, 0);
    error_wrap(&err, ERR_INVALID, "x%s", text);
    size_t len = strlen(err.message);
    ck_assert_uint_lt(len, ERROR_MESSAGE_BYTES);
    ck_assert_int_eq(err.message[len - 1], '\xbc');
  }
}
END_TEST

START_TEST(errno_values_map_to_codes) {
  ck_assert_int_eq(error_from_errno(0), 0);
  ck_assert_int_eq(error_from_errno(ENOSPC), ERR_DISK_FULL);
  ck_assert_int_eq(error_from_errno(EDQUOT), ERR_DISK_FULL);
  ck_assert_int_eq(error_from_errno(ENOENT), ERR_NOT_FOUND);
  ck_assert_int_eq(error_from_errno(EIO), ERR_IO);
}
END_TEST

TEST_MAIN("error", every_code_has_its_name_text_and_statuses, an_unknown_code_reads_as_internal, the_first_error_wins,
          wrapping_puts_the_outer_name_first, wrapping_nothing_explains_the_code,
          a_long_message_is_cut_between_characters, errno_values_map_to_codes)
