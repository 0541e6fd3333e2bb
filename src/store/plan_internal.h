/* The inside of a plan, shared by its files: plan_bind.c makes it, scan.c reads columns, plan_mask.c asks the indexes,
 * plan.c puts them in order. Private to them. */
#ifndef DAYBOOK_STORE_PLAN_INTERNAL_H
#define DAYBOOK_STORE_PLAN_INTERNAL_H

#include "store/id_set.h"
#include "store/plan.h"

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
  uint32_t tenant_column, occurred_column, received_column;
  int64_t highest_floor;
  int64_t *floors; /* by tenant id; INSTANT_MAX: not looked up yet */
  uint32_t tenant_count;
  struct arena path; /* one tenant path */
};

/* Columns, scope and filter bound to the part; sets plan->empty where nothing can match. */
int plan_bind(struct plan *p, struct error *err);
/* Chunks of the group that may hold a match of every clause that is not negated. */
int plan_mask(struct plan *p, uint32_t group, uint64_t *mask_out, struct error *err);

/* A scan looks only at rows set in `candidates` and sets those that match in `result`. */
struct scan {
  struct plan *plan;
  uint32_t group;
  const struct bitmap *candidates;
  struct bitmap *result;
};
/* The runs whose tenant may be in the set: [*begin_out, *end_out), each to be asked. */
void plan_runs_of(const struct id_set *set, const struct run_list *list, uint32_t *begin_out, uint32_t *end_out);
/* Rows whose value in the column matches: by its id set, or for COLUMN_INT by the clause's terms (else NULL). */
int scan_column(struct scan *s, struct clause_column *c, const struct filter_clause *clause, struct error *err);

#endif
