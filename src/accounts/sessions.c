/* Sessions: a row each; the token is kept as its hash. */
#include "accounts/accounts.h"
#include "accounts/statement.h"

#define COLUMNS "id, user, address, peer, user_agent, method, created_us, last_seen_us, expires_us"

static void read_row(sqlite3_stmt *st, struct arena *arena, struct account_session *out) {
  *out = (struct account_session){
      .id = sql_column_copy(st, 0, arena),
      .user = sql_column_copy(st, 1, arena),
      .address = sql_column_copy(st, 2, arena),
      .peer = sql_column_copy(st, 3, arena),
      .user_agent = sql_column_copy(st, 4, arena),
      .method = sql_column_copy(st, 5, arena),
      .created_us = sqlite3_column_int64(st, 6),
      .last_seen_us = sqlite3_column_int64(st, 7),
      .expires_us = sqlite3_column_int64(st, 8),
  };
}

/* Past so many, the one that was not used for the longest time ends: nobody has that many browsers. */
static int trim_sessions(struct accounts *a, struct slice user, struct error *err) {
  return statement_run(a,
                       "DELETE FROM sessions WHERE user = ?1 AND id NOT IN (SELECT id FROM sessions WHERE user = ?1"
                       " ORDER BY last_seen_us DESC, id LIMIT ?2)",
                       SQL_VALUES(sql_text(user), sql_number(LIMIT_USER_SESSIONS)), NULL, err);
}

int accounts_open_session(struct accounts *a, const struct account_session *s, char id_out[ACCOUNTS_ID_BYTES],
                          char token_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err) {
  char id[ACCOUNTS_ID_BYTES], token[ACCOUNTS_TOKEN_TEXT_BYTES];
  unsigned char hash[ACCOUNTS_HASH_BYTES];
  int64_t now = os_now_us(a->os);
  accounts_make_id(a->os, "ses_", id);
  accounts_make_token(a->os, "", token);
  accounts_hash_token(slice_from(token), hash);
  int code = accounts_begin(a, err);
  if (code) return code;
  code = statement_run(a,
                       "INSERT INTO sessions (id, token_hash, user, created_us, last_seen_us, expires_us, address,"
                       " peer, user_agent, method) VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9)",
                       SQL_VALUES(sql_text(slice_from(id)), sql_blob(hash, sizeof hash), sql_text(s->user),
                                  sql_number(now), sql_number(s->expires_us), sql_text(s->address), sql_text(s->peer),
                                  sql_text(s->user_agent), sql_text(s->method)),
                       NULL, err);
  if (code == 0)
    code = statement_run(a, "UPDATE users SET last_login_us = ?2 WHERE id = ?1",
                         SQL_VALUES(sql_text(s->user), sql_number(now)), NULL, err);
  if (code == 0) code = trim_sessions(a, s->user, err);
  if (code == 0) accounts_touch(a, HOLDER_USER, s->user);
  code = accounts_end(a, code, err);
  if (code == 0) {
    memcpy(id_out, id, sizeof id);
    memcpy(token_out, token, sizeof token);
  }
  explicit_bzero(token, sizeof token);
  return code;
}

int accounts_list_sessions(struct accounts *a, struct slice user, struct arena *arena, struct account_session **out,
                           uint32_t *count_out, struct error *err) {
  sqlite3_stmt *st = NULL;
  struct account_session *rows = arena_take(arena, LIMIT_USER_SESSIONS * sizeof *rows);
  uint32_t count = 0;
  bool more = true;
  accounts_lock(a);
  int code = statement_open(a,
                            "SELECT " COLUMNS
                            " FROM sessions WHERE user = ?1 AND expires_us > ?2 AND"
                            " last_seen_us > ?2 - ?3 ORDER BY last_seen_us DESC, id LIMIT ?4",
                            SQL_VALUES(sql_text(user), sql_number(os_now_us(a->os)), sql_number(a->session_idle_us),
                                       sql_number(LIMIT_USER_SESSIONS)),
                            &st, err);
  while (code == 0 && (code = sql_step_row(st, &more, err)) == 0 && more) read_row(st, arena, &rows[count++]);
  sql_finish(st);
  accounts_unlock(a);
  if (code) return code;
  *out = rows;
  *count_out = count;
  return 0;
}

int accounts_get_session(struct accounts *a, struct slice user, struct slice id, struct arena *arena,
                         struct account_session *out, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool found = false;
  accounts_lock(a);
  int code = statement_open(a, "SELECT " COLUMNS " FROM sessions WHERE id = ?1 AND user = ?2",
                            SQL_VALUES(sql_text(id), sql_text(user)), &st, err);
  if (code == 0) code = sql_step_row(st, &found, err);
  if (code == 0 && found) read_row(st, arena, out);
  sql_finish(st);
  accounts_unlock(a);
  if (code == 0 && !found) code = error_set(err, ERR_NOT_FOUND, "there is no such session");
  return code;
}

int accounts_end_session(struct accounts *a, struct slice user, struct slice id, struct error *err) {
  return statement_change(a, HOLDER_USER, user, "DELETE FROM sessions WHERE id = ?1 AND user = ?2",
                          SQL_VALUES(sql_text(id), sql_text(user)), err);
}

int accounts_end_other_sessions(struct accounts *a, struct slice user, struct slice keep, uint32_t *ended_out,
                                struct error *err) {
  int rows = 0;
  int code = accounts_begin(a, err);
  if (code) return code;
  code = statement_run(a, "DELETE FROM sessions WHERE user = ?1 AND id <> ?2",
                       SQL_VALUES(sql_text(user), sql_text(keep)), &rows, err);
  if (code == 0) accounts_touch(a, HOLDER_USER, user);
  code = accounts_end(a, code, err);
  if (code == 0) *ended_out = (uint32_t)rows;
  return code;
}
