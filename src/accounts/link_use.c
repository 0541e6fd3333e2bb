/* Links that let somebody set a password, and identities at OpenID providers. */
#include "accounts/accounts.h"
#include "accounts/statement.h"

static bool find_purpose(struct slice name, enum link_purpose *out) {
  static const char *const names[] = {[LINK_SETUP] = "setup", [LINK_INVITE] = "invite", [LINK_RESET] = "reset"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
    if (slice_equal(name, slice_from(names[i]))) {
      *out = (enum link_purpose)i;
      return true;
    }
  return false;
}

int accounts_find_link(struct accounts *a, struct slice token, struct arena *arena, struct account_link *out,
                       struct error *err) {
  sqlite3_stmt *st = NULL;
  unsigned char hash[ACCOUNTS_HASH_BYTES];
  bool found = false;
  accounts_hash_token(token, hash);
  accounts_lock(a);
  int code = statement_open(a, "SELECT purpose, user FROM links WHERE hash = ?1 AND expires_us > ?2",
                            SQL_VALUES(sql_blob(hash, sizeof hash), sql_number(os_now_us(a->os))), &st, err);
  if (code == 0) code = sql_step_row(st, &found, err);
  if (code == 0 && found) {
    found = find_purpose(sql_column_bytes(st, 0), &out->purpose);
    out->user = sql_column_copy(st, 1, arena);
  }
  sql_finish(st);
  accounts_unlock(a);
  if (code == 0 && !found) code = error_set(err, ERR_NOT_FOUND, "this link was used, has expired or never was one");
  return code;
}

int accounts_use_link(struct accounts *a, struct slice token, struct error *err) {
  unsigned char hash[ACCOUNTS_HASH_BYTES];
  int rows = 0;
  accounts_hash_token(token, hash);
  int code = accounts_begin(a, err);
  if (code) return code;
  /* `user IS ...`: the links of the first operator have NULL there, and go together, too. */
  code = statement_run(a,
                       "DELETE FROM links WHERE user IS (SELECT user FROM links WHERE hash = ?1 AND expires_us > ?2)"
                       " AND EXISTS (SELECT 1 FROM links WHERE hash = ?1 AND expires_us > ?2)",
                       SQL_VALUES(sql_blob(hash, sizeof hash), sql_number(os_now_us(a->os))), &rows, err);
  if (code == 0 && rows == 0) code = error_set(err, ERR_NOT_FOUND, "this link was used, has expired or never was one");
  return accounts_end(a, code, err);
}

int accounts_has_operator(struct accounts *a, bool *out, struct error *err) {
  sqlite3_stmt *st = NULL;
  accounts_lock(a);
  int code = statement_open(a,
                            "SELECT 1 FROM users u JOIN grants g ON g.user = u.id WHERE g.role = 'operator' AND"
                            " u.state = 0 AND (u.password IS NOT NULL OR EXISTS (SELECT 1 FROM identities i WHERE"
                            " i.user = u.id)) LIMIT 1",
                            NULL, 0, &st, err);
  if (code == 0) code = sql_step_row(st, out, err);
  sql_finish(st);
  accounts_unlock(a);
  return code;
}

/* ---- Identities ---- */

int accounts_find_identity(struct accounts *a, struct slice issuer, struct slice subject, struct arena *arena,
                           struct slice *user_out, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool found = false;
  accounts_lock(a);
  int code = statement_open(a, "SELECT user FROM identities WHERE issuer = ?1 AND subject = ?2",
                            SQL_VALUES(sql_text(issuer), sql_text(subject)), &st, err);
  if (code == 0) code = sql_step_row(st, &found, err);
  if (code == 0 && found) *user_out = sql_column_copy(st, 0, arena);
  sql_finish(st);
  accounts_unlock(a);
  if (code == 0 && !found) code = error_set(err, ERR_NOT_FOUND, "nobody here has this identity");
  return code;
}

int accounts_add_identity(struct accounts *a, struct slice issuer, struct slice subject, struct slice user,
                          struct error *err) {
  return statement_change(
      a, HOLDER_USER, user, "INSERT INTO identities (issuer, subject, user, created_us) VALUES (?1, ?2, ?3, ?4)",
      SQL_VALUES(sql_text(issuer), sql_text(subject), sql_text(user), sql_number(os_now_us(a->os))), err);
}
