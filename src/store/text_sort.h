/* Sorting many byte strings by memcmp order, a prefix before what it begins. Private to store/. */
#ifndef DAYBOOK_STORE_TEXT_SORT_H
#define DAYBOOK_STORE_TEXT_SORT_H

#include <stdint.h>

struct text_item {
  uint64_t head; /* the sorter's */
  const char *data;
  uint32_t len;
  uint32_t index; /* the caller's */
};

/* Equal texts end up next to each other in no particular order. */
void text_sort(struct text_item *items, uint32_t count);

#endif
