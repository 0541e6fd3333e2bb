/* The store and the query language against SQLite: random events into both, random questions to both.
 *
 * Each seed is a store of its own with its own course: appending, sealing, compacting, reopening, retention. The
 * default run takes a fixed list of seeds and one new one; DAYBOOK_SEED=N replays one, DAYBOOK_ORACLE_ROUNDS=N takes N
 * new ones. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/property/oracle_checks.h"

enum { FIXED_SEEDS = 24, MAX_BATCH_EVENTS = 400, LARGE_EVERY = 24 };

/* ---- The clock ---- */

static int64_t clock_us;

static int64_t fake_now(void *context) {
  (void)context;
  return clock_us;
}

/* ---- A store and its oracle ---- */

struct course {
  struct random random;
  struct os os;
  char dir[256];
  struct store_config config;
  struct store *store;
  struct oracle oracle;
  struct event_parser *parser;
  uint32_t batch_events;
  uint64_t batches; /* in each phase */
  bool sparse;      /* many events, few questions and little else */
  unsigned varied;  /* out of 100 values of some fields are all different */
  struct held held; /* a snapshot from some steps ago */
  struct tally_of_run *run;
};

static void expect_ok(const struct course *c, int rc, const struct error *err, const char *what) {
  if (rc == 0) return;
  fprintf(stderr, "seed %llu: %s: %s: %s\n", (unsigned long long)c->run->seed, what, error_text(rc), err->message);
  exit(EXIT_FAILURE);
}

static void open_store(struct course *c) {
  struct error err = {0};
  expect_ok(c, store_open(&c->os, &c->config, &c->store, &err), &err, "open");
}

/* Some stores seal every few events and so compact often, some hold all in memory, some have large segments. */
static void choose_course(struct course *c, uint64_t seed) {
  struct random *r = &c->random;
  uint64_t kind = seed % 8;
  c->config = (struct store_config){.dir = c->dir, .manual_background = true, .free_disk_bytes = 1};
  if (kind < 4) {
    c->config.memtable_rows = 5 + (uint32_t)random_below(r, 30);
    c->batch_events = 1 + (uint32_t)random_below(r, 30);
    c->batches = 10 + random_below(r, 15);
  } else if (kind < 7) {
    c->config.memtable_rows = kind == 4 ? 0 : 200 + (uint32_t)random_below(r, 1000);
    c->batch_events = 200;
    c->batches = 1 + random_below(r, 4);
  } else {
    c->config.memtable_rows = 700 + (uint32_t)random_below(r, 2300);
    c->batch_events = MAX_BATCH_EVENTS;
    c->batches = 2 + random_below(r, 3);
  }
  if (kind < 4 && random_chance(r, 30)) c->config.cache_bytes = 64 * 1024;
  c->varied = random_chance(r, 40) ? (unsigned)random_below(r, 100) : 0;
  if (seed % LARGE_EVERY != 0) return;
  /* Several pages in a group, text columns, more parameters than may have a column of their own. */
  c->config.memtable_rows = 9000;
  c->config.cache_bytes = 0;
  c->batch_events = MAX_BATCH_EVENTS;
  c->batches = 24;
  c->varied = 70;
  c->sparse = true;
}

/* ---- Events ---- */

static struct slice unlike_any_other(struct random *r, struct arena *arena) {
  char text[64];
  unsigned long long n = random_u64(r) >> (random_chance(r, 50) ? 44 : 0);
  int len = 0;
  switch (random_below(r, 4)) {
    case 0: len = snprintf(text, sizeof text, "user%llu@example.com", n); break;
    case 1: len = snprintf(text, sizeof text, "/v2/queues/%llu?page=2", n); break;
    case 2: len = snprintf(text, sizeof text, "%016llx", n); break;
    default: len = snprintf(text, sizeof text, "Order %llu \xc3\x84pfel", n); break;
  }
  return arena_copy(arena, slice_of(text, (size_t)len));
}

/* What the HTTP side adds, other times, and values of which there are many. */
static void vary_event(struct course *c, struct arena *arena, struct event *e) {
  static const enum field_id many[] = {FIELD_ACTOR_NAME, FIELD_SOURCE_AGENT, FIELD_HTTP_URL,   FIELD_DESCRIPTION,
                                       FIELD_PRODUCT,    FIELD_TARGET_NAME,  FIELD_MESSAGE_ID, FIELD_TARGETS_NAME};
  static const char *const cities[] = {"Z\xc3\xbcrich", "Berlin", "\xe6\x9d\xb1\xe4\xba\xac", "berlin"};
  struct random *r = &c->random;
  if (random_chance(r, 50))
    event_add_cell(e, arena, FIELD_SOURCE_PEER, random_chance(r, 50) ? SLICE("192.0.2.9") : SLICE("2001:db8::77"));
  if (random_chance(r, 30)) {
    event_add_cell(e, arena, FIELD_GEO_COUNTRY, random_chance(r, 50) ? SLICE("DE") : SLICE("CH"));
    event_add_cell(e, arena, FIELD_GEO_CITY, slice_from(cities[random_below(r, 4)]));
    if (random_chance(r, 50)) event_add_cell(e, arena, FIELD_GEO_REGION, SLICE("Region 4"));
  }
  if (random_chance(r, 5)) e->occurred_at_us -= (int64_t)random_below(r, 20000) * 86400 * 1000000;
  for (uint32_t i = 0; i < e->cell_count; i++)
    for (size_t k = 0; k < sizeof many / sizeof *many; k++)
      if (e->cells[i].field == many[k] && random_chance(r, c->varied)) e->cells[i].text = unlike_any_other(r, arena);
}

/* Keys are remembered for a day. */
static bool is_repeatable(const struct known *k) {
  return event_cell(&k->event, FIELD_KEY) &&
         k->event.received_at_us > clock_us - (int64_t)LIMIT_IDEMPOTENCY_HOURS * 3600 * 1000000;
}

static void append_batch(struct course *c) {
  struct random *r = &c->random;
  static struct event events[MAX_BATCH_EVENTS];
  static struct store_result results[MAX_BATCH_EVENTS];
  uint32_t first_of[MAX_BATCH_EVENTS]; /* of a repeated event its number in the oracle */
  struct store_batch batch = {.results = results, .count = 1 + (uint32_t)random_below(r, c->batch_events)};
  struct arena arena;
  arena_init(&arena, SIZE_MAX / 2);
  buffer_init(&batch.records, LIMIT_REQUEST_BYTES);
  for (uint32_t i = 0; i < batch.count; i++) {
    first_of[i] = UINT32_MAX;
    uint32_t again = c->oracle.count ? (uint32_t)random_below(r, c->oracle.count) : 0;
    if (c->oracle.count && random_chance(r, 2) && is_repeatable(&c->oracle.known[again])) {
      first_of[i] = again;
      events[i] = c->oracle.known[again].event;
    } else {
      random_event(r, c->parser, &arena, &events[i]);
      vary_event(c, &arena, &events[i]);
    }
    event_encode(&events[i], &batch.records);
  }
  expect_ok(c, store_append(c->store, &batch), &batch.error, "append");
  for (uint32_t i = 0; i < batch.count; i++) {
    if (first_of[i] != UINT32_MAX) {
      expect(c->run, results[i].duplicate && results[i].seq == c->oracle.known[first_of[i]].event.seq,
             "a repeated event gets the number of the first");
      continue;
    }
    /* While the clock stands, each commit group is a microsecond later than the one before. */
    expect(
        c->run,
        !results[i].duplicate && results[i].received_at_us >= clock_us && results[i].received_at_us < clock_us + 10000,
        "an event is received now");
    events[i].seq = results[i].seq;
    events[i].received_at_us = results[i].received_at_us;
    oracle_add(&c->oracle, &events[i]);
  }
  buffer_free(&batch.records);
  arena_free(&arena);
}

/* ---- What happens to a store ---- */

static void run_background(struct course *c, uint64_t rounds) {
  struct error err = {0};
  while (rounds-- > 0 && store_run_background(c->store, &err)) continue;
  expect_ok(c, err.code, &err, "background");
}

/* A shorter retention hides at once. A longer one is set only where it would show nothing that was hidden: what was
 * hidden may be gone. */
static void change_retention(struct course *c) {
  static const char *const paths[] = {"", "acme", "acme/eu", "acme/eu/sales", "acme-2", "globex", "globex/a/b", "0"};
  static const int days[] = {-1, 0, 1, 3, 10, 30, 60, 400};
  const char *path = paths[random_below(&c->random, sizeof paths / sizeof *paths)];
  int value = days[random_below(&c->random, sizeof days / sizeof *days)];
  struct error err = {0};
  oracle_set_now(&c->oracle, clock_us);
  if (oracle_would_return(&c->oracle, path, value, clock_us) > 0) return;
  expect_ok(c, store_set_retention(c->store, slice_from(path), value, &err), &err, "set retention");
  oracle_set_retention(&c->oracle, path, value);
}

static void take_step(struct course *c) {
  struct random *r = &c->random;
  struct error err = {0};
  switch (random_below(r, 12)) {
    case 0: expect_ok(c, store_flush(c->store, &err), &err, "flush"); break;
    case 1:
    case 2:
    case 3: run_background(c, 1 + random_below(r, 4)); break;
    case 4: run_background(c, 100); break;
    case 5: /* snapshots do not outlive their store */
      checks_of_held(c->run, &c->held, &c->oracle);
      store_close(c->store);
      open_store(c);
      c->held = checks_hold(c->store, &c->oracle, clock_us);
      break;
    case 6:
    case 7: change_retention(c); break;
    case 8:
    case 9: clock_us += (int64_t)random_below(r, 20 * 24) * 3600 * 1000000; break;
    default: clock_us += (int64_t)random_below(r, 5000000); break;
  }
}

/* ---- Runs ---- */

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where) {
  (void)info, (void)kind, (void)where;
  return remove(path);
}

static void run_course(uint64_t seed, unsigned queries, struct tally_of_run *run) {
  struct course c = {.random = random_from_seed(seed), .os = *os_real(), .parser = event_parser_new(), .run = run};
  const char *tmp = getenv("TMPDIR");
  run->seed = seed;
  clock_us = RANDOM_EVENT_NOW_US;
  c.os.now_us = fake_now;
  snprintf(c.dir, sizeof c.dir, "%s/daybook-oracle-XXXXXX", tmp ? tmp : "/tmp");
  if (!mkdtemp(c.dir)) abort();
  choose_course(&c, seed);
  oracle_open(&c.oracle);
  open_store(&c);
  if (c.sparse) queries /= 3;
  uint64_t phases = 2 + random_below(&c.random, 3);
  for (uint64_t phase = 0; phase < phases; phase++) {
    c.held = checks_hold(c.store, &c.oracle, clock_us);
    for (uint64_t i = 0; i < c.batches; i++) {
      append_batch(&c);
      if (!c.sparse || random_chance(&c.random, 10)) take_step(&c);
    }
    checks_of_held(run, &c.held, &c.oracle);
    oracle_set_now(&c.oracle, clock_us);
    check_everything(run, c.store, &c.oracle);
    for (uint64_t i = 0; i < 1 + queries / phases; i++) check_query(run, &c.random, c.store, &c.oracle, clock_us);
  }
  struct store_metrics m;
  store_metrics(c.store, &m);
  printf("seed %llu: %u events, %llu segments, %llu compactions, %llu purged\n", (unsigned long long)seed,
         c.oracle.count, (unsigned long long)m.segments, (unsigned long long)m.compactions,
         (unsigned long long)m.purged_events);
  store_close(c.store);
  oracle_close(&c.oracle);
  event_parser_free(c.parser);
  nftw(c.dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  run->stores++;
}

int main(void) {
  struct tally_of_run run = {0};
  struct timespec now;
  const char *seed = getenv("DAYBOOK_SEED"), *rounds = getenv("DAYBOOK_ORACLE_ROUNDS");
  const char *queries = getenv("DAYBOOK_ORACLE_QUERIES");
  unsigned per_store = queries ? (unsigned)strtoul(queries, NULL, 10) : 125;
  setvbuf(stdout, NULL, _IOLBF, 0);
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t fresh = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
  if (seed) {
    run_course(strtoull(seed, NULL, 10), per_store, &run);
  } else {
    for (uint64_t i = 1; i <= FIXED_SEEDS && !rounds; i++) run_course(i, per_store, &run);
    for (uint64_t i = 0; i < (rounds ? strtoull(rounds, NULL, 10) : 1); i++) run_course(fresh + i, per_store, &run);
  }
  printf("%llu queries (%llu found something) over %llu stores, %llu differences\n", (unsigned long long)run.queries,
         (unsigned long long)run.found, (unsigned long long)run.stores, (unsigned long long)run.differences);
  return run.differences ? EXIT_FAILURE : EXIT_SUCCESS;
}
