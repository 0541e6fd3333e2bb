#include "store/text_search.h"

#include <assert.h>

#include "base/fold.h"

enum { MOST_BYTES = 4 * 1024 * 1024 };

void text_search_init(struct text_search *t, struct slice needle, bool whole, uint32_t skip) {
  assert(needle.len > 0);
  *t = (struct text_search){.needle = needle, .whole = whole, .skip = skip};
  buffer_init(&t->lower, MOST_BYTES);
}

void text_search_free(struct text_search *t) { buffer_free(&t->lower); }

static bool make_lower(struct text_search *t, const char *bytes, uint32_t len) {
  unsigned char high = 0;
  buffer_clear(&t->lower);
  char *to = len <= MOST_BYTES ? buffer_reserve(&t->lower, len) : NULL;
  if (!to) return false;
  for (uint32_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)bytes[i];
    high |= c;
    to[i] = (char)((unsigned char)(c - 'A') < 26 ? c + 32 : c);
  }
  buffer_commit(&t->lower, len);
  return high < 0x80;
}

/* The last text from `from` on that begins at or before `at`. Hits come in order, so the next one is mostly near. */
static uint32_t text_of_byte(const uint32_t *starts, uint32_t from, uint32_t count, uint32_t at) {
  uint32_t low = from, step = 1;
  while (low + step < count && starts[low + step] <= at) {
    low += step;
    step *= 2;
  }
  uint32_t high = low + step < count ? low + step : count;
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (starts[middle] <= at)
      low = middle;
    else
      high = middle;
  }
  return low;
}

bool text_search_run(struct text_search *t, const uint32_t *starts, uint32_t count, const char *bytes,
                     void (*hit)(void *arg, uint32_t index), void *arg) {
  if (count == 0) return true;
  uint32_t from = starts[0], to = starts[count], text = 0;
  if (!make_lower(t, bytes + from, to - from)) return false;
  for (uint32_t at = from; at < to;) {
    long found = slice_find(slice_of(t->lower.data + (at - from), to - at), t->needle);
    if (found < 0) break;
    at += (uint32_t)found;
    text = text_of_byte(starts, text, count, at);
    uint32_t begin = starts[text] + t->skip, end = starts[text + 1];
    bool inside = at >= begin && at + t->needle.len <= end; /* not over the end, not in the tag */
    if (inside && (!t->whole || (at == begin && at + t->needle.len == end))) {
      hit(arg, text);
      at = end;
    } else {
      at++;
    }
  }
  return true;
}
