/* The promises of store.h, one by one. */
#include "tests/unit/store/store_fixture.h"

START_TEST(numbers_have_no_gaps_per_tenant) {
  struct fixture f;
  struct store_result r;
  fixture_begin(&f, true);
  for (unsigned i = 1; i <= 20; i++) {
    ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
    ck_assert_uint_eq(r.seq, i);
    ck_assert_ok(fixture_append(&f, "acme/eu", NULL, "jane", &r));
    ck_assert_uint_eq(r.seq, i);
    if (i == 7) fixture_flush(&f);
    if (i % 6 == 0) fixture_reopen(&f);
  }
  fixture_end(&f);
}
END_TEST

START_TEST(a_repeated_key_gets_the_first_number) {
  struct fixture f;
  struct store_result first, again;
  fixture_begin(&f, true);
  ck_assert_ok(fixture_append(&f, "acme", "k1", "jane", &first));
  ck_assert(!first.duplicate);
  ck_assert_ok(fixture_append(&f, "acme", NULL, "john", &again));
  ck_assert_ok(fixture_append(&f, "acme", "k1", "jane", &again));
  ck_assert(again.duplicate);
  ck_assert_uint_eq(again.seq, first.seq);
  ck_assert_int_eq(again.received_at_us, first.received_at_us);
  ck_assert_ok(fixture_append(&f, "globex", "k1", "jane", &again)); /* keys are the tenant's own */
  ck_assert(!again.duplicate);
  ck_assert_uint_eq(fixture_count(f.store), 3);
  fixture_end(&f);
}
END_TEST

START_TEST(keys_are_found_in_segments_after_reopening) {
  struct fixture f;
  struct store_result first, again;
  fixture_begin(&f, true);
  ck_assert_ok(fixture_append(&f, "acme", "k1", "jane", &first));
  ck_assert_ok(fixture_append(&f, "acme", "K1", "other", &again)); /* keys keep their case */
  fixture_flush(&f);
  ck_assert_ok(fixture_append(&f, "acme", "k1", "jane", &again));
  ck_assert(again.duplicate && again.seq == first.seq);
  fixture_reopen(&f);
  ck_assert_ok(fixture_append(&f, "acme", "k1", "jane", &again));
  ck_assert(again.duplicate && again.seq == first.seq);
  ck_assert_int_eq(fixture_append(&f, "acme", "k1", "john", &again), ERR_CONFLICT);
  fixture_end(&f);
}
END_TEST

START_TEST(a_conflict_stores_nothing_of_its_batch) {
  struct fixture f;
  struct store_result r, results[3];
  fixture_begin(&f, true);
  ck_assert_ok(fixture_append(&f, "acme", "k1", "jane", &r));
  struct store_batch batch = {.count = 3, .results = results};
  buffer_init(&batch.records, LIMIT_REQUEST_BYTES);
  fixture_encode(f.parser, "acme", "k2", "jane", &batch.records);
  fixture_encode(f.parser, "acme", "k1", "john", &batch.records);
  fixture_encode(f.parser, "acme", NULL, "jane", &batch.records);
  ck_assert_int_eq(store_append(f.store, &batch), ERR_CONFLICT);
  ck_assert_uint_eq(batch.fault_index, 1);
  ck_assert_str_eq(batch.error.pointer, "/key");
  buffer_free(&batch.records);
  ck_assert_uint_eq(fixture_count(f.store), 1);
  ck_assert_ok(fixture_append(&f, "acme", "k2", "other", &r)); /* the key was not taken */
  ck_assert_uint_eq(r.seq, 2);
  fixture_end(&f);
}
END_TEST

START_TEST(a_key_twice_in_one_batch_is_stored_once) {
  struct fixture f;
  struct store_result results[3];
  fixture_begin(&f, true);
  struct store_batch batch = {.count = 3, .results = results};
  buffer_init(&batch.records, LIMIT_REQUEST_BYTES);
  fixture_encode(f.parser, "acme", "k1", "jane", &batch.records);
  fixture_encode(f.parser, "acme", "k2", "jane", &batch.records);
  fixture_encode(f.parser, "acme", "k1", "jane", &batch.records);
  ck_assert_ok(store_append(f.store, &batch));
  ck_assert(!results[0].duplicate && !results[1].duplicate && results[2].duplicate);
  ck_assert_uint_eq(results[2].seq, results[0].seq);
  buffer_free(&batch.records);
  ck_assert_uint_eq(fixture_count(f.store), 2);
  fixture_end(&f);
}
END_TEST

START_TEST(a_snapshot_shows_what_was_acknowledged_and_does_not_move) {
  struct fixture f;
  struct store_result r;
  struct snapshot *snap;
  fixture_begin(&f, true);
  ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  ck_assert_ok(snapshot_open(f.store, &snap));
  ck_assert_uint_eq(fixture_count_in(snap), 1);
  ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  fixture_flush(&f);
  ck_assert_ok(store_set_retention(f.store, SLICE(""), 1, &f.err));
  atomic_fetch_add(&fixture_now_us, INT64_C(10) * 86400 * 1000000);
  while (store_run_background(f.store, &f.err)) continue;
  ck_assert_uint_eq(fixture_count_in(snap), 1);
  snapshot_close(snap);
  fixture_end(&f);
}
END_TEST

START_TEST(retention_hides_at_once_and_purges_later) {
  struct fixture f;
  struct store_result r;
  struct store_metrics m;
  fixture_begin(&f, true);
  ck_assert_ok(fixture_append(&f, "acme/eu", NULL, "jane", &r));
  ck_assert_ok(fixture_append(&f, "globex", NULL, "jane", &r));
  fixture_flush(&f);
  atomic_fetch_add(&fixture_now_us, INT64_C(3) * 86400 * 1000000);
  ck_assert_uint_eq(fixture_count(f.store), 2);
  ck_assert_ok(store_set_retention(f.store, SLICE("acme"), 2, &f.err));
  ck_assert_uint_eq(fixture_count(f.store), 1);
  store_metrics(f.store, &m);
  ck_assert_uint_eq(m.purged_events, 0);
  while (store_run_background(f.store, &f.err)) continue;
  store_metrics(f.store, &m);
  ck_assert_uint_eq(m.purged_events, 1);
  ck_assert_uint_eq(fixture_count(f.store), 1);
  ck_assert_ok(fixture_append(&f, "acme/eu", NULL, "jane", &r));
  ck_assert_uint_eq(r.seq, 2); /* numbers go on */
  fixture_end(&f);
}
END_TEST

START_TEST(reopening_replays_the_log) {
  struct fixture f;
  struct store_result r;
  fixture_begin(&f, true);
  for (int i = 0; i < 5; i++) ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  fixture_flush(&f);
  for (int i = 0; i < 5; i++) ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  fixture_reopen(&f);
  ck_assert_uint_eq(fixture_count(f.store), 10);
  fixture_end(&f);
}
END_TEST

START_TEST(a_store_with_every_memtable_waiting_opens_again) {
  struct fixture f;
  struct store_result r;
  fixture_begin(&f, true);
  store_close(f.store);
  f.config.memtable_rows = 1;
  fixture_open(&f);
  for (int i = 0; i < 10; i++) ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  fixture_reopen(&f);
  ck_assert_uint_eq(fixture_count(f.store), 10);
  fixture_flush(&f); /* and finds room for the active one */
  ck_assert_uint_eq(fixture_count(f.store), 10);
  fixture_end(&f);
}
END_TEST

START_TEST(a_second_opener_is_refused) {
  struct fixture f;
  struct store *second;
  fixture_begin(&f, true);
  ck_assert_int_eq(store_open(&f.os, &f.config, &second, &f.err), ERR_LOCKED);
  fixture_end(&f);
}
END_TEST

START_TEST(a_failed_sync_turns_the_store_read_only) {
  struct fixture f;
  struct store_result r;
  struct store_metrics m;
  fixture_begin(&f, true);
  ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  atomic_store(&fixture_sync_fails, true);
  ck_assert_int_eq(fixture_append(&f, "acme", NULL, "jane", &r), ERR_READ_ONLY);
  atomic_store(&fixture_sync_fails, false);
  ck_assert_int_eq(fixture_append(&f, "acme", NULL, "jane", &r), ERR_READ_ONLY); /* it is never tried again */
  store_metrics(f.store, &m);
  ck_assert(m.read_only);
  ck_assert_uint_eq(fixture_count(f.store), 1);
  fixture_end(&f);
}
END_TEST

START_TEST(a_write_without_room_is_refused_and_writing_resumes) {
  struct fixture f;
  struct store_result r;
  fixture_begin(&f, true);
  ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  for (int i = 0; i < 3; i++) {
    atomic_store(&fixture_failing_writes, 1); /* undoing it works: its space is the file's already */
    ck_assert_int_eq(fixture_append(&f, "acme", NULL, "jane", &r), ERR_DISK_FULL);
    ck_assert_uint_eq(fixture_count(f.store), 1);
  }
  ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  ck_assert_uint_eq(r.seq, 2);
  fixture_reopen(&f);
  ck_assert_uint_eq(fixture_count(f.store), 2);
  fixture_end(&f);
}
END_TEST

START_TEST(a_disk_low_on_room_refuses_before_it_is_full) {
  struct fixture f;
  struct store_result r;
  struct store_metrics m;
  atomic_store(&fixture_disk_is_full, true);
  fixture_begin(&f, true);
  for (int i = 0; i < 3; i++) ck_assert_int_eq(fixture_append(&f, "acme", NULL, "jane", &r), ERR_DISK_FULL);
  store_metrics(f.store, &m);
  ck_assert(m.disk_low && !m.read_only);
  ck_assert_uint_eq(fixture_count(f.store), 0);
  atomic_store(&fixture_disk_is_full, false);
  ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  ck_assert_uint_eq(r.seq, 1);
  fixture_end(&f);
}
END_TEST

START_TEST(words_of_a_scope_keep_their_case) {
  struct fixture f;
  struct store_result r;
  struct snapshot *snap;
  struct event e;
  struct slice logs[] = {SLICE_INIT("Admin")};
  struct scope_grant grant = {.logs = logs, .log_count = 1};
  struct scope scope = {&grant, 1};
  fixture_begin(&f, true);
  ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  for (int sealed = 0; sealed < 2; sealed++) {
    if (sealed) fixture_flush(&f);
    ck_assert_ok(snapshot_open(f.store, &snap));
    logs[0] = SLICE("Admin");
    ck_assert_int_eq(read_event(snap, &scope, SLICE("acme"), 1, &f.arena, &e, NULL), ERR_NOT_FOUND);
    logs[0] = SLICE("admin");
    ck_assert_ok(read_event(snap, &scope, SLICE("acme"), 1, &f.arena, &e, NULL));
    snapshot_close(snap);
  }
  fixture_end(&f);
}
END_TEST

START_TEST(too_many_parameter_names_are_refused_with_a_reason) {
  static const char json[] =
      "{\"tenant\":\"acme\",\"log\":\"admin\",\"action\":\"update\",\"occurred_at\":\"2026-11-20T08:00:00Z\","
      "\"actor\":{\"type\":\"user\",\"name\":\"jane\"},\"params\":{\"ring\":20}}";
  struct fixture f;
  struct store_result r;
  struct store_batch batch = {.count = 1, .results = &r};
  struct snapshot *snap;
  struct event e;
  struct slice *names;
  uint32_t count;
  struct scope_grant all = {0};
  struct scope scope = {&all, 1};
  struct read_query query = {.scope = &scope, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX};
  fixture_begin(&f, true);
  buffer_init(&batch.records, LIMIT_REQUEST_BYTES);
  ck_assert_ok(event_parse(f.parser, slice_from(json), RANDOM_EVENT_NOW_US, &f.arena, &e, &f.err));
  event_encode(&e, &batch.records);
  ck_assert_ok(store_append(f.store, &batch));
  buffer_free(&batch.records);
  ck_assert_ok(snapshot_open(f.store, &snap));
  ck_assert_ok(read_param_names(snap, &query, &f.arena, &names, &count, &f.err));
  ck_assert_uint_eq(count, 1);
  query.memory_bytes = 16;
  ck_assert_int_eq(read_param_names(snap, &query, &f.arena, &names, &count, &f.err), ERR_TOO_LARGE);
  ck_assert_int_eq(f.err.code, ERR_TOO_LARGE);
  snapshot_close(snap);
  fixture_end(&f);
}
END_TEST

/* How many events the terms find in a field, byte for byte. */
static uint64_t count_field(struct store *s, enum field_id id, const char *const names[], uint32_t count) {
  struct filter_term terms[4];
  struct filter_field field = {.field = id};
  struct filter_clause clause = {.fields = &field, .field_count = 1, .terms = terms, .term_count = count};
  struct filter filter = {&clause, 1};
  struct scope_grant all = {0};
  struct scope scope = {&all, 1};
  struct read_query query = {.scope = &scope, .filter = &filter, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX};
  struct read_stats stats = {0};
  struct snapshot *snap;
  struct error err = {0};
  for (uint32_t i = 0; i < count; i++) terms[i] = (struct filter_term){.op = MATCH_EXACT, .text = slice_from(names[i])};
  ck_assert_ok(snapshot_open(s, &snap));
  ck_assert_ok(read_stats(snap, &query, &stats, &err));
  snapshot_close(snap);
  return stats.events;
}

static uint64_t count_exact(struct store *s, const char *const names[], uint32_t count) {
  return count_field(s, FIELD_ACTOR_NAME, names, count);
}

START_TEST(rows_of_a_tenant_are_found_in_every_chunk_they_lie_in) {
  enum { BATCHES = 5, BATCH = 1000 };
  static const char *const tenants[] = {"acme", "acme/eu", "beta", "globex"};
  static struct store_result results[BATCH];
  uint64_t counts[4] = {0};
  struct fixture f;
  fixture_begin(&f, true);
  for (unsigned n = 0; n < BATCHES; n++) {
    struct store_batch batch = {.count = BATCH, .results = results};
    buffer_init(&batch.records, LIMIT_REQUEST_BYTES);
    for (unsigned i = 0; i < BATCH; i++) {
      unsigned t = i % 10 < 6 ? 1 : i % 10 < 9 ? 3 : i % 20 == 9 ? 0 : 2; /* runs of 250, 3,000, 250 and 1,500 */
      fixture_encode(f.parser, tenants[t], NULL, "jane", &batch.records);
      counts[t]++;
    }
    ck_assert_ok(store_append(f.store, &batch));
    buffer_free(&batch.records);
  }
  for (unsigned sealed = 0; sealed < 2; sealed++) {
    for (unsigned t = 0; t < 4; t++) ck_assert_uint_eq(count_field(f.store, FIELD_TENANT, &tenants[t], 1), counts[t]);
    ck_assert_uint_eq(count_field(f.store, FIELD_TENANT, tenants, 3), counts[0] + counts[1] + counts[2]);
    fixture_flush(&f);
  }
  fixture_end(&f);
}
END_TEST

START_TEST(a_value_asked_for_byte_for_byte_is_found_wherever_it_lies) {
  static const char *const names[] = {"ann", "Ann", "ANN", "bob", "José", "josé", "zoe"};
  static const char *const some[] = {"Ann", "josé", "zoe", "nobody"};
  struct fixture f;
  struct store_result r;
  fixture_begin(&f, true);
  for (unsigned round = 0; round < 3; round++) { /* in the memtable, in a segment, in both */
    for (unsigned i = 0; i < 7; i++)
      for (unsigned n = 0; n <= i; n++) ck_assert_ok(fixture_append(&f, "acme", NULL, names[i], &r));
    for (unsigned sealed = 0; sealed < 2; sealed++) {
      for (unsigned i = 0; i < 7; i++) ck_assert_uint_eq(count_exact(f.store, &names[i], 1), (round + 1) * (i + 1));
      ck_assert_uint_eq(count_exact(f.store, some, 4), (round + 1) * (2 + 6 + 7));
      ck_assert_uint_eq(count_exact(f.store, &some[3], 1), 0);
      ck_assert_uint_eq(count_exact(f.store, names, 4), (round + 1) * (1 + 2 + 3 + 4));
      if (round != 1) fixture_flush(&f);
    }
  }
  fixture_end(&f);
}
END_TEST

static void count_problem(void *arg, const char *text) {
  (void)text;
  ++*(unsigned *)arg;
}

/* Changes one bit of the last name that stands in the log. */
static void damage_last_event(struct fixture *f, const char *name) {
  char path[512];
  static char bytes[1024 * 1024];
  snprintf(path, sizeof path, "%s/wal/0000000001.wal", f->dir);
  FILE *file = fopen(path, "r+b");
  ck_assert_ptr_nonnull(file);
  size_t n = fread(bytes, 1, sizeof bytes, file);
  char *at = NULL; /* the last place where the name stands */
  for (char *p = bytes; (p = memmem(p, n - (size_t)(p - bytes), name, strlen(name))) != NULL; p++) at = p;
  ck_assert_ptr_nonnull(at);
  ck_assert_int_eq(fseek(file, at - bytes, SEEK_SET), 0);
  ck_assert_int_ne(fputc(*at ^ 1, file), EOF);
  ck_assert_int_eq(fclose(file), 0);
}

/* The most frequent actor and how often it was found. */
static struct value_count most_frequent(struct fixture *f, uint64_t *distinct_out) {
  struct scope_grant everything = {0};
  struct scope scope = {&everything, 1};
  struct read_query query = {.scope = &scope, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX};
  struct snapshot *snap;
  struct value_count *values;
  uint32_t count;
  ck_assert_ok(snapshot_open(f->store, &snap));
  ck_assert_ok(read_top(snap, &query, (struct filter_field){.field = FIELD_ACTOR_NAME}, SLICE("n"), 1, &f->arena,
                        &values, &count, distinct_out, &f->err));
  snapshot_close(snap);
  ck_assert_uint_eq(count, 1);
  return values[0];
}

START_TEST(values_of_whole_segments_are_counted_as_their_rows_are) {
  struct fixture f;
  struct store_result result;
  uint64_t distinct;
  fixture_begin(&f, true);
  for (int round = 0; round < 3; round++) { /* two segments and what is in memory */
    for (int i = 0; i < 30; i++) {
      const char *name = i % 3 == 0 ? "nina" : i % 3 == 1 ? (round ? "NINA" : "nora") : "olga";
      ck_assert_ok(fixture_append(&f, i % 2 ? "acme" : "globex", NULL, name, &result));
    }
    if (round < 2) fixture_flush(&f);
  }
  struct value_count top = most_frequent(&f, &distinct);
  ck_assert(slice_equal(top.value, SLICE("nina")));
  ck_assert_uint_eq(top.count, 30);
  ck_assert_uint_eq(distinct, 3);
  ck_assert_ok(store_set_retention(f.store, SLICE("acme"), 1, &f.err)); /* now no segment is whole */
  atomic_fetch_add(&fixture_now_us, 2 * INT64_C(86400) * 1000000);
  ck_assert_uint_eq(most_frequent(&f, &distinct).count, 15);
  fixture_end(&f);
}
END_TEST

START_TEST(damage_to_the_last_event_of_a_closed_store_is_told) {
  struct fixture f;
  struct store_result r;
  struct fsck_report report;
  unsigned problems = 0;
  fixture_begin(&f, true);
  ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  ck_assert_ok(fixture_append(&f, "acme", NULL, "zacharias", &r));
  store_close(f.store);
  f.store = NULL;
  ck_assert_ok(store_fsck(os_real(), f.dir, false, count_problem, &problems, &report, &f.err));
  ck_assert_uint_eq(problems, 0);
  damage_last_event(&f, "zacharias");
  ck_assert_ok(store_fsck(os_real(), f.dir, false, count_problem, &problems, &report, &f.err));
  ck_assert_uint_gt(report.problems, 0);
  ck_assert_int_eq(store_open(&f.os, &f.config, &f.store, &f.err), ERR_CORRUPT);
  f.store = NULL;
  fixture_end(&f);
}
END_TEST

TEST_MAIN("store", rows_of_a_tenant_are_found_in_every_chunk_they_lie_in,
          a_value_asked_for_byte_for_byte_is_found_wherever_it_lies,
          values_of_whole_segments_are_counted_as_their_rows_are, damage_to_the_last_event_of_a_closed_store_is_told,
          too_many_parameter_names_are_refused_with_a_reason, numbers_have_no_gaps_per_tenant,
          a_repeated_key_gets_the_first_number, keys_are_found_in_segments_after_reopening,
          a_conflict_stores_nothing_of_its_batch, a_key_twice_in_one_batch_is_stored_once,
          a_snapshot_shows_what_was_acknowledged_and_does_not_move, retention_hides_at_once_and_purges_later,
          reopening_replays_the_log, a_store_with_every_memtable_waiting_opens_again, a_second_opener_is_refused,
          a_failed_sync_turns_the_store_read_only, a_write_without_room_is_refused_and_writing_resumes,
          a_disk_low_on_room_refuses_before_it_is_full, words_of_a_scope_keep_their_case)
