/* Columns of instants and sequence numbers. They also give the groups' time ranges and the runs' sequence ranges. */
#include <stdlib.h>

#include "store/codec.h"
#include "store/segment_writer.h"

struct column_entry column_entry_new(const struct segment_writer *w) {
  struct column_entry e = {0};
  e.page_lengths = calloc((size_t)w->group_count * GROUP_PAGES + 1, sizeof *e.page_lengths);
  e.term_lengths = calloc((size_t)w->group_count + 1, sizeof *e.term_lengths);
  if (!e.page_lengths || !e.term_lengths) abort();
  return e;
}

void column_entry_free(struct column_entry *e) {
  free(e->page_lengths);
  free(e->term_lengths);
}

static void put_pages(struct segment_writer *w, const uint32_t *lengths) {
  unsigned present = 0;
  for (unsigned p = 0; p < GROUP_PAGES; p++) present |= (lengths[p] ? 1u : 0u) << p;
  buffer_append_char(&w->columns, (char)present);
  for (unsigned p = 0; p < GROUP_PAGES; p++)
    if (lengths[p]) buffer_append_varint(&w->columns, lengths[p]);
}

void column_entry_put(struct segment_writer *w, const struct column_plan *plan, enum column_kind kind,
                      const struct column_entry *e) {
  struct buffer *out = &w->columns;
  const bool terms = kind == COLUMN_IDS || kind == COLUMN_LIST;
  buffer_append_varint(out, plan->field);
  buffer_append_varint(out, plan->key.len);
  buffer_append_slice(out, plan->key);
  buffer_append_char(out, (char)kind);
  if (kind != COLUMN_INT) buffer_append(out, e->bytes.bits, BYTE_SET_BYTES);
  if (terms) {
    buffer_append_varint(out, e->dict_count);
    buffer_append_varint(out, e->dict_pages);
    buffer_append_varint(out, e->dict_bytes);
    buffer_append_varint(out, e->index_length);
  }
  for (uint32_t g = 0; g < w->group_count; g++) {
    put_pages(w, e->page_lengths + (size_t)g * GROUP_PAGES);
    if (terms) buffer_append_varint(out, e->term_lengths[g]);
  }
  w->column_count++;
}

static int gather(struct segment_writer *w, const struct column_plan *plan, struct column_source **by_part,
                  const struct writer_group *g, int64_t *out) {
  const struct segment_row *rows = w->source->rows + g->row_begin;
  for (uint32_t i = 0; i < g->rows; i++) {
    struct column_source *s = by_part[rows[i].part];
    const struct page *page;
    int code = column_source_page(s, rows[i].group, rows[i].row, &page, w->err);
    if (code) return code;
    if (!page) return error_set(w->err, ERR_CORRUPT, "rows without field %u", plan->field);
    out[i] = page->ints[rows[i].row % LIMIT_PAGE_ROWS];
  }
  return 0;
}

static void note_times(int64_t *min, int64_t *max, const int64_t *values, uint32_t count) {
  *min = INT64_MAX;
  *max = INT64_MIN;
  for (uint32_t i = 0; i < count; i++) {
    *min = values[i] < *min ? values[i] : *min;
    *max = values[i] > *max ? values[i] : *max;
  }
}

static void note_values(struct writer_group *g, unsigned field, const int64_t *values) {
  if (field == FIELD_OCCURRED_AT) note_times(&g->info.occurred_min_us, &g->info.occurred_max_us, values, g->rows);
  if (field == FIELD_RECEIVED_AT) note_times(&g->info.received_min_us, &g->info.received_max_us, values, g->rows);
  for (uint32_t r = 0; field == FIELD_SEQ && r < g->run_count; r++) {
    int64_t min, max;
    note_times(&min, &max, values + g->runs[r].row_begin, g->runs[r].row_count);
    g->runs[r].seq_min = (uint64_t)min;
    g->runs[r].seq_max = (uint64_t)max;
  }
}

static int write_group(struct segment_writer *w, const int64_t *values, uint32_t rows, uint32_t *lengths) {
  for (uint32_t p = 0; p * LIMIT_PAGE_ROWS < rows; p++) {
    struct buffer *page = segment_output_begin(&w->out);
    codec_put_ints(w->codec, page, values + (size_t)p * LIMIT_PAGE_ROWS, segment_page_rows(rows, p));
    int code = segment_output_page(&w->out, SEGMENT_INT, &lengths[p], w->err);
    if (code) return code;
  }
  return 0;
}

int segment_write_ints(struct segment_writer *w, const struct column_plan *plan) {
  int64_t *values = malloc(LIMIT_GROUP_ROWS * sizeof *values);
  struct column_source **by_part = calloc((size_t)w->source->part_count + 1, sizeof *by_part);
  if (!values || !by_part) abort();
  struct column_entry entry = column_entry_new(w);
  int code = 0;
  for (uint32_t i = 0; i < plan->source_count; i++) {
    column_source_open(&plan->sources[i]);
    by_part[plan->sources[i].part_index] = &plan->sources[i];
  }
  for (uint32_t i = 0; i < w->source->part_count && !code; i++)
    if (!by_part[i]) code = error_set(w->err, ERR_CORRUPT, "an input without field %u", plan->field);
  for (uint32_t g = 0; g < w->group_count && !code; g++) {
    code = gather(w, plan, by_part, &w->groups[g], values);
    if (!code) note_values(&w->groups[g], plan->field, values);
    if (!code) code = write_group(w, values, w->groups[g].rows, entry.page_lengths + (size_t)g * GROUP_PAGES);
    for (uint32_t i = 0; i < plan->source_count; i++) column_source_release(&plan->sources[i]);
    if (!code) code = segment_writer_check(w);
  }
  if (!code) column_entry_put(w, plan, COLUMN_INT, &entry);
  for (uint32_t i = 0; i < plan->source_count; i++) column_source_close(&plan->sources[i]);
  column_entry_free(&entry);
  free(by_part);
  free(values);
  return code;
}
