/* Checking a data folder that no server has open: every segment against the format and its row in the catalog, every
 * WAL record, the numbers of every tenant. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/internal.h"

struct fsck {
  const struct os *os;
  const char *dir;
  char segment_dir[4096], keep_dir[4096];
  bool repair;
  void (*problem)(void *arg, const char *text);
  void *arg;
  struct fsck_report *report;
  struct catalog *catalog;
  struct page_cache *cache;
  struct tenants *tenants; /* last_seq: catalog; pending_seq: the last one met in the WAL */
  struct arena arena;
  uint64_t generation; /* at work */
  const struct catalog_segment *live;
  uint32_t live_count;
  const char *where;
};

static void complain(struct fsck *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void complain(struct fsck *f, const char *format, ...) {
  char text[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  f->report->problems++;
  f->problem(f->arg, text);
}

/* ---- Segments ---- */

static void segment_problem(void *arg, const char *text) {
  struct fsck *f = arg;
  complain(f, "%s: %s", f->where, text);
}

/* A segment that cannot be opened is of no use where it is: it is kept in another folder and taken out of the catalog.
 */
static int set_aside(struct fsck *f, const char *path, const struct catalog_segment *row, struct error *err) {
  char kept[4200];
  int rc = f->os->make_dir(f->os->context, f->keep_dir);
  if (rc) return error_set(err, rc, "make the folder %s", f->keep_dir);
  snprintf(kept, sizeof kept, "%s/%010llu.seg", f->keep_dir, (unsigned long long)row->number);
  rc = f->os->rename(f->os->context, path, kept);
  if (rc && rc != ERR_NOT_FOUND) return error_set(err, rc, "move %s to %s", path, kept);
  struct catalog_edit edit = {.remove = &row->number, .remove_count = 1};
  return catalog_apply(f->catalog, &edit, err);
}

static void compare_with_catalog(struct fsck *f, struct segment *segment, const struct catalog_segment *row) {
  const struct part *p = segment_part(segment);
  if (p->rows != row->rows || segment_file_bytes(segment) != row->bytes || p->occurred_min_us != row->occurred_min_us ||
      p->occurred_max_us != row->occurred_max_us || p->received_min_us != row->received_min_us ||
      p->received_max_us != row->received_max_us)
    complain(f, "%s: the catalog describes another file", f->where);
}

static int check_segment(struct fsck *f, const struct catalog_segment *row, struct error *err) {
  char path[4200];
  struct segment *segment;
  struct error why = {0};
  snprintf(path, sizeof path, "%s/%010llu.seg", f->segment_dir, (unsigned long long)row->number);
  f->where = path;
  f->report->segments++;
  if (segment_open(f->os, path, row->number, f->cache, &segment, &why)) {
    complain(f, "%s: %s; %llu events cannot be read", path, why.message, (unsigned long long)row->rows);
    return f->repair ? set_aside(f, path, row, err) : 0;
  }
  uint64_t pages = 0;
  int64_t faults = segment_verify(segment, segment_problem, f, &pages);
  if (faults < 0) complain(f, "%s: %s", path, error_text((int)faults));
  compare_with_catalog(f, segment, row);
  f->report->rows += segment_part(segment)->rows;
  f->report->pages += pages;
  segment_close(segment);
  return 0;
}

static int report_orphan(void *arg, const char *name) {
  struct fsck *f = arg;
  char *end;
  unsigned long long number = strtoull(name, &end, 10);
  bool known = end == name || strcmp(end, ".seg") != 0;
  for (uint32_t i = 0; !known && i < f->live_count; i++) known = f->live[i].number == number;
  if (!known)
    complain(f, "%s/%s: the catalog does not name it (left by a crash; the next start removes it)", f->segment_dir,
             name);
  return 0;
}

static int check_segments(struct fsck *f, struct error *err) {
  struct catalog_segment *rows;
  uint32_t count = 0;
  int rc = catalog_load_segments(f->catalog, &f->arena, &rows, &count, err);
  for (uint32_t i = 0; rc == 0 && i < count; i++) rc = check_segment(f, &rows[i], err);
  if (rc) return rc;
  f->live = rows;
  f->live_count = count;
  rc = f->os->list_dir(f->os->context, f->segment_dir, report_orphan, f);
  return rc ? error_set(err, rc, "list the folder %s", f->segment_dir) : 0;
}

/* ---- WAL ---- */

static int check_record(void *arg, struct slice payload) {
  struct fsck *f = arg;
  struct arena arena;
  int rc = 0;
  arena_init(&arena, 64 * LIMIT_EVENT_BYTES);
  f->report->wal_records++;
  while (rc == 0 && payload.len > 0) {
    struct event e;
    struct error why = {0};
    arena_reset(&arena);
    rc = event_decode(&payload, &arena, &e, &why);
    if (rc) {
      complain(f, "log %llu: record %llu: %s", (unsigned long long)f->generation,
               (unsigned long long)f->report->wal_records, why.message);
      break;
    }
    struct slice path = event_text(&e, FIELD_TENANT);
    struct tenant *t = tenants_add(f->tenants, path);
    if (t->pending_seq && e.seq != t->pending_seq + 1)
      complain(f, "log %llu: tenant %.*s: event %llu follows %llu", (unsigned long long)f->generation, SLICE_ARGS(path),
               (unsigned long long)e.seq, (unsigned long long)t->pending_seq);
    t->pending_seq = e.seq;
  }
  arena_free(&arena);
  return 0;
}

/* Said, but no fault: after a crash it is what an unfinished commit leaves behind. */
static void note_torn_tail(struct fsck *f, const struct wal_replay *result) {
  char text[256];
  snprintf(
      text, sizeof text,
      "log %llu: behind record %llu there are bytes that are no record: an unfinished commit of a crash, or a damaged "
      "last one",
      (unsigned long long)f->generation, (unsigned long long)result->records);
  f->problem(f->arg, text);
}

static int check_wal_file(struct fsck *f, struct error *err) {
  struct wal_replay result;
  struct error why = {0};
  int rc = wal_replay(f->os, f->dir, f->generation, check_record, f, &result, &why);
  if (rc == 0 && result.torn_tail) note_torn_tail(f, &result);
  if (rc == 0) return 0;
  complain(f, "%s", why.message);
  if (rc != ERR_CORRUPT || !f->repair) return 0;
  uint64_t cut_at;
  rc = f->os->make_dir(f->os->context, f->keep_dir);
  if (rc) return error_set(err, rc, "make the folder %s", f->keep_dir);
  return wal_cut(f->os, f->dir, f->generation, f->keep_dir, &cut_at, err);
}

static int note_tenant(void *arg, const struct catalog_tenant *row) {
  struct fsck *f = arg;
  tenants_add(f->tenants, row->path)->last_seq = row->last_seq;
  return 0;
}

static int check_wal(struct fsck *f, struct error *err) {
  uint64_t floor, *generations = calloc(WAL_FILES, sizeof *generations);
  uint32_t count = 0;
  if (!generations) abort();
  int rc = catalog_load_tenants(f->catalog, note_tenant, f, err);
  if (rc == 0) rc = catalog_wal_floor(f->catalog, &floor, err);
  if (rc == 0) rc = wal_list(f->os, f->dir, generations, WAL_FILES, &count, err);
  for (uint32_t i = 0; rc == 0 && i < count; i++) {
    f->generation = generations[i];
    if (f->generation >= floor) rc = check_wal_file(f, err);
  }
  free(generations);
  for (uint32_t i = 0; rc == 0 && i < tenants_count(f->tenants); i++) {
    const struct tenant *t = tenants_at(f->tenants, i);
    if (t->pending_seq && t->pending_seq < t->last_seq)
      complain(f, "tenant %.*s: the catalog counts %llu events, the log ends at %llu", SLICE_ARGS(t->path),
               (unsigned long long)t->last_seq, (unsigned long long)t->pending_seq);
  }
  return rc;
}

/* ---- The whole ---- */

static int check_all(struct fsck *f, struct error *err) {
  char path[4096];
  snprintf(path, sizeof path, "%s/catalog.sqlite", f->dir);
  struct os_file *file = NULL;
  int rc = os_open(f->os, path, OS_READ, &file);
  os_close(f->os, file);
  if (rc == ERR_NOT_FOUND) return error_set(err, rc, "%s is not a data folder: it has no catalog", f->dir);
  if (rc == 0) rc = catalog_open(f->os, path, !f->repair, &f->catalog, err);
  if (rc == 0) rc = check_segments(f, err);
  if (rc == 0) rc = check_wal(f, err);
  return rc;
}

/* A copy need not have a lock file, and is not given one. */
static int lock_folder(struct fsck *f, struct os_file **out, struct error *err) {
  char path[4200];
  struct os_file *file = NULL;
  snprintf(path, sizeof path, "%s/lock", f->dir);
  int rc = os_open(f->os, path, OS_READ, &file);
  os_close(f->os, file);
  if (rc == ERR_NOT_FOUND) return 0;
  return rc ? error_set(err, rc, "open %s", path) : store_lock_folder(f->os, f->dir, out, err);
}

int store_fsck(const struct os *os, const char *dir, bool repair, void (*problem)(void *arg, const char *text),
               void *arg, struct fsck_report *report, struct error *err) {
  enum { NAME_BYTES = 64 };
  *report = (struct fsck_report){0};
  struct fsck f = {.os = os, .dir = dir, .repair = repair, .problem = problem, .arg = arg, .report = report};
  if (strlen(dir) + NAME_BYTES > sizeof f.segment_dir)
    return error_set(err, ERR_INVALID, "the folder's name is too long");
  snprintf(f.segment_dir, sizeof f.segment_dir, "%s/segments", dir);
  snprintf(f.keep_dir, sizeof f.keep_dir, "%s/damaged", dir);
  struct os_file *lock = NULL;
  int rc = lock_folder(&f, &lock, err);
  if (rc) return error_wrap(err, rc, "check %s", dir);
  arena_init(&f.arena, SIZE_MAX / 2); /* a row per segment */
  f.cache = cache_new(LIMIT_PAGE_CACHE_BYTES / 4);
  f.tenants = tenants_new(0);
  rc = check_all(&f, err);
  tenants_free(f.tenants);
  catalog_close(f.catalog);
  cache_free(f.cache);
  arena_free(&f.arena);
  os_close(os, lock);
  return rc ? error_wrap(err, rc, "check %s", dir) : 0;
}
