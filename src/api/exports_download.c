/* GET /v1/exports/{id}/file: the finished file, whole or a range of it (RFC 9110 14), so that a download that broke off
 * can go on. */
#include <stdio.h>
#include <stdlib.h>

#include "api/exports.h"
#include "api/holder.h"

struct download {
  struct export_jobs *jobs;
  struct export_job *job;
  struct os_file *file;
  uint64_t offset; /* of the answer's first byte */
  struct holder_watch holder;
};

static void download_free(void *state) {
  struct download *d = state;
  os_close(d->jobs->api->os, d->file);
  job_release(d->jobs, d->job);
  free(d);
}

static int read_file(void *arg, uint64_t position, char *to, size_t len) {
  struct download *d = arg;
  int code = holder_check(&d->holder);
  return code ? code : os_read_exact(d->jobs->api->os, d->file, d->offset + position, to, len);
}

static bool take_digits(struct slice *s, uint64_t *out) {
  size_t n = 0;
  for (*out = 0; n < s->len && n < 18 && s->data[n] >= '0' && s->data[n] <= '9'; n++)
    *out = *out * 10 + (uint64_t)(s->data[n] - '0');
  *s = slice_skip(*s, n);
  return n > 0;
}

enum range { RANGE_NONE, RANGE_PART, RANGE_OUTSIDE };

/* One range of bytes; several, or what is none, are ignored, as RFC 9110 allows. */
static enum range parse_range(struct slice s, uint64_t size, uint64_t *from, uint64_t *to) {
  uint64_t first = 0, last = 0;
  if (!slice_starts_with(s, SLICE("bytes="))) return RANGE_NONE;
  s = slice_skip(s, 6);
  bool has_first = take_digits(&s, &first);
  if (s.len == 0 || s.data[0] != '-') return RANGE_NONE;
  s = slice_skip(s, 1);
  bool has_last = take_digits(&s, &last);
  if (s.len > 0 || (!has_first && !has_last) || (has_first && has_last && last < first)) return RANGE_NONE;
  if (!has_first) { /* the last bytes */
    if (last == 0) return RANGE_OUTSIDE;
    *from = last < size ? size - last : 0;
    *to = size;
  } else {
    *from = first;
    *to = has_last && last < size ? last + 1 : size;
  }
  return *from < size ? RANGE_PART : RANGE_OUTSIDE;
}

/* The caller's finished job, and that it still may see what is in it. */
static int take_job(struct http_request *r, struct export_jobs *j, struct export_job **out, struct error *err) {
  char digest[EXPORT_SCOPE_BYTES];
  scope_digest(request_scope(r), digest);
  pthread_mutex_lock(&j->lock);
  int code = job_find(r, j, out, err);
  if (code == 0 && (*out)->state != JOB_DONE)
    code = error_set(err, ERR_CONFLICT, "the export is %s", job_state_name((*out)->state));
  if (code == 0 && strcmp((*out)->scope, digest) != 0)
    code = error_set(err, ERR_FORBIDDEN, "what you may see has changed since; export again");
  if (code == 0) (*out)->users++;
  pthread_mutex_unlock(&j->lock);
  return code;
}

static void set_headers(struct http_request *r, const struct export_job *job, const char *etag) {
  char text[EXPORT_NAME_BYTES + 32];
  snprintf(text, sizeof text, "attachment; filename=\"%s\"", job->file);
  http_answer_header(r, "Content-Disposition", text);
  http_answer_header(r, "ETag", etag);
  http_answer_header(r, "Accept-Ranges", "bytes");
  snprintf(text, sizeof text, "%llu", (unsigned long long)job->events);
  http_answer_header(r, "X-Daybook-Count", text);
}

static void answer_outside(struct http_request *r, uint64_t size) {
  char text[64];
  snprintf(text, sizeof text, "bytes */%llu", (unsigned long long)size);
  http_answer_as(r, 416, "application/problem+json");
  http_answer_header(r, "Content-Range", text);
  buffer_printf(http_answer(r),
                "{\"type\":\"urn:daybook:problem:range\",\"title\":\"Range Not Satisfiable\",\"status\":416,"
                "\"detail\":\"the file has %llu bytes\"}",
                (unsigned long long)size);
}

int exports_file(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct export_job *job;
  char path[3300], etag[EXPORT_ID_BYTES + 4], text[96];
  int code = take_job(r, a->jobs, &job, err);
  if (code) return code;
  struct download *d = calloc(1, sizeof *d);
  if (!d) abort();
  d->jobs = a->jobs;
  d->job = job;
  holder_watch(&d->holder, a, request_principal(r), RIGHT_EXPORT);
  http_set_state(r, d, download_free);
  job_path(a->jobs, job->id, "data", path);
  code = os_open(a->os, path, OS_READ, &d->file);
  if (code) return error_set(err, code == ERR_NOT_FOUND ? ERR_NOT_FOUND : code, "the export's file is gone");
  /* The file of an id never changes: so does its strong tag. */
  snprintf(etag, sizeof etag, "\"%s\"", job->id);
  uint64_t from = 0, to = job->bytes;
  struct slice condition = http_header(r, "If-Range");
  enum range range = RANGE_NONE;
  if (condition.len == 0 || slice_equal(condition, slice_from(etag)))
    range = parse_range(http_header(r, "Range"), job->bytes, &from, &to);
  if (range == RANGE_OUTSIDE) {
    answer_outside(r, job->bytes);
    return 0;
  }
  http_answer_as(r, range == RANGE_PART ? 206 : 200, export_media(job->format));
  set_headers(r, job, etag);
  snprintf(text, sizeof text, "bytes %llu-%llu/%llu", (unsigned long long)from, (unsigned long long)(to - 1),
           (unsigned long long)job->bytes);
  if (range == RANGE_PART) http_answer_header(r, "Content-Range", text);
  d->offset = from;
  http_answer_sized(r, to - from, read_file, d);
  return 0;
}
