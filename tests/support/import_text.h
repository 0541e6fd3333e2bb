/* Runs an importer over a text, as `daybook import` runs it over a file, and gathers what comes out. */
#ifndef DAYBOOK_TESTS_SUPPORT_IMPORT_TEXT_H
#define DAYBOOK_TESTS_SUPPORT_IMPORT_TEXT_H

#include "cli/importer.h"

enum { IMPORTED_MOST = 256 };

struct imported {
  char *events[IMPORTED_MOST]; /* JSON with keys */
  uint64_t positions[IMPORTED_MOST];
  uint32_t count;
  uint32_t refused; /* by event_parse */
  uint32_t rejected;
  uint64_t reject_position;
  char reason[ERROR_MESSAGE_BYTES]; /* of the last that was refused or rejected */
  uint64_t skipped;
};

/* Options that are empty get the defaults of the command line; the clock stands at 2026-06-01. */
void import_text(const char *format, const struct import_options *options, struct slice text, struct imported *out);
void imported_free(struct imported *i);

#endif
