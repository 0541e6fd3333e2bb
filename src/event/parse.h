/* Private to event/: what the files that read an event's JSON share. One thread, one call of event_parse. */
#ifndef DAYBOOK_EVENT_PARSE_H
#define DAYBOOK_EVENT_PARSE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "event/event.h"
#include "event/json.h"
#include "event/objects.h"

/* A parameter, its name flattened. */
struct param {
  struct slice key, text;
};

/* Values found so far; data is NULL where absent. Kept in the parser, cleared for each event. */
struct found {
  struct slice single[FIELD_COUNT];
  struct slice changes[LIMIT_CHANGES][LIST_COLUMNS];
  struct slice targets[LIMIT_TARGETS][LIST_COLUMNS];
  struct param params[LIMIT_PARAMS]; /* ordered by key */
  unsigned change_count, target_count, param_count;
  uint32_t cell_count;
  unsigned objects_seen; /* set of 1 << enum object_id */
  unsigned shape, digits;
  int64_t occurred_at_us;
  bool has_occurred_at;
};

struct event_parser {
  struct json_parser *json;
  struct arena arena;   /* one event of a body */
  struct arena scratch; /* members being sorted */
  struct buffer text;   /* canonical JSON of one value */
  struct found found;
};

/* One event being parsed. */
struct parse {
  struct event_parser *parser;
  struct json json;
  struct arena *arena;
  struct error *err;
  int64_t now_us;
  bool borrow;  /* cells may point into the parser's strings */
  bool escaped; /* the text has backslashes, so strings may hold NUL */
};

/* Where in the document we are, innermost first; lives on the stack, becomes an RFC 6901 pointer on a fault. */
struct where {
  const struct where *up;
  struct slice key;
  long index; /* element of an array, or -1: key counts */
};

int parse_fault(struct parse *s, const struct where *where, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The JSON type of a token for messages: "a string". */
const char *parse_type_name(enum json_type type);
/* A string, without NUL; that it is UTF-8 without lone surrogates, simdjson has seen to. */
int parse_string(struct parse *s, const struct where *where, uint32_t at, struct slice *out);
/* The number at `at` in canonical form, into out; refuses what a double cannot hold exactly. */
int parse_number(struct parse *s, const struct where *where, uint32_t at, char out[JSON_NUMBER_BYTES], size_t *len_out);
/* Any JSON value as the text of a KIND_ANY cell (tag byte first), in the arena. */
int parse_any(struct parse *s, const struct where *where, uint32_t at, struct slice *out);
int parse_scalar(struct parse *s, const struct where *where, uint32_t at, struct slice *out);
/* A copy in the arena, with `tag` before it where that is not 0. */
int parse_keep(struct parse *s, struct slice text, char tag, struct slice *out);
/* The posted params object into found->params. */
int parse_params(struct parse *s, const struct where *where, uint32_t at);
/* One event without surrounding blanks; cells borrow from the parser where `borrow`. */
int parse_event(struct event_parser *p, struct slice json, int64_t now_us, struct arena *arena, bool borrow,
                struct event *out, struct error *err);

/* Whether RFC 3339 has a text for the instant: years 0001 to 9999 in UTC. */
bool validate_instant(int64_t us);
/* NULL, or what the text of a KIND_TENANT, KIND_WORD or KIND_TEXT field must be: "must be ...". */
const char *validate_text(const struct field *f, struct slice text);
/* UTF-8 by its UTF-16 code units, as RFC 8785 orders members. */
int compare_utf16(struct slice a, struct slice b);
/* Without blanks (JSON's: space, tab, CR, LF) around it. */
struct slice trim_blanks(struct slice s);

#endif
