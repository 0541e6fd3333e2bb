/* The server over a store whose disk and clock the test rules: what clients see when the machine is in trouble. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/api.h"
#include "tests/test.h"

#define KEY "a-preset-operator-key"
#define EVENT                                                                                                        \
  "{\"tenant\":\"acme\",\"log\":\"admin\",\"occurred_at\":\"2026-01-01T00:00:00Z\",\"action\":\"update\",\"actor\":" \
  "{\"type\":\"user\",\"name\":\"jane\"}}"

static char folder[] = "/tmp/daybook-api-XXXXXX";
static struct os os;
static uint64_t free_bytes;
static bool syncs_fail;
static struct store *store;
static struct accounts *accounts;
static struct access *access_;
static struct api *api;
static struct http_server *server;
static char answer[1 << 20];

static int fake_free_bytes(void *context, const char *path, uint64_t *bytes_out) {
  (void)context, (void)path;
  *bytes_out = free_bytes;
  return 0;
}

static int fake_sync(void *context, struct os_file *file) {
  return syncs_fail ? ERR_IO : os_real()->sync(context, file);
}

static void start(void) {
  struct error err;
  char made[ACCOUNTS_TOKEN_TEXT_BYTES];
  error_clear(&err);
  ck_assert_ptr_nonnull(mkdtemp(folder));
  os = *os_real();
  os.free_bytes = fake_free_bytes;
  os.sync = fake_sync;
  free_bytes = UINT64_MAX;
  struct store_config store_config = {.dir = folder, .manual_background = true};
  ck_assert_msg(store_open(&os, &store_config, &store, &err) == 0, "%s", err.message);
  struct accounts_config accounts_config = {.dir = folder, .manual_background = true};
  ck_assert_msg(accounts_open(os_real(), &accounts_config, &accounts, &err) == 0, "%s", err.message);
  ck_assert_ok(access_open(&os, store, accounts, KEY, &access_, made, &err));
  api = api_new(&os, store, accounts, access_);
  struct http_config config = {.os = &os, .listen = "127.0.0.1:0"};
  api_configure(api, &config);
  ck_assert_msg(http_server_start(&config, &server, &err) == 0, "%s", err.message);
}

static int remove_entry(void *arg, const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", (const char *)arg, name);
  if (unlink(path) == 0) return 0;
  os_real()->list_dir(os_real()->context, path, remove_entry, path);
  return rmdir(path);
}

static void end(void) {
  http_server_stop(server, 1000);
  api_free(api);
  access_close(access_);
  accounts_close(accounts);
  store_close(store);
  os_real()->list_dir(os_real()->context, folder, remove_entry, folder);
  ck_assert_int_eq(rmdir(folder), 0);
}

static int dial(void) {
  struct sockaddr_in to = {.sin_family = AF_INET};
  unsigned port = 0;
  ck_assert_int_eq(sscanf(http_server_address(server), "127.0.0.1:%u", &port), 1);
  to.sin_port = htons((uint16_t)port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
  return fd;
}

static void tell(int fd, const char *text) { ck_assert_int_eq(send(fd, text, strlen(text), 0), (ssize_t)strlen(text)); }

/* Everything until the server closes; the status. */
static int listen_to(int fd) {
  size_t len = 0;
  ssize_t n;
  int status = 0;
  while (len < sizeof answer - 1 && (n = recv(fd, answer + len, sizeof answer - 1 - len, 0)) > 0) len += (size_t)n;
  answer[len] = '\0';
  close(fd);
  ck_assert_int_eq(sscanf(answer, "HTTP/1.1 %d", &status), 1);
  return status;
}

static int ask(const char *method, const char *path, const char *body) {
  char head[1024];
  int fd = dial();
  snprintf(head, sizeof head,
           "%s %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer " KEY
           "\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
           method, path, strlen(body));
  tell(fd, head);
  tell(fd, body);
  return listen_to(fd);
}

START_TEST(a_full_disk_refuses_writes_answers_reads_and_recovers) {
  start();
  ck_assert_int_eq(ask("POST", "/v1/events", EVENT), 201);
  free_bytes = 1000;
  int status = 0;
  for (int i = 0; i < 10000 && status != 507; i++)
    status = ask("POST", "/v1/events", EVENT); /* the disk is looked at now and then */
  ck_assert_int_eq(status, 507);
  ck_assert_ptr_nonnull(strstr(answer, "Retry-After: "));
  ck_assert_ptr_nonnull(strstr(answer, "urn:daybook:problem:disk-full"));
  ck_assert_ptr_null(strstr(answer, folder));
  ck_assert_int_eq(ask("GET", "/readyz", ""), 503);
  ck_assert_int_eq(ask("GET", "/healthz", ""), 200);
  ck_assert_int_eq(ask("GET", "/v1/events/acme:1", ""), 200);
  free_bytes = UINT64_MAX;
  ck_assert_int_eq(ask("POST", "/v1/events", EVENT), 201);
  ck_assert_int_eq(ask("GET", "/readyz", ""), 200);
  end();
}
END_TEST

START_TEST(a_failed_sync_answers_an_error_and_ends_writing_for_good) {
  start();
  ck_assert_int_eq(ask("POST", "/v1/events", EVENT), 201);
  syncs_fail = true;
  int status = ask("POST", "/v1/events", EVENT);
  ck_assert_msg(status == 500 || status == 503, "%d", status);
  ck_assert_ptr_null(strstr(answer, folder));
  syncs_fail = false;
  ck_assert_int_eq(ask("POST", "/v1/events", EVENT), 503);
  ck_assert_int_eq(ask("GET", "/readyz", ""), 503);
  ck_assert_int_eq(ask("GET", "/v1/events/acme:1", ""), 200);
  ck_assert_int_eq(ask("GET", "/v1/events/acme:2", ""), 404);
  end();
}
END_TEST

START_TEST(a_stop_answers_what_has_begun_and_closes_the_rest) {
  start();
  int idle = dial(), begun = dial();
  tell(begun, "POST /v1/events HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer " KEY
              "\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{");
  ck_assert_int_eq(ask("GET", "/healthz", ""), 200);
  end(); /* returns after its grace although one client never ends its request */
  char byte;
  ck_assert_int_le(recv(idle, &byte, 1, 0), 0);
  ck_assert_int_le(recv(begun, &byte, 1, 0), 0);
  close(idle);
  close(begun);
}
END_TEST

START_TEST(an_address_in_use_is_a_conflict_and_no_address_is_invalid) {
  static const char *const wrong[] = {
      "", "x", ":1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999999", "[::1:1", "1.2.3:4:5", "host.invalid:1"};
  struct http_config config = {.os = &os};
  struct http_server *second;
  start();
  api_configure(api, &config);
  config.listen = http_server_address(server);
  struct error err;
  error_clear(&err);
  ck_assert_int_eq(http_server_start(&config, &second, &err), ERR_CONFLICT);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    config.listen = wrong[i];
    error_clear(&err);
    ck_assert_msg(http_server_start(&config, &second, &err) == ERR_INVALID, "\"%s\"", wrong[i]);
  }
  end();
}
END_TEST

TEST_MAIN("server", a_full_disk_refuses_writes_answers_reads_and_recovers,
          a_failed_sync_answers_an_error_and_ends_writing_for_good, a_stop_answers_what_has_begun_and_closes_the_rest,
          an_address_in_use_is_a_conflict_and_no_address_is_invalid)
