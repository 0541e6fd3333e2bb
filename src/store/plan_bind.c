/* Binding a query to a part: columns found, terms and grants turned into id sets. */
#include <stdlib.h>

#include "store/plan_internal.h"

static bool is_int_field(unsigned field) {
  return field == FIELD_OCCURRED_AT || field == FIELD_RECEIVED_AT || field == FIELD_SEQ;
}

/* Whether any term may find something, by the bytes of the column's values. */
static bool may_find(const struct plan_clause *pc, const struct part_column *info) {
  if (!info->bytes) return true;
  for (uint32_t i = 0; i < pc->clause->term_count; i++) {
    const struct filter_term *t = &pc->clause->terms[i];
    bool literal = t->op == MATCH_EQUAL || t->op == MATCH_SUBSTRING || t->op == MATCH_WILDCARD;
    if (!literal || byte_set_may_hold(info->bytes, t->text, t->op == MATCH_WILDCARD ? '*' : -1)) return true;
  }
  return false;
}

static int bind_column(struct plan *p, struct plan_clause *pc, uint32_t column, struct slice rest_key,
                       struct error *err) {
  if (column == NO_COLUMN) return 0;
  struct part_column info;
  p->part->ops->column(p->part, column, &info);
  if (!may_find(pc, &info)) return 0;
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
  bool by_runs = info.field == FIELD_TENANT && info.dict_sorted; /* no page is read */
  pc->cost += info.kind == COLUMN_TEXT ? 64 : !c->set.complete ? 8 : by_runs ? 0 : 1;
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
  if (x->cost != y->cost) return x->cost > y->cost ? 1 : -1;
  return (x->clause > y->clause) - (x->clause < y->clause); /* as asked */
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

/* Words of a grant are meant as they are written, as scope_covers_event has it: case tells them apart. */
static int bind_words(struct plan *p, struct plan_grant *g, unsigned field, const struct slice *words, uint32_t count,
                      struct filter_term *terms, struct id_set *set, struct error *err) {
  uint32_t column = p->part->ops->find_column(p->part, field, SLICE(""));
  if (column == NO_COLUMN) {
    g->impossible = true;
    return 0;
  }
  for (uint32_t i = 0; i < count; i++) terms[i] = (struct filter_term){.op = MATCH_EXACT, .text = words[i]};
  return id_set_init(set, p->part, column, SLICE(""), terms, count, err);
}

/* A column of texts has no ids: its set says nothing before its rows are read. */
static bool holds_none(bool bound, const struct id_set *s) {
  return bound && s->info.kind != COLUMN_TEXT && s->mode == ID_SET_NONE;
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
  if (holds_none(g->has_tenant, &g->tenant) || holds_none(g->has_log, &g->log) ||
      holds_none(g->has_product, &g->product))
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

int plan_bind(struct plan *p, struct error *err) {
  int rc = bind_scope(p, err);
  return rc || p->empty ? rc : bind_filter(p, err);
}
