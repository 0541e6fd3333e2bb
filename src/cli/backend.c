#include "cli/backend.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/text.h"
#include "query/query.h"

int backend_check_data(const char *dir, struct error *err) {
  struct stat status;
  char path[4096];
  int len = snprintf(path, sizeof path, "%s/catalog.sqlite", dir);
  if (len < 0 || (size_t)len >= sizeof path)
    return error_set(err, ERR_INVALID, "the path of the data folder is too long");
  if (stat(dir, &status) != 0) return error_set(err, ERR_NOT_FOUND, "there is no folder %s", dir);
  if (!S_ISDIR(status.st_mode)) return error_set(err, ERR_INVALID, "%s is not a folder", dir);
  if (stat(path, &status) != 0) {
    return error_set(err, ERR_NOT_FOUND, "%s is not a data folder of Daybook (it has no catalog.sqlite)", dir);
  }
  return 0;
}

int backend_check_empty(const char *dir, bool *empty_out, struct error *err) {
  DIR *folder = opendir(dir);
  if (!folder && errno == ENOENT) return *empty_out = true, 0;
  if (!folder) return error_set(err, ERR_INVALID, "%s: %s", dir, strerror(errno));
  bool empty = true;
  for (const struct dirent *entry = readdir(folder); entry && empty; entry = readdir(folder)) {
    empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
  }
  closedir(folder);
  return *empty_out = empty, 0;
}

int backend_open(const struct arguments *a, bool create, struct backend **out, struct error *err) {
  const char *dir = a->values[OPT_DATA], *url = a->values[OPT_URL];
  if (dir && url) return error_set(err, ERR_INVALID, "give --url or --data, not both");
  if (dir) return backend_open_local(dir, create, out, err);
  if (!url) url = getenv("DAYBOOK_URL");
  if (!url || !*url) url = CLI_DEFAULT_URL;
  return backend_open_remote(url, getenv("DAYBOOK_KEY"), out, err);
}

void backend_close(struct backend *b) {
  if (b) b->ops->close(b);
}

static int read_order(const struct arguments *a, enum read_order *out, struct error *err) {
  const char *order = a->values[OPT_ORDER];
  *out = NEWEST_FIRST;
  if (!order || strcmp(order, "newest") == 0 || strcmp(order, "desc") == 0) return 0;
  *out = OLDEST_FIRST;
  if (strcmp(order, "oldest") == 0 || strcmp(order, "asc") == 0) return 0;
  return error_set(err, ERR_INVALID, "--order: \"%s\" is not newest or oldest", order);
}

int backend_read_query(const struct arguments *a, struct arena *arena, struct backend_query *out, struct error *err) {
  struct buffer text;
  *out = (struct backend_query){.from = a->values[OPT_FROM], .to = a->values[OPT_TO], .tz = "UTC"};
  if (a->values[OPT_TZ]) out->tz = a->values[OPT_TZ];
  int code = read_order(a, &out->order, err);
  if (code) return code;
  if (!query_zone_valid(out->tz)) return error_set(err, ERR_INVALID, "--tz: there is no time zone \"%s\"", out->tz);
  buffer_init(&text, LIMIT_QUERY_BYTES);
  if (a->values[OPT_QUERY]) buffer_append_text(&text, a->values[OPT_QUERY]);
  for (uint32_t i = 0; i < a->operand_count; i++) {
    if (text.len) buffer_append_char(&text, ' ');
    buffer_append_text(&text, a->operands[i]);
  }
  bool too_long = text.overflowed;
  out->text = arena_copy(arena, buffer_slice(&text));
  buffer_free(&text);
  return too_long ? error_set(err, ERR_TOO_LARGE, "the question is longer than %d bytes", LIMIT_QUERY_BYTES) : 0;
}
