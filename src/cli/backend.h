/* Where the events are, for every subcommand alike: a server (through libcurl) or a data folder opened in this process.
 * One thread. Opened from --url, --data and the environment; private to cli/. */
#ifndef DAYBOOK_CLI_BACKEND_H
#define DAYBOOK_CLI_BACKEND_H

#include "api/api.h"
#include "base/document.h"
#include "cli/arguments.h"
#include "event/event.h"
#include "store/store.h"

struct backend_query {
  struct slice text;
  const char *from, *to; /* as typed; NULL: open */
  const char *tz;        /* "UTC" or a zone */
  enum read_order order;
};

struct append_result {
  uint32_t stored, duplicates;
};

struct retention_row {
  struct slice tenant;
  int32_t days; /* 0: for ever */
  bool own;
};

struct backend;
struct backend_ops {
  /* NDJSON of at most LIMIT_REQUEST_EVENTS events: all or nothing. Where one event is at fault, err->pointer begins
   * with its 0-based index ("/3/actor"). */
  int (*append)(struct backend *b, struct slice ndjson, uint32_t count, struct append_result *out, struct error *err);
  /* Up to `limit` events in order (0: all); the event is valid during the call. *more_out: there are others. */
  int (*search)(struct backend *b, const struct backend_query *q, uint64_t limit,
                int (*each)(void *arg, const struct event *e), void *arg, bool *more_out, struct error *err);
  int (*stats)(struct backend *b, const struct backend_query *q, struct read_stats *out, struct error *err);
  int (*top)(struct backend *b, const struct backend_query *q, const char *field, uint32_t limit,
             int (*each)(void *arg, struct slice value, uint64_t count), void *arg, struct error *err);
  /* Everything found as csv or ndjson text, piece by piece. */
  int (*export_all)(struct backend *b, const struct backend_query *q, const char *format,
                    int (*write)(void *arg, struct slice piece), void *arg, struct error *err);
  /* The tenants at or below a path (empty: all) with the days that hold for them. */
  int (*list_retention)(struct backend *b, struct slice tenant, int (*each)(void *arg, const struct retention_row *row),
                        void *arg, struct error *err);
  int (*get_retention)(struct backend *b, struct slice tenant, struct retention_row *out, struct error *err);
  /* days: 0 for ever, -1 takes the setting away. */
  int (*set_retention)(struct backend *b, struct slice tenant, int32_t days, struct error *err);
  int (*backup)(struct backend *b, const char *to_dir, struct error *err);
  /* Puts into Daybook's own record what the command line did; NULL where the server does. */
  int (*record)(struct backend *b, const struct record *record, struct error *err);
  void (*close)(struct backend *b);
};
struct backend {
  const struct backend_ops *ops;
};

/* By --data, else --url, else DAYBOOK_URL, else CLI_DEFAULT_URL. `create`: a new data folder may be made. */
int backend_open(const struct arguments *a, bool create, struct backend **out, struct error *err);
int backend_open_local(const char *dir, bool create, struct backend **out, struct error *err);
int backend_open_remote(const char *url, const char *key, struct backend **out, struct error *err);
void backend_close(struct backend *b); /* NULL is allowed */
/* One request to a backend that was opened remote; `body` JSON, or empty. The answer is a document in the arena, NULL
 * for one without content. */
int backend_call(struct backend *b, const char *method, const char *path, struct slice body, struct arena *arena,
                 const struct document **out, struct error *err);
/* As a path's segment or a parameter's value is written. */
void backend_append_encoded(struct buffer *out, struct slice text);

/* The question of -q, the words and --from, --to, --tz, --order; the text is in the arena. */
int backend_read_query(const struct arguments *a, struct arena *arena, struct backend_query *out, struct error *err);
/* A folder that holds a store: ERR_NOT_FOUND or ERR_INVALID with a message that says what it is instead. */
int backend_check_data(const char *dir, struct error *err);
/* Whether there is nothing in dir, or no dir; ERR_INVALID where it is no folder. */
int backend_check_empty(const char *dir, bool *empty_out, struct error *err);

#endif
