/* Live tails: what their files share. Private to api/.
 *
 * A tail is a position in the order of commits (store.h) and a connection that is fed. Two threads serve all of them:
 * the live one hands each new commit group to the tails that have everything before it; the past one reads from the
 * store for those that resume or fell behind, as fast as their connection takes it. A tail belongs to the thread of its
 * state; the state changes under `lock`. Locks, in this order: lock, ring_lock (which the committer takes, too). */
#ifndef DAYBOOK_API_TAIL_H
#define DAYBOOK_API_TAIL_H

#include <sodium.h>

#include "api/internal.h"

enum {
  TAILS = 1024,
  TAILS_PER_CALLER = 256,       /* a quarter: one caller leaves room for others */
  TAILS_PER_ACCOUNT = 512,      /* its callers together, embedded viewers among them */
  TAIL_FEED_BYTES = 256 * 1024, /* waiting for one client */
  TAIL_PAST_EVENTS = 256,       /* read from the store at once */
  TAIL_PAST_BYTES = 64 * 1024,  /* a client with more than this waiting is read nothing from the past */
  TAIL_RING_BYTES = 16 << 20,   /* of commit groups waiting for the live thread */
  TAIL_KEPT_GROUPS = 64,        /* that a tail which just caught up may still need */
  TAIL_KEPT_BYTES = 4 << 20,    /* of them, and the newest one */
  TAIL_HEARTBEAT_US = 15000000,
  TAIL_RECHECK_US = 2000000, /* of credentials */
  TAIL_STUCK_US = 30000000,  /* a client that reads nothing for so long while events wait is dropped */
  TAIL_KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
  TAIL_ID_BYTES = 1024, /* of a sealed position as text, with its NUL */
};

enum tail_state { TAIL_PAST, TAIL_LIVE };
enum tail_end { TAIL_GOES_ON, TAIL_GONE, TAIL_SLOW, TAIL_CREDENTIAL, TAIL_ACCESS, TAIL_STOPPING, TAIL_FAILED };

struct tail {
  struct tail *next;
  struct http_request *request;
  struct http_feed *feed;
  struct principal principal;
  struct filter filter;
  enum tail_state state;
  struct commit_position position; /* everything up to it was handed to the feed */
  char tenant[LIMIT_TENANT_BYTES]; /* of the position */
  int64_t spoke_us;                /* monotonic: when something was last written */
  int64_t stuck_since_us;          /* monotonic: since when the feed has been full; 0: it is not */
  size_t stuck_bytes;
  bool warned; /* of damage */
};

/* A commit group that waits for the live thread. */
struct raw_group {
  struct raw_group *next;
  int64_t received_us;
  struct buffer records;
};

/* The same, decoded, in the order of commits. */
struct live_group {
  int64_t received_us;
  struct buffer records; /* what the cells borrow */
  struct arena arena;
  struct event *events;
  struct slice *frames; /* of each event, made when the first tail wants it */
  uint32_t count;
};

struct tail_hub {
  struct api *api;
  unsigned char key[TAIL_KEY_BYTES];
  pthread_t live_thread, past_thread;
  bool running;

  pthread_mutex_t lock;
  pthread_cond_t past_wake;
  struct tail *tails;
  uint32_t count;
  bool stopping;                               /* of the server: every tail ends */
  bool closed;                                 /* the threads end */
  struct live_group *groups[TAIL_KEPT_GROUPS]; /* oldest first; the live thread's */
  uint32_t group_count;
  size_t group_bytes;
  int64_t floor_us; /* groups after this one are kept or still to come */

  pthread_mutex_t ring_lock;
  pthread_cond_t live_wake;
  struct raw_group *ring, **ring_tail;
  size_t ring_bytes;
  int64_t gap_us; /* received_at of the newest group that found no room; 0: none */
  bool poked;     /* a tail turned live, or everything ends */

  atomic_ullong opened, refused, events, lost, ended[TAIL_FAILED + 1];
};

/* tail_position.c */
void tail_seal(const struct tail_hub *h, const struct commit_position *p, char out[TAIL_ID_BYTES]);
/* False where the text was not sealed by this server's key. The tenant's text goes to tenant. */
bool tail_unseal(const struct tail_hub *h, struct slice text, struct commit_position *out,
                 char tenant[LIMIT_TENANT_BYTES]);
int tail_load_key(struct tail_hub *h, struct error *err);

/* tail.c */
/* Appends one frame of server-sent events with its id. */
void tail_append_frame(const struct tail_hub *h, const struct event *e, struct buffer *scratch, struct buffer *out);
void tail_move(struct tail *t, const struct commit_position *to);
/* Writes the reason, ends the feed and takes the tail off the list. Under lock. */
void tail_finish(struct tail_hub *h, struct tail *t, enum tail_end why);

/* tail_live.c, tail_past.c: the threads */
void *tail_run_live(void *hub);
void *tail_run_past(void *hub);
/* The store's listener. */
void tail_hear(void *hub, int64_t received_us, struct slice records);
/* Heartbeat, and whether the tail must end. Under lock. */
enum tail_end tail_look_after(struct tail_hub *h, struct tail *t, int64_t now_us, bool recheck_due);
void tail_free_groups(struct tail_hub *h);
void tail_poke(struct tail_hub *h);

#endif
