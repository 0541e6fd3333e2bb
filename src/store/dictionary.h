/* The sorted dictionary of a column: pages of front-coded texts and an index of their first entries.
 * Pure functions over bytes; who reads and caches pages is segment_dictionary.c. Private to store/.
 *
 * Order: by sort key, then by text, then by tag, each as bytes. The sort key is
 *   DICTIONARY_TEXT    the folded text
 *   DICTIONARY_TAGGED  (KIND_ANY) the folded text behind the tag byte
 *   DICTIONARY_PARAM   (FIELD_PARAMS_REST: "key\0" tag value) key, NUL, folded value
 * so that a folded value, or a prefix of one, is a range of ids.
 *
 * Page payload (codec.h): varint entries (1..1024) | u32s bytes shared with the entry before (0 for the first)
 *   | u32s bytes of its own | u32s rows that hold the entry, less one | block of the entries' own bytes.
 * Index payload: varint pages | u32s entries of each page | u32s file bytes of each page | u32s lengths of the pages'
 *   first entries | block of those entries. A dictionary of one page has no index. */
#ifndef DAYBOOK_STORE_DICTIONARY_H
#define DAYBOOK_STORE_DICTIONARY_H

#include "base/buffer.h"
#include "base/slice.h"
#include "store/cache.h"
#include "store/codec.h"

enum {
  DICTIONARY_PAGE_ENTRIES = 1024,
  DICTIONARY_PAGE_BYTES = 32 * 1024,   /* of text; a page ends at the entry that reaches it */
  DICTIONARY_ENTRY_BYTES = 256 * 1024, /* no text of an event is longer */
  DICTIONARY_INDEX_BYTES = 1 << 30,    /* of first entries */
};

enum dictionary_order { DICTIONARY_TEXT, DICTIONARY_TAGGED, DICTIONARY_PARAM };
enum dictionary_order dictionary_order_of(unsigned field);
/* The sort key; the text itself where it is folded already, else made in scratch (cleared first). */
struct slice dictionary_key(enum dictionary_order order, struct slice text, struct buffer *scratch);
/* The value within a text (without key and tag), and within a sort key. */
struct slice dictionary_value(enum dictionary_order order, struct slice text);
struct slice dictionary_key_value(enum dictionary_order order, struct slice key);
/* Order of two entries with equal sort keys: by text, then tag. 0 only where the texts are equal. */
int dictionary_compare_texts(enum dictionary_order order, struct slice a, struct slice b);

struct dictionary_page {
  struct cache_entry entry; /* for the cache */
  uint32_t count;
  uint32_t *starts;     /* [count + 1] into bytes */
  uint32_t *row_counts; /* [count] */
  const char *bytes;
};

struct dictionary_index {
  struct cache_entry entry;
  uint32_t page_count;
  uint32_t *first_ids; /* [page_count + 1]: ids before each page */
  uint64_t *offsets;   /* [page_count + 1]: file bytes before each page, from the first */
  uint32_t *starts;    /* [page_count + 1] into bytes: sort keys of the first entries */
  const char *bytes;
};

static inline struct slice dictionary_page_text(const struct dictionary_page *p, uint32_t i) {
  return slice_of(p->bytes + p->starts[i], p->starts[i + 1] - p->starts[i]);
}
static inline struct slice dictionary_index_key(const struct dictionary_index *x, uint32_t page) {
  return slice_of(x->bytes + x->starts[page], x->starts[page + 1] - x->starts[page]);
}

/* How many of the next entries go into one page; at least 1. texts are sorted. */
uint32_t dictionary_page_entries(const struct slice *texts, uint32_t count);
void dictionary_put_page(struct codec *c, struct buffer *out, const struct slice *texts, const uint32_t *row_counts,
                         uint32_t count);
void dictionary_put_index(struct codec *c, struct buffer *out, const struct slice *first_texts, const uint32_t *entries,
                          const uint32_t *lengths, uint32_t page_count);

/* Decoded and malloc'ed, or NULL where damaged. */
struct dictionary_page *dictionary_get_page(struct reader *r);
struct dictionary_index *dictionary_get_index(struct reader *r, enum dictionary_order order);

/* The first entry whose sort key is not below `key` (not: below or beginning with it, with past_prefix), among the
 * entries of a page, or its count. */
uint32_t dictionary_page_seek(const struct dictionary_page *p, enum dictionary_order order, struct slice key,
                              bool past_prefix, struct buffer *scratch);
/* The page in which that entry lies, if it is not the first of the next. */
uint32_t dictionary_index_seek(const struct dictionary_index *x, struct slice key, bool past_prefix);
uint32_t dictionary_index_page(const struct dictionary_index *x, uint32_t id);

#endif
