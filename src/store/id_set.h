/* Terms of a filter turned into a set of dictionary ids of one column of one part. Found by order where the dictionary
 * is sorted, else tried value by value when a row asks, and all at once when rows ask often. One thread. Private to
 * store/. */
#ifndef DAYBOOK_STORE_ID_SET_H
#define DAYBOOK_STORE_ID_SET_H

#include "store/filter.h"
#include "store/part.h"

enum id_set_mode {
  ID_SET_NONE,  /* no id */
  ID_SET_RANGE, /* ids [begin, end) */
  ID_SET_TABLE, /* state[id]; filled on demand unless complete */
};

enum { ID_UNKNOWN, ID_NO, ID_YES };
enum { ID_SET_FEW = 64 };

struct id_set {
  struct part *part;
  uint32_t column;
  struct part_column info;
  struct slice rest_key; /* FIELD_PARAMS_REST: only this parameter; empty: any */
  const struct filter_term *terms;
  uint32_t term_count;
  enum id_set_mode mode;
  uint32_t begin, end; /* RANGE: its ids; few: they lie between */
  uint8_t *state;      /* dict_count; NULL but for TABLE */
  uint32_t *few;       /* TABLE that is complete: its ids, where they are at most ID_SET_FEW; else NULL */
  uint32_t few_count;
  uint32_t looked_up;
  bool complete;
  struct arena arena; /* text of one value */
  struct buffer scratch;
  int code; /* sticky: the first failed read of the dictionary */
};

/* For a dictionary column (IDS or LIST). */
int id_set_init(struct id_set *s, struct part *part, uint32_t column, struct slice rest_key,
                const struct filter_term *terms, uint32_t term_count, struct error *err);
void id_set_free(struct id_set *s);
/* Tries one value: true where any term matches. */
bool id_set_text_matches(struct id_set *s, struct slice text);
/* Slow way of id_set_has for TABLE sets with an unknown state. */
bool id_set_resolve(struct id_set *s, uint32_t id);

static inline bool id_set_has(struct id_set *s, uint32_t id) {
  switch (s->mode) {
    case ID_SET_NONE: return false;
    case ID_SET_RANGE: return id - s->begin < s->end - s->begin;
    default: return s->state[id] == ID_UNKNOWN ? id_set_resolve(s, id) : s->state[id] == ID_YES;
  }
}

#endif
