/* What the indexes of a group say before any page is read: one bit per chunk of rows. */
#include "base/fold.h"
#include "store/plan_internal.h"

enum { MASK_RANGE_IDS = 64 }; /* id ranges wider than this are not looked up in the term index */

static int mask_of_exact(struct plan *p, uint32_t group, struct slice text, uint64_t *mask, struct error *err) {
  struct buffer folded;
  buffer_init(&folded, FOLD_GROWTH * LIMIT_EVENT_BYTES);
  int rc = p->part->ops->gram_mask(p->part, group, fold(text, &folded), true, true, mask, err);
  buffer_free(&folded);
  return rc;
}

/* Chunks that may hold a value matching the term, by the grams of its literal pieces. */
static int mask_of_pieces(struct plan *p, uint32_t group, const struct filter_term *t, uint64_t *mask,
                          struct error *err) {
  if (t->op == MATCH_EQUAL || t->op == MATCH_SUBSTRING)
    return p->part->ops->gram_mask(p->part, group, t->text, t->op == MATCH_EQUAL, t->op == MATCH_EQUAL, mask, err);
  *mask = UINT64_MAX;
  if (t->op == MATCH_EXACT) return mask_of_exact(p, group, t->text, mask, err);
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

static int mask_of_few(struct plan *p, uint32_t group, const struct clause_column *c, uint64_t *mask,
                       struct error *err) {
  *mask = 0;
  for (uint32_t i = 0; i < c->set.few_count && *mask != UINT64_MAX; i++) {
    uint64_t one;
    uint32_t id = c->set.few[i];
    int rc = p->part->ops->term_mask(p->part, c->column, group, id, id + 1, &one, err);
    if (rc) return rc;
    *mask |= one;
  }
  return 0;
}

/* The first run whose tenant is not below id. */
static uint32_t seek_run(const struct run_list *list, uint32_t id) {
  uint32_t low = 0, high = list->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (list->runs[middle].tenant < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

void plan_runs_of(const struct id_set *set, const struct run_list *list, uint32_t *begin_out, uint32_t *end_out) {
  bool bounded = list->by_id && (set->mode == ID_SET_RANGE || set->few);
  *begin_out = bounded ? seek_run(list, set->begin) : 0;
  *end_out = bounded ? seek_run(list, set->end) : list->count;
}

/* The rows of a tenant lie side by side. */
static int mask_of_tenants(struct plan *p, uint32_t group, struct id_set *set, uint64_t *mask, struct error *err) {
  struct run_list list;
  *mask = UINT64_MAX;
  if (!set->complete) return 0;
  int rc = p->part->ops->runs_get(p->part, group, &list, err);
  if (rc || !list.runs) return rc;
  uint32_t begin, end;
  plan_runs_of(set, &list, &begin, &end);
  *mask = 0;
  for (uint32_t i = begin; i < end; i++) {
    if (!list.runs[i].row_count || !id_set_has(set, list.runs[i].tenant)) continue;
    uint32_t first = list.runs[i].row_begin / LIMIT_CHUNK_ROWS;
    uint32_t last = (list.runs[i].row_begin + list.runs[i].row_count - 1) / LIMIT_CHUNK_ROWS;
    *mask |= UINT64_MAX >> (GROUP_CHUNKS - 1 - (last - first)) << first;
  }
  p->part->ops->runs_put(p->part, &list);
  return 0;
}

static bool grams_cover(unsigned field) { return field >= FIELD_COUNT || (field_get(field)->flags & F_SEARCH); }

static int mask_of_column(struct plan *p, uint32_t group, struct clause_column *c, const struct filter_clause *clause,
                          uint64_t *mask, struct error *err) {
  *mask = UINT64_MAX;
  if (c->kind == COLUMN_INT) return 0;
  if (c->field == FIELD_TENANT) return mask_of_tenants(p, group, &c->set, mask, err);
  if (c->kind != COLUMN_TEXT && c->set.mode == ID_SET_RANGE && c->set.end - c->set.begin <= MASK_RANGE_IDS)
    return p->part->ops->term_mask(p->part, c->column, group, c->set.begin, c->set.end, mask, err);
  if (c->kind != COLUMN_TEXT && c->set.few) return mask_of_few(p, group, c, mask, err);
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

int plan_mask(struct plan *p, uint32_t group, uint64_t *mask_out, struct error *err) {
  *mask_out = UINT64_MAX;
  for (uint32_t i = 0; i < p->clause_count && *mask_out; i++) {
    uint64_t clause;
    int rc = mask_of_clause(p, group, &p->clauses[i], &clause, err);
    if (rc) return rc;
    *mask_out &= clause;
  }
  return 0;
}
