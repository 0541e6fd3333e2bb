/* Daybook's own record: what is done to Daybook, as events in the log of the tenant it concerns, by the same way in as
 * every other event. Handlers call it before they answer: what cannot be recorded is refused. It waits for the disk, so
 * call it on a worker, and within the change (accounts_begin .. accounts_end) that it describes, just before its end:
 * a change without its event cannot be, at worst an event whose change did not come about.
 *
 * Never pass a secret: no password, token, code or key, in whatever form. */
#ifndef DAYBOOK_API_RECORD_H
#define DAYBOOK_API_RECORD_H

#include "access/access.h"
#include "geo/geo.h"
#include "http/http.h"
#include "store/store.h"

struct api;

enum {
  RECORD_UNCLEAN_BYTES = 4096,
  RECORD_USER_AGENT_BYTES = 512,
  RECORD_TEXT_BYTES = 16 * 1024 /* of one value; longer ones are cut */
};

/* Members whose slices are empty (data NULL for values) are left out; all is borrowed. */
struct record_change {
  const char *field;
  struct slice old_value, new_value; /* texts, or JSON where is_json; data NULL: there was none */
  bool is_json;
};
struct record_param {
  const char *name;
  struct slice value;
  bool is_json; /* a number, true or false */
};
struct record_target {
  const char *type; /* "user", "grant", "api_key", "tenant", "retention", "settings", "export", "viewer_token",
                       "session", "search"; NULL: no target */
  struct slice id, name, user, domain;
};

struct record {
  struct slice tenant;           /* whom it concerns; empty: "daybook", the log of what concerns the whole server */
  const char *log;               /* "admin"; "auth" for log-ins and log-outs */
  const char *action;            /* "create", "update", "delete", "login", "logout", "export" ... */
  const char *activity;          /* "User Created" */
  const char *category;          /* "Users", "Security", "Authentication", "Settings" */
  const char *outcome;           /* NULL: "success"; "failure" */
  struct slice reason;           /* of a failure */
  const struct principal *actor; /* NULL: the request's */
  struct record_target target;
  const struct record_change *changes;
  const struct record_param *params;
  uint32_t change_count, param_count;
  struct slice auth_method, auth_session; /* "password+totp"; the session's public id */
  int64_t auth_duration_s;                /* of a session that ended; below 0 or 0 with no method: none */
};

#define RECORD_CHANGES(list) .changes = (list), .change_count = sizeof(list) / sizeof *(list)
#define RECORD_PARAMS(list) .params = (list), .param_count = sizeof(list) / sizeof *(list)

/* The event of a change of retention to `days` (below 0: as the tenant above it), before it is made. What it points to
 * lives in *out. */
struct retention_record {
  char old_text[16], new_text[16];
  struct record_change change;
  struct record record;
};
int retention_record_make(struct store *store, struct slice tenant, int32_t days, struct retention_record *out,
                          struct error *err);

/* Appends the event and returns when it is on disk; ERR_DISK_FULL, ERR_BUSY, ERR_READ_ONLY as any writing. */
int record_event(struct http_request *r, struct api *api, const struct record *record, struct error *err);
/* Several, all or none. */
int record_events(struct http_request *r, struct api *api, const struct record *records, uint32_t count,
                  struct error *err);
/* The same from the command line, by whoever can read the files: no address, no browser. */
int record_local(const struct os *os, struct store *store, const struct record *record, struct error *err);

#endif
