/* The course of a simulation: what happens next, faults, crashes, starts. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "tests/property/simulation.h"

static const char data_dir[] = "/data";
static const int64_t day_us = INT64_C(86400) * 1000000;

void simulation_fail(const struct simulation *s, const char *format, ...) {
  va_list args;
  fflush(stdout);
  if (s->place)
    fprintf(stderr, "fixed course with a fault at place %" PRIu64 ", step %" PRIu64 " (%s): ", s->place, s->step,
            s->doing);
  else
    fprintf(stderr, "DAYBOOK_SEED=%" PRIu64 " step %" PRIu64 " (%s): ", s->seed, s->step, s->doing);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  exit(EXIT_FAILURE);
}

bool simulation_done(const struct simulation *s, int rc, const struct error *err) {
  if (rc && !s->faulty) simulation_fail(s, "%s: %s", error_name(rc), err->message);
  return rc == 0;
}

int64_t simulation_now(const struct simulation *s) { return os_now_us(s->os); }

static struct store_metrics metrics_of(struct simulation *s) {
  struct store_metrics metrics;
  store_metrics(s->store, &metrics);
  return metrics;
}

bool simulation_read_only(struct simulation *s) { return metrics_of(s).read_only; }

/* ---- Beginning and end ---- */

void simulation_init(struct simulation *s, uint64_t seed, struct simulation_totals *totals) {
  static const uint32_t rows[] = {8, 16, 32, 64, 400};
  *s = (struct simulation){.seed = seed, .doing = "begin", .random = random_from_seed(seed), .totals = totals};
  s->sim = sim_os_new(seed);
  s->os = sim_os_table(s->sim);
  s->parser = event_parser_new();
  s->config = (struct store_config){.dir = data_dir,
                                    .memtable_rows = rows[random_below(&s->random, sizeof rows / sizeof *rows)],
                                    .cache_bytes = random_chance(&s->random, 10) ? 16 * 1024 : 4 * 1024 * 1024,
                                    .free_disk_bytes = 1,
                                    .manual_background = true};
  sim_os_set_wall_clock(s->sim, RANDOM_EVENT_NOW_US);
  model_init(&s->model);
  arena_init(&s->arena, SIZE_MAX / 2);
  arena_init(&s->unheard_arena, SIZE_MAX / 2);
}

void simulation_end(struct simulation *s) {
  simulation_close(s);
  sim_os_free(s->sim);
  event_parser_free(s->parser);
  model_free(&s->model);
  arena_free(&s->arena);
  arena_free(&s->unheard_arena);
}

/* ---- Faults ---- */

/* A small disk, too, makes the log grow in small steps: 64 MiB of zeros to read at each start take their time. */
enum { SMALL_DISK_BYTES = 24 * 1024 * 1024 };

static void set_faults(struct simulation *s, struct sim_os_faults faults, bool faulty) {
  if (!faults.capacity_bytes && s->seed % 16) faults.capacity_bytes = SMALL_DISK_BYTES;
  sim_os_set_faults(s->sim, &faults);
  s->faulty = faulty;
}

static void switch_faults_off(struct simulation *s) { set_faults(s, (struct sim_os_faults){0}, false); }

static void switch_faults_on(struct simulation *s) {
  struct random *r = &s->random;
  struct sim_os_faults f = {0};
  switch (random_below(r, 8)) {
    case 0: f.read_error_ppm = 1 + (uint32_t)random_below(r, 100000); break;
    case 1: f.read_flip_ppm = 1 + (uint32_t)random_below(r, 100000); break;
    case 2: f.write_error_ppm = 1 + (uint32_t)random_below(r, 100000); break;
    case 3: f.sync_error_ppm = 1 + (uint32_t)random_below(r, 200000); break;
    case 4: f.fail_write_at = sim_os_writes(s->sim) + 1 + random_below(r, 60); break;
    case 5: f.fail_sync_at = sim_os_syncs(s->sim) + 1 + random_below(r, 30); break;
    case 6: f.capacity_bytes = 1 + random_below(r, 2000000); break;
    default: f.crash_at = sim_os_operations(s->sim) + 1 + random_below(r, 150); break;
  }
  if (getenv("DAYBOOK_SIM_TRACE"))
    fprintf(stderr,
            "faults: read %u, flip %u, write %u, sync %u ppm; write %" PRIu64 ", sync %" PRIu64 ", crash at %" PRIu64
            ", capacity %" PRIu64 "\n",
            f.read_error_ppm, f.read_flip_ppm, f.write_error_ppm, f.sync_error_ppm, f.fail_write_at, f.fail_sync_at,
            f.crash_at, f.capacity_bytes);
  set_faults(s, f, true);
  s->flipping = f.read_flip_ppm > 0;
  s->totals->faults++;
}

/* ---- Starts ---- */

void simulation_close(struct simulation *s) {
  if (!s->store) return;
  struct store_metrics metrics = metrics_of(s);
  s->totals->seals += metrics.seals;
  s->totals->compactions += metrics.compactions;
  s->totals->purged += metrics.purged_events;
  store_close(s->store);
  s->store = NULL;
}

/* One wrong bit at most during a start: a log is read twice before it is cut, no more. */
static void try_with_faults(struct simulation *s) {
  struct error err = {0};
  if (s->faulty && s->flipping)
    set_faults(s, (struct sim_os_faults){.flip_read_at = sim_os_reads(s->sim) + 1 + random_below(&s->random, 60)},
               true);
  if (s->faulty) s->doing = "open with faults";
  if (s->faulty && store_open(s->os, &s->config, &s->store, &err) == 0) {
    if (s->unheard_count == 0) simulation_read_all(s, s->store);
    simulation_close(s);
  }
}

void simulation_open(struct simulation *s) {
  struct error err = {0};
  s->doing = "open";
  try_with_faults(s);
  s->doing = "open";
  if (sim_os_crashed(s->sim)) sim_os_crash_and_restart(s->sim);
  switch_faults_off(s);
  int rc = store_open(s->os, &s->config, &s->store, &err);
  if (rc) simulation_fail(s, "%s: %s", error_name(rc), err.message);
  s->totals->opens++;
  simulation_check_values(s, s->store, true);
}

static void settle(struct simulation *s) {
  simulation_find_unheard(s);
  simulation_check_values(s, s->store, false);
  simulation_read_all(s, s->store);
}

void simulation_crash(struct simulation *s) {
  s->doing = "crash";
  s->totals->crashes++;
  sim_os_crash_and_restart(s->sim);
  switch_faults_off(s);
  simulation_close(s); /* its files are those of before the crash: nothing of this reaches the disk */
  simulation_open(s);
  settle(s);
}

static void reopen(struct simulation *s) {
  simulation_close(s);
  simulation_open(s);
  settle(s);
}

/* ---- Steps ---- */

static void flush(struct simulation *s) {
  struct error err = {0};
  int rc = store_flush(s->store, &err);
  if (rc && rc == ERR_READ_ONLY && simulation_read_only(s)) return;
  simulation_done(s, rc, &err);
}

static void run_background(struct simulation *s) {
  uint64_t rounds = 1 + random_below(&s->random, 6);
  struct error err = {0};
  model_tidy(&s->model, simulation_now(s));
  while (rounds-- > 0 && store_run_background(s->store, &err)) continue;
  simulation_done(s, err.code, &err);
}

static void move_clock(struct simulation *s) {
  int64_t us = (int64_t)random_below(&s->random, 1000000);
  if (random_chance(&s->random, 10)) us = (int64_t)random_below(&s->random, 3600) * 1000000;
  if (random_chance(&s->random, 3) && s->unheard_count == 0) us = (int64_t)random_below(&s->random, 40) * day_us;
  if (random_chance(&s->random, 2)) sim_os_set_wall_clock(s->sim, simulation_now(s) - us);
  sim_os_advance(s->sim, us);
}

static void check_copy(struct simulation *s, const char *dir) {
  struct store_config config = s->config;
  struct store *copy;
  struct error err = {0};
  config.dir = dir;
  config.read_only = random_chance(&s->random, 50);
  int rc = store_open(s->os, &config, &copy, &err);
  if (rc) simulation_fail(s, "open the copy: %s: %s", error_name(rc), err.message);
  simulation_read_all(s, copy);
  simulation_check_values(s, copy, false);
  store_close(copy);
}

static int remove_file(void *arg, const char *name) {
  struct simulation *s = arg;
  char path[3 * SIMULATION_DIR_BYTES];
  snprintf(path, sizeof path, "%s/%s", s->doing, name);
  s->os->remove(s->os->context, path);
  return 0;
}

/* The disk of the simulation is small. */
static void remove_copy(struct simulation *s, const char *dir) {
  static const char *const parts[] = {"/wal", "/segments", ""};
  const char *doing = s->doing;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    char path[2 * SIMULATION_DIR_BYTES];
    snprintf(path, sizeof path, "%s%s", dir, parts[i]);
    s->doing = path;
    s->os->list_dir(s->os->context, path, remove_file, s);
    s->os->remove(s->os->context, path);
  }
  s->doing = doing;
}

static void back_up(struct simulation *s) {
  char dir[SIMULATION_DIR_BYTES];
  struct error err = {0};
  snprintf(dir, sizeof dir, "/backup%u", s->backups++);
  int rc = store_backup(s->store, dir, &err);
  if (simulation_done(s, rc, &err) && !s->faulty && !simulation_read_only(s)) check_copy(s, dir);
  if (rc == 0) s->totals->backups++;
  if (!sim_os_crashed(s->sim)) remove_copy(s, dir);
}

/* DAYBOOK_SIM_TRACE=1 tells the story of a course. */
static void trace(struct simulation *s) {
  if (!getenv("DAYBOOK_SIM_TRACE")) return;
  fprintf(stderr, "step %" PRIu64 ": %s; operation %" PRIu64 ", sync %" PRIu64 ", %u events%s%s%s\n", s->step, s->doing,
          sim_os_operations(s->sim), sim_os_syncs(s->sim), s->model.count, s->faulty ? ", faults on" : "",
          simulation_read_only(s) ? ", read-only" : "", s->unheard_count ? ", a batch unheard of" : "");
}

static void take_step(struct simulation *s) {
  static const struct {
    unsigned weight;
    const char *name;
    void (*run)(struct simulation *s);
  } steps[] = {{45, "append", simulate_append},
               {10, "read an event", simulate_read_event},
               {6, "flush", flush},
               {16, "background", run_background},
               {3, "retention", simulate_retention},
               {3, "setting", simulate_setting},
               {2, "back up", back_up},
               {3, "reopen", reopen},
               {3, "crash", simulation_crash},
               {4, "faults on", switch_faults_on},
               {5, "faults off", switch_faults_off}};
  unsigned at = (unsigned)random_below(&s->random, 100);
  size_t i = 0;
  while (at >= steps[i].weight) at -= steps[i++].weight;
  s->doing = steps[i].name;
  trace(s);
  steps[i].run(s);
}

/* ---- A short fixed course, with one fault at every place ---- */

/* Sealing, compaction and purging of a few events, with everything that writes. */
static void take_fixed_step(struct simulation *s, uint32_t step) {
  enum { SEALS = 9 };
  s->step = step;
  arena_reset(&s->arena);
  sim_os_advance(s->sim, 1000);
  if (step < 2 * SEALS) {
    s->doing = step % 2 ? "flush" : "append";
    (step % 2 ? flush : simulate_append)(s);
    return;
  }
  switch (step - 2 * SEALS) {
    case 0: s->doing = "setting", simulate_setting(s); break;
    case 1: s->doing = "compact", run_background(s); break;
    case 2: s->doing = "retention", simulate_retention(s); break;
    case 3: sim_os_advance(s->sim, s->unheard_count ? 0 : 35 * day_us); break;
    case 4: s->doing = "append", simulate_append(s); break;
    case 5: s->doing = "purge", run_background(s); break;
    case 6: s->doing = "append", simulate_append(s); break;
    default: s->doing = "back up", back_up(s); break;
  }
}

bool simulate_fixed_course(struct simulation *s, enum simulation_fault fault, uint64_t at) {
  enum { FIXED_STEPS = 26 };
  uint64_t (*counter)(struct sim_os *) = fault == FAULT_CRASH   ? sim_os_operations
                                         : fault == FAULT_WRITE ? sim_os_writes
                                                                : sim_os_syncs;
  struct sim_os_faults f = {0};
  switch_faults_off(s);
  s->config.memtable_rows = 4;
  simulation_open(s);
  at += counter(s->sim);
  *(fault == FAULT_CRASH ? &f.crash_at : fault == FAULT_WRITE ? &f.fail_write_at : &f.fail_sync_at) = at;
  set_faults(s, f, true);
  for (uint32_t step = 0; step < FIXED_STEPS && counter(s->sim) < at; step++) take_fixed_step(s, step);
  bool reached = counter(s->sim) >= at;
  simulation_crash(s); /* right after the failure: nothing has been written over it */
  for (uint32_t step = 20; step < FIXED_STEPS; step++) take_fixed_step(s, step);
  reopen(s);
  return reached;
}

bool simulate_start(struct simulation *s, uint64_t crash_at) {
  set_faults(s, (struct sim_os_faults){.crash_at = crash_at}, true);
  simulation_open(s);
  bool reached = sim_os_operations(s->sim) >= crash_at;
  settle(s);
  simulate_append(s);
  simulation_crash(s);
  return reached;
}

/* ---- Random courses ---- */

static int count_entry(void *arg, const char *name) {
  uint64_t *count = arg;
  (void)name;
  ++*count;
  return 0;
}

struct victim {
  struct simulation *s;
  uint64_t skip;
  char path[2 * SIMULATION_DIR_BYTES];
};

static int choose_victim(void *arg, const char *name) {
  struct victim *v = arg;
  snprintf(v->path, sizeof v->path, "%s/segments/%s", data_dir, name);
  return v->skip-- == 0;
}

/* Inverts bits of a byte of a segment, while the store is closed. False where there is none. */
static bool rot(struct simulation *s) {
  struct victim v = {.s = s};
  struct os_file *file = NULL;
  uint64_t size = 0, segments = 0;
  s->os->list_dir(s->os->context, "/data/segments", count_entry, &segments);
  if (segments == 0) return false;
  v.skip = random_below(&s->random, segments);
  s->os->list_dir(s->os->context, "/data/segments", choose_victim, &v);
  if (os_open(s->os, v.path, OS_READ, &file)) simulation_fail(s, "open %s", v.path);
  os_size(s->os, file, &size);
  os_close(s->os, file);
  s->rotten = true;
  return sim_os_damage(s->sim, v.path, random_below(&s->random, size), (uint8_t)(1 + random_below(&s->random, 255))) ==
         0;
}

static void hear_problem(void *arg, const char *text) {
  const struct simulation *s = arg;
  if (!s->rotten) simulation_fail(s, "fsck: %s", text);
}

static uint64_t check_folder(struct simulation *s, bool repair) {
  struct fsck_report report;
  struct error err = {0};
  s->doing = repair ? "repair" : "check";
  int rc = store_fsck(s->os, data_dir, repair, hear_problem, s, &report, &err);
  if (rc) simulation_fail(s, "%s: %s", error_name(rc), err.message);
  return report.problems;
}

/* Damage of what is stored is told by reading and by checking, also after a repair. */
static void end_rotten(struct simulation *s) {
  simulation_close(s);
  if (!rot(s)) return;
  uint64_t damages = s->totals->damages;
  simulation_open(s);
  simulation_read_all(s, s->store);
  simulation_close(s);
  bool told = s->totals->damages > damages;
  if (check_folder(s, false) == 0 && told) simulation_fail(s, "the check finds nothing where reading does");
  check_folder(s, true);
  simulation_open(s);
}

void simulate_course(struct simulation *s, uint32_t steps) {
  switch_faults_off(s);
  if (random_chance(&s->random, 30)) switch_faults_on(s);
  simulation_open(s);
  for (s->step = 1; s->step <= steps; s->step++) {
    s->totals->steps++;
    arena_reset(&s->arena);
    move_clock(s);
    take_step(s);
    if (sim_os_crashed(s->sim)) simulation_crash(s);
    if (simulation_read_only(s) && random_chance(&s->random, 50)) reopen(s);
    if (random_chance(&s->random, 8)) {
      s->doing = "read all";
      simulation_read_all(s, s->store);
    }
  }
  s->doing = "end";
  reopen(s);
  if (random_chance(&s->random, 10)) flush(s);
  simulation_close(s);
  check_folder(s, false);
  if (random_chance(&s->random, 30)) end_rotten(s);
}
