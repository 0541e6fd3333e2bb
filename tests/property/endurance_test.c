/* A month in a minute: 24 simulated days of ingest, sealing, compaction and retention on the real store and real files.
 *
 * Only the clock is not real, and fdatasync does nothing: durability is for other tests, and it would take most of the
 * minute. Memtables are small, so that a day has as many seals as a busy server's. From day 5 on (3 days are kept) the
 * store is in balance: files, bytes, memory and the latency of a page must not grow any more. And a damaged segment
 * must not get in the way of all this. */
#include <dirent.h>
#include <ftw.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/instant.h"
#include "store/store.h"
#include "tests/support/random_event.h"
#include "tests/test.h"

enum {
  DAYS = 24,
  KEPT_DAYS = 3,
  BALANCED_DAY = 5,
  ROUNDS_PER_DAY = 96, /* a batch, a seal and the background's work each */
  ROUND_EVENTS = 256,
  TENANTS = 20,
  LATE_PERCENT = 5, /* events that happened up to two days before they came */
  PAGES = 40,       /* asked for at the end of a day */
  PAGE_EVENTS = 50,
  RECORD_BYTES = 64 * 1024 * 1024,
};

static const int64_t day_us = INT64_C(86400) * 1000000;
static int64_t now_us = RANDOM_EVENT_NOW_US;

struct day { /* at its end */
  unsigned segments, files;
  uint64_t events, bytes;
  double bytes_per_event, memory_mib, page_ms, count_ms;
};

struct world {
  char dir[256];
  struct os os;
  struct store_config config;
  struct store *store;
  struct event_parser *parser;
  struct random random;
  struct day days[DAYS + 1];
  uint64_t sent;
};

static int64_t fake_now(void *context) {
  (void)context;
  return now_us;
}

static int no_sync(void *context, struct os_file *file) {
  (void)context, (void)file;
  return 0;
}

static int no_sync_dir(void *context, const char *path) {
  (void)context, (void)path;
  return 0;
}

static void world_open(struct world *w) {
  struct error err = {0};
  int code = store_open(&w->os, &w->config, &w->store, &err);
  ck_assert_msg(code == 0, "%s", err.message);
}

static void world_begin(struct world *w) {
  const char *tmp = getenv("TMPDIR");
  struct error err = {0};
  *w = (struct world){.os = *os_real(), .parser = event_parser_new(), .random = random_from_environment()};
  w->os.now_us = fake_now;
  w->os.sync = no_sync;
  w->os.sync_dir = no_sync_dir;
  snprintf(w->dir, sizeof w->dir, "%s/daybook-endurance-XXXXXX", tmp ? tmp : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(w->dir));
  w->config = (struct store_config){
      .dir = w->dir, .memtable_rows = ROUND_EVENTS, .manual_background = true, .cache_bytes = 16 << 20};
  world_open(w);
  int code = store_set_retention(w->store, SLICE(""), KEPT_DAYS, &err);
  ck_assert_msg(code == 0, "%s", err.message);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where) {
  (void)info, (void)kind, (void)where;
  return remove(path);
}

static void world_end(struct world *w) {
  store_close(w->store);
  event_parser_free(w->parser);
  nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- A day ---- */

static void add_event(struct world *w, struct arena *arena, struct buffer *records) {
  static const char *const actions[] = {"create", "update", "delete", "login"};
  char json[1024], when[INSTANT_TEXT_BYTES];
  struct event e;
  struct error err = {0};
  struct random *r = &w->random;
  int64_t ago = random_chance(r, LATE_PERCENT) ? (int64_t)random_below(r, 2 * (uint64_t)day_us)
                                               : (int64_t)random_below(r, 60 * 1000000);
  instant_format(now_us - ago, 3, when);
  snprintf(json, sizeof json,
           "{\"tenant\":\"t%llu/eu\",\"log\":\"admin\",\"occurred_at\":\"%s\",\"action\":\"%s\",\"actor\":{\"type\":"
           "\"user\",\"name\":\"user-%llu\"},\"source\":{\"ip\":\"10.0.%llu.%llu\"},\"key\":\"k%llu\",\"description\":"
           "\"Call queue %llu was changed by its owner\",\"params\":{\"n\":%llu}}",
           (unsigned long long)random_below(r, TENANTS), when, actions[random_below(r, 4)],
           (unsigned long long)random_below(r, 5000), (unsigned long long)random_below(r, 256),
           (unsigned long long)random_below(r, 256), (unsigned long long)w->sent, (unsigned long long)w->sent % 977,
           (unsigned long long)w->sent);
  arena_reset(arena);
  int code = event_parse(w->parser, slice_from(json), now_us, arena, &e, &err);
  ck_assert_msg(code == 0, "%s", err.message);
  event_encode(&e, records);
  w->sent++;
}

static void send_round(struct world *w) {
  static struct store_result results[ROUND_EVENTS];
  struct store_batch batch = {.count = ROUND_EVENTS, .results = results};
  struct arena arena;
  arena_init(&arena, 1 << 20);
  buffer_init(&batch.records, RECORD_BYTES);
  for (unsigned i = 0; i < ROUND_EVENTS; i++) add_event(w, &arena, &batch.records);
  int code = store_append(w->store, &batch);
  ck_assert_msg(code == 0, "append: %s", batch.error.message);
  buffer_free(&batch.records);
  arena_free(&arena);
}

static void work(struct world *w) {
  struct error err = {0};
  while (store_run_background(w->store, &err)) continue;
  ck_assert_msg(err.code == 0, "background: %s", err.message);
}

/* ---- Measuring ---- */

static unsigned count_files(const char *path) {
  unsigned count = 0;
  DIR *dir = opendir(path);
  ck_assert_ptr_nonnull(dir);
  while (readdir(dir)) count++;
  closedir(dir);
  return count - 2;
}

static double clock_ms(void) { return (double)os_monotonic_us(os_real()) / 1000; }

static int by_size(const void *a, const void *b) {
  const double *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

static struct read_query everything(void) {
  static const struct scope_grant all = {.subtree = {"", 0}};
  static const struct scope scope = {&all, 1};
  return (struct read_query){.scope = &scope, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX};
}

/* A page of events from a random time back; gives its time. */
static double ask_page(struct world *w) {
  struct snapshot *snap;
  struct cursor *cursor;
  struct arena arena;
  struct event e;
  struct error err = {0};
  struct read_query query = everything();
  query.to_us = now_us - (int64_t)random_below(&w->random, 2 * (uint64_t)day_us);
  arena_init(&arena, 1 << 22);
  double begin = clock_ms();
  ck_assert_ok(snapshot_open(w->store, &snap));
  ck_assert_ok(cursor_open(snap, &query, NEWEST_FIRST, NULL, &cursor, &err));
  int64_t before = INSTANT_MAX;
  for (unsigned i = 0; i < PAGE_EVENTS; i++) {
    ck_assert_ok(cursor_next(cursor, &arena, &e, &err));
    ck_assert(e.occurred_at_us <= before && e.occurred_at_us < query.to_us);
    before = e.occurred_at_us;
  }
  cursor_close(cursor);
  snapshot_close(snap);
  double took = clock_ms() - begin;
  arena_free(&arena);
  return took;
}

static uint64_t count_events(struct world *w, double *ms_out) {
  struct snapshot *snap;
  struct read_stats stats;
  struct error err = {0};
  struct read_query query = everything();
  double begin = clock_ms();
  ck_assert_ok(snapshot_open(w->store, &snap));
  ck_assert_ok(read_stats(snap, &query, &stats, &err));
  snapshot_close(snap);
  *ms_out = clock_ms() - begin;
  ck_assert_uint_eq(query.damage_count, 0);
  return stats.events;
}

static void measure(struct world *w, struct day *d) {
  char segments[300];
  double ms[PAGES];
  struct store_metrics m;
  for (unsigned i = 0; i < PAGES; i++) ms[i] = ask_page(w);
  qsort(ms, PAGES, sizeof *ms, by_size);
  d->page_ms = ms[PAGES / 2];
  d->events = count_events(w, &d->count_ms);
  store_metrics(w->store, &m);
  snprintf(segments, sizeof segments, "%s/segments", w->dir);
  d->segments = (unsigned)m.segments;
  d->files = count_files(w->dir) + count_files(segments);
  d->bytes = m.segment_bytes;
  d->bytes_per_event = (double)m.segment_bytes / (double)d->events;
  d->memory_mib = (double)(mallinfo2().uordblks + mallinfo2().hblkhd) / (1 << 20);
}

static void check_day(const struct world *w, unsigned number) {
  const struct day *d = &w->days[number], *first = &w->days[BALANCED_DAY];
  const uint64_t kept = (uint64_t)KEPT_DAYS * ROUNDS_PER_DAY * ROUND_EVENTS;
  if (number <= KEPT_DAYS) return;
  ck_assert_msg(d->events >= kept - ROUND_EVENTS && d->events <= kept + ROUND_EVENTS, "day %u shows %llu events",
                number, (unsigned long long)d->events);
  ck_assert_msg(d->segments <= 48 && d->files <= d->segments + 16, "day %u: %u segments, %u files", number, d->segments,
                d->files);
  if (number <= BALANCED_DAY) return;
  ck_assert_msg(d->bytes_per_event <= 1.5 * first->bytes_per_event, "day %u: %.1f bytes an event", number,
                d->bytes_per_event);
  ck_assert_msg(d->memory_mib <= first->memory_mib * 1.25 + 8, "day %u: %.1f MiB in use", number, d->memory_mib);
  ck_assert_msg(d->page_ms <= first->page_ms * 3 + 5, "day %u: a page takes %.2f ms", number, d->page_ms);
}

static void print_day(const struct world *w, unsigned number) {
  const struct day *d = &w->days[number];
  struct store_metrics m;
  store_metrics(w->store, &m);
  printf(
      "day %2u: %6llu events, %2u segments, %2u files, %5.1f bytes/event, %5.1f MiB in use, page %.2f ms, count %.2f "
      "ms; %llu seals, %llu compactions, %llu purged\n",
      number, (unsigned long long)d->events, d->segments, d->files, d->bytes_per_event, d->memory_mib, d->page_ms,
      d->count_ms, (unsigned long long)m.seals, (unsigned long long)m.compactions, (unsigned long long)m.purged_events);
  fflush(stdout);
}

START_TEST(a_month_of_ingest_and_retention_leaves_the_store_as_small_and_fast_as_a_week) {
  struct world w;
  world_begin(&w);
  for (unsigned day = 1; day <= DAYS; day++) {
    for (unsigned round = 0; round < ROUNDS_PER_DAY; round++) {
      now_us += day_us / ROUNDS_PER_DAY;
      send_round(&w);
      work(&w);
    }
    measure(&w, &w.days[day]);
    print_day(&w, day);
    check_day(&w, day);
  }
  uint64_t events = w.days[DAYS].events;
  double ms;
  store_close(w.store);
  world_open(&w);
  ck_assert_uint_eq(count_events(&w, &ms), events);
  world_end(&w);
}
END_TEST

/* ---- Damage ---- */

/* Inverts bytes of some segment; path_out is its file. */
static void damage_a_segment(const struct world *w, char path_out[600]) {
  char segments[300];
  unsigned char bytes[4096];
  snprintf(segments, sizeof segments, "%s/segments", w->dir);
  DIR *dir = opendir(segments);
  ck_assert_ptr_nonnull(dir);
  const struct dirent *entry;
  do entry = readdir(dir);
  while (entry && entry->d_name[0] == '.');
  ck_assert_ptr_nonnull(entry);
  snprintf(path_out, 600, "%s/%s", segments, entry->d_name);
  closedir(dir);
  FILE *file = fopen(path_out, "r+b");
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(fseek(file, 64, SEEK_SET), 0);
  size_t len = fread(bytes, 1, 2048, file);
  for (size_t i = 0; i < len; i++) bytes[i] ^= 0xff;
  ck_assert_int_eq(fseek(file, 64, SEEK_SET), 0);
  ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
  ck_assert_int_eq(fclose(file), 0);
}

static void send_rounds_despite_damage(struct world *w, unsigned rounds) {
  for (unsigned i = 0; i < rounds; i++) {
    struct error err = {0};
    now_us += day_us / ROUNDS_PER_DAY;
    send_round(w);
    while (store_run_background(w->store, &err)) continue;
  }
}

START_TEST(a_damaged_segment_holds_up_neither_merging_nor_retention) {
  struct world w;
  char path[600];
  struct store_metrics m;
  world_begin(&w);
  send_rounds_despite_damage(&w, 7);
  damage_a_segment(&w, path);
  send_rounds_despite_damage(&w, 120);
  store_metrics(w.store, &m);
  ck_assert_uint_gt(m.damages, 0);
  ck_assert_msg(m.segments <= 24, "%llu segments are left", (unsigned long long)m.segments);
  ck_assert_int_eq(access(path, F_OK), 0);
  now_us += (KEPT_DAYS + 1) * day_us;
  send_rounds_despite_damage(&w, 10);
  ck_assert_int_ne(access(path, F_OK), 0);
  double ms;
  ck_assert_uint_eq(count_events(&w, &ms), 10 * ROUND_EVENTS);
  world_end(&w);
}
END_TEST

TEST_MAIN("endurance", a_month_of_ingest_and_retention_leaves_the_store_as_small_and_fast_as_a_week,
          a_damaged_segment_holds_up_neither_merging_nor_retention)
