/* Makes the events of the demonstration: from tables and a pseudo-random sequence that is the same at every start. */
#ifndef DAYBOOK_DAEMON_DEMO_EVENTS_H
#define DAYBOOK_DAEMON_DEMO_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "event/event.h"

enum { DEMO_DAYS = 90, DEMO_EVENTS_MOST = 9000, DEMO_OPEN_SESSIONS = 8 };

struct demo_event { /* where its JSON stands in text */
  int64_t at_us;
  uint32_t offset, bytes;
};

struct demo {
  uint64_t state;   /* of the sequence */
  uint32_t numbers; /* given to sessions, messages, requests */
  struct buffer text;
  struct demo_event *events; /* DEMO_EVENTS_MOST */
  uint32_t count;
  struct { /* of people who are logged in now, for what is made live */
    uint32_t person, session;
    int64_t since_us;
  } open[DEMO_OPEN_SESSIONS];
  uint32_t open_count;
};

void demo_init(struct demo *d, uint64_t seed);
void demo_free(struct demo *d);
uint32_t demo_below(struct demo *d, uint32_t bound);

/* Three months up to now_us, with what an analyst should find in them; in order of time afterwards. */
void demo_make_past(struct demo *d, int64_t now_us);
/* One event of now. */
void demo_make_live(struct demo *d, int64_t now_us);
/* Adds the place that belongs to the event's address; cells from arena. */
void demo_add_place(struct event *e, struct arena *arena);

#endif
