#include "base/fold.h"

#include <utf8proc.h>

#include "tests/test.h"

static struct buffer scratch;

static void check_fold(struct slice text, struct slice expected) {
  buffer_init(&scratch, 4096);
  struct slice folded = fold(text, &scratch);
  ck_assert_msg(slice_equal(folded, expected), "%.*s folds to %.*s, not %.*s", SLICE_ARGS(text), SLICE_ARGS(folded),
                SLICE_ARGS(expected));
  struct buffer appended;
  buffer_init(&appended, 4096);
  fold_append(&appended, text);
  ck_assert(slice_equal(buffer_slice(&appended), expected));
  buffer_free(&appended);
  buffer_free(&scratch);
}

START_TEST(ascii_folds_to_small_letters) {
  check_fold(SLICE("Call Queue @[`{ AZaz09"), SLICE("call queue @[`{ azaz09"));
  check_fold(SLICE("plain"), SLICE("plain"));
  check_fold(SLICE("A\0B"), SLICE("a\0b"));
  check_fold(slice_of(NULL, 0), SLICE(""));
}
END_TEST

START_TEST(folded_ascii_is_borrowed_and_not_copied) {
  buffer_init(&scratch, 100);
  struct slice text = SLICE("login_failed");
  ck_assert_ptr_eq(fold(text, &scratch).data, text.data);
  ck_assert_ptr_null(scratch.data);
}
END_TEST

START_TEST(unicode_folds_in_full) {
  check_fold(SLICE("STRASSE"), SLICE("strasse"));
  check_fold(SLICE("Straße"), SLICE("strasse"));
  check_fold(SLICE("ẞ"), SLICE("ss"));
  check_fold(SLICE("ÄÖÜ Ñ É"), SLICE("äöü ñ é"));
  check_fold(SLICE("ΣΊΣΥΦΟΣ σίσυφος"), SLICE("σίσυφοσ σίσυφοσ"));
  check_fold(SLICE("ПРИВЕТ"), SLICE("привет"));
  check_fold(SLICE("ﬁn"), SLICE("fin"));
  check_fold(SLICE("日本語 ไทย"), SLICE("日本語 ไทย"));
}
END_TEST

/* The default folding of Unicode: the dotted capital I of Turkish becomes i and a combining dot, the dotless stays. */
START_TEST(turkish_letters_fold_as_unicode_says) {
  check_fold(SLICE("İ"), SLICE("i\xcc\x87"));
  check_fold(SLICE("ı"), SLICE("ı"));
}
END_TEST

START_TEST(composed_and_combining_accents_fold_alike) {
  check_fold(SLICE("Cafe\xcc\x81"), SLICE("caf\xc3\xa9"));
  check_fold(SLICE("CAF\xc3\x89"), SLICE("caf\xc3\xa9"));
  check_fold(SLICE("A\xcc\x8angstr\xc3\xb6m"), SLICE("\xc3\xa5ngstr\xc3\xb6m"));
  check_fold(SLICE("\xe2\x84\xab"), SLICE("\xc3\xa5"));               /* the angstrom sign */
  check_fold(SLICE("q\xcc\x87\xcc\xa3"), SLICE("q\xcc\xa3\xcc\x87")); /* marks in canonical order */
}
END_TEST

START_TEST(bytes_that_are_not_utf8_stay) {
  check_fold(SLICE("AB\xff\x80"), SLICE("ab\xff\x80"));
  check_fold(SLICE("\xc3"), SLICE("\xc3"));
  check_fold(SLICE("X\xed\xa0\x80"), SLICE("x\xed\xa0\x80")); /* a surrogate */
}
END_TEST

/* Every character but the later ideographs, which have no case: folding twice changes nothing, and nothing outgrows
 * what callers reserve. */
START_TEST(a_character_folds_to_something_stable_and_bounded) {
  struct buffer once, twice;
  buffer_init(&once, 64);
  buffer_init(&twice, 64);
  for (utf8proc_int32_t c = 1; c < 0x20000; c++) {
    if (c >= 0xd800 && c <= 0xdfff) continue;
    utf8proc_uint8_t bytes[4];
    size_t len = (size_t)utf8proc_encode_char(c, bytes);
    struct slice f = fold(slice_of((const char *)bytes, len), &once);
    ck_assert_msg(f.len <= FOLD_GROWTH * len, "U+%04X grows from %zu to %zu bytes", (unsigned)c, len, f.len);
    ck_assert_msg(slice_equal(fold(f, &twice), f), "U+%04X does not fold stably", (unsigned)c);
  }
  buffer_free(&once);
  buffer_free(&twice);
}
END_TEST

START_TEST(contained_text_is_found_whatever_its_case) {
  buffer_init(&scratch, 4096);
  ck_assert(fold_contains(SLICE("Support EU Straße"), SLICE("eu strasse"), &scratch));
  ck_assert(fold_contains(SLICE("anything"), SLICE(""), &scratch));
  ck_assert(!fold_contains(SLICE("Support"), SLICE("supports"), &scratch));
  ck_assert(!fold_contains(slice_of(NULL, 0), SLICE("x"), &scratch));
  ck_assert(fold_contains(slice_of(NULL, 0), SLICE(""), &scratch));
  ck_assert_int_eq((int)slice_find(SLICE("a\0bc"), SLICE("bc")), 2);
  ck_assert_int_eq((int)slice_find(SLICE("abc"), SLICE("abcd")), -1);
  buffer_free(&scratch);
}
END_TEST

START_TEST(texts_that_fold_alike_hash_alike) {
  buffer_init(&scratch, 4096);
  uint64_t hash = fold_hash(SLICE("strasse"), 7, &scratch);
  ck_assert_uint_eq(fold_hash(SLICE("STRASSE"), 7, &scratch), hash);
  ck_assert_uint_eq(fold_hash(SLICE("Straße"), 7, &scratch), hash);
  ck_assert_uint_ne(fold_hash(SLICE("Straße"), 8, &scratch), hash);
  buffer_free(&scratch);
}
END_TEST

TEST_MAIN("fold", ascii_folds_to_small_letters, folded_ascii_is_borrowed_and_not_copied, unicode_folds_in_full,
          turkish_letters_fold_as_unicode_says, composed_and_combining_accents_fold_alike, bytes_that_are_not_utf8_stay,
          a_character_folds_to_something_stable_and_bounded, contained_text_is_found_whatever_its_case,
          texts_that_fold_alike_hash_alike)
