/* Checking every rule of the format. Each check reads its pages anew rather than from the cache where it can: what is
 * asked is whether the file is whole. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/segment_read.h"

struct verifier {
  struct segment *s;
  void (*problem)(void *arg, const char *text);
  void *arg;
  uint64_t pages;
  int64_t problems;
};

static __attribute__((format(printf, 2, 3))) void report(struct verifier *v, const char *format, ...) {
  char text[ERROR_MESSAGE_BYTES + 128];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  v->problems++;
  if (v->problem) v->problem(v->arg, text);
}

static void report_page(struct verifier *v, const struct segment_column *c, uint32_t group, const char *what,
                        const char *why) {
  struct slice path = c->field == FIELD_PARAMS_REST ? SLICE("params (rest)") : field_get((enum field_id)c->field)->path;
  report(v, "%.*s%s%.*s, group %u, %s: %s", SLICE_ARGS(path), c->key.len ? "." : "", SLICE_ARGS(c->key), group, what,
         why);
}

/* ---- Dictionaries ---- */

struct dictionary_check {
  enum dictionary_order order;
  bool sorted, any;
  struct buffer key, text, scratch; /* key and text of the entry before */
};

static int check_entry(void *arg, uint32_t id, struct slice text) {
  (void)id;
  struct dictionary_check *d = arg;
  struct slice key = dictionary_key(d->order, text, &d->scratch);
  int order = d->any ? slice_compare(buffer_slice(&d->key), key) : -1;
  if (order == 0) order = dictionary_compare_texts(d->order, buffer_slice(&d->text), text);
  if (order >= 0) d->sorted = false;
  d->any = true;
  buffer_clear(&d->key);
  buffer_append_slice(&d->key, key);
  buffer_clear(&d->text);
  buffer_append_slice(&d->text, text);
  return 0;
}

static void verify_dictionary(struct verifier *v, uint32_t column) {
  const struct segment_column *c = &v->s->columns[column];
  struct dictionary_check d = {.order = dictionary_order_of(c->field), .sorted = true};
  struct error err = {0};
  buffer_init(&d.key, (size_t)DICTIONARY_ENTRY_BYTES * 4);
  buffer_init(&d.text, (size_t)DICTIONARY_ENTRY_BYTES * 4);
  buffer_init(&d.scratch, (size_t)DICTIONARY_ENTRY_BYTES * 4);
  v->pages += c->dict_pages + (c->dict_pages > 1);
  if (segment_dict_scan(&v->s->part, column, 0, c->dict_count, check_entry, &d, &err))
    report_page(v, c, 0, "dictionary", err.message);
  else if (!d.sorted)
    report_page(v, c, 0, "dictionary", "not sorted");
  buffer_free(&d.key);
  buffer_free(&d.text);
  buffer_free(&d.scratch);
}

/* ---- Pages against their indexes ---- */

/* What the term index of a group must hold, gathered from the pages. */
struct term_check {
  const uint64_t *masks; /* [dict_count] from the pages */
  uint32_t dict_count, found;
  uint64_t all;
  bool wrong;
};

static void check_term(void *arg, uint64_t id, uint64_t mask) {
  struct term_check *t = arg;
  if (id >= t->dict_count || (mask & ~t->all) || (t->masks[id] & ~mask) || !t->masks[id])
    t->wrong = true;
  else
    t->found++;
}

static void mark_page(const struct page *p, uint32_t page, uint64_t *masks) {
  for (uint32_t i = 0; i < p->row_count; i++) {
    uint64_t chunk = 1ull << ((page * LIMIT_PAGE_ROWS + i) / LIMIT_CHUNK_ROWS);
    if (p->kind == COLUMN_IDS) {
      uint32_t id = page_id(p, i);
      if (id) masks[id - 1] |= chunk;
      continue;
    }
    for (uint32_t e = p->starts[i]; e < p->starts[i + 1]; e++)
      if (p->list_ids[e]) masks[p->list_ids[e] - 1] |= chunk;
  }
}

static void verify_terms(struct verifier *v, const struct segment_column *c, uint32_t group, const uint64_t *masks) {
  const struct mask_index *x = NULL;
  struct error err = {0};
  if (!c->term_lengths[group]) return;
  v->pages++;
  if (segment_term_index(v->s, c, group, &x, &err)) {
    report_page(v, c, group, "term index", err.message);
    return;
  }
  struct term_check t = {masks, c->dict_count, 0, segment_all_chunks(v->s->groups[group].info.rows), false};
  uint32_t held = 0;
  for (uint32_t id = 0; id < c->dict_count; id++) held += masks[id] != 0;
  if (x->all != t.all || !mask_index_each(x, check_term, &t) || t.wrong || t.found != held)
    report_page(v, c, group, "term index", "does not cover the rows");
  union {
    const struct mask_index *in;
    struct cache_entry *out;
  } e = {x};
  cache_unpin(v->s->cache, e.out);
}

static void verify_group(struct verifier *v, uint32_t column, uint32_t group, uint64_t *masks) {
  struct segment *s = v->s;
  const struct segment_column *c = &s->columns[column];
  bool whole = true;
  if (masks) memset(masks, 0, (size_t)c->dict_count * sizeof *masks);
  for (uint32_t p = 0; p < GROUP_PAGES; p++) {
    const struct page *page = NULL;
    struct error err = {0};
    if (!c->page_lengths[group * GROUP_PAGES + p]) continue;
    v->pages++;
    if (s->part.ops->page_get(&s->part, column, group, p, &page, &err)) {
      char what[32];
      snprintf(what, sizeof what, "page %u", p);
      report_page(v, c, group, what, err.message);
      whole = false;
      continue;
    }
    if (masks) mark_page(page, p, masks);
    s->part.ops->page_put(&s->part, page);
  }
  if (masks && whole) verify_terms(v, c, group, masks);
}

static void verify_column(struct verifier *v, uint32_t column) {
  const struct segment_column *c = &v->s->columns[column];
  const bool terms = c->kind == COLUMN_IDS || c->kind == COLUMN_LIST;
  uint64_t *masks = terms ? malloc((size_t)c->dict_count * sizeof *masks) : NULL;
  if (terms) verify_dictionary(v, column);
  for (uint32_t g = 0; g < v->s->part.group_count; g++) verify_group(v, column, g, masks);
  free(masks);
}

/* ---- Groups: order of the rows, runs, times ---- */

struct group_rows { /* of the columns tenant, occurred_at, received_at, seq; pinned */
  uint32_t columns[4];
  const struct page *pages[4][GROUP_PAGES];
};

static void rows_close(struct verifier *v, struct group_rows *r) {
  for (int c = 0; c < 4; c++)
    for (int p = 0; p < GROUP_PAGES; p++) v->s->part.ops->page_put(&v->s->part, r->pages[c][p]);
}

static bool rows_open(struct verifier *v, uint32_t group, struct group_rows *r) {
  static const unsigned fields[4] = {FIELD_TENANT, FIELD_OCCURRED_AT, FIELD_RECEIVED_AT, FIELD_SEQ};
  struct part *part = &v->s->part;
  memset(r, 0, sizeof *r);
  for (int c = 0; c < 4; c++) {
    r->columns[c] = part->ops->find_column(part, fields[c], slice_of(NULL, 0));
    for (uint32_t p = 0; p * LIMIT_PAGE_ROWS < v->s->groups[group].info.rows; p++) {
      if (part->ops->page_get(part, r->columns[c], group, p, &r->pages[c][p], NULL)) {
        rows_close(v, r); /* the fault was reported with its column */
        return false;
      }
    }
  }
  return true;
}

static int64_t int_at(const struct group_rows *r, int column, uint32_t row) {
  return r->pages[column][row / LIMIT_PAGE_ROWS]->ints[row % LIMIT_PAGE_ROWS];
}

static void verify_run(struct verifier *v, uint32_t group, const struct group_rows *r, const struct run *run) {
  uint64_t min = UINT64_MAX, max = 0;
  bool ordered = true, one_tenant = true;
  for (uint32_t i = run->row_begin; i < run->row_begin + run->row_count; i++) {
    uint64_t seq = (uint64_t)int_at(r, 3, i);
    min = seq < min ? seq : min;
    max = seq > max ? seq : max;
    one_tenant &= page_id(r->pages[0][i / LIMIT_PAGE_ROWS], i % LIMIT_PAGE_ROWS) == run->tenant + 1;
    if (i == run->row_begin) continue;
    int64_t before = int_at(r, 1, i - 1), at = int_at(r, 1, i);
    ordered &= before < at || (before == at && (uint64_t)int_at(r, 3, i - 1) < seq);
  }
  if (!one_tenant) report(v, "group %u: the run at row %u holds another tenant", group, run->row_begin);
  if (!ordered) report(v, "group %u: the rows of the run at row %u are not in order", group, run->row_begin);
  if (min != run->seq_min || max != run->seq_max)
    report(v, "group %u: the run at row %u has other sequence numbers than it says", group, run->row_begin);
}

static void verify_run_order(struct verifier *v, uint32_t group, const struct run *runs, uint32_t count) {
  struct arena arena;
  arena_init(&arena, 1 << 20);
  struct slice before = {NULL, 0}, tenant;
  struct error err = {0};
  char copy[LIMIT_TENANT_BYTES];
  for (uint32_t i = 0; i < count; i++) {
    if (segment_dict_get(&v->s->part, 0, runs[i].tenant, &arena, &tenant, &err)) break; /* reported with its column */
    if (i && slice_compare(before, tenant) >= 0) {
      report(v, "group %u: runs are not in the order of tenants", group);
      break;
    }
    before = slice_of(copy, tenant.len < sizeof copy ? tenant.len : sizeof copy);
    if (before.len) memcpy(copy, tenant.data, before.len);
    arena_reset(&arena);
  }
  arena_free(&arena);
}

static void verify_times(struct verifier *v, uint32_t group, const struct group_rows *r) {
  const struct group_info *info = &v->s->groups[group].info;
  int64_t range[4] = {INT64_MAX, INT64_MIN, INT64_MAX, INT64_MIN};
  for (uint32_t i = 0; i < info->rows; i++) {
    for (int c = 0; c < 2; c++) {
      int64_t at = int_at(r, 1 + c, i);
      if (at < range[2 * c]) range[2 * c] = at;
      if (at > range[2 * c + 1]) range[2 * c + 1] = at;
    }
  }
  if (range[0] != info->occurred_min_us || range[1] != info->occurred_max_us || range[2] != info->received_min_us ||
      range[3] != info->received_max_us)
    report(v, "group %u: its times are not those of its rows", group);
}

static void verify_runs(struct verifier *v, uint32_t group) {
  struct part *part = &v->s->part;
  struct run_list list;
  struct error err = {0};
  struct group_rows rows;
  v->pages++;
  if (part->ops->runs_get(part, group, &list, &err)) {
    report(v, "group %u, runs: %s", group, err.message);
    return;
  }
  if (rows_open(v, group, &rows)) {
    for (uint32_t i = 0; i < list.count; i++) verify_run(v, group, &rows, &list.runs[i]);
    verify_run_order(v, group, list.runs, list.count);
    verify_times(v, group, &rows);
    rows_close(v, &rows);
  }
  part->ops->runs_put(part, &list);
}

/* ---- Gram indexes: every searchable value must be found ---- */

struct gram_check {
  const struct gram_index *index;
  uint64_t all;
  bool wrong;
};

static void check_gram(void *arg, uint64_t key, uint64_t mask) {
  (void)key;
  struct gram_check *g = arg;
  if (!mask || (mask & ~g->all)) g->wrong = true;
}

static void verify_text_grams(struct verifier *v, const struct segment_column *c, const struct page *p, uint32_t page,
                              struct gram_check *g, struct buffer *scratch) {
  enum dictionary_order order = dictionary_order_of(c->field);
  for (uint32_t i = 0; i < p->row_count && !g->wrong; i++) {
    if (!(p->present[i / 8] >> (i % 8) & 1)) continue;
    struct slice text = slice_of(p->bytes + p->starts[i], p->starts[i + 1] - p->starts[i]);
    struct slice folded = dictionary_key_value(order, dictionary_key(order, text, scratch));
    uint64_t mask = 0, chunk = 1ull << ((page * LIMIT_PAGE_ROWS + i) / LIMIT_CHUNK_ROWS);
    if (folded.len < GRAM_BYTES) continue;
    if (!gram_index_find(g->index, folded, true, true, &mask) || !(mask & chunk)) g->wrong = true;
  }
  (void)v;
}

static void verify_grams(struct verifier *v, uint32_t group) {
  struct segment *s = v->s;
  const struct gram_index *x;
  struct error err = {0};
  struct buffer scratch;
  v->pages++;
  if (segment_gram_index(s, group, &x, &err)) {
    report(v, "group %u, gram index: %s", group, err.message);
    return;
  }
  buffer_init(&scratch, (size_t)DICTIONARY_ENTRY_BYTES * 4);
  struct gram_check g = {x, segment_all_chunks(s->groups[group].info.rows), false};
  if (x->trigrams->all != g.all || x->runs->all != g.all || !mask_index_each(x->trigrams, check_gram, &g) ||
      !mask_index_each(x->runs, check_gram, &g))
    g.wrong = true;
  for (uint32_t c = 0; c < s->part.column_count && !g.wrong; c++) {
    if (s->columns[c].kind != COLUMN_TEXT || !segment_searchable(s->columns[c].field)) continue;
    for (uint32_t p = 0; p < GROUP_PAGES && !g.wrong; p++) {
      const struct page *page = NULL;
      if (s->part.ops->page_get(&s->part, c, group, p, &page, NULL) || !page) continue;
      verify_text_grams(v, &s->columns[c], page, p, &g, &scratch);
      s->part.ops->page_put(&s->part, page);
    }
  }
  if (g.wrong) report(v, "group %u: the gram index does not cover the rows", group);
  buffer_free(&scratch);
  union {
    const struct gram_index *in;
    struct cache_entry *out;
  } e = {x};
  cache_unpin(s->cache, e.out);
}

/* ---- The key filter ---- */

static void verify_keys(struct verifier *v) {
  const struct segment *s = v->s;
  for (uint32_t b = 0; b < s->key_blocks; b += SEGMENT_KEY_PAGE_BLOCKS) {
    uint32_t left = s->key_blocks - b, blocks = left < SEGMENT_KEY_PAGE_BLOCKS ? left : SEGMENT_KEY_PAGE_BLOCKS;
    uint64_t offset =
        s->keys_offset + (uint64_t)(b / SEGMENT_KEY_PAGE_BLOCKS) * (SEGMENT_FRAME_BYTES + SEGMENT_KEY_PAGE_BLOCKS * 32);
    uint8_t *payload = NULL;
    size_t len;
    struct error err = {0};
    v->pages++;
    if (segment_load_payload(s, SEGMENT_KEYS, offset, SEGMENT_FRAME_BYTES + blocks * 32, &payload, &len, &err))
      report(v, "key filter: %s", err.message);
    free(payload);
  }
}

int64_t segment_verify(struct segment *s, void (*problem)(void *arg, const char *text), void *arg,
                       uint64_t *pages_out) {
  struct verifier v = {s, problem, arg, 1, 0}; /* the footer was read when opening */
  for (uint32_t c = 0; c < s->part.column_count; c++) verify_column(&v, c);
  for (uint32_t g = 0; g < s->part.group_count; g++) {
    verify_runs(&v, g);
    verify_grams(&v, g);
  }
  verify_keys(&v);
  if (pages_out) *pages_out = v.pages;
  return v.problems;
}
