/* Users: the rows of people. */
#include <stdio.h>

#include "accounts/internal.h"
#include "accounts/rules.h"
#include "base/fold.h"

enum { FOLDED_BYTES = 4096 };

#define USER_COLUMNS                                                                                 \
  "id, login, email, display_name, tenant, state, created_us, last_login_us, password IS NOT NULL, " \
  "EXISTS (SELECT 1 FROM factors WHERE factors.user = users.id AND kind = 'totp' AND confirmed = 1), created_by"

static int read_user(sqlite3_stmt *st, struct arena *arena, struct account_user *u, struct error *err) {
  int64_t state = sqlite3_column_int64(st, 5);
  if (state < USER_ACTIVE || state > USER_INVITED) return error_set(err, ERR_CORRUPT, "accounts: a user has no state");
  *u = (struct account_user){
      .id = sql_column_copy(st, 0, arena),
      .login = sql_column_copy(st, 1, arena),
      .email = sql_column_copy(st, 2, arena),
      .display_name = sql_column_copy(st, 3, arena),
      .tenant = sql_column_copy(st, 4, arena),
      .state = (enum user_state)state,
      .created_us = sqlite3_column_int64(st, 6),
      .last_login_us = sqlite3_column_int64(st, 7),
      .has_password = sqlite3_column_int64(st, 8) != 0,
      .totp = sqlite3_column_int64(st, 9) != 0,
      .created_by = sql_column_copy(st, 10, arena),
  };
  return arena->overflowed ? error_set(err, ERR_TOO_LARGE, "accounts: the users do not fit") : 0;
}

/* The one user that `sql` finds by text. */
static int find_user(struct accounts *a, const char *sql, struct slice text, struct arena *arena,
                     struct account_user *out, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  struct account_user u;
  accounts_lock(a);
  int code = database_prepare(a->db, sql, &st, err);
  if (!code) code = sql_bind_text(st, 1, text, err);
  if (!code) code = sql_step_row(st, &row, err);
  if (!code && !row) code = error_set(err, ERR_NOT_FOUND, "there is no such user");
  if (!code) code = read_user(st, arena, &u, err);
  sql_finish(st);
  if (!code) code = load_grants(a, u.id, arena, &u.grants, &u.grant_count, err);
  accounts_unlock(a);
  if (!code) *out = u;
  return code;
}

int accounts_get_user(struct accounts *a, struct slice id, struct arena *arena, struct account_user *out,
                      struct error *err) {
  return find_user(a, "SELECT " USER_COLUMNS " FROM users WHERE id = ?1", id, arena, out, err);
}

int accounts_find_login(struct accounts *a, struct slice login, struct arena *arena, struct account_user *out,
                        struct error *err) {
  return find_user(a, "SELECT " USER_COLUMNS " FROM users WHERE login = ?1", login, arena, out, err);
}

/* ---- Lists ---- */

static bool begins(struct slice text, struct slice folded_prefix) {
  struct buffer scratch;
  buffer_init(&scratch, FOLDED_BYTES);
  bool result = slice_starts_with(fold(text, &scratch), folded_prefix);
  buffer_free(&scratch);
  return result;
}

/* Asked of the row before anything of it is copied: of 100,000 users few may match. */
static bool matches(sqlite3_stmt *st, struct slice folded_prefix) {
  if (folded_prefix.len == 0) return true;
  return begins(sql_column_bytes(st, 1), folded_prefix) || begins(sql_column_bytes(st, 2), folded_prefix) ||
         begins(sql_column_bytes(st, 3), folded_prefix);
}

/* Adds the users of a run of tenants after (tenant, login) until limit. */
static int list_run(struct accounts *a, const struct tenant_run *run, const struct account_query *q,
                    struct slice folded_prefix, struct arena *arena, struct account_user *list, uint32_t *count,
                    struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  struct slice tenant, login;
  split_after(q->after, &tenant, &login);
  int code = database_prepare(a->db,
                              "SELECT " USER_COLUMNS
                              " FROM users WHERE tenant >= max(?1, ?3) AND tenant < ?2 AND"
                              " (tenant > ?3 OR login > ?4) ORDER BY tenant, login",
                              &st, err);
  if (!code) code = sql_bind_text(st, 1, run->from, err);
  if (!code) code = sql_bind_text(st, 2, run->to, err);
  if (!code) code = sql_bind_text(st, 3, tenant, err);
  if (!code) code = sql_bind_text(st, 4, login, err);
  if (!code) code = sql_step_row(st, &row, err);
  while (!code && row && *count < q->limit) {
    if (matches(st, folded_prefix)) code = read_user(st, arena, &list[(*count)++], err);
    if (!code) code = sql_step_row(st, &row, err);
  }
  sql_finish(st);
  return code;
}

int accounts_list_users(struct accounts *a, const struct account_query *q, struct arena *arena,
                        struct account_user **out, uint32_t *count_out, struct error *err) {
  struct buffer scratch;
  struct tenant_run *runs = NULL;
  uint32_t run_count = 0, count = 0;
  struct account_user *list = arena_alloc(arena, (q->limit + 1) * sizeof *list);
  if (!list) return error_set(err, ERR_TOO_LARGE, "accounts: the users do not fit");
  int code = scope_runs(q->scope, q->tenant, arena, &runs, &run_count, err);
  buffer_init(&scratch, FOLDED_BYTES);
  struct slice folded = fold(q->prefix, &scratch);
  accounts_lock(a);
  for (uint32_t i = 0; !code && i < run_count && count < q->limit; i++)
    code = list_run(a, &runs[i], q, folded, arena, list, &count, err);
  for (uint32_t i = 0; !code && i < count; i++)
    code = load_grants(a, list[i].id, arena, &list[i].grants, &list[i].grant_count, err);
  accounts_unlock(a);
  buffer_free(&scratch);
  if (code) return code;
  *out = list;
  *count_out = count;
  return 0;
}

/* ---- Changes ---- */

static int check_user(const struct account_user *u, struct error *err) {
  char at[32];
  int code = rule_tenant(u->tenant, "", err);
  if (!code) code = rule_login(u->login, u->tenant, err);
  if (!code) code = rule_email(u->email, err);
  if (!code) code = rule_name(u->display_name, "/display_name", true, err);
  if (!code && u->grant_count > LIMIT_USER_GRANTS)
    code = error_set_at(err, ERR_INVALID, "/grants", "must be at most %d grants", LIMIT_USER_GRANTS);
  for (uint32_t i = 0; !code && i < u->grant_count; i++) {
    snprintf(at, sizeof at, "/grants/%u", i);
    code = rule_user_grant(&u->grants[i], at, err);
  }
  return code;
}

static int insert_user(struct accounts *a, const struct account_user *u, struct slice id, struct slice password_hash,
                       struct slice by, struct error *err) {
  sqlite3_stmt *st = NULL;
  int code = database_prepare(a->db,
                              "INSERT INTO users (id, login, email, display_name, tenant, state, password, created_us,"
                              " created_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                              &st, err);
  if (!code) code = sql_bind_text(st, 1, id, err);
  if (!code) code = sql_bind_text(st, 2, u->login, err);
  if (!code) code = sql_bind_text(st, 3, u->email, err);
  if (!code) code = sql_bind_text(st, 4, u->display_name, err);
  if (!code) code = sql_bind_text(st, 5, u->tenant, err);
  if (!code) code = sql_bind_i64(st, 6, password_hash.len ? USER_ACTIVE : USER_INVITED, err);
  if (!code) code = bind_optional(st, 7, password_hash, err);
  if (!code) code = sql_bind_i64(st, 8, os_now_us(a->os), err);
  if (!code) code = sql_bind_text(st, 9, by, err);
  struct error why;
  error_clear(&why);
  if (!code) {
    code = sql_step_done(st, &why);
    if (code == ERR_CONFLICT)
      error_set_at(err, code, "/login", "this login is not available");
    else if (code)
      error_set(err, code, "%s", why.message);
  }
  sql_finish(st);
  return code;
}

int accounts_add_user(struct accounts *a, const struct account_user *u, struct slice password_hash, struct slice by,
                      char id_out[ACCOUNTS_ID_BYTES], struct error *err) {
  char id[ACCOUNTS_ID_BYTES], grant_id[ACCOUNTS_ID_BYTES];
  int code = check_user(u, err);
  if (code) return code;
  accounts_make_id(a->os, "usr_", id);
  code = accounts_begin(a, err);
  if (code) return code;
  code = insert_user(a, u, slice_from(id), password_hash, by, err);
  if (!code) code = check_account(a, u->tenant, "users", LIMIT_ACCOUNT_USERS, err);
  for (uint32_t i = 0; !code && i < u->grant_count; i++)
    code = accounts_add_grant(a, slice_from(id), &u->grants[i], by, grant_id, err);
  code = accounts_end(a, code, err);
  if (!code) memcpy(id_out, id, sizeof id);
  return code;
}

int accounts_update_user(struct accounts *a, struct slice id, struct slice email, struct slice display_name,
                         enum user_state state, struct error *err) {
  sqlite3_stmt *st = NULL;
  int code = rule_email(email, err);
  if (!code) code = rule_name(display_name, "/display_name", true, err);
  if (code) return code;
  code = accounts_begin(a, err);
  if (code) return code;
  code = database_prepare(a->db, "UPDATE users SET email = ?2, display_name = ?3, state = ?4 WHERE id = ?1", &st, err);
  if (!code) code = sql_bind_text(st, 1, id, err);
  if (!code) code = sql_bind_text(st, 2, email, err);
  if (!code) code = sql_bind_text(st, 3, display_name, err);
  if (!code) code = sql_bind_i64(st, 4, state, err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  if (!code && database_changes(a->db) == 0) code = error_set(err, ERR_NOT_FOUND, "there is no such user");
  if (!code && state == USER_DISABLED) code = accounts_end_sessions(a, id, NULL, err);
  if (!code && state == USER_DISABLED) code = end_viewers_of(a, id, err);
  accounts_touch(a, HOLDER_USER, id);
  return accounts_end(a, code, err);
}

int accounts_delete_user(struct accounts *a, struct slice id, struct error *err) {
  int code = accounts_begin(a, err);
  if (code) return code;
  code = end_viewers_of(a, id, err);
  if (!code) code = change_row(a, "DELETE FROM users WHERE id = ?1", &id, 1, err);
  accounts_touch(a, HOLDER_USER, id);
  return accounts_end(a, code, err);
}

int accounts_set_password(struct accounts *a, struct slice id, struct slice password_hash, struct error *err) {
  const struct slice texts[] = {id, password_hash};
  int code = accounts_begin(a, err);
  if (code) return code;
  code = change_row(a, "UPDATE users SET password = ?2, state = iif(state = 2, 0, state) WHERE id = ?1", texts, 2, err);
  accounts_touch(a, HOLDER_USER, id);
  return accounts_end(a, code, err);
}

int accounts_end_sessions(struct accounts *a, struct slice user, uint32_t *ended_out, struct error *err) {
  int code = accounts_begin(a, err);
  if (code) return code;
  code = change_rows(a, "DELETE FROM sessions WHERE user = ?1", &user, 1, ended_out, err);
  accounts_touch(a, HOLDER_USER, user);
  return accounts_end(a, code, err);
}

int accounts_remove_factors(struct accounts *a, struct slice user, struct error *err) {
  int code = accounts_begin(a, err);
  if (code) return code;
  code = change_rows(a, "DELETE FROM factors WHERE user = ?1", &user, 1, NULL, err);
  if (!code) code = change_rows(a, "DELETE FROM recovery_codes WHERE user = ?1", &user, 1, NULL, err);
  return accounts_end(a, code, err);
}
