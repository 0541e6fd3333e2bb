/* Scanning the columns of a group for values in a set. */
#include "base/fold.h"
#include "store/plan_internal.h"

static uint64_t word_of_range(const struct page *page, uint32_t row, uint32_t begin, uint32_t count) {
  uint64_t word = 0;
  uint32_t lanes = page->row_count - row < 64 ? page->row_count - row : 64;
  uint32_t first = begin + 1; /* ids are stored plus one, 0 is absent */
#define LANES(type)                                                                                 \
  {                                                                                                 \
    const type *ids = (const type *)page->ids + row;                                                \
    for (uint32_t i = 0; i < lanes; i++) word |= (uint64_t)((uint32_t)ids[i] - first < count) << i; \
  }
  if (page->id_bytes == 1)
    LANES(uint8_t)
  else if (page->id_bytes == 2)
    LANES(uint16_t)
  else
    LANES(uint32_t)
#undef LANES
  return word;
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

/* The page's bytes in lower case, where that is all that folding does to them: ASCII, and not too many. */
static bool lower_page(const struct page *page, struct buffer *out) {
  enum { MOST_BYTES = 4 * 1024 * 1024 };
  uint32_t len = page->starts[page->row_count];
  unsigned char high = 0;
  buffer_clear(out);
  char *to = len > 0 && len <= MOST_BYTES ? buffer_reserve(out, len) : NULL;
  if (!to) return false;
  for (uint32_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)page->bytes[i];
    high |= c;
    to[i] = (char)((unsigned char)(c - 'A') < 26 ? c + 32 : c);
  }
  buffer_commit(out, len);
  return high < 0x80;
}

static uint32_t row_of_byte(const struct page *page, uint32_t at) {
  uint32_t low = 0, high = page->row_count;
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (page->starts[middle] <= at)
      low = middle;
    else
      high = middle;
  }
  return low;
}

/* One search through all texts of the page instead of one per row. A hit that reaches over the end of a row's text, or
 * into the tag before it, is none. */
static bool search_page(struct scan *s, struct id_set *set, const struct page *page, uint32_t first_word,
                        uint32_t wanted) {
  struct buffer lower;
  struct slice needle = set->term_count == 1 ? set->terms[0].text : SLICE("");
  if (needle.len == 0 || wanted < page->row_count / 8) return false;
  bool whole = set->terms[0].op == MATCH_EQUAL;
  if (!whole && set->terms[0].op != MATCH_SUBSTRING) return false;
  uint32_t tag = field_get(set->info.field)->kind == KIND_ANY;
  buffer_init(&lower, 8 * 1024 * 1024);
  bool usable = lower_page(page, &lower);
  for (uint32_t at = 0; usable && at < lower.len;) {
    long hit = slice_find(slice_of(lower.data + at, lower.len - at), needle);
    if (hit < 0) break;
    at += (uint32_t)hit;
    uint32_t row = row_of_byte(page, at);
    uint32_t begin = page->starts[row] + tag, end = page->starts[row + 1];
    bool inside = at >= begin && at + needle.len <= end;
    if (inside && (!whole || (at == begin && at + needle.len == end))) {
      bitmap_set(s->result, first_word * 64 + row);
      at = page->starts[row + 1];
    } else {
      at++;
    }
  }
  buffer_free(&lower);
  if (usable)
    for (uint32_t w = 0; w < PAGE_WORDS; w++) s->result->words[first_word + w] &= s->candidates->words[first_word + w];
  return usable;
}

static void scan_text_page(struct scan *s, struct id_set *set, const struct page *page, uint32_t first_word) {
  uint32_t words = (page->row_count + 63) / 64, wanted = 0;
  for (uint32_t w = 0; w < words; w++)
    wanted += (uint32_t)__builtin_popcountll(s->candidates->words[first_word + w] & ~s->result->words[first_word + w]);
  if (search_page(s, set, page, first_word, wanted)) return;
  for (uint32_t w = 0; w < words; w++) {
    uint64_t want = s->candidates->words[first_word + w] & ~s->result->words[first_word + w];
    for (; want; want &= want - 1) {
      uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(want);
      if (row >= page->row_count) break;
      if (!(page->present[row / 8] >> (row % 8) & 1)) continue;
      struct slice text = slice_of(page->bytes + page->starts[row], page->starts[row + 1] - page->starts[row]);
      if (id_set_text_matches(set, text)) bitmap_set(s->result, first_word * 64 + row);
    }
  }
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
  const struct run *runs;
  uint32_t count;
  void *owner;
  int rc = part->ops->runs_get(part, s->group, &runs, &count, &owner, err);
  if (rc) return rc;
  *done_out = runs != NULL;
  for (uint32_t i = 0; i < count; i++)
    if (id_set_has(set, runs[i].tenant))
      bitmap_set_range(s->result, runs[i].row_begin, runs[i].row_begin + runs[i].row_count);
  part->ops->runs_put(part, owner);
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
