/* Writing in the simulation: batches, retention, settings, and what became of those nobody heard of. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/property/simulation.h"

#define HOUR_US (INT64_C(3600) * 1000000)

/* ---- Events ---- */

/* The event with a key of our choice, empty for none. */
static void set_key(struct event *e, struct arena *arena, struct slice key) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < e->cell_count; i++)
    if (e->cells[i].field != FIELD_KEY) e->cells[kept++] = e->cells[i];
  e->cell_count = kept;
  if (!key.len) return;
  event_add_cell(e, arena, FIELD_KEY, key);
  event_sort_cells(e);
}

static void set_tenant(struct event *e, struct slice tenant) {
  for (uint32_t i = 0; i < e->cell_count; i++)
    if (e->cells[i].field == FIELD_TENANT) e->cells[i].text = tenant;
}

static void new_event(struct simulation *s, struct event *e) {
  char key[16];
  random_event(&s->random, s->parser, &s->arena, e);
  int len =
      random_chance(&s->random, 40) ? snprintf(key, sizeof key, "k%u", (unsigned)random_below(&s->random, 40)) : 0;
  set_key(e, &s->arena, arena_copy(&s->arena, slice_of(key, (size_t)len)));
}

static void decode(const struct simulation *s, struct slice record, struct arena *arena, struct event *e) {
  if (event_decode(&record, arena, e, NULL)) simulation_fail(s, "the model's own record does not decode");
}

/* A new event, one sent before, or a new one with the key of another. */
static void choose_event(struct simulation *s, struct event *batch, uint32_t i) {
  const struct model *m = &s->model;
  const struct model_event *old = m->count ? &m->events[random_below(&s->random, m->count)] : NULL;
  if (old && old->key.len && random_chance(&s->random, 30)) {
    decode(s, old->record, &s->arena, &batch[i]);
  } else if (old && old->key.len && random_chance(&s->random, 10)) {
    new_event(s, &batch[i]);
    set_tenant(&batch[i], m->tenants[old->tenant].path);
    set_key(&batch[i], &s->arena, old->key);
  } else if (i > 0 && random_chance(&s->random, 5)) {
    batch[i] = batch[random_below(&s->random, i)];
  } else {
    new_event(s, &batch[i]);
  }
}

/* ---- What a batch should come to ---- */

enum fate { FATE_NEW, FATE_DUPLICATE, FATE_CONFLICT, FATE_OPEN /* the key is old: known or not */ };

static bool same_sent(const struct event *a, struct slice sent) {
  struct buffer json;
  buffer_init(&json, SIZE_MAX / 2);
  event_append_json(a, EVENT_AS_SENT, &json);
  bool same = slice_equal(buffer_slice(&json), sent);
  buffer_free(&json);
  return same;
}

static bool same_key(const struct event *a, const struct event *b) {
  return slice_equal(event_text(a, FIELD_KEY), event_text(b, FIELD_KEY)) &&
         slice_equal(event_text(a, FIELD_TENANT), event_text(b, FIELD_TENANT));
}

static bool same_event(const struct event *a, const struct event *b) {
  struct buffer json;
  buffer_init(&json, SIZE_MAX / 2);
  event_append_json(b, EVENT_AS_SENT, &json);
  bool same = same_sent(a, buffer_slice(&json));
  buffer_free(&json);
  return same;
}

/* By the events before it in the batch and the model; *first_out is the earlier one in the batch, or i. */
static enum fate fate_of(struct simulation *s, const struct event *batch, uint32_t i, uint32_t *first_out) {
  *first_out = i;
  if (event_text(&batch[i], FIELD_KEY).len == 0) return FATE_NEW;
  for (uint32_t k = 0; k < i; k++) {
    if (!same_key(&batch[k], &batch[i])) continue;
    *first_out = k;
    return same_event(&batch[i], &batch[k]) ? FATE_DUPLICATE : FATE_CONFLICT;
  }
  const struct model_event *old =
      model_find_key(&s->model, event_text(&batch[i], FIELD_TENANT), event_text(&batch[i], FIELD_KEY));
  if (!old) return FATE_NEW;
  if (old->may_be_gone || s->rotten || old->received_us < simulation_now(s) - 24 * HOUR_US) return FATE_OPEN;
  return same_sent(&batch[i], old->sent) ? FATE_DUPLICATE : FATE_CONFLICT;
}

static void check_duplicate(struct simulation *s, const struct event *e, const struct store_result *r) {
  struct slice tenant = event_text(e, FIELD_TENANT);
  const struct model_event *old = model_find(&s->model, tenant, r->seq);
  if (!old) simulation_fail(s, "a duplicate of %.*s:%" PRIu64 ", which does not exist", SLICE_ARGS(tenant), r->seq);
  if (!same_sent(e, old->sent) || r->received_at_us != old->received_us)
    simulation_fail(s, "called a duplicate of another event, %.*s:%" PRIu64, SLICE_ARGS(tenant), r->seq);
}

static void check_new(struct simulation *s, const struct event *e, const struct store_result *r) {
  int64_t now = simulation_now(s), last = s->model.last_received_us;
  struct slice tenant = event_text(e, FIELD_TENANT);
  uint64_t expected = s->model.tenants[model_tenant(&s->model, tenant)].last_seq + 1;
  if (r->seq != expected)
    simulation_fail(s, "%.*s got the number %" PRIu64 ", not %" PRIu64, SLICE_ARGS(tenant), r->seq, expected);
  if (r->received_at_us < now || r->received_at_us > (now > last ? now : last + 1))
    simulation_fail(s, "received_at %" PRId64 " where the clock says %" PRId64, r->received_at_us, now);
  model_add(&s->model, e, r->received_at_us);
}

static void check_accepted(struct simulation *s, const struct event *batch, uint32_t count,
                           const struct store_result *results) {
  enum fate fates[SIMULATION_BATCH_EVENTS];
  uint32_t first[SIMULATION_BATCH_EVENTS];
  for (uint32_t i = 0; i < count; i++) fates[i] = fate_of(s, batch, i, &first[i]);
  for (uint32_t i = 0; i < count; i++) {
    if (fates[i] == FATE_CONFLICT) simulation_fail(s, "event %u is in conflict with another, and was taken", i);
    if (fates[i] != FATE_OPEN && results[i].duplicate != (fates[i] == FATE_DUPLICATE))
      simulation_fail(s, "event %u: duplicate is %d", i, results[i].duplicate);
    if (!results[i].duplicate) {
      check_new(s, &batch[i], &results[i]);
      s->totals->appended++;
    } else {
      check_duplicate(s, &batch[i], &results[i]);
      s->totals->duplicates++;
    }
  }
}

static void check_conflict(struct simulation *s, const struct event *batch, const struct store_batch *b) {
  uint32_t first;
  enum fate fate = b->fault_index < b->count ? fate_of(s, batch, b->fault_index, &first) : FATE_NEW;
  if (fate != FATE_CONFLICT && fate != FATE_OPEN) simulation_fail(s, "a conflict of event %u", b->fault_index);
  s->totals->conflicts++;
}

static void keep_unheard(struct simulation *s, const struct event *batch, uint32_t count) {
  struct arena *a = &s->unheard_arena;
  arena_reset(a);
  s->unheard = arena_take(a, count * sizeof *s->unheard);
  s->unheard_count = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t first;
    enum fate fate = fate_of(s, batch, i, &first);
    if (fate == FATE_DUPLICATE) continue;
    struct buffer record;
    buffer_init(&record, SIZE_MAX / 2);
    event_encode(&batch[i], &record);
    s->unheard_open[s->unheard_count] = fate == FATE_OPEN;
    decode(s, arena_copy(a, buffer_slice(&record)), a, &s->unheard[s->unheard_count++]);
    buffer_free(&record);
  }
}

void simulate_append(struct simulation *s) {
  struct event events[SIMULATION_BATCH_EVENTS];
  struct store_result results[SIMULATION_BATCH_EVENTS];
  struct store_batch batch = {.count = 1 + (uint32_t)random_below(&s->random, SIMULATION_BATCH_EVENTS),
                              .results = results};
  buffer_init(&batch.records, SIZE_MAX / 2);
  for (uint32_t i = 0; i < batch.count; i++) {
    choose_event(s, events, i);
    event_encode(&events[i], &batch.records);
  }
  bool was_read_only = simulation_read_only(s);
  int rc = store_append(s->store, &batch);
  buffer_free(&batch.records);
  if (was_read_only && rc != ERR_READ_ONLY) simulation_fail(s, "a read-only store answers %s", error_name(rc));
  if (rc == 0) check_accepted(s, events, batch.count, results);
  if (rc == ERR_CONFLICT) check_conflict(s, events, &batch);
  if (rc == 0 || rc == ERR_CONFLICT) return;
  s->totals->refused++;
  bool now_read_only = simulation_read_only(s);
  if (!was_read_only && now_read_only) keep_unheard(s, events, batch.count);
  bool expected = s->faulty || was_read_only || (rc == ERR_BUSY);
  if (!expected) simulation_fail(s, "append: %s: %s", error_name(rc), batch.error.message);
}

/* ---- After a start ---- */

static bool find_event(struct simulation *s, struct slice tenant, uint64_t seq, struct event *out) {
  static const struct scope_grant everything = {.subtree = {"", 0}};
  const struct scope scope = {&everything, 1};
  struct snapshot *snap;
  struct error err = {0};
  if (snapshot_open(s->store, &snap)) simulation_fail(s, "no snapshot");
  int rc = read_event(snap, &scope, tenant, seq, &s->arena, out, &err);
  for (uint32_t i = 0; rc == 0 && i < out->cell_count; i++) {
    out->cells[i].text = arena_copy(&s->arena, out->cells[i].text);
    out->cells[i].key = arena_copy(&s->arena, out->cells[i].key);
  }
  snapshot_close(snap);
  if (rc && rc != ERR_NOT_FOUND && !s->rotten) simulation_fail(s, "read: %s: %s", error_name(rc), err.message);
  return rc == 0;
}

void simulation_find_unheard(struct simulation *s) {
  uint32_t found = 0, missing = 0;
  int64_t received_us = 0;
  for (uint32_t i = 0; i < s->unheard_count; i++) {
    struct event stored;
    struct slice tenant = event_text(&s->unheard[i], FIELD_TENANT);
    uint64_t seq = s->model.tenants[model_tenant(&s->model, tenant)].last_seq + 1;
    bool there = find_event(s, tenant, seq, &stored);
    bool same = there && same_event(&s->unheard[i], &stored);
    if (!same && s->unheard_open[i]) continue;
    if (there && !same) simulation_fail(s, "a batch that failed has become another");
    missing += !there;
    if (!there) continue;
    if (found && stored.received_at_us != received_us) simulation_fail(s, "a batch with two instants");
    received_us = stored.received_at_us;
    model_add(&s->model, &s->unheard[i], received_us);
    found++;
  }
  if (found && missing) simulation_fail(s, "a batch that failed is there, but for %u of its events", missing);
  if (found) s->totals->survivors++;
  s->unheard_count = 0;
}

/* ---- Small values ---- */

void simulate_retention(struct simulation *s) {
  static const char *const paths[] = {"", "acme", "acme/eu", "globex", "initech"};
  static const int32_t days[] = {-1, 0, 1, 7, 30, 400};
  struct error err = {0};
  struct slice path = slice_from(paths[random_below(&s->random, sizeof paths / sizeof *paths)]);
  int32_t value = days[random_below(&s->random, sizeof days / sizeof *days)];
  int rc = store_set_retention(s->store, path, value, &err);
  simulation_done(s, rc, &err);
  model_value_set(&s->model, s->model.retention, &s->model.retention_count, path, value, rc == 0);
}

void simulate_setting(struct simulation *s) {
  char name[16], value[32];
  struct error err = {0};
  int len = snprintf(name, sizeof name, "setting%u", (unsigned)random_below(&s->random, MODEL_SETTINGS));
  int64_t number = (int64_t)random_below(&s->random, 1000000);
  int value_len = snprintf(value, sizeof value, "%" PRId64, number);
  int rc = store_set_setting(s->store, name, slice_of(value, (size_t)value_len), &err);
  simulation_done(s, rc, &err);
  model_value_set(&s->model, s->model.settings, &s->model.setting_count, slice_of(name, (size_t)len), number, rc == 0);
}
