#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "event/event.h"

const struct field field_table[FIELD_COUNT] = {
#define X(id_, path_, kind_, origin_, max_bytes_, flags_, label_, alias_) \
  [id_] = {.id = id_,                                                     \
           .path = {path_, sizeof path_ - 1},                             \
           .kind = kind_,                                                 \
           .origin = origin_,                                             \
           .max_bytes = max_bytes_,                                       \
           .flags = flags_,                                               \
           .label = {label_, sizeof label_ - 1},                          \
           .alias = {alias_, sizeof alias_ - 1}},
    FIELD_TABLE(X)
#undef X
};

/* Rows ordered by path: derived once, so that a new field stays one new row. */
static uint8_t by_path[FIELD_COUNT];
static pthread_once_t by_path_once = PTHREAD_ONCE_INIT;

static int compare_paths(const void *a, const void *b) {
  return slice_compare(field_table[*(const uint8_t *)a].path, field_table[*(const uint8_t *)b].path);
}

static void sort_by_path(void) {
  _Static_assert(FIELD_COUNT < FIELD_PARAMS_REST, "a field's number is one byte in records");
  for (unsigned i = 0; i < FIELD_COUNT; i++) by_path[i] = (uint8_t)i;
  qsort(by_path, FIELD_COUNT, sizeof *by_path, compare_paths);
}

const struct field *field_find(struct slice path) {
  pthread_once(&by_path_once, sort_by_path);
  size_t low = 0, high = FIELD_COUNT;
  while (low < high) {
    size_t middle = (low + high) / 2;
    const struct field *f = &field_table[by_path[middle]];
    int c = slice_compare(path, f->path);
    if (c == 0) return f;
    if (c < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}
