/* Opening: the catalog says which segments live; the WAL holds what came after them. */
#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "store/internal.h"

/* ---- Segments ---- */

struct segment_names {
  struct store *store;
  const struct catalog_segment *live;
  uint32_t live_count;
};

/* A file that the catalog does not name was left by a crash between writing and publishing, or between removing and
 * unlinking. */
static int remove_orphan(void *arg, const char *name) {
  struct segment_names *n = arg;
  char *end;
  unsigned long long number = strtoull(name, &end, 10);
  if (end == name || strcmp(end, ".seg") != 0) return 0;
  for (uint32_t i = 0; i < n->live_count; i++)
    if (n->live[i].number == number) return 0;
  char path[4096];
  store_segment_path(n->store, number, path, sizeof path);
  n->store->os->remove(n->store->os->context, path);
  return 0;
}

static void note_lost(struct store *s, const struct catalog_segment *row, const struct error *why) {
  s->lost = realloc(s->lost, (s->lost_count + 1) * sizeof *s->lost);
  if (!s->lost) abort();
  struct lost_segment *l = &s->lost[s->lost_count++];
  l->row = *row;
  snprintf(l->why, sizeof l->why, "%.*s", (int)sizeof l->why - 1, why->message);
  atomic_fetch_add(&s->counters.damages, 1);
}

static void open_segment(struct store *s, const struct catalog_segment *row) {
  struct error why = {0};
  struct segment_ref *r = calloc(1, sizeof *r);
  if (!r) abort();
  atomic_init(&r->refs, 1);
  r->os = s->os;
  r->row = *row;
  store_segment_path(s, row->number, r->path, sizeof r->path);
  if (segment_open(s->os, r->path, row->number, s->cache, &r->segment, &why) == 0) {
    s->segments[s->segment_count++] = r;
    return;
  }
  free(r);
  note_lost(s, row, &why);
}

static int recover_segments(struct store *s, struct error *err) {
  struct arena arena;
  struct catalog_segment *rows;
  uint32_t count;
  arena_init(&arena, SIZE_MAX / 2); /* a row per segment */
  int rc = catalog_load_segments(s->catalog, &arena, &rows, &count, err);
  if (rc == 0) {
    s->segment_capacity = count + 64;
    s->segments = calloc(s->segment_capacity, sizeof(struct segment_ref *));
    if (!s->segments) abort();
  }
  for (uint32_t i = 0; rc == 0 && i < count; i++) {
    open_segment(s, &rows[i]);
    if (rows[i].received_max_us > s->last_received_us) s->last_received_us = rows[i].received_max_us;
  }
  if (rc == 0 && !s->config.read_only && s->lost_count == 0) { /* else they may hold what is lost */
    struct segment_names names = {s, rows, count};
    rc = s->os->list_dir(s->os->context, s->segment_dir, remove_orphan, &names);
    if (rc) error_set(err, rc, "list the folder of segments");
  }
  arena_free(&arena);
  return rc;
}

/* ---- Tenants, retention ---- */

static int add_tenant(void *arg, const struct catalog_tenant *row) {
  struct store *s = arg;
  struct tenant *t = tenants_add(s->tenants, row->path);
  t->last_seq = t->pending_seq = row->last_seq;
  return 0;
}

static int recover_settings(struct store *s, struct error *err) {
  struct arena arena;
  struct catalog_retention *rows;
  uint32_t count;
  arena_init(&arena, SIZE_MAX / 2); /* a row per tenant at most */
  s->retention = retention_with(NULL, SLICE(""), -1);
  int rc = catalog_load_tenants(s->catalog, add_tenant, s, err);
  if (rc == 0) rc = catalog_load_retention(s->catalog, &arena, &rows, &count, err);
  for (uint32_t i = 0; rc == 0 && i < count; i++) {
    struct retention *next = retention_with(s->retention, rows[i].path, rows[i].days);
    retention_unref(s->retention);
    s->retention = next;
  }
  arena_free(&arena);
  return rc;
}

/* ---- WAL ---- */

struct replaying {
  struct store *store;
  struct memtable *memtable;
  struct arena arena;
  struct error *err;
};

static int replay_record(void *arg, struct slice payload) {
  struct replaying *r = arg;
  while (payload.len > 0) {
    struct event e;
    arena_reset(&r->arena);
    int rc = event_decode(&payload, &r->arena, &e, r->err);
    if (rc) return rc;
    if (memtable_rows(r->memtable) == MEMTABLE_MAX_ROWS)
      return error_set(r->err, ERR_CORRUPT, "a log file holds more events than it may");
    struct tenant *t = tenants_add(r->store->tenants, event_text(&e, FIELD_TENANT));
    if (e.seq > t->last_seq) {
      t->last_seq = t->pending_seq = e.seq;
      t->dirty = true;
    }
    if (e.received_at_us > r->store->last_received_us) r->store->last_received_us = e.received_at_us;
    memtable_append(r->memtable, &e);
    memtable_publish(r->memtable);
  }
  return 0;
}

static int replay_generation(struct store *s, uint64_t generation, bool last, struct error *err) {
  struct replaying r = {.store = s, .memtable = memtable_new(generation, s->seed), .err = err};
  struct wal_replay result;
  arena_init(&r.arena, 64 * LIMIT_EVENT_BYTES);
  int rc = wal_replay(s->os, s->dir, generation, replay_record, &r, &result, err);
  arena_free(&r.arena);
  if (rc == 0 && last && !s->config.read_only)
    rc = wal_open(s->os, s->dir, generation, result.end_offset, &s->wal, err);
  if (rc) {
    memtable_unref(r.memtable);
    return rc;
  }
  if (last)
    s->active = r.memtable;
  else
    s->sealing[s->sealing_count++] = r.memtable;
  return 0;
}

static int begin_wal(struct store *s, uint64_t generation, struct error *err) {
  s->active = memtable_new(generation, s->seed);
  return s->config.read_only ? 0 : wal_create(s->os, s->dir, generation, &s->wal, err);
}

/* A log file is made before the catalog knows of the one before it, and removed after: from the floor on none may be
 * missing. Where one is, its events are lost, or the catalog has lost what it knew. */
static int check_generations(const struct store *s, const uint64_t *generations, uint32_t count, uint64_t floor,
                             struct error *err) {
  uint64_t expected = floor;
  for (uint32_t i = 0; i < count && generations[i] == expected; i++) expected++;
  if (expected == floor + count && (count > 0 || floor == 1)) return 0;
  return error_set(err, ERR_CORRUPT, "the log file %s/wal/%010llu.wal is missing; restore it from a backup", s->dir,
                   (unsigned long long)expected);
}

static int recover_wal(struct store *s, struct error *err) {
  uint64_t floor, *generations = calloc(WAL_FILES, sizeof *generations);
  uint32_t count = 0, from = 0;
  if (!generations) abort();
  int rc = catalog_wal_floor(s->catalog, &floor, err);
  if (rc == 0) rc = wal_list(s->os, s->dir, generations, WAL_FILES, &count, err);
  while (rc == 0 && from < count && generations[from] < floor) from++;
  if (rc == 0) rc = check_generations(s, generations + from, count - from, floor, err);
  for (uint32_t i = 0; rc == 0 && i < from && !s->config.read_only; i++)
    rc = wal_remove(s->os, s->dir, generations[i], err);
  if (rc == 0 && count - from > LIMIT_SEALING_MEMTABLES + 1)
    rc = error_set(err, ERR_CORRUPT, "there are %u log files where at most %d may be", count - from,
                   LIMIT_SEALING_MEMTABLES + 1);
  for (uint32_t i = from; rc == 0 && i < count; i++) rc = replay_generation(s, generations[i], i + 1 == count, err);
  if (rc == 0 && !s->active) rc = begin_wal(s, floor, err);
  free(generations);
  return rc;
}

int recover_all(struct store *s, struct error *err) {
  int rc = recover_settings(s, err);
  if (rc == 0) rc = recover_segments(s, err);
  return rc ? rc : recover_wal(s, err);
}
