/* What was typed after `daybook COMMAND`: options by one table, the rest as operands. The same table makes --help and
 * is what man page and shell completion are checked against. One thread; borrows argv. */
#ifndef DAYBOOK_CLI_ARGUMENTS_H
#define DAYBOOK_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

/* X(id, long name, letter or 0, name of its value or NULL for a flag, help) */
#define OPTION_TABLE(X)                                                                                  \
  X(OPT_URL, "url", 0, "URL", "the server to talk to, as http://127.0.0.1:8642 (or DAYBOOK_URL)")        \
  X(OPT_DATA, "data", 0, "DIR", "work on this data folder directly; no server may have it open")         \
  X(OPT_QUERY, "query", 'q', "QUERY", "the question, instead of or besides the words given")             \
  X(OPT_FROM, "from", 0, "TIME", "events at or after: 2026-11-20, 2026-11-20T08:00:00Z, now-24h")        \
  X(OPT_TO, "to", 0, "TIME", "events before: the same forms")                                            \
  X(OPT_LIMIT, "limit", 'n', "N", "at most this many events, or values of --top")                        \
  X(OPT_ORDER, "order", 0, "ORDER", "newest first (the default), or oldest")                             \
  X(OPT_TZ, "tz", 0, "ZONE", "time zone of what is read or shown, as Europe/Berlin; UTC unless given")   \
  X(OPT_JSON, "json", 0, NULL, "one JSON object a line instead of a table")                              \
  X(OPT_CSV, "csv", 0, NULL, "CSV instead of a table")                                                   \
  X(OPT_COLOR, "color", 0, "WHEN", "always, never, or auto: where a terminal shows it (the default)")    \
  X(OPT_TOP, "top", 0, "FIELD", "also the most frequent values of a field, as ip or actor.name")         \
  X(OPT_FORMAT, "format", 'f', "FORMAT", "what is read or written; see above")                           \
  X(OPT_OUTPUT, "output", 'o', "FILE", "write here instead of to standard output")                       \
  X(OPT_TENANT, "tenant", 't', "TENANT", "the tenant; of events that name none (imported unless given)") \
  X(OPT_LOG, "log", 0, "LOG", "log of the events: panel (the default) or api")                           \
  X(OPT_MAP, "map", 'm', "FILE", "which column is which field; see docs/importing.md")                   \
  X(OPT_YEAR, "year", 0, "YEAR", "year of the first line, where lines carry none")                       \
  X(OPT_DRY_RUN, "dry-run", 0, NULL, "read and check everything, store nothing")                         \
  X(OPT_REPAIR, "repair", 0, NULL, "set what is damaged aside in DIR/damaged, so that the rest opens")   \
  X(OPT_ROLE, "role", 0, "ROLE", "operator, admin, auditor, viewer; of keys writer or reader")           \
  X(OPT_LOGS, "logs", 0, "LOG,LOG", "only these logs")                                                   \
  X(OPT_PRODUCTS, "products", 0, "NAME,NAME", "only these products")                                     \
  X(OPT_ADDRESSES, "addresses", 0, "NET,NET", "only from these networks, as 10.0.0.0/8")                 \
  X(OPT_EXPIRES, "expires", 0, "TIME", "when the key ends, as 2027-01-31T00:00:00Z")                     \
  X(OPT_OVERLAP, "overlap-h", 0, "HOURS", "how long the old key goes on (24)")                           \
  X(OPT_NAME, "name", 0, "NAME", "the name that is shown")                                               \
  X(OPT_EMAIL, "email", 0, "ADDRESS", "the e-mail address")                                              \
  X(OPT_PREFIX, "prefix", 0, "TEXT", "only what begins with this")                                       \
  X(OPT_VERBOSE, "verbose", 'v', NULL, "tell progress and every fault")                                  \
  X(OPT_HELP, "help", 'h', NULL, "show this help")

enum option_id {
#define X(id, name, letter, value, help) id,
  OPTION_TABLE(X)
#undef X
      OPTION_COUNT
};

struct option_spec {
  const char *name;
  char letter;
  const char *value;
  const char *help;
};
const struct option_spec *option_spec(enum option_id id);

#define OPTION_BIT(id) (UINT32_C(1) << (id))
enum {
  OPTIONS_PLACE = 1 << OPT_URL | 1 << OPT_DATA,
  OPTIONS_QUERY = 1 << OPT_QUERY | 1 << OPT_FROM | 1 << OPT_TO | 1 << OPT_TZ,
};

enum { ARGUMENTS_OPERANDS = 4096 };

struct arguments {
  const char *values[OPTION_COUNT]; /* NULL: not given; "" for a flag */
  const char *operands[ARGUMENTS_OPERANDS];
  uint32_t operand_count;
};

/* Reads arguments, allowing the options in the set. "--" ends options; an argument as -field:value is a query term, no
 * option. ERR_INVALID with a message that names the nearest option. */
int arguments_parse(int argc, char **argv, uint32_t allowed, struct arguments *out, struct error *err);
static inline bool arguments_has(const struct arguments *a, enum option_id id) { return a->values[id] != NULL; }
/* A whole number in [min, max]; fallback where the option was not given. */
int arguments_number(const struct arguments *a, enum option_id id, int64_t min, int64_t max, int64_t fallback,
                     int64_t *out, struct error *err);

#endif
