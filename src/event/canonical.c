/* The canonical form, RFC 8785: members ordered, no blanks, one way to write each string and number. */
#include <assert.h>
#include <string.h>

#include "base/instant.h"
#include "base/limits.h"
#include "event/event.h"
#include "event/objects.h"

/* ---- Values ---- */

/* An event being written: first[f] .. first[f + 1] are the cells of field f. */
struct writer {
  const struct event *event;
  enum event_form form;
  struct buffer *out;
  unsigned empty_objects;
  uint32_t first[FIELD_COUNT + 1];
};

static void append_value(struct buffer *out, const struct event_cell *cell) {
  switch (field_get((enum field_id)cell->field)->kind) {
    case KIND_UINT: buffer_append_slice(out, cell->text); return;
    case KIND_ANY:
      if (cell->text.len > 0 && cell->text.data[0] == VALUE_STRING)
        json_append_string(out, event_value(cell));
      else
        buffer_append_slice(out, event_value(cell));
      return;
    default: json_append_string(out, cell->text);
  }
}

static void append_name(struct buffer *out, struct slice name, bool *is_first) {
  size_t comma = !*is_first;
  char *to = buffer_reserve(out, comma + name.len + 3);
  *is_first = false;
  if (!to) return;
  *to = ',';
  to += comma;
  *to++ = '"'; /* the names of members and parameters need no escapes */
  memcpy(to, name.data, name.len);
  memcpy(to + name.len, "\":", 2);
  buffer_commit(out, comma + name.len + 3);
}

static void append_instant(struct buffer *out, int64_t us, unsigned digits) {
  char text[INSTANT_TEXT_BYTES];
  unsigned len = instant_format(us, digits, text);
  json_append_string(out, slice_of(text, len));
}

/* Members that are not cells: the header of the event and its id. */
static bool append_header_member(struct writer *w, const struct member *m, bool *is_first) {
  if (m->field == NO_FIELD) {
    append_name(w->out, m->name, is_first);
    buffer_append_char(w->out, '"'); /* tenant and number need no escapes */
    event_append_id(w->event, w->out);
    buffer_append_char(w->out, '"');
    return true;
  }
  switch (m->field) {
    case FIELD_OCCURRED_AT:
      append_name(w->out, m->name, is_first);
      append_instant(w->out, w->event->occurred_at_us, event_occurred_digits(w->event));
      return true;
    case FIELD_RECEIVED_AT:
      append_name(w->out, m->name, is_first);
      append_instant(w->out, w->event->received_at_us, 6);
      return true;
    case FIELD_SEQ:
      append_name(w->out, m->name, is_first);
      buffer_append_u64(w->out, w->event->seq);
      return true;
    default: return false;
  }
}

/* ---- Objects and lists ---- */

static void append_map(struct writer *w) {
  bool is_first = true;
  buffer_append_char(w->out, '{');
  for (uint32_t i = w->first[FIELD_PARAMS]; i < w->first[FIELD_PARAMS + 1]; i++) {
    append_name(w->out, w->event->cells[i].key, &is_first);
    append_value(w->out, &w->event->cells[i]);
  }
  buffer_append_char(w->out, '}');
}

/* The elements of a list are spread over the cells of its fields: one cursor a field. */
static void append_list(struct writer *w, const struct object *o) {
  uint32_t cursor[OBJECT_MEMBERS], count = 0;
  const struct event_cell *cells = w->event->cells;
  for (unsigned i = 0; i < o->member_count; i++) {
    unsigned field = o->members[i]->field;
    cursor[i] = w->first[field];
    uint32_t end = w->first[field + 1];
    if (end > cursor[i] && cells[end - 1].element + 1u > count) count = cells[end - 1].element + 1u;
  }
  buffer_append_char(w->out, '[');
  for (uint32_t element = 0; element < count; element++) {
    bool is_first = true;
    if (element > 0) buffer_append_char(w->out, ',');
    buffer_append_char(w->out, '{');
    for (unsigned i = 0; i < o->member_count; i++) {
      if (cursor[i] >= w->first[o->members[i]->field + 1] || cells[cursor[i]].element != element) continue;
      append_name(w->out, o->members[i]->name, &is_first);
      append_value(w->out, &cells[cursor[i]++]);
    }
    buffer_append_char(w->out, '}');
  }
  buffer_append_char(w->out, ']');
}

static void append_members(struct writer *w, const struct object *o);

static void append_child(struct writer *w, const struct object *o) {
  switch (o->kind) {
    case OBJECT_LIST: append_list(w, o); return;
    case OBJECT_MAP: append_map(w); return;
    default: append_members(w, o);
  }
}

static void append_members(struct writer *w, const struct object *o) {
  bool is_first = true;
  buffer_append_char(w->out, '{');
  for (unsigned i = 0; i < o->member_count; i++) {
    const struct member *m = o->members[i];
    if (m->from_server && w->form == EVENT_AS_SENT) continue;
    if (m->child) {
      const struct object *child = object_get((enum object_id)m->child);
      size_t before = w->out->len;
      bool was_first = is_first;
      append_name(w->out, m->name, &is_first);
      size_t empty_len = w->out->len + 2; /* {} or [] */
      append_child(w, child);
      if (w->out->len > empty_len || w->empty_objects & child->shape) continue;
      w->out->len = before; /* it was not sent */
      is_first = was_first;
      continue;
    }
    if (append_header_member(w, m, &is_first) || w->first[m->field] == w->first[m->field + 1]) continue;
    append_name(w->out, m->name, &is_first);
    append_value(w->out, &w->event->cells[w->first[m->field]]);
  }
  buffer_append_char(w->out, '}');
}

void event_append_json(const struct event *e, enum event_form form, struct buffer *out) {
  struct writer w = {.event = e, .form = form, .out = out, .empty_objects = event_empty_objects(e)};
  uint32_t cell = 0;
  for (unsigned field = 0; field < FIELD_COUNT; field++) {
    w.first[field] = cell;
    while (cell < e->cell_count && e->cells[cell].field == field) cell++;
  }
  w.first[FIELD_COUNT] = cell;
  assert(cell == e->cell_count); /* cells are in order */
  append_members(&w, object_get(OBJECT_EVENT));
}
