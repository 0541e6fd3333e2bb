/* GET /v1/logins: log-ins, each with its log-out and with the failures before it. */
#include <stdlib.h>

#include "api/login_join.h"
#include "api/reading.h"

enum { ROWS_BYTES = 32 * 1024 * 1024, ROWS_ENOUGH_BYTES = 8 * 1024 * 1024 /* then the page ends early */ };

struct page {
  struct question question;
  struct filter_clause *clauses;
  bool has_after, more;
  struct read_position after;
  uint32_t limit, count;
  struct arena rows_arena, event_arena;
  struct login *rows;
};

static int parse_page(struct http_request *r, struct page *p, struct error *err) {
  struct slice text;
  enum read_order order;
  int code = param_number(r, "limit", 1, LOGIN_PAGE, 50, &p->limit, err);
  text = reading_cursor(r);
  if (code || text.len == 0) return code;
  code = query_cursor_decode(text, http_arena(r), &p->after, &order, err);
  if (code) return error_wrap(err, code, "cursor");
  if (order != NEWEST_FIRST) return error_set(err, ERR_INVALID, "cursor: it belongs to the other order");
  p->has_after = true;
  return 0;
}

/* What q asks, of log-ins alone. */
static void narrow_to_logins(struct http_request *r, struct question *q) {
  uint32_t own = q->filter.clause_count;
  struct filter_clause *all = arena_take(http_arena(r), (own + LOGIN_CLAUSES) * sizeof *all);
  memcpy(all, login_clauses, sizeof login_clauses);
  if (own) memcpy(all + LOGIN_CLAUSES, q->filter.clauses, own * sizeof *all);
  q->filter = (struct filter){all, own + LOGIN_CLAUSES};
}

static int fill_page(struct page *p, struct error *err) {
  struct cursor *cursor;
  struct event e;
  int code = cursor_open(p->question.snapshot, &p->question.query, NEWEST_FIRST, p->has_after ? &p->after : NULL,
                         &cursor, err);
  if (code) return code;
  while (code == 0 && !p->more) {
    arena_reset(&p->event_arena);
    code = cursor_next(cursor, &p->event_arena, &e, err);
    if (code) break;
    p->more = p->count == p->limit || (p->count > 0 && p->rows_arena.used_bytes > ROWS_ENOUGH_BYTES);
    if (!p->more && !login_take(&e, &p->rows_arena, &p->rows[p->count++]))
      code = error_set(err, ERR_TOO_LARGE, "the log-ins are too large together");
  }
  cursor_close(cursor);
  return code == ERR_END ? 0 : code;
}

/* ---- The answer ---- */

static void append_text(struct buffer *out, const char *name, struct slice text) {
  buffer_printf(out, "\"%s\":", name);
  json_append_string(out, text);
}

static void append_id(struct buffer *out, const struct login *l, uint64_t seq) {
  buffer_append_char(out, '"');
  buffer_append_slice(out, l->tenant);
  buffer_append_char(out, ':');
  buffer_append_u64(out, seq);
  buffer_append_char(out, '"');
}

static void append_members(struct buffer *out, const struct login *l, const char *const names[],
                           const enum field_id fields[], unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    if (i > 0) buffer_append_char(out, ',');
    append_text(out, names[i], l->texts[fields[i]]);
  }
}

static void append_about(struct buffer *out, const struct login *l) {
  static const char *const actor_names[] = {"name", "display_name", "email", "domain"},
                           *const names[] = {"outcome", "reason", "method", "address", "user_agent", "session"},
                           *const place_names[] = {"country", "region", "city"};
  static const enum field_id actor[] = {FIELD_ACTOR_NAME, FIELD_ACTOR_DISPLAY, FIELD_ACTOR_EMAIL, FIELD_ACTOR_DOMAIN},
                             fields[] = {FIELD_OUTCOME,   FIELD_REASON,       FIELD_AUTH_METHOD,
                                         FIELD_SOURCE_IP, FIELD_SOURCE_AGENT, FIELD_AUTH_SESSION},
                             place[] = {FIELD_GEO_COUNTRY, FIELD_GEO_REGION, FIELD_GEO_CITY};
  buffer_append_text(out, "{\"id\":");
  append_id(out, l, l->seq);
  buffer_append_char(out, ',');
  append_text(out, "tenant", l->tenant);
  buffer_append_text(out, ",\"at\":");
  append_instant(out, l->at_us, l->digits);
  buffer_append_text(out, ",\"actor\":{");
  append_members(out, l, actor_names, actor, 4);
  buffer_append_text(out, "},");
  append_members(out, l, names, fields, 6);
  buffer_append_text(out, ",\"geo\":{");
  append_members(out, l, place_names, place, 3);
  buffer_append_char(out, '}');
}

static void append_login(struct buffer *out, const struct login *l) {
  append_about(out, l);
  buffer_printf(out, ",\"state\":\"%s\"", l->failed ? "failed" : l->has_logout ? "ended" : "open");
  if (l->has_logout) {
    buffer_printf(out, ",\"duration_s\":%llu,\"logout_at\":", (unsigned long long)l->duration_s);
    append_instant(out, l->logout_at_us, l->logout_digits);
    buffer_append_text(out, ",\"logout_id\":");
    append_id(out, l, l->logout_seq);
  } else {
    buffer_append_text(out, ",\"duration_s\":null,\"logout_at\":null,\"logout_id\":null");
  }
  buffer_append_text(out, ",\"last_failed_at\":");
  if (l->has_last_failed)
    append_instant(out, l->last_failed_at_us, l->last_failed_digits);
  else
    buffer_append_text(out, "null");
  buffer_printf(out, ",\"failures_since_success\":%llu}", (unsigned long long)l->failures);
}

static void write_page(struct http_request *r, struct api *a, const struct page *p) {
  struct buffer *out = http_answer(r);
  buffer_append_text(out, "{\"logins\":[");
  for (uint32_t i = 0; i < p->count; i++) {
    if (i > 0) buffer_append_char(out, ',');
    append_login(out, &p->rows[i]);
  }
  buffer_append_text(out, "],\"next\":");
  if (p->more) {
    const struct login *last = &p->rows[p->count - 1];
    struct read_position position = {last->at_us, last->tenant, last->seq};
    buffer_append_char(out, '"');
    size_t start = out->len;
    query_cursor_encode(&position, NEWEST_FIRST, out);
    reading_append_proof(r, a, p->question.reading, start, out);
    buffer_append_char(out, '"');
  } else {
    buffer_append_text(out, "null");
  }
  question_append_warnings(&p->question, out);
  buffer_append_char(out, '}');
}

int logins_get(struct http_request *r, void *api, struct error *err) {
  struct page p = {.count = 0};
  arena_init(&p.rows_arena, ROWS_BYTES);
  arena_init(&p.event_arena, API_EVENT_ARENA_BYTES);
  int code = parse_page(r, &p, err);
  if (code == 0) code = question_open(r, api, true, &p.question, err);
  if (code == 0) {
    p.rows = malloc(p.limit * sizeof *p.rows);
    if (!p.rows) abort();
    narrow_to_logins(r, &p.question);
    code = fill_page(&p, err);
  }
  if (code == 0) code = login_join(&p.question, p.rows, p.count, err);
  if (code == 0) write_page(r, api, &p);
  question_close(&p.question);
  free(p.rows);
  arena_free(&p.rows_arena);
  arena_free(&p.event_arena);
  return code;
}
