/* Values of any type: strings, numbers, nested JSON in canonical form, and the flat map of parameters. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "event/parse.h"

static const double exact_max = 9007199254740992.0; /* 2^53 */
static const double exponent_from = 1e21;           /* from here ECMAScript writes an exponent, not all digits */

const char *parse_type_name(enum json_type type) {
  switch (type) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "an array";
    case JSON_STRING: return "a string";
    case JSON_TRUE:
    case JSON_FALSE: return "a boolean";
    case JSON_NULL: return "null";
    default: return "a number";
  }
}

int parse_string(struct parse *s, const struct where *where, uint32_t at, struct slice *out) {
  struct slice text = json_string(&s->json, at);
  if (s->escaped && memchr(text.data, 0, text.len))
    return parse_fault(s, where, ERR_INVALID, "must not hold a NUL character");
  *out = text;
  return 0;
}

int parse_number(struct parse *s, const struct where *where, uint32_t at, char out[JSON_NUMBER_BYTES],
                 size_t *len_out) {
  enum json_type type = json_type(&s->json, at);
  double v = type == JSON_DOUBLE ? json_double(&s->json, at) : (double)json_int(&s->json, at);
  bool exact = type != JSON_UINT;
  if (type == JSON_INT)
    exact = llabs(json_int(&s->json, at) + (json_int(&s->json, at) == INT64_MIN)) <= INT64_C(1) << 53;
  /* Doubles between would be written with all their digits, of which the last are not the client's. */
  if (type == JSON_DOUBLE) exact = fabs(v) < exact_max || fabs(v) >= exponent_from;
  if (!exact) return parse_fault(s, where, ERR_INVALID, "is a whole number beyond 2^53: send it as a string");
  *len_out = json_format_number(v, out);
  return 0;
}

int parse_keep(struct parse *s, struct slice text, char tag, struct slice *out) {
  size_t before = tag != 0;
  char *to = arena_alloc(s->arena, text.len + before);
  if (!to) return parse_fault(s, NULL, ERR_TOO_LARGE, "no room for the event");
  if (tag) to[0] = tag;
  if (text.len) memcpy(to + before, text.data, text.len);
  *out = slice_of(to, text.len + before);
  return 0;
}

int parse_scalar(struct parse *s, const struct where *where, uint32_t at, struct slice *out) {
  enum json_type type = json_type(&s->json, at);
  struct slice text = {NULL, 0};
  char number[JSON_NUMBER_BYTES];
  int rc;
  switch (type) {
    case JSON_TRUE: *out = SLICE("btrue"); return 0;
    case JSON_FALSE: *out = SLICE("bfalse"); return 0;
    case JSON_NULL: *out = SLICE("znull"); return 0;
    case JSON_STRING: rc = parse_string(s, where, at, &text); return rc ? rc : parse_keep(s, text, VALUE_STRING, out);
    default:
      rc = parse_number(s, where, at, number, &text.len);
      text.data = number;
      return rc ? rc : parse_keep(s, text, VALUE_NUMBER, out);
  }
}

/* ---- Nested JSON, canonical ---- */

/* UTF-16 puts the supplementary planes (UTF-8 F0..F4) before U+E000..U+FFFF (EE, EF); all else is byte order. */
static unsigned utf16_rank(unsigned char c) { return c == 0xee || c == 0xef ? c + 0x10u : c; }

int compare_utf16(struct slice a, struct slice b) {
  size_t n = a.len < b.len ? a.len : b.len;
  for (size_t i = 0; i < n; i++)
    if (a.data[i] != b.data[i])
      return (int)utf16_rank((unsigned char)a.data[i]) - (int)utf16_rank((unsigned char)b.data[i]);
  return (a.len > b.len) - (a.len < b.len);
}

struct nested_member {
  struct slice key;
  uint32_t value;
};

static int compare_members(const void *a, const void *b) {
  return compare_utf16(((const struct nested_member *)a)->key, ((const struct nested_member *)b)->key);
}

static int append_value(struct parse *s, const struct where *where, uint32_t at);

static int append_object(struct parse *s, const struct where *where, uint32_t at) {
  struct buffer *out = &s->parser->text;
  uint32_t end = json_end(&s->json, at), count = 0;
  for (uint32_t i = at + 1; i < end; i = json_next(&s->json, i + 1)) count++;
  struct nested_member *members = arena_take(&s->parser->scratch, count * sizeof *members);
  struct nested_member *m = members;
  for (uint32_t i = at + 1; i < end; i = json_next(&s->json, i + 1)) {
    int rc = parse_string(s, where, i, &m->key);
    if (rc) return rc;
    m++->value = i + 1;
  }
  qsort(members, count, sizeof *members, compare_members);
  buffer_append_char(out, '{');
  for (uint32_t i = 0; i < count; i++) {
    struct where here = {where, members[i].key, -1};
    if (i > 0 && slice_equal(members[i].key, members[i - 1].key))
      return parse_fault(s, &here, ERR_INVALID, "is given twice");
    if (i > 0) buffer_append_char(out, ',');
    json_append_string(out, members[i].key);
    buffer_append_char(out, ':');
    int rc = append_value(s, &here, members[i].value);
    if (rc) return rc;
  }
  buffer_append_char(out, '}');
  return 0;
}

static int append_array(struct parse *s, const struct where *where, uint32_t at) {
  struct buffer *out = &s->parser->text;
  uint32_t end = json_end(&s->json, at);
  struct where here = {where, {NULL, 0}, 0};
  buffer_append_char(out, '[');
  for (uint32_t i = at + 1; i < end; i = json_next(&s->json, i), here.index++) {
    if (here.index > 0) buffer_append_char(out, ',');
    int rc = append_value(s, &here, i);
    if (rc) return rc;
  }
  buffer_append_char(out, ']');
  return 0;
}

/* Recursion is bounded by the depth the JSON parser admits. */
static int append_value(struct parse *s, const struct where *where, uint32_t at) {
  struct buffer *out = &s->parser->text;
  struct slice text = {NULL, 0};
  char number[JSON_NUMBER_BYTES];
  int rc;
  switch (json_type(&s->json, at)) {
    case JSON_OBJECT: return append_object(s, where, at);
    case JSON_ARRAY: return append_array(s, where, at);
    case JSON_TRUE: buffer_append_text(out, "true"); return 0;
    case JSON_FALSE: buffer_append_text(out, "false"); return 0;
    case JSON_NULL: buffer_append_text(out, "null"); return 0;
    case JSON_STRING:
      rc = parse_string(s, where, at, &text);
      if (rc == 0) json_append_string(out, text);
      return rc;
    default:
      rc = parse_number(s, where, at, number, &text.len);
      if (rc == 0) buffer_append(out, number, text.len);
      return rc;
  }
}

int parse_any(struct parse *s, const struct where *where, uint32_t at, struct slice *out) {
  enum json_type type = json_type(&s->json, at);
  if (type != JSON_OBJECT && type != JSON_ARRAY) return parse_scalar(s, where, at, out);
  buffer_clear(&s->parser->text);
  arena_reset(&s->parser->scratch);
  int rc = append_value(s, where, at);
  if (rc) return rc;
  if (s->parser->text.overflowed) return parse_fault(s, where, ERR_TOO_LARGE, "is too large");
  return parse_keep(s, buffer_slice(&s->parser->text), VALUE_JSON, out);
}

/* ---- Parameters ---- */

/* A parameter's name as it grows from the outermost object inwards. */
struct param_name {
  char text[LIMIT_PARAM_KEY_BYTES];
  size_t len;
};

static bool is_param_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

static int extend_name(struct parse *s, const struct where *where, struct slice key, struct param_name *name) {
  size_t dot = name->len > 0;
  if (key.len == 0) return parse_fault(s, where, ERR_INVALID, "the name of a parameter must not be empty");
  for (size_t i = 0; i < key.len; i++)
    if (!is_param_char(key.data[i]))
      return parse_fault(s, where, ERR_INVALID, "the name of a parameter must be of A-Z, a-z, 0-9 and . _ -");
  if (key.len + dot > sizeof name->text - name->len)
    return parse_fault(s, where, ERR_INVALID, "the name of a parameter is longer than %d bytes", LIMIT_PARAM_KEY_BYTES);
  if (dot) name->text[name->len++] = '.';
  memcpy(name->text + name->len, key.data, key.len);
  name->len += key.len;
  return 0;
}

static int add_param(struct parse *s, const struct where *where, uint32_t at, const struct param_name *name) {
  struct found *f = &s->parser->found;
  struct slice key = slice_of(name->text, name->len), text;
  if (f->param_count == LIMIT_PARAMS)
    return parse_fault(s, where, ERR_TOO_LARGE, "more than %d parameters", LIMIT_PARAMS);
  int order = 1;
  unsigned place = f->param_count;
  while (place > 0 && (order = slice_compare(key, f->params[place - 1].key)) < 0) place--;
  if (order == 0) return parse_fault(s, where, ERR_INVALID, "the parameter %.*s is given twice", SLICE_ARGS(key));
  int rc = parse_scalar(s, where, at, &text);
  if (rc == 0) rc = parse_keep(s, key, 0, &key);
  if (rc) return rc;
  memmove(&f->params[place + 1], &f->params[place], (f->param_count - place) * sizeof *f->params);
  f->params[place] = (struct param){key, text};
  f->param_count++;
  f->cell_count++;
  return 0;
}

/* Members before `until` of the object at `at` that have this key: names like {"a": {..}, "a": {..}} that
 * flatten to different parameters. */
static bool seen_before(const struct json *j, uint32_t at, uint32_t until, struct slice key) {
  for (uint32_t i = at + 1; i < until; i = json_next(j, i + 1))
    if (slice_equal(json_string(j, i), key)) return true;
  return false;
}

static int flatten(struct parse *s, const struct where *where, uint32_t at, const struct param_name *outer) {
  uint32_t end = json_end(&s->json, at);
  for (uint32_t i = at + 1; i < end; i = json_next(&s->json, i + 1)) {
    struct param_name name = *outer;
    struct where here = {where, json_string(&s->json, i), -1};
    enum json_type type = json_type(&s->json, i + 1);
    int rc = extend_name(s, &here, here.key, &name);
    if (rc) return rc;
    if (type == JSON_ARRAY || type == JSON_NULL)
      return parse_fault(s, &here, ERR_INVALID, "a parameter must be a string, number or boolean, not %s",
                         parse_type_name(type));
    if (type == JSON_OBJECT) {
      if (json_end(&s->json, i + 1) == i + 2)
        return parse_fault(s, &here, ERR_INVALID, "an object inside params must not be empty");
      if (seen_before(&s->json, at, i, here.key)) return parse_fault(s, &here, ERR_INVALID, "is given twice");
      rc = flatten(s, &here, i + 1, &name);
    } else {
      rc = add_param(s, &here, i + 1, &name);
    }
    if (rc) return rc;
  }
  return 0;
}

int parse_params(struct parse *s, const struct where *where, uint32_t at) {
  struct param_name none = {.len = 0};
  return flatten(s, where, at, &none);
}
