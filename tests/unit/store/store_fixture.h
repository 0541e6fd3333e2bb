/* A store in a folder of its own over the real system, with a clock and faults under the test's control. */
#ifndef DAYBOOK_TESTS_UNIT_STORE_STORE_FIXTURE_H
#define DAYBOOK_TESTS_UNIT_STORE_STORE_FIXTURE_H

#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/instant.h"
#include "store/store.h"
#include "tests/support/random_event.h"
#include "tests/test.h"

static _Atomic int64_t fixture_now_us = RANDOM_EVENT_NOW_US;
static atomic_bool fixture_sync_fails, fixture_disk_is_full;
static atomic_int fixture_failing_writes; /* how many of the next writes find no room */

struct fixture {
  char dir[256];
  struct os os;
  struct store_config config;
  struct store *store;
  struct event_parser *parser;
  struct arena arena;
  struct error err;
};

static int64_t fixture_now(void *context) {
  (void)context;
  return atomic_load(&fixture_now_us);
}

static int fixture_sync(void *context, struct os_file *file) {
  return atomic_load(&fixture_sync_fails) ? ERR_IO : os_real()->sync(context, file);
}

static int fixture_write(void *context, struct os_file *file, uint64_t offset, const void *data, size_t len) {
  if (atomic_load(&fixture_failing_writes) > 0 && atomic_fetch_sub(&fixture_failing_writes, 1) > 0)
    return ERR_DISK_FULL;
  return os_real()->write(context, file, offset, data, len);
}

static int fixture_free_bytes(void *context, const char *path, uint64_t *bytes_out) {
  int rc = os_real()->free_bytes(context, path, bytes_out);
  if (atomic_load(&fixture_disk_is_full)) *bytes_out = 0;
  return rc;
}

static inline void fixture_open(struct fixture *f) {
  f->err = (struct error){0};
  int rc = store_open(&f->os, &f->config, &f->store, &f->err);
  ck_assert_msg(rc == 0, "open: %s", f->err.message);
}

static inline void fixture_begin(struct fixture *f, bool manual_background) {
  const char *tmp = getenv("TMPDIR");
  *f = (struct fixture){.os = *os_real(), .parser = event_parser_new()};
  f->os.now_us = fixture_now;
  f->os.sync = fixture_sync;
  f->os.write = fixture_write;
  f->os.free_bytes = fixture_free_bytes;
  snprintf(f->dir, sizeof f->dir, "%s/daybook-store-XXXXXX", tmp ? tmp : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(f->dir));
  f->config = (struct store_config){.dir = f->dir, .manual_background = manual_background, .free_disk_bytes = 1};
  arena_init(&f->arena, 256 * 1024 * 1024);
  fixture_open(f);
}

static inline int fixture_remove(const char *path, const struct stat *info, int kind, struct FTW *where) {
  (void)info, (void)kind, (void)where;
  return remove(path);
}

static inline void fixture_end(struct fixture *f) {
  store_close(f->store);
  event_parser_free(f->parser);
  arena_free(&f->arena);
  nftw(f->dir, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void fixture_reopen(struct fixture *f) {
  store_close(f->store);
  f->store = NULL;
  fixture_open(f);
}

/* Everything is in segments afterwards. */
static inline void fixture_flush(struct fixture *f) { ck_assert_ok(store_flush(f->store, &f->err)); }

static inline void fixture_encode(struct event_parser *parser, const char *tenant, const char *key, const char *name,
                                  struct buffer *records) {
  char json[1024];
  struct arena arena;
  struct event e;
  struct error err = {0};
  arena_init(&arena, 1024 * 1024);
  snprintf(json, sizeof json,
           "{\"tenant\":\"%s\",\"log\":\"admin\",\"action\":\"update\",\"occurred_at\":\"2026-11-20T08:00:00Z\","
           "\"actor\":{\"type\":\"user\",\"name\":\"%s\"}%s%s%s}",
           tenant, name, key ? ",\"key\":\"" : "", key ? key : "", key ? "\"" : "");
  int rc = event_parse(parser, slice_from(json), RANDOM_EVENT_NOW_US, &arena, &e, &err);
  ck_assert_msg(rc == 0, "parse: %s", err.message);
  event_encode(&e, records);
  arena_free(&arena);
}

/* Appends one event; returns the code. */
static inline int fixture_append(struct fixture *f, const char *tenant, const char *key, const char *name,
                                 struct store_result *result) {
  struct store_batch batch = {.count = 1, .results = result};
  buffer_init(&batch.records, LIMIT_REQUEST_BYTES);
  fixture_encode(f->parser, tenant, key, name, &batch.records);
  int rc = store_append(f->store, &batch);
  buffer_free(&batch.records);
  return rc;
}

static inline uint64_t fixture_count_in(struct snapshot *snap) {
  struct scope_grant all = {0};
  struct scope scope = {&all, 1};
  struct read_query query = {.scope = &scope, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX};
  struct read_stats stats = {0};
  struct error err = {0};
  int rc = read_stats(snap, &query, &stats, &err);
  ck_assert_msg(rc == 0, "stats: %s", err.message);
  ck_assert_uint_eq(query.damage_count, 0);
  return stats.events;
}

static inline uint64_t fixture_count(struct store *s) {
  struct snapshot *snap;
  ck_assert_ok(snapshot_open(s, &snap));
  uint64_t count = fixture_count_in(snap);
  snapshot_close(snap);
  return count;
}

#endif
