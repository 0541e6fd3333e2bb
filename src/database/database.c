/* SQLite's own files go through struct os (vfs.h). */
#include "database/database.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "database/sql.h"
#include "database/vfs.h"

enum { PATH_BYTES = 4096, PRAGMA_BYTES = 64 };

struct database {
  const struct os *os;
  const struct database_format *format;
  struct database_vfs *vfs;
  sqlite3 *db;
  bool read_only;
  struct kept {
    const char *sql; /* by its address; NULL: free */
    sqlite3_stmt *statement;
  } kept[DATABASE_STATEMENTS];
};

/* An empty file of mode 0600 under a name that did not exist (ERR_CONFLICT), durable. */
static int create_file(const struct os *os, const char *path) {
  struct os_file *file = NULL;
  int code = os_open(os, path, OS_CREATE, &file);
  if (code) return code;
  os_close(os, file);
  return database_sync_name(os, path);
}

static int sync_file(const struct os *os, const char *path) {
  struct os_file *file = NULL;
  int code = os_open(os, path, OS_READ_WRITE, &file);
  if (code) return code;
  code = os_sync(os, file);
  os_close(os, file);
  return code;
}

static int set_number(struct database *d, const char *name, int32_t value, struct error *err) {
  char sql[PRAGMA_BYTES];
  snprintf(sql, sizeof sql, "PRAGMA %s = %" PRId32, name, value);
  return sql_run(d->db, sql, err);
}

static int make_tables(struct database *d, struct error *err) {
  int code = database_begin(d, err);
  if (code) return code;
  code = set_number(d, "application_id", d->format->application_id, err);
  if (!code) code = set_number(d, "user_version", d->format->version, err);
  for (const char *const *sql = d->format->schema; !code && *sql; sql++) code = sql_run(d->db, *sql, err);
  if (!code) return database_commit(d, err);
  database_rollback(d);
  return code;
}

/* Whether the tables, indexes and triggers are other than those of the format: *out is 1 then. */
static int count_strangers(struct database *d, uint64_t *out, struct error *err) {
  static const char ask[] =
      "SELECT type || ' ' || name || ' ' || sql FROM main.sqlite_schema WHERE sql IS NOT NULL"
      " ORDER BY 1";
  sqlite3 *fresh = NULL;
  sqlite3_stmt *ours = NULL, *theirs = NULL;
  int code = sqlite3_open_v2(":memory:", &fresh, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                             NULL) == SQLITE_OK
                 ? 0
                 : error_set(err, ERR_INTERNAL, "no memory for a schema");
  for (const char *const *sql = d->format->schema; !code && *sql; sql++) code = sql_run(fresh, *sql, err);
  int result = code ? SQLITE_OK : sqlite3_prepare_v2(fresh, ask, -1, &ours, NULL);
  if (!code && result == SQLITE_OK) result = sqlite3_prepare_v2(d->db, ask, -1, &theirs, NULL);
  *out = 0;
  while (!code && result == SQLITE_OK && *out == 0) {
    int a = sqlite3_step(ours), b = sqlite3_step(theirs);
    if (a == SQLITE_DONE && b == SQLITE_DONE) break;
    if (a != b) result = (a == SQLITE_ROW || a == SQLITE_DONE) && (b == SQLITE_ROW || b == SQLITE_DONE) ? SQLITE_OK : b;
    *out =
        a != b || strcmp((const char *)sqlite3_column_text(ours, 0), (const char *)sqlite3_column_text(theirs, 0)) != 0;
  }
  if (!code && result != SQLITE_OK) code = sql_failed(d->db, result, "read the schema", err);
  sqlite3_finalize(ours);
  sqlite3_finalize(theirs);
  sqlite3_close(fresh);
  return code;
}

/* Makes the tables in an empty file; refuses what is not ours. */
static int check_format(struct database *d, struct error *err) {
  const struct database_format *f = d->format;
  int64_t id = 0, version = 0, objects = 0;
  int code = sql_query_number(d->db, "PRAGMA application_id", &id, err);
  if (!code) code = sql_query_number(d->db, "PRAGMA user_version", &version, err);
  if (!code) code = sql_query_number(d->db, "SELECT count(*) FROM sqlite_schema", &objects, err);
  if (code) return code;
  if (id == 0 && version == 0 && objects == 0 && !d->read_only) return make_tables(d, err);
  if (id != f->application_id) return error_set(err, ERR_CORRUPT, "%s: the file is not one of Daybook's", f->what);
  if (version != f->version)
    return error_set(err, ERR_CORRUPT, "%s: format version %" PRId64 ", this program reads %" PRId32, f->what, version,
                     f->version);
  uint64_t strangers = 0;
  code = count_strangers(d, &strangers, err);
  if (code || strangers == 0) return code;
  return error_set(err, ERR_CORRUPT,
                   "%s: its tables are not those of format version %" PRId32
                   "; another build of Daybook made it, from before a release",
                   f->what, f->version);
}

/* Switching to the log was done with a journal, which exclusive locking leaves behind, blank. */
static int remove_journal(struct database *d, const char *path, struct error *err) {
  char journal[PATH_BYTES];
  int len = snprintf(journal, sizeof journal, "%s-journal", path);
  if (len < 0 || (size_t)len >= sizeof journal) return error_set(err, ERR_INVALID, "the file's name is too long");
  int code = d->os->remove(d->os->context, journal);
  return code && code != ERR_NOT_FOUND ? error_set(err, code, "remove %s: %s", journal, error_text(code)) : 0;
}

static int configure(struct database *d, const char *path, struct error *err) {
  int result = sqlite3_extended_result_codes(d->db, 1);
  if (result == SQLITE_OK) result = sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  if (result == SQLITE_OK) result = sqlite3_db_config(d->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  if (result == SQLITE_OK) result = sqlite3_db_config(d->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
  if (result != SQLITE_OK) return sql_failed(d->db, result, "configure", err);
  /* Exclusive before anything is read: then the log needs no shared memory. */
  int code = sql_run(d->db, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY", err);
  if (!code) code = sql_run(d->db, "PRAGMA cell_size_check = ON; PRAGMA synchronous = FULL", err);
  if (code || d->read_only) return code;
  code = sql_run(d->db, "PRAGMA journal_mode = WAL", err);
  return code ? code : remove_journal(d, path, err);
}

static int connect_to(const struct database *d, const char *path, sqlite3 **out, struct error *err) {
  int flags = (d->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
  int result = sqlite3_open_v2(path, out, flags, database_vfs_name(d->vfs));
  return result == SQLITE_OK ? 0 : sql_failed(*out, result, "open", err);
}

int database_open(const struct os *os, const char *path, bool read_only, const struct database_format *format,
                  struct database **out, struct error *err) {
  int code = read_only ? 0 : create_file(os, path);
  if (code && code != ERR_CONFLICT) return error_set(err, code, "create %s: %s", path, error_text(code));
  struct database *d = calloc(1, sizeof *d);
  if (!d) abort();
  d->os = os;
  d->format = format;
  d->vfs = database_vfs_new(os, read_only);
  d->read_only = read_only;
  code = connect_to(d, path, &d->db, err);
  if (!code) code = configure(d, path, err);
  if (!code) code = check_format(d, err);
  if (code) {
    error_wrap(err, code, "%s", path);
    database_close(d);
    return code;
  }
  *out = d;
  return 0;
}

void database_close(struct database *d) {
  if (!d) return;
  for (unsigned i = 0; i < DATABASE_STATEMENTS; i++) (void)sqlite3_finalize(d->kept[i].statement);
  int result = sqlite3_close(d->db); /* moves SQLite's WAL into the file; what fails there is done at the next open */
  assert(result == SQLITE_OK);
  (void)result;
  database_vfs_free(d->vfs);
  free(d);
}

/* The place of this statement, or the free one for it. */
static struct kept *find_kept(struct database *d, const char *sql) {
  size_t at = ((uintptr_t)sql >> 3) % DATABASE_STATEMENTS;
  for (unsigned tried = 0; tried < DATABASE_STATEMENTS; tried++, at = (at + 1) % DATABASE_STATEMENTS)
    if (!d->kept[at].sql || d->kept[at].sql == sql) return &d->kept[at];
  abort(); /* more statements than the program has */
}

int database_prepare(struct database *d, const char *sql, sqlite3_stmt **out, struct error *err) {
  struct kept *kept = find_kept(d, sql);
  if (!kept->sql) {
    int result = sqlite3_prepare_v3(d->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &kept->statement, NULL);
    if (result != SQLITE_OK) return sql_failed(d->db, result, "prepare", err);
    kept->sql = sql;
  }
  *out = kept->statement;
  return 0;
}

int database_execute(struct database *d, const char *sql, struct error *err) {
  sqlite3_stmt *st = NULL;
  int code = database_prepare(d, sql, &st, err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  return code;
}

int database_begin(struct database *d, struct error *err) {
  assert(sqlite3_get_autocommit(d->db));
  return sql_run(d->db, "BEGIN IMMEDIATE", err);
}

int database_commit(struct database *d, struct error *err) {
  int code = sql_run(d->db, "COMMIT", err);
  if (code) database_rollback(d);
  return code;
}

/* Some failures, a full disk among them, have rolled back already. */
void database_rollback(struct database *d) {
  if (!sqlite3_get_autocommit(d->db)) (void)sql_run(d->db, "ROLLBACK", NULL);
}

int database_changes(const struct database *d) { return sqlite3_changes(d->db); }

static int copy_database(struct database *d, sqlite3 *to, struct error *err) {
  sqlite3_backup *backup = sqlite3_backup_init(to, "main", d->db, "main");
  if (!backup) return sql_failed(to, sqlite3_errcode(to), "backup", err);
  int result = sqlite3_backup_step(backup, -1); /* at once: nothing else writes meanwhile */
  int end = sqlite3_backup_finish(backup);
  if (result == SQLITE_DONE && end == SQLITE_OK) return 0;
  return sql_failed(to, end != SQLITE_OK ? end : result, "backup", err);
}

int database_backup(struct database *d, const char *to_path, struct error *err) {
  sqlite3 *to = NULL;
  int code = create_file(d->os, to_path);
  if (code) return error_set(err, code, "create %s: %s", to_path, error_text(code));
  code = connect_to(d, to_path, &to, err);
  if (!code) code = copy_database(d, to, err);
  int result = sqlite3_close(to);
  assert(result == SQLITE_OK);
  (void)result;
  if (!code) code = sync_file(d->os, to_path);
  if (!code) code = database_sync_name(d->os, to_path); /* a journal that came back would undo the copy */
  return code ? error_set(err, code, "back up to %s: %s", to_path, error_text(code)) : 0;
}
