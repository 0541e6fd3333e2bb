/* Starting and stopping: the listening socket, libmicrohttpd, workers and the watcher. */
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http/internal.h"

int64_t server_now_us(const struct http_server *s) { return os_monotonic_us(s->config.os); }

struct timespec server_after_ms(const struct http_server *s, unsigned ms) {
  int64_t us = server_now_us(s) + (int64_t)ms * 1000;
  return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
}

const char *http_server_address(const struct http_server *s) { return s->address; }
int http_server_reload(struct http_server *s, struct error *err) { return s->tls ? tls_reload(s->tls, err) : 0; }
uint32_t http_server_route_count(const struct http_server *s) { return s->config.route_count; }

/* ---- The listening socket ---- */

/* "host:port" or "[v6]:port" into two strings. */
static int split_address(const char *listen, char host[64], char port[8], struct error *err) {
  const char *colon = strrchr(listen, ':');
  size_t host_len = colon ? (size_t)(colon - listen) : 0;
  bool bracketed = host_len >= 2 && listen[0] == '[' && listen[host_len - 1] == ']';
  const char *from = bracketed ? listen + 1 : listen;
  if (bracketed) host_len -= 2;
  if (!colon || host_len == 0 || host_len > 63 || strlen(colon + 1) > 5 || !colon[1])
    return error_set(err, ERR_INVALID, "\"%s\" is not ADDRESS:PORT, such as 127.0.0.1:8642 or [::1]:8642", listen);
  memcpy(host, from, host_len);
  host[host_len] = '\0';
  if (strcmp(host, "localhost") == 0) memcpy(host, "127.0.0.1", sizeof "127.0.0.1");
  memcpy(port, colon + 1, strlen(colon + 1) + 1);
  return 0;
}

static int bind_socket(const struct addrinfo *a, const char *listen_text, int *fd_out, struct error *err) {
  int on = 1;
  int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return error_set(err, ERR_IO, "socket: %s", strerror(errno));
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (a->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, a->ai_addr, a->ai_addrlen) || listen(fd, 512)) {
    int code = errno == EADDRINUSE ? ERR_CONFLICT : ERR_IO;
    error_set(err, code, "cannot listen on %s: %s", listen_text, strerror(errno));
    close(fd);
    return code;
  }
  *fd_out = fd;
  return 0;
}

static int format_address(int fd, char out[64]) {
  struct sockaddr_storage name = {0};
  socklen_t len = sizeof name;
  char host[48], port[8];
  if (getsockname(fd, (struct sockaddr *)&name, &len)) return ERR_IO;
  if (getnameinfo((struct sockaddr *)&name, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
    return ERR_IO;
  snprintf(out, 64, name.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
  return 0;
}

static int open_socket(const char *listen_text, char address[64], int *fd_out, struct error *err) {
  char host[64], port[8];
  int code = split_address(listen_text, host, port, err);
  if (code) return code;
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
  struct addrinfo *found = NULL;
  if (getaddrinfo(host, port, &hints, &found))
    return error_set(err, ERR_INVALID, "\"%s\" is not a numeric address and port", listen_text);
  code = bind_socket(found, listen_text, fd_out, err);
  freeaddrinfo(found);
  if (code == 0) code = format_address(*fd_out, address);
  return code;
}

/* ---- libmicrohttpd's other calls ---- */

static void *on_uri(void *server, const char *uri, struct MHD_Connection *handle) {
  return request_new(server, handle, uri);
}

static void on_completed(void *server, struct MHD_Connection *handle, void **request,
                         enum MHD_RequestTerminationCode reason) {
  (void)handle, (void)reason;
  struct http_server *s = server;
  struct http_request *r = *request;
  if (!r) return;
  *request = NULL;
  counters_record(r);
  atomic_fetch_sub(&s->answer_bytes, r->answer_counted);
  watch_deadline(r, server_now_us(s) + s->head_us);
  watch_receiving(r, true);
  stream_end(r);
  feed_gone(r);
  request_release(r);
}

static void on_log(void *server, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void on_log(void *server, const char *format, va_list args) {
  const struct http_server *s = server;
  char text[512];
  vsnprintf(text, sizeof text, format, args);
  text[strcspn(text, "\n")] = '\0';
  if (s->config.log) s->config.log(s->config.log_context, HTTP_LOG_INFO, text);
}

/* A connection that comes while the server stops is closed at once. (MHD_quiesce_daemon would refuse it sooner, but
 * races with busy network threads for who takes the listening socket out of their epoll sets, and the loser ends the
 * process: "Failed to remove listen FD from epoll set", 0.9.75.) */
static enum MHD_Result on_accept(void *server, const struct sockaddr *address, socklen_t len) {
  const struct http_server *s = server;
  (void)address, (void)len;
  return atomic_load(&s->stopping) ? MHD_NO : MHD_YES;
}

/* The option lacks const; it is read only. */
static char tls_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

static int start_daemon(struct http_server *s, int fd, unsigned threads, struct error *err) {
  struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_PRIORITIES, 0, tls_priorities},
                                 {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)tls_retrieve},
                                 {MHD_OPTION_END, 0, NULL}};
  struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
  unsigned idle_s = (unsigned)(s->transfer_us / 1000000 * 5 / 4) + 1;
  struct MHD_OptionItem pool[] = {{MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL}, {MHD_OPTION_END, 0, NULL}};
  s->daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (s->tls ? MHD_USE_TLS : 0u), 0,
      on_accept, s, dispatch, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, s, MHD_OPTION_LISTEN_SOCKET, fd,
      MHD_OPTION_URI_LOG_CALLBACK, on_uri, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
      MHD_OPTION_NOTIFY_CONNECTION, watch_connection, s, MHD_OPTION_CONNECTION_LIMIT,
      s->max_connections + LIMIT_CONNECTIONS_REFUSED, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
      s->max_per_address + LIMIT_CONNECTIONS_REFUSED / 4, MHD_OPTION_CONNECTION_TIMEOUT, idle_s,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)LIMIT_CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
      MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_ARRAY, pool, MHD_OPTION_ARRAY, s->tls ? tls : plain,
      MHD_OPTION_END);
  if (!s->daemon) return error_set(err, ERR_INTERNAL, "libmicrohttpd does not start");
  return 0;
}

/* ---- Starting ---- */

/* A quarter is left to others when one address takes all it can: a reverse proxy is one address. */
static void set_limits(struct http_server *s) {
  const struct http_config *c = &s->config;
  struct rlimit files;
  int64_t timeout_us = (int64_t)(c->client_timeout_s ? c->client_timeout_s : CLIENT_TIMEOUT_S) * 1000000;
  s->transfer_us = timeout_us;
  s->head_us = timeout_us + timeout_us / 2;
  s->max_connections = c->max_connections ? c->max_connections : LIMIT_CONNECTIONS;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY) {
    uint64_t all = files.rlim_cur;
    uint64_t most = all > 4 * FILES_RESERVED ? all - FILES_RESERVED - LIMIT_CONNECTIONS_REFUSED : all / 2;
    if (s->max_connections > most) s->max_connections = (uint32_t)most;
  }
  s->max_per_address = s->max_connections - s->max_connections / 4;
}

static void init_locks(struct http_server *s) {
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->changed, &monotonic);
  pthread_cond_init(&s->watcher_wake, &monotonic);
  pthread_cond_init(&s->job_added, NULL);
  pthread_condattr_destroy(&monotonic);
}

static void free_server(struct http_server *s) {
  tls_close(s->tls);
  pthread_cond_destroy(&s->changed);
  pthread_cond_destroy(&s->watcher_wake);
  pthread_cond_destroy(&s->job_added);
  pthread_mutex_destroy(&s->lock);
  free(s->counters);
  free(s->by_address);
  free(s);
}

static void stop_watcher(struct http_server *s) {
  pthread_mutex_lock(&s->lock);
  s->watcher_stop = true;
  pthread_cond_signal(&s->watcher_wake);
  pthread_mutex_unlock(&s->lock);
  pthread_join(s->watcher, NULL);
}

static unsigned processors(void) {
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n < 2 ? 2 : n > 16 ? 16 : (unsigned)n;
}

int http_server_start(const struct http_config *config, struct http_server **out, struct error *err) {
  struct http_server *s = calloc(1, sizeof *s);
  if (!s) abort();
  s->config = *config;
  s->connections.next = s->connections.previous = &s->connections;
  s->counters = calloc(config->route_count + 2, sizeof *s->counters);
  s->by_address = calloc(ADDRESS_SLOTS, sizeof *s->by_address);
  if (!s->counters || !s->by_address) abort();
  set_limits(s);
  config->os->random(config->os->context, &s->boot_id, sizeof s->boot_id);
  init_locks(s);
  unsigned threads = config->network_threads ? config->network_threads : processors() > 4 ? 4 : processors();
  int fd = -1;
  int code = open_socket(config->listen, s->address, &fd, err);
  for (uint32_t i = 0; code == 0 && i < config->trusted_proxy_count; i++)
    code = proxies_add(&s->proxies, config->trusted_proxies[i], err);
  if (code == 0 && config->tls_cert) code = tls_open(config->os, config->tls_cert, config->tls_key, &s->tls, err);
  if (code == 0 && pthread_create(&s->watcher, NULL, watch_run, s)) code = error_set(err, ERR_BUSY, "no threads left");
  if (code) {
    if (fd >= 0) close(fd);
    free_server(s);
    return code;
  }
  code = workers_start(s, config->workers ? config->workers : 2 * processors());
  if (code == 0) code = start_daemon(s, fd, threads < 2 ? 2 : threads, err);
  if (code) {
    workers_stop(s);
    stop_watcher(s);
    close(fd);
    free_server(s);
    return code;
  }
  *out = s;
  return 0;
}

/* ---- Stopping ---- */

/* Waits until nothing is active (or, with only_suspended, nothing is suspended or streaming); false after the time. */
static bool wait_until_idle(struct http_server *s, bool only_suspended, unsigned ms) {
  struct timespec until = server_after_ms(s, ms);
  while (only_suspended ? s->suspended > 0 : s->active > 0)
    if (pthread_cond_timedwait(&s->changed, &s->lock, &until) == ETIMEDOUT) return false;
  return true;
}

static void cancel_all(struct http_server *s) {
  for (struct connection *c = s->connections.next; c != &s->connections; c = c->next)
    if (c->working_on) atomic_store(&c->working_on->cancelled, true);
}

void http_server_stop(struct http_server *s, unsigned grace_ms) {
  if (!s) return;
  atomic_store(&s->stopping, true);
  if (s->config.stopping) s->config.stopping(s->config.context);
  pthread_mutex_lock(&s->lock);
  if (!wait_until_idle(s, false, grace_ms)) cancel_all(s);
  /* From here nothing can suspend, and libmicrohttpd may only be stopped when nothing is suspended. What was queued
   * in the store is always answered, and cancelled work ends soon. */
  s->closed = true;
  while (!wait_until_idle(s, true, 500)) cancel_all(s);
  pthread_mutex_unlock(&s->lock);
  MHD_stop_daemon(s->daemon);
  pthread_mutex_lock(&s->lock);
  while (!wait_until_idle(s, false, 500)) cancel_all(s);
  assert(s->suspended == 0);
  pthread_mutex_unlock(&s->lock);
  workers_stop(s);
  stop_watcher(s);
  free_server(s);
}
