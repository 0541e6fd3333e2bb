/* A growing byte buffer that cannot be made without a maximum. Owned by one thread at a time.
 *
 * Overflow is sticky: an append past the maximum sets `overflowed`, changes nothing else, and so does
 * every append after it; the writer checks once at the end. Out of memory below the maximum aborts. */
#ifndef DAYBOOK_BASE_BUFFER_H
#define DAYBOOK_BASE_BUFFER_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

struct buffer {
  char *data;
  size_t len, capacity, max_bytes;
  bool overflowed;
};

void buffer_init(struct buffer *b, size_t max_bytes);
void buffer_free(struct buffer *b); /* safe on a zeroed buffer */
void buffer_wipe(struct buffer *b); /* buffer_free, after overwriting what was there; earlier, smaller pieces of memory
                                       that it grew out of are not reached: reserve first */
char *buffer_grow(struct buffer *b, size_t len); /* of buffer_reserve, where there is no room yet */
void buffer_clear(struct buffer *b);             /* keeps the memory, resets overflow */
/* Room for `len` more bytes (never NULL for 0), to be written and then counted with buffer_commit; NULL on overflow. */
static inline char *buffer_reserve(struct buffer *b, size_t len) {
  if (b->data && !b->overflowed && len <= b->capacity - b->len) return b->data + b->len;
  return buffer_grow(b, len);
}
static inline void buffer_commit(struct buffer *b, size_t len) {
  assert(b->len + len <= b->capacity);
  b->len += len;
}
static inline void buffer_append(struct buffer *b, const void *data, size_t len) {
  char *to = len ? buffer_reserve(b, len) : NULL;
  if (!to) return;
  memcpy(to, data, len);
  b->len += len;
}
static inline void buffer_append_slice(struct buffer *b, struct slice s) { buffer_append(b, s.data, s.len); }
static inline void buffer_append_char(struct buffer *b, char c) { buffer_append(b, &c, 1); }
void buffer_append_text(struct buffer *b, const char *text);
void buffer_append_u64(struct buffer *b, uint64_t value); /* decimal */
void buffer_append_i64(struct buffer *b, int64_t value);  /* decimal */
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct slice buffer_slice(const struct buffer *b);

/* Little-endian fixed and LEB128 variable integers, for the binary formats. */
void buffer_append_le16(struct buffer *b, uint16_t v);
void buffer_append_le32(struct buffer *b, uint32_t v);
void buffer_append_le64(struct buffer *b, uint64_t v);
void buffer_append_varint(struct buffer *b, uint64_t v);

/* Reading the same: a cursor over borrowed bytes whose failure is sticky (`failed`), reads then give 0. */
struct reader {
  const uint8_t *at, *end;
  bool failed;
};
struct reader reader_of(struct slice s);
static inline size_t reader_left(const struct reader *r) { return (size_t)(r->end - r->at); }
/* The next n bytes, passed; NULL with `failed` set where there are fewer. */
static inline const uint8_t *reader_take(struct reader *r, size_t n) {
  if (r->failed || n > reader_left(r)) {
    r->failed = true;
    return NULL;
  }
  const uint8_t *p = r->at;
  r->at += n;
  return p;
}
static inline uint8_t reader_u8(struct reader *r) {
  const uint8_t *p = reader_take(r, 1);
  return p ? *p : 0;
}
uint16_t reader_le16(struct reader *r);
uint32_t reader_le32(struct reader *r);
uint64_t reader_le64(struct reader *r);
uint64_t reader_long_varint(struct reader *r);
/* At most 10 bytes; fails past 64 bits. */
static inline uint64_t reader_varint(struct reader *r) {
  if (!r->failed && r->at < r->end && *r->at < 0x80) return *r->at++;
  return reader_long_varint(r);
}
static inline struct slice reader_bytes(struct reader *r, size_t len) {
  const uint8_t *p = reader_take(r, len);
  return p ? slice_of((const char *)p, len) : slice_of(NULL, 0);
}

#endif
