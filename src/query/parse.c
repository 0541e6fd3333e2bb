/* The query language's grammar; docs/query-language.md is the user's page.
 *
 *   query  = { blank } [ clause { blank { blank } clause } { blank } ]
 *   clause = [ "-" ] ( phrase | word | name ":" value { "," value } )
 *   value  = [ ">=" | "<=" | ">" | "<" ] ( phrase | text )
 *   phrase = '"' { any character but '"' and NUL | '\"' | '\\' } '"'
 *   text   = one or more characters but blank, '"' and ","        word = text without ":" (commas allowed)
 *
 * What a value means depends on the kind of its field: values.c. One pass from left to right; every step moves
 * forward, so the time is linear in the length of the text. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <utf8proc.h>

#include "base/fold.h"
#include "query/internal.h"

/* ---- Faults ---- */

static unsigned character_of(struct slice text, uint32_t offset) {
  unsigned character = 1;
  for (uint32_t i = 0; i < offset && i < text.len; i++) character += ((unsigned char)text.data[i] & 0xc0) != 0x80;
  return character;
}

int query_fault(struct query_context *c, uint32_t offset, const char *hint, const char *format, ...) {
  char fault[ERROR_MESSAGE_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(fault, sizeof fault, format, args);
  va_end(args);
  if (c->offset_out) *c->offset_out = offset;
  return error_set(c->err, ERR_INVALID, "%s at character %u%s%s", fault, character_of(c->text, offset),
                   hint ? "; " : "", hint ? hint : "");
}

int query_too_large(struct query_context *c, uint32_t offset, const char *what, unsigned limit) {
  if (c->offset_out) *c->offset_out = offset;
  return error_set(c->err, ERR_TOO_LARGE, "the query has too many %s: at most %u are allowed", what, limit);
}

static int out_of_memory(struct query_context *c) {
  if (c->offset_out) *c->offset_out = 0;
  return error_set(c->err, ERR_TOO_LARGE, "the query needs too much memory");
}

const char *query_clip(struct slice s, char out[QUERY_CLIP_BYTES + 4]) {
  size_t len = s.len;
  if (len > QUERY_CLIP_BYTES)
    for (len = QUERY_CLIP_BYTES; len > 0 && ((unsigned char)s.data[len] & 0xc0) == 0x80;) len--;
  for (size_t i = 0; i < len; i++) out[i] = (unsigned char)s.data[i] < 0x20 || s.data[i] == 0x7f ? ' ' : s.data[i];
  memcpy(out + len, s.len > len ? "..." : "", s.len > len ? 4 : 1);
  return out;
}

/* ---- Lexing ---- */

static const char quote_hint[] = "to search for the text itself put it in quotes";

struct parser {
  struct query_context *c;
  uint32_t at;
  uint32_t term_count; /* over all clauses */
};

/* The character at the parser, or NUL at the end: check_text() has refused NUL inside. */
static char peek(const struct parser *p) { return p->at < p->c->text.len ? p->c->text.data[p->at] : 0; }
static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
static bool at_clause_end(const struct parser *p) { return peek(p) == 0 || is_blank(peek(p)); }
static struct slice since(const struct parser *p, uint32_t start) {
  return slice_of(p->c->text.data + start, p->at - start);
}

static int check_text(struct query_context *c) {
  const utf8proc_uint8_t *data = (const utf8proc_uint8_t *)c->text.data;
  for (size_t at = 0; at < c->text.len;) {
    utf8proc_int32_t point;
    utf8proc_ssize_t n = utf8proc_iterate(data + at, (utf8proc_ssize_t)(c->text.len - at), &point);
    if (n <= 0) return query_fault(c, (uint32_t)at, NULL, "the query is not valid UTF-8");
    if (point == 0) return query_fault(c, (uint32_t)at, NULL, "the query holds a NUL");
    at += (size_t)n;
  }
  return 0;
}

/* Takes a phrase, the parser being at its opening quote. */
static int take_phrase(struct parser *p, struct slice *out) {
  uint32_t start = p->at++;
  bool escaped = false;
  while (peek(p) && peek(p) != '"') {
    bool escape = peek(p) == '\\' && p->at + 1 < p->c->text.len &&
                  (p->c->text.data[p->at + 1] == '"' || p->c->text.data[p->at + 1] == '\\');
    escaped |= escape;
    p->at += escape ? 2 : 1;
  }
  if (!peek(p)) return query_fault(p->c, start, NULL, "the quote is never closed: it opens");
  struct slice raw = since(p, start + 1);
  p->at++;
  if (raw.len == 0) return query_fault(p->c, start, "\"-field:*\" finds events without a value", "empty quotes");
  *out = raw;
  if (!escaped) return 0;
  char *plain = arena_alloc(p->c->arena, raw.len);
  if (!plain) return out_of_memory(p->c);
  size_t len = 0;
  for (size_t i = 0; i < raw.len; i++) {
    bool escape = raw.data[i] == '\\' && i + 1 < raw.len && (raw.data[i + 1] == '"' || raw.data[i + 1] == '\\');
    plain[len++] = raw.data[escape ? ++i : i];
  }
  *out = slice_of(plain, len);
  return 0;
}

static int stray_quote(struct parser *p) {
  return query_fault(p->c, p->at, "put the whole text in quotes, and \\\" for a quote inside", "a quote within a word");
}

static enum query_compare take_compare(struct parser *p) {
  char c = peek(p);
  if (c != '<' && c != '>') return COMPARE_NONE;
  p->at++;
  bool equal = peek(p) == '=';
  if (equal) p->at++;
  return c == '<' ? (equal ? COMPARE_AT_MOST : COMPARE_LESS) : (equal ? COMPARE_AT_LEAST : COMPARE_GREATER);
}

/* One value behind "name:" or ","; name is for the message. */
static int take_value(struct parser *p, struct slice name, struct query_value *out) {
  *out = (struct query_value){.offset = p->at};
  out->compare = take_compare(p);
  out->quoted = peek(p) == '"';
  out->text_offset = p->at + out->quoted;
  if (out->quoted) {
    int code = take_phrase(p, &out->text);
    if (code) return code;
    if (!at_clause_end(p) && peek(p) != ',')
      return query_fault(p->c, p->at, NULL, "a blank or a comma is missing after the closing quote");
    return 0;
  }
  while (!at_clause_end(p) && peek(p) != ',' && peek(p) != '"') p->at++;
  if (peek(p) == '"') return stray_quote(p);
  out->text = since(p, out->text_offset);
  if (out->text.len > 0) return 0;
  char clipped[QUERY_CLIP_BYTES + 4];
  return query_fault(p->c, out->offset, "\"*\" as the value finds any", "a value for \"%s\" is missing",
                     query_clip(name, clipped));
}

/* ---- Clauses ---- */

struct terms {
  struct filter_term *list;
  uint32_t count, capacity;
};

static int add_term(struct parser *p, struct terms *terms, const struct filter_term *term, uint32_t offset) {
  if (p->term_count >= LIMIT_QUERY_TERMS) return query_too_large(p->c, offset, "values", LIMIT_QUERY_TERMS);
  if (terms->count == terms->capacity) {
    uint32_t capacity = terms->capacity ? 4 * terms->capacity : 1;
    struct filter_term *list = arena_alloc(p->c->arena, capacity * sizeof *list);
    if (!list) return out_of_memory(p->c);
    if (terms->count) memcpy(list, terms->list, terms->count * sizeof *list);
    terms->list = list;
    terms->capacity = capacity;
  }
  terms->list[terms->count++] = *term;
  p->term_count++;
  return 0;
}

static int unknown_field(struct parser *p, uint32_t start, struct slice name) {
  char clipped[QUERY_CLIP_BYTES + 4], nearest[QUERY_NAME_BYTES], hint[QUERY_NAME_BYTES + 32];
  query_clip(name, clipped);
  if (!query_nearest_name(name, nearest)) return query_fault(p->c, start, quote_hint, "unknown field \"%s\"", clipped);
  snprintf(hint, sizeof hint, "did you mean \"%s\"?", nearest);
  return query_fault(p->c, start, hint, "unknown field \"%s\"", clipped);
}

static int find_fields(struct parser *p, uint32_t start, struct slice name, struct filter_clause *out) {
  struct slice key;
  if (name.len == 0) return query_fault(p->c, start, quote_hint, "a field name is missing before \":\"");
  if (query_param_key(name, &key)) {
    if (!query_param_key_valid(key)) {
      char clipped[QUERY_CLIP_BYTES + 4];
      return query_fault(p->c, start, quote_hint, "\"%s\" is no parameter's name", query_clip(key, clipped));
    }
  } else if (!query_alias_find(name)) {
    return unknown_field(p, start, name);
  }
  struct filter_field *fields;
  struct error ignored = {0};
  int code = query_field(name, p->c->arena, &fields, &out->field_count, &ignored);
  if (code) return out_of_memory(p->c);
  out->fields = fields;
  return 0;
}

/* Values behind "name:". */
static int take_field_clause(struct parser *p, uint32_t start, struct filter_clause *out) {
  struct slice name = since(p, start);
  int code = find_fields(p, start, name, out);
  if (code) return code;
  assert(out->fields && out->field_count > 0);
  enum field_kind kind = field_get(out->fields[0].field)->kind; /* the fields of one name are of one kind */
  struct terms terms = {0};
  do {
    p->at++; /* ":" or "," */
    struct query_value value;
    struct filter_term term;
    if ((code = take_value(p, name, &value)) || (code = query_make_term(p->c, name, kind, &value, &term)) ||
        (code = add_term(p, &terms, &term, value.offset)))
      return code;
  } while (peek(p) == ',');
  out->terms = terms.list;
  out->term_count = terms.count;
  return 0;
}

struct slice query_fold_copy(struct query_context *c, struct slice text) {
  buffer_clear(&c->folded);
  fold_append(&c->folded, text);
  return arena_copy(c->arena, buffer_slice(&c->folded));
}

static int make_keyword(struct parser *p, struct slice text, uint32_t offset, struct filter_clause *out) {
  struct filter_term term = {.op = MATCH_SUBSTRING, .text = query_fold_copy(p->c, text)};
  if (!term.text.data) return out_of_memory(p->c);
  struct terms terms = {0};
  int code = add_term(p, &terms, &term, offset);
  out->terms = terms.list;
  out->term_count = terms.count;
  return code;
}

/* A bare word. Text is found anywhere within a value, so a star at either end says nothing more and is dropped; a
 * lone star is everything: *empty_out. */
static int take_word(struct parser *p, uint32_t start, struct filter_clause *out, bool *empty_out) {
  struct slice word = since(p, start);
  uint32_t offset = start;
  while (word.len > 0 && word.data[0] == '*') {
    word = slice_skip(word, 1);
    offset++;
  }
  while (word.len > 0 && word.data[word.len - 1] == '*') word.len--;
  *empty_out = word.len == 0;
  if (*empty_out) return out->negated ? query_fault(p->c, start, quote_hint, "nothing is left without \"*\"") : 0;
  const char *star = memchr(word.data, '*', word.len);
  if (star)
    return query_fault(p->c, (uint32_t)(star - p->c->text.data),
                       "name a field for it, as \"actor:j*doe\", or put the text in quotes",
                       "\"*\" within a bare word");
  return make_keyword(p, word, offset, out);
}

static int take_clause(struct parser *p, struct filter_clause *out, bool *empty_out) {
  uint32_t first = p->at;
  *out = (struct filter_clause){.negated = peek(p) == '-', .offset = first};
  *empty_out = false;
  if (out->negated) p->at++;
  if (at_clause_end(p)) return query_fault(p->c, first, quote_hint, "nothing follows \"-\"");
  uint32_t start = p->at;
  int code;
  if (peek(p) == '"') {
    struct slice text = {0};
    code = take_phrase(p, &text);
    if (!code) code = make_keyword(p, text, start, out);
    if (!code && !at_clause_end(p)) code = query_fault(p->c, p->at, NULL, "a blank is missing after the closing quote");
  } else {
    while (!at_clause_end(p) && peek(p) != ':' && peek(p) != '"') p->at++;
    if (peek(p) == '"')
      code = stray_quote(p);
    else
      code = peek(p) == ':' ? take_field_clause(p, start, out) : take_word(p, start, out, empty_out);
  }
  out->length = p->at - first;
  return code;
}

static int take_clauses(struct parser *p, struct filter *out) {
  struct filter_clause *clauses = arena_alloc(p->c->arena, LIMIT_QUERY_CLAUSES * sizeof *clauses);
  if (!clauses) return out_of_memory(p->c);
  uint32_t count = 0;
  for (;;) {
    while (is_blank(peek(p))) p->at++;
    if (!peek(p)) break;
    struct filter_clause clause;
    bool empty;
    uint32_t offset = p->at;
    int code = take_clause(p, &clause, &empty);
    if (code) return code;
    if (empty) continue;
    if (count == LIMIT_QUERY_CLAUSES) return query_too_large(p->c, offset, "terms", LIMIT_QUERY_CLAUSES);
    clauses[count++] = clause;
  }
  *out = (struct filter){clauses, count};
  return 0;
}

int query_parse(struct slice text, int64_t now_us, struct arena *arena, struct filter *out, uint32_t *offset_out,
                struct error *err) {
  if (text.len > LIMIT_QUERY_BYTES) {
    if (offset_out) *offset_out = LIMIT_QUERY_BYTES;
    return error_set(err, ERR_TOO_LARGE, "the query is %zu bytes long; at most %d are allowed", text.len,
                     LIMIT_QUERY_BYTES);
  }
  struct query_context c = {
      .text = arena_copy(arena, text), .now_us = now_us, .arena = arena, .offset_out = offset_out, .err = err};
  if (!c.text.data) return out_of_memory(&c);
  buffer_init(&c.folded, (size_t)4 * LIMIT_QUERY_BYTES); /* folding at most triples */
  struct parser p = {.c = &c};
  int code = check_text(&c);
  if (!code) code = take_clauses(&p, out);
  buffer_free(&c.folded);
  return code;
}
