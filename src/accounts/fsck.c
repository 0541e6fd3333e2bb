/* Whether the files of accounts are whole: SQLite's own check of every page and index, and the length of the secret. */
#include <stdio.h>

#include "accounts/accounts.h"
#include "accounts/internal.h"

struct checking {
  const struct os *os;
  const char *dir;
  void (*problem)(void *arg, const char *text);
  void *arg;
  uint64_t problems;
};

static void tell(struct checking *c, const char *file, const char *what) {
  char text[ERROR_MESSAGE_BYTES + 32];
  snprintf(text, sizeof text, "%s: %s", file, what);
  c->problem(c->arg, text);
  c->problems++;
}

/* ERR_NOT_FOUND where there is none. */
static int file_bytes(const struct checking *c, const char *path, uint64_t *out) {
  struct os_file *file = NULL;
  int code = os_open(c->os, path, OS_READ, &file);
  if (code == 0) code = os_size(c->os, file, out);
  os_close(c->os, file);
  return code;
}

static int check_pages(struct checking *c, struct database *db, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  char line[ERROR_MESSAGE_BYTES];
  int code = database_prepare(db, "PRAGMA integrity_check", &st, err);
  if (code == 0) code = sql_step_row(st, &row, err);
  while (code == 0 && row) {
    struct slice said = sql_column_bytes(st, 0);
    snprintf(line, sizeof line, "%.*s", SLICE_ARGS(said));
    if (!slice_equal(said, SLICE("ok"))) tell(c, "accounts.db", line);
    code = sql_step_row(st, &row, err);
  }
  sql_finish(st);
  return code;
}

static int check_database(struct checking *c, const char *path, struct error *err) {
  struct error why = {0};
  struct database *db = NULL;
  int code = database_open(c->os, path, false, &accounts_format, &db, &why);
  bool opened = code == 0;
  if (opened) code = check_pages(c, db, &why);
  database_close(db);
  bool damaged = code == ERR_CORRUPT || (opened && code == ERR_IO); /* what cannot be opened may be whole */
  if (!damaged) return code ? error_set(err, code, "%s", why.message) : 0;
  tell(c, "accounts.db", why.message);
  return 0;
}

static int check_secret(struct checking *c, int code, uint64_t bytes) {
  if (code == ERR_NOT_FOUND)
    tell(c, "secret.key", "is missing; authenticators would have to be set up again");
  else if (code == 0 && bytes != ACCOUNTS_SECRET_BYTES)
    tell(c, "secret.key", "has a wrong length");
  return code == ERR_NOT_FOUND ? 0 : code;
}

int accounts_fsck(const struct os *os, const char *dir, void (*problem)(void *arg, const char *text), void *arg,
                  uint64_t *problems_out, struct error *err) {
  struct checking c = {os, dir, problem, arg, 0};
  char path[4096], secret[4096];
  uint64_t bytes = 0, secret_bytes = 0;
  if (snprintf(path, sizeof path, "%s/accounts.db", dir) >= (int)sizeof path)
    return error_set(err, ERR_INVALID, "the data folder's name is too long");
  snprintf(secret, sizeof secret, "%s/secret.key", dir); /* shorter than the other */
  int code = file_bytes(&c, path, &bytes), secret_code = file_bytes(&c, secret, &secret_bytes);
  bool has_accounts = code == 0;
  if (code == ERR_NOT_FOUND) {
    if (secret_code == 0) tell(&c, "accounts.db", "is missing");
    code = 0;
  } else if (code == 0 && bytes == 0) {
    tell(&c, "accounts.db", "is empty"); /* opening it would make a new one */
  } else if (code == 0) {
    code = check_database(&c, path, err);
  }
  if (code == 0 && has_accounts) code = check_secret(&c, secret_code, secret_bytes);
  if (code) return error_set(err, code, "cannot read the accounts of %s: %s", dir, error_text(code));
  *problems_out = c.problems;
  return 0;
}
