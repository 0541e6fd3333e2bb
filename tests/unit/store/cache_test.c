#include "store/cache.h"

#include <pthread.h>

#include "tests/test.h"

enum { ENTRY_BYTES = 1000 };

static struct cache_entry *make(uint64_t owner, uint64_t offset) {
  struct cache_entry *e = calloc(1, ENTRY_BYTES);
  *e = (struct cache_entry){.owner = owner, .offset = offset, .size_bytes = ENTRY_BYTES};
  return e;
}

START_TEST(cache_gives_what_was_put_and_nothing_else) {
  struct page_cache *c = cache_new(1 << 20);
  uint64_t a = cache_owner(c), b = cache_owner(c);
  ck_assert_uint_ne(a, b);
  struct cache_entry *e = cache_put(c, make(a, 5));
  ck_assert_ptr_eq(cache_get(c, a, 5), e);
  ck_assert_ptr_null(cache_get(c, b, 5));
  ck_assert_ptr_null(cache_get(c, a, 6));
  cache_unpin(c, e);
  cache_unpin(c, e);
  cache_free(c);
}
END_TEST

START_TEST(cache_keeps_the_first_of_two_equal_entries) {
  struct page_cache *c = cache_new(1 << 20);
  struct cache_entry *e = cache_put(c, make(1, 5));
  ck_assert_ptr_eq(cache_put(c, make(1, 5)), e);
  cache_unpin(c, e);
  cache_unpin(c, e);
  cache_free(c);
}
END_TEST

START_TEST(cache_stays_within_its_bytes_and_keeps_what_is_used) {
  struct page_cache *c = cache_new(64 * ENTRY_BYTES);
  uint64_t hits, misses, bytes;
  struct cache_entry *pinned = cache_put(c, make(9, 9));
  uint32_t kept = 0;
  for (uint64_t i = 0; i < 10000; i++) {
    cache_unpin(c, cache_put(c, make(1, i)));
    struct cache_entry *hot = cache_get(c, 2, 2);
    kept += hot != NULL;
    cache_unpin(c, hot ? hot : cache_put(c, make(2, 2)));
    cache_counters(c, &hits, &misses, &bytes);
    ck_assert_uint_le(bytes, (64 + 16) * ENTRY_BYTES);
  }
  ck_assert_uint_gt(kept, 9900);
  ck_assert_ptr_eq(cache_get(c, 9, 9), pinned);
  cache_unpin(c, pinned);
  cache_unpin(c, pinned);
  cache_free(c);
}
END_TEST

START_TEST(cache_drops_an_owner_but_not_what_is_pinned) {
  struct page_cache *c = cache_new(1 << 20);
  struct cache_entry *e = cache_put(c, make(1, 1));
  cache_unpin(c, cache_put(c, make(1, 2)));
  cache_unpin(c, cache_put(c, make(2, 1)));
  cache_drop_owner(c, 1);
  ck_assert_ptr_null(cache_get(c, 1, 1));
  ck_assert_ptr_null(cache_get(c, 1, 2));
  ck_assert_uint_eq(e->offset, 1); /* still readable */
  cache_unpin(c, e);
  struct cache_entry *other = cache_get(c, 2, 1);
  ck_assert_ptr_nonnull(other);
  cache_unpin(c, other);
  cache_free(c);
}
END_TEST

static void *hammer(void *arg) {
  struct page_cache *c = arg;
  for (uint64_t i = 0; i < 20000; i++) {
    uint64_t offset = i * 2654435761u % 200;
    struct cache_entry *e = cache_get(c, 1, offset);
    if (!e) e = cache_put(c, make(1, offset));
    if (e->offset != offset) abort();
    if (i % 5000 == 0) cache_drop_owner(c, 1);
    cache_unpin(c, e);
  }
  return NULL;
}

START_TEST(cache_serves_threads_at_once) {
  struct page_cache *c = cache_new(100 * ENTRY_BYTES);
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) ck_assert_int_eq(pthread_create(&threads[i], NULL, hammer, c), 0);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  cache_free(c);
}
END_TEST

TEST_MAIN("cache", cache_gives_what_was_put_and_nothing_else, cache_keeps_the_first_of_two_equal_entries,
          cache_stays_within_its_bytes_and_keeps_what_is_used, cache_drops_an_owner_but_not_what_is_pinned,
          cache_serves_threads_at_once)
