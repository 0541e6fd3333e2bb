#include "store/row.h"

#include <assert.h>
#include <stdlib.h>

#include "store/text_reader.h"

struct row_column {
  uint32_t index;
  struct part_column info;
  const struct page *pages[GROUP_PAGES];
  uint8_t loaded; /* bit per page */
};

struct row_reader {
  struct part *part;
  struct text_reader *texts; /* NULL: the part's dictionaries have no pages */
  uint32_t group, column_count;
  struct row_column *columns; /* ascending by field, then key: the order of cells */
  struct row_column *tenant, *occurred, *received, *seq;
  struct run_list runs;
  bool runs_loaded;
};

static int by_field(const void *a, const void *b) {
  const struct row_column *x = a, *y = b;
  unsigned fx = x->info.field == FIELD_PARAMS_REST ? FIELD_PARAMS : x->info.field;
  unsigned fy = y->info.field == FIELD_PARAMS_REST ? FIELD_PARAMS : y->info.field;
  if (fx != fy) return fx < fy ? -1 : 1;
  return slice_compare(x->info.key, y->info.key);
}

struct row_reader *row_reader_new(struct part *part, uint32_t group, uint32_t max_text_pages) {
  struct row_reader *r = calloc(1, sizeof *r);
  if (r) r->columns = calloc(part->column_count + 1, sizeof *r->columns);
  if (!r || !r->columns) abort();
  r->part = part;
  r->group = group;
  r->column_count = part->column_count;
  if (part->ops->dict_page_get) r->texts = text_reader_new(part, max_text_pages);
  for (uint32_t i = 0; i < part->column_count; i++) {
    r->columns[i].index = i;
    part->ops->column(part, i, &r->columns[i].info);
  }
  qsort(r->columns, r->column_count, sizeof *r->columns, by_field);
  for (uint32_t i = 0; i < r->column_count; i++) switch (r->columns[i].info.field) {
      case FIELD_TENANT: r->tenant = &r->columns[i]; break;
      case FIELD_OCCURRED_AT: r->occurred = &r->columns[i]; break;
      case FIELD_RECEIVED_AT: r->received = &r->columns[i]; break;
      case FIELD_SEQ: r->seq = &r->columns[i]; break;
      default: break;
    }
  assert(r->tenant && r->occurred && r->received && r->seq);
  return r;
}

void row_reader_free(struct row_reader *r) {
  if (!r) return;
  for (uint32_t i = 0; i < r->column_count; i++)
    for (uint32_t p = 0; p < GROUP_PAGES; p++)
      if (r->columns[i].pages[p]) r->part->ops->page_put(r->part, r->columns[i].pages[p]);
  if (r->runs_loaded) r->part->ops->runs_put(r->part, &r->runs);
  text_reader_free(r->texts);
  free(r->columns);
  free(r);
}

/* The page that holds the row, pinned; NULL where it has no value in this column. */
static int page_at(struct row_reader *r, struct row_column *c, uint32_t row, const struct page **out,
                   struct error *err) {
  uint32_t p = row / LIMIT_PAGE_ROWS;
  if (!(c->loaded >> p & 1)) {
    int rc = r->part->ops->page_get(r->part, c->index, r->group, p, &c->pages[p], err);
    if (rc) return rc;
    c->loaded |= (uint8_t)(1u << p);
  }
  *out = c->pages[p];
  return 0;
}

static int int_at(struct row_reader *r, struct row_column *c, uint32_t row, int64_t *out, struct error *err) {
  const struct page *page;
  int rc = page_at(r, c, row, &page, err);
  if (rc) return rc;
  if (!page) return error_set(err, ERR_CORRUPT, "a page of instants is missing");
  *out = page->ints[row % LIMIT_PAGE_ROWS];
  return 0;
}

int row_occurred(struct row_reader *r, uint32_t row, int64_t *out, struct error *err) {
  return int_at(r, r->occurred, row, out, err);
}

int row_received(struct row_reader *r, uint32_t row, int64_t *out, struct error *err) {
  return int_at(r, r->received, row, out, err);
}

int row_seq(struct row_reader *r, uint32_t row, uint64_t *out, struct error *err) {
  int64_t value = 0;
  int rc = int_at(r, r->seq, row, &value, err);
  if (rc == 0) *out = (uint64_t)value;
  return rc;
}

static int tenant_id(struct row_reader *r, uint32_t row, uint32_t *out, struct error *err) {
  if (!r->runs_loaded) {
    int rc = r->part->ops->runs_get(r->part, r->group, &r->runs, err);
    if (rc) return rc;
    r->runs_loaded = true;
  }
  if (r->runs.runs) {
    uint32_t low = 0, high = r->runs.count; /* the last run that begins at or before row */
    while (high - low > 1) {
      uint32_t middle = low + (high - low) / 2;
      if (r->runs.runs[middle].row_begin <= row)
        low = middle;
      else
        high = middle;
    }
    *out = r->runs.runs[low].tenant;
    return 0;
  }
  const struct page *page;
  int rc = page_at(r, r->tenant, row, &page, err);
  if (rc) return rc;
  uint32_t id_plus_1 = page ? page_id(page, row % LIMIT_PAGE_ROWS) : 0;
  if (!id_plus_1) return error_set(err, ERR_CORRUPT, "a row has no tenant");
  *out = id_plus_1 - 1;
  return 0;
}

static int check_id(struct row_reader *r, struct row_column *c, uint32_t id, struct error *err) {
  if (id < c->info.dict_count) return 0;
  r->part->ops->column(r->part, c->index, &c->info); /* a memtable's grows */
  return id < c->info.dict_count ? 0 : error_set(err, ERR_CORRUPT, "a value's number is beyond its dictionary");
}

static_assert((int)ROW_BATCH <= (int)TEXT_READER_IDS, "the ids of a batch are asked for at once");

/* Texts of ids_plus_1[i] - 1; nothing where that is 0. */
static int texts_of_ids(struct row_reader *r, struct row_column *c, const uint32_t *ids_plus_1, uint32_t count,
                        struct arena *arena, struct slice *out, struct error *err) {
  int rc = 0;
  for (uint32_t i = 0; rc == 0 && i < count; i++)
    if (ids_plus_1[i]) rc = check_id(r, c, ids_plus_1[i] - 1, err);
  if (rc) return rc;
  if (r->texts) return text_reader_get(r->texts, c->index, ids_plus_1, count, arena, out, err);
  for (uint32_t i = 0; rc == 0 && i < count; i++)
    if (ids_plus_1[i]) rc = r->part->ops->dict_get(r->part, c->index, ids_plus_1[i] - 1, arena, &out[i], err);
  return rc;
}

static int text_of_id(struct row_reader *r, struct row_column *c, uint32_t id, struct arena *arena, struct slice *out,
                      struct error *err) {
  uint32_t id_plus_1 = id + 1;
  return texts_of_ids(r, c, &id_plus_1, 1, arena, out, err);
}

int row_tenant(struct row_reader *r, uint32_t row, struct arena *arena, struct slice *out, struct error *err) {
  uint32_t id = 0;
  int rc = tenant_id(r, row, &id, err);
  return rc ? rc : text_of_id(r, r->tenant, id, arena, out, err);
}

/* ---- Whole events ---- */

/* Rows on their way into events. */
struct batch {
  const uint32_t *rows;
  uint32_t count;
  struct arena *arena;
  struct event *events;
};

static bool has_text(const struct page *page, uint32_t in_page) {
  return page->present[in_page / 8] >> (in_page % 8) & 1;
}

static uint32_t cells_in(const struct page *page, uint32_t in_page) {
  uint32_t count = 0;
  switch (page->kind) {
    case COLUMN_IDS: return page_id(page, in_page) != 0;
    case COLUMN_TEXT: return has_text(page, in_page);
    case COLUMN_LIST:
      for (uint32_t i = page->starts[in_page]; i < page->starts[in_page + 1]; i++) count += page->list_ids[i] != 0;
      return count;
    case COLUMN_INT:
    default: return 0;
  }
}

static bool gives_cells(const struct row_reader *r, const struct row_column *c) {
  return c != r->tenant && c->info.kind != COLUMN_INT;
}

/* Room for the cells of each event, and some that others may add. */
static int reserve_cells(struct row_reader *r, struct batch *b, struct error *err) {
  uint32_t counts[ROW_BATCH];
  const struct page *page;
  for (uint32_t i = 0; i < b->count; i++) counts[i] = 1; /* the tenant */
  for (uint32_t k = 0; k < r->column_count; k++) {
    if (!gives_cells(r, &r->columns[k])) continue;
    for (uint32_t i = 0; i < b->count; i++) {
      int rc = page_at(r, &r->columns[k], b->rows[i], &page, err);
      if (rc) return rc;
      if (page) counts[i] += cells_in(page, b->rows[i] % LIMIT_PAGE_ROWS);
    }
  }
  for (uint32_t i = 0; i < b->count; i++) {
    if (counts[i] > LIMIT_CELLS) return error_set(err, ERR_CORRUPT, "an event has more values than it may");
    b->events[i].cells = arena_alloc(b->arena, (counts[i] + 8) * sizeof *b->events[i].cells);
    if (!b->events[i].cells) return error_set(err, ERR_TOO_LARGE, "an event does not fit in memory");
  }
  return 0;
}

static void add_cell(struct event *to, unsigned field, uint32_t element, struct slice key, struct slice text) {
  to->cells[to->cell_count++] = (struct event_cell){(uint16_t)field, (uint16_t)element, key, text};
}

static int add_list(struct row_reader *r, struct row_column *c, const struct page *page, uint32_t in_page,
                    struct arena *arena, struct event *to, struct error *err) {
  for (uint32_t i = page->starts[in_page]; i < page->starts[in_page + 1]; i++) {
    if (!page->list_ids[i]) continue;
    struct slice text, key = SLICE("");
    int rc = text_of_id(r, c, page->list_ids[i] - 1, arena, &text, err);
    if (rc) return rc;
    uint32_t element = i - page->starts[in_page];
    unsigned field = c->info.field;
    if (field == FIELD_PARAMS_REST) {
      const char *end = text.len ? memchr(text.data, 0, text.len) : NULL;
      if (!end) return error_set(err, ERR_CORRUPT, "a parameter has no name");
      key = slice_of(text.data, (size_t)(end - text.data));
      text = slice_skip(text, key.len + 1);
      field = FIELD_PARAMS;
      element = 0;
    }
    add_cell(to, field, element, key, text);
  }
  return 0;
}

/* Columns with one value a row: ids_plus_1 of those that have one, or its text. */
static int find_values(struct row_reader *r, struct row_column *c, struct batch *b, uint32_t *ids_plus_1,
                       struct slice *texts, bool *any_out, struct error *err) {
  const struct page *page;
  for (uint32_t i = 0; i < b->count; i++) {
    uint32_t in_page = b->rows[i] % LIMIT_PAGE_ROWS;
    int rc = page_at(r, c, b->rows[i], &page, err);
    if (rc) return rc;
    ids_plus_1[i] = !page ? 0 : c->info.kind == COLUMN_IDS ? page_id(page, in_page) : has_text(page, in_page);
    *any_out = *any_out || ids_plus_1[i];
    if (c->info.kind == COLUMN_TEXT && ids_plus_1[i])
      texts[i] = arena_copy(
          b->arena, slice_of(page->bytes + page->starts[in_page], page->starts[in_page + 1] - page->starts[in_page]));
  }
  return 0;
}

static int add_values(struct row_reader *r, struct row_column *c, struct batch *b, struct error *err) {
  uint32_t ids_plus_1[ROW_BATCH];
  struct slice texts[ROW_BATCH], key = {"", 0};
  bool any = false;
  int rc = find_values(r, c, b, ids_plus_1, texts, &any, err);
  if (rc || !any) return rc;
  if (c->info.kind == COLUMN_IDS) rc = texts_of_ids(r, c, ids_plus_1, b->count, b->arena, texts, err);
  if (rc) return rc;
  if (c->info.key.len) key = arena_copy(b->arena, c->info.key);
  for (uint32_t i = 0; i < b->count; i++)
    if (ids_plus_1[i]) add_cell(&b->events[i], c->info.field, 0, key, texts[i]);
  return 0;
}

static int add_lists(struct row_reader *r, struct row_column *c, struct batch *b, struct error *err) {
  const struct page *page;
  int rc = 0;
  for (uint32_t i = 0; rc == 0 && i < b->count; i++) {
    rc = page_at(r, c, b->rows[i], &page, err);
    if (rc == 0 && page) rc = add_list(r, c, page, b->rows[i] % LIMIT_PAGE_ROWS, b->arena, &b->events[i], err);
  }
  return rc;
}

/* What is no column of texts, and the tenant, which neighbours mostly share. */
static int begin_events(struct row_reader *r, struct batch *b, struct error *err) {
  struct slice tenant = {"", 0};
  uint32_t last_id = UINT32_MAX;
  int rc = 0;
  for (uint32_t i = 0; rc == 0 && i < b->count; i++) {
    struct event *e = &b->events[i];
    uint32_t id = 0;
    rc = row_occurred(r, b->rows[i], &e->occurred_at_us, err);
    if (rc == 0) rc = row_received(r, b->rows[i], &e->received_at_us, err);
    if (rc == 0) rc = row_seq(r, b->rows[i], &e->seq, err);
    if (rc == 0) rc = tenant_id(r, b->rows[i], &id, err);
    if (rc == 0 && id != last_id) rc = text_of_id(r, r->tenant, id, b->arena, &tenant, err);
    last_id = id;
    if (rc == 0) add_cell(e, FIELD_TENANT, 0, SLICE(""), tenant);
  }
  return rc;
}

int row_read_many(struct row_reader *r, const uint32_t *rows, uint32_t count, struct arena *arena, struct event *out,
                  struct error *err) {
  struct batch b = {rows, count, arena, out};
  bool rest = false;
  assert(count <= ROW_BATCH);
  memset(out, 0, count * sizeof *out);
  struct arena_mark before = arena_mark(arena);
  int rc = reserve_cells(r, &b, err);
  if (rc == 0) rc = begin_events(r, &b, err);
  for (uint32_t k = 0; rc == 0 && k < r->column_count; k++) {
    struct row_column *c = &r->columns[k];
    if (!gives_cells(r, c)) continue;
    rest = rest || c->info.field == FIELD_PARAMS_REST;
    rc = c->info.kind == COLUMN_LIST ? add_lists(r, c, &b, err) : add_values(r, c, &b, err);
  }
  if (rc == 0 && arena->overflowed) rc = error_set(err, ERR_TOO_LARGE, "an event does not fit in memory");
  for (uint32_t i = 0; rc == 0 && rest && i < count; i++)
    event_sort_cells(&out[i]); /* parameters without a column come last */
  if (rc) arena_rewind(arena, before);
  return rc;
}

int row_read(struct row_reader *r, uint32_t row, struct arena *arena, struct event *out, struct error *err) {
  return row_read_many(r, &row, 1, arena, out, err);
}

/* ---- Parameter names ---- */

static int name_of_column(struct row_column *c, const struct page *page, uint32_t first_row, const struct bitmap *rows,
                          struct tally *names, bool *found) {
  for (uint32_t row = 0; row < page->row_count && !*found; row++) {
    uint32_t at = first_row + row;
    if (!(rows->words[at / 64] >> (at % 64) & 1)) continue;
    *found = cells_in(page, row) != 0;
  }
  return *found && tally_add(names, c->info.key, 1) == UINT32_MAX ? ERR_TOO_LARGE : 0;
}

static int names_of_rest(struct row_reader *r, struct row_column *c, const struct page *page, uint32_t first_row,
                         const struct bitmap *rows, struct tally *names, struct error *err) {
  struct arena arena;
  int rc = 0;
  arena_init(&arena, 16 * LIMIT_EVENT_BYTES);
  for (uint32_t row = 0; rc == 0 && row < page->row_count; row++) {
    uint32_t at = first_row + row;
    if (!(rows->words[at / 64] >> (at % 64) & 1)) continue;
    for (uint32_t i = page->starts[row]; rc == 0 && i < page->starts[row + 1]; i++) {
      struct slice text;
      arena_reset(&arena);
      if (!page->list_ids[i]) continue;
      rc = text_of_id(r, c, page->list_ids[i] - 1, &arena, &text, err);
      const char *end = rc == 0 && text.len ? memchr(text.data, 0, text.len) : NULL;
      if (end && tally_add(names, slice_of(text.data, (size_t)(end - text.data)), 1) == UINT32_MAX) rc = ERR_TOO_LARGE;
    }
  }
  arena_free(&arena);
  return rc;
}

int row_param_names(struct row_reader *r, const struct bitmap *rows, struct tally *names, struct error *err) {
  struct group_info info;
  r->part->ops->group(r->part, r->group, &info);
  for (uint32_t k = 0; k < r->column_count; k++) {
    struct row_column *c = &r->columns[k];
    if (c->info.field != FIELD_PARAMS && c->info.field != FIELD_PARAMS_REST) continue;
    bool found = false;
    for (uint32_t first = 0; first < info.rows && !found; first += LIMIT_PAGE_ROWS) {
      const struct page *page;
      int rc = page_at(r, c, first, &page, err);
      if (rc == 0 && page)
        rc = c->info.field == FIELD_PARAMS ? name_of_column(c, page, first, rows, names, &found)
                                           : names_of_rest(r, c, page, first, rows, names, err);
      if (rc) return rc;
    }
  }
  return 0;
}
