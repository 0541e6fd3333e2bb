#include "base/checksum.h"

#include <string.h>
#ifdef __x86_64__
#include <nmmintrin.h>
#endif

/* For processors without SSE4.2: half a byte at a time through the 16 remainders of the polynomial. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t len) {
  static const uint32_t remainders[16] = {
      0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
      0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
  };
  crc = ~crc;
  for (const uint8_t *p = data; len > 0; p++, len--) {
    crc ^= *p;
    crc = (crc >> 4) ^ remainders[crc & 15];
    crc = (crc >> 4) ^ remainders[crc & 15];
  }
  return ~crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t crc, const uint8_t *p, size_t len) {
  uint64_t c = ~crc;
  for (; len >= 8; p += 8, len -= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    c = _mm_crc32_u64(c, word);
  }
  uint32_t c32 = (uint32_t)c;
  while (len--) c32 = _mm_crc32_u8(c32, *p++);
  return ~c32;
}
#endif

uint32_t crc32c(uint32_t crc, const void *data, size_t len) {
#ifdef __x86_64__
  if (__builtin_cpu_supports("sse4.2")) return crc32c_sse42(crc, data, len);
#endif
  return crc32c_portable(crc, data, len);
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

static uint64_t load32(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, 4);
  return v;
}

/* The construction of wyhash (Wang Yi, public domain). Both factors of every product depend on the seed, so that
 * nobody who does not know it can choose an input that makes a factor zero and forgets what came before. */
uint64_t hash64(const void *data, size_t len, uint64_t seed) {
  static const uint64_t k0 = 0xa0761d6478bd642f, k1 = 0xe7037ed1a0b428db, k2 = 0x8ebc6af09c88c6e3;
  const uint8_t *p = data;
  uint64_t h = mix(seed ^ k0, k1), key = mix(seed ^ k2, k0) ^ k1, a = 0, b = 0;
  size_t left = len;
  for (; left > 16; p += 16, left -= 16) h = mix(load64(p) ^ key, load64(p + 8) ^ h);
  if (left >= 8) { /* the two words may overlap; the length tells such inputs apart */
    a = load64(p);
    b = load64(p + left - 8);
  } else if (left >= 4) {
    a = load32(p) << 32 | load32(p + left - 4);
  } else if (left > 0) {
    a = (uint64_t)p[0] << 16 | (uint64_t)p[left / 2] << 8 | p[left - 1];
  }
  return mix(k2 ^ len, mix(a ^ key, b ^ h));
}
