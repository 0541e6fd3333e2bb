/* Writing what a question finds as CSV or NDJSON: the streamed export and the jobs share it. Private to api/.
 *
 * Count and rows come from one snapshot, so that they agree; where they do not and nothing is known to be damaged the
 * export fails, and is never taken for a whole one. */
#ifndef DAYBOOK_API_EXPORT_H
#define DAYBOOK_API_EXPORT_H

#include "api/internal.h"

enum export_format { EXPORT_CSV, EXPORT_NDJSON };
enum { EXPORT_NAME_BYTES = 64 };

struct export {
  struct question question;
  enum export_format format;
  enum event_form form;
  enum read_order order;
  bool with_bom, damaged;
  struct csv *csv;
  struct cursor *cursor;
  uint64_t count, written; /* events: those there are, those in the output */
  struct buffer queue;
};

void export_init(struct export *x);
void export_close(struct export *x); /* snapshot and all */
/* With the question open: counts what it finds. */
int export_count(struct export *x, struct error *err);
/* Opens the cursor; names of columns live in the arena. */
int export_open(struct export *x, struct arena *arena, struct error *err);
/* Hands all of it to put, piece by piece. ERR_CORRUPT where the count is wrong. */
int export_produce(struct export *x, int (*put)(void *arg, struct slice bytes), void *arg, struct error *err);
/* "audit-log-complete-2026-11-20-0915.csv", in the reader's zone. */
void export_name(int64_t now_us, const char *tz, enum export_format format, char out[EXPORT_NAME_BYTES]);
const char *export_media(enum export_format format);

#endif
