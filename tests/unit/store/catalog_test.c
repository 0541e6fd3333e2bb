/* The catalog on a real file. */
#include "store/catalog.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"
#include "tests/test.h"

static char dir[256], path[300];

static void enter(void) {
  const char *base = getenv("TMPDIR");
  snprintf(dir, sizeof dir, "%s/daybook-catalog-XXXXXX", base && strlen(base) < 200 ? base : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(dir));
  snprintf(path, sizeof path, "%s/catalog.sqlite", dir);
}

static int remove_entry(void *arg, const char *name) {
  (void)arg;
  char entry[600];
  snprintf(entry, sizeof entry, "%s/%s", dir, name);
  return os_real()->remove(NULL, entry);
}

static void leave(void) {
  ck_assert_ok(os_real()->list_dir(NULL, dir, remove_entry, NULL));
  ck_assert_int_eq(rmdir(dir), 0);
}

static struct catalog *open_catalog(void) {
  struct catalog *c = NULL;
  struct error err = {0};
  int code = catalog_open(os_real(), path, false, &c, &err);
  ck_assert_msg(code == 0, "%s", err.message);
  return c;
}

static int add_sum(void *arg, const struct catalog_tenant *t) {
  uint64_t *sum = arg;
  sum[0]++;
  sum[1] += t->last_seq;
  return 0;
}

static void execute_directly(const char *sql) {
  sqlite3 *db = NULL;
  ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
  ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
  ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

START_TEST(catalog_starts_empty_with_the_wal_floor_at_1) {
  enter();
  struct catalog *c = open_catalog();
  struct arena arena;
  arena_init(&arena, 1 << 20);
  struct catalog_segment *segments = NULL;
  struct catalog_retention *retention = NULL;
  uint32_t count = 9;
  uint64_t floor = 0, sum[2] = {0};
  ck_assert_ok(catalog_load_segments(c, &arena, &segments, &count, NULL));
  ck_assert_uint_eq(count, 0);
  ck_assert_ok(catalog_load_retention(c, &arena, &retention, &count, NULL));
  ck_assert_uint_eq(count, 0);
  ck_assert_ok(catalog_load_tenants(c, add_sum, sum, NULL));
  ck_assert_uint_eq(sum[0], 0);
  ck_assert_ok(catalog_wal_floor(c, &floor, NULL));
  ck_assert_uint_eq(floor, 1);
  arena_free(&arena);
  catalog_close(c);
  leave();
}
END_TEST

START_TEST(catalog_files_are_readable_by_the_owner_alone) {
  enter();
  struct catalog *c = open_catalog();
  ck_assert_ok(catalog_set_setting(c, "a", SLICE("b"), NULL));
  static const char *const suffixes[] = {"", "-wal"};
  for (size_t i = 0; i < 2; i++) {
    char file[400];
    struct stat st;
    snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
    ck_assert_int_eq(stat(file, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
  }
  catalog_close(c);
  leave();
}
END_TEST

START_TEST(catalog_keeps_what_an_edit_said) {
  enter();
  struct catalog *c = open_catalog();
  struct catalog_segment add[2] = {{1, 100, 5000, INT64_MIN, INT64_MAX, -5, 7}, {3, 9, 10, 1, 2, 3, 4}};
  struct catalog_tenant tenants[2] = {{SLICE("acme/eu"), 12}, {SLICE("zeta"), 3}};
  struct catalog_edit edit = {.add = add, .add_count = 2, .tenants = tenants, .tenant_count = 2, .wal_floor = 4};
  ck_assert_ok(catalog_apply(c, &edit, NULL));
  const uint64_t gone = 3;
  struct catalog_tenant lower = {SLICE("acme/eu"), 5};
  edit = (struct catalog_edit){.remove = &gone, .remove_count = 1, .tenants = &lower, .tenant_count = 1};
  ck_assert_ok(catalog_apply(c, &edit, NULL));
  catalog_close(c);

  c = open_catalog();
  struct arena arena;
  arena_init(&arena, 1 << 20);
  struct catalog_segment *segments = NULL;
  uint32_t count = 0;
  uint64_t floor = 0, sum[2] = {0};
  ck_assert_ok(catalog_load_segments(c, &arena, &segments, &count, NULL));
  ck_assert_uint_eq(count, 1);
  ck_assert_mem_eq(&segments[0], &add[0], sizeof add[0]);
  ck_assert_ok(catalog_load_tenants(c, add_sum, sum, NULL));
  ck_assert_uint_eq(sum[0], 2);
  ck_assert_uint_eq(sum[1], 15);
  ck_assert_ok(catalog_wal_floor(c, &floor, NULL));
  ck_assert_uint_eq(floor, 4);
  arena_free(&arena);
  catalog_close(c);
  leave();
}
END_TEST

START_TEST(catalog_applies_an_edit_wholly_or_not_at_all) {
  enter();
  struct catalog *c = open_catalog();
  struct catalog_segment segment = {.number = 1};
  struct catalog_edit edit = {.add = &segment, .add_count = 1};
  ck_assert_ok(catalog_apply(c, &edit, NULL));
  struct catalog_segment add[2] = {{.number = 2}, {.number = 1}};
  struct catalog_tenant tenant = {SLICE("acme"), 1};
  edit = (struct catalog_edit){.add = add, .add_count = 2, .tenants = &tenant, .tenant_count = 1, .wal_floor = 9};
  ck_assert_int_eq(catalog_apply(c, &edit, NULL), ERR_CONFLICT);
  const uint64_t absent = 77;
  edit = (struct catalog_edit){.remove = &absent, .remove_count = 1, .tenants = &tenant, .tenant_count = 1};
  ck_assert_int_eq(catalog_apply(c, &edit, NULL), ERR_NOT_FOUND);
  struct catalog_tenant huge = {SLICE("acme"), UINT64_MAX};
  edit = (struct catalog_edit){.tenants = &huge, .tenant_count = 1, .wal_floor = 9};
  ck_assert_int_eq(catalog_apply(c, &edit, NULL), ERR_INVALID);

  uint64_t floor = 0, sum[2] = {0};
  ck_assert_ok(catalog_wal_floor(c, &floor, NULL));
  ck_assert_uint_eq(floor, 1);
  ck_assert_ok(catalog_load_tenants(c, add_sum, sum, NULL));
  ck_assert_uint_eq(sum[0], 0);
  catalog_close(c);
  leave();
}
END_TEST

START_TEST(catalog_never_gives_a_segment_number_twice) {
  enter();
  struct catalog *c = open_catalog();
  uint64_t number = 0;
  for (uint64_t want = 1; want <= 3; want++) {
    ck_assert_ok(catalog_next_segment(c, &number, NULL));
    ck_assert_uint_eq(number, want);
  }
  catalog_close(c);
  c = open_catalog();
  ck_assert_ok(catalog_next_segment(c, &number, NULL));
  ck_assert_uint_eq(number, 4);
  catalog_close(c);
  leave();
}
END_TEST

START_TEST(catalog_survives_a_process_that_never_closed_it) {
  enter();
  pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    struct catalog *c = NULL;
    uint64_t number;
    int code = catalog_open(os_real(), path, false, &c, NULL);
    if (!code) code = catalog_next_segment(c, &number, NULL);
    if (!code) code = catalog_set_setting(c, "name", SLICE("value"), NULL);
    _exit(code ? 1 : 0);
  }
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
  struct catalog *c = open_catalog();
  uint64_t number = 0;
  ck_assert_ok(catalog_next_segment(c, &number, NULL));
  ck_assert_uint_eq(number, 2);
  catalog_close(c);
  leave();
}
END_TEST

START_TEST(catalog_remembers_settings_and_retention) {
  enter();
  struct catalog *c = open_catalog();
  struct arena arena;
  arena_init(&arena, 1 << 20);
  struct slice value = {0}, binary = {"a\0b'; DROP TABLE settings; --", 29};
  ck_assert_int_eq(catalog_get_setting(c, "key", &arena, &value, NULL), ERR_NOT_FOUND);
  ck_assert_ok(catalog_set_setting(c, "key", SLICE("old"), NULL));
  ck_assert_ok(catalog_set_setting(c, "key", binary, NULL));
  ck_assert_ok(catalog_get_setting(c, "key", &arena, &value, NULL));
  ck_assert(slice_equal(value, binary));
  ck_assert_ok(catalog_set_setting(c, "key", slice_of(NULL, 0), NULL));
  ck_assert_ok(catalog_get_setting(c, "key", &arena, &value, NULL));
  ck_assert_uint_eq(value.len, 0);

  ck_assert_ok(catalog_set_retention(c, slice_of(NULL, 0), 30, false, NULL));
  ck_assert_ok(catalog_set_retention(c, SLICE("acme/o'neil"), 7, false, NULL));
  ck_assert_ok(catalog_set_retention(c, SLICE("acme/o'neil"), 0, false, NULL));
  ck_assert_ok(catalog_set_retention(c, SLICE("gone"), 1, false, NULL));
  ck_assert_ok(catalog_set_retention(c, SLICE("gone"), -1, true, NULL));
  ck_assert_int_eq(catalog_set_retention(c, SLICE("bad"), -1, false, NULL), ERR_INVALID);
  struct catalog_retention *retention = NULL;
  uint32_t count = 0;
  ck_assert_ok(catalog_load_retention(c, &arena, &retention, &count, NULL));
  ck_assert_uint_eq(count, 2);
  ck_assert_uint_eq(retention[0].path.len, 0);
  ck_assert_int_eq(retention[0].days, 30);
  ck_assert(slice_equal(retention[1].path, SLICE("acme/o'neil")));
  ck_assert_int_eq(retention[1].days, 0);
  arena_free(&arena);
  catalog_close(c);
  leave();
}
END_TEST

START_TEST(catalog_takes_100000_tenants_in_one_edit) {
  enter();
  enum { TENANTS = 100000 };
  struct catalog *c = open_catalog();
  struct arena arena;
  arena_init(&arena, 64 << 20);
  struct catalog_tenant *tenants = arena_take(&arena, TENANTS * sizeof *tenants);
  for (uint32_t i = 0; i < TENANTS; i++) {
    char name[40];
    snprintf(name, sizeof name, "region-%u/customer-%u", i % 7, i);
    tenants[i] = (struct catalog_tenant){arena_copy(&arena, slice_from(name)), i};
  }
  struct catalog_edit edit = {.tenants = tenants, .tenant_count = TENANTS};
  for (int round = 0; round < 2; round++) {
    int64_t start_us = os_monotonic_us(os_real());
    ck_assert_ok(catalog_apply(c, &edit, NULL));
    printf("%d tenants upserted in %lld us\n", TENANTS, (long long)(os_monotonic_us(os_real()) - start_us));
  }
  uint64_t sum[2] = {0};
  ck_assert_ok(catalog_load_tenants(c, add_sum, sum, NULL));
  ck_assert_uint_eq(sum[0], TENANTS);
  ck_assert_uint_eq(sum[1], (uint64_t)TENANTS * (TENANTS - 1) / 2);
  arena_free(&arena);
  catalog_close(c);
  leave();
}
END_TEST

START_TEST(catalog_backup_is_a_whole_private_copy) {
  enter();
  struct catalog *c = open_catalog();
  ck_assert_ok(catalog_set_setting(c, "key", SLICE("before"), NULL));
  char copy[400];
  struct error err = {0};
  snprintf(copy, sizeof copy, "%s/copy.sqlite", dir);
  int code = catalog_backup(c, copy, &err);
  ck_assert_msg(code == 0, "%s", err.message);
  ck_assert_int_eq(catalog_backup(c, copy, NULL), ERR_CONFLICT);
  ck_assert_ok(catalog_set_setting(c, "key", SLICE("after"), NULL));
  struct stat st;
  ck_assert_int_eq(stat(copy, &st), 0);
  ck_assert_uint_eq(st.st_mode & 0777, 0600);

  struct catalog *other = NULL;
  struct arena arena;
  struct slice value = {0};
  arena_init(&arena, 1 << 20);
  ck_assert_ok(catalog_open(os_real(), copy, true, &other, NULL));
  ck_assert_ok(catalog_get_setting(other, "key", &arena, &value, NULL));
  ck_assert(slice_equal(value, SLICE("before")));
  ck_assert_int_eq(catalog_set_setting(other, "key", SLICE("x"), NULL), ERR_READ_ONLY);
  catalog_close(other);
  arena_free(&arena);
  catalog_close(c);
  leave();
}
END_TEST

START_TEST(catalog_refuses_what_is_no_catalog) {
  enter();
  struct catalog *c = NULL;
  struct error err = {0};
  ck_assert_int_eq(catalog_open(os_real(), path, true, &c, NULL), ERR_NOT_FOUND);
  FILE *file = fopen(path, "w");
  ck_assert_ptr_nonnull(file);
  for (int i = 0; i < 1000; i++) fputs("no database at all, whatever it is", file);
  fclose(file);
  ck_assert_int_eq(catalog_open(os_real(), path, false, &c, &err), ERR_CORRUPT);
  ck_assert_ptr_nonnull(strstr(err.message, path));
  ck_assert_int_eq(unlink(path), 0);

  execute_directly("CREATE TABLE other (a)");
  ck_assert_int_eq(catalog_open(os_real(), path, false, &c, NULL), ERR_CORRUPT);
  ck_assert_int_eq(unlink(path), 0);

  catalog_close(open_catalog());
  execute_directly("PRAGMA user_version = 2");
  ck_assert_int_eq(catalog_open(os_real(), path, false, &c, NULL), ERR_CORRUPT);
  leave();
}
END_TEST

TEST_MAIN("catalog", catalog_starts_empty_with_the_wal_floor_at_1, catalog_files_are_readable_by_the_owner_alone,
          catalog_keeps_what_an_edit_said, catalog_applies_an_edit_wholly_or_not_at_all,
          catalog_never_gives_a_segment_number_twice, catalog_survives_a_process_that_never_closed_it,
          catalog_remembers_settings_and_retention, catalog_takes_100000_tenants_in_one_edit,
          catalog_backup_is_a_whole_private_copy, catalog_refuses_what_is_no_catalog)
