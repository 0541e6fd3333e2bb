/* Export jobs: what their files share. Private to api/.
 *
 * A job is a description, DIR/exports/ID.json, and what it writes: ID.part until it is whole, then ID.data. Both are
 * written through struct os, 0600. The list is in memory; every field is written under the lock, and a change of state
 * is on disk before it is told. Two threads run what is queued. After a restart what was queued is queued, and what
 * was interrupted begins anew. */
#ifndef DAYBOOK_API_EXPORTS_H
#define DAYBOOK_API_EXPORTS_H

#include "api/export.h"

enum {
  EXPORT_THREADS = 2,
  EXPORT_JOBS = 2000, /* kept in all */
  EXPORT_JOBS_PER_OWNER = 20,
  EXPORT_JOBS_PER_ACCOUNT = EXPORT_JOBS / 2, /* of holder_share: an account makes as many keys as it likes */
  EXPORT_WAITING_PER_OWNER = 4,              /* queued or running */
  EXPORT_WAITING_PER_ACCOUNT = 16,
  EXPORT_ID_BYTES = 24,
  EXPORT_REASON_BYTES = ERROR_MESSAGE_BYTES,
  EXPORT_SCOPE_BYTES = 65, /* BLAKE2b of the scope as hexadecimal text */
  EXPORT_DESCRIPTION_BYTES = 256 * 1024,
  EXPORT_KEEP_H = 7 * 24,
};

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED, JOB_STATES };

struct export_job {
  struct export_job *next;
  char id[EXPORT_ID_BYTES];
  enum job_state state;
  struct principal owner; /* kind, id, session (viewers), name, tenant: as kept */
  struct slice q;
  const char *tz;
  char file[EXPORT_NAME_BYTES];
  enum export_format format;
  enum read_order order;
  bool with_bom;
  int64_t from_us, to_us, created_us, expires_us;
  uint64_t events, expected, bytes;
  char reason[EXPORT_REASON_BYTES]; /* why it failed */
  char scope[EXPORT_SCOPE_BYTES];   /* what it was allowed to see when it ran */
  atomic_bool stop;                 /* cancelled, expired, or the server stops */
  bool removed;                     /* off the list; freed when nobody uses it */
  uint32_t users;                   /* the thread that runs it, downloads under way */
  struct arena arena;               /* of its texts */
};

struct export_jobs {
  struct api *api;
  char dir[3200];
  int64_t keep_us;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  struct export_job *jobs; /* oldest first */
  uint32_t count;
  bool stopping;
  pthread_t threads[EXPORT_THREADS];
  unsigned thread_count;
  atomic_ullong started, ended[JOB_STATES], written_bytes;
};

const char *job_state_name(enum job_state state);
/* exports_file.c; under the lock. */
int job_save(struct export_jobs *j, const struct export_job *job, struct error *err);
void job_remove_files(struct export_jobs *j, const struct export_job *job);
void job_path(const struct export_jobs *j, const char *id, const char *ending, char out[3300]);
void jobs_free_list(struct export_jobs *j);
int jobs_load(struct export_jobs *j, struct error *err);
struct export_job *job_new(void);
/* Takes it off the list and frees it, once nobody uses it; its files go at once. Under the lock. */
void job_forget(struct export_jobs *j, struct export_job *job);
void job_release(struct export_jobs *j, struct export_job *job); /* one user less; takes the lock */

/* exports_run.c */
void *jobs_run(void *jobs);
void scope_digest(const struct scope *scope, char out[EXPORT_SCOPE_BYTES]);

/* exports.c: the caller's own job of the path; ERR_NOT_FOUND. Under the lock. */
int job_find(struct http_request *r, struct export_jobs *j, struct export_job **out, struct error *err);

#endif
