/* The threads that run export jobs, and remove what has expired. */
#include <sodium.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/exports.h"

enum {
  EXPORT_NICE = 10,                     /* users and writers come first */
  EXPORT_CHECK_BYTES = 4 * 1024 * 1024, /* written between looks at the disk and the owner's rights */
  EXPORT_WRITE_BYTES = 256 * 1024,
  EXPORT_LOOK_MS = 1000,
};
/* The room that an export leaves: twice of what writing events needs, so that it is never an export that stops them. */
static const uint64_t EXPORT_FREE_BYTES = 2 * (uint64_t)LIMIT_FREE_DISK_BYTES;

struct run {
  struct export_jobs *jobs;
  struct export_job *job;
  struct export x;
  struct arena arena; /* of the filter, the columns and the owner's scope */
  struct principal principal;
  struct os_file *file;
  struct buffer pending;
  uint64_t offset, checked_bytes;
  struct error err;
};

/* ---- The owner's scope ---- */

static void hash_text(crypto_generichash_state *s, struct slice text) {
  uint64_t len = text.len;
  crypto_generichash_update(s, (const unsigned char *)&len, sizeof len);
  crypto_generichash_update(s, (const unsigned char *)text.data, text.len);
}

static void hash_list(crypto_generichash_state *s, const struct slice *items, uint32_t count) {
  crypto_generichash_update(s, (const unsigned char *)&count, sizeof count);
  for (uint32_t i = 0; i < count; i++) hash_text(s, items[i]);
}

void scope_digest(const struct scope *scope, char out[EXPORT_SCOPE_BYTES]) {
  crypto_generichash_state s;
  unsigned char hash[32];
  crypto_generichash_init(&s, NULL, 0, sizeof hash);
  for (uint32_t i = 0; i < scope->grant_count; i++) {
    const struct scope_grant *g = &scope->grants[i];
    hash_text(&s, g->subtree);
    hash_list(&s, g->logs, g->log_count);
    hash_list(&s, g->products, g->product_count);
  }
  crypto_generichash_final(&s, hash, sizeof hash);
  sodium_bin2hex(out, EXPORT_SCOPE_BYTES, hash, sizeof hash);
}

static int refused(struct error *err) {
  return error_set(err, ERR_FORBIDDEN, "you may not export any more, or see other events than before; export again");
}

/* Whether the owner still may what it could when the job began to run. */
static int check_owner(struct run *run) {
  struct arena arena;
  struct principal now;
  char digest[EXPORT_SCOPE_BYTES] = "";
  arena_init(&arena, 8 * 1024 * 1024);
  int code = access_refresh(run->jobs->api->access, &run->job->owner, &arena, &now, NULL);
  if (code == 0) scope_digest(principal_scope(&now, RIGHT_EXPORT), digest);
  arena_free(&arena);
  return code || strcmp(digest, run->job->scope) != 0 ? refused(&run->err) : 0;
}

/* ---- Writing ---- */

static int check_room(struct run *run) {
  const struct os *os = run->jobs->api->os;
  uint64_t free_bytes;
  if (os->free_bytes(os->context, run->jobs->dir, &free_bytes) || free_bytes >= EXPORT_FREE_BYTES) return 0;
  return error_set(&run->err, ERR_DISK_FULL, "the disk is too full for an export");
}

static int write_pending(struct run *run) {
  const struct os *os = run->jobs->api->os;
  int code = os_write(os, run->file, run->offset, run->pending.data, run->pending.len);
  if (code) return error_set(&run->err, code, "write the export: %s", error_text(code));
  run->offset += run->pending.len;
  atomic_fetch_add(&run->jobs->written_bytes, run->pending.len);
  buffer_clear(&run->pending);
  pthread_mutex_lock(&run->jobs->lock);
  run->job->events = run->x.written;
  run->job->bytes = run->offset;
  pthread_mutex_unlock(&run->jobs->lock);
  if (run->offset - run->checked_bytes < EXPORT_CHECK_BYTES) return 0;
  run->checked_bytes = run->offset;
  code = check_room(run);
  return code ? code : check_owner(run);
}

static int take_bytes(void *arg, struct slice bytes) {
  struct run *run = arg;
  buffer_append_slice(&run->pending, bytes);
  if (run->pending.overflowed) return ERR_TOO_LARGE;
  return run->pending.len >= EXPORT_WRITE_BYTES ? write_pending(run) : 0;
}

/* ---- A job ---- */

static int open_question(struct run *run) {
  struct export_job *job = run->job;
  struct api *a = run->jobs->api;
  struct question *q = &run->x.question;
  q->now_us = job->created_us;
  q->tz = job->tz;
  q->query = (struct read_query){.scope = principal_scope(&run->principal, RIGHT_EXPORT),
                                 .filter = &q->filter,
                                 .from_us = job->from_us,
                                 .to_us = job->to_us,
                                 .cancelled = &job->stop,
                                 .memory_bytes = a->query_bytes};
  int code = query_parse(job->q, job->created_us, &run->arena, &q->filter, NULL, &run->err);
  return code ? code : snapshot_open(a->store, &q->snapshot);
}

/* The rights of now, not those of when it was asked for. */
static int open_run(struct run *run) {
  struct export_job *job = run->job;
  struct export_jobs *j = run->jobs;
  char path[3300], digest[EXPORT_SCOPE_BYTES];
  int code = access_refresh(j->api->access, &job->owner, &run->arena, &run->principal, NULL);
  if (code || !(run->principal.rights & RIGHT_EXPORT)) return refused(&run->err);
  scope_digest(principal_scope(&run->principal, RIGHT_EXPORT), digest);
  run->x.format = job->format;
  run->x.order = job->order;
  run->x.form = EVENT_STORED;
  run->x.with_bom = job->with_bom;
  code = check_room(run);
  if (code == 0) code = open_question(run);
  if (code == 0) code = export_count(&run->x, &run->err);
  if (code == 0) code = export_open(&run->x, &run->arena, &run->err);
  if (code) return code;
  pthread_mutex_lock(&j->lock);
  memcpy(job->scope, digest, sizeof job->scope);
  job->expected = run->x.count;
  job->events = job->bytes = 0;
  pthread_mutex_unlock(&j->lock);
  job_path(j, job->id, "part", path);
  (void)j->api->os->remove(j->api->os->context, path);
  return os_open(j->api->os, path, OS_CREATE, &run->file);
}

/* The file becomes whole by its name: written, synced, renamed. */
static int finish_file(struct run *run) {
  const struct os *os = run->jobs->api->os;
  char part[3300], data[3300];
  job_path(run->jobs, run->job->id, "part", part);
  job_path(run->jobs, run->job->id, "data", data);
  int code = write_pending(run);
  if (code == 0) code = check_owner(run);
  if (code == 0) code = os_sync(os, run->file);
  if (code == 0) code = os->rename(os->context, part, data);
  return code ? code : os->sync_dir(os->context, run->jobs->dir);
}

static int run_export(struct run *run) {
  export_init(&run->x);
  arena_init(&run->arena, 64 * 1024 * 1024);
  buffer_init(&run->pending, 32 * 1024 * 1024);
  int code = open_run(run);
  if (code == 0) code = export_produce(&run->x, take_bytes, run, &run->err);
  if (code == 0) code = finish_file(run);
  os_close(run->jobs->api->os, run->file);
  buffer_free(&run->pending);
  export_close(&run->x);
  arena_free(&run->arena);
  return code;
}

/* What the owner is told; of the server's inner workings no more than the kind. */
static const char *reason_of(const struct run *run, int code) {
  switch (code) {
    case ERR_FORBIDDEN:
    case ERR_DISK_FULL:
    case ERR_TOO_LARGE:
    case ERR_INVALID: return run->err.message[0] ? run->err.message : error_text(code);
    case ERR_CORRUPT: return "stored data that this export needs is damaged";
    default: return "internal error";
  }
}

static void end_job(struct run *run, int code) {
  struct export_jobs *j = run->jobs;
  struct export_job *job = run->job;
  char path[3300];
  pthread_mutex_lock(&j->lock);
  if (code) {
    job_path(j, job->id, "part", path);
    (void)j->api->os->remove(j->api->os->context, path);
  }
  if (job->removed) {
    job_remove_files(j, job);
  } else if (code && j->stopping && job->state == JOB_RUNNING) { /* it begins anew after the restart */
    job->state = JOB_QUEUED;
  } else if (job->state == JOB_RUNNING) {
    job->state = code ? JOB_FAILED : JOB_DONE;
    job->events = run->x.written;
    if (code) snprintf(job->reason, sizeof job->reason, "%s", reason_of(run, code));
    atomic_fetch_add(&j->ended[job->state], 1);
    if (job_save(j, job, NULL) && job->state == JOB_DONE) { /* it would run again: then it is not done */
      job->state = JOB_FAILED;
      snprintf(job->reason, sizeof job->reason, "the disk took the file, but not that it is done; export again");
    }
  }
  pthread_mutex_unlock(&j->lock);
}

static struct export_job *next_queued(struct export_jobs *j) {
  struct export_job *job = j->jobs;
  while (job && job->state != JOB_QUEUED) job = job->next;
  return job;
}

static void expire(struct export_jobs *j) {
  int64_t now_us = os_now_us(j->api->os);
  struct export_job *next;
  for (struct export_job *job = j->jobs; job; job = next) {
    next = job->next;
    if (now_us < job->expires_us) continue;
    atomic_store(&job->stop, true);
    if (job->state != JOB_RUNNING) job_forget(j, job);
  }
}

/* Waits for a job; NULL when the server stops. */
static struct export_job *take_job(struct export_jobs *j) {
  struct export_job *job = NULL;
  pthread_mutex_lock(&j->lock);
  while (!j->stopping && !(job = next_queued(j))) {
    int64_t until_us = os_monotonic_us(j->api->os) + EXPORT_LOOK_MS * 1000;
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = (long)(until_us % 1000000) * 1000};
    expire(j);
    pthread_cond_timedwait(&j->wake, &j->lock, &until);
  }
  if (job) {
    job->state = JOB_RUNNING;
    job->users++;                 /* nobody frees it meanwhile */
    (void)job_save(j, job, NULL); /* where it fails the job is still queued on disk, which comes to the same */
  }
  pthread_mutex_unlock(&j->lock);
  return job;
}

void *jobs_run(void *jobs) {
  struct export_jobs *j = jobs;
  struct export_job *job;
  pthread_setname_np(pthread_self(), "export");
  setpriority(PRIO_PROCESS, (id_t)gettid(), EXPORT_NICE); /* a thread has its own on Linux */
  while ((job = take_job(j))) {
    struct run run = {.jobs = j, .job = job};
    end_job(&run, run_export(&run));
    job_release(j, job);
  }
  return NULL;
}
