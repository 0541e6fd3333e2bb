#include "store/key_bloom.h"

#include <assert.h>
#include <string.h>

#include "base/checksum.h"
#include "base/limits.h"

static const uint32_t SALT[8] = {0x47b6137bu, 0x44974d91u, 0x8824ad5bu, 0xa2b7289du,
                                 0x705495c7u, 0x2df1424bu, 0x9efc4947u, 0x5c6bfb31u};

uint64_t key_bloom_hash(struct slice tenant, struct slice key) {
  char text[LIMIT_TENANT_BYTES + 1 + 256];
  if (tenant.len + 1 + key.len > sizeof text) return 0; /* longer than any event's */
  if (tenant.len) memcpy(text, tenant.data, tenant.len);
  text[tenant.len] = 0;
  if (key.len) memcpy(text + tenant.len + 1, key.data, key.len);
  return hash64(text, tenant.len + 1 + key.len, 0);
}

uint32_t key_bloom_blocks(uint64_t keys) {
  uint64_t blocks = (keys * KEY_BLOOM_BITS_PER_KEY + 255) / 256;
  assert(blocks <= UINT32_MAX);
  return (uint32_t)blocks;
}

void key_bloom_add(uint8_t block[KEY_BLOOM_BLOCK_BYTES], uint64_t hash) {
  for (unsigned i = 0; i < 8; i++) {
    uint32_t bit = ((uint32_t)hash * SALT[i]) >> 27;
    block[i * 4 + (bit >> 3)] |= (uint8_t)(1u << (bit & 7));
  }
}

bool key_bloom_may_hold(const uint8_t block[KEY_BLOOM_BLOCK_BYTES], uint64_t hash) {
  for (unsigned i = 0; i < 8; i++) {
    uint32_t bit = ((uint32_t)hash * SALT[i]) >> 27;
    if (!(block[i * 4 + (bit >> 3)] & (1u << (bit & 7)))) return false;
  }
  return true;
}
