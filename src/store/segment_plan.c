/* Which columns an output segment has, and which input columns feed each. A parameter has a column of its own where it
 * has one in any input, the LIMIT_PARAM_COLUMNS most frequent first; the others, and what inputs hold in
 * FIELD_PARAMS_REST, go to FIELD_PARAMS_REST. */
#include <stdlib.h>

#include "store/segment_writer.h"

struct input {
  unsigned field;
  struct slice key;
  enum column_kind kind;
  struct column_source source;
};

static int compare_columns(const struct input *a, const struct input *b) {
  if (a->field != b->field) return a->field < b->field ? -1 : 1;
  return slice_compare(a->key, b->key);
}

static int compare_inputs(const void *a, const void *b) {
  const struct input *x = a, *y = b;
  int c = compare_columns(x, y);
  if (c) return c;
  if (x->source.part_index != y->source.part_index) return x->source.part_index < y->source.part_index ? -1 : 1;
  return (x->source.column > y->source.column) - (x->source.column < y->source.column);
}

static int read_inputs(const struct segment_source *source, struct input **out, uint32_t *count_out,
                       struct error *err) {
  size_t count = 0;
  for (uint32_t p = 0; p < source->part_count; p++) count += source->parts[p]->column_count;
  struct input *inputs = calloc(count + 1, sizeof *inputs);
  if (!inputs) abort();
  uint32_t n = 0;
  for (uint32_t p = 0; p < source->part_count; p++) {
    for (uint32_t c = 0; c < source->parts[p]->column_count; c++) {
      struct part_column column;
      source->parts[p]->ops->column(source->parts[p], c, &column);
      enum column_kind kind;
      bool as_text = column.kind == COLUMN_TEXT;
      if (!segment_column_kind(column.field, &kind) || (column.kind != kind && !(as_text && kind == COLUMN_IDS)) ||
          column.key.len > LIMIT_PARAM_KEY_BYTES || (column.field == FIELD_PARAMS) != (column.key.len > 0)) {
        free(inputs);
        return error_set(err, ERR_CORRUPT, "an input has a column of field %u that cannot be", column.field);
      }
      inputs[n++] =
          (struct input){column.field, column.key, kind, {.part = source->parts[p], .part_index = p, .column = c}};
    }
  }
  qsort(inputs, n, sizeof *inputs, compare_inputs);
  *out = inputs;
  *count_out = n;
  return 0;
}

/* ---- Too many parameters ---- */

struct param {
  uint32_t begin, end; /* inputs */
  uint64_t rows;
};

static int compare_params(const void *a, const void *b) { /* most rows first, then by key */
  const struct param *x = a, *y = b;
  if (x->rows != y->rows) return x->rows > y->rows ? -1 : 1;
  return (x->begin > y->begin) - (x->begin < y->begin);
}

static int count_rows(struct column_source *s, uint64_t *rows, struct error *err) {
  column_source_open(s);
  int code = 0;
  for (uint32_t g = 0; g < s->part->group_count && !code; g++) {
    struct group_info info;
    s->part->ops->group(s->part, g, &info);
    for (uint32_t row = 0; row < info.rows && !code; row += LIMIT_PAGE_ROWS) {
      const struct page *page;
      code = column_source_page(s, g, row, &page, err);
      if (code || !page) continue;
      for (uint32_t i = 0; i < page->row_count; i++)
        *rows += page->kind == COLUMN_IDS ? page_id(page, i) != 0 : page->present[i / 8] >> (i % 8) & 1;
    }
    column_source_release(s);
  }
  column_source_close(s);
  return code;
}

/* Turns all but the most frequent parameters into inputs of FIELD_PARAMS_REST, with the key as prefix. */
static int demote_params(struct input *inputs, uint32_t count, char **prefixes_out, struct error *err) {
  struct param *params = calloc((size_t)count + 1, sizeof *params);
  if (!params) abort();
  uint32_t n = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (inputs[i].field != FIELD_PARAMS) continue;
    if (n == 0 || compare_columns(&inputs[params[n - 1].begin], &inputs[i]) != 0) params[n++].begin = i;
    params[n - 1].end = i + 1;
  }
  int code = 0;
  if (n <= LIMIT_PARAM_COLUMNS) goto out;
  for (uint32_t i = 0; i < n && !code; i++)
    for (uint32_t k = params[i].begin; k < params[i].end && !code; k++)
      code = count_rows(&inputs[k].source, &params[i].rows, err);
  if (code) goto out;
  qsort(params, n, sizeof *params, compare_params);
  char *prefixes = malloc((size_t)(n - LIMIT_PARAM_COLUMNS) * (LIMIT_PARAM_KEY_BYTES + 1));
  if (!prefixes) abort();
  *prefixes_out = prefixes;
  for (uint32_t i = LIMIT_PARAM_COLUMNS; i < n; i++) {
    struct slice key = inputs[params[i].begin].key;
    memcpy(prefixes, key.data, key.len);
    prefixes[key.len] = 0;
    for (uint32_t k = params[i].begin; k < params[i].end; k++) {
      inputs[k].field = FIELD_PARAMS_REST;
      inputs[k].key = slice_of(NULL, 0);
      inputs[k].kind = COLUMN_LIST;
      inputs[k].source.prefix = slice_of(prefixes, key.len + 1);
    }
    prefixes += key.len + 1;
  }
  qsort(inputs, count, sizeof *inputs, compare_inputs);
out:
  free(params);
  return code;
}

int segment_plan_make(const struct segment_source *source, struct segment_plan *out, struct error *err) {
  struct segment_plan plan = {0};
  struct input *inputs = NULL;
  uint32_t count = 0;
  int code = read_inputs(source, &inputs, &count, err);
  if (!code) code = demote_params(inputs, count, &plan.prefixes, err);
  if (code) goto out;
  plan.columns = calloc((size_t)count + 1, sizeof *plan.columns);
  plan.sources = calloc((size_t)count + 1, sizeof *plan.sources);
  if (!plan.columns || !plan.sources) abort();
  for (uint32_t i = 0; i < count; i++) {
    if (i == 0 || compare_columns(&inputs[i - 1], &inputs[i]) != 0)
      plan.columns[plan.column_count++] =
          (struct column_plan){inputs[i].field, inputs[i].kind, inputs[i].key, &plan.sources[i], 0};
    plan.sources[i] = inputs[i].source;
    plan.columns[plan.column_count - 1].source_count++;
  }
out:
  free(inputs);
  if (code)
    segment_plan_free(&plan);
  else
    *out = plan;
  return code;
}

void segment_plan_free(struct segment_plan *p) {
  free(p->columns);
  free(p->sources);
  free(p->prefixes);
}
