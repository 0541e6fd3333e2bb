/* The store: the one way in and the one way out of events.
 *
 * It speaks of events, scopes, filters and positions, never of files, so that a cluster can serve the same
 * interface. A store is opened once per process and folder; all functions may be called by any thread.
 * Writing: a batch is acknowledged after its bytes are on disk (fdatasync). Reading: every function works on a
 * snapshot and takes a scope, which is applied to row ranges below the filter. */
#ifndef DAYBOOK_STORE_STORE_H
#define DAYBOOK_STORE_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/limits.h"
#include "os/os.h"
#include "store/filter.h"

struct store;

/* ---- Scope ---- */

struct scope_grant {
  struct slice subtree;     /* tenant path; empty covers every tenant */
  const struct slice *logs; /* allowed logs; NULL with count 0: all */
  uint32_t log_count;
  const struct slice *products; /* allowed products; NULL with count 0: all */
  uint32_t product_count;
};
/* An event is visible where any grant covers it; no grants, no events. Made by access/ alone. */
struct scope {
  const struct scope_grant *grants;
  uint32_t grant_count;
};
bool scope_covers_event(const struct scope *s, const struct event *e);
bool scope_covers_tenant(const struct scope *s, struct slice tenant);

/* ---- Opening ---- */

struct store_config {
  const char *dir;          /* data folder; made with mode 0700 where absent */
  uint32_t memtable_rows;   /* 0: LIMIT_MEMTABLE_ROWS; tests seal early */
  uint64_t cache_bytes;     /* 0: LIMIT_PAGE_CACHE_BYTES */
  uint64_t free_disk_bytes; /* 0: LIMIT_FREE_DISK_BYTES; below it writes are refused */
  bool read_only;           /* no writer threads; for the command line on a copy */
  bool manual_background;   /* tests: no threads; batches are committed by who submits them, and they call
                               store_run_background */
};

/* Opens and recovers: replays the WAL, cuts a torn tail; ERR_CORRUPT where a bad record has good ones behind it (the
 * message names the repair command); ERR_LOCKED where another process has the folder open. A segment that cannot be
 * opened does not stop the store: answers over its time name it as damage, and metrics count it. */
int store_open(const struct os *os, const struct store_config *config, struct store **out, struct error *err);
/* Commits what is queued, stops the threads and closes; NULL is allowed. */
void store_close(struct store *s);

/* ---- Writing ---- */

struct store_result {
  uint64_t seq;
  int64_t received_at_us;
  bool duplicate; /* the key was known with the same body: nothing stored, seq is the first event's */
};

/* Events that are stored all or not at all. */
struct store_batch {
  struct buffer records; /* event_encode()d back to back; seq and received_at are set by the commit */
  uint32_t count;
  struct store_result *results; /* room for count, the caller's; filled on success */
  int code;                     /* 0 or the error after done */
  struct error error;
  uint32_t fault_index;                               /* the event a conflict is about */
  void (*done)(struct store_batch *batch, void *arg); /* on the committer's thread; must not block */
  void *arg;
  struct store_batch *next; /* the store's, while queued */
};

/* Queues a batch; it must live until done was called. Returns ERR_BUSY (queue full), ERR_DISK_FULL or
 * ERR_READ_ONLY at once without calling done; 0 means done will be called exactly once. */
int store_submit(struct store *s, struct store_batch *batch);
/* Submits and waits; done and arg are ignored. Returns batch->code. */
int store_append(struct store *s, struct store_batch *batch);
/* Makes everything committed so far part of segments (seals and waits). For tests, backup and shutdown. */
int store_flush(struct store *s, struct error *err);
/* Runs one round of background work (seal, compact, retain); true where something was done. */
bool store_run_background(struct store *s, struct error *err);

/* ---- Reading ---- */

struct snapshot;
/* Everything committed before the call, unchanging. Cheap; close it soon (it keeps files). */
int snapshot_open(struct store *s, struct snapshot **out);
void snapshot_close(struct snapshot *snap);

enum { READ_DAMAGES = 16 };
struct read_damage { /* stored rows that could not be read */
  uint64_t segment;  /* number of the segment */
  uint32_t group, rows;
  int64_t from_us, to_us; /* occurred_at of the group */
  char detail[160];
};

struct read_query {
  const struct scope *scope;    /* required */
  const struct filter *filter;  /* NULL: everything */
  int64_t from_us, to_us;       /* half-open [from, to) over occurred_at; INSTANT_MIN / INSTANT_MAX: open */
  int64_t deadline_us;          /* monotonic; 0: none. Past it: ERR_DEADLINE */
  const atomic_bool *cancelled; /* may be NULL; true: ERR_CANCELLED */
  uint64_t memory_bytes;        /* for distinct values of each counted field; 0: LIMIT_QUERY_MEMORY_BYTES. Past it:
                                   ERR_TOO_LARGE */
  struct read_damage damages[READ_DAMAGES]; /* out: what the answer lacks */
  uint32_t damage_count;                    /* out: total number, may exceed READ_DAMAGES */
};

/* The place of an event in the order (occurred_at, tenant, seq). Tenants compare as bytes. */
struct read_position {
  int64_t occurred_at_us;
  struct slice tenant;
  uint64_t seq;
};

enum read_order { NEWEST_FIRST, OLDEST_FIRST };

struct cursor;
/* Events in order, strictly after `after` (NULL: from the start). Uses at most a bounded amount of memory
 * whatever is found. The snapshot and the query must outlive it. */
int cursor_open(struct snapshot *snap, struct read_query *query, enum read_order order,
                const struct read_position *after, struct cursor **out, struct error *err);
/* The next event, its cells in arena; ERR_END after the last. */
int cursor_next(struct cursor *c, struct arena *arena, struct event *out, struct error *err);
/* The next events, at least one and at most `max` (at most CURSOR_BATCH): cheaper than one by one. */
enum { CURSOR_BATCH = 64 };
int cursor_next_many(struct cursor *c, struct arena *arena, struct event *out, uint32_t max, uint32_t *count_out,
                     struct error *err);
void cursor_close(struct cursor *c);

/* One event; ERR_NOT_FOUND also where the scope or retention hides it. */
int read_event(struct snapshot *snap, const struct scope *scope, struct slice tenant, uint64_t seq, struct arena *arena,
               struct event *out, struct error *err);

struct read_stats {
  uint64_t events, actors /* distinct actor.name */, domains /* distinct target.domain */;
};
int read_stats(struct snapshot *snap, struct read_query *query, struct read_stats *out, struct error *err);

struct value_count {
  struct slice value; /* without tag; from the arena */
  uint64_t count;     /* events */
};
/* Values of a field with the number of events that hold them, most frequent first, ties by value; only values
 * whose folded form starts with folded_prefix (empty: all). distinct_out (may be NULL): how many there are in all.
 * Empty-string values are not listed. */
int read_top(struct snapshot *snap, struct read_query *query, struct filter_field field, struct slice folded_prefix,
             uint32_t limit, struct arena *arena, struct value_count **values_out, uint32_t *count_out,
             uint64_t *distinct_out, struct error *err);

struct histogram_series {
  struct slice value; /* empty with `other` false: events without the field */
  bool other;         /* the sum of all values past LIMIT_HISTOGRAM_SERIES */
  uint64_t *counts;   /* bucket_count */
};
/* Counts per bucket [bounds[i], bounds[i+1]), i < bucket_count; bounds ascending, bucket_count + 1 of them. by NULL:
 * one series. Series are ordered by total, largest first. */
int read_histogram(struct snapshot *snap, struct read_query *query, const int64_t *bounds, uint32_t bucket_count,
                   const struct filter_field *by, struct arena *arena, struct histogram_series **series_out,
                   uint32_t *series_count_out, struct error *err);

/* Every parameter name seen in the snapshot, sorted (for completion and CSV headers); within scope. */
int read_param_names(struct snapshot *snap, struct read_query *query, struct arena *arena, struct slice **names_out,
                     uint32_t *count_out, struct error *err);

/* ---- Following commits ---- */

/* A place in the order of commits: (received_at, tenant, seq). received_at rises strictly from commit group to commit
 * group, across restarts too, and a group becomes visible as a whole: nothing ever appears before a place that was
 * passed, in whatever order events occurred. */
struct commit_position {
  int64_t received_at_us;
  bool whole_group; /* behind every event with this received_at; tenant and seq do not matter */
  struct slice tenant;
  uint64_t seq;
};
/* received_at of the newest group that is visible: a snapshot opened afterwards holds every event up to it. */
int64_t store_last_commit(struct store *s);
/* At most `limit` events after the position and received at to_us at the latest, in the order of commits, in the arena
 * (ERR_TOO_LARGE where they do not fit). *more_out: there may be more of them. */
int read_commits(struct snapshot *snap, struct read_query *query, const struct commit_position *after, int64_t to_us,
                 uint32_t limit, struct arena *arena, struct event **events_out, uint32_t *count_out, bool *more_out,
                 struct error *err);
/* Hears of each commit group once it is visible and before its writers are answered: `records` are event_encode()d,
 * tenants mixed, valid during the call. On the committer's thread: copies, and never blocks. */
typedef void store_listener(void *arg, int64_t received_at_us, struct slice records);
/* One listener at a time; NULL: none, and none runs any more on return. Gives store_last_commit as of this moment:
 * every later group is heard of. */
int64_t store_listen(struct store *s, store_listener *listen, void *arg);

/* ---- Tenants and retention ---- */

struct tenant_info {
  struct slice path;
  uint64_t last_seq;
  int32_t retention_days; /* effective; 0: for ever */
  bool retention_own;     /* set on this very path, not inherited */
};
/* Tenants within scope that begin with prefix, sorted by path, after `after` (may be empty). */
int store_list_tenants(struct store *s, const struct scope *scope, struct slice prefix, struct slice after,
                       uint32_t limit, struct arena *arena, struct tenant_info **out, uint32_t *count_out);
/* Days for the subtree of `path` (the nearest set ancestor decides; none set: 90). 0 days keeps for ever, -1 removes
 * the setting. Counted from received_at. Durable on return; hides at once. */
int store_set_retention(struct store *s, struct slice path, int32_t days, struct error *err);
int store_get_retention(struct store *s, struct slice path, int32_t *days_out, bool *own_out);

/* ---- Settings: small named values kept in the catalog (operator key hash ...) ---- */
int store_get_setting(struct store *s, const char *name, struct arena *arena, struct slice *value_out);
int store_set_setting(struct store *s, const char *name, struct slice value, struct error *err);

/* ---- Care ---- */

struct store_metrics {
  uint64_t committed_events, committed_batches, commit_groups, duplicates, refused_busy, refused_share, refused_disk,
      refused_read_only;
  uint64_t queued_bytes, queued_batches, lanes_busy; /* waiting for the committer */
  uint64_t commit_us_total, stall_us_total; /* spent on groups, sync included; waiting until a memtable was sealed */
  uint64_t wal_bytes, wal_syncs, wal_sync_us_total;
  uint64_t segments, segment_bytes, segment_rows, memtable_rows, memtable_bytes, sealing_memtables;
  uint64_t lost_segments; /* files that cannot be opened; their events are missing from every answer */
  uint64_t seals, compactions, purged_events, cache_hits, cache_misses, cache_bytes, damages;
  bool read_only; /* after an fsync error */
  bool disk_low;
};
/* Looks at the room on the disk, too, where nobody has for 200 ms: disk_low is true or false without a write. */
void store_metrics(struct store *s, struct store_metrics *out);

/* A consistent copy of a running (or closed) store into a new or empty folder. */
int store_backup(struct store *s, const char *to_dir, struct error *err);

struct fsck_report {
  uint64_t segments, rows, pages, wal_records, problems;
};
/* Verifies every rule of the file format in a folder that no server has open; problem(arg, text) is called per fault.
 * repair: moves segments that cannot be opened to DIR/damaged/ and cuts the WAL at a bad record, keeping a copy there;
 * a segment of which only pages are damaged stays, so that the rest of it can be read. */
int store_fsck(const struct os *os, const char *dir, bool repair, void (*problem)(void *arg, const char *text),
               void *arg, struct fsck_report *report, struct error *err);

#endif
