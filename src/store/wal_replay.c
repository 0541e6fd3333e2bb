/* Reading the write-ahead log: replay, listing, and the cut of `daybook fsck --repair`. The format and the rule by
 * which the end is told from damage are at the head of wal.c.
 *
 * Memory is bounded by one record; a length is believed only after the head's checksum held and the file is long
 * enough. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "store/wal.h"
#include "store/wal_format.h"

enum { WINDOW_BYTES = 1024 * 1024, GENERATION_DIGITS = 10 };

struct wal_scan {
  const struct os *os;
  struct os_file *file;
  const char *dir;
  uint64_t file_bytes;
  struct wal_header header;
  uint64_t records, end_offset; /* of the good prefix */
  bool torn_tail;
  /* Bytes [window_offset, window_offset + window_len) of the file. */
  uint64_t window_offset;
  size_t window_len, window_capacity;
  uint8_t *window;
  char path[WAL_PATH_BYTES];
};

static int failed_read(struct wal_scan *s, int code, struct error *err) {
  return error_set(err, code, "read %s: %s", s->path, error_text(code));
}

static int damaged(struct wal_scan *s, const char *what, struct error *err) {
  return error_set(err, ERR_CORRUPT,
                   "%s: %s at offset %" PRIu64
                   ", with acknowledged events behind it; run "
                   "`daybook fsck --repair --data %s`, which keeps a copy and cuts the file there",
                   s->path, what, s->end_offset, s->dir);
}

/* len bytes at offset, which the file has; they stay until the next call. */
static int fetch(struct wal_scan *s, uint64_t offset, size_t len, const uint8_t **out) {
  assert(offset <= s->file_bytes && len <= s->file_bytes - offset);
  bool inside = offset >= s->window_offset && offset - s->window_offset <= s->window_len &&
                len <= s->window_len - (size_t)(offset - s->window_offset);
  if (!inside) {
    if (len > s->window_capacity) {
      free(s->window);
      s->window_len = 0;
      s->window = malloc(len);
      if (!s->window) abort(); /* at most LIMIT_WAL_RECORD_BYTES and never more than the file has */
      s->window_capacity = len;
    }
    uint64_t left = s->file_bytes - offset;
    size_t want = left < s->window_capacity ? (size_t)left : s->window_capacity, got = 0;
    int code = os_read(s->os, s->file, offset, s->window, want, &got);
    s->window_offset = offset;
    s->window_len = code ? 0 : got;
    if (code) return code;
    if (got < len) return ERR_IO; /* it was longer when it was opened */
  }
  *out = s->window + (offset - s->window_offset);
  return 0;
}

/* One record at end_offset: *good_out false where none stands there. */
static int next_record(struct wal_scan *s, struct slice *payload_out, bool *good_out) {
  const uint8_t *bytes;
  struct wal_head head;
  *good_out = false;
  if (s->file_bytes < s->end_offset || s->file_bytes - s->end_offset < WAL_HEAD_BYTES) return 0;
  int code = fetch(s, s->end_offset, WAL_HEAD_BYTES, &bytes);
  if (code || !wal_head_decode(s->header.identity, s->end_offset, bytes, &head)) return code;
  uint64_t payload_offset = s->end_offset + WAL_HEAD_BYTES;
  if (head.payload_bytes > LIMIT_WAL_RECORD_BYTES || head.payload_bytes > s->file_bytes - payload_offset) return 0;
  code = fetch(s, payload_offset, head.payload_bytes, &bytes);
  if (code || crc32c(0, bytes, head.payload_bytes) != head.payload_crc) return code;
  *payload_out = slice_of((const char *)bytes, head.payload_bytes);
  *good_out = true;
  return 0;
}

static bool is_zero(const uint8_t *p, size_t len) { return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0); }

/* Looks at everything behind end_offset: *lost_out where a later head says that end_offset had been synced,
 * torn_tail where there is anything but zeros. A head alone is proof enough; so each byte is looked at once. */
static int scan_behind(struct wal_scan *s, bool *lost_out) {
  uint64_t at = s->end_offset;
  *lost_out = false;
  while (at < s->file_bytes) {
    uint64_t left = s->file_bytes - at;
    size_t len = left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES;
    const uint8_t *bytes;
    int code = fetch(s, at, len, &bytes);
    if (code) return code;
    bool zero = is_zero(bytes, len);
    if (!zero) s->torn_tail = true;
    for (size_t i = 0; !zero && i + WAL_HEAD_BYTES <= len; i += WAL_ALIGN) {
      struct wal_head head;
      if (wal_head_decode(s->header.identity, at + i, bytes + i, &head) && head.durable_offset > s->end_offset) {
        *lost_out = true;
        return 0;
      }
    }
    if (len == left) return 0;
    at += len - WAL_HEAD_BYTES; /* a head may lie across the border; both are multiples of WAL_ALIGN */
  }
  return 0;
}

static int scan_open(struct wal_scan *s, const struct os *os, const char *dir, uint64_t generation, bool *empty_out,
                     struct error *err) {
  enum wal_header_state state;
  *s = (struct wal_scan){.os = os, .dir = dir};
  int code = wal_path(dir, generation, s->path, err);
  if (code) return code;
  code = os_open(os, s->path, OS_READ, &s->file);
  if (code) return error_set(err, code, "open %s: %s", s->path, error_text(code));
  code = os_size(os, s->file, &s->file_bytes);
  if (code) return failed_read(s, code, err);
  code = wal_read_header(os, s->file, s->path, generation, &s->header, &state, err);
  if (code) return code;
  if (state == WAL_HEADER_DAMAGED) return damaged(s, "the header is damaged", err);
  *empty_out = state == WAL_HEADER_NONE;
  s->torn_tail = *empty_out && s->file_bytes > 0;
  if (*empty_out) return 0;
  s->end_offset = WAL_RECORDS_OFFSET;
  s->window_capacity = WINDOW_BYTES;
  s->window = malloc(WINDOW_BYTES);
  if (!s->window) abort();
  return 0;
}

static void scan_close(struct wal_scan *s) {
  os_close(s->os, s->file);
  free(s->window);
}

static int scan_records(struct wal_scan *s, int (*each)(void *arg, struct slice payload), void *arg,
                        struct error *err) {
  for (;;) {
    struct slice payload;
    bool good;
    int code = next_record(s, &payload, &good);
    if (!code && !good) { /* a bit read wrongly must not cut off what is safe on the disk */
      s->window_len = 0;
      code = next_record(s, &payload, &good);
    }
    if (code) return failed_read(s, code, err);
    if (!good) break;
    code = each ? each(arg, payload) : 0;
    if (code) return code;
    s->records++;
    s->end_offset = wal_align(s->end_offset + WAL_HEAD_BYTES + payload.len);
  }
  bool lost = false;
  int code = scan_behind(s, &lost);
  if (code) return failed_read(s, code, err);
  return lost ? damaged(s, "a damaged record", err) : 0;
}

int wal_replay(const struct os *os, const char *dir, uint64_t generation, int (*each)(void *arg, struct slice payload),
               void *arg, struct wal_replay *out, struct error *err) {
  struct wal_scan s;
  bool empty = false;
  int code = scan_open(&s, os, dir, generation, &empty, err);
  if (!code && !empty) code = scan_records(&s, each, arg, err);
  if (!code) *out = (struct wal_replay){s.records, s.end_offset, s.torn_tail};
  scan_close(&s);
  return code;
}

/* ---- The folder ---- */

/* "0000000042.wal" -> 42; more digits where ten do not suffice. */
static bool parse_name(const char *name, uint64_t *out) {
  uint64_t value = 0;
  size_t n = 0;
  for (; name[n] >= '0' && name[n] <= '9'; n++) {
    uint64_t digit = (uint64_t)(name[n] - '0');
    if (value > (UINT64_MAX - digit) / 10) return false;
    value = value * 10 + digit;
  }
  if (n < GENERATION_DIGITS || (n > GENERATION_DIGITS && name[0] == '0') || strcmp(name + n, ".wal") != 0) return false;
  *out = value;
  return true;
}

struct name_list {
  uint64_t *generations;
  uint32_t max, count;
};

static int add_name(void *arg, const char *name) {
  struct name_list *list = arg;
  uint64_t generation;
  if (!parse_name(name, &generation)) return 0;
  if (list->count == list->max) return ERR_TOO_LARGE;
  list->generations[list->count++] = generation;
  return 0;
}

static int compare_generations(const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

int wal_list(const struct os *os, const char *dir, uint64_t *generations_out, uint32_t max, uint32_t *count_out,
             struct error *err) {
  char folder[WAL_PATH_BYTES];
  struct name_list list = {generations_out, max, 0};
  int code = wal_folder(dir, folder, err);
  if (code) return code;
  code = os->list_dir(os->context, folder, add_name, &list);
  if (code && code != ERR_NOT_FOUND) return error_set(err, code, "list %s: %s", folder, error_text(code));
  if (list.count) qsort(generations_out, list.count, sizeof *generations_out, compare_generations);
  *count_out = list.count;
  return 0;
}

int wal_remove(const struct os *os, const char *dir, uint64_t generation, struct error *err) {
  char path[WAL_PATH_BYTES], folder[WAL_PATH_BYTES];
  int code = wal_path(dir, generation, path, err);
  if (!code) code = wal_folder(dir, folder, err);
  if (code) return code;
  code = os->remove(os->context, path);
  if (!code) code = os->sync_dir(os->context, folder);
  return code ? error_set(err, code, "remove %s: %s", path, error_text(code)) : 0;
}

/* ---- The cut ---- */

static int copy_bytes(const struct os *os, struct os_file *from, struct os_file *to) {
  uint8_t *chunk = malloc(WINDOW_BYTES);
  if (!chunk) abort();
  int code = 0;
  uint64_t offset = 0;
  for (size_t got = WINDOW_BYTES; !code && got == WINDOW_BYTES; offset += got) {
    code = os_read(os, from, offset, chunk, WINDOW_BYTES, &got);
    if (!code && got) code = os_write(os, to, offset, chunk, got);
  }
  free(chunk);
  return code;
}

/* A new file keep_dir/NNNNNNNNNN.wal, or with .1, .2 ... behind where an earlier repair left one. */
static int open_copy(struct wal_scan *s, const char *keep_dir, uint64_t generation, struct os_file **out) {
  enum { TRIES = 1000 };
  int code = ERR_CONFLICT;
  for (int i = 0; i < TRIES && code == ERR_CONFLICT; i++) {
    char path[WAL_PATH_BYTES];
    int n = i == 0 ? snprintf(path, sizeof path, "%s/%010" PRIu64 ".wal", keep_dir, generation)
                   : snprintf(path, sizeof path, "%s/%010" PRIu64 ".wal.%d", keep_dir, generation, i);
    if (n < 0 || (size_t)n >= sizeof path) return ERR_INVALID;
    code = os_open(s->os, path, OS_CREATE, out);
  }
  return code;
}

static int keep_copy(struct wal_scan *s, const char *keep_dir, uint64_t generation, struct error *err) {
  struct os_file *copy = NULL;
  int code = s->os->make_dir(s->os->context, keep_dir);
  if (!code) code = open_copy(s, keep_dir, generation, &copy);
  if (!code) code = copy_bytes(s->os, s->file, copy);
  if (!code) code = os_sync(s->os, copy);
  if (!code) code = s->os->sync_dir(s->os->context, keep_dir);
  os_close(s->os, copy);
  return code ? error_set(err, code, "copy %s to %s: %s", s->path, keep_dir, error_text(code)) : 0;
}

static int cut_file(struct wal_scan *s, struct error *err) {
  struct os_file *file = NULL;
  int code = os_open(s->os, s->path, OS_READ_WRITE, &file);
  if (!code) code = s->os->truncate(s->os->context, file, s->end_offset);
  if (!code) code = os_sync(s->os, file);
  os_close(s->os, file);
  return code ? error_set(err, code, "cut %s: %s", s->path, error_text(code)) : 0;
}

int wal_cut(const struct os *os, const char *dir, uint64_t generation, const char *keep_dir, uint64_t *cut_at_out,
            struct error *err) {
  struct wal_scan s;
  struct error reason = {0};
  bool empty = false;
  int code = scan_open(&s, os, dir, generation, &empty, &reason);
  if (!code && !empty) code = scan_records(&s, NULL, NULL, &reason);
  if (code && code != ERR_CORRUPT) {
    error_set(err, code, "%s", reason.message);
    goto out;
  }
  bool clean = !code && !s.torn_tail;
  code = clean ? 0 : keep_copy(&s, keep_dir, generation, err);
  if (!code && !clean) code = cut_file(&s, err);
  if (!code) *cut_at_out = s.end_offset;
out:
  scan_close(&s);
  return code;
}
