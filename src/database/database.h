/* SQLite behind one small header: opened through struct os, mode 0600, WAL with synchronous FULL (a change is on disk
 * when its call returns), statements kept, transactions, SQLite's failures as our error codes.
 *
 * A database is one file with one connection, used by one thread at a time: its owner has the mutex. While it is open
 * no other process can open it (ERR_LOCKED). */
#ifndef DAYBOOK_DATABASE_DATABASE_H
#define DAYBOOK_DATABASE_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "os/os.h"

enum { DATABASE_STATEMENTS = 512 };

struct database;

/* What a file holds; static. */
struct database_format {
  const char *what; /* in messages: "catalog" */
  int32_t application_id, version;
  const char *const *schema; /* makes the tables in an empty file, in one transaction; ends with NULL. Both numbers are
                                set by us. */
};

/* Creates or opens; ERR_CORRUPT where it is another file, or of another version. read_only: nothing is made, written
 * or locked. */
int database_open(const struct os *os, const char *path, bool read_only, const struct database_format *format,
                  struct database **out, struct error *err);
void database_close(struct database *d); /* NULL is allowed */

/* The statement of this text, ready to be bound; sql_finish it after use, and not again before that. `sql` is a static
 * string: statements are kept by its address, at most DATABASE_STATEMENTS. */
int database_prepare(struct database *d, const char *sql, sqlite3_stmt **out, struct error *err);
/* Runs one without parameters and rows. */
int database_execute(struct database *d, const char *sql, struct error *err);
/* A transaction; no nesting. A failed commit was rolled back. */
int database_begin(struct database *d, struct error *err);
int database_commit(struct database *d, struct error *err);
void database_rollback(struct database *d); /* also where there is none any more */
/* Rows changed by the last statement. */
int database_changes(const struct database *d);
/* A consistent copy by SQLite's backup API into a new file, 0600, synced. */
int database_backup(struct database *d, const char *to_path, struct error *err);

/* ---- Statements. Bound bytes are borrowed until sql_finish ---- */
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
/* A copy in the arena; empty for NULL. */
struct slice sql_column_copy(sqlite3_stmt *st, int index, struct arena *arena);
int sql_column_u64(sqlite3_stmt *st, int index, uint64_t *out, struct error *err); /* ERR_CORRUPT where negative */
/* Ends a use of a kept statement, so that no pointer to the caller's memory stays in it; NULL is allowed. */
void sql_finish(sqlite3_stmt *st);

#endif
