#include "base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK_BYTES = 2 * 1024, BLOCK_BYTES = 64 * 1024, ALIGNMENT = 16 };

struct arena_block {
  struct arena_block *next;
  size_t size_bytes;
  _Alignas(ALIGNMENT) char data[];
};

void arena_init(struct arena *a, size_t max_bytes) {
  assert(max_bytes > 0);
  *a = (struct arena){.max_bytes = max_bytes};
}

void arena_free(struct arena *a) {
  struct arena_block *next;
  for (struct arena_block *b = a->blocks; b; b = next) {
    next = b->next;
    free(b);
  }
  *a = (struct arena){.max_bytes = a->max_bytes};
}

void arena_wipe(struct arena *a) {
  for (struct arena_block *b = a->blocks; b; b = b->next) explicit_bzero(b->data, b->size_bytes);
  arena_free(a);
}

void arena_reset(struct arena *a) {
  struct arena_block *kept = NULL, *next;
  for (struct arena_block *b = a->blocks; b; b = next) {
    next = b->next;
    if (!kept && b->size_bytes <= BLOCK_BYTES)
      kept = b;
    else
      free(b);
  }
  if (kept) kept->next = NULL;
  a->blocks = kept;
  a->at = kept ? kept->data : NULL;
  a->end = kept ? kept->data + kept->size_bytes : NULL;
  a->used_bytes = 0;
  a->overflowed = false;
}

struct arena_mark arena_mark(const struct arena *a) {
  return (struct arena_mark){a->blocks, a->at, a->used_bytes, a->overflowed};
}

void arena_rewind(struct arena *a, struct arena_mark mark) {
  while (a->blocks != mark.block) {
    struct arena_block *newest = a->blocks;
    a->blocks = newest->next;
    free(newest);
  }
  a->at = mark.at;
  a->end = a->blocks ? a->blocks->data + a->blocks->size_bytes : NULL;
  a->used_bytes = mark.used_bytes;
  a->overflowed = mark.overflowed;
}

/* Blocks grow: most requests need little, and large blocks cost the allocator more than they save. */
static void add_block(struct arena *a, size_t size) {
  size_t bytes = a->blocks ? 2 * a->blocks->size_bytes : FIRST_BLOCK_BYTES;
  if (bytes > BLOCK_BYTES) bytes = BLOCK_BYTES;
  if (bytes < size) bytes = size;
  struct arena_block *b = malloc(sizeof *b + bytes);
  if (!b) abort();
  b->size_bytes = bytes;
  b->next = a->blocks;
  a->blocks = b;
  a->at = b->data;
  a->end = b->data + bytes;
}

void *arena_alloc(struct arena *a, size_t size) {
  assert(a->max_bytes > 0);
  size_t left = a->max_bytes - a->used_bytes;
  size_t need = size ? (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1) : ALIGNMENT;
  if (a->overflowed || size > left || need < size || need > left) {
    a->overflowed = true;
    return NULL;
  }
  if ((size_t)(a->end - a->at) < need) add_block(a, need);
  void *p = a->at;
  a->at += need;
  a->used_bytes += need;
  return p;
}

void *arena_take(struct arena *a, size_t size) {
  void *p = arena_alloc(a, size);
  if (!p) abort();
  return p;
}

struct slice arena_copy(struct arena *a, struct slice s) {
  char *p = arena_alloc(a, s.len);
  if (!p) return slice_of(NULL, 0);
  if (s.len) memcpy(p, s.data, s.len);
  return slice_of(p, s.len);
}

char *arena_string(struct arena *a, struct slice s) {
  char *p = arena_alloc(a, s.len + 1);
  if (!p) return NULL;
  if (s.len) memcpy(p, s.data, s.len);
  p[s.len] = 0;
  return p;
}
