/* `daybook serve`: opens the store, starts the server, waits for a signal, stops both. */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/access.h"
#include "api/api.h"
#include "base/instant.h"
#include "cli/cli.h"
#include "daemon/daemon.h"
#include "daemon/demo.h"
#include "daemon/demo_accounts.h"
#include "daemon/outside.h"
#include "daemon/places.h"

enum {
  MAX_PROXIES = 64,
  STOP_GRACE_MS = 10000,
  MALLOC_ARENAS = 2, /* docs/decisions/0011 */
};

struct options {
  const char *tls_cert, *tls_key, *proxies[MAX_PROXIES];
  uint32_t proxy_count;
  const char *data, *listen, *backup_dir;
  uint32_t max_connections, client_timeout_s; /* 0: the server's own */
  uint32_t query_timeout_ms, query_memory_mib, export_keep_h;
  const char *geo[GEO_FILES];
  unsigned geo_count;
  uint32_t session_idle_min, session_max_h;
  struct outside_options outside;
  bool demo, listen_given, help;
};

struct service {
  const struct os *os;
  struct options options;
  struct store *store;
  struct accounts *accounts;
  struct access *access;
  struct outside outside;
  struct places *places; /* NULL: no geo database was given */
  struct api *api;
  struct http_server *server;
  struct demo_live *live;                /* NULL: no demonstration */
  struct demo_passwords passwords;       /* to be shown, of the demonstration */
  char key[ACCESS_KEY_MAX_BYTES + 1];    /* to be shown once; empty: none */
  char setup[ACCOUNTS_TOKEN_TEXT_BYTES]; /* of the link by which the first operator is made; empty: there is one */
};

static const char help[] =
    "Usage: daybook serve [--data DIR] [--listen ADDRESS:PORT] [--backup-dir DIR] [--geo FILE]... [--demo]\n"
    "                     [TLS] [LIMITS]\n"
    "\n"
    "Runs the Daybook server until SIGTERM or SIGINT.\n"
    "\n"
    "  --data DIR             the data folder, made where absent (DAYBOOK_DATA; else ./daybook-data)\n"
    "  --listen ADDRESS:PORT  where to listen (DAYBOOK_LISTEN; else %s); port 0: a free one;\n"
    "                         IPv6 as [::1]:8642\n"
    "  --backup-dir DIR       lets `daybook backup NAME` write DIR/NAME on this machine (DAYBOOK_BACKUP_DIR);\n"
    "                         without it backups over HTTP are refused\n"
    "  --geo FILE             adds country, region and city of source.ip to events, from a database in MaxMind's\n"
    "                         format (.mmdb); up to four, asked in turn; a replaced file is noticed within seconds\n"
    "  --oidc FILE            lets people log in through the identity providers that this file describes\n"
    "                         (docs/sign-in.md); SIGHUP reads it anew\n"
    "  --smtp-url URL         smtp://HOST:PORT or smtps://HOST, with USER:PASSWORD@ where needed (better in\n"
    "                         DAYBOOK_SMTP_URL): sends codes by mail as a second factor\n"
    "  --mail-from ADDRESS    the sender of that mail\n"
    "  --demo                 loads demonstration data into an empty data folder, adds to it while it runs, and shows\n"
    "                         what to try; the operator key and the passwords it prints are new at every start\n"
    "  --help                 this text\n"
    "\n"
    "TLS and proxies:\n"
    "  --tls-cert FILE        a certificate with its chain, PEM; TLS 1.2 and 1.3. SIGHUP reads both files anew\n"
    "  --tls-key FILE         its private key, PEM, without a password\n"
    "  --trusted-proxy NET    an address or network (10.0.0.0/8) of reverse proxies; their X-Forwarded-For and\n"
    "                         X-Forwarded-Proto are believed, nobody else's. Any number of times\n"
    "\n"
    "Limits:\n"
    "  --max-connections N    open connections (16384; fewer where the system allows fewer open files)\n"
    "  --client-timeout-s N   seconds that a client may take to send a request's head, or a body or to read an\n"
    "                         answer beyond a second per 4 KiB (60)\n"
    "  --query-timeout-ms N   milliseconds after which a query other than an export ends with 504 (30000)\n"
    "  --query-memory-mib N   memory for the distinct values a query counts, in MiB (512)\n"
    "  --export-keep-h N      hours for which the files of finished export jobs are kept (168)\n"
    "  --session-idle-min N   minutes without a request after which a session ends (720)\n"
    "  --session-max-h N      hours after which a session ends in any case (168)\n"
    "\n"
    "Environment:\n"
    "  DAYBOOK_OPERATOR_KEY   presets the operator key (16 to 256 printable characters; use a random one);\n"
    "                         replaces the one there is, should that be lost\n"
    "  DAYBOOK_CORE_DUMPS     1 allows core dumps and debuggers; they hold events and are off otherwise\n"
    "\n"
    "At the first start the operator key is printed once; only its hash is kept. Until somebody is an operator,\n"
    "each start prints a link by which the first one sets a login and a password.\n";

static const char *default_listen(void) { return &CLI_DEFAULT_URL[sizeof "http://" - 1]; }

void daemon_log(void *unused, enum http_level level, const char *text) {
  (void)unused;
  char when[INSTANT_TEXT_BYTES];
  if (level != HTTP_LOG_ERROR && !getenv("DAYBOOK_VERBOSE")) return;
  instant_format(os_now_us(os_real()), 3, when);
  fprintf(stderr, "%s %s %s\n", when, level == HTTP_LOG_ERROR ? "error" : "info", text);
}

static int fail(const struct error *err, int code) {
  fprintf(stderr, "daybook: %s\n", err->message[0] ? err->message : error_text(code));
  return error_exit_status(code);
}

/* ---- Options ---- */

/* Takes "--name VALUE" or "--name=VALUE" at argv[*at]; false where it is another option. */
static bool take_value(int argc, char **argv, int *at, const char *name, const char **out, struct error *err) {
  size_t len = strlen(name);
  if (strncmp(argv[*at], name, len) != 0) return false;
  if (argv[*at][len] == '=') {
    *out = argv[*at] + len + 1;
    return true;
  }
  if (argv[*at][len]) return false;
  if (*at + 1 < argc)
    *out = argv[++*at];
  else
    error_set(err, ERR_INVALID, "serve: %s needs a value", name);
  return true;
}

static const char *demo_folder(void) {
  struct stat s;
  return stat("build", &s) == 0 && S_ISDIR(s.st_mode) ? "build/demo-data" : "daybook-demo";
}

/* "--name N", a whole number from 1 to most. */
static bool take_number(int argc, char **argv, int *at, const char *name, uint32_t most, uint32_t *out,
                        struct error *err) {
  const char *text = NULL;
  char *end;
  if (!take_value(argc, argv, at, name, &text, err)) return false;
  if (!text) return true;
  errno = 0;
  unsigned long value = strtoul(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end || errno || value < 1 || value > most)
    error_set(err, ERR_INVALID, "serve: %s must be a whole number from 1 to %u", name, most);
  else
    *out = (uint32_t)value;
  return true;
}

static bool take_limit(int argc, char **argv, int *at, struct options *o, struct error *err) {
  return take_number(argc, argv, at, "--max-connections", 1000000, &o->max_connections, err) ||
         take_number(argc, argv, at, "--client-timeout-s", 3600, &o->client_timeout_s, err) ||
         take_number(argc, argv, at, "--query-timeout-ms", 3600000, &o->query_timeout_ms, err) ||
         take_number(argc, argv, at, "--query-memory-mib", 65536, &o->query_memory_mib, err) ||
         take_number(argc, argv, at, "--session-idle-min", 525600, &o->session_idle_min, err) ||
         take_number(argc, argv, at, "--session-max-h", 8760, &o->session_max_h, err) ||
         take_number(argc, argv, at, "--export-keep-h", 8760, &o->export_keep_h, err);
}

static bool take_outside(int argc, char **argv, int *at, struct outside_options *o, struct error *err) {
  return take_value(argc, argv, at, "--oidc", &o->oidc, err) ||
         take_value(argc, argv, at, "--smtp-url", &o->smtp_url, err) ||
         take_value(argc, argv, at, "--mail-from", &o->mail_from, err);
}

/* "--geo FILE", several times. */
static bool take_geo(int argc, char **argv, int *at, struct options *o, struct error *err) {
  const char *path = NULL;
  if (!take_value(argc, argv, at, "--geo", &path, err)) return false;
  if (path && o->geo_count == GEO_FILES)
    error_set(err, ERR_INVALID, "serve: --geo may be given %d times at most", GEO_FILES);
  else if (path)
    o->geo[o->geo_count++] = path;
  return true;
}

/* "--trusted-proxy NETWORK", any number of times. */
static bool take_proxy(int argc, char **argv, int *at, struct options *o, struct error *err) {
  const char *text = NULL;
  if (!take_value(argc, argv, at, "--trusted-proxy", &text, err)) return false;
  if (text && o->proxy_count == MAX_PROXIES)
    error_set(err, ERR_INVALID, "serve: --trusted-proxy can be given %d times at most", MAX_PROXIES);
  else if (text)
    o->proxies[o->proxy_count++] = text;
  return true;
}

static bool take_tls(int argc, char **argv, int *at, struct options *o, struct error *err) {
  return take_value(argc, argv, at, "--tls-cert", &o->tls_cert, err) ||
         take_value(argc, argv, at, "--tls-key", &o->tls_key, err) || take_proxy(argc, argv, at, o, err);
}

static int parse_options(int argc, char **argv, struct options *o, struct error *err) {
  const char *listen_text = getenv("DAYBOOK_LISTEN");
  o->data = getenv("DAYBOOK_DATA");
  o->backup_dir = getenv("DAYBOOK_BACKUP_DIR");
  o->session_max_h = LIMIT_SESSION_S / 3600;
  o->query_timeout_ms = LIMIT_QUERY_DEADLINE_MS;
  o->query_memory_mib = LIMIT_QUERY_MEMORY_BYTES >> 20;
  for (int i = 1; i < argc && err->code == 0; i++) {
    if (strcmp(argv[i], "--demo") == 0)
      o->demo = true;
    else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
      o->help = true;
    else if (!take_value(argc, argv, &i, "--data", &o->data, err) &&
             !take_value(argc, argv, &i, "--listen", &listen_text, err) &&
             !take_value(argc, argv, &i, "--backup-dir", &o->backup_dir, err) && !take_geo(argc, argv, &i, o, err) &&
             !take_tls(argc, argv, &i, o, err) && !take_outside(argc, argv, &i, &o->outside, err) &&
             !take_limit(argc, argv, &i, o, err))
      error_set(err, ERR_INVALID, "serve: unknown argument \"%s\"; see daybook serve --help", argv[i]);
  }
  if (!o->tls_cert != !o->tls_key && err->code == 0)
    error_set(err, ERR_INVALID, "serve: --tls-cert and --tls-key belong together");
  o->listen_given = listen_text != NULL;
  o->listen = listen_text ? listen_text : default_listen();
  if (!o->data) o->data = o->demo ? demo_folder() : "daybook-data";
  return err->code;
}

/* ---- The process ---- */

static void prepare_process(sigset_t *signals_out) {
  struct rlimit files;
  umask(077);
  (void)mallopt(M_ARENA_MAX, MALLOC_ARENAS); /* where it cannot be set, memory is only less tight */
  (void)signal(SIGPIPE, SIG_IGN);
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
#ifndef __SANITIZE_ADDRESS__ /* its leak checker attaches like a debugger */
  const char *dumps = getenv("DAYBOOK_CORE_DUMPS");
  if (!dumps || strcmp(dumps, "1") != 0) prctl(PR_SET_DUMPABLE, 0);
#endif
  /* Blocked before any thread is made, so that only the wait below takes them. */
  sigemptyset(signals_out);
  sigaddset(signals_out, SIGTERM);
  sigaddset(signals_out, SIGINT);
  sigaddset(signals_out, SIGHUP);
  pthread_sigmask(SIG_BLOCK, signals_out, NULL);
}

static int open_access(struct service *s, struct error *err) {
  const char *preset = getenv("DAYBOOK_OPERATOR_KEY");
  char made[ACCOUNTS_TOKEN_TEXT_BYTES];
  if (preset) {
    int code = access_open(s->os, s->store, s->accounts, preset, &s->access, made, err);
    if (code == 0 && s->options.demo) snprintf(s->key, sizeof s->key, "%s", preset);
    unsetenv("DAYBOOK_OPERATOR_KEY");
    return code;
  }
  if (s->options.demo) { /* the commands to try need a key, and no key can be shown twice */
    char fresh[ACCOUNTS_TOKEN_TEXT_BYTES];
    access_make_key(s->os, fresh);
    snprintf(s->key, sizeof s->key, "%s", fresh);
    return access_open(s->os, s->store, s->accounts, fresh, &s->access, made, err);
  }
  int code = access_open(s->os, s->store, s->accounts, NULL, &s->access, made, err);
  if (code == 0) snprintf(s->key, sizeof s->key, "%s", made);
  return code;
}

/* Until somebody is an operator each start prints a link that makes one; only its hash is kept, the last one counts.
 * On a full disk there is none: reading goes on. */
static int make_setup_link(struct service *s, struct error *err) {
  bool has_operator;
  int code = accounts_has_operator(s->accounts, &has_operator, err);
  if (code || has_operator) return code;
  code = accounts_make_link(s->accounts, slice_of("", 0), LINK_SETUP, SLICE("serve"), s->setup, err);
  if (code != ERR_DISK_FULL) return code;
  error_clear(err);
  s->setup[0] = '\0';
  return 0;
}

static int start_server(struct service *s, struct error *err) {
  struct http_config config = {.os = s->os,
                               .listen = s->options.listen,
                               .log = daemon_log,
                               .max_connections = s->options.max_connections,
                               .client_timeout_s = s->options.client_timeout_s,
                               .tls_cert = s->options.tls_cert,
                               .tls_key = s->options.tls_key,
                               .trusted_proxies = s->options.proxies,
                               .trusted_proxy_count = s->options.proxy_count};
  s->api = api_new(s->os, s->store, s->accounts, s->access);
  if (s->places) api_set_geo(s->api, places_geo(s->places));
  api_set_backup_dir(s->api, s->options.backup_dir);
  api_set_query_limits(s->api, s->options.query_timeout_ms, (uint64_t)s->options.query_memory_mib << 20);
  const struct sign_in_config sign_in = {
      .session_us = s->options.session_max_h * INT64_C(3600000000), .oidc = s->outside.oidc, .mail = s->outside.mail};
  api_set_sign_in(s->api, &sign_in);
  api_configure(s->api, &config);
  config.assets = daemon_assets;
  config.asset_count = daemon_asset_count;
  int code = api_start(s->api, s->options.data, s->options.export_keep_h, err);
  if (code) return code;
  code = http_server_start(&config, &s->server, err);
  if (code == ERR_CONFLICT && (!s->options.demo || s->options.listen_given)) {
    error_clear(err);
    return error_set(err, code, "cannot listen on %s: another program (or daybook) does; --listen names another port",
                     s->options.listen);
  }
  if (code != ERR_CONFLICT) return code;
  printf("%s is taken; a free port is used instead.\n", s->options.listen);
  error_clear(err);
  config.listen = "127.0.0.1:0";
  return http_server_start(&config, &s->server, err);
}

static const char *scheme(const struct service *s) { return s->options.tls_cert ? "https" : "http"; }

static void print_logins(const struct service *s) {
  const struct demo_passwords *p = &s->passwords;
  printf("\nTo look around, open %s://%s in a browser and log in as %s with the password %s\n", scheme(s),
         http_server_address(s->server), DEMO_LOGIN, p->operator_password);
  if (!p->persons_password[0]) return;
  printf("\nOr see what others see; each of these has the password %s\n", p->persons_password);
  for (unsigned i = 0; i < DEMO_PERSONS; i++)
    if (p->has_person[i]) printf("  %-11s %s\n", demo_person_logins[i].login, demo_person_logins[i].who);
}

static void print_demo(const struct service *s) {
  const char *address = http_server_address(s->server);
  print_logins(s);
  printf(
      "\nIt holds three months of demonstration data, and more comes in while it runs. Three things to try in another "
      "terminal:\n\n"
      "  export DAYBOOK_URL=%s://%s DAYBOOK_KEY=%s\n\n"
      "1. Record an event:\n"
      "  curl -sS $DAYBOOK_URL/v1/events -H \"Authorization: Bearer $DAYBOOK_KEY\" -H 'Content-Type: application/json' "
      "\\\n"
      "    -d '{\"tenant\":\"acme/eu\",\"log\":\"admin\",\"occurred_at\":\"'$(date -u "
      "+%%FT%%TZ)'\",\"action\":\"update\","
      "\"activity\":\"Call Queue Updated\",\"actor\":{\"type\":\"user\",\"name\":\"jane.doe\"},"
      "\"target\":{\"type\":\"call_queue\",\"name\":\"Support EU\"},"
      "\"changes\":[{\"field\":\"ring_timeout\",\"old\":20,\"new\":45}]}'\n"
      "2. Find it:\n"
      "  curl -sS -G $DAYBOOK_URL/v1/events -H \"Authorization: Bearer $DAYBOOK_KEY\" "
      "--data-urlencode 'q=actor:jane.doe changes.field:ring_timeout' -d limit=3\n"
      "3. Failed logins on the command line:\n"
      "  build/daybook search 'action:login outcome:failure'\n\n"
      "Stop with Ctrl-C.\n",
      scheme(s), address, s->key);
}

static void announce_key(const struct service *s) {
  if (s->key[0]) printf("Operator key%s: %s\n", s->options.demo ? "" : " (shown once, keep it)", s->key);
}

static void announce(const struct service *s) {
  printf("Daybook is listening on %s://%s\n", scheme(s), http_server_address(s->server));
  announce_key(s);
  if (s->setup[0])
    printf("Set up the first operator (once, within 7 days): %s://%s/setup#token=%s\n", scheme(s),
           http_server_address(s->server), s->setup);
  if (s->options.demo) print_demo(s);
  fflush(stdout);
}

static int load_demo(struct service *s, struct error *err) {
  uint32_t added = 0;
  if (!s->options.demo) return 0;
  int code = demo_load(s->os, s->store, s->accounts, &added, err);
  if (code == 0) code = demo_accounts_admit(s->os, s->accounts, &s->passwords, err);
  if (added > 0) printf("%u demonstration events were recorded in %s.\n", added, s->options.data);
  return code;
}

static void stop(struct service *s) {
  demo_live_stop(s->live);
  if (s->server) http_server_stop(s->server, STOP_GRACE_MS);
  api_free(s->api);
  access_close(s->access);
  accounts_close(s->accounts);
  places_close(s->places);
  outside_close(&s->outside);
  store_close(s->store);
}

static int start(struct service *s, struct error *err) {
  struct store_config config = {.dir = s->options.data};
  struct accounts_config accounts_config = {.dir = s->options.data,
                                            .session_idle_us = s->options.session_idle_min * INT64_C(60000000)};
  int code = store_open(s->os, &config, &s->store, err);
  if (code == 0) code = accounts_open(s->os, &accounts_config, &s->accounts, err);
  if (code == 0) code = outside_open(s->os, &s->options.outside, &s->outside, err);
  if (code == 0 && s->options.geo_count > 0)
    code = places_open(s->os, s->options.geo, s->options.geo_count, s->options.data, &s->places, err);
  if (code == 0) code = open_access(s, err);
  if (code == 0) code = load_demo(s, err);
  if (code == 0) code = make_setup_link(s, err);
  if (code == 0) code = start_server(s, err);
  if (code == 0 && s->options.demo) s->live = demo_live_start(s->os, s->store);
  return code;
}

/* Until SIGTERM or SIGINT; SIGHUP reads the certificate and the identity providers anew. */
static void wait_for_end(struct service *s, const sigset_t *signals) {
  int received;
  while (sigwait(signals, &received) == 0 && received == SIGHUP) {
    struct error err;
    char line[ERROR_MESSAGE_BYTES + 64];
    error_clear(&err);
    int code = http_server_reload(s->server, &err);
    if (code) snprintf(line, sizeof line, "the certificate stays as it was: %s", err.message);
    daemon_log(NULL, code ? HTTP_LOG_ERROR : HTTP_LOG_INFO, code ? line : "the certificate was read anew");
    outside_reload(&s->outside);
  }
}

int serve_main(int argc, char **argv) {
  struct service s = {.os = os_real()};
  struct error err;
  sigset_t signals;
  error_clear(&err);
  int code = parse_options(argc, argv, &s.options, &err);
  if (code) return fail(&err, code);
  if (s.options.help) {
    printf(help, default_listen());
    return 0;
  }
  prepare_process(&signals);
  code = start(&s, &err);
  if (code == 0) {
    announce(&s);
    explicit_bzero(s.key, sizeof s.key);
    explicit_bzero(s.setup, sizeof s.setup);
    explicit_bzero(&s.passwords, sizeof s.passwords);
    wait_for_end(&s, &signals);
    /* A second signal ends the process at once; what was answered is on disk in any case. */
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
  }
  if (code && !s.options.demo) announce_key(&s); /* it is stored already, and would never be shown again */
  stop(&s);
  return code ? fail(&err, code) : 0;
}
