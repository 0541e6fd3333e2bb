#include "accounts/statement.h"

int statement_open(struct accounts *a, const char *sql, const struct sql_value *values, unsigned count,
                   sqlite3_stmt **out, struct error *err) {
  sqlite3_stmt *st = NULL;
  int code = database_prepare(a->db, sql, &st, err);
  for (unsigned i = 0; code == 0 && i < count; i++) {
    const struct sql_value *v = &values[i];
    if (v->kind == SQL_NUMBER)
      code = sql_bind_i64(st, (int)i + 1, v->number, err);
    else if (v->kind == SQL_BLOB)
      code = sql_bind_blob(st, (int)i + 1, v->bytes, err);
    else
      code = sql_bind_text(st, (int)i + 1, v->bytes, err);
  }
  if (code)
    sql_finish(st);
  else
    *out = st;
  return code;
}

int statement_run(struct accounts *a, const char *sql, const struct sql_value *values, unsigned count, int *rows_out,
                  struct error *err) {
  sqlite3_stmt *st;
  int code = statement_open(a, sql, values, count, &st, err);
  if (code) return code;
  code = sql_step_done(st, err);
  if (code == 0 && rows_out) *rows_out = database_changes(a->db);
  sql_finish(st);
  return code;
}

int statement_change(struct accounts *a, enum holder_kind kind, struct slice holder, const char *sql,
                     const struct sql_value *values, unsigned count, struct error *err) {
  int rows = 0;
  int code = accounts_begin(a, err);
  if (code) return code;
  code = statement_run(a, sql, values, count, &rows, err);
  if (code == 0 && rows == 0) code = error_set(err, ERR_NOT_FOUND, "there is no such thing");
  if (code == 0) accounts_touch(a, kind, holder);
  return accounts_end(a, code, err);
}
