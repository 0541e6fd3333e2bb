/* The gram index of a group: which chunks hold a searchable value with a given piece of text. Two kinds of pieces are
 * taken from every folded value: each trigram (three bytes of UTF-8), and each run of four or more ASCII digits,
 * because the trigrams of numbers are too common to find one number. Private to store/.
 *
 * Keys: a trigram is its bytes as a big-endian 24-bit number. A digit run is its length << 56 | its number; a longer
 * run than 15 digits counts by its first 15.
 *
 * Bytes: mask index of trigrams, mask index of digit runs (mask_index.h). A key whose mask holds three quarters of the
 * chunks or more is stored as if it held all. */
#ifndef DAYBOOK_STORE_GRAMS_H
#define DAYBOOK_STORE_GRAMS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/slice.h"
#include "store/mask_index.h"

enum {
  GRAM_BYTES = 3,
  GRAM_RUN_MIN = 4,
  GRAM_RUN_MAX = 15,
  GRAM_LENGTH_SHIFT = 56,
  GRAM_RECENT = 8192,
  GRAM_PENDING = 32,
  GRAM_NEEDLE_BYTES = 256 /* more of a needle is not looked at */
};

/* ---- Building ---- */

struct gram_table { /* open addressing; key + 1, so that 0 is free */
  struct mask_entry *slots;
  uint32_t slot_count, used;
  unsigned shift; /* 64 - log2(slot_count) */
};
struct gram_map { /* of one group; zeroed at first */
  struct gram_table trigrams, runs;
  uint32_t *recent; /* [GRAM_RECENT] chunk << 24 | trigram, + 1: pairs known to be in the map, so that most of a chunk's
                       text, which repeats itself, is done with in the first-level cache */
  struct mask_entry pending[GRAM_PENDING]; /* runs to be added: their slots are on their way from memory meanwhile */
  uint32_t pending_count;
};

void gram_map_free(struct gram_map *m); /* safe on a zeroed map */
/* Adds a folded value that occurs in the chunks of mask. */
void gram_map_add(struct gram_map *m, struct slice folded, uint64_t mask);
void gram_map_put(struct codec *c, struct buffer *out, struct gram_map *m, uint64_t all);

/* ---- Asking ---- */

struct gram_index {
  struct cache_entry entry;
  struct mask_index *trigrams, *runs; /* in the same allocation */
};

struct gram_index *gram_index_get(struct reader *r);
/* Chunks in which a value may contain the folded needle; bounded: the value begins or ends there. False where damaged.
 */
bool gram_index_find(const struct gram_index *x, struct slice needle, bool bounded_left, bool bounded_right,
                     uint64_t *mask_out);

#endif
