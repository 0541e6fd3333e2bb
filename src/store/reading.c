#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "store/internal.h"

/* How a group is cut for a page whose filter is costly. */
enum {
  SAMPLED_ROWS = 64, /* a sample stands for so many rows */
  SAMPLES = LIMIT_GROUP_ROWS / SAMPLED_ROWS,
  READING_CUTS = 3, /* of a group: the first 512 rows, 2,048, 8,192 and the rest, about */
  FIRST_PIECE_SAMPLES = 8,
  PIECE_GROWTH = 4,
};

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
  r->units = malloc(((READING_CUTS + 1) * total + 1) * sizeof *r->units); /* each may be cut so often */
  if (!r->units) abort();
  for (uint32_t i = 0; i < snap->part_count; i++) {
    struct part *p = snap->parts[i];
    if (outside(p->occurred_min_us, p->occurred_max_us, from_us, to_us)) continue;
    for (uint32_t g = 0; g < p->group_count; g++) {
      struct group_info info;
      p->ops->group(p, g, &info);
      if (!info.rows || outside(info.occurred_min_us, info.occurred_max_us, from_us, to_us)) continue;
      int64_t min_us = info.occurred_min_us, max_us = info.occurred_max_us;
      if (min_us < from_us) min_us = from_us;
      if (to_us != INSTANT_MAX && max_us >= to_us) max_us = to_us - 1;
      r->units[r->unit_count++] = (struct unit){i, g, min_us, max_us, false};
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
    *d = (struct read_damage){.segment = p->number,
                              .group = unit->group,
                              .rows = info.rows,
                              .from_us = info.occurred_min_us,
                              .to_us = info.occurred_max_us};
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

int reading_takes_all(struct reading *r, const struct unit *unit, bool *out, struct error *err) {
  struct plan *plan;
  int rc = plan_of(r, unit, &plan, err);
  *out = rc == 0 && plan_takes_all(plan);
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

/* ---- Pieces of a group ---- */

static int by_value(const void *a, const void *b) {
  int64_t x, y;
  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return (x > y) - (x < y);
}

/* Instants of every 64th row of the unit in the chunks of the mask, sorted. */
static int sample_instants(struct reading *r, const struct unit *unit, uint64_t mask, int64_t samples[SAMPLES],
                           uint32_t *count_out, struct error *err) {
  struct part *part = r->snap->parts[unit->part];
  uint32_t column = part->ops->find_column(part, FIELD_OCCURRED_AT, SLICE("")), n = 0;
  struct group_info info;
  part->ops->group(part, unit->group, &info);
  for (uint32_t p = 0; p * LIMIT_PAGE_ROWS < info.rows; p++) {
    const struct page *page;
    if (!(mask >> (p * PAGE_CHUNKS) & 0xff)) continue;
    int rc = part->ops->page_get(part, column, unit->group, p, &page, err);
    if (rc || !page) return rc;
    for (uint32_t row = SAMPLED_ROWS / 2; row < page->row_count; row += SAMPLED_ROWS) {
      bool wanted = mask >> (p * PAGE_CHUNKS + row / LIMIT_CHUNK_ROWS) & 1;
      int64_t at = page->ints[row];
      if (wanted && at >= unit->min_us && at <= unit->max_us) samples[n++] = at;
    }
    part->ops->page_put(part, page);
  }
  qsort(samples, n, sizeof *samples, by_value);
  *count_out = n;
  return 0;
}

/* Cuts the unit at `index` behind the sample of that rank from the front; gives the index of what is left behind. */
static uint32_t cut_unit(struct reading *r, uint32_t index, enum read_order order, const int64_t *samples,
                         uint32_t count, uint32_t rank) {
  struct unit *unit = &r->units[index], rest = *unit;
  unit->split = rest.split = true;
  if (order == NEWEST_FIRST) {
    int64_t cut = samples[count - rank];
    if (cut <= unit->min_us) return index;
    unit->min_us = cut;
    rest.max_us = cut - 1;
  } else {
    int64_t cut = samples[rank - 1];
    if (cut >= unit->max_us) return index;
    unit->max_us = cut;
    rest.min_us = cut + 1;
  }
  uint32_t at = index + 1;
  while (at < r->unit_count &&
         (order == NEWEST_FIRST ? r->units[at].max_us > rest.max_us : r->units[at].min_us < rest.min_us))
    at++;
  memmove(&r->units[at + 1], &r->units[at], (r->unit_count - at) * sizeof *r->units);
  r->units[at] = rest;
  r->unit_count++;
  return at;
}

int reading_split(struct reading *r, uint32_t index, enum read_order order, struct error *err) {
  enum { FEW_ROWS = LIMIT_PAGE_ROWS };
  const struct unit *unit = &r->units[index];
  struct group_info info;
  struct plan *plan;
  uint64_t mask = 0;
  int64_t samples[SAMPLES];
  uint32_t count = 0;
  r->snap->parts[unit->part]->ops->group(r->snap->parts[unit->part], unit->group, &info);
  if (unit->split || info.rows <= FEW_ROWS) return 0;
  int rc = plan_of(r, unit, &plan, NULL);
  if (rc == 0) rc = plan_costly_chunks(plan, unit->group, &mask, NULL);
  if (rc == 0 && mask) rc = sample_instants(r, unit, mask, samples, &count, NULL);
  /* What cannot be read is noted when it is selected. */
  for (uint32_t rank = FIRST_PIECE_SAMPLES, cuts = 0; rc == 0 && cuts < READING_CUTS && 2 * rank < count; cuts++) {
    index = cut_unit(r, index, order, samples, count, rank);
    rank *= PIECE_GROWTH;
  }
  return reading_check(r, err);
}
