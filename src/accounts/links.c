/* Links by which somebody sets a password: set-up of the first operator, invitations, resets. Kept is the hash of the
 * token; used once, and the last one made for a user is the only one. */
#include <sodium.h>

#include "accounts/internal.h"

static const char *const purposes[] = {[LINK_SETUP] = "setup", [LINK_INVITE] = "invite", [LINK_RESET] = "reset"};

static int insert_link(struct accounts *a, const char *token, struct slice user, enum link_purpose purpose,
                       struct slice by, struct error *err) {
  unsigned char hash[ACCOUNTS_HASH_BYTES];
  sqlite3_stmt *st = NULL;
  int64_t now_us = os_now_us(a->os);
  accounts_hash_token(slice_from(token), hash);
  int code = database_prepare(a->db,
                              "INSERT INTO links (hash, purpose, user, created_us, created_by, expires_us)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                              &st, err);
  if (!code) code = sql_bind_blob(st, 1, slice_of((const char *)hash, sizeof hash), err);
  if (!code) code = sql_bind_text(st, 2, slice_from(purposes[purpose]), err);
  if (!code) code = bind_optional(st, 3, user, err);
  if (!code) code = sql_bind_i64(st, 4, now_us, err);
  if (!code) code = sql_bind_text(st, 5, by, err);
  if (!code) code = sql_bind_i64(st, 6, now_us + LIMIT_LINK_S * INT64_C(1000000), err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  return code;
}

int accounts_make_link(struct accounts *a, struct slice user, enum link_purpose purpose, struct slice by,
                       char token_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err) {
  char token[ACCOUNTS_TOKEN_TEXT_BYTES];
  accounts_make_token(a->os, "dbl_", token);
  int code = accounts_begin(a, err);
  if (code) return code;
  code = change_rows(a, "DELETE FROM links WHERE ifnull(user, '') = ?1", &user, 1, NULL, err);
  if (!code) code = insert_link(a, token, user, purpose, by, err);
  code = accounts_end(a, code, err);
  if (!code) memcpy(token_out, token, sizeof token);
  sodium_memzero(token, sizeof token);
  return code;
}
