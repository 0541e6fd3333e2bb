/* http_load: the benchmark's HTTP client, made to cost the server's machine as little as possible.
 *
 *   http_load batches PORT FILE BATCH CONNECTIONS   posts the lines of an NDJSON file, BATCH per request
 *   http_load singles PORT FILE COUNT CLIENTS       posts COUNT lines as one event each from CLIENTS connections
 *   http_load ask PORT TIMES OUT                    reads paths from stdin; asks each TIMES, writes the last body to
 * OUT.N http_load fdatasync DIR COUNT                   times COUNT times writing 4 KiB and fdatasync
 *
 * The key is $DAYBOOK_KEY. Prints one JSON object (ask: one per path). Any answer but 200 or 201 ends it. batches has a
 * thread per connection; singles serves all connections from one thread, each of which always has a request under way:
 * many threads that sleep and wake for every answer would take more of the processors than the server that is
 * measured. A time ends when the whole answer has been read. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_BYTES = 8192, RECEIVE_BYTES = 256 * 1024, PATH_BYTES = 4096, MAX_CLIENTS = 1024 };

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("http_load: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint64_t number(const char *text) {
  char *end;
  uint64_t value = strtoull(text, &end, 10);
  if (end == text || *end) die("%s is no number", text);
  return value;
}

/* ---- Times ---- */

static int by_size(const void *a, const void *b) {
  double x, y;
  memcpy(&x, a, sizeof x);
  memcpy(&y, b, sizeof y);
  return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t count, double q) {
  return count ? sorted[(size_t)(q * (double)(count - 1) + 0.5)] : 0;
}

static void print_times(double *ms, size_t count) {
  qsort(ms, count, sizeof *ms, by_size);
  printf("\"p50_ms\":%.4f,\"p90_ms\":%.4f,\"p99_ms\":%.4f,\"max_ms\":%.4f", quantile(ms, count, .5),
         quantile(ms, count, .9), quantile(ms, count, .99), quantile(ms, count, 1));
}

static double *new_times(size_t count) {
  double *ms = calloc(count ? count : 1, sizeof *ms);
  if (!ms) die("no memory");
  return ms;
}

/* ---- One connection ---- */

struct client {
  int fd;
  char received[RECEIVE_BYTES];
  size_t at, end; /* unread bytes of received */
  FILE *copy;     /* bodies are written there, or NULL */
  uint64_t body_bytes;
};

static struct client *client_new(uint16_t port) {
  struct client *c = calloc(1, sizeof *c);
  if (!c) die("no memory");
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int on = 1;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to)) die("connect: %s", strerror(errno));
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return c;
}

static void client_free(struct client *c) {
  close(c->fd);
  free(c);
}

static void send_all(struct client *c, const char *data, size_t len, int flags) {
  while (len > 0) {
    ssize_t n = send(c->fd, data, len, flags | MSG_NOSIGNAL);
    if (n < 0) die("send: %s", strerror(errno));
    data += n;
    len -= (size_t)n;
  }
}

static void receive(struct client *c) {
  ssize_t n = recv(c->fd, c->received, sizeof c->received, 0);
  if (n <= 0) die("the server ended the connection");
  c->at = 0;
  c->end = (size_t)n;
}

/* A line without its end, as a string. */
static void read_line(struct client *c, char line[HEAD_BYTES]) {
  size_t len = 0;
  for (;;) {
    if (c->at == c->end) receive(c);
    char byte = c->received[c->at++];
    if (byte == '\n') break;
    if (len + 1 == HEAD_BYTES) die("a line of the answer's head is too long");
    line[len++] = byte;
  }
  if (len > 0 && line[len - 1] == '\r') len--;
  line[len] = 0;
}

static void read_body(struct client *c, uint64_t len) {
  c->body_bytes += len;
  while (len > 0) {
    if (c->at == c->end) receive(c);
    size_t n = c->end - c->at < len ? c->end - c->at : (size_t)len;
    if (c->copy && fwrite(c->received + c->at, 1, n, c->copy) != n) die("write: %s", strerror(errno));
    c->at += n;
    len -= n;
  }
}

static void read_chunks(struct client *c) {
  char line[HEAD_BYTES];
  for (;;) {
    read_line(c, line);
    uint64_t len = strtoull(line, NULL, 16);
    if (len == 0) break;
    read_body(c, len);
    read_line(c, line);
  }
  do read_line(c, line); /* trailers */
  while (line[0]);
}

static bool begins(const char *line, const char *name) { return strncasecmp(line, name, strlen(name)) == 0; }

/* Reads an answer whole; anything but success ends the program. */
static void read_answer(struct client *c, const char *what) {
  char line[HEAD_BYTES];
  uint64_t len = 0;
  bool chunked = false;
  read_line(c, line);
  unsigned long status = strlen(line) > 9 ? strtoul(line + 9, NULL, 10) : 0;
  for (read_line(c, line); line[0]; read_line(c, line)) {
    if (begins(line, "Content-Length:")) len = strtoull(line + 15, NULL, 10);
    if (begins(line, "Transfer-Encoding:")) chunked = true;
  }
  if (status != 200 && status != 201) c->copy = stderr;
  c->body_bytes = 0;
  if (chunked)
    read_chunks(c);
  else
    read_body(c, len);
  if (status != 200 && status != 201) die("\n%s was answered %lu", what, status);
}

/* Sends without waiting for the answer. */
static void send_post(struct client *c, const char *media, const char *body, size_t len) {
  char head[HEAD_BYTES];
  int n = snprintf(head, sizeof head,
                   "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\n"
                   "Content-Length: %zu\r\n\r\n",
                   getenv("DAYBOOK_KEY"), media, len);
  if (n < 0 || n >= HEAD_BYTES) die("the key is too long");
  struct iovec parts[2] = {{head, (size_t)n}, {(void *)(uintptr_t)body, len}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  ssize_t sent = sendmsg(c->fd, &message, MSG_NOSIGNAL);
  if (sent < 0) die("send: %s", strerror(errno));
  size_t at = (size_t)sent;
  if (at < (size_t)n) send_all(c, head + at, (size_t)n - at, MSG_MORE);
  at = at > (size_t)n ? at - (size_t)n : 0;
  send_all(c, body + at, len - at, 0);
}

/* ---- Loading ---- */

struct piece {
  const char *data;
  size_t len;
};

struct load {
  uint16_t port;
  const char *media;
  struct piece *pieces; /* bodies, in order */
  size_t count;
  atomic_size_t next;
  double *ms; /* of each */
};

static struct piece map_file(const char *path) {
  struct stat st;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &st)) die("%s: %s", path, strerror(errno));
  char *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  if (data == MAP_FAILED) die("%s: %s", path, strerror(errno));
  close(fd);
  return (struct piece){data, (size_t)st.st_size};
}

/* Cuts the file into pieces of `lines` lines, at most `most` of them. */
static void cut(struct load *l, struct piece file, uint64_t lines, uint64_t most, uint64_t *lines_out) {
  size_t capacity = 1024, at = 0;
  l->pieces = calloc(capacity, sizeof *l->pieces);
  while (l->pieces && at < file.len && l->count < most) {
    size_t end = at;
    for (uint64_t i = 0; i < lines && end < file.len; i++) {
      const char *newline = memchr(file.data + end, '\n', file.len - end);
      end = newline ? (size_t)(newline - file.data) + 1 : file.len;
      ++*lines_out;
    }
    if (l->count == capacity) l->pieces = realloc(l->pieces, (capacity *= 2) * sizeof *l->pieces);
    if (l->pieces) l->pieces[l->count++] = (struct piece){file.data + at, end - at};
    at = end;
  }
  if (!l->pieces) die("no memory");
}

static void *run_client(void *arg) {
  struct load *l = arg;
  struct client *c = client_new(l->port);
  for (size_t i = atomic_fetch_add(&l->next, 1); i < l->count; i = atomic_fetch_add(&l->next, 1)) {
    double begun = now_ms();
    send_post(c, l->media, l->pieces[i].data, l->pieces[i].len);
    read_answer(c, "a POST");
    l->ms[i] = now_ms() - begun;
  }
  client_free(c);
  return NULL;
}

static void run_threads(struct load *l, uint64_t clients) {
  static pthread_t threads[MAX_CLIENTS];
  for (uint64_t i = 0; i < clients; i++)
    if (pthread_create(&threads[i], NULL, run_client, l)) die("no thread");
  for (uint64_t i = 0; i < clients; i++) pthread_join(threads[i], NULL);
}

/* One of many connections of a thread. */
struct caller {
  struct client *client;
  size_t piece;
  double begun;
};

/* Sends the next piece; false where there is none. */
static bool call_next(struct load *l, struct caller *c) {
  c->piece = l->next++;
  if (c->piece >= l->count) return false;
  c->begun = now_ms();
  send_post(c->client, l->media, l->pieces[c->piece].data, l->pieces[c->piece].len);
  return true;
}

static void run_callers(struct load *l, uint64_t clients) {
  static struct caller callers[MAX_CLIENTS];
  struct epoll_event ready[MAX_CLIENTS];
  size_t waiting = 0;
  int poll = epoll_create1(EPOLL_CLOEXEC);
  if (poll < 0) die("epoll: %s", strerror(errno));
  for (uint64_t i = 0; i < clients; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &callers[i]};
    callers[i].client = client_new(l->port);
    if (epoll_ctl(poll, EPOLL_CTL_ADD, callers[i].client->fd, &event)) die("epoll: %s", strerror(errno));
    waiting += call_next(l, &callers[i]);
  }
  while (waiting > 0) {
    int count = epoll_wait(poll, ready, MAX_CLIENTS, -1);
    for (int i = 0; i < count; i++) {
      struct caller *c = ready[i].data.ptr;
      read_answer(c->client, "a POST");
      l->ms[c->piece] = now_ms() - c->begun;
      waiting -= !call_next(l, c);
    }
  }
  for (uint64_t i = 0; i < clients; i++) client_free(callers[i].client);
  close(poll);
}

static int run_load(struct load *l, uint64_t events, uint64_t clients, void (*run)(struct load *l, uint64_t clients)) {
  if (clients == 0 || clients > MAX_CLIENTS) die("1 to %d clients", MAX_CLIENTS);
  l->ms = new_times(l->count);
  double begun = now_ms();
  run(l, clients);
  double seconds = (now_ms() - begun) / 1e3;
  printf("{\"events\":%llu,\"requests\":%zu,\"seconds\":%.4f,\"events_per_s\":%.1f,", (unsigned long long)events,
         l->count, seconds, (double)events / seconds);
  print_times(l->ms, l->count);
  printf("}\n");
  free(l->ms);
  free(l->pieces);
  return 0;
}

static int load_batches(char **argv) {
  struct load l = {.port = (uint16_t)number(argv[2]), .media = "application/x-ndjson"};
  uint64_t events = 0;
  cut(&l, map_file(argv[3]), number(argv[4]), UINT64_MAX, &events);
  return run_load(&l, events, number(argv[5]), run_threads);
}

static int load_singles(char **argv) {
  struct load l = {.port = (uint16_t)number(argv[2]), .media = "application/json"};
  uint64_t events = 0;
  cut(&l, map_file(argv[3]), 1, number(argv[4]), &events);
  return run_load(&l, events, number(argv[5]), run_callers);
}

/* ---- Asking ---- */

static void get(struct client *c, const char *path) {
  char head[HEAD_BYTES];
  int n = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", path,
                   getenv("DAYBOOK_KEY"));
  if (n < 0 || n >= HEAD_BYTES) die("the path is too long");
  send_all(c, head, (size_t)n, 0);
  read_answer(c, path);
}

/* The first time is told apart: what it needs may not be in memory yet. */
static void ask_path(struct client *c, const char *path, uint64_t times, const char *out, unsigned index) {
  char name[PATH_BYTES];
  double *ms = new_times(times), first = 0;
  snprintf(name, sizeof name, "%s.%u", out, index);
  for (uint64_t i = 0; i <= times; i++) {
    if (i == times) c->copy = fopen(name, "wb");
    if (i == times && !c->copy) die("%s: %s", name, strerror(errno));
    double begun = now_ms();
    get(c, path);
    if (i == 0) first = now_ms() - begun;
    if (i > 0) ms[i - 1] = now_ms() - begun;
  }
  fclose(c->copy);
  c->copy = NULL;
  printf("{\"first_ms\":%.4f,\"bytes\":%llu,", first, (unsigned long long)c->body_bytes);
  print_times(ms, times);
  printf("}\n");
  fflush(stdout);
  free(ms);
}

static int ask(char **argv) {
  char path[PATH_BYTES];
  struct client *c = client_new((uint16_t)number(argv[2]));
  uint64_t times = number(argv[3]);
  for (unsigned index = 0; fgets(path, sizeof path, stdin); index++) {
    path[strcspn(path, "\n")] = 0;
    ask_path(c, path, times, argv[4], index);
  }
  client_free(c);
  return 0;
}

/* ---- The disk ---- */

static int time_fdatasync(char **argv) {
  static const char block[4096] = "daybook";
  char name[PATH_BYTES];
  size_t count = number(argv[3]);
  double *ms = new_times(count);
  snprintf(name, sizeof name, "%s/fdatasync", argv[2]);
  int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || posix_fallocate(fd, 0, (off_t)(count * sizeof block))) die("%s: %s", name, strerror(errno));
  for (size_t i = 0; i < count; i++) {
    double begun = now_ms();
    if (pwrite(fd, block, sizeof block, (off_t)(i * sizeof block)) != (ssize_t)sizeof block || fdatasync(fd))
      die("%s: %s", name, strerror(errno));
    ms[i] = now_ms() - begun;
  }
  close(fd);
  unlink(name);
  printf("{");
  print_times(ms, count);
  printf("}\n");
  free(ms);
  return 0;
}

int main(int argc, char **argv) {
  const char *verb = argc > 1 ? argv[1] : "";
  if (strcmp(verb, "fdatasync") == 0 && argc == 4) return time_fdatasync(argv);
  if (!getenv("DAYBOOK_KEY")) die("DAYBOOK_KEY is not set");
  if (strcmp(verb, "batches") == 0 && argc == 6) return load_batches(argv);
  if (strcmp(verb, "singles") == 0 && argc == 6) return load_singles(argv);
  if (strcmp(verb, "ask") == 0 && argc == 5) return ask(argv);
  die("usage: see the head of bench/http_load.c");
}
