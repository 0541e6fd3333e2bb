/* Dictionary look-ups of an open segment. */
#include <stdlib.h>

#include "store/segment_read.h"

static struct cache_entry *decode_dictionary(struct reader *r, const void *arg) {
  (void)arg;
  struct dictionary_page *p = dictionary_get_page(r);
  return p ? &p->entry : NULL;
}

static struct cache_entry *decode_index(struct reader *r, const void *arg) {
  const struct segment_column *c = arg;
  struct dictionary_index *x = dictionary_get_index(r, dictionary_order_of(c->field));
  if (x && (x->page_count != c->dict_pages || x->first_ids[x->page_count] != c->dict_count ||
            x->offsets[x->page_count] != c->dict_bytes)) {
    free(x);
    return NULL;
  }
  return x ? &x->entry : NULL;
}

/* NULL for a dictionary of one page. */
static int load_index(const struct segment *s, const struct segment_column *c, const struct dictionary_index **out,
                      struct error *err) {
  *out = NULL;
  if (c->dict_pages == 1) return 0;
  struct cache_entry *e;
  int code = segment_load(s, SEGMENT_DICTIONARY_INDEX, c->dict_offset + c->dict_bytes, c->index_length, decode_index, c,
                          &e, err);
  if (!code) *out = (const struct dictionary_index *)(const void *)e;
  return code;
}

static void unpin(const struct segment *s, const void *entry) {
  union {
    const void *in;
    struct cache_entry *out;
  } e = {entry};
  if (entry) cache_unpin(s->cache, e.out);
}

static int load_page(const struct segment *s, const struct segment_column *c, const struct dictionary_index *x,
                     uint32_t page, const struct dictionary_page **out, struct error *err) {
  uint64_t offset = c->dict_offset + (x ? x->offsets[page] : 0);
  uint64_t length = x ? x->offsets[page + 1] - x->offsets[page] : c->dict_bytes;
  uint32_t expected = x ? x->first_ids[page + 1] - x->first_ids[page] : c->dict_count;
  struct cache_entry *e;
  int code = segment_load(s, SEGMENT_DICTIONARY, offset, (uint32_t)length, decode_dictionary, NULL, &e, err);
  if (code) return code;
  const struct dictionary_page *p = (const struct dictionary_page *)(const void *)e;
  if (p->count != expected) {
    cache_unpin(s->cache, e);
    return error_set(err, ERR_CORRUPT, "dictionary page at %llu has %u entries, not %u", (unsigned long long)offset,
                     p->count, expected);
  }
  *out = p;
  return 0;
}

int segment_dictionary_page(const struct segment *s, const struct segment_column *c, uint32_t id,
                            const struct dictionary_page **out, uint32_t *first_id_out, struct error *err) {
  const struct dictionary_index *x;
  if (id >= c->dict_count) return error_set(err, ERR_CORRUPT, "an id is not in its dictionary");
  int code = load_index(s, c, &x, err);
  if (code) return code;
  uint32_t page = x ? dictionary_index_page(x, id) : 0;
  code = load_page(s, c, x, page, out, err);
  if (!code) *first_id_out = x ? x->first_ids[page] : 0;
  unpin(s, x);
  return code;
}

int segment_dict_get(struct part *p, uint32_t column, uint32_t id, struct arena *arena, struct slice *out,
                     struct error *err) {
  const struct segment *s = segment_of_part(p);
  const struct dictionary_page *page;
  uint32_t first;
  int code = segment_dictionary_page(s, &s->columns[column], id, &page, &first, err);
  if (code) return code;
  struct slice copy = arena_copy(arena, dictionary_page_text(page, id - first));
  unpin(s, page);
  if (arena->overflowed) return error_set(err, ERR_TOO_LARGE, "out of memory for a request");
  *out = copy;
  return 0;
}

int segment_dict_page_get(struct part *p, uint32_t column, uint32_t id, struct dict_page *out, struct error *err) {
  const struct segment *s = segment_of_part(p);
  union {
    const struct dictionary_page *in;
    void *out;
  } page;
  int code = segment_dictionary_page(s, &s->columns[column], id, &page.in, &out->first_id, err);
  if (code) return code;
  out->count = page.in->count;
  out->starts = page.in->starts;
  out->bytes = page.in->bytes;
  out->row_counts = page.in->row_counts;
  out->owner = page.out;
  return 0;
}

void segment_dict_page_put(struct part *p, const struct dict_page *page) { unpin(segment_of_part(p), page->owner); }

int segment_dict_scan(struct part *p, uint32_t column, uint32_t begin, uint32_t end,
                      int (*each)(void *arg, uint32_t id, struct slice text), void *arg, struct error *err) {
  const struct segment *s = segment_of_part(p);
  const struct segment_column *c = &s->columns[column];
  if (end > c->dict_count) end = c->dict_count;
  for (uint32_t id = begin; id < end;) {
    const struct dictionary_page *page;
    uint32_t first;
    int code = segment_dictionary_page(s, c, id, &page, &first, err);
    if (code) return code;
    for (; id < end && id - first < page->count && !code; id++)
      code = each(arg, id, dictionary_page_text(page, id - first));
    unpin(s, page);
    if (code) return code;
  }
  return 0;
}

/* The first id whose sort key is not before `key`, see dictionary.h. */
static int seek(const struct segment *s, const struct segment_column *c, const struct dictionary_index *x,
                struct slice key, bool past_prefix, struct buffer *scratch, uint32_t *id_out, struct error *err) {
  const struct dictionary_page *page;
  uint32_t at = x ? dictionary_index_seek(x, key, past_prefix) : 0;
  int code = load_page(s, c, x, at, &page, err);
  if (code) return code;
  *id_out =
      (x ? x->first_ids[at] : 0) + dictionary_page_seek(page, dictionary_order_of(c->field), key, past_prefix, scratch);
  unpin(s, page);
  return 0;
}

/* The least text above every text that equals `folded`: itself with a NUL byte. */
static int seek_end(const struct segment *s, const struct segment_column *c, const struct dictionary_index *x,
                    struct slice folded, bool prefix, struct buffer *scratch, uint32_t *end_out, struct error *err) {
  if (prefix) return seek(s, c, x, folded, true, scratch, end_out, err);
  struct buffer after;
  buffer_init(&after, folded.len + 1);
  buffer_append_slice(&after, folded);
  buffer_append_char(&after, 0);
  int code = seek(s, c, x, buffer_slice(&after), false, scratch, end_out, err);
  buffer_free(&after);
  return code;
}

int segment_dict_find(struct part *p, uint32_t column, struct slice folded, bool prefix, uint32_t *begin, uint32_t *end,
                      uint32_t *ids_out, uint32_t max, struct error *err) {
  (void)ids_out;
  (void)max;
  const struct segment *s = segment_of_part(p);
  const struct segment_column *c = &s->columns[column];
  if (c->kind != COLUMN_IDS && c->kind != COLUMN_LIST)
    return error_set(err, ERR_UNSUPPORTED, "a column without dictionary");
  const struct dictionary_index *x;
  int code = load_index(s, c, &x, err);
  if (code) return code;
  struct buffer scratch;
  buffer_init(&scratch, (size_t)DICTIONARY_ENTRY_BYTES * 4);
  code = seek(s, c, x, folded, false, &scratch, begin, err);
  if (!code) code = seek_end(s, c, x, folded, prefix, &scratch, end, err);
  buffer_free(&scratch);
  unpin(s, x);
  return code;
}
