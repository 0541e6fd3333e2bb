/* What reads one foreign format, and where its events go. An importer turns a line (or a JSON document) into drafts and
 * hands them to a sink, which gives them their key; it neither opens files nor knows where events end up. One thread;
 * private to cli/. */
#ifndef DAYBOOK_CLI_IMPORTER_H
#define DAYBOOK_CLI_IMPORTER_H

#include "base/document.h"
#include "cli/draft.h"

struct import_options {
  const char *format, *tenant, *tz, *log, *map_path;
  bool tenant_given;
  int64_t year;   /* 0: not given */
  int64_t now_us; /* the clock when the import began */
};

struct import_sink {
  /* An event as JSON with its key, and the line or record it came from; non-zero stops the import. */
  int (*take)(void *arg, struct slice json, uint64_t position);
  void (*reject)(void *arg, uint64_t position, const char *reason);
  void *arg;
  const char *format;
  uint64_t position;        /* line or record, from 1 */
  uint64_t skipped;         /* read and understood, but no audit event */
  int code;                 /* sticky: what take returned */
  struct arena arena;       /* of the event at hand */
  struct draft *draft;      /* reused */
  struct occurrences *seen; /* of equal events within the file */
  struct buffer json;
};

void import_sink_init(struct import_sink *s, const char *format);
void import_sink_free(struct import_sink *s);
void import_begin_file(struct import_sink *s); /* equal events are counted anew */

/* An empty draft (the previous one is gone). */
struct draft *import_draft(struct import_sink *s);
/* This and what follows deal with the line or record at hand and return whether the import goes on.
 * Hands over a draft. `key` is the source's own identity of the event ("cloudtrail-EVENTID"); empty: derived from the
 * event's content and how often the same content occurred before in this file. So a file that is imported twice stores
 * nothing twice, while two identical lines of it are two events. */
bool import_emit(struct import_sink *s, struct draft *d, struct slice key);
/* As import_emit, for an event that is JSON already: an object without the member "key". */
bool import_emit_json(struct import_sink *s, struct slice json, struct slice key);
bool import_skip(struct import_sink *s);
bool import_reject(struct import_sink *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

enum import_shape {
  IMPORT_LINES,     /* each(line) */
  IMPORT_CSV,       /* each(record): lines whose quotes are closed */
  IMPORT_DOCUMENTS, /* document(d): every JSON value of a file */
};

struct importer {
  const char *name, *summary;
  enum import_shape shape;
  const char *const *suffixes; /* of the files of a folder that are read; NULL: all */
  int (*open)(const struct import_options *o, void **state_out, struct error *err);
  void (*begin_file)(void *state, struct import_sink *sink);
  bool (*line)(void *state, struct import_sink *sink, struct slice line);
  bool (*document)(void *state, struct import_sink *sink, const struct document *d);
  bool (*end_file)(void *state, struct import_sink *sink); /* what was waiting for a later line */
  void (*close)(void *state);
};

extern const struct importer importer_ndjson, importer_csv, importer_sshd, importer_combined, importer_cloudtrail,
    importer_twilio;
const struct importer *const *importer_list(uint32_t *count_out);
const struct importer *importer_find(const char *name);

/* The instant of a wall-clock time (microseconds as if it were UTC) in a zone; the earlier one where a clock change
 * makes it ambiguous. */
int import_local_instant(int64_t wall_us, const char *tz, int64_t *us_out, struct error *err);

#endif
