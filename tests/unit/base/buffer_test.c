#include "base/buffer.h"

#include "tests/test.h"

#define ck_assert_holds(b, literal) ck_assert(slice_equal(buffer_slice(b), SLICE(literal)))

START_TEST(appended_pieces_follow_each_other) {
  struct buffer b;
  buffer_init(&b, 1000);
  buffer_append_text(&b, "seq ");
  buffer_append_u64(&b, UINT64_MAX);
  buffer_append_char(&b, ' ');
  buffer_append_i64(&b, INT64_MIN);
  buffer_append_slice(&b, SLICE(" "));
  buffer_append_i64(&b, 0);
  buffer_printf(&b, " %s=%d", "x", 7);
  ck_assert_holds(&b, "seq 18446744073709551615 -9223372036854775808 0 x=7");
  buffer_free(&b);
}
END_TEST

START_TEST(an_append_past_the_maximum_changes_nothing_and_sticks) {
  struct buffer b;
  buffer_init(&b, 10);
  buffer_append_text(&b, "12345678");
  buffer_append_text(&b, "abc");
  ck_assert(b.overflowed);
  ck_assert_holds(&b, "12345678");
  buffer_append_char(&b, 'x'); /* would fit, but what came before is missing */
  ck_assert_holds(&b, "12345678");
  ck_assert_ptr_null(buffer_reserve(&b, 0));
  buffer_clear(&b);
  ck_assert(!b.overflowed);
  buffer_append_text(&b, "0123456789");
  ck_assert(!b.overflowed);
  ck_assert_uint_eq(b.len, 10);
  buffer_free(&b);
}
END_TEST

START_TEST(a_number_goes_in_whole_or_not_at_all) {
  struct buffer b;
  buffer_init(&b, 2);
  buffer_append_i64(&b, -12);
  ck_assert(b.overflowed);
  ck_assert_uint_eq(b.len, 0);
  buffer_free(&b);
}
END_TEST

START_TEST(printing_may_fill_the_buffer_to_its_last_byte) {
  struct buffer b;
  buffer_init(&b, 700);
  buffer_printf(&b, "%0*d", 400, 1);
  buffer_printf(&b, "%0*d", 300, 1);
  ck_assert(!b.overflowed);
  ck_assert_uint_eq(b.len, 700);
  buffer_printf(&b, "%s", "");
  ck_assert(!b.overflowed);
  buffer_printf(&b, "%s", "x");
  ck_assert(b.overflowed);
  ck_assert_uint_eq(b.len, 700);
  buffer_free(&b);
}
END_TEST

START_TEST(nothing_appended_is_an_empty_slice) {
  struct buffer b;
  buffer_init(&b, 10);
  buffer_append(&b, NULL, 0);
  buffer_append_slice(&b, slice_of(NULL, 0));
  ck_assert_uint_eq(buffer_slice(&b).len, 0);
  ck_assert_ptr_nonnull(buffer_reserve(&b, 0));
  buffer_free(&b);
  struct buffer zeroed = {0};
  buffer_free(&zeroed);
}
END_TEST

START_TEST(reserved_room_counts_when_committed) {
  struct buffer b;
  buffer_init(&b, 5000);
  for (unsigned i = 0; i < 5000; i += 50) {
    char *to = buffer_reserve(&b, 50);
    ck_assert_ptr_nonnull(to);
    for (unsigned k = 0; k < 50; k++) to[k] = (char)('a' + (i + k) % 26);
    buffer_commit(&b, 50);
  }
  for (unsigned i = 0; i < 5000; i++) ck_assert_int_eq(b.data[i], 'a' + (int)(i % 26));
  ck_assert_ptr_null(buffer_reserve(&b, 1));
  buffer_free(&b);
}
END_TEST

START_TEST(integers_read_back_as_written) {
  static const uint64_t values[] = {0, 1, 127, 128, 255, 300, 16383, 16384, UINT32_MAX, UINT64_MAX / 2, UINT64_MAX};
  enum { COUNT = sizeof values / sizeof *values };
  struct buffer b;
  buffer_init(&b, 1000);
  for (size_t i = 0; i < COUNT; i++) {
    buffer_append_le16(&b, (uint16_t)values[i]);
    buffer_append_le32(&b, (uint32_t)values[i]);
    buffer_append_le64(&b, values[i]);
    buffer_append_varint(&b, values[i]);
    buffer_append_char(&b, (char)values[i]);
  }
  struct reader r = reader_of(buffer_slice(&b));
  for (size_t i = 0; i < COUNT; i++) {
    ck_assert_uint_eq(reader_le16(&r), (uint16_t)values[i]);
    ck_assert_uint_eq(reader_le32(&r), (uint32_t)values[i]);
    ck_assert_uint_eq(reader_le64(&r), values[i]);
    ck_assert_uint_eq(reader_varint(&r), values[i]);
    ck_assert_uint_eq(reader_u8(&r), (uint8_t)values[i]);
  }
  ck_assert(!r.failed);
  ck_assert_uint_eq(reader_left(&r), 0);
  buffer_free(&b);
}
END_TEST

START_TEST(integers_are_little_endian) {
  struct buffer b;
  buffer_init(&b, 100);
  buffer_append_le16(&b, 0x0102);
  buffer_append_le32(&b, 0x01020304);
  buffer_append_varint(&b, 300);
  ck_assert_holds(&b, "\x02\x01\x04\x03\x02\x01\xac\x02");
  buffer_free(&b);
}
END_TEST

START_TEST(a_short_read_fails_and_stays_failed) {
  struct reader r = reader_of(SLICE("abc"));
  ck_assert_uint_eq(reader_le32(&r), 0);
  ck_assert(r.failed);
  ck_assert_uint_eq(reader_u8(&r), 0);
  ck_assert_uint_eq(reader_bytes(&r, 0).len, 0);
  r = reader_of(SLICE("abc"));
  ck_assert(slice_equal(reader_bytes(&r, 3), SLICE("abc")));
  ck_assert(!r.failed);
  reader_bytes(&r, SIZE_MAX);
  ck_assert(r.failed);
  r = reader_of(slice_of(NULL, 0));
  ck_assert_uint_eq(reader_left(&r), 0);
  reader_u8(&r);
  ck_assert(r.failed);
}
END_TEST

START_TEST(a_variable_integer_past_64_bits_or_cut_fails) {
  static const struct slice bad[] = {
      SLICE_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),     /* bit 64 */
      SLICE_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), /* 11 bytes */
      SLICE_INIT("\x80\x80"),
      SLICE_INIT(""),
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct reader r = reader_of(bad[i]);
    ck_assert_uint_eq(reader_varint(&r), 0);
    ck_assert(r.failed);
  }
}
END_TEST

START_TEST(slices_compare_and_skip_like_strings_with_lengths) {
  ck_assert_int_lt(slice_compare(SLICE("ab"), SLICE("abc")), 0);
  ck_assert_int_gt(slice_compare(SLICE("b"), SLICE("abc")), 0);
  ck_assert_int_eq(slice_compare(SLICE("a\0b"), SLICE("a\0b")), 0);
  ck_assert_int_lt(slice_compare(SLICE("a\0b"), SLICE("a\0c")), 0);
  ck_assert_int_gt(slice_compare(SLICE("\xff"), SLICE("a")), 0);
  ck_assert(slice_equal(slice_of(NULL, 0), SLICE("")));
  ck_assert(slice_starts_with(SLICE("acme/eu"), SLICE("acme/")));
  ck_assert(!slice_starts_with(SLICE("acme"), SLICE("acme/")));
  ck_assert(slice_starts_with(slice_of(NULL, 0), slice_of(NULL, 0)));
  ck_assert(slice_equal(slice_skip(SLICE("abc"), 2), SLICE("c")));
  ck_assert_uint_eq(slice_skip(SLICE("abc"), 4).len, 0);
  ck_assert_uint_eq(slice_skip(slice_of(NULL, 0), 4).len, 0);
}
END_TEST

TEST_MAIN("buffer", appended_pieces_follow_each_other, an_append_past_the_maximum_changes_nothing_and_sticks,
          a_number_goes_in_whole_or_not_at_all, printing_may_fill_the_buffer_to_its_last_byte,
          nothing_appended_is_an_empty_slice, reserved_room_counts_when_committed, integers_read_back_as_written,
          integers_are_little_endian, a_short_read_fails_and_stays_failed, a_variable_integer_past_64_bits_or_cut_fails,
          slices_compare_and_skip_like_strings_with_lengths)
