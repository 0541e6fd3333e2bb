/* Turns rows of one group back into events. Pages stay pinned between rows, so neighbours are cheap. One thread.
 * Private to store/. */
#ifndef DAYBOOK_STORE_ROW_H
#define DAYBOOK_STORE_ROW_H

#include "store/bitmap.h"
#include "store/part.h"
#include "store/tally.h"

enum {
  ROW_BATCH = 64,
  ROW_TEXT_PAGES = 16, /* max_text_pages of a reader of few texts */
};

struct row_reader;

/* max_text_pages: of dictionaries, that it may keep pinned; see text_reader.h. The part must outlive it. */
struct row_reader *row_reader_new(struct part *part, uint32_t group, uint32_t max_text_pages);
void row_reader_free(struct row_reader *r); /* NULL is allowed */
/* The events of at most ROW_BATCH rows, in any order, their cells in arena. Column by column, so that many rows cost
 * less than each alone. ERR_CORRUPT, ERR_IO: of one of them; then nothing is left in the arena. */
int row_read_many(struct row_reader *r, const uint32_t *rows, uint32_t count, struct arena *arena, struct event *out,
                  struct error *err);
int row_read(struct row_reader *r, uint32_t row, struct arena *arena, struct event *out, struct error *err);
/* Single values: tenant path (into arena), instant of occurrence, number. */
int row_tenant(struct row_reader *r, uint32_t row, struct arena *arena, struct slice *out, struct error *err);
int row_occurred(struct row_reader *r, uint32_t row, int64_t *out, struct error *err);
int row_received(struct row_reader *r, uint32_t row, int64_t *out, struct error *err);
int row_seq(struct row_reader *r, uint32_t row, uint64_t *out, struct error *err);
/* Adds the names of the parameters that any of the rows has. */
int row_param_names(struct row_reader *r, const struct bitmap *rows, struct tally *names, struct error *err);

#endif
