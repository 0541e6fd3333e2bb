/* One course of the simulation: a store on a simulated computer, a model of what it should hold, random operations and
 * faults from a seed. Everything runs on one thread, so that a seed always gives the same course.
 *
 * Any difference from the model ends the program with the seed and the step. */
#ifndef DAYBOOK_TESTS_PROPERTY_SIMULATION_H
#define DAYBOOK_TESTS_PROPERTY_SIMULATION_H

#include "store/store.h"
#include "tests/property/simulation_model.h"
#include "tests/support/random_event.h"
#include "tests/support/sim_os.h"

enum { SIMULATION_BATCH_EVENTS = 12, SIMULATION_DIR_BYTES = 64 };

struct simulation_totals { /* over all courses, to see that everything does happen */
  uint64_t steps, appended, duplicates, conflicts, refused, reads, seals, compactions, purged, opens, crashes, faults,
      damages, backups, survivors /* batches never acknowledged that are there after a crash */;
};

struct simulation {
  uint64_t seed, step;
  uint64_t place; /* of the fault in a fixed course; 0: a random one */
  const char *doing;
  struct random random;
  struct sim_os *sim;
  const struct os *os;
  struct store_config config;
  struct store *store; /* NULL while closed */
  struct model model;
  struct event_parser *parser;
  struct arena arena; /* one step */
  bool faulty;        /* faults are switched on: calls may fail, but not lie */
  bool flipping;      /* the faults are wrong bits */
  bool rotten;        /* stored bytes were damaged: events may be missing, but not silently */
  /* A batch whose outcome was not heard, to be looked for after the next start. */
  struct event *unheard;
  bool unheard_open[SIMULATION_BATCH_EVENTS]; /* it may have been a duplicate of an old event */
  uint32_t unheard_count;
  struct arena unheard_arena;
  uint32_t backups;
  struct simulation_totals *totals;
};

void simulation_init(struct simulation *s, uint64_t seed, struct simulation_totals *totals);
void simulation_end(struct simulation *s);
void simulation_fail(const struct simulation *s, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));
/* Fails unless rc is 0 or faults may have caused it. True where rc is 0. */
bool simulation_done(const struct simulation *s, int rc, const struct error *err);

int64_t simulation_now(const struct simulation *s);
bool simulation_read_only(struct simulation *s);

/* simulation_write.c */
void simulate_append(struct simulation *s);
void simulate_retention(struct simulation *s);
void simulate_setting(struct simulation *s);
/* Whether the batch that was not heard of is there; whole or not at all. */
void simulation_find_unheard(struct simulation *s);

/* simulation_read.c: of `store`, which may be the copy of a backup. */
void simulation_read_all(struct simulation *s, struct store *store);
void simulate_read_event(struct simulation *s);
void simulation_check_values(struct simulation *s, struct store *store, bool starting);

/* simulation_course.c */
void simulation_open(struct simulation *s); /* with all checks; faults are off afterwards */
void simulation_close(struct simulation *s);
void simulation_crash(struct simulation *s);
void simulate_course(struct simulation *s, uint32_t steps);

enum simulation_fault { FAULT_CRASH, FAULT_WRITE, FAULT_SYNC };
/* A fixed course in which the at-th operation, write or sync after the start is the last or fails, and the power goes
 * after it. False where the course has not that many. */
bool simulate_fixed_course(struct simulation *s, enum simulation_fault fault, uint64_t at);
/* A first start that crashes at the crash_at-th operation, and the next one. False where there are fewer. */
bool simulate_start(struct simulation *s, uint64_t crash_at);

#endif
