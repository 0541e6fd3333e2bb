/* Statements with their parameters in one call. Private to accounts/; the caller holds the lock. */
#ifndef DAYBOOK_ACCOUNTS_STATEMENT_H
#define DAYBOOK_ACCOUNTS_STATEMENT_H

#include "accounts/internal.h"

struct sql_value {
  enum { SQL_TEXT, SQL_BLOB, SQL_NUMBER } kind;
  struct slice bytes;
  int64_t number;
};
static inline struct sql_value sql_text(struct slice s) { return (struct sql_value){SQL_TEXT, s, 0}; }
static inline struct sql_value sql_blob(const void *data, size_t len) {
  return (struct sql_value){SQL_BLOB, slice_of(data, len), 0};
}
static inline struct sql_value sql_number(int64_t n) { return (struct sql_value){SQL_NUMBER, slice_of(NULL, 0), n}; }

#define SQL_VALUES(...)                      \
  ((const struct sql_value[]){__VA_ARGS__}), \
      (unsigned)(sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value))

/* Prepares and binds; sql_finish it. `sql` is a static string. */
int statement_open(struct accounts *a, const char *sql, const struct sql_value *values, unsigned count,
                   sqlite3_stmt **out, struct error *err);
/* Runs a change; *rows_out (may be NULL): how many rows it changed. */
int statement_run(struct accounts *a, const char *sql, const struct sql_value *values, unsigned count, int *rows_out,
                  struct error *err);
/* As statement_run in a change of its own, after which the holder is read again; ERR_NOT_FOUND where no row was
 * changed. */
int statement_change(struct accounts *a, enum holder_kind kind, struct slice holder, const char *sql,
                     const struct sql_value *values, unsigned count, struct error *err);

#endif
