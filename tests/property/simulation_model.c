#include "tests/property/simulation_model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_DAYS = 90 };

void model_init(struct model *m) {
  memset(m, 0, sizeof *m);
  arena_init(&m->arena, SIZE_MAX / 2);
}

void model_free(struct model *m) {
  for (uint32_t i = 0; i < m->tenant_count; i++) free(m->tenants[i].by_seq);
  free(m->events);
  arena_free(&m->arena);
}

uint32_t model_tenant(struct model *m, struct slice path) {
  for (uint32_t i = 0; i < m->tenant_count; i++)
    if (slice_equal(m->tenants[i].path, path)) return i;
  assert(m->tenant_count < MODEL_TENANTS);
  m->tenants[m->tenant_count].path = arena_copy(&m->arena, path);
  return m->tenant_count++;
}

struct model_event *model_find(struct model *m, struct slice tenant, uint64_t seq) {
  for (uint32_t i = 0; i < m->tenant_count; i++)
    if (slice_equal(m->tenants[i].path, tenant))
      return seq == 0 || seq > m->tenants[i].last_seq ? NULL : &m->events[m->tenants[i].by_seq[seq - 1]];
  return NULL;
}

static uint32_t next_index(struct model *m) {
  if (m->count == m->capacity) {
    m->capacity = m->capacity ? 2 * m->capacity : 256;
    m->events = realloc(m->events, m->capacity * sizeof *m->events);
    if (!m->events) abort();
  }
  return m->count++;
}

static void number(struct model *m, uint32_t tenant, uint32_t index) {
  struct model_tenant *t = &m->tenants[tenant];
  if (t->last_seq == t->capacity) {
    t->capacity = t->capacity ? 2 * t->capacity : 64;
    t->by_seq = realloc(t->by_seq, t->capacity * sizeof *t->by_seq);
    if (!t->by_seq) abort();
  }
  t->by_seq[t->last_seq++] = index;
}

static struct slice json_of(struct model *m, const struct event *e, enum event_form form) {
  struct buffer json;
  buffer_init(&json, SIZE_MAX / 2);
  event_append_json(e, form, &json);
  struct slice copy = arena_copy(&m->arena, buffer_slice(&json));
  buffer_free(&json);
  return copy;
}

struct model_event *model_add(struct model *m, const struct event *e, int64_t received_us) {
  uint32_t index = next_index(m), tenant = model_tenant(m, event_text(e, FIELD_TENANT));
  number(m, tenant, index);
  struct event stored = *e;
  stored.seq = m->tenants[tenant].last_seq;
  stored.received_at_us = received_us;
  struct buffer record;
  buffer_init(&record, SIZE_MAX / 2);
  event_encode(e, &record);
  m->events[index] = (struct model_event){.tenant = tenant,
                                          .seq = stored.seq,
                                          .received_us = received_us,
                                          .occurred_us = e->occurred_at_us,
                                          .key = arena_copy(&m->arena, event_text(e, FIELD_KEY)),
                                          .sent = json_of(m, e, EVENT_AS_SENT),
                                          .stored = json_of(m, &stored, EVENT_STORED),
                                          .record = arena_copy(&m->arena, buffer_slice(&record))};
  buffer_free(&record);
  if (received_us > m->last_received_us) m->last_received_us = received_us;
  return &m->events[index];
}

struct model_event *model_find_key(struct model *m, struct slice tenant, struct slice key) {
  for (uint32_t i = m->count; key.len && i-- > 0;)
    if (slice_equal(m->events[i].key, key) && slice_equal(m->tenants[m->events[i].tenant].path, tenant))
      return &m->events[i];
  return NULL;
}

/* ---- Retention ---- */

static int64_t days_of(const struct model *m, struct slice tenant) {
  const struct model_value *nearest = NULL;
  for (uint32_t i = 0; i < m->retention_count; i++) {
    const struct model_value *v = &m->retention[i];
    if (v->candidates[0] < 0 || !event_tenant_within(tenant, v->name)) continue;
    if (!nearest || v->name.len > nearest->name.len) nearest = v;
  }
  return nearest ? nearest->candidates[0] : DEFAULT_DAYS;
}

bool model_shows(const struct model *m, const struct model_event *e, int64_t now_us) {
  int64_t days = days_of(m, m->tenants[e->tenant].path);
  return days == 0 || e->received_us >= now_us - days * 86400 * 1000000;
}

void model_tidy(struct model *m, int64_t now_us) {
  for (uint32_t i = 0; i < m->count; i++)
    if (!model_shows(m, &m->events[i], now_us)) m->events[i].may_be_gone = true;
}

static struct model *sorting; /* qsort has no argument */

static int by_place(const void *a, const void *b) {
  const struct model_event *x = *(struct model_event *const *)a, *y = *(struct model_event *const *)b;
  if (x->occurred_us != y->occurred_us) return x->occurred_us < y->occurred_us ? -1 : 1;
  int c = slice_compare(sorting->tenants[x->tenant].path, sorting->tenants[y->tenant].path);
  return c ? c : (x->seq > y->seq) - (x->seq < y->seq);
}

struct model_event **model_list(struct model *m, int64_t now_us, uint32_t *count_out, uint32_t *must_out) {
  struct model_event **list = calloc(m->count + 1u, sizeof(struct model_event *));
  if (!list) abort();
  *count_out = *must_out = 0;
  for (uint32_t i = 0; i < m->count; i++) {
    struct model_event *e = &m->events[i];
    if (!model_shows(m, e, now_us)) continue;
    list[(*count_out)++] = e;
    if (!e->may_be_gone) ++*must_out;
  }
  sorting = m;
  if (*count_out) qsort(list, *count_out, sizeof(struct model_event *), by_place);
  return list;
}

/* ---- Small values ---- */

int64_t model_value_get(const struct model_value *values, uint32_t count, struct slice name) {
  for (uint32_t i = 0; i < count; i++)
    if (slice_equal(values[i].name, name)) return values[i].candidates[0];
  return -1;
}

void model_value_set(struct model *m, struct model_value *values, uint32_t *count, struct slice name, int64_t value,
                     bool certain) {
  uint32_t i = 0;
  while (i < *count && !slice_equal(values[i].name, name)) i++;
  if (i == *count) values[(*count)++] = (struct model_value){arena_copy(&m->arena, name), {-1}, 1};
  struct model_value *v = &values[i];
  if (certain) {
    v->candidates[0] = value;
    v->count = 1;
  } else if (v->count < MODEL_CANDIDATES) {
    v->candidates[v->count++] = value;
  }
}

bool model_value_found(struct model_value *v, int64_t value) {
  for (uint32_t i = 0; i < v->count; i++) {
    if (v->candidates[i] != value) continue;
    v->candidates[0] = value;
    v->count = 1;
    return true;
  }
  return false;
}
