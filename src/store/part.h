/* A part: anything that holds rows by column - a memtable or a segment - as readers, sealing and compaction see
 * it. Private to store/. A part is immutable for its readers (a memtable up to the row count they captured) and
 * reference-counted by its owner; every function may be called by any thread.
 *
 * Rows are numbered group by group: group g holds rows [0, group_rows(g)), at most LIMIT_GROUP_ROWS; pages are
 * LIMIT_PAGE_ROWS rows of a group; chunks LIMIT_CHUNK_ROWS. Every value of a column other than instants and seq is text
 * in the column's dictionary (ids 0 .. dict_count-1) or, where a dictionary does not pay, text in the page itself. */
#ifndef DAYBOOK_STORE_PART_H
#define DAYBOOK_STORE_PART_H

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "event/event.h"
#include "store/byte_set.h"

enum {
  GROUP_PAGES = LIMIT_GROUP_ROWS / LIMIT_PAGE_ROWS,   /* 8 */
  GROUP_CHUNKS = LIMIT_GROUP_ROWS / LIMIT_CHUNK_ROWS, /* 64: one bit each in a chunk mask */
  PAGE_CHUNKS = LIMIT_PAGE_ROWS / LIMIT_CHUNK_ROWS,   /* 8 */
};
#define NO_COLUMN UINT32_MAX

enum column_kind {
  COLUMN_IDS,  /* one dictionary id per row or none */
  COLUMN_LIST, /* F_LIST fields and FIELD_PARAMS_REST: any number of dictionary ids per row */
  COLUMN_TEXT, /* one text per row or none, stored in the page */
  COLUMN_INT,  /* FIELD_OCCURRED_AT, FIELD_RECEIVED_AT, FIELD_SEQ: int64 per row */
};

struct part_column {
  uint16_t field; /* enum field_id or FIELD_PARAMS_REST */
  enum column_kind kind;
  struct slice key;             /* FIELD_PARAMS: the parameter; else empty */
  uint32_t dict_count;          /* ids in use; for a memtable as of the call */
  const struct byte_set *bytes; /* of its folded values; NULL: not known */
  bool dict_sorted;             /* ids ascend with (folded text, text), so a folded prefix is an id range */
};

/* A decoded page. Borrowed from the part until page_put. row_count <= LIMIT_PAGE_ROWS. */
struct page {
  enum column_kind kind;
  uint32_t row_count;
  uint8_t id_bytes;         /* IDS: 1, 2 or 4: width of ids */
  const void *ids;          /* IDS: uint8_t / uint16_t / uint32_t [row_count], id + 1, 0 = absent */
  const uint32_t *starts;   /* LIST: [row_count + 1] into list_ids; TEXT: [row_count + 1] into bytes */
  const uint32_t *list_ids; /* LIST: id + 1 per element, 0 = that element lacks this member; a list shorter than its
                               siblings (changes.*, targets.*), or no page, lacks it in the elements past its end */
  const char *bytes;        /* TEXT */
  const uint8_t *present;   /* TEXT: bit r % 8 of byte r / 8 is set where row r has a value */
  const int64_t *ints;      /* INT */
  void *owner;              /* the part's */
};

/* Some texts of a dictionary, decoded: those of ids [first_id, first_id + count). Borrowed until dict_page_put. */
struct dict_page {
  uint32_t first_id, count;
  const uint32_t *starts; /* [count + 1] into bytes */
  const char *bytes;
  const uint32_t *row_counts; /* [count]: rows that have the text */
  void *owner;                /* the part's */
};

/* A tenant's rows within a group; runs ascend by tenant path bytes and, inside, rows by (occurred_at, seq). */
struct run {
  uint32_t tenant; /* id in the dictionary of FIELD_TENANT */
  uint32_t row_begin, row_count;
  uint64_t seq_min, seq_max;
};

/* The runs of a group. Borrowed until runs_put. */
struct run_list {
  const struct run *runs; /* NULL: the part has none */
  uint32_t count;
  bool by_id;  /* they ascend by tenant id, too: not where paths differ in case */
  void *owner; /* the part's */
};

struct group_info {
  uint32_t rows;
  int64_t occurred_min_us, occurred_max_us, received_min_us, received_max_us;
};

struct part;
struct part_ops {
  /* Index of the column for (field, key), NO_COLUMN where no row has it. */
  uint32_t (*find_column)(struct part *p, unsigned field, struct slice key);
  void (*column)(struct part *p, uint32_t column, struct part_column *out);
  void (*group)(struct part *p, uint32_t group, struct group_info *out);
  /* The decoded page, or *out = NULL where no row of it has a value. ERR_CORRUPT, ERR_IO. */
  int (*page_get)(struct part *p, uint32_t column, uint32_t group, uint32_t page, const struct page **out,
                  struct error *err);
  void (*page_put)(struct part *p, const struct page *page); /* NULL is allowed */
  /* Text of a dictionary id, copied into arena. */
  int (*dict_get)(struct part *p, uint32_t column, uint32_t id, struct arena *arena, struct slice *out,
                  struct error *err);
  /* The page with that id. NULL where the part's dictionaries have no pages, as a memtable's: then dict_get. */
  int (*dict_page_get)(struct part *p, uint32_t column, uint32_t id, struct dict_page *out, struct error *err);
  void (*dict_page_put)(struct part *p, const struct dict_page *page);
  /* each(arg, id, text) for ids [begin, end); text valid during the call; a non-zero return stops and is returned. */
  int (*dict_scan)(struct part *p, uint32_t column, uint32_t begin, uint32_t end,
                   int (*each)(void *arg, uint32_t id, struct slice text), void *arg, struct error *err);
  /* each(arg, id) for every id whose folded value (without its tag) contains `folded`, which is not empty, in one pass
   * over the dictionary. NULL where the part has no such pass. */
  int (*dict_search)(struct part *p, uint32_t column, struct slice folded, void (*each)(void *arg, uint32_t id),
                     void *arg, struct error *err);
  /* Sorted dictionaries: the ids whose folded text equals (prefix false) or starts with (prefix true) `folded`, as
   * [*begin, *end). For KIND_ANY columns the text compared is without its tag (tags are sorted last: order is
   * folded value, then raw text); in FIELD_PARAMS_REST the text compared is "key\0" and the folded value, without the
   * tag between them. Unsorted ones (memtables) collect the ids into `ids_out` (at most max, ERR_TOO_LARGE
   * past it: then scan) and set *begin = 0, *end = number of ids found; prefix is then not supported (ERR_UNSUPPORTED).
   */
  int (*dict_find)(struct part *p, uint32_t column, struct slice folded, bool prefix, uint32_t *begin, uint32_t *end,
                   uint32_t *ids_out, uint32_t max, struct error *err);
  /* Tenant runs of a group; runs NULL, count 0 where the part has none (memtable: rows are in commit order). */
  int (*runs_get)(struct part *p, uint32_t group, struct run_list *out, struct error *err);
  void (*runs_put)(struct part *p, const struct run_list *list);
  /* Chunks of a group that hold any id of [begin, end) in a dictionary column: one bit per chunk, may hold chunks too
   * many but never too few; all ones where unknown. */
  int (*term_mask)(struct part *p, uint32_t column, uint32_t group, uint32_t begin, uint32_t end, uint64_t *mask_out,
                   struct error *err);
  /* Chunks of a group in which a searchable value may contain `folded` (its trigrams and digit runs all occur); all
   * ones where unknown. bounded_left/right: the value must begin/end there (equality). */
  int (*gram_mask)(struct part *p, uint32_t group, struct slice folded, bool bounded_left, bool bounded_right,
                   uint64_t *mask_out, struct error *err);
  /* False only where no event of the part has this idempotency key (bloom filter over tenant and key). */
  int (*may_hold_key)(struct part *p, struct slice tenant, struct slice key, bool *out, struct error *err);
};

/* Embedded first in memtable and segment. */
struct part {
  const struct part_ops *ops;
  uint64_t number; /* segment number; 0 for memtables */
  uint32_t column_count, group_count;
  uint64_t rows;
  int64_t occurred_min_us, occurred_max_us, received_min_us, received_max_us;
};

static inline uint32_t page_id(const struct page *p, uint32_t row) { /* IDS: id + 1 or 0 */
  switch (p->id_bytes) {
    case 1: return ((const uint8_t *)p->ids)[row];
    case 2: return ((const uint16_t *)p->ids)[row];
    default: return ((const uint32_t *)p->ids)[row];
  }
}

#endif
