#include "store/grams.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1 << 12 };

static bool is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }

/* ---- Building ---- */

static void table_free(struct gram_table *t) { free(t->slots); }

void gram_map_free(struct gram_map *m) {
  table_free(&m->trigrams);
  table_free(&m->runs);
  memset(m, 0, sizeof *m);
}

static inline uint32_t slot_of(const struct gram_table *t, uint64_t key) {
  return (uint32_t)((key * 0x9e3779b97f4a7c15ull) >> 32) & (t->slot_count - 1);
}

static struct mask_entry *find_slot(struct gram_table *t, uint64_t key) {
  uint32_t at = slot_of(t, key);
  while (t->slots[at].key && t->slots[at].key != key + 1) at = (at + 1) & (t->slot_count - 1);
  return &t->slots[at];
}

static void table_grow(struct gram_table *t) {
  struct gram_table bigger = {NULL, t->slot_count ? t->slot_count * 2 : FIRST_SLOTS, t->used};
  bigger.slots = calloc(bigger.slot_count, sizeof *bigger.slots);
  if (!bigger.slots) abort();
  for (uint32_t i = 0; i < t->slot_count; i++)
    if (t->slots[i].key) *find_slot(&bigger, t->slots[i].key - 1) = t->slots[i];
  free(t->slots);
  *t = bigger;
}

static void table_new_key(struct gram_table *t, uint64_t key, uint64_t mask) {
  if (t->used * 2 >= t->slot_count) table_grow(t);
  struct mask_entry *slot = find_slot(t, key);
  *slot = (struct mask_entry){key + 1, mask};
  t->used++;
}

static inline void table_add(struct gram_table *t, uint64_t key, uint64_t mask) {
  if (t->slot_count) {
    struct mask_entry *slot = find_slot(t, key);
    if (slot->key) {
      slot->mask |= mask;
      return;
    }
  }
  table_new_key(t, key, mask);
}

static uint64_t run_key(const uint8_t *digits, size_t len) {
  uint64_t key = 0;
  size_t n = len < GRAM_RUN_MAX ? len : GRAM_RUN_MAX;
  for (size_t i = 0; i < n; i++) key |= (uint64_t)(digits[i] - '0' + 1) << (60 - 4 * i);
  return key;
}

void gram_map_add(struct gram_map *m, struct slice folded, uint64_t mask) {
  const uint8_t *p = (const uint8_t *)folded.data;
  size_t len = folded.len, digits = 0;
  uint32_t gram = 0;
  for (size_t i = 0; i < len; i++) {
    gram = (gram << 8 | p[i]) & 0xffffff;
    if (i >= GRAM_BYTES - 1) table_add(&m->trigrams, gram, mask);
    if (is_digit(p[i])) {
      digits++;
      continue;
    }
    if (digits >= GRAM_RUN_MIN) table_add(&m->runs, run_key(p + i - digits, digits), mask);
    digits = 0;
  }
  if (digits >= GRAM_RUN_MIN) table_add(&m->runs, run_key(p + len - digits, digits), mask);
}

/* One pass of a least-significant-digit radix sort. */
static void radix_pass(const struct mask_entry *from, struct mask_entry *to, uint32_t count, unsigned shift) {
  uint32_t starts[256] = {0}, sum = 0;
  for (uint32_t i = 0; i < count; i++) starts[(from[i].key >> shift) & 0xff]++;
  for (int b = 0; b < 256; b++) {
    uint32_t n = starts[b];
    starts[b] = sum;
    sum += n;
  }
  for (uint32_t i = 0; i < count; i++) to[starts[(from[i].key >> shift) & 0xff]++] = from[i];
}

static void put_table(struct codec *c, struct buffer *out, const struct gram_table *t, unsigned key_bytes,
                      uint64_t all) {
  struct mask_entry *entries = malloc(2 * ((size_t)t->used + 1) * sizeof *entries);
  if (!entries) abort();
  struct mask_entry *sorted = entries, *other = entries + t->used;
  const int dense = __builtin_popcountll(all) * 3 / 4;
  uint32_t count = 0;
  for (uint32_t i = 0; i < t->slot_count; i++) {
    if (!t->slots[i].key) continue;
    uint64_t mask = t->slots[i].mask & all;
    if (__builtin_popcountll(mask) >= dense) mask = all;
    sorted[count++] = (struct mask_entry){t->slots[i].key - 1, mask};
  }
  for (unsigned b = 0; b < key_bytes; b++) {
    radix_pass(sorted, other, count, 8 * b);
    struct mask_entry *swap = sorted;
    sorted = other;
    other = swap;
  }
  mask_index_put(c, out, sorted, count, all);
  free(entries);
}

void gram_map_put(struct codec *c, struct buffer *out, const struct gram_map *m, uint64_t all) {
  put_table(c, out, &m->trigrams, GRAM_BYTES, all);
  put_table(c, out, &m->runs, 8, all);
}

/* ---- Asking ---- */

static size_t aligned(size_t bytes) { return (bytes + 15) & ~(size_t)15; }

struct gram_index *gram_index_get(struct reader *r) {
  struct mask_index *trigrams = mask_index_get(r);
  struct mask_index *runs = trigrams ? mask_index_get(r) : NULL;
  struct gram_index *x = NULL;
  if (runs && !r->failed && reader_left(r) == 0) {
    size_t first = aligned(sizeof *x), second = first + aligned(trigrams->entry.size_bytes);
    size_t size = second + aligned(runs->entry.size_bytes);
    x = calloc(1, size);
    if (!x) abort();
    x->entry.size_bytes = (uint32_t)size;
    x->trigrams = mask_index_copy(trigrams, (char *)x + first);
    x->runs = mask_index_copy(runs, (char *)x + second);
  }
  free(trigrams);
  free(runs);
  return x;
}

/* A run of digits that may be the end, or with open_right the middle, of a longer one. */
struct open_run {
  uint64_t key; /* as run_key */
  unsigned digits;
  bool open_right;
  uint64_t mask; /* found so far */
};

static bool holds_run(uint64_t key, const struct open_run *run) {
  if (key >> 4 & 0xf) return true; /* 15 digits: the rest of the number is not in the key */
  const unsigned low = 64 - 4 * run->digits;
  for (; key; key <<= 4)
    if (key >> low == run->key >> low && (run->open_right || (key << (4 * run->digits)) == 0)) return true;
  return false;
}

static void match_open_run(void *arg, uint64_t key, uint64_t mask) {
  struct open_run *run = arg;
  if ((mask & ~run->mask) && holds_run(key, run)) run->mask |= mask;
}

/* Chunks that hold the digits needle[begin, end). */
static bool find_run(const struct gram_index *x, struct slice needle, size_t begin, size_t end, bool bounded_left,
                     bool bounded_right, uint64_t *mask_out) {
  size_t len = end - begin;
  uint64_t key = run_key((const uint8_t *)needle.data + begin, len);
  if (bounded_left && (bounded_right || len >= GRAM_RUN_MAX)) return mask_index_find(x->runs, key, key, mask_out);
  if (bounded_left) return mask_index_find(x->runs, key, key | ((1ull << (64 - 4 * len)) - 1), mask_out);
  unsigned digits = len < GRAM_RUN_MAX ? (unsigned)len : GRAM_RUN_MAX;
  struct open_run run = {key, digits, !bounded_right || len > GRAM_RUN_MAX, 0};
  if (!mask_index_each(x->runs, match_open_run, &run)) return false;
  *mask_out = run.mask;
  return true;
}

static bool narrow_by_trigrams(const struct gram_index *x, struct slice needle, uint64_t *mask) {
  const uint8_t *p = (const uint8_t *)needle.data;
  for (size_t i = 0; i + GRAM_BYTES <= needle.len && *mask; i++) {
    uint64_t key = (uint64_t)p[i] << 16 | (uint64_t)p[i + 1] << 8 | p[i + 2], found;
    if (!mask_index_find(x->trigrams, key, key, &found)) return false;
    *mask &= found;
  }
  return true;
}

bool gram_index_find(const struct gram_index *x, struct slice needle, bool bounded_left, bool bounded_right,
                     uint64_t *mask_out) {
  uint64_t mask = x->trigrams->all;
  if (needle.len > GRAM_NEEDLE_BYTES) {
    needle.len = GRAM_NEEDLE_BYTES;
    bounded_right = false;
  }
  if (!narrow_by_trigrams(x, needle, &mask)) return false;
  for (size_t i = 0; i < needle.len && mask; i++) {
    size_t begin = i;
    while (i < needle.len && is_digit((uint8_t)needle.data[i])) i++;
    if (i - begin < GRAM_RUN_MIN) continue;
    uint64_t found;
    if (!find_run(x, needle, begin, i, begin > 0 || bounded_left, i < needle.len || bounded_right, &found))
      return false;
    mask &= found;
  }
  *mask_out = mask;
  return true;
}
