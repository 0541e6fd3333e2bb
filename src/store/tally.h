/* Counts by text, over parts with different dictionaries: an open-addressing table in an arena. One thread. Private to
 * store/. */
#ifndef DAYBOOK_STORE_TALLY_H
#define DAYBOOK_STORE_TALLY_H

#include <stdint.h>

#include "base/arena.h"

struct tally_entry {
  struct slice text;
  uint64_t hash, count;
};

struct tally {
  struct arena *arena;         /* holds the texts; its maximum counts for the table, too */
  struct tally_entry *entries; /* dense, in order of first appearance */
  uint32_t count, capacity;
  uint32_t *slots; /* index + 1 */
  uint32_t slot_mask;
};

void tally_init(struct tally *t, struct arena *arena);
void tally_free(struct tally *t);
/* Adds to the text's count; returns its index, UINT32_MAX where there is no room left. */
uint32_t tally_add(struct tally *t, struct slice text, uint64_t count);

#endif
