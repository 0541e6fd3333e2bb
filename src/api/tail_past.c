/* The past thread: reads from the store for tails that resume or fell behind, a piece for each in turn, and hands them
 * over to the live thread once they have everything. */
#include "api/tail.h"

enum { IDLE_MS = 5 }; /* between looks at clients that have enough waiting */

/* The next tail of the past whose client has room, after `last` (a number, for tails come and go). */
static struct tail *next_tail(struct tail_hub *h, uint32_t *turn) {
  for (uint32_t tries = 0; tries < h->count; tries++) {
    struct tail *t = h->tails;
    *turn = (*turn + 1) % h->count;
    for (uint32_t i = 0; i < *turn; i++) t = t->next;
    if (t->state == TAIL_PAST && http_feed_waiting(t->feed) < TAIL_PAST_BYTES) return t;
  }
  return NULL;
}

static bool any_past(const struct tail_hub *h) {
  for (const struct tail *t = h->tails; t; t = t->next)
    if (t->state == TAIL_PAST) return true;
  return false;
}

/* Writes events until the client has enough. ERR_BUSY then. */
static int write_events(struct tail_hub *h, struct tail *t, const struct event *events, uint32_t count) {
  struct buffer frame, scratch;
  int code = 0;
  buffer_init(&frame, 32 * LIMIT_EVENT_BYTES);
  buffer_init(&scratch, 16 * LIMIT_EVENT_BYTES);
  for (uint32_t i = 0; i < count && code == 0; i++) {
    const struct event *e = &events[i];
    buffer_clear(&frame);
    tail_append_frame(h, e, &scratch, &frame);
    code = http_feed_write(t->feed, buffer_slice(&frame));
    if (code) break;
    tail_move(t, &(struct commit_position){
                     .received_at_us = e->received_at_us, .tenant = event_text(e, FIELD_TENANT), .seq = e->seq});
    t->spoke_us = os_monotonic_us(h->api->os);
    atomic_fetch_add(&h->events, 1);
  }
  buffer_free(&frame);
  buffer_free(&scratch);
  return code;
}

static void warn(struct tail *t, uint32_t damages) {
  if (t->warned || damages == 0) return;
  t->warned = http_feed_write(t->feed, SLICE("event: warning\ndata: {\"reason\":\"damaged\",\"detail\":\"stored events "
                                             "that could not be read are missing here\"}\n\n")) == 0;
}

/* Reads a piece. True where the tail has everything up to *to_us; false where it goes on, or failed (*code_out). */
static bool read_piece(struct tail_hub *h, struct tail *t, struct arena *arena, int64_t *to_us, int *code_out) {
  struct snapshot *snapshot;
  struct event *events;
  uint32_t count = 0, limit = TAIL_PAST_EVENTS;
  bool more = false;
  struct read_query query = {.scope = &t->principal.read,
                             .filter = &t->filter,
                             .from_us = INSTANT_MIN,
                             .to_us = INSTANT_MAX,
                             .cancelled = http_cancelled(t->request)};
  *to_us = store_last_commit(h->api->store);
  *code_out = snapshot_open(h->api->store, &snapshot);
  if (*code_out) return false;
  do { /* so many large events do not fit at once */
    arena_reset(arena);
    *code_out = read_commits(snapshot, &query, &t->position, *to_us, limit, arena, &events, &count, &more, NULL);
    limit /= 4;
  } while (*code_out == ERR_TOO_LARGE && limit > 0);
  if (*code_out == 0) {
    warn(t, query.damage_count);
    *code_out = write_events(h, t, events, count);
  }
  snapshot_close(snapshot);
  if (*code_out || more) return false;
  if (t->position.received_at_us < *to_us || !t->position.whole_group)
    tail_move(t, &(struct commit_position){.received_at_us = *to_us, .whole_group = true});
  return true;
}

static void serve(struct tail_hub *h, struct tail *t, struct arena *arena) {
  int64_t to_us;
  int code;
  bool complete = read_piece(h, t, arena, &to_us, &code);
  pthread_mutex_lock(&h->lock);
  if (code == ERR_CANCELLED)
    tail_finish(h, t, TAIL_GONE);
  else if (code && code != ERR_BUSY)
    tail_finish(h, t, TAIL_FAILED);
  else if (complete && t->position.received_at_us >= h->floor_us)
    t->state = TAIL_LIVE;
  pthread_mutex_unlock(&h->lock);
  if (complete) tail_poke(h);
}

/* Waits for something to do; NULL: nothing to read now. */
static struct tail *take(struct tail_hub *h, uint32_t *turn) {
  struct tail *t = NULL;
  pthread_mutex_lock(&h->lock);
  while (!h->closed && !any_past(h)) pthread_cond_wait(&h->past_wake, &h->lock);
  if (!h->closed) t = next_tail(h, turn);
  if (!h->closed && !t) { /* every client has enough: look again when some may have been read */
    int64_t until_us = os_monotonic_us(h->api->os) + IDLE_MS * 1000;
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = (long)(until_us % 1000000) * 1000};
    pthread_cond_timedwait(&h->past_wake, &h->lock, &until);
  }
  pthread_mutex_unlock(&h->lock);
  return t;
}

/* Its own tails are looked after like those of the live thread. */
static void look_after_all(struct tail_hub *h, bool recheck_due) {
  pthread_mutex_lock(&h->lock);
  int64_t now_us = os_monotonic_us(h->api->os);
  struct tail *next;
  for (struct tail *t = h->tails; t; t = next) {
    next = t->next;
    if (t->state != TAIL_PAST) continue;
    enum tail_end end = tail_look_after(h, t, now_us, recheck_due);
    if (end != TAIL_GOES_ON) tail_finish(h, t, end);
  }
  pthread_mutex_unlock(&h->lock);
}

void *tail_run_past(void *hub) {
  struct tail_hub *h = hub;
  struct arena arena;
  uint32_t turn = 0;
  int64_t looked_us = 0, rechecked_us = 0;
  pthread_setname_np(pthread_self(), "tail-past");
  arena_init(&arena, 4 * API_EVENT_ARENA_BYTES);
  for (;;) {
    struct tail *t = take(h, &turn);
    if (t) serve(h, t, &arena);
    int64_t now_us = os_monotonic_us(h->api->os);
    pthread_mutex_lock(&h->lock);
    bool closed = h->closed, look = h->stopping || now_us - looked_us >= 500000;
    pthread_mutex_unlock(&h->lock);
    if (closed) break;
    if (!look) continue;
    looked_us = now_us;
    bool recheck_due = now_us - rechecked_us >= TAIL_RECHECK_US;
    if (recheck_due) rechecked_us = now_us;
    look_after_all(h, recheck_due);
  }
  arena_free(&arena);
  return NULL;
}
