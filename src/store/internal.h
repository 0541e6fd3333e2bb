/* The store's own structure, shared by the files that make it up. Private to store/.
 *
 * Threads: the committer (commit.c) owns the WAL, the active memtable's writing side and the tenants' counters; the
 * background threads (background.c) seal, and compact and purge. `lock` guards the lists a snapshot copies; it is held
 * for moments only, never over I/O. */
#ifndef DAYBOOK_STORE_INTERNAL_H
#define DAYBOOK_STORE_INTERNAL_H

#include <pthread.h>

#include "store/cache.h"
#include "store/catalog.h"
#include "store/memtable.h"
#include "store/retention.h"
#include "store/segment.h"
#include "store/snapshot.h"
#include "store/store.h"
#include "store/tenants.h"
#include "store/wal.h"

enum {
  COMMIT_LANES = 64,
  DOUBTFUL_SEGMENTS = 2, /* each background thread has one at most: its next number comes before its next segment */
};

struct segment_ref { /* a live segment; its file goes when the last reader is done with a removed one */
  atomic_uint refs;
  struct segment *segment;
  struct catalog_segment row; /* as the catalog has it */
  const struct os *os;
  char path[4096];
  atomic_bool removed;
  atomic_bool damaged; /* found when it was to be rewritten: never merged, and removed only as a whole */
};
void segment_ref_put(struct segment_ref *s); /* NULL is allowed */

/* A segment that could not be opened: its file is damaged as a whole. Queries over its time name it. */
struct lost_segment {
  struct catalog_segment row;
  char why[160];
};

struct counters {
  atomic_ullong committed_events, committed_batches, commit_groups, duplicates, refused_busy, refused_share,
      refused_disk, refused_read_only, wal_syncs, wal_sync_us_total, commit_us_total, stall_us_total, wal_bytes, seals,
      compactions, purged_events, damages;
};

struct store {
  const struct os *os;
  struct store_config config;
  char dir[3072], segment_dir[3200];
  struct os_file *lock_file; /* see store_lock_folder */
  uint64_t seed;             /* of hash tables; random per process */
  struct catalog *catalog;
  struct page_cache *cache;
  struct counters counters;

  pthread_mutex_t lock; /* what follows, to the next mutex */
  struct memtable *active;
  struct memtable *sealing[LIMIT_SEALING_MEMTABLES + 1]; /* oldest first */
  uint32_t sealing_count;
  struct segment_ref **segments;
  uint32_t segment_count, segment_capacity;
  struct retention *retention;
  struct tenants *tenants; /* grown by the committer, listed by readers */
  pthread_cond_t changed;  /* a memtable was sealed or handed over; background has stopped working */

  /* Held while the set of files, or what is both in the catalog and here, changes: numbering, sealing, publishing,
   * retention, backup. Taken before `lock`. */
  pthread_mutex_t files_lock;
  uint64_t doubtful[DOUBTFUL_SEGMENTS]; /* segments that may or may not be published; files_lock */
  uint32_t doubtful_count;
  uint32_t lost_count; /* with lost immutable once open */
  struct lost_segment *lost;

  pthread_mutex_t queue_lock;
  pthread_cond_t queue_filled;
  struct commit_lane { /* batches by tenant, so that a flood of one does not hold up the others */
    struct store_batch *head, *tail;
    uint64_t bytes;
  } lanes[COMMIT_LANES];
  uint32_t next_lane; /* the first to be served in the next group */
  uint64_t queued_bytes;
  uint32_t queued_batches;
  atomic_bool stopping; /* set under queue_lock */
  bool committer_running, background_running;
  pthread_t committer;
  struct background { /* a background thread; wake is guarded by `lock` */
    struct store *store;
    pthread_t thread;
    bool running, wake;
    uint64_t aging_generation; /* the sealer's: memtable worth sealing, since when */
    int64_t aging_since_us;
  } sealer, compactor;
  bool rotate_wanted; /* store_flush asks the committer to hand the active memtable over */
  uint64_t rotations; /* asked for and tried; with rotate_code under `lock` */
  int rotate_code;    /* what the last of them came to */
  atomic_bool stop_background;

  struct group *group;         /* the committer's; commit.c */
  pthread_mutex_t manual_lock; /* manual_background: held by the thread that commits */
  struct wal *wal;             /* the committer's */
  int64_t last_received_us;
  pthread_mutex_t listen_lock; /* taken alone */
  store_listener *listen;
  void *listen_arg;
  atomic_llong visible_us; /* received_at of the newest group that is visible; written under listen_lock */
  atomic_llong disk_checked_us;
  atomic_bool read_only, disk_low;
};

/* store.c: one user of a data folder at a time, for as long as the file is open. ERR_LOCKED, ERR_NOT_FOUND. */
int store_lock_folder(const struct os *os, const char *dir, struct os_file **out, struct error *err);
/* store.c: makes the name of a folder durable. */
int store_sync_name(const struct os *os, const char *dir, struct error *err);
/* Sets disk_low; looks at the disk where nobody has for 200 ms, or where `now`. */
bool store_disk_is_low(struct store *s, bool now);
/* queue.c: takes the first batch of a lane that is not empty; queue_lock is held. store_submit and store_append. */
struct store_batch *queue_take(struct store *s, struct commit_lane *lane);
/* commit.c */
int commit_start(struct store *s, struct error *err);
void commit_stop(struct store *s);
/* The queue or rotate_wanted changed. Without a committer of its own (manual_background) the caller does the work. */
void commit_wake(struct store *s);
/* follow.c: a group was made visible. */
void follow_committed(struct store *s, int64_t received_us, struct slice records);
/* background.c */
int background_start(struct store *s);
void background_stop(struct store *s);
void background_wake(struct store *s);
/* recover.c: catalog, segments, WAL into memtables. */
int recover_all(struct store *s, struct error *err);
/* seal.c: writes rows of parts as a new segment file and opens it; nothing is published. */
struct seal_plan {
  struct part **parts;
  uint32_t part_count;
  struct segment_row *rows;
  uint64_t row_count;
  uint32_t *group_rows;
  uint32_t group_count;
};
void seal_plan_free(struct seal_plan *p);
int seal_write(struct store *s, const struct seal_plan *plan, struct segment_ref **out, struct error *err);
/* Rows of the parts in final order: groups of neighbours in time, sorted inside. filter (may be NULL) drops rows. */
struct row_filter {
  const struct retention *retention;
  int64_t now_us;
};
int seal_plan(struct part **parts, uint32_t part_count, const struct row_filter *filter, struct seal_plan *out,
              struct error *err);
/* Seals the oldest waiting memtable; *done_out false where none waits. */
int seal_oldest(struct store *s, bool *done_out, struct error *err);
/* compact.c: one round; *done_out false where nothing is worth doing. */
int compact_once(struct store *s, bool *done_out, struct error *err);
int retain_once(struct store *s, bool *done_out, struct error *err);
/* Whether so many small segments wait to be merged that writers must wait too. Under `lock`. */
bool compaction_is_behind(const struct store *s);
/* Replaces `removed` by `added` (may be NULL, taken) in the catalog and in memory. */
int publish_segments(struct store *s, struct segment_ref *added, struct segment_ref **removed, uint32_t removed_count,
                     struct error *err);
/* keys.c: the stored event with this idempotency key in memtables and recent segments. ERR_NOT_FOUND. */
int keys_find(struct store *s, struct slice tenant, struct slice key, struct arena *arena, struct event *out,
              struct error *err);

void store_segment_path(const struct store *s, uint64_t number, char *out, size_t size);

#endif
