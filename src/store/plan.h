/* A query bound to one part: its columns found, its terms turned into id sets; selects the rows of one group at a
 * time. Order of work: index masks, scope, retention, time range, then clause by clause, cheapest first. One thread.
 * Private to store/. */
#ifndef DAYBOOK_STORE_PLAN_H
#define DAYBOOK_STORE_PLAN_H

#include "store/bitmap.h"
#include "store/retention.h"
#include "store/store.h"

struct plan;

/* Narrows to one event: used by lookups by id. */
struct plan_exact {
  struct slice tenant;
  uint64_t seq;
};

struct plan_query {
  const struct scope *scope;
  const struct filter *filter; /* may be NULL */
  int64_t from_us, to_us;      /* half-open over occurred_at; to_us INSTANT_MAX includes it */
  const struct retention *retention;
  int64_t now_us;
  const struct plan_exact *exact; /* may be NULL */
};

/* Everything in query must outlive the plan. */
int plan_new(struct part *part, const struct plan_query *query, struct plan **out, struct error *err);
void plan_free(struct plan *p); /* NULL is allowed */
/* True where no row of the part can match. */
bool plan_is_empty(const struct plan *p);
/* True where every row of the part matches, as the part's own bounds tell without looking at any. */
bool plan_takes_all(const struct plan *p);
/* The matching rows of a group with occurred_at in [min_us, max_us]. */
int plan_select(struct plan *p, uint32_t group, int64_t min_us, int64_t max_us, struct bitmap *out, struct error *err);
/* Where matching means looking at the texts of many rows of the group: the chunks they are in, one bit each; else 0. */
int plan_costly_chunks(struct plan *p, uint32_t group, uint64_t *mask_out, struct error *err);

#endif
