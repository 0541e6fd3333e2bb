/* The write-ahead log: one file per memtable generation, DIR/wal/NNNNNNNNNN.wal. One thread appends (the committer);
 * recovery reads. The format is specified at the head of wal.c. `dir` is the data folder DIR. Private to store/. */
#ifndef DAYBOOK_STORE_WAL_H
#define DAYBOOK_STORE_WAL_H

#include "base/error.h"
#include "os/os.h"

struct wal;

/* Creates file `generation`, preallocated; an old file of that name or a recycled one may not leave readable records
 * (each record is bound to the file's random identity). Syncs file and folder. */
int wal_create(const struct os *os, const char *dir, uint64_t generation, struct wal **out, struct error *err);
/* Opens an existing file for appending after `end_offset` (from wal_replay), which cuts what lies behind it. */
int wal_open(const struct os *os, const char *dir, uint64_t generation, uint64_t end_offset, struct wal **out,
             struct error *err);
/* Appends one record: written, not yet durable. After ERR_DISK_FULL the log is as before and takes records again when
 * there is room; any other failure is final, every later call gives ERR_READ_ONLY. */
int wal_append(struct wal *w, struct slice payload, struct error *err);
/* fdatasync. Any failure is final: the caller turns read-only. */
int wal_sync(struct wal *w, struct error *err);
uint64_t wal_bytes(const struct wal *w); /* offset behind the last record */
void wal_close(struct wal *w);           /* NULL is allowed */

struct wal_replay {
  uint64_t records, end_offset;
  bool torn_tail; /* a cut or half-written last record was ignored */
};
/* each(arg, payload) for every record in order. A torn tail ends it quietly (torn_tail); a bad record with good ones
 * behind it is ERR_CORRUPT whose message names file, offset and the repair command; a newer format is
 * ERR_UNSUPPORTED. */
int wal_replay(const struct os *os, const char *dir, uint64_t generation, int (*each)(void *arg, struct slice payload),
               void *arg, struct wal_replay *out, struct error *err);
/* Existing generations, ascending. WAL_FILES: far more than a data folder ever has. */
enum { WAL_FILES = 4096 };
int wal_list(const struct os *os, const char *dir, uint64_t *generations_out, uint32_t max, uint32_t *count_out,
             struct error *err);
int wal_remove(const struct os *os, const char *dir, uint64_t generation, struct error *err);
/* For fsck --repair: cuts the file at the first bad record, keeping a copy in keep_dir (made where absent). Leaves a
 * file without fault alone and gives its end. */
int wal_cut(const struct os *os, const char *dir, uint64_t generation, const char *keep_dir, uint64_t *cut_at_out,
            struct error *err);

#endif
