#include "base/checksum.h"

#include <nmmintrin.h>
#include <string.h>

/* Table-driven, for processors without SSE4.2. */
static uint32_t crc32c_byte(uint32_t crc, uint8_t byte) {
  crc ^= byte;
  for (int k = 0; k < 8; k++) crc = crc & 1 ? (crc >> 1) ^ 0x82f63b78u : crc >> 1;
  return crc;
}

static uint32_t crc32c_portable(uint32_t crc, const uint8_t *p, size_t len) {
  while (len--) crc = crc32c_byte(crc, *p++);
  return crc;
}

__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *p, size_t len) {
  uint64_t c = crc;
  for (; len >= 8; p += 8, len -= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    c = _mm_crc32_u64(c, word);
  }
  uint32_t c32 = (uint32_t)c;
  while (len--) c32 = _mm_crc32_u8(c32, *p++);
  return c32;
}

uint32_t crc32c(uint32_t crc, const void *data, size_t len) {
  crc = ~crc;
  crc = __builtin_cpu_supports("sse4.2") ? crc32c_sse42(crc, data, len) : crc32c_portable(crc, data, len);
  return ~crc;
}

static uint64_t mix(uint64_t a, uint64_t b) {
  __extension__ typedef unsigned __int128 u128;
  u128 r = (u128)a * b;
  return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static uint64_t load64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, 8);
  return v;
}

/* At most 8 bytes as one word, zero-filled. */
static uint64_t load_tail(const uint8_t *p, size_t len) {
  uint64_t v = 0;
  memcpy(&v, p, len);
  return v;
}

uint64_t hash64(const void *data, size_t len, uint64_t seed) {
  static const uint64_t k0 = 0xa0761d6478bd642full, k1 = 0xe7037ed1a0b428dbull, k2 = 0x8ebc6af09c88c6e3ull;
  const uint8_t *p = data;
  uint64_t h = seed ^ mix(seed ^ k0, k1);
  size_t left = len;
  for (; left > 16; p += 16, left -= 16) h = mix(load64(p) ^ k1, load64(p + 8) ^ h);
  uint64_t a, b;
  if (left > 8) {
    a = load64(p);
    b = load_tail(p + 8, left - 8);
  } else {
    a = left ? load_tail(p, left) : 0;
    b = 0;
  }
  return mix(k2 ^ len, mix(a ^ k1, b ^ h));
}
