#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/importer.h"

/* How often each event occurred, by 64 bits of its digest: open addressing, a power of two of slots, at most three
 * quarters full. Two events whose 64 bits agree share a count, which changes a number in a key and loses nothing. */
struct occurrence {
  uint64_t digest; /* 0: free */
  uint32_t count;
};
struct occurrences {
  struct occurrence *slots;
  size_t capacity, used;
};

enum { FIRST_SLOTS = 1024, DIGEST_BYTES = 16, KEY_BYTES = 256 };

static struct occurrence *find_slot(const struct occurrences *o, uint64_t digest) {
  size_t at = (size_t)digest & (o->capacity - 1);
  while (o->slots[at].digest && o->slots[at].digest != digest) at = (at + 1) & (o->capacity - 1);
  return &o->slots[at];
}

static struct occurrence *new_slots(size_t capacity) {
  struct occurrence *slots = calloc(capacity, sizeof *slots);
  if (!slots) abort(); /* out of memory for a small allocation */
  return slots;
}

static void grow(struct occurrences *o) {
  struct occurrences larger = {new_slots(o->capacity * 2), o->capacity * 2, o->used};
  for (size_t i = 0; i < o->capacity; i++) {
    if (o->slots[i].digest) *find_slot(&larger, o->slots[i].digest) = o->slots[i];
  }
  free(o->slots);
  *o = larger;
}

/* 1 for the first. */
static uint32_t count_occurrence(struct occurrences *o, uint64_t digest) {
  if (digest == 0) digest = 1;
  if (o->used * 4 >= o->capacity * 3) grow(o);
  struct occurrence *slot = find_slot(o, digest);
  o->used += slot->digest == 0;
  slot->digest = digest;
  return ++slot->count;
}

void import_sink_init(struct import_sink *s, const char *format) {
  *s = (struct import_sink){.format = format};
  arena_init(&s->arena, 64 * 1024 * 1024);
  buffer_init(&s->json, 64 * 1024 * 1024);
  s->draft = malloc(sizeof *s->draft);
  s->seen = calloc(1, sizeof *s->seen);
  if (!s->draft || !s->seen || sodium_init() < 0) abort();
  import_begin_file(s);
}

void import_sink_free(struct import_sink *s) {
  arena_free(&s->arena);
  buffer_free(&s->json);
  free(s->draft);
  if (s->seen) free(s->seen->slots);
  free(s->seen);
}

void import_begin_file(struct import_sink *s) {
  free(s->seen->slots);
  *s->seen = (struct occurrences){new_slots(FIRST_SLOTS), FIRST_SLOTS, 0};
}

struct draft *import_draft(struct import_sink *s) {
  arena_reset(&s->arena);
  draft_init(s->draft, &s->arena);
  return s->draft;
}

/* "sshd-8d0c...-1": 128 bits of BLAKE2b, so that nobody can write a line that hides another. */
static struct slice derive_key(struct import_sink *s, struct slice json, char text[KEY_BYTES]) {
  unsigned char digest[DIGEST_BYTES];
  char hex[2 * DIGEST_BYTES + 1];
  crypto_generichash(digest, sizeof digest, (const unsigned char *)json.data, json.len, NULL, 0);
  sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
  uint64_t head;
  memcpy(&head, digest, sizeof head);
  int len = snprintf(text, KEY_BYTES, "%s-%s-%u", s->format, hex, count_occurrence(s->seen, head));
  return slice_of(text, (size_t)len);
}

bool import_emit_json(struct import_sink *s, struct slice json, struct slice key) {
  if (s->code) return false;
  char text[KEY_BYTES];
  if (key.len == 0) key = derive_key(s, json, text);
  struct buffer keyed;
  buffer_init(&keyed, json.len + 7 * key.len + 16);
  buffer_append_text(&keyed, "{\"key\":");
  json_append_string(&keyed, key);
  if (json.len > 2) buffer_append_char(&keyed, ',');
  buffer_append_slice(&keyed, slice_skip(json, 1));
  s->code = s->take(s->arg, buffer_slice(&keyed), s->position);
  buffer_free(&keyed);
  return s->code == 0;
}

bool import_emit(struct import_sink *s, struct draft *d, struct slice key) {
  if (d->values[FIELD_KEY].len && key.len == 0) key = d->values[FIELD_KEY];
  d->values[FIELD_KEY] = slice_of(NULL, 0);
  buffer_clear(&s->json);
  draft_append_json(d, &s->json);
  if (s->json.overflowed || s->arena.overflowed) {
    return import_reject(s, "the event is too large");
  }
  return import_emit_json(s, buffer_slice(&s->json), key);
}

bool import_skip(struct import_sink *s) {
  s->skipped++;
  return s->code == 0;
}

bool import_reject(struct import_sink *s, const char *format, ...) {
  char reason[ERROR_MESSAGE_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  s->reject(s->arg, s->position, reason);
  return s->code == 0;
}

const struct importer *const *importer_list(uint32_t *count_out) {
  static const struct importer *const list[] = {&importer_ndjson,   &importer_csv,        &importer_sshd,
                                                &importer_combined, &importer_cloudtrail, &importer_twilio};
  *count_out = sizeof list / sizeof *list;
  return list;
}

const struct importer *importer_find(const char *name) {
  uint32_t count;
  const struct importer *const *list = importer_list(&count);
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(list[i]->name, name) == 0) return list[i];
  }
  return NULL;
}
