#include "base/buffer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_init(struct buffer *b, size_t max_bytes) {
  assert(max_bytes > 0);
  *b = (struct buffer){.max_bytes = max_bytes};
}

void buffer_free(struct buffer *b) {
  free(b->data);
  *b = (struct buffer){.max_bytes = b->max_bytes};
}

void buffer_wipe(struct buffer *b) {
  if (b->data) explicit_bzero(b->data, b->capacity);
  buffer_free(b);
}

void buffer_clear(struct buffer *b) {
  b->len = 0;
  b->overflowed = false;
}

char *buffer_grow(struct buffer *b, size_t len) {
  assert(b->max_bytes > 0);
  if (b->overflowed || len > b->max_bytes - b->len) {
    b->overflowed = true;
    return NULL;
  }
  size_t need = b->len + len;
  if (need > b->capacity || !b->data) { /* reserving nothing gives a place too, not NULL */
    size_t capacity = b->capacity ? b->capacity : 256;
    while (capacity < need) capacity *= 2;
    if (capacity > b->max_bytes) capacity = b->max_bytes;
    char *data = realloc(b->data, capacity);
    if (!data) abort();
    b->data = data;
    b->capacity = capacity;
  }
  return b->data + b->len;
}

void buffer_append_text(struct buffer *b, const char *text) { buffer_append(b, text, strlen(text)); }

static void append_decimal(struct buffer *b, uint64_t magnitude, bool negative) {
  char digits[21]; /* a sign and the 20 digits of 2^64 - 1 */
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + magnitude % 10);
    magnitude /= 10;
  } while (magnitude);
  if (negative) digits[--at] = '-';
  buffer_append(b, digits + at, sizeof digits - at);
}

void buffer_append_u64(struct buffer *b, uint64_t value) { append_decimal(b, value, false); }

void buffer_append_i64(struct buffer *b, int64_t value) {
  append_decimal(b, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
}

void buffer_printf(struct buffer *b, const char *format, ...) {
  char small[256], *text = small;
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int n = vsnprintf(small, sizeof small, format, args);
  if (n >= (int)sizeof small && vasprintf(&text, format, again) < 0) abort();
  va_end(again);
  va_end(args);
  assert(n >= 0); /* the formats are ours and have no wide characters */
  buffer_append(b, text, (size_t)n);
  if (text != small) free(text);
}

struct slice buffer_slice(const struct buffer *b) {
  return (struct slice){b->data, b->len};
}

static void append_le(struct buffer *b, uint64_t v, size_t bytes) {
  uint8_t le[8];
  for (size_t i = 0; i < bytes; i++) le[i] = (uint8_t)(v >> (8 * i));
  buffer_append(b, le, bytes);
}
void buffer_append_le16(struct buffer *b, uint16_t v) { append_le(b, v, 2); }
void buffer_append_le32(struct buffer *b, uint32_t v) { append_le(b, v, 4); }
void buffer_append_le64(struct buffer *b, uint64_t v) { append_le(b, v, 8); }

void buffer_append_varint(struct buffer *b, uint64_t v) {
  uint8_t bytes[10];
  size_t n = 0;
  while (v >= 0x80) {
    bytes[n++] = (uint8_t)(v | 0x80);
    v >>= 7;
  }
  bytes[n++] = (uint8_t)v;
  buffer_append(b, bytes, n);
}

struct reader reader_of(struct slice s) {
  const uint8_t *p = (const uint8_t *)(s.data ? s.data : "");
  return (struct reader){p, p + s.len, false};
}

static uint64_t read_le(struct reader *r, size_t bytes) {
  const uint8_t *p = reader_take(r, bytes);
  uint64_t v = 0;
  if (p)
    for (size_t i = 0; i < bytes; i++) v |= (uint64_t)p[i] << (8 * i);
  return v;
}
uint16_t reader_le16(struct reader *r) { return (uint16_t)read_le(r, 2); }
uint32_t reader_le32(struct reader *r) { return (uint32_t)read_le(r, 4); }
uint64_t reader_le64(struct reader *r) { return read_le(r, 8); }

uint64_t reader_long_varint(struct reader *r) {
  uint64_t v = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const uint8_t *p = reader_take(r, 1);
    if (!p) return 0;
    if (shift == 63 && *p > 1) break; /* past 64 bits */
    v |= (uint64_t)(*p & 0x7f) << shift;
    if (!(*p & 0x80)) return v;
  }
  r->failed = true;
  return 0;
}
