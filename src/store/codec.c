#include "store/codec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { U32_CONST, U32_PACKED, U32_ZSTD, U32_LOCAL };
enum { BLOCK_RAW, BLOCK_ZSTD };
enum { LOCAL_RANGE = 1 << 20, LOCAL_WORDS = LOCAL_RANGE / 64, U32_LEVEL = 3 };

struct codec {
  int most_level; /* of zstd */
  ZSTD_CCtx *zstd;
  struct buffer frame, bytes;
  uint32_t *local, *distinct; /* CODEC_MAX_U32S at most, grown on demand */
  uint32_t local_room;
  uint64_t *bitmap; /* LOCAL_WORDS */
  uint32_t *ranks;  /* LOCAL_WORDS */
};

static void *must(void *p) {
  if (!p) abort();
  return p;
}

struct codec *codec_new(int most_level) {
  struct codec *c = must(calloc(1, sizeof *c));
  c->zstd = must(ZSTD_createCCtx());
  c->most_level = most_level;
  buffer_init(&c->frame, (size_t)1 << 30);
  buffer_init(&c->bytes, (size_t)1 << 30);
  c->bitmap = must(calloc(LOCAL_WORDS, sizeof *c->bitmap));
  c->ranks = must(calloc(LOCAL_WORDS, sizeof *c->ranks));
  return c;
}

void codec_free(struct codec *c) {
  if (!c) return;
  ZSTD_freeCCtx(c->zstd);
  buffer_free(&c->frame);
  buffer_free(&c->bytes);
  free(c->local);
  free(c->distinct);
  free(c->bitmap);
  free(c->ranks);
  free(c);
}

/* ---- Bit-packing ---- */

static inline uint64_t load_le64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, 8);
  return v; /* the format is little-endian, as is every machine this builds for (asserted in segment_format.h) */
}

void codec_pack(const uint32_t *values, uint32_t count, uint32_t base, unsigned width, uint8_t *to) {
  uint64_t word = 0;
  unsigned used = 0;
  for (uint32_t i = 0; i < count; i++) {
    word |= (uint64_t)(values[i] - base) << used;
    used += width;
    if (used >= 32) {
      uint32_t low = (uint32_t)word;
      memcpy(to, &low, 4);
      to += 4;
      word >>= 32;
      used -= 32;
    }
  }
  for (; used > 0; used = used > 8 ? used - 8 : 0, word >>= 8) *to++ = (uint8_t)word;
}

void codec_unpack(const uint8_t *from, uint32_t count, uint32_t base, unsigned width, uint32_t *out) {
  if (width == 8) {
    for (uint32_t i = 0; i < count; i++) out[i] = base + from[i];
    return;
  }
  const uint64_t mask = (1ull << width) - 1;
  uint64_t bit = 0;
  for (uint32_t i = 0; i < count; i++, bit += width)
    out[i] = base + (uint32_t)((load_le64(from + (bit >> 3)) >> (bit & 7)) & mask);
}

/* ---- Blocks of bytes ---- */

/* Compresses into c->frame; its length, or 0 where it does not fit or does not shrink. */
static size_t compress(struct codec *c, const void *data, size_t len, int level) {
  buffer_clear(&c->frame);
  size_t room = ZSTD_compressBound(len);
  char *to = buffer_reserve(&c->frame, room);
  if (!to) return 0;
  size_t n = ZSTD_compressCCtx(c->zstd, to, room, data, len, level < c->most_level ? level : c->most_level);
  return ZSTD_isError(n) || n >= len ? 0 : n;
}

/* Decompresses a frame that must give exactly len bytes. */
static void decompress(struct reader *r, size_t stored, void *out, size_t len) {
  struct slice frame = reader_bytes(r, stored);
  if (r->failed) return;
  if (ZSTD_getFrameContentSize(frame.data, frame.len) != len) {
    r->failed = true;
    return;
  }
  size_t n = ZSTD_decompress(out, len, frame.data, frame.len);
  if (ZSTD_isError(n) || n != len) r->failed = true;
}

void codec_put_block(struct codec *c, struct buffer *out, const void *data, size_t len, int level) {
  size_t n = len < 32 ? 0 : compress(c, data, len, level);
  buffer_append_varint(out, len);
  buffer_append_char(out, n ? BLOCK_ZSTD : BLOCK_RAW);
  if (n) {
    buffer_append_varint(out, n);
    buffer_append(out, c->frame.data, n);
  } else {
    buffer_append(out, data, len);
  }
}

size_t codec_peek_block(struct reader *r, size_t max) {
  struct reader ahead = *r;
  uint64_t len = reader_varint(&ahead);
  if (ahead.failed || len > max) {
    r->failed = true;
    return 0;
  }
  return (size_t)len;
}

void codec_get_block(struct reader *r, void *out, size_t len) {
  uint64_t raw = reader_varint(r);
  uint8_t method = reader_u8(r);
  if (r->failed || raw != len || method > BLOCK_ZSTD) {
    r->failed = true;
    return;
  }
  if (method == BLOCK_ZSTD) {
    uint64_t stored = reader_varint(r);
    if (stored > reader_left(r)) r->failed = true;
    if (!r->failed) decompress(r, (size_t)stored, out, len);
    return;
  }
  struct slice bytes = reader_bytes(r, len);
  if (!r->failed && len) memcpy(out, bytes.data, len);
}

/* ---- Sequences of u32 ---- */

static void put_packed(struct buffer *out, const uint32_t *values, uint32_t count, uint32_t base, unsigned width) {
  buffer_append_char(out, U32_PACKED);
  buffer_append_varint(out, base);
  buffer_append_char(out, (char)width);
  size_t n = codec_packed_bytes(count, width);
  char *to = buffer_reserve(out, n + CODEC_SLACK);
  if (!to) return;
  codec_pack(values, count, base, width, (uint8_t *)to);
  buffer_commit(out, n);
}

/* Little-endian values of the least width that holds max, in c->bytes. */
static unsigned narrow(struct codec *c, const uint32_t *values, uint32_t count, uint32_t max) {
  unsigned bytes = max < 256 ? 1 : max < 65536 ? 2 : 4;
  buffer_clear(&c->bytes);
  char *to = buffer_reserve(&c->bytes, (size_t)count * bytes);
  if (!to) abort(); /* count is bounded by CODEC_MAX_U32S */
  if (bytes == 1) {
    for (uint32_t i = 0; i < count; i++) to[i] = (char)values[i];
  } else if (bytes == 2) {
    for (uint32_t i = 0; i < count; i++) {
      uint16_t v = (uint16_t)values[i];
      memcpy(to + (size_t)i * 2, &v, 2);
    }
  } else {
    memcpy(to, values, (size_t)count * 4);
  }
  buffer_commit(&c->bytes, (size_t)count * bytes);
  return bytes;
}

/* CONST, PACKED or ZSTD. */
static void put_plain(struct codec *c, struct buffer *out, const uint32_t *values, uint32_t count, uint32_t min,
                      uint32_t max) {
  if (min == max) {
    buffer_append_char(out, U32_CONST);
    buffer_append_varint(out, min);
    return;
  }
  unsigned width = codec_bits(max - min);
  size_t packed = codec_packed_bytes(count, width);
  if (packed >= 48) {
    unsigned bytes = narrow(c, values, count, max);
    size_t n = compress(c, c->bytes.data, c->bytes.len, U32_LEVEL);
    if (n && n + 2 < packed) {
      buffer_append_char(out, U32_ZSTD);
      buffer_append_char(out, (char)bytes);
      buffer_append_varint(out, n);
      buffer_append(out, c->frame.data, n);
      return;
    }
  }
  put_packed(out, values, count, min, width);
}

static void grow_local(struct codec *c, uint32_t count) {
  if (count <= c->local_room) return;
  c->local = must(realloc(c->local, (size_t)count * sizeof *c->local));
  c->distinct = must(realloc(c->distinct, (size_t)count * sizeof *c->distinct));
  c->local_room = count;
}

/* Fills c->local with the indexes of the values among the distinct ones, c->distinct with the differences of those. */
static uint32_t make_local(struct codec *c, const uint32_t *values, uint32_t count, uint32_t min, uint32_t max) {
  grow_local(c, count);
  size_t words = (size_t)(max - min) / 64 + 1;
  memset(c->bitmap, 0, words * sizeof *c->bitmap);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t v = values[i] - min;
    c->bitmap[v >> 6] |= 1ull << (v & 63);
  }
  uint32_t distinct = 0, previous = 0;
  for (size_t w = 0; w < words; w++) {
    c->ranks[w] = distinct;
    for (uint64_t left = c->bitmap[w]; left; left &= left - 1) {
      uint32_t v = min + (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(left);
      c->distinct[distinct++] = v - previous;
      previous = v;
    }
  }
  for (uint32_t i = 0; i < count; i++) {
    uint32_t v = values[i] - min;
    uint64_t below = c->bitmap[v >> 6] & ((1ull << (v & 63)) - 1);
    c->local[i] = c->ranks[v >> 6] + (uint32_t)__builtin_popcountll(below);
  }
  return distinct;
}

static void put_min_max(const uint32_t *values, uint32_t count, uint32_t *min_out, uint32_t *max_out) {
  uint32_t min = UINT32_MAX, max = 0;
  for (uint32_t i = 0; i < count; i++) {
    min = values[i] < min ? values[i] : min;
    max = values[i] > max ? values[i] : max;
  }
  *min_out = count ? min : 0;
  *max_out = max;
}

void codec_put_u32s(struct codec *c, struct buffer *out, const uint32_t *values, uint32_t count) {
  assert(count <= CODEC_MAX_U32S);
  uint32_t min, max;
  put_min_max(values, count, &min, &max);
  unsigned width = codec_bits(max - min);
  if (width <= 8 || max - min >= LOCAL_RANGE || count < 64) {
    put_plain(c, out, values, count, min, max);
    return;
  }
  uint32_t distinct = make_local(c, values, count, min, max), first, widest;
  put_min_max(c->distinct + 1, distinct - 1, &first, &widest);
  size_t list = codec_packed_bytes(distinct, codec_bits((min > widest ? min : widest)));
  size_t local = list + codec_packed_bytes(count, codec_bits(distinct - 1));
  if (local + 16 >= codec_packed_bytes(count, width)) {
    put_plain(c, out, values, count, min, max);
    return;
  }
  buffer_append_char(out, U32_LOCAL);
  buffer_append_varint(out, distinct);
  put_min_max(c->distinct, distinct, &first, &widest);
  if (first == widest) {
    buffer_append_char(out, U32_CONST);
    buffer_append_varint(out, first);
  } else {
    put_packed(out, c->distinct, distinct, first, codec_bits(widest - first));
  }
  put_plain(c, out, c->local, count, 0, distinct - 1);
}

static void get_zstd(struct reader *r, uint32_t *out, uint32_t count) {
  unsigned bytes = reader_u8(r);
  uint64_t stored = reader_varint(r);
  if (r->failed || (bytes != 1 && bytes != 2 && bytes != 4) || stored > reader_left(r)) {
    r->failed = true;
    return;
  }
  /* Decoded into the end of out, then widened from the front: a value is never overwritten before it was read. */
  uint8_t *at = (uint8_t *)out + (size_t)count * (4 - bytes);
  decompress(r, (size_t)stored, at, (size_t)count * bytes);
  if (r->failed) return;
  if (bytes == 1) {
    for (uint32_t i = 0; i < count; i++) out[i] = at[i];
  } else if (bytes == 2) {
    for (uint32_t i = 0; i < count; i++) {
      uint16_t v;
      memcpy(&v, at + (size_t)i * 2, 2);
      out[i] = v;
    }
  }
}

static void get_packed(struct reader *r, uint32_t *out, uint32_t count) {
  uint64_t base = reader_varint(r);
  unsigned width = reader_u8(r);
  if (r->failed || base > UINT32_MAX || width < 1 || width > 32) {
    r->failed = true;
    return;
  }
  struct slice bytes = reader_bytes(r, codec_packed_bytes(count, width));
  if (!r->failed) codec_unpack((const uint8_t *)bytes.data, count, (uint32_t)base, width, out);
}

static void get_const(struct reader *r, uint32_t *out, uint32_t count) {
  uint64_t v = reader_varint(r);
  if (v > UINT32_MAX) r->failed = true;
  if (r->failed) return;
  for (uint32_t i = 0; i < count; i++) out[i] = (uint32_t)v;
}

static void get_local(struct reader *r, uint32_t *out, uint32_t count) {
  uint64_t distinct = reader_varint(r);
  uint8_t form = reader_u8(r);
  if (r->failed || distinct == 0 || distinct > count || form > U32_PACKED) {
    r->failed = true;
    return;
  }
  uint32_t *table = must(malloc(distinct * sizeof *table));
  if (form == U32_CONST)
    get_const(r, table, (uint32_t)distinct);
  else
    get_packed(r, table, (uint32_t)distinct);
  form = reader_u8(r);
  switch (form) {
    case U32_CONST: get_const(r, out, count); break;
    case U32_PACKED: get_packed(r, out, count); break;
    case U32_ZSTD: get_zstd(r, out, count); break;
    default: r->failed = true;
  }
  if (!r->failed) {
    for (uint64_t i = 1; i < distinct; i++) table[i] += table[i - 1];
    uint32_t bad = 0;
    for (uint32_t i = 0; i < count; i++) bad |= out[i] >= distinct;
    if (bad)
      r->failed = true;
    else
      for (uint32_t i = 0; i < count; i++) out[i] = table[out[i]];
  }
  free(table);
}

void codec_get_u32s(struct reader *r, uint32_t *out, uint32_t count) {
  assert(count <= CODEC_MAX_U32S);
  switch (reader_u8(r)) {
    case U32_CONST: get_const(r, out, count); break;
    case U32_PACKED: get_packed(r, out, count); break;
    case U32_ZSTD: get_zstd(r, out, count); break;
    case U32_LOCAL: get_local(r, out, count); break;
    default: r->failed = true;
  }
}
