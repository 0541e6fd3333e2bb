/* Multikey quicksort (Bentley and Sedgewick, 1997) over "characters" of seven bytes and a length: the head of an item
 * at a depth is its next seven bytes, big-endian and zero-filled, then min(bytes left, 8). Comparing heads as numbers
 * is comparing the texts, and a low byte below eight says that the text ends here, so that equal heads are equal texts.
 */
#include "store/text_sort.h"

#include <string.h>

enum { STEP = 7, INSERTION_MAX = 16 };

static uint64_t head_at(const struct text_item *item, uint32_t depth) {
  uint32_t left = item->len - depth;
  uint64_t word = 0;
  if (left >= 8) {
    memcpy(&word, item->data + depth, 8);
    return (__builtin_bswap64(word) & ~0xffull) | 8;
  }
  if (left) memcpy(&word, item->data + depth, left < STEP ? left : STEP);
  return (__builtin_bswap64(word) & ~0xffull) | left;
}

static int compare_from(const struct text_item *a, const struct text_item *b, uint32_t depth) {
  if (a->head != b->head) return a->head < b->head ? -1 : 1;
  if ((a->head & 0xff) < 8) return 0;
  uint32_t x = a->len - depth, y = b->len - depth;
  int c = memcmp(a->data + depth, b->data + depth, x < y ? x : y);
  return c ? c : (x > y) - (x < y);
}

static void insertion_sort(struct text_item *items, uint32_t count, uint32_t depth) {
  for (uint32_t i = 1; i < count; i++) {
    struct text_item item = items[i];
    uint32_t at = i;
    for (; at > 0 && compare_from(&item, &items[at - 1], depth) < 0; at--) items[at] = items[at - 1];
    items[at] = item;
  }
}

static void swap_items(struct text_item *a, struct text_item *b) {
  struct text_item t = *a;
  *a = *b;
  *b = t;
}

static uint64_t middle(uint64_t a, uint64_t b, uint64_t c) {
  return a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
}

static uint64_t pivot_of(const struct text_item *items, uint32_t count, uint64_t *random) {
  uint64_t heads[3];
  for (int i = 0; i < 3; i++) { /* pseudo-random places: no input is known to be a bad one */
    *random = *random * 6364136223846793005ull + 1442695040888963407ull;
    heads[i] = items[(uint32_t)(((*random >> 32) * count) >> 32)].head;
  }
  return middle(heads[0], heads[1], heads[2]);
}

/* Recursion is on the smaller parts of a partition, at equal depth; the equal part goes on in the loop. */
static void sort_at(struct text_item *items, uint32_t count, uint32_t depth, uint64_t *random) {
  while (count > INSERTION_MAX) {
    uint64_t pivot = pivot_of(items, count, random);
    uint32_t below = 0, above = count, at = 0;
    while (at < above) {
      uint64_t head = items[at].head;
      if (head < pivot)
        swap_items(&items[at++], &items[below++]);
      else if (head > pivot)
        swap_items(&items[at], &items[--above]);
      else
        at++;
    }
    sort_at(items, below, depth, random);
    sort_at(items + above, count - above, depth, random);
    if ((pivot & 0xff) < 8) return;
    items += below;
    count = above - below;
    depth += STEP;
    for (uint32_t i = 0; i < count; i++) items[i].head = head_at(&items[i], depth);
  }
  insertion_sort(items, count, depth);
}

void text_sort(struct text_item *items, uint32_t count) {
  uint64_t random = 0x9e3779b97f4a7c15ull;
  for (uint32_t i = 0; i < count; i++) items[i].head = head_at(&items[i], 0);
  sort_at(items, count, 0, &random);
}
