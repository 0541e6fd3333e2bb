/* Decoding the data pages of a segment into what part.h promises. */
#include <stdlib.h>

#include "store/codec.h"
#include "store/segment_read.h"

#define TEXT_PAGE_MAX_BYTES ((size_t)512 * 1024 * 1024) /* 8,192 events of 64 KiB */

static struct decoded_page *page_new(const struct segment_page_shape *shape, size_t extra_bytes, char **extra_out) {
  size_t size = sizeof(struct decoded_page) + extra_bytes;
  struct decoded_page *p = malloc(size);
  if (!p) return NULL;
  memset(p, 0, sizeof *p);
  p->entry.size_bytes = (uint32_t)size;
  p->page.kind = shape->kind;
  p->page.row_count = shape->rows;
  p->page.owner = &p->entry;
  *extra_out = (char *)(p + 1);
  return p;
}

static uint32_t max_of(const uint32_t *values, uint32_t count) {
  uint32_t max = 0;
  for (uint32_t i = 0; i < count; i++) max = values[i] > max ? values[i] : max;
  return max;
}

static struct cache_entry *decode_ids(struct reader *r, const struct segment_page_shape *shape) {
  uint32_t ids[LIMIT_PAGE_ROWS];
  codec_get_u32s(r, ids, shape->rows);
  if (r->failed) return NULL;
  uint32_t max = max_of(ids, shape->rows);
  if (max > shape->dict_count) return NULL;
  uint8_t bytes = max <= UINT8_MAX ? 1 : max <= UINT16_MAX ? 2 : 4;
  char *at;
  struct decoded_page *p = page_new(shape, (size_t)shape->rows * bytes, &at);
  if (!p) return NULL;
  p->page.id_bytes = bytes;
  p->page.ids = at;
  if (bytes == 1) {
    uint8_t *to = (uint8_t *)at;
    for (uint32_t i = 0; i < shape->rows; i++) to[i] = (uint8_t)ids[i];
  } else if (bytes == 2) {
    uint16_t *to = (uint16_t *)(void *)at;
    for (uint32_t i = 0; i < shape->rows; i++) to[i] = (uint16_t)ids[i];
  } else {
    memcpy(at, ids, (size_t)shape->rows * 4);
  }
  return &p->entry;
}

static struct cache_entry *decode_list(struct reader *r, const struct segment_page_shape *shape) {
  uint32_t counts[LIMIT_PAGE_ROWS];
  codec_get_u32s(r, counts, shape->rows);
  uint64_t elements = 0;
  for (uint32_t i = 0; i < shape->rows && !r->failed; i++) elements += counts[i];
  if (r->failed || elements > CODEC_MAX_U32S) return NULL;
  char *at;
  struct decoded_page *p = page_new(shape, ((size_t)shape->rows + 1 + elements) * sizeof(uint32_t), &at);
  if (!p) return NULL;
  uint32_t *starts = (uint32_t *)(void *)at, *ids = starts + shape->rows + 1;
  starts[0] = 0;
  for (uint32_t i = 0; i < shape->rows; i++) starts[i + 1] = starts[i] + counts[i];
  p->page.starts = starts;
  p->page.list_ids = ids;
  codec_get_u32s(r, ids, (uint32_t)elements);
  if (!r->failed && max_of(ids, (uint32_t)elements) <= shape->dict_count) return &p->entry;
  free(p);
  return NULL;
}

/* Lengths of the rows with a value, spread into starts; false where more values are marked than there are lengths. */
static void spread(uint32_t *starts, const uint8_t *present, const uint32_t *lengths, uint32_t rows) {
  starts[0] = 0;
  for (uint32_t i = 0; i < rows; i++) starts[i + 1] = starts[i] + (present[i / 8] >> (i % 8) & 1 ? *lengths++ : 0);
}

static struct cache_entry *decode_text(struct reader *r, const struct segment_page_shape *shape) {
  uint32_t lengths[LIMIT_PAGE_ROWS], count = 0;
  uint8_t present[LIMIT_PAGE_ROWS / 8] = {0};
  size_t present_bytes = (shape->rows + 7) / 8;
  codec_get_block(r, present, present_bytes);
  if (r->failed || (shape->rows % 8 && present[present_bytes - 1] >> (shape->rows % 8))) return NULL;
  for (size_t i = 0; i < present_bytes; i++) count += (uint32_t)__builtin_popcount(present[i]);
  codec_get_u32s(r, lengths, count);
  uint64_t total = 0;
  for (uint32_t i = 0; i < count && !r->failed; i++) total += lengths[i];
  if (r->failed || codec_peek_block(r, TEXT_PAGE_MAX_BYTES) != total || r->failed) return NULL;
  char *at;
  struct decoded_page *p = page_new(shape, ((size_t)shape->rows + 1) * sizeof(uint32_t) + present_bytes + total, &at);
  if (!p) return NULL;
  uint32_t *starts = (uint32_t *)(void *)at;
  uint8_t *bits = (uint8_t *)(starts + shape->rows + 1);
  memcpy(bits, present, present_bytes);
  spread(starts, bits, lengths, shape->rows);
  p->page.starts = starts;
  p->page.present = bits;
  p->page.bytes = (const char *)bits + present_bytes;
  codec_get_block(r, bits + present_bytes, total);
  if (!r->failed) return &p->entry;
  free(p);
  return NULL;
}

static struct cache_entry *decode_ints(struct reader *r, const struct segment_page_shape *shape) {
  char *at;
  struct decoded_page *p = page_new(shape, (size_t)shape->rows * sizeof(int64_t), &at);
  if (!p) return NULL;
  int64_t *ints = (int64_t *)(void *)at;
  codec_get_ints(r, ints, shape->rows);
  p->page.ints = ints;
  if (!r->failed) return &p->entry;
  free(p);
  return NULL;
}

struct cache_entry *segment_decode_page(struct reader *r, const void *arg) {
  const struct segment_page_shape *shape = arg;
  struct cache_entry *e = NULL;
  switch (shape->kind) {
    case COLUMN_IDS: e = decode_ids(r, shape); break;
    case COLUMN_LIST: e = decode_list(r, shape); break;
    case COLUMN_TEXT: e = decode_text(r, shape); break;
    case COLUMN_INT: e = decode_ints(r, shape); break;
  }
  if (e && reader_left(r)) {
    free(e);
    return NULL;
  }
  return e;
}

/* The runs of the four sequences; false where they do not cover the rows. */
static bool join_runs(struct run_page *p, const uint64_t *numbers, const struct segment_runs_shape *shape) {
  const uint64_t *tenants = numbers, *rows = tenants + p->count, *seqs = rows + p->count, *spans = seqs + p->count;
  uint64_t row = 0, tenant = 0;
  p->by_id = true;
  for (uint32_t i = 0; i < p->count; i++) {
    int64_t step = codec_unzigzag(tenants[i]);
    p->by_id = p->by_id && (i == 0 || step > 0);
    tenant += (uint64_t)step;
    if (tenant >= shape->tenants || rows[i] >= shape->rows - row || seqs[i] + spans[i] < seqs[i]) return false;
    p->runs[i] = (struct run){(uint32_t)tenant, (uint32_t)row, (uint32_t)rows[i] + 1, seqs[i], seqs[i] + spans[i]};
    row += rows[i] + 1;
  }
  return row == shape->rows;
}

struct cache_entry *segment_decode_runs(struct reader *r, const void *arg) {
  const struct segment_runs_shape *shape = arg;
  uint64_t count = reader_varint(r);
  if (r->failed || count == 0 || count > shape->rows) return NULL;
  uint64_t *numbers = malloc(4 * count * sizeof *numbers);
  size_t size = sizeof(struct run_page) + count * sizeof(struct run);
  struct run_page *p = calloc(1, size);
  if (!numbers || !p) abort();
  p->entry.size_bytes = (uint32_t)size;
  p->count = (uint32_t)count;
  for (int i = 0; i < 4; i++) codec_get_pfor(r, numbers + (size_t)i * count, p->count);
  bool whole = !r->failed && reader_left(r) == 0 && join_runs(p, numbers, shape);
  free(numbers);
  if (whole) return &p->entry;
  free(p);
  return NULL;
}
