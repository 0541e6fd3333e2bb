/* Random valid events for tests: every field of the table, all types of values, Unicode, empty texts, objects and
 * lists, many tenants (some below others), times that often coincide. The same seed gives the same events. */
#ifndef DAYBOOK_TESTS_SUPPORT_RANDOM_EVENT_H
#define DAYBOOK_TESTS_SUPPORT_RANDOM_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "event/event.h"

/* The clock for event_parse: 2026-12-01T00:00:00Z. Events occurred in the RANDOM_EVENT_DAYS before it. */
#define RANDOM_EVENT_NOW_US (INT64_C(1796083200) * 1000000)
enum { RANDOM_EVENT_DAYS = 30 };

struct random {
  uint64_t state;
};
/* The seed in the environment variable DAYBOOK_SEED, or one from the clock; printed to be replayed. */
struct random random_from_environment(void);
struct random random_from_seed(uint64_t seed);
uint64_t random_u64(struct random *r);
uint64_t random_below(struct random *r, uint64_t limit); /* 0 <= result < limit; limit > 0 */
bool random_chance(struct random *r, unsigned percent);

/* Appends one event as a client might post it: members in any order, blanks, escapes, zones. */
void random_event_json(struct random *r, struct buffer *out);
/* A parsed random event, its cells in the arena. */
void random_event(struct random *r, struct event_parser *p, struct arena *arena, struct event *out);

#endif
