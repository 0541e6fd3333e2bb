/* Segments: immutable files of up to LIMIT_SEGMENT_GROUPS row groups. The byte-by-byte format is specified at the head
 * of segment_write.c. Private to store/. */
#ifndef DAYBOOK_STORE_SEGMENT_H
#define DAYBOOK_STORE_SEGMENT_H

#include <stdatomic.h>

#include "os/os.h"
#include "store/cache.h"
#include "store/part.h"

struct segment; /* begins with struct part */

/* Opens a segment file: checks magic, version, footer checksum and every offset against the file. The cache must
 * outlive it. ERR_CORRUPT with what is wrong. */
int segment_open(const struct os *os, const char *path, uint64_t number, struct page_cache *cache, struct segment **out,
                 struct error *err);
void segment_close(struct segment *s); /* NULL is allowed; drops its cached pages */
struct part *segment_part(struct segment *s);
uint64_t segment_file_bytes(const struct segment *s);

/* One output row: where its values come from. */
struct segment_row {
  uint16_t part;
  uint16_t group;
  uint16_t row; /* within the group */
};

/* What to write. Rows are in final order: group by group (group_rows[g] rows each), inside a group ascending by
 * (tenant path bytes, occurred_at, seq). */
struct segment_source {
  struct part *const *parts;
  uint32_t part_count;
  const struct segment_row *rows;
  uint64_t row_count;
  const uint32_t *group_rows;
  uint32_t group_count;
  int64_t keys_since_us;        /* idempotency keys received before this need no bloom entry */
  bool quick;                   /* compress lightly: the segment will soon be merged */
  const atomic_bool *cancelled; /* may be NULL */
};

/* Writes a segment file of the rows, column by column, and syncs it (not its folder). On failure the file is removed.
 * Memory: a few bytes per row plus one column's dictionaries. Damaged input is ERR_CORRUPT. */
int segment_write(const struct os *os, const char *path, const struct segment_source *source, struct error *err);

/* Reads everything and checks every rule of the format: checksums, order, counts, dictionaries sorted, ids in range,
 * runs sorted, index masks covering all rows. problem(arg, text) per fault; returns the number of faults or a negative
 * error. */
int64_t segment_verify(struct segment *s, void (*problem)(void *arg, const char *text), void *arg, uint64_t *pages_out);

/* Bytes of the file by column and purpose, for `daybook stats --storage` and the benchmark. */
struct segment_bytes {
  char name[96];
  uint64_t data, dictionary, index;
};
uint32_t segment_storage(const struct segment *s, struct segment_bytes *out, uint32_t max);

#endif
