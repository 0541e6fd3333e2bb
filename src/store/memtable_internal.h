/* The inside of a memtable, shared by memtable.c (writes) and memtable_view.c (reads). Private to them. */
#ifndef DAYBOOK_STORE_MEMTABLE_INTERNAL_H
#define DAYBOOK_STORE_MEMTABLE_INTERNAL_H

#include <stdatomic.h>

#include "store/memtable.h"

enum {
  PAGES = MEMTABLE_MAX_ROWS / LIMIT_PAGE_ROWS,
  DICT_CHUNK = 4096,
  DICT_CHUNKS = 4096, /* 16 M values: more than LIMIT_MEMTABLE_BYTES and a commit group can hold */
  PARAM_SLOTS = 4096, /* a power of two well above LIMIT_PARAM_COLUMNS */
  COLUMNS = FIELD_COUNT + LIMIT_PARAM_COLUMNS,
  REST_COLUMN = FIELD_PARAMS, /* the family itself has no column: its place holds FIELD_PARAMS_REST */
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
  _Atomic uint64_t slot[]; /* hash << 32 | id + 1, 0 is free; linear probing from the hash */
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
  atomic_size_t text_bytes; /* of `text`, when it was published last: metrics ask from other threads */
  struct arena text;
  struct buffer scratch;
  struct retired *retired;
  _Atomic uint32_t column_count; /* FIELD_COUNT + parameters */
  _Atomic(struct column *) columns[COLUMNS];
  _Atomic uint32_t param_slots[PARAM_SLOTS]; /* column index, 0 is free */
  struct zone zones[PAGES];
  struct key_slot *keys; /* the writer's table over (tenant, key) */
  uint32_t key_count, key_mask;
};

static inline struct dict_entry *memtable_entry(struct dict *d, uint32_t id) {
  return atomic_load_explicit(&d->chunks[id / DICT_CHUNK], memory_order_acquire) + id % DICT_CHUNK;
}
/* What a column of this field holds. */
enum column_kind memtable_column_kind(unsigned field);

#endif
