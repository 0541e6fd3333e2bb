#include "database/sql.h"

#include <inttypes.h>
#include <stdlib.h>

static int code_of(sqlite3 *db, int result) {
  switch (result & 0xff) {
    case SQLITE_FULL: return ERR_DISK_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ERR_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ERR_LOCKED;
    case SQLITE_READONLY: return ERR_READ_ONLY;
    case SQLITE_CONSTRAINT: return ERR_CONFLICT;
    case SQLITE_TOOBIG: return ERR_TOO_LARGE;
    case SQLITE_NOMEM: abort();
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: {
      int code = db ? sqlite3_system_errno(db) : 0; /* one of ours: vfs.h */
      return code < 0 ? code : ERR_IO;
    }
    default: return ERR_INTERNAL; /* SQLITE_OK too: it should not have been a success */
  }
}

/* The file's name without its folder. */
static const char *name_of(sqlite3 *db) {
  const char *path = db ? sqlite3_db_filename(db, "main") : NULL;
  if (!path) return "database";
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

int sql_failed(sqlite3 *db, int result, const char *what, struct error *err) {
  return error_set(err, code_of(db, result), "%s: %s: %s", name_of(db), what,
                   db ? sqlite3_errmsg(db) : sqlite3_errstr(result));
}

int sql_run(sqlite3 *db, const char *sql, struct error *err) {
  int result = sqlite3_exec(db, sql, NULL, NULL, NULL);
  return result == SQLITE_OK ? 0 : sql_failed(db, result, "statement", err);
}

int sql_query_number(sqlite3 *db, const char *sql, int64_t *out, struct error *err) {
  sqlite3_stmt *st = NULL;
  int result = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
  if (result == SQLITE_OK) result = sqlite3_step(st);
  int code = result == SQLITE_ROW ? 0 : sql_failed(db, result, "read", err);
  if (!code) *out = sqlite3_column_int64(st, 0);
  (void)sqlite3_finalize(st); /* repeats the error of the step */
  return code;
}

static int bound(sqlite3_stmt *st, int result, struct error *err) {
  return result == SQLITE_OK ? 0 : sql_failed(sqlite3_db_handle(st), result, "bind", err);
}

int sql_bind_text(sqlite3_stmt *st, int index, struct slice text, struct error *err) {
  const char *data = text.len ? text.data : "";
  return bound(st, sqlite3_bind_text64(st, index, data, text.len, SQLITE_STATIC, SQLITE_UTF8), err);
}

int sql_bind_blob(sqlite3_stmt *st, int index, struct slice bytes, struct error *err) {
  const char *data = bytes.len ? bytes.data : ""; /* NULL would bind the value NULL */
  return bound(st, sqlite3_bind_blob64(st, index, data, bytes.len, SQLITE_STATIC), err);
}

int sql_bind_i64(sqlite3_stmt *st, int index, int64_t value, struct error *err) {
  return bound(st, sqlite3_bind_int64(st, index, value), err);
}

int sql_bind_u64(sqlite3_stmt *st, int index, uint64_t value, struct error *err) {
  if (value > INT64_MAX) return error_set(err, ERR_INVALID, "the number %" PRIu64 " is too large", value);
  return sql_bind_i64(st, index, (int64_t)value, err);
}

int sql_step_done(sqlite3_stmt *st, struct error *err) {
  int result = sqlite3_step(st);
  return result == SQLITE_DONE ? 0 : sql_failed(sqlite3_db_handle(st), result, "write", err);
}

int sql_step_row(sqlite3_stmt *st, bool *row_out, struct error *err) {
  int result = sqlite3_step(st);
  if (result != SQLITE_ROW && result != SQLITE_DONE) return sql_failed(sqlite3_db_handle(st), result, "read", err);
  *row_out = result == SQLITE_ROW;
  return 0;
}

struct slice sql_column_bytes(sqlite3_stmt *st, int index) {
  const char *data = sqlite3_column_blob(st, index);
  return slice_of(data, (size_t)sqlite3_column_bytes(st, index));
}

struct slice sql_column_copy(sqlite3_stmt *st, int index, struct arena *arena) {
  struct slice bytes = sql_column_bytes(st, index);
  return bytes.len ? arena_copy(arena, bytes) : slice_of("", 0);
}

int sql_column_u64(sqlite3_stmt *st, int index, uint64_t *out, struct error *err) {
  int64_t value = sqlite3_column_int64(st, index);
  if (value < 0) return error_set(err, ERR_CORRUPT, "database: a number is negative");
  *out = (uint64_t)value;
  return 0;
}

void sql_finish(sqlite3_stmt *st) {
  if (!st) return;
  (void)sqlite3_reset(st); /* repeats the error of the step, which was reported */
  (void)sqlite3_clear_bindings(st);
}
