#include "base/document.h"

#include "base/utf8.h"

struct source {
  const char *start, *at, *end;
  struct arena *arena;
  struct error *err;
  int code; /* sticky */
};

static void fail(struct source *s, const char *what) {
  if (s->code == 0) s->code = error_set(s->err, ERR_INVALID, "%s at byte %zu", what, (size_t)(s->at - s->start) + 1);
}

static void *take(struct source *s, size_t size) {
  void *memory = arena_alloc(s->arena, size);
  if (!memory && s->code == 0) s->code = error_set(s->err, ERR_TOO_LARGE, "the JSON document is too large");
  return memory;
}

static void skip_blanks(struct source *s) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r')) s->at++;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* The four digits after "\u"; -1 where they are none. */
static int32_t read_unit(struct source *s) {
  int32_t unit = 0;
  if (s->end - s->at < 4) return -1;
  for (int i = 0; i < 4; i++) {
    int digit = hex_digit(s->at[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  s->at += 4;
  return unit;
}

static char *put_utf8(char *to, uint32_t c) {
  if (c < 0x80) {
    *to++ = (char)c;
  } else if (c < 0x800) {
    *to++ = (char)(0xC0 | (c >> 6));
    *to++ = (char)(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    *to++ = (char)(0xE0 | (c >> 12));
    *to++ = (char)(0x80 | ((c >> 6) & 0x3F));
    *to++ = (char)(0x80 | (c & 0x3F));
  } else {
    *to++ = (char)(0xF0 | (c >> 18));
    *to++ = (char)(0x80 | ((c >> 12) & 0x3F));
    *to++ = (char)(0x80 | ((c >> 6) & 0x3F));
    *to++ = (char)(0x80 | (c & 0x3F));
  }
  return to;
}

/* The character after "\u": one unit or a pair of surrogates. A lone surrogate is a fault. */
static char *read_unicode(struct source *s, char *to) {
  int32_t high = read_unit(s);
  if (high < 0) return fail(s, "a bad \\u escape"), to;
  if (high < 0xD800 || high > 0xDFFF) return put_utf8(to, (uint32_t)high);
  bool pair = high < 0xDC00 && s->end - s->at >= 2 && s->at[0] == '\\' && s->at[1] == 'u';
  if (!pair) return fail(s, "a lone surrogate"), to;
  s->at += 2;
  int32_t low = read_unit(s);
  if (low < 0xDC00 || low > 0xDFFF) return fail(s, "a lone surrogate"), to;
  return put_utf8(to, 0x10000 + (((uint32_t)high - 0xD800) << 10) + ((uint32_t)low - 0xDC00));
}

static char *read_escape(struct source *s, char *to) {
  static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  if (s->at == s->end) return fail(s, "an unfinished string"), to;
  char c = *s->at++;
  if (c == 'u') return read_unicode(s, to);
  const char *known = c ? strchr(names, c) : NULL;
  if (!known) return s->at--, fail(s, "an unknown escape"), to;
  *to++ = values[known - names];
  return to;
}

/* After the opening quote. An escape is never shorter than what it stands for, so the copy fits the source. */
static struct slice read_string(struct source *s) {
  const char *start = s->at;
  bool escaped = false;
  const char *scan = s->at;
  while (scan < s->end && *scan != '"') {
    if (*scan == '\\') escaped = true, scan++;
    scan++;
  }
  if (scan >= s->end) return s->at = s->end, fail(s, "an unfinished string"), slice_of(NULL, 0);
  char *copy = escaped ? take(s, (size_t)(scan - start)) : NULL;
  if (s->code) return slice_of(NULL, 0);
  char *to = copy;
  for (; s->code == 0 && s->at < scan;) {
    if ((unsigned char)*s->at < 0x20) {
      fail(s, "a control character in a string");
    } else if (*s->at == '\\') {
      s->at++;
      to = read_escape(s, to);
    } else if (copy) {
      *to++ = *s->at++;
    } else {
      s->at++;
    }
  }
  s->at = scan + 1;
  return copy ? slice_of(copy, (size_t)(to - copy)) : slice_of(start, (size_t)(scan - start));
}

static void skip_digits(struct source *s) {
  if (s->at == s->end || !is_digit(*s->at)) fail(s, "a bad number");
  while (s->at < s->end && is_digit(*s->at)) s->at++;
}

static struct slice read_number(struct source *s) {
  const char *start = s->at;
  if (*s->at == '-') s->at++;
  if (s->at < s->end && *s->at == '0') {
    s->at++;
  } else {
    skip_digits(s);
  }
  if (s->at < s->end && *s->at == '.') {
    s->at++;
    skip_digits(s);
  }
  if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
    s->at++;
    if (s->at < s->end && (*s->at == '+' || *s->at == '-')) s->at++;
    skip_digits(s);
  }
  return slice_of(start, (size_t)(s->at - start));
}

static struct slice read_literal(struct source *s, struct slice literal) {
  struct slice rest = slice_of(s->at, (size_t)(s->end - s->at));
  if (!slice_starts_with(rest, literal)) return fail(s, "no JSON value"), slice_of(NULL, 0);
  s->at += literal.len;
  return slice_of(rest.data, literal.len);
}

static struct document *read_value(struct source *s, unsigned depth);

static struct slice read_name(struct source *s) {
  skip_blanks(s);
  if (s->at == s->end || *s->at != '"') return fail(s, "no member name"), slice_of(NULL, 0);
  s->at++;
  struct slice name = read_string(s);
  skip_blanks(s);
  if (s->code == 0 && (s->at == s->end || *s->at != ':')) fail(s, "no colon after a member name");
  s->at += s->code == 0;
  return name;
}

/* After the opening bracket: the elements, chained. */
static const struct document *read_elements(struct source *s, char close, unsigned depth) {
  const struct document *first = NULL;
  const struct document **link = &first;
  if (depth == DOCUMENT_DEPTH) return fail(s, "nesting too deep"), NULL;
  skip_blanks(s);
  if (s->at < s->end && *s->at == close) return s->at++, NULL;
  while (s->code == 0) {
    struct slice name = close == '}' ? read_name(s) : slice_of(NULL, 0);
    struct document *value = s->code == 0 ? read_value(s, depth + 1) : NULL;
    if (s->code) break;
    value->name = name;
    *link = value;
    link = &value->next;
    skip_blanks(s);
    if (s->at < s->end && *s->at == close) return s->at++, first;
    if (s->at == s->end || *s->at != ',') fail(s, "no comma between values");
    s->at += s->code == 0;
  }
  return NULL;
}

static struct document *read_value(struct source *s, unsigned depth) {
  skip_blanks(s);
  if (s->at == s->end) return fail(s, "the document ends early"), NULL;
  struct document *d = take(s, sizeof *d);
  if (!d) return NULL;
  *d = (struct document){.kind = DOCUMENT_NULL};
  switch (*s->at) {
    case '{':
    case '[':
      d->kind = *s->at == '{' ? DOCUMENT_OBJECT : DOCUMENT_ARRAY;
      s->at++;
      d->first = read_elements(s, d->kind == DOCUMENT_OBJECT ? '}' : ']', depth);
      break;
    case '"':
      d->kind = DOCUMENT_STRING;
      s->at++;
      d->text = read_string(s);
      break;
    case 't':
      d->kind = DOCUMENT_BOOL;
      d->text = read_literal(s, SLICE("true"));
      break;
    case 'f':
      d->kind = DOCUMENT_BOOL;
      d->text = read_literal(s, SLICE("false"));
      break;
    case 'n': d->text = read_literal(s, SLICE("null")); break;
    default:
      d->kind = DOCUMENT_NUMBER;
      if (*s->at != '-' && !is_digit(*s->at)) fail(s, "no JSON value");
      if (s->code == 0) d->text = read_number(s);
  }
  return s->code ? NULL : d;
}

int document_parse(struct slice *at, struct arena *arena, const struct document **out, struct error *err) {
  struct source s = {at->data, at->data, at->data + at->len, arena, err, 0};
  const struct document *d = read_value(&s, 0);
  if (s.code) return s.code;
  skip_blanks(&s);
  *at = slice_of(s.at, (size_t)(s.end - s.at));
  *out = d;
  return 0;
}

static int check_strict(const struct document *d, struct error *err) {
  if (d->kind == DOCUMENT_STRING && d->text.len > 0 && memchr(d->text.data, '\0', d->text.len))
    return error_set(err, ERR_INVALID, "a string has a NUL character");
  if (d->kind != DOCUMENT_OBJECT && d->kind != DOCUMENT_ARRAY) return 0;
  unsigned count = 0;
  for (const struct document *m = d->first; m; m = m->next) {
    if (d->kind == DOCUMENT_OBJECT) {
      if (++count > DOCUMENT_MEMBERS) return error_set(err, ERR_TOO_LARGE, "an object has too many members");
      for (const struct document *before = d->first; before != m; before = before->next)
        if (slice_equal(before->name, m->name))
          return error_set(err, ERR_INVALID, "member \"%.*s\" stands twice", SLICE_ARGS(utf8_clip(m->name, 64)));
    }
    int code = check_strict(m, err);
    if (code) return code;
  }
  return 0;
}

int document_read(struct slice text, struct arena *arena, const struct document **out, struct error *err) {
  const struct document *d;
  if (!utf8_valid(text)) return error_set(err, ERR_INVALID, "the JSON is not valid UTF-8");
  int code = document_parse(&text, arena, &d, err);
  if (code) return code;
  if (text.len > 0) return error_set(err, ERR_INVALID, "there is something behind the JSON document");
  code = check_strict(d, err);
  if (code == 0) *out = d;
  return code;
}

const struct document *document_member(const struct document *d, const char *name) {
  if (!d || d->kind != DOCUMENT_OBJECT) return NULL;
  struct slice wanted = slice_from(name);
  for (const struct document *m = d->first; m; m = m->next) {
    if (slice_equal(m->name, wanted)) return m;
  }
  return NULL;
}

struct slice document_text(const struct document *d, const char *name) {
  const struct document *m = document_member(d, name);
  bool scalar = m && (m->kind == DOCUMENT_STRING || m->kind == DOCUMENT_NUMBER || m->kind == DOCUMENT_BOOL);
  return scalar ? m->text : slice_of(NULL, 0);
}

void document_append(const struct document *d, struct buffer *out) {
  bool nested = d->kind == DOCUMENT_OBJECT || d->kind == DOCUMENT_ARRAY;
  if (d->kind == DOCUMENT_STRING) json_append_string(out, d->text);
  if (!nested && d->kind != DOCUMENT_STRING) buffer_append_slice(out, d->text);
  if (!nested) return;
  buffer_append_char(out, d->kind == DOCUMENT_OBJECT ? '{' : '[');
  for (const struct document *m = d->first; m; m = m->next) {
    if (m != d->first) buffer_append_char(out, ',');
    if (d->kind == DOCUMENT_OBJECT) {
      json_append_string(out, m->name);
      buffer_append_char(out, ':');
    }
    document_append(m, out);
  }
  buffer_append_char(out, d->kind == DOCUMENT_OBJECT ? '}' : ']');
}
