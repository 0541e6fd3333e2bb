/* Memory of one request: allocated piecewise, freed at once, with a maximum. One thread at a time.
 *
 * Past the maximum allocation gives NULL and sets the sticky `overflowed`; callers whose sizes are
 * already bounded below the maximum may use arena_take, which aborts instead. Each allocation counts
 * as its size rounded up to 16 bytes, so that a flood of small ones is bounded too. */
#ifndef DAYBOOK_BASE_ARENA_H
#define DAYBOOK_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct arena_block;
struct arena {
  struct arena_block *blocks;
  char *at, *end;
  size_t used_bytes, max_bytes;
  bool overflowed;
};

void arena_init(struct arena *a, size_t max_bytes);
void arena_free(struct arena *a);  /* safe on a zeroed arena */
void arena_wipe(struct arena *a);  /* arena_free, after overwriting what was there: it held secrets */
void arena_reset(struct arena *a); /* keeps the newest block that is not huge */
/* What is allocated after arena_mark is given back by arena_rewind, with an overflow that came meanwhile. */
struct arena_mark {
  struct arena_block *block;
  char *at;
  size_t used_bytes;
  bool overflowed;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);
/* `size` bytes aligned for any object, zeroed not; NULL past the maximum. */
void *arena_alloc(struct arena *a, size_t size);
/* As arena_alloc, for sizes the caller has bounded: aborts past the maximum. */
void *arena_take(struct arena *a, size_t size);
/* A copy of s that lives as long as the arena; data is NULL past the maximum. */
struct slice arena_copy(struct arena *a, struct slice s);
/* A NUL-terminated copy of s, or NULL past the maximum. */
char *arena_string(struct arena *a, struct slice s);

#endif
