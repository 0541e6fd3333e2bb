/* A borrowed run of bytes: base and length, not NUL-terminated. Plain data. Also valid C++. */
#ifndef DAYBOOK_BASE_SLICE_H
#define DAYBOOK_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
  const char *data; /* may be NULL where len is 0 */
  size_t len;       /* bytes */
};

/* A string literal as a slice; SLICE_INIT is the same as an initializer, for static tables. */
#define SLICE_INIT(literal) \
  { "" literal, sizeof(literal) - 1 }
#define SLICE(literal) ((struct slice){"" literal, sizeof(literal) - 1})
/* For printf: "%.*s", SLICE_ARGS(s). */
#define SLICE_ARGS(s) (int)(s).len, (s).len ? (s).data : ""

static inline struct slice slice_of(const char *data, size_t len) {
  struct slice s = {data, len};
  return s;
}

static inline struct slice slice_from(const char *text) { return slice_of(text, strlen(text)); }

static inline bool slice_equal(struct slice a, struct slice b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Order of memcmp, a prefix before what it begins: <0, 0, >0. */
static inline int slice_compare(struct slice a, struct slice b) {
  size_t n = a.len < b.len ? a.len : b.len;
  int c = n ? memcmp(a.data, b.data, n) : 0;
  return c ? c : (a.len > b.len) - (a.len < b.len);
}

static inline bool slice_starts_with(struct slice s, struct slice prefix) {
  return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.data, prefix.data, prefix.len) == 0);
}

/* s without its first n bytes; empty where it has fewer. */
static inline struct slice slice_skip(struct slice s, size_t n) {
  if (n > s.len) n = s.len;
  return n == 0 ? s : slice_of(s.data + n, s.len - n); /* NULL + 0 is not defined */
}

#endif
