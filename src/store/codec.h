/* Encodings of number and byte sequences inside a page. Several forms are tried, the smallest is stored; all decode to
 * plain arrays. A struct codec holds the scratch memory of one writing thread; decoding needs none. Private to store/.
 *
 * Every decoder works on a reader whose bytes are followed by at least CODEC_SLACK readable bytes; damage makes the
 * reader's sticky `failed` true and leaves the output unspecified.
 *
 * u32s (count known to the reader): u8 form, then
 *   0 CONST   varint value
 *   1 PACKED  varint base | u8 width (1..32) | ceil(count * width / 8) bytes: value - base, least significant bit first
 *   2 ZSTD    u8 bytes per value (1, 2, 4) | varint length | one zstd frame of the little-endian values
 *   3 LOCAL   varint distinct | u32s (PACKED or CONST) differences of the ascending distinct values, the first from 0
 *             | u32s (CONST, PACKED or ZSTD) index of each value among them
 * pfor (count known; u64 values): per block of 128 values: u8 width (0..56) | u8 exceptions | packed low bits | per
 *   exception u8 position | varint value >> width
 * ints (count known; int64 values): u8 form, then
 *   0 CONST   zigzag varint value
 *   1 FOR     zigzag varint base | varint divisor | pfor (value - base) / divisor
 *   2 DELTA   zigzag varint first value | varint divisor | pfor zigzag((value - previous) / divisor) of the others
 *   3 TABLE   varint distinct | zigzag varint smallest | pfor differences of the others | u32s index of each value
 * block (bytes): varint raw length | u8 method (0 raw, 1 zstd) | varint stored length, present for zstd | bytes */
#ifndef DAYBOOK_STORE_CODEC_H
#define DAYBOOK_STORE_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

enum {
  CODEC_SLACK = 8,            /* readable bytes required behind an encoded sequence */
  CODEC_MAX_U32S = 8192 * 256 /* values of one sequence: a page of rows with 256 list elements each */
};

struct codec;
/* No frame is compressed at a higher zstd level than most_level. */
struct codec *codec_new(int most_level);
void codec_free(struct codec *c); /* NULL is allowed */

void codec_put_u32s(struct codec *c, struct buffer *out, const uint32_t *values, uint32_t count);
void codec_put_ints(struct codec *c, struct buffer *out, const int64_t *values, uint32_t count);
void codec_put_pfor(struct buffer *out, const uint64_t *values, uint32_t count);
/* level: of zstd, 1..19; what does not shrink is stored raw. */
void codec_put_block(struct codec *c, struct buffer *out, const void *data, size_t len, int level);

void codec_get_u32s(struct reader *r, uint32_t *out, uint32_t count);
void codec_get_ints(struct reader *r, int64_t *out, uint32_t count);
void codec_get_pfor(struct reader *r, uint64_t *out, uint32_t count);
/* The raw length of the block ahead, read without moving; 0 and failed where it is past max. */
size_t codec_peek_block(struct reader *r, size_t max);
/* Decodes the block ahead, whose raw length must be len. */
void codec_get_block(struct reader *r, void *out, size_t len);

/* Values of `width` bits (1..32), least significant bit first. */
void codec_pack(const uint32_t *values, uint32_t count, uint32_t base, unsigned width, uint8_t *to);
void codec_unpack(const uint8_t *from, uint32_t count, uint32_t base, unsigned width, uint32_t *out);
static inline size_t codec_packed_bytes(uint32_t count, unsigned width) { return ((size_t)count * width + 7) / 8; }

static inline unsigned codec_bits(uint64_t v) { return v ? 64 - (unsigned)__builtin_clzll(v) : 0; }
static inline uint64_t codec_zigzag(int64_t v) { return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63); }
static inline int64_t codec_unzigzag(uint64_t v) { return (int64_t)((v >> 1) ^ (0 - (v & 1))); }

#endif
