/* storage: the bytes of segment files by column and purpose.
 *
 *   storage FILE.seg...
 *
 * Prints a line per column: data, dictionary and index bytes, then the name, largest first; summed over the files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/segment.h"

enum { MAX_COLUMNS = 4096, CACHE_BYTES = 64 * 1024 * 1024 };

static struct segment_bytes columns[MAX_COLUMNS];
static uint32_t column_count;

static void add(const struct segment_bytes *b) {
  uint32_t i = 0;
  while (i < column_count && strcmp(columns[i].name, b->name) != 0) i++;
  if (i == MAX_COLUMNS) return;
  if (i == column_count) {
    columns[column_count++] = *b;
    return;
  }
  columns[i].data += b->data;
  columns[i].dictionary += b->dictionary;
  columns[i].index += b->index;
}

static int add_file(const char *path, struct page_cache *cache) {
  static struct segment_bytes found[MAX_COLUMNS];
  struct segment *segment;
  struct error err = {0};
  if (segment_open(os_real(), path, 1, cache, &segment, &err)) {
    fprintf(stderr, "storage: %s: %s\n", path, err.message);
    return 1;
  }
  uint32_t count = segment_storage(segment, found, MAX_COLUMNS);
  for (uint32_t i = 0; i < count; i++) add(&found[i]);
  segment_close(segment);
  return 0;
}

static uint64_t total(const struct segment_bytes *b) { return b->data + b->dictionary + b->index; }

static int by_size(const void *a, const void *b) {
  uint64_t x = total(a), y = total(b);
  return (x < y) - (x > y);
}

int main(int argc, char **argv) {
  int failed = 0;
  struct page_cache *cache = cache_new(CACHE_BYTES);
  for (int i = 1; i < argc; i++) failed |= add_file(argv[i], cache);
  cache_free(cache);
  qsort(columns, column_count, sizeof *columns, by_size);
  for (uint32_t i = 0; i < column_count; i++)
    printf("%llu %llu %llu %s\n", (unsigned long long)columns[i].data, (unsigned long long)columns[i].dictionary,
           (unsigned long long)columns[i].index, columns[i].name);
  return failed;
}
