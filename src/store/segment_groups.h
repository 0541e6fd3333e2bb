/* Writing one group of a dictionary column: pages of ids, term index, and what its texts add to the gram index.
 * One thread. Private to store/ (segment writing). */
#ifndef DAYBOOK_STORE_SEGMENT_GROUPS_H
#define DAYBOOK_STORE_SEGMENT_GROUPS_H

#include "store/column_texts.h"
#include "store/segment_writer.h"

/* Lists of one group: element e of row r is ids[starts[r] + e], text index + 1 or 0. */
struct list_rows {
  uint32_t *starts; /* [LIMIT_GROUP_ROWS + 1] */
  uint32_t *ids;
  size_t room;
};

/* Which chunks of the group at hand hold each id. */
struct term_marks {
  uint64_t *masks;   /* [texts->used], 0 outside the group at hand */
  uint32_t *touched; /* [texts->used] ids with a mask */
  uint32_t count;
};

int segment_write_id_group(struct column_work *work, struct term_marks *marks, uint32_t group);
int segment_write_list_group(struct column_work *work, struct term_marks *marks, uint32_t group,
                             const struct list_rows *rows);
/* Term index page and grams of the marks, which are cleared. */
int segment_write_marks(struct column_work *work, struct term_marks *marks, uint32_t group);

#endif
