/* A cursor's events, read by a thread of its own while the caller works on those before: two processors then share a
 * long reading. The thread has the caller's priority and is joined by read_ahead_close. One caller. Private to api/. */
#ifndef DAYBOOK_API_READ_AHEAD_H
#define DAYBOOK_API_READ_AHEAD_H

#include "api/internal.h"

struct read_ahead;

/* A short reading (events: about how many there are), or one for which there is no thread, is read by the caller. The
 * cursor must outlive it, and nobody else may use it or its query meanwhile. */
struct read_ahead *read_ahead_open(struct cursor *cursor, uint64_t events);
void read_ahead_close(struct read_ahead *a); /* stops reading; NULL is allowed */
/* The next events, at least one, valid until the next call; ERR_END after the last. Then the thread has ended, too. */
int read_ahead_next(struct read_ahead *a, const struct event **out, uint32_t *count_out, struct error *err);

#endif
