/* The state of writing one segment, shared by the files that write its pieces. One thread. Private to store/. */
#ifndef DAYBOOK_STORE_SEGMENT_WRITER_H
#define DAYBOOK_STORE_SEGMENT_WRITER_H

#include "store/column_source.h"
#include "store/grams.h"
#include "store/segment.h"
#include "store/segment_output.h"

struct writer_group {
  uint32_t rows;
  uint64_t row_begin;
  struct group_info info;
  struct run *runs;
  uint32_t run_count, runs_length, grams_length;
  bool copy_grams; /* the very rows of one input group: from copy_part, copy_group */
  uint32_t copy_part, copy_group;
  struct gram_map grams;
};

struct segment_writer {
  const struct segment_source *source;
  struct segment_output out;
  struct codec *codec;
  struct error *err;
  struct writer_group *groups;
  uint32_t group_count;
  struct buffer columns; /* footer entries of the columns written so far */
  uint32_t column_count;
  struct slice *tenants; /* texts by dictionary id, copied, for the key filter */
  uint32_t tenant_count;
  char *tenant_bytes;
  uint64_t *key_hashes;
  uint64_t key_count, key_room;
};

/* ---- The plan (segment_plan.c): which columns the output has ---- */

struct column_plan {
  unsigned field;
  enum column_kind kind; /* COLUMN_IDS: dictionary or text, decided while writing */
  struct slice key;
  struct column_source *sources; /* ascending by part_index; several of one part in FIELD_PARAMS_REST only */
  uint32_t source_count;
};
struct segment_plan {
  struct column_plan *columns;
  uint32_t column_count;
  struct column_source *sources; /* of all columns */
  char *prefixes;
};
int segment_plan_make(const struct segment_source *source, struct segment_plan *out, struct error *err);
void segment_plan_free(struct segment_plan *p); /* safe on a zeroed plan */

/* ---- Columns ---- */

int segment_write_ints(struct segment_writer *w, const struct column_plan *plan);  /* segment_ints.c */
int segment_write_terms(struct segment_writer *w, const struct column_plan *plan); /* segment_terms.c: IDS, LIST */
struct column_work;
int segment_write_text(struct column_work *work); /* segment_texts.c */
/* Values of the column and about how many distinct ones, without keeping them (segment_texts.c). */
int segment_estimate_texts(struct column_work *work, uint64_t *values_out, uint64_t *distinct_out);

/* ERR_CANCELLED where the caller no longer wants the segment. */
int segment_writer_check(struct segment_writer *w);

/* Footer entry of a column, filled while its pages are written. */
struct column_entry {
  struct byte_set bytes; /* of the values; not of COLUMN_INT */
  uint32_t dict_count, dict_pages, index_length;
  uint64_t dict_bytes;
  uint32_t *page_lengths; /* [groups * GROUP_PAGES] */
  uint32_t *term_lengths; /* [groups] */
};
struct column_entry column_entry_new(const struct segment_writer *w);
void column_entry_free(struct column_entry *e);
/* Appends it to w->columns. */
void column_entry_put(struct segment_writer *w, const struct column_plan *plan, enum column_kind kind,
                      const struct column_entry *e);

/* ---- A column of texts while it is written (segment_terms.c) ---- */

struct column_texts;
struct column_work {
  struct segment_writer *w;
  const struct column_plan *plan;
  struct column_texts *texts;
  struct column_source **by_part; /* [part_count + 1]: first source of each part; the last one ends the list */
  uint32_t *row_texts;            /* IDS: [row_count] index into texts + 1, 0: none */
  struct column_entry entry;
};

#endif
