#include "base/arena.h"

#include <stdint.h>

#include "tests/test.h"

START_TEST(allocations_are_apart_aligned_and_writable) {
  struct arena a;
  arena_init(&a, 1 << 20);
  char *previous_end = NULL;
  for (size_t size = 0; size < 400; size++) {
    char *p = arena_alloc(&a, size);
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq((uintptr_t)p % 16, 0);
    memset(p, (int)size, size);
    ck_assert(p >= previous_end || p + size <= previous_end - 1 || !previous_end);
    previous_end = p + size;
  }
  arena_free(&a);
}
END_TEST

START_TEST(a_block_larger_than_usual_fits) {
  struct arena a;
  arena_init(&a, 1 << 20);
  char *small = arena_alloc(&a, 10), *large = arena_alloc(&a, 500000), *after = arena_alloc(&a, 10);
  memset(small, 1, 10);
  memset(large, 2, 500000);
  memset(after, 3, 10);
  ck_assert_int_eq(small[9], 1);
  ck_assert_int_eq(large[0], 2);
  ck_assert_int_eq(large[499999], 2);
  arena_free(&a);
}
END_TEST

START_TEST(the_maximum_holds_and_overflow_sticks_until_reset) {
  struct arena a;
  arena_init(&a, 160);
  ck_assert_ptr_nonnull(arena_alloc(&a, 144));
  ck_assert_ptr_null(arena_alloc(&a, 17));
  ck_assert(a.overflowed);
  ck_assert_ptr_null(arena_alloc(&a, 1));
  ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX));
  ck_assert_ptr_null(arena_copy(&a, SLICE("x")).data);
  ck_assert_ptr_null(arena_string(&a, SLICE("x")));
  arena_reset(&a);
  ck_assert(!a.overflowed);
  ck_assert_ptr_nonnull(arena_alloc(&a, 160));
  ck_assert_ptr_null(arena_alloc(&a, 0));
  arena_free(&a);
}
END_TEST

START_TEST(sizes_near_the_end_of_the_address_space_are_refused) {
  struct arena a;
  arena_init(&a, SIZE_MAX);
  ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX - 8));
  arena_free(&a);
}
END_TEST

START_TEST(a_flood_of_tiny_allocations_is_bounded) {
  struct arena a;
  arena_init(&a, 1 << 16);
  size_t count = 0;
  while (arena_alloc(&a, 1)) count++;
  ck_assert_uint_eq(count, (1 << 16) / 16);
  arena_free(&a);
}
END_TEST

START_TEST(copies_live_on_their_own) {
  struct arena a;
  arena_init(&a, 1000);
  char text[] = "queue";
  struct slice copy = arena_copy(&a, slice_from(text));
  char *string = arena_string(&a, slice_from(text));
  memset(text, 'x', sizeof text - 1);
  ck_assert(slice_equal(copy, SLICE("queue")));
  ck_assert_str_eq(string, "queue");
  ck_assert_ptr_nonnull(arena_copy(&a, slice_of(NULL, 0)).data);
  ck_assert_str_eq(arena_string(&a, slice_of(NULL, 0)), "");
  arena_free(&a);
}
END_TEST

START_TEST(reset_makes_all_of_it_free_again) {
  struct arena a;
  arena_init(&a, 300000);
  for (int round = 0; round < 5; round++) {
    for (int i = 0; i < 4; i++) memset(arena_take(&a, 70000), round, 70000);
    arena_reset(&a);
  }
  arena_free(&a);
  struct arena zeroed = {0};
  arena_free(&zeroed);
}
END_TEST

START_TEST(rewinding_gives_back_what_came_after_the_mark_and_an_overflow) {
  struct arena a;
  arena_init(&a, 300000);
  char *kept = arena_alloc(&a, 100);
  memset(kept, 'k', 100);
  struct arena_mark mark = arena_mark(&a);
  char *first = arena_alloc(&a, 100);
  for (int i = 0; i < 20; i++) (void)arena_alloc(&a, 50000);
  ck_assert(a.overflowed);
  arena_rewind(&a, mark);
  ck_assert(!a.overflowed);
  ck_assert_ptr_eq(arena_alloc(&a, 100), first);
  ck_assert(kept[0] == 'k' && kept[99] == 'k');
  arena_free(&a);
  arena_rewind(&a, arena_mark(&a)); /* an empty one */
  ck_assert_uint_eq(a.used_bytes, 0);
}
END_TEST

TEST_MAIN("arena", allocations_are_apart_aligned_and_writable, a_block_larger_than_usual_fits,
          the_maximum_holds_and_overflow_sticks_until_reset, sizes_near_the_end_of_the_address_space_are_refused,
          a_flood_of_tiny_allocations_is_bounded, copies_live_on_their_own, reset_makes_all_of_it_free_again,
          rewinding_gives_back_what_came_after_the_mark_and_an_overflow)
