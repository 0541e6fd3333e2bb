#include "api/read_ahead.h"

#include <pthread.h>
#include <stdlib.h>

enum {
  BATCHES = 4,
  WORTH_A_THREAD = 1000,                   /* events */
  BATCH_BYTES = 4 * API_EVENT_ARENA_BYTES, /* a quarter of a MiB for each event, which is more than the largest takes */
};

struct batch {
  struct event events[CURSOR_BATCH];
  struct arena arena;
  uint32_t count;
  int code; /* of reading it: with ERR_END or a failure it is the last */
  struct error error;
};

/* Batches go round: the thread fills [filled % BATCHES], the caller works on [taken % BATCHES]. */
struct read_ahead {
  struct cursor *cursor;
  pthread_t thread;
  bool has_thread, started;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  uint64_t filled, taken; /* batches; taken counts those given back */
  bool stop;
  struct batch batches[BATCHES];
};

static void fill(struct read_ahead *a, struct batch *b) {
  arena_reset(&b->arena);
  error_clear(&b->error);
  b->code = cursor_next_many(a->cursor, &b->arena, b->events, CURSOR_BATCH, &b->count, &b->error);
}

static void *run(void *arg) {
  struct read_ahead *a = arg;
  bool last = false;
  pthread_setname_np(pthread_self(), "read-ahead");
  while (!last) {
    pthread_mutex_lock(&a->lock);
    while (!a->stop && a->filled - a->taken == BATCHES) pthread_cond_wait(&a->changed, &a->lock);
    last = a->stop;
    pthread_mutex_unlock(&a->lock);
    if (last) break;
    struct batch *b = &a->batches[a->filled % BATCHES]; /* nobody else writes `filled` */
    fill(a, b);
    last = b->code != 0;
    pthread_mutex_lock(&a->lock);
    a->filled++;
    pthread_cond_signal(&a->changed);
    pthread_mutex_unlock(&a->lock);
  }
  return NULL;
}

struct read_ahead *read_ahead_open(struct cursor *cursor, uint64_t events) {
  struct read_ahead *a = calloc(1, sizeof *a);
  if (!a) abort();
  a->cursor = cursor;
  pthread_mutex_init(&a->lock, NULL);
  pthread_cond_init(&a->changed, NULL);
  for (int i = 0; i < BATCHES; i++) arena_init(&a->batches[i].arena, BATCH_BYTES);
  a->has_thread = events >= WORTH_A_THREAD && pthread_create(&a->thread, NULL, run, a) == 0;
  return a;
}

static void join(struct read_ahead *a) {
  if (a->has_thread) pthread_join(a->thread, NULL);
  a->has_thread = false;
}

void read_ahead_close(struct read_ahead *a) {
  if (!a) return;
  pthread_mutex_lock(&a->lock);
  a->stop = true;
  pthread_cond_signal(&a->changed);
  pthread_mutex_unlock(&a->lock);
  join(a);
  for (int i = 0; i < BATCHES; i++) arena_free(&a->batches[i].arena);
  pthread_cond_destroy(&a->changed);
  pthread_mutex_destroy(&a->lock);
  free(a);
}

/* Gives the last batch back and waits for the next. */
static struct batch *take(struct read_ahead *a) {
  if (!a->has_thread) {
    fill(a, &a->batches[0]);
    return &a->batches[0];
  }
  pthread_mutex_lock(&a->lock);
  if (a->started) a->taken++;
  a->started = true;
  pthread_cond_signal(&a->changed);
  while (a->filled == a->taken) pthread_cond_wait(&a->changed, &a->lock);
  pthread_mutex_unlock(&a->lock);
  return &a->batches[a->taken % BATCHES];
}

int read_ahead_next(struct read_ahead *a, const struct event **out, uint32_t *count_out, struct error *err) {
  struct batch *b = take(a);
  *out = b->events;
  *count_out = b->count;
  if (b->code == 0) return 0;
  *count_out = 0;
  join(a);
  if (err && b->code != ERR_END) *err = b->error;
  return b->code;
}
