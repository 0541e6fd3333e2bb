#include "insight/subjects.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2 * INSIGHT_SUBJECTS, TEXT_BYTES = 64 * 1024 * 1024 };

/* FNV-1a with a mixed end. Collisions of subjects are told apart by their texts; those of countries, addresses and
 * sprayed users are not, and hide one of 2^64. */
uint64_t subject_hash(uint64_t seed, struct slice text) {
  uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;
  for (size_t i = 0; i < text.len; i++) h = (h ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
  h ^= h >> 32;
  return h * UINT64_C(0x9e3779b97f4a7c15);
}

void subjects_init(struct subjects *s) {
  s->slots = calloc(SLOTS, sizeof *s->slots);
  if (!s->slots) abort();
  s->count = 0;
  arena_init(&s->arena, TEXT_BYTES);
}

void subjects_free(struct subjects *s) {
  for (uint32_t i = 0; i < SLOTS; i++) {
    struct subject *subject = s->slots[i];
    if (!subject) continue;
    free(subject->episode.times);
    free(subject->history);
    free(subject->sprayed);
    free(subject);
  }
  free(s->slots);
  arena_free(&s->arena);
}

struct subject *subjects_get(struct subjects *s, enum subject_kind kind, struct slice tenant, struct slice key,
                             struct slice shown) {
  uint64_t hash = subject_hash(subject_hash((uint64_t)kind, tenant), key);
  uint32_t at = (uint32_t)(hash % SLOTS);
  for (; s->slots[at]; at = (at + 1) % SLOTS) {
    struct subject *found = s->slots[at];
    if (found->hash == hash && found->kind == kind && slice_equal(found->key, key) &&
        slice_equal(found->tenant, tenant))
      return found;
  }
  if (s->count == INSIGHT_SUBJECTS) return NULL;
  struct subject made = {.kind = kind,
                         .hash = hash,
                         .tenant = arena_copy(&s->arena, tenant),
                         .key = arena_copy(&s->arena, key),
                         .shown = arena_copy(&s->arena, shown)};
  if (s->arena.overflowed) return NULL;
  struct subject *subject = malloc(sizeof *subject);
  if (!subject) abort();
  *subject = made;
  s->slots[at] = subject;
  s->count++;
  return subject;
}
