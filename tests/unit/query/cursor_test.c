#include <stdio.h>

#include "base/checksum.h"
#include "query/query.h"
#include "tests/test.h"

static void check_round_trip(int64_t us, struct slice tenant, uint64_t seq, enum read_order order) {
  struct buffer text;
  struct arena arena;
  buffer_init(&text, 4096);
  arena_init(&arena, 1 << 16);
  query_cursor_encode(&(struct read_position){us, tenant, seq}, order, &text);
  struct read_position p;
  enum read_order back;
  struct error err = {0};
  ck_assert_ok(query_cursor_decode(buffer_slice(&text), &arena, &p, &back, &err));
  ck_assert_int_eq(p.occurred_at_us, us);
  ck_assert(slice_equal(p.tenant, tenant));
  ck_assert_uint_eq(p.seq, seq);
  ck_assert_int_eq(back, order);
  for (size_t i = 0; i < text.len; i++)
    ck_assert_ptr_nonnull(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", text.data[i]));
  arena_free(&arena);
  buffer_free(&text);
}

START_TEST(cursor_round_trips) {
  char longest[LIMIT_TENANT_BYTES];
  for (size_t i = 0; i < sizeof longest; i++) longest[i] = i % 65 == 64 ? '/' : 'a';
  struct slice tenants[] = {SLICE("a"), SLICE("ab"), SLICE("abc"), SLICE("acme/eu/sales"), {longest, sizeof longest}};
  for (size_t i = 0; i < sizeof tenants / sizeof *tenants; i++) {
    check_round_trip(INT64_C(1795176000123456), tenants[i], 1, NEWEST_FIRST);
    check_round_trip(-1, tenants[i], UINT64_MAX, OLDEST_FIRST);
    check_round_trip(0, tenants[i], 0, NEWEST_FIRST);
  }
}
END_TEST

static int decode(struct slice text) {
  struct arena arena;
  arena_init(&arena, 1 << 16);
  struct read_position p;
  enum read_order order;
  struct error err = {0};
  int code = query_cursor_decode(text, &arena, &p, &order, &err);
  ck_assert((code != 0) == (err.message[0] != 0));
  arena_free(&arena);
  return code;
}

START_TEST(cursor_refuses_every_changed_or_cut_character) {
  struct buffer text;
  buffer_init(&text, 4096);
  query_cursor_encode(&(struct read_position){INT64_C(1795176000123456), SLICE("acme/eu"), 17}, NEWEST_FIRST, &text);
  ck_assert_int_eq(decode(buffer_slice(&text)), 0);
  for (size_t len = 0; len < text.len; len++) ck_assert_int_eq(decode(slice_of(text.data, len)), ERR_INVALID);
  for (size_t i = 0; i < text.len; i++) {
    char was = text.data[i];
    for (unsigned c = 0; c < 256; c++) {
      text.data[i] = (char)(unsigned char)c;
      if (text.data[i] != was) ck_assert_int_eq(decode(buffer_slice(&text)), ERR_INVALID);
    }
    text.data[i] = was;
  }
  buffer_append_text(&text, "AAAA");
  ck_assert_int_eq(decode(buffer_slice(&text)), ERR_INVALID);
  buffer_free(&text);
}
END_TEST

START_TEST(cursor_refuses_garbage) {
  static const char *const bad[] = {"", "A", "AAAA", "=", "next", "eyJhIjoxfQ==", "\xff\xff"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) ck_assert_int_eq(decode(slice_from(bad[i])), ERR_INVALID);
  char *huge = malloc(1 << 20);
  ck_assert_ptr_nonnull(huge);
  memset(huge, 'A', 1 << 20);
  ck_assert_int_eq(decode(slice_of(huge, 1 << 20)), ERR_INVALID);
  free(huge);
}
END_TEST

/* A cursor of chosen bytes with a right checksum: what a forger can send. */
static int decode_forged(uint8_t version, uint8_t order, int64_t us, struct slice tenant) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  struct buffer bytes, text;
  buffer_init(&bytes, 4096);
  buffer_init(&text, 8192);
  buffer_append_char(&bytes, (char)version);
  buffer_append_char(&bytes, (char)order);
  buffer_append_le64(&bytes, (uint64_t)us);
  buffer_append_le64(&bytes, 1);
  buffer_append_slice(&bytes, tenant);
  buffer_append_le32(&bytes, crc32c(0, bytes.data, bytes.len));
  for (size_t bit = 0; bit < 8 * bytes.len; bit += 6) {
    unsigned value = 0;
    for (size_t k = bit; k < bit + 6; k++)
      value = value << 1 | (k / 8 < bytes.len ? (unsigned)(uint8_t)bytes.data[k / 8] >> (7 - k % 8) & 1u : 0u);
    buffer_append_char(&text, alphabet[value]);
  }
  int code = decode(buffer_slice(&text));
  buffer_free(&bytes);
  buffer_free(&text);
  return code;
}

START_TEST(cursor_bounds_what_a_forger_sends) {
  ck_assert_int_eq(decode_forged(1, 0, 0, SLICE("acme")), 0);
  ck_assert_int_eq(decode_forged(2, 0, 0, SLICE("acme")), ERR_INVALID);
  ck_assert_int_eq(decode_forged(1, 2, 0, SLICE("acme")), ERR_INVALID);
  ck_assert_int_eq(decode_forged(1, 0, INT64_MIN, SLICE("acme")), ERR_INVALID);
  ck_assert_int_eq(decode_forged(1, 0, INT64_MAX, SLICE("acme")), ERR_INVALID);
  ck_assert_int_eq(decode_forged(1, 0, 0, SLICE("acme//x")), ERR_INVALID);
  ck_assert_int_eq(decode_forged(1, 0, 0, SLICE("\0")), ERR_INVALID);
  char tenant[LIMIT_TENANT_BYTES + 1];
  memset(tenant, 'a', sizeof tenant);
  ck_assert_int_eq(decode_forged(1, 0, 0, slice_of(tenant, sizeof tenant)), ERR_INVALID);
}
END_TEST

TEST_MAIN("query/cursor", cursor_round_trips, cursor_refuses_every_changed_or_cut_character, cursor_refuses_garbage,
          cursor_bounds_what_a_forger_sends)
