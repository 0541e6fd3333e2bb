/* A page of log-ins is joined by three walks over few events: the log-outs of its sessions, onwards from the oldest
 * row; what its users without sessions did next; and their log-ins within the page, backwards from the newest row.
 * What came before the page is looked up user by user. A walk that meets too many events of no use (a user under
 * attack has failures by the thousand) is given up, and the rows it left open are looked up one by one, each by the
 * first events that decide it and by a count. */
#include "api/login_join.h"

#include <assert.h>
#include <stdlib.h>

enum { WALK_EVENTS = 2000, OWN_EVENTS = 8, CLAUSES_MAX = 8 };

#define TERM(literal) \
  { .op = MATCH_EXACT, .text = SLICE_INIT(literal) }
#define CLAUSE(field_list, term_list)                               \
  {                                                                 \
    .fields = (field_list), .field_count = 1, .terms = (term_list), \
    .term_count = sizeof(term_list) / sizeof *(term_list)           \
  }

static const struct filter_field log_field = {FIELD_LOG, {NULL, 0}}, action_field = {FIELD_ACTION, {NULL, 0}},
                                 outcome_field = {FIELD_OUTCOME, {NULL, 0}},
                                 session_field = {FIELD_AUTH_SESSION, {NULL, 0}},
                                 tenant_field = {FIELD_TENANT, {NULL, 0}};
static const struct filter_term auth_terms[] = {TERM("auth")}, login_terms[] = {TERM("login")},
                                logout_terms[] = {TERM("logout")}, both_terms[] = {TERM("login"), TERM("logout")},
                                failed_terms[] = {TERM("failure"), TERM("denied")},
                                present_terms[] = {{.op = MATCH_PRESENT}};

const struct filter_clause login_clauses[LOGIN_CLAUSES] = {CLAUSE(&log_field, auth_terms),
                                                           CLAUSE(&action_field, login_terms)};

static bool text_is(const struct event *e, enum field_id field, const char *text) {
  return slice_equal(event_text(e, field), slice_from(text));
}

static bool has_failed(const struct event *e) {
  return text_is(e, FIELD_OUTCOME, "failure") || text_is(e, FIELD_OUTCOME, "denied");
}

/* ---- One log-in ---- */

static enum field_id user_of(const struct event *e, struct slice *out) {
  static const enum field_id names[] = {FIELD_ACTOR_NAME, FIELD_ACTOR_ID, FIELD_ACTOR_EMAIL};
  for (unsigned i = 0; i < 3; i++) {
    *out = event_text(e, names[i]);
    if (out->len > 0) return names[i];
  }
  return FIELD_ACTOR_NAME;
}

bool login_take(const struct event *e, struct arena *arena, struct login *out) {
  static const enum field_id shown[] = {
      FIELD_ACTOR_NAME,   FIELD_ACTOR_DISPLAY, FIELD_ACTOR_EMAIL, FIELD_ACTOR_DOMAIN, FIELD_ACTOR_ID,
      FIELD_OUTCOME,      FIELD_REASON,        FIELD_AUTH_METHOD, FIELD_AUTH_SESSION, FIELD_SOURCE_IP,
      FIELD_SOURCE_AGENT, FIELD_GEO_COUNTRY,   FIELD_GEO_REGION,  FIELD_GEO_CITY,
  };
  *out = (struct login){.at_us = e->occurred_at_us,
                        .seq = e->seq,
                        .digits = event_occurred_digits(e),
                        .failed = has_failed(e),
                        .tenant = arena_copy(arena, event_text(e, FIELD_TENANT))};
  for (unsigned i = 0; i < sizeof shown / sizeof *shown; i++)
    out->texts[shown[i]] = arena_copy(arena, event_text(e, shown[i]));
  out->user_field = user_of(e, &out->user);
  out->user = out->texts[out->user_field];
  return !arena->overflowed;
}

/* Whether the event is of the log-in's user. */
static bool is_users(const struct login *l, const struct event *e) {
  struct slice user;
  return user_of(e, &user) == l->user_field && slice_equal(user, l->user) &&
         slice_equal(event_text(e, FIELD_TENANT), l->tenant);
}

/* Events of one tenant: <0 where e came before the log-in. */
static int compare(const struct event *e, const struct login *l) {
  int c = (e->occurred_at_us > l->at_us) - (e->occurred_at_us < l->at_us);
  return c ? c : (e->seq > l->seq) - (e->seq < l->seq);
}

static void take_logout(struct login *l, const struct event *e) {
  struct slice duration = event_text(e, FIELD_AUTH_DURATION);
  l->has_logout = true;
  l->logout_at_us = e->occurred_at_us;
  l->logout_digits = event_occurred_digits(e);
  l->logout_seq = e->seq;
  l->duration_s = (uint64_t)(e->occurred_at_us - l->at_us) / 1000000;
  if (duration.len == 0) return;
  l->duration_s = 0; /* what the platform counted itself */
  for (size_t i = 0; i < duration.len; i++) l->duration_s = l->duration_s * 10 + (uint64_t)(duration.data[i] - '0');
}

static void take_failure(struct login *l, const struct event *e) {
  if (l->has_last_failed) return;
  l->has_last_failed = true;
  l->last_failed_at_us = e->occurred_at_us;
  l->last_failed_digits = event_occurred_digits(e);
}

/* ---- Walking ---- */

struct join {
  struct question *question;
  struct login *rows;
  uint32_t count;
  bool settled[LOGIN_PAGE], wanted[LOGIN_PAGE]; /* of the walk under way */
  uint32_t open;                                /* wanted and not settled */
  struct filter_term terms[LOGIN_PAGE];
};

struct clauses {
  struct filter_clause list[CLAUSES_MAX];
  struct filter_term own[2];
  struct filter_field user;
  uint32_t count;
};

static void add_clause(struct clauses *c, const struct filter_field *field, const struct filter_term *terms,
                       uint32_t term_count, bool negated) {
  assert(c->count < CLAUSES_MAX);
  c->list[c->count++] = (struct filter_clause){
      .fields = field, .field_count = 1, .terms = terms, .term_count = term_count, .negated = negated};
}

/* Log auth, these actions; failed: only failures, else none of them; NULL: both. */
static void start_clauses(struct clauses *c, const struct filter_term *actions, uint32_t action_count,
                          const bool *failed) {
  c->count = 0;
  add_clause(c, &log_field, auth_terms, 1, false);
  add_clause(c, &action_field, actions, action_count, false);
  if (failed) add_clause(c, &outcome_field, failed_terms, 2, !*failed);
}

static const struct filter_field name_field = {FIELD_ACTOR_NAME, {NULL, 0}}, id_field = {FIELD_ACTOR_ID, {NULL, 0}};

/* The tenant and the user of one row: an id counts where there is no name, an address where there is neither. */
static void add_owner(struct clauses *c, const struct login *l) {
  c->own[0] = (struct filter_term){.op = MATCH_EXACT, .text = l->tenant};
  add_clause(c, &tenant_field, &c->own[0], 1, false);
  c->user = (struct filter_field){l->user_field, {NULL, 0}};
  c->own[1] = (struct filter_term){.op = MATCH_EXACT, .text = l->user};
  add_clause(c, &c->user, &c->own[1], 1, false);
  if (l->user_field != FIELD_ACTOR_NAME) add_clause(c, &name_field, present_terms, 1, true);
  if (l->user_field == FIELD_ACTOR_EMAIL) add_clause(c, &id_field, present_terms, 1, true);
}

struct walk {
  const struct clauses *clauses;
  int64_t from_us, to_us;
  enum read_order order;
  const struct read_position *after;
  uint32_t most;                                  /* events */
  bool (*each)(void *arg, const struct event *e); /* false: enough */
  void *arg;
  bool whole; /* out: ended by the last event there is, or by `each` */
};

static struct read_query query_of(const struct join *j, const struct filter *filter) {
  struct read_query query = j->question->query;
  query.filter = filter;
  query.from_us = INSTANT_MIN;
  query.to_us = INSTANT_MAX;
  query.damage_count = 0;
  return query;
}

/* The largest number of rows that any read had to leave out is what the answer tells. */
static void note_damage(struct join *j, const struct read_query *query) {
  if (query->damage_count > j->question->ends.damage_count) j->question->ends = *query;
}

static int walk_events(struct join *j, struct walk *w, struct error *err) {
  struct filter filter = {w->clauses->list, w->clauses->count};
  struct read_query query = query_of(j, &filter);
  struct cursor *cursor;
  struct arena arena;
  struct event e;
  query.from_us = w->from_us;
  query.to_us = w->to_us;
  w->whole = false;
  int code = cursor_open(j->question->snapshot, &query, w->order, w->after, &cursor, err);
  if (code) return code;
  arena_init(&arena, API_EVENT_ARENA_BYTES);
  for (uint32_t n = 0; code == 0 && n < w->most && !w->whole; n++) {
    arena_reset(&arena);
    code = cursor_next(cursor, &arena, &e, err);
    if (code == 0) w->whole = !w->each(w->arg, &e);
  }
  if (code == ERR_END) {
    code = 0;
    w->whole = true;
  }
  arena_free(&arena);
  cursor_close(cursor);
  note_damage(j, &query);
  return code;
}

static void begin(struct join *j, bool (*wants)(const struct login *l)) {
  j->open = 0;
  for (uint32_t i = 0; i < j->count; i++) {
    j->wanted[i] = wants(&j->rows[i]);
    j->settled[i] = !j->wanted[i];
    j->open += j->wanted[i];
  }
}

static void settle(struct join *j, uint32_t i) {
  j->settled[i] = true;
  j->open--;
}

/* A term for each different text that the wanted rows have in the field. */
static uint32_t gather_terms(struct join *j, bool by_user) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < j->count; i++) {
    if (!j->wanted[i]) continue;
    struct slice text = by_user ? j->rows[i].user : j->rows[i].texts[FIELD_AUTH_SESSION];
    uint32_t k = 0;
    while (k < n && !slice_equal(j->terms[k].text, text)) k++;
    if (k == n) j->terms[n++] = (struct filter_term){.op = MATCH_EXACT, .text = text};
  }
  return n;
}

static struct read_position position_of(const struct login *l) {
  return (struct read_position){l->at_us, l->tenant, l->seq};
}

static int64_t oldest_wanted(const struct join *j) {
  int64_t oldest = INSTANT_MAX;
  for (uint32_t i = 0; i < j->count; i++)
    if (j->wanted[i] && j->rows[i].at_us < oldest) oldest = j->rows[i].at_us;
  return oldest;
}

/* ---- Log-outs by session ---- */

static bool has_session(const struct login *l) { return !l->failed && l->texts[FIELD_AUTH_SESSION].len > 0; }

static bool meet_session_end(void *arg, const struct event *e) {
  struct join *j = arg;
  struct slice session = event_text(e, FIELD_AUTH_SESSION), tenant = event_text(e, FIELD_TENANT);
  for (uint32_t i = 0; i < j->count; i++) {
    struct login *l = &j->rows[i];
    if (j->settled[i] || !slice_equal(l->texts[FIELD_AUTH_SESSION], session) || !slice_equal(l->tenant, tenant) ||
        compare(e, l) <= 0)
      continue;
    take_logout(l, e);
    settle(j, i);
  }
  return j->open > 0;
}

static bool meet_end(void *arg, const struct event *e) {
  if (text_is(e, FIELD_ACTION, "logout")) take_logout(arg, e);
  return false; /* the first event decides */
}

static int join_sessions(struct join *j, struct error *err) {
  static const bool failed = false;
  struct clauses c;
  begin(j, has_session);
  if (j->open == 0) return 0;
  start_clauses(&c, logout_terms, 1, &failed);
  add_clause(&c, &session_field, j->terms, gather_terms(j, false), false);
  struct walk all = {.clauses = &c,
                     .from_us = oldest_wanted(j),
                     .to_us = INSTANT_MAX,
                     .order = OLDEST_FIRST,
                     .most = WALK_EVENTS,
                     .each = meet_session_end,
                     .arg = j};
  int code = walk_events(j, &all, err);
  for (uint32_t i = 0; i < j->count && code == 0 && !all.whole; i++) {
    struct login *l = &j->rows[i];
    if (j->settled[i]) continue;
    struct read_position after = position_of(l);
    struct filter_term session = {.op = MATCH_EXACT, .text = l->texts[FIELD_AUTH_SESSION]};
    start_clauses(&c, logout_terms, 1, &failed);
    c.own[0] = (struct filter_term){.op = MATCH_EXACT, .text = l->tenant};
    add_clause(&c, &tenant_field, &c.own[0], 1, false);
    add_clause(&c, &session_field, &session, 1, false);
    struct walk one = {&c, l->at_us, INSTANT_MAX, OLDEST_FIRST, &after, 1, meet_end, l, false};
    code = walk_events(j, &one, err);
  }
  return code;
}

/* ---- Log-outs without a session ---- */

static bool lacks_session(const struct login *l) {
  return !l->failed && l->texts[FIELD_AUTH_SESSION].len == 0 && l->user.len > 0;
}

static bool meet_next(void *arg, const struct event *e) {
  struct join *j = arg;
  bool logout = text_is(e, FIELD_ACTION, "logout");
  for (uint32_t i = 0; i < j->count; i++) {
    struct login *l = &j->rows[i];
    if (j->settled[i] || !is_users(l, e) || compare(e, l) <= 0) continue;
    if (logout) take_logout(l, e);
    settle(j, i);
  }
  return j->open > 0;
}

static void start_next(struct clauses *c) {
  static const bool failed = false;
  start_clauses(c, both_terms, 2, &failed);
  add_clause(c, &session_field, present_terms, 1, true);
}

/* Rows whose users have no name are few, and never part of a walk over all. */
static bool is_named(const struct login *l) { return l->user_field == FIELD_ACTOR_NAME; }
static bool lacks_session_named(const struct login *l) { return lacks_session(l) && is_named(l); }

static int join_next(struct join *j, struct error *err) {
  struct clauses c;
  struct walk all = {.whole = true};
  int code = 0;
  begin(j, lacks_session_named);
  if (j->open > 0) {
    start_next(&c);
    add_clause(&c, &name_field, j->terms, gather_terms(j, true), false);
    all = (struct walk){&c, oldest_wanted(j), INSTANT_MAX, OLDEST_FIRST, NULL, WALK_EVENTS, meet_next, j, false};
    code = walk_events(j, &all, err);
  }
  for (uint32_t i = 0; i < j->count && code == 0; i++) {
    struct login *l = &j->rows[i];
    if (!lacks_session(l) || (is_named(l) && (all.whole || j->settled[i]))) continue;
    struct read_position after = position_of(l);
    start_next(&c);
    add_owner(&c, l);
    struct walk one = {&c, l->at_us, INSTANT_MAX, OLDEST_FIRST, &after, 1, meet_end, l, false};
    code = walk_events(j, &one, err);
  }
  return code;
}

/* ---- Failures before ---- */

struct past { /* of each row while the walk goes back */
  bool success[LOGIN_PAGE];
};

struct past_walk {
  struct join *join;
  struct past *past;
};

static void look_back(struct login *l, bool *success, const struct event *e) {
  if (!has_failed(e)) {
    *success = true;
    return;
  }
  take_failure(l, e);
  if (!*success) l->failures++;
}

static bool meet_past(void *arg, const struct event *e) {
  struct past_walk *w = arg;
  struct join *j = w->join;
  for (uint32_t i = 0; i < j->count; i++) {
    struct login *l = &j->rows[i];
    if (j->settled[i] || !is_users(l, e) || compare(e, l) >= 0) continue;
    look_back(l, &w->past->success[i], e);
    if (w->past->success[i] && l->has_last_failed) settle(j, i);
  }
  return j->open > 0;
}

struct found {
  bool any;
  int64_t at_us;
  unsigned digits;
  uint64_t seq;
};

static bool meet_any(void *arg, const struct event *e) {
  struct found *f = arg;
  *f = (struct found){true, e->occurred_at_us, event_occurred_digits(e), e->seq};
  return false;
}

/* The newest log-in of the row's user before it, failed or not as asked. */
static int find_before(struct join *j, struct login *l, bool failed, struct found *out, struct error *err) {
  struct clauses c;
  struct read_position after = position_of(l);
  *out = (struct found){.any = false};
  start_clauses(&c, login_terms, 1, &failed);
  add_owner(&c, l);
  struct walk w = {&c, INSTANT_MIN, l->at_us + 1, NEWEST_FIRST, &after, 1, meet_any, out, false};
  return walk_events(j, &w, err);
}

struct tie {
  const struct login *login;
  const struct found *success;
  uint64_t count;
};

static bool count_tie(void *arg, const struct event *e) {
  struct tie *t = arg;
  const struct found *s = t->success;
  bool after = !s->any || e->occurred_at_us > s->at_us || (e->occurred_at_us == s->at_us && e->seq > s->seq);
  t->count += after && compare(e, t->login) < 0;
  return true;
}

/* Failures after the success and before the row: whole microseconds by a count, those of either end one by one. */
static int count_between(struct join *j, struct login *l, const struct found *success, struct error *err) {
  static const bool failed = true;
  struct clauses c;
  struct tie tie = {l, success, 0};
  start_clauses(&c, login_terms, 1, &failed);
  add_owner(&c, l);
  struct walk end = {&c, l->at_us, l->at_us + 1, NEWEST_FIRST, NULL, UINT32_MAX, count_tie, &tie, false};
  int code = walk_events(j, &end, err);
  if (code == 0 && success->any && success->at_us < l->at_us) {
    struct walk start = {&c,   success->at_us, success->at_us + 1, NEWEST_FIRST, NULL, UINT32_MAX, count_tie,
                         &tie, false};
    code = walk_events(j, &start, err);
  }
  int64_t bounds[2] = {success->any ? success->at_us + 1 : INSTANT_MIN, l->at_us};
  l->failures = tie.count;
  if (code || bounds[0] >= bounds[1]) return code;
  struct filter filter = {c.list, c.count};
  struct read_query query = query_of(j, &filter);
  struct histogram_series *series;
  uint32_t n = 0;
  struct arena arena;
  query.from_us = bounds[0];
  query.to_us = bounds[1];
  arena_init(&arena, 1 << 20);
  code = read_histogram(j->question->snapshot, &query, bounds, 1, NULL, &arena, &series, &n, err);
  if (code == 0 && n > 0) l->failures += series[0].counts[0];
  arena_free(&arena);
  note_damage(j, &query);
  return code;
}

static int find_failure(struct join *j, struct login *l, struct error *err) {
  struct found failure;
  int code = find_before(j, l, true, &failure, err);
  if (code) return code;
  l->has_last_failed = failure.any;
  l->last_failed_at_us = failure.at_us;
  l->last_failed_digits = failure.digits;
  return 0;
}

struct own {
  struct login *login;
  bool success;
};

static bool meet_own(void *arg, const struct event *e) {
  struct own *o = arg;
  look_back(o->login, &o->success, e);
  return !o->success || !o->login->has_last_failed;
}

/* What came before the row: most often a few log-ins of the user say all of it. */
static int look_up_past(struct join *j, struct login *l, struct error *err) {
  struct clauses c;
  struct own own = {l, false};
  struct read_position after = position_of(l);
  struct found success;
  l->has_last_failed = false;
  l->failures = 0;
  start_clauses(&c, login_terms, 1, NULL);
  add_owner(&c, l);
  struct walk few = {&c, INSTANT_MIN, l->at_us + 1, NEWEST_FIRST, &after, OWN_EVENTS, meet_own, &own, false};
  int code = walk_events(j, &few, err);
  if (code || few.whole) return code;
  if (own.success) return find_failure(j, l, err);
  code = find_before(j, l, false, &success, err); /* all were failures */
  return code ? code : count_between(j, l, &success, err);
}

static bool has_user(const struct login *l) { return l->user.len > 0; }
static bool has_name(const struct login *l) { return has_user(l) && is_named(l); }

/* What a user's log-ins before an instant come to, for all rows of the user that the walk left open. */
static int carry_past(struct join *j, struct past *past, uint32_t first, int64_t from_us, struct error *err) {
  struct login before = j->rows[first]; /* the same user, as if there were a row at the instant */
  before.at_us = from_us;
  before.seq = 0; /* before every event of that instant */
  before.has_last_failed = false;
  before.failures = 0;
  int code = look_up_past(j, &before, err);
  for (uint32_t i = first; i < j->count && code == 0; i++) {
    struct login *l = &j->rows[i];
    bool same = l->user_field == before.user_field && slice_equal(l->user, before.user) &&
                slice_equal(l->tenant, before.tenant);
    if (j->settled[i] || !same) continue;
    if (!past->success[i]) l->failures += before.failures;
    if (!l->has_last_failed && before.has_last_failed) {
      l->has_last_failed = true;
      l->last_failed_at_us = before.last_failed_at_us;
      l->last_failed_digits = before.last_failed_digits;
    }
    settle(j, i);
  }
  return code;
}

/* The walk goes no further back than the page: its rows lie close together, what is older lies scattered over the
 * store. There each user takes a few look-ups, however many rows are the user's. */
static int join_past(struct join *j, struct error *err) {
  struct clauses c;
  struct past past = {{false}};
  struct past_walk arg = {j, &past};
  struct walk all = {.whole = true};
  int64_t from_us = 0;
  int code = 0;
  begin(j, has_name);
  if (j->open > 0) {
    start_clauses(&c, login_terms, 1, NULL);
    add_clause(&c, &name_field, j->terms, gather_terms(j, true), false);
    from_us = oldest_wanted(j);
    all = (struct walk){&c, from_us, j->rows[0].at_us + 1, NEWEST_FIRST, NULL, WALK_EVENTS, meet_past, &arg, false};
    code = walk_events(j, &all, err);
  }
  for (uint32_t i = 0; i < j->count && code == 0; i++) {
    struct login *l = &j->rows[i];
    if (has_name(l) && !j->settled[i])
      code = all.whole ? carry_past(j, &past, i, from_us, err) : look_up_past(j, l, err);
    else if (has_user(l) && !is_named(l))
      code = look_up_past(j, l, err);
    l->failures += l->failed;
  }
  return code;
}

int login_join(struct question *q, struct login *rows, uint32_t count, struct error *err) {
  assert(count <= LOGIN_PAGE);
  if (count == 0) return 0;
  struct join *j = calloc(1, sizeof *j);
  if (!j) abort();
  *j = (struct join){.question = q, .rows = rows, .count = count};
  int code = join_sessions(j, err);
  if (code == 0) code = join_next(j, err);
  if (code == 0) code = join_past(j, err);
  free(j);
  return code;
}
