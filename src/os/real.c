/* The operating system behind struct os. Everything is close-on-exec and readable by the owner alone. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"

struct os_file {
  int fd;
};

/* Linux moves at most this many bytes in one call. */
enum { MOVE_BYTES = 0x7ffff000, ZERO_BYTES = 256 * 1024 };

static int open_retrying(const char *path, int flags) {
  int fd;
  do fd = open(path, flags | O_CLOEXEC, 0600);
  while (fd < 0 && errno == EINTR);
  return fd;
}

static int real_open(void *context, const char *path, enum os_open_mode mode, struct os_file **out) {
  (void)context;
  int flags = mode == OS_READ ? O_RDONLY : mode == OS_CREATE ? O_RDWR | O_CREAT | O_EXCL : O_RDWR;
  int fd = open_retrying(path, flags);
  if (fd < 0) return errno == EEXIST ? ERR_CONFLICT : error_from_errno(errno);
  struct os_file *file = malloc(sizeof *file);
  if (!file) abort();
  file->fd = fd;
  *out = file;
  return 0;
}

static void real_close(void *context, struct os_file *file) {
  (void)context;
  if (!file) return;
  /* Never retried: on Linux the descriptor is gone whatever close says. */
  (void)close(file->fd);
  free(file);
}

static bool range_fits(uint64_t offset, uint64_t len) { return offset <= INT64_MAX && len <= INT64_MAX - offset; }

static int real_read(void *context, struct os_file *file, uint64_t offset, void *to, size_t len, size_t *read_out) {
  (void)context;
  if (!range_fits(offset, len)) return ERR_IO;
  size_t done = 0;
  while (done < len) {
    size_t want = len - done < MOVE_BYTES ? len - done : MOVE_BYTES;
    ssize_t n = pread(file->fd, (char *)to + done, want, (off_t)(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error_from_errno(errno);
    if (n == 0) break;
    done += (size_t)n;
  }
  *read_out = done;
  return 0;
}

static int real_write(void *context, struct os_file *file, uint64_t offset, const void *data, size_t len) {
  (void)context;
  if (!range_fits(offset, len)) return ERR_IO;
  for (size_t done = 0; done < len;) {
    size_t want = len - done < MOVE_BYTES ? len - done : MOVE_BYTES;
    ssize_t n = pwrite(file->fd, (const char *)data + done, want, (off_t)(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error_from_errno(errno);
    if (n == 0) return ERR_IO;
    done += (size_t)n;
  }
  return 0;
}

/* Not retried on EINTR or anything else: after a failure the kernel may have dropped the pages and a second
 * call would report success for bytes that are not on disk. */
static int real_sync(void *context, struct os_file *file) {
  (void)context;
  return fdatasync(file->fd) == 0 ? 0 : error_from_errno(errno);
}

/* It neither reports nor forgets an error: the sync that follows does. */
static void real_start_sync(void *context, struct os_file *file, uint64_t offset, uint64_t len) {
  (void)context;
  if (range_fits(offset, len)) (void)sync_file_range(file->fd, (off_t)offset, (off_t)len, SYNC_FILE_RANGE_WRITE);
}

static int real_size(void *context, struct os_file *file, uint64_t *size_out) {
  (void)context;
  struct stat st;
  if (fstat(file->fd, &st) != 0) return error_from_errno(errno);
  *size_out = (uint64_t)st.st_size;
  return 0;
}

static int real_truncate(void *context, struct os_file *file, uint64_t size) {
  (void)context;
  if (size > INT64_MAX) return ERR_IO;
  int result;
  do result = ftruncate(file->fd, (off_t)size);
  while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : error_from_errno(errno);
}

static int write_zeros(void *context, struct os_file *file, uint64_t from, uint64_t to) {
  static const char zeros[ZERO_BYTES];
  for (uint64_t at = from; at < to;) {
    size_t n = to - at < ZERO_BYTES ? (size_t)(to - at) : ZERO_BYTES;
    int code = real_write(context, file, at, zeros, n);
    if (code) return code;
    at += n;
  }
  return 0;
}

static int real_preallocate(void *context, struct os_file *file, uint64_t size) {
  uint64_t old_size = 0;
  if (size > INT64_MAX) return ERR_IO;
  int code = real_size(context, file, &old_size);
  if (code || size <= old_size) return code;
  int result;
  do result = fallocate(file->fd, 0, (off_t)old_size, (off_t)(size - old_size));
  while (result != 0 && errno == EINTR);
  if (result == 0) return 0;
  if (errno != EOPNOTSUPP && errno != ENOSYS) return error_from_errno(errno);
  return write_zeros(context, file, old_size, size); /* file systems that cannot reserve */
}

/* A lock of the open file description, not of the process: it holds against this process, too, and closing another
 * descriptor of the same file does not lose it. It covers the bytes that SQLite's own locks use, so that other programs
 * find a database busy. */
static int real_lock(void *context, struct os_file *file) {
  (void)context;
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  if (fcntl(file->fd, F_OFD_SETLK, &whole) == 0) return 0;
  return errno == EAGAIN || errno == EACCES ? ERR_LOCKED : error_from_errno(errno);
}

static int real_rename(void *context, const char *from, const char *to) {
  (void)context;
  return rename(from, to) == 0 ? 0 : error_from_errno(errno);
}

static int real_remove(void *context, const char *path) {
  (void)context;
  if (remove(path) == 0) return 0;
  return errno == ENOTEMPTY || errno == EEXIST ? ERR_CONFLICT : error_from_errno(errno);
}

static int real_make_dir(void *context, const char *path) {
  (void)context;
  if (mkdir(path, 0700) == 0) return 0;
  if (errno != EEXIST) return error_from_errno(errno);
  struct stat st;
  if (stat(path, &st) != 0) return error_from_errno(errno);
  return S_ISDIR(st.st_mode) ? 0 : ERR_CONFLICT;
}

static int real_sync_dir(void *context, const char *path) {
  (void)context;
  int fd = open_retrying(path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return error_from_errno(errno);
  int code = fsync(fd) == 0 ? 0 : error_from_errno(errno);
  (void)close(fd);
  return code;
}

static int real_list_dir(void *context, const char *path, int (*each)(void *arg, const char *name), void *arg) {
  (void)context;
  DIR *dir = opendir(path);
  if (!dir) return error_from_errno(errno);
  int code = 0;
  while (!code) {
    errno = 0;
    const struct dirent *entry = readdir(dir);
    if (!entry) {
      code = error_from_errno(errno);
      break;
    }
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) code = each(arg, entry->d_name);
  }
  (void)closedir(dir);
  return code;
}

static int real_free_bytes(void *context, const char *path, uint64_t *bytes_out) {
  (void)context;
  struct statvfs st;
  int result;
  do result = statvfs(path, &st);
  while (result != 0 && errno == EINTR);
  if (result != 0) return error_from_errno(errno);
  uint64_t blocks = (uint64_t)st.f_bavail, block_bytes = (uint64_t)st.f_frsize;
  *bytes_out = block_bytes && blocks > UINT64_MAX / block_bytes ? UINT64_MAX : blocks * block_bytes;
  return 0;
}

static int64_t clock_us(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t) != 0) abort(); /* only for a clock that does not exist */
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t real_now_us(void *context) {
  (void)context;
  return clock_us(CLOCK_REALTIME);
}

static int64_t real_monotonic_us(void *context) {
  (void)context;
  return clock_us(CLOCK_MONOTONIC);
}

static void real_random(void *context, void *to, size_t len) {
  (void)context;
  for (size_t done = 0; done < len;) {
    ssize_t n = getrandom((char *)to + done, len - done, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) abort(); /* without randomness no identity or key may be made */
    done += (size_t)n;
  }
}

const struct os *os_real(void) {
  static const struct os real = {
      .open = real_open,
      .close = real_close,
      .read = real_read,
      .write = real_write,
      .sync = real_sync,
      .start_sync = real_start_sync,
      .size = real_size,
      .truncate = real_truncate,
      .preallocate = real_preallocate,
      .lock = real_lock,
      .rename = real_rename,
      .remove = real_remove,
      .make_dir = real_make_dir,
      .sync_dir = real_sync_dir,
      .list_dir = real_list_dir,
      .free_bytes = real_free_bytes,
      .now_us = real_now_us,
      .monotonic_us = real_monotonic_us,
      .random = real_random,
  };
  return &real;
}
