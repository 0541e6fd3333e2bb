#include "store/field_values.h"

#include <stdlib.h>

#include "base/fold.h"

int field_values_check(struct filter_field field, struct error *err) {
  enum field_kind kind = field_get(field.field)->kind;
  if (kind == KIND_TIME || kind == KIND_SEQ || kind == KIND_SHAPE ||
      (field.field == FIELD_PARAMS && field.key.len == 0))
    return error_set(err, ERR_INVALID, "values of \"%.*s\" cannot be counted",
                     SLICE_ARGS(field_get(field.field)->path));
  return 0;
}

int field_values_init(struct field_values *v, struct part *part, struct filter_field field, struct error *err) {
  *v = (struct field_values){.part = part, .field = field};
  int rc = field_values_check(field, err);
  if (rc) return rc;
  uint32_t found[FIELD_VALUES_COLUMNS] = {part->ops->find_column(part, field.field, field.key), NO_COLUMN};
  if (field.field == FIELD_PARAMS) found[1] = part->ops->find_column(part, FIELD_PARAMS_REST, SLICE(""));
  for (uint32_t i = 0; i < FIELD_VALUES_COLUMNS; i++) {
    if (found[i] == NO_COLUMN) continue;
    struct field_column *c = &v->columns[v->column_count++];
    c->column = found[i];
    part->ops->column(part, found[i], &c->info);
    if (c->info.kind == COLUMN_TEXT) continue;
    c->counts = calloc((size_t)c->info.dict_count + 2, sizeof *c->counts);
    if (!c->counts) abort();
  }
  return 0;
}

void field_values_all(struct field_values *v) {
  v->from_dictionary =
      v->column_count == 1 && v->columns[0].info.kind == COLUMN_IDS && v->part->ops->dict_page_get != NULL;
}

void field_values_free(struct field_values *v) {
  for (uint32_t i = 0; i < v->column_count; i++) free(v->columns[i].counts);
  v->column_count = 0;
}

struct slice field_values_text(const struct field_values *v, const struct field_column *c, struct slice stored,
                               bool *mine_out) {
  *mine_out = true;
  if (c->info.field == FIELD_PARAMS_REST) {
    const char *end = stored.len ? memchr(stored.data, 0, stored.len) : NULL;
    size_t key_len = end ? (size_t)(end - stored.data) : stored.len;
    *mine_out = slice_equal(slice_of(stored.data, key_len), v->field.key);
    return slice_skip(stored, key_len + 2); /* and the tag */
  }
  return field_get(v->field.field)->kind == KIND_ANY ? slice_skip(stored, 1) : stored;
}

/* ---- Walking ---- */

struct walk {
  struct field_values *values;
  struct field_column *column;
  uint32_t column_index;
  const struct page *page;
  uint32_t first_row; /* of the page, in the group */
  int (*each)(void *arg, uint32_t row, uint32_t column, uint32_t id, struct slice text);
  void *arg;
};

/* A value already seen in this row's list. */
static bool repeated(const struct page *page, uint32_t begin, uint32_t at) {
  for (uint32_t i = begin; i < at; i++)
    if (page->list_ids[i] == page->list_ids[at]) return true;
  return false;
}

static int walk_row(struct walk *w, uint32_t in_page) {
  const struct page *page = w->page;
  uint32_t row = w->first_row + in_page;
  if (page->kind == COLUMN_IDS) {
    uint32_t id_plus_1 = page_id(page, in_page);
    return id_plus_1 ? w->each(w->arg, row, w->column_index, id_plus_1 - 1, SLICE("")) : 0;
  }
  if (page->kind == COLUMN_TEXT) {
    if (!(page->present[in_page / 8] >> (in_page % 8) & 1)) return 0;
    struct slice stored =
        slice_of(page->bytes + page->starts[in_page], page->starts[in_page + 1] - page->starts[in_page]);
    bool mine;
    return w->each(w->arg, row, w->column_index, UINT32_MAX, field_values_text(w->values, w->column, stored, &mine));
  }
  for (uint32_t i = page->starts[in_page]; i < page->starts[in_page + 1]; i++) {
    if (!page->list_ids[i] || repeated(page, page->starts[in_page], i)) continue;
    int rc = w->each(w->arg, row, w->column_index, page->list_ids[i] - 1, SLICE(""));
    if (rc) return rc;
  }
  return 0;
}

static int walk_page(struct walk *w, const struct bitmap *rows) {
  uint32_t first_word = w->first_row / 64;
  for (uint32_t i = 0; i < (w->page->row_count + 63) / 64; i++)
    for (uint64_t word = rows->words[first_word + i]; word; word &= word - 1) {
      uint32_t in_page = i * 64 + (uint32_t)__builtin_ctzll(word);
      int rc = in_page < w->page->row_count ? walk_row(w, in_page) : 0;
      if (rc) return rc;
    }
  return 0;
}

int field_values_each(struct field_values *v, uint32_t group, const struct bitmap *rows,
                      int (*each)(void *arg, uint32_t row, uint32_t column, uint32_t id, struct slice text), void *arg,
                      struct error *err) {
  struct group_info info;
  v->part->ops->group(v->part, group, &info);
  for (uint32_t k = 0; k < v->column_count; k++)
    for (uint32_t first = 0; first < info.rows; first += LIMIT_PAGE_ROWS) {
      if (!bitmap_any(rows, first / 64, PAGE_WORDS)) continue;
      struct walk w = {
          .values = v, .column = &v->columns[k], .column_index = k, .first_row = first, .each = each, .arg = arg};
      int rc = v->part->ops->page_get(v->part, v->columns[k].column, group, first / LIMIT_PAGE_ROWS, &w.page, err);
      if (rc) return rc;
      if (!w.page) continue;
      rc = walk_page(&w, rows);
      v->part->ops->page_put(v->part, w.page);
      if (rc) return rc;
    }
  return 0;
}

/* ---- Counting ---- */

struct counting {
  struct field_values *values;
  struct tally *texts;
};

static int count_value(void *arg, uint32_t row, uint32_t column, uint32_t id, struct slice text) {
  struct counting *c = arg;
  (void)row;
  if (id != UINT32_MAX) {
    c->values->columns[column].counts[id + 1]++;
    return 0;
  }
  return text.len > 0 && tally_add(c->texts, text, 1) == UINT32_MAX ? ERR_TOO_LARGE : 0;
}

/* Whole tenants at a time, without looking into pages, where the group has runs. */
static int count_runs(struct field_values *v, uint32_t group, const struct bitmap *rows, bool *done_out,
                      struct error *err) {
  struct run_list list;
  int rc = v->part->ops->runs_get(v->part, group, &list, err);
  if (rc) return rc;
  *done_out = list.runs != NULL;
  for (uint32_t i = 0; i < list.count; i++) {
    uint32_t n = 0;
    for (uint32_t row = list.runs[i].row_begin, end = row + list.runs[i].row_count; row < end;) {
      uint32_t bit = row % 64, take = 64 - bit < end - row ? 64 - bit : end - row;
      uint64_t ones = take == 64 ? UINT64_MAX : (UINT64_C(1) << take) - 1;
      n += (uint32_t)__builtin_popcountll(rows->words[row / 64] >> bit & ones);
      row += take;
    }
    v->columns[0].counts[list.runs[i].tenant + 1] += n;
  }
  v->part->ops->runs_put(v->part, &list);
  return 0;
}

/* Selected rows of 64; most words are full or empty. */
#define COUNT_WORD(type)                                                   \
  do {                                                                     \
    const type *ids = (const type *)page->ids + first;                     \
    if (word == UINT64_MAX)                                                \
      for (uint32_t i = 0; i < 64; i++) counts[ids[i]]++;                  \
    else                                                                   \
      for (; word; word &= word - 1) counts[ids[__builtin_ctzll(word)]]++; \
  } while (0)

static void count_ids(const struct page *page, const uint64_t *words, uint32_t *counts) {
  for (uint32_t first = 0; first < page->row_count; first += 64) {
    uint64_t word = words[first / 64];
    if (page->row_count - first < 64) word &= (UINT64_C(1) << (page->row_count - first)) - 1;
    if (page->id_bytes == 1)
      COUNT_WORD(uint8_t);
    else if (page->id_bytes == 2)
      COUNT_WORD(uint16_t);
    else
      COUNT_WORD(uint32_t);
  }
}

static int count_column(struct field_values *v, struct field_column *c, uint32_t group, const struct bitmap *rows,
                        struct error *err) {
  struct group_info info;
  v->part->ops->group(v->part, group, &info);
  for (uint32_t first = 0; first < info.rows; first += LIMIT_PAGE_ROWS) {
    if (!bitmap_any(rows, first / 64, PAGE_WORDS)) continue;
    const struct page *page;
    int rc = v->part->ops->page_get(v->part, c->column, group, first / LIMIT_PAGE_ROWS, &page, err);
    if (rc) return rc;
    if (page) count_ids(page, &rows->words[first / 64], c->counts);
    v->part->ops->page_put(v->part, page);
  }
  return 0;
}

int field_values_count(struct field_values *v, uint32_t group, const struct bitmap *rows, struct tally *texts,
                       struct error *err) {
  if (v->from_dictionary) return 0;
  if (v->field.field == FIELD_TENANT && v->column_count > 0) {
    bool done = false;
    int rc = count_runs(v, group, rows, &done, err);
    if (rc || done) return rc;
  }
  if (v->column_count == 1 && v->columns[0].info.kind == COLUMN_IDS)
    return count_column(v, &v->columns[0], group, rows, err);
  struct counting c = {v, texts};
  int rc = field_values_each(v, group, rows, count_value, &c, err);
  return rc == ERR_TOO_LARGE ? error_set(err, rc, "too many distinct values; narrow the query") : rc;
}

struct tallying {
  struct field_values *values;
  struct field_column *column;
  struct slice folded_prefix;
  struct tally *out;
  struct buffer scratch;
};

static int tally_value(void *arg, uint32_t id, struct slice stored) {
  struct tallying *t = arg;
  uint32_t count = t->column->counts[id + 1];
  if (count == 0) return 0;
  bool mine;
  struct slice text = field_values_text(t->values, t->column, stored, &mine);
  if (!mine || text.len == 0) return 0;
  if (t->folded_prefix.len && !slice_starts_with(fold(text, &t->scratch), t->folded_prefix)) return 0;
  return tally_add(t->out, text, count) == UINT32_MAX ? ERR_TOO_LARGE : 0;
}

/* The counts of [begin, end) as the dictionary has them. */
static int take_counts(struct part *part, struct field_column *c, uint32_t begin, uint32_t end, struct error *err) {
  for (uint32_t id = begin; id < end;) {
    struct dict_page page;
    int rc = part->ops->dict_page_get(part, c->column, id, &page, err);
    if (rc) return rc;
    for (; id < end && id - page.first_id < page.count; id++) c->counts[id + 1] = page.row_counts[id - page.first_id];
    part->ops->dict_page_put(part, &page);
  }
  return 0;
}

static bool few_counted(const struct field_column *c, uint32_t begin, uint32_t end) {
  enum { FEW = 32 }; /* one look-up costs about as much as going over so many entries */
  uint32_t counted = 0;
  for (uint32_t id = begin; id < end; id++) counted += c->counts[id + 1] != 0;
  return counted < (end - begin) / FEW;
}

/* Looks up the texts of the counted ids alone. */
static int tally_few(struct tallying *t, uint32_t begin, uint32_t end, struct error *err) {
  struct part *part = t->values->part;
  struct arena arena;
  int rc = 0;
  arena_init(&arena, 16 * LIMIT_EVENT_BYTES);
  for (uint32_t id = begin; rc == 0 && id < end; id++) {
    struct slice text;
    if (!t->column->counts[id + 1]) continue;
    arena_reset(&arena);
    rc = part->ops->dict_get(part, t->column->column, id, &arena, &text, err);
    if (rc == 0) rc = tally_value(t, id, text);
  }
  arena_free(&arena);
  return rc;
}

static int tally_column(struct field_values *v, struct field_column *c, struct slice folded_prefix, struct tally *out,
                        struct error *err) {
  uint32_t begin = 0, end = c->info.dict_count;
  if (folded_prefix.len && c->info.dict_sorted && c->info.field != FIELD_PARAMS_REST) {
    int rc = v->part->ops->dict_find(v->part, c->column, folded_prefix, true, &begin, &end, NULL, 0, err);
    if (rc) return rc;
  }
  int rc = v->from_dictionary ? take_counts(v->part, c, begin, end, err) : 0;
  if (rc) return rc;
  struct tallying t = {.values = v, .column = c, .folded_prefix = folded_prefix, .out = out};
  buffer_init(&t.scratch, FOLD_GROWTH * LIMIT_EVENT_BYTES);
  if (begin < end)
    rc = few_counted(c, begin, end) ? tally_few(&t, begin, end, err)
                                    : v->part->ops->dict_scan(v->part, c->column, begin, end, tally_value, &t, err);
  buffer_free(&t.scratch);
  return rc;
}

int field_values_tally(struct field_values *v, struct slice folded_prefix, struct tally *out, struct error *err) {
  for (uint32_t k = 0; k < v->column_count; k++) {
    struct field_column *c = &v->columns[k];
    if (!c->counts || c->info.dict_count == 0) continue;
    int rc = tally_column(v, c, folded_prefix, out, err);
    if (rc) return rc == ERR_TOO_LARGE ? error_set(err, rc, "too many distinct values; narrow the query") : rc;
  }
  return 0;
}
