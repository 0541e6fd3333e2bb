/* The catalog on a simulated computer: whatever fails and wherever it crashes, an edit is there wholly or not at all.
 */
#include <stdio.h>
#include <string.h>

#include "store/catalog.h"
#include "tests/support/sim_os.h"
#include "tests/test.h"

enum { SEEDS = 12, MANY_OPERATIONS = 500 };

static struct sim_os *sim;

static int try_open(bool read_only, struct catalog **out) {
  struct error err = {0};
  int code = catalog_open(sim_os_table(sim), "/catalog.sqlite", read_only, out, &err);
  if (code) *out = NULL;
  return code;
}

static struct catalog *must_open(void) {
  struct catalog *c = NULL;
  struct error err = {0};
  int code = catalog_open(sim_os_table(sim), "/catalog.sqlite", false, &c, &err);
  ck_assert_msg(code == 0, "%s", err.message);
  return c;
}

static int apply_first(struct catalog *c) {
  const struct catalog_segment add[2] = {{.number = 1, .rows = 10}, {.number = 2, .rows = 20}};
  const struct catalog_tenant tenants[2] = {{SLICE("acme"), 10}, {SLICE("zeta"), 20}};
  const struct catalog_edit edit = {.add = add, .add_count = 2, .tenants = tenants, .tenant_count = 2, .wal_floor = 2};
  return catalog_apply(c, &edit, NULL);
}

static int apply_second(struct catalog *c) {
  const struct catalog_segment add = {.number = 3, .rows = 30};
  const struct catalog_tenant tenants[2] = {{SLICE("acme"), 11}, {SLICE("new"), 1}};
  const uint64_t remove[2] = {1, 2};
  const struct catalog_edit edit = {.add = &add,
                                    .add_count = 1,
                                    .remove = remove,
                                    .remove_count = 2,
                                    .tenants = tenants,
                                    .tenant_count = 2,
                                    .wal_floor = 3};
  return catalog_apply(c, &edit, NULL);
}

static int add_last_seq(void *arg, const struct catalog_tenant *t) {
  uint64_t *sum = arg;
  *sum += t->last_seq;
  return 0;
}

/* 1 or 2: after how many edits the catalog is; fails where it is between. */
static int edits_in(struct catalog *c) {
  struct arena arena;
  struct catalog_segment *segments = NULL;
  uint32_t count = 0;
  uint64_t floor = 0, sum = 0;
  arena_init(&arena, 1 << 20);
  ck_assert_ok(catalog_load_segments(c, &arena, &segments, &count, NULL));
  ck_assert_ok(catalog_wal_floor(c, &floor, NULL));
  ck_assert_ok(catalog_load_tenants(c, add_last_seq, &sum, NULL));
  int edits = (int)floor - 1;
  ck_assert_uint_eq(count, edits == 1 ? 2 : 1);
  ck_assert_uint_eq(segments[0].number, edits == 1 ? 1 : 3);
  ck_assert_uint_eq(sum, edits == 1 ? 30 : 32);
  arena_free(&arena);
  return edits;
}

static struct catalog *boot(uint64_t seed) {
  sim = sim_os_new(seed);
  struct catalog *c = must_open();
  ck_assert_ok(sim_os_table(sim)->sync_dir(sim_os_table(sim)->context, "/"));
  ck_assert_ok(apply_first(c));
  return c;
}

START_TEST(catalog_opens_after_a_crash_at_any_operation_of_its_making) {
  bool crashed = true;
  for (uint64_t at = 1; crashed; at++) {
    ck_assert_uint_lt(at, MANY_OPERATIONS);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
      struct catalog *c = NULL;
      sim = sim_os_new(seed);
      sim_os_set_faults(sim, &(struct sim_os_faults){.crash_at = at});
      int code = try_open(false, &c);
      crashed = sim_os_crashed(sim);
      ck_assert(code == 0 || crashed);
      catalog_close(c);
      sim_os_crash_and_restart(sim);
      catalog_close(must_open());
      sim_os_free(sim);
    }
  }
}
END_TEST

START_TEST(catalog_edit_is_whole_or_absent_after_a_crash_at_any_operation) {
  bool crashed = true;
  for (uint64_t after = 1; crashed; after++) {
    ck_assert_uint_lt(after, MANY_OPERATIONS);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
      struct catalog *c = boot(seed);
      sim_os_set_faults(sim, &(struct sim_os_faults){.crash_at = sim_os_operations(sim) + after});
      int code = apply_second(c);
      catalog_close(c);
      crashed = sim_os_crashed(sim);
      ck_assert(code == 0 || crashed);
      sim_os_crash_and_restart(sim);
      c = must_open();
      int edits = edits_in(c);
      ck_assert(edits == 2 || (edits == 1 && code != 0));
      catalog_close(c);
      sim_os_free(sim);
    }
  }
}
END_TEST

/* The n-th write or sync of an edit fails: it goes on as it was before, also over a restart. */
static bool fail_once(uint64_t seed, uint64_t after, bool sync) {
  struct catalog *c = boot(seed);
  struct sim_os_faults faults = {0};
  if (sync)
    faults.fail_sync_at = sim_os_syncs(sim) + after;
  else
    faults.fail_write_at = sim_os_writes(sim) + after;
  sim_os_set_faults(sim, &faults);
  int code = apply_second(c);
  sim_os_set_faults(sim, &(struct sim_os_faults){0});
  ck_assert_int_eq(edits_in(c), code ? 1 : 2);
  uint64_t number = 0;
  ck_assert_ok(catalog_next_segment(c, &number, NULL)); /* from here on the failed edit is gone for good */
  sim_os_crash_and_restart(sim);
  catalog_close(c);
  c = must_open();
  ck_assert_int_eq(edits_in(c), code ? 1 : 2);
  uint64_t next = 0;
  ck_assert_ok(catalog_next_segment(c, &next, NULL));
  ck_assert_uint_eq(next, number + 1);
  catalog_close(c);
  sim_os_free(sim);
  return code != 0;
}

START_TEST(catalog_edit_that_failed_is_gone_once_another_succeeded) {
  for (int sync = 0; sync < 2; sync++) {
    bool failed = true;
    for (uint64_t after = 1; failed; after++) {
      ck_assert_uint_lt(after, MANY_OPERATIONS);
      for (uint64_t seed = 1; seed <= SEEDS; seed++) failed = fail_once(seed, after, sync);
    }
    ck_assert(!failed);
  }
}
END_TEST

START_TEST(catalog_backup_fails_or_is_whole) {
  bool crashed = true;
  for (uint64_t after = 1; crashed; after++) {
    ck_assert_uint_lt(after, MANY_OPERATIONS);
    struct catalog *c = boot(after), *copy = NULL;
    sim_os_set_faults(sim, &(struct sim_os_faults){.crash_at = sim_os_operations(sim) + after});
    int code = catalog_backup(c, "/copy.sqlite", NULL);
    crashed = sim_os_crashed(sim);
    ck_assert(code == 0 || crashed);
    catalog_close(c);
    sim_os_crash_and_restart(sim);
    c = must_open();
    ck_assert_int_eq(edits_in(c), 1);
    catalog_close(c);
    if (code == 0) {
      ck_assert_ok(catalog_open(sim_os_table(sim), "/copy.sqlite", true, &copy, NULL));
      ck_assert_int_eq(edits_in(copy), 1);
      catalog_close(copy);
    }
    sim_os_free(sim);
  }
}
END_TEST

START_TEST(catalog_is_read_after_a_crash_without_writing) {
  struct catalog *c = boot(1), *reader = NULL;
  ck_assert_ok(apply_second(c));
  sim_os_crash_and_restart(sim);
  catalog_close(c);
  uint64_t operations = sim_os_operations(sim);
  ck_assert_ok(try_open(true, &reader)); /* with a log to be read */
  ck_assert_int_eq(edits_in(reader), 2);
  ck_assert_int_eq(catalog_set_setting(reader, "a", SLICE("b"), NULL), ERR_READ_ONLY);
  catalog_close(reader);
  ck_assert_uint_eq(sim_os_operations(sim), operations);
  catalog_close(must_open());
  operations = sim_os_operations(sim);
  ck_assert_ok(try_open(true, &reader)); /* and without */
  ck_assert_int_eq(edits_in(reader), 2);
  catalog_close(reader);
  ck_assert_uint_eq(sim_os_operations(sim), operations);
  sim_os_free(sim);
}
END_TEST

START_TEST(catalog_keeps_other_connections_out) {
  struct catalog *c = boot(1), *other = NULL;
  ck_assert_int_eq(try_open(false, &other), ERR_LOCKED);
  catalog_close(c);
  ck_assert_ok(try_open(false, &other));
  catalog_close(other);
  sim_os_free(sim);
}
END_TEST

START_TEST(catalog_tells_a_full_disk_and_goes_on_when_there_is_room) {
  struct catalog *c = boot(1);
  struct slice value = {"....", 4};
  char large[100000];
  memset(large, 'x', sizeof large);
  sim_os_set_faults(sim, &(struct sim_os_faults){.capacity_bytes = 1});
  ck_assert_int_eq(catalog_set_setting(c, "large", slice_of(large, sizeof large), NULL), ERR_DISK_FULL);
  ck_assert_int_eq(edits_in(c), 1);
  sim_os_set_faults(sim, &(struct sim_os_faults){0});
  ck_assert_ok(catalog_set_setting(c, "large", value, NULL));
  ck_assert_ok(apply_second(c));
  catalog_close(c);
  sim_os_free(sim);
}
END_TEST

TEST_MAIN("catalog crashes", catalog_opens_after_a_crash_at_any_operation_of_its_making,
          catalog_edit_is_whole_or_absent_after_a_crash_at_any_operation,
          catalog_edit_that_failed_is_gone_once_another_succeeded, catalog_backup_fails_or_is_whole,
          catalog_is_read_after_a_crash_without_writing, catalog_keeps_other_connections_out,
          catalog_tells_a_full_disk_and_goes_on_when_there_is_room)
