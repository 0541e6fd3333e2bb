/* The catalog: what is small, relational and changes, in SQLite (DIR/catalog.sqlite, WAL mode, synchronous FULL, mode
 * 0600). Live segments, tenants and their counters, the WAL floor, retention, settings. One connection; calls are
 * serialised inside. Private to store/. */
#ifndef DAYBOOK_STORE_CATALOG_H
#define DAYBOOK_STORE_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "os/os.h"

struct catalog;

struct catalog_segment {
  uint64_t number; /* file DIR/segments/NNNNNNNNNN.seg */
  uint64_t rows, bytes;
  int64_t occurred_min_us, occurred_max_us, received_min_us, received_max_us;
};
struct catalog_tenant {
  struct slice path;
  uint64_t last_seq;
};
struct catalog_retention {
  struct slice path; /* empty: the default for all */
  int32_t days;
};

/* Creates or opens; ERR_CORRUPT where it is no catalog of this format version. */
int catalog_open(const struct os *os, const char *path, bool read_only, struct catalog **out, struct error *err);
void catalog_close(struct catalog *c); /* NULL is allowed */

int catalog_load_segments(struct catalog *c, struct arena *arena, struct catalog_segment **out, uint32_t *count_out,
                          struct error *err);
int catalog_load_tenants(struct catalog *c, int (*each)(void *arg, const struct catalog_tenant *t), void *arg,
                         struct error *err);
int catalog_load_retention(struct catalog *c, struct arena *arena, struct catalog_retention **out, uint32_t *count_out,
                           struct error *err);
/* Generations below this are contained in segments. 1 at first. */
int catalog_wal_floor(struct catalog *c, uint64_t *out, struct error *err);
/* Numbers are never reused, not even of segments that were never published. */
int catalog_next_segment(struct catalog *c, uint64_t *out, struct error *err);

/* One transaction, durable on return: adds and removes segments, raises tenants' counters, moves the WAL floor. */
struct catalog_edit {
  const struct catalog_segment *add;
  uint32_t add_count;
  const uint64_t *remove;
  uint32_t remove_count;
  const struct catalog_tenant *tenants; /* upserted; last_seq never goes down */
  uint32_t tenant_count;
  uint64_t wal_floor; /* 0: unchanged */
};
int catalog_apply(struct catalog *c, const struct catalog_edit *edit, struct error *err);

int catalog_set_retention(struct catalog *c, struct slice path, int32_t days, bool remove, struct error *err);
int catalog_get_setting(struct catalog *c, const char *name, struct arena *arena, struct slice *value_out,
                        struct error *err);
int catalog_set_setting(struct catalog *c, const char *name, struct slice value, struct error *err);
/* A consistent copy by SQLite's backup API into a new file, 0600, synced. */
int catalog_backup(struct catalog *c, const char *to_path, struct error *err);

#endif
