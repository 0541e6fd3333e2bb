/* The texts of one output column while it is written: gathered from the dictionaries of all sources, made one, counted,
 * sorted. One thread. Private to store/ (segment writing). */
#ifndef DAYBOOK_STORE_COLUMN_TEXTS_H
#define DAYBOOK_STORE_COLUMN_TEXTS_H

#include "store/column_source.h"
#include "store/dictionary.h"

struct column_texts {
  enum dictionary_order order;
  bool unify;  /* more than one source: equal texts become one */
  char *bytes; /* of all texts */
  uint64_t bytes_used, bytes_room;
  uint64_t *ends; /* [count]: text i is bytes[ends[i - 1], ends[i]) */
  uint32_t *rows; /* [count]: rows that hold it, counted by the caller */
  uint32_t count, room;
  uint32_t *slots; /* hash table of index + 1 */
  uint32_t slot_count;
  /* After column_texts_sort: */
  uint32_t used;       /* texts held by any row */
  uint32_t *ids;       /* [count]: dictionary id, UINT32_MAX where unused */
  struct slice *texts; /* [used] by id */
  struct slice *keys;  /* [used] by id: sort keys */
  uint32_t *counts;    /* [used] by id: rows */
  char *key_bytes;
};

void column_texts_init(struct column_texts *t, enum dictionary_order order, bool unify);
void column_texts_free(struct column_texts *t);
/* Adds a source's dictionary and fills source->texts. */
int column_texts_load(struct column_texts *t, struct column_source *source, struct error *err);
/* The index of a text, added where new (with unify; without, always new). ERR_TOO_LARGE. */
int column_texts_add(struct column_texts *t, struct slice prefix, struct slice text, uint32_t *index_out,
                     struct error *err);
/* Orders the texts that have rows and fills the members below. */
void column_texts_sort(struct column_texts *t);
static inline struct slice column_texts_get(const struct column_texts *t, uint32_t index) {
  uint64_t begin = index ? t->ends[index - 1] : 0;
  return slice_of(t->bytes + begin, t->ends[index] - begin);
}

#endif
