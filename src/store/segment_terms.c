/* Columns of texts: their dictionary, and the choice between a dictionary and text in the pages. */
#include <stdlib.h>

#include "store/key_bloom.h"
#include "store/segment_groups.h"

/* ---- Gathering ---- */

/* The text index + 1 of a row, 0 where it has none. */
static int gather_row(struct column_work *work, struct column_source *s, const struct segment_row *row, uint32_t *out) {
  const struct page *page;
  *out = 0;
  int code = column_source_page(s, row->group, row->row, &page, work->w->err);
  if (code || !page) return code;
  uint32_t at = row->row % LIMIT_PAGE_ROWS;
  if (s->kind == COLUMN_IDS) {
    uint32_t id = page_id(page, at);
    if (id > s->dict_count) return error_set(work->w->err, ERR_CORRUPT, "an id is not in its dictionary");
    *out = id ? s->texts[id - 1] + 1 : 0;
    return 0;
  }
  if (!(page->present[at / 8] >> (at % 8) & 1)) return 0;
  struct slice text = slice_of(page->bytes + page->starts[at], page->starts[at + 1] - page->starts[at]);
  code = column_texts_add(work->texts, s->prefix, text, out, work->w->err);
  *out += 1;
  return code;
}

static void release_pages(struct column_work *work) {
  for (uint32_t i = 0; i < work->plan->source_count; i++) column_source_release(&work->plan->sources[i]);
}

static int gather_ids(struct column_work *work) {
  struct segment_writer *w = work->w;
  work->row_texts = malloc((w->source->row_count + 1) * sizeof *work->row_texts);
  if (!work->row_texts)
    return error_set(w->err, ERR_IO, "out of memory for %llu rows", (unsigned long long)w->source->row_count);
  for (uint32_t g = 0; g < w->group_count; g++) {
    const uint64_t begin = w->groups[g].row_begin;
    for (uint64_t i = begin; i < begin + w->groups[g].rows; i++) {
      const struct segment_row *row = &w->source->rows[i];
      struct column_source *s = work->by_part[row->part];
      uint32_t text = 0;
      int code = s ? gather_row(work, s, row, &text) : 0;
      if (code) return code;
      work->row_texts[i] = text;
      if (text) work->texts->rows[text - 1]++;
    }
    release_pages(work);
    int code = segment_writer_check(w);
    if (code) return code;
  }
  return 0;
}

static void list_append(struct list_rows *rows, uint32_t at, uint32_t id) {
  if (at == rows->room) {
    rows->room = rows->room ? rows->room * 2 : LIMIT_GROUP_ROWS;
    rows->ids = realloc(rows->ids, rows->room * sizeof *rows->ids);
    if (!rows->ids) abort();
  }
  rows->ids[at] = id;
}

/* Appends the elements a row has in one source. */
static int gather_elements(struct column_work *work, struct column_source *s, const struct segment_row *row,
                           struct list_rows *rows, uint32_t *end) {
  const struct page *page;
  uint32_t text;
  if (s->kind != COLUMN_LIST) {
    int code = gather_row(work, s, row, &text);
    if (!code && text) list_append(rows, (*end)++, text);
    return code;
  }
  int code = column_source_page(s, row->group, row->row, &page, work->w->err);
  if (code || !page) return code;
  uint32_t at = row->row % LIMIT_PAGE_ROWS;
  for (uint32_t e = page->starts[at]; e < page->starts[at + 1]; e++) {
    uint32_t id = page->list_ids[e];
    if (id > s->dict_count) return error_set(work->w->err, ERR_CORRUPT, "an id is not in its dictionary");
    list_append(rows, (*end)++, id ? s->texts[id - 1] + 1 : 0);
  }
  if (*end > LIMIT_GROUP_ROWS * 256u) return error_set(work->w->err, ERR_CORRUPT, "rows with too many list elements");
  return 0;
}

static int gather_lists(struct column_work *work, uint32_t group, struct list_rows *rows) {
  struct segment_writer *w = work->w;
  const struct writer_group *g = &w->groups[group];
  uint32_t end = 0;
  for (uint32_t i = 0; i < g->rows; i++) {
    const struct segment_row *row = &w->source->rows[g->row_begin + i];
    rows->starts[i] = end;
    struct column_source *s = work->by_part[row->part];
    const struct column_source *sources_end = work->plan->sources + work->plan->source_count;
    for (; s && s < sources_end && s->part_index == row->part; s++) {
      int code = gather_elements(work, s, row, rows, &end);
      if (code) return code;
    }
  }
  rows->starts[g->rows] = end;
  release_pages(work);
  return segment_writer_check(w);
}

/* How many rows hold each text. */
static int count_lists(struct column_work *work, struct list_rows *rows) {
  struct column_texts *t = work->texts;
  uint64_t *last_rows = NULL; /* the row + 1 that was counted last, so that a row counts once; texts do not grow here
                                 unless a demoted parameter is text */
  uint32_t room = 0;
  int code = 0;
  for (uint32_t g = 0; g < work->w->group_count && !code; g++) {
    code = gather_lists(work, g, rows);
    if (t->count > room) {
      last_rows = realloc(last_rows, (size_t)t->count * sizeof *last_rows);
      if (!last_rows) abort();
      memset(last_rows + room, 0, (size_t)(t->count - room) * sizeof *last_rows);
      room = t->count;
    }
    for (uint32_t i = 0; i < work->w->groups[g].rows && !code; i++) {
      for (uint32_t e = rows->starts[i]; e < rows->starts[i + 1]; e++) {
        uint32_t text = rows->ids[e];
        uint64_t row = work->w->groups[g].row_begin + i + 1;
        if (!text || last_rows[text - 1] == row) continue;
        last_rows[text - 1] = row;
        t->rows[text - 1]++;
      }
    }
  }
  free(last_rows);
  return code;
}

/* ---- The dictionary ---- */

static int write_dictionary(struct column_work *work) {
  struct segment_writer *w = work->w;
  const struct column_texts *t = work->texts;
  uint32_t max_pages = t->used / DICTIONARY_PAGE_ENTRIES + (uint32_t)(t->bytes_used / DICTIONARY_PAGE_BYTES) + 2;
  uint32_t *entries = malloc(max_pages * sizeof *entries), *lengths = malloc(max_pages * sizeof *lengths);
  struct slice *firsts = malloc(max_pages * sizeof *firsts);
  if (!entries || !lengths || !firsts) abort();
  int code = 0;
  uint32_t pages = 0;
  for (uint32_t id = 0; id < t->used && !code; pages++) {
    assert(pages < max_pages);
    entries[pages] = dictionary_page_entries(t->texts + id, t->used - id);
    firsts[pages] = t->texts[id];
    struct buffer *page = segment_output_begin(&w->out);
    dictionary_put_page(w->codec, page, t->texts + id, t->counts + id, entries[pages]);
    code = segment_output_page(&w->out, SEGMENT_DICTIONARY, &lengths[pages], w->err);
    work->entry.dict_bytes += code ? 0 : lengths[pages];
    id += entries[pages];
  }
  work->entry.dict_count = t->used;
  work->entry.dict_pages = pages;
  if (!code && pages > 1) {
    struct buffer *page = segment_output_begin(&w->out);
    dictionary_put_index(w->codec, page, firsts, entries, lengths, pages);
    code = segment_output_page(&w->out, SEGMENT_DICTIONARY_INDEX, &work->entry.index_length, w->err);
  }
  free(entries);
  free(lengths);
  free(firsts);
  return code;
}

/* ---- What other parts of the segment need of these columns ---- */

static int note_runs(struct column_work *work, uint32_t group) {
  struct segment_writer *w = work->w;
  struct writer_group *g = &w->groups[group];
  const uint32_t *rows = work->row_texts + g->row_begin;
  uint32_t room = 0;
  for (uint32_t i = 0; i < g->rows; i++) {
    if (!rows[i]) return error_set(w->err, ERR_CORRUPT, "a row without a tenant");
    if (i > 0 && rows[i] == rows[i - 1]) {
      g->runs[g->run_count - 1].row_count++;
      continue;
    }
    if (g->run_count == room) {
      room = room ? room * 2 : 64;
      g->runs = realloc(g->runs, room * sizeof *g->runs);
      if (!g->runs) abort();
    }
    g->runs[g->run_count++] = (struct run){work->texts->ids[rows[i] - 1], i, 1, 0, 0};
  }
  return 0;
}

static int note_tenants(struct column_work *work) {
  struct segment_writer *w = work->w;
  const struct column_texts *t = work->texts;
  w->tenants = malloc(((size_t)t->used + 1) * sizeof *w->tenants);
  w->tenant_bytes = malloc(t->bytes_used + 1);
  if (!w->tenants || !w->tenant_bytes) abort();
  w->tenant_count = t->used;
  char *to = w->tenant_bytes;
  for (uint32_t id = 0; id < t->used; id++) {
    if (t->texts[id].len) memcpy(to, t->texts[id].data, t->texts[id].len);
    w->tenants[id] = slice_of(to, t->texts[id].len);
    to += t->texts[id].len;
  }
  int code = 0;
  for (uint32_t g = 0; g < w->group_count && !code; g++) code = note_runs(work, g);
  return code;
}

static void add_key_hash(struct segment_writer *w, uint64_t hash) {
  if (w->key_count == w->key_room) {
    w->key_room = w->key_room ? w->key_room * 2 : 1024;
    w->key_hashes = realloc(w->key_hashes, w->key_room * sizeof *w->key_hashes);
    if (!w->key_hashes) abort();
  }
  w->key_hashes[w->key_count++] = hash;
}

/* One source of received_at per part. */
static int open_received(struct segment_writer *w, struct column_source *sources) {
  for (uint32_t p = 0; p < w->source->part_count; p++) {
    struct part *part = w->source->parts[p];
    sources[p] = (struct column_source){.part = part, .part_index = p};
    sources[p].column = part->ops->find_column(part, FIELD_RECEIVED_AT, slice_of(NULL, 0));
    if (sources[p].column == NO_COLUMN) return error_set(w->err, ERR_CORRUPT, "an input without received_at");
    column_source_open(&sources[p]);
  }
  return 0;
}

static int note_group_keys(struct column_work *work, struct column_source *received, const struct writer_group *g) {
  struct segment_writer *w = work->w;
  for (uint32_t r = 0; r < g->run_count; r++) {
    const struct run *run = &g->runs[r];
    for (uint32_t i = run->row_begin; i < run->row_begin + run->row_count; i++) {
      uint32_t text = work->row_texts[g->row_begin + i];
      const struct segment_row *row = &w->source->rows[g->row_begin + i];
      const struct page *page;
      if (!text) continue;
      int code = column_source_page(&received[row->part], row->group, row->row, &page, w->err);
      if (code) return code;
      if (page && page->ints[row->row % LIMIT_PAGE_ROWS] >= w->source->keys_since_us)
        add_key_hash(w, key_bloom_hash(w->tenants[run->tenant], column_texts_get(work->texts, text - 1)));
    }
  }
  return 0;
}

static int note_keys(struct column_work *work) {
  struct segment_writer *w = work->w;
  struct column_source *received = calloc((size_t)w->source->part_count + 1, sizeof *received);
  if (!received) abort();
  int code = open_received(w, received);
  for (uint32_t g = 0; g < w->group_count && !code; g++) {
    code = note_group_keys(work, received, &w->groups[g]);
    for (uint32_t p = 0; p < w->source->part_count; p++) column_source_release(&received[p]);
  }
  for (uint32_t p = 0; p < w->source->part_count; p++)
    if (received[p].pages) column_source_close(&received[p]);
  free(received);
  return code;
}

/* ---- Writing a column ---- */

static int write_groups(struct column_work *work, struct list_rows *lists) {
  struct segment_writer *w = work->w;
  struct term_marks marks = {calloc((size_t)work->texts->used + 1, sizeof(uint64_t)),
                             malloc(((size_t)work->texts->used + 1) * sizeof(uint32_t)), 0};
  if (!marks.masks || !marks.touched) abort();
  for (uint32_t id = 0; id < work->texts->used; id++)
    byte_set_add_folded(&work->entry.bytes, dictionary_key_value(work->texts->order, work->texts->keys[id]));
  int code = write_dictionary(work);
  for (uint32_t g = 0; g < w->group_count && !code; g++) {
    if (lists) {
      code = gather_lists(work, g, lists);
      if (!code) code = segment_write_list_group(work, &marks, g, lists);
    } else {
      code = segment_write_id_group(work, &marks, g);
    }
    if (!code) code = segment_write_marks(work, &marks, g);
    if (!code) code = segment_writer_check(w);
  }
  if (!code) column_entry_put(w, work->plan, work->plan->kind, &work->entry);
  free(marks.masks);
  free(marks.touched);
  return code;
}

static int write_lists(struct column_work *work) {
  struct list_rows lists = {malloc((LIMIT_GROUP_ROWS + 1) * sizeof(uint32_t)), NULL, 0};
  if (!lists.starts) abort();
  int code = count_lists(work, &lists);
  if (!code) {
    column_texts_sort(work->texts);
    if (work->texts->used) code = write_groups(work, &lists);
  }
  free(lists.starts);
  free(lists.ids);
  return code;
}

/* Text in the pages must be of use to no index: tenants, keys and words always have a dictionary. */
static bool may_be_text(const struct column_plan *plan) {
  if (plan->field == FIELD_TENANT || plan->field == FIELD_KEY || plan->field == FIELD_SHAPE) return false;
  return plan->kind == COLUMN_IDS && field_get((enum field_id)plan->field)->kind != KIND_WORD;
}

/* Fields that people filter by keep their dictionary, and so their term index, for longer. */
static bool is_better_as_text(const struct column_plan *plan, uint64_t distinct, uint64_t values) {
  bool filtered = (field_get((enum field_id)plan->field)->flags & (F_FILTER | F_MAP)) == F_FILTER;
  uint64_t percent = filtered ? SEGMENT_TEXT_PERCENT_FILTERED : SEGMENT_TEXT_PERCENT;
  return values >= SEGMENT_TEXT_MIN_VALUES && distinct * 100 > values * percent;
}

static int write_ids(struct column_work *work, bool may_be_pages) {
  int code = gather_ids(work);
  if (code) return code;
  struct column_texts *t = work->texts;
  uint64_t values = 0, distinct = 0;
  for (uint32_t i = 0; i < t->count; i++) {
    values += t->rows[i];
    distinct += t->rows[i] != 0;
  }
  if (values == 0) return 0;
  if (may_be_pages && is_better_as_text(work->plan, distinct, values)) return segment_write_text(work);
  column_texts_sort(t);
  if (work->plan->field == FIELD_TENANT) code = note_tenants(work);
  if (work->plan->field == FIELD_KEY) code = note_keys(work);
  return code ? code : write_groups(work, NULL);
}

static int open_sources(struct column_work *work, bool *any_text) {
  *any_text = false;
  for (uint32_t i = 0; i < work->plan->source_count; i++) {
    struct column_source *s = &work->plan->sources[i];
    column_source_open(s);
    *any_text |= s->kind == COLUMN_TEXT;
    if (!work->by_part[s->part_index]) work->by_part[s->part_index] = s;
  }
  column_texts_init(work->texts, dictionary_order_of(work->plan->field), work->plan->source_count > 1 || *any_text);
  int code = 0;
  for (uint32_t i = 0; i < work->plan->source_count && !code; i++)
    code = column_texts_load(work->texts, &work->plan->sources[i], work->w->err);
  return code;
}

int segment_write_terms(struct segment_writer *w, const struct column_plan *plan) {
  struct column_texts texts;
  struct column_work work = {.w = w, .plan = plan, .texts = &texts, .entry = column_entry_new(w)};
  work.by_part = calloc((size_t)w->source->part_count + 1, sizeof(struct column_source *));
  if (!work.by_part) abort();
  bool any_text;
  uint64_t values = 0, distinct = 0;
  int code = open_sources(&work, &any_text);
  if (!code && plan->kind == COLUMN_LIST) {
    code = write_lists(&work);
  } else if (!code) {
    bool as_text = any_text && may_be_text(plan);
    if (as_text) code = segment_estimate_texts(&work, &values, &distinct);
    if (!code)
      code = as_text && is_better_as_text(work.plan, distinct, values)
                 ? segment_write_text(&work)
                 : write_ids(&work, !any_text && may_be_text(plan));
  }
  for (uint32_t i = 0; i < plan->source_count; i++) column_source_close(&plan->sources[i]);
  column_texts_free(&texts);
  column_entry_free(&work.entry);
  free(work.row_texts);
  free(work.by_part);
  return code;
}
