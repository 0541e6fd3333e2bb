/* The values of one field in the rows that a read selected, part by part: counting them, or walking through them. One
 * thread. Private to store/. */
#ifndef DAYBOOK_STORE_FIELD_VALUES_H
#define DAYBOOK_STORE_FIELD_VALUES_H

#include "store/bitmap.h"
#include "store/filter.h"
#include "store/tally.h"

enum { FIELD_VALUES_COLUMNS = 2 }; /* a parameter's own column and FIELD_PARAMS_REST */

struct field_column {
  uint32_t column;
  struct part_column info;
  uint32_t *counts; /* by id + 1, as pages hold them; [0] counts rows without a value */
};

/* A field bound to a part. */
struct field_values {
  struct part *part;
  struct filter_field field;
  struct field_column columns[FIELD_VALUES_COLUMNS];
  uint32_t column_count;
  bool from_dictionary; /* every row of the part is counted: its dictionary has the counts */
};

/* ERR_INVALID for fields without values of their own (instants, seq, all parameters at once). */
int field_values_check(struct filter_field field, struct error *err);
/* Binds a field; ERR_INVALID as above. */
int field_values_init(struct field_values *v, struct part *part, struct filter_field field, struct error *err);
/* All rows of the part will be counted: where its dictionary has the counts, field_values_count has nothing to do. */
void field_values_all(struct field_values *v);
void field_values_free(struct field_values *v);

/* Counts the rows of a group by value: ids in the columns' counts, texts of TEXT columns straight into `texts`. A value
 * that stands twice in a row counts once. */
int field_values_count(struct field_values *v, uint32_t group, const struct bitmap *rows, struct tally *texts,
                       struct error *err);
/* Adds what was counted by id to the tally; only values whose folded form begins with the prefix, none empty. */
int field_values_tally(struct field_values *v, struct slice folded_prefix, struct tally *out, struct error *err);

/* each(arg, row, value) for every value of every row; equal values of a row may repeat. The value is valid during the
 * call, `id` is its number in column `column` (index into v->columns) or UINT32_MAX for TEXT. */
int field_values_each(struct field_values *v, uint32_t group, const struct bitmap *rows,
                      int (*each)(void *arg, uint32_t row, uint32_t column, uint32_t id, struct slice text), void *arg,
                      struct error *err);
/* The value of a stored text: without parameter name and tag; *mine_out false where it is another parameter's. */
struct slice field_values_text(const struct field_values *v, const struct field_column *c, struct slice stored,
                               bool *mine_out);

#endif
