/* Private to api/: log-ins joined with what came after and before them. */
#ifndef DAYBOOK_API_LOGIN_JOIN_H
#define DAYBOOK_API_LOGIN_JOIN_H

#include "api/internal.h"

/* A log-in: an event of log "auth" and action "login". It failed where its outcome is failure or denied.
 *
 * Its log-out is the first event of action "logout" after it, in its tenant and with its auth.session. A log-in without
 * a session is ended by the user's next log-out without one, unless the user logs in without one before. Events are in
 * order of (occurred_at, seq). The user is actor.name, or actor.id, or actor.email, whichever is there first. */
struct login {
  int64_t at_us;
  uint64_t seq;
  unsigned digits; /* of at_us, as sent */
  bool failed;
  struct slice tenant, texts[FIELD_COUNT]; /* by field, those of login_fields alone */
  enum field_id user_field;                /* of `user`; user is empty where nothing names one */
  struct slice user;

  /* What the join finds. */
  bool has_logout, has_last_failed;
  int64_t logout_at_us, last_failed_at_us;
  unsigned logout_digits, last_failed_digits;
  uint64_t logout_seq, duration_s;
  uint64_t failures; /* of the user after the last success before this; this one included where it failed */
};

/* Takes over the parts of an event that a log-in shows, copied into arena; false past its maximum. */
bool login_take(const struct event *e, struct arena *arena, struct login *out);
/* Fills in what the join finds, for up to LOGIN_PAGE log-ins, newest first. Looks at the whole store within the
 * question's scope, whatever its filter and time range, until its deadline. */
enum { LOGIN_PAGE = 200 };
int login_join(struct question *q, struct login *rows, uint32_t count, struct error *err);

/* Clauses that hold for log-ins: log auth, action login. */
enum { LOGIN_CLAUSES = 2 };
extern const struct filter_clause login_clauses[LOGIN_CLAUSES];

#endif
