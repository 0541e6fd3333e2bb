#include "accounts/accounts.h"

#include <sys/stat.h>

#include "tests/unit/accounts/accounts_fixture.h"

static const struct account_key writer = {
    .name = SLICE_INIT("gateway"), .role = ROLE_WRITER, .place = {.subtree = SLICE_INIT("acme")}};

START_TEST(the_file_is_for_its_owner_alone_and_reopens) {
  char path[128];
  struct stat s;
  struct account_user u;
  begin_test();
  struct slice id = a_user("jane", "acme", ROLE_ADMIN, "acme");
  snprintf(path, sizeof path, "%s/accounts.db", folder);
  ck_assert_int_eq(stat(path, &s), 0);
  ck_assert_int_eq(s.st_mode & 0777, 0600);
  accounts_close(accounts);
  open_accounts();
  ck_assert_ok(accounts_get_user(accounts, id, &arena, &u, &err));
  ck_assert(slice_equal(u.login, SLICE("jane")) && u.grant_count == 1 && u.grants[0].role == ROLE_ADMIN);
  ck_assert_ok(accounts_find_login(accounts, SLICE("JANE"), &arena, &u, &err));
  end_test();
}
END_TEST

START_TEST(what_is_undone_leaves_nothing) {
  struct account_user u;
  char secret[ACCOUNTS_TOKEN_TEXT_BYTES];
  struct slice key_id;
  begin_test();
  ck_assert_ok(accounts_begin(accounts, &err));
  struct slice id = a_user("jane", "acme", ROLE_ADMIN, "acme");
  ck_assert_ok(add_key(&writer, &key_id, secret));
  ck_assert_int_eq(accounts_end(accounts, ERR_FORBIDDEN, &err), ERR_FORBIDDEN);
  ck_assert_int_eq(accounts_get_user(accounts, id, &arena, &u, NULL), ERR_NOT_FOUND);
  ck_assert_int_eq(check_from(secret, "192.0.2.1", NULL), ERR_UNAUTHORIZED);
  end_test();
}
END_TEST

START_TEST(a_nested_failure_undoes_the_whole) {
  struct account_user u;
  begin_test();
  ck_assert_ok(accounts_begin(accounts, &err));
  struct slice id = a_user("jane", "acme", ROLE_ADMIN, "acme");
  ck_assert_int_eq(accounts_remove_grant(accounts, SLICE("gra_none"), NULL), ERR_NOT_FOUND);
  ck_assert_int_eq(accounts_end(accounts, 0, NULL), ERR_NOT_FOUND);
  ck_assert_int_eq(accounts_get_user(accounts, id, &arena, &u, NULL), ERR_NOT_FOUND);
  end_test();
}
END_TEST

START_TEST(a_key_is_not_called_as_what_daybook_writes_itself) {
  static const char *const names[] = {"operator", "Operator", " operator ", "SYSTEM", "daybook", "anonymous"};
  char secret[ACCOUNTS_TOKEN_TEXT_BYTES];
  struct account_key k = writer;
  struct slice id;
  begin_test();
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct error why = {0};
    char made[ACCOUNTS_ID_BYTES];
    k.name = slice_from(names[i]);
    ck_assert_int_eq(accounts_add_key(accounts, &k, SLICE("test"), made, secret, &why), ERR_CONFLICT);
    ck_assert_str_eq(why.pointer, "/name");
  }
  k.name = SLICE("operators' gateway");
  ck_assert_ok(add_key(&k, &id, secret));
  end_test();
}
END_TEST

START_TEST(a_key_works_until_it_ends) {
  char secret[ACCOUNTS_TOKEN_TEXT_BYTES], next[ACCOUNTS_TOKEN_TEXT_BYTES], id_text[ACCOUNTS_ID_BYTES];
  struct account_key k = writer;
  struct account_holder h;
  struct slice id;
  const int64_t hour_us = INT64_C(3600000000);
  begin_test();
  k.expires_us = os_now_us(&test_os) + 10 * hour_us;
  ck_assert_ok(add_key(&k, &id, secret));
  ck_assert_ok(check_from(secret, "192.0.2.1", &h));
  ck_assert(h.kind == HOLDER_KEY && slice_equal(h.name, SLICE("gateway")) && slice_equal(h.id, id));
  ck_assert(h.grant_count == 1 && slice_equal(h.grants[0].place.subtree, SLICE("acme")));
  ck_assert_ok(accounts_rotate_key(accounts, id, hour_us, SLICE("test"), id_text, next, &err));
  ck_assert_ok(check_from(secret, "192.0.2.1", NULL));
  ck_assert_ok(check_from(next, "192.0.2.1", NULL));
  ahead_us = hour_us;
  ck_assert_int_eq(check_from(secret, "192.0.2.1", NULL), ERR_UNAUTHORIZED);
  ck_assert_ok(check_from(next, "192.0.2.1", NULL));
  ahead_us = 10 * hour_us; /* the successor inherits the expiry */
  ck_assert_int_eq(check_from(next, "192.0.2.1", NULL), ERR_UNAUTHORIZED);
  end_test();
}
END_TEST

START_TEST(a_keys_addresses_are_kept) {
  static const struct slice networks[] = {SLICE_INIT("10.0.0.0/8"), SLICE_INIT("2001:DB8::/32")};
  char secret[ACCOUNTS_TOKEN_TEXT_BYTES];
  struct account_key k = writer, read;
  struct slice id;
  begin_test();
  k.addresses = networks;
  k.address_count = 2;
  ck_assert_ok(add_key(&k, &id, secret));
  ck_assert_ok(accounts_get_key(accounts, id, &arena, &read, &err));
  ck_assert(read.address_count == 2 && slice_equal(read.addresses[1], SLICE("2001:db8::/32")));
  ck_assert_ok(check_from(secret, "10.255.0.1", NULL));
  ck_assert_ok(check_from(secret, "2001:db8:1::1", NULL));
  ck_assert_int_eq(check_from(secret, "11.0.0.1", NULL), ERR_UNAUTHORIZED);
  ck_assert_int_eq(check_from(secret, "2001:db9::1", NULL), ERR_UNAUTHORIZED);
  ck_assert_int_eq(check_from(secret, "", NULL), ERR_UNAUTHORIZED);
  end_test();
}
END_TEST

START_TEST(a_session_ends_when_idle_when_old_and_with_its_user) {
  char token[ACCOUNTS_TOKEN_TEXT_BYTES];
  struct account_holder h;
  const int64_t hour_us = INT64_C(3600000000);
  begin_test();
  struct slice id = a_user("jane", "acme", ROLE_ADMIN, "acme");
  a_session(id, token);
  for (int i = 0; i < 16; i++) { /* used every 11 hours: until it is a week old */
    int code = check_from(token, "192.0.2.1", &h);
    ck_assert_int_eq(code, i * 11 < 7 * 24 ? 0 : ERR_UNAUTHORIZED);
    ahead_us += 11 * hour_us;
  }
  a_session(id, token);
  ck_assert_ok(check_from(token, "192.0.2.1", &h));
  ahead_us += 12 * hour_us;
  ck_assert_int_eq(check_from(token, "192.0.2.1", &h), ERR_UNAUTHORIZED);
  a_session(id, token);
  ck_assert_ok(accounts_update_user(accounts, id, SLICE(""), SLICE("Jane"), USER_DISABLED, &err));
  ck_assert_int_eq(check_from(token, "192.0.2.1", &h), ERR_UNAUTHORIZED);
  end_test();
}
END_TEST

START_TEST(a_grant_taken_is_gone_from_open_sessions) {
  char token[ACCOUNTS_TOKEN_TEXT_BYTES], id_text[ACCOUNTS_ID_BYTES];
  struct account_holder h;
  begin_test();
  struct slice id = a_user("jane", "acme", ROLE_ADMIN, "acme");
  struct account_grant more = a_grant(ROLE_VIEWER, "other");
  a_session(id, token);
  ck_assert_ok(accounts_add_grant(accounts, id, &more, SLICE("test"), id_text, &err));
  ck_assert_ok(check_from(token, "192.0.2.1", &h));
  ck_assert_uint_eq(h.grant_count, 2);
  ck_assert_ok(accounts_remove_grant(accounts, slice_from(id_text), &err));
  ck_assert_ok(check_from(token, "192.0.2.1", &h));
  ck_assert_uint_eq(h.grant_count, 1);
  ck_assert_ok(accounts_delete_user(accounts, id, &err));
  ck_assert_int_eq(check_from(token, "192.0.2.1", &h), ERR_UNAUTHORIZED);
  end_test();
}
END_TEST

START_TEST(uses_are_written_in_the_background_alone) {
  char secret[ACCOUNTS_TOKEN_TEXT_BYTES];
  struct account_key k;
  struct slice id;
  begin_test();
  ck_assert_ok(add_key(&writer, &id, secret));
  ck_assert_ok(check_from(secret, "192.0.2.1", NULL));
  ck_assert_ok(accounts_get_key(accounts, id, &arena, &k, &err));
  ck_assert_int_eq(k.last_used_us, 0);
  ck_assert_ok(accounts_run_background(accounts, &err));
  ck_assert_ok(accounts_get_key(accounts, id, &arena, &k, &err));
  ck_assert_int_gt(k.last_used_us, 0);
  end_test();
}
END_TEST

static struct slice logins(const struct scope_grant *grants, uint32_t count, const char *after, uint32_t limit) {
  struct scope scope = {grants, count};
  struct account_query q = {
      .scope = &scope, .tenant = {"", 0}, .prefix = {"", 0}, .after = slice_from(after), .limit = limit};
  struct account_user *users;
  struct buffer all;
  uint32_t n = 0;
  ck_assert_ok(accounts_list_users(accounts, &q, &arena, &users, &n, &err));
  buffer_init(&all, 4096);
  for (uint32_t i = 0; i < n; i++) {
    buffer_append_slice(&all, users[i].login);
    buffer_append_char(&all, ' ');
  }
  struct slice copy = arena_copy(&arena, buffer_slice(&all));
  buffer_free(&all);
  return copy;
}

START_TEST(lists_hold_what_the_scope_covers_and_no_sibling) {
  static const struct scope_grant acme = {.subtree = SLICE_INIT("acme")}, all = {.subtree = SLICE_INIT("")};
  static const struct scope_grant two[] = {
      {.subtree = SLICE_INIT("b")}, {.subtree = SLICE_INIT("acme/eu")}, {.subtree = SLICE_INIT("acme")}};
  begin_test();
  static const char *const tenants[] = {"acme", "acme-2", "acme/eu", "acme.x", "acme/eu/x", "b", ""};
  static const char *const names[] = {"a1", "a2", "a3", "a4", "a5", "b1", "top"};
  for (int i = 0; i < 7; i++) a_user(names[i], tenants[i], ROLE_VIEWER, "acme");
  ck_assert(slice_equal(logins(&acme, 1, "", 100), SLICE("a1 a3 a5 ")));
  ck_assert(slice_equal(logins(two, 3, "", 100), SLICE("a1 a3 a5 b1 ")));
  ck_assert(slice_equal(logins(&all, 1, "", 100), SLICE("top a1 a2 a4 a3 a5 b1 ")));
  ck_assert(slice_equal(logins(&acme, 1, "acme:a1", 1), SLICE("a3 ")));
  ck_assert(slice_equal(logins(&acme, 1, "acme-2:", 100), SLICE("a3 a5 ")));
  ck_assert(slice_equal(logins(NULL, 0, "", 100), SLICE("")));
  end_test();
}
END_TEST

START_TEST(a_closed_tenant_closes_what_is_below) {
  struct account_tenant t = {SLICE("acme"), SLICE("Acme"), true};
  begin_test();
  ck_assert(!accounts_tenant_closed(accounts, SLICE("acme/eu")));
  ck_assert_ok(accounts_put_tenant(accounts, &t, &err));
  ck_assert(accounts_tenant_closed(accounts, SLICE("acme")));
  ck_assert(accounts_tenant_closed(accounts, SLICE("acme/eu/x")));
  ck_assert(!accounts_tenant_closed(accounts, SLICE("acme-2")));
  ck_assert(!accounts_tenant_closed(accounts, SLICE("ac")));
  t.closed = false;
  ck_assert_ok(accounts_put_tenant(accounts, &t, &err));
  ck_assert(!accounts_tenant_closed(accounts, SLICE("acme/eu")));
  end_test();
}
END_TEST

START_TEST(a_hundred_thousand_tenants_are_completed_in_milliseconds) {
#ifdef __SANITIZE_ADDRESS__
  enum { TENANTS = 20000 };
#else
  enum { TENANTS = 100000 };
#endif
  char path[64], name[64];
  static const struct scope_grant all = {.subtree = SLICE_INIT("")};
  struct scope scope = {&all, 1};
  struct account_tenant *found;
  uint32_t count = 0;
  begin_test();
  ck_assert_ok(accounts_begin(accounts, &err));
  for (int i = 0; i < TENANTS; i++) {
    snprintf(path, sizeof path, "p%02d/t%05d", i % 50, i);
    snprintf(name, sizeof name, "Customer Number %05d", i);
    struct account_tenant t = {slice_from(path), slice_from(name), false};
    ck_assert_ok(accounts_put_tenant(accounts, &t, &err));
  }
  ck_assert_ok(accounts_end(accounts, 0, &err));
  int64_t best_us = INT64_MAX;
  for (int round = 0; round < 5; round++) {
    struct account_query q = {
        .scope = &scope, .tenant = {"", 0}, .prefix = SLICE("09999"), .after = {"", 0}, .limit = 20};
    int64_t began = os_monotonic_us(os_real());
    ck_assert_ok(accounts_list_tenants(accounts, &q, &arena, &found, &count));
    int64_t took = os_monotonic_us(os_real()) - began;
    if (took < best_us) best_us = took;
  }
  ck_assert_uint_eq(count, 1);
  ck_assert(slice_equal(found[0].path, SLICE("p49/t09999")));
  printf("completion by a word of the name among %d tenants: %lld us\n", TENANTS, (long long)best_us);
  ck_assert_int_lt(best_us, 100000);
  end_test();
}
END_TEST

START_TEST(settings_come_from_the_nearest_and_are_bounded) {
  struct slice value;
  struct account_setting s = {SLICE("default_range"), SLICE("\"7d\""), {"", 0}};
  begin_test();
  ck_assert_ok(accounts_put_settings(accounts, SLICE("acme"), &s, 1, &err));
  ck_assert_ok(accounts_get_setting(accounts, SLICE("acme/eu/x"), "default_range", &arena, &value, &err));
  ck_assert(slice_equal(value, SLICE("\"7d\"")));
  ck_assert_int_eq(accounts_get_setting(accounts, SLICE("acme-2"), "default_range", &arena, &value, NULL),
                   ERR_NOT_FOUND);
  char *big = malloc(LIMIT_SETTING_BYTES);
  ck_assert_ptr_nonnull(big);
  memset(big, '1', LIMIT_SETTING_BYTES);
  struct account_setting b = {SLICE("saved_searches"), slice_of(big, LIMIT_SETTING_BYTES), {"", 0}};
  int code = 0;
  char path[32];
  for (int i = 0; code == 0 && i < 1000; i++) {
    snprintf(path, sizeof path, "acme/t%d", i);
    code = accounts_put_settings(accounts, slice_from(path), &b, 1, NULL);
    if (code == 0) ck_assert_int_lt(i, LIMIT_ACCOUNT_SETTING_BYTES / LIMIT_SETTING_BYTES);
  }
  ck_assert_int_eq(code, ERR_CONFLICT);
  ck_assert_ok(accounts_put_settings(accounts, SLICE("acme-2"), &b, 1, &err));
  free(big);
  end_test();
}
END_TEST

START_TEST(sql_in_every_text_is_text) {
  static const char evil[] = "'; DROP TABLE users; --";
  struct account_user u;
  struct account_key k = writer;
  struct account_key *keys;
  struct account_tenant t = {SLICE("acme"), slice_from(evil), false}, read;
  static const struct scope_grant all = {.subtree = SLICE_INIT("")};
  struct scope scope = {&all, 1};
  char secret[ACCOUNTS_TOKEN_TEXT_BYTES];
  uint32_t count = 0;
  begin_test();
  struct slice id = a_user("jane", "acme", ROLE_ADMIN, "acme");
  ck_assert_ok(accounts_update_user(accounts, id, SLICE(""), slice_from(evil), USER_ACTIVE, &err));
  ck_assert_int_eq(accounts_get_user(accounts, slice_from(evil), &arena, &u, NULL), ERR_NOT_FOUND);
  ck_assert_int_eq(accounts_find_login(accounts, SLICE("' OR 1=1 --"), &arena, &u, NULL), ERR_NOT_FOUND);
  ck_assert_ok(accounts_get_user(accounts, id, &arena, &u, &err));
  ck_assert(slice_equal(u.display_name, slice_from(evil)));
  k.name = slice_from(evil);
  ck_assert_ok(add_key(&k, NULL, secret));
  struct account_query q = {
      .scope = &scope, .tenant = {"", 0}, .prefix = SLICE("'; drop"), .after = {"", 0}, .limit = 5};
  ck_assert_ok(accounts_list_keys(accounts, &q, &arena, &keys, &count, &err));
  ck_assert(count == 1 && slice_equal(keys[0].name, slice_from(evil)));
  ck_assert_ok(accounts_put_tenant(accounts, &t, &err));
  ck_assert(accounts_get_tenant(accounts, SLICE("acme"), &arena, &read));
  ck_assert(slice_equal(read.display_name, slice_from(evil)));
  end_test();
}
END_TEST

START_TEST(a_holder_that_cannot_be_read_is_refused) {
  char secret[ACCOUNTS_TOKEN_TEXT_BYTES];
  struct slice id;
  begin_test();
  ck_assert_ok(add_key(&writer, &id, secret));
  ck_assert_ok(accounts_begin(accounts, &err));
  ck_assert_ok(change_row(accounts, "UPDATE keys SET role = 'nothing' WHERE id = ?1", &id, 1, &err));
  accounts_touch(accounts, HOLDER_KEY, id);
  ck_assert_int_eq(accounts_end(accounts, 0, NULL), ERR_CORRUPT);
  ck_assert_int_eq(check_from(secret, "192.0.2.1", NULL), ERR_UNAUTHORIZED);
  end_test();
}
END_TEST

TEST_MAIN("accounts", the_file_is_for_its_owner_alone_and_reopens, what_is_undone_leaves_nothing,
          a_nested_failure_undoes_the_whole, a_key_works_until_it_ends,
          a_key_is_not_called_as_what_daybook_writes_itself, a_keys_addresses_are_kept,
          a_session_ends_when_idle_when_old_and_with_its_user, a_grant_taken_is_gone_from_open_sessions,
          uses_are_written_in_the_background_alone, lists_hold_what_the_scope_covers_and_no_sibling,
          a_closed_tenant_closes_what_is_below, a_hundred_thousand_tenants_are_completed_in_milliseconds,
          settings_come_from_the_nearest_and_are_bounded, sql_in_every_text_is_text,
          a_holder_that_cannot_be_read_is_refused)
