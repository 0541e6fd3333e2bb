/* A set of rows of one row group: 65,536 bits, 8 KiB. Plain data. Private to store/. */
#ifndef DAYBOOK_STORE_BITMAP_H
#define DAYBOOK_STORE_BITMAP_H

#include <stdint.h>
#include <string.h>

#include "store/part.h"

enum { BITMAP_WORDS = LIMIT_GROUP_ROWS / 64, CHUNK_WORDS = LIMIT_CHUNK_ROWS / 64, PAGE_WORDS = LIMIT_PAGE_ROWS / 64 };

struct bitmap {
  uint64_t words[BITMAP_WORDS];
};

static inline void bitmap_clear(struct bitmap *b) { memset(b, 0, sizeof *b); }

/* Sets rows [begin, end). */
static inline void bitmap_set_range(struct bitmap *b, uint32_t begin, uint32_t end) {
  for (uint32_t row = begin; row < end;) {
    uint32_t word = row / 64, bit = row % 64, count = 64 - bit;
    if (count > end - row) count = end - row;
    uint64_t ones = count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
    b->words[word] |= ones << bit;
    row += count;
  }
}

static inline void bitmap_set(struct bitmap *b, uint32_t row) { b->words[row / 64] |= UINT64_C(1) << (row % 64); }
static inline void bitmap_and(struct bitmap *b, const struct bitmap *other) {
  for (uint32_t i = 0; i < BITMAP_WORDS; i++) b->words[i] &= other->words[i];
}
static inline void bitmap_and_not(struct bitmap *b, const struct bitmap *other) {
  for (uint32_t i = 0; i < BITMAP_WORDS; i++) b->words[i] &= ~other->words[i];
}
static inline void bitmap_or(struct bitmap *b, const struct bitmap *other) {
  for (uint32_t i = 0; i < BITMAP_WORDS; i++) b->words[i] |= other->words[i];
}
static inline uint32_t bitmap_count(const struct bitmap *b) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < BITMAP_WORDS; i++) n += (uint32_t)__builtin_popcountll(b->words[i]);
  return n;
}
static inline int bitmap_any(const struct bitmap *b, uint32_t first_word, uint32_t word_count) {
  uint64_t any = 0;
  for (uint32_t i = first_word; i < first_word + word_count; i++) any |= b->words[i];
  return any != 0;
}
/* Removes the rows of chunks that are not in mask. */
static inline void bitmap_keep_chunks(struct bitmap *b, uint64_t mask) {
  for (uint32_t chunk = 0; chunk < GROUP_CHUNKS; chunk++)
    if (!(mask >> chunk & 1)) memset(&b->words[chunk * CHUNK_WORDS], 0, CHUNK_WORDS * sizeof b->words[0]);
}

#endif
