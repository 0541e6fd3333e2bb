#include "base/fold.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/checksum.h"

/* What one pass over the bytes says: plain folded ASCII, ASCII with capitals, or beyond ASCII. */
enum shape { SHAPE_FOLDED, SHAPE_UPPER, SHAPE_UNICODE };

static enum shape shape_of(struct slice s) {
  unsigned char high = 0, upper = 0;
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.data[i];
    high |= c;
    upper |= (unsigned char)((unsigned char)(c - 'A') < 26);
  }
  return high & 0x80 ? SHAPE_UNICODE : upper ? SHAPE_UPPER : SHAPE_FOLDED;
}

static void append_lower(struct buffer *out, struct slice s) {
  char *to = buffer_reserve(out, s.len);
  if (!to) return;
  for (size_t i = 0; i < s.len; i++) {
    unsigned char c = (unsigned char)s.data[i];
    to[i] = (char)((unsigned char)(c - 'A') < 26 ? c + 32 : c);
  }
  buffer_commit(out, s.len);
}

static void append_unicode(struct buffer *out, struct slice s) {
  utf8proc_uint8_t *folded = NULL;
  utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s.data, (utf8proc_ssize_t)s.len, &folded,
                                    (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD));
  if (n < 0)
    append_lower(out, s);
  else
    buffer_append(out, folded, (size_t)n);
  free(folded);
}

void fold_append(struct buffer *out, struct slice s) {
  if (s.len == 0) return;
  switch (shape_of(s)) {
    case SHAPE_FOLDED: buffer_append_slice(out, s); break;
    case SHAPE_UPPER: append_lower(out, s); break;
    case SHAPE_UNICODE: append_unicode(out, s); break;
  }
}

struct slice fold(struct slice s, struct buffer *scratch) {
  if (s.len == 0) return s;
  enum shape shape = shape_of(s);
  if (shape == SHAPE_FOLDED) return s;
  buffer_clear(scratch);
  if (shape == SHAPE_UPPER)
    append_lower(scratch, s);
  else
    append_unicode(scratch, s);
  return buffer_slice(scratch);
}

long slice_find(struct slice text, struct slice needle) {
  if (needle.len == 0) return 0;
  if (needle.len > text.len) return -1;
  const char *p = memmem(text.data, text.len, needle.data, needle.len);
  return p ? p - text.data : -1;
}

bool fold_contains(struct slice text, struct slice folded_needle, struct buffer *scratch) {
  return slice_find(fold(text, scratch), folded_needle) >= 0;
}

uint64_t fold_hash(struct slice s, uint64_t seed, struct buffer *scratch) {
  struct slice f = fold(s, scratch);
  return hash64(f.data, f.len, seed);
}
