/* Opening and closing, snapshots, tenants, settings, metrics. */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "store/internal.h"

/* ---- Opening ---- */

int store_lock_folder(const struct os *os, const char *dir, struct os_file **out, struct error *err) {
  char path[3200];
  struct os_file *file = NULL;
  if (snprintf(path, sizeof path, "%s/lock", dir) >= (int)sizeof path)
    return error_set(err, ERR_INVALID, "the folder's name is too long");
  int rc = os_open(os, path, OS_READ_WRITE, &file);
  if (rc == ERR_NOT_FOUND) rc = os_open(os, path, OS_CREATE, &file);
  if (rc == ERR_CONFLICT) rc = os_open(os, path, OS_READ_WRITE, &file); /* just made by another process */
  if (rc) return error_set(err, rc, "open %s: %s", path, error_text(rc));
  rc = os_lock(os, file);
  if (rc) {
    os_close(os, file);
    return error_set(err, rc, rc == ERR_LOCKED ? "%s is in use by another process" : "lock %s", dir);
  }
  *out = file;
  return 0;
}

int store_sync_name(const struct os *os, const char *dir, struct error *err) {
  char parent[4096];
  size_t len = strlen(dir);
  while (len > 1 && dir[len - 1] == '/') len--;
  while (len > 0 && dir[len - 1] != '/') len--;
  while (len > 1 && dir[len - 1] == '/') len--;
  int n = snprintf(parent, sizeof parent, "%.*s", len ? (int)len : 1, len ? dir : ".");
  if (n < 0 || n >= (int)sizeof parent) return error_set(err, ERR_INVALID, "the folder's name is too long");
  int rc = os->sync_dir(os->context, parent);
  return rc ? error_set(err, rc, "sync the folder %s: %s", parent, error_text(rc)) : 0;
}

/* A new data folder is made durable itself; of an old one the parent may not even be readable to us. */
static int sync_new_dir(struct store *s, struct error *err) {
  char path[3200];
  struct os_file *catalog = NULL;
  snprintf(path, sizeof path, "%s/catalog.sqlite", s->dir);
  int rc = os_open(s->os, path, OS_READ, &catalog);
  os_close(s->os, catalog);
  return rc == ERR_NOT_FOUND ? store_sync_name(s->os, s->dir, err) : 0;
}

static int make_dirs(struct store *s, struct error *err) {
  const char *dirs[] = {s->dir, s->segment_dir};
  for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
    int rc = s->os->make_dir(s->os->context, dirs[i]);
    if (rc) return error_set(err, rc, "make the folder %s", dirs[i]);
  }
  return sync_new_dir(s, err);
}

static int open_parts(struct store *s, struct error *err) {
  char path[3200];
  int rc = s->config.read_only ? 0 : make_dirs(s, err);
  if (rc == 0) rc = store_lock_folder(s->os, s->dir, &s->lock_file, err);
  if (rc) return rc;
  snprintf(path, sizeof path, "%s/catalog.sqlite", s->dir);
  rc = catalog_open(s->os, path, s->config.read_only, &s->catalog, err);
  if (rc == 0 && !s->config.read_only) {
    rc = s->os->sync_dir(s->os->context, s->dir);
    if (rc) error_set(err, rc, "sync the folder %s", s->dir);
  }
  if (rc == 0) rc = recover_all(s, err);
  atomic_store(&s->visible_us, s->last_received_us);
  return rc;
}

static int start_threads(struct store *s, struct error *err) {
  if (s->config.read_only) return 0;
  if (!s->config.manual_background && background_start(s))
    return error_set(err, ERR_INTERNAL, "start the background threads: no more threads");
  return commit_start(s, err);
}

int store_open(const struct os *os, const struct store_config *config, struct store **out, struct error *err) {
  struct store *s = calloc(1, sizeof *s);
  if (!s) abort();
  s->os = os;
  s->config = *config;
  if (s->config.memtable_rows == 0 || s->config.memtable_rows > LIMIT_MEMTABLE_ROWS)
    s->config.memtable_rows = LIMIT_MEMTABLE_ROWS;
  if (s->config.cache_bytes == 0) s->config.cache_bytes = LIMIT_PAGE_CACHE_BYTES;
  if (s->config.free_disk_bytes == 0) s->config.free_disk_bytes = LIMIT_FREE_DISK_BYTES;
  pthread_mutex_init(&s->lock, NULL);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC); /* what the rest of the background threads is counted by */
  pthread_cond_init(&s->changed, &monotonic);
  pthread_condattr_destroy(&monotonic);
  pthread_mutex_init(&s->files_lock, NULL);
  pthread_mutex_init(&s->queue_lock, NULL);
  pthread_mutex_init(&s->listen_lock, NULL);
  pthread_mutex_init(&s->manual_lock, NULL);
  pthread_cond_init(&s->queue_filled, NULL);
  os->random(os->context, &s->seed, sizeof s->seed);
  s->cache = cache_new(s->config.cache_bytes);
  s->tenants = tenants_new(s->seed);
  int rc = strlen(config->dir) >= sizeof s->dir ? error_set(err, ERR_INVALID, "the folder's name is too long") : 0;
  if (rc == 0) {
    snprintf(s->dir, sizeof s->dir, "%s", config->dir);
    snprintf(s->segment_dir, sizeof s->segment_dir, "%s/segments", s->dir);
    rc = open_parts(s, err);
  }
  if (rc == 0) rc = start_threads(s, err);
  if (rc) {
    store_close(s);
    return error_wrap(err, rc, "open %s", config->dir);
  }
  *out = s;
  return 0;
}

/* An empty record behind the last one says that all before it was on the disk: damage to the last events is then told
 * from the remains of a crash. Without it (a crash, a full disk) the log is read as before. */
static void end_wal(struct store *s) {
  if (s->wal && memtable_rows(s->active) > 0 && !atomic_load(&s->read_only) && wal_append(s->wal, SLICE(""), NULL) == 0)
    (void)wal_sync(s->wal, NULL);
  wal_close(s->wal);
}

void store_close(struct store *s) {
  if (!s) return;
  commit_stop(s);
  background_stop(s);
  end_wal(s);
  memtable_unref(s->active);
  for (uint32_t i = 0; i < s->sealing_count; i++) memtable_unref(s->sealing[i]);
  for (uint32_t i = 0; i < s->segment_count; i++) segment_ref_put(s->segments[i]);
  free(s->segments);
  free(s->lost);
  retention_unref(s->retention);
  tenants_free(s->tenants);
  catalog_close(s->catalog);
  cache_free(s->cache);
  os_close(s->os, s->lock_file);
  pthread_mutex_destroy(&s->lock);
  pthread_cond_destroy(&s->changed);
  pthread_mutex_destroy(&s->files_lock);
  pthread_mutex_destroy(&s->queue_lock);
  pthread_mutex_destroy(&s->listen_lock);
  pthread_mutex_destroy(&s->manual_lock);
  pthread_cond_destroy(&s->queue_filled);
  free(s);
}

static int seal_waiting(struct store *s, struct error *err) {
  bool done = true;
  int rc = 0;
  while (rc == 0 && done) rc = seal_oldest(s, &done, err);
  return rc;
}

int store_flush(struct store *s, struct error *err) {
  if (s->config.read_only) return 0;
  int rc = s->background_running ? 0 : seal_waiting(s, err); /* makes room for the active one */
  if (rc) return rc;
  pthread_mutex_lock(&s->lock);
  bool nothing = memtable_rows(s->active) == 0;
  uint64_t before = s->rotations;
  pthread_mutex_unlock(&s->lock);
  if (!nothing) {
    pthread_mutex_lock(&s->queue_lock);
    s->rotate_wanted = true;
    pthread_mutex_unlock(&s->queue_lock);
    commit_wake(s);
  }
  pthread_mutex_lock(&s->lock);
  while (!nothing && s->rotations == before) pthread_cond_wait(&s->changed, &s->lock);
  if (!nothing) rc = s->rotate_code;
  while (rc == 0 && s->background_running && s->sealing_count > 0 && !atomic_load(&s->read_only))
    pthread_cond_wait(&s->changed, &s->lock);
  pthread_mutex_unlock(&s->lock);
  if (rc == 0 && atomic_load(&s->read_only)) rc = ERR_READ_ONLY;
  if (rc) return error_set(err, rc, "begin a new log file: %s", error_text(rc));
  return s->background_running ? 0 : seal_waiting(s, err);
}

/* ---- Snapshots ---- */

int snapshot_open(struct store *s, struct snapshot **out) {
  struct snapshot *snap = calloc(1, sizeof *snap);
  if (!snap) abort();
  pthread_mutex_lock(&s->lock);
  snap->os = s->os;
  snap->now_us = os_now_us(s->os);
  snap->retention = retention_ref(s->retention);
  snap->view_count = s->sealing_count + 1;
  snap->part_count = snap->view_count + s->segment_count;
  snap->parts = calloc(snap->part_count, sizeof(struct part *));
  snap->segments = calloc(s->segment_count + 1u, sizeof(struct segment_ref *));
  if (!snap->parts || !snap->segments) abort();
  snap->lost = s->lost;
  snap->lost_count = s->lost_count;
  snap->parts[0] = memtable_view(s->active);
  for (uint32_t i = 0; i < s->sealing_count; i++) snap->parts[1 + i] = memtable_view(s->sealing[i]);
  for (uint32_t i = 0; i < s->segment_count; i++) {
    snap->segments[i] = s->segments[i];
    atomic_fetch_add(&s->segments[i]->refs, 1);
    snap->parts[snap->view_count + i] = segment_part(s->segments[i]->segment);
  }
  pthread_mutex_unlock(&s->lock);
  *out = snap;
  return 0;
}

void snapshot_close(struct snapshot *snap) {
  if (!snap) return;
  for (uint32_t i = 0; i < snap->view_count; i++) memtable_view_free(snap->parts[i]);
  for (uint32_t i = 0; i < snap->part_count - snap->view_count; i++) segment_ref_put(snap->segments[i]);
  retention_unref(snap->retention);
  free(snap->parts);
  free(snap->segments);
  free(snap);
}

/* ---- Scope ---- */

static bool listed(struct slice word, const struct slice *words, uint32_t count) {
  if (count == 0) return true;
  for (uint32_t i = 0; i < count; i++)
    if (slice_equal(word, words[i])) return true;
  return false;
}

bool scope_covers_event(const struct scope *s, const struct event *e) {
  for (uint32_t i = 0; i < s->grant_count; i++) {
    const struct scope_grant *g = &s->grants[i];
    if (event_tenant_within(event_text(e, FIELD_TENANT), g->subtree) &&
        listed(event_text(e, FIELD_LOG), g->logs, g->log_count) &&
        listed(event_text(e, FIELD_PRODUCT), g->products, g->product_count))
      return true;
  }
  return false;
}

bool scope_covers_tenant(const struct scope *s, struct slice tenant) {
  for (uint32_t i = 0; i < s->grant_count; i++)
    if (event_tenant_within(tenant, s->grants[i].subtree)) return true;
  return false;
}

/* ---- Tenants and retention ---- */

int store_list_tenants(struct store *s, const struct scope *scope, struct slice prefix, struct slice after,
                       uint32_t limit, struct arena *arena, struct tenant_info **out, uint32_t *count_out) {
  struct tenant_info *list = arena_alloc(arena, ((size_t)limit + 1) * sizeof *list);
  if (!list) return ERR_TOO_LARGE;
  uint32_t count = 0;
  struct slice from = slice_compare(after, prefix) > 0 ? after : prefix;
  pthread_mutex_lock(&s->lock);
  for (uint32_t i = tenants_lower_bound(s->tenants, from); i < tenants_count(s->tenants) && count < limit; i++) {
    const struct tenant *t = tenants_at(s->tenants, i);
    if (!slice_starts_with(t->path, prefix)) break;
    if (t->last_seq == 0 || (after.len && slice_equal(t->path, after)) || !scope_covers_tenant(scope, t->path))
      continue;
    struct tenant_info *info = &list[count++];
    info->path = arena_copy(arena, t->path);
    info->last_seq = t->last_seq;
    info->retention_days = retention_days(s->retention, t->path, &info->retention_own);
  }
  pthread_mutex_unlock(&s->lock);
  *out = list;
  *count_out = count;
  return arena->overflowed ? ERR_TOO_LARGE : 0;
}

int store_set_retention(struct store *s, struct slice path, int32_t days, struct error *err) {
  enum { MAX_DAYS = 36500 };
  if (path.len > 0 && !event_tenant_valid(path)) return error_set(err, ERR_INVALID, "this is not a tenant path");
  if (days < -1 || days > MAX_DAYS) return error_set(err, ERR_INVALID, "days must be 0 (for ever) to %d", MAX_DAYS);
  if (s->config.read_only) return error_set(err, ERR_READ_ONLY, "%s", error_text(ERR_READ_ONLY));
  struct retention *old = NULL;
  pthread_mutex_lock(&s->files_lock); /* of two at once the same one comes last in the catalog and here */
  int rc = catalog_set_retention(s->catalog, path, days, days < 0, err);
  if (rc == 0) {
    pthread_mutex_lock(&s->lock);
    old = s->retention;
    s->retention = retention_with(old, path, days);
    pthread_mutex_unlock(&s->lock);
  }
  pthread_mutex_unlock(&s->files_lock);
  if (rc) return rc;
  retention_unref(old);
  background_wake(s);
  return 0;
}

int store_get_retention(struct store *s, struct slice path, int32_t *days_out, bool *own_out) {
  pthread_mutex_lock(&s->lock);
  *days_out = retention_days(s->retention, path, own_out);
  pthread_mutex_unlock(&s->lock);
  return 0;
}

int store_get_setting(struct store *s, const char *name, struct arena *arena, struct slice *value_out) {
  return catalog_get_setting(s->catalog, name, arena, value_out, NULL);
}

int store_set_setting(struct store *s, const char *name, struct slice value, struct error *err) {
  return catalog_set_setting(s->catalog, name, value, err);
}

/* ---- Metrics ---- */

enum { DISK_CHECK_US = 200 * 1000 }; /* how old the knowledge of free disk space may be */

bool store_disk_is_low(struct store *s, bool now) {
  int64_t now_us = os_monotonic_us(s->os);
  if (now || now_us - atomic_load(&s->disk_checked_us) >= DISK_CHECK_US) {
    uint64_t free_bytes;
    atomic_store(&s->disk_checked_us, now_us);
    int rc = s->os->free_bytes(s->os->context, s->dir, &free_bytes);
    atomic_store(&s->disk_low, rc == 0 && free_bytes < s->config.free_disk_bytes);
  }
  return atomic_load(&s->disk_low);
}

void store_metrics(struct store *s, struct store_metrics *out) {
  const struct counters *c = &s->counters;
  *out = (struct store_metrics){
      .committed_events = atomic_load(&c->committed_events),
      .committed_batches = atomic_load(&c->committed_batches),
      .commit_groups = atomic_load(&c->commit_groups),
      .duplicates = atomic_load(&c->duplicates),
      .refused_busy = atomic_load(&c->refused_busy),
      .refused_share = atomic_load(&c->refused_share),
      .refused_disk = atomic_load(&c->refused_disk),
      .refused_read_only = atomic_load(&c->refused_read_only),
      .wal_syncs = atomic_load(&c->wal_syncs),
      .wal_sync_us_total = atomic_load(&c->wal_sync_us_total),
      .commit_us_total = atomic_load(&c->commit_us_total),
      .stall_us_total = atomic_load(&c->stall_us_total),
      .wal_bytes = atomic_load(&c->wal_bytes),
      .seals = atomic_load(&c->seals),
      .compactions = atomic_load(&c->compactions),
      .purged_events = atomic_load(&c->purged_events),
      .damages = atomic_load(&c->damages),
      .read_only = atomic_load(&s->read_only),
      .disk_low = store_disk_is_low(s, false),
  };
  pthread_mutex_lock(&s->queue_lock);
  out->queued_bytes = s->queued_bytes;
  out->queued_batches = s->queued_batches;
  for (uint32_t i = 0; i < COMMIT_LANES; i++) out->lanes_busy += s->lanes[i].head != NULL;
  pthread_mutex_unlock(&s->queue_lock);
  pthread_mutex_lock(&s->lock);
  out->segments = s->segment_count;
  out->sealing_memtables = s->sealing_count;
  out->lost_segments = s->lost_count;
  for (uint32_t i = 0; i < s->segment_count; i++) {
    out->segment_bytes += s->segments[i]->row.bytes;
    out->segment_rows += s->segments[i]->row.rows;
  }
  out->memtable_rows = memtable_rows(s->active);
  out->memtable_bytes = memtable_bytes(s->active);
  for (uint32_t i = 0; i < s->sealing_count; i++) {
    out->memtable_rows += memtable_rows(s->sealing[i]);
    out->memtable_bytes += memtable_bytes(s->sealing[i]);
  }
  pthread_mutex_unlock(&s->lock);
  cache_counters(s->cache, &out->cache_hits, &out->cache_misses, &out->cache_bytes);
}
