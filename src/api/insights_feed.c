/* Feeds the rules of insight/ from the store: which events they look at, and what an event says to them. */
#include <stdlib.h>

#include "api/insights.h"
#include "base/fold.h"

const char insights_failed_q[] = "log:auth action:login outcome:failure,denied";
const char insights_succeeded_q[] = "log:auth action:login -outcome:failure,denied";

static const char logins_q[] = "log:auth action:login", deletes_q[] = "action:delete -outcome:failure,denied",
                  keys_q[] = "action:create object:api_key -outcome:failure,denied",
                  grants_q[] =
                      "action:create,update,delete,grant,revoke object:grant,role,permission "
                      "-outcome:failure,denied",
                  roles_q[] = "changes.field:role,roles,permissions,rights -outcome:failure,denied";

enum { BUCKETS = 512, THRESHOLDS_KEPT = 256, SETTING_BYTES = 256 * 1024, CITY_RADIUS_KM = 100 };

const char *insights_rule_q(enum insight_rule rule) {
  switch (rule) {
    case RULE_USER_BRUTE_FORCE:
    case RULE_ADDRESS_BRUTE_FORCE:
    case RULE_PASSWORD_SPRAYING: return insights_failed_q;
    case RULE_DELETE_BURST: return deletes_q;
    case RULE_KEYS_CREATED: return keys_q;
    case RULE_GRANTS_CHANGED: return grants_q;
    case RULE_ROLES_CHANGED: return roles_q;
    default: return insights_succeeded_q;
  }
}

/* ---- Thresholds ---- */

struct kept {
  bool used;
  size_t tenant_bytes;
  char tenant[LIMIT_TENANT_BYTES];
  struct insight_thresholds thresholds;
};
struct thresholds {
  struct accounts *accounts;
  struct kept kept[THRESHOLDS_KEPT];
};

/* What is stored was checked when it was set; should it be damaged, the defaults hold. */
static void read_thresholds(struct accounts *accounts, struct slice tenant, struct insight_thresholds *out) {
  struct arena arena;
  struct slice json;
  struct error err;
  error_clear(&err);
  arena_init(&arena, SETTING_BYTES);
  insight_default_thresholds(out);
  if (accounts_get_setting(accounts, tenant, "insights", &arena, &json, &err) == 0)
    (void)insight_parse_thresholds(json, out, &err);
  arena_free(&arena);
}

static const struct insight_thresholds *thresholds_of(void *arg, struct slice tenant) {
  struct thresholds *t = arg;
  uint32_t hash = 5381;
  for (size_t i = 0; i < tenant.len; i++) hash = hash * 33 + (unsigned char)tenant.data[i];
  struct kept *k = &t->kept[hash % THRESHOLDS_KEPT];
  if (k->used && slice_equal(slice_of(k->tenant, k->tenant_bytes), tenant)) return &k->thresholds;
  read_thresholds(t->accounts, tenant, &k->thresholds);
  k->used = true;
  k->tenant_bytes = tenant.len;
  memcpy(k->tenant, tenant.data, tenant.len);
  return &k->thresholds;
}

/* ---- Reading ---- */

struct filter insights_filter(struct insights *in, const char *text) {
  struct filter ours = {NULL, 0};
  const struct filter *callers = &in->question.filter;
  if (query_parse(slice_from(text), in->question.now_us, in->arena, &ours, NULL, NULL) != 0) abort();
  struct filter_clause *all = arena_take(in->arena, (ours.clause_count + callers->clause_count) * sizeof *all);
  memcpy(all, ours.clauses, ours.clause_count * sizeof *all);
  if (callers->clause_count) memcpy(all + ours.clause_count, callers->clauses, callers->clause_count * sizeof *all);
  return (struct filter){all, ours.clause_count + callers->clause_count};
}

struct read_query insights_query(struct insights *in, const struct filter *filter, int64_t from_us, int64_t to_us) {
  struct read_query query = in->question.query;
  query.filter = filter;
  query.from_us = from_us;
  query.to_us = to_us;
  query.damage_count = 0;
  return query;
}

static void note_damage(struct insights *in, const struct read_query *query) {
  if (query->damage_count > in->question.ends.damage_count) in->question.ends = *query;
}

int insights_count(struct insights *in, const struct filter *filter, int64_t from_us, int64_t to_us, uint64_t *out,
                   struct error *err) {
  struct read_query query = insights_query(in, filter, from_us, to_us);
  int64_t bounds[2] = {from_us, to_us};
  struct histogram_series *series;
  uint32_t count = 0;
  struct arena arena;
  *out = 0;
  if (from_us >= to_us) return 0;
  arena_init(&arena, 1 << 20);
  int code = read_histogram(in->question.snapshot, &query, bounds, 1, NULL, &arena, &series, &count, err);
  if (code == 0 && count > 0) *out = series[0].counts[0];
  arena_free(&arena);
  note_damage(in, &query);
  return code;
}

/* The counts of equal parts of [from, to). */
static int count_parts(struct insights *in, const struct filter *filter, const int64_t *bounds, uint64_t *counts,
                       struct error *err) {
  struct read_query query = insights_query(in, filter, bounds[0], bounds[BUCKETS]);
  struct histogram_series *series;
  uint32_t count = 0;
  struct arena arena;
  arena_init(&arena, 1 << 20);
  int code = read_histogram(in->question.snapshot, &query, bounds, BUCKETS, NULL, &arena, &series, &count, err);
  for (unsigned i = 0; i < BUCKETS; i++) counts[i] = code == 0 && count > 0 ? series[0].counts[i] : 0;
  arena_free(&arena);
  note_damage(in, &query);
  return code;
}

/* The earliest start in [from, to) from which there are `most` events at most, on a part's bound; where the newest part
 * has more by itself, on a finer one. */
static int find_start(struct insights *in, const struct filter *filter, int64_t from_us, int64_t to_us, uint64_t most,
                      int64_t *start_out, struct error *err) {
  int64_t bounds[BUCKETS + 1];
  uint64_t counts[BUCKETS], total = 0;
  int code = insights_count(in, filter, from_us, to_us, &total, err);
  *start_out = from_us;
  while (code == 0 && total > most && to_us - from_us > BUCKETS) {
    for (unsigned i = 0; i <= BUCKETS; i++) bounds[i] = from_us + (to_us - from_us) / BUCKETS * i;
    bounds[BUCKETS] = to_us;
    code = count_parts(in, filter, bounds, counts, err);
    unsigned first = BUCKETS;
    uint64_t sum = 0;
    while (first > 0 && sum + counts[first - 1] <= most) sum += counts[--first];
    *start_out = bounds[first];
    if (first < BUCKETS) break;
    from_us = bounds[BUCKETS - 1];
    total = counts[BUCKETS - 1];
  }
  return code;
}

/* ---- Feeding ---- */

struct feed {
  struct insights *in;
  enum insight_kind kind; /* of others than log-ins */
  bool logins;
  int64_t start_us; /* what is before is past */
  struct geo_reader *places;
  struct buffer folded;
};

static void place_event(struct feed *f, struct insight_event *e) {
  if (f->places && e->address.len > 0 && geo_find_position(f->places, e->address, &e->latitude, &e->longitude)) {
    e->has_position = true;
    e->radius_km = CITY_RADIUS_KM;
  } else {
    e->has_position = insight_country_position(e->country, &e->latitude, &e->longitude, &e->radius_km);
  }
}

static void feed_event(struct feed *f, const struct event *e) {
  struct slice outcome = event_text(e, FIELD_OUTCOME);
  struct insight_event out = {.kind = f->kind,
                              .is_past = e->occurred_at_us < f->start_us,
                              .at_us = e->occurred_at_us,
                              .local_hour = query_clock_week_hour(f->in->clock, e->occurred_at_us) % 24,
                              .tenant = event_text(e, FIELD_TENANT),
                              .seq = e->seq,
                              .user = event_text(e, FIELD_ACTOR_NAME)};
  out.user_folded = fold(out.user, &f->folded);
  if (f->logins) {
    bool failed = slice_equal(outcome, SLICE("failure")) || slice_equal(outcome, SLICE("denied"));
    out.kind = failed ? INSIGHT_FAILURE : INSIGHT_SUCCESS;
    out.address = event_text(e, FIELD_SOURCE_IP);
    out.country = event_text(e, FIELD_GEO_COUNTRY);
    if (!failed) place_event(f, &out);
  }
  insight_add(f->in->engine, &out);
}

static int feed(struct insights *in, struct feed *f, const struct filter *filter, int64_t from_us, struct error *err) {
  struct read_query query = insights_query(in, filter, from_us, in->to_us);
  struct cursor *cursor;
  struct arena arena;
  struct event e;
  int code = cursor_open(in->question.snapshot, &query, OLDEST_FIRST, NULL, &cursor, err);
  if (code) return code;
  f->in = in;
  f->places = f->logins && in->api->geo ? geo_reader_take(in->api->geo) : NULL;
  arena_init(&arena, API_EVENT_ARENA_BYTES);
  buffer_init(&f->folded, FOLD_GROWTH * LIMIT_EVENT_BYTES);
  while (code == 0) {
    arena_reset(&arena);
    code = cursor_next(cursor, &arena, &e, err);
    if (code == 0) feed_event(f, &e);
  }
  buffer_free(&f->folded);
  arena_free(&arena);
  if (f->places) geo_reader_give(f->places);
  cursor_close(cursor);
  note_damage(in, &query);
  return code == ERR_END ? 0 : code;
}

static int feed_logins(struct insights *in, struct error *err) {
  const int64_t past_us = INSIGHTS_PAST_DAYS * INT64_C(86400) * 1000000;
  struct filter filter = insights_filter(in, logins_q);
  int code = find_start(in, &filter, in->from_us, in->to_us, INSIGHTS_LOGINS, &in->rules_from_us, err);
  if (code == 0)
    code = find_start(in, &filter, in->from_us - past_us, in->rules_from_us, INSIGHTS_PAST, &in->past_from_us, err);
  struct feed f = {.logins = true, .start_us = in->rules_from_us};
  return code ? code : feed(in, &f, &filter, in->past_from_us, err);
}

static int feed_changes(struct insights *in, struct error *err) {
  static const struct {
    enum insight_kind kind;
    const char *q;
  } streams[] = {
      {INSIGHT_DELETE, deletes_q}, {INSIGHT_KEY, keys_q}, {INSIGHT_GRANT, grants_q}, {INSIGHT_ROLE, roles_q}};
  int code = 0;
  in->changes_from_us = in->from_us;
  for (unsigned i = 0; i < sizeof streams / sizeof *streams && code == 0; i++) {
    struct filter filter = insights_filter(in, streams[i].q);
    int64_t start_us;
    code = find_start(in, &filter, in->from_us, in->to_us, INSIGHTS_CHANGES, &start_us, err);
    struct feed f = {.kind = streams[i].kind, .start_us = start_us};
    if (code == 0) code = feed(in, &f, &filter, start_us, err);
    if (start_us > in->changes_from_us) in->changes_from_us = start_us;
  }
  return code;
}

int insights_detect(struct insights *in, struct error *err) {
  struct thresholds *t = calloc(1, sizeof *t);
  if (!t) abort();
  t->accounts = in->api->accounts;
  in->engine = insight_new(thresholds_of, t);
  int code = feed_logins(in, err);
  if (code == 0) code = feed_changes(in, err);
  if (code == 0) insight_finish(in->engine, &in->findings, &in->finding_count, &in->cut);
  free(t);
  return code;
}
