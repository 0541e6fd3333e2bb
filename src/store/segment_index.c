/* Term and gram indexes and the key filter of an open segment. */
#include <stdlib.h>

#include "store/key_bloom.h"
#include "store/segment_read.h"

static void unpin(const struct segment *s, const void *entry) {
  union {
    const void *in;
    struct cache_entry *out;
  } e = {entry};
  if (entry) cache_unpin(s->cache, e.out);
}

static struct cache_entry *decode_terms(struct reader *r, const void *arg) {
  (void)arg;
  struct mask_index *x = mask_index_get(r);
  if (x && reader_left(r)) {
    free(x);
    return NULL;
  }
  return x ? &x->entry : NULL;
}

static struct cache_entry *decode_grams(struct reader *r, const void *arg) {
  (void)arg;
  struct gram_index *x = gram_index_get(r);
  return x ? &x->entry : NULL;
}

int segment_term_index(const struct segment *s, const struct segment_column *c, uint32_t group,
                       const struct mask_index **out, struct error *err) {
  struct cache_entry *e = NULL;
  int code = c->term_lengths[group] ? segment_load(s, SEGMENT_TERMS, c->term_offsets[group], c->term_lengths[group],
                                                   decode_terms, NULL, &e, err)
                                    : 0;
  if (!code) *out = (const struct mask_index *)(const void *)e;
  return code;
}

int segment_gram_index(const struct segment *s, uint32_t group, const struct gram_index **out, struct error *err) {
  const struct segment_group *g = &s->groups[group];
  struct cache_entry *e;
  int code = segment_load(s, SEGMENT_GRAMS, g->grams_offset, g->grams_length, decode_grams, NULL, &e, err);
  if (!code) *out = (const struct gram_index *)(const void *)e;
  return code;
}

static bool has_pages(const struct segment_column *c, uint32_t group) {
  uint32_t any = 0;
  for (uint32_t p = 0; p < GROUP_PAGES; p++) any |= c->page_lengths[group * GROUP_PAGES + p];
  return any != 0;
}

int segment_term_mask(struct part *p, uint32_t column, uint32_t group, uint32_t begin, uint32_t end, uint64_t *mask_out,
                      struct error *err) {
  const struct segment *s = segment_of_part(p);
  const struct segment_column *c = &s->columns[column];
  const struct mask_index *x;
  if (begin >= end || !has_pages(c, group)) {
    *mask_out = 0;
    return 0;
  }
  int code = segment_term_index(s, c, group, &x, err);
  if (code) return code;
  *mask_out = ~0ull;
  if (x && !mask_index_find(x, begin, (uint64_t)end - 1, mask_out))
    code = error_set(err, ERR_CORRUPT, "term index at %llu is malformed", (unsigned long long)c->term_offsets[group]);
  unpin(s, x);
  return code;
}

int segment_gram_mask(struct part *p, uint32_t group, struct slice folded, bool bounded_left, bool bounded_right,
                      uint64_t *mask_out, struct error *err) {
  const struct segment *s = segment_of_part(p);
  const struct gram_index *x;
  *mask_out = ~0ull;
  if (folded.len < GRAM_BYTES) return 0;
  int code = segment_gram_index(s, group, &x, err);
  if (code) return code;
  if (!gram_index_find(x, folded, bounded_left, bounded_right, mask_out))
    code = error_set(err, ERR_CORRUPT, "gram index of group %u is malformed", group);
  unpin(s, x);
  return code;
}

int segment_copy_grams(const struct segment *s, uint32_t group, struct buffer *out, struct error *err) {
  const struct segment_group *g = &s->groups[group];
  uint8_t *payload;
  size_t len;
  int code = segment_load_payload(s, SEGMENT_GRAMS, g->grams_offset, g->grams_length, &payload, &len, err);
  if (code) return code;
  buffer_append(out, payload, len);
  free(payload);
  return 0;
}

/* ---- Keys ---- */

struct key_page {
  struct cache_entry entry;
  uint8_t blocks[];
};

static struct cache_entry *decode_keys(struct reader *r, const void *arg) {
  const uint32_t *blocks = arg;
  size_t bytes = (size_t)*blocks * KEY_BLOOM_BLOCK_BYTES;
  if (reader_left(r) != bytes) return NULL;
  struct key_page *p = calloc(1, sizeof *p + bytes);
  if (!p) return NULL;
  p->entry.size_bytes = (uint32_t)(sizeof *p + bytes);
  memcpy(p->blocks, r->at, bytes);
  return &p->entry;
}

int segment_may_hold_key(struct part *p, struct slice tenant, struct slice key, bool *out, struct error *err) {
  const struct segment *s = segment_of_part(p);
  *out = false;
  if (s->key_blocks == 0) return 0;
  uint64_t hash = key_bloom_hash(tenant, key);
  uint32_t block = key_bloom_block(hash, s->key_blocks), page = block / SEGMENT_KEY_PAGE_BLOCKS;
  uint32_t left = s->key_blocks - page * SEGMENT_KEY_PAGE_BLOCKS;
  uint32_t blocks = left < SEGMENT_KEY_PAGE_BLOCKS ? left : SEGMENT_KEY_PAGE_BLOCKS;
  uint64_t offset =
      s->keys_offset + (uint64_t)page * (SEGMENT_FRAME_BYTES + SEGMENT_KEY_PAGE_BLOCKS * KEY_BLOOM_BLOCK_BYTES);
  struct cache_entry *e;
  int code = segment_load(s, SEGMENT_KEYS, offset, SEGMENT_FRAME_BYTES + blocks * KEY_BLOOM_BLOCK_BYTES, decode_keys,
                          &blocks, &e, err);
  if (code) return code;
  const struct key_page *k = (const struct key_page *)(const void *)e;
  *out = key_bloom_may_hold(k->blocks + (size_t)(block % SEGMENT_KEY_PAGE_BLOCKS) * KEY_BLOOM_BLOCK_BYTES, hash);
  unpin(s, k);
  return 0;
}
