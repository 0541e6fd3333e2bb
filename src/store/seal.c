/* Sealing: the rows of parts in their final order, written as a segment. Used for memtables and by compaction. */
#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "store/internal.h"
#include "store/row.h"

/* A row while it is put in order. */
struct seal_row {
  int64_t occurred_us;
  uint64_t seq;
  uint32_t tenant; /* rank of the path over all parts */
  struct segment_row at;
};

void seal_plan_free(struct seal_plan *p) {
  free(p->rows);
  free(p->group_rows);
  *p = (struct seal_plan){0};
}

/* ---- Ranks of tenants over several parts ---- */

struct ranked {
  struct slice path;
  uint32_t part, id;
};

struct ranks {
  struct arena arena;
  uint32_t **by_part; /* [part][tenant id] */
  int64_t **floors;   /* [part][tenant id]: retention */
  struct ranked *list;
  size_t count, capacity;
  uint32_t part; /* at work */
};

static int add_ranked(void *arg, uint32_t id, struct slice path) {
  struct ranks *r = arg;
  if (r->count == r->capacity) {
    r->capacity = r->capacity ? 2 * r->capacity : 1024;
    r->list = realloc(r->list, r->capacity * sizeof *r->list);
    if (!r->list) abort();
  }
  r->list[r->count++] = (struct ranked){arena_copy(&r->arena, path), r->part, id};
  return r->arena.overflowed ? ERR_TOO_LARGE : 0;
}

static int by_path(const void *a, const void *b) {
  return slice_compare(((const struct ranked *)a)->path, ((const struct ranked *)b)->path);
}

static void ranks_free(struct ranks *r, uint32_t part_count) {
  for (uint32_t i = 0; r->by_part && i < part_count; i++) {
    free(r->by_part[i]);
    free(r->floors[i]);
  }
  free(r->by_part);
  free(r->floors);
  free(r->list);
  arena_free(&r->arena);
}

static int ranks_init(struct ranks *r, struct part **parts, uint32_t part_count, const struct row_filter *filter,
                      struct error *err) {
  *r = (struct ranks){0};
  arena_init(&r->arena, SIZE_MAX / 2); /* tenants' paths, which are in memory already */
  r->by_part = calloc(part_count + 1, sizeof *r->by_part);
  r->floors = calloc(part_count + 1, sizeof *r->floors);
  if (!r->by_part || !r->floors) abort();
  for (r->part = 0; r->part < part_count; r->part++) {
    struct part *p = parts[r->part];
    struct part_column info;
    uint32_t column = p->ops->find_column(p, FIELD_TENANT, SLICE(""));
    p->ops->column(p, column, &info);
    r->by_part[r->part] = calloc(info.dict_count + 1u, sizeof(uint32_t));
    r->floors[r->part] = calloc(info.dict_count + 1u, sizeof(int64_t));
    if (!r->by_part[r->part] || !r->floors[r->part]) abort();
    int rc = p->ops->dict_scan(p, column, 0, info.dict_count, add_ranked, r, err);
    if (rc) return rc;
  }
  if (r->count) qsort(r->list, r->count, sizeof *r->list, by_path);
  uint32_t rank = 0;
  for (size_t i = 0; i < r->count; i++) {
    if (i > 0 && !slice_equal(r->list[i].path, r->list[i - 1].path)) rank++;
    r->by_part[r->list[i].part][r->list[i].id] = rank;
    r->floors[r->list[i].part][r->list[i].id] =
        filter ? retention_floor(filter->retention, r->list[i].path, filter->now_us) : INSTANT_MIN;
  }
  return 0;
}

/* ---- Gathering and ordering rows ---- */

struct gathering {
  struct seal_row *rows;
  uint64_t count;
};

/* The ids of the tenant column for all rows of a group. */
static int tenants_of_group(struct part *p, uint32_t group, uint32_t rows, uint32_t *ids, struct error *err) {
  struct run_list list;
  int rc = p->ops->runs_get(p, group, &list, err);
  if (rc) return rc;
  for (uint32_t i = 0; i < list.count; i++)
    for (uint32_t k = 0; k < list.runs[i].row_count; k++) ids[list.runs[i].row_begin + k] = list.runs[i].tenant;
  bool done = list.runs != NULL;
  p->ops->runs_put(p, &list);
  uint32_t column = p->ops->find_column(p, FIELD_TENANT, SLICE(""));
  for (uint32_t first = 0; !done && first < rows; first += LIMIT_PAGE_ROWS) {
    const struct page *page;
    rc = p->ops->page_get(p, column, group, first / LIMIT_PAGE_ROWS, &page, err);
    if (rc) return rc;
    if (!page) return error_set(err, ERR_CORRUPT, "rows without a tenant");
    for (uint32_t k = 0; k < page->row_count; k++) ids[first + k] = page_id(page, k) - 1;
    p->ops->page_put(p, page);
  }
  return 0;
}

static int gather_group(struct gathering *g, struct part *p, uint32_t part, uint32_t group, const struct ranks *ranks,
                        struct error *err) {
  struct group_info info;
  p->ops->group(p, group, &info);
  uint32_t *tenants = calloc(info.rows + 1u, sizeof *tenants);
  if (!tenants) abort();
  struct row_reader *reader = row_reader_new(p, group, ROW_TEXT_PAGES);
  int rc = tenants_of_group(p, group, info.rows, tenants, err);
  for (uint32_t row = 0; rc == 0 && row < info.rows; row++) {
    struct seal_row *r = &g->rows[g->count];
    int64_t received;
    rc = row_received(reader, row, &received, err);
    if (rc || received < ranks->floors[part][tenants[row]]) continue;
    r->tenant = ranks->by_part[part][tenants[row]];
    r->at = (struct segment_row){(uint16_t)part, (uint16_t)group, (uint16_t)row};
    rc = row_occurred(reader, row, &r->occurred_us, err);
    if (rc == 0) rc = row_seq(reader, row, &r->seq, err);
    g->count++;
  }
  row_reader_free(reader);
  free(tenants);
  return rc;
}

static int by_time(const void *a, const void *b) {
  const struct seal_row *x = a, *y = b;
  if (x->occurred_us != y->occurred_us) return x->occurred_us < y->occurred_us ? -1 : 1;
  if (x->tenant != y->tenant) return x->tenant < y->tenant ? -1 : 1;
  return (x->seq > y->seq) - (x->seq < y->seq);
}

static int by_tenant(const void *a, const void *b) {
  const struct seal_row *x = a, *y = b;
  if (x->tenant != y->tenant) return x->tenant < y->tenant ? -1 : 1;
  if (x->occurred_us != y->occurred_us) return x->occurred_us < y->occurred_us ? -1 : 1;
  return (x->seq > y->seq) - (x->seq < y->seq);
}

/* Whole groups stay as they are where they are nearly full, lose no row and share their time with few others: their
 * neighbours in time are right already, and their text index can be copied. */
static bool keeps_whole(struct part **parts, uint32_t part_count, uint32_t part, uint32_t group,
                        const struct row_filter *filter) {
  enum { NEARLY_FULL = LIMIT_GROUP_ROWS * 7 / 8, FEW = 2 };
  struct part *p = parts[part];
  struct group_info info;
  p->ops->group(p, group, &info);
  if (p->number == 0 || info.rows < NEARLY_FULL) return false;
  if (filter && info.received_min_us < retention_highest_floor(filter->retention, filter->now_us)) return false;
  uint32_t overlaps = 0;
  for (uint32_t i = 0; i < part_count; i++)
    for (uint32_t g = 0; g < parts[i]->group_count; g++) {
      struct group_info other;
      if (i == part && g == group) continue;
      parts[i]->ops->group(parts[i], g, &other);
      if (other.occurred_min_us < info.occurred_max_us && other.occurred_max_us > info.occurred_min_us) overlaps++;
    }
  return overlaps <= FEW;
}

static void add_whole(struct seal_plan *out, uint32_t part, uint32_t group, uint32_t rows) {
  for (uint32_t row = 0; row < rows; row++)
    out->rows[out->row_count++] = (struct segment_row){(uint16_t)part, (uint16_t)group, (uint16_t)row};
  out->group_rows[out->group_count++] = rows;
}

static void add_sorted(struct seal_plan *out, struct gathering *g) {
  if (g->count) qsort(g->rows, g->count, sizeof *g->rows, by_time);
  for (uint64_t first = 0; first < g->count; first += LIMIT_GROUP_ROWS) {
    uint64_t rows = g->count - first < LIMIT_GROUP_ROWS ? g->count - first : LIMIT_GROUP_ROWS;
    qsort(g->rows + first, rows, sizeof *g->rows, by_tenant);
    for (uint64_t i = 0; i < rows; i++) out->rows[out->row_count++] = g->rows[first + i].at;
    out->group_rows[out->group_count++] = (uint32_t)rows;
  }
}

int seal_plan(struct part **parts, uint32_t part_count, const struct row_filter *filter, struct seal_plan *out,
              struct error *err) {
  struct ranks ranks;
  uint64_t total = 0, groups = 0;
  for (uint32_t i = 0; i < part_count; i++) {
    total += parts[i]->rows;
    groups += parts[i]->group_count;
  }
  struct gathering g = {.rows = malloc((total + 1) * sizeof *g.rows)};
  *out = (struct seal_plan){.parts = parts, .part_count = part_count};
  out->rows = malloc((total + 1) * sizeof *out->rows);
  out->group_rows = malloc((groups + total / LIMIT_GROUP_ROWS + 2) * sizeof *out->group_rows);
  if (!g.rows || !out->rows || !out->group_rows) abort();
  int rc = ranks_init(&ranks, parts, part_count, filter, err);
  for (uint32_t i = 0; rc == 0 && i < part_count; i++)
    for (uint32_t k = 0; rc == 0 && k < parts[i]->group_count; k++) {
      struct group_info info;
      parts[i]->ops->group(parts[i], k, &info);
      if (keeps_whole(parts, part_count, i, k, filter))
        add_whole(out, i, k, info.rows);
      else
        rc = gather_group(&g, parts[i], i, k, &ranks, err);
    }
  if (rc == 0) add_sorted(out, &g);
  ranks_free(&ranks, part_count);
  free(g.rows);
  if (rc) seal_plan_free(out);
  return rc;
}

/* ---- Writing and publishing ---- */

void store_segment_path(const struct store *s, uint64_t number, char *out, size_t size) {
  snprintf(out, size, "%s/%010llu.seg", s->segment_dir, (unsigned long long)number);
}

void segment_ref_put(struct segment_ref *r) {
  if (!r || atomic_fetch_sub(&r->refs, 1) != 1) return;
  segment_close(r->segment);
  if (atomic_load(&r->removed)) r->os->remove(r->os->context, r->path); /* left over after a crash: removed at start */
  free(r);
}

/* The catalog failed to publish this segment, and only a later success makes sure that the failed transaction is not
 * found after a crash. Until then the file stays; without room in the list until the next start. files_lock is held. */
static void doubt(struct store *s, struct segment_ref *added) {
  if (s->doubtful_count < DOUBTFUL_SEGMENTS) s->doubtful[s->doubtful_count++] = added->row.number;
  segment_ref_put(added);
}

/* The number of a new segment, with which the catalog succeeds: segments in doubt go. */
static int next_number(struct store *s, uint64_t *out, struct error *err) {
  char path[4096];
  pthread_mutex_lock(&s->files_lock); /* what another thread failed to publish, it did before this or after */
  int rc = catalog_next_segment(s->catalog, out, err);
  for (; rc == 0 && s->doubtful_count > 0; s->doubtful_count--) {
    store_segment_path(s, s->doubtful[s->doubtful_count - 1], path, sizeof path);
    s->os->remove(s->os->context, path);
  }
  pthread_mutex_unlock(&s->files_lock);
  return rc;
}

/* Leaves no file where it fails: what cannot be read back now is written anew. */
static int write_file(struct store *s, const struct seal_plan *plan, uint64_t number, struct segment_ref *r,
                      struct error *err) {
  struct segment_source source = {
      .parts = plan->parts,
      .part_count = plan->part_count,
      .rows = plan->rows,
      .row_count = plan->row_count,
      .group_rows = plan->group_rows,
      .group_count = plan->group_count,
      .keys_since_us = os_now_us(s->os) - (int64_t)LIMIT_IDEMPOTENCY_HOURS * 3600 * 1000000,
      .quick = plan->part_count == 1 && plan->parts[0]->number == 0,
      .cancelled = &s->stop_background,
  };
  int rc = segment_write(s->os, r->path, &source, err);
  if (rc) return rc;
  rc = s->os->sync_dir(s->os->context, s->segment_dir);
  if (rc) error_set(err, rc, "sync the folder of segments");
  if (rc == 0) rc = segment_open(s->os, r->path, number, s->cache, &r->segment, err);
  if (rc) s->os->remove(s->os->context, r->path);
  return rc;
}

int seal_write(struct store *s, const struct seal_plan *plan, struct segment_ref **out, struct error *err) {
  struct segment_ref *r = calloc(1, sizeof *r);
  if (!r) abort();
  atomic_init(&r->refs, 1);
  r->os = s->os;
  uint64_t number;
  int rc = next_number(s, &number, err);
  if (rc == 0) {
    store_segment_path(s, number, r->path, sizeof r->path);
    rc = write_file(s, plan, number, r, err);
  }
  if (rc) {
    free(r);
    return rc;
  }
  const struct part *p = segment_part(r->segment);
  r->row = (struct catalog_segment){.number = number,
                                    .rows = p->rows,
                                    .bytes = segment_file_bytes(r->segment),
                                    .occurred_min_us = p->occurred_min_us,
                                    .occurred_max_us = p->occurred_max_us,
                                    .received_min_us = p->received_min_us,
                                    .received_max_us = p->received_max_us};
  *out = r;
  return 0;
}

/* Counters of tenants that changed since the catalog last heard of them. They may run ahead of what is sealed: the WAL
 * still has those events, and counters never go down. */
static uint32_t dirty_tenants(struct store *s, struct arena *arena, struct catalog_tenant **out) {
  uint32_t count = 0;
  pthread_mutex_lock(&s->lock);
  struct catalog_tenant *list = arena_take(arena, (tenants_count(s->tenants) + 1) * sizeof *list);
  for (uint32_t i = 0; i < tenants_count(s->tenants); i++) {
    struct tenant *t = tenants_at(s->tenants, i);
    if (!t->dirty) continue;
    t->dirty = false;
    list[count++] = (struct catalog_tenant){t->path, t->last_seq};
  }
  pthread_mutex_unlock(&s->lock);
  *out = list;
  return count;
}

static void mark_dirty_again(struct store *s, const struct catalog_tenant *list, uint32_t count) {
  pthread_mutex_lock(&s->lock);
  for (uint32_t i = 0; i < count; i++) tenants_find(s->tenants, list[i].path)->dirty = true;
  pthread_mutex_unlock(&s->lock);
}

static void add_segment(struct store *s, struct segment_ref *added) { /* under the lock */
  if (s->segment_count == s->segment_capacity) {
    s->segment_capacity = s->segment_capacity ? 2 * s->segment_capacity : 64;
    s->segments = realloc(s->segments, s->segment_capacity * sizeof(struct segment_ref *));
    if (!s->segments) abort();
  }
  s->segments[s->segment_count++] = added;
}

int seal_oldest(struct store *s, bool *done_out, struct error *err) {
  pthread_mutex_lock(&s->lock);
  struct memtable *m = s->sealing_count ? s->sealing[0] : NULL;
  pthread_mutex_unlock(&s->lock);
  *done_out = m != NULL;
  if (!m) return 0;
  struct part *view = memtable_view(m);
  struct seal_plan plan = {0};
  struct segment_ref *added = NULL;
  struct arena arena;
  arena_init(&arena, SIZE_MAX / 2); /* one entry per tenant */
  int rc = seal_plan(&view, 1, NULL, &plan, err);
  if (rc == 0) rc = seal_write(s, &plan, &added, err);
  seal_plan_free(&plan);
  memtable_view_free(view);
  uint64_t generation = memtable_generation(m);
  if (rc == 0) {
    struct catalog_edit edit = {.add = &added->row, .add_count = 1, .wal_floor = generation + 1};
    struct catalog_tenant *tenants;
    pthread_mutex_lock(&s->files_lock);
    edit.tenant_count = dirty_tenants(s, &arena, &tenants);
    edit.tenants = tenants;
    rc = catalog_apply(s->catalog, &edit, err);
    if (rc) {
      mark_dirty_again(s, tenants, edit.tenant_count);
      doubt(s, added);
      pthread_mutex_unlock(&s->files_lock);
    }
  }
  arena_free(&arena);
  if (rc) return rc;
  pthread_mutex_lock(&s->lock);
  add_segment(s, added);
  s->sealing_count--;
  for (uint32_t i = 0; i < s->sealing_count; i++) s->sealing[i] = s->sealing[i + 1];
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->lock);
  memtable_unref(m);
  atomic_fetch_add(&s->counters.seals, 1);
  rc = wal_remove(s->os, s->dir, generation, err);
  pthread_mutex_unlock(&s->files_lock);
  return rc;
}

int publish_segments(struct store *s, struct segment_ref *added, struct segment_ref **removed, uint32_t removed_count,
                     struct error *err) {
  uint64_t *numbers = calloc(removed_count + 1u, sizeof *numbers);
  if (!numbers) abort();
  for (uint32_t i = 0; i < removed_count; i++) numbers[i] = removed[i]->row.number;
  struct catalog_edit edit = {
      .add = added ? &added->row : NULL, .add_count = added ? 1 : 0, .remove = numbers, .remove_count = removed_count};
  pthread_mutex_lock(&s->files_lock);
  int rc = catalog_apply(s->catalog, &edit, err);
  free(numbers);
  if (rc) {
    if (added) doubt(s, added);
    pthread_mutex_unlock(&s->files_lock);
    return rc;
  }
  pthread_mutex_lock(&s->lock);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < s->segment_count; i++) {
    bool gone = false;
    for (uint32_t k = 0; k < removed_count; k++) gone = gone || s->segments[i] == removed[k];
    if (!gone) s->segments[kept++] = s->segments[i];
  }
  s->segment_count = kept;
  if (added) add_segment(s, added);
  pthread_mutex_unlock(&s->lock);
  pthread_mutex_unlock(&s->files_lock);
  for (uint32_t i = 0; i < removed_count; i++) {
    atomic_store(&removed[i]->removed, true);
    segment_ref_put(removed[i]); /* the list's reference */
  }
  return 0;
}
