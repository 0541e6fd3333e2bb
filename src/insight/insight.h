/* Rules that find what a security analyst looks for in a stream of events: attacks on passwords, log-ins that do not
 * fit their user, bursts of deletes, keys and rights that were given (docs/insights.md).
 *
 * Pure: no store, clock or database inside. Events go in oldest first, findings come out at the end. Memory is bounded:
 * past INSIGHT_SUBJECTS users and addresses further ones are not followed, past INSIGHT_FINDINGS further findings are
 * counted only. One thread. */
#ifndef DAYBOOK_INSIGHT_INSIGHT_H
#define DAYBOOK_INSIGHT_INSIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

enum {
  INSIGHT_SUBJECTS = 65536,
  INSIGHT_FINDINGS = 2000,
  INSIGHT_EVENTS = 10,      /* ids that a finding names */
  INSIGHT_NAME_BYTES = 512, /* longer names are not followed */
};

/* ---- Thresholds: X(name, default, least, most), all whole numbers ---- */

#define INSIGHT_THRESHOLDS(X)                                                                                   \
  X(user_failures, 10, 2, 100)            /* failed log-ins of a user within window_min: brute force */         \
  X(address_failures, 20, 2, 100)         /* of an address within window_min: brute force */                    \
  X(window_min, 10, 1, 120)               /* minutes; also of delete_count */                                   \
  X(spraying_users, 6, 2, 100)            /* users that an address fails for within spraying_window_min */      \
  X(spraying_window_min, 60, 1, 1440)     /* minutes; what lies further apart is another attack */              \
  X(history_logins, 5, 1, 1000)           /* log-ins before a country or address can be new */                  \
  X(known_addresses, 3, 1, 16)            /* a user with more addresses than these changes them all the time */ \
  X(hours_logins, 20, 5, 1000)            /* log-ins before an hour can be unusual */                           \
  X(travel_km, 500, 50, 20000)            /* least distance of an impossible travel */                          \
  X(travel_km_per_hour, 900, 100, 100000) /* fastest possible travel */                                         \
  X(delete_count, 20, 2, 100)             /* deletes of one actor within window_min */

struct insight_thresholds {
#define X(name, otherwise, least, most) uint32_t name;
  INSIGHT_THRESHOLDS(X)
#undef X
};
void insight_default_thresholds(struct insight_thresholds *out);
/* A JSON object of thresholds by name; what is not named keeps its default. ERR_INVALID with the pointer of the fault:
 * unknown names, other types, out of bounds. It is also what checks the setting `insights` when it is set. */
int insight_parse_thresholds(struct slice json, struct insight_thresholds *out, struct error *err);

/* ---- Events in ---- */

enum insight_kind { INSIGHT_SUCCESS, INSIGHT_FAILURE, INSIGHT_DELETE, INSIGHT_KEY, INSIGHT_GRANT, INSIGHT_ROLE };

struct insight_event { /* borrowed for the call */
  enum insight_kind kind;
  bool is_past; /* before the time asked about: known to the rules, never a finding's */
  int64_t at_us;
  unsigned local_hour; /* 0 to 23, on the clocks of who asks */
  struct slice tenant;
  uint64_t seq;
  struct slice user, user_folded; /* actor.name as sent and folded; empty: none */
  struct slice address, country;  /* log-ins; empty where not known */
  bool has_position;
  double latitude, longitude; /* degrees */
  double radius_km;           /* how far from there it may have been */
};

/* ---- Findings out ---- */

/* X(id, name, severity) */
#define INSIGHT_RULES(X)                                         \
  X(RULE_USER_BRUTE_FORCE, "user_brute_force", HIGH)             \
  X(RULE_ADDRESS_BRUTE_FORCE, "address_brute_force", HIGH)       \
  X(RULE_PASSWORD_SPRAYING, "password_spraying", HIGH)           \
  X(RULE_LOGIN_AFTER_FAILURES, "login_after_failures", CRITICAL) \
  X(RULE_IMPOSSIBLE_TRAVEL, "impossible_travel", HIGH)           \
  X(RULE_NEW_COUNTRY, "new_country", MEDIUM)                     \
  X(RULE_NEW_ADDRESS, "new_address", LOW)                        \
  X(RULE_UNUSUAL_HOUR, "unusual_hour", LOW)                      \
  X(RULE_DELETE_BURST, "delete_burst", MEDIUM)                   \
  X(RULE_KEYS_CREATED, "keys_created", LOW)                      \
  X(RULE_GRANTS_CHANGED, "grants_changed", MEDIUM)               \
  X(RULE_ROLES_CHANGED, "roles_changed", MEDIUM)

enum insight_rule {
#define X(id, name, severity) id,
  INSIGHT_RULES(X)
#undef X
      RULE_COUNT,
};
enum insight_severity { SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
const char *insight_rule_name(enum insight_rule rule);
enum insight_severity insight_rule_severity(enum insight_rule rule);
const char *insight_severity_name(enum insight_severity severity);

struct insight_id {
  struct slice tenant;
  uint64_t seq;
};
struct insight_finding { /* lives as long as the engine */
  enum insight_rule rule;
  struct slice tenant; /* of all its events; by address: what their tenants have in common, perhaps nothing */
  bool has_subtree;    /* the events may be of tenants below */
  struct slice user;   /* empty: none, or (by address) several */
  struct slice address, country, before; /* before: the country that travel began in */
  int64_t first_us, last_us;
  uint64_t count;
  uint32_t users;       /* password spraying: at least so many */
  uint32_t km, minutes; /* impossible travel */
  unsigned hour;        /* unusual hour, local */
  uint32_t id_count;
  struct insight_id ids[INSIGHT_EVENTS]; /* the first */
};

/* ---- The engine ---- */

struct insight;
/* thresholds(arg, tenant): those that hold for a tenant; borrowed until the next call. */
struct insight *insight_new(const struct insight_thresholds *(*thresholds)(void *arg, struct slice tenant), void *arg);
void insight_free(struct insight *in); /* NULL is allowed */
/* Events of log-ins in order of time; those of other kinds in order among themselves. */
void insight_add(struct insight *in, const struct insight_event *e);

struct insight_cut { /* what the bounds left out */
  uint64_t subjects; /* events of users and addresses that were not followed */
  uint64_t findings;
};
/* Ends what is under way and gives all findings, the most severe first, then the newest. */
void insight_finish(struct insight *in, const struct insight_finding **out, uint32_t *count_out,
                    struct insight_cut *cut_out);

/* Roughly where a country is (ISO 3166-1 code): a point in its middle, and how far from there its places lie. For
 * events whose address has no coordinates. False where the code is not known. */
bool insight_country_position(struct slice code, double *latitude_out, double *longitude_out, double *radius_km_out);
/* On a sphere of 6,371 km (haversine). */
double insight_distance_km(double latitude_a, double longitude_a, double latitude_b, double longitude_b);

#endif
