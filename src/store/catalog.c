/* The catalog in SQLite. Format version 1 (application_id "Dayb", user_version 1):
 *
 *   meta       name -> integer: wal_floor, next_segment
 *   settings   name -> bytes
 *   segments   one row for each live segment
 *   tenants    path -> last_seq
 *   retention  path ('' for all) -> days
 *
 * Paths compare as bytes. Each change is one transaction in WAL mode with synchronous=FULL, thus on disk when the
 * call returns. SQLite's own files go through struct os (database/). */
#include "store/catalog.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "database/database.h"

enum { APPLICATION_ID = 0x44617962, FORMAT_VERSION = 1 };

static const char *const schema[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE segments (number INTEGER PRIMARY KEY CHECK (number > 0), rows INTEGER NOT NULL CHECK (rows >= 0),"
    " bytes INTEGER NOT NULL CHECK (bytes >= 0), occurred_min_us INTEGER NOT NULL, occurred_max_us INTEGER NOT NULL,"
    " received_min_us INTEGER NOT NULL, received_max_us INTEGER NOT NULL) STRICT;"
    "CREATE TABLE tenants (path TEXT PRIMARY KEY, last_seq INTEGER NOT NULL CHECK (last_seq >= 0))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE retention (path TEXT PRIMARY KEY, days INTEGER NOT NULL CHECK (days >= 0)) STRICT, WITHOUT ROWID;"
    "INSERT INTO meta VALUES ('wal_floor', 1), ('next_segment', 1);",
    NULL};

enum statement {
  LIST_SEGMENTS,
  COUNT_SEGMENTS,
  LIST_TENANTS,
  LIST_RETENTION,
  COUNT_RETENTION,
  GET_META,
  RAISE_META,
  TAKE_SEGMENT,
  ADD_SEGMENT,
  REMOVE_SEGMENT,
  RAISE_TENANT,
  SET_RETENTION,
  REMOVE_RETENTION,
  GET_SETTING,
  SET_SETTING,
  STATEMENTS
};

static const char *const statement_sql[STATEMENTS] = {
    [LIST_SEGMENTS] =
        "SELECT number, rows, bytes, occurred_min_us, occurred_max_us, received_min_us, received_max_us"
        " FROM segments ORDER BY number",
    [COUNT_SEGMENTS] = "SELECT count(*) FROM segments",
    [LIST_TENANTS] = "SELECT path, last_seq FROM tenants ORDER BY path",
    [LIST_RETENTION] = "SELECT path, days FROM retention ORDER BY path",
    [COUNT_RETENTION] = "SELECT count(*) FROM retention",
    [GET_META] = "SELECT value FROM meta WHERE name = ?1",
    [RAISE_META] = "UPDATE meta SET value = max(value, ?2) WHERE name = ?1",
    [TAKE_SEGMENT] = "UPDATE meta SET value = value + 1 WHERE name = 'next_segment' RETURNING value - 1",
    [ADD_SEGMENT] = "INSERT INTO segments VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [REMOVE_SEGMENT] = "DELETE FROM segments WHERE number = ?1",
    [RAISE_TENANT] =
        "INSERT INTO tenants VALUES (?1, ?2)"
        " ON CONFLICT (path) DO UPDATE SET last_seq = max(last_seq, excluded.last_seq)",
    [SET_RETENTION] = "INSERT INTO retention VALUES (?1, ?2) ON CONFLICT (path) DO UPDATE SET days = excluded.days",
    [REMOVE_RETENTION] = "DELETE FROM retention WHERE path = ?1",
    [GET_SETTING] = "SELECT value FROM settings WHERE name = ?1",
    [SET_SETTING] = "INSERT INTO settings VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
};

static const struct database_format format = {"catalog", APPLICATION_ID, FORMAT_VERSION, schema};

struct catalog {
  pthread_mutex_t mutex;
  struct database *db;
};

static void lock(struct catalog *c) {
  int result = pthread_mutex_lock(&c->mutex);
  assert(result == 0);
  (void)result;
}

static void unlock(struct catalog *c) {
  int result = pthread_mutex_unlock(&c->mutex);
  assert(result == 0);
  (void)result;
}

/* ---- Opening ---- */

int catalog_open(const struct os *os, const char *path, bool read_only, struct catalog **out, struct error *err) {
  struct database *db = NULL;
  int code = database_open(os, path, read_only, &format, &db, err);
  if (code) return code;
  struct catalog *c = calloc(1, sizeof *c);
  if (!c || pthread_mutex_init(&c->mutex, NULL) != 0) abort();
  c->db = db;
  *out = c;
  return 0;
}

void catalog_close(struct catalog *c) {
  if (!c) return;
  database_close(c->db);
  (void)pthread_mutex_destroy(&c->mutex);
  free(c);
}

/* ---- Reading ---- */

/* Rows of a list, at most arena's room: counts first, for one array. The caller holds the mutex. */
static int read_list(struct catalog *c, enum statement count, enum statement list, size_t item_bytes,
                     int (*read_row)(sqlite3_stmt *st, struct arena *arena, void *item, struct error *err),
                     struct arena *arena, void **out, uint32_t *count_out, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  uint64_t max = 0;
  uint32_t n = 0;
  char *items = NULL;
  int code = database_prepare(c->db, statement_sql[count], &st, err);
  if (!code) code = sql_step_row(st, &row, err);
  if (!code) code = sql_column_u64(st, 0, &max, err);
  sql_finish(st);
  if (code) return code;
  if (max > UINT32_MAX || max > SIZE_MAX / item_bytes) return error_set(err, ERR_CORRUPT, "catalog: too many rows");
  items = arena_alloc(arena, max ? (size_t)max * item_bytes : 1);
  if (!items) return error_set(err, ERR_TOO_LARGE, "catalog: %" PRIu64 " rows do not fit into memory", max);
  st = NULL;
  code = database_prepare(c->db, statement_sql[list], &st, err);
  while (!code) {
    code = sql_step_row(st, &row, err);
    if (code || !row) break;
    if (n == max) { /* only where another program writes at the same time */
      code = error_set(err, ERR_CONFLICT, "catalog: changed by another program");
      break;
    }
    code = read_row(st, arena, items + (size_t)n++ * item_bytes, err);
  }
  sql_finish(st);
  if (code) return code;
  *out = items;
  *count_out = n;
  return 0;
}

static int read_segment(sqlite3_stmt *st, struct arena *arena, void *item, struct error *err) {
  (void)arena;
  struct catalog_segment *s = item;
  int code = sql_column_u64(st, 0, &s->number, err);
  if (!code) code = sql_column_u64(st, 1, &s->rows, err);
  if (!code) code = sql_column_u64(st, 2, &s->bytes, err);
  s->occurred_min_us = sqlite3_column_int64(st, 3);
  s->occurred_max_us = sqlite3_column_int64(st, 4);
  s->received_min_us = sqlite3_column_int64(st, 5);
  s->received_max_us = sqlite3_column_int64(st, 6);
  return code;
}

static int read_retention(sqlite3_stmt *st, struct arena *arena, void *item, struct error *err) {
  struct catalog_retention *r = item;
  int64_t days = sqlite3_column_int64(st, 1);
  if (days < 0 || days > INT32_MAX) return error_set(err, ERR_CORRUPT, "catalog: a retention is out of range");
  r->days = (int32_t)days;
  r->path = arena_copy(arena, sql_column_bytes(st, 0));
  return arena->overflowed ? error_set(err, ERR_TOO_LARGE, "catalog: the retention list does not fit") : 0;
}

int catalog_load_segments(struct catalog *c, struct arena *arena, struct catalog_segment **out, uint32_t *count_out,
                          struct error *err) {
  void *items = NULL;
  lock(c);
  int code = read_list(c, COUNT_SEGMENTS, LIST_SEGMENTS, sizeof **out, read_segment, arena, &items, count_out, err);
  unlock(c);
  if (!code) *out = items;
  return code;
}

int catalog_load_retention(struct catalog *c, struct arena *arena, struct catalog_retention **out, uint32_t *count_out,
                           struct error *err) {
  void *items = NULL;
  lock(c);
  int code = read_list(c, COUNT_RETENTION, LIST_RETENTION, sizeof **out, read_retention, arena, &items, count_out, err);
  unlock(c);
  if (!code) *out = items;
  return code;
}

int catalog_load_tenants(struct catalog *c, int (*each)(void *arg, const struct catalog_tenant *t), void *arg,
                         struct error *err) {
  sqlite3_stmt *st = NULL;
  lock(c);
  int code = database_prepare(c->db, statement_sql[LIST_TENANTS], &st, err);
  while (!code) {
    bool row = false;
    struct catalog_tenant tenant;
    code = sql_step_row(st, &row, err);
    if (code || !row) break;
    tenant.path = sql_column_bytes(st, 0);
    code = sql_column_u64(st, 1, &tenant.last_seq, err);
    if (!code) code = each(arg, &tenant);
  }
  sql_finish(st);
  unlock(c);
  return code;
}

int catalog_wal_floor(struct catalog *c, uint64_t *out, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  lock(c);
  int code = database_prepare(c->db, statement_sql[GET_META], &st, err);
  if (!code) code = sql_bind_text(st, 1, SLICE("wal_floor"), err);
  if (!code) code = sql_step_row(st, &row, err);
  if (!code && !row) code = error_set(err, ERR_CORRUPT, "catalog: wal_floor is missing");
  if (!code) code = sql_column_u64(st, 0, out, err);
  sql_finish(st);
  unlock(c);
  return code;
}

/* ---- Writing ---- */

int catalog_next_segment(struct catalog *c, uint64_t *out, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  uint64_t number = 0;
  lock(c);
  int code = database_prepare(c->db, statement_sql[TAKE_SEGMENT], &st, err);
  if (!code) code = sql_step_row(st, &row, err);
  if (!code && !row) code = error_set(err, ERR_CORRUPT, "catalog: next_segment is missing");
  if (!code) code = sql_column_u64(st, 0, &number, err);
  if (!code) code = sql_step_done(st, err); /* it commits here */
  sql_finish(st);
  unlock(c);
  if (!code) *out = number;
  return code;
}

static int add_segment(struct catalog *c, const struct catalog_segment *s, struct error *err) {
  sqlite3_stmt *st = NULL;
  int code = database_prepare(c->db, statement_sql[ADD_SEGMENT], &st, err);
  if (!code) code = sql_bind_u64(st, 1, s->number, err);
  if (!code) code = sql_bind_u64(st, 2, s->rows, err);
  if (!code) code = sql_bind_u64(st, 3, s->bytes, err);
  if (!code) code = sql_bind_i64(st, 4, s->occurred_min_us, err);
  if (!code) code = sql_bind_i64(st, 5, s->occurred_max_us, err);
  if (!code) code = sql_bind_i64(st, 6, s->received_min_us, err);
  if (!code) code = sql_bind_i64(st, 7, s->received_max_us, err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  return code;
}

static int remove_segment(struct catalog *c, uint64_t number, struct error *err) {
  sqlite3_stmt *st = NULL;
  int code = database_prepare(c->db, statement_sql[REMOVE_SEGMENT], &st, err);
  if (!code) code = sql_bind_u64(st, 1, number, err);
  if (!code) code = sql_step_done(st, err);
  if (!code && database_changes(c->db) != 1)
    code = error_set(err, ERR_NOT_FOUND, "catalog: segment %" PRIu64 " is not live", number);
  sql_finish(st);
  return code;
}

static int raise_tenant(struct catalog *c, const struct catalog_tenant *t, struct error *err) {
  sqlite3_stmt *st = NULL;
  int code = database_prepare(c->db, statement_sql[RAISE_TENANT], &st, err);
  if (!code) code = sql_bind_text(st, 1, t->path, err);
  if (!code) code = sql_bind_u64(st, 2, t->last_seq, err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  return code;
}

static int raise_wal_floor(struct catalog *c, uint64_t floor, struct error *err) {
  sqlite3_stmt *st = NULL;
  int code = database_prepare(c->db, statement_sql[RAISE_META], &st, err);
  if (!code) code = sql_bind_text(st, 1, SLICE("wal_floor"), err);
  if (!code) code = sql_bind_u64(st, 2, floor, err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  return code;
}

static int apply_in_transaction(struct catalog *c, const struct catalog_edit *edit, struct error *err) {
  int code = 0;
  for (uint32_t i = 0; !code && i < edit->remove_count; i++) code = remove_segment(c, edit->remove[i], err);
  for (uint32_t i = 0; !code && i < edit->add_count; i++) code = add_segment(c, &edit->add[i], err);
  for (uint32_t i = 0; !code && i < edit->tenant_count; i++) code = raise_tenant(c, &edit->tenants[i], err);
  if (!code && edit->wal_floor) code = raise_wal_floor(c, edit->wal_floor, err);
  return code;
}

int catalog_apply(struct catalog *c, const struct catalog_edit *edit, struct error *err) {
  lock(c);
  int code = database_begin(c->db, err);
  if (code) goto out;
  code = apply_in_transaction(c, edit, err);
  if (code)
    database_rollback(c->db);
  else
    code = database_commit(c->db, err);
out:
  unlock(c);
  return code;
}

int catalog_set_retention(struct catalog *c, struct slice path, int32_t days, bool remove, struct error *err) {
  sqlite3_stmt *st = NULL;
  if (!remove && days < 0) return error_set(err, ERR_INVALID, "a retention of %" PRId32 " days", days);
  lock(c);
  int code = database_prepare(c->db, statement_sql[remove ? REMOVE_RETENTION : SET_RETENTION], &st, err);
  if (!code) code = sql_bind_text(st, 1, path, err);
  if (!code && !remove) code = sql_bind_i64(st, 2, days, err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  unlock(c);
  return code;
}

int catalog_get_setting(struct catalog *c, const char *name, struct arena *arena, struct slice *value_out,
                        struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  lock(c);
  int code = database_prepare(c->db, statement_sql[GET_SETTING], &st, err);
  if (!code) code = sql_bind_text(st, 1, slice_from(name), err);
  if (!code) code = sql_step_row(st, &row, err);
  if (!code && !row) code = error_set(err, ERR_NOT_FOUND, "catalog: no setting %s", name);
  if (!code) {
    struct slice value = arena_copy(arena, sql_column_bytes(st, 0));
    if (arena->overflowed)
      code = error_set(err, ERR_TOO_LARGE, "catalog: the setting %s does not fit", name);
    else
      *value_out = value;
  }
  sql_finish(st);
  unlock(c);
  return code;
}

int catalog_set_setting(struct catalog *c, const char *name, struct slice value, struct error *err) {
  sqlite3_stmt *st = NULL;
  lock(c);
  int code = database_prepare(c->db, statement_sql[SET_SETTING], &st, err);
  if (!code) code = sql_bind_text(st, 1, slice_from(name), err);
  if (!code) code = sql_bind_blob(st, 2, value, err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  unlock(c);
  return code;
}

/* ---- Backup ---- */

int catalog_backup(struct catalog *c, const char *to_path, struct error *err) {
  lock(c);
  int code = database_backup(c->db, to_path, err);
  unlock(c);
  return code;
}
