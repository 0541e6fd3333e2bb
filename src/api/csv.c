/* CSV after RFC 4180 (CRLF, quotes doubled), guarded against spreadsheets.
 *
 * Spreadsheets run a cell that begins with = + - @ (also their full-width forms), TAB, CR or LF as a formula, quoted or
 * not. Such a cell gets an apostrophe in front, which they show as text. Plain numbers stay numbers. */
#include <stdlib.h>

#include "api/internal.h"

enum { JOINED_BYTES = 2 * LIMIT_EVENT_BYTES + 4 * 1024 };

struct csv {
  const struct slice *params;
  uint32_t param_count;
  const char *tz;
  bool has_rest; /* a column for parameters without one of their own */
  struct buffer text;
};

static const enum field_id leading[] = {FIELD_OCCURRED_AT, FIELD_PRODUCT,  FIELD_SOURCE_IP,
                                        FIELD_ACTOR_NAME,  FIELD_ACTIVITY, FIELD_DESCRIPTION};
enum { LEADING = sizeof leading / sizeof *leading };

static bool is_plain_number(struct slice s) {
  size_t i = 0, digits = 0;
  if (i < s.len && (s.data[i] == '-' || s.data[i] == '+')) i++;
  for (; i < s.len && s.data[i] >= '0' && s.data[i] <= '9'; i++) digits++;
  if (i < s.len && s.data[i] == '.')
    for (i++; i < s.len && s.data[i] >= '0' && s.data[i] <= '9'; i++) digits++;
  if (digits == 0) return false;
  if (i < s.len && (s.data[i] == 'e' || s.data[i] == 'E')) {
    size_t exponent = 0;
    i++;
    if (i < s.len && (s.data[i] == '-' || s.data[i] == '+')) i++;
    for (; i < s.len && s.data[i] >= '0' && s.data[i] <= '9'; i++) exponent++;
    if (exponent == 0) return false;
  }
  return i == s.len;
}

static bool looks_like_formula(struct slice s) {
  const struct slice full_width[] = {SLICE("\xEF\xBC\x9D"), SLICE("\xEF\xBC\x8B"), SLICE("\xEF\xBC\x8D"),
                                     SLICE("\xEF\xBC\xA0")};
  if (s.len == 0) return false;
  for (size_t i = 0; i < sizeof full_width / sizeof *full_width; i++)
    if (slice_starts_with(s, full_width[i])) return true;
  return memchr("=+-@\t\r\n", s.data[0], 7) && !is_plain_number(s);
}

void csv_append_cell(struct buffer *out, struct slice text) {
  bool guarded = looks_like_formula(text), quoted = guarded;
  for (size_t i = 0; i < text.len && !quoted; i++) quoted = memchr(",\"\r\n;\t", text.data[i], 6) != NULL;
  if (text.len && (text.data[0] == ' ' || text.data[text.len - 1] == ' ')) quoted = true;
  if (!quoted) {
    buffer_append_slice(out, text);
    return;
  }
  buffer_append_char(out, '"');
  if (guarded) buffer_append_char(out, '\'');
  for (size_t i = 0; i < text.len; i++) {
    if (text.data[i] == '"') buffer_append_char(out, '"');
    buffer_append_char(out, text.data[i]);
  }
  buffer_append_char(out, '"');
}

struct csv *csv_new(const struct slice *param_names, uint32_t param_count, const char *tz) {
  struct csv *c = calloc(1, sizeof *c);
  if (!c) abort();
  c->params = param_names;
  c->param_count = param_count < API_CSV_PARAMS ? param_count : API_CSV_PARAMS;
  c->has_rest = c->param_count < param_count;
  c->tz = tz;
  buffer_init(&c->text, JOINED_BYTES);
  return c;
}

void csv_free(struct csv *c) {
  if (!c) return;
  buffer_free(&c->text);
  free(c);
}

static bool is_leading(enum field_id id) {
  for (size_t i = 0; i < LEADING; i++)
    if (leading[i] == id) return true;
  return false;
}

/* Fields with a column of their own after the leading ones. */
static bool has_column(enum field_id id) {
  const struct field *f = field_get(id);
  return f->kind != KIND_SHAPE && !(f->flags & F_MAP) && !is_leading(id);
}

static void append_label(enum field_id id, struct buffer *out) { csv_append_cell(out, field_get(id)->label); }

void csv_append_header(struct csv *c, struct buffer *out) {
  for (size_t i = 0; i < LEADING; i++) {
    if (i > 0) buffer_append_char(out, ',');
    append_label(leading[i], out);
  }
  for (unsigned id = 0; id < FIELD_COUNT; id++) {
    if (!has_column((enum field_id)id)) continue;
    if (id == FIELD_CHANGES_FIELD) buffer_append_text(out, ",Changes");
    buffer_append_char(out, ',');
    append_label((enum field_id)id, out);
  }
  buffer_append_text(out, ",Summary");
  for (uint32_t i = 0; i < c->param_count; i++) {
    buffer_append_text(out, ",params.");
    buffer_append_slice(out, c->params[i]); /* [A-Za-z0-9_.-] only */
  }
  if (c->has_rest) buffer_append_text(out, ",Further Parameters");
  buffer_append_text(out, "\r\n");
}

/* The values of a list's field, "; " between them. */
static void append_joined(struct csv *c, const struct event *e, enum field_id id, struct buffer *out) {
  const struct event_cell *cell = event_cell(e, id), *end = e->cells + e->cell_count;
  if (!cell) return;
  if (cell + 1 == end || cell[1].field != id) {
    csv_append_cell(out, event_value(cell));
    return;
  }
  buffer_clear(&c->text);
  for (const struct event_cell *at = cell; at < end && at->field == id; at++) {
    if (at != cell) buffer_append_text(&c->text, "; ");
    buffer_append_slice(&c->text, event_value(at));
  }
  csv_append_cell(out, buffer_slice(&c->text));
}

static const struct event_cell *element_cell(const struct event *e, enum field_id id, uint16_t element) {
  const struct event_cell *cell = event_cell(e, id), *end = e->cells + e->cell_count;
  for (; cell && cell < end && cell->field == id; cell++)
    if (cell->element == element) return cell;
  return NULL;
}

/* "ring_timeout: 20 -> 45; name: a -> b". */
static void append_changes(struct csv *c, const struct event *e, struct buffer *out) {
  const struct event_cell *cell = event_cell(e, FIELD_CHANGES_FIELD), *end = e->cells + e->cell_count;
  buffer_clear(&c->text);
  for (; cell && cell < end && cell->field == FIELD_CHANGES_FIELD; cell++) {
    const struct event_cell *old_cell = element_cell(e, FIELD_CHANGES_OLD, cell->element);
    const struct event_cell *new_cell = element_cell(e, FIELD_CHANGES_NEW, cell->element);
    if (c->text.len > 0) buffer_append_text(&c->text, "; ");
    buffer_append_slice(&c->text, cell->text);
    buffer_append_text(&c->text, ": ");
    if (old_cell) buffer_append_slice(&c->text, event_value(old_cell));
    buffer_append_text(&c->text, " -> ");
    if (new_cell) buffer_append_slice(&c->text, event_value(new_cell));
  }
  csv_append_cell(out, buffer_slice(&c->text));
}

static void append_field(struct csv *c, const struct event *e, enum field_id id, struct buffer *out) {
  const struct field *f = field_get(id);
  switch (f->kind) {
    case KIND_TIME:
      if (id == FIELD_OCCURRED_AT)
        query_format_local(e->occurred_at_us, event_occurred_digits(e), c->tz, out);
      else
        query_format_local(e->received_at_us, 6, c->tz, out);
      return;
    case KIND_SEQ: buffer_append_u64(out, e->seq); return;
    default: break;
  }
  if (f->flags & F_LIST)
    append_joined(c, e, id, out);
  else
    csv_append_cell(out, event_text(e, id));
}

static int compare_param(const void *key, const void *name) {
  return slice_compare(*(const struct slice *)key, *(const struct slice *)name);
}

/* Names and cells are both sorted: one walk. What has no column is gathered in c->text. */
static void append_params(struct csv *c, const struct event *e, struct buffer *out) {
  const struct event_cell *cell = event_cell(e, FIELD_PARAMS), *end = e->cells + e->cell_count;
  const struct event_cell *at = cell;
  for (uint32_t i = 0; i < c->param_count; i++) {
    buffer_append_char(out, ',');
    while (at && at < end && at->field == FIELD_PARAMS && slice_compare(at->key, c->params[i]) < 0) at++;
    if (at && at < end && at->field == FIELD_PARAMS && slice_equal(at->key, c->params[i]))
      csv_append_cell(out, event_value(at));
  }
  if (!c->has_rest) return;
  buffer_clear(&c->text);
  for (at = cell; at && at < end && at->field == FIELD_PARAMS; at++) {
    if (bsearch(&at->key, c->params, c->param_count, sizeof *c->params, compare_param)) continue;
    if (c->text.len > 0) buffer_append_text(&c->text, "; ");
    buffer_append_slice(&c->text, at->key);
    buffer_append_text(&c->text, ": ");
    buffer_append_slice(&c->text, event_value(at));
  }
  buffer_append_char(out, ',');
  csv_append_cell(out, buffer_slice(&c->text));
}

void csv_append_event(struct csv *c, const struct event *e, struct buffer *out) {
  for (size_t i = 0; i < LEADING; i++) {
    if (i > 0) buffer_append_char(out, ',');
    append_field(c, e, leading[i], out);
  }
  for (unsigned id = 0; id < FIELD_COUNT; id++) {
    if (!has_column((enum field_id)id)) continue;
    buffer_append_char(out, ',');
    if (id == FIELD_CHANGES_FIELD) {
      append_changes(c, e, out);
      buffer_append_char(out, ',');
    }
    append_field(c, e, (enum field_id)id, out);
  }
  buffer_append_char(out, ',');
  buffer_clear(&c->text);
  event_append_summary(e, &c->text);
  csv_append_cell(out, buffer_slice(&c->text));
  append_params(c, e, out);
  buffer_append_text(out, "\r\n");
}
