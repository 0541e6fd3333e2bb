/* The binary record; its layout is specified in event/event.h. */
#include <assert.h>

#include "base/limits.h"
#include "event/event.h"
#include "event/parse.h"

enum { MIN_CELL_BYTES = 2, LENGTH_BYTES = 4 };

static void put_le32(char *to, uint32_t v) {
  for (unsigned i = 0; i < LENGTH_BYTES; i++) to[i] = (char)(v >> 8 * i);
}

void event_encode(const struct event *e, struct buffer *out) {
  size_t start = out->len;
  assert(e->cell_count <= LIMIT_CELLS);
  buffer_append_le32(out, 0); /* the length, known at the end */
  buffer_append_le64(out, e->seq);
  buffer_append_le64(out, (uint64_t)e->received_at_us);
  buffer_append_le64(out, (uint64_t)e->occurred_at_us);
  buffer_append_le16(out, (uint16_t)e->cell_count);
  for (uint32_t i = 0; i < e->cell_count; i++) {
    const struct event_cell *c = &e->cells[i];
    unsigned flags = field_get((enum field_id)c->field)->flags;
    buffer_append_char(out, (char)c->field);
    if (flags & F_LIST) buffer_append_varint(out, c->element);
    if (flags & F_MAP) {
      assert(c->key.len <= UINT8_MAX);
      buffer_append_char(out, (char)c->key.len);
      buffer_append_slice(out, c->key);
    }
    buffer_append_varint(out, c->text.len);
    buffer_append_slice(out, c->text);
  }
  if (!out->overflowed) put_le32(out->data + start, (uint32_t)(out->len - start - LENGTH_BYTES));
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
