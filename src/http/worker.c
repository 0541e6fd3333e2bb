/* The pool that runs handlers which may take long, off the network threads. */
#include <assert.h>
#include <stdlib.h>

#include "http/internal.h"

int worker_submit(struct http_request *r, struct error *err) {
  struct http_server *s = r->server;
  if (atomic_load(&s->answer_bytes) > LIMIT_ANSWERS_BYTES) {
    counters_refuse(s, REFUSED_ANSWERS);
    return error_set(err, ERR_BUSY, "too many large answers are being sent");
  }
  pthread_mutex_lock(&s->lock);
  bool full = s->job_count >= LIMIT_JOBS || s->workers_stop;
  pthread_mutex_unlock(&s->lock);
  if (full || http_wait(r)) {
    counters_refuse(s, REFUSED_JOBS);
    return error_set(err, ERR_BUSY, "too many requests are waiting");
  }
  watch_client(r, true); /* also while it waits: work for nobody is not begun */
  pthread_mutex_lock(&s->lock);
  r->next_job = NULL;
  *s->jobs_tail = r;
  s->jobs_tail = &r->next_job;
  s->job_count++;
  pthread_cond_signal(&s->job_added);
  pthread_mutex_unlock(&s->lock);
  return 0;
}

int http_work(struct http_request *r, int (*work)(struct http_request *r, void *context, struct error *err),
              struct error *err) {
  r->work = work;
  int code = worker_submit(r, err);
  if (code) r->work = NULL;
  return code;
}

static struct http_request *next_job(struct http_server *s, bool was_busy) {
  pthread_mutex_lock(&s->lock);
  if (was_busy) s->busy_workers--;
  while (!s->jobs && !s->workers_stop) pthread_cond_wait(&s->job_added, &s->lock);
  struct http_request *r = s->jobs;
  if (r) {
    s->jobs = r->next_job;
    if (!s->jobs) s->jobs_tail = &s->jobs;
    s->job_count--;
    s->busy_workers++;
  }
  pthread_mutex_unlock(&s->lock);
  return r;
}

static int do_work(struct http_request *r) {
  void *context = r->server->config.context;
  if (atomic_load(&r->cancelled)) return error_set(&r->error, ERR_CANCELLED, "the client is gone");
  return r->work ? r->work(r, context, &r->error) : r->route->handle(r, context, &r->error);
}

static void run_job(struct http_request *r) {
  int code = do_work(r);
  watch_client(r, false);
  if (code)
    request_fail(r, code);
  else if (!r->work)
    answer_compress(r);
  r->work = NULL;
  http_wake(r);
}

static void *run_worker(void *server) {
  struct http_request *r = NULL;
  while ((r = next_job(server, r != NULL))) run_job(r);
  return NULL;
}

int workers_start(struct http_server *s, unsigned count) {
  s->jobs_tail = &s->jobs;
  s->workers = calloc(count, sizeof *s->workers);
  if (!s->workers) abort();
  for (unsigned i = 0; i < count; i++) {
    if (pthread_create(&s->workers[i], NULL, run_worker, s)) return ERR_BUSY;
    s->worker_count++;
  }
  return 0;
}

void workers_stop(struct http_server *s) {
  pthread_mutex_lock(&s->lock);
  s->workers_stop = true;
  pthread_cond_broadcast(&s->job_added);
  pthread_mutex_unlock(&s->lock);
  for (unsigned i = 0; i < s->worker_count; i++) pthread_join(s->workers[i], NULL);
  assert(!s->jobs);
  free(s->workers);
  s->workers = NULL;
  s->worker_count = 0;
}
