/* Viewer tokens: a row that first holds the hash of the token, then, exchanged, that of the bearer. */
#include "accounts/accounts.h"
#include "accounts/rules.h"
#include "accounts/statement.h"

#define COLUMNS                                                                                           \
  "role, tenant, logs, products, id, name, display_name, email, origin, creator, created_by, created_us," \
  " token_expires_us, session_us, expires_us, last_seen_us, bearer_hash IS NOT NULL"

static int read_row(sqlite3_stmt *st, struct arena *arena, struct account_viewer *out, struct error *err) {
  struct account_grant grant;
  int code = column_grant(st, 0, arena, &grant, err);
  if (code) return code;
  *out = (struct account_viewer){
      .role = grant.role,
      .place = grant.place,
      .id = sql_column_copy(st, 4, arena),
      .name = sql_column_copy(st, 5, arena),
      .display_name = sql_column_copy(st, 6, arena),
      .email = sql_column_copy(st, 7, arena),
      .origin = sql_column_copy(st, 8, arena),
      .creator = sql_column_copy(st, 9, arena),
      .created_by = sql_column_copy(st, 10, arena),
      .created_us = sqlite3_column_int64(st, 11),
      .token_expires_us = sqlite3_column_int64(st, 12),
      .session_us = sqlite3_column_int64(st, 13),
      .expires_us = sqlite3_column_int64(st, 14),
      .last_seen_us = sqlite3_column_int64(st, 15),
      .exchanged = sqlite3_column_int(st, 16) != 0,
  };
  return 0;
}

/* Nobody's portal shows that many viewers at once; a key that leaked must not fill the disk. */
static int check_room(struct accounts *a, struct slice creator, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  int code = statement_open(a, "SELECT count(*) FROM viewer_tokens WHERE creator = ?1 AND expires_us > ?2",
                            SQL_VALUES(sql_text(creator), sql_number(os_now_us(a->os))), &st, err);
  if (code == 0) code = sql_step_row(st, &row, err);
  if (code == 0 && row && sqlite3_column_int64(st, 0) >= LIMIT_VIEWER_TOKENS)
    code = error_set(err, ERR_BUSY, "there are too many live viewer tokens");
  sql_finish(st);
  return code;
}

static int insert(struct accounts *a, const struct account_viewer *v, int64_t token_us, const char *id,
                  const unsigned char *hash, struct error *err) {
  sqlite3_stmt *st = NULL;
  struct arena arena;
  int64_t now = os_now_us(a->os);
  arena_init(&arena, 1 << 20);
  int code = statement_open(
      a,
      "INSERT INTO viewer_tokens (id, token_hash, role, tenant, name, display_name, email, origin,"
      " creator, created_by, created_us, token_expires_us, session_us, expires_us, last_seen_us,"
      " logs, products) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?12, ?11,"
      " ?14, ?15)",
      SQL_VALUES(sql_text(slice_from(id)), sql_blob(hash, ACCOUNTS_HASH_BYTES),
                 sql_text(slice_from(account_role_name(v->role))), sql_text(v->place.subtree), sql_text(v->name),
                 sql_text(v->display_name), sql_text(v->email), sql_text(v->origin), sql_text(v->creator),
                 sql_text(v->created_by), sql_number(now), sql_number(now + token_us), sql_number(v->session_us)),
      &st, err);
  if (code == 0) code = bind_list(st, 14, v->place.logs, v->place.log_count, &arena, err);
  if (code == 0) code = bind_list(st, 15, v->place.products, v->place.product_count, &arena, err);
  if (code == 0) code = sql_step_done(st, err);
  sql_finish(st);
  arena_free(&arena);
  return code;
}

int accounts_add_viewer(struct accounts *a, const struct account_viewer *v, int64_t token_us,
                        char id_out[ACCOUNTS_ID_BYTES], char token_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err) {
  char id[ACCOUNTS_ID_BYTES], token[ACCOUNTS_TOKEN_TEXT_BYTES];
  unsigned char hash[ACCOUNTS_HASH_BYTES];
  int code = rule_place(&v->place, "", err);
  if (code == 0) code = rule_name(v->name, "/user/name", false, err);
  if (code == 0) code = rule_name(v->display_name, "/user/display_name", true, err);
  if (code == 0) code = rule_email(v->email, err);
  if (code) return code;
  accounts_make_id(a->os, "vwt_", id);
  accounts_make_token(a->os, "dbt_", token);
  accounts_hash_token(slice_from(token), hash);
  code = accounts_begin(a, err);
  if (code) return code;
  code = check_room(a, v->creator, err);
  if (code == 0) code = insert(a, v, token_us, id, hash, err);
  code = accounts_end(a, code, err);
  if (code == 0) {
    memcpy(id_out, id, sizeof id);
    memcpy(token_out, token, sizeof token);
  }
  explicit_bzero(token, sizeof token);
  return code;
}

static int find_row(struct accounts *a, const char *sql, const struct sql_value *values, unsigned count,
                    struct arena *arena, struct account_viewer *out, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool found = false;
  int code = statement_open(a, sql, values, count, &st, err);
  if (code == 0) code = sql_step_row(st, &found, err);
  if (code == 0 && found) code = read_row(st, arena, out, err);
  sql_finish(st);
  if (code == 0 && !found) code = error_set(err, ERR_NOT_FOUND, "there is no such viewer token");
  return code;
}

int accounts_exchange_viewer(struct accounts *a, struct slice token, struct arena *arena, struct account_viewer *out,
                             char bearer_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err) {
  unsigned char hash[ACCOUNTS_HASH_BYTES], bearer_hash[ACCOUNTS_HASH_BYTES];
  char bearer[ACCOUNTS_TOKEN_TEXT_BYTES];
  int64_t now = os_now_us(a->os);
  int rows = 0;
  accounts_hash_token(token, hash);
  accounts_make_token(a->os, "dbv_", bearer);
  accounts_hash_token(slice_from(bearer), bearer_hash);
  int code = accounts_begin(a, err);
  if (code) return code;
  code = find_row(a, "SELECT " COLUMNS " FROM viewer_tokens WHERE token_hash = ?1 AND token_expires_us > ?2",
                  SQL_VALUES(sql_blob(hash, sizeof hash), sql_number(now)), arena, out, err);
  if (code == 0) {
    out->expires_us = now + out->session_us;
    out->exchanged = true;
    code = statement_run(a,
                         "UPDATE viewer_tokens SET token_hash = NULL, bearer_hash = ?2, expires_us = ?3,"
                         " last_seen_us = ?4 WHERE token_hash = ?1",
                         SQL_VALUES(sql_blob(hash, sizeof hash), sql_blob(bearer_hash, sizeof bearer_hash),
                                    sql_number(out->expires_us), sql_number(now)),
                         &rows, err);
  }
  if (code == 0) accounts_touch(a, HOLDER_VIEWER, out->id);
  code = accounts_end(a, code, err);
  if (code == 0) memcpy(bearer_out, bearer, sizeof bearer);
  explicit_bzero(bearer, sizeof bearer);
  return code;
}

struct viewer_page {
  struct slice tenant, id; /* after */
  uint32_t limit, count;
  struct arena *arena;
  struct account_viewer *rows;
};

static int list_run(struct accounts *a, const struct tenant_run *run, struct viewer_page *page, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool more = true;
  int code = statement_open(a,
                            "SELECT " COLUMNS
                            " FROM viewer_tokens WHERE tenant >= max(?1, ?3) AND tenant < ?2 AND"
                            " (tenant, id) > (?3, ?4) AND expires_us > ?5 ORDER BY tenant, id",
                            SQL_VALUES(sql_text(run->from), sql_text(run->to), sql_text(page->tenant),
                                       sql_text(page->id), sql_number(os_now_us(a->os))),
                            &st, err);
  while (code == 0 && page->count < page->limit && (code = sql_step_row(st, &more, err)) == 0 && more)
    code = read_row(st, page->arena, &page->rows[page->count++], err);
  sql_finish(st);
  return code;
}

int accounts_list_viewers(struct accounts *a, const struct account_query *query, struct arena *arena,
                          struct account_viewer **out, uint32_t *count_out, struct error *err) {
  struct tenant_run *runs = NULL;
  uint32_t run_count = 0;
  struct viewer_page page = {.limit = query->limit, .arena = arena};
  page.rows = arena_take(arena, (query->limit + 1) * sizeof *page.rows);
  split_after(query->after, &page.tenant, &page.id);
  int code = scope_runs(query->scope, query->tenant, arena, &runs, &run_count, err);
  accounts_lock(a);
  for (uint32_t i = 0; code == 0 && i < run_count; i++) code = list_run(a, &runs[i], &page, err);
  accounts_unlock(a);
  if (code) return code;
  *out = page.rows;
  *count_out = page.count;
  return 0;
}

int accounts_get_viewer(struct accounts *a, struct slice id, struct arena *arena, struct account_viewer *out,
                        struct error *err) {
  accounts_lock(a);
  int code = find_row(a, "SELECT " COLUMNS " FROM viewer_tokens WHERE id = ?1 AND expires_us > ?2",
                      SQL_VALUES(sql_text(id), sql_number(os_now_us(a->os))), arena, out, err);
  accounts_unlock(a);
  return code;
}

int accounts_end_viewer(struct accounts *a, struct slice id, struct error *err) {
  return statement_change(a, HOLDER_VIEWER, id, "DELETE FROM viewer_tokens WHERE id = ?1", SQL_VALUES(sql_text(id)),
                          err);
}

/* Live sessions in ?1 and below whose origin the nearest setting embed_origins does not name. */
#define UNWELCOME                                                                      \
  " FROM viewer_tokens AS v WHERE bearer_hash IS NOT NULL"                             \
  " AND (?1 IN ('', tenant) OR substr(tenant, 1, length(?1) + 1) = ?1 || '/')"         \
  " AND NOT EXISTS (SELECT 1 FROM json_each(coalesce((SELECT value FROM settings AS s" \
  " WHERE name = 'embed_origins' AND (s.tenant IN ('', v.tenant)"                      \
  " OR substr(v.tenant, 1, length(s.tenant) + 1) = s.tenant || '/')"                   \
  " ORDER BY length(s.tenant) DESC LIMIT 1), '[]')) AS o WHERE o.value = v.origin)"

int end_unwelcome_viewers(struct accounts *a, struct slice tenant, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  int code = database_prepare(a->db, "SELECT id" UNWELCOME, &st, err);
  if (!code) code = sql_bind_text(st, 1, tenant, err);
  if (!code) code = sql_step_row(st, &row, err);
  while (!code && row) {
    accounts_touch(a, HOLDER_VIEWER, sql_column_bytes(st, 0));
    code = sql_step_row(st, &row, err);
  }
  sql_finish(st);
  return code ? code : change_rows(a, "DELETE" UNWELCOME, &tenant, 1, NULL, err);
}
