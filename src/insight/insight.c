/* The rules. Failures, deletes and changes of rights become episodes: events of one subject that follow each other with
 * gaps below a bound, so that all of the subject's events between the first and the last belong to it. Successful
 * log-ins are compared with what their user did before. */
#include "insight/insight.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "insight/subjects.h"

static const int64_t minute_us = INT64_C(60) * 1000000;
enum { CHANGES_GAP_MIN = 60, SPRAYED_MOST = 100, EARTH_KM = 6371 };

struct insight {
  const struct insight_thresholds *(*thresholds)(void *arg, struct slice tenant);
  void *arg;
  struct subjects subjects;
  struct insight_finding *findings;
  uint32_t finding_count, finding_room;
  struct insight_cut cut;
  struct slice last_tenant; /* a copy shared by the ids of events that follow each other */
};

static const struct {
  const char *name;
  enum insight_severity severity;
} rules[] = {
#define X(id, name, severity) [id] = {name, SEVERITY_##severity},
    INSIGHT_RULES(X)
#undef X
};

const char *insight_rule_name(enum insight_rule rule) { return rules[rule].name; }
enum insight_severity insight_rule_severity(enum insight_rule rule) { return rules[rule].severity; }

const char *insight_severity_name(enum insight_severity severity) {
  static const char *const names[] = {"low", "medium", "high", "critical"};
  return names[severity];
}

double insight_distance_km(double latitude_a, double longitude_a, double latitude_b, double longitude_b) {
  const double radians = acos(-1.0) / 180;
  double a = latitude_a * radians, b = latitude_b * radians;
  double north = sin((b - a) / 2), east = sin((longitude_b - longitude_a) * radians / 2);
  double h = north * north + cos(a) * cos(b) * east * east;
  return 2 * EARTH_KM * asin(sqrt(h > 1 ? 1 : h));
}

struct insight *insight_new(const struct insight_thresholds *(*thresholds)(void *arg, struct slice tenant), void *arg) {
  struct insight *in = calloc(1, sizeof *in);
  if (!in) abort();
  in->thresholds = thresholds;
  in->arg = arg;
  subjects_init(&in->subjects);
  return in;
}

void insight_free(struct insight *in) {
  if (!in) return;
  subjects_free(&in->subjects);
  free(in->findings);
  free(in);
}

static struct insight_finding *add_finding(struct insight *in, enum insight_rule rule) {
  if (in->finding_count == INSIGHT_FINDINGS) {
    in->cut.findings++;
    return NULL;
  }
  if (in->finding_count == in->finding_room) {
    in->finding_room = in->finding_room ? 2 * in->finding_room : 64;
    in->findings = realloc(in->findings, in->finding_room * sizeof *in->findings);
    if (!in->findings) abort();
  }
  struct insight_finding *f = &in->findings[in->finding_count++];
  *f = (struct insight_finding){.rule = rule};
  return f;
}

static struct slice keep(struct insight *in, struct slice text) {
  struct slice copy = arena_copy(&in->subjects.arena, text);
  return copy.data ? copy : slice_of("", 0);
}

static struct slice keep_tenant(struct insight *in, struct slice tenant) {
  if (!slice_equal(in->last_tenant, tenant)) in->last_tenant = keep(in, tenant);
  return in->last_tenant;
}

/* ---- Episodes ---- */

static void end_episode(struct insight *in, struct subject *s) {
  static const enum insight_rule by_kind[] = {
      [SUBJECT_USER] = RULE_USER_BRUTE_FORCE, [SUBJECT_ADDRESS] = RULE_ADDRESS_BRUTE_FORCE,
      [SUBJECT_DELETES] = RULE_DELETE_BURST,  [SUBJECT_KEYS] = RULE_KEYS_CREATED,
      [SUBJECT_GRANTS] = RULE_GRANTS_CHANGED, [SUBJECT_ROLES] = RULE_ROLES_CHANGED};
  struct episode *ep = &s->episode;
  struct insight_finding *f = NULL;
  if (ep->count > 0 && ep->spraying)
    f = add_finding(in, RULE_PASSWORD_SPRAYING);
  else if (ep->count > 0 && ep->qualified)
    f = add_finding(in, by_kind[s->kind]);
  if (f) {
    f->tenant = ep->tenant;
    f->has_subtree = ep->has_subtree;
    f->first_us = ep->first_us;
    f->last_us = ep->last_us;
    f->count = ep->count;
    f->users = s->sprayed_count;
    f->id_count = ep->id_count;
    memcpy(f->ids, ep->ids, sizeof f->ids);
    if (s->kind == SUBJECT_ADDRESS)
      f->address = s->shown;
    else
      f->user = s->shown;
  }
  ep->count = 0;
  s->sprayed_count = 0;
}

static void begin_episode(struct episode *ep, const struct insight_event *e, struct slice tenant, uint32_t need,
                          int64_t window_us, int64_t gap_us) {
  ep->first_us = e->at_us;
  ep->window_us = window_us;
  ep->gap_us = gap_us > window_us ? gap_us : window_us;
  ep->need = need;
  ep->qualified = ep->spraying = false;
  ep->tenant = tenant;
  ep->has_subtree = false;
  ep->id_count = 0;
  if (ep->room >= need) return;
  ep->times = realloc(ep->times, need * sizeof *ep->times);
  if (!ep->times) abort();
  ep->room = need;
}

/* What two tenants have in common, in whole names: perhaps nothing. */
static struct slice common_tenant(struct slice a, struct slice b) {
  size_t common = 0;
  for (size_t i = 0; i <= a.len && i <= b.len; i++) {
    bool a_ends = i == a.len || a.data[i] == '/', b_ends = i == b.len || b.data[i] == '/';
    if (a_ends && b_ends) common = i;
    if (i == a.len || i == b.len || a.data[i] != b.data[i]) break;
  }
  return slice_of(a.data, common);
}

static void continue_episode(struct episode *ep, const struct insight_event *e, struct slice tenant) {
  ep->times[ep->count % ep->need] = e->at_us;
  ep->count++;
  ep->last_us = e->at_us;
  if (ep->count >= ep->need && e->at_us - ep->times[ep->count % ep->need] <= ep->window_us) ep->qualified = true;
  if (!slice_equal(tenant, ep->tenant)) {
    ep->tenant = common_tenant(ep->tenant, tenant);
    ep->has_subtree = true;
  }
  if (ep->id_count < INSIGHT_EVENTS) ep->ids[ep->id_count++] = (struct insight_id){tenant, e->seq};
}

static void add_to_episode(struct insight *in, struct subject *s, const struct insight_event *e, uint32_t need,
                           int64_t window_us, int64_t gap_us) {
  struct episode *ep = &s->episode;
  struct slice tenant = keep_tenant(in, e->tenant);
  if (ep->count > 0 && e->at_us - ep->last_us > ep->gap_us) end_episode(in, s);
  if (ep->count == 0) begin_episode(ep, e, tenant, need, window_us, gap_us);
  continue_episode(ep, e, tenant);
}

static struct subject *find_subject(struct insight *in, enum subject_kind kind, const struct insight_event *e) {
  bool by_address = kind == SUBJECT_ADDRESS;
  struct slice key = by_address ? e->address : e->user_folded, shown = by_address ? e->address : e->user;
  struct slice tenant = by_address ? slice_of("", 0) : e->tenant;
  struct subject *s = key.len > INSIGHT_NAME_BYTES ? NULL : subjects_get(&in->subjects, kind, tenant, key, shown);
  in->cut.subjects += s == NULL;
  return s;
}

/* ---- Failed log-ins ---- */

static void note_sprayed(struct subject *s, const struct insight_event *e, const struct insight_thresholds *t) {
  uint64_t hash = subject_hash(subject_hash(1, e->tenant), e->user_folded);
  int64_t since_us = e->at_us - t->spraying_window_min * minute_us;
  if (!s->sprayed) s->sprayed = calloc(SPRAYED_MOST, sizeof *s->sprayed);
  if (!s->sprayed) abort();
  uint32_t at = s->sprayed_count, recent = 0, oldest = 0;
  for (uint32_t i = 0; i < s->sprayed_count; i++) {
    if (s->sprayed[i].hash == hash) at = i;
    if (s->sprayed[i].last_us < s->sprayed[oldest].last_us) oldest = i;
    recent += s->sprayed[i].last_us >= since_us && s->sprayed[i].hash != hash;
  }
  if (at == SPRAYED_MOST) at = oldest;
  if (at == s->sprayed_count) s->sprayed_count++;
  s->sprayed[at] = (struct sprayed){hash, e->at_us};
  if (recent + 1 >= t->spraying_users) s->episode.spraying = true;
}

static void add_failure(struct insight *in, const struct insight_event *e, const struct insight_thresholds *t) {
  int64_t window_us = t->window_min * minute_us, gap_us = t->spraying_window_min * minute_us;
  if (e->is_past) return;
  if (e->user_folded.len > 0) {
    struct subject *s = find_subject(in, SUBJECT_USER, e);
    if (s) add_to_episode(in, s, e, t->user_failures, window_us, gap_us);
  }
  if (e->address.len == 0) return;
  struct subject *s = find_subject(in, SUBJECT_ADDRESS, e);
  if (!s) return;
  add_to_episode(in, s, e, t->address_failures, window_us, gap_us);
  if (e->user_folded.len > 0) note_sprayed(s, e, t);
}

/* ---- Successful log-ins ---- */

static struct insight_finding *add_login(struct insight *in, const struct subject *s, const struct insight_event *e,
                                         enum insight_rule rule) {
  struct insight_finding *f = add_finding(in, rule);
  if (!f) return NULL;
  f->tenant = s->tenant;
  f->user = s->shown;
  f->first_us = f->last_us = e->at_us;
  f->count = 1;
  f->id_count = 1;
  f->ids[0] = (struct insight_id){s->tenant, e->seq};
  f->address = keep(in, e->address);
  f->country = keep(in, e->country);
  f->hour = e->local_hour;
  return f;
}

static bool knows(const uint64_t *hashes, uint32_t count, uint64_t hash) {
  for (uint32_t i = 0; i < count; i++)
    if (hashes[i] == hash) return true;
  return false;
}

static void remember(uint64_t *hashes, uint32_t *count, uint32_t most, bool *full, uint64_t hash) {
  if (knows(hashes, *count, hash)) return;
  if (*count < most)
    hashes[(*count)++] = hash;
  else
    *full = true;
}

static void check_place(struct insight *in, struct subject *s, const struct insight_event *e,
                        const struct insight_thresholds *t) {
  struct history *h = s->history;
  if (h->logins < t->history_logins) return;
  bool new_country = e->country.len > 0 && h->country_count > 0 && !h->countries_full &&
                     !knows(h->countries, h->country_count, subject_hash(2, e->country));
  if (new_country) {
    add_login(in, s, e, RULE_NEW_COUNTRY);
    return; /* the address is new, too: that says less */
  }
  bool new_address = e->address.len > 0 && h->address_count > 0 && h->address_count <= t->known_addresses &&
                     !h->addresses_full && !knows(h->addresses, h->address_count, subject_hash(3, e->address));
  if (new_address) add_login(in, s, e, RULE_NEW_ADDRESS);
}

/* Nothing before within an hour of this hour of the day. */
static void check_hour(struct insight *in, struct subject *s, const struct insight_event *e,
                       const struct insight_thresholds *t) {
  const struct history *h = s->history;
  unsigned hour = e->local_hour;
  if (h->logins < t->hours_logins || h->hours[(hour + 23) % 24] + h->hours[hour] + h->hours[(hour + 1) % 24] > 0)
    return;
  add_login(in, s, e, RULE_UNUSUAL_HOUR);
}

static void check_travel(struct insight *in, struct subject *s, const struct insight_event *e,
                         const struct insight_thresholds *t) {
  const struct history *h = s->history;
  if (!h->has_last || !e->has_position) return;
  double km = insight_distance_km(h->latitude, h->longitude, e->latitude, e->longitude) - h->radius_km - e->radius_km;
  double hours = (double)(e->at_us - h->last_us) / 3.6e9;
  if (km < t->travel_km || km <= hours * t->travel_km_per_hour) return;
  struct insight_finding *f = add_login(in, s, e, RULE_IMPOSSIBLE_TRAVEL);
  if (!f) return;
  f->first_us = h->last_us;
  f->count = 2;
  f->id_count = 2;
  f->ids[1] = f->ids[0];
  f->ids[0] = h->last;
  f->before = h->last_country;
  f->km = (uint32_t)km;
  f->minutes = (uint32_t)(hours * 60);
}

static void learn(struct insight *in, struct subject *s, const struct insight_event *e) {
  struct history *h = s->history;
  h->logins++;
  h->hours[e->local_hour]++;
  if (e->country.len > 0)
    remember(h->countries, &h->country_count, COUNTRIES, &h->countries_full, subject_hash(2, e->country));
  if (e->address.len > 0)
    remember(h->addresses, &h->address_count, ADDRESSES, &h->addresses_full, subject_hash(3, e->address));
  h->has_last = e->has_position;
  if (!e->has_position) return;
  h->last_us = e->at_us;
  h->latitude = e->latitude;
  h->longitude = e->longitude;
  h->radius_km = e->radius_km;
  h->last = (struct insight_id){s->tenant, e->seq};
  if (!slice_equal(h->last_country, e->country)) h->last_country = keep(in, e->country);
}

static void add_success(struct insight *in, const struct insight_event *e, const struct insight_thresholds *t) {
  if (e->user_folded.len == 0) return;
  struct subject *s = find_subject(in, SUBJECT_USER, e);
  if (!s) return;
  if (!s->history) s->history = calloc(1, sizeof *s->history);
  if (!s->history) abort();
  const struct episode *ep = &s->episode;
  if (!e->is_past) {
    if (ep->count > 0 && ep->qualified && e->at_us - ep->last_us <= ep->gap_us)
      add_login(in, s, e, RULE_LOGIN_AFTER_FAILURES);
    check_travel(in, s, e, t);
    check_place(in, s, e, t);
    check_hour(in, s, e, t);
  }
  learn(in, s, e);
}

/* ---- The engine ---- */

static void add_change(struct insight *in, enum subject_kind kind, const struct insight_event *e, uint32_t need,
                       int64_t window_us) {
  struct subject *s = e->is_past ? NULL : find_subject(in, kind, e);
  if (s) add_to_episode(in, s, e, need, window_us, CHANGES_GAP_MIN * minute_us);
}

void insight_add(struct insight *in, const struct insight_event *e) {
  const struct insight_thresholds *t = in->thresholds(in->arg, e->tenant);
  assert(e->local_hour < 24);
  switch (e->kind) {
    case INSIGHT_SUCCESS: add_success(in, e, t); break;
    case INSIGHT_FAILURE: add_failure(in, e, t); break;
    case INSIGHT_DELETE: add_change(in, SUBJECT_DELETES, e, t->delete_count, t->window_min * minute_us); break;
    case INSIGHT_KEY: add_change(in, SUBJECT_KEYS, e, 1, 0); break;
    case INSIGHT_GRANT: add_change(in, SUBJECT_GRANTS, e, 1, 0); break;
    case INSIGHT_ROLE: add_change(in, SUBJECT_ROLES, e, 1, 0); break;
  }
}

static int compare_findings(const void *left, const void *right) {
  const struct insight_finding *a = left, *b = right;
  enum insight_severity x = insight_rule_severity(a->rule), y = insight_rule_severity(b->rule);
  if (x != y) return x > y ? -1 : 1;
  if (a->last_us != b->last_us) return a->last_us > b->last_us ? -1 : 1;
  if (a->rule != b->rule) return a->rule < b->rule ? -1 : 1;
  int c = slice_compare(a->tenant, b->tenant);
  if (c == 0) c = slice_compare(a->user, b->user);
  return c ? c : slice_compare(a->address, b->address);
}

void insight_finish(struct insight *in, const struct insight_finding **out, uint32_t *count_out,
                    struct insight_cut *cut_out) {
  for (uint32_t i = 0; i < 2 * INSIGHT_SUBJECTS; i++)
    if (in->subjects.slots[i]) end_episode(in, in->subjects.slots[i]);
  if (in->finding_count > 1) qsort(in->findings, in->finding_count, sizeof *in->findings, compare_findings);
  *out = in->findings;
  *count_out = in->finding_count;
  *cut_out = in->cut;
}
