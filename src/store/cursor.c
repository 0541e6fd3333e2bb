/* Events in order over all parts of a snapshot.
 *
 * Units (groups) are opened in order of time, and only when the next event might lie in them; an open unit holds its
 * matching rows as a heap. So a page of the newest events touches the newest groups and stops. */
#include <assert.h>
#include <stdlib.h>

#include "base/instant.h"
#include "store/row.h"
#include "store/snapshot.h"

enum { TEXT_PAGES = 512 }; /* some 20 MiB */

struct match {
  int64_t occurred_us;
  uint32_t row;
};

struct open_unit {
  struct open_unit *next_spent;
  struct unit unit;
  struct row_reader *rows;
  struct match *matches; /* binary heap, first in order at [0] */
  uint32_t match_count;
  bool sorted;    /* rows with equal instants stand in order of (tenant, seq): a segment's */
  bool top_known; /* tenant and seq of matches[0], needed where instants are equal */
  struct slice top_tenant;
  uint64_t top_seq;
  struct arena top_arena;
};

/* A row that comes next, not yet read. */
struct picked {
  struct open_unit *unit;
  uint32_t row;
  bool alone;   /* others of its unit cannot be read: not with them */
  bool read;    /* its event was looked for */
  bool damaged; /* and there is none */
};

struct cursor {
  struct reading reading;
  enum read_order order;
  bool has_after;
  struct read_position after;
  struct arena arena;
  uint32_t next_unit;
  struct open_unit **open; /* in no order: the fewest are open at a time */
  uint32_t open_count, open_capacity;
  struct open_unit *spent; /* without further rows, but picked ones are still to be read */
};

static_assert((int)CURSOR_BATCH <= (int)ROW_BATCH, "the rows of a batch may all be of one unit");

/* ---- Order ---- */

static int compare_instants(int64_t a, int64_t b) { return (a > b) - (a < b); }

/* Tenant and number of a row, for the rare equal instants. */
static int identify(struct open_unit *u, uint32_t row, struct arena *arena, struct slice *tenant, uint64_t *seq,
                    struct error *err) {
  int rc = row_tenant(u->rows, row, arena, tenant, err);
  return rc ? rc : row_seq(u->rows, row, seq, err);
}

/* Order of two rows of one unit: <0 where a is older. A failed read makes them equal; it is found again when read. */
static int compare_rows(struct open_unit *u, const struct match *a, const struct match *b) {
  int c = compare_instants(a->occurred_us, b->occurred_us);
  if (c) return c;
  if (u->sorted) return (a->row > b->row) - (a->row < b->row);
  struct arena arena;
  struct slice tenant_a, tenant_b;
  uint64_t seq_a = 0, seq_b = 0;
  arena_init(&arena, 16 * LIMIT_TENANT_BYTES);
  if (identify(u, a->row, &arena, &tenant_a, &seq_a, NULL) == 0 &&
      identify(u, b->row, &arena, &tenant_b, &seq_b, NULL) == 0) {
    c = slice_compare(tenant_a, tenant_b);
    if (!c) c = (seq_a > seq_b) - (seq_a < seq_b);
  }
  arena_free(&arena);
  return c;
}

static bool comes_first(const struct cursor *c, struct open_unit *u, const struct match *a, const struct match *b) {
  int order = compare_rows(u, a, b);
  return c->order == NEWEST_FIRST ? order > 0 : order < 0;
}

static void sift_down(const struct cursor *c, struct open_unit *u, uint32_t at) {
  for (;;) {
    uint32_t first = at, left = 2 * at + 1, right = left + 1;
    if (left < u->match_count && comes_first(c, u, &u->matches[left], &u->matches[first])) first = left;
    if (right < u->match_count && comes_first(c, u, &u->matches[right], &u->matches[first])) first = right;
    if (first == at) return;
    struct match swap = u->matches[at];
    u->matches[at] = u->matches[first];
    u->matches[first] = swap;
    at = first;
  }
}

static int know_top(struct open_unit *u, struct error *err) {
  if (u->top_known) return 0;
  arena_reset(&u->top_arena);
  int rc = identify(u, u->matches[0].row, &u->top_arena, &u->top_tenant, &u->top_seq, err);
  u->top_known = rc == 0;
  return rc;
}

static int compare_tops(struct open_unit *a, struct open_unit *b) {
  int c = compare_instants(a->matches[0].occurred_us, b->matches[0].occurred_us);
  if (c || know_top(a, NULL) || know_top(b, NULL)) return c;
  c = slice_compare(a->top_tenant, b->top_tenant);
  return c ? c : (a->top_seq > b->top_seq) - (a->top_seq < b->top_seq);
}

/* ---- Units ---- */

static void free_unit(struct open_unit *u) {
  if (!u) return;
  row_reader_free(u->rows);
  free(u->matches);
  arena_free(&u->top_arena);
  free(u);
}

static int gather_matches(struct open_unit *u, const struct bitmap *rows, struct error *err) {
  u->matches = malloc((size_t)bitmap_count(rows) * sizeof *u->matches + 1);
  if (!u->matches) abort();
  for (uint32_t w = 0; w < BITMAP_WORDS; w++)
    for (uint64_t word = rows->words[w]; word; word &= word - 1) {
      struct match *m = &u->matches[u->match_count];
      m->row = w * 64 + (uint32_t)__builtin_ctzll(word);
      int rc = row_occurred(u->rows, m->row, &m->occurred_us, err);
      if (rc) return rc;
      u->match_count++;
    }
  return 0;
}

/* Of the pages of dictionaries that a cursor may pin, those left to one more unit. */
static uint32_t text_pages(const struct cursor *c) {
  uint32_t pages = TEXT_PAGES / (c->open_count + 1);
  return pages < ROW_TEXT_PAGES ? ROW_TEXT_PAGES : pages;
}

static int open_unit(struct cursor *c, const struct unit *unit, struct error *err) {
  struct bitmap rows;
  int rc = reading_select(&c->reading, unit, &rows, err);
  if (rc || !bitmap_any(&rows, 0, BITMAP_WORDS)) return rc;
  struct open_unit *u = calloc(1, sizeof *u);
  if (!u) abort();
  u->unit = *unit;
  u->sorted = c->reading.snap->parts[unit->part]->number != 0;
  u->rows = row_reader_new(c->reading.snap->parts[unit->part], unit->group, text_pages(c));
  arena_init(&u->top_arena, 16 * LIMIT_TENANT_BYTES);
  struct error local = {0};
  rc = gather_matches(u, &rows, &local);
  if (rc) {
    free_unit(u);
    rc = reading_damage(&c->reading, unit, rc, &local);
    if (rc && err) *err = local;
    return rc;
  }
  for (uint32_t i = u->match_count / 2; i-- > 0;) sift_down(c, u, i);
  if (c->open_count == c->open_capacity) {
    c->open_capacity = c->open_capacity ? 2 * c->open_capacity : 8;
    c->open = realloc(c->open, c->open_capacity * sizeof(struct open_unit *));
    if (!c->open) abort();
  }
  c->open[c->open_count++] = u;
  return 0;
}

/* The open unit whose top comes first, or NULL. */
static struct open_unit *first_unit(const struct cursor *c) {
  struct open_unit *first = NULL;
  for (uint32_t i = 0; i < c->open_count; i++) {
    int order = first ? compare_tops(c->open[i], first) : 0;
    if (!first || (c->order == NEWEST_FIRST ? order > 0 : order < 0)) first = c->open[i];
  }
  return first;
}

/* Whether a unit not yet open may hold something before the top of `first`. */
static bool must_open(const struct cursor *c, const struct unit *unit, const struct open_unit *first) {
  if (!first) return true;
  int64_t top = first->matches[0].occurred_us;
  return c->order == NEWEST_FIRST ? unit->max_us >= top : unit->min_us <= top;
}

static void drop_top(struct cursor *c, struct open_unit *u) {
  u->top_known = false;
  u->matches[0] = u->matches[--u->match_count];
  if (u->match_count > 0) {
    sift_down(c, u, 0);
    return;
  }
  for (uint32_t i = 0; i < c->open_count; i++)
    if (c->open[i] == u) c->open[i] = c->open[--c->open_count];
  u->next_spent = c->spent;
  c->spent = u;
}

static void free_spent(struct cursor *c) {
  struct open_unit *next;
  for (struct open_unit *u = c->spent; u; u = next) {
    next = u->next_spent;
    free_unit(u);
  }
  c->spent = NULL;
}

static void free_units(struct cursor *c) {
  free_spent(c);
  for (uint32_t i = 0; i < c->open_count; i++) free_unit(c->open[i]);
  free(c->open);
}

/* ---- The cursor ---- */

int cursor_open(struct snapshot *snap, struct read_query *query, enum read_order order,
                const struct read_position *after, struct cursor **out, struct error *err) {
  struct cursor *c = calloc(1, sizeof *c);
  if (!c) abort();
  c->order = order;
  arena_init(&c->arena, LIMIT_EVENT_BYTES);
  int64_t from = query->from_us, to = query->to_us;
  if (after) {
    c->has_after = true;
    c->after = *after;
    c->after.tenant = arena_copy(&c->arena, after->tenant);
    int64_t at = after->occurred_at_us;
    if (order == NEWEST_FIRST && (to == INSTANT_MAX || to > at + 1)) to = at + 1;
    if (order == OLDEST_FIRST && from < at) from = at;
  }
  int rc = reading_open(&c->reading, snap, query, order, from, to, NULL, err);
  if (rc) {
    cursor_close(c);
    return rc;
  }
  *out = c;
  return 0;
}

void cursor_close(struct cursor *c) {
  if (!c) return;
  free_units(c);
  reading_close(&c->reading);
  arena_free(&c->arena);
  free(c);
}

/* True where the top of u lies at or before the position the page continues from. */
static bool already_given(const struct cursor *c, struct open_unit *u) {
  if (!c->has_after || u->matches[0].occurred_us != c->after.occurred_at_us) return false;
  if (know_top(u, NULL)) return false;
  int order = slice_compare(u->top_tenant, c->after.tenant);
  if (!order) order = (u->top_seq > c->after.seq) - (u->top_seq < c->after.seq);
  return c->order == NEWEST_FIRST ? order >= 0 : order <= 0;
}

/* Takes the rows that come next, in order, without reading them; none: there are no more. */
static int pick(struct cursor *c, struct picked *out, uint32_t max, uint32_t *count_out, struct error *err) {
  struct reading *r = &c->reading;
  *count_out = 0;
  while (*count_out < max) {
    struct open_unit *first = first_unit(c);
    while (c->next_unit < r->unit_count && must_open(c, &r->units[c->next_unit], first)) {
      int rc = reading_split(r, c->next_unit, c->order, err);
      if (rc == 0) rc = open_unit(c, &r->units[c->next_unit++], err);
      if (rc) return rc;
      first = first_unit(c);
    }
    if (!first) return 0;
    if (!already_given(c, first)) out[(*count_out)++] = (struct picked){.unit = first, .row = first->matches[0].row};
    drop_top(c, first);
  }
  return 0;
}

/* Reads the first picked row that was not, and all later ones of its unit. */
static void read_unit(struct picked *picked, uint32_t count, struct arena *arena, struct event *out) {
  uint32_t rows[CURSOR_BATCH], at[CURSOR_BATCH], n = 0;
  struct event events[CURSOR_BATCH];
  for (uint32_t i = 0; i < count; i++) {
    if (picked[i].unit != picked[0].unit) continue;
    rows[n] = picked[i].row;
    at[n++] = i;
  }
  int rc = row_read_many(picked[0].unit->rows, rows, n, arena, events, NULL);
  for (uint32_t i = 0; i < n; i++) {
    picked[at[i]].alone = rc != 0;
    picked[at[i]].read = rc == 0;
    if (rc == 0) out[at[i]] = events[i];
  }
}

/* A damaged row is noted and left out. */
static int read_one(struct cursor *c, struct picked *p, struct arena *arena, struct event *out, struct error *err) {
  struct error local = {0};
  int rc = row_read(p->unit->rows, p->row, arena, out, &local);
  p->read = true;
  p->damaged = rc != 0;
  if (rc) rc = reading_damage(&c->reading, &p->unit->unit, rc, &local);
  if (rc && err) *err = local;
  return rc;
}

static int read_picked(struct cursor *c, struct picked *picked, uint32_t count, struct arena *arena, struct event *out,
                       uint32_t *count_out, struct error *err) {
  int rc = 0;
  for (uint32_t i = 0; rc == 0 && i < count; i++) {
    if (!picked[i].read && !picked[i].alone) read_unit(picked + i, count - i, arena, out + i);
    if (!picked[i].read) rc = read_one(c, &picked[i], arena, &out[i], err);
  }
  for (uint32_t i = 0; rc == 0 && i < count; i++)
    if (!picked[i].damaged) out[(*count_out)++] = out[i];
  return rc;
}

int cursor_next_many(struct cursor *c, struct arena *arena, struct event *out, uint32_t max, uint32_t *count_out,
                     struct error *err) {
  struct picked picked[CURSOR_BATCH];
  assert(max > 0 && max <= CURSOR_BATCH);
  *count_out = 0;
  while (*count_out == 0) {
    uint32_t count;
    int rc = pick(c, picked, max, &count, err);
    if (rc == 0) rc = read_picked(c, picked, count, arena, out, count_out, err);
    free_spent(c);
    if (rc) return rc;
    if (count == 0) return ERR_END;
  }
  return 0;
}

int cursor_next(struct cursor *c, struct arena *arena, struct event *out, struct error *err) {
  uint32_t count;
  return cursor_next_many(c, arena, out, 1, &count, err);
}

int read_event(struct snapshot *snap, const struct scope *scope, struct slice tenant, uint64_t seq, struct arena *arena,
               struct event *out, struct error *err) {
  if (tenant.len > LIMIT_TENANT_BYTES || seq == 0 || seq > INT64_MAX)
    return error_set(err, ERR_NOT_FOUND, "no such event");
  char folded[LIMIT_TENANT_BYTES];
  for (size_t i = 0; i < tenant.len; i++)
    folded[i] = (char)(tenant.data[i] >= 'A' && tenant.data[i] <= 'Z' ? tenant.data[i] + 32 : tenant.data[i]);
  struct filter_term terms[2] = {
      {.op = MATCH_EQUAL, .text = slice_of(folded, tenant.len)},
      {.op = MATCH_RANGE, .low_int = (int64_t)seq, .high_int = (int64_t)seq},
  };
  struct filter_field fields[2] = {{.field = FIELD_TENANT}, {.field = FIELD_SEQ}};
  struct filter_clause clauses[2] = {
      {.fields = &fields[0], .field_count = 1, .terms = &terms[0], .term_count = 1},
      {.fields = &fields[1], .field_count = 1, .terms = &terms[1], .term_count = 1},
  };
  struct filter filter = {clauses, 2};
  struct read_query query = {.scope = scope, .filter = &filter, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX};
  struct plan_exact exact = {tenant, seq};
  struct cursor c = {.order = NEWEST_FIRST};
  arena_init(&c.arena, 1);
  int rc = reading_open(&c.reading, snap, &query, NEWEST_FIRST, INSTANT_MIN, INSTANT_MAX, &exact, err);
  while (rc == 0) {
    rc = cursor_next(&c, arena, out, err);
    if (rc == 0 && slice_equal(event_text(out, FIELD_TENANT), tenant)) break;
  }
  free_units(&c);
  reading_close(&c.reading);
  if (rc != ERR_END) return rc;
  if (query.damage_count > 0)
    return error_set(err, ERR_CORRUPT, "the event may lie in damaged storage: segment %llu: %s",
                     (unsigned long long)query.damages[0].segment, query.damages[0].detail);
  return error_set(err, ERR_NOT_FOUND, "no such event");
}
