/* Users as sign-in sees them, and their second factors. */
#include "accounts/accounts.h"
#include "accounts/statement.h"

int accounts_get_sign_in(struct accounts *a, struct slice login_or_id, bool by_id, struct arena *arena,
                         struct account_sign_in *out, struct error *err) {
#define SELECT                                                                                                 \
  "SELECT u.id, u.login, u.email, u.display_name, u.tenant, u.state, u.password, u.email_code, u.preferences," \
  " f.secret, coalesce(f.confirmed, 0), coalesce(f.last_step, 0),"                                             \
  " (SELECT count(*) FROM recovery_codes r WHERE r.user = u.id)"                                               \
  " FROM users u LEFT JOIN factors f ON f.user = u.id AND f.kind = 'totp' WHERE "
  sqlite3_stmt *st = NULL;
  bool found = false;
  accounts_lock(a);
  int code = statement_open(a, by_id ? SELECT "u.id = ?1" : SELECT "u.login = ?1", SQL_VALUES(sql_text(login_or_id)),
                            &st, err);
#undef SELECT
  if (code == 0) code = sql_step_row(st, &found, err);
  if (code == 0 && found)
    *out = (struct account_sign_in){
        .id = sql_column_copy(st, 0, arena),
        .login = sql_column_copy(st, 1, arena),
        .email = sql_column_copy(st, 2, arena),
        .display_name = sql_column_copy(st, 3, arena),
        .tenant = sql_column_copy(st, 4, arena),
        .state = (enum user_state)sqlite3_column_int(st, 5),
        .password_hash = sql_column_copy(st, 6, arena),
        .email_code = sqlite3_column_int(st, 7) != 0,
        .preferences = sql_column_copy(st, 8, arena),
        .totp_secret = sql_column_copy(st, 9, arena),
        .totp = sqlite3_column_int(st, 10) != 0,
        .totp_step = sqlite3_column_int64(st, 11),
        .recovery_codes = (uint32_t)sqlite3_column_int64(st, 12),
    };
  sql_finish(st);
  accounts_unlock(a);
  if (code == 0 && !found) code = error_set(err, ERR_NOT_FOUND, "there is no such user");
  return code;
}

int accounts_set_preferences(struct accounts *a, struct slice user, struct slice json, struct error *err) {
  return statement_change(a, HOLDER_USER, user, "UPDATE users SET preferences = ?2 WHERE id = ?1",
                          SQL_VALUES(sql_text(user), sql_text(json)), err);
}

int accounts_set_email_code(struct accounts *a, struct slice user, bool on, struct error *err) {
  return statement_change(a, HOLDER_USER, user, "UPDATE users SET email_code = ?2 WHERE id = ?1",
                          SQL_VALUES(sql_text(user), sql_number(on)), err);
}

/* ---- TOTP ---- */

int accounts_put_totp(struct accounts *a, struct slice user, struct slice sealed, struct error *err) {
  int code = statement_change(
      a, HOLDER_USER, user,
      "INSERT INTO factors (user, kind, secret, confirmed, last_step, created_us)"
      " VALUES (?1, 'totp', ?2, 0, 0, ?3) ON CONFLICT (user, kind) DO UPDATE SET"
      " secret = excluded.secret, created_us = excluded.created_us WHERE confirmed = 0",
      SQL_VALUES(sql_text(user), sql_blob(sealed.data, sealed.len), sql_number(os_now_us(a->os))), err);
  if (code != ERR_NOT_FOUND) return code;
  error_clear(err);
  return error_set(err, ERR_CONFLICT, "codes of an authenticator are already asked for; turn that off first");
}

int accounts_confirm_totp(struct accounts *a, struct slice user, int64_t step, struct error *err) {
  int code = statement_change(a, HOLDER_USER, user,
                              "UPDATE factors SET confirmed = 1, last_step = ?2 WHERE user = ?1 AND kind = 'totp'"
                              " AND confirmed = 0",
                              SQL_VALUES(sql_text(user), sql_number(step)), err);
  if (code != ERR_NOT_FOUND) return code;
  error_clear(err);
  return error_set(err, ERR_CONFLICT, "there is no authenticator to confirm");
}

int accounts_use_totp(struct accounts *a, struct slice user, int64_t step, struct error *err) {
  int code = statement_change(a, HOLDER_USER, user,
                              "UPDATE factors SET last_step = ?2 WHERE user = ?1 AND kind = 'totp' AND confirmed = 1"
                              " AND last_step < ?2",
                              SQL_VALUES(sql_text(user), sql_number(step)), err);
  if (code != ERR_NOT_FOUND) return code;
  error_clear(err);
  return error_set(err, ERR_CONFLICT, "this code was used before");
}

int accounts_remove_totp(struct accounts *a, struct slice user, struct error *err) {
  int code = accounts_begin(a, err);
  if (code) return code;
  code = statement_change(a, HOLDER_USER, user, "DELETE FROM factors WHERE user = ?1 AND kind = 'totp'",
                          SQL_VALUES(sql_text(user)), err);
  if (code == 0)
    code = statement_run(a, "DELETE FROM recovery_codes WHERE user = ?1", SQL_VALUES(sql_text(user)), NULL, err);
  return accounts_end(a, code, err);
}

/* ---- Recovery codes ---- */

int accounts_put_recovery_codes(struct accounts *a, struct slice user,
                                const unsigned char (*hashes)[ACCOUNTS_HASH_BYTES], uint32_t count, struct error *err) {
  int code = accounts_begin(a, err);
  if (code) return code;
  code = statement_run(a, "DELETE FROM recovery_codes WHERE user = ?1", SQL_VALUES(sql_text(user)), NULL, err);
  for (uint32_t i = 0; code == 0 && i < count; i++)
    code = statement_run(a, "INSERT INTO recovery_codes (user, hash) VALUES (?1, ?2)",
                         SQL_VALUES(sql_text(user), sql_blob(hashes[i], ACCOUNTS_HASH_BYTES)), NULL, err);
  return accounts_end(a, code, err);
}

int accounts_use_recovery_code(struct accounts *a, struct slice user, const unsigned char hash[ACCOUNTS_HASH_BYTES],
                               struct error *err) {
  return statement_change(a, HOLDER_USER, user, "DELETE FROM recovery_codes WHERE user = ?1 AND hash = ?2",
                          SQL_VALUES(sql_text(user), sql_blob(hash, ACCOUNTS_HASH_BYTES)), err);
}
