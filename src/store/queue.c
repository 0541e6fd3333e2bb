/* The queue of the committer: batches wait in lanes, one per master account, each and all together bounded. */
#include <assert.h>
#include <string.h>

#include "base/checksum.h"
#include "store/internal.h"

/* Batches queue by the master account of their first event: the part of its tenant path before the first '/'. */
static uint32_t lane_of(const struct store *s, const struct store_batch *batch) {
  struct slice at = buffer_slice(&batch->records);
  struct reader r = reader_of(slice_skip(at, EVENT_RECORD_HEADER_BYTES));
  if (reader_u8(&r) != FIELD_TENANT) return 0; /* refused when it is decoded */
  struct slice path = reader_bytes(&r, reader_varint(&r));
  const char *slash = path.len ? memchr(path.data, '/', path.len) : NULL;
  size_t len = slash ? (size_t)(slash - path.data) : path.len;
  return (uint32_t)hash64(path.data, len, s->seed) % COMMIT_LANES;
}

int store_submit(struct store *s, struct store_batch *batch) {
  if (atomic_load(&s->read_only)) {
    atomic_fetch_add(&s->counters.refused_read_only, 1);
    return ERR_READ_ONLY;
  }
  assert(!batch->records.overflowed);
  batch->next = NULL;
  batch->code = 0;
  error_clear(&batch->error);
  struct commit_lane *lane = &s->lanes[lane_of(s, batch)];
  int rc = 0;
  pthread_mutex_lock(&s->queue_lock);
  bool share_full = lane->bytes + batch->records.len > LIMIT_COMMIT_LANE_BYTES;
  bool full = share_full || s->queued_bytes + batch->records.len > LIMIT_COMMIT_QUEUE_BYTES;
  if (lane->bytes == 0 && batch->records.len <= LIMIT_COMMIT_SMALL_BYTES)
    full = false; /* a share is left for everyone */
  if (s->queued_batches == 0) full = false;
  if (atomic_load(&s->stopping) || !s->committer_running) {
    rc = ERR_BUSY;
  } else if (full) {
    rc = ERR_BUSY;
    atomic_fetch_add(share_full ? &s->counters.refused_share : &s->counters.refused_busy, 1);
  } else {
    if (lane->tail)
      lane->tail->next = batch;
    else
      lane->head = batch;
    lane->tail = batch;
    lane->bytes += batch->records.len;
    s->queued_bytes += batch->records.len;
    s->queued_batches++;
  }
  pthread_mutex_unlock(&s->queue_lock);
  if (rc == 0) commit_wake(s);
  return rc;
}

struct waiter {
  pthread_mutex_t lock;
  pthread_cond_t done;
  bool finished;
};

static void wake_waiter(struct store_batch *batch, void *arg) {
  (void)batch;
  struct waiter *w = arg;
  pthread_mutex_lock(&w->lock);
  w->finished = true;
  pthread_cond_signal(&w->done);
  pthread_mutex_unlock(&w->lock);
}

int store_append(struct store *s, struct store_batch *batch) {
  struct waiter w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
  batch->done = wake_waiter;
  batch->arg = &w;
  int rc = store_submit(s, batch);
  if (rc) return rc;
  pthread_mutex_lock(&w.lock);
  while (!w.finished) pthread_cond_wait(&w.done, &w.lock);
  pthread_mutex_unlock(&w.lock);
  pthread_cond_destroy(&w.done);
  pthread_mutex_destroy(&w.lock);
  return batch->code;
}

struct store_batch *queue_take(struct store *s, struct commit_lane *lane) {
  struct store_batch *b = lane->head;
  lane->head = b->next;
  if (!lane->head) lane->tail = NULL;
  lane->bytes -= b->records.len;
  s->queued_bytes -= b->records.len;
  s->queued_batches--;
  b->next = NULL;
  return b;
}
