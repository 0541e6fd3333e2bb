#include "store/filter.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>

#include "base/fold.h"
#include "base/limits.h"

/* ---- Numbers ---- */

static size_t skip_digits(struct slice s, size_t at) {
  while (at < s.len && s.data[at] >= '0' && s.data[at] <= '9') at++;
  return at;
}

/* RFC 8259: [-] (0 | 1-9 digits) [. digits] [e [+-] digits]. */
static bool is_json_number(struct slice s) {
  size_t at = s.len > 0 && s.data[0] == '-';
  size_t end = skip_digits(s, at);
  if (end == at || (s.data[at] == '0' && end > at + 1)) return false;
  at = end;
  if (at < s.len && s.data[at] == '.') {
    end = skip_digits(s, at + 1);
    if (end == at + 1) return false;
    at = end;
  }
  if (at < s.len && (s.data[at] == 'e' || s.data[at] == 'E')) {
    at++;
    if (at < s.len && (s.data[at] == '+' || s.data[at] == '-')) at++;
    end = skip_digits(s, at);
    if (end == at) return false;
    at = end;
  }
  return at == s.len;
}

bool filter_number(struct slice text, double *out) {
  if (text.len == 0 || text.len > FILTER_NUMBER_BYTES || !is_json_number(text)) return false;
  char copy[FILTER_NUMBER_BYTES + 1];
  memcpy(copy, text.data, text.len);
  copy[text.len] = 0;
  double value = strtod(copy, NULL);
  if (!isfinite(value)) return false;
  *out = value;
  return true;
}

/* ---- One term, one value ---- */

/* Pieces between the stars are found from left to right, the first at the start and the last at the end: taking the
 * earliest place for each piece leaves the most room for the rest, so nothing is tried twice. */
static bool wildcard_matches(struct slice pattern, struct slice value) {
  const char *star = memchr(pattern.data, '*', pattern.len);
  if (!star) return slice_equal(pattern, value);
  struct slice head = slice_of(pattern.data, (size_t)(star - pattern.data));
  if (!slice_starts_with(value, head)) return false;
  value = slice_skip(value, head.len);
  pattern = slice_skip(pattern, head.len + 1);
  while (pattern.len > 0 && (star = memchr(pattern.data, '*', pattern.len))) {
    struct slice piece = slice_of(pattern.data, (size_t)(star - pattern.data));
    long at = slice_find(value, piece);
    if (at < 0) return false;
    value = slice_skip(value, (size_t)at + piece.len);
    pattern = slice_skip(pattern, piece.len + 1);
  }
  return pattern.len == 0 ||
         (value.len >= pattern.len && memcmp(value.data + value.len - pattern.len, pattern.data, pattern.len) == 0);
}

static bool prefix_equal(const uint8_t *a, const uint8_t *b, unsigned bits) {
  unsigned whole = bits / 8, rest = bits % 8;
  if (whole && memcmp(a, b, whole) != 0) return false;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

static bool cidr_matches(const struct filter_term *t, struct slice value) {
  char text[INET6_ADDRSTRLEN];
  uint8_t address[16];
  if (value.len == 0 || value.len >= sizeof text) return false;
  memcpy(text, value.data, value.len);
  text[value.len] = 0;
  unsigned bytes = memchr(text, ':', value.len) ? 16 : 4;
  if (bytes != t->network_bytes || inet_pton(bytes == 4 ? AF_INET : AF_INET6, text, address) != 1) return false;
  return prefix_equal(address, t->network, t->prefix_bits);
}

static bool range_matches(const struct filter_term *t, struct slice value) {
  double number;
  return filter_number(value, &number) && number >= t->low && number <= t->high;
}

/* Most values differ in their first character: where both are ASCII, folding the rest cannot make them equal. */
static bool equal_folded(struct slice value, struct slice text, struct buffer *scratch) {
  if (value.len > 0 && text.len > 0) {
    unsigned char a = (unsigned char)value.data[0], b = (unsigned char)text.data[0];
    if ((unsigned char)(a - 'A') < 26) a = (unsigned char)(a + 32);
    if (a < 0x80 && b < 0x80 && a != b) return false;
  }
  return slice_equal(fold(value, scratch), text);
}

bool filter_term_matches(const struct filter_term *t, enum field_kind kind, struct slice value,
                         struct buffer *scratch) {
  if (kind == KIND_SHAPE) return false;
  switch (t->op) {
    case MATCH_EQUAL: return equal_folded(value, t->text, scratch);
    case MATCH_WILDCARD: return t->text.len > 0 && wildcard_matches(t->text, fold(value, scratch));
    case MATCH_SUBSTRING: return fold_contains(value, t->text, scratch);
    case MATCH_PRESENT: return value.len > 0;
    case MATCH_RANGE: return range_matches(t, value);
    case MATCH_CIDR: return cidr_matches(t, value);
    case MATCH_SUBTREE: return event_tenant_within(value, t->text);
    case MATCH_EXACT: return slice_equal(value, t->text);
  }
  return false;
}

bool filter_term_matches_int(const struct filter_term *t, int64_t value) {
  if (t->op == MATCH_PRESENT) return true;
  return t->op == MATCH_RANGE && value >= t->low_int && value <= t->high_int;
}

/* ---- Clauses over an event ---- */

static bool any_term_matches(const struct filter_clause *c, enum field_kind kind, const struct event_cell *cell,
                             struct buffer *scratch) {
  struct slice value = event_value(cell);
  for (uint32_t i = 0; i < c->term_count; i++)
    if (filter_term_matches(&c->terms[i], kind, value, scratch)) return true;
  return false;
}

static bool any_term_matches_int(const struct filter_clause *c, int64_t value) {
  for (uint32_t i = 0; i < c->term_count; i++)
    if (filter_term_matches_int(&c->terms[i], value)) return true;
  return false;
}

static bool keyword_matches(const struct filter_clause *c, const struct event *e, struct buffer *scratch) {
  for (uint32_t i = 0; i < e->cell_count; i++) {
    const struct field *field = field_get((enum field_id)e->cells[i].field);
    if ((field->flags & F_SEARCH) && any_term_matches(c, field->kind, &e->cells[i], scratch)) return true;
  }
  return false;
}

static bool header_field_matches(const struct filter_clause *c, enum field_id id, const struct event *e) {
  switch (id) {
    case FIELD_OCCURRED_AT: return any_term_matches_int(c, e->occurred_at_us);
    case FIELD_RECEIVED_AT: return any_term_matches_int(c, e->received_at_us);
    case FIELD_SEQ: return any_term_matches_int(c, e->seq > INT64_MAX ? INT64_MAX : (int64_t)e->seq);
    default: return false;
  }
}

/* Cells are ordered by field, so those of one field are neighbours. */
static bool cells_match(const struct filter_clause *c, const struct filter_field *wanted, enum field_kind kind,
                        const struct event *e, struct buffer *scratch) {
  const struct event_cell *end = e->cells + e->cell_count;
  for (const struct event_cell *cell = event_cell(e, wanted->field); cell && cell < end; cell++) {
    if (cell->field != wanted->field) return false;
    if (wanted->key.len > 0 && !slice_equal(wanted->key, cell->key)) continue;
    if (any_term_matches(c, kind, cell, scratch)) return true;
  }
  return false;
}

static bool clause_matches(const struct filter_clause *c, const struct event *e, struct buffer *scratch) {
  if (!c->fields) return keyword_matches(c, e, scratch);
  for (uint32_t i = 0; i < c->field_count; i++) {
    const struct field *field = field_get(c->fields[i].field);
    bool header = field->kind == KIND_TIME || field->kind == KIND_SEQ;
    if (header ? header_field_matches(c, field->id, e) : cells_match(c, &c->fields[i], field->kind, e, scratch))
      return true;
  }
  return false;
}

bool filter_matches(const struct filter *f, const struct event *e) {
  /* Folding can lengthen a text, at most threefold (Unicode's SpecialCasing). */
  struct buffer scratch;
  buffer_init(&scratch, (size_t)4 * LIMIT_EVENT_BYTES);
  bool matches = true;
  for (uint32_t i = 0; matches && i < f->clause_count; i++)
    matches = clause_matches(&f->clauses[i], e, &scratch) != f->clauses[i].negated;
  buffer_free(&scratch);
  return matches;
}
