/* Where the values of an output column come from: one column of an input part, and its pages in use. One thread.
 * Private to store/ (segment writing). */
#ifndef DAYBOOK_STORE_COLUMN_SOURCE_H
#define DAYBOOK_STORE_COLUMN_SOURCE_H

#include "store/part.h"

struct column_source {
  struct part *part;
  uint32_t part_index; /* in the segment_source */
  uint32_t column;
  enum column_kind kind;
  uint32_t dict_count;
  struct slice prefix;       /* put before each text: "key\0" for a parameter that loses its column */
  uint32_t *texts;           /* IDS, LIST: [dict_count] index of each id's text among the output's texts */
  const struct page **pages; /* [part->group_count * GROUP_PAGES]: NULL where not asked for yet */
};

/* Fills in kind and dict_count of a source whose part, part_index, column and prefix are set. */
void column_source_open(struct column_source *s);
/* The page that holds `row` of `group`, pinned until column_source_release; *out is NULL where it has no values. */
int column_source_page_slow(struct column_source *s, uint32_t group, uint32_t row, const struct page **out,
                            struct error *err);
void column_source_release(struct column_source *s); /* the pages */
void column_source_close(struct column_source *s);

extern const struct page column_source_absent; /* in `pages`: asked for, has no values */

static inline int column_source_page(struct column_source *s, uint32_t group, uint32_t row, const struct page **out,
                                     struct error *err) {
  const struct page *p = s->pages[group * GROUP_PAGES + row / LIMIT_PAGE_ROWS];
  if (!p) return column_source_page_slow(s, group, row, out, err);
  *out = p == &column_source_absent ? NULL : p;
  return 0;
}

#endif
