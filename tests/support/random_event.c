#include "tests/support/random_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/instant.h"
#include "base/limits.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define PICK(r, array) ((array)[random_below(r, COUNT(array))])

/* ---- Randomness: splitmix64 ---- */

struct random random_from_seed(uint64_t seed) {
  return (struct random){seed};
}

struct random random_from_environment(void) {
  const char *text = getenv("DAYBOOK_SEED");
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t seed = text ? strtoull(text, NULL, 10) : (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  printf("DAYBOOK_SEED=%llu\n", (unsigned long long)seed);
  fflush(stdout);
  return random_from_seed(seed);
}

uint64_t random_u64(struct random *r) {
  uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

uint64_t random_below(struct random *r, uint64_t limit) { return random_u64(r) % limit; }

bool random_chance(struct random *r, unsigned percent) { return random_below(r, 100) < percent; }

/* ---- Texts ---- */

static const char *const tenants[] = {"acme",          "acme/eu",   "acme/eu/sales",  "acme/eu/support",      "acme/us",
                                      "acme-2",        "acme-2/eu", "globex",         "globex/a/b/c/d/e/f/g", "initech",
                                      "Initech.Ltd/x", "0",         "umbrella_1/bu-1"};
static const char *const words[] = {"alpha",      "bravo",       "charlie",      "delta",          "echo",
                                    "jane",       "john",        "queue",        "spring",         "gw-eu-1",
                                    "Support EU", "a@b.example", "+14155550100", "/v2/queues/q12", "bad_password"};
static const char *const unicode[] = {"Zo\xc3\xab \xc3\x9fo",
                                      "\xc4\xb0stanbul",
                                      "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
                                      "\xf0\x9f\x98\x80 \xee\x80\x80",
                                      "e\xcc\x81t\xc3\xa9",
                                      "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d\xe2\x80\xae",
                                      "\xef\xbf\xbd\xf4\x8f\xbf\xbf",
                                      "tab\there \"quoted\" back\\slash \x01\x1f\x7f"};
static const char *const ips[] = {"203.0.113.4",      "203.0.113.77", "198.51.100.1",         "10.0.0.1",
                                  "::ffff:192.0.2.9", "2001:DB8::1",  "2001:db8:0:0:1:0:0:1", "::1",
                                  "fe80::1:2:3:4"};
static const char *const param_names[] = {"region", "request_id", "batch", "user.name", "user.age", "a",
                                          "B-2",    "_x.y.z",     "retry", "cost",      "note",     "flag"};

static void append_long_text(struct random *r, struct buffer *out) {
  char text[401];
  size_t len = random_below(r, COUNT(text));
  for (size_t i = 0; i < len; i++) text[i] = (char)(' ' + random_below(r, 95));
  json_append_string(out, slice_of(text, len));
}

static void append_text(struct random *r, unsigned max_bytes, struct buffer *out) {
  unsigned kind = (unsigned)random_below(r, 100);
  if (kind < 6)
    json_append_string(out, slice_of(NULL, 0));
  else if (kind < 14)
    json_append_string(out, slice_from(PICK(r, unicode)));
  else if (kind < 18 && max_bytes == 0)
    append_long_text(r, out);
  else if (kind < 20)
    buffer_append_text(out, "\"\\u00e9\\/\\ud83d\\ude00\\n\"");
  else
    json_append_string(out, slice_from(words[random_below(r, 1 + random_below(r, COUNT(words)))]));
}

static void append_word(struct random *r, enum field_id id, struct buffer *out) {
  static const char *const logs[] = {"admin", "panel", "api", "message", "auth", "billing_2"};
  static const char *const actions[] = {"create", "update", "delete", "read",     "login", "logout",
                                        "export", "send",   "warn",   "user.ban", "x_1.y", "mfa"};
  static const char *const outcomes[] = {"success", "success", "failure", "denied", "unknown"};
  static const char *const types[] = {"user", "api_key", "system", "service", "anonymous"};
  const char *word = id == FIELD_LOG       ? PICK(r, logs)
                     : id == FIELD_ACTION  ? PICK(r, actions)
                     : id == FIELD_OUTCOME ? PICK(r, outcomes)
                                           : PICK(r, types);
  json_append_string(out, slice_from(word));
}

/* Half of the times lie on one of 40 seconds, so that order by time has ties. */
static void append_time(struct random *r, struct buffer *out) {
  static const char *const zones[] = {"Z", "Z", "+00:00", "+05:30", "-08:00"};
  static const int64_t offsets_s[] = {0, 0, 0, 19800, -28800};
  uint64_t span_us = (uint64_t)RANDOM_EVENT_DAYS * 86400 * 1000000;
  uint64_t back_us = random_chance(r, 50) ? random_below(r, 40) * (span_us / 40) : random_below(r, span_us);
  size_t zone = random_below(r, COUNT(zones));
  char text[INSTANT_TEXT_BYTES];
  unsigned digits = random_chance(r, 50) ? 3 : (unsigned)random_below(r, 7);
  unsigned len = instant_format(RANDOM_EVENT_NOW_US - (int64_t)back_us + offsets_s[zone] * 1000000, digits, text);
  buffer_printf(out, "\"%.*s%s\"", (int)len - 1, text, zones[zone]);
}

/* ---- Values ---- */

static void append_number(struct random *r, struct buffer *out) {
  static const char *const numbers[] = {"0",    "-0",    "1.0",   "1e21",  "1E-7", "-1.5", "9007199254740992",
                                        "4.35", "0.1e1", "1e300", "5e-324"};
  if (random_chance(r, 40))
    buffer_append_text(out, PICK(r, numbers));
  else
    buffer_append_i64(out, (int64_t)random_below(r, 200) - 20);
}

static void append_scalar(struct random *r, struct buffer *out) {
  switch (random_below(r, 6)) {
    case 0:
    case 1: append_number(r, out); return;
    case 2: buffer_append_text(out, random_chance(r, 50) ? "true" : "false"); return;
    default: append_text(r, 0, out);
  }
}

static void append_json(struct random *r, unsigned depth, struct buffer *out) {
  unsigned kind = (unsigned)random_below(r, depth > 3 ? 8 : 12);
  if (kind < 7) {
    append_scalar(r, out);
  } else if (kind == 7) {
    buffer_append_text(out, "null");
  } else if (kind < 10) {
    buffer_append_char(out, '[');
    for (uint64_t i = 0, n = random_below(r, 4); i < n; i++) {
      if (i > 0) buffer_append_text(out, ", ");
      append_json(r, depth + 1, out);
    }
    buffer_append_char(out, ']');
  } else {
    buffer_append_char(out, '{');
    for (uint64_t i = 0, n = random_below(r, 4); i < n; i++) {
      char key[64];
      int len = snprintf(key, sizeof key, "%s%d", PICK(r, unicode), (int)(9 - i));
      if (i > 0) buffer_append_char(out, ',');
      json_append_string(out, slice_of(key, (size_t)len));
      buffer_append_text(out, " :");
      append_json(r, depth + 1, out);
    }
    buffer_append_char(out, '}');
  }
}

static void append_field(struct random *r, const struct field *f, struct buffer *out) {
  switch (f->kind) {
    case KIND_TENANT: json_append_string(out, slice_from(PICK(r, tenants))); return;
    case KIND_WORD: append_word(r, f->id, out); return;
    case KIND_TIME: append_time(r, out); return;
    case KIND_IP: json_append_string(out, slice_from(PICK(r, ips))); return;
    case KIND_ANY: append_json(r, 0, out); return;
    case KIND_UINT:
      buffer_append_u64(out, f->id == FIELD_HTTP_STATUS ? 100 + random_below(r, 500) : random_below(r, 100000));
      return;
    default: break;
  }
  if (f->id == FIELD_KEY)
    buffer_printf(out, "\"key-%016llx\"", (unsigned long long)random_u64(r));
  else
    append_text(r, f->max_bytes, out);
}

/* ---- Objects ---- */

static bool is_required(enum field_id id) {
  return id == FIELD_TENANT || id == FIELD_LOG || id == FIELD_OCCURRED_AT || id == FIELD_ACTION ||
         id == FIELD_ACTOR_TYPE || id == FIELD_CHANGES_FIELD;
}

/* Members of the client's fields directly under `prefix` ("actor.", "" for the event); returns how many. */
static unsigned append_members(struct random *r, const char *prefix, unsigned percent, unsigned written,
                               struct buffer *out) {
  size_t prefix_len = strlen(prefix);
  unsigned start = (unsigned)random_below(r, FIELD_COUNT);
  for (unsigned i = 0; i < FIELD_COUNT; i++) {
    const struct field *f = field_get((enum field_id)((start + i) % FIELD_COUNT));
    struct slice name = slice_skip(f->path, prefix_len);
    if (f->origin != FROM_CLIENT || f->flags & F_MAP || !slice_starts_with(f->path, slice_of(prefix, prefix_len)) ||
        memchr(name.data, '.', name.len))
      continue;
    if (!is_required(f->id) && !random_chance(r, percent)) continue;
    buffer_printf(out, "%s\"%.*s\":%s", written++ > 0 ? "," : "", SLICE_ARGS(name), random_chance(r, 5) ? "\n " : "");
    append_field(r, f, out);
  }
  return written;
}

static void append_list(struct random *r, const char *prefix, uint64_t max, struct buffer *out) {
  uint64_t count = random_chance(r, 3) ? max : random_below(r, 4);
  buffer_append_char(out, '[');
  for (uint64_t i = 0; i < count; i++) {
    buffer_append_text(out, i > 0 ? ",{" : "{");
    size_t before = out->len;
    while (append_members(r, prefix, 60, 0, out) == 0) out->len = before; /* an element is never empty */
    buffer_append_char(out, '}');
  }
  buffer_append_char(out, ']');
}

static void append_params(struct random *r, struct buffer *out) {
  unsigned written = 0;
  buffer_append_char(out, '{');
  for (size_t i = 0; i < COUNT(param_names); i++) {
    if (!random_chance(r, 25)) continue;
    buffer_printf(out, "%s\"%s\": ", written++ > 0 ? " , " : "", param_names[i]);
    append_scalar(r, out);
  }
  if (random_chance(r, 10)) {
    buffer_printf(out, "%s\"nest\":{\"deep\":{\"er\":", written++ > 0 ? "," : "");
    append_scalar(r, out);
    buffer_append_text(out, "},\"flat\":1}");
  }
  unsigned count = random_chance(r, 2) ? 60 : (unsigned)random_below(r, 3);
  for (unsigned i = 0; i < count; i++)
    buffer_printf(out, "%s\"p%u\":%u", written++ > 0 ? "," : "", i * 40 + (unsigned)random_below(r, 40),
                  (unsigned)random_below(r, 5));
  buffer_append_char(out, '}');
}

static void append_object(struct random *r, const char *name, struct buffer *out) {
  char prefix[32];
  snprintf(prefix, sizeof prefix, "%s.", name);
  buffer_printf(out, ",\"%s\":", name);
  if (strcmp(name, "changes") == 0) {
    append_list(r, prefix, 20, out);
  } else if (strcmp(name, "targets") == 0) {
    append_list(r, prefix, LIMIT_TARGETS, out);
  } else if (strcmp(name, "params") == 0) {
    append_params(r, out);
  } else {
    buffer_append_char(out, '{');
    append_members(r, prefix, random_chance(r, 5) ? 0 : 70, 0, out);
    buffer_append_char(out, '}');
  }
}

void random_event_json(struct random *r, struct buffer *out) {
  static const char *const objects[] = {"actor",  "on_behalf_of", "source", "target",  "changes",
                                        "params", "http",         "auth",   "message", "targets"};
  size_t start = random_below(r, COUNT(objects));
  buffer_append_char(out, '{');
  append_members(r, "", 50, 0, out);
  for (size_t i = 0; i < COUNT(objects); i++) {
    const char *name = objects[(start + i) % COUNT(objects)];
    if (strcmp(name, "actor") == 0 || random_chance(r, 45)) append_object(r, name, out);
  }
  buffer_append_char(out, '}');
}

void random_event(struct random *r, struct event_parser *p, struct arena *arena, struct event *out) {
  struct buffer json;
  struct error err = {.code = 0};
  buffer_init(&json, LIMIT_EVENT_BYTES);
  do {
    buffer_clear(&json);
    random_event_json(r, &json);
  } while (json.overflowed); /* a rare giant */
  if (event_parse(p, buffer_slice(&json), RANDOM_EVENT_NOW_US, arena, out, &err)) {
    fprintf(stderr, "random event refused: %s at '%s': %.*s\n", err.message, err.pointer,
            SLICE_ARGS(buffer_slice(&json)));
    abort();
  }
  buffer_free(&json);
}
