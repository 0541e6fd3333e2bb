/* The order of commits: read in pieces of any size, over memtables and segments, and told as it happens. */
#include "tests/unit/store/store_fixture.h"

enum { EVENTS = 400, BATCH = 5 };

struct known {
  char tenant[16];
  uint64_t seq;
  int64_t received_us;
};

static const char *const tenants[] = {"acme", "acme/eu", "globex", "a", "zeta"};

/* A batch of events of several tenants; notes them in the order of commits. */
static uint32_t append_batch(struct fixture *f, struct random *r, struct known *known, uint32_t count) {
  struct store_result results[BATCH];
  struct store_batch batch = {.count = 1 + (uint32_t)random_below(r, BATCH), .results = results};
  const char *of[BATCH];
  buffer_init(&batch.records, LIMIT_REQUEST_BYTES);
  for (uint32_t i = 0; i < batch.count; i++) {
    of[i] = tenants[random_below(r, 5)];
    fixture_encode(f->parser, of[i], NULL, random_below(r, 3) ? "jane" : "john", &batch.records);
  }
  ck_assert_ok(store_append(f->store, &batch));
  for (uint32_t i = 0; i < batch.count; i++) {
    uint32_t at = count + i;
    while (at > count && (strcmp(known[at - 1].tenant, of[i]) > 0)) {
      known[at] = known[at - 1];
      at--;
    }
    known[at].seq = results[i].seq;
    known[at].received_us = results[i].received_at_us;
    snprintf(known[at].tenant, sizeof known[at].tenant, "%s", of[i]);
  }
  buffer_free(&batch.records);
  return count + batch.count;
}

/* Reads everything in pieces and compares it with what is known, from `from` on. */
static void check_order(struct fixture *f, const struct known *known, uint32_t count, uint32_t from, uint32_t limit) {
  struct scope_grant all = {0};
  struct scope scope = {&all, 1};
  struct snapshot *snap;
  struct arena arena;
  char tenant[16] = "";
  struct commit_position at = {.received_at_us = 0, .whole_group = true};
  if (from > 0) {
    memcpy(tenant, known[from - 1].tenant, sizeof tenant);
    at = (struct commit_position){
        .received_at_us = known[from - 1].received_us, .tenant = slice_from(tenant), .seq = known[from - 1].seq};
  }
  arena_init(&arena, 64 * 1024 * 1024);
  int64_t to_us = store_last_commit(f->store);
  ck_assert_ok(snapshot_open(f->store, &snap));
  bool more = true;
  uint32_t seen = from;
  while (more) {
    struct read_query query = {.scope = &scope, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX};
    struct event *events;
    uint32_t got;
    arena_reset(&arena);
    ck_assert_ok(read_commits(snap, &query, &at, to_us, limit, &arena, &events, &got, &more, &f->err));
    ck_assert_uint_le(got, limit);
    ck_assert(got > 0 || !more);
    for (uint32_t i = 0; i < got; i++, seen++) {
      ck_assert_uint_lt(seen, count);
      ck_assert(slice_equal(event_text(&events[i], FIELD_TENANT), slice_from(known[seen].tenant)));
      ck_assert_uint_eq(events[i].seq, known[seen].seq);
      ck_assert_int_eq(events[i].received_at_us, known[seen].received_us);
      memcpy(tenant, known[seen].tenant, sizeof tenant);
      at = (struct commit_position){
          .received_at_us = events[i].received_at_us, .tenant = slice_from(tenant), .seq = events[i].seq};
    }
  }
  ck_assert_uint_eq(seen, count);
  snapshot_close(snap);
  arena_free(&arena);
}

START_TEST(commits_are_read_in_order_in_pieces_of_any_size) {
  static struct known known[EVENTS + BATCH];
  struct fixture f;
  struct random r = random_from_seed(7);
  uint32_t count = 0;
  fixture_begin(&f, true);
  while (count < EVENTS) {
    count = append_batch(&f, &r, known, count);
    /* The clock goes on, stands still and steps back. */
    atomic_fetch_add(&fixture_now_us, (int64_t)random_below(&r, 3000) - 1000);
    if (random_below(&r, 40) == 0) fixture_flush(&f);
    if (random_below(&r, 40) == 0) fixture_reopen(&f);
    if (random_below(&r, 40) == 0)
      while (store_run_background(f.store, &f.err)) continue;
  }
  for (uint32_t limit = 1; limit <= 1000; limit = 3 * limit + 1) check_order(&f, known, count, 0, limit);
  for (uint32_t from = 0; from < count; from += 1 + (uint32_t)random_below(&r, 9))
    check_order(&f, known, count, from, 50);
  fixture_end(&f);
}
END_TEST

START_TEST(received_at_rises_from_group_to_group_though_the_clock_stands_still) {
  struct fixture f;
  struct store_result r;
  int64_t last = 0;
  fixture_begin(&f, true);
  for (unsigned i = 0; i < 20; i++) {
    ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
    ck_assert_int_gt(r.received_at_us, last);
    ck_assert_int_eq(store_last_commit(f.store), r.received_at_us);
    last = r.received_at_us;
    if (i == 5) atomic_fetch_sub(&fixture_now_us, 3600000000);
    if (i == 10) fixture_reopen(&f);
    if (i == 10) ck_assert_int_eq(store_last_commit(f.store), last);
    if (i == 15) fixture_flush(&f);
  }
  fixture_end(&f);
}
END_TEST

START_TEST(a_position_outside_the_scope_or_filter_reads_on_behind_it) {
  struct fixture f;
  struct store_result r;
  struct scope_grant only = {.subtree = SLICE_INIT("acme")};
  struct scope scope = {&only, 1};
  struct read_query query = {.scope = &scope, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX};
  struct snapshot *snap;
  struct event *events;
  uint32_t count;
  bool more;
  fixture_begin(&f, true);
  ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  ck_assert_ok(fixture_append(&f, "globex", NULL, "jane", &r));
  struct commit_position at = {.received_at_us = r.received_at_us, .tenant = SLICE("globex"), .seq = 1};
  ck_assert_ok(fixture_append(&f, "acme/eu", NULL, "jane", &r));
  ck_assert_ok(fixture_append(&f, "acme-2", NULL, "jane", &r));
  ck_assert_ok(snapshot_open(f.store, &snap));
  ck_assert_ok(
      read_commits(snap, &query, &at, store_last_commit(f.store), 10, &f.arena, &events, &count, &more, &f.err));
  ck_assert_uint_eq(count, 1);
  ck_assert(!more && slice_equal(event_text(&events[0], FIELD_TENANT), SLICE("acme/eu")));
  snapshot_close(snap);
  fixture_end(&f);
}
END_TEST

struct heard {
  struct buffer records;
  int64_t last_us;
  uint32_t groups;
};

static void hear(void *arg, int64_t received_us, struct slice records) {
  struct heard *h = arg;
  ck_assert_int_gt(received_us, h->last_us);
  h->last_us = received_us;
  h->groups++;
  buffer_append_slice(&h->records, records);
}

START_TEST(a_listener_hears_every_group_until_it_leaves) {
  struct fixture f;
  struct store_result r;
  struct heard heard = {.groups = 0};
  struct event e;
  buffer_init(&heard.records, 1 << 20);
  fixture_begin(&f, false);
  ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  heard.last_us = store_listen(f.store, hear, &heard);
  ck_assert_int_eq(heard.last_us, r.received_at_us);
  for (unsigned i = 0; i < 10; i++) ck_assert_ok(fixture_append(&f, "acme", i ? NULL : "k", "jane", &r));
  ck_assert_ok(fixture_append(&f, "acme", "k", "jane", &r)); /* a duplicate is no commit */
  (void)store_listen(f.store, NULL, NULL);
  ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  ck_assert_uint_eq(heard.groups, 10);
  struct slice at = buffer_slice(&heard.records);
  for (uint64_t seq = 2; seq <= 11; seq++) {
    ck_assert_ok(event_decode(&at, &f.arena, &e, NULL));
    ck_assert_uint_eq(e.seq, seq);
  }
  ck_assert_uint_eq(at.len, 0);
  buffer_free(&heard.records);
  fixture_end(&f);
}
END_TEST

TEST_MAIN("follow", commits_are_read_in_order_in_pieces_of_any_size,
          received_at_rises_from_group_to_group_though_the_clock_stands_still,
          a_position_outside_the_scope_or_filter_reads_on_behind_it, a_listener_hears_every_group_until_it_leaves)
