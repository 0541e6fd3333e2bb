/* /v1/exports: large exports as jobs of the server; each owner sees its own alone. */
#include "api/exports.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/holder.h"
#include "api/reading.h"
#include "base/document.h"
#include "base/utf8.h"

/* ---- Finding and showing ---- */

static bool is_owner(const struct principal *p, const struct export_job *job) {
  if (p->kind == PRINCIPAL_VIEWER && !slice_equal(p->session, job->owner.session)) return false;
  return p->kind == job->owner.kind && slice_equal(p->id, job->owner.id);
}

int job_find(struct http_request *r, struct export_jobs *j, struct export_job **out, struct error *err) {
  struct slice id = http_path_param(r, 0);
  struct export_job *job = j->jobs;
  while (job && !(slice_equal(slice_from(job->id), id) && is_owner(request_principal(r), job))) job = job->next;
  if (!job) return error_set(err, ERR_NOT_FOUND, "there is no such export");
  *out = job;
  return 0;
}

static void append_job(const struct export_job *job, struct buffer *out) {
  buffer_printf(out, "{\"id\":\"%s\",\"state\":\"%s\",\"events\":%llu,\"expected\":%llu,\"bytes\":%llu,\"q\":", job->id,
                job_state_name(job->state), (unsigned long long)job->events, (unsigned long long)job->expected,
                (unsigned long long)job->bytes);
  json_append_string(out, job->q);
  buffer_printf(out, ",\"format\":\"%s\",\"order\":\"%s\",\"tz\":", job->format == EXPORT_CSV ? "csv" : "ndjson",
                job->order == NEWEST_FIRST ? "newest" : "oldest");
  json_append_string(out, slice_from(job->tz));
  buffer_append_text(out, ",\"created_at\":");
  append_instant(out, job->created_us, 3);
  buffer_append_text(out, ",\"expires_at\":");
  append_instant(out, job->expires_us, 3);
  buffer_append_text(out, ",\"reason\":");
  if (job->reason[0])
    json_append_string(out, slice_from(job->reason));
  else
    buffer_append_text(out, "null");
  buffer_append_text(out, ",\"file\":");
  json_append_string(out, slice_from(job->file));
  buffer_append_char(out, '}');
}

int exports_list(struct http_request *r, void *api, struct error *err) {
  struct export_jobs *j = ((struct api *)api)->jobs;
  struct buffer *out = http_answer(r);
  struct export_job *own[EXPORT_JOBS_PER_OWNER + 1];
  uint32_t count = 0;
  (void)err;
  pthread_mutex_lock(&j->lock);
  for (struct export_job *job = j->jobs; job && count < EXPORT_JOBS_PER_OWNER; job = job->next)
    if (is_owner(request_principal(r), job)) own[count++] = job;
  buffer_append_text(out, "{\"exports\":[");
  while (count > 0) { /* newest first */
    append_job(own[--count], out);
    if (count > 0) buffer_append_char(out, ',');
  }
  buffer_append_text(out, "]}");
  pthread_mutex_unlock(&j->lock);
  return 0;
}

int exports_get(struct http_request *r, void *api, struct error *err) {
  struct export_jobs *j = ((struct api *)api)->jobs;
  struct export_job *job;
  pthread_mutex_lock(&j->lock);
  int code = job_find(r, j, &job, err);
  if (code == 0) append_job(job, http_answer(r));
  pthread_mutex_unlock(&j->lock);
  return code;
}

/* ---- Asking for one ---- */

static int body_object(struct http_request *r, const struct document **out, struct error *err) {
  static const char *const members[] = {"q", "from", "to", "tz", "format", "order", "bom"};
  char pointer[96];
  int code = document_read(http_body(r), http_arena(r), out, err);
  if (code) return code;
  if ((*out)->kind != DOCUMENT_OBJECT) return error_set_at(err, ERR_INVALID, "", "the body must be a JSON object");
  for (const struct document *m = (*out)->first; m; m = m->next) {
    size_t i = 0;
    while (i < sizeof members / sizeof *members && !slice_equal(m->name, slice_from(members[i]))) i++;
    if (i < sizeof members / sizeof *members) continue;
    snprintf(pointer, sizeof pointer, "/%.*s", SLICE_ARGS(utf8_clip(m->name, 64)));
    return error_set_at(err, ERR_INVALID, pointer, "there is no such member");
  }
  return 0;
}

/* A text; absent and null leave *out as it is. */
static int member_text(const struct document *d, const char *name, struct slice *out, struct error *err) {
  const struct document *m = document_member(d, name);
  char pointer[32];
  if (!m || m->kind == DOCUMENT_NULL) return 0;
  *out = m->text;
  if (m->kind == DOCUMENT_STRING) return 0;
  snprintf(pointer, sizeof pointer, "/%s", name);
  return error_set_at(err, ERR_INVALID, pointer, "must be a text");
}

static int member_flag(const struct document *d, const char *name, bool *out, struct error *err) {
  const struct document *m = document_member(d, name);
  char pointer[32];
  if (!m || m->kind == DOCUMENT_NULL) return 0;
  *out = slice_equal(m->text, SLICE("true"));
  if (m->kind == DOCUMENT_BOOL) return 0;
  snprintf(pointer, sizeof pointer, "/%s", name);
  return error_set_at(err, ERR_INVALID, pointer, "must be true or false");
}

static int member_choice(const struct document *d, const char *name, const char *first, const char *second,
                         bool *is_first_out, struct error *err) {
  struct slice text = slice_from(first);
  char pointer[32];
  int code = member_text(d, name, &text, err);
  if (code) return code;
  *is_first_out = slice_equal(text, slice_from(first));
  if (*is_first_out || slice_equal(text, slice_from(second))) return 0;
  snprintf(pointer, sizeof pointer, "/%s", name);
  return error_set_at(err, ERR_INVALID, pointer, "must be %s or %s", first, second);
}

static int member_time(const struct document *d, const char *name, const struct export_job *job, int64_t *out,
                       struct error *err) {
  struct slice text = {"", 0};
  char pointer[32];
  int code = member_text(d, name, &text, err);
  if (code || text.len == 0) return code;
  struct error why = {0};
  code = query_parse_instant(text, job->tz, job->created_us, out, &why);
  if (code == 0) return 0;
  snprintf(pointer, sizeof pointer, "/%s", name);
  return error_set_at(err, code, pointer, "%s", why.message);
}

static int check_filter(struct http_request *r, const struct export_job *job, struct error *err) {
  struct filter filter;
  struct error why = {0};
  uint32_t offset = 0;
  int code = query_parse(job->q, job->created_us, http_arena(r), &filter, &offset, &why);
  if (code == 0) return 0;
  http_problem_add(r, "position", offset);
  return error_set_at(err, ERR_INVALID, "/q", "%s", why.message);
}

static int parse_zone(const struct document *d, struct export_job *job, struct error *err) {
  struct slice zone = SLICE("UTC");
  int code = member_text(d, "tz", &zone, err);
  if (code) return code;
  job->tz = arena_string(&job->arena, zone.len ? zone : SLICE("UTC"));
  if (job->tz && strlen(job->tz) == (zone.len ? zone.len : 3) && query_zone_valid(job->tz)) return 0;
  return error_set_at(err, ERR_INVALID, "/tz", "must be the name of a time zone, such as Europe/Berlin");
}

static int parse_job(struct http_request *r, struct export_job *job, struct error *err) {
  const struct document *d;
  bool csv = true, newest = true;
  struct slice q = {"", 0};
  int code = body_object(r, &d, err);
  if (code == 0) code = parse_zone(d, job, err);
  if (code == 0) code = member_text(d, "q", &q, err);
  if (code == 0) code = member_choice(d, "format", "csv", "ndjson", &csv, err);
  if (code == 0) code = member_choice(d, "order", "newest", "oldest", &newest, err);
  if (code == 0) code = member_flag(d, "bom", &job->with_bom, err);
  job->from_us = INSTANT_MIN;
  job->to_us = INSTANT_MAX;
  if (code == 0) code = member_time(d, "from", job, &job->from_us, err);
  if (code == 0) code = member_time(d, "to", job, &job->to_us, err);
  if (code == 0 && job->from_us > job->to_us) code = error_set_at(err, ERR_INVALID, "/from", "lies after to");
  if (code) return code;
  job->q = arena_copy(&job->arena, q);
  job->format = csv ? EXPORT_CSV : EXPORT_NDJSON;
  job->order = newest ? NEWEST_FIRST : OLDEST_FIRST;
  export_name(job->created_us, job->tz, job->format, job->file);
  if (job->arena.overflowed) return error_set(err, ERR_TOO_LARGE, "q is too long");
  return check_filter(r, job, err);
}

/* A user may log out while it runs; a viewer's right ends with its session. */
static void set_owner(struct http_request *r, struct export_job *job) {
  const struct principal *p = request_principal(r);
  struct arena *arena = &job->arena;
  job->owner.kind = p->kind;
  job->owner.id = arena_copy(arena, p->id);
  job->owner.name = arena_copy(arena, p->name);
  job->owner.tenant = arena_copy(arena, p->tenant);
  job->owner.rights = p->rights & RIGHT_OPERATE; /* for holder_share */
  job->owner.session = p->kind == PRINCIPAL_VIEWER ? arena_copy(arena, p->session) : slice_of("", 0);
}

static void set_id(const struct os *os, struct export_job *job) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
  unsigned char random[16];
  os->random(os->context, random, sizeof random);
  snprintf(job->id, sizeof job->id, "exp_");
  for (size_t i = 0; i < sizeof random; i++) job->id[4 + i] = letters[random[i] % 32];
  job->id[4 + sizeof random] = '\0';
}

struct export_count {
  uint32_t kept, waiting;
};

static void count_job(struct export_count *c, const struct export_job *job) {
  c->kept++;
  c->waiting += job->state == JOB_QUEUED || job->state == JOB_RUNNING;
}

static int check_share(const struct export_jobs *j, const struct principal *p, struct error *err) {
  struct export_count own = {0, 0}, account = {0, 0};
  uint64_t share = holder_share(p);
  for (const struct export_job *job = j->jobs; job; job = job->next) {
    if (is_owner(p, job)) count_job(&own, job);
    if (share != 0 && holder_share(&job->owner) == share) count_job(&account, job);
  }
  if (j->count >= EXPORT_JOBS) return error_set(err, ERR_BUSY, "the server keeps too many exports");
  if (account.kept >= EXPORT_JOBS_PER_ACCOUNT)
    return error_set(err, ERR_BUSY, "your account keeps %d exports; some must be removed first",
                     EXPORT_JOBS_PER_ACCOUNT);
  if (own.kept >= EXPORT_JOBS_PER_OWNER)
    return error_set(err, ERR_CONFLICT, "you keep %d exports; remove one first", EXPORT_JOBS_PER_OWNER);
  if (own.waiting >= EXPORT_WAITING_PER_OWNER)
    return error_set(err, ERR_BUSY, "%d of your exports wait or run; try again when one is done",
                     EXPORT_WAITING_PER_OWNER);
  if (account.waiting >= EXPORT_WAITING_PER_ACCOUNT)
    return error_set(err, ERR_BUSY, "%d exports of your account wait or run; try again when one is done",
                     EXPORT_WAITING_PER_ACCOUNT);
  return 0;
}

static int record_job(struct http_request *r, struct api *a, const struct export_job *job, struct error *err) {
  struct filter filter;
  int code = query_parse(job->q, job->created_us, http_arena(r), &filter, NULL, err);
  if (code) return code;
  return reading_record_job(r, a, &filter, job->q, job->from_us, job->to_us, slice_from(job->id), slice_from(job->file),
                            err);
}

/* Puts the job on the list; what fails here was recorded and did not come about. */
static int add_job(struct http_request *r, struct export_jobs *j, struct export_job *job, struct error *err) {
  pthread_mutex_lock(&j->lock);
  int code = check_share(j, request_principal(r), err);
  if (code == 0) code = job_save(j, job, err);
  if (code == 0) {
    struct export_job **at = &j->jobs;
    while (*at) at = &(*at)->next;
    *at = job;
    j->count++;
    append_job(job, http_answer(r));
    atomic_fetch_add(&j->started, 1);
    pthread_cond_signal(&j->wake);
  }
  pthread_mutex_unlock(&j->lock);
  return code;
}

int exports_post(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct export_jobs *j = a->jobs;
  struct export_job *job = job_new();
  job->created_us = os_now_us(a->os);
  job->expires_us = job->created_us + j->keep_us;
  set_id(a->os, job);
  set_owner(r, job);
  int code = parse_job(r, job, err);
  if (code == 0) {
    pthread_mutex_lock(&j->lock);
    code = check_share(j, request_principal(r), err);
    pthread_mutex_unlock(&j->lock);
  }
  if (code == 0) code = record_job(r, a, job, err);
  if (code == 0) code = add_job(r, j, job, err);
  if (code) {
    pthread_mutex_lock(&j->lock);
    job_forget(j, job);
    pthread_mutex_unlock(&j->lock);
  }
  http_answer_as(r, 201, NULL);
  return code;
}

int exports_delete(struct http_request *r, void *api, struct error *err) {
  struct export_jobs *j = ((struct api *)api)->jobs;
  struct export_job *job;
  pthread_mutex_lock(&j->lock);
  int code = job_find(r, j, &job, err);
  if (code == 0 && (job->state == JOB_QUEUED || job->state == JOB_RUNNING)) {
    atomic_store(&job->stop, true);
    job->state = JOB_CANCELLED;
    atomic_fetch_add(&j->ended[JOB_CANCELLED], 1);
    code = job_save(j, job, err);
  } else if (code == 0) {
    job_forget(j, job);
  }
  pthread_mutex_unlock(&j->lock);
  if (code == 0) http_answer_as(r, 204, NULL);
  return code;
}

/* ---- From the start of the server to its end ---- */

int exports_start(struct api *a, const char *data_dir, int64_t keep_us, struct error *err) {
  struct export_jobs *j = calloc(1, sizeof *j);
  pthread_condattr_t monotonic;
  if (!j) abort();
  j->api = a;
  j->keep_us = keep_us ? keep_us : (int64_t)EXPORT_KEEP_H * 3600 * 1000000;
  snprintf(j->dir, sizeof j->dir, "%s/exports", data_dir);
  pthread_mutex_init(&j->lock, NULL);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&j->wake, &monotonic);
  pthread_condattr_destroy(&monotonic);
  a->jobs = j;
  int code = jobs_load(j, err);
  while (code == 0 && j->thread_count < EXPORT_THREADS) {
    if (pthread_create(&j->threads[j->thread_count], NULL, jobs_run, j))
      code = error_set(err, ERR_BUSY, "no threads left for exports");
    else
      j->thread_count++;
  }
  return code;
}

void exports_stop(struct api *a) {
  struct export_jobs *j = a->jobs;
  if (!j) return;
  pthread_mutex_lock(&j->lock);
  j->stopping = true;
  for (struct export_job *job = j->jobs; job; job = job->next) atomic_store(&job->stop, true);
  pthread_cond_broadcast(&j->wake);
  pthread_mutex_unlock(&j->lock);
  for (unsigned i = 0; i < j->thread_count; i++) pthread_join(j->threads[i], NULL);
  jobs_free_list(j);
  pthread_cond_destroy(&j->wake);
  pthread_mutex_destroy(&j->lock);
  free(j);
  a->jobs = NULL;
}

void exports_append_metrics(struct api *a, struct buffer *out) {
  struct export_jobs *j = a->jobs;
  uint32_t states[JOB_STATES] = {0};
  uint64_t bytes = 0;
  if (!j) return;
  pthread_mutex_lock(&j->lock);
  for (const struct export_job *job = j->jobs; job; job = job->next) {
    states[job->state]++;
    bytes += job->state == JOB_DONE || job->state == JOB_RUNNING ? job->bytes : 0;
  }
  pthread_mutex_unlock(&j->lock);
  append_metric(out, "export_jobs_queued", "gauge", "Export jobs waiting.", states[JOB_QUEUED]);
  append_metric(out, "export_jobs_running", "gauge", "Export jobs being written.", states[JOB_RUNNING]);
  append_metric(out, "export_jobs_kept", "gauge", "Finished exports that can be fetched.", states[JOB_DONE]);
  append_metric(out, "export_bytes", "gauge", "Bytes of the files of exports.", bytes);
  append_metric(out, "export_jobs_started_total", "counter", "Export jobs asked for.", atomic_load(&j->started));
  append_metric(out, "export_jobs_done_total", "counter", "Export jobs that ended whole.",
                atomic_load(&j->ended[JOB_DONE]));
  append_metric(out, "export_jobs_failed_total", "counter", "Export jobs that failed.",
                atomic_load(&j->ended[JOB_FAILED]));
  append_metric(out, "export_jobs_cancelled_total", "counter", "Export jobs cancelled.",
                atomic_load(&j->ended[JOB_CANCELLED]));
  append_metric(out, "export_written_bytes_total", "counter", "Bytes written by export jobs.",
                atomic_load(&j->written_bytes));
}
