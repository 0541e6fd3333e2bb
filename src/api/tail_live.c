/* The live thread: new commit groups to the tails that have everything before them. */
#include <stdlib.h>

#include "api/holder.h"
#include "api/tail.h"

/* ---- From the committer ---- */

void tail_hear(void *hub, int64_t received_us, struct slice records) {
  struct tail_hub *h = hub;
  pthread_mutex_lock(&h->ring_lock);
  if (h->ring_bytes + records.len > TAIL_RING_BYTES) { /* the past thread will read it from the store */
    h->gap_us = received_us;
  } else {
    struct raw_group *g = calloc(1, sizeof *g);
    if (!g) abort();
    g->received_us = received_us;
    buffer_init(&g->records, TAIL_RING_BYTES);
    buffer_append_slice(&g->records, records);
    *h->ring_tail = g;
    h->ring_tail = &g->next;
    h->ring_bytes += records.len;
  }
  pthread_cond_signal(&h->live_wake);
  pthread_mutex_unlock(&h->ring_lock);
}

void tail_poke(struct tail_hub *h) {
  pthread_mutex_lock(&h->ring_lock);
  h->poked = true;
  pthread_cond_signal(&h->live_wake);
  pthread_mutex_unlock(&h->ring_lock);
}

static void free_raw(struct raw_group *g) {
  buffer_free(&g->records);
  free(g);
}

/* Waits for groups, a poke or the next look at the clock; takes what waits. */
static struct raw_group *take_ring(struct tail_hub *h, int64_t *gap_us_out) {
  int64_t until_us = os_monotonic_us(h->api->os) + 500000;
  struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = (long)(until_us % 1000000) * 1000};
  pthread_mutex_lock(&h->ring_lock);
  while (!h->ring && !h->poked && h->gap_us == 0)
    if (pthread_cond_timedwait(&h->live_wake, &h->ring_lock, &until)) break;
  struct raw_group *first = h->ring;
  *gap_us_out = h->gap_us;
  h->ring = NULL;
  h->ring_tail = &h->ring;
  h->ring_bytes = 0;
  h->gap_us = 0;
  h->poked = false;
  pthread_mutex_unlock(&h->ring_lock);
  return first;
}

/* ---- Groups ---- */

static void free_group(struct live_group *g) {
  for (uint32_t i = 0; i < g->count; i++) free((void *)(uintptr_t)g->frames[i].data);
  free(g->frames);
  free(g->events);
  arena_free(&g->arena);
  buffer_free(&g->records);
  free(g);
}

void tail_free_groups(struct tail_hub *h) {
  for (uint32_t i = 0; i < h->group_count; i++) free_group(h->groups[i]);
  h->group_count = 0;
  h->group_bytes = 0;
  pthread_mutex_lock(&h->ring_lock);
  h->gap_us = 0;
  h->ring_bytes = 0;
  while (h->ring) {
    struct raw_group *g = h->ring;
    h->ring = g->next;
    free_raw(g);
  }
  h->ring_tail = &h->ring;
  pthread_mutex_unlock(&h->ring_lock);
}

static int by_tenant_and_seq(const void *a, const void *b) {
  const struct event *x = a, *y = b;
  int c = slice_compare(event_text(x, FIELD_TENANT), event_text(y, FIELD_TENANT));
  return c ? c : (x->seq > y->seq) - (x->seq < y->seq);
}

/* Takes the records; they were decoded by the committer, so that they can be. */
static struct live_group *decode_group(struct raw_group *raw) {
  struct live_group *g = calloc(1, sizeof *g);
  if (!g) abort();
  g->received_us = raw->received_us;
  g->records = raw->records;
  free(raw);
  arena_init(&g->arena, SIZE_MAX / 2); /* bounded by the records */
  struct slice at = buffer_slice(&g->records);
  uint32_t capacity = 0;
  while (at.len > 0) {
    if (g->count == capacity) {
      capacity = capacity ? 2 * capacity : 16;
      g->events = realloc(g->events, capacity * sizeof *g->events);
      if (!g->events) abort();
    }
    if (event_decode(&at, &g->arena, &g->events[g->count], NULL)) break;
    g->count++;
  }
  qsort(g->events, g->count, sizeof *g->events, by_tenant_and_seq);
  g->frames = calloc(g->count + 1u, sizeof *g->frames);
  if (!g->frames) abort();
  return g;
}

static void drop_oldest(struct tail_hub *h) {
  h->floor_us = h->groups[0]->received_us;
  h->group_bytes -= h->groups[0]->records.len;
  free_group(h->groups[0]);
  memmove(h->groups, h->groups + 1, --h->group_count * sizeof *h->groups);
}

/* After this nothing before `us` is kept: whoever needs it reads it from the store. */
static void forget_groups(struct tail_hub *h, int64_t us) {
  while (h->group_count > 0 && h->groups[0]->received_us <= us) drop_oldest(h);
  if (h->floor_us < us) h->floor_us = us;
}

/* ---- Serving ---- */

static struct slice frame_of(struct tail_hub *h, struct live_group *g, uint32_t i) {
  if (g->frames[i].data) return g->frames[i];
  struct buffer frame, scratch;
  buffer_init(&frame, 32 * LIMIT_EVENT_BYTES);
  buffer_init(&scratch, 16 * LIMIT_EVENT_BYTES);
  tail_append_frame(h, &g->events[i], &scratch, &frame);
  buffer_free(&scratch);
  g->frames[i] = buffer_slice(&frame); /* taken; freed with the group */
  return g->frames[i];
}

static struct commit_position place_of(const struct event *e) {
  return (struct commit_position){
      .received_at_us = e->received_at_us, .tenant = event_text(e, FIELD_TENANT), .seq = e->seq};
}

/* Everything of a group that the tail wants; where its client is too slow, the past thread takes over. */
static void serve_group(struct tail_hub *h, struct tail *t, struct live_group *g, int64_t now_us) {
  for (uint32_t i = 0; i < g->count; i++) {
    const struct event *e = &g->events[i];
    if (!scope_covers_event(&t->principal.read, e) || !filter_matches(&t->filter, e)) continue;
    if (http_feed_write(t->feed, frame_of(h, g, i))) {
      t->state = TAIL_PAST;
      pthread_cond_signal(&h->past_wake);
      return;
    }
    struct commit_position place = place_of(e);
    tail_move(t, &place);
    t->spoke_us = now_us;
    atomic_fetch_add(&h->events, 1);
  }
  tail_move(t, &(struct commit_position){.received_at_us = g->received_us, .whole_group = true});
}

static void serve_tail(struct tail_hub *h, struct tail *t, int64_t now_us) {
  if (t->position.received_at_us < h->floor_us) {
    t->state = TAIL_PAST;
    pthread_cond_signal(&h->past_wake);
    return;
  }
  uint32_t first = h->group_count;
  while (first > 0 && h->groups[first - 1]->received_us > t->position.received_at_us) first--;
  for (uint32_t i = first; i < h->group_count && t->state == TAIL_LIVE; i++) serve_group(h, t, h->groups[i], now_us);
}

/* Whether the caller may still see what it did when the tail began. */
static enum tail_end recheck(struct tail_hub *h, const struct tail *t) {
  struct arena arena;
  struct principal now;
  arena_init(&arena, LIMIT_QUERY_BYTES * 64);
  enum tail_end end = TAIL_GOES_ON;
  if (access_refresh(h->api->access, &t->principal, &arena, &now, NULL))
    end = TAIL_CREDENTIAL;
  else if (!scope_same(&now.read, &t->principal.read))
    end = TAIL_ACCESS;
  arena_free(&arena);
  return end;
}

/* A heartbeat carries the position, too: a tail whose filter finds nothing does not begin anew from far back. */
static void beat(struct tail_hub *h, struct tail *t, int64_t now_us) {
  char id[TAIL_ID_BYTES];
  struct buffer frame;
  buffer_init(&frame, 2 * TAIL_ID_BYTES);
  tail_seal(h, &t->position, id);
  buffer_printf(&frame, ": heartbeat\nid: %s\n\n", id);
  if (http_feed_write(t->feed, buffer_slice(&frame)) == 0) t->spoke_us = now_us;
  buffer_free(&frame);
}

/* A client that reads nothing while much waits for it. */
static bool is_stuck(struct tail *t, int64_t now_us) {
  size_t waiting = http_feed_waiting(t->feed);
  if (waiting < TAIL_PAST_BYTES || waiting < t->stuck_bytes || t->stuck_since_us == 0) t->stuck_since_us = now_us;
  t->stuck_bytes = waiting;
  return waiting >= TAIL_PAST_BYTES && now_us - t->stuck_since_us > TAIL_STUCK_US;
}

enum tail_end tail_look_after(struct tail_hub *h, struct tail *t, int64_t now_us, bool recheck_due) {
  if (h->stopping) return TAIL_STOPPING;
  if (http_feed_gone(t->feed)) return TAIL_GONE;
  if (is_stuck(t, now_us)) return TAIL_SLOW;
  if (now_us - t->spoke_us >= TAIL_HEARTBEAT_US) beat(h, t, now_us);
  return recheck_due ? recheck(h, t) : TAIL_GOES_ON;
}

static void serve_all(struct tail_hub *h, bool look, bool recheck_due) {
  int64_t now_us = os_monotonic_us(h->api->os);
  struct tail *next;
  for (struct tail *t = h->tails; t; t = next) {
    next = t->next;
    if (t->state == TAIL_LIVE) serve_tail(h, t, now_us);
    if (t->state != TAIL_LIVE || !look) continue; /* the past thread looks after its own */
    enum tail_end end = tail_look_after(h, t, now_us, recheck_due);
    if (end != TAIL_GOES_ON) tail_finish(h, t, end);
  }
}

/* One round, with what the committer has handed over since the last. */
static void run_round(struct tail_hub *h, struct raw_group *raw, int64_t gap_us, bool look, bool recheck_due) {
  if (gap_us) forget_groups(h, gap_us);
  while (raw) {
    struct raw_group *next = raw->next;
    if (raw->received_us <= h->floor_us) {
      free_raw(raw);
    } else {
      if (h->group_count == TAIL_KEPT_GROUPS) {
        serve_all(h, false, false);
        drop_oldest(h);
      }
      h->group_bytes += raw->records.len;
      h->groups[h->group_count++] = decode_group(raw);
    }
    raw = next;
  }
  serve_all(h, look, recheck_due);
  while (h->group_count > 1 && h->group_bytes > TAIL_KEPT_BYTES) drop_oldest(h);
}

void *tail_run_live(void *hub) {
  struct tail_hub *h = hub;
  int64_t looked_us = 0, rechecked_us = 0;
  bool go_on = true;
  pthread_setname_np(pthread_self(), "tail-live");
  while (go_on) {
    int64_t gap_us;
    struct raw_group *raw = take_ring(h, &gap_us);
    pthread_mutex_lock(&h->lock);
    int64_t now_us = os_monotonic_us(h->api->os);
    bool look = h->stopping || now_us - looked_us >= 500000, recheck_due = now_us - rechecked_us >= TAIL_RECHECK_US;
    if (look) looked_us = now_us;
    if (look && recheck_due) rechecked_us = now_us;
    run_round(h, raw, gap_us, look, recheck_due);
    go_on = !h->closed;
    pthread_mutex_unlock(&h->lock);
  }
  return NULL;
}
