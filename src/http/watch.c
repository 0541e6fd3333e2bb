/* The watcher: closes connections of slow senders and readers, and tells running work that its client is gone.
 *
 * libmicrohttpd's own time limit is for silence; a client that dribbles a byte now and then passes it. And while a
 * connection is suspended libmicrohttpd does not look at it at all. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "http/internal.h"

enum { WATCH_INTERVAL_MS = 200, ENDED_TICKS = 2 };

static void link_connection(struct http_server *s, struct connection *c) {
  c->next = &s->connections;
  c->previous = s->connections.previous;
  c->previous->next = c;
  s->connections.previous = c;
  s->connection_count++;
}

static void unlink_connection(struct http_server *s, struct connection *c) {
  c->previous->next = c->next;
  c->next->previous = c->previous;
  s->connection_count--;
}

void watch_connection(void *server, struct MHD_Connection *handle, void **context,
                      enum MHD_ConnectionNotificationCode what) {
  struct http_server *s = server;
  struct connection *c = *context;
  pthread_mutex_lock(&s->lock);
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    c = calloc(1, sizeof *c);
    if (!c) abort();
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
    c->fd = info ? info->connect_fd : -1;
    c->deadline_us = server_now_us(s) + LIMIT_HEAD_MS * INT64_C(1000);
    c->receiving = true;
    link_connection(s, c);
    *context = c;
  } else if (c) {
    unlink_connection(s, c);
    free(c);
    *context = NULL;
  }
  pthread_mutex_unlock(&s->lock);
}

void watch_deadline(struct http_request *r, int64_t deadline_us) {
  if (!r->connection) return;
  pthread_mutex_lock(&r->server->lock);
  r->connection->deadline_us = deadline_us;
  r->connection->ended_ticks = 0;
  pthread_mutex_unlock(&r->server->lock);
}

void watch_client(struct http_request *r, bool on) {
  if (!r->connection) return;
  pthread_mutex_lock(&r->server->lock);
  r->connection->working_on = on ? r : NULL;
  pthread_mutex_unlock(&r->server->lock);
}

void watch_receiving(struct http_request *r, bool on) {
  if (!r->connection) return;
  pthread_mutex_lock(&r->server->lock);
  r->connection->receiving = on;
  r->connection->ended_ticks = 0;
  pthread_mutex_unlock(&r->server->lock);
}

/* A client that ended in the middle of a request. libmicrohttpd 0.9.75 misses an end that arrives together with the
 * last bytes (one edge of epoll for both, and a short read makes it wait for the next). */
static bool has_ended(struct connection *c) {
  char byte;
  if (!c->receiving || recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0) {
    c->ended_ticks = 0;
    return false;
  }
  return ++c->ended_ticks >= ENDED_TICKS;
}

static void check_client(struct http_server *s, const struct connection *c) {
  struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};
  if (poll(&p, 1, 0) != 1 || !(p.revents & (POLLRDHUP | POLLHUP | POLLERR))) return;
  if (!atomic_exchange(&c->working_on->cancelled, true)) atomic_fetch_add(&s->cancelled, 1);
}

static void check_connections(struct http_server *s) {
  int64_t now = server_now_us(s);
  for (struct connection *c = s->connections.next; c != &s->connections; c = c->next) {
    if (c->fd < 0) continue;
    if (c->working_on) check_client(s, c);
    bool slow = c->deadline_us != 0 && now >= c->deadline_us;
    if (!slow && !has_ended(c)) continue;
    /* Only the network thread may close it; after this it reads the end of the stream. */
    shutdown(c->fd, SHUT_RDWR);
    c->deadline_us = 0;
    c->receiving = false;
    if (slow) atomic_fetch_add(&s->slow_closed, 1);
  }
}

void *watch_run(void *server) {
  struct http_server *s = server;
  pthread_mutex_lock(&s->lock);
  while (!s->watcher_stop) {
    check_connections(s);
    struct timespec until = server_after_ms(s, WATCH_INTERVAL_MS);
    pthread_cond_timedwait(&s->watcher_wake, &s->lock, &until);
  }
  pthread_mutex_unlock(&s->lock);
  return NULL;
}
