/* Asking the store and the oracle the same and comparing the answers. */
#ifndef DAYBOOK_TESTS_PROPERTY_ORACLE_CHECKS_H
#define DAYBOOK_TESTS_PROPERTY_ORACLE_CHECKS_H

#include "store/store.h"
#include "tests/property/oracle_sql.h"
#include "tests/support/random_event.h"

struct tally_of_run {
  uint64_t seed;
  uint64_t stores, queries, found, differences;
  const char *query, *where; /* at work, for messages */
};

/* Counts and prints a difference where it does not hold; exits after many. */
void expect(struct tally_of_run *run, bool holds, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Every event, its bytes and its lookup by number. */
void check_everything(struct tally_of_run *run, struct store *s, struct oracle *o);
/* One random query, scope and range of time: the whole answer both ways, pages, counts. */
void check_query(struct tally_of_run *run, struct random *r, struct store *s, struct oracle *o, int64_t now_us);

/* A snapshot that is kept while the store goes on, and what it must show. */
struct held {
  struct snapshot *snapshot;
  uint32_t *matches, count;
};
struct held checks_hold(struct store *s, struct oracle *o, int64_t now_us);
void checks_of_held(struct tally_of_run *run, struct held *held, struct oracle *o); /* and lets it go */

#endif
