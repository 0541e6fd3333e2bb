/* GET /v1/tail: events as they are stored, as server-sent events; resumable by the id of the last one seen. */
#include "api/tail.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/holder.h"
#include "api/reading.h"

enum { TAIL_NICE = 5 }; /* writers come first */

static const struct {
  const char *reason, *detail;
} endings[] = {
    [TAIL_SLOW] = {"slow", "the events were not read for too long; resume with the last id"},
    [TAIL_CREDENTIAL] = {"credential", "the credential is not valid any more"},
    [TAIL_ACCESS] = {"access", "what you may see has changed; resume with the last id"},
    [TAIL_STOPPING] = {"stopping", "the server stops; resume with the last id"},
    [TAIL_FAILED] = {"failed", "stored events could not be read; the server's log may say why"},
};

void tail_append_frame(const struct tail_hub *h, const struct event *e, struct buffer *scratch, struct buffer *out) {
  char id[TAIL_ID_BYTES];
  struct commit_position place = {
      .received_at_us = e->received_at_us, .tenant = event_text(e, FIELD_TENANT), .seq = e->seq};
  tail_seal(h, &place, id);
  buffer_printf(out, "event: event\nid: %s\ndata: ", id);
  append_event(e, scratch, out);
  buffer_append_text(out, "\n\n");
}

void tail_move(struct tail *t, const struct commit_position *to) {
  t->position = *to;
  if (to->whole_group) return;
  memcpy(t->tenant, to->tenant.data, to->tenant.len);
  t->position.tenant = slice_of(t->tenant, to->tenant.len);
}

/* ---- The list ---- */

static void append_end(const char *event, const char *reason, const char *detail, struct buffer *out) {
  buffer_printf(out, "event: %s\ndata: {\"reason\":\"%s\",\"detail\":\"%s\"}\n\n", event, reason, detail);
}

void tail_finish(struct tail_hub *h, struct tail *t, enum tail_end why) {
  struct tail **at = &h->tails;
  while (*at != t) at = &(*at)->next;
  *at = t->next;
  if (--h->count == 0) (void)store_listen(h->api->store, NULL, NULL);
  atomic_fetch_add(&h->ended[why], 1);
  struct buffer last;
  buffer_init(&last, 1024);
  if (why != TAIL_GONE) append_end("end", endings[why].reason, endings[why].detail, &last);
  http_feed_end(t->feed, buffer_slice(&last));
  buffer_free(&last);
  free(t);
}

static bool is_same(const struct principal *a, const struct principal *b) {
  return a->kind == b->kind && slice_equal(a->id, b->id);
}

static int check_share(struct tail_hub *h, const struct principal *p, struct error *err) {
  uint32_t own = 0, of_account = 0;
  uint64_t share = holder_share(p);
  for (const struct tail *t = h->tails; t; t = t->next) {
    own += is_same(&t->principal, p);
    of_account += share != 0 && holder_share(&t->principal) == share;
  }
  if (h->stopping) return error_set(err, ERR_BUSY, "the server is stopping");
  if (h->count >= TAILS) return error_set(err, ERR_BUSY, "too many live tails are open");
  if (of_account >= TAILS_PER_ACCOUNT) return error_set(err, ERR_BUSY, "your account has too many live tails open");
  if (own >= TAILS_PER_CALLER) return error_set(err, ERR_BUSY, "you have too many live tails open");
  return 0;
}

/* Adds the tail; the first one begins to listen. A new tail begins at the present. */
static int add(struct tail_hub *h, struct tail *t, struct error *err) {
  int code = check_share(h, &t->principal, err);
  if (code == 0) code = http_answer_feed(t->request, TAIL_FEED_BYTES, &t->feed, err);
  if (code) return code;
  if (h->count == 0) {
    tail_free_groups(h);
    h->floor_us = store_listen(h->api->store, tail_hear, h);
  }
  h->count++;
  t->next = h->tails;
  h->tails = t;
  return 0;
}

/* ---- The request ---- */

static bool asked_position(struct http_request *r, struct slice *out) {
  if (http_param(r, "last_event_id", out) && out->len > 0) return true;
  *out = http_header(r, "Last-Event-ID");
  return out->len > 0;
}

/* Where the tail begins; what cannot be resumed is told in `lost`. */
static void set_position(struct tail_hub *h, struct tail *t, struct buffer *lost) {
  struct slice text;
  struct commit_position asked;
  int64_t last = store_last_commit(h->api->store);
  tail_move(t, &(struct commit_position){.received_at_us = last, .whole_group = true});
  if (!asked_position(t->request, &text)) return;
  if (!tail_unseal(h, text, &asked, t->tenant))
    append_end("lost", "unknown", "this id is not of this server; what came since is to be searched for", lost);
  else if (asked.received_at_us > last)
    append_end("lost", "ahead", "this id is newer than the store, which was restored, perhaps", lost);
  else
    tail_move(t, &asked);
  if (lost->len > 0) atomic_fetch_add(&h->lost, 1);
}

static void greet(struct tail_hub *h, struct tail *t, const struct buffer *lost) {
  char id[TAIL_ID_BYTES];
  struct buffer frame;
  buffer_init(&frame, 4096);
  tail_seal(h, &t->position, id);
  buffer_printf(&frame, "retry: 2000\n");
  buffer_append_slice(&frame, buffer_slice(lost));
  buffer_printf(&frame, "id: %s\n\n", id);
  (void)http_feed_write(t->feed, buffer_slice(&frame));
  buffer_free(&frame);
  t->spoke_us = os_monotonic_us(h->api->os);
}

int tail_get(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct tail_hub *h = a->tails;
  struct buffer lost;
  if (!h) return error_set(err, ERR_BUSY, "live tails are not started");
  struct tail *t = calloc(1, sizeof *t);
  if (!t) abort();
  t->request = r;
  t->principal = *request_principal(r);
  t->state = TAIL_PAST;
  buffer_init(&lost, 1024);
  int code = param_filter(r, os_now_us(a->os), &t->filter, err);
  http_answer_as(r, 200, "text/event-stream");
  http_answer_header(r, "X-Accel-Buffering", "no"); /* nginx would hold events back */
  if (code == 0 && http_is_head(r)) {
    free(t);
    return 0;
  }
  const struct reading *reading;
  if (code == 0) code = reading_record(r, a, &t->filter, &reading, err);
  if (code == 0) {
    pthread_mutex_lock(&h->lock);
    set_position(h, t, &lost);
    code = add(h, t, err);
    if (code == 0) {
      greet(h, t, &lost);
      pthread_cond_signal(&h->past_wake);
      atomic_fetch_add(&h->opened, 1);
    } else {
      atomic_fetch_add(&h->refused, 1);
    }
    pthread_mutex_unlock(&h->lock);
  }
  if (code) free(t);
  buffer_free(&lost);
  return code;
}

/* ---- The hub ---- */

static void *run_live(void *hub) {
  setpriority(PRIO_PROCESS, (id_t)gettid(), TAIL_NICE); /* a thread has its own on Linux */
  return tail_run_live(hub);
}

static void *run_past(void *hub) {
  setpriority(PRIO_PROCESS, (id_t)gettid(), TAIL_NICE);
  return tail_run_past(hub);
}

static void close_threads(struct tail_hub *h, unsigned started) {
  pthread_mutex_lock(&h->lock);
  h->closed = true;
  pthread_cond_broadcast(&h->past_wake);
  pthread_mutex_unlock(&h->lock);
  tail_poke(h);
  if (started > 0) pthread_join(h->live_thread, NULL);
  if (started > 1) pthread_join(h->past_thread, NULL);
}

int tails_start(struct api *a, struct error *err) {
  struct tail_hub *h = calloc(1, sizeof *h);
  pthread_condattr_t monotonic;
  if (!h) abort();
  h->api = a;
  h->ring_tail = &h->ring;
  pthread_mutex_init(&h->lock, NULL);
  pthread_mutex_init(&h->ring_lock, NULL);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&h->past_wake, &monotonic);
  pthread_cond_init(&h->live_wake, &monotonic);
  pthread_condattr_destroy(&monotonic);
  a->tails = h;
  int code = tail_load_key(h, err);
  if (code == 0 && pthread_create(&h->live_thread, NULL, run_live, h))
    code = error_set(err, ERR_BUSY, "no threads left for live tails");
  else if (code == 0 && pthread_create(&h->past_thread, NULL, run_past, h)) {
    close_threads(h, 1);
    code = error_set(err, ERR_BUSY, "no threads left for live tails");
  }
  h->running = code == 0;
  return code;
}

void tails_end_all(struct api *a) {
  struct tail_hub *h = a->tails;
  if (!h) return;
  pthread_mutex_lock(&h->lock);
  h->stopping = true;
  pthread_cond_broadcast(&h->past_wake);
  pthread_mutex_unlock(&h->lock);
  tail_poke(h);
}

void tails_stop(struct api *a) {
  struct tail_hub *h = a->tails;
  if (!h) return;
  if (h->running) close_threads(h, 2);
  if (h->count > 0) (void)store_listen(a->store, NULL, NULL);
  tail_free_groups(h);
  pthread_cond_destroy(&h->live_wake);
  pthread_cond_destroy(&h->past_wake);
  pthread_mutex_destroy(&h->ring_lock);
  pthread_mutex_destroy(&h->lock);
  sodium_memzero(h->key, sizeof h->key);
  free(h);
  a->tails = NULL;
}

void tails_append_metrics(struct api *a, struct buffer *out) {
  struct tail_hub *h = a->tails;
  if (!h) return;
  pthread_mutex_lock(&h->lock);
  uint32_t open = h->count, past = 0;
  for (const struct tail *t = h->tails; t; t = t->next) past += t->state == TAIL_PAST;
  pthread_mutex_unlock(&h->lock);
  append_metric(out, "tails", "gauge", "Live tails that are open.", open);
  append_metric(out, "tails_behind", "gauge", "Of them, those that read from the store to catch up.", past);
  append_metric(out, "tails_opened_total", "counter", "Live tails opened since the start.", atomic_load(&h->opened));
  append_metric(out, "tails_refused_total", "counter", "Live tails refused because there were too many.",
                atomic_load(&h->refused));
  append_metric(out, "tail_events_total", "counter", "Events handed to live tails.", atomic_load(&h->events));
  append_metric(out, "tail_lost_total", "counter", "Live tails that could not be resumed where they wanted.",
                atomic_load(&h->lost));
  buffer_append_text(out,
                     "# HELP daybook_tails_ended_total Live tails that the server ended.\n"
                     "# TYPE daybook_tails_ended_total counter\n");
  for (unsigned i = TAIL_SLOW; i <= TAIL_FAILED; i++)
    buffer_printf(out, "daybook_tails_ended_total{reason=\"%s\"} %llu\n", endings[i].reason,
                  (unsigned long long)atomic_load(&h->ended[i]));
}
