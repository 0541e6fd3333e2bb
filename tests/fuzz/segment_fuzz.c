/* Opens arbitrary bytes as a segment and asks everything a reader can ask; then compacts it into another.
 *
 * Checksums would keep every change out, so they are made right first: of the header, of each page as long as the
 * lengths in the pages lead from one to the next, and of the trailer. */
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "store/segment_read.h"
#include "tests/support/sim_os.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_BYTES = 4 * 1024 * 1024, MAX_ROWS = 20000 };
static const char path[] = "a.seg", copy_path[] = "b.seg";

static void must(bool holds) {
  if (!holds) abort();
}

static void put_le32(uint8_t *to, uint32_t v) { memcpy(to, &v, sizeof v); }

static void mend(uint8_t *file, size_t size) {
  if (size < SEGMENT_HEADER_BYTES + SEGMENT_TRAILER_BYTES) return;
  memcpy(file, SEGMENT_MAGIC, 8);
  put_le32(file + 8, SEGMENT_VERSION);
  put_le32(file + 12, crc32c(0, file, 12));
  size_t at = SEGMENT_HEADER_BYTES, last = at, end = size - SEGMENT_TRAILER_BYTES;
  while (end - at >= SEGMENT_FRAME_BYTES) {
    uint32_t payload;
    memcpy(&payload, file + at + 4, 4);
    if (payload > end - at - SEGMENT_FRAME_BYTES) {
      payload = (uint32_t)(end - at - SEGMENT_FRAME_BYTES);
      put_le32(file + at + 4, payload);
    }
    put_le32(file + at, crc32c(0, file + at + 4, payload + 5));
    last = at;
    at += SEGMENT_FRAME_BYTES + payload;
  }
  uint8_t *trailer = file + end;
  uint64_t footer = last;
  memcpy(trailer, &footer, 8);
  put_le32(trailer + 8, (uint32_t)(end - last));
  put_le32(trailer + 12, SEGMENT_VERSION);
  put_le32(trailer + 16, 0);
  put_le32(trailer + 20, crc32c(0, trailer, 20));
  memcpy(trailer + 24, SEGMENT_MAGIC, 8);
}

/* Reads every byte of a text, so that the sanitizer sees one that is not there. */
static int read_text(void *arg, uint32_t id, struct slice text) {
  uint32_t *sum = arg;
  *sum += id + crc32c(0, text.data, text.len);
  return 0;
}
static void read_id(void *arg, uint32_t id) {
  uint32_t *sum = arg;
  *sum += id;
}

static void read_page(struct part *p, uint32_t column, uint32_t group, uint32_t index, uint32_t *sum) {
  const struct page *page = NULL;
  if (p->ops->page_get(p, column, group, index, &page, NULL) || !page) return;
  for (uint32_t i = 0; i < page->row_count; i++) {
    switch (page->kind) {
      case COLUMN_IDS: *sum += page_id(page, i); break;
      case COLUMN_INT: *sum += (uint32_t)page->ints[i]; break;
      case COLUMN_LIST:
        for (uint32_t e = page->starts[i]; e < page->starts[i + 1]; e++) *sum += page->list_ids[e];
        break;
      case COLUMN_TEXT:
        *sum += page->present[i / 8] + crc32c(0, page->bytes + page->starts[i], page->starts[i + 1] - page->starts[i]);
        break;
    }
  }
  p->ops->page_put(p, page);
}

static void read_column(struct part *p, uint32_t column, uint32_t *sum) {
  struct part_column c;
  struct arena arena;
  struct slice text;
  uint32_t begin, end;
  uint64_t mask;
  arena_init(&arena, 1 << 20);
  p->ops->column(p, column, &c);
  must(p->ops->find_column(p, c.field, c.key) == column);
  for (uint32_t g = 0; g < p->group_count; g++) {
    for (uint32_t i = 0; i < GROUP_PAGES; i++) read_page(p, column, g, i, sum);
    if (c.dict_count) p->ops->term_mask(p, column, g, c.dict_count / 2, c.dict_count, &mask, NULL);
  }
  if (c.dict_count) {
    p->ops->dict_get(p, column, c.dict_count - 1, &arena, &text, NULL);
    p->ops->dict_scan(p, column, 0, c.dict_count < MAX_ROWS ? c.dict_count : MAX_ROWS, read_text, sum, NULL);
    p->ops->dict_find(p, column, SLICE("a"), true, &begin, &end, NULL, 0, NULL);
    if (p->ops->dict_search) p->ops->dict_search(p, column, SLICE("e"), read_id, sum, NULL);
  }
  arena_free(&arena);
}

static void read_indexes(struct part *p, uint32_t *sum) {
  uint64_t mask;
  bool held;
  for (uint32_t g = 0; g < p->group_count; g++) {
    struct run_list list;
    p->ops->gram_mask(p, g, SLICE("user"), false, false, &mask, NULL);
    p->ops->gram_mask(p, g, SLICE("12345"), false, false, &mask, NULL);
    p->ops->gram_mask(p, g, SLICE("x_12345"), false, false, &mask, NULL);
    if (p->ops->runs_get(p, g, &list, NULL)) continue;
    for (uint32_t i = 0; i < list.count; i++) *sum += list.runs[i].row_begin;
    p->ops->runs_put(p, &list);
  }
  p->ops->may_hold_key(p, SLICE("acme"), SLICE("k1"), &held, NULL);
}

static void compact(const struct os *os, struct part *p) {
  if (p->rows > MAX_ROWS) return;
  struct segment_row *rows = calloc(p->rows, sizeof *rows);
  uint32_t *group_rows = calloc(p->group_count, sizeof *group_rows), at = 0;
  must(rows && group_rows);
  for (uint32_t g = 0; g < p->group_count; g++) {
    struct group_info info;
    p->ops->group(p, g, &info);
    group_rows[g] = info.rows;
    for (uint32_t r = 0; r < info.rows; r++) rows[at++] = (struct segment_row){0, (uint16_t)g, (uint16_t)r};
  }
  struct segment_source source = {&p, 1, rows, p->rows, group_rows, p->group_count, INT64_MIN, false, NULL};
  segment_write(os, copy_path, &source, NULL);
  free(rows);
  free(group_rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0 || size > MAX_BYTES) return 0;
  uint8_t *file = malloc(size);
  must(file != NULL);
  memcpy(file, data, size);
  mend(file, size);
  struct sim_os *sim = sim_os_new(1);
  const struct os *os = sim_os_table(sim);
  struct os_file *out = NULL;
  must(os_open(os, path, OS_CREATE, &out) == 0 && os_write(os, out, 0, file, size) == 0);
  os_close(os, out);
  struct page_cache *cache = cache_new(1 << 20);
  struct segment *s = NULL;
  uint32_t sum = 0;
  if (segment_open(os, path, 1, cache, &s, NULL) == 0) {
    struct part *p = segment_part(s);
    for (uint32_t c = 0; c < p->column_count; c++) read_column(p, c, &sum);
    read_indexes(p, &sum);
    segment_verify(s, NULL, NULL, NULL);
    compact(os, p);
    segment_close(s);
  }
  cache_free(cache);
  sim_os_free(sim);
  free(file);
  return 0;
}
