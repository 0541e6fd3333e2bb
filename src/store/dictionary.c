#include "store/dictionary.h"

#include <assert.h>
#include <stdlib.h>

#include "base/fold.h"
#include "event/event.h"

enum { TEXT_LEVEL = 3 };

enum dictionary_order dictionary_order_of(unsigned field) {
  if (field == FIELD_PARAMS_REST) return DICTIONARY_PARAM;
  if (field < FIELD_COUNT && field_get((enum field_id)field)->kind == KIND_ANY) return DICTIONARY_TAGGED;
  return DICTIONARY_TEXT;
}

/* Bytes before the tag of a "key\0" tag value text: key and NUL, or everything where there is no NUL. */
static size_t param_head(struct slice text) {
  const char *nul = text.len ? memchr(text.data, 0, text.len) : NULL;
  return nul ? (size_t)(nul - text.data) + 1 : text.len;
}

struct slice dictionary_value(enum dictionary_order order, struct slice text) {
  switch (order) {
    case DICTIONARY_TEXT: return text;
    case DICTIONARY_TAGGED: return slice_skip(text, 1);
    default: return slice_skip(text, param_head(text) + 1);
  }
}

struct slice dictionary_key_value(enum dictionary_order order, struct slice key) {
  return order == DICTIONARY_PARAM ? slice_skip(key, param_head(key)) : key;
}

struct slice dictionary_key(enum dictionary_order order, struct slice text, struct buffer *scratch) {
  if (order != DICTIONARY_PARAM) return fold(dictionary_value(order, text), scratch);
  buffer_clear(scratch);
  buffer_append(scratch, text.data, param_head(text));
  fold_append(scratch, dictionary_value(order, text));
  return buffer_slice(scratch);
}

int dictionary_compare_texts(enum dictionary_order order, struct slice a, struct slice b) {
  int c = slice_compare(dictionary_value(order, a), dictionary_value(order, b));
  return c ? c : slice_compare(a, b);
}

/* ---- Writing ---- */

uint32_t dictionary_page_entries(const struct slice *texts, uint32_t count) {
  size_t bytes = 0;
  uint32_t n = 0;
  while (n < count && n < DICTIONARY_PAGE_ENTRIES && bytes < DICTIONARY_PAGE_BYTES) bytes += texts[n++].len;
  return n;
}

static uint32_t shared_bytes(struct slice a, struct slice b) {
  uint32_t max = (uint32_t)(a.len < b.len ? a.len : b.len), n = 0;
  while (n < max && a.data[n] == b.data[n]) n++;
  return n;
}

void dictionary_put_page(struct codec *c, struct buffer *out, const struct slice *texts, const uint32_t *row_counts,
                         uint32_t count) {
  assert(count >= 1 && count <= DICTIONARY_PAGE_ENTRIES);
  uint32_t shared[DICTIONARY_PAGE_ENTRIES], own[DICTIONARY_PAGE_ENTRIES], rows[DICTIONARY_PAGE_ENTRIES];
  struct buffer bytes;
  buffer_init(&bytes, (size_t)DICTIONARY_PAGE_BYTES + DICTIONARY_ENTRY_BYTES);
  for (uint32_t i = 0; i < count; i++) {
    shared[i] = i ? shared_bytes(texts[i - 1], texts[i]) : 0;
    own[i] = (uint32_t)texts[i].len - shared[i];
    rows[i] = row_counts[i] - 1;
    buffer_append(&bytes, texts[i].data + shared[i], own[i]);
  }
  assert(!bytes.overflowed);
  buffer_append_varint(out, count);
  codec_put_u32s(c, out, shared, count);
  codec_put_u32s(c, out, own, count);
  codec_put_u32s(c, out, rows, count);
  codec_put_block(c, out, bytes.data, bytes.len, TEXT_LEVEL);
  buffer_free(&bytes);
}

void dictionary_put_index(struct codec *c, struct buffer *out, const struct slice *first_texts, const uint32_t *entries,
                          const uint32_t *lengths, uint32_t page_count) {
  struct buffer bytes;
  buffer_init(&bytes, DICTIONARY_INDEX_BYTES);
  uint32_t *text_bytes = malloc(page_count * sizeof *text_bytes);
  if (!text_bytes) abort();
  for (uint32_t i = 0; i < page_count; i++) {
    text_bytes[i] = (uint32_t)first_texts[i].len;
    buffer_append_slice(&bytes, first_texts[i]);
  }
  buffer_append_varint(out, page_count);
  codec_put_u32s(c, out, entries, page_count);
  codec_put_u32s(c, out, lengths, page_count);
  codec_put_u32s(c, out, text_bytes, page_count);
  codec_put_block(c, out, bytes.data, bytes.len, TEXT_LEVEL);
  if (bytes.overflowed) out->overflowed = true;
  buffer_free(&bytes);
  free(text_bytes);
}

/* ---- Reading ---- */

/* Rebuilds the texts; false where the shared lengths do not fit. */
static bool join(struct dictionary_page *p, const uint32_t *shared, const uint32_t *own, const char *from, char *to) {
  p->starts[0] = 0;
  for (uint32_t i = 0; i < p->count; i++) {
    uint32_t start = p->starts[i], before = i ? start - p->starts[i - 1] : 0;
    if (shared[i] > before) return false;
    if (shared[i]) memcpy(to + start, to + p->starts[i - 1], shared[i]);
    memcpy(to + start + shared[i], from, own[i]);
    from += own[i];
    p->starts[i + 1] = start + shared[i] + own[i];
  }
  return true;
}

static struct dictionary_page *page_new(uint32_t count, size_t text_bytes) {
  size_t size = sizeof(struct dictionary_page) + (2 * (size_t)count + 1) * sizeof(uint32_t) + text_bytes;
  struct dictionary_page *p = malloc(size);
  if (!p) abort();
  memset(p, 0, sizeof *p);
  p->entry.size_bytes = (uint32_t)size;
  p->count = count;
  p->starts = (uint32_t *)(p + 1);
  p->row_counts = p->starts + count + 1;
  p->bytes = (const char *)(p->row_counts + count);
  return p;
}

struct dictionary_page *dictionary_get_page(struct reader *r) {
  uint32_t shared[DICTIONARY_PAGE_ENTRIES], own[DICTIONARY_PAGE_ENTRIES], rows[DICTIONARY_PAGE_ENTRIES];
  uint64_t count = reader_varint(r);
  if (r->failed || count == 0 || count > DICTIONARY_PAGE_ENTRIES) return NULL;
  codec_get_u32s(r, shared, (uint32_t)count);
  if (!r->failed) codec_get_u32s(r, own, (uint32_t)count);
  if (!r->failed) codec_get_u32s(r, rows, (uint32_t)count);
  if (r->failed) return NULL;
  uint64_t own_bytes = 0, text_bytes = 0;
  for (uint64_t i = 0; i < count; i++) {
    own_bytes += own[i];
    text_bytes += (uint64_t)own[i] + shared[i];
  }
  const uint64_t max = DICTIONARY_PAGE_BYTES + DICTIONARY_ENTRY_BYTES;
  if (text_bytes > max || codec_peek_block(r, max) != own_bytes || r->failed) return NULL;
  struct dictionary_page *p = page_new((uint32_t)count, text_bytes);
  memcpy(p->row_counts, rows, count * sizeof *rows);
  for (uint64_t i = 0; i < count; i++) p->row_counts[i]++;
  char *bytes = malloc(own_bytes + 1);
  if (!bytes) abort();
  codec_get_block(r, bytes, own_bytes);
  bool whole = !r->failed && reader_left(r) == 0 && join(p, shared, own, bytes, (char *)(p->row_counts + p->count));
  free(bytes);
  if (whole) return p;
  free(p);
  return NULL;
}

/* The index with sort keys in place of the first texts. */
static struct dictionary_index *index_new(enum dictionary_order order, uint32_t pages, const uint32_t *text_bytes,
                                          const char *bytes) {
  struct buffer keys, scratch;
  buffer_init(&keys, (size_t)DICTIONARY_INDEX_BYTES * 3);
  buffer_init(&scratch, (size_t)DICTIONARY_ENTRY_BYTES * 4);
  uint32_t *starts = malloc(((size_t)pages + 1) * sizeof *starts);
  if (!starts) abort();
  for (uint32_t i = 0; i < pages; i++) {
    starts[i] = (uint32_t)keys.len;
    buffer_append_slice(&keys, dictionary_key(order, slice_of(bytes, text_bytes[i]), &scratch));
    bytes += text_bytes[i];
  }
  starts[pages] = (uint32_t)keys.len;
  size_t arrays = ((size_t)pages + 1) * (sizeof(uint64_t) + 2 * sizeof(uint32_t));
  size_t size = sizeof(struct dictionary_index) + arrays + keys.len;
  struct dictionary_index *x = keys.overflowed || size > UINT32_MAX ? NULL : malloc(size);
  if (x) {
    memset(x, 0, sizeof *x);
    x->entry.size_bytes = (uint32_t)size;
    x->page_count = pages;
    x->offsets = (uint64_t *)(x + 1);
    x->first_ids = (uint32_t *)(x->offsets + pages + 1);
    x->starts = x->first_ids + pages + 1;
    memcpy(x->starts, starts, ((size_t)pages + 1) * sizeof *starts);
    char *to = (char *)(x->starts + pages + 1);
    if (keys.len) memcpy(to, keys.data, keys.len);
    x->bytes = to;
  }
  free(starts);
  buffer_free(&keys);
  buffer_free(&scratch);
  return x;
}

static void sum_up(struct dictionary_index *x, const uint32_t *entries, const uint32_t *lengths) {
  x->first_ids[0] = 0;
  x->offsets[0] = 0;
  for (uint32_t i = 0; i < x->page_count; i++) {
    x->first_ids[i + 1] = x->first_ids[i] + entries[i];
    x->offsets[i + 1] = x->offsets[i] + lengths[i];
  }
}

struct dictionary_index *dictionary_get_index(struct reader *r, enum dictionary_order order) {
  uint64_t pages = reader_varint(r);
  if (r->failed || pages < 2 || pages > CODEC_MAX_U32S) return NULL;
  uint32_t n = (uint32_t)pages;
  uint32_t *numbers = malloc(3 * (size_t)n * sizeof *numbers);
  if (!numbers) abort();
  uint32_t *entries = numbers, *lengths = numbers + n, *text_bytes = numbers + 2 * (size_t)n;
  struct dictionary_index *x = NULL;
  char *bytes = NULL;
  codec_get_u32s(r, entries, n);
  if (!r->failed) codec_get_u32s(r, lengths, n);
  if (!r->failed) codec_get_u32s(r, text_bytes, n);
  uint64_t total = 0;
  for (uint32_t i = 0; i < n && !r->failed; i++) {
    total += text_bytes[i];
    if (entries[i] == 0 || entries[i] > DICTIONARY_PAGE_ENTRIES || text_bytes[i] > DICTIONARY_ENTRY_BYTES)
      r->failed = true;
  }
  if (r->failed || codec_peek_block(r, DICTIONARY_INDEX_BYTES) != total || r->failed) goto out;
  bytes = malloc(total + 1);
  if (!bytes) goto out;
  codec_get_block(r, bytes, total);
  if (r->failed || reader_left(r)) goto out;
  x = index_new(order, n, text_bytes, bytes);
  if (x) sum_up(x, entries, lengths);
out:
  free(bytes);
  free(numbers);
  return x;
}

/* Whether an entry with this sort key comes before what is sought. */
static bool is_before(struct slice entry_key, struct slice key, bool past_prefix) {
  return slice_compare(entry_key, key) < 0 || (past_prefix && slice_starts_with(entry_key, key));
}

uint32_t dictionary_page_seek(const struct dictionary_page *p, enum dictionary_order order, struct slice key,
                              bool past_prefix, struct buffer *scratch) {
  uint32_t low = 0, high = p->count;
  while (low < high) {
    uint32_t at = low + (high - low) / 2;
    if (is_before(dictionary_key(order, dictionary_page_text(p, at), scratch), key, past_prefix))
      low = at + 1;
    else
      high = at;
  }
  return low;
}

uint32_t dictionary_index_seek(const struct dictionary_index *x, struct slice key, bool past_prefix) {
  uint32_t low = 0, high = x->page_count; /* pages whose first entry comes before are counted */
  while (low < high) {
    uint32_t at = low + (high - low) / 2;
    if (is_before(dictionary_index_key(x, at), key, past_prefix))
      low = at + 1;
    else
      high = at;
  }
  return low ? low - 1 : 0;
}

uint32_t dictionary_index_page(const struct dictionary_index *x, uint32_t id) {
  uint32_t low = 0, high = x->page_count;
  while (high - low > 1) {
    uint32_t at = low + (high - low) / 2;
    if (x->first_ids[at] <= id)
      low = at;
    else
      high = at;
  }
  return low;
}
