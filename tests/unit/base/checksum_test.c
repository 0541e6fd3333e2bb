#include "base/checksum.h"

#include <stdio.h>
#include <string.h>

#include "tests/test.h"

/* RFC 3720, appendix B.4. */
START_TEST(crc32c_gives_the_values_of_rfc_3720) {
  unsigned char zeros[32] = {0}, ones[32], up[32], down[32];
  memset(ones, 0xff, sizeof ones);
  for (unsigned i = 0; i < 32; i++) {
    up[i] = (unsigned char)i;
    down[i] = (unsigned char)(31 - i);
  }
  static const unsigned char read_command[48] = {0x01, 0xc0, 0, 0, 0, 0, 0,    0, 0,    0, 0, 0,    0, 0, 0, 0,
                                                 0x14, 0,    0, 0, 0, 0, 0x04, 0, 0,    0, 0, 0x14, 0, 0, 0, 0x18,
                                                 0x28, 0,    0, 0, 0, 0, 0,    0, 0x02, 0, 0, 0,    0, 0, 0, 0};
  uint32_t (*const implementations[])(uint32_t, const void *, size_t) = {crc32c, crc32c_portable};
  for (int i = 0; i < 2; i++) {
    ck_assert_uint_eq(implementations[i](0, zeros, 32), 0x8a9136aa);
    ck_assert_uint_eq(implementations[i](0, ones, 32), 0x62a8ab43);
    ck_assert_uint_eq(implementations[i](0, up, 32), 0x46dd794e);
    ck_assert_uint_eq(implementations[i](0, down, 32), 0x113fdb5c);
    ck_assert_uint_eq(implementations[i](0, read_command, 48), 0xd9963a56);
    ck_assert_uint_eq(implementations[i](0, "123456789", 9), 0xe3069283);
    ck_assert_uint_eq(implementations[i](0, NULL, 0), 0);
  }
}
END_TEST

START_TEST(crc32c_continues_where_it_stopped_at_any_cut) {
  unsigned char data[200];
  for (unsigned i = 0; i < sizeof data; i++) data[i] = (unsigned char)(i * 37 + 11);
  uint32_t whole = crc32c(0, data, sizeof data);
  for (size_t cut = 0; cut <= sizeof data; cut++) {
    ck_assert_uint_eq(crc32c(crc32c(0, data, cut), data + cut, sizeof data - cut), whole);
    ck_assert_uint_eq(crc32c_portable(crc32c(0, data, cut), data + cut, sizeof data - cut), whole);
  }
}
END_TEST

START_TEST(hash64_depends_on_every_bit_the_length_and_the_seed) {
  for (size_t len = 1; len <= 70; len++) {
    unsigned char data[71] = {0};
    uint64_t base = hash64(data, len, 1);
    ck_assert_uint_ne(hash64(data, len, 2), base);
    ck_assert_uint_ne(hash64(data, len - 1, 1), base);
    for (size_t bit = 0; bit < 8 * len; bit++) {
      data[bit / 8] = (unsigned char)(1u << bit % 8);
      int distance = __builtin_popcountll(hash64(data, len, 1) ^ base);
      ck_assert_msg(distance > 8 && distance < 56, "length %zu, bit %zu: %d bits differ", len, bit, distance);
      data[bit / 8] = 0;
    }
  }
  ck_assert_uint_eq(hash64(NULL, 0, 5), hash64("", 0, 5));
}
END_TEST

/* A word equal to the constant of the construction must not make what comes before it irrelevant. */
START_TEST(hash64_has_no_input_that_erases_the_seed) {
  static const uint64_t constants[] = {0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3};
  for (size_t c = 0; c < 3; c++) {
    uint64_t words[6] = {1, 2, 3, 4, 5, 6}, others[6] = {7, 8, 3, 4, 5, 6};
    words[2] = others[2] = words[4] = others[4] = constants[c];
    ck_assert_uint_ne(hash64(words, sizeof words, 1), hash64(others, sizeof others, 1));
    ck_assert_uint_ne(hash64(words, sizeof words, 1), hash64(words, sizeof words, 2));
  }
}
END_TEST

START_TEST(hash64_spreads_short_keys_over_a_table) {
  enum { SLOTS = 1024, KEYS = 64 * SLOTS };
  static unsigned filled[SLOTS];
  for (unsigned i = 0; i < KEYS; i++) {
    char key[16];
    int len = snprintf(key, sizeof key, "user%u", i);
    filled[hash64(key, (size_t)len, 0) % SLOTS]++;
  }
  for (unsigned i = 0; i < SLOTS; i++) ck_assert_msg(filled[i] > 20 && filled[i] < 120, "slot %u: %u", i, filled[i]);
}
END_TEST

TEST_MAIN("checksum", crc32c_gives_the_values_of_rfc_3720, crc32c_continues_where_it_stopped_at_any_cut,
          hash64_depends_on_every_bit_the_length_and_the_seed, hash64_has_no_input_that_erases_the_seed,
          hash64_spreads_short_keys_over_a_table)
