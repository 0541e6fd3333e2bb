/* A thread that does something now and then, until it is stopped. Belongs to whoever started it. */
#ifndef DAYBOOK_DAEMON_TICKER_H
#define DAYBOOK_DAEMON_TICKER_H

struct ticker;

/* Calls tick(arg) after first_ms, then again each time after the milliseconds it returned. */
struct ticker *ticker_start(unsigned first_ms, unsigned (*tick)(void *arg), void *arg);
/* Returns once no call runs and none will; NULL is allowed. */
void ticker_stop(struct ticker *t);

#endif
