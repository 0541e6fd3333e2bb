/* OpenSSH and its neighbours in a syslog file (auth.log).
 *
 *   sshd  Accepted METHOD for USER from IP port N ssh2[: KEY]   login, success
 *         Failed METHOD for [invalid user ]USER from IP ...      login, failure: bad_password, bad_key, unknown_user
 * ... Invalid user USER from IP, and then no Failed line     login, failure: unknown_user (once, at the end of it)
 *         maximum authentication attempts exceeded for ...       warn, denied: too_many_attempts (the attempts
 * themselves were logged as failures of their own) session opened for user USER                           login, where
 * no Accepted line came before session closed for user USER                           logout, with the duration since
 * the login of that process message repeated N times: [ LINE ]                     LINE, N times sudo, su, useradd,
 * userdel, groupadd, chpasswd, passwd       admin log Everything else is no audit event and is counted as skipped.
 * Sessions are paired by host and process id. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/importer.h"
#include "cli/text.h"
#include "query/query.h"

enum { SESSIONS_MAX = 65536, REPEATS_MAX = 100000, TEXT_BYTES = 256 };

/* A connection that waits for a later line. */
struct session {
  uint64_t pid;
  int64_t at_us; /* of the login, or of the attempt */
  uint64_t position;
  bool attempt; /* "Invalid user" without its Failed line so far; else a login without its logout */
  char host[TEXT_BYTES], user[TEXT_BYTES], ip[64], method[32];
};

struct sshd {
  const struct import_options *options;
  int64_t year;
  unsigned month; /* of the line before; 0 at the start */
  struct session *sessions;
  size_t count, capacity;
};

/* One line of syslog, taken apart. */
struct entry {
  int64_t at_us;
  unsigned digits;
  struct slice host, program, message;
  uint64_t pid; /* 0: none */
};

static int sshd_open(const struct import_options *o, void **state_out, struct error *err) {
  struct sshd *s = calloc(1, sizeof *s);
  if (!s) return error_set(err, ERR_INTERNAL, "out of memory");
  s->options = o;
  *state_out = s;
  return 0;
}

static int64_t current_year(int64_t now_us) {
  int64_t year;
  unsigned month, day;
  instant_civil_from_days(now_us / 1000000 / 86400, &year, &month, &day);
  return year;
}

static void sshd_begin_file(void *state, struct import_sink *sink) {
  struct sshd *s = state;
  (void)sink;
  s->year = s->options->year ? s->options->year : current_year(s->options->now_us);
  s->month = 0;
  s->count = 0;
}

static void sshd_close(void *state) {
  struct sshd *s = state;
  free(s->sessions);
  free(s);
}

/* ---- The frame of a line ---- */

static unsigned month_number(struct slice name) {
  static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  for (unsigned i = 0; i < 12 && name.len == 3; i++) {
    if (memcmp(names + 3 * i, name.data, 3) == 0) return i + 1;
  }
  return 0;
}

/* "13:06:56" in seconds. */
static bool read_clock(struct slice text, int64_t *seconds_out) {
  uint64_t h, m, s;
  if (text.len != 8 || text.data[2] != ':' || text.data[5] != ':') return false;
  if (!text_number(slice_of(text.data, 2), 23, &h) || !text_number(slice_of(text.data + 3, 2), 59, &m) ||
      !text_number(slice_of(text.data + 6, 2), 60, &s))
    return false;
  *seconds_out = (int64_t)(h * 3600 + m * 60 + s);
  return true;
}

/* A line carries no year: it is the one of the line before, plus one where December turns to January. A line of
 * December that comes late, after January began, belongs to the old year. */
static int64_t year_of(struct sshd *s, unsigned month) {
  if (s->month && month + 6 < s->month) s->year++;
  bool late = s->month && month > s->month + 6;
  if (!late) s->month = month;
  return late ? s->year - 1 : s->year;
}

/* 29 February of most years, 31 April: what no calendar has must not become the day after. */
static bool read_wall(struct sshd *s, int64_t year, unsigned month, unsigned day, int64_t seconds, struct entry *out,
                      bool *exists_out) {
  int64_t days = instant_days_from_civil(year, month, day), same_year;
  unsigned same_month, same_day;
  instant_civil_from_days(days, &same_year, &same_month, &same_day);
  *exists_out = same_day == day;
  return import_local_instant((days * 86400 + seconds) * 1000000, s->options->tz, &out->at_us, NULL) == 0;
}

static bool read_classic_time(struct sshd *s, struct slice *line, struct entry *out) {
  uint64_t day;
  int64_t seconds;
  unsigned month = month_number(text_take_word(line));
  bool good =
      month && text_number(text_take_word(line), 31, &day) && day > 0 && read_clock(text_take_word(line), &seconds);
  if (!good) return false;
  int64_t year = year_of(s, month);
  bool exists;
  if (!read_wall(s, year, month, (unsigned)day, seconds, out, &exists)) return false;
  bool ahead = !s->options->year && out->at_us > s->options->now_us + INT64_C(86400000000);
  if (ahead && s->year == current_year(s->options->now_us)) {
    s->year--; /* the file is from last year */
    if (!read_wall(s, year - 1, month, (unsigned)day, seconds, out, &exists)) return false;
  }
  out->digits = 0;
  return exists;
}

/* "Mar 27 13:06:56 HOST PROGRAM[PID]: MESSAGE", or with an RFC 3339 time as newer syslog daemons write it. */
static bool read_entry(struct sshd *s, struct slice line, struct entry *out) {
  *out = (struct entry){0};
  struct slice rest = line;
  if (line.len && line.data[0] >= '0' && line.data[0] <= '9') {
    if (!instant_parse(text_take_word(&rest), &out->at_us, &out->digits)) return false;
  } else if (!read_classic_time(s, &rest, out)) {
    return false;
  }
  out->host = text_take_word(&rest);
  struct slice tag, id;
  if (out->host.len == 0 || !text_split(rest, ":", &tag, &out->message)) return false;
  if (text_split(tag, "[", &out->program, &id)) {
    if (!text_ends_with(id, "]") || !text_number(slice_of(id.data, id.len - 1), UINT32_MAX, &out->pid)) return false;
  } else {
    out->program = tag;
  }
  out->message = text_trim(out->message);
  return out->program.len > 0 && !text_contains(out->program, " ");
}

/* ---- Sessions ---- */

static struct session *find_session(struct sshd *s, const struct entry *e) {
  for (size_t i = s->count; i > 0; i--) {
    struct session *session = &s->sessions[i - 1];
    if (session->pid == e->pid && text_equal(e->host, session->host)) return session;
  }
  return NULL;
}

static void copy_text(char *to, size_t room, struct slice text) {
  size_t len = text.len < room ? text.len : room - 1;
  if (len) memcpy(to, text.data, len);
  to[len] = 0;
}

static void drop_session(struct sshd *s, struct session *session) { *session = s->sessions[--s->count]; }

static struct session *add_session(struct sshd *s, const struct entry *e, uint64_t position) {
  struct session *old = find_session(s, e);
  if (old) drop_session(s, old); /* the process id was given out again */
  if (s->count == SESSIONS_MAX) drop_session(s, &s->sessions[0]);
  if (s->count == s->capacity) {
    s->capacity = s->capacity ? s->capacity * 2 : 64;
    s->sessions = realloc(s->sessions, s->capacity * sizeof *s->sessions);
    if (!s->sessions) abort();
  }
  struct session *session = &s->sessions[s->count++];
  *session = (struct session){.pid = e->pid, .at_us = e->at_us, .position = position};
  copy_text(session->host, sizeof session->host, e->host);
  return session;
}

/* ---- Events ---- */

static struct draft *begin(struct sshd *s, struct import_sink *sink, const struct entry *e, const char *log,
                           const char *action, const char *activity) {
  struct draft *d = import_draft(sink);
  draft_set_text(d, FIELD_TENANT, s->options->tenant);
  draft_set_text(d, FIELD_LOG, log);
  draft_set_time(d, e->at_us, e->digits);
  draft_set_text(d, FIELD_ACTION, action);
  draft_set_text(d, FIELD_ACTIVITY, activity);
  return d;
}

static struct draft *begin_auth(struct sshd *s, struct import_sink *sink, const struct entry *e, const char *action,
                                const char *activity) {
  struct draft *d = begin(s, sink, e, "auth", action, activity);
  draft_set_text(d, FIELD_PRODUCT, "OpenSSH");
  draft_set_text(d, FIELD_CATEGORY, "Auth");
  draft_set_text(d, FIELD_TARGET_TYPE, "host");
  draft_set(d, FIELD_TARGET_NAME, e->host);
  return d;
}

/* A name nobody typed is nobody's: such attempts are anonymous. */
static void set_user(struct draft *d, struct slice user) {
  draft_set_text(d, FIELD_ACTOR_TYPE, user.len ? "user" : "anonymous");
  draft_set(d, FIELD_ACTOR_NAME, user);
}

static void set_address(struct draft *d, struct slice address) {
  char canonical[46];
  size_t len;
  if (event_ip_canonical(address, canonical, &len)) {
    draft_set(d, FIELD_SOURCE_IP, address);
  } else {
    draft_param(d, SLICE("remote_host"), address);
  }
}

/* Unique per login: host, process and second. */
static void set_session(struct draft *d, const struct session *session) {
  char text[TEXT_BYTES + 64];
  int len = snprintf(text, sizeof text, "%s/%llu/%lld", session->host, (unsigned long long)session->pid,
                     (long long)(session->at_us / 1000000));
  draft_set(d, FIELD_AUTH_SESSION, arena_copy(d->arena, slice_of(text, (size_t)len)));
}

/* "METHOD for [invalid user ]USER from IP port N ssh2[: KEY]"; a user's name may itself hold " from ". */
struct attempt {
  struct slice method, user, ip, port, key;
  bool unknown;
};

static bool read_attempt(struct slice text, struct attempt *out) {
  struct slice rest, place, port;
  *out = (struct attempt){0};
  if (!text_split(text, " for ", &out->method, &rest) || !text_split_last(rest, " from ", &out->user, &place))
    return false;
  out->unknown = text_take(&out->user, "invalid user ");
  out->user = text_trim(out->user);
  if (!text_split(place, " port ", &out->ip, &port)) {
    out->ip = text_take_word(&place);
    return out->ip.len > 0;
  }
  out->port = text_take_word(&port);
  struct slice protocol;
  text_split(port, ": ", &protocol, &out->key);
  return out->ip.len > 0;
}

static void set_attempt(struct draft *d, const struct attempt *a) {
  set_user(d, a->user);
  set_address(d, a->ip);
  draft_set(d, FIELD_AUTH_METHOD, a->method);
  uint64_t port;
  if (text_number(a->port, 65535, &port)) draft_param_json(d, SLICE("port"), a->port);
  draft_param(d, SLICE("key"), a->key);
}

static bool accepted(struct sshd *s, struct import_sink *sink, const struct entry *e, const struct attempt *a) {
  struct session *session = add_session(s, e, sink->position);
  copy_text(session->user, sizeof session->user, a->user);
  copy_text(session->ip, sizeof session->ip, a->ip);
  copy_text(session->method, sizeof session->method, a->method);
  struct draft *d = begin_auth(s, sink, e, "login", "Login");
  set_attempt(d, a);
  set_session(d, session);
  draft_set_text(d, FIELD_OUTCOME, "success");
  return import_emit(sink, d, slice_of(NULL, 0));
}

static const char *failure_reason(const struct attempt *a) {
  if (a->unknown) return "unknown_user";
  if (text_equal(a->method, "password")) return "bad_password";
  if (text_equal(a->method, "publickey")) return "bad_key";
  return "refused";
}

static bool failed_login(struct sshd *s, struct import_sink *sink, const struct entry *e, const struct attempt *a) {
  struct draft *d = begin_auth(s, sink, e, "login", "Failed Login");
  set_attempt(d, a);
  draft_set_text(d, FIELD_OUTCOME, "failure");
  draft_set_text(d, FIELD_REASON, failure_reason(a));
  return import_emit(sink, d, slice_of(NULL, 0));
}

static bool failed(struct sshd *s, struct import_sink *sink, const struct entry *e, const struct attempt *a) {
  /* A client's first question, "none", only asks which methods there are. */
  if (text_equal(a->method, "none")) return import_skip(sink);
  struct session *session = find_session(s, e);
  if (session && session->attempt) drop_session(s, session);
  return failed_login(s, sink, e, a);
}

static bool too_many(struct sshd *s, struct import_sink *sink, const struct entry *e, const struct attempt *a) {
  struct draft *d = begin_auth(s, sink, e, "warn", "Too Many Login Attempts");
  set_user(d, a->user);
  set_address(d, a->ip);
  draft_set_text(d, FIELD_OUTCOME, "success"); /* of the warning; the logins failed in events of their own */
  draft_set_text(d, FIELD_REASON, "too_many_attempts");
  return import_emit(sink, d, slice_of(NULL, 0));
}

static bool invalid_user(struct sshd *s, struct import_sink *sink, const struct entry *e, struct slice rest) {
  struct slice user, place;
  if (!text_split_last(rest, " from ", &user, &place)) {
    if (!text_take(&rest, "from ")) return import_skip(sink);
    user = slice_of(NULL, 0);
    place = rest;
  }
  struct session *session = add_session(s, e, sink->position);
  session->attempt = true;
  copy_text(session->user, sizeof session->user, text_trim(user));
  copy_text(session->ip, sizeof session->ip, text_take_word(&place));
  return import_skip(sink);
}

/* The connection is over and no password of that unknown user was ever refused: the attempt itself is the event. */
static bool give_up_attempt(struct sshd *s, struct import_sink *sink, struct session *session) {
  struct attempt a = {.user = slice_from(session->user), .ip = slice_from(session->ip), .unknown = true};
  struct entry e = {.at_us = session->at_us, .host = slice_from(session->host), .pid = session->pid};
  uint64_t position = sink->position;
  sink->position = session->position;
  sink->skipped -= sink->skipped > 0; /* the line was counted as skipped when it waited */
  bool goes_on = failed_login(s, sink, &e, &a);
  sink->position = position;
  drop_session(s, session);
  return goes_on;
}

static bool session_opened(struct sshd *s, struct import_sink *sink, const struct entry *e, struct slice user) {
  struct session *session = find_session(s, e);
  if (session && !session->attempt) return import_skip(sink);
  /* With a quiet LogLevel there is no Accepted line; then this is the login, without address and method. */
  struct attempt a = {.user = user};
  return accepted(s, sink, e, &a);
}

static bool session_closed(struct sshd *s, struct import_sink *sink, const struct entry *e, struct slice user) {
  struct session *session = find_session(s, e);
  struct draft *d = begin_auth(s, sink, e, "logout", "Logout");
  draft_set_text(d, FIELD_OUTCOME, "success");
  if (!session || session->attempt) {
    set_user(d, user); /* the login was before this file began */
    return import_emit(sink, d, slice_of(NULL, 0));
  }
  set_user(d, slice_from(session->user));
  if (session->ip[0]) set_address(d, slice_from(session->ip));
  draft_set_text(d, FIELD_AUTH_METHOD, session->method);
  set_session(d, session);
  char digits[24];
  int64_t seconds = (e->at_us - session->at_us) / 1000000;
  int len = snprintf(digits, sizeof digits, "%lld", (long long)(seconds > 0 ? seconds : 0));
  draft_set(d, FIELD_AUTH_DURATION, slice_of(digits, (size_t)len));
  bool goes_on = import_emit(sink, d, slice_of(NULL, 0)); /* the draft borrows from the session */
  drop_session(s, session);
  return goes_on;
}

/* "user root by (uid=0)" or "user root(uid=0) by (uid=0)": the name. */
static struct slice session_user(struct slice rest) {
  struct slice user = text_take_word(&rest), before, after;
  return text_split(user, "(uid=", &before, &after) ? before : user;
}

static bool on_sshd(struct sshd *s, struct import_sink *sink, const struct entry *e) {
  struct slice m = e->message;
  struct attempt a;
  bool accept = text_take(&m, "Accepted ");
  if (accept || text_take(&m, "Failed ")) {
    if (!read_attempt(m, &a)) return import_reject(sink, "a login line that cannot be read");
    return accept ? accepted(s, sink, e, &a) : failed(s, sink, e, &a);
  }
  if (text_take(&m, "Invalid user ")) return invalid_user(s, sink, e, m);
  if (text_take(&m, "error: maximum authentication attempts exceeded") ||
      text_take(&m, "maximum authentication attempts exceeded")) {
    return read_attempt(m, &a) ? too_many(s, sink, e, &a) : import_skip(sink);
  }
  if (text_take(&m, "pam_unix(sshd:session): session opened for user "))
    return session_opened(s, sink, e, session_user(m));
  if (text_take(&m, "pam_unix(sshd:session): session closed for user "))
    return session_closed(s, sink, e, session_user(m));
  bool over = text_take(&m, "Connection closed") || text_take(&m, "Connection reset") || text_take(&m, "Disconnect") ||
              text_take(&m, "Received disconnect");
  struct session *session = over ? find_session(s, e) : NULL;
  if (session && session->attempt) give_up_attempt(s, sink, session);
  return import_skip(sink);
}

/* ---- The neighbours ---- */

static struct draft *begin_admin(struct sshd *s, struct import_sink *sink, const struct entry *e, const char *action,
                                 const char *activity, struct slice actor) {
  struct draft *d = begin(s, sink, e, "admin", action, activity);
  draft_set(d, FIELD_PRODUCT, e->program);
  draft_set_text(d, FIELD_CATEGORY, "Users");
  draft_set_text(d, FIELD_ACTOR_TYPE, actor.len ? "user" : "system");
  draft_set(d, FIELD_ACTOR_NAME, actor);
  draft_param(d, SLICE("host"), e->host);
  return d;
}

static void set_target(struct draft *d, const char *type, struct slice name) {
  draft_set_text(d, FIELD_TARGET_TYPE, type);
  draft_set(d, FIELD_TARGET_NAME, name);
  if (strcmp(type, "user") == 0) draft_set(d, FIELD_TARGET_USER, name);
}

static void set_failure(struct draft *d, const char *outcome, const char *reason) {
  draft_set_text(d, FIELD_OUTCOME, outcome);
  draft_set_text(d, FIELD_REASON, reason);
}

/* "USER : [complaint ; ]TTY=pts/0 ; PWD=/home ; USER=root ; COMMAND=/bin/ls". COMMAND is last and may hold anything. */
static bool on_sudo(struct sshd *s, struct import_sink *sink, const struct entry *e) {
  struct slice user, rest, items, command, item;
  if (!text_split(e->message, " : ", &user, &rest) || !text_split(rest, "COMMAND=", &items, &command)) {
    return import_skip(sink);
  }
  struct draft *d = begin_admin(s, sink, e, "execute", "Command Run", text_trim(user));
  draft_set_text(d, FIELD_CATEGORY, "Administration");
  draft_set_text(d, FIELD_OUTCOME, "success");
  set_target(d, "command", command);
  draft_param(d, SLICE("command"), command);
  while (items.len) {
    if (!text_split(items, " ; ", &item, &items)) item = items, items = slice_of(NULL, 0);
    item = text_trim(item);
    if (text_take(&item, "TTY=")) {
      draft_param(d, SLICE("tty"), item);
    } else if (text_take(&item, "PWD=")) {
      draft_param(d, SLICE("pwd"), item);
    } else if (text_take(&item, "USER=")) {
      draft_set(d, FIELD_TARGET_USER, item);
    } else if (text_contains(item, "incorrect password attempt")) {
      set_failure(d, "failure", "bad_password");
    } else if (text_contains(item, "not allowed") || text_contains(item, "NOT in sudoers")) {
      set_failure(d, "denied", "not_allowed");
    }
  }
  return import_emit(sink, d, slice_of(NULL, 0));
}

/* "Successful su for root by jane" or "FAILED su for root by jane". */
static bool on_su(struct sshd *s, struct import_sink *sink, const struct entry *e) {
  struct slice m = e->message, target, actor;
  bool good = text_take(&m, "Successful su for ");
  if ((!good && !text_take(&m, "FAILED su for ")) || !text_split(m, " by ", &target, &actor)) return import_skip(sink);
  struct draft *d = begin_admin(s, sink, e, "switch_user", good ? "User Switched" : "Failed User Switch", actor);
  set_target(d, "user", target);
  draft_set_text(d, FIELD_OUTCOME, good ? "success" : "failure");
  return import_emit(sink, d, slice_of(NULL, 0));
}

/* "name=jane, UID=1001, GID=1001, home=/home/jane": the name, the rest as parameters. */
static void set_attributes(struct draft *d, const char *type, struct slice list) {
  struct slice item, name, value;
  while (list.len) {
    if (!text_split(list, ", ", &item, &list)) item = list, list = slice_of(NULL, 0);
    if (!text_split(item, "=", &name, &value)) continue;
    if (text_equal(name, "name")) {
      set_target(d, type, value);
    } else {
      draft_param(d, name, value);
    }
  }
}

/* useradd, groupadd, usermod, userdel. */
static bool on_accounts(struct sshd *s, struct import_sink *sink, const struct entry *e) {
  struct slice m = e->message, name, rest;
  struct slice nobody = slice_of(NULL, 0);
  struct draft *d;
  if (text_take(&m, "new user: ")) {
    d = begin_admin(s, sink, e, "create", "User Created", nobody);
    set_attributes(d, "user", m);
  } else if (text_take(&m, "new group: ")) {
    d = begin_admin(s, sink, e, "create", "Group Created", nobody);
    set_attributes(d, "group", m);
  } else if (text_take(&m, "failed adding user '") && text_split(m, "'", &name, &rest)) {
    d = begin_admin(s, sink, e, "create", "User Creation Failed", nobody);
    set_target(d, "user", name);
    draft_set_text(d, FIELD_OUTCOME, "failure");
  } else if (text_take(&m, "delete user '") && text_split(m, "'", &name, &rest)) {
    d = begin_admin(s, sink, e, "delete", "User Deleted", nobody);
    set_target(d, "user", name);
  } else if (text_take(&m, "add '") && text_split(m, "' to group '", &name, &rest)) {
    d = begin_admin(s, sink, e, "update", "Group Membership Changed", nobody);
    set_target(d, "user", name);
    rest.len -= text_ends_with(rest, "'");
    draft_param(d, SLICE("group"), rest);
  } else {
    return import_skip(sink);
  }
  return import_emit(sink, d, nobody);
}

/* chpasswd, passwd: "pam_unix(chpasswd:chauthtok): password changed for jane". */
static bool on_password(struct sshd *s, struct import_sink *sink, const struct entry *e) {
  struct slice before, m, rest;
  if (!text_split(e->message, "chauthtok): ", &before, &m)) return import_skip(sink);
  bool changed = text_take(&m, "password changed for ");
  bool unknown = !changed && text_take(&m, "user \"") && text_split(m, "\" does not exist", &m, &rest);
  if (!changed && !unknown) return import_skip(sink);
  struct draft *d =
      begin_admin(s, sink, e, "update", changed ? "Password Changed" : "Password Change Failed", slice_of(NULL, 0));
  set_target(d, "user", m);
  if (unknown) set_failure(d, "failure", "unknown_user");
  return import_emit(sink, d, slice_of(NULL, 0));
}

static bool on_entry(struct sshd *s, struct import_sink *sink, const struct entry *e) {
  struct slice p = e->program;
  if (text_equal(p, "sshd") || text_equal(p, "sshd-session")) return on_sshd(s, sink, e);
  if (text_equal(p, "sudo")) return on_sudo(s, sink, e);
  if (text_equal(p, "su")) return on_su(s, sink, e);
  if (text_equal(p, "passwd") || text_equal(p, "chpasswd")) return on_password(s, sink, e);
  if (text_equal(p, "useradd") || text_equal(p, "userdel") || text_equal(p, "usermod") || text_equal(p, "groupadd")) {
    return on_accounts(s, sink, e);
  }
  return import_skip(sink);
}

static bool sshd_line(void *state, struct import_sink *sink, struct slice line) {
  struct sshd *s = state;
  struct entry e;
  if (!read_entry(s, line, &e)) return import_reject(sink, "not a line of syslog: no time, host and program");
  struct slice m = e.message, times, inner;
  uint64_t repeats = 1;
  if (text_take(&m, "message repeated ") && text_split(m, " times: [", &times, &inner)) {
    if (!text_number(times, REPEATS_MAX, &repeats)) return import_reject(sink, "a bad number of repetitions");
    inner.len -= text_ends_with(inner, "]");
    e.message = text_trim(inner);
  }
  bool goes_on = true;
  for (uint64_t i = 0; i < repeats && goes_on; i++) goes_on = on_entry(s, sink, &e);
  return goes_on;
}

static bool sshd_end_file(void *state, struct import_sink *sink) {
  struct sshd *s = state;
  for (size_t i = 0; i < s->count;) {
    if (s->sessions[i].attempt) {
      give_up_attempt(s, sink, &s->sessions[i]); /* drops it, and another takes its place */
    } else {
      i++;
    }
  }
  return sink->code == 0;
}

const struct importer importer_sshd = {
    .name = "sshd",
    .summary = "OpenSSH's auth.log: logins, failed logins, log-outs with durations; sudo, su, useradd, passwd",
    .shape = IMPORT_LINES,
    .open = sshd_open,
    .begin_file = sshd_begin_file,
    .line = sshd_line,
    .end_file = sshd_end_file,
    .close = sshd_close,
};
