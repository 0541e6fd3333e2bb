#include "tests/support/list_part.h"

#include <assert.h>
#include <stdlib.h>

#include "base/checksum.h"
#include "base/fold.h"

struct list_column {
  struct part_column info;
  struct slice *texts;
  char **owned; /* texts made here (FIELD_PARAMS_REST) */
  uint32_t owned_count;
  uint32_t *slots, slot_count;
  uint32_t *starts; /* [rows + 1] */
  uint32_t *ids;    /* IDS: [rows]; LIST: by starts */
  uint32_t id_count;
  int64_t *ints; /* INT */
};

struct list_part {
  struct part part;
  const struct event *events;
  uint32_t group_rows, max_params;
  struct list_column *columns;
};

static void *must(void *p) {
  if (!p) abort();
  return p;
}

static struct list_part *list_of(struct part *p) { return (struct list_part *)p; }

static uint32_t find_column(struct part *p, unsigned field, struct slice key) {
  for (uint32_t c = 0; c < p->column_count; c++) {
    const struct part_column *info = &list_of(p)->columns[c].info;
    if (info->field == field && slice_equal(info->key, key)) return c;
  }
  return NO_COLUMN;
}

static void get_column(struct part *p, uint32_t column, struct part_column *out) {
  *out = list_of(p)->columns[column].info;
}

static uint32_t rows_of(struct part *p, uint32_t group) {
  uint64_t left = p->rows - (uint64_t)group * list_of(p)->group_rows;
  return left < list_of(p)->group_rows ? (uint32_t)left : list_of(p)->group_rows;
}

static void get_group(struct part *p, uint32_t group, struct group_info *out) {
  *out = (struct group_info){rows_of(p, group), p->occurred_min_us, p->occurred_max_us, p->received_min_us,
                             p->received_max_us};
}

static int64_t int_of(const struct event *e, unsigned field) {
  return field == FIELD_OCCURRED_AT   ? e->occurred_at_us
         : field == FIELD_RECEIVED_AT ? e->received_at_us
                                      : (int64_t)e->seq;
}

static int page_get(struct part *p, uint32_t column, uint32_t group, uint32_t page, const struct page **out,
                    struct error *err) {
  (void)err;
  struct list_part *l = list_of(p);
  struct list_column *c = &l->columns[column];
  uint32_t begin = group * l->group_rows + page * LIMIT_PAGE_ROWS;
  uint32_t left = rows_of(p, group) - page * LIMIT_PAGE_ROWS;
  uint32_t count = left < LIMIT_PAGE_ROWS ? left : LIMIT_PAGE_ROWS;
  struct page *result = must(calloc(1, sizeof *result));
  result->kind = c->info.kind;
  result->row_count = count;
  result->id_bytes = 4;
  result->ints = c->ints + begin;
  result->ids = c->ids + begin;
  result->starts = c->starts + begin;
  result->list_ids = c->ids;
  *out = result;
  return 0;
}

static void page_put(struct part *p, const struct page *page) {
  (void)p;
  union {
    const struct page *in;
    void *out;
  } u = {page};
  free(u.out);
}

static int dict_get(struct part *p, uint32_t column, uint32_t id, struct arena *arena, struct slice *out,
                    struct error *err) {
  (void)err;
  *out = arena_copy(arena, list_of(p)->columns[column].texts[id]);
  return 0;
}

static int dict_scan(struct part *p, uint32_t column, uint32_t begin, uint32_t end,
                     int (*each)(void *arg, uint32_t id, struct slice text), void *arg, struct error *err) {
  (void)err;
  int code = 0;
  for (uint32_t id = begin; id < end && !code; id++) code = each(arg, id, list_of(p)->columns[column].texts[id]);
  return code;
}

static int no_find(struct part *p, uint32_t column, struct slice folded, bool prefix, uint32_t *begin, uint32_t *end,
                   uint32_t *ids_out, uint32_t max, struct error *err) {
  (void)p, (void)column, (void)folded, (void)prefix, (void)begin, (void)end, (void)ids_out, (void)max;
  return error_set(err, ERR_UNSUPPORTED, "not sorted");
}

static int no_runs(struct part *p, uint32_t group, struct run_list *out, struct error *err) {
  (void)p, (void)group, (void)err;
  *out = (struct run_list){0};
  return 0;
}
static void no_runs_put(struct part *p, const struct run_list *list) { (void)p, (void)list; }

static int all_terms(struct part *p, uint32_t column, uint32_t group, uint32_t begin, uint32_t end, uint64_t *mask_out,
                     struct error *err) {
  (void)p, (void)column, (void)group, (void)begin, (void)end, (void)err;
  *mask_out = ~0ull;
  return 0;
}
static int all_grams(struct part *p, uint32_t group, struct slice folded, bool left, bool right, uint64_t *mask_out,
                     struct error *err) {
  (void)p, (void)group, (void)folded, (void)left, (void)right, (void)err;
  *mask_out = ~0ull;
  return 0;
}
static int any_key(struct part *p, struct slice tenant, struct slice key, bool *out, struct error *err) {
  (void)p, (void)tenant, (void)key, (void)err;
  *out = true;
  return 0;
}

static const struct part_ops list_ops = {
    .find_column = find_column,
    .column = get_column,
    .group = get_group,
    .page_get = page_get,
    .page_put = page_put,
    .dict_get = dict_get,
    .dict_scan = dict_scan,
    .dict_find = no_find,
    .runs_get = no_runs,
    .runs_put = no_runs_put,
    .term_mask = all_terms,
    .gram_mask = all_grams,
    .may_hold_key = any_key,
};

/* ---- Building ---- */

static enum column_kind kind_of(unsigned field) {
  if (field == FIELD_PARAMS_REST) return COLUMN_LIST;
  const struct field *f = field_get((enum field_id)field);
  return f->kind == KIND_TIME || f->kind == KIND_SEQ ? COLUMN_INT : f->flags & F_LIST ? COLUMN_LIST : COLUMN_IDS;
}

static uint32_t need_column(struct list_part *l, unsigned field, struct slice key) {
  uint32_t at = find_column(&l->part, field, key);
  if (at != NO_COLUMN) return at;
  l->columns = must(realloc(l->columns, (l->part.column_count + 1) * sizeof *l->columns));
  struct list_column *c = &l->columns[l->part.column_count];
  *c = (struct list_column){.info = {.field = (uint16_t)field, .kind = kind_of(field), .key = key}};
  c->starts = must(calloc(l->part.rows + 1, sizeof *c->starts));
  c->ids = must(calloc(l->part.rows + 1, sizeof *c->ids));
  c->ints = must(calloc(c->info.kind == COLUMN_INT ? l->part.rows + 1 : 1, sizeof *c->ints));
  return l->part.column_count++;
}

static uint32_t need_text(struct list_column *c, struct slice text) {
  if (c->info.dict_count * 2 >= c->slot_count) {
    free(c->slots);
    c->slot_count = c->slot_count ? c->slot_count * 2 : 64;
    c->slots = must(calloc(c->slot_count, sizeof *c->slots));
    for (uint32_t i = 0; i < c->info.dict_count; i++) {
      uint64_t at = hash64(c->texts[i].data, c->texts[i].len, 7);
      while (c->slots[at & (c->slot_count - 1)]) at++;
      c->slots[at & (c->slot_count - 1)] = i + 1;
    }
    c->texts = must(realloc(c->texts, c->slot_count * sizeof *c->texts));
  }
  uint64_t at = hash64(text.data, text.len, 7);
  uint32_t *slot;
  while (*(slot = &c->slots[at & (c->slot_count - 1)]) && !slice_equal(c->texts[*slot - 1], text)) at++;
  if (!*slot) {
    c->texts[c->info.dict_count++] = text;
    *slot = c->info.dict_count;
  }
  return *slot - 1;
}

static struct slice own_text(struct list_column *c, const struct event_cell *cell) {
  size_t len = cell->key.len + 1 + cell->text.len;
  char *text = must(malloc(len));
  memcpy(text, cell->key.data, cell->key.len);
  text[cell->key.len] = 0;
  memcpy(text + cell->key.len + 1, cell->text.data, cell->text.len);
  c->owned = must(realloc(c->owned, (c->owned_count + 1) * sizeof *c->owned));
  c->owned[c->owned_count++] = text;
  return slice_of(text, len);
}

static void add_element(struct list_column *c, uint32_t row, uint32_t element, uint32_t id) {
  while (c->id_count < c->starts[row] + element + 1) {
    c->ids = must(realloc(c->ids, (c->id_count + 1) * sizeof *c->ids));
    c->ids[c->id_count++] = 0;
  }
  c->ids[c->starts[row] + element] = id + 1;
}

static void add_cell(struct list_part *l, uint32_t row, const struct event_cell *cell) {
  unsigned field = cell->field;
  if (field == FIELD_PARAMS && find_column(&l->part, field, cell->key) == NO_COLUMN) {
    uint32_t params = 0;
    for (uint32_t c = 0; c < l->part.column_count; c++) params += l->columns[c].info.field == FIELD_PARAMS;
    if (params >= l->max_params) field = FIELD_PARAMS_REST;
  }
  uint32_t column = need_column(l, field, field == FIELD_PARAMS ? cell->key : slice_of(NULL, 0));
  struct list_column *c = &l->columns[column]; /* need_column may have moved them */
  if (field == FIELD_PARAMS_REST)
    add_element(c, row, c->id_count - c->starts[row], need_text(c, own_text(c, cell)));
  else if (c->info.kind == COLUMN_LIST)
    add_element(c, row, cell->element, need_text(c, cell->text));
  else
    c->ids[row] = need_text(c, cell->text) + 1;
}

struct part *list_part_new(const struct event *events, uint32_t count, uint32_t group_rows, uint32_t max_params) {
  struct list_part *l = must(calloc(1, sizeof *l));
  l->part = (struct part){.ops = &list_ops, .rows = count, .group_count = (count + group_rows - 1) / group_rows};
  l->part.occurred_min_us = l->part.received_min_us = INT64_MAX;
  l->part.occurred_max_us = l->part.received_max_us = INT64_MIN;
  l->events = events;
  l->group_rows = group_rows;
  l->max_params = max_params;
  need_column(l, FIELD_OCCURRED_AT, slice_of(NULL, 0));
  need_column(l, FIELD_RECEIVED_AT, slice_of(NULL, 0));
  need_column(l, FIELD_SEQ, slice_of(NULL, 0));
  for (uint32_t i = 0; i < count; i++) {
    for (uint32_t c = 0; c < events[i].cell_count; c++) add_cell(l, i, &events[i].cells[c]);
    for (uint32_t c = 0; c < l->part.column_count; c++) l->columns[c].starts[i + 1] = l->columns[c].id_count;
    for (uint32_t c = 0; c < 3; c++) l->columns[c].ints[i] = int_of(&events[i], l->columns[c].info.field);
    if (events[i].occurred_at_us < l->part.occurred_min_us) l->part.occurred_min_us = events[i].occurred_at_us;
    if (events[i].occurred_at_us > l->part.occurred_max_us) l->part.occurred_max_us = events[i].occurred_at_us;
    if (events[i].received_at_us < l->part.received_min_us) l->part.received_min_us = events[i].received_at_us;
    if (events[i].received_at_us > l->part.received_max_us) l->part.received_max_us = events[i].received_at_us;
  }
  return &l->part;
}

void list_part_free(struct part *p) {
  if (!p) return;
  struct list_part *l = list_of(p);
  for (uint32_t i = 0; i < p->column_count; i++) {
    struct list_column *c = &l->columns[i];
    for (uint32_t k = 0; k < c->owned_count; k++) free(c->owned[k]);
    free(c->owned);
    free(c->texts);
    free(c->slots);
    free(c->starts);
    free(c->ids);
    free(c->ints);
  }
  free(l->columns);
  free(l);
}

/* ---- Reading any part ---- */

static void put_cell(struct event *e, unsigned field, uint32_t element, struct slice key, struct slice text) {
  assert(e->cell_count < LIMIT_CELLS);
  if (field == FIELD_PARAMS_REST) {
    const char *nul = memchr(text.data, 0, text.len);
    assert(nul);
    key = slice_of(text.data, (size_t)(nul - text.data));
    text = slice_skip(text, key.len + 1);
    field = FIELD_PARAMS;
    element = 0;
  }
  e->cells[e->cell_count++] = (struct event_cell){(uint16_t)field, (uint16_t)element, key, text};
}

static int read_cells(struct part *p, uint32_t column, const struct part_column *c, const struct page *page,
                      uint32_t row, struct arena *arena, struct event *e, struct error *err) {
  struct slice text;
  int code = 0;
  if (c->kind == COLUMN_INT) {
    if (c->field == FIELD_OCCURRED_AT) e->occurred_at_us = page->ints[row];
    if (c->field == FIELD_RECEIVED_AT) e->received_at_us = page->ints[row];
    if (c->field == FIELD_SEQ) e->seq = (uint64_t)page->ints[row];
  } else if (c->kind == COLUMN_TEXT) {
    if (!(page->present[row / 8] >> (row % 8) & 1)) return 0;
    text = arena_copy(arena, slice_of(page->bytes + page->starts[row], page->starts[row + 1] - page->starts[row]));
    put_cell(e, c->field, 0, c->key, text);
  } else if (c->kind == COLUMN_IDS) {
    uint32_t id = page_id(page, row);
    if (!id) return 0;
    code = p->ops->dict_get(p, column, id - 1, arena, &text, err);
    if (!code) put_cell(e, c->field, 0, c->key, text);
  } else {
    for (uint32_t i = page->starts[row]; i < page->starts[row + 1] && !code; i++) {
      if (!page->list_ids[i]) continue;
      code = p->ops->dict_get(p, column, page->list_ids[i] - 1, arena, &text, err);
      if (!code) put_cell(e, c->field, i - page->starts[row], c->key, text);
    }
  }
  return code;
}

int part_read_event(struct part *p, uint32_t group, uint32_t row, struct arena *arena, struct event *out,
                    struct error *err) {
  *out = (struct event){.cells = arena_take(arena, LIMIT_CELLS * sizeof *out->cells)};
  int code = 0;
  for (uint32_t c = 0; c < p->column_count && !code; c++) {
    struct part_column column;
    const struct page *page;
    p->ops->column(p, c, &column);
    code = p->ops->page_get(p, c, group, row / LIMIT_PAGE_ROWS, &page, err);
    if (code || !page) continue;
    code = read_cells(p, c, &column, page, row % LIMIT_PAGE_ROWS, arena, out, err);
    p->ops->page_put(p, page);
  }
  event_sort_cells(out);
  return code;
}

/* ---- The order of a segment ---- */

struct sort_row {
  int64_t occurred;
  uint64_t seq;
  struct slice tenant;
  struct segment_row row;
};

static int by_time(const void *a, const void *b) {
  const struct sort_row *x = a, *y = b;
  if (x->occurred != y->occurred) return x->occurred < y->occurred ? -1 : 1;
  int c = slice_compare(x->tenant, y->tenant);
  return c ? c : (x->seq > y->seq) - (x->seq < y->seq);
}

static int by_tenant(const void *a, const void *b) {
  const struct sort_row *x = a, *y = b;
  int c = slice_compare(x->tenant, y->tenant);
  return c ? c : by_time(a, b);
}

static int read_keys(struct part *p, uint32_t part, struct arena *arena, struct sort_row *out, struct error *err) {
  uint32_t columns[3] = {p->ops->find_column(p, FIELD_TENANT, slice_of(NULL, 0)),
                         p->ops->find_column(p, FIELD_OCCURRED_AT, slice_of(NULL, 0)),
                         p->ops->find_column(p, FIELD_SEQ, slice_of(NULL, 0))};
  struct part_column tenants;
  p->ops->column(p, columns[0], &tenants);
  struct slice *texts = must(calloc(tenants.dict_count, sizeof *texts));
  int code = 0;
  for (uint32_t g = 0; g < p->group_count && !code; g++) {
    struct group_info info;
    const struct page *pages[3] = {NULL};
    p->ops->group(p, g, &info);
    for (uint32_t r = 0; r < info.rows && !code; r++) {
      for (int c = 0; c < 3 && r % LIMIT_PAGE_ROWS == 0 && !code; c++)
        code = p->ops->page_get(p, columns[c], g, r / LIMIT_PAGE_ROWS, &pages[c], err);
      if (code) break;
      uint32_t at = r % LIMIT_PAGE_ROWS, tenant = page_id(pages[0], at) - 1;
      if (!texts[tenant].data) code = p->ops->dict_get(p, columns[0], tenant, arena, &texts[tenant], err);
      *out++ = (struct sort_row){
          pages[1]->ints[at], (uint64_t)pages[2]->ints[at], texts[tenant], {(uint16_t)part, (uint16_t)g, (uint16_t)r}};
      bool last = at == LIMIT_PAGE_ROWS - 1 || r == info.rows - 1;
      for (int c = 0; c < 3 && last; c++) p->ops->page_put(p, pages[c]);
    }
  }
  free(texts);
  return code;
}

int part_rows_make(struct part *const *parts, uint32_t part_count, uint32_t group_rows, struct part_rows *out,
                   struct error *err) {
  uint64_t count = 0;
  for (uint32_t p = 0; p < part_count; p++) count += parts[p]->rows;
  struct sort_row *rows = must(calloc(count, sizeof *rows)), *to = rows;
  struct arena arena;
  arena_init(&arena, (size_t)1 << 30);
  int code = 0;
  for (uint32_t p = 0; p < part_count && !code; p++) {
    code = read_keys(parts[p], p, &arena, to, err);
    to += parts[p]->rows;
  }
  qsort(rows, count, sizeof *rows, by_time);
  *out = (struct part_rows){.row_count = count, .group_count = (uint32_t)((count + group_rows - 1) / group_rows)};
  out->rows = must(calloc(count, sizeof *out->rows));
  out->group_rows = must(calloc(out->group_count, sizeof *out->group_rows));
  for (uint32_t g = 0; g < out->group_count; g++) {
    uint64_t begin = (uint64_t)g * group_rows, n = count - begin < group_rows ? count - begin : group_rows;
    qsort(rows + begin, n, sizeof *rows, by_tenant);
    out->group_rows[g] = (uint32_t)n;
  }
  for (uint64_t i = 0; i < count; i++) out->rows[i] = rows[i].row;
  free(rows);
  arena_free(&arena);
  return code;
}

void part_rows_free(struct part_rows *r) {
  free(r->rows);
  free(r->group_rows);
}
