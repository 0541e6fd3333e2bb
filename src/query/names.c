/* The names of the query language: every path and alias of the field table, and the aliases over several fields. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "query/internal.h"

static const enum field_id single[FIELD_COUNT] = {
#define X(id, path, kind, origin, max_bytes, flags, label, alias) id,
    FIELD_TABLE(X)
#undef X
};

/* A target's name also finds the further targets of an event. */
static const enum field_id with_further[][2] = {
    {FIELD_TARGET_TYPE, FIELD_TARGETS_TYPE},     {FIELD_TARGET_ID, FIELD_TARGETS_ID},
    {FIELD_TARGET_NAME, FIELD_TARGETS_NAME},     {FIELD_TARGET_USER, FIELD_TARGETS_USER},
    {FIELD_TARGET_DOMAIN, FIELD_TARGETS_DOMAIN},
};

static const enum field_id actor_fields[] = {FIELD_ACTOR_NAME, FIELD_ACTOR_ID, FIELD_ACTOR_EMAIL, FIELD_ACTOR_DISPLAY};
static const enum field_id target_fields[] = {FIELD_TARGET_ID, FIELD_TARGET_NAME, FIELD_TARGETS_ID, FIELD_TARGETS_NAME};
static const enum field_id change_fields[] = {FIELD_CHANGES_FIELD};

#define ROW(name, fields) \
  { {name, sizeof(name) - 1}, fields, sizeof(fields) / sizeof *(fields) }
static const struct query_alias several[] = {ROW("actor", actor_fields), ROW("target", target_fields),
                                             ROW("changes", change_fields)};
#undef ROW

static const struct {
  struct slice path, alias;
  enum field_kind kind;
} rows[FIELD_COUNT] = {
#define X(id, path, kind, origin, max_bytes, flags, label, alias) \
  {{path, sizeof(path) - 1}, {alias, sizeof(alias) - 1}, kind},
    FIELD_TABLE(X)
#undef X
};

enum { SEVERAL = sizeof several / sizeof *several, NAMES_MAX = 2 * FIELD_COUNT + SEVERAL, NAME_LONGEST = 64 };

static struct query_alias names[NAMES_MAX]; /* sorted by name; written once */
static uint32_t name_count;
static pthread_once_t names_once = PTHREAD_ONCE_INIT;

static int compare_names(const void *a, const void *b) {
  return slice_compare(((const struct query_alias *)a)->name, ((const struct query_alias *)b)->name);
}

static void add_name(struct slice name, enum field_id id) {
  struct query_alias row = {name, &single[id], 1};
  for (size_t i = 0; i < sizeof with_further / sizeof *with_further; i++)
    if (with_further[i][0] == id) row = (struct query_alias){name, with_further[i], 2};
  names[name_count++] = row;
}

static void make_names(void) {
  for (unsigned id = 0; id < FIELD_COUNT; id++) {
    if (rows[id].kind == KIND_SHAPE) continue;
    add_name(rows[id].path, (enum field_id)id);
    if (rows[id].alias.len > 0) add_name(rows[id].alias, (enum field_id)id);
  }
  memcpy(&names[name_count], several, sizeof several);
  name_count += SEVERAL;
  qsort(names, name_count, sizeof *names, compare_names);
}

const struct query_alias *query_aliases(uint32_t *count_out) {
  pthread_once(&names_once, make_names);
  *count_out = name_count;
  return names;
}

/* ASCII lower case; the length, or 0 where the name is longer than any. */
static size_t lower_name(struct slice name, char out[NAME_LONGEST]) {
  if (name.len > NAME_LONGEST) return 0;
  for (size_t i = 0; i < name.len; i++) {
    char c = name.data[i];
    out[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
  }
  return name.len;
}

const struct query_alias *query_alias_find(struct slice name) {
  char lower[NAME_LONGEST];
  struct query_alias wanted = {.name = {lower, lower_name(name, lower)}};
  uint32_t count;
  const struct query_alias *all = query_aliases(&count);
  return bsearch(&wanted, all, count, sizeof *all, compare_names);
}

bool query_param_key(struct slice name, struct slice *key_out) {
  char lower[NAME_LONGEST];
  struct slice family = SLICE("params.");
  if (name.len < family.len) return false;
  struct slice head = {lower, lower_name(slice_of(name.data, family.len), lower)};
  if (!slice_equal(head, family)) return false;
  *key_out = slice_skip(name, family.len);
  return true;
}

bool query_param_key_valid(struct slice key) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  for (size_t i = 0; i < key.len; i++)
    if (!key.data[i] || !strchr(allowed, key.data[i])) return false;
  return key.len > 0 && key.len <= LIMIT_PARAM_KEY_BYTES;
}

/* ---- The nearest name ---- */

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* Damerau-Levenshtein distance (optimal string alignment): insert, delete, replace, swap neighbours. */
static unsigned edit_distance(struct slice a, struct slice b) {
  unsigned row_before[NAME_LONGEST + 1], row[NAME_LONGEST + 1], next[NAME_LONGEST + 1];
  for (unsigned j = 0; j <= b.len; j++) row[j] = row_before[j] = j;
  for (unsigned i = 1; i <= a.len; i++) {
    next[0] = i;
    for (unsigned j = 1; j <= b.len; j++) {
      bool same = a.data[i - 1] == b.data[j - 1];
      next[j] = least(least(row[j] + 1, next[j - 1] + 1), row[j - 1] + !same);
      bool swapped = i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1];
      if (swapped) next[j] = least(next[j], row_before[j - 2] + 1);
    }
    memcpy(row_before, row, sizeof row);
    memcpy(row, next, sizeof row);
  }
  return row[b.len];
}

/* Typing errors that a name of this length may hold and still be recognised. */
static unsigned tolerance(size_t len) { return len <= 3 ? 1 : len < 8 ? 2 : 3; }

/* "param.region" is "params.region" mistyped, whatever the key is. */
static bool nearest_param(struct slice name, char out[QUERY_NAME_BYTES]) {
  const char *dot = memchr(name.data, '.', name.len);
  if (!dot) return false;
  struct slice head = {name.data, (size_t)(dot - name.data)}, key = slice_skip(name, head.len + 1);
  if (head.len > NAME_LONGEST || edit_distance(head, SLICE("params")) > 2 || !query_param_key_valid(key)) return false;
  snprintf(out, QUERY_NAME_BYTES, "params.%.*s", SLICE_ARGS(key));
  return true;
}

bool query_nearest_name(struct slice name, char out[QUERY_NAME_BYTES]) {
  char lower[NAME_LONGEST];
  struct slice typed = {lower, lower_name(name, lower)};
  if (typed.len == 0) return false;
  uint32_t count;
  const struct query_alias *all = query_aliases(&count), *best = NULL;
  unsigned best_distance = tolerance(typed.len) + 1;
  for (uint32_t i = 0; i < count; i++) {
    unsigned distance = edit_distance(typed, all[i].name);
    if (distance >= best_distance || distance >= typed.len) continue;
    best = &all[i];
    best_distance = distance;
  }
  if (!best) return nearest_param(typed, out);
  snprintf(out, QUERY_NAME_BYTES, "%.*s", SLICE_ARGS(best->name));
  return true;
}

/* ---- A name's fields ---- */

static int bad_param_key(struct error *err) {
  return error_set(err, ERR_INVALID, "a parameter's name is 1 to %d of A-Z a-z 0-9 _ . -", LIMIT_PARAM_KEY_BYTES);
}

int query_field(struct slice name, struct arena *arena, struct filter_field **fields_out, uint32_t *count_out,
                struct error *err) {
  struct slice key = {0};
  const struct query_alias *alias = query_alias_find(name);
  if (!alias && query_param_key(name, &key)) {
    if (!query_param_key_valid(key)) return bad_param_key(err);
    alias = query_alias_find(SLICE("params"));
    key = arena_copy(arena, key);
    if (!key.data) return error_set(err, ERR_TOO_LARGE, "the request needs too much memory");
  }
  if (!alias) {
    char clipped[QUERY_CLIP_BYTES + 4], nearest[QUERY_NAME_BYTES];
    query_clip(name, clipped);
    if (!query_nearest_name(name, nearest)) return error_set(err, ERR_INVALID, "unknown field \"%s\"", clipped);
    return error_set(err, ERR_INVALID, "unknown field \"%s\"; did you mean \"%s\"?", clipped, nearest);
  }
  struct filter_field *fields = arena_alloc(arena, alias->field_count * sizeof *fields);
  if (!fields) return error_set(err, ERR_TOO_LARGE, "the request needs too much memory");
  for (uint32_t i = 0; i < alias->field_count; i++) fields[i] = (struct filter_field){alias->fields[i], key};
  *fields_out = fields;
  *count_out = alias->field_count;
  return 0;
}
