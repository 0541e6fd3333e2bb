/* The store on a simulated computer: random operations and faults from a seed, against a model.
 *
 * DAYBOOK_SEED=N replays one course; DAYBOOK_SIM_SEEDS=N takes N new ones. The default run takes a fixed list. */
#include "tests/property/simulation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
  FIXED_SEEDS = 1000,
  STEPS = 80,
  FIXED_COURSES = 4 /* for each sync, losing different parts of what it was to keep */
};

static void run(uint64_t seed, struct simulation_totals *totals) {
  struct simulation s;
  simulation_init(&s, seed, totals);
  simulate_course(&s, 20 + (uint32_t)random_below(&s.random, 2 * (STEPS - 20)));
  simulation_end(&s);
}

/* A fault at every place of a short course. */
static uint64_t run_everywhere(struct simulation_totals *totals) {
  struct simulation s;
  uint64_t courses = 0;
  for (int fault = FAULT_CRASH; fault <= FAULT_SYNC; fault++) {
    bool reached = true;
    for (uint64_t i = 0; reached; i++, courses++) {
      uint64_t at = fault == FAULT_SYNC ? 1 + i / FIXED_COURSES : 1 + i;
      simulation_init(&s, i, totals);
      s.place = at;
      reached = simulate_fixed_course(&s, (enum simulation_fault)fault, at);
      simulation_end(&s);
    }
  }
  bool reached = true;
  for (uint64_t at = 1; reached; at++, courses++) {
    simulation_init(&s, at, totals);
    s.place = at;
    reached = simulate_start(&s, at);
    simulation_end(&s);
  }
  return courses;
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void report(const struct simulation_totals *t, uint64_t seeds, double took) {
  printf("%" PRIu64 " seeds, %.1f a second: %" PRIu64 " steps, %" PRIu64 " events, %" PRIu64 " duplicates, %" PRIu64
         " conflicts, %" PRIu64 " batches refused\n",
         seeds, (double)seeds / took, t->steps, t->appended, t->duplicates, t->conflicts, t->refused);
  printf("%" PRIu64 " starts, %" PRIu64 " crashes, %" PRIu64 " faults switched on, %" PRIu64
         " failed batches there after all, %" PRIu64 " readings, %" PRIu64 " with damage, %" PRIu64 " backups\n",
         t->opens, t->crashes, t->faults, t->survivors, t->reads, t->damages, t->backups);
  printf("%" PRIu64 " seals, %" PRIu64 " compactions, %" PRIu64 " events purged\n", t->seals, t->compactions,
         t->purged);
}

int main(void) {
  const char *seed = getenv("DAYBOOK_SEED"), *count = getenv("DAYBOOK_SIM_SEEDS");
  struct simulation_totals totals = {0};
  double begin = seconds();
  uint64_t first = 1, seeds = FIXED_SEEDS;
  if (count) {
    first = (uint64_t)time(NULL) * 1000000;
    seeds = strtoull(count, NULL, 10);
  }
  if (seed) {
    first = strtoull(seed, NULL, 10);
    seeds = 1;
  }
  uint64_t fixed = seed ? 0 : run_everywhere(&totals);
  printf("%" PRIu64 " fixed courses in %.1f s\n", fixed, seconds() - begin);
  fflush(stdout);
  begin = seconds();
  for (uint64_t i = 0; i < seeds; i++) run(first + i, &totals);
  report(&totals, seeds, seconds() - begin);
  return EXIT_SUCCESS;
}
