/* Following commits: the order of commits, read from a snapshot or told as it happens.
 *
 * received_at rises strictly from commit group to commit group, across restarts too, and a group becomes visible as a
 * whole. So (received_at, tenant, seq) is a total order in which nothing ever appears behind what was read, whatever
 * occurred_at says; and it can be read from the rows as they are stored, after sealing and merging too. */
#include <assert.h>
#include <stdlib.h>

#include "base/instant.h"
#include "store/internal.h"
#include "store/row.h"

int64_t store_last_commit(struct store *s) { return atomic_load(&s->visible_us); }

int64_t store_listen(struct store *s, store_listener *listen, void *arg) {
  pthread_mutex_lock(&s->listen_lock);
  s->listen = listen;
  s->listen_arg = arg;
  int64_t last = atomic_load(&s->visible_us);
  pthread_mutex_unlock(&s->listen_lock);
  return last;
}

void follow_committed(struct store *s, int64_t received_us, struct slice records) {
  pthread_mutex_lock(&s->listen_lock);
  if (s->listen) s->listen(s->listen_arg, received_us, records);
  atomic_store(&s->visible_us, received_us);
  pthread_mutex_unlock(&s->listen_lock);
}

/* ---- Reading ---- */

struct commit_row {
  int64_t received_us;
  uint32_t unit, row;
  struct slice tenant;
  uint64_t seq;
};

struct commit_read {
  struct reading reading;
  const struct commit_position *after;
  int64_t to_us;
  uint32_t limit;
  struct commit_row *rows; /* candidates */
  uint32_t count, capacity;
  int64_t cutoff_us; /* later ones are not needed */
  struct arena scratch;
};

static int compare_int(int64_t a, int64_t b) { return (a > b) - (a < b); }

static int by_received(const void *a, const void *b) {
  const struct commit_row *x = a, *y = b;
  return compare_int(x->received_us, y->received_us);
}

static int by_place(const void *a, const void *b) {
  const struct commit_row *x = a, *y = b;
  int c = compare_int(x->unit, y->unit);
  return c ? c : compare_int(x->row, y->row);
}

static int compare_to(int64_t received_us, struct slice tenant, uint64_t seq, const struct commit_position *p) {
  int c = compare_int(received_us, p->received_at_us);
  if (!c && p->whole_group) return -1;
  if (!c) c = slice_compare(tenant, p->tenant);
  return c ? c : (seq > p->seq) - (seq < p->seq);
}

static int by_position(const void *a, const void *b) {
  const struct commit_row *x = a, *y = b;
  struct commit_position p = {.received_at_us = y->received_us, .tenant = y->tenant, .seq = y->seq};
  return compare_to(x->received_us, x->tenant, x->seq, &p);
}

/* Keeps the first `limit` candidates by received_at, and those of the same commit group as the last of them. */
static void prune(struct commit_read *c) {
  if (c->count <= c->limit) return;
  qsort(c->rows, c->count, sizeof *c->rows, by_received);
  c->cutoff_us = c->rows[c->limit - 1].received_us;
  while (c->rows[c->count - 1].received_us > c->cutoff_us) c->count--;
}

static void add_row(struct commit_read *c, uint32_t unit, uint32_t row, int64_t received_us) {
  if (c->count == c->capacity) {
    c->capacity = c->capacity ? 2 * c->capacity : 1024;
    c->rows = realloc(c->rows, c->capacity * sizeof *c->rows);
    if (!c->rows) abort();
  }
  c->rows[c->count++] = (struct commit_row){.received_us = received_us, .unit = unit, .row = row};
}

/* Whether a row lies behind the position. Of the commit group in which the position is, only a part does. */
static int is_wanted(struct commit_read *c, struct row_reader *reader, uint32_t row, int64_t received_us, bool *out,
                     struct error *err) {
  const struct commit_position *after = c->after;
  *out = received_us > after->received_at_us && received_us <= c->cutoff_us;
  if (received_us != after->received_at_us || after->whole_group) return 0;
  struct commit_row found = {.received_us = received_us, .row = row};
  arena_reset(&c->scratch);
  int rc = row_tenant(reader, row, &c->scratch, &found.tenant, err);
  if (rc == 0) rc = row_seq(reader, row, &found.seq, err);
  *out = rc == 0 && compare_to(received_us, found.tenant, found.seq, after) > 0;
  return rc;
}

/* Candidates of a unit. What cannot be read is noted in the query as damage. */
static int gather(struct commit_read *c, uint32_t index, struct error *err) {
  const struct unit *unit = &c->reading.units[index];
  struct bitmap rows;
  struct error local = {0};
  int rc = reading_select(&c->reading, unit, &rows, err);
  if (rc || !bitmap_any(&rows, 0, BITMAP_WORDS)) return rc;
  struct row_reader *reader = row_reader_new(c->reading.snap->parts[unit->part], unit->group, ROW_TEXT_PAGES);
  for (uint32_t w = 0; rc == 0 && w < BITMAP_WORDS; w++)
    for (uint64_t word = rows.words[w]; word && rc == 0; word &= word - 1) {
      uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(word);
      int64_t received_us;
      bool wanted = false;
      rc = row_received(reader, row, &received_us, &local);
      if (rc == 0) rc = is_wanted(c, reader, row, received_us, &wanted, &local);
      if (wanted) add_row(c, index, row, received_us);
    }
  row_reader_free(reader);
  if (rc == 0) return 0;
  rc = reading_damage(&c->reading, unit, rc, &local);
  if (rc && err) *err = local;
  return rc;
}

struct dated_unit {
  int64_t received_min_us;
  uint32_t index;
};

static int by_first_received(const void *a, const void *b) {
  const struct dated_unit *x = a, *y = b;
  return compare_int(x->received_min_us, y->received_min_us);
}

/* Units in order of their first commit, until no later one can hold anything that is needed. */
static int gather_all(struct commit_read *c, struct error *err) {
  struct reading *r = &c->reading;
  uint32_t count = 0;
  int rc = 0;
  struct dated_unit *units = calloc(r->unit_count + 1u, sizeof *units);
  if (!units) abort();
  for (uint32_t i = 0; i < r->unit_count; i++) {
    struct part *part = r->snap->parts[r->units[i].part];
    struct group_info info;
    part->ops->group(part, r->units[i].group, &info);
    if (info.received_max_us >= c->after->received_at_us && info.received_min_us <= c->to_us)
      units[count++] = (struct dated_unit){info.received_min_us, i};
  }
  qsort(units, count, sizeof *units, by_first_received);
  for (uint32_t i = 0; rc == 0 && i < count; i++) {
    if (units[i].received_min_us > c->cutoff_us) break;
    rc = gather(c, units[i].index, err);
    if (rc == 0) prune(c);
  }
  free(units);
  return rc;
}

/* Reads the rows that c->rows names, place by place, with one reader at a time. */
static int for_each_row(struct commit_read *c, int (*each)(struct row_reader *r, struct commit_row *row, void *arg),
                        void *arg, struct error *err) {
  struct row_reader *reader = NULL;
  uint32_t at = UINT32_MAX;
  int rc = 0;
  for (uint32_t i = 0; i < c->count && rc == 0; i++) {
    struct commit_row *row = &c->rows[i];
    const struct unit *unit = &c->reading.units[row->unit];
    if (row->unit != at) {
      row_reader_free(reader);
      reader = row_reader_new(c->reading.snap->parts[unit->part], unit->group, 8 * ROW_TEXT_PAGES);
      at = row->unit;
    }
    rc = each(reader, row, arg);
    if (rc == ERR_CORRUPT || rc == ERR_IO) { /* the row is noted and left out */
      struct error local = {0};
      row->unit = UINT32_MAX;
      rc = reading_damage(&c->reading, unit, rc, &local);
    }
  }
  row_reader_free(reader);
  return rc ? error_set(err, rc, "%s", error_text(rc)) : 0;
}

static int identify(struct row_reader *r, struct commit_row *row, void *arena) {
  int rc = row_tenant(r, row->row, arena, &row->tenant, NULL);
  return rc ? rc : row_seq(r, row->row, &row->seq, NULL);
}

static void drop_unread(struct commit_read *c) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < c->count; i++)
    if (c->rows[i].unit != UINT32_MAX) c->rows[kept++] = c->rows[i];
  c->count = kept;
}

/* Puts the candidates in order. */
static int order_rows(struct commit_read *c, struct arena *arena, struct error *err) {
  qsort(c->rows, c->count, sizeof *c->rows, by_place);
  int rc = for_each_row(c, identify, arena, err);
  if (rc) return rc;
  drop_unread(c);
  qsort(c->rows, c->count, sizeof *c->rows, by_position);
  return 0;
}

struct filling {
  struct arena *arena;
  struct event *events;
  uint32_t count;
};

static int fill(struct row_reader *r, struct commit_row *row, void *arg) {
  struct filling *f = arg;
  int rc = row_read(r, row->row, f->arena, &f->events[f->count], NULL);
  if (rc == 0) f->count++;
  return rc;
}

static int event_order(const void *a, const void *b) {
  const struct event *x = a, *y = b;
  struct commit_position p = {
      .received_at_us = y->received_at_us, .tenant = event_text(y, FIELD_TENANT), .seq = y->seq};
  return compare_to(x->received_at_us, event_text(x, FIELD_TENANT), x->seq, &p);
}

int read_commits(struct snapshot *snap, struct read_query *query, const struct commit_position *after, int64_t to_us,
                 uint32_t limit, struct arena *arena, struct event **events_out, uint32_t *count_out, bool *more_out,
                 struct error *err) {
  struct commit_read c = {.after = after, .to_us = to_us, .limit = limit, .cutoff_us = to_us};
  struct arena names;
  assert(limit > 0);
  arena_init(&c.scratch, 16 * LIMIT_TENANT_BYTES);
  arena_init(&names, SIZE_MAX / 2); /* a tenant's path per candidate: a commit group at most, and the limit */
  int rc = reading_open(&c.reading, snap, query, OLDEST_FIRST, query->from_us, query->to_us, NULL, err);
  if (rc == 0) rc = gather_all(&c, err);
  if (rc == 0) rc = order_rows(&c, &names, err);
  struct filling f = {.arena = arena};
  if (rc == 0) {
    *more_out = c.count > limit || c.cutoff_us < to_us;
    if (c.count > limit) c.count = limit;
    f.events = arena_alloc(arena, (c.count + 1u) * sizeof *f.events);
    qsort(c.rows, c.count, sizeof *c.rows, by_place);
    rc = f.events ? for_each_row(&c, fill, &f, err) : error_set(err, ERR_TOO_LARGE, "too many events at once");
  }
  if (rc == 0) {
    qsort(f.events, f.count, sizeof *f.events, event_order);
    *events_out = f.events;
    *count_out = f.count;
  }
  reading_close(&c.reading);
  arena_free(&names);
  arena_free(&c.scratch);
  free(c.rows);
  return rc;
}
