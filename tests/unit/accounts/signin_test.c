/* What sign-in keeps, on a clock that can be moved. */
#include "tests/unit/accounts/accounts_fixture.h"

#define HOUR_US INT64_C(3600000000)

static struct account_session session_of(struct slice user) {
  return (struct account_session){.user = user,
                                  .address = SLICE("192.0.2.1"),
                                  .peer = SLICE("192.0.2.1"),
                                  .user_agent = SLICE("a browser"),
                                  .method = SLICE("password"),
                                  .expires_us = os_now_us(&test_os) + 48 * HOUR_US};
}

static void open_session(struct slice user, char id[ACCOUNTS_ID_BYTES], char token[ACCOUNTS_TOKEN_TEXT_BYTES]) {
  struct account_session s = session_of(user);
  error_clear(&err);
  ck_assert_msg(accounts_open_session(accounts, &s, id, token, &err) == 0, "%s", err.message);
}

START_TEST(a_session_ends_idle_or_in_any_case) {
  char id[ACCOUNTS_ID_BYTES], token[ACCOUNTS_TOKEN_TEXT_BYTES];
  begin_test();
  struct slice user = a_user("ivan", "acme", ROLE_VIEWER, "acme");
  open_session(user, id, token);
  for (int i = 0; i < 4; i++) {
    ahead_us += 11 * HOUR_US;
    ck_assert_ok(check_from(token, "192.0.2.1", NULL));
  }
  ahead_us += 4 * HOUR_US - 60000000;
  ck_assert_ok(check_from(token, "192.0.2.1", NULL));
  ahead_us += 60000000;
  ck_assert_int_eq(check_from(token, "192.0.2.1", NULL), ERR_UNAUTHORIZED);
  open_session(user, id, token);
  ahead_us += 12 * HOUR_US;
  ck_assert_int_eq(check_from(token, "192.0.2.1", NULL), ERR_UNAUTHORIZED);
  ck_assert_ok(accounts_run_background(accounts, &err));
  struct account_session *rows;
  uint32_t count = 9;
  ck_assert_ok(accounts_list_sessions(accounts, user, &arena, &rows, &count, &err));
  ck_assert_uint_eq(count, 0);
  end_test();
}
END_TEST

START_TEST(sessions_survive_a_restart_and_end_at_once) {
  char ids[3][ACCOUNTS_ID_BYTES], tokens[3][ACCOUNTS_TOKEN_TEXT_BYTES];
  struct account_session *rows, row;
  uint32_t count, ended;
  begin_test();
  struct slice user = a_user("ivan", "acme", ROLE_VIEWER, "acme"), other = a_user("judy", "acme", ROLE_VIEWER, "acme");
  for (int i = 0; i < 3; i++) open_session(user, ids[i], tokens[i]);
  accounts_close(accounts);
  open_accounts();
  for (int i = 0; i < 3; i++) ck_assert_ok(check_from(tokens[i], "198.51.100.9", NULL));
  ck_assert_ok(accounts_list_sessions(accounts, user, &arena, &rows, &count, &err));
  ck_assert_uint_eq(count, 3);
  ck_assert_int_eq(accounts_get_session(accounts, other, slice_from(ids[0]), &arena, &row, NULL), ERR_NOT_FOUND);
  ck_assert_int_eq(accounts_end_session(accounts, other, slice_from(ids[0]), NULL), ERR_NOT_FOUND);
  ck_assert_ok(accounts_end_session(accounts, user, slice_from(ids[0]), &err));
  ck_assert_int_eq(check_from(tokens[0], "192.0.2.1", NULL), ERR_UNAUTHORIZED);
  ck_assert_ok(accounts_end_other_sessions(accounts, user, slice_from(ids[1]), &ended, &err));
  ck_assert_uint_eq(ended, 1);
  ck_assert_ok(check_from(tokens[1], "192.0.2.1", NULL));
  ck_assert_int_eq(check_from(tokens[2], "192.0.2.1", NULL), ERR_UNAUTHORIZED);
  end_test();
}
END_TEST

START_TEST(a_user_has_a_bounded_number_of_sessions) {
  char id[ACCOUNTS_ID_BYTES], first[ACCOUNTS_TOKEN_TEXT_BYTES], token[ACCOUNTS_TOKEN_TEXT_BYTES];
  begin_test();
  struct slice user = a_user("ivan", "acme", ROLE_VIEWER, "acme");
  open_session(user, id, first);
  for (int i = 0; i < LIMIT_USER_SESSIONS; i++) {
    ahead_us++;
    open_session(user, id, token);
  }
  ck_assert_int_eq(check_from(first, "192.0.2.1", NULL), ERR_UNAUTHORIZED);
  ck_assert_ok(check_from(token, "192.0.2.1", NULL));
  end_test();
}
END_TEST

START_TEST(a_link_is_good_once_and_for_a_week) {
  char first[ACCOUNTS_TOKEN_TEXT_BYTES], second[ACCOUNTS_TOKEN_TEXT_BYTES], setup[ACCOUNTS_TOKEN_TEXT_BYTES];
  struct account_link link;
  begin_test();
  struct slice user = a_user("ivan", "acme", ROLE_VIEWER, "acme");
  ck_assert_ok(accounts_make_link(accounts, SLICE(""), LINK_SETUP, SLICE("test"), setup, &err));
  ck_assert_ok(accounts_make_link(accounts, user, LINK_INVITE, SLICE("test"), first, &err));
  ck_assert_ok(accounts_make_link(accounts, user, LINK_RESET, SLICE("test"), second, &err));
  ck_assert_int_eq(accounts_find_link(accounts, slice_from(first), &arena, &link, NULL), ERR_NOT_FOUND);
  ck_assert_ok(accounts_find_link(accounts, slice_from(second), &arena, &link, &err));
  ck_assert(link.purpose == LINK_RESET && slice_equal(link.user, user));
  ck_assert_ok(accounts_find_link(accounts, slice_from(setup), &arena, &link, &err));
  ck_assert(link.purpose == LINK_SETUP && link.user.len == 0);
  ck_assert_ok(accounts_use_link(accounts, slice_from(second), &err));
  ck_assert_int_eq(accounts_use_link(accounts, slice_from(second), NULL), ERR_NOT_FOUND);
  ck_assert_int_eq(accounts_use_link(accounts, SLICE("dbl_forged"), NULL), ERR_NOT_FOUND);
  ck_assert_ok(accounts_find_link(accounts, slice_from(setup), &arena, &link, &err));
  ahead_us += 7 * 24 * HOUR_US;
  ck_assert_int_eq(accounts_find_link(accounts, slice_from(setup), &arena, &link, NULL), ERR_NOT_FOUND);
  ck_assert_int_eq(accounts_use_link(accounts, slice_from(setup), NULL), ERR_NOT_FOUND);
  end_test();
}
END_TEST

START_TEST(a_code_and_a_recovery_code_are_used_up) {
  unsigned char hashes[2][ACCOUNTS_HASH_BYTES] = {{1}, {2}}, third[ACCOUNTS_HASH_BYTES] = {3};
  struct account_sign_in u;
  begin_test();
  struct slice user = a_user("ivan", "acme", ROLE_VIEWER, "acme");
  ck_assert_int_eq(accounts_confirm_totp(accounts, user, 5, NULL), ERR_CONFLICT);
  ck_assert_int_eq(accounts_use_totp(accounts, user, 5, NULL), ERR_CONFLICT);
  ck_assert_ok(accounts_put_totp(accounts, user, SLICE("one"), &err));
  ck_assert_ok(accounts_put_totp(accounts, user, SLICE("two"), &err));
  ck_assert_int_eq(accounts_use_totp(accounts, user, 5, NULL), ERR_CONFLICT);
  ck_assert_ok(accounts_confirm_totp(accounts, user, 5, &err));
  ck_assert_int_eq(accounts_put_totp(accounts, user, SLICE("three"), NULL), ERR_CONFLICT);
  ck_assert_int_eq(accounts_use_totp(accounts, user, 5, NULL), ERR_CONFLICT);
  ck_assert_ok(accounts_use_totp(accounts, user, 6, &err));
  ck_assert_int_eq(accounts_use_totp(accounts, user, 6, NULL), ERR_CONFLICT);
  ck_assert_ok(
      accounts_put_recovery_codes(accounts, user, (const unsigned char(*)[ACCOUNTS_HASH_BYTES])hashes, 2, &err));
  ck_assert_ok(accounts_get_sign_in(accounts, SLICE("IVAN"), false, &arena, &u, &err));
  ck_assert(u.totp && u.recovery_codes == 2 && slice_equal(u.totp_secret, SLICE("two")));
  ck_assert_ok(accounts_use_recovery_code(accounts, user, hashes[1], &err));
  ck_assert_int_eq(accounts_use_recovery_code(accounts, user, hashes[1], NULL), ERR_NOT_FOUND);
  ck_assert_int_eq(accounts_use_recovery_code(accounts, user, third, NULL), ERR_NOT_FOUND);
  ck_assert_ok(accounts_remove_totp(accounts, user, &err));
  ck_assert_int_eq(accounts_use_recovery_code(accounts, user, hashes[0], NULL), ERR_NOT_FOUND);
  ck_assert_int_eq(accounts_remove_totp(accounts, user, NULL), ERR_NOT_FOUND);
  end_test();
}
END_TEST

START_TEST(a_viewer_token_is_exchanged_once_and_its_session_ends) {
  char id[ACCOUNTS_ID_BYTES], token[ACCOUNTS_TOKEN_TEXT_BYTES], bearer[ACCOUNTS_TOKEN_TEXT_BYTES];
  struct account_viewer out;
  struct account_holder holder;
  begin_test();
  const struct slice logs[] = {SLICE("admin")};
  const struct account_viewer v = {.name = SLICE("petra"),
                                   .display_name = SLICE(""),
                                   .email = SLICE(""),
                                   .origin = SLICE("https://portal.example"),
                                   .role = ROLE_VIEWER,
                                   .place = {.subtree = SLICE("acme"), .logs = logs, .log_count = 1},
                                   .creator = SLICE("key_x"),
                                   .created_by = SLICE("portal"),
                                   .session_us = HOUR_US};
  ck_assert_ok(accounts_add_viewer(accounts, &v, 300000000, id, token, &err));
  ck_assert_int_eq(check_from(token, "192.0.2.1", NULL), ERR_UNAUTHORIZED);
  ahead_us += 299000000;
  ck_assert_ok(accounts_exchange_viewer(accounts, slice_from(token), &arena, &out, bearer, &err));
  ck_assert_int_eq(accounts_exchange_viewer(accounts, slice_from(token), &arena, &out, bearer, NULL), ERR_NOT_FOUND);
  ck_assert_ok(check_from(bearer, "192.0.2.1", &holder));
  ck_assert(holder.kind == HOLDER_VIEWER && slice_equal(holder.name, SLICE("petra")));
  ck_assert(slice_equal(holder.created_by, SLICE("portal")) && holder.grants[0].place.log_count == 1);
  ahead_us += HOUR_US;
  ck_assert_int_eq(check_from(bearer, "192.0.2.1", NULL), ERR_UNAUTHORIZED);
  ck_assert_ok(accounts_add_viewer(accounts, &v, 300000000, id, token, &err));
  ahead_us += 300000000;
  ck_assert_int_eq(accounts_exchange_viewer(accounts, slice_from(token), &arena, &out, bearer, NULL), ERR_NOT_FOUND);
  end_test();
}
END_TEST

START_TEST(viewers_are_listed_where_the_scope_and_the_subtree_meet) {
  static const char *const tenants[] = {"acme", "acme-2", "acme/eu", "acme/eu/sales", "globex"};
  char id[ACCOUNTS_ID_BYTES], token[ACCOUNTS_TOKEN_TEXT_BYTES], after[64] = "";
  struct account_viewer *rows;
  const struct scope_grant grants[] = {{.subtree = SLICE("acme")}, {.subtree = SLICE("acme/eu")}};
  const struct scope scope = {grants, 2};
  uint32_t count = 0, found = 0;
  begin_test();
  for (size_t i = 0; i < sizeof tenants / sizeof *tenants; i++) {
    const struct slice none = {"", 0};
    const struct account_viewer v = {.name = SLICE("petra"),
                                     .display_name = none,
                                     .email = none,
                                     .origin = SLICE("https://portal.example"),
                                     .role = ROLE_VIEWER,
                                     .place = {.subtree = slice_from(tenants[i])},
                                     .creator = SLICE("key_x"),
                                     .created_by = SLICE("portal"),
                                     .session_us = HOUR_US};
    for (int k = 0; k < 2; k++) ck_assert_ok(accounts_add_viewer(accounts, &v, 300000000, id, token, &err));
  }
  struct account_query q = {.scope = &scope, .tenant = SLICE(""), .prefix = SLICE(""), .limit = 2};
  do { /* pages of two: those of acme and below, each once, and not acme-2 */
    q.after = slice_from(after);
    ck_assert_ok(accounts_list_viewers(accounts, &q, &arena, &rows, &count, &err));
    for (uint32_t i = 0; i < count; i++, found++) {
      ck_assert(scope_covers_tenant(&scope, rows[i].place.subtree));
      int length =
          snprintf(after, sizeof after, "%.*s:%.*s", SLICE_ARGS(rows[i].place.subtree), SLICE_ARGS(rows[i].id));
      ck_assert(slice_compare(slice_of(after, (size_t)length), q.after) > 0);
    }
  } while (count == 2);
  ck_assert_uint_eq(found, 6);
  q = (struct account_query){
      .scope = &scope, .tenant = SLICE("acme/eu"), .prefix = SLICE(""), .after = SLICE(""), .limit = 10};
  ck_assert_ok(accounts_list_viewers(accounts, &q, &arena, &rows, &count, &err));
  ck_assert_uint_eq(count, 4);
  q.tenant = SLICE("globex");
  ck_assert_ok(accounts_list_viewers(accounts, &q, &arena, &rows, &count, &err));
  ck_assert_uint_eq(count, 0);
  end_test();
}
END_TEST

START_TEST(what_is_sealed_opens_here_for_its_purpose_alone) {
  struct buffer sealed;
  struct slice plain;
  begin_test();
  buffer_init(&sealed, 1024);
  accounts_seal(accounts, "totp", SLICE("a secret"), &sealed);
  ck_assert_uint_eq(sealed.len, strlen("a secret") + ACCOUNTS_SEAL_BYTES);
  ck_assert(accounts_unseal(accounts, "totp", buffer_slice(&sealed), &arena, &plain));
  ck_assert(slice_equal(plain, SLICE("a secret")));
  ck_assert(!accounts_unseal(accounts, "oidc", buffer_slice(&sealed), &arena, &plain));
  accounts_close(accounts);
  open_accounts();
  ck_assert(accounts_unseal(accounts, "totp", buffer_slice(&sealed), &arena, &plain));
  for (size_t i = 0; i < sealed.len; i++) {
    sealed.data[i] ^= 1;
    ck_assert(!accounts_unseal(accounts, "totp", buffer_slice(&sealed), &arena, &plain));
    sealed.data[i] ^= 1;
  }
  ck_assert(!accounts_unseal(accounts, "totp", slice_of(sealed.data, 10), &arena, &plain));
  buffer_free(&sealed);
  end_test();
}
END_TEST

START_TEST(a_backup_has_the_secret_beside_it) {
  char to[80], path[96];
  struct buffer sealed;
  struct slice plain;
  begin_test();
  buffer_init(&sealed, 1024);
  accounts_seal(accounts, "totp", SLICE("a secret"), &sealed);
  snprintf(to, sizeof to, "%s-copy", folder);
  ck_assert_ok(test_os.make_dir(test_os.context, to));
  snprintf(path, sizeof path, "%s/accounts.db", to);
  ck_assert_msg(accounts_backup(accounts, path, &err) == 0, "%s", err.message);
  accounts_close(accounts);
  struct accounts_config config = {.dir = to, .manual_background = true};
  ck_assert_ok(accounts_open(&test_os, &config, &accounts, &err));
  ck_assert(accounts_unseal(accounts, "totp", buffer_slice(&sealed), &arena, &plain));
  accounts_close(accounts);
  os_real()->list_dir(os_real()->context, to, remove_name, to);
  ck_assert_int_eq(rmdir(to), 0);
  open_accounts();
  buffer_free(&sealed);
  end_test();
}
END_TEST

START_TEST(passwords_that_guessers_try_first_are_refused) {
  static const char *const bad[] = {"", "short", "password123", "PASSWORD123", "1234567890", "Jane.Doe.Longer"};
  char hash[ACCOUNTS_PASSWORD_BYTES];
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    error_clear(&err);
    ck_assert_int_eq(accounts_check_password(slice_from(bad[i]), SLICE("jane.doe.longer"), "/new", &err), ERR_INVALID);
    ck_assert_str_eq(err.pointer, "/new");
  }
  ck_assert_ok(accounts_check_password(SLICE("correct horse"), SLICE("jane"), "", NULL));
  ck_assert_ok(accounts_hash_password(SLICE("correct horse"), hash, NULL));
  ck_assert(accounts_verify_password(slice_from(hash), SLICE("correct horse")));
  ck_assert(!accounts_verify_password(slice_from(hash), SLICE("correct horsf")));
  ck_assert(!accounts_verify_password(SLICE(""), SLICE("correct horse")));
  ck_assert(!accounts_verify_password(SLICE("$argon2id$broken"), SLICE("correct horse")));
}
END_TEST

TEST_MAIN("signin", a_session_ends_idle_or_in_any_case, sessions_survive_a_restart_and_end_at_once,
          a_user_has_a_bounded_number_of_sessions, a_link_is_good_once_and_for_a_week,
          a_code_and_a_recovery_code_are_used_up, a_viewer_token_is_exchanged_once_and_its_session_ends,
          viewers_are_listed_where_the_scope_and_the_subtree_meet, what_is_sealed_opens_here_for_its_purpose_alone,
          a_backup_has_the_secret_beside_it, passwords_that_guessers_try_first_are_refused)
