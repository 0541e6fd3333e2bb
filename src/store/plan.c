#include "store/plan.h"

#include <assert.h>
#include <stdlib.h>

#include "base/instant.h"
#include "store/plan_internal.h"

/* ---- Making ---- */

int plan_new(struct part *part, const struct plan_query *query, struct plan **out, struct error *err) {
  assert(query->scope && query->retention);
  struct plan *p = calloc(1, sizeof *p);
  if (!p) abort();
  p->part = part;
  p->query = query;
  arena_init(&p->path, LIMIT_EVENT_BYTES);
  p->tenant_column = part->ops->find_column(part, FIELD_TENANT, SLICE(""));
  p->occurred_column = part->ops->find_column(part, FIELD_OCCURRED_AT, SLICE(""));
  p->received_column = part->ops->find_column(part, FIELD_RECEIVED_AT, SLICE(""));
  p->highest_floor = retention_highest_floor(query->retention, query->now_us);
  p->empty = part->rows == 0 || part->occurred_max_us < query->from_us ||
             (query->to_us != INSTANT_MAX && part->occurred_min_us >= query->to_us);
  int rc = p->empty ? 0 : plan_bind(p, err);
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
  arena_free(&p->path);
  free(p);
}

bool plan_is_empty(const struct plan *p) { return p->empty; }

bool plan_takes_all(const struct plan *p) {
  const struct plan_query *q = p->query;
  bool all_tenants = false;
  for (uint32_t i = 0; i < p->grant_count; i++) all_tenants = all_tenants || p->grants[i].whole;
  return !p->empty && all_tenants && p->clause_count == 0 && !q->exact &&
         p->part->received_min_us >= p->highest_floor && p->part->occurred_min_us >= q->from_us &&
         (q->to_us == INSTANT_MAX || p->part->occurred_max_us < q->to_us);
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

/* ---- Scope, retention, time ---- */

static int scan_set(struct scan *s, struct id_set *set, unsigned field, struct error *err) {
  struct clause_column c = {.column = set->column, .field = field, .kind = set->info.kind, .set = *set};
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

/* rows &= low <= column <= high. */
static int keep_int_range(struct plan *p, uint32_t column, unsigned field, uint32_t group, int64_t low, int64_t high,
                          struct bitmap *rows, struct error *err) {
  struct filter_term t = {.op = MATCH_RANGE, .low_int = low, .high_int = high};
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
  struct run_list list;
  int rc = p->part->ops->runs_get(p->part, group, &list, err);
  if (rc) return rc;
  if (!list.runs) return hide_rows(p, group, info, rows, err);
  for (uint32_t i = 0; rc == 0 && i < list.count; i++) {
    int64_t floor;
    rc = floor_of_tenant(p, list.runs[i].tenant, &floor, err);
    if (rc == 0 && info->received_min_us < floor)
      rc = hide_below(p, group, list.runs[i].row_begin, list.runs[i].row_begin + list.runs[i].row_count, floor, rows,
                      err);
  }
  p->part->ops->runs_put(p->part, &list);
  return rc;
}

/* The later of the two lower bounds, the earlier of the two upper ones (both inclusive here). */
static int apply_time(struct plan *p, uint32_t group, const struct group_info *info, int64_t min_us, int64_t max_us,
                      struct bitmap *rows, struct error *err) {
  const struct plan_query *q = p->query;
  if (q->from_us > min_us) min_us = q->from_us;
  if (q->to_us != INSTANT_MAX && q->to_us - 1 < max_us) max_us = q->to_us - 1;
  if (info->occurred_min_us >= min_us && info->occurred_max_us <= max_us) return 0;
  return keep_int_range(p, p->occurred_column, FIELD_OCCURRED_AT, group, min_us, max_us, rows, err);
}

/* Lookup by id: only runs of that tenant whose numbers enclose seq stay. */
static int apply_exact(struct plan *p, uint32_t group, struct bitmap *rows, struct error *err) {
  struct run_list list;
  int rc = p->part->ops->runs_get(p->part, group, &list, err);
  if (rc || !list.runs) return rc;
  struct bitmap keep;
  bitmap_clear(&keep);
  for (uint32_t i = 0; rc == 0 && i < list.count; i++) {
    if (p->query->exact->seq < list.runs[i].seq_min || p->query->exact->seq > list.runs[i].seq_max) continue;
    struct slice path;
    arena_reset(&p->path);
    rc = p->part->ops->dict_get(p->part, p->tenant_column, list.runs[i].tenant, &p->path, &path, err);
    if (rc == 0 && slice_equal(path, p->query->exact->tenant))
      bitmap_set_range(&keep, list.runs[i].row_begin, list.runs[i].row_begin + list.runs[i].row_count);
  }
  p->part->ops->runs_put(p->part, &list);
  bitmap_and(rows, &keep);
  return rc;
}

int plan_select(struct plan *p, uint32_t group, int64_t min_us, int64_t max_us, struct bitmap *rows,
                struct error *err) {
  struct group_info info;
  bitmap_clear(rows);
  if (p->empty) return 0;
  p->part->ops->group(p->part, group, &info);
  uint64_t mask;
  int rc = plan_mask(p, group, &mask, err);
  if (rc || !mask) return rc;
  bitmap_set_range(rows, 0, info.rows);
  rc = p->query->exact ? apply_exact(p, group, rows, err) : 0;
  if (rc == 0) rc = apply_scope(p, group, rows, err);
  if (mask != UINT64_MAX) bitmap_keep_chunks(rows, mask);
  if (rc == 0 && bitmap_any(rows, 0, BITMAP_WORDS)) rc = apply_time(p, group, &info, min_us, max_us, rows, err);
  if (rc == 0 && bitmap_any(rows, 0, BITMAP_WORDS)) rc = apply_retention(p, group, &info, rows, err);
  for (uint32_t i = 0; rc == 0 && i < p->clause_count && bitmap_any(rows, 0, BITMAP_WORDS); i++)
    rc = apply_clause(p, &p->clauses[i], group, rows, err);
  return rc;
}

int plan_costly_chunks(struct plan *p, uint32_t group, uint64_t *mask_out, struct error *err) {
  enum { CHEAP = 8, FEW_CHUNKS = 8 }; /* as plan_bind.c reckons cost */
  *mask_out = 0;
  if (p->empty || p->clause_count == 0 || p->clauses[p->clause_count - 1].cost < CHEAP) return 0;
  uint64_t mask;
  int rc = plan_mask(p, group, &mask, err);
  if (rc == 0 && __builtin_popcountll(mask) > FEW_CHUNKS) *mask_out = mask;
  return rc;
}
