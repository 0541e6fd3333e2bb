/* Any bytes as records back to back: no crash, and what is decoded encodes to a record that decodes to the same. */
#include <assert.h>
#include <stdint.h>

#include "event/event.h"

enum { ARENA_BYTES = 4 * 1024 * 1024, TEXT_BYTES = 16 * 1024 * 1024 };

static void check_event(const struct event *e, struct arena *arena, struct buffer *text, struct buffer *record) {
  struct event back;
  buffer_clear(text);
  event_append_json(e, EVENT_STORED, text);
  event_append_summary(e, text);
  size_t len = text->len;
  buffer_clear(record);
  event_encode(e, record);
  struct slice at = buffer_slice(record);
  assert(event_decode(&at, arena, &back, NULL) == 0 && at.len == 0);
  event_append_json(&back, EVENT_STORED, text);
  event_append_summary(&back, text);
  assert(slice_equal(slice_of(text->data, len), slice_of(text->data + len, text->len - len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct arena arena;
  struct buffer text, record;
  struct slice at = slice_of((const char *)data, size);
  arena_init(&arena, ARENA_BYTES);
  buffer_init(&text, TEXT_BYTES);
  buffer_init(&record, TEXT_BYTES);
  while (at.len > 0) {
    struct event e;
    struct error err = {.code = 0};
    size_t before = at.len;
    int rc = event_decode(&at, &arena, &e, &err);
    if (rc) {
      assert(at.len == before && err.message[0]);
      break;
    }
    assert(at.len < before);
    check_event(&e, &arena, &text, &record);
    arena_reset(&arena);
  }
  buffer_free(&record);
  buffer_free(&text);
  arena_free(&arena);
  return 0;
}
