/* Columns whose values are mostly different from one another: text in the pages, no dictionary. */
#include <math.h>
#include <stdlib.h>

#include "base/checksum.h"
#include "base/fold.h"
#include "store/column_texts.h"
#include "store/segment_writer.h"

enum { TEXT_LEVEL = 3, REGISTER_BITS = 12, REGISTERS = 1 << REGISTER_BITS };

/* The text of a row; false in *present_out where it has none. Valid until the sources' pages are released. */
static int row_text(struct column_work *work, uint64_t index, bool *present_out, struct slice *out) {
  const struct segment_row *row = &work->w->source->rows[index];
  struct column_source *s = work->by_part[row->part];
  *present_out = false;
  if (work->row_texts) {
    *present_out = work->row_texts[index] != 0;
    if (*present_out) *out = column_texts_get(work->texts, work->row_texts[index] - 1);
    return 0;
  }
  const struct page *page = NULL;
  int code = s ? column_source_page(s, row->group, row->row, &page, work->w->err) : 0;
  if (code || !page) return code;
  uint32_t at = row->row % LIMIT_PAGE_ROWS;
  if (s->kind == COLUMN_TEXT) {
    *present_out = page->present[at / 8] >> (at % 8) & 1;
    *out = slice_of(page->bytes + page->starts[at], page->starts[at + 1] - page->starts[at]);
    return 0;
  }
  uint32_t id = page_id(page, at);
  if (id > s->dict_count) return error_set(work->w->err, ERR_CORRUPT, "an id is not in its dictionary");
  *present_out = id != 0;
  if (id) *out = column_texts_get(work->texts, s->texts[id - 1]);
  return 0;
}

static void release_pages(struct column_work *work) {
  for (uint32_t i = 0; i < work->plan->source_count; i++) column_source_release(&work->plan->sources[i]);
}

/* ---- Counting (Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog", 2007; 1.6 % off on average) ---- */

static double estimate(const uint8_t *registers) {
  double sum = 0;
  uint32_t zeros = 0;
  for (uint32_t i = 0; i < REGISTERS; i++) {
    sum += ldexp(1, -registers[i]);
    zeros += registers[i] == 0;
  }
  double raw = 0.7213 / (1 + 1.079 / REGISTERS) * REGISTERS * REGISTERS / sum;
  return raw <= 2.5 * REGISTERS && zeros ? REGISTERS * log((double)REGISTERS / zeros) : raw;
}

int segment_estimate_texts(struct column_work *work, uint64_t *values_out, uint64_t *distinct_out) {
  struct segment_writer *w = work->w;
  uint8_t registers[REGISTERS] = {0};
  uint64_t values = 0;
  for (uint32_t g = 0; g < w->group_count; g++) {
    const uint64_t begin = w->groups[g].row_begin;
    for (uint64_t i = begin; i < begin + w->groups[g].rows; i++) {
      bool present;
      struct slice text;
      int code = row_text(work, i, &present, &text);
      if (code) return code;
      if (!present) continue;
      uint64_t hash = hash64(text.data, text.len, 0x41c);
      unsigned rank = (unsigned)__builtin_clzll(hash << REGISTER_BITS | 1ull << (REGISTER_BITS - 1)) + 1;
      uint8_t *r = &registers[hash >> (64 - REGISTER_BITS)];
      if (rank > *r) *r = (uint8_t)rank;
      values++;
    }
    release_pages(work);
    int code = segment_writer_check(w);
    if (code) return code;
  }
  *values_out = values;
  *distinct_out = (uint64_t)estimate(registers);
  return 0;
}

/* ---- Writing ---- */

struct text_page {
  uint32_t count, lengths[LIMIT_PAGE_ROWS]; /* of the rows that have a value */
  uint8_t present[LIMIT_PAGE_ROWS / 8];
  struct buffer bytes;
};

static void add_grams(struct column_work *work, struct writer_group *g, uint32_t row, struct slice text,
                      struct buffer *scratch) {
  struct slice folded = dictionary_key_value(work->texts->order, dictionary_key(work->texts->order, text, scratch));
  gram_map_add(&g->grams, folded, 1ull << (row / LIMIT_CHUNK_ROWS));
}

static int gather_page(struct column_work *work, struct writer_group *g, uint32_t index, struct text_page *p,
                       struct buffer *scratch) {
  const bool grams = !g->copy_grams && segment_searchable(work->plan->field);
  const uint32_t begin = index * LIMIT_PAGE_ROWS, rows = segment_page_rows(g->rows, index);
  p->count = 0;
  memset(p->present, 0, sizeof p->present);
  buffer_clear(&p->bytes);
  for (uint32_t i = 0; i < rows; i++) {
    bool present;
    struct slice text;
    int code = row_text(work, g->row_begin + begin + i, &present, &text);
    if (code) return code;
    if (!present) continue;
    p->present[i / 8] |= (uint8_t)(1u << (i % 8));
    p->lengths[p->count++] = (uint32_t)text.len;
    buffer_append_slice(&p->bytes, text);
    byte_set_add_text(&work->entry.bytes, dictionary_value(work->texts->order, text));
    if (grams) add_grams(work, g, begin + i, text, scratch);
  }
  return p->bytes.overflowed ? error_set(work->w->err, ERR_TOO_LARGE, "a page of texts is too large") : 0;
}

static int write_page(struct column_work *work, const struct text_page *p, uint32_t rows, uint32_t *length) {
  struct segment_writer *w = work->w;
  struct buffer *page = segment_output_begin(&w->out);
  codec_put_block(w->codec, page, p->present, (rows + 7) / 8, TEXT_LEVEL);
  codec_put_u32s(w->codec, page, p->lengths, p->count);
  codec_put_block(w->codec, page, p->bytes.data, p->bytes.len, TEXT_LEVEL);
  return segment_output_page(&w->out, SEGMENT_TEXT, length, w->err);
}

int segment_write_text(struct column_work *work) {
  struct segment_writer *w = work->w;
  struct text_page *p = calloc(1, sizeof *p);
  struct buffer scratch;
  if (!p) abort();
  buffer_init(&p->bytes, (size_t)1 << 30);
  buffer_init(&scratch, (size_t)DICTIONARY_ENTRY_BYTES * 4);
  int code = 0;
  for (uint32_t g = 0; g < w->group_count && !code; g++) {
    for (uint32_t i = 0; i * LIMIT_PAGE_ROWS < w->groups[g].rows && !code; i++) {
      code = gather_page(work, &w->groups[g], i, p, &scratch);
      if (!code && p->count)
        code = write_page(work, p, segment_page_rows(w->groups[g].rows, i),
                          &work->entry.page_lengths[g * GROUP_PAGES + i]);
    }
    release_pages(work);
    if (!code) code = segment_writer_check(w);
  }
  if (!code) column_entry_put(w, work->plan, COLUMN_TEXT, &work->entry);
  buffer_free(&p->bytes);
  buffer_free(&scratch);
  free(p);
  return code;
}
