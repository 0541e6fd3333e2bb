/* Private to event/: simdjson behind a C header. One thread owns a parser; a document lives until the next
 * json_parse with the same parser.
 *
 * A document is simdjson's tape (its doc/tape.md), a flat array of 64-bit words that is read in place: the
 * upper byte of a word is the token's type, the rest its payload. Word 0 is the root, the first value stands
 * at 1. A key is a string token followed by its value. */
#ifndef DAYBOOK_EVENT_JSON_H
#define DAYBOOK_EVENT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum json_type {
  JSON_OBJECT = '{', /* payload: index past the end in the low 32 bits, count of members above */
  JSON_ARRAY = '[',
  JSON_OBJECT_END = '}',
  JSON_ARRAY_END = ']',
  JSON_STRING = '"', /* payload: offset into strings of a 32-bit length and the unescaped bytes */
  JSON_INT = 'l',    /* int64 in the next word */
  JSON_UINT = 'u',   /* uint64 above INT64_MAX in the next word */
  JSON_DOUBLE = 'd', /* double in the next word */
  JSON_TRUE = 't',
  JSON_FALSE = 'f',
  JSON_NULL = 'n',
};

struct json {
  const uint64_t *tape;
  const uint8_t *strings;
};

struct json_parser;

#ifdef __cplusplus
extern "C" {
#endif
/* For documents of at most max_bytes whose containers nest at most max_depth deep; NULL out of memory. */
struct json_parser *json_parser_new(size_t max_bytes, unsigned max_depth);
void json_parser_free(struct json_parser *p);
/* NULL, or in a few words what is wrong with the text (static). The text is copied; it needs no padding. */
const char *json_parse(struct json_parser *p, const char *text, size_t len, struct json *out);
/* The number as RFC 8785 (ECMAScript) writes it; v must be finite. Returns the length, no NUL. */
enum { JSON_NUMBER_BYTES = 32 };
size_t json_format_number(double v, char out[JSON_NUMBER_BYTES]);
#ifdef __cplusplus
}
#endif

static inline enum json_type json_type(const struct json *j, uint32_t at) {
  return (enum json_type)(j->tape[at] >> 56);
}
static inline bool json_is_number(enum json_type type) {
  return type == JSON_INT || type == JSON_UINT || type == JSON_DOUBLE;
}
/* The index after the value at `at`. */
static inline uint32_t json_next(const struct json *j, uint32_t at) {
  enum json_type type = json_type(j, at);
  if (type == JSON_OBJECT || type == JSON_ARRAY) return (uint32_t)j->tape[at];
  return json_is_number(type) ? at + 2 : at + 1;
}
/* The index of the closing token of the container at `at`; its first member or element stands at at + 1. */
static inline uint32_t json_end(const struct json *j, uint32_t at) { return (uint32_t)j->tape[at] - 1; }
static inline struct slice json_string(const struct json *j, uint32_t at) {
  const uint8_t *s = j->strings + (j->tape[at] & UINT64_C(0x00ffffffffffffff));
  uint32_t len;
  __builtin_memcpy(&len, s, sizeof len);
  struct slice text = {(const char *)(s + sizeof len), len};
  return text;
}
static inline int64_t json_int(const struct json *j, uint32_t at) { return (int64_t)j->tape[at + 1]; }
static inline double json_double(const struct json *j, uint32_t at) {
  double v;
  __builtin_memcpy(&v, &j->tape[at + 1], sizeof v);
  return v;
}

#endif
