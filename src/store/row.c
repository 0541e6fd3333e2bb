#include "store/row.h"

#include <assert.h>
#include <stdlib.h>

struct row_column {
  uint32_t index;
  struct part_column info;
  const struct page *pages[GROUP_PAGES];
  uint8_t loaded; /* bit per page */
};

/* Texts looked up lately, by (column, id): most values of a log repeat, and a look-up in a segment costs far more. */
enum { MEMO_SLOTS = 4096, MEMO_BYTES = 1024 * 1024, MEMO_TEXT_BYTES = 256 };

struct memo {
  struct memo_slot {
    uint32_t column, id_plus_1;
    struct slice text;
  } slots[MEMO_SLOTS];
  struct arena arena;
};

struct row_reader {
  struct part *part;
  struct memo *memo; /* NULL until the first look-up, and for memtables, which need none */
  uint32_t group, column_count;
  struct row_column *columns; /* ascending by field, then key: the order of cells */
  struct row_column *tenant, *occurred, *received, *seq;
  const struct run *runs;
  uint32_t run_count;
  void *runs_owner;
  bool runs_loaded;
};

static int by_field(const void *a, const void *b) {
  const struct row_column *x = a, *y = b;
  unsigned fx = x->info.field == FIELD_PARAMS_REST ? FIELD_PARAMS : x->info.field;
  unsigned fy = y->info.field == FIELD_PARAMS_REST ? FIELD_PARAMS : y->info.field;
  if (fx != fy) return fx < fy ? -1 : 1;
  return slice_compare(x->info.key, y->info.key);
}

struct row_reader *row_reader_new(struct part *part, uint32_t group) {
  struct row_reader *r = calloc(1, sizeof *r);
  if (r) r->columns = calloc(part->column_count + 1, sizeof *r->columns);
  if (!r || !r->columns) abort();
  r->part = part;
  r->group = group;
  r->column_count = part->column_count;
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
  if (r->runs_loaded) r->part->ops->runs_put(r->part, r->runs_owner);
  if (r->memo) arena_free(&r->memo->arena);
  free(r->memo);
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
    int rc = r->part->ops->runs_get(r->part, r->group, &r->runs, &r->run_count, &r->runs_owner, err);
    if (rc) return rc;
    r->runs_loaded = true;
  }
  if (r->runs) {
    uint32_t low = 0, high = r->run_count; /* the last run that begins at or before row */
    while (high - low > 1) {
      uint32_t middle = low + (high - low) / 2;
      if (r->runs[middle].row_begin <= row)
        low = middle;
      else
        high = middle;
    }
    *out = r->runs[low].tenant;
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

static struct memo_slot *memo_slot(struct row_reader *r, uint32_t column, uint32_t id) {
  if (!r->memo) {
    r->memo = calloc(1, sizeof *r->memo);
    if (!r->memo) abort();
    arena_init(&r->memo->arena, MEMO_BYTES);
  }
  return &r->memo->slots[(id * 31 + column * 1021) % MEMO_SLOTS];
}

static void remember(struct row_reader *r, struct memo_slot *slot, uint32_t column, uint32_t id, struct slice text) {
  struct memo *m = r->memo;
  if (text.len > MEMO_TEXT_BYTES) return;
  struct slice copy = arena_copy(&m->arena, text);
  if (m->arena.overflowed) { /* full: begin anew */
    arena_reset(&m->arena);
    memset(m->slots, 0, sizeof m->slots);
    copy = arena_copy(&m->arena, text);
  }
  *slot = (struct memo_slot){column, id + 1, copy};
}

static int copy_out(struct slice text, struct arena *arena, struct slice *out, struct error *err) {
  *out = arena_copy(arena, text);
  return arena->overflowed ? error_set(err, ERR_TOO_LARGE, "an event does not fit in memory") : 0;
}

static int text_of_id(struct row_reader *r, struct row_column *c, uint32_t id, struct arena *arena, struct slice *out,
                      struct error *err) {
  if (id >= c->info.dict_count) {
    r->part->ops->column(r->part, c->index, &c->info); /* a memtable's grows */
    if (id >= c->info.dict_count) return error_set(err, ERR_CORRUPT, "a value's number is beyond its dictionary");
  }
  if (r->part->number == 0) return r->part->ops->dict_get(r->part, c->index, id, arena, out, err);
  struct memo_slot *slot = memo_slot(r, c->index, id);
  if (slot->id_plus_1 == id + 1 && slot->column == c->index) return copy_out(slot->text, arena, out, err);
  int rc = r->part->ops->dict_get(r->part, c->index, id, arena, out, err);
  if (rc == 0) remember(r, slot, c->index, id, *out);
  return rc;
}

int row_tenant(struct row_reader *r, uint32_t row, struct arena *arena, struct slice *out, struct error *err) {
  uint32_t id = 0;
  int rc = tenant_id(r, row, &id, err);
  return rc ? rc : text_of_id(r, r->tenant, id, arena, out, err);
}

/* The cells of one event while they are gathered. */
struct cells {
  struct event_cell *cells;
  uint32_t count;
  bool too_many;
};

static void add_cell(struct cells *to, unsigned field, uint32_t element, struct slice key, struct slice text) {
  if (to->count == LIMIT_CELLS) {
    to->too_many = true;
    return;
  }
  to->cells[to->count++] = (struct event_cell){(uint16_t)field, (uint16_t)element, key, text};
}

static int add_list(struct row_reader *r, struct row_column *c, const struct page *page, uint32_t in_page,
                    struct arena *arena, struct cells *to, struct error *err) {
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

static int add_column(struct row_reader *r, struct row_column *c, uint32_t row, struct arena *arena, struct cells *to,
                      struct error *err) {
  const struct page *page;
  int rc = page_at(r, c, row, &page, err);
  if (rc || !page) return rc;
  uint32_t in_page = row % LIMIT_PAGE_ROWS;
  struct slice text;
  switch (c->info.kind) {
    case COLUMN_IDS: {
      uint32_t id_plus_1 = page_id(page, in_page);
      if (!id_plus_1) return 0;
      rc = text_of_id(r, c, id_plus_1 - 1, arena, &text, err);
      break;
    }
    case COLUMN_TEXT:
      if (!(page->present[in_page / 8] >> (in_page % 8) & 1)) return 0;
      text = arena_copy(
          arena, slice_of(page->bytes + page->starts[in_page], page->starts[in_page + 1] - page->starts[in_page]));
      break;
    case COLUMN_LIST: return add_list(r, c, page, in_page, arena, to, err);
    case COLUMN_INT:
    default: return 0;
  }
  if (rc == 0) add_cell(to, c->info.field, 0, c->info.key.len ? arena_copy(arena, c->info.key) : SLICE(""), text);
  return rc;
}

int row_read(struct row_reader *r, uint32_t row, struct arena *arena, struct event *out, struct error *err) {
  struct event_cell local[LIMIT_CELLS];
  struct cells found = {.cells = local};
  struct event e = {0};
  int rc = row_occurred(r, row, &e.occurred_at_us, err);
  if (rc == 0) rc = row_received(r, row, &e.received_at_us, err);
  if (rc == 0) rc = row_seq(r, row, &e.seq, err);
  struct slice tenant;
  if (rc == 0) rc = row_tenant(r, row, arena, &tenant, err);
  if (rc == 0) add_cell(&found, FIELD_TENANT, 0, SLICE(""), tenant);
  bool rest = false;
  for (uint32_t i = 0; rc == 0 && i < r->column_count; i++) {
    struct row_column *c = &r->columns[i];
    if (c == r->tenant || c->info.kind == COLUMN_INT) continue;
    rest = rest || c->info.field == FIELD_PARAMS_REST;
    rc = add_column(r, c, row, arena, &found, err);
  }
  if (rc) return rc;
  if (found.too_many) return error_set(err, ERR_CORRUPT, "an event has more values than it may");
  e.cells = arena_alloc(arena, (found.count + 8) * sizeof *e.cells);
  if (!e.cells || arena->overflowed) return error_set(err, ERR_TOO_LARGE, "an event does not fit in memory");
  memcpy(e.cells, local, found.count * sizeof *e.cells);
  e.cell_count = found.count;
  if (rest) event_sort_cells(&e); /* parameters without a column come last */
  *out = e;
  return 0;
}

/* ---- Parameter names ---- */

static int name_of_column(struct row_column *c, const struct page *page, uint32_t first_row, const struct bitmap *rows,
                          struct tally *names, bool *found) {
  for (uint32_t row = 0; row < page->row_count && !*found; row++) {
    uint32_t at = first_row + row;
    if (!(rows->words[at / 64] >> (at % 64) & 1)) continue;
    *found = c->info.kind == COLUMN_IDS ? page_id(page, row) != 0 : (page->present[row / 8] >> (row % 8) & 1) != 0;
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
