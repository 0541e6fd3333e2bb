#include "store/tally.h"

#include <stdlib.h>

#include "base/checksum.h"

void tally_init(struct tally *t, struct arena *arena) { *t = (struct tally){.arena = arena}; }

void tally_free(struct tally *t) {
  free(t->entries);
  free(t->slots);
}

enum { ENTRY_BYTES = sizeof(struct tally_entry) + 2 * sizeof(uint32_t) };

/* Whether so many entries and the texts together stay below the arena's maximum. */
static bool has_room(const struct tally *t, uint32_t entries) {
  return (uint64_t)entries * ENTRY_BYTES + t->arena->used_bytes <= t->arena->max_bytes;
}

static bool grow(struct tally *t) {
  uint32_t capacity = t->capacity ? 2 * t->capacity : 64;
  if (t->capacity > UINT32_MAX / 8 || !has_room(t, capacity)) return false;
  t->capacity = capacity;
  t->entries = realloc(t->entries, t->capacity * sizeof *t->entries);
  free(t->slots);
  t->slots = calloc((size_t)t->capacity * 2, sizeof *t->slots);
  if (!t->entries || !t->slots) abort();
  t->slot_mask = 2 * t->capacity - 1;
  for (uint32_t i = 0; i < t->count; i++) {
    uint32_t at = (uint32_t)t->entries[i].hash & t->slot_mask;
    while (t->slots[at]) at = (at + 1) & t->slot_mask;
    t->slots[at] = i + 1;
  }
  return true;
}

uint32_t tally_add(struct tally *t, struct slice text, uint64_t count) {
  if (t->count == t->capacity && !grow(t)) return UINT32_MAX;
  uint64_t hash = hash64(text.data, text.len, 0);
  uint32_t at = (uint32_t)hash & t->slot_mask;
  for (; t->slots[at]; at = (at + 1) & t->slot_mask) {
    struct tally_entry *e = &t->entries[t->slots[at] - 1];
    if (e->hash != hash || !slice_equal(e->text, text)) continue;
    e->count += count;
    return t->slots[at] - 1;
  }
  struct slice copy = arena_copy(t->arena, text);
  if (t->arena->overflowed || !has_room(t, t->capacity)) return UINT32_MAX;
  t->entries[t->count] = (struct tally_entry){copy, hash, count};
  t->slots[at] = ++t->count;
  return t->count - 1;
}
