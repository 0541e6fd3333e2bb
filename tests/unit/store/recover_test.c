/* Opening a store whose folder is not as it was left. */
#include <stdio.h>

#include "store/store.h"
#include "tests/support/random_event.h"
#include "tests/support/sim_os.h"
#include "tests/test.h"

static struct sim_os *sim;
static const struct store_config config = {.dir = "/data", .free_disk_bytes = 1, .manual_background = true};

static int try_open(struct store **out, struct error *err) { return store_open(sim_os_table(sim), &config, out, err); }

static void append(struct store *s, struct random *r) {
  struct arena arena;
  struct event e;
  struct store_result result;
  struct store_batch batch = {.count = 1, .results = &result};
  struct event_parser *parser = event_parser_new();
  arena_init(&arena, 1 << 20);
  buffer_init(&batch.records, 1 << 20);
  random_event(r, parser, &arena, &e);
  event_encode(&e, &batch.records);
  ck_assert_ok(store_append(s, &batch));
  buffer_free(&batch.records);
  arena_free(&arena);
  event_parser_free(parser);
}

/* A segment, and an event in the log behind it. */
static void boot(void) {
  struct store *s = NULL;
  struct random r = random_from_seed(1);
  sim = sim_os_new(1);
  sim_os_set_wall_clock(sim, RANDOM_EVENT_NOW_US);
  ck_assert_ok(try_open(&s, NULL));
  append(s, &r);
  ck_assert_ok(store_flush(s, NULL));
  append(s, &r);
  store_close(s);
}

START_TEST(recovery_misses_a_log_file_that_the_catalog_counts_on) {
  struct store *s = NULL;
  struct error err = {0};
  boot();
  ck_assert_ok(sim_os_table(sim)->remove(sim, "/data/wal/0000000002.wal"));
  ck_assert_int_eq(try_open(&s, &err), ERR_CORRUPT);
  ck_assert_ptr_nonnull(strstr(err.message, "0000000002.wal is missing"));
  sim_os_free(sim);
}
END_TEST

static int count_entry(void *arg, const char *name) {
  (void)name;
  ++*(int *)arg;
  return 0;
}

START_TEST(recovery_removes_no_segment_while_one_is_missing) {
  struct store *s = NULL;
  boot();
  const struct os *os = sim_os_table(sim);
  ck_assert_ok(os->rename(os->context, "/data/segments/0000000001.seg", "/data/segments/0000000009.seg"));
  ck_assert_ok(try_open(&s, NULL));
  struct store_metrics metrics;
  store_metrics(s, &metrics);
  ck_assert_uint_eq(metrics.lost_segments, 1);
  store_close(s);
  int files = 0;
  ck_assert_ok(os->list_dir(os->context, "/data/segments", count_entry, &files));
  ck_assert_int_eq(files, 1);
  sim_os_free(sim);
}
END_TEST

TEST_MAIN("recovery", recovery_misses_a_log_file_that_the_catalog_counts_on,
          recovery_removes_no_segment_while_one_is_missing)
