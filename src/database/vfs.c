#include "database/vfs.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  PATH_BYTES = 4096,
  SECTOR_BYTES = 4096,
  NAMES = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL, /* files whose names matter to what survives a crash */
};

struct database_vfs {
  sqlite3_vfs base; /* first, as SQLite hands it to us */
  const struct os *os;
  bool read_only;
  int last_code; /* of the last failure */
  char name[40];
};

struct vfs_file {
  sqlite3_file base;
  struct database_vfs *vfs;
  struct os_file *file; /* NULL: a log that a read-only database does not have, empty */
  int lock_level;
  bool name_unsynced;
  const char *name; /* SQLite keeps it until the file is closed */
};

static struct vfs_file *file_of(sqlite3_file *f) { return (struct vfs_file *)f; }
static struct database_vfs *vfs_of(sqlite3_vfs *v) { return (struct database_vfs *)v; }

/* SQLite's result for a code of ours, of which it keeps a note. */
static int failed(struct database_vfs *v, int code, int result) {
  v->last_code = code;
  return code == ERR_DISK_FULL ? SQLITE_FULL : result;
}

int database_sync_name(const struct os *os, const char *path) {
  char folder[PATH_BYTES];
  const char *slash = strrchr(path, '/');
  size_t len = !slash || slash == path ? 1 : (size_t)(slash - path);
  if (len >= sizeof folder) return ERR_INVALID;
  memcpy(folder, slash ? path : ".", len);
  folder[len] = 0;
  return os->sync_dir(os->context, folder);
}

/* ---- An open file ---- */

static int file_close(sqlite3_file *f) {
  struct vfs_file *file = file_of(f);
  if (file->file) os_close(file->vfs->os, file->file);
  file->file = NULL;
  return SQLITE_OK;
}

/* Everything is read twice: SQLite has no checksums in its file, and what it finds wrong in its log is to it the end
 * of the log. The databases are small. */
static int read_twice(struct vfs_file *file, void *to, size_t len, uint64_t offset, size_t *got_out) {
  const struct os *os = file->vfs->os;
  size_t again = 0;
  int code = os_read(os, file->file, offset, to, len, got_out);
  if (code) return code;
  char *second = malloc(len + 1);
  if (!second) abort();
  code = os_read(os, file->file, offset, second, len, &again);
  if (!code && (again != *got_out || memcmp(to, second, again) != 0)) code = ERR_IO;
  free(second);
  return code;
}

/* SQLite wants what is missing at the end as zeros. */
static int file_read(sqlite3_file *f, void *to, int len, sqlite3_int64 offset) {
  struct vfs_file *file = file_of(f);
  size_t got = 0;
  int code = file->file ? read_twice(file, to, (size_t)len, (uint64_t)offset, &got) : 0;
  if (code) return failed(file->vfs, code, SQLITE_IOERR_READ);
  if (got == (size_t)len) return SQLITE_OK;
  memset((char *)to + got, 0, (size_t)len - got);
  return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 offset) {
  struct vfs_file *file = file_of(f);
  if (!file->file) return SQLITE_READONLY;
  int code = os_write(file->vfs->os, file->file, (uint64_t)offset, data, (size_t)len);
  return code ? failed(file->vfs, code, SQLITE_IOERR_WRITE) : SQLITE_OK;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size) {
  struct vfs_file *file = file_of(f);
  if (!file->file) return SQLITE_READONLY;
  int code = file->vfs->os->truncate(file->vfs->os->context, file->file, (uint64_t)size);
  return code ? failed(file->vfs, code, SQLITE_IOERR_TRUNCATE) : SQLITE_OK;
}

/* The name of a new journal or log is made durable with its first bytes: before that nothing depends on it. */
static int file_sync(sqlite3_file *f, int flags) {
  (void)flags;
  struct vfs_file *file = file_of(f);
  const struct os *os = file->vfs->os;
  if (!file->file) return SQLITE_OK;
  int code = os_sync(os, file->file);
  if (code) return failed(file->vfs, code, SQLITE_IOERR_FSYNC);
  if (!file->name_unsynced) return SQLITE_OK;
  code = database_sync_name(os, file->name);
  if (code) return failed(file->vfs, code, SQLITE_IOERR_DIR_FSYNC);
  file->name_unsynced = false;
  return SQLITE_OK;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size_out) {
  struct vfs_file *file = file_of(f);
  uint64_t size = 0;
  int code = file->file ? os_size(file->vfs->os, file->file, &size) : 0;
  if (code) return failed(file->vfs, code, SQLITE_IOERR_FSTAT);
  *size_out = (sqlite3_int64)size;
  return SQLITE_OK;
}

/* The first lock of any level takes the whole file until it is closed: nobody else has any business in it. */
static int file_lock(sqlite3_file *f, int level) {
  struct vfs_file *file = file_of(f);
  if (file->lock_level == SQLITE_LOCK_NONE && file->file && !file->vfs->read_only) {
    int code = os_lock(file->vfs->os, file->file);
    if (code == ERR_LOCKED) return SQLITE_BUSY;
    if (code) return failed(file->vfs, code, SQLITE_IOERR_LOCK);
  }
  if (level > file->lock_level) file->lock_level = level;
  return SQLITE_OK;
}

static int file_unlock(sqlite3_file *f, int level) {
  struct vfs_file *file = file_of(f);
  if (level < file->lock_level) file->lock_level = level;
  return SQLITE_OK;
}

static int file_check_reserved_lock(sqlite3_file *f, int *reserved_out) {
  *reserved_out = file_of(f)->lock_level >= SQLITE_LOCK_RESERVED;
  return SQLITE_OK;
}

static int file_control(sqlite3_file *f, int op, void *arg) {
  (void)f, (void)op, (void)arg;
  return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *f) {
  (void)f;
  return SECTOR_BYTES;
}

/* A write torn by a crash leaves the bytes around it as they were; SQLite assumes the same of every Unix. */
static int file_characteristics(sqlite3_file *f) {
  (void)f;
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 1, /* no shared memory, no mapping */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
};

/* ---- Names ---- */

static int open_file(struct database_vfs *v, const char *name, int flags, struct vfs_file *file) {
  bool create = (flags & SQLITE_OPEN_CREATE) && !v->read_only;
  bool writes = (flags & SQLITE_OPEN_READWRITE) && !v->read_only;
  int code = os_open(v->os, name, writes ? OS_READ_WRITE : OS_READ, &file->file);
  if (code != ERR_NOT_FOUND) return code;
  if (v->read_only && (flags & SQLITE_OPEN_WAL)) return 0; /* closed cleanly: it has none */
  if (!create) return code;
  file->name_unsynced = (flags & NAMES) != 0;
  return os_open(v->os, name, OS_CREATE, &file->file);
}

static int vfs_open(sqlite3_vfs *base, const char *name, sqlite3_file *f, int flags, int *flags_out) {
  struct database_vfs *v = vfs_of(base);
  struct vfs_file *file = file_of(f);
  memset(file, 0, sizeof *file);
  file->vfs = v;
  file->name = name;
  if (!name) return SQLITE_CANTOPEN; /* temporary, what is kept in memory */
  int code = open_file(v, name, flags, file);
  if (code) return failed(v, code, SQLITE_CANTOPEN);
  file->base.pMethods = &file_methods;
  if (v->read_only) flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
  if (flags_out) *flags_out = flags;
  return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *base, const char *name, int sync_folder) {
  struct database_vfs *v = vfs_of(base);
  int code = v->os->remove(v->os->context, name);
  if (code == ERR_NOT_FOUND) return SQLITE_IOERR_DELETE_NOENT;
  if (code) return failed(v, code, SQLITE_IOERR_DELETE);
  if (!sync_folder) return SQLITE_OK;
  code = database_sync_name(v->os, name);
  return code ? failed(v, code, SQLITE_IOERR_DIR_FSYNC) : SQLITE_OK;
}

/* Whether there is such a file and something in it: an empty journal or log is as good as none. */
static int vfs_access(sqlite3_vfs *base, const char *name, int flags, int *out) {
  (void)flags;
  struct database_vfs *v = vfs_of(base);
  struct os_file *file = NULL;
  uint64_t size = 0;
  int code = os_open(v->os, name, OS_READ, &file);
  if (!code) code = os_size(v->os, file, &size);
  os_close(v->os, file);
  if (code && code != ERR_NOT_FOUND) return failed(v, code, SQLITE_IOERR_ACCESS);
  *out = size > 0;
  return SQLITE_OK;
}

static int vfs_full_pathname(sqlite3_vfs *base, const char *name, int out_bytes, char *out) {
  (void)base;
  int len = snprintf(out, (size_t)out_bytes, "%s", name);
  return len < 0 || len >= out_bytes ? SQLITE_CANTOPEN : SQLITE_OK;
}

/* ---- Randomness and time ---- */

static int vfs_randomness(sqlite3_vfs *base, int len, char *to) {
  const struct os *os = vfs_of(base)->os;
  os->random(os->context, to, (size_t)len);
  return len;
}

static int vfs_sleep(sqlite3_vfs *base, int us) {
  (void)base, (void)us;
  return 0; /* nobody to wait for */
}

/* Milliseconds since the Julian day 0. */
static int vfs_current_time_ms(sqlite3_vfs *base, sqlite3_int64 *out) {
  const sqlite3_int64 unix_epoch_ms = INT64_C(24405875) * 8640000;
  *out = unix_epoch_ms + os_now_us(vfs_of(base)->os) / 1000;
  return SQLITE_OK;
}

static int vfs_current_time(sqlite3_vfs *base, double *out) {
  sqlite3_int64 ms;
  vfs_current_time_ms(base, &ms);
  *out = (double)ms / 86400000.0;
  return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *base, int len, char *out) {
  (void)len, (void)out;
  return vfs_of(base)->last_code;
}

/* ---- The whole ---- */

struct database_vfs *database_vfs_new(const struct os *os, bool read_only) {
  static atomic_ullong made;
  struct database_vfs *v = calloc(1, sizeof *v);
  if (!v) abort();
  v->os = os;
  v->read_only = read_only;
  snprintf(v->name, sizeof v->name, "daybook-%llu", (unsigned long long)atomic_fetch_add(&made, 1));
  v->base = (sqlite3_vfs){
      .iVersion = 2,
      .szOsFile = sizeof(struct vfs_file),
      .mxPathname = PATH_BYTES - 1,
      .zName = v->name,
      .xOpen = vfs_open,
      .xDelete = vfs_delete,
      .xAccess = vfs_access,
      .xFullPathname = vfs_full_pathname,
      .xRandomness = vfs_randomness,
      .xSleep = vfs_sleep,
      .xCurrentTime = vfs_current_time,
      .xGetLastError = vfs_last_error,
      .xCurrentTimeInt64 = vfs_current_time_ms,
  };
  int result = sqlite3_vfs_register(&v->base, 0);
  assert(result == SQLITE_OK);
  (void)result;
  return v;
}

void database_vfs_free(struct database_vfs *v) {
  if (!v) return;
  int result = sqlite3_vfs_unregister(&v->base);
  assert(result == SQLITE_OK);
  (void)result;
  free(v);
}

const char *database_vfs_name(const struct database_vfs *v) { return v->name; }
