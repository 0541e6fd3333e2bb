#include "store/mask_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
  CODE_ALL,
  CODE_RUN,
  CODE_LIST,         /* 2: two chunks ... 9: nine */
  CODE_MISSING = 10, /* 10: one ... 13: four */
  CODE_RAW = 15,
  LIST_MAX = 9,
  MISSING_MAX = 4,
  BLOCK_MASK_BYTES = MASK_BLOCK_ENTRIES * 69 / 8 + 1,
};

/* ---- Writing ---- */

struct bits {
  uint8_t bytes[BLOCK_MASK_BYTES + CODEC_SLACK];
  uint32_t bit;
};

static void put_bits(struct bits *b, uint64_t value, unsigned width) { /* width <= 32 */
  uint64_t word;
  memcpy(&word, b->bytes + (b->bit >> 3), 8);
  word |= value << (b->bit & 7);
  memcpy(b->bytes + (b->bit >> 3), &word, 8);
  b->bit += width;
}

static void put_chunks(struct bits *b, uint64_t mask) {
  for (; mask; mask &= mask - 1) put_bits(b, (uint64_t)__builtin_ctzll(mask), 6);
}

static void put_code(struct bits *b, uint32_t code) { put_bits(b, 1 | (uint64_t)code << 1, 5); }

static void put_mask(struct bits *b, uint64_t mask, uint64_t all) {
  unsigned n = (unsigned)__builtin_popcountll(mask), missing = (unsigned)__builtin_popcountll(all & ~mask);
  unsigned first = (unsigned)__builtin_ctzll(mask);
  uint64_t run = mask >> first;
  if (n == 1) {
    put_bits(b, (uint64_t)first << 1, 7);
  } else if (missing == 0) {
    put_code(b, CODE_ALL);
  } else if (n > 2 && (run & (run + 1)) == 0) {
    put_code(b, CODE_RUN);
    put_bits(b, first, 6);
    put_bits(b, n - 1, 6);
  } else if (missing <= MISSING_MAX && missing < n) {
    put_code(b, CODE_MISSING + missing - 1);
    put_chunks(b, all & ~mask);
  } else if (n <= LIST_MAX) {
    put_code(b, CODE_LIST + n - 2);
    put_chunks(b, mask);
  } else {
    put_code(b, CODE_RAW);
    put_bits(b, mask & UINT32_MAX, 32);
    put_bits(b, mask >> 32, 32);
  }
}

static void put_block(struct buffer *out, const struct mask_entry *entries, uint32_t count, uint64_t all) {
  uint64_t steps[MASK_BLOCK_ENTRIES] = {0};
  struct bits masks = {.bit = 0};
  for (uint32_t i = 0; i < count; i++) {
    if (i) steps[i - 1] = entries[i].key - entries[i - 1].key - 1;
    assert(entries[i].mask && !(entries[i].mask & ~all));
    put_mask(&masks, entries[i].mask, all);
  }
  codec_put_pfor(out, steps, count - 1);
  buffer_append(out, masks.bytes, (masks.bit + 7) / 8);
}

void mask_index_put(struct codec *c, struct buffer *out, const struct mask_entry *entries, uint32_t count,
                    uint64_t all) {
  assert(count <= MASK_INDEX_ENTRIES);
  uint32_t blocks = (count + MASK_BLOCK_ENTRIES - 1) / MASK_BLOCK_ENTRIES;
  uint64_t *firsts = malloc((blocks + 1) * sizeof *firsts);
  uint32_t *lengths = malloc((blocks + 1) * sizeof *lengths);
  struct buffer body;
  buffer_init(&body, (size_t)1 << 30);
  if (!firsts || !lengths) abort();
  for (uint32_t b = 0; b < blocks; b++) {
    const struct mask_entry *from = entries + (size_t)b * MASK_BLOCK_ENTRIES;
    uint32_t left = count - b * MASK_BLOCK_ENTRIES;
    size_t before = body.len;
    firsts[b] = from->key - (b ? from[-MASK_BLOCK_ENTRIES].key : 0);
    put_block(&body, from, left < MASK_BLOCK_ENTRIES ? left : MASK_BLOCK_ENTRIES, all);
    lengths[b] = (uint32_t)(body.len - before);
  }
  buffer_append_varint(out, count);
  buffer_append_le64(out, all);
  codec_put_pfor(out, firsts, blocks);
  if (blocks) codec_put_u32s(c, out, lengths, blocks);
  buffer_append_slice(out, buffer_slice(&body));
  buffer_free(&body);
  free(firsts);
  free(lengths);
}

/* ---- Reading ---- */

struct mask_index *mask_index_get(struct reader *r) {
  uint64_t count = reader_varint(r), all = reader_le64(r);
  if (r->failed || count > MASK_INDEX_ENTRIES) return NULL;
  uint32_t blocks = (uint32_t)((count + MASK_BLOCK_ENTRIES - 1) / MASK_BLOCK_ENTRIES);
  if (blocks > reader_left(r)) return NULL; /* each has a byte at least */
  uint64_t *firsts = malloc((blocks + 1) * sizeof *firsts);
  uint32_t *lengths = malloc((blocks + 1) * sizeof *lengths);
  if (!firsts || !lengths) abort();
  struct mask_index *x = NULL;
  uint64_t total = 0;
  codec_get_pfor(r, firsts, blocks);
  if (blocks && !r->failed) codec_get_u32s(r, lengths, blocks);
  for (uint32_t b = 0; b < blocks && !r->failed; b++) total += lengths[b];
  struct slice body = reader_bytes(r, r->failed || total > reader_left(r) ? SIZE_MAX : (size_t)total);
  if (r->failed) goto out;
  size_t size = sizeof *x + blocks * sizeof(uint64_t) + (blocks + 1) * sizeof(uint32_t) + body.len + CODEC_SLACK;
  x = calloc(1, size);
  if (!x) abort();
  x->entry.size_bytes = (uint32_t)size;
  x->count = (uint32_t)count;
  x->block_count = blocks;
  x->all = all;
  x->first_keys = (uint64_t *)(x + 1);
  x->offsets = (uint32_t *)(x->first_keys + blocks);
  uint8_t *bytes = (uint8_t *)(x->offsets + blocks + 1);
  if (body.len) memcpy(bytes, body.data, body.len);
  x->bytes = bytes;
  for (uint32_t b = 0; b < blocks; b++) {
    x->first_keys[b] = firsts[b] + (b ? x->first_keys[b - 1] : 0);
    x->offsets[b + 1] = x->offsets[b] + lengths[b];
  }
out:
  free(firsts);
  free(lengths);
  return x;
}

struct mask_index *mask_index_copy(const struct mask_index *x, void *to) {
  struct mask_index *copy = memcpy(to, x, x->entry.size_bytes);
  copy->first_keys = (uint64_t *)(copy + 1);
  copy->offsets = (uint32_t *)(copy->first_keys + x->block_count);
  copy->bytes = (const uint8_t *)(copy->offsets + x->block_count + 1);
  return copy;
}

struct block {
  uint32_t count;
  uint64_t keys[MASK_BLOCK_ENTRIES];
  uint32_t bit, bits_end; /* of the masks */
  const uint8_t *masks;
};

static bool open_block(const struct mask_index *x, uint32_t index, struct block *b) {
  const uint8_t *from = x->bytes + x->offsets[index];
  size_t len = x->offsets[index + 1] - x->offsets[index];
  struct reader r = reader_of(slice_of((const char *)from, len));
  uint32_t left = x->count - index * MASK_BLOCK_ENTRIES;
  b->count = left < MASK_BLOCK_ENTRIES ? left : MASK_BLOCK_ENTRIES;
  b->keys[0] = x->first_keys[index];
  codec_get_pfor(&r, b->keys + 1, b->count - 1);
  if (r.failed) return false;
  for (uint32_t i = 1; i < b->count; i++) b->keys[i] += b->keys[i - 1] + 1;
  b->masks = r.at;
  b->bit = 0;
  b->bits_end = (uint32_t)reader_left(&r) * 8;
  return true;
}

static uint64_t get_bits(struct block *b, unsigned width) { /* width <= 32 */
  if (b->bit + width > b->bits_end) {
    b->bit = b->bits_end + 1;
    return 0;
  }
  uint64_t word;
  memcpy(&word, b->masks + (b->bit >> 3), 8);
  word = (word >> (b->bit & 7)) & ((1ull << width) - 1);
  b->bit += width;
  return word;
}

static uint64_t get_chunks(struct block *b, unsigned n) {
  uint64_t mask = 0;
  while (n--) mask |= 1ull << get_bits(b, 6);
  return mask;
}

static uint64_t get_mask(struct block *b, uint64_t all) {
  if (!get_bits(b, 1)) return 1ull << get_bits(b, 6);
  unsigned code = (unsigned)get_bits(b, 4);
  if (code == CODE_ALL) return all;
  if (code == CODE_RUN) {
    uint64_t first = get_bits(b, 6), length = get_bits(b, 6) + 1;
    return (length == 64 ? ~0ull : (1ull << length) - 1) << first;
  }
  if (code == CODE_RAW) {
    uint64_t low = get_bits(b, 32);
    return low | get_bits(b, 32) << 32;
  }
  return code >= CODE_MISSING ? all & ~get_chunks(b, code - CODE_MISSING + 1) : get_chunks(b, code - CODE_LIST + 2);
}

/* The block in which `key` lies if it is there at all. */
static uint32_t block_of(const struct mask_index *x, uint64_t key) {
  uint32_t low = 0, high = x->block_count;
  while (high - low > 1) {
    uint32_t at = low + (high - low) / 2;
    if (x->first_keys[at] <= key)
      low = at;
    else
      high = at;
  }
  return low;
}

bool mask_index_find(const struct mask_index *x, uint64_t first, uint64_t last, uint64_t *mask_out) {
  uint64_t found = 0;
  struct block b;
  uint32_t at = x->count ? block_of(x, first) : 0;
  for (; at < x->block_count && x->first_keys[at] <= last && found != x->all; at++) {
    if (!open_block(x, at, &b)) return false;
    for (uint32_t i = 0; i < b.count && b.keys[i] <= last; i++) {
      uint64_t mask = get_mask(&b, x->all);
      if (b.keys[i] >= first) found |= mask;
    }
    if (b.bit > b.bits_end) return false;
  }
  *mask_out = found;
  return true;
}

bool mask_index_each(const struct mask_index *x, void (*each)(void *arg, uint64_t key, uint64_t mask), void *arg) {
  struct block b;
  for (uint32_t at = 0; at < x->block_count; at++) {
    if (!open_block(x, at, &b)) return false;
    for (uint32_t i = 0; i < b.count; i++) {
      uint64_t mask = get_mask(&b, x->all);
      if (b.bit > b.bits_end) return false;
      each(arg, b.keys[i], mask);
    }
  }
  return true;
}
