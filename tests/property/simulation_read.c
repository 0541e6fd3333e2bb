/* Reading in the simulation: whatever a store answers must be what the model holds, or say what is missing. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "tests/property/simulation.h"

static const struct scope_grant everything = {.subtree = {"", 0}};
static const struct scope whole_scope = {&everything, 1};

/* One walk over all events, perhaps in several pages. */
struct walk {
  struct simulation *s;
  struct store *store;
  struct snapshot *snap;
  struct read_query query;
  enum read_order order;
  uint64_t number; /* of this reading */
  uint32_t damages, got;
  bool has_last, failed;
  struct read_position last;
  struct buffer json;
  struct arena arena, last_arena;
};

static void compare(struct simulation *s, const struct model_event *want, const struct event *e, struct buffer *json) {
  buffer_clear(json);
  event_append_json(e, EVENT_STORED, json);
  if (slice_equal(buffer_slice(json), want->stored)) return;
  simulation_fail(s, "an event has changed:\n  stored %.*s\n  read   %.*s", SLICE_ARGS(want->stored),
                  SLICE_ARGS(buffer_slice(json)));
}

static bool in_order(const struct walk *w, const struct event *e) {
  struct slice tenant = event_text(e, FIELD_TENANT);
  int c = e->occurred_at_us < w->last.occurred_at_us ? -1 : e->occurred_at_us > w->last.occurred_at_us;
  if (!c) c = slice_compare(tenant, w->last.tenant);
  if (!c) c = e->seq < w->last.seq ? -1 : e->seq > w->last.seq;
  return w->order == NEWEST_FIRST ? c < 0 : c > 0;
}

static void meet(struct walk *w, const struct event *e) {
  struct simulation *s = w->s;
  struct slice tenant = event_text(e, FIELD_TENANT);
  struct model_event *want = model_find(&s->model, tenant, e->seq);
  if (!want) simulation_fail(s, "%.*s:%" PRIu64 " was never acknowledged", SLICE_ARGS(tenant), e->seq);
  if (want->seen == w->number) simulation_fail(s, "%.*s:%" PRIu64 " is there twice", SLICE_ARGS(tenant), e->seq);
  want->seen = w->number;
  /* Where tenant and number cannot be read, equal instants come in any order. */
  bool excused = s->faulty && e->occurred_at_us == w->last.occurred_at_us;
  if (w->has_last && !excused && !in_order(w, e))
    simulation_fail(s, "%.*s:%" PRIu64 " is out of order", SLICE_ARGS(tenant), e->seq);
  if (!model_shows(&s->model, want, simulation_now(s)))
    simulation_fail(s, "%.*s:%" PRIu64 " is past its retention", SLICE_ARGS(tenant), e->seq);
  compare(s, want, e, &w->json);
  arena_reset(&w->last_arena);
  w->last = (struct read_position){e->occurred_at_us, arena_copy(&w->last_arena, tenant), e->seq};
  w->has_last = true;
  w->got++;
}

/* True where there may be more. */
static bool read_page(struct walk *w, uint32_t limit) {
  struct simulation *s = w->s;
  struct cursor *cursor = NULL;
  struct error err = {0};
  struct read_position after = w->last;
  int rc = cursor_open(w->snap, &w->query, w->order, w->has_last ? &after : NULL, &cursor, &err);
  for (uint32_t i = 0; rc == 0 && i < limit; i++) {
    struct event e;
    arena_reset(&w->arena);
    rc = cursor_next(cursor, &w->arena, &e, &err);
    if (rc == 0) meet(w, &e);
  }
  cursor_close(cursor);
  w->damages += w->query.damage_count;
  if (rc && rc != ERR_END) {
    w->failed = true;
    if (!s->faulty && !s->rotten) simulation_fail(s, "cursor: %s: %s", error_name(rc), err.message);
  }
  return rc == 0;
}

static void check_missing(struct walk *w) {
  struct simulation *s = w->s;
  uint32_t count, must;
  struct model_event **list = model_list(&s->model, simulation_now(s), &count, &must);
  bool excused = w->failed || w->damages > 0;
  for (uint32_t i = 0; !excused && i < count; i++)
    if (list[i]->seen != w->number && !list[i]->may_be_gone)
      simulation_fail(s, "%.*s:%" PRIu64 " is missing and no damage is reported",
                      SLICE_ARGS(s->model.tenants[list[i]->tenant].path), list[i]->seq);
  free(list);
  if (w->damages && !s->faulty && !s->rotten)
    simulation_fail(s, "damage without a cause: %s", w->query.damages[0].detail);
  if (w->damages) s->totals->damages++;
}

static void check_stats(struct walk *w) {
  struct simulation *s = w->s;
  struct read_query query = {.scope = &whole_scope, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX};
  struct read_stats stats;
  struct error err = {0};
  int rc = read_stats(w->snap, &query, &stats, &err);
  if (rc && !s->faulty && !s->rotten) simulation_fail(s, "stats: %s: %s", error_name(rc), err.message);
  if (rc || query.damage_count || w->failed || w->damages) return;
  if (stats.events != w->got) simulation_fail(s, "%" PRIu64 " events counted, %u read", stats.events, w->got);
}

void simulation_read_all(struct simulation *s, struct store *store) {
  struct walk w = {.s = s,
                   .store = store,
                   .query = {.scope = &whole_scope, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX},
                   .order = random_chance(&s->random, 50) ? NEWEST_FIRST : OLDEST_FIRST,
                   .number = ++s->totals->reads};
  buffer_init(&w.json, SIZE_MAX / 2);
  arena_init(&w.arena, 64 * LIMIT_EVENT_BYTES);
  arena_init(&w.last_arena, LIMIT_EVENT_BYTES);
  if (snapshot_open(store, &w.snap)) simulation_fail(s, "no snapshot");
  uint32_t limit = random_chance(&s->random, 60) ? UINT32_MAX : 1 + (uint32_t)random_below(&s->random, 50);
  while (read_page(&w, limit)) continue;
  check_missing(&w);
  check_stats(&w);
  snapshot_close(w.snap);
  buffer_free(&w.json);
  arena_free(&w.arena);
  arena_free(&w.last_arena);
}

void simulate_read_event(struct simulation *s) {
  struct model *m = &s->model;
  if (m->tenant_count == 0) return;
  const struct model_tenant *t = &m->tenants[random_below(&s->random, m->tenant_count)];
  uint64_t seq = random_below(&s->random, t->last_seq + 2);
  const struct model_event *want = model_find(m, t->path, seq);
  struct snapshot *snap;
  struct event e;
  struct error err = {0};
  struct buffer json;
  if (snapshot_open(s->store, &snap)) simulation_fail(s, "no snapshot");
  int rc = read_event(snap, &whole_scope, t->path, seq, &s->arena, &e, &err);
  buffer_init(&json, SIZE_MAX / 2);
  bool shown = want && model_shows(m, want, simulation_now(s));
  if (rc == 0 && !shown) simulation_fail(s, "%.*s:%" PRIu64 " is shown", SLICE_ARGS(t->path), seq);
  if (rc == 0) compare(s, want, &e, &json);
  if (rc == ERR_NOT_FOUND && shown && !want->may_be_gone)
    simulation_fail(s, "%.*s:%" PRIu64 " is not found", SLICE_ARGS(t->path), seq);
  if (rc && rc != ERR_NOT_FOUND && !s->faulty && !s->rotten)
    simulation_fail(s, "read: %s: %s", error_name(rc), err.message);
  buffer_free(&json);
  snapshot_close(snap);
}

/* ---- Small values ---- */

static int64_t setting_of(struct simulation *s, struct store *store, struct slice name) {
  struct slice value;
  int rc = store_get_setting(store, arena_string(&s->arena, name), &s->arena, &value);
  if (rc == ERR_NOT_FOUND) return -1;
  if (rc && !s->faulty) simulation_fail(s, "setting: %s", error_name(rc));
  return rc ? INT64_MIN : strtoll(arena_string(&s->arena, value), NULL, 10);
}

static void check_value(struct simulation *s, struct model_value *v, int64_t value, bool starting) {
  if (value == INT64_MIN) return;
  bool right = starting ? model_value_found(v, value) : v->candidates[0] == value;
  if (!right) simulation_fail(s, "\"%.*s\" is %" PRId64 ", not %" PRId64, SLICE_ARGS(v->name), value, v->candidates[0]);
}

/* Tenants of the store have the numbers of the model. */
static void check_tenants(struct simulation *s, struct store *store) {
  struct tenant_info *list;
  uint32_t count;
  int rc = store_list_tenants(store, &whole_scope, SLICE(""), SLICE(""), MODEL_TENANTS, &s->arena, &list, &count);
  if (rc) simulation_fail(s, "tenants: %s", error_name(rc));
  for (uint32_t i = 0; i < count; i++) {
    uint64_t want = s->model.tenants[model_tenant(&s->model, list[i].path)].last_seq;
    if (list[i].last_seq != want)
      simulation_fail(s, "%.*s counts %" PRIu64 " events, not %" PRIu64, SLICE_ARGS(list[i].path), list[i].last_seq,
                      want);
  }
  uint32_t expected = 0;
  for (uint32_t i = 0; i < s->model.tenant_count; i++) expected += s->model.tenants[i].last_seq > 0;
  if (count != expected) simulation_fail(s, "%u tenants, not %u", count, expected);
}

void simulation_check_values(struct simulation *s, struct store *store, bool starting) {
  struct model *m = &s->model;
  for (uint32_t i = 0; i < m->setting_count; i++)
    check_value(s, &m->settings[i], setting_of(s, store, m->settings[i].name), starting);
  for (uint32_t i = 0; i < m->retention_count; i++) {
    int32_t days;
    bool own;
    int rc = store_get_retention(store, m->retention[i].name, &days, &own);
    if (rc) simulation_fail(s, "retention: %s", error_name(rc));
    check_value(s, &m->retention[i], own ? days : -1, starting);
  }
  if (s->unheard_count == 0) check_tenants(s, store);
}
