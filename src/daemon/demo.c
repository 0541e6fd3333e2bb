/* Demonstration data: a month of five tenants, all five logs, made from a few tables by a fixed pseudo-random sequence
 * and recorded through the ordinary way in. */
#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "daemon/daemon.h"
#include "event/event.h"

enum { DEMO_EVENTS = 600, DEMO_DAYS = 30, DEMO_BYTES = 2 * 1024 * 1024 };

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char *const tenants[] = {"acme", "acme/eu", "acme/eu/sales", "globex", "initech/us"};
static const char *const domains[] = {"acme.example", "eu.acme.example", "sales.acme.example", "globex.example",
                                      "initech.example"};
static const struct {
  const char *name, *display;
} people[] = {{"jane.doe", "Jane Doe"},   {"john.smith", "John Smith"}, {"mira.b", "Mira Beltre"},
              {"sven.k", "Sven Krüger"},  {"aiko.t", "Aiko Tanaka"},    {"omar.h", "Omar Haddad"},
              {"lena.p", "Lena Petrova"}, {"carlos.r", "Carlos Ruiz"}};
static const struct {
  const char *action, *activity, *product, *category, *type, *name, *field, *old_value, *new_value;
} changes[] = {
    {"update", "Call Queue Updated", "Voice", "Telephony", "call_queue", "Support EU", "ring_timeout", "20", "45"},
    {"update", "Role Changed", "Platform", "Users", "user", "john.smith", "role", "\"agent\"", "\"admin\""},
    {"create", "API Key Created", "Platform", "Security", "api_key", "billing-export", "scope", "null", "\"read\""},
    {"delete", "Contact Deleted", "Email API", "Contact", "contact", "kim@customer.example", "status", "\"active\"",
     "null"},
    {"update", "Template Updated", "WhatsApp", "Template", "template", "order_shipped", "body", "\"Hi {{1}}\"",
     "\"Hello {{1}}, it is on its way\""},
    {"activate", "Campaign Started", "Email API", "Campaigns", "campaign", "Spring Sale", "status", "\"draft\"",
     "\"running\""},
    {"delete", "Route Removed", "Voice", "Telephony", "route", "trunk-provider-1", "priority", "10", "null"},
    {"update", "Password Policy Changed", "Platform", "Settings", "settings", "password policy", "min_length", "8",
     "12"},
};
static const char *const addresses[] = {"203.0.113.4", "203.0.113.77", "198.51.100.23", "2001:db8:17::5", "192.0.2.10"};
static const char *const gateways[] = {"gw-eu-1", "gw-us-1", "smpp-direct"};
static const char *const urls[] = {"/v2/messages", "/v2/contacts", "/v2/queues/q12", "/v2/reports"};

struct demo {
  uint64_t state; /* of the sequence */
  int64_t now_us;
  struct buffer json;
  struct store_batch batch;
};

/* SplitMix64 (Steele, Lea, Flood 2014): the same events at every start. */
static uint32_t next_below(struct demo *d, uint32_t bound) {
  uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((z ^ (z >> 31)) % bound);
}

static void begin_event(struct demo *d, uint32_t number, const char *log, uint32_t tenant) {
  char when[INSTANT_TEXT_BYTES];
  int64_t step_us = DEMO_DAYS * INT64_C(86400) * 1000000 / DEMO_EVENTS;
  int64_t ago_us = (DEMO_EVENTS - number) * step_us - (int64_t)next_below(d, 3000) * 1000000;
  instant_format(d->now_us - (ago_us > 0 ? ago_us : step_us / 2), 3, when);
  buffer_printf(&d->json, "%s{\"key\":\"demo-%04u\",\"tenant\":\"%s\",\"log\":\"%s\",\"occurred_at\":\"%s\"",
                number ? "\n" : "", number, tenants[tenant], log, when);
}

static void append_person(struct demo *d, uint32_t person, uint32_t tenant) {
  buffer_printf(
      &d->json,
      ",\"actor\":{\"type\":\"user\",\"id\":\"u%u\",\"name\":\"%s\",\"display_name\":\"%s\",\"email\":\"%s@%s\","
      "\"domain\":\"%s\"}",
      person + 11, people[person].name, people[person].display, people[person].name, domains[tenant], domains[tenant]);
}

static void append_source(struct demo *d, const char *address) {
  buffer_printf(&d->json,
                ",\"source\":{\"ip\":\"%s\",\"user_agent\":\"Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0\"}",
                address);
}

static void write_change(struct demo *d, uint32_t number, uint32_t tenant) {
  uint32_t c = next_below(d, COUNT(changes)), person = next_below(d, COUNT(people));
  begin_event(d, number, "admin", tenant);
  append_person(d, person, tenant);
  append_source(d, addresses[person % COUNT(addresses)]);
  buffer_printf(
      &d->json,
      ",\"product\":\"%s\",\"category\":\"%s\",\"action\":\"%s\",\"activity\":\"%s\",\"target\":{\"type\":\"%s\","
      "\"name\":\"%s\",\"domain\":\"%s\"},\"changes\":[{\"field\":\"%s\",\"old\":%s,\"new\":%s}],"
      "\"params\":{\"request_id\":\"req-%04u\",\"region\":\"%s\"}}",
      changes[c].product, changes[c].category, changes[c].action, changes[c].activity, changes[c].type, changes[c].name,
      domains[tenant], changes[c].field, changes[c].old_value, changes[c].new_value, number,
      tenant == 4 ? "us-east-1" : "eu-west-1");
}

static void write_login(struct demo *d, uint32_t number, uint32_t tenant) {
  uint32_t person = next_below(d, COUNT(people)), kind = next_below(d, 10);
  bool fails = kind < 3;
  begin_event(d, number, "auth", tenant);
  append_person(d, person, tenant);
  append_source(d, fails && kind > 0 ? "185.220.101.7" : addresses[person % COUNT(addresses)]);
  buffer_printf(&d->json, ",\"product\":\"Platform\",\"category\":\"Auth\",\"action\":\"%s\",\"activity\":\"%s\"",
                kind > 7 ? "logout" : "login",
                kind > 7 ? "User Logged Out"
                : fails  ? "Login Failed"
                         : "User Logged In");
  if (fails) buffer_printf(&d->json, ",\"outcome\":\"failure\",\"reason\":\"%s\"", kind ? "bad_password" : "bad_ip");
  buffer_printf(&d->json, ",\"auth\":{\"method\":\"%s\"", person % 2 ? "password+totp" : "password");
  if (!fails) buffer_printf(&d->json, ",\"session\":\"s%u\"", number);
  if (kind > 7) buffer_printf(&d->json, ",\"duration_s\":%u", 60 + next_below(d, 7200));
  buffer_append_text(&d->json, "}}");
}

static void write_message(struct demo *d, uint32_t number, uint32_t tenant) {
  bool fails = next_below(d, 12) == 0;
  begin_event(d, number, "message", tenant);
  buffer_printf(
      &d->json,
      ",\"actor\":{\"type\":\"api_key\",\"name\":\"campaign-sender\"},\"product\":\"SMS & SOIP\",\"action\":\"send\","
      "\"activity\":\"Message Sent\",\"outcome\":\"%s\",\"message\":{\"id\":\"m%u\",\"campaign\":\"Spring Sale\","
      "\"phone\":\"+1415555%04u\",\"gateway\":\"%s\",\"error\":\"%s\"}}",
      fails ? "failure" : "success", number, next_below(d, 10000), gateways[next_below(d, COUNT(gateways))],
      fails ? "absent_subscriber" : "");
}

static void write_call(struct demo *d, uint32_t number, uint32_t tenant, const char *log) {
  static const unsigned statuses[] = {200, 200, 200, 201, 204, 404, 403, 500};
  uint32_t person = next_below(d, COUNT(people));
  unsigned status = statuses[next_below(d, COUNT(statuses))];
  begin_event(d, number, log, tenant);
  if (strcmp(log, "api") == 0)
    buffer_append_text(&d->json, ",\"actor\":{\"type\":\"api_key\",\"name\":\"crm-sync\"}");
  else
    append_person(d, person, tenant);
  append_source(d, addresses[person % COUNT(addresses)]);
  buffer_printf(&d->json,
                ",\"action\":\"%s\",\"activity\":\"%s\",\"outcome\":\"%s\",\"http\":{\"method\":\"%s\",\"url\":\"%s\","
                "\"status\":%u}}",
                person % 3 ? "read" : "create", log[0] == 'a' ? "API Call" : "Page Viewed",
                status < 400    ? "success"
                : status == 403 ? "denied"
                                : "failure",
                person % 3 ? "GET" : "POST", urls[next_below(d, COUNT(urls))], status);
}

static void write_event(struct demo *d, uint32_t number) {
  uint32_t tenant = next_below(d, COUNT(tenants)), kind = next_below(d, 10);
  if (kind < 4)
    write_change(d, number, tenant);
  else if (kind < 7)
    write_login(d, number, tenant);
  else if (kind < 8)
    write_message(d, number, tenant);
  else
    write_call(d, number, tenant, kind == 8 ? "api" : "panel");
}

static int take(void *arg, uint32_t index, const struct event *e) {
  struct demo *d = arg;
  (void)index;
  event_encode(e, &d->batch.records);
  d->batch.count++;
  return 0;
}

static int record(const struct os *os, struct store *store, struct demo *d, struct error *err) {
  struct event_parser *parser = event_parser_new();
  int code = event_parse_body(parser, buffer_slice(&d->json), EVENT_BODY_NDJSON, os_now_us(os), take, d, err);
  event_parser_free(parser);
  if (code) return error_wrap(err, code, "demonstration data");
  d->batch.results = calloc(d->batch.count, sizeof *d->batch.results);
  if (!d->batch.results) abort();
  code = store_append(store, &d->batch);
  return code ? error_set(err, code, "demonstration data: %s", d->batch.error.message) : 0;
}

static bool has_events(struct store *store) {
  struct arena arena;
  struct tenant_info *rows;
  uint32_t count = 0;
  static const struct scope_grant everything = {.subtree = {"", 0}};
  struct scope scope = {&everything, 1};
  arena_init(&arena, 64 * 1024);
  int code = store_list_tenants(store, &scope, slice_of("", 0), slice_of("", 0), 1, &arena, &rows, &count);
  arena_free(&arena);
  return code == 0 && count > 0;
}

int demo_load(const struct os *os, struct store *store, uint32_t *added_out, struct error *err) {
  struct demo d = {.state = 2026, .now_us = os_now_us(os)};
  *added_out = 0;
  if (has_events(store)) return 0;
  buffer_init(&d.json, DEMO_BYTES);
  buffer_init(&d.batch.records, DEMO_BYTES);
  for (uint32_t i = 0; i < DEMO_EVENTS; i++) write_event(&d, i);
  int code = record(os, store, &d, err);
  if (code == 0) *added_out = d.batch.count;
  free(d.batch.results);
  buffer_free(&d.batch.records);
  buffer_free(&d.json);
  return code;
}
