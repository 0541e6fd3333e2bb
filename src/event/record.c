/* The binary record; its layout is specified in event/event.h. */
#include <assert.h>
#include <string.h>

#include "base/limits.h"
#include "event/event.h"
#include "event/parse.h"

enum { MIN_CELL_BYTES = 2, LENGTH_BYTES = 4 };

static size_t varint_bytes(uint64_t v) {
  size_t n = 1;
  for (; v >= 0x80; v >>= 7) n++;
  return n;
}

static char *put_varint(char *to, uint64_t v) {
  for (; v >= 0x80; v >>= 7) *to++ = (char)(v | 0x80);
  *to++ = (char)v;
  return to;
}

static char *put_le(char *to, uint64_t v, unsigned bytes) {
  for (unsigned i = 0; i < bytes; i++) *to++ = (char)(v >> 8 * i);
  return to;
}

static char *put_slice(char *to, struct slice s) {
  if (s.len > 0) memcpy(to, s.data, s.len);
  return to + s.len;
}

static size_t cell_bytes(const struct event_cell *c) {
  unsigned flags = field_get((enum field_id)c->field)->flags;
  size_t bytes = 1 + varint_bytes(c->text.len) + c->text.len;
  if (flags & F_LIST) bytes += varint_bytes(c->element);
  if (flags & F_MAP) bytes += 1 + c->key.len;
  return bytes;
}

static char *put_cell(char *to, const struct event_cell *c) {
  unsigned flags = field_get((enum field_id)c->field)->flags;
  *to++ = (char)c->field;
  if (flags & F_LIST) to = put_varint(to, c->element);
  if (flags & F_MAP) {
    assert(c->key.len <= UINT8_MAX);
    *to++ = (char)c->key.len;
    to = put_slice(to, c->key);
  }
  return put_slice(put_varint(to, c->text.len), c->text);
}

/* One reservation for the whole record: this runs for every event that is stored. */
void event_encode(const struct event *e, struct buffer *out) {
  size_t bytes = EVENT_RECORD_HEADER_BYTES;
  assert(e->cell_count <= LIMIT_CELLS);
  for (uint32_t i = 0; i < e->cell_count; i++) bytes += cell_bytes(&e->cells[i]);
  char *start = buffer_reserve(out, bytes);
  if (!start) return;
  char *to = put_le(start, bytes - LENGTH_BYTES, LENGTH_BYTES);
  to = put_le(to, e->seq, 8);
  to = put_le(to, (uint64_t)e->received_at_us, 8);
  to = put_le(to, (uint64_t)e->occurred_at_us, 8);
  to = put_le(to, e->cell_count, 2);
  for (uint32_t i = 0; i < e->cell_count; i++) to = put_cell(to, &e->cells[i]);
  assert((size_t)(to - start) == bytes);
  buffer_commit(out, bytes);
}

static int corrupt(struct error *err, const char *what) {
  return error_set(err, ERR_CORRUPT, "event record: %s", what);
}

static bool is_tag(char c) {
  return c == VALUE_STRING || c == VALUE_NUMBER || c == VALUE_BOOL || c == VALUE_NULL || c == VALUE_JSON;
}

/* NULL, or what is wrong with a cell that comes after `before` (NULL: the first). */
static const char *cell_fault(const struct event_cell *c, const struct event_cell *before) {
  const struct field *f = field_get((enum field_id)c->field);
  if (before) {
    int order = (int)c->field - (int)before->field;
    if (order == 0) order = (int)c->element - (int)before->element;
    if (order == 0) order = slice_compare(c->key, before->key);
    if (order <= 0) return "cells out of order";
  }
  if (f->kind == KIND_ANY && (c->text.len == 0 || !is_tag(c->text.data[0]))) return "a value without its type";
  if (f->kind == KIND_SHAPE && (c->text.len != 3 || (unsigned char)c->text.data[0] > 6)) return "a wrong shape";
  if (f->flags & F_MAP && (c->key.len == 0 || c->key.len > LIMIT_PARAM_KEY_BYTES)) return "a parameter's name";
  if (c->element >= LIMIT_CHANGES) return "a list too long";
  return NULL;
}

static const char *read_cell(struct reader *r, struct event_cell *c) {
  uint8_t field = reader_u8(r);
  uint64_t element = 0;
  struct slice key = {NULL, 0};
  if (field >= FIELD_COUNT) return "an unknown field";
  const struct field *f = field_get((enum field_id)field);
  if (f->kind == KIND_TIME || f->kind == KIND_SEQ) return "a field that is no cell";
  if (f->flags & F_LIST) element = reader_varint(r);
  if (f->flags & F_MAP) key = reader_bytes(r, reader_u8(r));
  if (element > UINT16_MAX) return "a list too long";
  uint64_t len = reader_varint(r);
  if (len > reader_left(r)) return "a text beyond the end";
  struct slice text = reader_bytes(r, (size_t)len);
  *c = (struct event_cell){field, (uint16_t)element, key, text};
  return r->failed ? "cut short" : NULL;
}

int event_decode(struct slice *at, struct arena *arena, struct event *out, struct error *err) {
  struct reader outer = reader_of(*at);
  uint32_t len = reader_le32(&outer);
  struct slice body = reader_bytes(&outer, len);
  if (outer.failed) return corrupt(err, "cut short");
  struct reader r = reader_of(body);
  struct event e = {.seq = reader_le64(&r)};
  e.received_at_us = (int64_t)reader_le64(&r);
  e.occurred_at_us = (int64_t)reader_le64(&r);
  e.cell_count = reader_le16(&r);
  if (r.failed) return corrupt(err, "cut short");
  if (!validate_instant(e.occurred_at_us) || !validate_instant(e.received_at_us))
    return corrupt(err, "a time without a calendar date");
  if (e.cell_count > LIMIT_CELLS || e.cell_count > reader_left(&r) / MIN_CELL_BYTES)
    return corrupt(err, "too many cells");
  e.cells = arena_alloc(arena, e.cell_count * sizeof *e.cells);
  if (!e.cells) return error_set(err, ERR_TOO_LARGE, "event record: no room for its cells");
  for (uint32_t i = 0; i < e.cell_count; i++) {
    const char *why = read_cell(&r, &e.cells[i]);
    if (!why) why = cell_fault(&e.cells[i], i > 0 ? &e.cells[i - 1] : NULL);
    if (why) return corrupt(err, why);
  }
  if (reader_left(&r) > 0) return corrupt(err, "bytes after the last cell");
  *out = e;
  *at = slice_skip(*at, LENGTH_BYTES + (size_t)len);
  return 0;
}
