/* The page cache: decoded pages of segments, bounded in bytes, least recently used out first (clock). Sharded;
 * any thread. An entry in use (pinned) stays until unpinned, even when evicted or dropped. Private to store/. */
#ifndef DAYBOOK_STORE_CACHE_H
#define DAYBOOK_STORE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

struct page_cache;

struct cache_entry {
  uint64_t owner;      /* unique number of the open segment */
  uint64_t offset;     /* of the page in the file */
  uint32_t size_bytes; /* of this allocation, header included */
  uint32_t pins;       /* the cache's, under its lock */
  bool in_table, referenced;
  struct cache_entry *chain, *ring_next, *ring_previous;
  /* decoded content follows */
};

struct page_cache *cache_new(uint64_t max_bytes);
void cache_free(struct page_cache *c); /* nothing may be pinned; NULL is allowed */
/* A unique owner number for cache_get. */
uint64_t cache_owner(struct page_cache *c);
/* The pinned entry, or NULL on a miss. */
struct cache_entry *cache_get(struct page_cache *c, uint64_t owner, uint64_t offset);
/* Takes a malloc'ed entry (owner, offset, size_bytes set) and pins it; where another thread was first, frees it and
 * returns the other's, pinned. */
struct cache_entry *cache_put(struct page_cache *c, struct cache_entry *take);
void cache_unpin(struct page_cache *c, struct cache_entry *entry);
void cache_drop_owner(struct page_cache *c, uint64_t owner);
void cache_counters(struct page_cache *c, uint64_t *hits_out, uint64_t *misses_out, uint64_t *bytes_out);

#endif
