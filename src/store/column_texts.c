#include "store/column_texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "store/text_sort.h"

enum { MAX_TEXTS = 1 << 30 };

static void *must(void *p) {
  if (!p) abort();
  return p;
}

void column_texts_init(struct column_texts *t, enum dictionary_order order, bool unify) {
  *t = (struct column_texts){.order = order, .unify = unify};
}

void column_texts_free(struct column_texts *t) {
  free(t->bytes);
  free(t->ends);
  free(t->rows);
  free(t->slots);
  free(t->ids);
  free(t->texts);
  free(t->keys);
  free(t->counts);
  free(t->key_bytes);
}

/* ---- Gathering ---- */

static void make_room(struct column_texts *t, size_t len) {
  if (t->count == t->room) {
    t->room = t->room ? t->room * 2 : 256;
    t->ends = must(realloc(t->ends, t->room * sizeof *t->ends));
    t->rows = must(realloc(t->rows, t->room * sizeof *t->rows));
  }
  if (t->bytes && t->bytes_used + len <= t->bytes_room) return;
  t->bytes_room = t->bytes_room * 2 + len + 4096;
  t->bytes = must(realloc(t->bytes, t->bytes_room));
}

static uint32_t *find_slot(const struct column_texts *t, struct slice text) {
  uint64_t hash = hash64(text.data, text.len, 0x5e6);
  uint32_t at = (uint32_t)hash & (t->slot_count - 1);
  while (t->slots[at] && !slice_equal(column_texts_get(t, t->slots[at] - 1), text)) at = (at + 1) & (t->slot_count - 1);
  return &t->slots[at];
}

static void grow_slots(struct column_texts *t) {
  free(t->slots);
  t->slot_count = t->slot_count ? t->slot_count * 2 : 1024;
  t->slots = must(calloc(t->slot_count, sizeof *t->slots));
  for (uint32_t i = 0; i < t->count; i++) *find_slot(t, column_texts_get(t, i)) = i + 1;
}

int column_texts_add(struct column_texts *t, struct slice prefix, struct slice text, uint32_t *index_out,
                     struct error *err) {
  size_t len = prefix.len + text.len;
  if (len > DICTIONARY_ENTRY_BYTES || t->count == MAX_TEXTS)
    return error_set(err, ERR_TOO_LARGE, "a text of %zu bytes in a dictionary of %u", len, t->count);
  make_room(t, len);
  char *to = t->bytes + t->bytes_used;
  if (prefix.len) memcpy(to, prefix.data, prefix.len);
  if (text.len) memcpy(to + prefix.len, text.data, text.len);
  if (t->unify) {
    if (t->count * 2 >= t->slot_count) grow_slots(t);
    uint32_t *slot = find_slot(t, slice_of(to, len));
    if (*slot) {
      *index_out = *slot - 1;
      return 0;
    }
    *slot = t->count + 1;
  }
  t->bytes_used += len;
  t->ends[t->count] = t->bytes_used;
  t->rows[t->count] = 0;
  *index_out = t->count++;
  return 0;
}

struct loading {
  struct column_texts *texts;
  struct column_source *source;
  uint32_t next;
  struct error *err;
};

static int load_text(void *arg, uint32_t id, struct slice text) {
  struct loading *l = arg;
  if (id != l->next || id >= l->source->dict_count)
    return error_set(l->err, ERR_CORRUPT, "a dictionary's ids are not in order");
  l->next++;
  return column_texts_add(l->texts, l->source->prefix, text, &l->source->texts[id], l->err);
}

int column_texts_load(struct column_texts *t, struct column_source *source, struct error *err) {
  if (source->kind == COLUMN_TEXT || source->kind == COLUMN_INT) return 0;
  source->texts = must(malloc(((size_t)source->dict_count + 1) * sizeof *source->texts));
  struct loading l = {t, source, 0, err};
  struct part *p = source->part;
  int code = p->ops->dict_scan(p, source->column, 0, source->dict_count, load_text, &l, err);
  if (!code && l.next != source->dict_count) code = error_set(err, ERR_CORRUPT, "a dictionary ends early");
  return code;
}

/* ---- Sorting ---- */

static int compare_items(const void *a, const void *b, void *arg) {
  const struct text_item *x = a, *y = b;
  const struct column_texts *t = arg;
  return dictionary_compare_texts(t->order, column_texts_get(t, x->index), column_texts_get(t, y->index));
}

/* Items with equal sort keys (texts that differ in case or tag) by text. */
static void sort_equal_keys(struct column_texts *t, struct text_item *items, uint32_t count) {
  for (uint32_t begin = 0, end; begin < count; begin = end) {
    end = begin + 1;
    struct slice key = slice_of(items[begin].data, items[begin].len);
    while (end < count && slice_equal(key, slice_of(items[end].data, items[end].len))) end++;
    if (end - begin > 1) qsort_r(items + begin, end - begin, sizeof *items, compare_items, t);
  }
}

/* One item per used text; sort keys that are not the text itself go to t->key_bytes. */
static struct text_item *make_items(struct column_texts *t) {
  struct text_item *items = must(malloc(((size_t)t->used + 1) * sizeof *items));
  struct buffer keys, scratch;
  buffer_init(&keys, UINT32_MAX * (size_t)16);
  buffer_init(&scratch, (size_t)DICTIONARY_ENTRY_BYTES * 4);
  uint32_t n = 0;
  for (uint32_t i = 0; i < t->count; i++) {
    if (!t->rows[i]) continue;
    struct slice text = column_texts_get(t, i);
    struct slice key = dictionary_key(t->order, text, &scratch);
    bool own = key.data == scratch.data && key.len;
    /* data of an own key is its offset until key_bytes no longer moves; head tells them apart */
    items[n] = (struct text_item){own, key.data, (uint32_t)key.len, i};
    if (own) {
      items[n].data = (const char *)(uintptr_t)keys.len;
      buffer_append_slice(&keys, key);
    }
    n++;
  }
  for (uint32_t i = 0; i < n; i++)
    if (items[i].head) items[i].data = keys.data + (uintptr_t)items[i].data;
  t->key_bytes = keys.data;
  buffer_free(&scratch);
  return items;
}

void column_texts_sort(struct column_texts *t) {
  t->used = 0;
  for (uint32_t i = 0; i < t->count; i++) t->used += t->rows[i] != 0;
  struct text_item *items = make_items(t);
  text_sort(items, t->used);
  sort_equal_keys(t, items, t->used);
  t->ids = must(malloc(((size_t)t->count + 1) * sizeof *t->ids));
  t->texts = must(malloc(((size_t)t->used + 1) * sizeof *t->texts));
  t->keys = must(malloc(((size_t)t->used + 1) * sizeof *t->keys));
  t->counts = must(malloc(((size_t)t->used + 1) * sizeof *t->counts));
  memset(t->ids, 0xff, ((size_t)t->count + 1) * sizeof *t->ids);
  for (uint32_t id = 0; id < t->used; id++) {
    uint32_t index = items[id].index;
    t->ids[index] = id;
    t->texts[id] = column_texts_get(t, index);
    t->keys[id] = slice_of(items[id].data, items[id].len);
    t->counts[id] = t->rows[index];
  }
  free(items);
}
