#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "store/internal.h"

static int newest_first(const void *a, const void *b) {
  const struct unit *x = a, *y = b;
  return (x->max_us < y->max_us) - (x->max_us > y->max_us);
}

static int oldest_first(const void *a, const void *b) {
  const struct unit *x = a, *y = b;
  return (x->min_us > y->min_us) - (x->min_us < y->min_us);
}

static bool outside(int64_t min_us, int64_t max_us, int64_t from_us, int64_t to_us) {
  return max_us < from_us || (to_us != INSTANT_MAX && min_us >= to_us);
}

static void gather_units(struct reading *r, int64_t from_us, int64_t to_us) {
  struct snapshot *snap = r->snap;
  size_t total = 0;
  for (uint32_t i = 0; i < snap->part_count; i++) total += snap->parts[i]->group_count;
  r->units = malloc((2 * total + 1) * sizeof *r->units); /* each may be split once */
  if (!r->units) abort();
  for (uint32_t i = 0; i < snap->part_count; i++) {
    struct part *p = snap->parts[i];
    if (outside(p->occurred_min_us, p->occurred_max_us, from_us, to_us)) continue;
    for (uint32_t g = 0; g < p->group_count; g++) {
      struct group_info info;
      p->ops->group(p, g, &info);
      if (info.rows && !outside(info.occurred_min_us, info.occurred_max_us, from_us, to_us))
        r->units[r->unit_count++] = (struct unit){i, g, info.occurred_min_us, info.occurred_max_us, false};
    }
  }
}

/* Segments that could not be opened are missing from every answer over their time. */
static void note_lost(struct reading *r, int64_t from_us, int64_t to_us) {
  struct read_query *q = r->query;
  for (uint32_t i = 0; i < r->snap->lost_count; i++) {
    const struct lost_segment *l = &r->snap->lost[i];
    if (outside(l->row.occurred_min_us, l->row.occurred_max_us, from_us, to_us)) continue;
    if (q->damage_count < READ_DAMAGES) {
      struct read_damage *d = &q->damages[q->damage_count];
      *d = (struct read_damage){.segment = l->row.number,
                                .rows = (uint32_t)l->row.rows,
                                .from_us = l->row.occurred_min_us,
                                .to_us = l->row.occurred_max_us};
      snprintf(d->detail, sizeof d->detail, "%s", l->why);
    }
    q->damage_count++;
  }
}

int reading_open(struct reading *r, struct snapshot *snap, struct read_query *query, enum read_order order,
                 int64_t from_us, int64_t to_us, const struct plan_exact *exact, struct error *err) {
  *r = (struct reading){.snap = snap, .query = query};
  query->damage_count = 0;
  r->plan_query = (struct plan_query){.scope = query->scope,
                                      .filter = query->filter,
                                      .from_us = from_us,
                                      .to_us = to_us,
                                      .retention = snap->retention,
                                      .now_us = snap->now_us,
                                      .exact = exact};
  r->plans = calloc(snap->part_count + 1, sizeof(struct plan *));
  if (!r->plans) abort();
  gather_units(r, from_us, to_us);
  note_lost(r, from_us, to_us);
  qsort(r->units, r->unit_count, sizeof *r->units, order == NEWEST_FIRST ? newest_first : oldest_first);
  return reading_check(r, err);
}

void reading_close(struct reading *r) {
  for (uint32_t i = 0; r->plans && i < r->snap->part_count; i++) plan_free(r->plans[i]);
  free(r->plans);
  free(r->units);
  r->plans = NULL;
  r->units = NULL;
}

int reading_check(const struct reading *r, struct error *err) {
  const struct read_query *q = r->query;
  if (q->cancelled && atomic_load_explicit(q->cancelled, memory_order_relaxed))
    return error_set(err, ERR_CANCELLED, "the read was cancelled");
  if (q->deadline_us && os_monotonic_us(r->snap->os) > q->deadline_us)
    return error_set(err, ERR_DEADLINE, "the query took too long; narrow the time range or add filters");
  return 0;
}

int reading_damage(struct reading *r, const struct unit *unit, int rc, struct error *err) {
  if (rc != ERR_CORRUPT && rc != ERR_IO) return rc;
  struct read_query *q = r->query;
  for (uint32_t i = 0; i < q->damage_count && i < READ_DAMAGES; i++)
    if (q->damages[i].segment == r->snap->parts[unit->part]->number && q->damages[i].group == unit->group) {
      if (err) error_clear(err);
      return 0;
    }
  if (q->damage_count < READ_DAMAGES) {
    struct part *p = r->snap->parts[unit->part];
    struct group_info info;
    p->ops->group(p, unit->group, &info);
    struct read_damage *d = &q->damages[q->damage_count];
    *d = (struct read_damage){
        .segment = p->number, .group = unit->group, .rows = info.rows, .from_us = unit->min_us, .to_us = unit->max_us};
    snprintf(d->detail, sizeof d->detail, "%.*s", (int)sizeof d->detail - 1,
             err && err->code ? err->message : error_text(rc));
  }
  q->damage_count++;
  if (err) error_clear(err);
  return 0;
}

static int plan_of(struct reading *r, const struct unit *unit, struct plan **out, struct error *err) {
  struct plan **plan = &r->plans[unit->part];
  int rc = *plan ? 0 : plan_new(r->snap->parts[unit->part], &r->plan_query, plan, err);
  *out = *plan;
  return rc;
}

int reading_select(struct reading *r, const struct unit *unit, struct bitmap *rows, struct error *err) {
  bitmap_clear(rows);
  int rc = reading_check(r, err);
  if (rc) return rc;
  struct error local = {0};
  struct plan *plan;
  rc = plan_of(r, unit, &plan, &local);
  if (rc == 0 && !plan_is_empty(plan)) rc = plan_select(plan, unit->group, unit->min_us, unit->max_us, rows, &local);
  if (rc == 0) return 0;
  bitmap_clear(rows);
  rc = reading_damage(r, unit, rc, &local);
  if (rc && err) *err = local;
  return rc;
}

int reading_split(struct reading *r, uint32_t index, enum read_order order, struct error *err) {
  enum { SHARE = 16, FEW_ROWS = LIMIT_PAGE_ROWS };
  struct unit *unit = &r->units[index], rest = *unit;
  struct group_info info;
  struct plan *plan;
  bool costly = false;
  r->snap->parts[unit->part]->ops->group(r->snap->parts[unit->part], unit->group, &info);
  if (unit->split || info.rows <= FEW_ROWS || unit->max_us - unit->min_us < SHARE) return 0;
  int rc = plan_of(r, unit, &plan, NULL);
  if (rc == 0) rc = plan_is_costly(plan, unit->group, &costly, NULL);
  if (rc || !costly) return reading_check(r, err); /* what cannot be read is noted when it is selected */
  int64_t step = (unit->max_us - unit->min_us) / SHARE;
  if (order == NEWEST_FIRST) {
    unit->min_us = unit->max_us - step;
    rest.max_us = unit->min_us - 1;
  } else {
    unit->max_us = unit->min_us + step;
    rest.min_us = unit->max_us + 1;
  }
  unit->split = rest.split = true;
  uint32_t at = index + 1;
  while (at < r->unit_count &&
         (order == NEWEST_FIRST ? r->units[at].max_us > rest.max_us : r->units[at].min_us < rest.min_us))
    at++;
  memmove(&r->units[at + 1], &r->units[at], (r->unit_count - at) * sizeof *r->units);
  r->units[at] = rest;
  r->unit_count++;
  return 0;
}
