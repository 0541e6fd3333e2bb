/* SQLite's calls with our error codes: binding, stepping, columns. One connection's statements by one thread at a
 * time. Private to the catalog. */
#ifndef DAYBOOK_STORE_CATALOG_SQL_H
#define DAYBOOK_STORE_CATALOG_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

/* The code for a failed call on db (may be NULL); the message is "catalog: WHAT: SQLite's text". */
int sql_failed(sqlite3 *db, int result, const char *what, struct error *err);
/* Constant SQL without results. */
int sql_run(sqlite3 *db, const char *sql, struct error *err);
/* The first column of the first row of constant SQL. */
int sql_query_number(sqlite3 *db, const char *sql, int64_t *out, struct error *err);

/* Bound bytes are borrowed until sql_finish. */
int sql_bind_text(sqlite3_stmt *st, int index, struct slice text, struct error *err);
int sql_bind_blob(sqlite3_stmt *st, int index, struct slice bytes, struct error *err);
int sql_bind_i64(sqlite3_stmt *st, int index, int64_t value, struct error *err);
int sql_bind_u64(sqlite3_stmt *st, int index, uint64_t value, struct error *err); /* ERR_INVALID past INT64_MAX */

/* One step of a statement without rows. */
int sql_step_done(sqlite3_stmt *st, struct error *err);
/* One step of a query: *row_out false at its end. */
int sql_step_row(sqlite3_stmt *st, bool *row_out, struct error *err);
/* Borrowed until the next step. */
struct slice sql_column_bytes(sqlite3_stmt *st, int index);
int sql_column_u64(sqlite3_stmt *st, int index, uint64_t *out, struct error *err); /* ERR_CORRUPT where negative */
/* Ends a use of a kept statement, so that no pointer to the caller's memory stays in it; NULL is allowed. */
void sql_finish(sqlite3_stmt *st);

#endif
