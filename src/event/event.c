/* Access to an event's cells, and its id. */
#include "event/event.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct event_cell *event_cell(const struct event *e, enum field_id field) {
  for (uint32_t i = 0; i < e->cell_count && e->cells[i].field <= field; i++)
    if (e->cells[i].field == field) return &e->cells[i];
  return NULL;
}

struct slice event_text(const struct event *e, enum field_id field) {
  const struct event_cell *cell = event_cell(e, field);
  return cell ? cell->text : slice_of(NULL, 0);
}

struct slice event_value(const struct event_cell *cell) {
  return field_get((enum field_id)cell->field)->kind == KIND_ANY ? slice_skip(cell->text, 1) : cell->text;
}

unsigned event_occurred_digits(const struct event *e) {
  struct slice shape = event_text(e, FIELD_SHAPE);
  return shape.len == 3 ? (unsigned char)shape.data[0] : 0;
}

unsigned event_empty_objects(const struct event *e) {
  struct slice shape = event_text(e, FIELD_SHAPE);
  return shape.len == 3 ? (unsigned char)shape.data[1] | (unsigned)(unsigned char)shape.data[2] << 8 : 0;
}

static int compare_cells(const void *left, const void *right) {
  const struct event_cell *a = left, *b = right;
  if (a->field != b->field) return a->field < b->field ? -1 : 1;
  if (a->element != b->element) return a->element < b->element ? -1 : 1;
  return slice_compare(a->key, b->key);
}

void event_sort_cells(struct event *e) {
  if (e->cell_count > 1) qsort(e->cells, e->cell_count, sizeof *e->cells, compare_cells);
}

void event_add_cells(struct event *e, struct arena *arena, const struct event_cell *added, uint32_t count) {
  if (count == 0) return;
  for (uint32_t i = 0; i < count; i++) {
    assert(added[i].field < FIELD_COUNT && !(field_get((enum field_id)added[i].field)->flags & (F_LIST | F_MAP)));
    assert(i == 0 || added[i].field > added[i - 1].field);
  }
  struct event_cell *cells = arena_take(arena, (e->cell_count + count) * sizeof *cells);
  uint32_t at = 0;
  while (at < e->cell_count && e->cells[at].field <= added[0].field) at++;
  assert(at == e->cell_count || e->cells[at].field > added[count - 1].field);
  if (at > 0) memcpy(cells, e->cells, at * sizeof *cells);
  memcpy(cells + at, added, count * sizeof *cells);
  if (at < e->cell_count) memcpy(cells + at + count, e->cells + at, (e->cell_count - at) * sizeof *cells);
  e->cells = cells;
  e->cell_count += count;
}

void event_add_cell(struct event *e, struct arena *arena, enum field_id field, struct slice text) {
  const struct event_cell cell = {.field = (uint16_t)field, .text = text};
  event_add_cells(e, arena, &cell, 1);
}

void event_append_id(const struct event *e, struct buffer *out) {
  buffer_append_slice(out, event_text(e, FIELD_TENANT));
  buffer_append_char(out, ':');
  buffer_append_u64(out, e->seq);
}

bool event_parse_id(struct slice id, struct slice *tenant_out, uint64_t *seq_out) {
  const char *colon = id.len ? memchr(id.data, ':', id.len) : NULL;
  if (!colon) return false;
  struct slice tenant = slice_of(id.data, (size_t)(colon - id.data)), digits = slice_skip(id, tenant.len + 1);
  if (!event_tenant_valid(tenant) || digits.len == 0 || digits.data[0] == '0') return false;
  uint64_t seq = 0;
  for (size_t i = 0; i < digits.len; i++) {
    unsigned digit = (unsigned)(digits.data[i] - '0');
    if (digits.data[i] < '0' || digits.data[i] > '9') return false;
    if (__builtin_mul_overflow(seq, 10, &seq) || __builtin_add_overflow(seq, digit, &seq)) return false;
  }
  *tenant_out = tenant;
  *seq_out = seq;
  return true;
}
