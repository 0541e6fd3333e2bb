#include "event/parse.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"

enum {
  SCRATCH_BYTES = 4 * 1024 * 1024, /* members of every object of one event while sorted: 24 bytes for each 4 of JSON */
  TEXT_BYTES = 8 * LIMIT_EVENT_BYTES,
  ARENA_BYTES = 4 * 1024 * 1024,
  /* Numbers grow at most to 3.4 times their text ("1e15" to 16 digits), flattened names add at most 9 KiB, the
   * default outcome 20: a shorter event cannot have a canonical form beyond LIMIT_EVENT_BYTES. */
  SURELY_SMALL_BYTES = 16000,
};

struct event_parser *event_parser_new(void) {
  struct event_parser *p = calloc(1, sizeof *p);
  if (!p) abort();
  p->json = json_parser_new(LIMIT_EVENT_BYTES, LIMIT_JSON_DEPTH);
  if (!p->json) abort();
  arena_init(&p->arena, ARENA_BYTES);
  arena_init(&p->scratch, SCRATCH_BYTES);
  buffer_init(&p->text, TEXT_BYTES);
  object_get(OBJECT_EVENT); /* builds the table of members that object_member reads */
  return p;
}

void event_parser_free(struct event_parser *p) {
  if (!p) return;
  json_parser_free(p->json);
  arena_free(&p->arena);
  arena_free(&p->scratch);
  buffer_free(&p->text);
  free(p);
}

struct slice trim_blanks(struct slice s) {
  static const char blanks[] = " \t\r\n";
  while (s.len > 0 && memchr(blanks, s.data[0], 4)) s = slice_skip(s, 1);
  while (s.len > 0 && memchr(blanks, s.data[s.len - 1], 4)) s.len--;
  return s;
}

/* ---- Faults ---- */

static void append_token(struct buffer *b, const struct where *w) {
  buffer_append_char(b, '/');
  if (w->index >= 0) buffer_append_i64(b, w->index);
  for (size_t i = 0; w->index < 0 && i < w->key.len; i++) {
    char c = w->key.data[i];
    if (c == '~')
      buffer_append_text(b, "~0");
    else if (c == '/')
      buffer_append_text(b, "~1");
    else
      buffer_append_char(b, c ? c : '?');
  }
}

static void append_pointer(struct buffer *b, const struct where *w) {
  if (!w) return;
  append_pointer(b, w->up);
  append_token(b, w);
}

int parse_fault(struct parse *s, const struct where *where, int code, const char *format, ...) {
  char message[ERROR_MESSAGE_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  struct buffer pointer;
  buffer_init(&pointer, 8 * LIMIT_EVENT_BYTES);
  append_pointer(&pointer, where);
  buffer_append_char(&pointer, 0);
  error_set_at(s->err, code, pointer.overflowed ? "" : pointer.data, "%s", message);
  buffer_free(&pointer);
  return code;
}

static int unknown_member(struct parse *s, const struct where *where, enum object_id object) {
  const struct member *nearest = object_nearest_member(object, where->key);
  if (nearest)
    return parse_fault(s, where, ERR_INVALID, "unknown member; did you mean %.*s?", SLICE_ARGS(nearest->name));
  return parse_fault(s, where, ERR_INVALID, "unknown member");
}

static int wrong_type(struct parse *s, const struct where *where, const char *wanted, uint32_t at) {
  return parse_fault(s, where, ERR_INVALID, "must be %s, not %s", wanted, parse_type_name(json_type(&s->json, at)));
}

/* ---- Fields ---- */

static int take_text(struct parse *s, const struct where *where, const struct field *f, uint32_t at,
                     struct slice *out) {
  struct slice text;
  if (json_type(&s->json, at) != JSON_STRING) return wrong_type(s, where, "a string", at);
  int rc = parse_string(s, where, at, &text);
  if (rc) return rc;
  if (f->max_bytes > 0 && text.len > f->max_bytes)
    return parse_fault(s, where, ERR_INVALID, "is longer than %u bytes", f->max_bytes);
  const char *why = validate_text(f, text);
  if (why) return parse_fault(s, where, ERR_INVALID, "%s", why);
  *out = text;
  return s->borrow ? 0 : parse_keep(s, text, 0, out);
}

static int take_ip(struct parse *s, const struct where *where, uint32_t at, struct slice *out) {
  struct slice text, canonical;
  char address[46];
  if (json_type(&s->json, at) != JSON_STRING) return wrong_type(s, where, "a string", at);
  int rc = parse_string(s, where, at, &text);
  if (rc) return rc;
  if (!event_ip_canonical(text, address, &canonical.len))
    return parse_fault(s, where, ERR_INVALID, "must be an IPv4 or IPv6 address");
  canonical.data = address;
  *out = text;
  if (s->borrow && slice_equal(text, canonical)) return 0;
  return parse_keep(s, canonical, 0, out);
}

static int take_uint(struct parse *s, const struct where *where, const struct field *f, uint32_t at,
                     struct slice *out) {
  enum json_type type = json_type(&s->json, at);
  if (!json_is_number(type)) return wrong_type(s, where, "a whole number", at);
  double v = type == JSON_DOUBLE ? json_double(&s->json, at)
             : type == JSON_INT  ? (double)json_int(&s->json, at)
                                 : (double)UINT64_MAX;
  if (!(v >= 0 && v < 9007199254740992.0) || v != (double)(int64_t)v)
    return parse_fault(s, where, ERR_INVALID, "must be a whole number of 0 to 2^53 - 1");
  if (f->id == FIELD_HTTP_STATUS && (v < 100 || v > 599))
    return parse_fault(s, where, ERR_INVALID, "must be an HTTP status of 100 to 599");
  char text[JSON_NUMBER_BYTES];
  return parse_keep(s, slice_of(text, json_format_number(v, text)), 0, out);
}

static int take_occurred_at(struct parse *s, const struct where *where, uint32_t at) {
  struct found *f = &s->parser->found;
  if (json_type(&s->json, at) != JSON_STRING) return wrong_type(s, where, "a string", at);
  if (!instant_parse(json_string(&s->json, at), &f->occurred_at_us, &f->digits))
    return parse_fault(
        s, where, ERR_INVALID,
        "must be an RFC 3339 time with zone and at most 6 fractional digits, as 2026-11-20T08:15:30.123Z");
  int64_t future_us = (int64_t)LIMIT_FUTURE_S * 1000000;
  if (f->occurred_at_us - future_us > s->now_us)
    return parse_fault(s, where, ERR_INVALID, "lies more than %d hours in the future", LIMIT_FUTURE_S / 3600);
  f->has_occurred_at = true;
  return 0;
}

static int take_field(struct parse *s, const struct where *where, enum field_id id, uint32_t at, struct slice *slot) {
  const struct field *f = field_get(id);
  struct found *found = &s->parser->found;
  if (slot->data || (f->kind == KIND_TIME && found->has_occurred_at))
    return parse_fault(s, where, ERR_INVALID, "is given twice");
  found->cell_count += f->kind != KIND_TIME;
  switch (f->kind) {
    case KIND_TIME: return take_occurred_at(s, where, at);
    case KIND_IP: return take_ip(s, where, at, slot);
    case KIND_UINT: return take_uint(s, where, f, at, slot);
    case KIND_ANY: return parse_any(s, where, at, slot);
    default: return take_text(s, where, f, at, slot);
  }
}

/* ---- Objects ---- */

static int take_child(struct parse *s, const struct where *where, enum object_id id, uint32_t at);

/* Members of a plain object, or of one element of a list whose values go to columns. */
static int take_members(struct parse *s, const struct where *where, enum object_id id, uint32_t at,
                        struct slice *columns) {
  struct found *found = &s->parser->found;
  uint32_t end = json_end(&s->json, at);
  for (uint32_t i = at + 1; i < end; i = json_next(&s->json, i + 1)) {
    struct where here = {where, json_string(&s->json, i), -1};
    const struct member *m = object_member(id, here.key);
    if (!m) return unknown_member(s, &here, id);
    if (m->from_server) return parse_fault(s, &here, ERR_INVALID, "is set by the server");
    int rc = m->child ? take_child(s, &here, (enum object_id)m->child, i + 1)
                      : take_field(s, &here, (enum field_id)m->field, i + 1,
                                   columns ? &columns[m->column] : &found->single[m->field]);
    if (rc) return rc;
  }
  return 0;
}

static int take_list(struct parse *s, const struct where *where, enum object_id id, uint32_t at) {
  struct found *found = &s->parser->found;
  const struct object *o = object_get(id);
  struct slice(*rows)[LIST_COLUMNS] = id == OBJECT_CHANGES ? found->changes : found->targets;
  unsigned *count = id == OBJECT_CHANGES ? &found->change_count : &found->target_count;
  uint32_t end = json_end(&s->json, at);
  struct where here = {where, {NULL, 0}, 0};
  for (uint32_t i = at + 1; i < end; i = json_next(&s->json, i), here.index++) {
    if (*count == o->max_elements)
      return parse_fault(s, where, ERR_TOO_LARGE, "has more than %u elements", o->max_elements);
    if (json_type(&s->json, i) != JSON_OBJECT) return wrong_type(s, &here, "an object", i);
    if (json_end(&s->json, i) == i + 1) return parse_fault(s, &here, ERR_INVALID, "must not be empty");
    struct slice *row = rows[(*count)++];
    memset(row, 0, sizeof *rows);
    int rc = take_members(s, &here, id, i, row);
    if (rc) return rc;
    const struct member *field = id == OBJECT_CHANGES ? object_member(id, SLICE("field")) : NULL;
    if (field && !row[field->column].data) {
      struct where missing = {&here, SLICE("field"), -1};
      return parse_fault(s, &missing, ERR_INVALID, "is required");
    }
  }
  return 0;
}

static int take_child(struct parse *s, const struct where *where, enum object_id id, uint32_t at) {
  struct found *found = &s->parser->found;
  const struct object *o = object_get(id);
  enum json_type wanted = o->kind == OBJECT_LIST ? JSON_ARRAY : JSON_OBJECT;
  if (json_type(&s->json, at) != wanted) return wrong_type(s, where, parse_type_name(wanted), at);
  if (found->objects_seen & 1u << id) return parse_fault(s, where, ERR_INVALID, "is given twice");
  found->objects_seen |= 1u << id;
  if (json_end(&s->json, at) == at + 1) found->shape |= o->shape;
  switch (o->kind) {
    case OBJECT_LIST: return take_list(s, where, id, at);
    case OBJECT_MAP: return parse_params(s, where, at);
    default: return take_members(s, where, id, at, NULL);
  }
}

static int check_required(struct parse *s) {
  static const enum field_id required[] = {FIELD_TENANT, FIELD_LOG, FIELD_ACTION};
  const struct found *found = &s->parser->found;
  for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
    struct where missing = {NULL, field_get(required[i])->path, -1};
    if (!found->single[required[i]].data) return parse_fault(s, &missing, ERR_INVALID, "is required");
  }
  struct where occurred_at = {NULL, SLICE("occurred_at"), -1};
  if (!found->has_occurred_at) return parse_fault(s, &occurred_at, ERR_INVALID, "is required");
  struct where actor = {NULL, SLICE("actor"), -1}, type = {&actor, SLICE("type"), -1};
  if (!found->single[FIELD_ACTOR_TYPE].data)
    return parse_fault(s, found->objects_seen & 1u << OBJECT_ACTOR ? &type : &actor, ERR_INVALID, "is required");
  return 0;
}

/* ---- Cells ---- */

static struct event_cell *put(struct event_cell *cell, enum field_id field, unsigned element, struct slice key,
                              struct slice text) {
  *cell = (struct event_cell){(uint16_t)field, (uint16_t)element, key, text};
  return cell + 1;
}

static struct event_cell *put_list(struct event_cell *at, enum field_id field, const struct found *f) {
  bool changes = field == FIELD_CHANGES_FIELD || field == FIELD_CHANGES_OLD || field == FIELD_CHANGES_NEW;
  struct slice path = field_get(field)->path;
  struct slice name = slice_skip(path, changes ? sizeof "changes." - 1 : sizeof "targets." - 1);
  unsigned count = changes ? f->change_count : f->target_count;
  if (count == 0) return at;
  unsigned column = object_member(changes ? OBJECT_CHANGES : OBJECT_TARGETS, name)->column;
  for (unsigned i = 0; i < count; i++) {
    struct slice text = changes ? f->changes[i][column] : f->targets[i][column];
    if (text.data) at = put(at, field, i, slice_of(NULL, 0), text);
  }
  return at;
}

static int gather_cells(struct parse *s, struct event *out) {
  struct found *f = &s->parser->found;
  struct event_cell *cells = arena_alloc(s->arena, f->cell_count * sizeof *cells), *at = cells;
  if (!cells) return parse_fault(s, NULL, ERR_TOO_LARGE, "no room for the event");
  for (unsigned i = 0; i < FIELD_COUNT; i++) {
    enum field_id id = (enum field_id)i;
    unsigned flags = field_get(id)->flags;
    if (flags & F_LIST) {
      at = put_list(at, id, f);
    } else if (flags & F_MAP) {
      for (unsigned n = 0; n < f->param_count; n++) at = put(at, id, 0, f->params[n].key, f->params[n].text);
    } else if (f->single[id].data) {
      at = put(at, id, 0, slice_of(NULL, 0), f->single[id]);
    }
  }
  assert((uint32_t)(at - cells) == f->cell_count && f->cell_count <= LIMIT_CELLS);
  *out = (struct event){.occurred_at_us = f->occurred_at_us, .cell_count = f->cell_count, .cells = cells};
  return 0;
}

/* What the client did not write as a value of its own: the default outcome and the shape of the JSON. */
static int add_implied(struct parse *s) {
  struct found *f = &s->parser->found;
  if (!f->single[FIELD_OUTCOME].data) {
    f->single[FIELD_OUTCOME] = SLICE("success");
    f->cell_count++;
  }
  if (f->shape == 0 && f->digits == 0) return 0;
  char shape[3] = {(char)f->digits, (char)(f->shape & 0xff), (char)(f->shape >> 8)};
  f->cell_count++;
  return parse_keep(s, slice_of(shape, sizeof shape), 0, &f->single[FIELD_SHAPE]);
}

static int check_canonical_size(struct parse *s, struct slice json, const struct event *e) {
  if (json.len <= SURELY_SMALL_BYTES) return 0;
  struct buffer *text = &s->parser->text;
  buffer_clear(text);
  event_append_json(e, EVENT_AS_SENT, text);
  if (!text->overflowed && text->len <= LIMIT_EVENT_BYTES) return 0;
  return parse_fault(s, NULL, ERR_TOO_LARGE, "the event's canonical form is larger than %d bytes", LIMIT_EVENT_BYTES);
}

static void clear_found(struct found *f) {
  memset(f->single, 0, sizeof f->single);
  f->change_count = f->target_count = f->param_count = 0;
  f->cell_count = 0;
  f->objects_seen = f->shape = f->digits = 0;
  f->has_occurred_at = false;
}

int parse_event(struct event_parser *p, struct slice json, int64_t now_us, struct arena *arena, bool borrow,
                struct event *out, struct error *err) {
  struct parse s = {.parser = p, .arena = arena, .err = err, .now_us = now_us, .borrow = borrow};
  enum { ROOT = 1 };
  if (json.len > LIMIT_EVENT_BYTES)
    return parse_fault(&s, NULL, ERR_TOO_LARGE, "the event is larger than %d bytes", LIMIT_EVENT_BYTES);
  if (json.len == 0) return parse_fault(&s, NULL, ERR_INVALID, "empty: an event is a JSON object");
  const char *why = json_parse(p->json, json.data, json.len, &s.json);
  if (why) return parse_fault(&s, NULL, ERR_INVALID, "not valid JSON: %s", why);
  if (json_type(&s.json, ROOT) != JSON_OBJECT)
    return parse_fault(&s, NULL, ERR_INVALID, "an event must be an object, not %s",
                       parse_type_name(json_type(&s.json, ROOT)));
  s.escaped = memchr(json.data, '\\', json.len) != NULL;
  clear_found(&p->found);
  int rc = take_members(&s, NULL, OBJECT_EVENT, ROOT, NULL);
  if (rc == 0) rc = check_required(&s);
  if (rc == 0) rc = add_implied(&s);
  struct event e;
  if (rc == 0) rc = gather_cells(&s, &e);
  if (rc == 0) rc = check_canonical_size(&s, json, &e);
  if (rc == 0) *out = e;
  return rc;
}

int event_parse(struct event_parser *p, struct slice json, int64_t now_us, struct arena *arena, struct event *out,
                struct error *err) {
  return parse_event(p, trim_blanks(json), now_us, arena, false, out, err);
}
