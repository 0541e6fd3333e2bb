#include "store/memtable.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/fold.h"
#include "base/instant.h"
#include "store/memtable_internal.h"

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

enum column_kind memtable_column_kind(unsigned field) {
  if (field == FIELD_PARAMS_REST) return COLUMN_LIST;
  const struct field *f = field_get(field);
  if (f->kind == KIND_TIME || f->kind == KIND_SEQ) return COLUMN_INT;
  return f->flags & F_LIST ? COLUMN_LIST : COLUMN_IDS;
}

static struct column *new_column(struct memtable *m, unsigned field, struct slice key) {
  struct column *c = take_zeroed(m, sizeof *c);
  c->field = (uint16_t)field;
  c->kind = memtable_column_kind(field);
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
  atomic_init(&m->column_count, FIELD_COUNT);
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
  return atomic_load_explicit(&m->bytes, memory_order_relaxed) +
         atomic_load_explicit(&m->text_bytes, memory_order_relaxed);
}

/* ---- Dictionaries ---- */

static void grow_table(struct memtable *m, struct dict *d, struct dict_table *old) {
  uint32_t slots = old ? (old->mask + 1) * 2 : FIRST_TABLE_SLOTS;
  struct dict_table *t = take_zeroed(m, sizeof *t + slots * sizeof t->slot[0]);
  t->mask = slots - 1;
  uint32_t count = atomic_load_explicit(&d->count, memory_order_relaxed);
  for (uint32_t id = 0; id < count; id++) {
    uint32_t hash = memtable_entry(d, id)->hash, at = hash & t->mask;
    while (atomic_load_explicit(&t->slot[at], memory_order_relaxed)) at = (at + 1) & t->mask;
    atomic_store_explicit(&t->slot[at], (uint64_t)hash << 32 | (id + 1), memory_order_relaxed);
  }
  atomic_store_explicit(&d->table, t, memory_order_release);
  if (old) retire(m, old);
}

/* Case variants share a hash, so that readers find all of them in one probe. */
static uint32_t value_hash(struct memtable *m, struct slice value) {
  return (uint32_t)fold_hash(value, m->seed, &m->scratch);
}

static uint32_t dict_append(struct memtable *m, struct dict *d, struct slice text, uint32_t hash) {
  uint32_t count = atomic_load_explicit(&d->count, memory_order_relaxed);
  assert(count < (uint32_t)DICT_CHUNK * DICT_CHUNKS);
  if (count % DICT_CHUNK == 0)
    atomic_store_explicit(&d->chunks[count / DICT_CHUNK], take_zeroed(m, DICT_CHUNK * sizeof(struct dict_entry)),
                          memory_order_release);
  struct slice copy = arena_copy(&m->text, text);
  *memtable_entry(d, count) = (struct dict_entry){copy.data, (uint32_t)copy.len, hash};
  atomic_store_explicit(&d->count, count + 1, memory_order_release);
  return count;
}

/* The id of text, added where new; hash is its value's. */
static uint32_t dict_add(struct memtable *m, struct dict *d, struct slice text, uint32_t hash) {
  struct dict_table *t = atomic_load_explicit(&d->table, memory_order_relaxed);
  if (!t || atomic_load_explicit(&d->count, memory_order_relaxed) >= (t->mask + 1) / 2) {
    grow_table(m, d, t);
    t = atomic_load_explicit(&d->table, memory_order_relaxed);
  }
  uint32_t at = hash & t->mask;
  uint64_t slot;
  for (; (slot = atomic_load_explicit(&t->slot[at], memory_order_relaxed)) != 0; at = (at + 1) & t->mask) {
    if (slot >> 32 != hash) continue;
    struct dict_entry *e = memtable_entry(d, (uint32_t)slot - 1);
    if (slice_equal(slice_of(e->data, e->len), text)) return (uint32_t)slot - 1;
  }
  uint32_t id = dict_append(m, d, text, hash);
  atomic_store_explicit(&t->slot[at], (uint64_t)hash << 32 | (id + 1), memory_order_release);
  return id;
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

/* A parameter past LIMIT_PARAM_COLUMNS: its name goes with its value. */
static void put_rest(struct memtable *m, uint32_t row, const struct event_cell *cell, uint32_t element) {
  struct column *c = fixed_column(m, REST_COLUMN);
  struct buffer pair;
  buffer_init(&pair, 2 * LIMIT_EVENT_BYTES);
  buffer_append_slice(&pair, cell->key);
  buffer_append_char(&pair, 0);
  buffer_append_slice(&pair, cell->text);
  struct slice text = buffer_slice(&pair);
  put_list(m, c, row, element, 1 + dict_add(m, &c->dict, text, value_hash(m, text)));
  buffer_free(&pair);
}

/* A cell on its way into its column. */
struct placing {
  struct column *column; /* NULL: a parameter without one */
  const struct event_cell *cell;
  uint32_t hash;
};

enum { PLACING_CELLS = 64 };

static void start_placing(struct memtable *m, const struct event_cell *cell, struct placing *out) {
  *out = (struct placing){.cell = cell, .hash = value_hash(m, event_value(cell))};
  out->column = cell->field == FIELD_PARAMS ? param_column(m, cell->key) : fixed_column(m, cell->field);
  struct dict_table *t = out->column ? atomic_load_explicit(&out->column->dict.table, memory_order_relaxed) : NULL;
  if (t) __builtin_prefetch((const void *)((uintptr_t)t->slot + sizeof t->slot[0] * (out->hash & t->mask)));
}

static void fetch_entry(const struct placing *p) {
  struct dict_table *t = p->column ? atomic_load_explicit(&p->column->dict.table, memory_order_relaxed) : NULL;
  uint64_t slot = t ? atomic_load_explicit(&t->slot[p->hash & t->mask], memory_order_relaxed) : 0;
  if (slot) __builtin_prefetch(memtable_entry(&p->column->dict, (uint32_t)slot - 1));
}

static void fetch_text(const struct placing *p) {
  struct dict_table *t = p->column ? atomic_load_explicit(&p->column->dict.table, memory_order_relaxed) : NULL;
  uint64_t slot = t ? atomic_load_explicit(&t->slot[p->hash & t->mask], memory_order_relaxed) : 0;
  if (slot >> 32 == p->hash && slot) __builtin_prefetch(memtable_entry(&p->column->dict, (uint32_t)slot - 1)->data);
}

/* Cells are placed many at a time: first all hashes, then all table slots, entries and texts are on their way from
 * memory before any is needed: an append is mostly waiting for memory. */
static void put_cells(struct memtable *m, uint32_t row, const struct event_cell *cells, uint32_t count,
                      uint32_t *rest_count) {
  struct placing placing[PLACING_CELLS];
  assert(count <= PLACING_CELLS);
  for (uint32_t i = 0; i < count; i++) start_placing(m, &cells[i], &placing[i]);
  for (uint32_t i = 0; i < count; i++) fetch_entry(&placing[i]);
  for (uint32_t i = 0; i < count; i++) fetch_text(&placing[i]);
  for (uint32_t i = 0; i < count; i++) {
    struct column *c = placing[i].column;
    if (!c) {
      put_rest(m, row, &cells[i], (*rest_count)++);
      continue;
    }
    uint32_t id_plus_1 = 1 + dict_add(m, &c->dict, cells[i].text, placing[i].hash);
    if (c->kind == COLUMN_LIST)
      put_list(m, c, row, cells[i].element, id_plus_1);
    else
      put_id(m, c, row, id_plus_1);
  }
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
  for (uint32_t i = 0; i < e->cell_count; i += PLACING_CELLS) {
    uint32_t left = e->cell_count - i;
    put_cells(m, row, e->cells + i, left < PLACING_CELLS ? left : PLACING_CELLS, &rest_count);
  }
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
  for (uint32_t i = 0; i < FIELD_COUNT; i++) close_lists(m, i);
  atomic_store_explicit(&m->text_bytes, m->text.used_bytes, memory_order_relaxed);
  atomic_store_explicit(&m->published, m->row_count, memory_order_release);
}

static struct slice text_at(struct memtable *m, unsigned field, uint32_t row) {
  struct column *c = atomic_load_explicit(&m->columns[field], memory_order_relaxed);
  uint32_t *ids = c ? atomic_load_explicit(&c->pages[row / LIMIT_PAGE_ROWS], memory_order_relaxed) : NULL;
  uint32_t id_plus_1 = ids ? ids[row % LIMIT_PAGE_ROWS] : 0;
  if (!id_plus_1) return SLICE("");
  struct dict_entry *e = memtable_entry(&c->dict, id_plus_1 - 1);
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
