/* Any bytes as one event and as bodies: no crash, and whatever is taken keeps its canonical form through parsing
 * again and through its record. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "event/event.h"

#define NOW_US (INT64_C(1796083200) * 1000000)
enum { ARENA_BYTES = 4 * 1024 * 1024, TEXT_BYTES = 4 * 1024 * 1024 };

static void append_canonical(const struct event *e, struct buffer *out) {
  buffer_clear(out);
  event_append_json(e, EVENT_AS_SENT, out);
  assert(!out->overflowed && out->len <= LIMIT_EVENT_BYTES);
}

static void check_event(struct event_parser *p, const struct event *e, struct arena *arena, struct buffer *scratch) {
  struct buffer *first = &scratch[0], *again = &scratch[1], *record = &scratch[2];
  struct event back;
  append_canonical(e, first);
  assert(event_parse(p, buffer_slice(first), NOW_US, arena, &back, NULL) == 0);
  append_canonical(&back, again);
  assert(slice_equal(buffer_slice(first), buffer_slice(again)));
  buffer_clear(record);
  event_encode(&back, record);
  struct slice at = buffer_slice(record);
  assert(event_decode(&at, arena, &back, NULL) == 0 && at.len == 0);
  append_canonical(&back, again);
  assert(slice_equal(buffer_slice(first), buffer_slice(again)));
  buffer_clear(again);
  event_append_summary(&back, again);
  event_append_json(&back, EVENT_STORED, again);
}

static int count_event(void *arg, uint32_t index, const struct event *e) {
  struct buffer *out = arg;
  (void)index;
  buffer_clear(out);
  event_append_json(e, EVENT_AS_SENT, out);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct event_parser *p;
  static struct arena arena;
  static struct buffer scratch[3];
  struct event e;
  struct error err = {.code = 0};
  struct slice text = slice_of((const char *)data, size);
  if (!p) {
    p = event_parser_new();
    arena_init(&arena, ARENA_BYTES);
    for (int i = 0; i < 3; i++) buffer_init(&scratch[i], TEXT_BYTES);
  }
  arena_reset(&arena);
  int rc = event_parse(p, text, NOW_US, &arena, &e, &err);
  assert(rc == 0 || ((rc == ERR_INVALID || rc == ERR_TOO_LARGE) && err.message[0]));
  if (rc == 0) check_event(p, &e, &arena, scratch);
  event_parse_body(p, text, EVENT_BODY_AUTO, NOW_US, count_event, &scratch[0], NULL);
  event_parse_body(p, text, EVENT_BODY_NDJSON, NOW_US, count_event, &scratch[0], NULL);
  return 0;
}
