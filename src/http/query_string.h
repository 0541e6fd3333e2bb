/* Query strings: percent-decoding and splitting, strict. Pure functions. */
#ifndef DAYBOOK_HTTP_QUERY_STRING_H
#define DAYBOOK_HTTP_QUERY_STRING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "base/utf8.h"

enum { QUERY_STRING_PAIRS = 32 };

struct query_pair {
  struct slice name, value; /* decoded */
};
struct query_string {
  struct query_pair pairs[QUERY_STRING_PAIRS];
  uint32_t count;
};

/* Decodes %XX, and '+' as a blank where plus_is_space. ERR_INVALID for a broken escape, NUL or bad UTF-8. */
int percent_decode(struct slice text, bool plus_is_space, struct arena *arena, struct slice *out, struct error *err);
/* Splits "a=1&b=2". ERR_INVALID for duplicates, empty names, too many pairs. */
int query_string_parse(struct slice text, struct arena *arena, struct query_string *out, struct error *err);
bool query_string_get(const struct query_string *q, const char *name, struct slice *value_out);

#endif
