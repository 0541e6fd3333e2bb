/* The committer: one thread that takes whatever batches have arrived while the last fdatasync ran, numbers their events
 * per tenant, writes them as one WAL record, syncs, makes them visible and answers. No timers. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "store/internal.h"

enum {
  GROUP_EVENTS = 65536, /* with the rows already there this stays below MEMTABLE_MAX_ROWS */
  CARRY_BYTES = LIMIT_COMMIT_GROUP_BYTES + 2 * LIMIT_REQUEST_BYTES,
};

/* An event with a key, accepted in the group under way. */
struct pending_key {
  struct slice record; /* in its batch */
  uint64_t hash;
  struct store_result *result;
};

/* An event of the batch at work, found by its first pass. */
struct checked {
  char *record; /* in the batch */
  size_t len;
  struct tenant *tenant;
};

struct group {
  struct store *store;
  struct store_batch *first, *last;
  uint32_t event_count;
  struct buffer payload; /* accepted records: the WAL record */
  int64_t received_us;
  struct tenant **touched;
  uint32_t touched_count, touched_capacity;
  struct pending_key *keys; /* open addressing; record.data NULL is free */
  uint32_t key_count, key_mask, key_capacity;
  struct checked *checked; /* of the batch at work */
  uint32_t checked_capacity;
  bool pending_duplicates; /* some result waits for the number of an event of its own batch */
  struct arena arena;      /* decoding one event */
  struct buffer json, stored_json;
};

/* ---- Taking a group ---- */

static bool fits(const struct group *g, uint64_t bytes, const struct store_batch *b) {
  return !g->first || (bytes + b->records.len <= LIMIT_COMMIT_GROUP_BYTES && g->event_count + b->count <= GROUP_EVENTS);
}

/* Fills the group lane by lane, one batch of each in turn, so that every tenant has its share of every group. */
static void fill_group(struct store *s, struct group *g) {
  uint64_t bytes = 0;
  uint32_t idle = 0; /* lanes in a row that gave nothing */
  g->first = g->last = NULL;
  g->event_count = 0;
  for (uint32_t lane = s->next_lane; s->queued_batches > 0 && idle < COMMIT_LANES; lane = (lane + 1) % COMMIT_LANES) {
    struct store_batch *head = s->lanes[lane].head;
    if (!head || !fits(g, bytes, head)) {
      idle++;
      continue;
    }
    idle = 0;
    struct store_batch *b = queue_take(s, &s->lanes[lane]);
    if (g->last)
      g->last->next = b;
    else
      g->first = b;
    g->last = b;
    bytes += b->records.len;
    g->event_count += b->count;
    s->next_lane = (lane + 1) % COMMIT_LANES;
  }
}

/* Waits for work; takes the next group. False when the store stops and the queue is empty. */
static bool take_group(struct store *s, struct group *g, bool *rotate_out) {
  pthread_mutex_lock(&s->queue_lock);
  while (s->queued_batches == 0 && !atomic_load(&s->stopping) && !s->rotate_wanted)
    pthread_cond_wait(&s->queue_filled, &s->queue_lock);
  *rotate_out = s->rotate_wanted;
  s->rotate_wanted = false;
  fill_group(s, g);
  bool go_on = g->first || *rotate_out || !atomic_load(&s->stopping);
  pthread_mutex_unlock(&s->queue_lock);
  return go_on;
}

/* ---- Idempotency ---- */

static uint64_t hash_key(const struct store *s, struct slice tenant, struct slice key) {
  return hash64(key.data, key.len, hash64(tenant.data, tenant.len, s->seed));
}

/* Empties the table and makes room for the keys of a group at half load; a small group touches little of it. */
static void clear_keys(struct group *g) {
  if (g->key_count) memset(g->keys, 0, ((size_t)g->key_mask + 1) * sizeof *g->keys);
  g->key_count = 0;
  uint32_t slots = 64;
  while (slots < 2 * g->event_count) slots *= 2;
  g->key_mask = slots - 1;
  if (slots <= g->key_capacity) return;
  free(g->keys);
  g->keys = calloc(slots, sizeof *g->keys);
  if (!g->keys) abort();
  g->key_capacity = slots;
}

static void remember_key(struct group *g, uint64_t hash, struct slice record, struct store_result *result) {
  uint32_t at = (uint32_t)hash & g->key_mask;
  while (g->keys[at].record.data) at = (at + 1) & g->key_mask;
  g->keys[at] = (struct pending_key){record, hash, result};
  g->key_count++;
}

static bool same_body(struct group *g, const struct event *a, const struct event *b) {
  buffer_clear(&g->json);
  buffer_clear(&g->stored_json);
  event_append_json(a, EVENT_AS_SENT, &g->json);
  event_append_json(b, EVENT_AS_SENT, &g->stored_json);
  return slice_equal(buffer_slice(&g->json), buffer_slice(&g->stored_json));
}

/* The same key earlier in this group: fills result. 0 found, ERR_NOT_FOUND, ERR_CONFLICT. */
static int find_pending(struct group *g, uint64_t hash, const struct event *e, struct store_result *result) {
  if (g->key_count == 0) return ERR_NOT_FOUND;
  for (uint32_t at = (uint32_t)hash & g->key_mask; g->keys[at].record.data; at = (at + 1) & g->key_mask) {
    if (g->keys[at].hash != hash) continue;
    struct event other;
    struct slice record = g->keys[at].record;
    if (event_decode(&record, &g->arena, &other, NULL)) continue;
    if (!slice_equal(event_text(&other, FIELD_TENANT), event_text(e, FIELD_TENANT)) ||
        !slice_equal(event_text(&other, FIELD_KEY), event_text(e, FIELD_KEY)))
      continue;
    if (!same_body(g, e, &other)) return ERR_CONFLICT;
    *result = *g->keys[at].result;
    result->duplicate = true;
    g->pending_duplicates = g->pending_duplicates || result->seq == 0;
    return 0;
  }
  return ERR_NOT_FOUND;
}

static int find_stored(struct group *g, const struct event *e, struct store_result *result, struct error *err) {
  struct event old;
  int rc = keys_find(g->store, event_text(e, FIELD_TENANT), event_text(e, FIELD_KEY), &g->arena, &old, err);
  if (rc) return rc;
  if (!same_body(g, e, &old)) return ERR_CONFLICT;
  *result = (struct store_result){old.seq, old.received_at_us, true};
  return 0;
}

/* ---- A group ---- */

static void touch(struct group *g, struct tenant *t) {
  if (t->touched) return;
  t->touched = true;
  if (g->touched_count == g->touched_capacity) {
    g->touched_capacity = g->touched_capacity ? 2 * g->touched_capacity : 256;
    g->touched = realloc(g->touched, g->touched_capacity * sizeof(struct tenant *));
    if (!g->touched) abort();
  }
  g->touched[g->touched_count++] = t;
}

/* Tenants' numbers of the group become real (kept) or are given back. */
static void settle_tenants(struct group *g, bool keep) {
  pthread_mutex_lock(&g->store->lock);
  for (uint32_t i = 0; i < g->touched_count; i++) {
    struct tenant *t = g->touched[i];
    if (keep && t->last_seq != t->pending_seq) t->dirty = true;
    if (keep)
      t->last_seq = t->pending_seq;
    else
      t->pending_seq = t->last_seq;
    t->touched = false;
  }
  g->touched_count = 0;
  pthread_mutex_unlock(&g->store->lock);
}

static struct tenant *tenant_of(struct store *s, struct slice path) {
  struct tenant *t = tenants_find(s->tenants, path);
  if (t) return t;
  pthread_mutex_lock(&s->lock);
  t = tenants_add(s->tenants, path);
  pthread_mutex_unlock(&s->lock);
  return t;
}

static void put_le64(char *at, uint64_t v) {
  for (int i = 0; i < 8; i++) at[i] = (char)(v >> (8 * i));
}

/* Finds the key's earlier event, or remembers the key for this group. */
static int check_key(struct group *g, struct store_batch *b, uint32_t i, const struct event *e, struct slice record) {
  struct slice key = event_text(e, FIELD_KEY);
  if (key.len == 0) return 0;
  uint64_t hash = hash_key(g->store, event_text(e, FIELD_TENANT), key);
  int rc = find_pending(g, hash, e, &b->results[i]);
  if (rc == ERR_NOT_FOUND) rc = find_stored(g, e, &b->results[i], &b->error);
  if (rc == ERR_CONFLICT) {
    b->fault_index = i;
    error_clear(&b->error);
    return error_set_at(&b->error, rc, "/key", "the key \"%.*s\" was used before with a different event",
                        SLICE_ARGS(key));
  }
  if (rc != ERR_NOT_FOUND) return rc;
  error_clear(&b->error);
  remember_key(g, hash, record, &b->results[i]);
  return 0;
}

/* First pass over a batch: finds tenants, duplicates and conflicts, gives no numbers. */
static int check_batch(struct group *g, struct store_batch *b) {
  struct slice at = buffer_slice(&b->records);
  if (b->count > g->checked_capacity) {
    g->checked_capacity = b->count;
    g->checked = realloc(g->checked, b->count * sizeof *g->checked);
    if (!g->checked) abort();
  }
  for (uint32_t i = 0; i < b->count; i++) {
    struct event e;
    char *begin = (char *)(uintptr_t)at.data; /* the batch's own buffer */
    arena_reset(&g->arena);
    b->results[i] = (struct store_result){0};
    int rc = event_decode(&at, &g->arena, &e, &b->error);
    if (rc) return rc;
    g->checked[i] =
        (struct checked){begin, (size_t)(at.data - begin), tenant_of(g->store, event_text(&e, FIELD_TENANT))};
    rc = check_key(g, b, i, &e, slice_of(begin, g->checked[i].len));
    if (rc) return rc;
  }
  return at.len == 0 ? 0 : error_set(&b->error, ERR_INTERNAL, "a batch holds more than its count says");
}

/* Second pass: numbers the new events and adds them to the payload. */
static void number_batch(struct group *g, struct store_batch *b) {
  for (uint32_t i = 0; i < b->count; i++) {
    struct store_result *r = &b->results[i];
    struct checked *c = &g->checked[i];
    if (r->duplicate) continue;
    touch(g, c->tenant);
    r->seq = ++c->tenant->pending_seq;
    r->received_at_us = g->received_us;
    put_le64(c->record + EVENT_RECORD_SEQ_OFFSET, r->seq);
    put_le64(c->record + EVENT_RECORD_RECEIVED_OFFSET, (uint64_t)g->received_us);
    buffer_append(&g->payload, c->record, c->len);
  }
}

/* A duplicate of an event earlier in the same group was given a result before that event had its number. */
static void number_duplicates(struct group *g, struct store_batch *b) {
  struct slice at = buffer_slice(&b->records);
  for (uint32_t i = 0; i < b->count; i++) {
    struct event e;
    arena_reset(&g->arena);
    if (event_decode(&at, &g->arena, &e, NULL)) return;
    struct store_result *r = &b->results[i];
    if (!r->duplicate || r->seq != 0) continue;
    find_pending(g, hash_key(g->store, event_text(&e, FIELD_TENANT), event_text(&e, FIELD_KEY)), &e, r);
  }
}

static void forget_keys_of(struct group *g, const struct store_batch *b) {
  /* Rare: a batch was refused after some of its keys were remembered. The table is rebuilt without them. */
  struct pending_key *old = g->keys;
  const char *begin = b->records.data, *end = begin + b->records.len;
  g->keys = calloc(g->key_capacity, sizeof *g->keys);
  if (!g->keys) abort();
  g->key_count = 0;
  for (uint32_t i = 0; i <= g->key_mask; i++)
    if (old[i].record.data && (old[i].record.data < begin || old[i].record.data >= end))
      remember_key(g, old[i].hash, old[i].record, old[i].result);
  free(old);
}

/* Without room (until the next look at the disk) the log stays usable: it appends again where its last good record
 * ended. Anything else is final. */
static int append_failed(struct store *s, int rc) {
  atomic_store(rc == ERR_DISK_FULL ? &s->disk_low : &s->read_only, true);
  return rc;
}

static void count_time(const struct store *s, atomic_ullong *total_us, int64_t begin_us) {
  atomic_fetch_add(total_us, (unsigned long long)(os_monotonic_us(s->os) - begin_us));
}

static int sync_group(struct store *s, struct error *err) {
  int64_t begin = os_monotonic_us(s->os);
  int rc = wal_sync(s->wal, err);
  if (rc) { /* what reached the disk is unknown: never try again on this file */
    atomic_store(&s->read_only, true);
    if (err) error_clear(err);
    return error_set(err, ERR_READ_ONLY, "the disk failed to sync; the store is read-only until it is restarted");
  }
  atomic_fetch_add(&s->counters.wal_syncs, 1);
  count_time(s, &s->counters.wal_sync_us_total, begin);
  return 0;
}

/* Puts the events into the memtable, where nobody sees them before memtable_publish. */
static uint32_t place_events(struct group *g) {
  struct slice at = buffer_slice(&g->payload);
  uint32_t events = 0;
  while (at.len > 0) {
    struct event e;
    arena_reset(&g->arena);
    int rc = event_decode(&at, &g->arena, &e, NULL);
    assert(rc == 0); /* it was decoded when it was numbered */
    memtable_append(g->store->active, &e);
    events++;
  }
  return events;
}

/* The disk works on the record while the memtable takes its events; they are seen when it is safe. Where the sync
 * fails they never are: the store takes nothing more, and a restart reads what the disk has. */
static int write_group(struct group *g, struct error *err) {
  struct store *s = g->store;
  if (g->payload.overflowed) return error_set(err, ERR_TOO_LARGE, "the commit group is too large");
  if (memtable_rows(s->active) + g->event_count > MEMTABLE_MAX_ROWS) return ERR_BUSY; /* it cannot be handed over now */
  int rc = wal_append(s->wal, buffer_slice(&g->payload), err);
  if (rc) return append_failed(s, rc);
  uint32_t events = place_events(g);
  rc = sync_group(s, err);
  if (rc) return rc;
  memtable_publish(s->active);
  atomic_fetch_add(&s->counters.committed_events, events);
  return 0;
}

static void finish(struct store_batch *b, int code, const struct error *why) {
  b->code = code;
  if (why && !b->error.code) b->error = *why;
  if (code && !b->error.code) error_set(&b->error, code, "%s", error_text(code));
  b->done(b, b->arg);
}

/* Takes refused batches out of the group, answering them; what is left is numbered into the payload. */
static void check_group(struct group *g) {
  struct store_batch *kept_first = NULL, *kept_last = NULL, *next;
  for (struct store_batch *b = g->first; b; b = next) {
    next = b->next;
    b->next = NULL;
    uint32_t keys_before = g->key_count;
    int rc = check_batch(g, b);
    if (rc) {
      if (g->key_count != keys_before) forget_keys_of(g, b);
      finish(b, rc, NULL);
      continue;
    }
    number_batch(g, b);
    if (kept_last)
      kept_last->next = b;
    else
      kept_first = b;
    kept_last = b;
  }
  g->first = kept_first;
  g->last = kept_last;
  for (struct store_batch *b = g->first; b && g->pending_duplicates; b = b->next) number_duplicates(g, b);
  g->pending_duplicates = false;
}

static void count_results(struct store *s, const struct store_batch *b) {
  atomic_fetch_add(&s->counters.committed_batches, 1);
  for (uint32_t i = 0; i < b->count; i++)
    if (b->results[i].duplicate) atomic_fetch_add(&s->counters.duplicates, 1);
}

static void commit_group(struct group *g) {
  struct store *s = g->store;
  struct error err = {0};
  int64_t now = os_now_us(s->os);
  /* Strictly later than every group before: the order of commits is an order of instants (follow.c). */
  g->received_us = now > s->last_received_us ? now : s->last_received_us + 1;
  buffer_clear(&g->payload);
  clear_keys(g);
  int rc = atomic_load(&s->read_only) ? ERR_READ_ONLY : 0;
  /* While the disk is low every write looks anew, so that writing resumes at once. */
  if (rc == 0 && store_disk_is_low(s, atomic_load(&s->disk_low))) rc = ERR_DISK_FULL;
  if (rc == 0) {
    check_group(g);
    if (g->payload.len > 0) rc = write_group(g, &err);
  }
  if (rc == 0 && g->payload.len > 0) follow_committed(s, g->received_us, buffer_slice(&g->payload));
  settle_tenants(g, rc == 0);
  if (rc == 0 && g->payload.len > 0) s->last_received_us = g->received_us;
  if (rc == ERR_DISK_FULL) error_set(&err, rc, "the disk is full; reading goes on, writing resumes when there is room");
  atomic_fetch_add(&s->counters.commit_groups, 1);
  struct store_batch *next;
  for (struct store_batch *b = g->first; b; b = next) {
    next = b->next;
    if (rc == ERR_DISK_FULL) atomic_fetch_add(&s->counters.refused_disk, 1);
    if (rc == ERR_READ_ONLY) atomic_fetch_add(&s->counters.refused_read_only, 1);
    if (rc == 0) count_results(s, b);
    finish(b, rc, rc ? &err : NULL);
  }
}

/* ---- Rotation ---- */

/* Hands the active memtable to the sealer and begins a new one with a new WAL file. Waits where too many are waiting
 * already: writers then feel it as a slower answer, and as ERR_BUSY once the queue is full. A store that stops does not
 * wait for what may never succeed: the log has everything. */
static int rotate(struct store *s, struct error *err) {
  if (memtable_rows(s->active) == 0) return 0;
  uint64_t generation = memtable_generation(s->active) + 1;
  struct wal *wal;
  int64_t begin = os_monotonic_us(s->os);
  pthread_mutex_lock(&s->lock); /* first the room, then the file: recovery takes no more log files than have room */
  while ((s->sealing_count >= LIMIT_SEALING_MEMTABLES || compaction_is_behind(s)) && !atomic_load(&s->read_only) &&
         !atomic_load(&s->stopping) && s->background_running)
    pthread_cond_wait(&s->changed, &s->lock);
  bool room = s->sealing_count < LIMIT_SEALING_MEMTABLES; /* else nobody has sealed meanwhile */
  pthread_mutex_unlock(&s->lock);
  count_time(s, &s->counters.stall_us_total, begin);
  int rc = room ? wal_create(s->os, s->dir, generation, &wal, err) : ERR_BUSY;
  if (rc) return rc;
  struct memtable *fresh = memtable_new(generation, s->seed);
  pthread_mutex_lock(&s->lock);
  s->sealing[s->sealing_count++] = s->active;
  s->active = fresh;
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->lock);
  wal_close(s->wal);
  s->wal = wal;
  background_wake(s);
  return 0;
}

/* A memtable is full by rows, by memory, or by the length of its log, which grows also with values the memtable has
 * already. */
static bool is_full(const struct store *s) {
  return memtable_rows(s->active) >= s->config.memtable_rows || memtable_bytes(s->active) >= LIMIT_MEMTABLE_BYTES ||
         wal_bytes(s->wal) >= LIMIT_WAL_FILE_BYTES;
}

/* On a nearly full disk a log gives its room back as soon as its events are in a segment, which is far smaller. */
static bool frees_room(const struct store *s) {
  return atomic_load(&s->disk_low) && wal_bytes(s->wal) >= LIMIT_WAL_FILE_BYTES / 8 && memtable_rows(s->active) > 0;
}

static struct group *group_new(struct store *s) {
  struct group *g = calloc(1, sizeof *g);
  if (!g) abort();
  g->store = s;
  buffer_init(&g->payload, CARRY_BYTES);
  buffer_init(&g->json, 16 * LIMIT_EVENT_BYTES);
  buffer_init(&g->stored_json, 16 * LIMIT_EVENT_BYTES);
  arena_init(&g->arena, 64 * LIMIT_EVENT_BYTES);
  return g;
}

static void group_free(struct group *g) {
  buffer_free(&g->payload);
  buffer_free(&g->json);
  buffer_free(&g->stored_json);
  arena_free(&g->arena);
  free(g->touched);
  free(g->checked);
  free(g->keys);
  free(g);
}

/* Commits the group that was taken and hands over a full memtable. */
static void finish_round(struct group *g, bool rotate_asked) {
  struct store *s = g->store;
  int64_t begin = os_monotonic_us(s->os);
  if (g->first) commit_group(g);
  count_time(s, &s->counters.commit_us_total, begin);
  int rc = 0;
  if (!atomic_load(&s->read_only) && (rotate_asked || is_full(s) || frees_room(s))) {
    struct error err = {0};
    rc = rotate(s, &err);
    if (rc == ERR_DISK_FULL) atomic_store(&s->disk_low, true);
  }
  atomic_store(&s->counters.wal_bytes, wal_bytes(s->wal));
  pthread_mutex_lock(&s->lock);
  if (rotate_asked) {
    s->rotations++;
    s->rotate_code = rc;
  }
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

static void *run_committer(void *arg) {
  struct store *s = arg;
  bool rotate_asked = false;
  pthread_setname_np(pthread_self(), "commit");
  while (take_group(s, s->group, &rotate_asked)) finish_round(s->group, rotate_asked);
  return NULL;
}

void commit_wake(struct store *s) {
  if (!s->config.manual_background) {
    pthread_cond_signal(&s->queue_filled);
    return;
  }
  pthread_mutex_lock(&s->manual_lock);
  for (;;) {
    bool rotate_asked = false;
    pthread_mutex_lock(&s->queue_lock);
    bool work = s->queued_batches > 0 || s->rotate_wanted;
    pthread_mutex_unlock(&s->queue_lock);
    if (!work) break;
    (void)take_group(s, s->group, &rotate_asked);
    finish_round(s->group, rotate_asked);
  }
  pthread_mutex_unlock(&s->manual_lock);
}

int commit_start(struct store *s, struct error *err) {
  s->group = group_new(s);
  s->committer_running = true;
  if (s->config.manual_background || pthread_create(&s->committer, NULL, run_committer, s) == 0) return 0;
  s->committer_running = false;
  return error_set(err, ERR_INTERNAL, "start the committer: no more threads");
}

void commit_stop(struct store *s) {
  if (!s->group) return;
  pthread_mutex_lock(&s->queue_lock);
  atomic_store(&s->stopping, true);
  pthread_cond_broadcast(&s->queue_filled);
  pthread_mutex_unlock(&s->queue_lock);
  pthread_mutex_lock(&s->lock); /* the committer may be waiting for room */
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->lock);
  if (s->committer_running && !s->config.manual_background) pthread_join(s->committer, NULL);
  s->committer_running = false;
  group_free(s->group);
  s->group = NULL;
}
