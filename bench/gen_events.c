/* gen_events: a deterministic stream of realistic audit events, for benchmarks.
 *
 *   gen_events COUNT SEED json|tsv [START_EPOCH_S] [SPAN_DAYS] [ACCOUNTS] [SHAPE]
 *
 * Accounts, users, IP addresses and targets follow a 1/x law. Five logs are mixed:
 * admin (before/after values), panel, api, message (SMS) and auth, where about 3 % of
 * the logins fail, most of them from a few hostile addresses. The same COUNT, SEED,
 * START, SPAN, ACCOUNTS and SHAPE give the same bytes everywhere. json is one event a line
 * in the form of POST /v1/events; tsv is the same values a line, numbered, for loading peers.
 *
 * SHAPE bends that:
 *   default              as above
 *   many-small-tenants   100,000 accounts (or ACCOUNTS) that are all as busy
 *   one-giant-tenant     nine of ten events belong to account 0
 *   long-texts           descriptions go on for 500 to 3,500 more bytes of words and hexadecimal numbers
 *   high-cardinality     nine of ten events have a user, an address, a target and a parameter of their own
 *
 * The order in which random numbers are drawn is part of the format: any change changes every event. A shape draws
 * its numbers only where it is asked for. */
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t state[2]; /* of xorshift128+ */
static uint64_t rnd(void) {
  uint64_t a = state[0], b = state[1];
  state[0] = b;
  a ^= a << 23;
  state[1] = a ^ b ^ (a >> 17) ^ (b >> 26);
  return state[1] + b;
}
static double uni(void) { return (double)(rnd() >> 11) * 0x1.0p-53; }
static uint64_t below(uint64_t n) { return (uint64_t)(uni() * (double)n); }
static uint64_t zipf(uint64_t n) { return (uint64_t)(pow((double)n + 1, uni()) - 1); }

#define N(a) (sizeof(a) / sizeof(*(a)))
static const char *const products[] = {"Email API", "SMS & SOIP", "WhatsApp", "RCS", "Voice", "Platform"};
static const char *const types[] = {"template", "campaign",     "contact",    "user",     "carrier",
                                    "did",      "phone_number", "call_queue", "ivr_menu", "webhook",
                                    "api_key",  "domain",       "subscriber", "route",    "answer_rule",
                                    "list",     "segment",      "settings",   "role",     "recording"};
static const char *const verbs[] = {"create", "update", "delete", "activate", "export",
                                    "import", "pause",  "start",  "read"};
static const char *const done[] = {"Created",  "Updated", "Deleted", "Activated", "Exported",
                                   "Imported", "Paused",  "Started", "Viewed"};
static const char *const fields[] = {"name",    "pacing",    "max_lines",  "timeout",  "email",
                                     "status",  "caller_id", "role",       "schedule", "greeting",
                                     "subject", "from_name", "dial_ratio", "timezone", "ring_strategy"};
static const char *const words[] = {"welcome", "invoice", "spring",  "sale",       "renewal", "reminder", "otp",
                                    "support", "billing", "north",   "south",      "tier1",   "tier2",    "backup",
                                    "holiday", "vip",     "trial",   "onboarding", "survey",  "winback",  "urgent",
                                    "evening", "weekend", "spanish", "german"};
static const char *const first[] = {"anna", "bob",  "carla", "dev",  "erin", "farid", "gina",  "hugo",  "ines",
                                    "jane", "kofi", "lena",  "mira", "nils", "omar",  "priya", "quinn", "rosa",
                                    "sven", "tara", "uma",   "vik",  "wei",  "xena",  "yara",  "zoe"};
static const char *const last[] = {"adams", "brown", "chen",   "diaz",  "evans",  "fischer", "garcia", "hansen",
                                   "ito",   "jones", "khan",   "lopez", "meyer",  "novak",   "okafor", "patel",
                                   "rossi", "smith", "tanaka", "umar",  "vargas", "weber",   "yilmaz", "zhang"};
static const char *const agents[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 "
     "Safari/605.1.15"),
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "python-requests/2.32.3",
    "okhttp/4.12.0",
    "curl/8.5.0",
    "PostmanRuntime/7.42.0"};
static const char *const methods[] = {"password", "password+totp", "password+email", "sso"};
static const char *const reasons[] = {"bad_password", "unknown_user", "bad_ip", "locked"};
static const char *const gateways[] = {"gw-eu-1", "gw-us-1", "gw-in-2", "smpp-direct"};
static const char *const errors[] = {"absent_subscriber", "invalid_number", "spam_blocked", "gateway_timeout"};

/* ---- Shapes ---- */

enum { SMALL_TENANTS = 100000, MORE_TEXT_BYTES = 4096 };
static const char *const shapes[] = {"default", "many-small-tenants", "one-giant-tenant", "long-texts",
                                     "high-cardinality"};
enum shape { SHAPE_DEFAULT, SHAPE_SMALL_TENANTS, SHAPE_GIANT_TENANT, SHAPE_LONG_TEXTS, SHAPE_CARDINALITY };
static enum shape shape;
static char more_text[MORE_TEXT_BYTES]; /* follows the description of the event being made */

static uint64_t draw_account(uint64_t accounts) {
  if (shape == SHAPE_SMALL_TENANTS) return below(accounts);
  if (shape == SHAPE_GIANT_TENANT && uni() < 0.9) return 0;
  return zipf(accounts);
}

static void draw_more_text(void) {
  size_t wanted = 500 + (size_t)below(3000), at = 0;
  while (at < wanted) {
    int n = uni() < 0.9 ? snprintf(more_text + at, MORE_TEXT_BYTES - at, " %s", words[rnd() % N(words)])
                        : snprintf(more_text + at, MORE_TEXT_BYTES - at, " %08x", (unsigned)(rnd() & 0xffffffff));
    at += (size_t)n;
  }
}

struct event { /* every member is a string as it will be printed */
  char time[40], tenant[64], aid[24], aname[64], adisp[64], email[96], adom[64], ip[48], activity[64], tid[48],
      tname[96], tuser[24], tdom[64], descr[320], chfield[24], chold[16], chnew[16], reqid[24], url[128], session[32],
      mid[40], phone[24];
  const char *log, *product, *atype, *agent, *action, *ttype, *outcome, *reason, *region, *method, *auth, *campaign,
      *gateway, *error;
  unsigned batch, status, duration_s;
};

/* Fits by design; where it ever did not, the same cut text would come out everywhere. */
#define TEXT(member, ...) format(member, sizeof(member), __VA_ARGS__)
__attribute__((format(printf, 3, 4))) static void format(char *to, size_t size, const char *text, ...) {
  va_list arguments;
  va_start(arguments, text);
  vsnprintf(to, size, text, arguments);
  va_end(arguments);
}

static void person(struct event *e, uint64_t uid) {
  const char *f = first[(uid * 7) % N(first)], *l = last[(uid * 13) % N(last)];
  TEXT(e->aname, "%s.%s%u", f, l, (unsigned)(uid % 97));
  TEXT(e->adisp, "%c%s %c%s", f[0] - 32, f + 1, l[0] - 32, l + 1);
  TEXT(e->email, "%s@%s", e->aname, e->adom);
}

static void action_on_object(struct event *e, unsigned v, uint64_t object) {
  e->ttype = types[zipf(N(types)) % N(types)];
  e->action = verbs[v];
  TEXT(e->activity, "%c%s %s", e->ttype[0] - 32, e->ttype + 1, done[v]);
  TEXT(e->tid, "%s_%llu", e->ttype, (unsigned long long)object);
  const char *second = words[rnd() % N(words)]; /* drawn before the first: the order of the first release */
  TEXT(e->tname, "%s %s %s", words[rnd() % N(words)], second, e->ttype);
}

/* ---- One function per log; v is the verb ---- */

static void make_auth(struct event *e, uint64_t uid) {
  e->log = "auth";
  e->ttype = "session";
  e->product = "Platform";
  e->auth = methods[uid % 4];
  TEXT(e->session, "s%012llx", (unsigned long long)(rnd() & 0xffffffffffff));
  if (uni() < 0.45) {
    e->action = "logout";
    TEXT(e->activity, "User Logout");
    e->duration_s = (unsigned)(60 + zipf(28800));
  } else {
    e->action = "login";
    TEXT(e->activity, "User Login");
    if (uni() < 0.06) {
      e->outcome = "failure";
      e->reason = reasons[zipf(4) % 4];
      e->session[0] = 0;
      if (uni() < .7) TEXT(e->ip, "185.220.101.%u", (unsigned)below(40));
    }
  }
  TEXT(e->tid, "%s", e->session);
  TEXT(e->tname, "%s", e->aname);
  TEXT(e->descr, "%s from %s using %s%s%s", e->activity, e->ip, e->auth, *e->reason ? ": " : "", e->reason);
}

static unsigned api_status(void) {
  if (uni() < .93) return 200;
  if (uni() < .5) return 400;
  return uni() < .5 ? 429 : 500;
}

static void make_api(struct event *e, uint64_t uid, uint64_t object) {
  unsigned v = (unsigned)(zipf(9) % 9);
  e->log = "api";
  e->atype = "api_key";
  e->agent = agents[3 + uid % 4];
  e->adisp[0] = e->email[0] = 0;
  TEXT(e->aname, "key-%s-%u", words[uid % N(words)], (unsigned)(uid % 9973));
  action_on_object(e, v, object);
  e->method = v == 1 ? "PUT" : v == 2 ? "DELETE" : v == 8 ? "GET" : "POST";
  e->status = api_status();
  if (e->status >= 400) e->outcome = "failure";
  TEXT(e->url, "/v2/%ss/%llu", e->ttype, (unsigned long long)object);
  TEXT(e->descr, "%s %s returned %u for %s '%s'", e->method, e->url, e->status, e->ttype, e->tname);
}

static void make_message(struct event *e, uint64_t uid) {
  e->log = "message";
  e->product = products[1 + zipf(3) % 3];
  e->ttype = "message";
  e->action = "send";
  TEXT(e->activity, "Message Sent");
  TEXT(e->mid, "m%014llx", (unsigned long long)(rnd() & 0xffffffffffffff));
  TEXT(e->phone, "+1%010llu", (unsigned long long)(2000000000u + below(7999999999u)));
  e->campaign = words[uid % N(words)];
  e->gateway = gateways[zipf(4) % 4];
  if (uni() < .04) {
    e->error = errors[zipf(4) % 4];
    e->outcome = "failure";
    e->reason = e->error;
  }
  TEXT(e->tid, "%s", e->mid);
  TEXT(e->tname, "%s", e->phone);
  TEXT(e->descr, "%s to %s by %s%s%s", e->activity, e->phone, e->gateway, *e->error ? ": " : "", e->error);
}

static void make_panel(struct event *e, uint64_t object) {
  e->log = "panel";
  action_on_object(e, 8, object);
  e->method = uni() < .8 ? "GET" : "POST";
  e->status = uni() < .98 ? 200 : 403;
  if (e->status == 403) e->outcome = "denied";
  TEXT(e->url, "/panel/%ss/%llu", e->ttype, (unsigned long long)object);
  TEXT(e->descr, "%s %s", e->method, e->url);
}

static void make_admin(struct event *e, uint64_t object) {
  unsigned v = (unsigned)(zipf(8) % 8);
  e->log = "admin";
  action_on_object(e, v, object);
  if (uni() < 0.02) {
    e->atype = "system";
    TEXT(e->aname, "System");
    e->adisp[0] = e->email[0] = e->ip[0] = 0;
    e->agent = "";
  }
  TEXT(e->descr, "%s %s %s '%s' (%s)", *e->adisp ? e->adisp : e->aname, done[v], e->ttype, e->tname, e->tid);
  if (v != 1) return;
  TEXT(e->chfield, "%s", fields[rnd() % N(fields)]);
  TEXT(e->chold, "%u", (unsigned)below(100));
  TEXT(e->chnew, "%u", (unsigned)below(100));
}

/* Values that no other event has, in the columns whose dictionaries and indexes grow with them. */
static void make_unique(struct event *e) {
  if (uni() >= 0.9) return;
  unsigned long long user = rnd() & 0xffffffffffff;
  TEXT(e->aid, "u%012llx", user);
  TEXT(e->aname, "user.%012llx", user);
  if (*e->email) TEXT(e->email, "%s@%s", e->aname, e->adom);
  TEXT(e->ip, "%u.%u.%u.%u", (unsigned)(1 + below(180)), (unsigned)below(256), (unsigned)below(256),
       (unsigned)below(256));
  TEXT(e->tid, "%s_%016llx", e->ttype, (unsigned long long)rnd());
  TEXT(e->tname, "%s %012llx", words[rnd() % N(words)], (unsigned long long)(rnd() & 0xffffffffffff));
  TEXT(e->reqid, "%016llx", (unsigned long long)rnd());
  if (!*e->region) e->region = "eu-west-1";
}

static void format_time(struct event *e, double t) {
  time_t second = (time_t)t;
  struct tm tm;
  gmtime_r(&second, &tm);
  size_t n = strftime(e->time, sizeof e->time, "%Y-%m-%dT%H:%M:%S", &tm);
  snprintf(e->time + n, sizeof e->time - n, ".%03dZ", (int)((t - (double)second) * 1000));
}

static void make(struct event *e, double t, uint64_t accounts) {
  memset(e, 0, sizeof *e);
  e->outcome = "success";
  e->reason = e->region = e->method = e->auth = e->campaign = e->gateway = e->error = "";
  format_time(e, t);
  uint64_t account = draw_account(accounts), user = zipf(400), uid = account * 1000 + user, object = zipf(50000);
  TEXT(e->tenant, "acct-%04u/bu-%u", (unsigned)account, (unsigned)(user % 5));
  TEXT(e->adom, "customer%u.example.com", (unsigned)(account * 3 + user % 3));
  TEXT(e->tdom, "customer%u.example.com", (unsigned)(account * 3 + object % 3));
  TEXT(e->tuser, "%u", (unsigned)(100 + object % 400));
  TEXT(e->aid, "u%llu", (unsigned long long)uid);
  uint64_t h = uid * 2654435761u + zipf(4) * 40503u;
  TEXT(e->ip, "%u.%u.%u.%u", (unsigned)(20 + h % 180), (unsigned)(h >> 8 & 255), (unsigned)(h >> 16 & 255),
       (unsigned)(1 + (h >> 24 & 253)));
  e->atype = "user";
  e->agent = agents[uid % 3];
  e->product = products[zipf(N(products)) % N(products)];
  person(e, uid);
  double k = uni();
  if (k < 0.18)
    make_auth(e, uid);
  else if (k < 0.45)
    make_api(e, uid, object);
  else if (k < 0.55)
    make_message(e, uid);
  else if (k < 0.65)
    make_panel(e, object);
  else
    make_admin(e, object);
  if (uni() < 0.4) {
    TEXT(e->reqid, "%016llx", (unsigned long long)rnd());
    e->region = uni() < .6 ? "eu-west-1" : "us-east-1";
    e->batch = (unsigned)below(500);
  }
  if (shape == SHAPE_LONG_TEXTS) draw_more_text();
  if (shape == SHAPE_CARDINALITY) make_unique(e);
}

/* ---- Printing ---- */

static void str(const char *key, const char *v, int *comma) {
  if (!*v) return;
  printf("%s\"%s\":\"%s\"", *comma ? "," : "", key, v);
  *comma = 1;
}

static void print_json(const struct event *e) {
  printf(
      "{\"tenant\":\"%s\",\"log\":\"%s\",\"occurred_at\":\"%s\",\"product\":\"%s\",\"action\":\"%s\",\"activity\":\"%"
      "s\",\"outcome\":\"%s\"",
      e->tenant, e->log, e->time, e->product, e->action, e->activity, e->outcome);
  int c = 1;
  str("reason", e->reason, &c);
  printf(",\"actor\":{");
  c = 0;
  str("type", e->atype, &c);
  str("id", e->aid, &c);
  str("name", e->aname, &c);
  str("display_name", e->adisp, &c);
  str("email", e->email, &c);
  str("domain", e->adom, &c);
  printf("},\"source\":{");
  c = 0;
  str("ip", e->ip, &c);
  str("user_agent", e->agent, &c);
  printf("},\"target\":{");
  c = 0;
  str("type", e->ttype, &c);
  str("id", e->tid, &c);
  str("name", e->tname, &c);
  str("user", e->tuser, &c);
  str("domain", e->tdom, &c);
  printf("},\"description\":\"%s%s\"", e->descr, more_text);
  if (*e->chfield)
    printf(",\"changes\":[{\"field\":\"%s\",\"old\":\"%s\",\"new\":\"%s\"}]", e->chfield, e->chold, e->chnew);
  if (*e->reqid)
    printf(",\"params\":{\"request_id\":\"%s\",\"region\":\"%s\",\"batch\":%u}", e->reqid, e->region, e->batch);
  if (*e->method) printf(",\"http\":{\"method\":\"%s\",\"url\":\"%s\",\"status\":%u}", e->method, e->url, e->status);
  if (*e->auth) {
    printf(",\"auth\":{\"method\":\"%s\"", e->auth);
    c = 1;
    str("session", e->session, &c);
    if (e->duration_s) printf(",\"duration_s\":%u", e->duration_s);
    printf("}");
  }
  if (*e->mid) {
    printf(",\"message\":{");
    c = 0;
    str("id", e->mid, &c);
    str("campaign", e->campaign, &c);
    str("phone", e->phone, &c);
    str("gateway", e->gateway, &c);
    str("error", e->error, &c);
    printf("}");
  }
  printf("}\n");
}

static void print_tsv(uint64_t id, const struct event *e) {
  const char *v[] = {e->time,     e->tenant, e->log,     e->product, e->action, e->activity, e->outcome, e->reason,
                     e->atype,    e->aid,    e->aname,   e->adisp,   e->email,  e->adom,     e->ip,      e->agent,
                     e->ttype,    e->tid,    e->tname,   e->tuser,   e->tdom,   e->descr,    e->chfield, e->chold,
                     e->chnew,    e->reqid,  e->region,  e->method,  e->url,    e->auth,     e->session, e->mid,
                     e->campaign, e->phone,  e->gateway, e->error};
  printf("%llu", (unsigned long long)id);
  for (size_t i = 0; i < N(v); i++) printf("\t%s%s", v[i], v[i] == e->descr ? more_text : "");
  printf("\t%u\t%u\t%u\n", e->batch, e->status, e->duration_s);
}

static enum shape shape_named(const char *name) {
  for (size_t i = 0; i < N(shapes); i++)
    if (!strcmp(name, shapes[i])) return (enum shape)i;
  fprintf(stderr, "gen_events: no shape is called %s\n", name);
  exit(2);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: gen_events COUNT SEED json|tsv [START_EPOCH_S] [SPAN_DAYS] [ACCOUNTS] [SHAPE]\n");
    return 2;
  }
  uint64_t n = strtoull(argv[1], 0, 10), seed = strtoull(argv[2], 0, 10),
           accounts = argc > 6 ? strtoull(argv[6], 0, 10) : 0;
  if (argc > 7) shape = shape_named(argv[7]);
  if (!accounts) accounts = shape == SHAPE_SMALL_TENANTS ? SMALL_TENANTS : 2000;
  int json = !strcmp(argv[3], "json");
  double start = argc > 4 ? atof(argv[4]) : 1786579200, span = (argc > 5 ? atof(argv[5]) : 90) * 86400;
  state[0] = seed * 0x9E3779B97F4A7C15u + 1;
  state[1] = seed ^ 0xD1B54A32D192ED03u;
  for (int i = 0; i < 20; i++) rnd();
  static char out[1 << 20];
  setvbuf(stdout, out, _IOFBF, sizeof out);
  struct event e;
  for (uint64_t i = 0; i < n; i++) {
    make(&e, start + span * ((double)i / (double)n) + uni() * 0.9, accounts);
    if (json)
      print_json(&e);
    else
      print_tsv(i + 1, &e);
  }
  return 0;
}
