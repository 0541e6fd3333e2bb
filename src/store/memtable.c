#include "store/memtable.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/fold.h"
#include "base/instant.h"

enum {
  PAGES = MEMTABLE_MAX_ROWS / LIMIT_PAGE_ROWS,
  DICT_CHUNK = 4096,
  DICT_CHUNKS = 4096, /* 16 M values: more than LIMIT_MEMTABLE_BYTES and a commit group can hold */
  PARAM_SLOTS = 4096, /* a power of two well above LIMIT_PARAM_COLUMNS */
  COLUMNS = FIELD_COUNT + 1 + LIMIT_PARAM_COLUMNS,
  REST_COLUMN = FIELD_COUNT,
  FIRST_TABLE_SLOTS = 64,
};

struct retired { /* memory that readers may still see */
  struct retired *next;
  void *memory;
};

struct dict_entry {
  const char *data;
  uint32_t len;
  uint32_t hash; /* of the folded text */
};

struct dict_table {
  uint32_t mask;           /* slots - 1 */
  _Atomic uint32_t slot[]; /* id + 1, 0 is free; linear probing from the hash */
};

struct dict {
  _Atomic uint32_t count;
  _Atomic(struct dict_entry *) chunks[DICT_CHUNKS];
  _Atomic(struct dict_table *) table;
};

struct list_page {
  uint32_t starts[LIMIT_PAGE_ROWS + 1]; /* [0 .. filled] are set; a reader's rows are all filled by publish */
  uint32_t filled, capacity;
  _Atomic(uint32_t *) ids;
};

struct column {
  uint16_t field;
  enum column_kind kind;
  struct slice key;
  struct dict dict;
  _Atomic(void *) pages[PAGES]; /* IDS: uint32_t[], LIST: struct list_page, INT: int64_t[]; NULL: nothing there */
};

struct zone {
  _Atomic int64_t occurred_min, occurred_max, received_min, received_max;
};

struct key_slot {
  uint64_t hash;
  uint32_t row_plus_1;
};

struct memtable {
  atomic_uint refs;
  uint64_t generation, seed;
  uint32_t row_count; /* the writer's */
  _Atomic uint32_t published;
  atomic_size_t bytes;
  struct arena text;
  struct buffer scratch;
  struct retired *retired;
  _Atomic uint32_t column_count; /* FIELD_COUNT + 1 + parameters */
  _Atomic(struct column *) columns[COLUMNS];
  _Atomic uint32_t param_slots[PARAM_SLOTS]; /* column index, 0 is free */
  struct zone zones[PAGES];
  struct key_slot *keys; /* the writer's table over (tenant, key) */
  uint32_t key_count, key_mask;
};

struct view {
  struct part part;
  struct memtable *memtable;
};

/* ---- Making ---- */

static void *take_zeroed(struct memtable *m, size_t size) {
  void *p = calloc(1, size);
  if (!p) abort();
  atomic_fetch_add_explicit(&m->bytes, size, memory_order_relaxed);
  return p;
}

static void retire(struct memtable *m, void *memory) {
  struct retired *r = malloc(sizeof *r);
  if (!r) abort();
  *r = (struct retired){m->retired, memory};
  m->retired = r;
}

static enum column_kind kind_of(unsigned field) {
  if (field == FIELD_PARAMS_REST) return COLUMN_LIST;
  const struct field *f = field_get(field);
  if (f->kind == KIND_TIME || f->kind == KIND_SEQ) return COLUMN_INT;
  return f->flags & F_LIST ? COLUMN_LIST : COLUMN_IDS;
}

static struct column *new_column(struct memtable *m, unsigned field, struct slice key) {
  struct column *c = take_zeroed(m, sizeof *c);
  c->field = (uint16_t)field;
  c->kind = kind_of(field);
  c->key = arena_copy(&m->text, key);
  return c;
}

struct memtable *memtable_new(uint64_t generation, uint64_t seed) {
  struct memtable *m = calloc(1, sizeof *m);
  if (!m) abort();
  atomic_init(&m->refs, 1);
  m->generation = generation;
  m->seed = seed;
  arena_init(&m->text, SIZE_MAX / 2); /* bounded by the caller through memtable_bytes */
  buffer_init(&m->scratch, 16 * LIMIT_EVENT_BYTES);
  atomic_init(&m->column_count, FIELD_COUNT + 1);
  for (size_t i = 0; i < PAGES; i++) {
    atomic_init(&m->zones[i].occurred_min, INSTANT_MAX);
    atomic_init(&m->zones[i].occurred_max, INSTANT_MIN);
    atomic_init(&m->zones[i].received_min, INSTANT_MAX);
    atomic_init(&m->zones[i].received_max, INSTANT_MIN);
  }
  return m;
}

void memtable_ref(struct memtable *m) { atomic_fetch_add(&m->refs, 1); }

static void free_column(struct column *c) {
  if (!c) return;
  for (size_t i = 0; i < PAGES; i++) {
    void *page = atomic_load(&c->pages[i]);
    if (page && c->kind == COLUMN_LIST) free(atomic_load(&((struct list_page *)page)->ids));
    free(page);
  }
  for (size_t i = 0; i < DICT_CHUNKS && atomic_load(&c->dict.chunks[i]); i++) free(atomic_load(&c->dict.chunks[i]));
  free(atomic_load(&c->dict.table));
  free(c);
}

void memtable_unref(struct memtable *m) {
  if (!m || atomic_fetch_sub(&m->refs, 1) != 1) return;
  for (size_t i = 0; i < COLUMNS; i++) free_column(atomic_load(&m->columns[i]));
  struct retired *next;
  for (struct retired *r = m->retired; r; r = next) {
    next = r->next;
    free(r->memory);
    free(r);
  }
  arena_free(&m->text);
  buffer_free(&m->scratch);
  free(m->keys);
  free(m);
}

uint64_t memtable_generation(const struct memtable *m) { return m->generation; }
uint32_t memtable_rows(const struct memtable *m) { return atomic_load_explicit(&m->published, memory_order_acquire); }
uint64_t memtable_bytes(const struct memtable *m) {
  return atomic_load_explicit(&m->bytes, memory_order_relaxed) + m->text.used_bytes;
}

/* ---- Dictionaries ---- */

static struct dict_entry *entry_of(struct dict *d, uint32_t id) {
  return atomic_load_explicit(&d->chunks[id / DICT_CHUNK], memory_order_acquire) + id % DICT_CHUNK;
}

static void grow_table(struct memtable *m, struct dict *d, struct dict_table *old) {
  uint32_t slots = old ? (old->mask + 1) * 2 : FIRST_TABLE_SLOTS;
  struct dict_table *t = take_zeroed(m, sizeof *t + slots * sizeof t->slot[0]);
  t->mask = slots - 1;
  uint32_t count = atomic_load_explicit(&d->count, memory_order_relaxed);
  for (uint32_t id = 0; id < count; id++) {
    uint32_t at = entry_of(d, id)->hash & t->mask;
    while (atomic_load_explicit(&t->slot[at], memory_order_relaxed)) at = (at + 1) & t->mask;
    atomic_store_explicit(&t->slot[at], id + 1, memory_order_relaxed);
  }
  atomic_store_explicit(&d->table, t, memory_order_release);
  if (old) retire(m, old);
}

/* The id of text, added where new. Case variants share a hash, so that readers find all of them in one probe. */
static uint32_t dict_add(struct memtable *m, struct dict *d, struct slice text, struct slice value) {
  uint32_t hash = (uint32_t)fold_hash(value, m->seed, &m->scratch);
  struct dict_table *t = atomic_load_explicit(&d->table, memory_order_relaxed);
  uint32_t count = atomic_load_explicit(&d->count, memory_order_relaxed);
  if (!t || count >= (t->mask + 1) / 2) {
    grow_table(m, d, t);
    t = atomic_load_explicit(&d->table, memory_order_relaxed);
  }
  uint32_t at = hash & t->mask, slot;
  for (; (slot = atomic_load_explicit(&t->slot[at], memory_order_relaxed)) != 0; at = (at + 1) & t->mask) {
    struct dict_entry *e = entry_of(d, slot - 1);
    if (e->hash == hash && slice_equal(slice_of(e->data, e->len), text)) return slot - 1;
  }
  assert(count < (uint32_t)DICT_CHUNK * DICT_CHUNKS);
  if (count % DICT_CHUNK == 0)
    atomic_store_explicit(&d->chunks[count / DICT_CHUNK], take_zeroed(m, DICT_CHUNK * sizeof(struct dict_entry)),
                          memory_order_release);
  struct slice copy = arena_copy(&m->text, text);
  *entry_of(d, count) = (struct dict_entry){copy.data, (uint32_t)copy.len, hash};
  atomic_store_explicit(&d->count, count + 1, memory_order_release);
  atomic_store_explicit(&t->slot[at], count + 1, memory_order_release);
  return count;
}

/* ---- Appending ---- */

static struct column *param_column(struct memtable *m, struct slice key) {
  uint32_t at = (uint32_t)hash64(key.data, key.len, m->seed) & (PARAM_SLOTS - 1), index;
  for (; (index = atomic_load_explicit(&m->param_slots[at], memory_order_relaxed)) != 0;
       at = (at + 1) & (PARAM_SLOTS - 1)) {
    struct column *c = atomic_load_explicit(&m->columns[index], memory_order_relaxed);
    if (slice_equal(c->key, key)) return c;
  }
  uint32_t count = atomic_load_explicit(&m->column_count, memory_order_relaxed);
  if (count == COLUMNS) return NULL;
  struct column *c = new_column(m, FIELD_PARAMS, key);
  atomic_store_explicit(&m->columns[count], c, memory_order_release);
  atomic_store_explicit(&m->column_count, count + 1, memory_order_release);
  atomic_store_explicit(&m->param_slots[at], count, memory_order_release);
  return c;
}

static struct column *fixed_column(struct memtable *m, uint32_t index) {
  struct column *c = atomic_load_explicit(&m->columns[index], memory_order_relaxed);
  if (c) return c;
  c = new_column(m, index == REST_COLUMN ? FIELD_PARAMS_REST : index, SLICE(""));
  atomic_store_explicit(&m->columns[index], c, memory_order_release);
  return c;
}

static void *page_of(struct memtable *m, struct column *c, uint32_t row, size_t size) {
  _Atomic(void *) *place = &c->pages[row / LIMIT_PAGE_ROWS];
  void *page = atomic_load_explicit(place, memory_order_relaxed);
  if (page) return page;
  page = take_zeroed(m, size);
  atomic_store_explicit(place, page, memory_order_release);
  return page;
}

static void put_id(struct memtable *m, struct column *c, uint32_t row, uint32_t id_plus_1) {
  uint32_t *ids = page_of(m, c, row, LIMIT_PAGE_ROWS * sizeof *ids);
  ids[row % LIMIT_PAGE_ROWS] = id_plus_1;
}

static void put_int(struct memtable *m, unsigned field, uint32_t row, int64_t value) {
  int64_t *ints = page_of(m, fixed_column(m, field), row, LIMIT_PAGE_ROWS * sizeof *ints);
  ints[row % LIMIT_PAGE_ROWS] = value;
}

/* Rows up to `rows` that have no list of their own get an empty one. Writing zeros over zeros is left out: a reader may
 * already see a page that is only now begun. */
static void fill_starts(struct list_page *p, uint32_t rows) {
  uint32_t end = p->starts[p->filled];
  for (; p->filled < rows; p->filled++)
    if (end) p->starts[p->filled + 1] = end;
}

/* Element `element` of the row's list; elements skipped before it lack this member. */
static void put_list(struct memtable *m, struct column *c, uint32_t row, uint32_t element, uint32_t id_plus_1) {
  struct list_page *p = page_of(m, c, row, sizeof *p);
  uint32_t in_page = row % LIMIT_PAGE_ROWS;
  fill_starts(p, in_page + 1);
  uint32_t need = p->starts[in_page] + element + 1;
  uint32_t *ids = atomic_load_explicit(&p->ids, memory_order_relaxed);
  if (need > p->capacity) {
    uint32_t capacity = p->capacity ? p->capacity * 2 : 64;
    while (capacity < need) capacity *= 2;
    uint32_t *more = take_zeroed(m, capacity * sizeof *more);
    if (ids) {
      memcpy(more, ids, p->capacity * sizeof *ids);
      retire(m, ids);
    }
    p->capacity = capacity;
    atomic_store_explicit(&p->ids, more, memory_order_release);
    ids = more;
  }
  for (uint32_t i = p->starts[in_page + 1]; i + 1 < need; i++) ids[i] = 0;
  ids[need - 1] = id_plus_1;
  p->starts[in_page + 1] = need;
}

static void put_cell(struct memtable *m, uint32_t row, const struct event_cell *cell, uint32_t *rest_count) {
  const struct field *f = field_get(cell->field);
  struct slice value = event_value(cell);
  if (f->flags & F_MAP) {
    struct column *c = param_column(m, cell->key);
    if (c) {
      put_id(m, c, row, 1 + dict_add(m, &c->dict, cell->text, value));
      return;
    }
    c = fixed_column(m, REST_COLUMN);
    struct buffer pair;
    buffer_init(&pair, 2 * LIMIT_EVENT_BYTES);
    buffer_append_slice(&pair, cell->key);
    buffer_append_char(&pair, 0);
    buffer_append_slice(&pair, cell->text);
    put_list(m, c, row, (*rest_count)++, 1 + dict_add(m, &c->dict, buffer_slice(&pair), buffer_slice(&pair)));
    buffer_free(&pair);
    return;
  }
  struct column *c = fixed_column(m, cell->field);
  uint32_t id_plus_1 = 1 + dict_add(m, &c->dict, cell->text, value);
  if (c->kind == COLUMN_LIST)
    put_list(m, c, row, cell->element, id_plus_1);
  else
    put_id(m, c, row, id_plus_1);
}

static void widen(_Atomic int64_t *min, _Atomic int64_t *max, int64_t value) {
  if (value < atomic_load_explicit(min, memory_order_relaxed)) atomic_store_explicit(min, value, memory_order_relaxed);
  if (value > atomic_load_explicit(max, memory_order_relaxed)) atomic_store_explicit(max, value, memory_order_relaxed);
}

static uint64_t key_hash(const struct memtable *m, struct slice tenant, struct slice key) {
  return hash64(key.data, key.len, hash64(tenant.data, tenant.len, m->seed)) | 1;
}

static void add_key(struct memtable *m, uint64_t hash, uint32_t row) {
  if (!m->keys || m->key_count >= (m->key_mask + 1) / 2) {
    uint32_t slots = m->keys ? (m->key_mask + 1) * 2 : 1024;
    struct key_slot *old = m->keys, *grown = calloc(slots, sizeof *grown);
    if (!grown) abort();
    uint32_t old_slots = old ? m->key_mask + 1 : 0;
    m->keys = grown;
    m->key_mask = slots - 1;
    for (uint32_t i = 0; i < old_slots; i++) {
      if (!old[i].row_plus_1) continue;
      uint32_t at = (uint32_t)old[i].hash & m->key_mask;
      while (grown[at].row_plus_1) at = (at + 1) & m->key_mask;
      grown[at] = old[i];
    }
    free(old);
  }
  uint32_t at = (uint32_t)hash & m->key_mask;
  while (m->keys[at].row_plus_1) at = (at + 1) & m->key_mask;
  m->keys[at] = (struct key_slot){hash, row + 1};
  m->key_count++;
}

void memtable_append(struct memtable *m, const struct event *e) {
  uint32_t row = m->row_count++, rest_count = 0;
  assert(row < MEMTABLE_MAX_ROWS);
  put_int(m, FIELD_OCCURRED_AT, row, e->occurred_at_us);
  put_int(m, FIELD_RECEIVED_AT, row, e->received_at_us);
  put_int(m, FIELD_SEQ, row, (int64_t)e->seq);
  for (uint32_t i = 0; i < e->cell_count; i++) put_cell(m, row, &e->cells[i], &rest_count);
  struct zone *z = &m->zones[row / LIMIT_PAGE_ROWS];
  widen(&z->occurred_min, &z->occurred_max, e->occurred_at_us);
  widen(&z->received_min, &z->received_max, e->received_at_us);
  const struct event_cell *key = event_cell(e, FIELD_KEY);
  if (key) add_key(m, key_hash(m, event_text(e, FIELD_TENANT), key->text), row);
}

static void close_lists(struct memtable *m, uint32_t index) {
  struct column *c = atomic_load_explicit(&m->columns[index], memory_order_relaxed);
  if (!c || c->kind != COLUMN_LIST) return;
  uint32_t from = atomic_load_explicit(&m->published, memory_order_relaxed) / LIMIT_PAGE_ROWS;
  for (uint32_t page = from; page * LIMIT_PAGE_ROWS < m->row_count; page++) {
    struct list_page *p = atomic_load_explicit(&c->pages[page], memory_order_relaxed);
    uint32_t rows = m->row_count - page * LIMIT_PAGE_ROWS;
    if (p) fill_starts(p, rows < LIMIT_PAGE_ROWS ? rows : LIMIT_PAGE_ROWS);
  }
}

void memtable_publish(struct memtable *m) {
  for (uint32_t i = 0; i <= REST_COLUMN; i++) close_lists(m, i);
  atomic_store_explicit(&m->published, m->row_count, memory_order_release);
}

static struct slice text_at(struct memtable *m, unsigned field, uint32_t row) {
  struct column *c = atomic_load_explicit(&m->columns[field], memory_order_relaxed);
  uint32_t *ids = c ? atomic_load_explicit(&c->pages[row / LIMIT_PAGE_ROWS], memory_order_relaxed) : NULL;
  uint32_t id_plus_1 = ids ? ids[row % LIMIT_PAGE_ROWS] : 0;
  if (!id_plus_1) return SLICE("");
  struct dict_entry *e = entry_of(&c->dict, id_plus_1 - 1);
  return slice_of(e->data, e->len);
}

bool memtable_find_key(struct memtable *m, struct slice tenant, struct slice key, uint32_t *row_out) {
  if (!m->keys) return false;
  uint64_t hash = key_hash(m, tenant, key);
  for (uint32_t at = (uint32_t)hash & m->key_mask; m->keys[at].row_plus_1; at = (at + 1) & m->key_mask) {
    uint32_t row = m->keys[at].row_plus_1 - 1;
    if (m->keys[at].hash == hash && slice_equal(text_at(m, FIELD_TENANT, row), tenant) &&
        slice_equal(text_at(m, FIELD_KEY, row), key)) {
      *row_out = row;
      return true;
    }
  }
  return false;
}

/* ---- Views ---- */

static struct memtable *of(struct part *p) { return ((struct view *)p)->memtable; }

static struct column *column_at(struct part *p, uint32_t column) {
  return atomic_load_explicit(&of(p)->columns[column], memory_order_acquire);
}

static uint32_t view_find_column(struct part *p, unsigned field, struct slice key) {
  struct memtable *m = of(p);
  if (field == FIELD_PARAMS) {
    uint32_t at = (uint32_t)hash64(key.data, key.len, m->seed) & (PARAM_SLOTS - 1), index;
    for (; (index = atomic_load_explicit(&m->param_slots[at], memory_order_acquire)) != 0;
         at = (at + 1) & (PARAM_SLOTS - 1))
      if (slice_equal(column_at(p, index)->key, key)) return index < p->column_count ? index : NO_COLUMN;
    return NO_COLUMN;
  }
  uint32_t index = field == FIELD_PARAMS_REST ? (uint32_t)REST_COLUMN : field;
  return column_at(p, index) ? index : NO_COLUMN;
}

/* A column nobody has used yet reads as an empty one of its kind. */
static void view_column(struct part *p, uint32_t column, struct part_column *out) {
  struct column *c = column_at(p, column);
  unsigned field = c ? c->field : column == REST_COLUMN ? (unsigned)FIELD_PARAMS_REST : column;
  *out = (struct part_column){
      .field = (uint16_t)field,
      .kind = c ? c->kind : kind_of(field),
      .key = c ? c->key : SLICE(""),
      .dict_count = c ? atomic_load_explicit(&c->dict.count, memory_order_acquire) : 0,
  };
}

static void view_group(struct part *p, uint32_t group, struct group_info *out) {
  const struct zone *z = &of(p)->zones[group];
  uint64_t first = (uint64_t)group * MEMTABLE_GROUP_ROWS;
  *out = (struct group_info){
      .rows = (uint32_t)(p->rows - first < MEMTABLE_GROUP_ROWS ? p->rows - first : MEMTABLE_GROUP_ROWS),
      .occurred_min_us = atomic_load_explicit(&z->occurred_min, memory_order_relaxed),
      .occurred_max_us = atomic_load_explicit(&z->occurred_max, memory_order_relaxed),
      .received_min_us = atomic_load_explicit(&z->received_min, memory_order_relaxed),
      .received_max_us = atomic_load_explicit(&z->received_max, memory_order_relaxed),
  };
}

static int view_page_get(struct part *p, uint32_t column, uint32_t group, uint32_t page, const struct page **out,
                         struct error *err) {
  (void)err;
  assert(page == 0 && group < p->group_count);
  *out = NULL;
  struct column *c = column_at(p, column);
  void *data = c ? atomic_load_explicit(&c->pages[group], memory_order_acquire) : NULL;
  if (!data) return 0;
  struct group_info info;
  view_group(p, group, &info);
  struct page *view = calloc(1, sizeof *view);
  if (!view) abort();
  view->kind = c->kind;
  view->row_count = info.rows;
  view->id_bytes = 4;
  if (c->kind == COLUMN_IDS) view->ids = data;
  if (c->kind == COLUMN_INT) view->ints = data;
  if (c->kind == COLUMN_LIST) {
    struct list_page *lp = data;
    view->starts = lp->starts;
    view->list_ids = atomic_load_explicit(&lp->ids, memory_order_acquire);
  }
  *out = view;
  return 0;
}

static void view_page_put(struct part *p, const struct page *page) {
  (void)p;
  free((void *)(uintptr_t)page);
}

static int view_dict_get(struct part *p, uint32_t column, uint32_t id, struct arena *arena, struct slice *out,
                         struct error *err) {
  struct dict_entry *e = entry_of(&column_at(p, column)->dict, id);
  *out = arena_copy(arena, slice_of(e->data, e->len));
  return arena->overflowed ? error_set(err, ERR_TOO_LARGE, "a value does not fit in memory") : 0;
}

static int view_dict_scan(struct part *p, uint32_t column, uint32_t begin, uint32_t end,
                          int (*each)(void *arg, uint32_t id, struct slice text), void *arg, struct error *err) {
  (void)err;
  struct column *c = column_at(p, column);
  for (uint32_t id = begin; id < end; id++) {
    struct dict_entry *e = entry_of(&c->dict, id);
    int rc = each(arg, id, slice_of(e->data, e->len));
    if (rc) return rc;
  }
  return 0;
}

static bool any_value(unsigned field) { return field < FIELD_COUNT && field_get(field)->kind == KIND_ANY; }

static int view_dict_find(struct part *p, uint32_t column, struct slice folded, bool prefix, uint32_t *begin,
                          uint32_t *end, uint32_t *ids_out, uint32_t max, struct error *err) {
  (void)err;
  if (prefix) return ERR_UNSUPPORTED;
  struct column *c = column_at(p, column);
  *begin = *end = 0;
  struct dict_table *t = c ? atomic_load_explicit(&c->dict.table, memory_order_acquire) : NULL;
  if (!t) return 0;
  uint32_t hash = (uint32_t)hash64(folded.data, folded.len, of(p)->seed), slot;
  struct buffer scratch;
  buffer_init(&scratch, 16 * LIMIT_EVENT_BYTES);
  int rc = 0;
  for (uint32_t at = hash & t->mask; (slot = atomic_load_explicit(&t->slot[at], memory_order_acquire)) != 0;
       at = (at + 1) & t->mask) {
    struct dict_entry *e = entry_of(&c->dict, slot - 1);
    struct slice text = slice_of(e->data, e->len);
    if (e->hash != hash || !slice_equal(fold(any_value(c->field) ? slice_skip(text, 1) : text, &scratch), folded))
      continue;
    if (*end == max) {
      rc = ERR_TOO_LARGE;
      break;
    }
    ids_out[(*end)++] = slot - 1;
  }
  buffer_free(&scratch);
  return rc;
}

static int view_runs_get(struct part *p, uint32_t group, const struct run **out, uint32_t *count, void **owner,
                         struct error *err) {
  (void)p, (void)group, (void)err;
  *out = NULL;
  *count = 0;
  *owner = NULL;
  return 0;
}
static void view_runs_put(struct part *p, void *owner) { (void)p, (void)owner; }

static int view_term_mask(struct part *p, uint32_t column, uint32_t group, uint32_t begin, uint32_t end,
                          uint64_t *mask_out, struct error *err) {
  (void)p, (void)column, (void)group, (void)begin, (void)end, (void)err;
  *mask_out = UINT64_MAX;
  return 0;
}

static int view_gram_mask(struct part *p, uint32_t group, struct slice folded, bool left, bool right,
                          uint64_t *mask_out, struct error *err) {
  (void)p, (void)group, (void)folded, (void)left, (void)right, (void)err;
  *mask_out = UINT64_MAX;
  return 0;
}

static int view_may_hold_key(struct part *p, struct slice tenant, struct slice key, bool *out, struct error *err) {
  (void)p, (void)tenant, (void)key, (void)err;
  *out = true;
  return 0;
}

static const struct part_ops view_ops = {
    .find_column = view_find_column,
    .column = view_column,
    .group = view_group,
    .page_get = view_page_get,
    .page_put = view_page_put,
    .dict_get = view_dict_get,
    .dict_scan = view_dict_scan,
    .dict_find = view_dict_find,
    .runs_get = view_runs_get,
    .runs_put = view_runs_put,
    .term_mask = view_term_mask,
    .gram_mask = view_gram_mask,
    .may_hold_key = view_may_hold_key,
};

struct part *memtable_view(struct memtable *m) {
  struct view *v = calloc(1, sizeof *v);
  if (!v) abort();
  memtable_ref(m);
  v->memtable = m;
  struct part *p = &v->part;
  p->ops = &view_ops;
  p->rows = memtable_rows(m);
  p->column_count = atomic_load_explicit(&m->column_count, memory_order_acquire);
  p->group_count = (uint32_t)((p->rows + MEMTABLE_GROUP_ROWS - 1) / MEMTABLE_GROUP_ROWS);
  p->occurred_min_us = p->received_min_us = INSTANT_MAX;
  p->occurred_max_us = p->received_max_us = INSTANT_MIN;
  for (uint32_t g = 0; g < p->group_count; g++) {
    struct group_info i;
    view_group(p, g, &i);
    if (i.occurred_min_us < p->occurred_min_us) p->occurred_min_us = i.occurred_min_us;
    if (i.occurred_max_us > p->occurred_max_us) p->occurred_max_us = i.occurred_max_us;
    if (i.received_min_us < p->received_min_us) p->received_min_us = i.received_min_us;
    if (i.received_max_us > p->received_max_us) p->received_max_us = i.received_max_us;
  }
  return p;
}

void memtable_view_free(struct part *view) {
  if (!view) return;
  memtable_unref(of(view));
  free(view);
}
