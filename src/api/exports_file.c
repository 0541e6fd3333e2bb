/* Descriptions of export jobs on disk: one JSON document each, replaced as a whole. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/exports.h"
#include "base/document.h"

static const char *const state_names[JOB_STATES] = {"queued", "running", "done", "failed", "cancelled"};

const char *job_state_name(enum job_state state) { return state_names[state]; }

void job_path(const struct export_jobs *j, const char *id, const char *ending, char out[3300]) {
  snprintf(out, 3300, "%s/%s.%s", j->dir, id, ending);
}

struct export_job *job_new(void) {
  struct export_job *job = calloc(1, sizeof *job);
  if (!job) abort();
  arena_init(&job->arena, EXPORT_DESCRIPTION_BYTES);
  return job;
}

static void job_free(struct export_job *job) {
  arena_free(&job->arena);
  free(job);
}

/* ---- Writing ---- */

static void append_text(struct buffer *out, const char *name, struct slice text) {
  buffer_printf(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
  json_append_string(out, text);
}

/* Whole numbers as texts: a JSON number need not hold 64 bits. */
static void append_number(struct buffer *out, const char *name, int64_t value) {
  char text[32];
  snprintf(text, sizeof text, "%lld", (long long)value);
  append_text(out, name, slice_from(text));
}

static void append_description(const struct export_job *job, struct buffer *out) {
  buffer_append_char(out, '{');
  append_text(out, "state", slice_from(state_names[job->state]));
  append_number(out, "owner_kind", job->owner.kind);
  append_text(out, "owner", job->owner.id);
  append_text(out, "session", job->owner.session);
  append_text(out, "name", job->owner.name);
  append_text(out, "tenant", job->owner.tenant);
  append_text(out, "operates", slice_from(job->owner.rights & RIGHT_OPERATE ? "1" : "0"));
  append_text(out, "q", job->q);
  append_text(out, "tz", slice_from(job->tz));
  append_text(out, "file", slice_from(job->file));
  append_text(out, "format", slice_from(job->format == EXPORT_CSV ? "csv" : "ndjson"));
  append_text(out, "order", slice_from(job->order == NEWEST_FIRST ? "newest" : "oldest"));
  append_text(out, "bom", slice_from(job->with_bom ? "1" : "0"));
  append_number(out, "from_us", job->from_us);
  append_number(out, "to_us", job->to_us);
  append_number(out, "created_us", job->created_us);
  append_number(out, "expires_us", job->expires_us);
  append_number(out, "events", (int64_t)job->events);
  append_number(out, "expected", (int64_t)job->expected);
  append_number(out, "bytes", (int64_t)job->bytes);
  append_text(out, "reason", slice_from(job->reason));
  append_text(out, "scope", slice_from(job->scope));
  buffer_append_text(out, "}\n");
}

static int write_whole(const struct os *os, const char *path, struct slice bytes) {
  struct os_file *file;
  (void)os->remove(os->context, path); /* left over from a crash */
  int code = os_open(os, path, OS_CREATE, &file);
  if (code) return code;
  code = os_write(os, file, 0, bytes.data, bytes.len);
  if (code == 0) code = os_sync(os, file);
  os_close(os, file);
  return code;
}

int job_save(struct export_jobs *j, const struct export_job *job, struct error *err) {
  const struct os *os = j->api->os;
  char path[3300], fresh[3300];
  struct buffer text;
  job_path(j, job->id, "json", path);
  job_path(j, job->id, "new", fresh);
  buffer_init(&text, EXPORT_DESCRIPTION_BYTES);
  append_description(job, &text);
  int code = text.overflowed ? ERR_TOO_LARGE : write_whole(os, fresh, buffer_slice(&text));
  if (code == 0) code = os->rename(os->context, fresh, path);
  if (code == 0) code = os->sync_dir(os->context, j->dir);
  if (code) (void)os->remove(os->context, fresh);
  buffer_free(&text);
  return code ? error_set(err, code, "keep the export: %s", error_text(code)) : 0;
}

/* ---- Removing ---- */

void job_remove_files(struct export_jobs *j, const struct export_job *job) {
  static const char *const endings[] = {"json", "new", "part", "data"};
  char path[3300];
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    job_path(j, job->id, endings[i], path);
    (void)j->api->os->remove(j->api->os->context, path);
  }
}

void job_forget(struct export_jobs *j, struct export_job *job) {
  struct export_job **at = &j->jobs;
  job_remove_files(j, job);
  while (*at && *at != job) at = &(*at)->next;
  if (*at) { /* one that was refused never was on it */
    *at = job->next;
    j->count--;
  }
  job->removed = true;
  if (job->users == 0) job_free(job);
}

void job_release(struct export_jobs *j, struct export_job *job) {
  pthread_mutex_lock(&j->lock);
  if (--job->users == 0 && job->removed) job_free(job);
  pthread_mutex_unlock(&j->lock);
}

void jobs_free_list(struct export_jobs *j) {
  for (struct export_job *job = j->jobs, *next; job; job = next) {
    next = job->next;
    job_free(job);
  }
  j->jobs = NULL;
}

/* ---- Reading ---- */

static int64_t number_of(const struct document *d, const char *name) {
  char text[32];
  struct slice s = document_text(d, name);
  snprintf(text, sizeof text, "%.*s", SLICE_ARGS(s));
  return strtoll(text, NULL, 10);
}

static void copy_text(const struct document *d, const char *name, char *out, size_t size) {
  struct slice s = document_text(d, name);
  snprintf(out, size, "%.*s", SLICE_ARGS(s));
}

static bool take_description(const struct document *d, struct export_job *job) {
  struct arena *arena = &job->arena;
  struct slice state = document_text(d, "state");
  for (job->state = 0; job->state < JOB_STATES; job->state++)
    if (slice_equal(state, slice_from(state_names[job->state]))) break;
  job->owner.kind = (enum principal_kind)number_of(d, "owner_kind");
  job->owner.id = arena_copy(arena, document_text(d, "owner"));
  job->owner.session = arena_copy(arena, document_text(d, "session"));
  job->owner.name = arena_copy(arena, document_text(d, "name"));
  job->owner.tenant = arena_copy(arena, document_text(d, "tenant"));
  job->owner.rights = slice_equal(document_text(d, "operates"), SLICE("1")) ? RIGHT_OPERATE : 0;
  job->q = arena_copy(arena, document_text(d, "q"));
  job->tz = arena_string(arena, document_text(d, "tz"));
  copy_text(d, "file", job->file, sizeof job->file);
  job->format = slice_equal(document_text(d, "format"), SLICE("csv")) ? EXPORT_CSV : EXPORT_NDJSON;
  job->order = slice_equal(document_text(d, "order"), SLICE("newest")) ? NEWEST_FIRST : OLDEST_FIRST;
  job->with_bom = slice_equal(document_text(d, "bom"), SLICE("1"));
  job->from_us = number_of(d, "from_us");
  job->to_us = number_of(d, "to_us");
  job->created_us = number_of(d, "created_us");
  job->expires_us = number_of(d, "expires_us");
  job->events = (uint64_t)number_of(d, "events");
  job->expected = (uint64_t)number_of(d, "expected");
  job->bytes = (uint64_t)number_of(d, "bytes");
  copy_text(d, "reason", job->reason, sizeof job->reason);
  copy_text(d, "scope", job->scope, sizeof job->scope);
  return job->state < JOB_STATES && job->owner.kind <= PRINCIPAL_LOCAL && job->tz && query_zone_valid(job->tz) &&
         job->file[0] && !arena->overflowed;
}

static int read_whole(const struct os *os, const char *path, struct buffer *out) {
  struct os_file *file;
  uint64_t size;
  int code = os_open(os, path, OS_READ, &file);
  if (code) return code;
  code = os_size(os, file, &size);
  if (code == 0 && size > EXPORT_DESCRIPTION_BYTES) code = ERR_TOO_LARGE;
  char *to = code ? NULL : buffer_reserve(out, (size_t)size);
  if (to) code = os_read_exact(os, file, 0, to, (size_t)size);
  if (to && code == 0) buffer_commit(out, (size_t)size);
  os_close(os, file);
  return code;
}

/* What was interrupted begins anew; what is called done must have its file. */
static void settle(struct export_jobs *j, struct export_job *job) {
  const struct os *os = j->api->os;
  struct os_file *file;
  uint64_t size = 0;
  char path[3300];
  job_path(j, job->id, "part", path);
  (void)os->remove(os->context, path);
  if (job->state == JOB_RUNNING) job->state = JOB_QUEUED;
  if (job->state != JOB_DONE) return;
  job_path(j, job->id, "data", path);
  if (os_open(os, path, OS_READ, &file) == 0) {
    if (os_size(os, file, &size)) size = 0;
    os_close(os, file);
  }
  if (size == job->bytes) return;
  job->state = JOB_FAILED;
  snprintf(job->reason, sizeof job->reason, "the file is gone or was cut; export again");
}

static void load_job(struct export_jobs *j, const char *id) {
  const struct document *d;
  struct buffer text;
  struct arena arena;
  char path[3300];
  struct export_job *job = job_new();
  snprintf(job->id, sizeof job->id, "%s", id);
  job_path(j, id, "json", path);
  buffer_init(&text, EXPORT_DESCRIPTION_BYTES);
  arena_init(&arena, 4 * EXPORT_DESCRIPTION_BYTES);
  bool valid = read_whole(j->api->os, path, &text) == 0 && document_read(buffer_slice(&text), &arena, &d, NULL) == 0 &&
               take_description(d, job);
  if (valid) {
    settle(j, job);
    struct export_job **at = &j->jobs;
    while (*at && (*at)->created_us <= job->created_us) at = &(*at)->next;
    job->next = *at;
    *at = job;
    j->count++;
  } else { /* a description is replaced as a whole: what cannot be read is not ours to keep */
    job_remove_files(j, job);
    job_free(job);
  }
  arena_free(&arena);
  buffer_free(&text);
}

struct names {
  char (*ids)[EXPORT_ID_BYTES];
  uint32_t count;
};

static int note_name(void *arg, const char *name) {
  struct names *n = arg;
  size_t len = strlen(name);
  if (len < 6 || len - 5 >= EXPORT_ID_BYTES || strcmp(name + len - 5, ".json") != 0 || n->count == EXPORT_JOBS)
    return 0;
  snprintf(n->ids[n->count++], EXPORT_ID_BYTES, "%.*s", (int)(len - 5), name);
  return 0;
}

int jobs_load(struct export_jobs *j, struct error *err) {
  const struct os *os = j->api->os;
  struct names n = {calloc(EXPORT_JOBS, EXPORT_ID_BYTES), 0};
  if (!n.ids) abort();
  int code = os->make_dir(os->context, j->dir);
  if (code == 0) code = os->list_dir(os->context, j->dir, note_name, &n);
  for (uint32_t i = 0; code == 0 && i < n.count; i++) load_job(j, n.ids[i]);
  free(n.ids);
  return code ? error_set(err, code, "open %s: %s", j->dir, error_text(code)) : 0;
}
