#include "store/tenants.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/checksum.h"

struct tenants {
  uint64_t seed;
  struct arena arena; /* tenants and paths; never freed before the store */
  struct tenant **slots;
  uint32_t mask, count;
  struct tenant **sorted;
  uint32_t sorted_count, sorted_capacity;
  bool in_order;
};

struct tenants *tenants_new(uint64_t seed) {
  struct tenants *t = calloc(1, sizeof *t);
  if (t) t->slots = calloc(1024, sizeof(struct tenant *));
  if (!t || !t->slots) abort();
  t->seed = seed;
  t->mask = 1023;
  t->in_order = true;
  arena_init(&t->arena, SIZE_MAX / 2); /* one entry per tenant: bounded by what callers may create */
  return t;
}

void tenants_free(struct tenants *t) {
  if (!t) return;
  arena_free(&t->arena);
  free(t->slots);
  free(t->sorted);
  free(t);
}

uint32_t tenants_count(const struct tenants *t) { return t->count; }

static struct tenant **slot_of(struct tenants *t, struct slice path) {
  uint32_t at = (uint32_t)hash64(path.data, path.len, t->seed) & t->mask;
  while (t->slots[at] && !slice_equal(t->slots[at]->path, path)) at = (at + 1) & t->mask;
  return &t->slots[at];
}

struct tenant *tenants_find(struct tenants *t, struct slice path) {
  return *slot_of(t, path);
}

static void grow(struct tenants *t) {
  struct tenant **old = t->slots;
  uint32_t old_slots = t->mask + 1;
  t->mask = 2 * old_slots - 1;
  t->slots = calloc((size_t)t->mask + 1, sizeof(struct tenant *));
  if (!t->slots) abort();
  for (uint32_t i = 0; i < old_slots; i++)
    if (old[i]) *slot_of(t, old[i]->path) = old[i];
  free(old);
}

struct tenant *tenants_add(struct tenants *t, struct slice path) {
  struct tenant *found = tenants_find(t, path);
  if (found) return found;
  if (t->count >= (t->mask + 1) / 2) grow(t);
  struct tenant *tenant = arena_take(&t->arena, sizeof *tenant);
  *tenant = (struct tenant){.path = arena_copy(&t->arena, path)};
  *slot_of(t, path) = tenant;
  if (t->count == t->sorted_capacity) {
    t->sorted_capacity = t->sorted_capacity ? 2 * t->sorted_capacity : 256;
    t->sorted = realloc(t->sorted, t->sorted_capacity * sizeof(struct tenant *));
    if (!t->sorted) abort();
  }
  t->sorted[t->count++] = tenant;
  t->in_order = false;
  return tenant;
}

static int by_path(const void *a, const void *b) {
  const struct tenant *x = *(struct tenant *const *)a, *y = *(struct tenant *const *)b;
  return slice_compare(x->path, y->path);
}

static void sort(struct tenants *t) {
  if (t->in_order) return;
  qsort(t->sorted, t->count, sizeof(struct tenant *), by_path);
  t->in_order = true;
}

struct tenant *tenants_at(struct tenants *t, uint32_t index) {
  sort(t);
  return t->sorted[index];
}

uint32_t tenants_lower_bound(struct tenants *t, struct slice path) {
  sort(t);
  uint32_t low = 0, high = t->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (slice_compare(t->sorted[middle]->path, path) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}
