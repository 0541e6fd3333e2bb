#include "http/query_string.h"

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int percent_decode(struct slice text, bool plus_is_space, struct arena *arena, struct slice *out, struct error *err) {
  char *to = arena_alloc(arena, text.len + 1);
  if (!to) return error_set(err, ERR_TOO_LARGE, "the address is too long");
  size_t len = 0;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.data[i];
    if (c == '%') {
      bool complete = text.len - i > 2;
      int high = complete ? hex_digit(text.data[i + 1]) : -1;
      int low = complete ? hex_digit(text.data[i + 2]) : -1;
      if (high < 0 || low < 0) return error_set(err, ERR_INVALID, "a %% must be followed by two hexadecimal digits");
      c = (char)(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (c == '\0') return error_set(err, ERR_INVALID, "NUL (%%00) is not allowed in an address");
    to[len++] = c;
  }
  to[len] = '\0';
  struct slice decoded = slice_of(to, len);
  if (!utf8_valid(decoded)) return error_set(err, ERR_INVALID, "the address is not valid UTF-8");
  *out = decoded;
  return 0;
}

static int parse_pair(struct slice pair, struct arena *arena, struct query_pair *out, struct error *err) {
  const char *equals = memchr(pair.data, '=', pair.len);
  size_t name_len = equals ? (size_t)(equals - pair.data) : pair.len;
  int code = percent_decode(slice_of(pair.data, name_len), true, arena, &out->name, err);
  if (code == 0) code = percent_decode(slice_skip(pair, name_len + 1), true, arena, &out->value, err);
  if (code == 0 && out->name.len == 0) code = error_set(err, ERR_INVALID, "a parameter has no name");
  return code;
}

static bool has_name(const struct query_string *q, struct slice name) {
  for (uint32_t i = 0; i < q->count; i++)
    if (slice_equal(q->pairs[i].name, name)) return true;
  return false;
}

int query_string_parse(struct slice text, struct arena *arena, struct query_string *out, struct error *err) {
  out->count = 0;
  while (text.len > 0) {
    const char *end = memchr(text.data, '&', text.len);
    struct slice pair = slice_of(text.data, end ? (size_t)(end - text.data) : text.len);
    text = slice_skip(text, pair.len + 1);
    if (pair.len == 0) continue;
    if (out->count == QUERY_STRING_PAIRS) return error_set(err, ERR_INVALID, "too many parameters");
    struct query_pair decoded;
    int code = parse_pair(pair, arena, &decoded, err);
    if (code) return code;
    if (has_name(out, decoded.name))
      return error_set(err, ERR_INVALID, "parameter \"%.*s\" is given twice", SLICE_ARGS(utf8_clip(decoded.name, 64)));
    out->pairs[out->count++] = decoded;
  }
  return 0;
}

bool query_string_get(const struct query_string *q, const char *name, struct slice *value_out) {
  for (uint32_t i = 0; i < q->count; i++) {
    if (!slice_equal(q->pairs[i].name, slice_from(name))) continue;
    *value_out = q->pairs[i].value;
    return true;
  }
  return false;
}
