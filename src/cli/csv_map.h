/* Which column of a CSV file becomes which field of an event: a mapping file, or the names in the header. Read once,
 * then unchanging; private to cli/. */
#ifndef DAYBOOK_CLI_CSV_MAP_H
#define DAYBOOK_CLI_CSV_MAP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "event/event.h"

/* A mapping file is lines of `NAME = VALUE`; blank lines and lines that begin with # or ; are passed over.
 *
 *   FIELD = Column Name        the field (a path of the field table, or params.X) takes that column's value
 *   FIELD = "constant"         the field has this value in every event
 *   FIELD[Value] = word        where the column holds Value, the field gets word; with any FIELD
 *   params.* = *               every column not named becomes a parameter of its own
 *   time_format = %d/%m/%Y %H:%M:%S    how occurred_at is written (strptime), or unix, unix_ms; else ISO forms
 *   tz = Europe/Berlin         the zone of times without one
 *   delimiter = ;              or `tab`; a comma unless given */
struct csv_rule {
  enum field_id field;
  struct slice param;  /* FIELD_PARAMS: its name */
  struct slice column; /* empty: constant */
  struct slice constant;
  int index; /* of the column in the header; -1: the constant */
};
struct csv_translation {
  enum field_id field;
  struct slice param, from, to;
};

enum { CSV_RULES = 512, CSV_TRANSLATIONS = 1024, CSV_COLUMNS = 2048, CSV_MAP_BYTES = 1024 * 1024 };

struct csv_map {
  struct csv_rule rules[CSV_RULES];
  struct csv_translation translations[CSV_TRANSLATIONS];
  unsigned rule_count, translation_count;
  bool rest_as_params;
  char delimiter;
  const char *time_format, *tz; /* NULL: not given */
};

/* Text of a mapping file; everything lives in the arena. ERR_INVALID names the line. */
int csv_map_parse(struct slice text, struct arena *arena, struct csv_map *out, struct error *err);
/* Finds the rules' columns in a header; ERR_INVALID names a column that is missing. */
int csv_map_bind(struct csv_map *map, const struct slice *header, unsigned columns, struct error *err);
/* The mapping a header gives by itself: columns named by paths or labels of the field table, aliases or "params.X";
 * all others become parameters. ERR_INVALID where no column is a time. */
int csv_map_infer(const struct slice *header, unsigned columns, struct arena *arena, struct csv_map *out,
                  struct error *err);
/* What a translation makes of a value: itself where there is none. */
struct slice csv_map_translate(const struct csv_map *map, const struct csv_rule *rule, struct slice value);

#endif
