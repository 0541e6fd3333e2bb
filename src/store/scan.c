/* Scanning the columns of a group for values in a set. */
#include "store/plan_internal.h"
#include "store/text_search.h"

/* 64 bytes that are 0 or 1 as 64 bits: eight at a time by a multiplication that gathers them in the top byte. */
static uint64_t pack_flags(const uint8_t flags[64]) {
  uint64_t word = 0;
  for (unsigned i = 0; i < 8; i++) {
    uint64_t eight;
    memcpy(&eight, flags + 8 * i, sizeof eight);
    word |= (eight * UINT64_C(0x0102040810204080) >> 56) << (8 * i);
  }
  return word;
}

/* Which of the 64 rows from `row` on have an id in [begin, begin + count). Compared in the width the ids have, so that
 * the compiler can take many at a time; ids are stored plus one, 0 is absent. */
static uint64_t word_of_range(const struct page *page, uint32_t row, uint32_t begin, uint32_t count) {
  uint8_t flags[64] = {0};
  uint32_t lanes = page->row_count - row < 64 ? page->row_count - row : 64, first = begin + 1;
  uint32_t most = page->id_bytes == 1 ? UINT8_MAX : page->id_bytes == 2 ? UINT16_MAX : UINT32_MAX;
  if (first > most) return 0;
  if (count > most - first + 1 && most != UINT32_MAX) count = most - first + 1;
#define LANES(type)                                                               \
  do {                                                                            \
    const type *ids = (const type *)page->ids + row;                              \
    const type low = (type)first, last = (type)(count - 1);                       \
    for (uint32_t i = 0; i < lanes; i++) flags[i] = (type)(ids[i] - low) <= last; \
  } while (0)
  if (count == 0) return 0;
  if (page->id_bytes == 1)
    LANES(uint8_t);
  else if (page->id_bytes == 2)
    LANES(uint16_t);
  else
    LANES(uint32_t);
#undef LANES
  return pack_flags(flags);
}

static void scan_ids_page(struct scan *s, struct id_set *set, const struct page *page, uint32_t first_word) {
  uint32_t words = (page->row_count + 63) / 64;
  for (uint32_t w = 0; w < words; w++) {
    uint64_t want = s->candidates->words[first_word + w] & ~s->result->words[first_word + w];
    if (!want) continue;
    if (set->mode == ID_SET_RANGE) {
      s->result->words[first_word + w] |= want & word_of_range(page, w * 64, set->begin, set->end - set->begin);
      continue;
    }
    for (; want; want &= want - 1) {
      uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(want);
      uint32_t id_plus_1 = row < page->row_count ? page_id(page, row) : 0;
      if (id_plus_1 && id_set_has(set, id_plus_1 - 1)) bitmap_set(s->result, first_word * 64 + row);
    }
  }
}

static void scan_list_page(struct scan *s, struct id_set *set, const struct page *page, uint32_t first_word) {
  for (uint32_t w = 0; w < (page->row_count + 63) / 64; w++) {
    uint64_t want = s->candidates->words[first_word + w] & ~s->result->words[first_word + w];
    for (; want; want &= want - 1) {
      uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(want);
      if (row >= page->row_count) break;
      for (uint32_t i = page->starts[row]; i < page->starts[row + 1]; i++) {
        if (!page->list_ids[i] || !id_set_has(set, page->list_ids[i] - 1)) continue;
        bitmap_set(s->result, first_word * 64 + row);
        break;
      }
    }
  }
}

struct chunk_hits {
  struct scan *scan;
  uint32_t first_row; /* of the chunk, in the group */
};

static void note_hit(void *arg, uint32_t index) {
  struct chunk_hits *h = arg;
  uint32_t row = h->first_row + index;
  h->scan->result->words[row / 64] |= h->scan->candidates->words[row / 64] & UINT64_C(1) << (row % 64);
}

static void scan_text_row(struct scan *s, struct id_set *set, const struct page *page, uint32_t in_page, uint32_t row) {
  if (in_page >= page->row_count || !(page->present[in_page / 8] >> (in_page % 8) & 1)) return;
  struct slice text = slice_of(page->bytes + page->starts[in_page], page->starts[in_page + 1] - page->starts[in_page]);
  if (id_set_text_matches(set, text)) bitmap_set(s->result, row);
}

/* A chunk of which many rows are wanted is searched at once where the terms allow it, else row by row. */
static void scan_text_chunk(struct scan *s, struct id_set *set, const struct page *page, uint32_t in_page,
                            struct text_search *search, uint32_t first_row) {
  enum { MANY = LIMIT_CHUNK_ROWS / 8 };
  uint32_t rows = page->row_count - in_page < LIMIT_CHUNK_ROWS ? page->row_count - in_page : LIMIT_CHUNK_ROWS;
  uint32_t wanted = 0, first_word = first_row / 64;
  for (uint32_t w = 0; w < CHUNK_WORDS; w++)
    wanted += (uint32_t)__builtin_popcountll(s->candidates->words[first_word + w] & ~s->result->words[first_word + w]);
  struct chunk_hits hits = {s, first_row};
  if (wanted > MANY && search && text_search_run(search, page->starts + in_page, rows, page->bytes, note_hit, &hits))
    return;
  for (uint32_t w = 0; wanted > 0 && w < CHUNK_WORDS; w++) {
    uint64_t want = s->candidates->words[first_word + w] & ~s->result->words[first_word + w];
    for (; want; want &= want - 1) {
      uint32_t offset = w * 64 + (uint32_t)__builtin_ctzll(want);
      scan_text_row(s, set, page, in_page + offset, first_row + offset);
    }
  }
}

static void scan_text_page(struct scan *s, struct id_set *set, const struct page *page, uint32_t first_word) {
  const struct filter_term *t = &set->terms[0];
  struct text_search search;
  bool at_once = set->term_count == 1 && t->text.len > 0 && (t->op == MATCH_EQUAL || t->op == MATCH_SUBSTRING);
  if (at_once) text_search_init(&search, t->text, t->op == MATCH_EQUAL, field_get(set->info.field)->kind == KIND_ANY);
  for (uint32_t in_page = 0; in_page < page->row_count; in_page += LIMIT_CHUNK_ROWS)
    scan_text_chunk(s, set, page, in_page, at_once ? &search : NULL, first_word * 64 + in_page);
  if (at_once) text_search_free(&search);
}

static void scan_int_page(struct scan *s, const struct filter_term *terms, uint32_t term_count, const struct page *page,
                          uint32_t first_word) {
  for (uint32_t w = 0; w < (page->row_count + 63) / 64; w++) {
    uint64_t want = s->candidates->words[first_word + w] & ~s->result->words[first_word + w];
    if (!want) continue;
    uint32_t row = w * 64, lanes = page->row_count - row < 64 ? page->row_count - row : 64;
    uint64_t word = 0;
    for (uint32_t t = 0; t < term_count; t++)
      for (uint32_t i = 0; i < lanes; i++)
        word |= (uint64_t)filter_term_matches_int(&terms[t], page->ints[row + i]) << i;
    s->result->words[first_word + w] |= want & word;
  }
}

/* Rows whose tenant is in the set, by runs where the group has them. */
static int scan_runs(struct scan *s, struct id_set *set, bool *done_out, struct error *err) {
  struct part *part = s->plan->part;
  struct run_list list;
  int rc = part->ops->runs_get(part, s->group, &list, err);
  if (rc) return rc;
  *done_out = list.runs != NULL;
  uint32_t begin, end;
  plan_runs_of(set, &list, &begin, &end);
  for (uint32_t i = begin; i < end; i++)
    if (id_set_has(set, list.runs[i].tenant))
      bitmap_set_range(s->result, list.runs[i].row_begin, list.runs[i].row_begin + list.runs[i].row_count);
  part->ops->runs_put(part, &list);
  return 0;
}

int scan_column(struct scan *s, struct clause_column *c, const struct filter_clause *clause, struct error *err) {
  struct part *part = s->plan->part;
  struct group_info info;
  part->ops->group(part, s->group, &info);
  if (c->field == FIELD_TENANT) {
    bool done = false;
    int rc = scan_runs(s, &c->set, &done, err);
    if (rc || done) return rc;
  }
  for (uint32_t p = 0; p * LIMIT_PAGE_ROWS < info.rows; p++) {
    uint32_t first_word = p * PAGE_WORDS;
    if (!bitmap_any(s->candidates, first_word, PAGE_WORDS)) continue;
    const struct page *page;
    int rc = part->ops->page_get(part, c->column, s->group, p, &page, err);
    if (rc) return rc;
    if (!page) continue;
    switch (c->kind) {
      case COLUMN_IDS: scan_ids_page(s, &c->set, page, first_word); break;
      case COLUMN_LIST: scan_list_page(s, &c->set, page, first_word); break;
      case COLUMN_TEXT: scan_text_page(s, &c->set, page, first_word); break;
      case COLUMN_INT: scan_int_page(s, clause->terms, clause->term_count, page, first_word); break;
    }
    part->ops->page_put(part, page);
    if (c->kind != COLUMN_INT && c->set.code)
      return error_set(err, c->set.code, "the dictionary of a column cannot be read");
  }
  return 0;
}
