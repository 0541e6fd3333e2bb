/* An open segment as its reading files see it. Private to store/ (segment files). */
#ifndef DAYBOOK_STORE_SEGMENT_READ_H
#define DAYBOOK_STORE_SEGMENT_READ_H

#include "store/dictionary.h"
#include "store/grams.h"
#include "store/segment.h"
#include "store/segment_format.h"

struct segment_column {
  uint16_t field;
  enum column_kind kind;
  struct slice key;
  struct byte_set bytes; /* not of COLUMN_INT */
  uint32_t dict_count, dict_pages, index_length;
  uint64_t dict_offset, dict_bytes; /* the index follows */
  uint64_t *page_offsets;           /* [groups * GROUP_PAGES] */
  uint32_t *page_lengths;           /* [groups * GROUP_PAGES], 0: no values */
  uint64_t *term_offsets;           /* [groups] */
  uint32_t *term_lengths;           /* [groups], 0: no index */
};

struct segment_group {
  struct group_info info;
  uint64_t runs_offset, grams_offset;
  uint32_t runs_length, grams_length;
};

struct segment {
  struct part part;
  const struct os *os;
  struct os_file *file;
  struct page_cache *cache;
  uint64_t owner, file_bytes, footer_offset;
  uint32_t footer_length;
  struct segment_group *groups;
  struct segment_column *columns; /* ascending by (field, key) */
  uint64_t keys_offset, key_count;
  uint32_t key_blocks;
  struct arena memory; /* of the above */
};

extern const struct part_ops segment_part_ops;
/* The segment of a part, NULL where it is none. */
struct segment *segment_of_part(struct part *p);

/* Reads a framed page at offset, without the cache: payload (malloc'ed, followed by CODEC_SLACK) and its length. */
int segment_load_payload(const struct segment *s, enum segment_page kind, uint64_t offset, uint32_t length,
                         uint8_t **payload_out, size_t *len_out, struct error *err);
/* The decoded page, pinned in the cache. decode gives a malloc'ed entry with size_bytes set, or NULL where the payload
 * is damaged. */
typedef struct cache_entry *segment_decode(struct reader *r, const void *arg);
int segment_load(const struct segment *s, enum segment_page kind, uint64_t offset, uint32_t length,
                 segment_decode *decode, const void *arg, struct cache_entry **out, struct error *err);

/* Decoding data pages (segment_pages.c). */
struct segment_page_shape {
  enum column_kind kind;
  uint32_t rows, dict_count;
};
struct decoded_page {
  struct cache_entry entry;
  struct page page;
};
struct cache_entry *segment_decode_page(struct reader *r, const void *shape);
static inline enum segment_page segment_page_kind(enum column_kind kind) {
  return kind == COLUMN_IDS    ? SEGMENT_IDS
         : kind == COLUMN_LIST ? SEGMENT_LIST
         : kind == COLUMN_TEXT ? SEGMENT_TEXT
                               : SEGMENT_INT;
}

struct run_page {
  struct cache_entry entry;
  uint32_t count;
  bool by_id; /* as struct run_list has it */
  struct run runs[];
};
struct segment_runs_shape {
  uint32_t rows, tenants;
};
struct cache_entry *segment_decode_runs(struct reader *r, const void *shape);

/* Pages of a dictionary (segment_dictionary.c); unpin with cache_unpin. */
int segment_dictionary_page(const struct segment *s, const struct segment_column *c, uint32_t id,
                            const struct dictionary_page **out, uint32_t *first_id_out, struct error *err);
int segment_dict_get(struct part *p, uint32_t column, uint32_t id, struct arena *arena, struct slice *out,
                     struct error *err);
int segment_dict_page_get(struct part *p, uint32_t column, uint32_t id, struct dict_page *out, struct error *err);
void segment_dict_page_put(struct part *p, const struct dict_page *page);
int segment_dict_scan(struct part *p, uint32_t column, uint32_t begin, uint32_t end,
                      int (*each)(void *arg, uint32_t id, struct slice text), void *arg, struct error *err);
int segment_dict_search(struct part *p, uint32_t column, struct slice folded, void (*each)(void *arg, uint32_t id),
                        void *arg, struct error *err);
int segment_dict_find(struct part *p, uint32_t column, struct slice folded, bool prefix, uint32_t *begin, uint32_t *end,
                      uint32_t *ids_out, uint32_t max, struct error *err);

/* Indexes (segment_index.c). */
int segment_term_index(const struct segment *s, const struct segment_column *c, uint32_t group,
                       const struct mask_index **out, struct error *err); /* NULL: no index */
int segment_gram_index(const struct segment *s, uint32_t group, const struct gram_index **out, struct error *err);
int segment_term_mask(struct part *p, uint32_t column, uint32_t group, uint32_t begin, uint32_t end, uint64_t *mask_out,
                      struct error *err);
int segment_gram_mask(struct part *p, uint32_t group, struct slice folded, bool bounded_left, bool bounded_right,
                      uint64_t *mask_out, struct error *err);
int segment_may_hold_key(struct part *p, struct slice tenant, struct slice key, bool *out, struct error *err);
/* Appends the payload of a group's gram page as it is. */
int segment_copy_grams(const struct segment *s, uint32_t group, struct buffer *out, struct error *err);

#endif
