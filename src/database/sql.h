/* SQLite's failures as our error codes. Private to database/. */
#ifndef DAYBOOK_DATABASE_SQL_H
#define DAYBOOK_DATABASE_SQL_H

#include "database/database.h"

/* The code for a failed call on db (may be NULL); the message is "FILE: WHAT: SQLite's text". */
int sql_failed(sqlite3 *db, int result, const char *what, struct error *err);
/* Constant SQL without results. */
int sql_run(sqlite3 *db, const char *sql, struct error *err);
/* The first column of the first row of constant SQL. */
int sql_query_number(sqlite3 *db, const char *sql, int64_t *out, struct error *err);

#endif
