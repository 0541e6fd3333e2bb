/* Bodies of many events. An array is cut into its elements by a scan for brackets outside strings, so that the
 * parser's memory is that of one event whatever the size of the body. */
#include <stdio.h>
#include <string.h>

#include "event/parse.h"

struct body {
  struct event_parser *parser;
  int64_t now_us;
  int (*each)(void *arg, uint32_t index, const struct event *e);
  void *arg;
  struct error *err;
  uint32_t count;
};

/* Puts "/INDEX" before the pointer of the fault. */
static void prefix_pointer(struct error *err, uint32_t index) {
  char pointer[ERROR_POINTER_BYTES];
  if (!err) return;
  int n = snprintf(pointer, sizeof pointer, "/%u", index);
  size_t keep = strlen(err->pointer);
  if (keep > sizeof pointer - 1 - (size_t)n) keep = sizeof pointer - 1 - (size_t)n;
  memcpy(pointer + n, err->pointer, keep);
  pointer[(size_t)n + keep] = 0;
  memcpy(err->pointer, pointer, sizeof pointer);
}

/* Parses and hands over one event; *parsed_out says whether a fault is the event's and not each()'s. */
static int take_event(struct body *b, struct slice json, bool *parsed_out) {
  struct event e;
  *parsed_out = false;
  if (b->count == LIMIT_REQUEST_EVENTS)
    return error_set(b->err, ERR_TOO_LARGE, "more than %d events in one request", LIMIT_REQUEST_EVENTS);
  arena_reset(&b->parser->arena);
  int rc = parse_event(b->parser, json, b->now_us, &b->parser->arena, true, &e, b->err);
  if (rc) return rc;
  *parsed_out = true;
  return b->each(b->arg, b->count++, &e);
}

static int take_ndjson(struct body *b, struct slice body) {
  for (unsigned long line = 1; body.len > 0; line++) {
    const char *newline = memchr(body.data, '\n', body.len);
    size_t len = newline ? (size_t)(newline - body.data) : body.len;
    struct slice json = trim_blanks(slice_of(body.data, len));
    body = slice_skip(body, len + 1);
    if (json.len == 0) continue;
    bool parsed, too_many = b->count == LIMIT_REQUEST_EVENTS;
    int rc = take_event(b, json, &parsed);
    if (rc == 0) continue;
    if (parsed) return rc;
    if (!too_many) prefix_pointer(b->err, b->count);
    return error_wrap(b->err, rc, "line %lu", line);
  }
  return b->count > 0 ? 0 : error_set(b->err, ERR_INVALID, "no event in the body");
}

/* Past the string that begins (after its quote) at `at`, or end. */
static const char *skip_string(const char *at, const char *end) {
  while (at < end) {
    const char *quote = memchr(at, '"', (size_t)(end - at));
    if (!quote) return end;
    const char *before = quote;
    while (before > at && before[-1] == '\\') before--;
    bool escaped = (quote - before) % 2 != 0;
    at = quote + 1;
    if (!escaped) return at;
  }
  return end;
}

/* The first ',' or ']' that ends the element at `at`, or NULL. */
static const char *element_end(const char *at, const char *end) {
  unsigned depth = 0;
  while (at < end) {
    char c = *at;
    if (c == '"') {
      at = skip_string(at + 1, end);
      continue;
    }
    if (depth == 0 && (c == ',' || c == ']')) return at;
    if (c == '{' || c == '[') depth++;
    if ((c == '}' || c == ']') && depth > 0) depth--;
    at++;
  }
  return NULL;
}

static int array_fault(struct body *b) {
  return error_set(b->err, ERR_INVALID, "not valid JSON: the array of events is not closed");
}

static int take_array(struct body *b, struct slice body) {
  const char *at = body.data + 1, *end = body.data + body.len;
  if (trim_blanks(slice_of(at, (size_t)(end - at))).len == 1 && end[-1] == ']')
    return error_set(b->err, ERR_INVALID, "no event in the body");
  for (;;) {
    const char *stop = element_end(at, end);
    if (!stop) return array_fault(b);
    bool parsed, too_many = b->count == LIMIT_REQUEST_EVENTS;
    int rc = take_event(b, trim_blanks(slice_of(at, (size_t)(stop - at))), &parsed);
    if (rc) {
      if (!parsed && !too_many) prefix_pointer(b->err, b->count);
      return rc;
    }
    at = stop + 1;
    if (*stop == ']') break;
  }
  if (at != end) return error_set(b->err, ERR_INVALID, "not valid JSON: text after the array of events");
  return 0;
}

int event_parse_body(struct event_parser *p, struct slice body, enum event_body kind, int64_t now_us,
                     int (*each)(void *arg, uint32_t index, const struct event *e), void *arg, struct error *err) {
  struct body b = {.parser = p, .now_us = now_us, .each = each, .arg = arg, .err = err};
  if (kind == EVENT_BODY_NDJSON) return take_ndjson(&b, body);
  body = trim_blanks(body);
  if (body.len == 0) return error_set(err, ERR_INVALID, "no event in the body");
  if (body.data[0] == '[') return take_array(&b, body);
  bool parsed;
  return take_event(&b, body, &parsed);
}
