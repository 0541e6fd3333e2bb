/* The two background threads: one seals memtables as they fill, the other compacts and purges, at a lower priority, so
 * that a long merge never keeps writers waiting for a seal. What failed is tried again with the next round, and
 * data stays where it was; damage is counted. */
#include <errno.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "store/internal.h"

enum {
  ROUND_S = 60, /* between looks at retention when nothing else happens */
  RETRY_S = 2,
  AGE_ROUND_S = 1,      /* between looks at the age of the active memtable */
  SEAL_AGE_S = 5,       /* a memtable so old is sealed before it is full: segments are smaller and have indexes */
  SEAL_AGE_ROWS = 8192, /* but not for fewer rows, which are searched fast as they are */
  COMPACTOR_NICE = 10,
};

static bool settle(struct store *s, int rc, bool done) {
  if (rc == ERR_CORRUPT) atomic_fetch_add(&s->counters.damages, 1);
  return rc == 0 && done;
}

/* Asks for the active memtable to be handed over where it has been worth sealing for long enough. */
static void ask_by_age(struct store *s) {
  struct background *b = &s->sealer;
  pthread_mutex_lock(&s->lock);
  uint64_t generation = memtable_generation(s->active);
  bool worth = memtable_rows(s->active) >= SEAL_AGE_ROWS;
  pthread_mutex_unlock(&s->lock);
  int64_t now_us = os_monotonic_us(s->os);
  if (!worth || generation != b->aging_generation) {
    b->aging_generation = worth ? generation : 0;
    b->aging_since_us = now_us;
    return;
  }
  if (now_us - b->aging_since_us < (int64_t)SEAL_AGE_S * 1000000) return;
  b->aging_since_us = now_us;
  pthread_mutex_lock(&s->queue_lock);
  s->rotate_wanted = true;
  pthread_mutex_unlock(&s->queue_lock);
  commit_wake(s);
}

static bool run_sealing(struct store *s, struct error *err) {
  bool done = false;
  int rc = seal_oldest(s, &done, err);
  return settle(s, rc, done);
}

static bool run_compaction(struct store *s, struct error *err) {
  bool done = false;
  int rc = compact_once(s, &done, err);
  if (rc == 0 && !done) rc = retain_once(s, &done, err);
  return settle(s, rc, done);
}

bool store_run_background(struct store *s, struct error *err) {
  return run_sealing(s, err) || ((!err || err->code == 0) && run_compaction(s, err));
}

/* Waits until woken or the time is over. */
static void rest(struct background *b, int seconds) {
  struct store *s = b->store;
  int64_t until_us = os_monotonic_us(s->os) + (int64_t)seconds * 1000000;
  struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = (long)(until_us % 1000000) * 1000};
  pthread_mutex_lock(&s->lock);
  while (!b->wake && !atomic_load(&s->stop_background))
    if (pthread_cond_timedwait(&s->changed, &s->lock, &until) == ETIMEDOUT) break;
  b->wake = false;
  pthread_mutex_unlock(&s->lock);
}

static void *run_background(void *arg) {
  struct background *b = arg;
  bool compacts = b == &b->store->compactor;
  pthread_setname_np(pthread_self(), compacts ? "compact" : "seal");
  if (compacts) setpriority(PRIO_PROCESS, (id_t)gettid(), COMPACTOR_NICE); /* a thread has its own on Linux */
  while (!atomic_load(&b->store->stop_background)) {
    struct error err = {0};
    if (compacts ? run_compaction(b->store, &err) : run_sealing(b->store, &err)) {
      background_wake(b->store); /* a seal gives the compactor work, a merge lets waiting writers go on */
      continue;
    }
    if (!compacts) ask_by_age(b->store);
    rest(b, err.code ? RETRY_S : compacts ? ROUND_S : AGE_ROUND_S);
  }
  return NULL;
}

static int start(struct store *s, struct background *b) {
  b->store = s;
  b->running = pthread_create(&b->thread, NULL, run_background, b) == 0;
  return b->running ? 0 : ERR_INTERNAL;
}

int background_start(struct store *s) {
  s->background_running = true;
  int rc = start(s, &s->sealer);
  if (rc == 0) rc = start(s, &s->compactor);
  if (rc) background_stop(s);
  return rc;
}

void background_wake(struct store *s) {
  pthread_mutex_lock(&s->lock);
  s->sealer.wake = s->compactor.wake = true;
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

void background_stop(struct store *s) {
  if (!s->background_running) return;
  atomic_store(&s->stop_background, true);
  background_wake(s);
  if (s->sealer.running) pthread_join(s->sealer.thread, NULL);
  if (s->compactor.running) pthread_join(s->compactor.thread, NULL);
  pthread_mutex_lock(&s->lock);
  s->background_running = false;
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->lock);
}
