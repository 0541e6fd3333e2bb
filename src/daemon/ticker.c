#include "daemon/ticker.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct ticker {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t stopped_changed; /* on the monotonic clock */
  bool stopped;
  unsigned delay_ms;
  unsigned (*tick)(void *arg);
  void *arg;
};

/* False once the ticker was stopped; true after the delay. */
static bool wait_for_turn(struct ticker *t) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += t->delay_ms / 1000;
  until.tv_nsec += (long)(t->delay_ms % 1000) * 1000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_nsec -= 1000000000;
    until.tv_sec++;
  }
  pthread_mutex_lock(&t->lock);
  int status = 0;
  while (!t->stopped && status != ETIMEDOUT) status = pthread_cond_timedwait(&t->stopped_changed, &t->lock, &until);
  bool goes_on = !t->stopped;
  pthread_mutex_unlock(&t->lock);
  return goes_on;
}

static void *run(void *arg) {
  struct ticker *t = arg;
  while (wait_for_turn(t)) t->delay_ms = t->tick(t->arg);
  return NULL;
}

struct ticker *ticker_start(unsigned first_ms, unsigned (*tick)(void *arg), void *arg) {
  struct ticker *t = calloc(1, sizeof *t);
  if (!t) abort();
  *t = (struct ticker){.delay_ms = first_ms, .tick = tick, .arg = arg};
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&t->stopped_changed, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&t->lock, NULL);
  if (pthread_create(&t->thread, NULL, run, t) != 0) abort();
  return t;
}

void ticker_stop(struct ticker *t) {
  if (!t) return;
  pthread_mutex_lock(&t->lock);
  t->stopped = true;
  pthread_cond_signal(&t->stopped_changed);
  pthread_mutex_unlock(&t->lock);
  pthread_join(t->thread, NULL);
  pthread_cond_destroy(&t->stopped_changed);
  pthread_mutex_destroy(&t->lock);
  free(t);
}
