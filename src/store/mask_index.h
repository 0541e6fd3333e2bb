/* clang-format off */
/* A sorted map from 64-bit keys to 64-bit chunk masks, in blocks of 128 entries behind a table of their first keys: the
 * form of term and gram indexes. Private to store/.
 *
 * Bytes (codec.h): varint entries | le64 `all`, the chunks that exist | pfor differences of the first keys of the
 *   blocks, the first from 0 | where there are blocks u32s bytes of each | blocks.
 * Block: pfor differences of the keys to the one before, less one, for all but the first | bits, least significant
 *   first, per entry: 0 and a chunk (6 bits): that chunk alone; or 1, a code (4 bits) and
 *      0       nothing: all
 *      1       a run: first chunk (6), length - 1 (6)
 *      2..9    so many chunks (6 each)
 *     10..13   all but one to four chunks (6 each)
 *     15       the mask (64) */
/* clang-format on */
#ifndef DAYBOOK_STORE_MASK_INDEX_H
#define DAYBOOK_STORE_MASK_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "store/cache.h"
#include "store/codec.h"

enum { MASK_BLOCK_ENTRIES = 128, MASK_INDEX_ENTRIES = 1 << 24 };

struct mask_entry {
  uint64_t key, mask;
};

/* Entries ascend strictly by key; masks are not 0 and within `all`. */
void mask_index_put(struct codec *c, struct buffer *out, const struct mask_entry *entries, uint32_t count,
                    uint64_t all);

struct mask_index {
  struct cache_entry entry;
  uint32_t count, block_count;
  uint64_t all;
  uint64_t *first_keys; /* [block_count] */
  uint32_t *offsets;    /* [block_count + 1] into bytes */
  const uint8_t *bytes; /* followed by CODEC_SLACK */
};

/* Malloc'ed, or NULL where damaged; several may follow one another in a page, so bytes may be left. */
struct mask_index *mask_index_get(struct reader *r);
/* Copies x to `to` (x->entry.size_bytes, aligned for any object) so that one allocation can hold several. */
struct mask_index *mask_index_copy(const struct mask_index *x, void *to);
/* The union of the masks of keys in [first, last]; false where damaged. */
bool mask_index_find(const struct mask_index *x, uint64_t first, uint64_t last, uint64_t *mask_out);
/* Every entry in order; false where damaged. */
bool mask_index_each(const struct mask_index *x, void (*each)(void *arg, uint64_t key, uint64_t mask), void *arg);

#endif
