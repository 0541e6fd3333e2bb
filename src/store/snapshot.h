/* What a reader sees: the parts that were live at one moment, the retention table and the time. Also the loop every
 * read shares: groups in order of time, deadline, cancellation and damage. Private to store/. */
#ifndef DAYBOOK_STORE_SNAPSHOT_H
#define DAYBOOK_STORE_SNAPSHOT_H

#include "store/plan.h"
#include "store/store.h"

struct segment_ref;
struct lost_segment;

struct snapshot {
  const struct os *os;
  int64_t now_us;
  struct retention *retention;
  struct part **parts; /* memtable views first, then segments */
  uint32_t part_count, view_count;
  struct segment_ref **segments;   /* part_count - view_count */
  const struct lost_segment *lost; /* the store's */
  uint32_t lost_count;
};

/* Rows of a group of a part with occurred_at in [min_us, max_us]: at first all that the query may want. */
struct unit {
  uint32_t part, group;
  int64_t min_us, max_us;
  bool split; /* a piece of its group */
};

/* A read under way. */
struct reading {
  struct snapshot *snap;
  struct read_query *query;
  struct plan_query plan_query;
  struct plan **plans; /* by part, made when first needed */
  struct unit *units;
  uint32_t unit_count;
};

/* Units that may hold rows in [from, to), in order of time (newest first: by falling max_us; oldest first: by rising
 * min_us). query's damages are reset. */
int reading_open(struct reading *r, struct snapshot *snap, struct read_query *query, enum read_order order,
                 int64_t from_us, int64_t to_us, const struct plan_exact *exact, struct error *err);
void reading_close(struct reading *r);
/* Whether every row of the unit's part matches: plan_takes_all. */
int reading_takes_all(struct reading *r, const struct unit *unit, bool *out, struct error *err);
/* The matching rows of a unit. A damaged page is noted in the query and gives no rows. Checks deadline and
 * cancellation. */
int reading_select(struct reading *r, const struct unit *unit, struct bitmap *rows, struct error *err);
/* Where rows of the next unit are costly to try and many, it is cut into pieces by time, so that the few hundred that
 * come first in order can be tried alone, then some more: the first piece stays at `index`, the others go to their
 * places in order behind. */
int reading_split(struct reading *r, uint32_t index, enum read_order order, struct error *err);
/* Notes damage found later, while values were read; returns 0 for ERR_CORRUPT and ERR_IO, else rc. */
int reading_damage(struct reading *r, const struct unit *unit, int rc, struct error *err);
int reading_check(const struct reading *r, struct error *err); /* ERR_DEADLINE, ERR_CANCELLED or 0 */

#endif
