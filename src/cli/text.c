#include "cli/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

bool text_take(struct slice *s, const char *prefix) {
  struct slice p = slice_from(prefix);
  if (!slice_starts_with(*s, p)) return false;
  *s = slice_skip(*s, p.len);
  return true;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

struct slice text_take_word(struct slice *s) {
  size_t len = 0;
  while (len < s->len && !is_blank(s->data[len])) len++;
  struct slice word = slice_of(s->data, len);
  while (len < s->len && is_blank(s->data[len])) len++;
  *s = slice_skip(*s, len);
  return word;
}

static bool split_at(struct slice s, const char *found, size_t skip, struct slice *before, struct slice *after) {
  if (!found) return false;
  size_t at = (size_t)(found - s.data);
  *after = slice_skip(s, at + skip);
  *before = slice_of(s.data, at);
  return true;
}

bool text_split(struct slice s, const char *separator, struct slice *before, struct slice *after) {
  size_t len = strlen(separator);
  const char *found = s.len ? memmem(s.data, s.len, separator, len) : NULL;
  return split_at(s, found, len, before, after);
}

bool text_split_last(struct slice s, const char *separator, struct slice *before, struct slice *after) {
  size_t len = strlen(separator);
  const char *found = NULL;
  for (size_t i = s.len >= len ? s.len - len + 1 : 0; i > 0 && !found; i--) {
    if (memcmp(s.data + i - 1, separator, len) == 0) found = s.data + i - 1;
  }
  return split_at(s, found, len, before, after);
}

bool text_contains(struct slice s, const char *part) {
  return s.len && memmem(s.data, s.len, part, strlen(part)) != NULL;
}

bool text_ends_with(struct slice s, const char *suffix) {
  size_t len = strlen(suffix);
  return s.len >= len && memcmp(s.data + s.len - len, suffix, len) == 0;
}

bool text_equal(struct slice s, const char *text) { return slice_equal(s, slice_from(text)); }

bool text_equal_nocase(struct slice s, const char *text) {
  return s.len == strlen(text) && (s.len == 0 || strncasecmp(s.data, text, s.len) == 0);
}

struct slice text_trim(struct slice s) {
  while (s.len && is_blank(s.data[0])) s = slice_skip(s, 1);
  while (s.len && is_blank(s.data[s.len - 1])) s.len--;
  return s;
}

bool text_number(struct slice s, uint64_t max, uint64_t *out) {
  uint64_t value = 0;
  if (s.len == 0 || s.len > 19) return false;
  for (size_t i = 0; i < s.len; i++) {
    if (s.data[i] < '0' || s.data[i] > '9') return false;
    value = value * 10 + (uint64_t)(s.data[i] - '0');
  }
  if (value > max) return false;
  *out = value;
  return true;
}

bool text_read_file(const char *path, size_t max_bytes, char **data_out, size_t *len_out) {
  FILE *file = fopen(path, "rb");
  if (!file) return false;
  char *data = malloc(max_bytes + 1);
  size_t len = data ? fread(data, 1, max_bytes + 1, file) : 0;
  bool good = data && !ferror(file) && len <= max_bytes;
  fclose(file);
  if (!good) return free(data), false;
  data[len] = 0;
  *data_out = data;
  *len_out = len;
  return true;
}
