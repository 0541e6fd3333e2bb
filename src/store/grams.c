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
  free(m->recent);
  memset(m, 0, sizeof *m);
}

static inline uint32_t slot_of(const struct gram_table *t, uint64_t key) {
  return (uint32_t)((key * 0x9e3779b97f4a7c15ull) >> t->shift); /* the upper bits: keys of runs end in zeros */
}

static struct mask_entry *find_slot(struct gram_table *t, uint64_t key) {
  uint32_t at = slot_of(t, key);
  while (t->slots[at].key && t->slots[at].key != key + 1) at = (at + 1) & (t->slot_count - 1);
  return &t->slots[at];
}

static void table_grow(struct gram_table *t) {
  struct gram_table bigger = {NULL, t->slot_count ? t->slot_count * 2 : FIRST_SLOTS, t->used, 0};
  bigger.shift = 64 - (unsigned)__builtin_ctz(bigger.slot_count);
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

static uint64_t run_number(const uint8_t *digits, size_t len) { /* at most GRAM_RUN_MAX */
  uint64_t number = 0;
  for (size_t i = 0; i < len; i++) number = number * 10 + (uint64_t)(digits[i] - '0');
  return number;
}

static uint64_t run_key(const uint8_t *digits, size_t len) {
  if (len > GRAM_RUN_MAX) len = GRAM_RUN_MAX;
  return (uint64_t)len << GRAM_LENGTH_SHIFT | run_number(digits, len);
}

static void flush_runs(struct gram_map *m) {
  for (uint32_t i = 0; i < m->pending_count; i++) table_add(&m->runs, m->pending[i].key, m->pending[i].mask);
  m->pending_count = 0;
}

static inline void add_run(struct gram_map *m, uint64_t key, uint64_t mask) {
  if (m->runs.slot_count) __builtin_prefetch(&m->runs.slots[slot_of(&m->runs, key)], 1);
  m->pending[m->pending_count++] = (struct mask_entry){key, mask};
  if (m->pending_count == GRAM_PENDING) flush_runs(m);
}

static void add_runs(struct gram_map *m, struct slice folded, uint64_t mask) {
  const uint8_t *p = (const uint8_t *)folded.data, *end = p + folded.len;
  for (; p < end; p++) {
    const uint8_t *begin = p;
    while (p < end && is_digit(*p)) p++;
    if (p - begin >= GRAM_RUN_MIN) add_run(m, run_key(begin, (size_t)(p - begin)), mask);
  }
}

static void add_trigrams(struct gram_map *m, struct slice folded, uint64_t mask) {
  const uint8_t *p = (const uint8_t *)folded.data;
  uint32_t gram = (uint32_t)p[0] << 8 | p[1];
  for (size_t i = GRAM_BYTES - 1; i < folded.len; i++) {
    gram = (gram << 8 | p[i]) & 0xffffff;
    table_add(&m->trigrams, gram, mask);
  }
}

static void add_chunk_trigrams(struct gram_map *m, struct slice folded, unsigned chunk) {
  const uint8_t *p = (const uint8_t *)folded.data;
  uint32_t gram = (uint32_t)p[0] << 8 | p[1], tag = (chunk << 24) + 1;
  for (size_t i = GRAM_BYTES - 1; i < folded.len; i++) {
    gram = (gram << 8 | p[i]) & 0xffffff;
    uint32_t *recent = &m->recent[(gram * 0x9e3779b1u) >> 19];
    if (*recent == tag + gram) continue;
    *recent = tag + gram;
    table_add(&m->trigrams, gram, 1ull << chunk);
  }
}
static_assert(GRAM_RECENT == 1 << (32 - 19), "the hash of a trigram is a place in recent");

void gram_map_add(struct gram_map *m, struct slice folded, uint64_t mask) {
  add_runs(m, folded, mask);
  if (folded.len < GRAM_BYTES) return;
  if (mask & (mask - 1)) {
    add_trigrams(m, folded, mask);
    return;
  }
  if (!m->recent) m->recent = calloc(GRAM_RECENT, sizeof *m->recent);
  if (!m->recent) abort();
  add_chunk_trigrams(m, folded, (unsigned)__builtin_ctzll(mask));
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

void gram_map_put(struct codec *c, struct buffer *out, struct gram_map *m, uint64_t all) {
  flush_runs(m);
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

static const uint64_t powers[GRAM_RUN_MAX + 1] = {1ull,
                                                  10ull,
                                                  100ull,
                                                  1000ull,
                                                  10000ull,
                                                  100000ull,
                                                  1000000ull,
                                                  10000000ull,
                                                  100000000ull,
                                                  1000000000ull,
                                                  10000000000ull,
                                                  100000000000ull,
                                                  1000000000000ull,
                                                  10000000000000ull,
                                                  100000000000000ull,
                                                  1000000000000000ull};

/* Digits that may be the end, or with open_right the middle, of a longer run. */
struct open_run {
  uint64_t number, power; /* 10 ** digits */
  double inverse;         /* 1 / power */
  unsigned digits;
  bool open_right;
  uint64_t mask; /* found so far */
};

/* number % power without a division: numbers are below 2 ** 50, so the quotient is off by one at most. */
static uint64_t remainder_of(uint64_t number, const struct open_run *run) {
  uint64_t quotient = (uint64_t)((double)number * run->inverse);
  int64_t rest = (int64_t)(number - quotient * run->power);
  if (rest < 0) rest += (int64_t)run->power;
  if (rest >= (int64_t)run->power) rest -= (int64_t)run->power;
  return (uint64_t)rest;
}

static bool holds_run(uint64_t key, const struct open_run *run) {
  unsigned length = (unsigned)(key >> GRAM_LENGTH_SHIFT);
  uint64_t number = key & ((1ull << GRAM_LENGTH_SHIFT) - 1);
  if (length >= GRAM_RUN_MAX) return true; /* there may be more digits than the key tells */
  for (; length >= run->digits; length--, number /= 10) {
    if (remainder_of(number, run) == run->number) return true;
    if (!run->open_right) return false;
  }
  return false;
}

static void match_open_run(void *arg, uint64_t key, uint64_t mask) {
  struct open_run *run = arg;
  if ((mask & ~run->mask) && holds_run(key, run)) run->mask |= mask;
}

/* Runs that begin with `len` digits making `number`. */
static bool find_prefix(const struct gram_index *x, uint64_t number, size_t len, uint64_t *mask_out) {
  *mask_out = 0;
  for (size_t l = len; l <= GRAM_RUN_MAX; l++) {
    uint64_t first = (uint64_t)l << GRAM_LENGTH_SHIFT | number * powers[l - len], mask;
    if (!mask_index_find(x->runs, first, first + powers[l - len] - 1, &mask)) return false;
    *mask_out |= mask;
  }
  return true;
}

/* Chunks that hold the digits needle[begin, end). */
static bool find_run(const struct gram_index *x, struct slice needle, size_t begin, size_t end, bool bounded_left,
                     bool bounded_right, uint64_t *mask_out) {
  const uint8_t *digits = (const uint8_t *)needle.data + begin;
  size_t all = end - begin, len = all < GRAM_RUN_MAX ? all : GRAM_RUN_MAX;
  uint64_t number = run_number(digits, len), key = run_key(digits, len);
  if (bounded_left && (bounded_right || len == GRAM_RUN_MAX)) return mask_index_find(x->runs, key, key, mask_out);
  if (bounded_left) return find_prefix(x, number, len, mask_out);
  struct open_run run = {
      number, powers[len], 1.0 / (double)powers[len], (unsigned)len, !bounded_right || all > GRAM_RUN_MAX, 0};
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
