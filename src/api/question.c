/* What all reading resources share: parameters and the question they make. */
#include <stdio.h>
#include <stdlib.h>

#include "api/internal.h"
#include "api/reading.h"

const struct principal *request_principal(const struct http_request *r) { return http_user(r); }
struct slice request_address(const struct http_request *r) {
  return http_address(r);
}

const struct scope *request_scope(const struct http_request *r) {
  return principal_scope(request_principal(r), route_right(http_request_route(r)));
}

bool request_is_secure(const struct http_request *r) { return http_is_secure(r); }

int param_number(const struct http_request *r, const char *name, uint32_t least, uint32_t most, uint32_t otherwise,
                 uint32_t *out, struct error *err) {
  struct slice text;
  *out = otherwise;
  if (!http_param(r, name, &text)) return 0;
  uint64_t value = 0;
  bool valid = text.len > 0 && text.len <= 9;
  for (size_t i = 0; i < text.len && valid; i++) {
    valid = text.data[i] >= '0' && text.data[i] <= '9';
    value = value * 10 + (uint64_t)(text.data[i] - '0');
  }
  if (!valid || value < least || value > most)
    return error_set(err, ERR_INVALID, "%s must be a whole number of %u to %u", name, least, most);
  *out = (uint32_t)value;
  return 0;
}

int param_choice(const struct http_request *r, const char *name, const char *const *words, unsigned *out,
                 struct error *err) {
  struct slice text;
  *out = 0;
  if (!http_param(r, name, &text)) return 0;
  char all[128] = "";
  for (unsigned i = 0; words[i]; i++) {
    if (slice_equal(text, slice_from(words[i]))) {
      *out = i;
      return 0;
    }
    size_t used = strlen(all);
    snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", words[i]);
  }
  return error_set(err, ERR_INVALID, "%s must be one of: %s", name, all);
}

int param_field(struct http_request *r, const char *name, struct filter_field *out, struct error *err) {
  struct slice text = {"", 0};
  struct filter_field *fields;
  uint32_t count;
  http_param(r, name, &text);
  int code = query_field(text, http_arena(r), &fields, &count, err);
  if (code) return error_wrap(err, code, "%s", name);
  enum field_kind kind = field_get(fields[0].field)->kind;
  if (kind == KIND_TIME || kind == KIND_SEQ)
    return error_set(err, ERR_INVALID, "%s: events cannot be counted by %s", name, text.data);
  *out = fields[0];
  return 0;
}

int param_zone(struct http_request *r, const char **out, struct error *err) {
  struct slice text;
  *out = "UTC";
  if (!http_param(r, "tz", &text) || text.len == 0) return 0;
  if (!query_zone_valid(text.data))
    return error_set(err, ERR_INVALID, "tz must be the name of a time zone, such as Europe/Berlin");
  *out = text.data;
  return 0;
}

/* Decoded parameters end in NUL, but a name of more bytes than its text would be cut: NUL is refused when decoding. */
static int parse_time(struct http_request *r, const char *name, struct question *q, int64_t *out, struct error *err) {
  struct slice text;
  if (!http_param(r, name, &text) || text.len == 0) return 0;
  int code = query_parse_instant(text, q->tz, q->now_us, out, err);
  return code ? error_wrap(err, code, "%s", name) : 0;
}

int param_filter(struct http_request *r, int64_t now_us, struct filter *out, struct error *err) {
  struct slice text = {"", 0};
  uint32_t offset = 0;
  http_param(r, "q", &text);
  int code = query_parse(text, now_us, http_arena(r), out, &offset, err);
  if (code == 0) return 0;
  http_problem_add(r, "position", offset);
  /* A query that is too long is a fault of the query, not of a body. */
  if (code == ERR_TOO_LARGE) err->code = code = ERR_INVALID;
  return error_wrap(err, code, "q");
}

static int parse_question(struct http_request *r, struct question *q, struct error *err) {
  int code = param_zone(r, &q->tz, err);
  if (code == 0) code = parse_time(r, "from", q, &q->query.from_us, err);
  if (code == 0) code = parse_time(r, "to", q, &q->query.to_us, err);
  if (code == 0 && q->query.from_us > q->query.to_us) code = error_set(err, ERR_INVALID, "from lies after to");
  return code ? code : param_filter(r, q->now_us, &q->filter, err);
}

int question_open(struct http_request *r, struct api *a, bool has_deadline, struct question *out, struct error *err) {
  memset(out, 0, sizeof *out);
  out->now_us = os_now_us(a->os);
  out->query.scope = request_scope(r);
  out->query.from_us = INSTANT_MIN;
  out->query.to_us = INSTANT_MAX;
  out->query.cancelled = http_cancelled(r);
  out->query.memory_bytes = a->query_bytes;
  if (has_deadline) out->query.deadline_us = os_monotonic_us(a->os) + a->query_timeout_us;
  int code = parse_question(r, out, err);
  if (code) return code;
  out->query.filter = &out->filter;
  code = snapshot_open(a->store, &out->snapshot); /* before its record, which it does not see itself */
  if (code) return error_set(err, code, "%s", error_text(code));
  return reading_record(r, a, &out->filter, &out->reading, err);
}

void question_close(struct question *q) {
  if (q->snapshot) snapshot_close(q->snapshot);
  q->snapshot = NULL;
}

/* When the first event in this order happened. */
static int find_end(struct http_request *r, struct question *q, enum read_order order, int64_t *us_out, bool *found_out,
                    struct error *err) {
  struct cursor *cursor;
  struct event e;
  *found_out = false;
  int code = cursor_open(q->snapshot, &q->query, order, NULL, &cursor, err);
  if (code) return code;
  code = cursor_next(cursor, http_arena(r), &e, err);
  if (code == 0) {
    *us_out = e.occurred_at_us;
    *found_out = true;
  }
  cursor_close(cursor);
  if (q->query.damage_count > q->ends.damage_count) q->ends = q->query;
  return code == ERR_END ? 0 : code;
}

int question_bound_times(struct http_request *r, struct question *q, bool *empty_out, struct error *err) {
  bool found = true;
  int64_t first = q->query.from_us, last = q->query.to_us - 1;
  int code = 0;
  if (q->query.from_us == INSTANT_MIN) code = find_end(r, q, OLDEST_FIRST, &first, &found, err);
  if (code == 0 && found && q->query.to_us == INSTANT_MAX) code = find_end(r, q, NEWEST_FIRST, &last, &found, err);
  if (code) return code;
  *empty_out = !found;
  if (!found) return 0;
  q->query.from_us = first;
  q->query.to_us = last + 1;
  return 0;
}

void append_instant(struct buffer *out, int64_t us, unsigned digits) {
  char text[INSTANT_TEXT_BYTES];
  unsigned len = instant_format(us, digits, text);
  buffer_append_char(out, '"');
  buffer_append(out, text, len);
  buffer_append_char(out, '"');
}

void append_field_name(struct buffer *out, struct filter_field f) {
  char name[128];
  struct slice path = field_get(f.field)->path;
  snprintf(name, sizeof name, "%.*s%s%.*s", SLICE_ARGS(path), f.key.len ? "." : "", SLICE_ARGS(f.key));
  json_append_string(out, slice_from(name));
}

void question_append_warnings(const struct question *q, struct buffer *out) {
  const struct read_query *query = q->ends.damage_count > q->query.damage_count ? &q->ends : &q->query;
  if (query->damage_count == 0) return;
  buffer_printf(out, ",\"damages\":%u,\"warnings\":[", query->damage_count);
  for (uint32_t i = 0; i < query->damage_count && i < READ_DAMAGES; i++) {
    const struct read_damage *d = &query->damages[i];
    buffer_printf(out, "%s{\"segment\":%llu,\"group\":%u,\"rows\":%u,\"from\":", i ? "," : "",
                  (unsigned long long)d->segment, d->group, d->rows);
    append_instant(out, d->from_us, 6);
    buffer_append_text(out, ",\"to\":");
    append_instant(out, d->to_us, 6);
    buffer_append_text(out, ",\"detail\":");
    json_append_string(out, slice_from(d->detail));
    buffer_append_char(out, '}');
  }
  buffer_append_char(out, ']');
}
