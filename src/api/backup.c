/* POST /v1/admin/backup: a consistent copy of the running store, on the server's disk.
 *
 * Only below the folder the operator named (`serve --backup-dir`), and there only under a plain new name: a key that
 * leaks must not let anybody write elsewhere. */
#include <stdio.h>

#include "api/internal.h"

enum { BACKUP_NAME_BYTES = 128, BACKUP_PATH_BYTES = 4096 };

void api_set_backup_dir(struct api *a, const char *dir) { a->backup_dir = dir; }

static void skip_blanks(struct slice *s) {
  while (s->len && memchr(" \t\r\n", s->data[0], 4)) *s = slice_skip(*s, 1);
}

static bool take(struct slice *s, const char *token) {
  skip_blanks(s);
  if (!slice_starts_with(*s, slice_from(token))) return false;
  *s = slice_skip(*s, strlen(token));
  return true;
}

/* Characters of a name that need no escape in JSON and mean nothing to a file system. */
static size_t name_length(struct slice s) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  size_t len = 0;
  while (len < s.len && s.data[len] && strchr(allowed, s.data[len])) len++;
  return len;
}

/* {"dir":"nightly-2026-11-20"} */
static int parse_name(struct slice body, struct slice *name_out, struct error *err) {
  struct slice at = body;
  if (!take(&at, "{") || !take(&at, "\"dir\"") || !take(&at, ":") || !take(&at, "\""))
    return error_set_at(err, ERR_INVALID, "", "the body must be {\"dir\": \"NAME\"}");
  struct slice name = slice_of(at.data, name_length(at));
  at = slice_skip(at, name.len);
  if (name.len == 0 || name.len > BACKUP_NAME_BYTES || name.data[0] == '.' || !take(&at, "\""))
    return error_set_at(err, ERR_INVALID, "/dir",
                        "must be the name of a new folder: 1 to %d of A-Z a-z 0-9 . _ - without a dot in front",
                        BACKUP_NAME_BYTES);
  bool closed = take(&at, "}");
  skip_blanks(&at);
  if (!closed || at.len > 0) return error_set_at(err, ERR_INVALID, "", "the body must be {\"dir\": \"NAME\"}");
  *name_out = name;
  return 0;
}

/* People and keys go with the events: a restored folder is served as it was. */
static int backup_accounts(struct api *a, const char *folder, struct error *err) {
  char path[BACKUP_PATH_BYTES];
  int len = snprintf(path, sizeof path, "%s/accounts.db", folder);
  if (len < 0 || (size_t)len >= sizeof path) return error_set(err, ERR_INVALID, "the path is too long");
  return accounts_backup(a->accounts, path, err);
}

int backup_post(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct slice name = {NULL, 0};
  char path[BACKUP_PATH_BYTES];
  if (!a->backup_dir)
    return error_set(err, ERR_FORBIDDEN,
                     "this server may not write backups: start it with serve --backup-dir DIR to name the folder for "
                     "them");
  int code = parse_name(http_body(r), &name, err);
  if (code) return code;
  int len = snprintf(path, sizeof path, "%s/%.*s", a->backup_dir, SLICE_ARGS(name));
  if (len < 0 || (size_t)len >= sizeof path) return error_set(err, ERR_INVALID, "the path is too long");
  code = a->os->make_dir(a->os->context, a->backup_dir);
  if (code) return error_set(err, code, "make the folder %s", a->backup_dir);
  code = store_backup(a->store, path, err);
  if (code == ERR_CONFLICT) {
    error_clear(err);
    return error_set_at(err, code, "/dir", "there is a backup of that name already");
  }
  if (code == 0) code = backup_accounts(a, path, err);
  if (code) return error_wrap(err, code, "backup");
  struct buffer *out = http_answer(r);
  http_answer_as(r, 201, "application/json");
  buffer_append_text(out, "{\"dir\":");
  json_append_string(out, slice_from(path));
  buffer_append_char(out, '}');
  return 0;
}
