#include "cli/import_reader.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "cli/text.h"

/* ---- Which files ---- */

static int by_path(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int add_file(struct file_list *list, const char *path, uint64_t bytes, struct error *err) {
  if (list->count == READER_FILES) return error_set(err, ERR_TOO_LARGE, "more than %d files", READER_FILES);
  if (list->count == list->capacity) {
    list->capacity = list->capacity ? list->capacity * 2 : 64;
    list->paths = realloc(list->paths, list->capacity * sizeof *list->paths);
    if (!list->paths) abort();
  }
  char *copy = strdup(path);
  if (!copy) abort();
  list->paths[list->count++] = copy;
  list->bytes += bytes;
  return 0;
}

static bool ends_in(const char *path, const char *const *suffixes) {
  for (; suffixes && *suffixes; suffixes++) {
    if (text_ends_with(slice_from(path), *suffixes)) return true;
  }
  return suffixes == NULL;
}

static int add_path(struct file_list *list, const char *path, const char *const *suffixes, unsigned depth,
                    struct error *err);

static int add_folder(struct file_list *list, const char *path, const char *const *suffixes, unsigned depth,
                      struct error *err) {
  if (depth == 16) return error_set(err, ERR_INVALID, "%s: folders nest too deep", path);
  DIR *folder = opendir(path);
  if (!folder) return error_set(err, error_from_errno(errno), "%s: %s", path, strerror(errno));
  int code = 0;
  for (const struct dirent *entry = readdir(folder); entry && code == 0; entry = readdir(folder)) {
    char child[4096];
    if (entry->d_name[0] == '.') continue;
    int len = snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
    if (len < 0 || (size_t)len >= sizeof child) {
      code = error_set(err, ERR_TOO_LARGE, "%s: the path is too long", path);
    } else {
      code = add_path(list, child, suffixes, depth + 1, err);
    }
  }
  closedir(folder);
  return code;
}

static int add_path(struct file_list *list, const char *path, const char *const *suffixes, unsigned depth,
                    struct error *err) {
  struct stat status;
  if (stat(path, &status) != 0) return error_set(err, error_from_errno(errno), "%s: %s", path, strerror(errno));
  if (!S_ISDIR(status.st_mode)) {
    if (depth && !ends_in(path, suffixes)) return 0;
    return add_file(list, path, S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0, err);
  }
  uint32_t first = list->count;
  int code = add_folder(list, path, suffixes, depth, err);
  if (code == 0 && list->count > first) qsort(list->paths + first, list->count - first, sizeof *list->paths, by_path);
  return code;
}

int file_list_add(struct file_list *list, const char *path, const char *const *suffixes, struct error *err) {
  if (strcmp(path, "-") == 0) return add_file(list, path, 0, err);
  return add_path(list, path, suffixes, 0, err);
}

void file_list_free(struct file_list *list) {
  for (uint32_t i = 0; i < list->count; i++) free(list->paths[i]);
  free(list->paths);
  *list = (struct file_list){0};
}

/* ---- Reading ---- */

struct reader_file {
  gzFile file; /* reads what is not compressed as it is */
  char *path;
  uint64_t line;
  struct buffer record;
  char chunk[65536];
  size_t at, len;
};

int reader_open(const char *path, struct reader_file **out, struct error *err) {
  struct reader_file *r = calloc(1, sizeof *r);
  if (!r) abort();
  errno = 0;
  r->file = strcmp(path, "-") == 0 ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path, "rb");
  if (!r->file) {
    free(r);
    return error_set(err, errno ? error_from_errno(errno) : ERR_IO, "%s: %s", path, strerror(errno));
  }
  gzbuffer(r->file, 128 * 1024);
  r->path = strdup(path);
  if (!r->path) abort();
  buffer_init(&r->record, READER_LINE_BYTES + 1);
  *out = r;
  return 0;
}

void reader_close(struct reader_file *r) {
  if (!r) return;
  gzclose(r->file);
  buffer_free(&r->record);
  free(r->path);
  free(r);
}

/* Reads more; 0 with len 0 at the end. A gzip file that ends early is an error, not an end. */
static int fill(struct reader_file *r, struct error *err) {
  int got = gzread(r->file, r->chunk, sizeof r->chunk);
  int fault = Z_OK;
  gzerror(r->file, &fault);
  if (got < 0 || (fault != Z_OK && fault != Z_STREAM_END)) {
    if (fault == Z_ERRNO) return error_set(err, ERR_IO, "%s: %s", r->path, strerror(errno));
    return error_set(err, ERR_IO, "%s: %s", r->path, gzerror(r->file, &fault));
  }
  r->at = 0;
  r->len = (size_t)got;
  return 0;
}

int reader_next_line(struct reader_file *r, bool quotes, struct slice *out, uint64_t *line_out, bool *long_out,
                     struct error *err) {
  bool quoted = false, any = false, too_long = false;
  buffer_clear(&r->record);
  *line_out = r->line + 1;
  for (;;) {
    if (r->at == r->len) {
      int code = fill(r, err);
      if (code) return code;
      if (r->len == 0 && !any) return ERR_END;
      if (r->len == 0) break;
    }
    any = true;
    /* Up to the newline that may end the record. */
    const char *start = r->chunk + r->at, *end = memchr(start, '\n', r->len - r->at);
    size_t len = end ? (size_t)(end - start) : r->len - r->at;
    for (size_t i = 0; quotes && i < len; i++) quoted ^= start[i] == '"';
    if (r->record.len + len > READER_LINE_BYTES) {
      too_long = true;
    } else {
      buffer_append(&r->record, start, len);
    }
    r->at += len + (end != NULL);
    r->line += end != NULL;
    if (end && !quoted) break;
    if (end && r->record.len < READER_LINE_BYTES) buffer_append_char(&r->record, '\n');
    /* A quote that never closes must not swallow the rest of the file. */
    if (end && too_long) break;
  }
  if (r->record.len && r->record.data[r->record.len - 1] == '\r') r->record.len--;
  *out = buffer_slice(&r->record);
  *long_out = too_long;
  return 0;
}

int reader_all(struct reader_file *r, struct buffer *out, struct error *err) {
  for (;;) {
    int code = fill(r, err);
    if (code) return code;
    if (r->len == 0) return 0;
    buffer_append(out, r->chunk, r->len);
    if (out->overflowed)
      return error_set(err, ERR_TOO_LARGE, "%s: larger than %d MiB", r->path, READER_TEXT_BYTES >> 20);
  }
}

uint64_t reader_offset(const struct reader_file *r) {
  z_off_t offset = gzoffset(r->file);
  return offset > 0 ? (uint64_t)offset : 0;
}
