#include "store/cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/checksum.h"

enum { SHARDS = 16, FIRST_SLOTS = 256 };

struct shard {
  pthread_mutex_t lock;
  struct cache_entry **slots; /* chains */
  uint32_t slot_count, entries;
  struct cache_entry *hand; /* of the clock, in the ring of all entries in the table; NULL: empty */
  uint64_t bytes, max_bytes, hits, misses;
};

struct page_cache {
  struct shard shards[SHARDS];
  atomic_uint_fast64_t owners;
};

static uint64_t hash_of(uint64_t owner, uint64_t offset) {
  uint64_t key[2] = {owner, offset};
  return hash64(key, sizeof key, 0);
}

static struct shard *shard_of(struct page_cache *c, uint64_t hash) { return &c->shards[hash >> 60]; }
_Static_assert(SHARDS == 16, "the upper four bits of the hash choose the shard");

struct page_cache *cache_new(uint64_t max_bytes) {
  struct page_cache *c = calloc(1, sizeof *c);
  if (!c) abort();
  for (int i = 0; i < SHARDS; i++) {
    struct shard *s = &c->shards[i];
    pthread_mutex_init(&s->lock, NULL);
    s->slot_count = FIRST_SLOTS;
    s->slots = calloc(FIRST_SLOTS, sizeof *s->slots);
    if (!s->slots) abort();
    s->max_bytes = max_bytes / SHARDS;
  }
  return c;
}

static void ring_add(struct shard *s, struct cache_entry *e) {
  if (!s->hand) {
    e->ring_next = e->ring_previous = e;
    s->hand = e;
    return;
  }
  e->ring_next = s->hand;
  e->ring_previous = s->hand->ring_previous;
  e->ring_previous->ring_next = e;
  s->hand->ring_previous = e;
}

static void ring_remove(struct shard *s, struct cache_entry *e) {
  if (s->hand == e) s->hand = e->ring_next == e ? NULL : e->ring_next;
  e->ring_previous->ring_next = e->ring_next;
  e->ring_next->ring_previous = e->ring_previous;
}

static struct cache_entry **slot_of(struct shard *s, uint64_t hash) { return &s->slots[hash & (s->slot_count - 1)]; }

/* Takes an entry out of table and ring; it is freed now, or by its last unpin. */
static void evict(struct shard *s, struct cache_entry *e) {
  struct cache_entry **at = slot_of(s, hash_of(e->owner, e->offset));
  while (*at != e) at = &(*at)->chain;
  *at = e->chain;
  ring_remove(s, e);
  s->entries--;
  s->bytes -= e->size_bytes;
  e->in_table = false;
  if (e->pins == 0) free(e);
}

/* Second chance: an entry used since the hand last passed stays for another round; pinned ones are passed over. */
static void make_room(struct shard *s) {
  uint32_t steps = 2 * s->entries;
  while (s->bytes > s->max_bytes && s->hand && steps--) {
    struct cache_entry *e = s->hand;
    s->hand = e->ring_next;
    if (e->pins) continue;
    if (e->referenced)
      e->referenced = false;
    else
      evict(s, e);
  }
}

static void grow(struct shard *s) {
  uint32_t count = s->slot_count * 2;
  struct cache_entry **slots = calloc(count, sizeof *slots);
  if (!slots) return; /* longer chains serve as well */
  for (uint32_t i = 0; i < s->slot_count; i++) {
    for (struct cache_entry *e = s->slots[i], *next; e; e = next) {
      next = e->chain;
      struct cache_entry **to = &slots[hash_of(e->owner, e->offset) & (count - 1)];
      e->chain = *to;
      *to = e;
    }
  }
  free(s->slots);
  s->slots = slots;
  s->slot_count = count;
}

void cache_free(struct page_cache *c) {
  if (!c) return;
  for (int i = 0; i < SHARDS; i++) {
    struct shard *s = &c->shards[i];
    while (s->hand) {
      assert(s->hand->pins == 0);
      evict(s, s->hand);
    }
    free(s->slots);
    pthread_mutex_destroy(&s->lock);
  }
  free(c);
}

uint64_t cache_owner(struct page_cache *c) { return atomic_fetch_add(&c->owners, 1) + 1; }

static struct cache_entry *find(struct shard *s, uint64_t hash, uint64_t owner, uint64_t offset) {
  struct cache_entry *e = *slot_of(s, hash);
  while (e && (e->owner != owner || e->offset != offset)) e = e->chain;
  if (!e) return NULL;
  e->pins++;
  e->referenced = true;
  return e;
}

struct cache_entry *cache_get(struct page_cache *c, uint64_t owner, uint64_t offset) {
  uint64_t hash = hash_of(owner, offset);
  struct shard *s = shard_of(c, hash);
  pthread_mutex_lock(&s->lock);
  struct cache_entry *e = find(s, hash, owner, offset);
  if (e)
    s->hits++;
  else
    s->misses++;
  pthread_mutex_unlock(&s->lock);
  return e;
}

struct cache_entry *cache_put(struct page_cache *c, struct cache_entry *take) {
  uint64_t hash = hash_of(take->owner, take->offset);
  struct shard *s = shard_of(c, hash);
  pthread_mutex_lock(&s->lock);
  struct cache_entry *e = find(s, hash, take->owner, take->offset);
  if (e) {
    free(take);
  } else {
    if (s->entries >= s->slot_count) grow(s);
    e = take;
    e->pins = 1;
    e->in_table = true;
    e->referenced = false; /* a page read once leaves before one read twice */
    struct cache_entry **slot = slot_of(s, hash);
    e->chain = *slot;
    *slot = e;
    ring_add(s, e);
    s->entries++;
    s->bytes += e->size_bytes;
    make_room(s);
  }
  pthread_mutex_unlock(&s->lock);
  return e;
}

void cache_unpin(struct page_cache *c, struct cache_entry *entry) {
  struct shard *s = shard_of(c, hash_of(entry->owner, entry->offset));
  pthread_mutex_lock(&s->lock);
  assert(entry->pins > 0);
  entry->pins--;
  bool drop = entry->pins == 0 && !entry->in_table;
  if (!drop && entry->pins == 0 && s->bytes > s->max_bytes) make_room(s);
  pthread_mutex_unlock(&s->lock);
  if (drop) free(entry);
}

void cache_drop_owner(struct page_cache *c, uint64_t owner) {
  for (int i = 0; i < SHARDS; i++) {
    struct shard *s = &c->shards[i];
    pthread_mutex_lock(&s->lock);
    struct cache_entry *e = s->hand;
    for (uint32_t left = s->entries; left; left--) {
      struct cache_entry *next = e->ring_next;
      if (e->owner == owner) evict(s, e);
      e = next;
    }
    pthread_mutex_unlock(&s->lock);
  }
}

void cache_counters(struct page_cache *c, uint64_t *hits_out, uint64_t *misses_out, uint64_t *bytes_out) {
  *hits_out = *misses_out = *bytes_out = 0;
  for (int i = 0; i < SHARDS; i++) {
    struct shard *s = &c->shards[i];
    pthread_mutex_lock(&s->lock);
    *hits_out += s->hits;
    *misses_out += s->misses;
    *bytes_out += s->bytes;
    pthread_mutex_unlock(&s->lock);
  }
}
