/* Encodings of 64-bit sequences: see codec.h for their bytes. */
#include <stdlib.h>
#include <string.h>

#include "store/codec.h"

enum { PFOR_BLOCK = 128, PFOR_MAX_WIDTH = 56, TABLE_MAX = 1024, TABLE_SLOTS = 4096 };
enum { INT_CONST, INT_FOR, INT_DELTA, INT_TABLE };

/* ---- Blocks of 128 with exceptions ---- */

static unsigned varint_bytes(uint64_t v) { return v ? (codec_bits(v) + 6) / 7 : 1; }

/* The width that makes the block smallest, among the widths of its values and 0. */
static unsigned best_width(const uint64_t *values, uint32_t count) {
  uint8_t with_bits[65] = {0};
  unsigned widths[66], kinds = 0;
  for (uint32_t i = 0; i < count; i++) with_bits[codec_bits(values[i])]++;
  widths[kinds++] = 0;
  for (unsigned bits = 1; bits <= 64; bits++)
    if (with_bits[bits]) widths[kinds++] = bits;
  size_t best = SIZE_MAX;
  unsigned width = 0;
  for (unsigned i = 0; i < kinds; i++) {
    unsigned w = widths[i] < PFOR_MAX_WIDTH ? widths[i] : PFOR_MAX_WIDTH;
    size_t cost = codec_packed_bytes(count, w);
    for (unsigned k = i + 1; k < kinds; k++)
      cost += with_bits[widths[k]] * (1u + varint_bytes(1ull << (widths[k] - w ? widths[k] - w - 1 : 0)));
    if (cost < best) {
      best = cost;
      width = w;
    }
  }
  return width;
}

static void pack_wide(const uint64_t *values, uint32_t count, unsigned width, uint8_t *to) {
  const uint64_t mask = (1ull << width) - 1;
  memset(to, 0, codec_packed_bytes(count, width) + CODEC_SLACK);
  uint64_t bit = 0;
  for (uint32_t i = 0; i < count; i++, bit += width) {
    uint64_t word;
    memcpy(&word, to + (bit >> 3), 8);
    word |= (values[i] & mask) << (bit & 7);
    memcpy(to + (bit >> 3), &word, 8);
  }
}

static void put_pfor_block(struct buffer *out, const uint64_t *values, uint32_t count) {
  unsigned width = best_width(values, count);
  uint32_t exceptions = 0;
  for (uint32_t i = 0; i < count; i++) exceptions += values[i] >> width != 0;
  buffer_append_char(out, (char)width);
  buffer_append_char(out, (char)exceptions);
  size_t n = codec_packed_bytes(count, width);
  char *to = buffer_reserve(out, n + 2 * CODEC_SLACK);
  if (!to) return;
  pack_wide(values, count, width, (uint8_t *)to);
  buffer_commit(out, n);
  for (uint32_t i = 0; exceptions && i < count; i++) {
    if (values[i] >> width == 0) continue;
    buffer_append_char(out, (char)i);
    buffer_append_varint(out, values[i] >> width);
  }
}

void codec_put_pfor(struct buffer *out, const uint64_t *values, uint32_t count) {
  for (uint32_t i = 0; i < count; i += PFOR_BLOCK)
    put_pfor_block(out, values + i, count - i < PFOR_BLOCK ? count - i : PFOR_BLOCK);
}

static void get_pfor_block(struct reader *r, uint64_t *out, uint32_t count) {
  unsigned width = reader_u8(r), exceptions = reader_u8(r);
  if (width > PFOR_MAX_WIDTH) r->failed = true;
  struct slice bytes = reader_bytes(r, r->failed ? 0 : codec_packed_bytes(count, width));
  if (r->failed) return;
  const uint64_t mask = (1ull << width) - 1;
  uint64_t bit = 0;
  for (uint32_t i = 0; i < count; i++, bit += width) {
    uint64_t word;
    memcpy(&word, bytes.data + (bit >> 3), 8);
    out[i] = (word >> (bit & 7)) & mask;
  }
  while (exceptions--) {
    unsigned at = reader_u8(r);
    uint64_t high = reader_varint(r);
    if (r->failed || at >= count) {
      r->failed = true;
      return;
    }
    out[at] |= high << width;
  }
}

void codec_get_pfor(struct reader *r, uint64_t *out, uint32_t count) {
  for (uint32_t i = 0; i < count && !r->failed; i += PFOR_BLOCK)
    get_pfor_block(r, out + i, count - i < PFOR_BLOCK ? count - i : PFOR_BLOCK);
}

/* ---- int64 ---- */

static uint64_t gcd(uint64_t a, uint64_t b) {
  while (b) {
    uint64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

static void put_for(struct buffer *out, const int64_t *values, uint32_t count, int64_t min, uint64_t *scratch) {
  uint64_t divisor = 0;
  for (uint32_t i = 0; i < count; i++) {
    scratch[i] = (uint64_t)values[i] - (uint64_t)min;
    if (divisor != 1) divisor = gcd(scratch[i], divisor);
  }
  if (divisor > 1)
    for (uint32_t i = 0; i < count; i++) scratch[i] /= divisor;
  buffer_append_char(out, INT_FOR);
  buffer_append_varint(out, codec_zigzag(min));
  buffer_append_varint(out, divisor ? divisor : 1);
  codec_put_pfor(out, scratch, count);
}

static void put_delta(struct buffer *out, const int64_t *values, uint32_t count, uint64_t *scratch) {
  uint64_t divisor = 0;
  for (uint32_t i = 1; i < count && divisor != 1; i++) {
    int64_t delta = (int64_t)((uint64_t)values[i] - (uint64_t)values[i - 1]);
    divisor = gcd(delta < 0 ? 0 - (uint64_t)delta : (uint64_t)delta, divisor);
  }
  if (divisor == 0 || divisor > INT64_MAX) divisor = 1;
  for (uint32_t i = 1; i < count; i++) {
    int64_t delta = (int64_t)((uint64_t)values[i] - (uint64_t)values[i - 1]);
    scratch[i - 1] = codec_zigzag(divisor == 1 ? delta : delta / (int64_t)divisor);
  }
  buffer_append_char(out, INT_DELTA);
  buffer_append_varint(out, codec_zigzag(values[0]));
  buffer_append_varint(out, divisor);
  codec_put_pfor(out, scratch, count - 1);
}

/* A small set of values with the index of each row's; gives up past TABLE_MAX. */
struct table {
  int64_t values[TABLE_MAX];
  uint32_t count;
  uint16_t slots[TABLE_SLOTS]; /* index + 1 */
};

static uint32_t table_add(struct table *t, int64_t v) {
  uint32_t at = (uint32_t)(((uint64_t)v * 0x9e3779b97f4a7c15ull) >> 52);
  while (t->slots[at] && t->values[t->slots[at] - 1] != v) at = (at + 1) % TABLE_SLOTS;
  if (!t->slots[at]) {
    if (t->count == TABLE_MAX) return UINT32_MAX;
    t->values[t->count++] = v;
    t->slots[at] = (uint16_t)t->count;
  }
  return t->slots[at] - 1u;
}

static int compare_ints(const void *a, const void *b) {
  int64_t x, y;
  memcpy(&x, a, 8);
  memcpy(&y, b, 8);
  return (x > y) - (x < y);
}

static bool put_table(struct codec *c, struct buffer *out, const int64_t *values, uint32_t count) {
  struct table *t = calloc(1, sizeof *t);
  uint32_t *indexes = malloc(count * sizeof *indexes);
  if (!t || !indexes) abort();
  bool fits = count > 1;
  for (uint32_t i = 0; i < count && fits; i++) fits = table_add(t, values[i]) != UINT32_MAX;
  if (fits) {
    uint32_t distinct = t->count;
    int64_t sorted[TABLE_MAX];
    memcpy(sorted, t->values, distinct * sizeof *sorted);
    qsort(sorted, distinct, sizeof *sorted, compare_ints);
    memset(t, 0, sizeof *t);
    for (uint32_t i = 0; i < distinct; i++) table_add(t, sorted[i]);
    for (uint32_t i = 0; i < count; i++) indexes[i] = table_add(t, values[i]);
    buffer_append_char(out, INT_TABLE);
    buffer_append_varint(out, distinct);
    buffer_append_varint(out, codec_zigzag(sorted[0]));
    uint64_t steps[TABLE_MAX];
    for (uint32_t i = 1; i < distinct; i++) steps[i - 1] = (uint64_t)sorted[i] - (uint64_t)sorted[i - 1];
    codec_put_pfor(out, steps, distinct - 1);
    codec_put_u32s(c, out, indexes, count);
  }
  free(indexes);
  free(t);
  return fits;
}

static void keep_smaller(struct buffer *best, struct buffer *other) {
  if (other->len && (best->len == 0 || other->len < best->len)) {
    struct buffer swap = *best;
    *best = *other;
    *other = swap;
  }
  buffer_clear(other);
}

void codec_put_ints(struct codec *c, struct buffer *out, const int64_t *values, uint32_t count) {
  int64_t min = INT64_MAX, max = INT64_MIN;
  for (uint32_t i = 0; i < count; i++) {
    min = values[i] < min ? values[i] : min;
    max = values[i] > max ? values[i] : max;
  }
  if (count == 0 || min == max) {
    buffer_append_char(out, INT_CONST);
    buffer_append_varint(out, codec_zigzag(count ? min : 0));
    return;
  }
  struct buffer best, other;
  buffer_init(&best, (size_t)1 << 28);
  buffer_init(&other, (size_t)1 << 28);
  uint64_t *scratch = malloc(count * sizeof *scratch);
  if (!scratch) abort();
  put_for(&best, values, count, min, scratch);
  put_delta(&other, values, count, scratch);
  keep_smaller(&best, &other);
  if (put_table(c, &other, values, count)) keep_smaller(&best, &other);
  buffer_append_slice(out, buffer_slice(&best));
  buffer_free(&best);
  buffer_free(&other);
  free(scratch);
}

static void get_scaled(struct reader *r, int64_t *out, uint32_t count, bool delta) {
  uint64_t *raw = malloc((count + 1) * sizeof *raw);
  if (!raw) abort();
  uint64_t at = (uint64_t)codec_unzigzag(reader_varint(r));
  uint64_t divisor = reader_varint(r);
  codec_get_pfor(r, raw, delta ? count - 1 : count);
  if (!r->failed && !delta) {
    for (uint32_t i = 0; i < count; i++) out[i] = (int64_t)(at + raw[i] * divisor);
  } else if (!r->failed) {
    out[0] = (int64_t)at;
    for (uint32_t i = 1; i < count; i++) out[i] = (int64_t)(at += (uint64_t)codec_unzigzag(raw[i - 1]) * divisor);
  }
  free(raw);
}

static void get_table(struct reader *r, int64_t *out, uint32_t count) {
  uint64_t distinct = reader_varint(r), table[TABLE_MAX];
  if (r->failed || distinct == 0 || distinct > TABLE_MAX) {
    r->failed = true;
    return;
  }
  table[0] = (uint64_t)codec_unzigzag(reader_varint(r));
  codec_get_pfor(r, table + 1, (uint32_t)distinct - 1);
  uint32_t *indexes = malloc(count * sizeof *indexes);
  if (!indexes) abort();
  if (!r->failed) codec_get_u32s(r, indexes, count);
  if (!r->failed) {
    for (uint64_t i = 1; i < distinct; i++) table[i] += table[i - 1];
    uint32_t bad = 0;
    for (uint32_t i = 0; i < count; i++) bad |= indexes[i] >= distinct;
    if (bad) r->failed = true;
    for (uint32_t i = 0; i < count && !bad; i++) out[i] = (int64_t)table[indexes[i]];
  }
  free(indexes);
}

void codec_get_ints(struct reader *r, int64_t *out, uint32_t count) {
  uint8_t form = reader_u8(r);
  if (count == 0 && form != INT_CONST) r->failed = true;
  if (r->failed) return;
  if (form == INT_CONST) {
    int64_t v = codec_unzigzag(reader_varint(r));
    for (uint32_t i = 0; i < count; i++) out[i] = v;
  } else if (form == INT_FOR || form == INT_DELTA) {
    get_scaled(r, out, count, form == INT_DELTA);
  } else if (form == INT_TABLE) {
    get_table(r, out, count);
  } else {
    r->failed = true;
  }
}
