#include "tests/property/random_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/fold.h"
#include "base/instant.h"

/* ---- Names: docs/query-language.md, written down again ---- */

#define ONE(path, kind)  \
  {                      \
    path, kind, { path } \
  }
#define SHORT(name, path, kind) \
  {                             \
    name, kind, { path }        \
  }

const struct query_name query_name_table[] = {
    ONE("action", NAME_TEXT),
    ONE("activity", NAME_TEXT),
    {"actor", NAME_TEXT, {"actor.name", "actor.id", "actor.email", "actor.display_name"}},
    ONE("actor.display_name", NAME_TEXT),
    ONE("actor.domain", NAME_TEXT),
    ONE("actor.email", NAME_TEXT),
    ONE("actor.id", NAME_TEXT),
    ONE("actor.name", NAME_TEXT),
    ONE("actor.type", NAME_TEXT),
    SHORT("agent", "source.user_agent", NAME_TEXT),
    ONE("auth.duration_s", NAME_UINT),
    ONE("auth.method", NAME_TEXT),
    ONE("auth.session", NAME_TEXT),
    SHORT("by.domain", "actor.domain", NAME_TEXT),
    SHORT("by.user", "actor.name", NAME_TEXT),
    SHORT("campaign", "message.campaign", NAME_TEXT),
    ONE("category", NAME_TEXT),
    SHORT("changes", "changes.field", NAME_TEXT),
    ONE("changes.field", NAME_TEXT),
    ONE("changes.new", NAME_ANY),
    ONE("changes.old", NAME_ANY),
    SHORT("city", "source.geo.city", NAME_TEXT),
    SHORT("country", "source.geo.country", NAME_TEXT),
    ONE("description", NAME_TEXT),
    {"domain", NAME_TEXT, {"target.domain", "targets.domain"}},
    SHORT("duration", "auth.duration_s", NAME_UINT),
    SHORT("email", "actor.email", NAME_TEXT),
    SHORT("error", "message.error", NAME_TEXT),
    SHORT("gateway", "message.gateway", NAME_TEXT),
    ONE("http.method", NAME_TEXT),
    ONE("http.status", NAME_UINT),
    ONE("http.url", NAME_TEXT),
    SHORT("ip", "source.ip", NAME_IP),
    ONE("key", NAME_TEXT),
    ONE("log", NAME_TEXT),
    ONE("message.campaign", NAME_TEXT),
    ONE("message.error", NAME_TEXT),
    ONE("message.gateway", NAME_TEXT),
    ONE("message.id", NAME_TEXT),
    ONE("message.phone", NAME_TEXT),
    SHORT("method", "http.method", NAME_TEXT),
    SHORT("new", "changes.new", NAME_ANY),
    {"object", NAME_TEXT, {"target.type", "targets.type"}},
    ONE("occurred_at", NAME_TIME),
    SHORT("old", "changes.old", NAME_ANY),
    ONE("on_behalf_of.display_name", NAME_TEXT),
    ONE("on_behalf_of.domain", NAME_TEXT),
    ONE("on_behalf_of.email", NAME_TEXT),
    ONE("on_behalf_of.id", NAME_TEXT),
    ONE("on_behalf_of.name", NAME_TEXT),
    ONE("on_behalf_of.type", NAME_TEXT),
    ONE("outcome", NAME_TEXT),
    ONE("params", NAME_ANY),
    SHORT("phone", "message.phone", NAME_TEXT),
    ONE("product", NAME_TEXT),
    ONE("reason", NAME_TEXT),
    ONE("received_at", NAME_TIME),
    SHORT("region", "source.geo.region", NAME_TEXT),
    ONE("seq", NAME_SEQ),
    SHORT("session", "auth.session", NAME_TEXT),
    ONE("source.geo.city", NAME_TEXT),
    ONE("source.geo.country", NAME_TEXT),
    ONE("source.geo.region", NAME_TEXT),
    ONE("source.ip", NAME_IP),
    ONE("source.peer_ip", NAME_IP),
    ONE("source.user_agent", NAME_TEXT),
    SHORT("status", "http.status", NAME_UINT),
    {"target", NAME_TEXT, {"target.id", "target.name", "targets.id", "targets.name"}},
    {"target.domain", NAME_TEXT, {"target.domain", "targets.domain"}},
    {"target.id", NAME_TEXT, {"target.id", "targets.id"}},
    {"target.name", NAME_TEXT, {"target.name", "targets.name"}},
    {"target.type", NAME_TEXT, {"target.type", "targets.type"}},
    {"target.user", NAME_TEXT, {"target.user", "targets.user"}},
    ONE("targets.domain", NAME_TEXT),
    ONE("targets.id", NAME_TEXT),
    ONE("targets.name", NAME_TEXT),
    ONE("targets.type", NAME_TEXT),
    ONE("targets.user", NAME_TEXT),
    ONE("tenant", NAME_TENANT),
    SHORT("url", "http.url", NAME_TEXT),
    {"user", NAME_TEXT, {"target.user", "targets.user"}},
};
const uint32_t query_name_count = sizeof query_name_table / sizeof *query_name_table;

/* ---- Values out of events ---- */

bool random_value(struct random *r, const struct oracle *o, const char *path, struct slice *value_out,
                  struct slice *key_out) {
  for (int tries = 0; tries < 40 && o->count > 0; tries++) {
    const struct event *e = &o->known[random_below(r, o->count)].event;
    uint32_t start = (uint32_t)random_below(r, e->cell_count);
    for (uint32_t i = 0; i < e->cell_count; i++) {
      const struct event_cell *cell = &e->cells[(start + i) % e->cell_count];
      if (cell->field == FIELD_SHAPE) continue;
      if (path && !slice_equal(field_get((enum field_id)cell->field)->path, slice_from(path))) continue;
      *value_out = event_value(cell);
      *key_out = cell->key;
      return true;
    }
  }
  return false;
}

static size_t next_character(struct slice s, size_t at) {
  do at++;
  while (at < s.len && ((unsigned char)s.data[at] & 0xc0) == 0x80);
  return at;
}

struct slice random_piece(struct random *r, struct slice value, size_t max_characters) {
  if (value.len == 0) return value;
  size_t begin = random_below(r, value.len);
  while (begin > 0 && ((unsigned char)value.data[begin] & 0xc0) == 0x80) begin--;
  size_t end = begin;
  for (uint64_t i = 0, n = 1 + random_below(r, max_characters); i < n && end < value.len; i++)
    end = next_character(value, end);
  return slice_of(value.data + begin, end - begin);
}

/* Another spelling that a search must not tell from the first: upper and lower case mixed. */
static void append_other_case(struct random *r, struct slice s, struct buffer *out) {
  bool change = random_chance(r, 40);
  for (size_t at = 0; at < s.len;) {
    utf8proc_int32_t point;
    utf8proc_uint8_t bytes[4];
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)s.data + at, (utf8proc_ssize_t)(s.len - at), &point);
    if (n <= 0) abort(); /* values are UTF-8 */
    at += (size_t)n;
    if (change && random_chance(r, 60))
      point = random_chance(r, 70) ? utf8proc_toupper(point) : utf8proc_tolower(point);
    buffer_append(out, bytes, (size_t)utf8proc_encode_char(point, bytes));
  }
}

/* ---- Writing values ---- */

struct clause {
  struct random *r;
  const struct oracle *o;
  int64_t now_us;
  const struct query_name *name;
  const char *field; /* a path that the name finds, for picking values */
  struct slice key;  /* of params.NAME */
  struct buffer *text, *where;
  struct buffer value, folded;
};

static bool must_quote(struct slice s) {
  if (s.len == 0 || s.data[0] == '<' || s.data[0] == '>' || memmem(s.data, s.len, "..", 2)) return true;
  for (size_t i = 0; i < s.len; i++)
    if ((unsigned char)s.data[i] <= ' ' || strchr("\",*", s.data[i])) return true;
  return false;
}

static void append_quoted(struct slice s, struct buffer *out) {
  buffer_append_char(out, '"');
  for (size_t i = 0; i < s.len; i++) {
    if (s.data[i] == '"' || s.data[i] == '\\') buffer_append_char(out, '\\');
    buffer_append_char(out, s.data[i]);
  }
  buffer_append_char(out, '"');
}

static void write_value(struct clause *c, struct slice s) {
  if (must_quote(s) || random_chance(c->r, 20))
    append_quoted(s, c->text);
  else
    buffer_append_slice(c->text, s);
}

static void where_folded(struct clause *c, const char *operator, struct slice s) {
  buffer_append_text(c->where, operator);
  oracle_append_literal(c->where, fold(s, &c->folded));
}

static void any_value(struct clause *c) {
  buffer_append_text(c->text, random_chance(c->r, 80) ? "*" : "**");
  buffer_append_text(c->where, "value <> ''");
}

/* ---- Text ---- */

static const char *const absent[] = {"qqq", "no such value", "zz-top", "0", "xyz.example", "\xc3\xa4\xc3\xb6"};

static struct slice some_value(struct clause *c) {
  struct slice value, key;
  bool found =
      random_chance(c->r, 90) && random_value(c->r, c->o, random_chance(c->r, 95) ? c->field : NULL, &value, &key);
  if (!found || value.len == 0 || value.len > 1500) value = slice_from(absent[random_below(c->r, 6)]);
  buffer_clear(&c->value);
  append_other_case(c->r, value, &c->value);
  return buffer_slice(&c->value);
}

static void make_equal(struct clause *c) {
  struct slice value = some_value(c);
  write_value(c, value);
  where_folded(c, "folded = ", value);
}

/* GLOB's own special characters are made plain; a star stays one. */
static void where_glob(struct clause *c, struct slice pattern) {
  struct buffer glob;
  buffer_init(&glob, LIMIT_EVENT_BYTES);
  struct slice folded = fold(pattern, &c->folded);
  for (size_t i = 0; i < folded.len; i++) {
    bool special = folded.data[i] == '?' || folded.data[i] == '[';
    if (special) buffer_append_char(&glob, '[');
    buffer_append_char(&glob, folded.data[i]);
    if (special) buffer_append_char(&glob, ']');
  }
  buffer_append_text(c->where, "folded GLOB ");
  oracle_append_literal(c->where, buffer_slice(&glob));
  buffer_free(&glob);
}

/* A value with some of its characters replaced by stars. */
static void make_wildcard(struct clause *c) {
  struct slice value = some_value(c);
  struct buffer pattern;
  buffer_init(&pattern, LIMIT_EVENT_BYTES);
  size_t begin = random_chance(c->r, 50) ? 0 : random_below(c->r, value.len), end = value.len;
  if (random_chance(c->r, 60)) end = begin + random_below(c->r, value.len - begin + 1);
  if (begin > 0) buffer_append_char(&pattern, '*');
  for (size_t at = 0, next; at < value.len; at = next) {
    next = next_character(value, at);
    if (at < begin || at >= end) continue;
    bool plain = (unsigned char)value.data[at] > ' ' && !strchr("\",*", value.data[at]) &&
                 !(at == begin && strchr("<>", value.data[at]));
    if (!plain || random_chance(c->r, 5))
      buffer_append_char(&pattern, '*');
    else
      buffer_append(&pattern, value.data + at, next - at);
  }
  if (end < value.len || !memchr(pattern.data ? pattern.data : "", '*', pattern.len)) buffer_append_char(&pattern, '*');
  bool only_stars = true;
  for (size_t i = 0; i < pattern.len; i++) only_stars = only_stars && pattern.data[i] == '*';
  buffer_append_slice(c->text, buffer_slice(&pattern));
  if (only_stars)
    buffer_append_text(c->where, "value <> ''");
  else
    where_glob(c, buffer_slice(&pattern));
  buffer_free(&pattern);
}

static void make_text(struct clause *c) {
  uint64_t form = random_below(c->r, 100);
  if (form < 60)
    make_equal(c);
  else if (form < 90)
    make_wildcard(c);
  else
    any_value(c);
}

/* ---- Numbers and instants ---- */

/* ">=5", "5..9" and the like over an SQL expression. low and high are the first and last number or instant that the
 * written bound stands for. */
struct bound {
  char text[64], low[64], high[64];
};

static void make_range(struct clause *c, const char *expression, struct bound a, struct bound b) {
  static const char *const operators[] = {">=", ">", "<=", "<"};
  uint64_t form = random_below(c->r, 7);
  if (form < 4) {
    buffer_printf(c->text, "%s%s", operators[form], a.text);
    buffer_printf(c->where, "%s %s %s", expression, operators[form], form == 0 || form == 3 ? a.low : a.high);
  } else if (form == 4) {
    buffer_printf(c->text, "%s..%s", a.text, b.text);
    buffer_printf(c->where, "%s BETWEEN %s AND %s", expression, a.low, b.high);
  } else if (form == 5) {
    buffer_printf(c->text, "%s..", a.text);
    buffer_printf(c->where, "%s >= %s", expression, a.low);
  } else {
    buffer_printf(c->text, "..%s", b.text);
    buffer_printf(c->where, "%s <= %s", expression, b.high);
  }
}

static struct bound number_bound(const char *text) {
  struct bound b;
  snprintf(b.text, sizeof b.text, "%s", text);
  snprintf(b.low, sizeof b.low, "to_double('%s')", text); /* SQLite reads some numbers a little wrong */
  memcpy(b.high, b.low, sizeof b.high);
  return b;
}

static void make_number_range(struct clause *c, bool whole) {
  char texts[2][40];
  double numbers[2];
  for (int i = 0; i < 2; i++) {
    struct slice value, key;
    bool usable = random_chance(c->r, 80) && random_value(c->r, c->o, c->field, &value, &key) && value.len < 30 &&
                  oracle_is_number(value, &numbers[i]);
    if (usable) snprintf(texts[i], sizeof texts[i], "%.*s", SLICE_ARGS(value));
    if (!usable) {
      int64_t n = (int64_t)random_below(c->r, 1000) - (whole ? 0 : 30);
      bool half = !whole && random_chance(c->r, 20);
      snprintf(texts[i], sizeof texts[i], "%lld%s", (long long)n, half ? ".5" : "");
      numbers[i] = strtod(texts[i], NULL);
    }
  }
  bool swapped = numbers[0] > numbers[1];
  make_range(c, "number", number_bound(texts[swapped]), number_bound(texts[!swapped]));
}

static void make_uint(struct clause *c) {
  uint64_t form = random_below(c->r, 100);
  struct slice value, key;
  if (form < 55) {
    make_number_range(c, true);
  } else if (form < 80) {
    if (!random_value(c->r, c->o, c->field, &value, &key)) value = SLICE("404");
    buffer_printf(c->text, "%s%.*s", random_chance(c->r, 20) ? "00" : "", SLICE_ARGS(value));
    buffer_printf(c->where, "number = %.*s", SLICE_ARGS(value));
  } else if (form < 92) {
    char pattern[16];
    bool starts = random_chance(c->r, 50);
    snprintf(pattern, sizeof pattern, "%s%d%s", starts ? "" : "*", (int)random_below(c->r, 60), starts ? "*" : "");
    buffer_append_text(c->text, pattern);
    buffer_printf(c->where, "folded GLOB '%s'", pattern);
  } else {
    any_value(c);
  }
}

static void make_any(struct clause *c) {
  if (random_chance(c->r, 40))
    make_number_range(c, false);
  else
    make_text(c);
}

static void make_seq(struct clause *c) {
  if (random_chance(c->r, 5)) {
    buffer_append_text(c->text, "*");
    buffer_append_text(c->where, "1");
    return;
  }
  uint64_t a = random_below(c->r, 60), b = a + random_below(c->r, 100);
  char text[2][24];
  snprintf(text[0], sizeof text[0], "%llu", (unsigned long long)a);
  snprintf(text[1], sizeof text[1], "%llu", (unsigned long long)b);
  if (random_chance(c->r, 30)) {
    buffer_append_text(c->text, text[0]);
    buffer_printf(c->where, "e.seq = %s", text[0]);
  } else {
    make_range(c, "e.seq", number_bound(text[0]), number_bound(text[1]));
  }
}

static struct bound time_bound(struct clause *c, int64_t *first_us) {
  static const struct {
    char unit;
    int64_t us;
  } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
  struct bound b;
  int64_t low, high;
  char text[INSTANT_TEXT_BYTES];
  const struct event *e = &c->o->known[random_below(c->r, c->o->count)].event;
  int64_t us = strcmp(c->name->name, "received_at") == 0 ? e->received_at_us : e->occurred_at_us;
  uint64_t form = random_below(c->r, 3);
  if (form == 0) {
    low = high = us;
    instant_format(us, 6, b.text);
  } else if (form == 1) {
    instant_format(us, 0, text);
    snprintf(b.text, sizeof b.text, "%.10s", text);
    low = us - ((us % 86400000000) + 86400000000) % 86400000000;
    high = low + 86400000000 - 1;
  } else {
    uint64_t unit = random_below(c->r, 5);
    int64_t back = (c->now_us - us) / (units[unit].us * 1000000);
    if (back < 0 || back > 999999999) back = 3;
    low = high = c->now_us - back * units[unit].us * 1000000;
    snprintf(b.text, sizeof b.text, "now-%lld%c", (long long)back, units[unit].unit);
  }
  snprintf(b.low, sizeof b.low, "%lld", (long long)low);
  snprintf(b.high, sizeof b.high, "%lld", (long long)high);
  *first_us = low;
  return b;
}

static void make_time(struct clause *c) {
  int64_t first_a, first_b;
  struct bound a = time_bound(c, &first_a), b = time_bound(c, &first_b);
  char expression[32];
  snprintf(expression, sizeof expression, "e.%s", c->name->name);
  uint64_t form = random_below(c->r, 100);
  if (form < 5) {
    buffer_append_text(c->text, "*");
    buffer_append_text(c->where, "1");
  } else if (form < 30) {
    buffer_append_text(c->text, a.text);
    buffer_printf(c->where, "%s BETWEEN %s AND %s", expression, a.low, a.high);
  } else if (first_a <= first_b) {
    make_range(c, expression, a, b);
  } else {
    make_range(c, expression, b, a);
  }
}

/* ---- Addresses and tenants ---- */

static void append_other_address(struct clause *c, struct slice address) {
  bool v6 = memchr(address.data, ':', address.len) != NULL;
  if (!v6 && random_chance(c->r, 20)) buffer_append_text(c->text, "::ffff:");
  for (size_t i = 0; i < address.len; i++)
    buffer_append_char(c->text, address.data[i] >= 'a' && v6 && random_chance(c->r, 30) ? (char)(address.data[i] - 32)
                                                                                        : address.data[i]);
}

static void make_address(struct clause *c) {
  struct slice address, key;
  if (!random_value(c->r, c->o, c->field, &address, &key)) address = SLICE("10.0.0.1");
  bool v6 = memchr(address.data, ':', address.len) != NULL;
  uint64_t form = random_below(c->r, 100);
  if (form < 30) {
    append_other_address(c, address);
    buffer_append_text(c->where, "value = ");
    oracle_append_literal(c->where, address);
  } else if (form < 75) {
    char network[80];
    unsigned bits = (unsigned)random_below(c->r, v6 ? 129 : 33);
    bool mapped = !v6 && random_chance(c->r, 15);
    snprintf(network, sizeof network, "%s%.*s/%u", mapped ? "::ffff:" : "", SLICE_ARGS(address),
             mapped ? bits + 96 : bits);
    buffer_append_text(c->text, network);
    buffer_printf(c->where, "in_network(value, '%s')", network);
  } else if (form < 92) {
    make_wildcard(c);
  } else {
    any_value(c);
  }
}

static void make_tenant(struct clause *c) {
  struct slice path, key;
  uint64_t form = random_below(c->r, 100);
  if (form < 10) {
    any_value(c);
  } else if (form < 30) {
    make_wildcard(c);
  } else {
    if (!random_value(c->r, c->o, "tenant", &path, &key)) path = SLICE("acme");
    const char *slash = random_chance(c->r, 60) ? memchr(path.data, '/', path.len) : NULL;
    if (slash) path.len = (size_t)(slash - path.data);
    if (form < 35) path = SLICE("ACME"); /* paths keep their case */
    write_value(c, path);
    buffer_append_text(c->where, "(value = ");
    oracle_append_literal(c->where, path);
    buffer_printf(c->where, " OR substr(value, 1, %zu) = ", path.len + 1);
    oracle_append_literal(c->where, path);
    buffer_append_text(c->where, " || '/')");
  }
}

/* ---- Clauses ---- */

static void make_keyword(struct clause *c) {
  struct slice value, key, piece = slice_from(absent[random_below(c->r, 6)]);
  if (random_chance(c->r, 85) && random_value(c->r, c->o, NULL, &value, &key) && value.len > 0)
    piece = random_piece(c->r, value, random_chance(c->r, 70) ? 8 : 40);
  buffer_clear(&c->value);
  append_other_case(c->r, piece, &c->value);
  piece = buffer_slice(&c->value);
  bool negated = random_chance(c->r, 25);
  bool phrase =
      must_quote(piece) || memchr(piece.data, ':', piece.len) || piece.data[0] == '-' || random_chance(c->r, 20);
  if (negated) buffer_append_char(c->text, '-');
  if (phrase)
    append_quoted(piece, c->text);
  else
    buffer_append_slice(c->text, piece);
  buffer_append_text(c->where, negated ? "NOT " : "");
  buffer_append_text(c->where, "EXISTS(SELECT 1 FROM c WHERE c.ev = e.ev AND instr(folded, ");
  oracle_append_literal(c->where, fold(piece, &c->folded));
  buffer_append_text(c->where, ") > 0)");
}

static void append_name(struct clause *c, const char *name) {
  bool upper = random_chance(c->r, 10);
  for (; *name; name++) buffer_append_char(c->text, upper && *name >= 'a' && *name <= 'z' ? (char)(*name - 32) : *name);
}

static void make_values(struct clause *c) {
  static void (*const make[])(struct clause * c) = {
      [NAME_TEXT] = make_text,     [NAME_UINT] = make_uint, [NAME_ANY] = make_any, [NAME_IP] = make_address,
      [NAME_TENANT] = make_tenant, [NAME_TIME] = make_time, [NAME_SEQ] = make_seq};
  uint64_t count = random_chance(c->r, 70) ? 1 : 1 + random_below(c->r, 4);
  buffer_append_char(c->where, '(');
  for (uint64_t i = 0; i < count; i++) {
    if (i > 0) buffer_append_char(c->text, ',');
    if (i > 0) buffer_append_text(c->where, " OR ");
    make[c->name->kind](c);
  }
  buffer_append_char(c->where, ')');
}

static const struct query_name *name_of_params(void) {
  const struct query_name *name = query_name_table;
  while (strcmp(name->name, "params") != 0) name++;
  return name;
}

static void make_field(struct clause *c) {
  c->name = &query_name_table[random_below(c->r, query_name_count)];
  if (random_chance(c->r, 12)) c->name = name_of_params();
  unsigned fields = 1;
  while (fields < 4 && c->name->fields[fields]) fields++;
  c->field = c->name->fields[random_below(c->r, fields)];
  bool negated = random_chance(c->r, 25), header = c->name->kind == NAME_TIME || c->name->kind == NAME_SEQ;
  if (negated) buffer_append_char(c->text, '-');
  if (negated) buffer_append_text(c->where, "NOT ");
  append_name(c, c->name->name);
  if (header) {
    buffer_append_char(c->text, ':');
    make_values(c);
    return;
  }
  buffer_append_text(c->where, "EXISTS(SELECT 1 FROM c WHERE c.ev = e.ev AND field IN (");
  for (unsigned i = 0; i < fields; i++) buffer_printf(c->where, "%s'%s'", i > 0 ? "," : "", c->name->fields[i]);
  buffer_append_text(c->where, ")");
  struct slice value, key;
  bool one = strcmp(c->name->name, "params") == 0 && random_chance(c->r, 70) &&
             random_value(c->r, c->o, "params", &value, &key);
  if (one) {
    buffer_printf(c->text, ".%.*s", SLICE_ARGS(key));
    buffer_append_text(c->where, " AND key = ");
    oracle_append_literal(c->where, key);
  }
  buffer_append_char(c->text, ':');
  buffer_append_text(c->where, " AND ");
  make_values(c);
  buffer_append_char(c->where, ')');
}

void random_query_init(struct random_query *q) {
  buffer_init(&q->text, LIMIT_QUERY_BYTES);
  buffer_init(&q->where, 1024 * 1024);
}

void random_query_free(struct random_query *q) {
  buffer_free(&q->text);
  buffer_free(&q->where);
}

void random_query_make(struct random *r, const struct oracle *o, int64_t now_us, struct random_query *q) {
  struct clause c = {.r = r, .o = o, .now_us = now_us, .text = &q->text, .where = &q->where};
  buffer_init(&c.value, LIMIT_EVENT_BYTES);
  buffer_init(&c.folded, 4 * LIMIT_EVENT_BYTES);
  do {
    buffer_clear(&q->text);
    buffer_clear(&q->where);
    uint64_t clauses = random_chance(r, 5) ? 0 : random_chance(r, 60) ? 1 : 1 + random_below(r, 4);
    buffer_append_text(&q->where, "1");
    for (uint64_t i = 0; i < clauses; i++) {
      if (i > 0) buffer_append_char(&q->text, ' ');
      buffer_append_text(&q->where, " AND ");
      if (random_chance(r, 35))
        make_keyword(&c);
      else
        make_field(&c);
    }
  } while (q->text.overflowed || q->where.overflowed);
  buffer_append_char(&q->where, 0);
  buffer_free(&c.value);
  buffer_free(&c.folded);
}
