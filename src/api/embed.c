/* Whose pages may frame the embedded viewer: the one it asks for, where that is among the origins in any tenant's
 * setting embed_origins. What a page then may see is said by the token it was given for its own origin, not here. */
#include "api/internal.h"
#include "base/document.h"

enum { FRESH_US = 1000000, VALUES_BYTES = 4 * 1024 * 1024 };

static bool holds(const struct buffer *list, struct slice origin) {
  struct slice at = buffer_slice(list);
  for (; at.len > origin.len; at = slice_skip(at, 1))
    if (at.data[0] == ' ' && slice_starts_with(slice_skip(at, 1), origin) &&
        (at.len == origin.len + 1 || at.data[origin.len + 1] == ' '))
      return true;
  return false;
}

static void add_value(struct slice value, struct arena *arena, struct buffer *out) {
  const struct document *list;
  if (document_read(value, arena, &list, NULL) || list->kind != DOCUMENT_ARRAY) return;
  for (const struct document *o = list->first; o; o = o->next) {
    if (o->kind != DOCUMENT_STRING || o->text.len == 0 || holds(out, o->text)) continue;
    buffer_append_char(out, ' ');
    buffer_append_slice(out, o->text);
  }
}

/* Read again at most once a second: this page needs no credentials. */
static void refresh(struct api *a) {
  struct arena arena;
  struct slice *values = NULL;
  uint32_t count = 0;
  int64_t now_us = os_monotonic_us(a->os);
  if (a->embed_origins_us && now_us - a->embed_origins_us < FRESH_US) return;
  a->embed_origins_us = now_us;
  arena_init(&arena, VALUES_BYTES);
  buffer_clear(&a->embed_origins);
  if (accounts_setting_values(a->accounts, "embed_origins", &arena, &values, &count, NULL) == 0)
    for (uint32_t i = 0; i < count; i++) add_value(values[i], &arena, &a->embed_origins);
  arena_free(&arena);
}

void embed_origins(void *context, struct slice origin, struct buffer *out) {
  struct api *a = context;
  pthread_mutex_lock(&a->lock);
  refresh(a);
  if (origin.len > 0 && holds(&a->embed_origins, origin)) {
    buffer_append_char(out, ' ');
    buffer_append_slice(out, origin);
  }
  pthread_mutex_unlock(&a->lock);
}
