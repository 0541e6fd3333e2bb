#include "cli/table.h"

#include <stdlib.h>

#include "cli/console.h"
#include "cli/text.h"
#include "query/query.h"

enum column { COLUMN_DATE, COLUMN_IP, COLUMN_USER, COLUMN_ACTION, COLUMN_ACTIVITY, COLUMN_SUMMARY, COLUMNS };

static const struct {
  const char *title;
  unsigned widest; /* 0: what is left of the line */
} columns[COLUMNS] = {{"DATE", 25}, {"IP", 39}, {"USER", 24}, {"ACTION", 14}, {"ACTIVITY", 28}, {"SUMMARY", 0}};

struct row {
  struct slice cells[COLUMNS];
  const char *color;
};

struct table {
  const char *tz;
  bool color;
  unsigned width;
  struct row *rows;
  size_t count, capacity;
  unsigned widths[COLUMNS];
  struct arena arena;
  struct buffer scratch;
};

struct table *table_new(const char *tz, bool color, unsigned width) {
  struct table *t = calloc(1, sizeof *t);
  if (!t) abort();
  t->tz = tz;
  t->color = color;
  t->width = width;
  for (unsigned i = 0; i < COLUMNS; i++) t->widths[i] = (unsigned)strlen(columns[i].title);
  arena_init(&t->arena, (size_t)1 << 30);
  buffer_init(&t->scratch, 1024 * 1024);
  return t;
}

void table_free(struct table *t) {
  if (!t) return;
  arena_free(&t->arena);
  buffer_free(&t->scratch);
  free(t->rows);
  free(t);
}

static bool is_one_of(struct slice action, const char *const *names) {
  for (; *names; names++) {
    if (text_equal(action, *names)) return true;
  }
  return false;
}

const char *table_action_color(const struct event *e) {
  static const char *const blue[] = {"login", "import", "validate", NULL};
  static const char *const green[] = {"create", "activate", NULL};
  static const char *const purple[] = {"logout", "export", NULL};
  struct slice action = event_text(e, FIELD_ACTION);
  bool refused = text_equal(event_text(e, FIELD_OUTCOME), "failure");
  bool bad_password = refused && text_contains(event_text(e, FIELD_REASON), "password");
  if (text_equal(action, "delete") || (text_equal(action, "login") && bad_password)) return "\033[31m";
  if (is_one_of(action, blue)) return "\033[34m";
  if (is_one_of(action, green)) return "\033[32m";
  if (is_one_of(action, purple)) return "\033[35m";
  return text_equal(action, "update") ? "\033[33m" : "";
}

static struct slice keep(struct table *t) { return arena_copy(&t->arena, buffer_slice(&t->scratch)); }

static struct slice safe(struct table *t, struct slice text) {
  buffer_clear(&t->scratch);
  console_append_safe(&t->scratch, text.len ? text : SLICE("-"));
  return keep(t);
}

static struct slice who(const struct event *e) {
  static const enum field_id fields[] = {FIELD_ACTOR_NAME, FIELD_ACTOR_EMAIL, FIELD_ACTOR_DISPLAY, FIELD_ACTOR_ID};
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
    struct slice text = event_text(e, fields[i]);
    if (text.len) return text;
  }
  struct slice type = event_text(e, FIELD_ACTOR_TYPE);
  return text_equal(type, "system") ? SLICE("System") : type;
}

void table_add(struct table *t, const struct event *e) {
  if (t->count == t->capacity) {
    t->capacity = t->capacity ? t->capacity * 2 : 64;
    t->rows = realloc(t->rows, t->capacity * sizeof *t->rows);
    if (!t->rows) abort();
  }
  struct row *row = &t->rows[t->count++];
  row->color = table_action_color(e);
  buffer_clear(&t->scratch);
  query_format_local(e->occurred_at_us, 0, t->tz, &t->scratch);
  row->cells[COLUMN_DATE] = keep(t);
  row->cells[COLUMN_IP] = safe(t, event_text(e, FIELD_SOURCE_IP));
  row->cells[COLUMN_USER] = safe(t, who(e));
  row->cells[COLUMN_ACTION] = safe(t, event_text(e, FIELD_ACTION));
  row->cells[COLUMN_ACTIVITY] = safe(t, event_text(e, FIELD_ACTIVITY));
  struct buffer summary;
  buffer_init(&summary, 256 * 1024);
  event_append_summary(e, &summary);
  row->cells[COLUMN_SUMMARY] = safe(t, buffer_slice(&summary));
  buffer_free(&summary);
  for (unsigned i = 0; i < COLUMNS; i++) {
    unsigned width = console_width(row->cells[i]);
    if (width > columns[i].widest && columns[i].widest) width = columns[i].widest;
    if (width > t->widths[i]) t->widths[i] = width;
  }
}

static void append_row(const struct table *t, const struct slice *cells, const char *color, struct buffer *out) {
  unsigned used = 0;
  for (unsigned i = 0; i < COLUMNS; i++) {
    bool last = i == COLUMNS - 1;
    unsigned width = t->widths[i];
    if (last && t->width) width = t->width > used + 20 ? t->width - used : 20;
    bool colored = t->color && (i == COLUMN_ACTION || !*color) && *color;
    if (colored) buffer_append_text(out, color);
    if (last && !t->width) {
      buffer_append_slice(out, cells[i]);
    } else {
      console_append_fitted(out, cells[i], width, !last);
    }
    if (colored) buffer_append_text(out, "\033[0m");
    if (!last) buffer_append_text(out, "  ");
    used += width + 2;
  }
  buffer_append_char(out, '\n');
}

void table_append(const struct table *t, struct buffer *out) {
  struct slice titles[COLUMNS];
  for (unsigned i = 0; i < COLUMNS; i++) titles[i] = slice_from(columns[i].title);
  if (t->color) buffer_append_text(out, "\033[1m");
  append_row(t, titles, "", out);
  if (t->color) buffer_append_text(out, "\033[0m");
  for (size_t i = 0; i < t->count; i++) append_row(t, t->rows[i].cells, t->rows[i].color, out);
}
