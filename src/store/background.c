/* The background thread: seals memtables as they fill, compacts, purges. A failure is counted and tried again with the
 * next round; data stays where it was. */
#include <errno.h>
#include <time.h>

#include "store/internal.h"

enum { ROUND_S = 60 /* between looks at retention when nothing else happens */, RETRY_S = 2 };

bool store_run_background(struct store *s, struct error *err) {
  bool done = false;
  int rc = seal_oldest(s, &done, err);
  if (rc == 0 && !done) rc = compact_once(s, &done, err);
  if (rc == 0 && !done) rc = retain_once(s, &done, err);
  if (rc == ERR_CORRUPT) atomic_fetch_add(&s->counters.damages, 1);
  return rc == 0 && done;
}

/* Waits until woken or the time is over. */
static void rest(struct store *s, int seconds) {
  int64_t until_us = os_monotonic_us(s->os) + (int64_t)seconds * 1000000;
  struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = (long)(until_us % 1000000) * 1000};
  pthread_mutex_lock(&s->lock);
  while (!s->background_wake && !atomic_load(&s->stop_background))
    if (pthread_cond_timedwait(&s->changed, &s->lock, &until) == ETIMEDOUT) break;
  s->background_wake = false;
  pthread_mutex_unlock(&s->lock);
}

static void *run_background(void *arg) {
  struct store *s = arg;
  pthread_setname_np(pthread_self(), "background");
  while (!atomic_load(&s->stop_background)) {
    struct error err = {0};
    if (store_run_background(s, &err)) continue;
    rest(s, err.code ? RETRY_S : ROUND_S);
  }
  return NULL;
}

int background_start(struct store *s) {
  s->background_running = true;
  if (pthread_create(&s->background, NULL, run_background, s) == 0) return 0;
  s->background_running = false;
  return ERR_INTERNAL;
}

void background_wake(struct store *s) {
  pthread_mutex_lock(&s->lock);
  s->background_wake = true;
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->lock);
}

void background_stop(struct store *s) {
  if (!s->background_running) return;
  atomic_store(&s->stop_background, true);
  background_wake(s);
  pthread_join(s->background, NULL);
  pthread_mutex_lock(&s->lock);
  s->background_running = false;
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->lock);
}
