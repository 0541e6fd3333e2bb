/* The watcher: closes connections of slow senders and readers, and tells running work that its client is gone.
 *
 * libmicrohttpd's own time limit is for silence; a client that dribbles a byte now and then passes it. And while a
 * connection is suspended libmicrohttpd does not look at it at all. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/checksum.h"
#include "event/event.h"
#include "http/internal.h"

enum { WATCH_INTERVAL_MS = 200, ENDED_TICKS = 2 };

static void link_connection(struct http_server *s, struct connection *c) {
  c->next = &s->connections;
  c->previous = s->connections.previous;
  c->previous->next = c;
  s->connections.previous = c;
  c->number = s->connection_number++;
  s->connection_count++;
  s->by_address[c->address_slot]++;
}

static void unlink_connection(struct http_server *s, struct connection *c) {
  c->previous->next = c->next;
  c->next->previous = c->previous;
  s->connection_count--;
  s->by_address[c->address_slot]--;
  if (c->kept) s->kept_count--;
}

/* Who the client is. Addresses that share a slot share their limit; the seed keeps others from choosing with whom. */
static void set_peer(const struct http_server *s, struct MHD_Connection *handle, struct connection *c) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  char text[INET6_ADDRSTRLEN] = "";
  uint64_t hash = 0;
  if (info && info->client_addr && info->client_addr->sa_family == AF_INET) {
    const struct sockaddr_in *v4 = (const void *)info->client_addr;
    hash = hash64(&v4->sin_addr, sizeof v4->sin_addr, s->boot_id);
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
  } else if (info && info->client_addr && info->client_addr->sa_family == AF_INET6) {
    const struct sockaddr_in6 *v6 = (const void *)info->client_addr;
    hash = hash64(&v6->sin6_addr, 8, s->boot_id); /* one customer has a /64 at least */
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
  }
  size_t len;
  c->address_slot = (uint16_t)(hash % ADDRESS_SLOTS);
  if (!event_ip_canonical(slice_from(text), c->peer, &len)) len = 0;
  c->peer[len] = '\0';
}

/* Past a limit a connection is kept for a moment only, to be told. */
static void start_connection(struct http_server *s, struct connection *c) {
  int64_t now = server_now_us(s);
  link_connection(s, c);
  c->refused = s->connection_count > s->max_connections || s->by_address[c->address_slot] > s->max_per_address;
  c->deadline_us = now + (c->refused ? REFUSED_MS * INT64_C(1000) : s->head_us);
  c->receiving = true;
}

void watch_connection(void *server, struct MHD_Connection *handle, void **context,
                      enum MHD_ConnectionNotificationCode what) {
  struct http_server *s = server;
  struct connection *c = *context;
  if (what == MHD_CONNECTION_NOTIFY_STARTED) {
    c = calloc(1, sizeof *c);
    if (!c) abort();
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
    c->fd = info ? info->connect_fd : -1;
    set_peer(s, handle, c);
    pthread_mutex_lock(&s->lock);
    start_connection(s, c);
    pthread_mutex_unlock(&s->lock);
    *context = c;
  } else if (c) {
    pthread_mutex_lock(&s->lock);
    unlink_connection(s, c);
    pthread_mutex_unlock(&s->lock);
    free(c);
    *context = NULL;
  }
}

void watch_deadline(struct http_request *r, int64_t deadline_us) {
  if (!r->connection) return;
  atomic_store_explicit(&r->connection->deadline_us, deadline_us, memory_order_relaxed);
  atomic_store_explicit(&r->connection->ended_ticks, 0, memory_order_relaxed);
}

void watch_client(struct http_request *r, bool on) {
  if (!r->connection) return;
  pthread_mutex_lock(&r->server->lock);
  r->connection->working_on = on ? r : NULL;
  pthread_mutex_unlock(&r->server->lock);
}

void watch_receiving(struct http_request *r, bool on) {
  if (!r->connection) return;
  atomic_store_explicit(&r->connection->receiving, on, memory_order_relaxed);
  atomic_store_explicit(&r->connection->ended_ticks, 0, memory_order_relaxed);
}

bool watch_is_refused(struct http_request *r) { return r->connection && r->connection->refused; }

/* An idle connection that was used holds all of its memory, so only so many are kept. */
bool watch_keep(struct http_request *r) {
  struct http_server *s = r->server;
  struct connection *c = r->connection;
  if (!c || c->refused) return false;
  if (!c->kept) {
    pthread_mutex_lock(&s->lock);
    c->kept = s->kept_count < LIMIT_KEPT_CONNECTIONS;
    s->kept_count += c->kept;
    pthread_mutex_unlock(&s->lock);
  }
  return c->kept && !atomic_load(&s->stopping);
}

/* A client that ended in the middle of a request. libmicrohttpd 0.9.75 misses an end that arrives together with the
 * last bytes (one edge of epoll for both, and a short read makes it wait for the next). */
static bool has_ended(struct connection *c) {
  char byte;
  if (!c->receiving || recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0) {
    c->ended_ticks = 0;
    return false;
  }
  return atomic_fetch_add(&c->ended_ticks, 1) + 1 >= ENDED_TICKS;
}

static void check_client(struct http_server *s, const struct connection *c) {
  struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};
  if (poll(&p, 1, 0) != 1 || !(p.revents & (POLLRDHUP | POLLHUP | POLLERR))) return;
  if (!atomic_exchange(&c->working_on->cancelled, true)) atomic_fetch_add(&s->cancelled, 1);
}

/* Deadlines and clients that are waited for are looked at in every round; the question whether a client has ended costs
 * a system call, so that of many connections each has its turn. */
static void check_connections(struct http_server *s) {
  int64_t now = server_now_us(s);
  uint64_t turns = s->connection_count / PROBES + 1, turn = s->watch_round++ % turns;
  for (struct connection *c = s->connections.next; c != &s->connections; c = c->next) {
    if (c->fd < 0) continue;
    if (c->working_on) check_client(s, c);
    int64_t deadline_us = c->deadline_us;
    bool slow = deadline_us != 0 && now >= deadline_us;
    if (!slow && (c->number % turns != turn || !has_ended(c))) continue;
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
