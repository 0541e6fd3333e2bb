#include "cli/csv_map.h"

#include "cli/text.h"
#include "query/query.h"

/* "actor.name" or "params.region" as field and parameter name. */
static bool find_field(struct slice name, enum field_id *field_out, struct slice *param_out) {
  struct slice param = name;
  *param_out = slice_of(NULL, 0);
  if (text_take(&param, "params.") && param.len) {
    *field_out = FIELD_PARAMS;
    *param_out = param;
    return true;
  }
  const struct field *f = field_find(name);
  bool usable = f && f->origin == FROM_CLIENT && !(f->flags & F_MAP);
  if (usable && (f->flags & F_LIST) && !slice_starts_with(name, SLICE("changes."))) usable = false;
  if (usable) *field_out = f->id;
  return usable;
}

static struct slice unquote(struct slice value, bool *quoted_out) {
  *quoted_out = value.len >= 2 && value.data[0] == '"' && value.data[value.len - 1] == '"';
  return *quoted_out ? slice_of(value.data + 1, value.len - 2) : value;
}

static int set_option(struct csv_map *map, struct slice name, struct slice value, struct arena *arena, bool *done,
                      struct error *err) {
  bool quoted;
  value = unquote(value, &quoted);
  *done = true;
  if (text_equal(name, "time_format")) {
    map->time_format = arena_string(arena, value);
  } else if (text_equal(name, "tz")) {
    map->tz = arena_string(arena, value);
    if (!map->tz || !query_zone_valid(map->tz)) {
      return error_set(err, ERR_INVALID, "there is no time zone \"%.*s\"", SLICE_ARGS(value));
    }
  } else if (text_equal(name, "delimiter")) {
    bool tab = text_equal(value, "tab") || text_equal(value, "\\t");
    if (!tab && (value.len != 1 || value.data[0] == '"')) {
      return error_set(err, ERR_INVALID, "the delimiter is one character, or tab");
    }
    map->delimiter = tab ? '\t' : value.data[0];
  } else if (text_equal(name, "params.*")) {
    if (!text_equal(value, "*")) return error_set(err, ERR_INVALID, "params.* can only be *");
    map->rest_as_params = true;
  } else {
    *done = false;
  }
  return 0;
}

/* FIELD[Value] = word */
static int add_translation(struct csv_map *map, struct slice name, struct slice value, struct error *err) {
  struct slice field, from;
  struct csv_translation *t = &map->translations[map->translation_count];
  if (map->translation_count == CSV_TRANSLATIONS) return error_set(err, ERR_TOO_LARGE, "too many translations");
  if (!text_split(name, "[", &field, &from) || !text_ends_with(from, "]") ||
      !find_field(text_trim(field), &t->field, &t->param)) {
    return error_set(err, ERR_INVALID, "\"%.*s\" is no field of an event", SLICE_ARGS(name));
  }
  bool quoted;
  t->from = unquote(text_trim(slice_of(from.data, from.len - 1)), &quoted);
  t->to = unquote(value, &quoted);
  map->translation_count++;
  return 0;
}

static int add_line(struct csv_map *map, struct slice line, struct arena *arena, struct error *err) {
  struct slice name, value;
  bool done, quoted;
  if (!text_split(line, "=", &name, &value))
    return error_set(err, ERR_INVALID, "no \"=\" in \"%.*s\"", SLICE_ARGS(line));
  struct slice bracket_before, bracket_after;
  name = text_trim(name);
  value = text_trim(value);
  if (text_split(line, "[", &bracket_before, &bracket_after) && bracket_before.len < name.len) {
    /* The value in brackets may itself hold "=". */
    if (!text_split(line, "] =", &name, &value) && !text_split(line, "]=", &name, &value)) {
      return error_set(err, ERR_INVALID, "no \"] =\" in \"%.*s\"", SLICE_ARGS(line));
    }
    return add_translation(map, slice_of(name.data, name.len + 1), text_trim(value), err);
  }
  int code = set_option(map, name, value, arena, &done, err);
  if (code || done) return code;
  if (map->rule_count == CSV_RULES) return error_set(err, ERR_TOO_LARGE, "more than %d fields", CSV_RULES);
  struct csv_rule *rule = &map->rules[map->rule_count];
  *rule = (struct csv_rule){.index = -1};
  if (!find_field(name, &rule->field, &rule->param)) {
    return error_set(err, ERR_INVALID, "\"%.*s\" is no field of an event", SLICE_ARGS(name));
  }
  value = unquote(value, &quoted);
  if (!quoted && value.len == 0) return error_set(err, ERR_INVALID, "\"%.*s\" names no column", SLICE_ARGS(name));
  if (quoted) {
    rule->constant = value;
  } else {
    rule->column = value;
  }
  map->rule_count++;
  return 0;
}

static void map_init(struct csv_map *map) {
  memset(map, 0, sizeof *map);
  map->delimiter = ',';
}

int csv_map_parse(struct slice text, struct arena *arena, struct csv_map *out, struct error *err) {
  map_init(out);
  text_take(&text, "\xEF\xBB\xBF");
  for (unsigned number = 1; text.len; number++) {
    struct slice line;
    if (!text_split(text, "\n", &line, &text)) line = text, text = slice_of(NULL, 0);
    line = text_trim(line);
    if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';') continue;
    int code = add_line(out, line, arena, err);
    if (code) return error_wrap(err, code, "line %u", number);
  }
  return 0;
}

static int column_index(const struct slice *header, unsigned columns, struct slice name) {
  for (unsigned i = 0; i < columns; i++) {
    if (slice_equal(text_trim(header[i]), name)) return (int)i;
  }
  return -1;
}

/* With `params.* = *`: a rule for every column no rule names. */
static void add_rest(struct csv_map *map, const struct slice *header, unsigned columns) {
  unsigned named = map->rule_count;
  for (unsigned i = 0; i < columns && map->rule_count < CSV_RULES; i++) {
    bool taken = false;
    for (unsigned r = 0; r < named; r++) taken = taken || map->rules[r].index == (int)i;
    if (taken || header[i].len == 0) continue;
    map->rules[map->rule_count++] =
        (struct csv_rule){.field = FIELD_PARAMS, .param = header[i], .column = header[i], .index = (int)i};
  }
}

int csv_map_bind(struct csv_map *map, const struct slice *header, unsigned columns, struct error *err) {
  for (unsigned i = 0; i < map->rule_count; i++) {
    struct csv_rule *rule = &map->rules[i];
    if (rule->column.len == 0) continue;
    rule->index = column_index(header, columns, rule->column);
    if (rule->index < 0) {
      return error_set(err, ERR_INVALID, "the file has no column \"%.*s\"", SLICE_ARGS(rule->column));
    }
  }
  if (map->rest_as_params) add_rest(map, header, columns);
  return 0;
}

/* A column that Daybook's own export has, but that the server makes. */
static bool is_server_column(struct slice name) {
  for (unsigned id = 0; id < FIELD_COUNT; id++) {
    const struct field *f = field_get((enum field_id)id);
    if (f->origin != FROM_SERVER || f->kind == KIND_SHAPE) continue;
    if (slice_equal(name, f->path) || slice_equal(name, f->label)) return true;
  }
  return text_equal(name, "id") || text_equal(name, "summary") || text_equal(name, "Summary") ||
         text_equal(name, "Changes");
}

static bool find_column(struct slice name, enum field_id *field_out, struct slice *param_out) {
  if (find_field(name, field_out, param_out)) return true;
  for (unsigned id = 0; id < FIELD_COUNT; id++) {
    const struct field *f = field_get((enum field_id)id);
    bool named = (f->label.len && slice_equal(name, f->label)) || (f->alias.len && slice_equal(name, f->alias));
    if (named && find_field(f->path, field_out, param_out)) return true;
  }
  return false;
}

int csv_map_infer(const struct slice *header, unsigned columns, struct arena *arena, struct csv_map *out,
                  struct error *err) {
  bool timed = false;
  map_init(out);
  for (unsigned i = 0; i < columns && out->rule_count < CSV_RULES; i++) {
    struct slice name = arena_copy(arena, text_trim(header[i]));
    struct csv_rule *rule = &out->rules[out->rule_count];
    if (name.len == 0 || is_server_column(name)) continue;
    *rule = (struct csv_rule){.column = name, .index = (int)i};
    if (!find_column(name, &rule->field, &rule->param)) {
      rule->field = FIELD_PARAMS;
      rule->param = name;
    }
    timed = timed || rule->field == FIELD_OCCURRED_AT;
    out->rule_count++;
  }
  if (!timed) {
    return error_set(err, ERR_INVALID,
                     "no column is named occurred_at or Date: say which column is what with --map FILE");
  }
  return 0;
}

struct slice csv_map_translate(const struct csv_map *map, const struct csv_rule *rule, struct slice value) {
  for (unsigned i = 0; i < map->translation_count; i++) {
    const struct csv_translation *t = &map->translations[i];
    if (t->field == rule->field && slice_equal(t->param, rule->param) && slice_equal(t->from, value)) return t->to;
  }
  return value;
}
