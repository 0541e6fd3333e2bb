#include "cli/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, DEPTH = 8, PIECE_BYTES = 1024 * 1024 };

static bool join(char out[PATH_BYTES], const char *dir, const char *name) {
  int len = snprintf(out, PATH_BYTES, "%s/%s", dir, name);
  return len > 0 && len < PATH_BYTES;
}

static bool is_dots(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

static uint64_t measure(const char *dir, unsigned depth) {
  DIR *folder = depth < DEPTH ? opendir(dir) : NULL;
  uint64_t bytes = 0;
  if (!folder) return 0;
  for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
    char path[PATH_BYTES];
    struct stat status;
    if (is_dots(entry->d_name) || !join(path, dir, entry->d_name) || lstat(path, &status) != 0) continue;
    if (S_ISREG(status.st_mode)) bytes += (uint64_t)status.st_size;
    if (S_ISDIR(status.st_mode)) bytes += measure(path, depth + 1);
  }
  closedir(folder);
  return bytes;
}

uint64_t copy_measure(const char *dir) { return measure(dir, 0); }

struct copy {
  void (*piece)(void *arg, uint64_t bytes);
  void *arg;
  char *buffer; /* PIECE_BYTES */
  struct error *err;
};

static int fail(const struct copy *c, const char *path) {
  return error_set(c->err, error_from_errno(errno), "%s: %s", path, strerror(errno));
}

static int copy_bytes(const struct copy *c, int in, int out, const char *from, const char *to) {
  for (;;) {
    ssize_t got = read(in, c->buffer, PIECE_BYTES);
    if (got < 0) return fail(c, from);
    if (got == 0) break;
    for (ssize_t done = 0; done < got;) {
      ssize_t put = write(out, c->buffer + done, (size_t)(got - done));
      if (put < 0) return fail(c, to);
      done += put;
    }
    if (c->piece) c->piece(c->arg, (uint64_t)got);
  }
  return fsync(out) == 0 ? 0 : fail(c, to);
}

static int copy_file(const struct copy *c, const char *from, const char *to) {
  int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (in < 0) return fail(c, from);
  int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  int code = out < 0 ? fail(c, to) : copy_bytes(c, in, out, from, to);
  if (out >= 0 && close(out) != 0 && code == 0) code = fail(c, to);
  close(in);
  return code;
}

static int sync_folder(const struct copy *c, const char *dir) {
  int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail(c, dir);
  int code = fsync(fd) == 0 ? 0 : fail(c, dir);
  close(fd);
  return code;
}

static int copy_tree(const struct copy *c, const char *from, const char *to, unsigned depth);

static int copy_entry(const struct copy *c, const char *from_dir, const char *to_dir, const char *name,
                      unsigned depth) {
  char from[PATH_BYTES], to[PATH_BYTES];
  struct stat status;
  if (!join(from, from_dir, name) || !join(to, to_dir, name)) {
    return error_set(c->err, ERR_INVALID, "%s: the path is too long", from_dir);
  }
  if (lstat(from, &status) != 0) return fail(c, from);
  if (S_ISDIR(status.st_mode)) return copy_tree(c, from, to, depth + 1);
  if (S_ISREG(status.st_mode)) return copy_file(c, from, to);
  return error_set(c->err, ERR_INVALID, "%s is neither a file nor a folder", from);
}

static int copy_tree(const struct copy *c, const char *from, const char *to, unsigned depth) {
  if (depth == DEPTH) return error_set(c->err, ERR_INVALID, "%s: folders nest too deep", from);
  if (mkdir(to, 0700) != 0 && errno != EEXIST) return fail(c, to);
  DIR *folder = opendir(from);
  if (!folder) return fail(c, from);
  int code = 0;
  for (const struct dirent *entry = readdir(folder); entry && code == 0; entry = readdir(folder)) {
    /* The lock belongs to the process that has a folder open. */
    if (!is_dots(entry->d_name) && strcmp(entry->d_name, "lock") != 0) {
      code = copy_entry(c, from, to, entry->d_name, depth);
    }
  }
  closedir(folder);
  return code ? code : sync_folder(c, to);
}

int copy_folder(const char *from, const char *to, void (*piece)(void *arg, uint64_t bytes), void *arg,
                struct error *err) {
  struct copy c = {piece, arg, malloc(PIECE_BYTES), err};
  if (!c.buffer) abort();
  int code = copy_tree(&c, from, to, 0);
  free(c.buffer);
  return code;
}
