#include "daemon/demo_events.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"
#include "daemon/demo_world.h"

enum { TEXT_BYTES = 16 * 1024 * 1024 };

static const int64_t second_us = 1000000, minute_us = 60000000, hour_us = INT64_C(3600000000),
                     day_us = INT64_C(86400000000);

void demo_init(struct demo *d, uint64_t seed) {
  *d = (struct demo){.state = seed};
  buffer_init(&d->text, TEXT_BYTES);
  d->events = malloc(DEMO_EVENTS_MOST * sizeof *d->events);
  if (!d->events) abort();
}

void demo_free(struct demo *d) {
  buffer_free(&d->text);
  free(d->events);
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint32_t demo_below(struct demo *d, uint32_t bound) {
  uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((z ^ (z >> 31)) % bound);
}

/* ---- Parts of an event ---- */

static void begin_event(struct demo *d, int64_t at_us, unsigned tenant, const char *log) {
  char when[INSTANT_TEXT_BYTES];
  assert(d->count < DEMO_EVENTS_MOST);
  d->events[d->count] = (struct demo_event){.at_us = at_us, .offset = (uint32_t)d->text.len};
  instant_format(at_us, 3, when);
  buffer_printf(&d->text, "{\"tenant\":\"%s\",\"log\":\"%s\",\"occurred_at\":\"%s\"", demo_tenants[tenant].path, log,
                when);
}

static void end_event(struct demo *d) {
  struct demo_event *e = &d->events[d->count++];
  buffer_append_char(&d->text, '}');
  e->bytes = (uint32_t)d->text.len - e->offset;
}

static void append_person(struct demo *d, unsigned person) {
  const struct demo_person *p = &demo_people[person];
  const char *domain = demo_tenants[p->tenant].domain;
  buffer_printf(
      &d->text,
      ",\"actor\":{\"type\":\"user\",\"id\":\"u%u\",\"name\":\"%s\",\"display_name\":\"%s\",\"email\":\"%s@%s\","
      "\"domain\":\"%s\"}",
      person + 11, p->login, p->name, p->login, domain, domain);
}

static void append_source(struct demo *d, unsigned place, unsigned agent) {
  buffer_printf(&d->text, ",\"source\":{\"ip\":\"%s\",\"user_agent\":\"%s\"}", demo_places[place].ip,
                demo_agents[agent % DEMO_AGENTS]);
}

/* ---- Log-ins ---- */

struct attempt {
  int64_t at_us;
  unsigned person, place;
  const char *reason; /* NULL: it succeeds */
  uint32_t session;
};

static void make_login(struct demo *d, const struct attempt *a) {
  begin_event(d, a->at_us, demo_people[a->person].tenant, "auth");
  append_person(d, a->person);
  append_source(d, a->place, a->person);
  buffer_printf(&d->text, ",\"product\":\"Platform\",\"category\":\"Auth\",\"action\":\"login\",\"activity\":\"%s\"",
                a->reason ? "Login Failed" : "User Logged In");
  if (a->reason) buffer_printf(&d->text, ",\"outcome\":\"failure\",\"reason\":\"%s\"", a->reason);
  buffer_printf(&d->text, ",\"auth\":{\"method\":\"%s\"", demo_people[a->person].method);
  if (!a->reason) buffer_printf(&d->text, ",\"session\":\"s%u\"", a->session);
  buffer_append_char(&d->text, '}');
  end_event(d);
}

static void make_logout(struct demo *d, const struct attempt *a, int64_t at_us) {
  begin_event(d, at_us, demo_people[a->person].tenant, "auth");
  append_person(d, a->person);
  append_source(d, a->place, a->person);
  buffer_printf(
      &d->text,
      ",\"product\":\"Platform\",\"category\":\"Auth\",\"action\":\"logout\",\"activity\":\"User Logged Out\","
      "\"auth\":{\"method\":\"%s\",\"session\":\"s%u\",\"duration_s\":%lld}",
      demo_people[a->person].method, a->session, (long long)((at_us - a->at_us) / second_us));
  end_event(d);
}

/* ---- What people and programs do ---- */

static void make_change(struct demo *d, int64_t at_us, unsigned person, unsigned change) {
  const struct demo_change *c = &demo_changes[change];
  unsigned tenant = demo_people[person].tenant;
  bool system = strcmp(c->category, "System") == 0 && demo_below(d, 2) == 0;
  begin_event(d, at_us, tenant, "admin");
  if (system) {
    buffer_append_text(&d->text, ",\"actor\":{\"type\":\"system\"}");
  } else {
    append_person(d, person);
    append_source(d, demo_people[person].place, person);
  }
  buffer_printf(
      &d->text,
      ",\"product\":\"%s\",\"category\":\"%s\",\"action\":\"%s\",\"activity\":\"%s\",\"target\":{\"type\":\"%s\","
      "\"id\":\"%s-%u\",\"name\":\"%s\",\"domain\":\"%s\"",
      c->product, c->category, c->action, c->activity, c->type, c->type, change + 1, c->name,
      demo_tenants[tenant].domain);
  if (strcmp(c->type, "user") == 0 || strcmp(c->type, "mfa") == 0) buffer_printf(&d->text, ",\"user\":\"%s\"", c->name);
  buffer_printf(&d->text, "}%s", c->rest);
  end_event(d);
}

static void make_view(struct demo *d, int64_t at_us, unsigned person) {
  static const char *const urls[] = {"/queues", "/contacts?page=2", "/reports/daily", "/campaigns/spring-sale",
                                     "/settings"};
  unsigned status = demo_below(d, 30) == 0 ? 500 : demo_below(d, 20) == 0 ? 403 : 200;
  bool posts = demo_below(d, 4) == 0;
  begin_event(d, at_us, demo_people[person].tenant, "panel");
  append_person(d, person);
  append_source(d, demo_people[person].place, person);
  buffer_printf(
      &d->text,
      ",\"product\":\"Platform\",\"action\":\"%s\",\"activity\":\"%s\",\"outcome\":\"%s\",\"http\":{\"method\":\"%s\","
      "\"url\":\"%s\",\"status\":%u}",
      posts ? "update" : "read", posts ? "Form Sent" : "Page Viewed",
      status == 200   ? "success"
      : status == 403 ? "denied"
                      : "failure",
      posts ? "POST" : "GET", urls[demo_below(d, 5)], status);
  end_event(d);
}

static void make_call(struct demo *d, int64_t at_us, unsigned tenant) {
  static const char *const urls[] = {"/v2/messages", "/v2/contacts", "/v2/queues/q12", "/v2/reports", "/v2/templates"},
                           *const methods[] = {"GET", "GET", "POST", "PUT", "DELETE"},
                           *const actions[] = {"read", "read", "create", "update", "delete"},
                           *const keys[] = {"crm-sync", "billing-export", "campaign-sender"};
  static const unsigned statuses[] = {200, 200, 200, 200, 201, 204, 404, 403, 429, 500};
  unsigned status = statuses[demo_below(d, 10)], kind = demo_below(d, 5) ? demo_below(d, 4) : 4;
  begin_event(d, at_us, tenant, "api");
  buffer_printf(&d->text,
                ",\"actor\":{\"type\":\"api_key\",\"name\":\"%s\"},\"source\":{\"ip\":\"%s\",\"user_agent\":\"crm-"
                "connector/4.2\"},"
                "\"product\":\"API\",\"action\":\"%s\",\"activity\":\"API "
                "Call\",\"outcome\":\"%s\",\"http\":{\"method\":\"%s\",\"url\":"
                "\"%s\",\"status\":%u},\"params\":{\"request_id\":\"req-%u\",\"ms\":%u}",
                keys[demo_below(d, 3)], demo_places[tenant % 4].ip, actions[kind],
                status < 400    ? "success"
                : status == 403 ? "denied"
                                : "failure",
                methods[kind], urls[demo_below(d, 5)], status, ++d->numbers, 3 + demo_below(d, 400));
  end_event(d);
}

static void make_message(struct demo *d, int64_t at_us, unsigned tenant) {
  static const char *const products[] = {"SMS", "SMS", "WhatsApp", "RCS", "Email"},
                           *const campaigns[] = {"Spring Sale", "Renewal reminder", "Delivery notice", "Appointments"},
                           *const gateways[] = {"gw-eu-1", "gw-us-1", "smpp-direct"},
                           *const errors[] = {"absent_subscriber", "invalid_number", "spam_filter", "timeout"};
  bool fails = demo_below(d, 11) == 0;
  begin_event(d, at_us, tenant, "message");
  buffer_printf(&d->text,
                ",\"actor\":{\"type\":\"api_key\",\"name\":\"campaign-sender\"},\"product\":\"%s\",\"action\":\"send\","
                "\"activity\":"
                "\"%s\",\"outcome\":\"%s\",\"message\":{\"id\":\"m%u\",\"campaign\":\"%s\",\"phone\":\"+1415555%04u\","
                "\"gateway\":\"%s\","
                "\"error\":\"%s\"}",
                products[demo_below(d, 5)], fails ? "Message Failed" : "Message Sent", fails ? "failure" : "success",
                ++d->numbers, campaigns[demo_below(d, 4)], demo_below(d, 10000), gateways[demo_below(d, 3)],
                fails ? errors[demo_below(d, 4)] : "");
  end_event(d);
}

/* ---- Days ---- */

/* A working session: perhaps a mistyped password, the log-in, some work, the log-out (one of eight is forgotten). */
static void make_session(struct demo *d, unsigned person, int64_t at_us, int64_t now_us) {
  struct attempt a = {at_us, person, demo_people[person].place, NULL, ++d->numbers};
  int64_t length_us = (30 + (int64_t)demo_below(d, 240)) * minute_us;
  if (at_us + length_us >= now_us) return;
  if (demo_below(d, 9) == 0) {
    a.reason = demo_below(d, 4) ? "bad_password" : "bad_code";
    make_login(d, &a);
    a.reason = NULL;
    a.at_us += 20 * second_us;
  }
  make_login(d, &a);
  for (unsigned n = demo_below(d, 4); n > 0; n--)
    make_view(d, a.at_us + length_us / 1000 * (1 + demo_below(d, 998)), person);
  for (unsigned n = demo_below(d, 3); n > 0; n--)
    make_change(d, a.at_us + length_us / 1000 * (1 + demo_below(d, 998)), person, demo_below(d, DEMO_CHANGES));
  if (demo_below(d, 8) > 0) make_logout(d, &a, a.at_us + length_us);
}

static int64_t midnight(int64_t us) { return us - us % day_us; }

static void make_day(struct demo *d, int64_t day_start_us, int64_t now_us) {
  unsigned weekday = (unsigned)((day_start_us / day_us + 3) % 7); /* 0: Monday */
  bool works = weekday < 5;
  for (unsigned person = 0; person < DEMO_PEOPLE; person++) {
    if (demo_below(d, 100) >= (works ? 55u : 8u)) continue;
    int64_t at_us = day_start_us + demo_people[person].hour * hour_us + demo_below(d, 100) * minute_us +
                    demo_below(d, 60000) * (second_us / 1000);
    make_session(d, person, at_us, now_us);
  }
  for (unsigned n = works ? 10 : 4; n > 0; n--) {
    int64_t at_us = day_start_us + demo_below(d, 86400) * second_us,
            other_us = day_start_us + demo_below(d, 86400) * second_us;
    if (at_us < now_us) make_call(d, at_us, demo_below(d, DEMO_TENANTS));
    if (other_us < now_us) make_message(d, other_us, demo_below(d, DEMO_TENANTS));
  }
}

/* ---- What an analyst should find ---- */

static unsigned person_named(const char *login) {
  for (unsigned i = 0; i < DEMO_PEOPLE; i++)
    if (strcmp(demo_people[i].login, login) == 0) return i;
  abort();
}

static void make_guesses(struct demo *d, int64_t at_us, const char *login, unsigned count, bool succeeds) {
  struct attempt a = {at_us, person_named(login), PLACE_ATTACKER, "bad_password", ++d->numbers};
  for (unsigned n = 0; n < count; n++) {
    make_login(d, &a);
    a.at_us += (4 + demo_below(d, 9)) * second_us;
  }
  a.reason = NULL;
  if (succeeds) make_login(d, &a);
}

static void make_spraying(struct demo *d, int64_t at_us) {
  for (unsigned person = 0; person < DEMO_PEOPLE; person++) {
    struct attempt a = {at_us + person * 110 * second_us, person, PLACE_SPRAYER, "bad_password", 0};
    make_login(d, &a);
  }
}

static void make_deletes(struct demo *d, int64_t at_us, const char *login) {
  enum { CONTACT_DELETED = 11 };
  assert(strcmp(demo_changes[CONTACT_DELETED].action, "delete") == 0);
  for (unsigned n = 0; n < 34; n++) make_change(d, at_us + n * 7 * second_us, person_named(login), CONTACT_DELETED);
}

static void make_visit(struct demo *d, int64_t at_us, const char *login, unsigned place) {
  struct attempt a = {at_us, person_named(login), place, NULL, ++d->numbers};
  make_login(d, &a);
  make_logout(d, &a, at_us + 25 * minute_us);
}

static void make_incidents(struct demo *d, int64_t now_us) {
  int64_t today_us = midnight(now_us);
  make_guesses(d, today_us - 2 * day_us + 2 * hour_us, "jane.doe", 64, false);
  make_guesses(d, today_us - 8 * day_us + 3 * hour_us, "john.smith", 23, true);
  make_guesses(d, today_us - 41 * day_us + hour_us, "bob.ray", 118, false);
  make_spraying(d, today_us - 5 * day_us + 4 * hour_us);
  make_deletes(d, today_us - 3 * day_us + 10 * hour_us, "carlos.r");
  make_deletes(d, today_us - 33 * day_us + 12 * hour_us, "hugo.d");
  make_visit(d, today_us - 4 * day_us + 15 * hour_us, "mira.b", PLACE_TRAVEL);
  make_visit(d, today_us - 6 * day_us + 5 * hour_us, "aiko.t", 6);
  make_visit(d, today_us - 6 * day_us + 6 * hour_us, "aiko.t", PLACE_OFFICE_US);
  make_visit(d, today_us - 7 * day_us + 23 * hour_us, "sven.k", 0);
}

static int compare_events(const void *left, const void *right) {
  const struct demo_event *a = left, *b = right;
  if (a->at_us != b->at_us) return a->at_us < b->at_us ? -1 : 1;
  return (a->offset > b->offset) - (a->offset < b->offset);
}

void demo_make_past(struct demo *d, int64_t now_us) {
  for (unsigned ago = DEMO_DAYS; ago-- > 0;) make_day(d, midnight(now_us) - ago * day_us, now_us);
  make_incidents(d, now_us);
  qsort(d->events, d->count, sizeof *d->events, compare_events);
}

/* ---- Live ---- */

static void log_out_one(struct demo *d, int64_t now_us) {
  uint32_t i = demo_below(d, d->open_count);
  struct attempt a = {d->open[i].since_us, d->open[i].person, demo_people[d->open[i].person].place, NULL,
                      d->open[i].session};
  d->open[i] = d->open[--d->open_count];
  make_logout(d, &a, now_us);
}

static void log_in_one(struct demo *d, int64_t now_us) {
  struct attempt a = {now_us, demo_below(d, DEMO_PEOPLE), 0, NULL, (uint32_t)(now_us / second_us % 1000000000)};
  a.place = demo_people[a.person].place;
  if (demo_below(d, 6) == 0) a.reason = "bad_password";
  make_login(d, &a);
  if (a.reason) return;
  d->open[d->open_count].person = a.person;
  d->open[d->open_count].session = a.session;
  d->open[d->open_count++].since_us = now_us;
}

void demo_make_live(struct demo *d, int64_t now_us) {
  uint32_t kind = demo_below(d, 10);
  if (kind < 2 && d->open_count < DEMO_OPEN_SESSIONS)
    log_in_one(d, now_us);
  else if (kind < 3 && d->open_count > 0)
    log_out_one(d, now_us);
  else if (kind < 5)
    make_change(d, now_us, demo_below(d, DEMO_PEOPLE), demo_below(d, DEMO_CHANGES));
  else if (kind < 7)
    make_view(d, now_us, demo_below(d, DEMO_PEOPLE));
  else if (kind < 9)
    make_message(d, now_us, demo_below(d, DEMO_TENANTS));
  else
    make_call(d, now_us, demo_below(d, DEMO_TENANTS));
}

void demo_add_place(struct event *e, struct arena *arena) {
  struct slice ip = event_text(e, FIELD_SOURCE_IP);
  for (unsigned i = 0; i < DEMO_PLACES && ip.len > 0; i++) {
    const struct demo_place *p = &demo_places[i];
    if (!slice_equal(ip, slice_from(p->ip))) continue;
    const struct event_cell cells[] = {{.field = FIELD_GEO_COUNTRY, .text = slice_from(p->country)},
                                       {.field = FIELD_GEO_REGION, .text = slice_from(p->region)},
                                       {.field = FIELD_GEO_CITY, .text = slice_from(p->city)}};
    event_add_cells(e, arena, cells, 3);
    return;
  }
}
