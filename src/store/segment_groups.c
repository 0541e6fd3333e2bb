#include "store/segment_groups.h"

#include <stdlib.h>

enum {
  TERMS_MIN_IDS = 17,    /* a dictionary this small prunes nothing: nearly every chunk holds every id */
  TERMS_MAX_PERCENT = 50 /* of the chunks, held by the average id of a group: past it the index is not written */
};

static void mark(struct term_marks *m, uint32_t id, uint32_t row) {
  if (!m->masks[id]) m->touched[m->count++] = id;
  m->masks[id] |= 1ull << (row / LIMIT_CHUNK_ROWS);
}

int segment_write_id_group(struct column_work *work, struct term_marks *marks, uint32_t group) {
  struct segment_writer *w = work->w;
  const struct writer_group *g = &w->groups[group];
  const uint32_t *rows = work->row_texts + g->row_begin, *ids = work->texts->ids;
  uint32_t out[LIMIT_PAGE_ROWS];
  for (uint32_t p = 0; p * LIMIT_PAGE_ROWS < g->rows; p++) {
    uint32_t count = segment_page_rows(g->rows, p), any = 0;
    for (uint32_t i = 0; i < count; i++) {
      uint32_t row = p * LIMIT_PAGE_ROWS + i, text = rows[row];
      any |= text;
      out[i] = text ? ids[text - 1] + 1 : 0;
      if (text) mark(marks, out[i] - 1, row);
    }
    if (!any) continue;
    struct buffer *page = segment_output_begin(&w->out);
    codec_put_u32s(w->codec, page, out, count);
    int code = segment_output_page(&w->out, SEGMENT_IDS, &work->entry.page_lengths[group * GROUP_PAGES + p], w->err);
    if (code) return code;
  }
  return 0;
}

static int write_list_page(struct column_work *work, uint32_t *length, const uint32_t *starts, uint32_t count,
                           const uint32_t *ids) {
  struct segment_writer *w = work->w;
  uint32_t counts[LIMIT_PAGE_ROWS], elements = starts[count] - starts[0];
  if (elements > CODEC_MAX_U32S) return error_set(w->err, ERR_CORRUPT, "rows with too many list elements");
  for (uint32_t i = 0; i < count; i++) counts[i] = starts[i + 1] - starts[i];
  struct buffer *page = segment_output_begin(&w->out);
  codec_put_u32s(w->codec, page, counts, count);
  codec_put_u32s(w->codec, page, ids, elements);
  return segment_output_page(&w->out, SEGMENT_LIST, length, w->err);
}

int segment_write_list_group(struct column_work *work, struct term_marks *marks, uint32_t group,
                             const struct list_rows *rows) {
  const struct writer_group *g = &work->w->groups[group];
  const uint32_t *ids = work->texts->ids;
  for (uint32_t p = 0; p * LIMIT_PAGE_ROWS < g->rows; p++) {
    const uint32_t *starts = rows->starts + p * LIMIT_PAGE_ROWS;
    uint32_t count = segment_page_rows(g->rows, p);
    if (starts[0] == starts[count]) continue;
    for (uint32_t i = 0; i < count; i++) {
      for (uint32_t e = starts[i]; e < starts[i + 1]; e++) {
        if (!rows->ids[e]) continue;
        uint32_t id = ids[rows->ids[e] - 1];
        mark(marks, id, p * LIMIT_PAGE_ROWS + i);
        rows->ids[e] = id + 1;
      }
    }
    int code =
        write_list_page(work, &work->entry.page_lengths[group * GROUP_PAGES + p], starts, count, rows->ids + starts[0]);
    if (code) return code;
  }
  return 0;
}

/* ---- Indexes ---- */

static int compare_ids(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* The touched ids in order: by sorting them, or where they are many by going through all. */
static void sort_touched(struct term_marks *m, uint32_t used) {
  if (used / 16 > m->count) {
    qsort(m->touched, m->count, sizeof *m->touched, compare_ids);
    return;
  }
  m->count = 0;
  for (uint32_t id = 0; id < used; id++)
    if (m->masks[id]) m->touched[m->count++] = id;
}

static int write_terms(struct column_work *work, const struct term_marks *m, uint32_t group, uint64_t all) {
  struct segment_writer *w = work->w;
  uint64_t held = 0, chunks = (uint64_t)__builtin_popcountll(all);
  for (uint32_t i = 0; i < m->count; i++) held += (uint64_t)__builtin_popcountll(m->masks[m->touched[i]]);
  if (work->plan->field == FIELD_SHAPE || work->texts->used < TERMS_MIN_IDS || chunks < 2 ||
      held * 100 > chunks * m->count * TERMS_MAX_PERCENT)
    return 0;
  struct mask_entry *entries = malloc(((size_t)m->count + 1) * sizeof *entries);
  if (!entries) abort();
  for (uint32_t i = 0; i < m->count; i++) {
    uint64_t mask = m->masks[m->touched[i]];
    if ((uint64_t)__builtin_popcountll(mask) * 4 >= chunks * 3) mask = all; /* saves bytes, costs no reader anything */
    entries[i] = (struct mask_entry){m->touched[i], mask};
  }
  struct buffer *page = segment_output_begin(&w->out);
  mask_index_put(w->codec, page, entries, m->count, all);
  free(entries);
  return segment_output_page(&w->out, SEGMENT_TERMS, &work->entry.term_lengths[group], w->err);
}

int segment_write_marks(struct column_work *work, struct term_marks *m, uint32_t group) {
  struct writer_group *g = &work->w->groups[group];
  const struct column_texts *t = work->texts;
  sort_touched(m, t->used);
  int code = m->count ? write_terms(work, m, group, segment_all_chunks(g->rows)) : 0;
  const bool grams = !g->copy_grams && segment_searchable(work->plan->field);
  for (uint32_t i = 0; i < m->count; i++) {
    uint32_t id = m->touched[i];
    if (grams) gram_map_add(&g->grams, dictionary_key_value(t->order, t->keys[id]), m->masks[id]);
    m->masks[id] = 0;
  }
  m->count = 0;
  return code;
}
