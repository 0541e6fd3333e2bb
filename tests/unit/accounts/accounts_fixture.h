/* Accounts in a folder of their own, with an operating system whose clock can be moved. */
#ifndef TESTS_ACCOUNTS_FIXTURE_H
#define TESTS_ACCOUNTS_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "accounts/internal.h"
#include "tests/test.h"

static char folder[64];
static struct os test_os;
static int64_t ahead_us; /* of the real clock */
static struct accounts *accounts;
static struct arena arena;
static struct error err;

static inline int64_t moved_now(void *context) { return os_real()->now_us(context) + ahead_us; }

static inline void open_accounts(void) {
  struct accounts_config config = {.dir = folder, .manual_background = true};
  error_clear(&err);
  ck_assert_msg(accounts_open(&test_os, &config, &accounts, &err) == 0, "%s", err.message);
}

static inline void begin_test(void) {
  snprintf(folder, sizeof folder, "/tmp/daybook-accounts-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  test_os = *os_real();
  test_os.now_us = moved_now;
  ahead_us = 0;
  arena_init(&arena, 256 << 20);
  open_accounts();
}

static inline int remove_name(void *arg, const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", (const char *)arg, name);
  return unlink(path);
}

static inline void end_test(void) {
  accounts_close(accounts);
  arena_free(&arena);
  os_real()->list_dir(os_real()->context, folder, remove_name, folder);
  ck_assert_int_eq(rmdir(folder), 0);
}

static inline struct slice text(const char *s) { return arena_copy(&arena, slice_from(s)); }

static inline struct account_grant a_grant(enum account_role role, const char *tenant) {
  return (struct account_grant){.role = role, .place = {.subtree = slice_from(tenant)}};
}

/* The id of a new user with one grant. */
static inline struct slice a_user(const char *login, const char *tenant, enum account_role role, const char *where) {
  char id[ACCOUNTS_ID_BYTES];
  struct account_grant g = a_grant(role, where);
  struct account_user u = {.login = slice_from(login),
                           .email = SLICE(""),
                           .display_name = SLICE(""),
                           .tenant = slice_from(tenant),
                           .grants = &g,
                           .grant_count = 1};
  error_clear(&err);
  ck_assert_msg(accounts_add_user(accounts, &u, SLICE("$argon2id$x"), SLICE("test"), id, &err) == 0, "%s", err.message);
  return text(id);
}

static inline int add_key(const struct account_key *k, struct slice *id_out, char *secret_out) {
  char id[ACCOUNTS_ID_BYTES];
  error_clear(&err);
  int code = accounts_add_key(accounts, k, SLICE("test"), id, secret_out, &err);
  if (code == 0 && id_out) *id_out = text(id);
  return code;
}

/* A session of the user that is opened now. */
static inline void a_session(struct slice user, char token[ACCOUNTS_TOKEN_TEXT_BYTES]) {
  unsigned char hash[ACCOUNTS_HASH_BYTES];
  char id[ACCOUNTS_ID_BYTES];
  sqlite3_stmt *st = NULL;
  int64_t now_us = os_now_us(&test_os);
  error_clear(&err);
  accounts_make_token(&test_os, "", token);
  accounts_hash_token(slice_from(token), hash);
  accounts_make_id(&test_os, "ses_", id);
  ck_assert_ok(accounts_begin(accounts, &err));
  ck_assert_ok(database_prepare(
      accounts->db, "INSERT INTO sessions VALUES (?1, ?2, ?3, ?4, ?4, ?5, '192.0.2.1', '192.0.2.1', '', '')", &st,
      &err));
  ck_assert_ok(sql_bind_text(st, 1, slice_from(id), &err));
  ck_assert_ok(sql_bind_blob(st, 2, slice_of((const char *)hash, sizeof hash), &err));
  ck_assert_ok(sql_bind_text(st, 3, user, &err));
  ck_assert_ok(sql_bind_i64(st, 4, now_us, &err));
  ck_assert_ok(sql_bind_i64(st, 5, now_us + LIMIT_SESSION_S * INT64_C(1000000), &err));
  ck_assert_ok(sql_step_done(st, &err));
  sql_finish(st);
  accounts_touch(accounts, HOLDER_USER, user);
  ck_assert_ok(accounts_end(accounts, 0, &err));
}

/* Whether the token works from this address; *out is who holds it. */
static inline int check_from(const char *token, const char *address, struct account_holder *out) {
  unsigned char hash[ACCOUNTS_HASH_BYTES];
  struct account_holder ignored;
  accounts_hash_token(slice_from(token), hash);
  return accounts_check(accounts, hash, slice_from(address), &arena, out ? out : &ignored, NULL);
}

#endif
