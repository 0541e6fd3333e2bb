/* GET /v1/events and GET /v1/events/{id}. */
#include "api/internal.h"
#include "api/reading.h"

/* The stored event as JSON with one member more: its summary sentence. */
void append_event(const struct event *e, struct buffer *scratch, struct buffer *out) {
  event_append_json(e, EVENT_STORED, out);
  if (out->overflowed || out->len == 0) return;
  out->len--; /* the closing brace; an event is never empty */
  buffer_append_text(out, ",\"summary\":");
  buffer_clear(scratch);
  event_append_summary(e, scratch);
  json_append_string(out, buffer_slice(scratch));
  buffer_append_char(out, '}');
}

struct page {
  struct question question;
  enum read_order order;
  bool has_after, more;
  struct read_position after, last;
  uint32_t limit, count;
  struct buffer scratch;
  struct arena arenas[2]; /* this event's and the one before, whose position the cursor needs */
};

static int parse_page(struct http_request *r, struct page *p, struct error *err) {
  static const char *const orders[] = {"newest", "oldest", NULL};
  unsigned order;
  struct slice text;
  int code = param_number(r, "limit", 1, LIMIT_PAGE_EVENTS, 50, &p->limit, err);
  if (code == 0) code = param_choice(r, "order", orders, &order, err);
  if (code) return code;
  p->order = order == 0 ? NEWEST_FIRST : OLDEST_FIRST;
  text = reading_cursor(r);
  if (text.len == 0) return 0;
  enum read_order of_cursor;
  code = query_cursor_decode(text, http_arena(r), &p->after, &of_cursor, err);
  if (code) return error_wrap(err, code, "cursor");
  struct slice unused;
  if (http_param(r, "order", &unused) && of_cursor != p->order)
    return error_set(err, ERR_INVALID, "cursor: it belongs to the other order");
  p->order = of_cursor;
  p->has_after = true;
  return 0;
}

static int fill_page(struct page *p, struct cursor *cursor, struct buffer *out, struct error *err) {
  struct event e;
  for (;;) {
    struct arena *arena = &p->arenas[p->count % 2];
    arena_reset(arena);
    int code = cursor_next(cursor, arena, &e, err);
    if (code == ERR_END) return 0;
    if (code) return code;
    if (p->count == p->limit || (p->count > 0 && out->len > API_PAGE_BYTES)) {
      p->more = true;
      return 0;
    }
    if (p->count > 0) buffer_append_char(out, ',');
    append_event(&e, &p->scratch, out);
    p->last = (struct read_position){e.occurred_at_us, event_text(&e, FIELD_TENANT), e.seq};
    p->count++;
  }
}

static int write_page(struct http_request *r, struct api *a, struct page *p, struct error *err) {
  struct buffer *out = http_answer(r);
  struct cursor *cursor = NULL;
  int code =
      cursor_open(p->question.snapshot, &p->question.query, p->order, p->has_after ? &p->after : NULL, &cursor, err);
  if (code) return code;
  buffer_append_text(out, "{\"events\":[");
  code = fill_page(p, cursor, out, err);
  cursor_close(cursor);
  if (code) return code;
  buffer_append_text(out, "],\"next\":");
  if (p->more) {
    buffer_append_char(out, '"');
    size_t start = out->len;
    query_cursor_encode(&p->last, p->order, out);
    reading_append_proof(r, a, p->question.reading, start, out);
    buffer_append_char(out, '"');
  } else {
    buffer_append_text(out, "null");
  }
  question_append_warnings(&p->question, out);
  buffer_append_char(out, '}');
  return 0;
}

int events_page(struct http_request *r, void *api, struct error *err) {
  struct page p = {.count = 0};
  buffer_init(&p.scratch, 4 * LIMIT_EVENT_BYTES);
  arena_init(&p.arenas[0], API_EVENT_ARENA_BYTES);
  arena_init(&p.arenas[1], API_EVENT_ARENA_BYTES);
  int code = parse_page(r, &p, err);
  if (code == 0) code = question_open(r, api, true, &p.question, err);
  if (code == 0) code = write_page(r, api, &p, err);
  question_close(&p.question);
  arena_free(&p.arenas[0]);
  arena_free(&p.arenas[1]);
  buffer_free(&p.scratch);
  return code;
}

int events_get(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct slice tenant;
  uint64_t seq;
  struct snapshot *snapshot = NULL;
  struct event e;
  if (!event_parse_id(http_path_param(r, 0), &tenant, &seq))
    return error_set(err, ERR_INVALID, "an event's id is TENANT:SEQ, percent-encoded (acme%%2Feu:17)");
  int code = snapshot_open(a->store, &snapshot);
  if (code) return error_set(err, code, "%s", error_text(code));
  code = read_event(snapshot, request_scope(r), tenant, seq, http_arena(r), &e, err);
  if (code == ERR_NOT_FOUND) {
    error_clear(err);
    error_set(err, code, "there is no such event");
  }
  if (code == 0) code = reading_record_event(r, a, tenant, seq, err);
  if (code == 0) {
    struct buffer scratch;
    buffer_init(&scratch, 4 * LIMIT_EVENT_BYTES);
    append_event(&e, &scratch, http_answer(r));
    buffer_free(&scratch);
  }
  snapshot_close(snapshot);
  return code;
}
