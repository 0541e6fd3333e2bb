/* The only way to files, clock and randomness: a table of functions, so that tests can fail, tear and
 * drop what the store writes. `os_real()` is the operating system. All calls may be made by any thread;
 * one struct file by one thread at a time, except file_read, which any number may call at once.
 *
 * Durability contract, which the simulated layer enforces by losing what was not synced: bytes are
 * durable after os_file_sync; a created, renamed or removed name is durable after os_dir_sync of its
 * folder. */
#ifndef DAYBOOK_OS_OS_H
#define DAYBOOK_OS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

struct os_file; /* an open file */

enum os_open_mode {
  OS_READ,       /* existing, for reading */
  OS_CREATE,     /* new, read and write, mode 0600; ERR_CONFLICT where the name exists */
  OS_READ_WRITE, /* existing, read and write */
};

struct os {
  void *context;
  int (*open)(void *context, const char *path, enum os_open_mode mode, struct os_file **out);
  void (*close)(void *context, struct os_file *file); /* no error: sync first what matters; NULL is allowed */
  /* Reads up to len bytes at offset; *read_out < len only at the end of the file. */
  int (*read)(void *context, struct os_file *file, uint64_t offset, void *to, size_t len, size_t *read_out);
  /* Writes all bytes at offset or fails; a failed write may have written a part. */
  int (*write)(void *context, struct os_file *file, uint64_t offset, const void *data, size_t len);
  int (*sync)(void *context, struct os_file *file); /* fdatasync; after a failure the content is unknown */
  /* A hint that a sync of these bytes comes soon, so that the disk may begin; does not wait for it to end. NULL: none
   * is given.
   */
  void (*start_sync)(void *context, struct os_file *file, uint64_t offset, uint64_t len);
  int (*size)(void *context, struct os_file *file, uint64_t *size_out);
  int (*truncate)(void *context, struct os_file *file, uint64_t size);
  int (*preallocate)(void *context, struct os_file *file, uint64_t size); /* zero-filled up to size; never shrinks */
  /* Keeps other programs, and other opens in this one, from locking the file until it is closed; ERR_LOCKED where
   * one has it locked. For files open for writing. */
  int (*lock)(void *context, struct os_file *file);
  int (*rename)(void *context, const char *from, const char *to);
  int (*remove)(void *context, const char *path);
  int (*make_dir)(void *context, const char *path); /* mode 0700; an existing folder is fine */
  int (*sync_dir)(void *context, const char *path);
  /* Calls each(arg, name) for every entry but . and .., in no order; stops where each returns non-zero
   * and returns that. */
  int (*list_dir)(void *context, const char *path, int (*each)(void *arg, const char *name), void *arg);
  int (*free_bytes)(void *context, const char *path, uint64_t *bytes_out); /* room on the file system */
  int64_t (*now_us)(void *context);                    /* wall clock, microseconds since 1970 (instant.h) */
  int64_t (*monotonic_us)(void *context);              /* for durations and deadlines */
  void (*random)(void *context, void *to, size_t len); /* cryptographically strong */
};

/* The operating system itself; static, never freed. */
const struct os *os_real(void);

/* Short names for calls through the table. */
int os_open(const struct os *os, const char *path, enum os_open_mode mode, struct os_file **out);
void os_close(const struct os *os, struct os_file *file);
int os_read(const struct os *os, struct os_file *file, uint64_t offset, void *to, size_t len, size_t *read_out);
/* Exactly len bytes, else ERR_CORRUPT ("the file ends early"). */
int os_read_exact(const struct os *os, struct os_file *file, uint64_t offset, void *to, size_t len);
int os_write(const struct os *os, struct os_file *file, uint64_t offset, const void *data, size_t len);
int os_sync(const struct os *os, struct os_file *file);
void os_start_sync(const struct os *os, struct os_file *file, uint64_t offset, uint64_t len);
int os_size(const struct os *os, struct os_file *file, uint64_t *size_out);
int os_lock(const struct os *os, struct os_file *file);
int64_t os_now_us(const struct os *os);
int64_t os_monotonic_us(const struct os *os);

#endif
