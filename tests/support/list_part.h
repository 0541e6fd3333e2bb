/* The simplest part there is: an array of events by column, without order, runs, indexes or cleverness. For tests of
 * what reads and writes parts. */
#ifndef DAYBOOK_TESTS_SUPPORT_LIST_PART_H
#define DAYBOOK_TESTS_SUPPORT_LIST_PART_H

#include "store/part.h"
#include "store/segment.h"

/* The events are borrowed. Groups of group_rows (<= LIMIT_GROUP_ROWS); parameters past max_params go to
 * FIELD_PARAMS_REST. */
struct part *list_part_new(const struct event *events, uint32_t count, uint32_t group_rows, uint32_t max_params);
void list_part_free(struct part *p);

/* The event in a row of any part, its cells in arena. */
int part_read_event(struct part *p, uint32_t group, uint32_t row, struct arena *arena, struct event *out,
                    struct error *err);

/* All rows of the parts in the order a segment wants: groups of group_rows neighbours in time, sorted inside by
 * (tenant, occurred_at, seq). Everything is malloc'ed; free with part_rows_free. */
struct part_rows {
  struct segment_row *rows;
  uint32_t *group_rows;
  uint64_t row_count;
  uint32_t group_count;
};
int part_rows_make(struct part *const *parts, uint32_t part_count, uint32_t group_rows, struct part_rows *out,
                   struct error *err);
void part_rows_free(struct part_rows *r);

#endif
