#include "tests/property/oracle_sql.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fold.h"
#include "base/instant.h"
#include "tests/property/oracle_ip.h"

/* ---- Speaking with SQLite ---- */

static _Noreturn void die(const struct oracle *o, const char *sql) {
  fprintf(stderr, "the oracle failed: %s\n  %s\n", sqlite3_errmsg(o->db), sql);
  abort();
}

static void run(const struct oracle *o, const char *sql) {
  if (sqlite3_exec(o->db, sql, NULL, NULL, NULL) != SQLITE_OK) die(o, sql);
}

static void run_buffer(const struct oracle *o, struct buffer *sql) {
  buffer_append_char(sql, 0);
  if (sql->overflowed) abort();
  run(o, sql->data);
}

static sqlite3_stmt *prepare(const struct oracle *o, const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(o->db, sql, -1, &statement, NULL) != SQLITE_OK) die(o, sql);
  return statement;
}

static void bind_text(sqlite3_stmt *s, int at, struct slice text) {
  sqlite3_bind_text(s, at, text.len ? text.data : "", (int)text.len, SQLITE_STATIC);
}

static struct slice column_text(sqlite3_stmt *s, int at, struct arena *arena) {
  const char *text = (const char *)sqlite3_column_text(s, at);
  return arena_copy(arena, slice_of(text, (size_t)sqlite3_column_bytes(s, at)));
}

static int64_t one_int(const struct oracle *o, const char *sql) {
  sqlite3_stmt *s = prepare(o, sql);
  if (sqlite3_step(s) != SQLITE_ROW) die(o, sql);
  int64_t value = sqlite3_column_int64(s, 0);
  sqlite3_finalize(s);
  return value;
}

void oracle_append_literal(struct buffer *out, struct slice text) {
  char *copy = malloc(text.len + 1);
  if (!copy) abort();
  if (text.len) memcpy(copy, text.data, text.len);
  copy[text.len] = 0;
  char *quoted = sqlite3_mprintf("%Q", copy);
  buffer_append_text(out, quoted);
  sqlite3_free(quoted);
  free(copy);
}

/* in_network(address, 'network/bits') */
static void in_network(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  const char *address = (const char *)sqlite3_value_text(values[0]);
  const char *network = (const char *)sqlite3_value_text(values[1]);
  sqlite3_result_int(context, oracle_ip_within(address, network));
}

/* to_double('4.35'): SQLite's own reading of decimals is not always the nearest double. */
static void to_double(sqlite3_context *context, int count, sqlite3_value **values) {
  (void)count;
  sqlite3_result_double(context, strtod((const char *)sqlite3_value_text(values[0]), NULL));
}

void oracle_open(struct oracle *o) {
  *o = (struct oracle){0};
  arena_init(&o->arena, SIZE_MAX / 2);
  if (sqlite3_open(":memory:", &o->db) != SQLITE_OK) die(o, "open");
  sqlite3_create_function(o->db, "in_network", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, in_network, NULL, NULL);
  sqlite3_create_function(o->db, "to_double", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, to_double, NULL, NULL);
  run(o,
      "CREATE TABLE e(ev INTEGER PRIMARY KEY, tenant TEXT, seq INT, occurred_at INT, received_at INT);"
      "CREATE UNIQUE INDEX e_id ON e(tenant, seq);"
      "CREATE TABLE c(ev INT, field TEXT, element INT, key TEXT, value TEXT, folded TEXT, number REAL);"
      "CREATE INDEX c_ev ON c(ev, field);"
      "CREATE TABLE retention(path TEXT PRIMARY KEY, days INT);"
      "CREATE TABLE floors(tenant TEXT PRIMARY KEY, us INT);"
      "CREATE TABLE m(ev INTEGER PRIMARY KEY);"
      "CREATE TABLE buckets(bucket INT, low INT, high INT);");
}

void oracle_close(struct oracle *o) {
  sqlite3_close(o->db);
  free(o->known);
  arena_free(&o->arena);
}

/* ---- Events ---- */

bool oracle_is_number(struct slice text, double *out) {
  char copy[65], *end;
  if (text.len == 0 || text.len > 64 || memchr(text.data, 0, text.len)) return false;
  memcpy(copy, text.data, text.len);
  copy[text.len] = 0;
  if (strspn(copy, "+-.0123456789eE") != text.len) return false;
  const char *digits = copy + (copy[0] == '-');
  if (*digits < '0' || *digits > '9') return false;
  if (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') return false;
  const char *dot = strchr(digits, '.');
  if (dot && (dot[1] < '0' || dot[1] > '9')) return false;
  *out = strtod(copy, &end);
  return *end == 0 && *out - *out == 0;
}

static void add_cells(const struct oracle *o, uint32_t ev, const struct event *e) {
  struct buffer scratch;
  buffer_init(&scratch, 16 * LIMIT_EVENT_BYTES);
  sqlite3_stmt *s = prepare(o, "INSERT INTO c VALUES(?,?,?,?,?,?,?)");
  for (uint32_t i = 0; i < e->cell_count; i++) {
    const struct event_cell *cell = &e->cells[i];
    const struct field *field = field_get((enum field_id)cell->field);
    double number;
    if (field->kind == KIND_SHAPE) continue;
    struct slice value = event_value(cell);
    sqlite3_bind_int64(s, 1, ev);
    bind_text(s, 2, field->path);
    sqlite3_bind_int(s, 3, cell->element);
    bind_text(s, 4, cell->key);
    bind_text(s, 5, value);
    bind_text(s, 6, fold(value, &scratch));
    if (oracle_is_number(value, &number))
      sqlite3_bind_double(s, 7, number);
    else
      sqlite3_bind_null(s, 7);
    if (sqlite3_step(s) != SQLITE_DONE) die(o, "insert a cell");
    sqlite3_reset(s);
  }
  sqlite3_finalize(s);
  buffer_free(&scratch);
}

static struct slice json_of(struct oracle *o, const struct event *e, enum event_form form) {
  struct buffer json;
  buffer_init(&json, 16 * LIMIT_EVENT_BYTES);
  event_append_json(e, form, &json);
  struct slice copy = arena_copy(&o->arena, buffer_slice(&json));
  buffer_free(&json);
  return copy;
}

void oracle_add(struct oracle *o, const struct event *e) {
  if (o->count == o->capacity) {
    o->capacity = o->capacity ? 2 * o->capacity : 256;
    o->known = realloc(o->known, o->capacity * sizeof *o->known);
    if (!o->known) abort();
  }
  struct known *k = &o->known[o->count];
  k->event = *e;
  k->event.cells = arena_take(&o->arena, e->cell_count * sizeof *e->cells);
  for (uint32_t i = 0; i < e->cell_count; i++) {
    k->event.cells[i] = e->cells[i];
    k->event.cells[i].key = arena_copy(&o->arena, e->cells[i].key);
    k->event.cells[i].text = arena_copy(&o->arena, e->cells[i].text);
  }
  k->tenant = event_text(&k->event, FIELD_TENANT);
  k->stored_json = json_of(o, e, EVENT_STORED);
  k->sent_json = json_of(o, e, EVENT_AS_SENT);
  sqlite3_stmt *s = prepare(o, "INSERT INTO e VALUES(?,?,?,?,?)");
  sqlite3_bind_int64(s, 1, o->count);
  bind_text(s, 2, k->tenant);
  sqlite3_bind_int64(s, 3, (int64_t)e->seq);
  sqlite3_bind_int64(s, 4, e->occurred_at_us);
  sqlite3_bind_int64(s, 5, e->received_at_us);
  if (sqlite3_step(s) != SQLITE_DONE) die(o, "insert an event");
  sqlite3_finalize(s);
  add_cells(o, o->count++, e);
}

uint32_t oracle_find(struct oracle *o, struct slice tenant, uint64_t seq) {
  sqlite3_stmt *s = prepare(o, "SELECT ev FROM e WHERE tenant = ? AND seq = ?");
  bind_text(s, 1, tenant);
  sqlite3_bind_int64(s, 2, (int64_t)seq);
  uint32_t ev = sqlite3_step(s) == SQLITE_ROW ? (uint32_t)sqlite3_column_int64(s, 0) : UINT32_MAX;
  sqlite3_finalize(s);
  return ev;
}

/* ---- Retention ---- */

void oracle_set_retention(struct oracle *o, const char *path, int days) {
  char *sql = days < 0 ? sqlite3_mprintf("DELETE FROM retention WHERE path = %Q", path)
                       : sqlite3_mprintf("INSERT OR REPLACE INTO retention VALUES(%Q, %d)", path, days);
  run(o, sql);
  sqlite3_free(sql);
}

void oracle_set_now(struct oracle *o, int64_t now_us) {
  char *sql = sqlite3_mprintf(
      "DELETE FROM floors;"
      "INSERT INTO floors SELECT tenant, CASE days WHEN 0 THEN -9223372036854775808 ELSE %lld - days * 86400000000 END "
      "FROM (SELECT DISTINCT tenant, coalesce((SELECT days FROM retention WHERE path = '' OR path = tenant "
      "OR substr(tenant, 1, length(path) + 1) = path || '/' ORDER BY length(path) DESC LIMIT 1), 90) AS days FROM e)",
      (long long)now_us);
  run(o, sql);
  sqlite3_free(sql);
}

#define VISIBLE "received_at >= (SELECT us FROM floors WHERE floors.tenant = e.tenant)"

uint32_t oracle_would_return(struct oracle *o, const char *path, int days, int64_t now_us) {
  run(o, "BEGIN; CREATE TEMP TABLE hidden AS SELECT ev FROM e WHERE NOT (" VISIBLE ")");
  oracle_set_retention(o, path, days);
  oracle_set_now(o, now_us);
  uint32_t count = (uint32_t)one_int(o, "SELECT count(*) FROM e WHERE ev IN (SELECT ev FROM hidden) AND " VISIBLE);
  run(o, "ROLLBACK");
  return count;
}

/* ---- Selecting ---- */

static void append_words(const char *field, const struct slice *words, uint32_t count, struct buffer *out) {
  buffer_printf(out, " AND EXISTS(SELECT 1 FROM c WHERE c.ev = e.ev AND field = '%s' AND value IN (", field);
  for (uint32_t i = 0; i < count; i++) {
    if (i > 0) buffer_append_char(out, ',');
    oracle_append_literal(out, words[i]);
  }
  buffer_append_text(out, "))");
}

void oracle_scope_condition(const struct scope *scope, struct buffer *out) {
  buffer_append_text(out, "(0");
  for (uint32_t i = 0; i < scope->grant_count; i++) {
    const struct scope_grant *g = &scope->grants[i];
    buffer_append_text(out, " OR (1");
    if (g->subtree.len) {
      buffer_append_text(out, " AND (tenant = ");
      oracle_append_literal(out, g->subtree);
      buffer_printf(out, " OR substr(tenant, 1, %zu) = ", g->subtree.len + 1);
      oracle_append_literal(out, g->subtree);
      buffer_append_text(out, " || '/')");
    }
    if (g->log_count) append_words("log", g->logs, g->log_count, out);
    if (g->product_count) append_words("product", g->products, g->product_count, out);
    buffer_append_char(out, ')');
  }
  buffer_append_char(out, ')');
}

static uint32_t *all_matches(const struct oracle *o, uint32_t *count_out) {
  uint32_t *list = malloc((o->count + 1) * sizeof *list), count = 0;
  if (!list) abort();
  sqlite3_stmt *s = prepare(o, "SELECT ev FROM m JOIN e USING(ev) ORDER BY occurred_at, tenant, seq");
  while (sqlite3_step(s) == SQLITE_ROW) list[count++] = (uint32_t)sqlite3_column_int64(s, 0);
  sqlite3_finalize(s);
  *count_out = count;
  return list;
}

uint32_t *oracle_select(struct oracle *o, const char *where, const struct scope *scope, int64_t from_us, int64_t to_us,
                        uint32_t *count_out) {
  struct buffer sql;
  buffer_init(&sql, 16 * 1024 * 1024);
  buffer_append_text(&sql, "DELETE FROM m; INSERT INTO m SELECT ev FROM e WHERE " VISIBLE " AND ");
  oracle_scope_condition(scope, &sql);
  if (from_us != INSTANT_MIN) buffer_printf(&sql, " AND occurred_at >= %lld", (long long)from_us);
  if (to_us != INSTANT_MAX) buffer_printf(&sql, " AND occurred_at < %lld", (long long)to_us);
  buffer_printf(&sql, " AND %s", where);
  run_buffer(o, &sql);
  buffer_free(&sql);
  return all_matches(o, count_out);
}

void oracle_narrow(struct oracle *o, const char *where) {
  char *sql = sqlite3_mprintf("DELETE FROM m WHERE ev NOT IN (SELECT ev FROM e WHERE %s)", where);
  run(o, sql);
  sqlite3_free(sql);
}

/* ---- Questions about the matches ---- */

struct read_stats oracle_stats(struct oracle *o) {
#define DISTINCT_VALUES(field) \
  "SELECT count(DISTINCT value) FROM m JOIN c USING(ev) WHERE field = '" field "' AND value <> ''"
  return (struct read_stats){.events = (uint64_t)one_int(o, "SELECT count(*) FROM m"),
                             .actors = (uint64_t)one_int(o, DISTINCT_VALUES("actor.name")),
                             .domains = (uint64_t)one_int(o, DISTINCT_VALUES("target.domain"))};
}

struct oracle_count *oracle_top(struct oracle *o, const char *field, struct slice key, struct slice folded_prefix,
                                struct arena *arena, uint32_t *count_out) {
  sqlite3_stmt *s = prepare(o,
                            "SELECT value, count(DISTINCT ev) AS n FROM m JOIN c USING(ev) WHERE field = ?1 AND key = "
                            "?2 AND value <> '' AND substr(folded, 1, length(?3)) = ?3 GROUP BY value ORDER BY n DESC, "
                            "value");
  uint32_t count = 0, capacity = 64;
  struct oracle_count *list = malloc(capacity * sizeof *list);
  if (!list) abort();
  bind_text(s, 1, slice_from(field));
  bind_text(s, 2, key);
  bind_text(s, 3, folded_prefix);
  while (sqlite3_step(s) == SQLITE_ROW) {
    if (count == capacity) list = realloc(list, (capacity *= 2) * sizeof *list);
    if (!list) abort();
    list[count++] = (struct oracle_count){column_text(s, 0, arena), (uint64_t)sqlite3_column_int64(s, 1)};
  }
  sqlite3_finalize(s);
  *count_out = count;
  return list;
}

static void set_buckets(struct oracle *o, const int64_t *bounds, uint32_t bucket_count) {
  run(o, "DELETE FROM buckets");
  sqlite3_stmt *s = prepare(o, "INSERT INTO buckets VALUES(?, ?, ?)");
  for (uint32_t i = 0; i < bucket_count; i++) {
    sqlite3_bind_int(s, 1, (int)i);
    sqlite3_bind_int64(s, 2, bounds[i]);
    sqlite3_bind_int64(s, 3, bounds[i + 1]);
    if (sqlite3_step(s) != SQLITE_DONE) die(o, "insert a bucket");
    sqlite3_reset(s);
  }
  sqlite3_finalize(s);
}

#define IN_BUCKETS "m JOIN e USING(ev) JOIN buckets ON occurred_at >= low AND occurred_at < high"

void oracle_buckets(struct oracle *o, const int64_t *bounds, uint32_t bucket_count, const char *field, struct slice key,
                    uint64_t *counts) {
  set_buckets(o, bounds, bucket_count);
  memset(counts, 0, bucket_count * sizeof *counts);
  sqlite3_stmt *s = prepare(o, "SELECT bucket, count(*) FROM " IN_BUCKETS
                               " WHERE ?1 IS NULL OR NOT EXISTS(SELECT 1 FROM c WHERE c.ev = e.ev AND field = ?1 AND "
                               "key = ?2 AND value <> '') GROUP BY bucket");
  if (field) bind_text(s, 1, slice_from(field));
  bind_text(s, 2, key);
  while (sqlite3_step(s) == SQLITE_ROW) counts[sqlite3_column_int(s, 0)] = (uint64_t)sqlite3_column_int64(s, 1);
  sqlite3_finalize(s);
}

void oracle_buckets_of_values(struct oracle *o, const int64_t *bounds, uint32_t bucket_count, const char *field,
                              struct slice key, const struct oracle_count *values, uint32_t value_count,
                              uint64_t *counts) {
  set_buckets(o, bounds, bucket_count);
  memset(counts, 0, (size_t)bucket_count * value_count * sizeof *counts);
  sqlite3_stmt *s =
      prepare(o, "SELECT value, bucket, count(DISTINCT ev) FROM " IN_BUCKETS
                 " JOIN c USING(ev) WHERE field = ?1 AND key = ?2 AND value <> '' GROUP BY value, bucket");
  bind_text(s, 1, slice_from(field));
  bind_text(s, 2, key);
  while (sqlite3_step(s) == SQLITE_ROW) {
    struct slice value = {(const char *)sqlite3_column_text(s, 0), (size_t)sqlite3_column_bytes(s, 0)};
    for (uint32_t v = 0; v < value_count; v++)
      if (slice_equal(values[v].value, value))
        counts[(size_t)bucket_count * v + (size_t)sqlite3_column_int(s, 1)] = (uint64_t)sqlite3_column_int64(s, 2);
  }
  sqlite3_finalize(s);
}

struct slice *oracle_param_names(struct oracle *o, struct arena *arena, uint32_t *count_out) {
  sqlite3_stmt *s = prepare(o, "SELECT DISTINCT key FROM m JOIN c USING(ev) WHERE field = 'params' ORDER BY key");
  uint32_t count = 0, capacity = 64;
  struct slice *list = malloc(capacity * sizeof *list);
  if (!list) abort();
  while (sqlite3_step(s) == SQLITE_ROW) {
    if (count == capacity) list = realloc(list, (capacity *= 2) * sizeof *list);
    if (!list) abort();
    list[count++] = column_text(s, 0, arena);
  }
  sqlite3_finalize(s);
  *count_out = count;
  return list;
}
