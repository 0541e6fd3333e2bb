/* CSV (RFC 4180, any delimiter): the first record is the header; --map says which column is which field, and without it
 * the header does (see cli/csv_map.h). An apostrophe that an export put before = + - @ to disarm spreadsheet formulas
 * is taken off again. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/csv_map.h"
#include "cli/importer.h"
#include "cli/text.h"

struct csv {
  const struct import_options *options;
  struct arena arena; /* of the mapping */
  struct csv_map map, bound;
  bool have_map, have_header, refused;
  struct slice cells[CSV_COLUMNS];
};

static int csv_open(const struct import_options *o, void **state_out, struct error *err) {
  struct csv *c = calloc(1, sizeof *c);
  char *text = NULL;
  size_t len = 0;
  int code = 0;
  if (!c) return error_set(err, ERR_INTERNAL, "out of memory");
  c->options = o;
  arena_init(&c->arena, 16 * 1024 * 1024);
  if (o->map_path) {
    if (!text_read_file(o->map_path, CSV_MAP_BYTES, &text, &len)) {
      code = error_set(err, ERR_NOT_FOUND, "cannot read the mapping file %s", o->map_path);
    } else {
      code = csv_map_parse(arena_copy(&c->arena, slice_of(text, len)), &c->arena, &c->map, err);
      if (code) error_wrap(err, code, "%s", o->map_path);
    }
    free(text);
    c->have_map = true;
  }
  if (code) {
    arena_free(&c->arena);
    free(c);
    return code;
  }
  *state_out = c;
  return 0;
}

static void csv_close(void *state) {
  struct csv *c = state;
  arena_free(&c->arena);
  free(c);
}

static void csv_begin_file(void *state, struct import_sink *sink) {
  struct csv *c = state;
  (void)sink;
  c->have_header = c->refused = false;
}

/* A quoted cell: "" is one quote. Moves *at past the closing quote and what wrongly follows it up to the delimiter. */
static struct slice take_quoted(struct arena *arena, struct slice *at, char delimiter) {
  char *text = arena_alloc(arena, at->len + 1), *to = text;
  if (!text) return slice_of(NULL, 0);
  *at = slice_skip(*at, 1);
  while (at->len) {
    if (at->data[0] == '"' && at->len > 1 && at->data[1] == '"') {
      *at = slice_skip(*at, 1);
    } else if (at->data[0] == '"') {
      break;
    }
    *to++ = at->data[0];
    *at = slice_skip(*at, 1);
  }
  *at = slice_skip(*at, 1);
  while (at->len && at->data[0] != delimiter) *to++ = at->data[0], *at = slice_skip(*at, 1);
  return slice_of(text, (size_t)(to - text));
}

static unsigned split_cells(struct csv *c, struct arena *arena, struct slice record) {
  unsigned count = 0;
  bool more = true;
  while (more && count < CSV_COLUMNS) {
    struct slice cell;
    if (record.len && record.data[0] == '"') {
      cell = take_quoted(arena, &record, c->map.delimiter);
    } else {
      const char *end = record.len ? memchr(record.data, c->map.delimiter, record.len) : NULL;
      cell = slice_of(record.data, end ? (size_t)(end - record.data) : record.len);
      record = slice_skip(record, cell.len);
    }
    c->cells[count++] = cell;
    more = record.len > 0;
    record = slice_skip(record, 1);
  }
  return count;
}

static struct slice without_guard(struct slice cell) {
  bool guarded = cell.len > 1 && cell.data[0] == '\'' && strchr("=+-@\t\r", cell.data[1]) && cell.data[1];
  return guarded ? slice_skip(cell, 1) : cell;
}

/* ---- Values ---- */

static bool read_wall(struct slice text, const char *format, int64_t *us_out) {
  char copy[128];
  struct tm tm = {.tm_mday = 1};
  if (text.len >= sizeof copy) return false;
  memcpy(copy, text.data, text.len);
  copy[text.len] = 0;
  const char *end = strptime(copy, format, &tm);
  if (!end || *end) return false;
  struct tm day = {.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday};
  if (timegm(&day) == -1 || day.tm_mday != tm.tm_mday) return false; /* strptime takes 31 February */
  int64_t days = instant_days_from_civil(tm.tm_year + INT64_C(1900), (unsigned)tm.tm_mon + 1, (unsigned)tm.tm_mday);
  int64_t seconds = days * 86400 + tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec - tm.tm_gmtoff;
  *us_out = seconds * 1000000;
  return true;
}

/* ISO forms: RFC 3339; with a blank for the T; without a zone; "... UTC"; a date alone. */
static bool read_iso(struct slice text, const char *tz, int64_t *us_out, unsigned *digits_out) {
  char copy[48];
  if (text_ends_with(text, " UTC")) text.len -= 4, tz = "UTC";
  if (text.len < 10 || text.len > 40) return false;
  memcpy(copy, text.data, text.len);
  size_t len = text.len;
  if (len == 10) memcpy(copy + 10, "T00:00:00", 9), len = 19;
  copy[10] = 'T';
  if (instant_parse(slice_of(copy, len), us_out, digits_out)) return true;
  copy[len++] = 'Z';
  return instant_parse(slice_of(copy, len), us_out, digits_out) && import_local_instant(*us_out, tz, us_out, NULL) == 0;
}

static bool read_time(const struct csv *c, struct slice text, int64_t *us_out, unsigned *digits_out) {
  const char *format = c->bound.time_format, *tz = c->bound.tz ? c->bound.tz : c->options->tz;
  uint64_t number;
  *digits_out = 0;
  if (!format) return read_iso(text, tz, us_out, digits_out);
  if (strcmp(format, "unix") == 0) {
    bool good = text_number(text, UINT64_C(253402300799), &number);
    return good ? (*us_out = (int64_t)number * 1000000, true) : false;
  }
  if (strcmp(format, "unix_ms") == 0) {
    bool good = text_number(text, UINT64_C(253402300799999), &number);
    *digits_out = 3;
    return good ? (*us_out = (int64_t)number * 1000, true) : false;
  }
  if (!read_wall(text, format, us_out)) return false;
  return strstr(format, "%z") || import_local_instant(*us_out, tz, us_out, NULL) == 0;
}

/* "User Created" -> "user_created": the form that actions, logs and outcomes have. */
static struct slice as_word(struct arena *arena, struct slice text) {
  char *word = arena_alloc(arena, text.len + 1);
  for (size_t i = 0; word && i < text.len; i++) {
    char c = text.data[i];
    if (c >= 'A' && c <= 'Z') c = (char)(c + 32);
    word[i] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ? c : '_';
  }
  return slice_of(word, word ? text.len : 0);
}

static struct slice json_text(struct arena *arena, struct slice text) {
  struct buffer json;
  buffer_init(&json, 8 * LIMIT_EVENT_BYTES);
  json_append_string(&json, draft_clean(arena, text));
  struct slice copy = arena_copy(arena, buffer_slice(&json));
  buffer_free(&json);
  return copy;
}

/* The columns of a record that tell of changes. Several changes stand behind one another with "; " between them. */
struct change {
  struct slice field, old, new;
};

static unsigned count_items(struct slice list) {
  struct slice item;
  unsigned count = list.len > 0;
  while (text_split(list, "; ", &item, &list)) count++;
  return count;
}

static struct slice take_item(struct slice *list) {
  struct slice item;
  if (!text_split(*list, "; ", &item, list)) item = *list, *list = slice_of(NULL, 0);
  return item;
}

/* As many changes as there are fields, where old and new values are as many (or none); else it is one change, as what
 * belongs to what cannot be told. */
static void add_changes(struct draft *d, struct change change) {
  struct slice none = slice_of(NULL, 0);
  unsigned olds = count_items(change.old), news = count_items(change.new), count = count_items(change.field);
  if ((olds && olds != count) || (news && news != count)) {
    draft_change(d, change.field, olds ? json_text(d->arena, change.old) : none,
                 news ? json_text(d->arena, change.new) : none);
    return;
  }
  for (unsigned i = 0; i < count; i++) {
    struct slice old = take_item(&change.old), new = take_item(&change.new);
    draft_change(d, take_item(&change.field), olds ? json_text(d->arena, old) : none,
                 news ? json_text(d->arena, new) : none);
  }
}

static bool set_value(struct csv *c, struct import_sink *sink, struct draft *d, const struct csv_rule *rule,
                      struct slice value, struct change *change) {
  const struct field *f = field_get(rule->field);
  int64_t us;
  unsigned digits;
  if (value.len == 0 || text_equal(value, "-")) return true; /* nothing was captured */
  if (rule->field == FIELD_PARAMS) {
    draft_param(d, rule->param, value);
  } else if (rule->field == FIELD_OCCURRED_AT) {
    if (!read_time(c, value, &us, &digits)) {
      import_reject(sink, "\"%.*s\" is not a time in the form expected", SLICE_ARGS(value));
      return false;
    }
    draft_set_time(d, us, digits);
  } else if (rule->field == FIELD_CHANGES_FIELD) {
    change->field = value;
  } else if (rule->field == FIELD_CHANGES_OLD) {
    change->old = value;
  } else if (rule->field == FIELD_CHANGES_NEW) {
    change->new = value;
  } else {
    draft_set(d, rule->field, f->kind == KIND_WORD ? as_word(&sink->arena, value) : value);
  }
  return true;
}

static void set_defaults(struct csv *c, struct draft *d) {
  if (!d->values[FIELD_TENANT].len) draft_set_text(d, FIELD_TENANT, c->options->tenant);
  if (!d->values[FIELD_LOG].len) draft_set_text(d, FIELD_LOG, "admin");
  if (d->values[FIELD_ACTOR_TYPE].len) return;
  bool system = text_equal_nocase(d->values[FIELD_ACTOR_NAME], "System");
  bool named = d->values[FIELD_ACTOR_NAME].len || d->values[FIELD_ACTOR_EMAIL].len || d->values[FIELD_ACTOR_ID].len;
  draft_set_text(d, FIELD_ACTOR_TYPE, system ? "system" : named ? "user" : "anonymous");
}

/* Blanks around a value are no part of it; but "; " at the end of a list of changes is an empty last item. */
static struct slice cell_of(const struct csv *c, const struct csv_rule *rule) {
  bool list = field_get(rule->field)->flags & F_LIST;
  return list ? c->cells[rule->index] : text_trim(c->cells[rule->index]);
}

static bool csv_header(struct csv *c, struct import_sink *sink, unsigned columns) {
  struct error err = {0};
  c->have_header = true;
  int code;
  if (c->have_map) {
    c->bound = c->map;
    for (unsigned i = 0; i < columns; i++) c->cells[i] = arena_copy(&c->arena, text_trim(c->cells[i]));
    code = csv_map_bind(&c->bound, c->cells, columns, &err);
  } else {
    code = csv_map_infer(c->cells, columns, &c->arena, &c->bound, &err);
  }
  c->refused = code != 0;
  return code ? import_reject(sink, "%s", err.message) : true;
}

static bool csv_record(void *state, struct import_sink *sink, struct slice record) {
  struct csv *c = state;
  struct draft *d = import_draft(sink);
  if (c->refused) return true; /* the header's fault was told */
  if (c->map.delimiter == 0) c->map.delimiter = ',';
  if (!c->have_header) text_take(&record, "\xEF\xBB\xBF");
  unsigned columns = split_cells(c, &sink->arena, record);
  if (!c->have_header) return csv_header(c, sink, columns);

  struct change change = {0};
  for (unsigned i = 0; i < c->bound.rule_count; i++) {
    const struct csv_rule *rule = &c->bound.rules[i];
    bool constant = rule->index < 0;
    if (!constant && (unsigned)rule->index >= columns) continue;
    struct slice value = constant ? rule->constant : without_guard(cell_of(c, rule));
    if (!set_value(c, sink, d, rule, csv_map_translate(&c->bound, rule, value), &change)) return true;
  }
  add_changes(d, change);
  set_defaults(c, d);
  return import_emit(sink, d, slice_of(NULL, 0));
}

const struct importer importer_csv = {
    .name = "csv",
    .summary = "CSV with a header; --map FILE says which column is which field",
    .shape = IMPORT_CSV,
    .open = csv_open,
    .begin_file = csv_begin_file,
    .line = csv_record,
    .close = csv_close,
};
