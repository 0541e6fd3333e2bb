/* A split-block bloom filter over idempotency keys (Putze, Sanders and Singler, 2007; the layout of Apache Parquet):
 * blocks of 32 bytes, eight words of 32 bits with one bit of the key in each; 10 bits per key, 1 % wrong "maybe"s.
 * Private to store/.
 *
 * A key's hash is hash64 of tenant, NUL, key with seed 0. The block is (hash >> 32) * blocks >> 32; the bit of word i
 * is (low 32 bits of the hash * SALT[i]) >> 27. */
#ifndef DAYBOOK_STORE_KEY_BLOOM_H
#define DAYBOOK_STORE_KEY_BLOOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum { KEY_BLOOM_BLOCK_BYTES = 32, KEY_BLOOM_BITS_PER_KEY = 10 };

uint64_t key_bloom_hash(struct slice tenant, struct slice key);
uint32_t key_bloom_blocks(uint64_t keys); /* 0 for none */
static inline uint32_t key_bloom_block(uint64_t hash, uint32_t blocks) {
  return (uint32_t)(((hash >> 32) * blocks) >> 32);
}
void key_bloom_add(uint8_t block[KEY_BLOOM_BLOCK_BYTES], uint64_t hash);
bool key_bloom_may_hold(const uint8_t block[KEY_BLOOM_BLOCK_BYTES], uint64_t hash);

#endif
