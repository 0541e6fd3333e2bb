/* Writers and readers at once, with the committer and the background threads at work; made for the thread sanitizer. */
#include <pthread.h>

#include "tests/unit/store/store_fixture.h"

enum { WRITERS = 3, READERS = 2, BATCHES = 40, BATCH_EVENTS = 10 };

static struct store *shared;
static atomic_uint writers_left, acknowledged;

static void *write_events(void *arg) {
  const char *tenant = arg;
  struct event_parser *parser = event_parser_new();
  struct store_result results[BATCH_EVENTS];
  uint64_t last = 0;
  for (int i = 0; i < BATCHES; i++) {
    struct store_batch batch = {.count = BATCH_EVENTS, .results = results};
    buffer_init(&batch.records, LIMIT_REQUEST_BYTES);
    for (int k = 0; k < BATCH_EVENTS; k++) fixture_encode(parser, tenant, NULL, "jane", &batch.records);
    ck_assert_ok(store_append(shared, &batch));
    for (int k = 0; k < BATCH_EVENTS; k++) ck_assert_uint_eq(results[k].seq, ++last);
    atomic_fetch_add(&acknowledged, BATCH_EVENTS);
    buffer_free(&batch.records);
  }
  event_parser_free(parser);
  atomic_fetch_sub(&writers_left, 1);
  return NULL;
}

/* What was acknowledged before is seen, and in each tenant the numbers 1, 2, 3 ... without a gap. */
static void *read_events(void *arg) {
  struct scope_grant all = {0};
  struct scope scope = {&all, 1};
  (void)arg;
  while (atomic_load(&writers_left) > 0) {
    uint64_t least = atomic_load(&acknowledged), count = 0, last = 0;
    struct slice tenant = {0};
    char path[LIMIT_TENANT_BYTES];
    struct snapshot *snap;
    struct cursor *cursor;
    struct event e;
    struct error err = {0};
    struct arena arena;
    struct read_query query = {.scope = &scope, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX};
    arena_init(&arena, 1024 * 1024);
    ck_assert_ok(snapshot_open(shared, &snap));
    ck_assert_ok(cursor_open(snap, &query, OLDEST_FIRST, NULL, &cursor, &err));
    while (cursor_next(cursor, &arena, &e, &err) == 0) {
      struct slice at = event_text(&e, FIELD_TENANT);
      if (!slice_equal(at, tenant)) last = 0;
      memcpy(path, at.data, at.len);
      tenant = slice_of(path, at.len);
      ck_assert_uint_eq(e.seq, ++last); /* all occurred at one instant: order is by tenant and number */
      count++;
      arena_reset(&arena);
    }
    ck_assert_uint_ge(count, least);
    ck_assert_uint_eq(count, fixture_count_in(snap));
    cursor_close(cursor);
    snapshot_close(snap);
    arena_free(&arena);
  }
  return NULL;
}

START_TEST(readers_see_whole_runs_while_writers_write) {
  static const char *const tenants[WRITERS] = {"acme", "acme/eu", "globex"};
  struct fixture f;
  pthread_t threads[WRITERS + READERS];
  fixture_begin(&f, false);
  store_close(f.store);
  f.config.memtable_rows = 100;
  fixture_open(&f);
  shared = f.store;
  atomic_store(&writers_left, WRITERS);
  for (int i = 0; i < WRITERS; i++)
    ck_assert_int_eq(pthread_create(&threads[i], NULL, write_events, (void *)(uintptr_t)tenants[i]), 0);
  for (int i = 0; i < READERS; i++) ck_assert_int_eq(pthread_create(&threads[WRITERS + i], NULL, read_events, NULL), 0);
  for (int i = 0; i < WRITERS + READERS; i++) pthread_join(threads[i], NULL);
  fixture_flush(&f);
  ck_assert_uint_eq(fixture_count(f.store), WRITERS * BATCHES * BATCH_EVENTS);
  fixture_reopen(&f);
  ck_assert_uint_eq(fixture_count(f.store), WRITERS * BATCHES * BATCH_EVENTS);
  fixture_end(&f);
}
END_TEST

TEST_MAIN("store concurrency", readers_see_whole_runs_while_writers_write)
