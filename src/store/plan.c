#include "store/plan.h"

#include <assert.h>
#include <stdlib.h>

#include "base/fold.h"
#include "base/instant.h"
#include "store/id_set.h"

enum { MASK_RANGE_IDS = 64 }; /* id ranges wider than this are not looked up in the term index */

/* One column a clause looks at. */
struct clause_column {
  uint32_t column;
  unsigned field;
  enum column_kind kind;
  struct id_set set; /* IDS and LIST; for TEXT only its terms and scratch are used */
};

struct plan_clause {
  const struct filter_clause *clause;
  struct clause_column *columns;
  uint32_t column_count;
  unsigned cost;
};

/* A grant as sets over the tenant, log and product columns. */
struct plan_grant {
  bool whole;                /* every row of the part */
  struct filter_term *terms; /* subtree, then logs, then products */
  bool has_tenant, has_log, has_product, impossible;
  struct id_set tenant, log, product;
};

struct plan {
  struct part *part;
  const struct plan_query *query;
  struct plan_clause *clauses;
  uint32_t clause_count;
  struct plan_grant *grants;
  uint32_t grant_count;
  bool empty;
  uint32_t tenant_column, occurred_column, received_column, seq_column;
  int64_t highest_floor;
  int64_t *floors; /* by tenant id; INSTANT_MAX: not looked up yet */
  uint32_t tenant_count;
  struct arena arena; /* grants' terms */
  struct arena path;  /* one tenant path */
  struct buffer folded;
};

/* ---- Binding ---- */

static bool is_int_field(unsigned field) {
  return field == FIELD_OCCURRED_AT || field == FIELD_RECEIVED_AT || field == FIELD_SEQ;
}

static int bind_column(struct plan *p, struct plan_clause *pc, uint32_t column, struct slice rest_key,
                       struct error *err) {
  if (column == NO_COLUMN) return 0;
  struct part_column info;
  p->part->ops->column(p->part, column, &info);
  struct clause_column *c = &pc->columns[pc->column_count];
  *c = (struct clause_column){.column = column, .field = info.field, .kind = info.kind};
  if (info.kind == COLUMN_INT) {
    pc->cost = pc->cost > 1 ? pc->cost : 1;
    pc->column_count++;
    return 0;
  }
  int rc = id_set_init(&c->set, p->part, column, rest_key, pc->clause->terms, pc->clause->term_count, err);
  if (rc || (info.kind != COLUMN_TEXT && c->set.mode == ID_SET_NONE)) {
    id_set_free(&c->set);
    return rc;
  }
  pc->cost += info.kind == COLUMN_TEXT ? 64 : c->set.complete ? 1 : 8;
  pc->column_count++;
  return 0;
}

static int bind_params(struct plan *p, struct plan_clause *pc, struct error *err) {
  for (uint32_t i = 0; i < p->part->column_count; i++) {
    struct part_column info;
    p->part->ops->column(p->part, i, &info);
    if (info.field != FIELD_PARAMS) continue;
    int rc = bind_column(p, pc, i, SLICE(""), err);
    if (rc) return rc;
  }
  return bind_column(p, pc, p->part->ops->find_column(p->part, FIELD_PARAMS_REST, SLICE("")), SLICE(""), err);
}

static int bind_field(struct plan *p, struct plan_clause *pc, const struct filter_field *f, struct error *err) {
  if (f->field == FIELD_PARAMS && f->key.len == 0) return bind_params(p, pc, err);
  int rc = bind_column(p, pc, p->part->ops->find_column(p->part, f->field, f->key), SLICE(""), err);
  if (rc || f->field != FIELD_PARAMS) return rc;
  return bind_column(p, pc, p->part->ops->find_column(p->part, FIELD_PARAMS_REST, SLICE("")), f->key, err);
}

static int bind_keyword(struct plan *p, struct plan_clause *pc, struct error *err) {
  for (uint32_t i = 0; i < p->part->column_count; i++) {
    struct part_column info;
    p->part->ops->column(p->part, i, &info);
    if (is_int_field(info.field) || info.field == FIELD_SHAPE) continue;
    if (info.field < FIELD_COUNT && !(field_get(info.field)->flags & F_SEARCH)) continue;
    int rc = bind_column(p, pc, i, SLICE(""), err);
    if (rc) return rc;
  }
  return 0;
}

static int bind_clause(struct plan *p, struct plan_clause *pc, const struct filter_clause *clause, struct error *err) {
  pc->clause = clause;
  size_t room = p->part->column_count + 2 * (size_t)clause->field_count + 2;
  for (uint32_t i = 0; i < clause->field_count; i++) /* each "any parameter" may name every column */
    if (clause->fields[i].field == FIELD_PARAMS && clause->fields[i].key.len == 0) room += p->part->column_count + 1;
  pc->columns = calloc(room, sizeof *pc->columns);
  if (!pc->columns) abort();
  int rc = 0;
  if (!clause->fields) rc = bind_keyword(p, pc, err);
  for (uint32_t i = 0; rc == 0 && clause->fields && i < clause->field_count; i++)
    rc = bind_field(p, pc, &clause->fields[i], err);
  if (rc == 0 && pc->column_count == 0 && !clause->negated) p->empty = true;
  return rc;
}

static int by_cost(const void *a, const void *b) {
  const struct plan_clause *x = a, *y = b;
  return (x->cost > y->cost) - (x->cost < y->cost);
}

static int bind_filter(struct plan *p, struct error *err) {
  const struct filter *f = p->query->filter;
  if (!f || f->clause_count == 0) return 0;
  p->clauses = calloc(f->clause_count, sizeof *p->clauses);
  if (!p->clauses) abort();
  for (uint32_t i = 0; i < f->clause_count; i++) {
    p->clause_count = i + 1;
    int rc = bind_clause(p, &p->clauses[i], &f->clauses[i], err);
    if (rc) return rc;
    if (p->empty) return 0;
  }
  qsort(p->clauses, p->clause_count, sizeof *p->clauses, by_cost);
  return 0;
}

static int bind_words(struct plan *p, struct plan_grant *g, unsigned field, const struct slice *words, uint32_t count,
                      struct filter_term *terms, struct id_set *set, struct error *err) {
  uint32_t column = p->part->ops->find_column(p->part, field, SLICE(""));
  if (column == NO_COLUMN) {
    g->impossible = true;
    return 0;
  }
  for (uint32_t i = 0; i < count; i++) {
    buffer_clear(&p->folded);
    fold_append(&p->folded, words[i]);
    terms[i] = (struct filter_term){.op = MATCH_EQUAL, .text = arena_copy(&p->arena, buffer_slice(&p->folded))};
  }
  return id_set_init(set, p->part, column, SLICE(""), terms, count, err);
}

static int bind_grant(struct plan *p, struct plan_grant *g, const struct scope_grant *grant, struct error *err) {
  g->terms = calloc(1 + (size_t)grant->log_count + grant->product_count, sizeof *g->terms);
  if (!g->terms) abort();
  g->whole = grant->subtree.len == 0 && grant->log_count == 0 && grant->product_count == 0;
  int rc = 0;
  if (grant->subtree.len > 0) {
    g->terms[0] = (struct filter_term){.op = MATCH_SUBTREE, .text = grant->subtree};
    rc = id_set_init(&g->tenant, p->part, p->tenant_column, SLICE(""), g->terms, 1, err);
    g->has_tenant = true;
  }
  if (rc == 0 && grant->log_count > 0) {
    rc = bind_words(p, g, FIELD_LOG, grant->logs, grant->log_count, g->terms + 1, &g->log, err);
    g->has_log = !g->impossible;
  }
  if (rc == 0 && grant->product_count > 0 && !g->impossible) {
    rc = bind_words(p, g, FIELD_PRODUCT, grant->products, grant->product_count, g->terms + 1 + grant->log_count,
                    &g->product, err);
    g->has_product = !g->impossible;
  }
  if ((g->has_tenant && g->tenant.mode == ID_SET_NONE) || (g->has_log && g->log.mode == ID_SET_NONE) ||
      (g->has_product && g->product.mode == ID_SET_NONE))
    g->impossible = true;
  return rc;
}

static int bind_scope(struct plan *p, struct error *err) {
  const struct scope *scope = p->query->scope;
  p->grants = calloc(scope->grant_count + 1, sizeof *p->grants);
  if (!p->grants) abort();
  bool possible = false;
  for (uint32_t i = 0; i < scope->grant_count; i++) {
    p->grant_count = i + 1;
    int rc = bind_grant(p, &p->grants[i], &scope->grants[i], err);
    if (rc) return rc;
    if (!p->grants[i].impossible) possible = true;
  }
  if (!possible) p->empty = true;
  return 0;
}

int plan_new(struct part *part, const struct plan_query *query, struct plan **out, struct error *err) {
  assert(query->scope && query->retention);
  struct plan *p = calloc(1, sizeof *p);
  if (!p) abort();
  p->part = part;
  p->query = query;
  arena_init(&p->arena, 4 * 1024 * 1024);
  arena_init(&p->path, LIMIT_EVENT_BYTES);
  buffer_init(&p->folded, LIMIT_EVENT_BYTES);
  p->tenant_column = part->ops->find_column(part, FIELD_TENANT, SLICE(""));
  p->occurred_column = part->ops->find_column(part, FIELD_OCCURRED_AT, SLICE(""));
  p->received_column = part->ops->find_column(part, FIELD_RECEIVED_AT, SLICE(""));
  p->seq_column = part->ops->find_column(part, FIELD_SEQ, SLICE(""));
  p->highest_floor = retention_highest_floor(query->retention, query->now_us);
  p->empty = part->rows == 0 || part->occurred_max_us < query->from_us ||
             (query->to_us != INSTANT_MAX && part->occurred_min_us >= query->to_us);
  int rc = 0;
  if (!p->empty) rc = bind_scope(p, err);
  if (rc == 0 && !p->empty) rc = bind_filter(p, err);
  if (rc) {
    plan_free(p);
    return rc;
  }
  *out = p;
  return 0;
}

void plan_free(struct plan *p) {
  if (!p) return;
  for (uint32_t i = 0; i < p->clause_count; i++) {
    struct plan_clause *pc = &p->clauses[i];
    for (uint32_t k = 0; k < pc->column_count; k++)
      if (pc->columns[k].kind != COLUMN_INT) id_set_free(&pc->columns[k].set);
    free(pc->columns);
  }
  for (uint32_t i = 0; i < p->grant_count; i++) {
    struct plan_grant *g = &p->grants[i];
    if (g->has_tenant) id_set_free(&g->tenant);
    if (g->has_log) id_set_free(&g->log);
    if (g->has_product) id_set_free(&g->product);
    free(g->terms);
  }
  free(p->clauses);
  free(p->grants);
  free(p->floors);
  arena_free(&p->arena);
  arena_free(&p->path);
  buffer_free(&p->folded);
  free(p);
}

bool plan_is_empty(const struct plan *p) { return p->empty; }

/* ---- Scanning columns ---- */

/* Every scan looks only at rows set in `candidates` and sets those that match in `result`. */
struct scan {
  struct plan *plan;
  uint32_t group;
  const struct bitmap *candidates;
  struct bitmap *result;
};

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

static void scan_text_page(struct scan *s, struct id_set *set, const struct page *page, uint32_t first_word) {
  for (uint32_t w = 0; w < (page->row_count + 63) / 64; w++) {
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

static int scan_column(struct scan *s, struct clause_column *c, const struct filter_clause *clause, struct error *err) {
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

static int apply_clause(struct plan *p, struct plan_clause *pc, uint32_t group, struct bitmap *rows,
                        struct error *err) {
  struct bitmap result;
  bitmap_clear(&result);
  struct scan s = {.plan = p, .group = group, .candidates = rows, .result = &result};
  for (uint32_t i = 0; i < pc->column_count; i++) {
    int rc = scan_column(&s, &pc->columns[i], pc->clause, err);
    if (rc) return rc;
  }
  if (pc->clause->negated)
    bitmap_and_not(rows, &result);
  else
    bitmap_and(rows, &result);
  return 0;
}

/* ---- Index masks ---- */

/* Chunks that may hold a value matching the term, by the grams of its literal pieces. */
static int mask_of_pieces(struct plan *p, uint32_t group, const struct filter_term *t, uint64_t *mask,
                          struct error *err) {
  if (t->op == MATCH_EQUAL || t->op == MATCH_SUBSTRING)
    return p->part->ops->gram_mask(p->part, group, t->text, t->op == MATCH_EQUAL, t->op == MATCH_EQUAL, mask, err);
  *mask = UINT64_MAX;
  if (t->op != MATCH_WILDCARD) return 0;
  size_t at = 0;
  while (at <= t->text.len) {
    const char *star = at < t->text.len ? memchr(t->text.data + at, '*', t->text.len - at) : NULL;
    size_t end = star ? (size_t)(star - t->text.data) : t->text.len;
    uint64_t piece = UINT64_MAX;
    int rc =
        p->part->ops->gram_mask(p->part, group, slice_of(t->text.data + at, end - at), at == 0, !star, &piece, err);
    if (rc) return rc;
    *mask &= piece;
    if (!star) break;
    at = end + 1;
  }
  return 0;
}

static int mask_of_terms(struct plan *p, uint32_t group, const struct filter_clause *clause, uint64_t *mask,
                         struct error *err) {
  *mask = 0;
  for (uint32_t i = 0; i < clause->term_count && *mask != UINT64_MAX; i++) {
    uint64_t term;
    int rc = mask_of_pieces(p, group, &clause->terms[i], &term, err);
    if (rc) return rc;
    *mask |= term;
  }
  return 0;
}

static bool grams_cover(unsigned field) { return field >= FIELD_COUNT || (field_get(field)->flags & F_SEARCH); }

static int mask_of_column(struct plan *p, uint32_t group, struct clause_column *c, const struct filter_clause *clause,
                          uint64_t *mask, struct error *err) {
  *mask = UINT64_MAX;
  if (c->kind == COLUMN_INT || c->field == FIELD_TENANT) return 0;
  if (c->kind != COLUMN_TEXT && c->set.mode == ID_SET_RANGE && c->set.end - c->set.begin <= MASK_RANGE_IDS)
    return p->part->ops->term_mask(p->part, c->column, group, c->set.begin, c->set.end, mask, err);
  return grams_cover(c->field) ? mask_of_terms(p, group, clause, mask, err) : 0;
}

static int mask_of_clause(struct plan *p, uint32_t group, struct plan_clause *pc, uint64_t *mask, struct error *err) {
  *mask = UINT64_MAX;
  if (pc->clause->negated) return 0;
  if (!pc->clause->fields) return mask_of_terms(p, group, pc->clause, mask, err);
  *mask = 0;
  for (uint32_t i = 0; i < pc->column_count && *mask != UINT64_MAX; i++) {
    uint64_t column;
    int rc = mask_of_column(p, group, &pc->columns[i], pc->clause, &column, err);
    if (rc) return rc;
    *mask |= column;
  }
  return 0;
}

/* ---- Scope, retention, time ---- */

static int scan_set(struct scan *s, struct id_set *set, unsigned field, struct error *err) {
  struct clause_column c = {.column = set->column, .field = field, .kind = COLUMN_IDS, .set = *set};
  int rc = scan_column(s, &c, NULL, err);
  *set = c.set;
  return rc;
}

/* rows &= rows whose column value is in the set. */
static int keep_set(struct plan *p, struct id_set *set, unsigned field, uint32_t group, struct bitmap *rows,
                    struct error *err) {
  struct bitmap result;
  bitmap_clear(&result);
  struct scan s = {.plan = p, .group = group, .candidates = rows, .result = &result};
  int rc = scan_set(&s, set, field, err);
  if (rc == 0) bitmap_and(rows, &result);
  return rc;
}

static int apply_scope(struct plan *p, uint32_t group, struct bitmap *rows, struct error *err) {
  for (uint32_t i = 0; i < p->grant_count; i++)
    if (p->grants[i].whole) return 0;
  struct bitmap all;
  bitmap_clear(&all);
  for (uint32_t i = 0; i < p->grant_count; i++) {
    struct plan_grant *g = &p->grants[i];
    if (g->impossible) continue;
    struct bitmap mine = *rows;
    int rc = 0;
    if (g->has_tenant) rc = keep_set(p, &g->tenant, FIELD_TENANT, group, &mine, err);
    if (rc == 0 && g->has_log) rc = keep_set(p, &g->log, FIELD_LOG, group, &mine, err);
    if (rc == 0 && g->has_product) rc = keep_set(p, &g->product, FIELD_PRODUCT, group, &mine, err);
    if (rc) return rc;
    bitmap_or(&all, &mine);
  }
  bitmap_and(rows, &all);
  return 0;
}

/* rows &= low <= column < high (high INSTANT_MAX: no bound). */
static int keep_int_range(struct plan *p, uint32_t column, unsigned field, uint32_t group, int64_t low, int64_t high,
                          struct bitmap *rows, struct error *err) {
  struct filter_term t = {.op = MATCH_RANGE, .low_int = low, .high_int = high == INSTANT_MAX ? high : high - 1};
  struct filter_clause clause = {.terms = &t, .term_count = 1};
  struct clause_column c = {.column = column, .field = field, .kind = COLUMN_INT};
  struct bitmap result;
  bitmap_clear(&result);
  struct scan s = {.plan = p, .group = group, .candidates = rows, .result = &result};
  int rc = scan_column(&s, &c, &clause, err);
  if (rc == 0) bitmap_and(rows, &result);
  return rc;
}

static int floor_of_tenant(struct plan *p, uint32_t tenant, int64_t *out, struct error *err) {
  if (!p->floors) {
    struct part_column info;
    p->part->ops->column(p->part, p->tenant_column, &info);
    p->tenant_count = info.dict_count;
    p->floors = malloc(((size_t)p->tenant_count + 1) * sizeof *p->floors);
    if (!p->floors) abort();
    for (uint32_t i = 0; i < p->tenant_count; i++) p->floors[i] = INSTANT_MAX;
  }
  assert(tenant < p->tenant_count);
  if (p->floors[tenant] == INSTANT_MAX) {
    struct slice path;
    arena_reset(&p->path);
    int rc = p->part->ops->dict_get(p->part, p->tenant_column, tenant, &p->path, &path, err);
    if (rc) return rc;
    p->floors[tenant] = retention_floor(p->query->retention, path, p->query->now_us);
  }
  *out = p->floors[tenant];
  return 0;
}

/* Removes rows [begin, end) received before floor. */
static int hide_below(struct plan *p, uint32_t group, uint32_t begin, uint32_t end, int64_t floor, struct bitmap *rows,
                      struct error *err) {
  for (uint32_t row = begin; row < end;) {
    uint32_t number = row / LIMIT_PAGE_ROWS, stop = (number + 1) * LIMIT_PAGE_ROWS;
    const struct page *page;
    int rc = p->part->ops->page_get(p->part, p->received_column, group, number, &page, err);
    if (rc) return rc;
    if (stop > end) stop = end;
    for (; row < stop; row++)
      if (page->ints[row % LIMIT_PAGE_ROWS] < floor) rows->words[row / 64] &= ~(UINT64_C(1) << (row % 64));
    p->part->ops->page_put(p->part, page);
  }
  return 0;
}

/* Retention where rows are in commit order: tenant by tenant as rows come. */
static int hide_rows(struct plan *p, uint32_t group, const struct group_info *info, struct bitmap *rows,
                     struct error *err) {
  for (uint32_t first = 0; first < info->rows; first += LIMIT_PAGE_ROWS) {
    const struct page *page;
    int rc = p->part->ops->page_get(p->part, p->tenant_column, group, first / LIMIT_PAGE_ROWS, &page, err);
    if (rc) return rc;
    for (uint32_t r = 0; page && rc == 0 && r < page->row_count; r++) {
      int64_t floor;
      rc = floor_of_tenant(p, page_id(page, r) - 1, &floor, err);
      if (rc == 0 && info->received_min_us < floor)
        rc = hide_below(p, group, first + r, first + r + 1, floor, rows, err);
    }
    p->part->ops->page_put(p->part, page);
    if (rc) return rc;
  }
  return 0;
}

static int apply_retention(struct plan *p, uint32_t group, const struct group_info *info, struct bitmap *rows,
                           struct error *err) {
  if (info->received_min_us >= p->highest_floor) return 0;
  const struct run *runs;
  uint32_t count;
  void *owner;
  int rc = p->part->ops->runs_get(p->part, group, &runs, &count, &owner, err);
  if (rc) return rc;
  if (!runs) return hide_rows(p, group, info, rows, err);
  for (uint32_t i = 0; rc == 0 && i < count; i++) {
    int64_t floor;
    rc = floor_of_tenant(p, runs[i].tenant, &floor, err);
    if (rc == 0 && info->received_min_us < floor)
      rc = hide_below(p, group, runs[i].row_begin, runs[i].row_begin + runs[i].row_count, floor, rows, err);
  }
  p->part->ops->runs_put(p->part, owner);
  return rc;
}

static int apply_time(struct plan *p, uint32_t group, const struct group_info *info, struct bitmap *rows,
                      struct error *err) {
  const struct plan_query *q = p->query;
  if (info->occurred_min_us >= q->from_us && (q->to_us == INSTANT_MAX || info->occurred_max_us < q->to_us)) return 0;
  return keep_int_range(p, p->occurred_column, FIELD_OCCURRED_AT, group, q->from_us, q->to_us, rows, err);
}

/* Lookup by id: only runs of that tenant whose numbers enclose seq stay. */
static int apply_exact(struct plan *p, uint32_t group, struct bitmap *rows, struct error *err) {
  const struct run *runs;
  uint32_t count;
  void *owner;
  int rc = p->part->ops->runs_get(p->part, group, &runs, &count, &owner, err);
  if (rc || !runs) return rc;
  struct bitmap keep;
  bitmap_clear(&keep);
  for (uint32_t i = 0; rc == 0 && i < count; i++) {
    if (p->query->exact->seq < runs[i].seq_min || p->query->exact->seq > runs[i].seq_max) continue;
    struct slice path;
    arena_reset(&p->path);
    rc = p->part->ops->dict_get(p->part, p->tenant_column, runs[i].tenant, &p->path, &path, err);
    if (rc == 0 && slice_equal(path, p->query->exact->tenant))
      bitmap_set_range(&keep, runs[i].row_begin, runs[i].row_begin + runs[i].row_count);
  }
  p->part->ops->runs_put(p->part, owner);
  bitmap_and(rows, &keep);
  return rc;
}

int plan_select(struct plan *p, uint32_t group, struct bitmap *rows, struct error *err) {
  struct group_info info;
  bitmap_clear(rows);
  if (p->empty) return 0;
  p->part->ops->group(p->part, group, &info);
  uint64_t mask = UINT64_MAX;
  for (uint32_t i = 0; i < p->clause_count && mask; i++) {
    uint64_t clause;
    int rc = mask_of_clause(p, group, &p->clauses[i], &clause, err);
    if (rc) return rc;
    mask &= clause;
  }
  if (!mask) return 0;
  bitmap_set_range(rows, 0, info.rows);
  int rc = p->query->exact ? apply_exact(p, group, rows, err) : 0;
  if (rc == 0) rc = apply_scope(p, group, rows, err);
  if (mask != UINT64_MAX) bitmap_keep_chunks(rows, mask);
  if (rc == 0 && bitmap_any(rows, 0, BITMAP_WORDS)) rc = apply_time(p, group, &info, rows, err);
  if (rc == 0 && bitmap_any(rows, 0, BITMAP_WORDS)) rc = apply_retention(p, group, &info, rows, err);
  for (uint32_t i = 0; rc == 0 && i < p->clause_count && bitmap_any(rows, 0, BITMAP_WORDS); i++)
    rc = apply_clause(p, &p->clauses[i], group, rows, err);
  return rc;
}
