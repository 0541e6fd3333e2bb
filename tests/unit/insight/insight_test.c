#include "insight/insight.h"

#include <stdio.h>
#include <string.h>

#include "tests/test.h"

static struct insight_thresholds thresholds;
static const struct insight_thresholds *same(void *arg, struct slice tenant) {
  (void)arg, (void)tenant;
  return &thresholds;
}

static const int64_t minute = INT64_C(60) * 1000000, hour = INT64_C(3600) * 1000000, day = INT64_C(86400) * 1000000;
static struct insight *engine;
static const struct insight_finding *found;
static uint32_t found_count;
static struct insight_cut cut;
static uint64_t next_seq;

static void begin(void) {
  insight_default_thresholds(&thresholds);
  engine = insight_new(same, NULL);
  next_seq = 1;
}

static struct insight_event event(enum insight_kind kind, int64_t at_us, const char *user) {
  return (struct insight_event){.kind = kind,
                                .at_us = at_us,
                                .local_hour = (unsigned)(at_us / hour % 24),
                                .tenant = SLICE("acme"),
                                .seq = next_seq++,
                                .user = slice_from(user),
                                .user_folded = slice_from(user)};
}

static void add(enum insight_kind kind, int64_t at_us, const char *user, const char *address) {
  struct insight_event e = event(kind, at_us, user);
  e.address = slice_from(address);
  insight_add(engine, &e);
}

static void finish(void) { insight_finish(engine, &found, &found_count, &cut); }

static const struct insight_finding *only(enum insight_rule rule) {
  const struct insight_finding *one = NULL;
  for (uint32_t i = 0; i < found_count; i++) {
    if (found[i].rule != rule) continue;
    ck_assert_ptr_null(one);
    one = &found[i];
  }
  return one;
}

START_TEST(brute_force_needs_its_failures_within_the_window) {
  begin();
  for (int i = 0; i < 10; i++) add(INSIGHT_FAILURE, i * minute, "quick", "");
  for (int i = 0; i < 40; i++) add(INSIGHT_FAILURE, day + i * 2 * minute, "slow", "");
  for (int i = 0; i < 9; i++) add(INSIGHT_FAILURE, 2 * day + i, "few", "");
  finish();
  ck_assert_uint_eq(found_count, 1);
  const struct insight_finding *f = only(RULE_USER_BRUTE_FORCE);
  ck_assert(slice_equal(f->user, SLICE("quick")) && slice_equal(f->tenant, SLICE("acme")));
  ck_assert_uint_eq(f->count, 10);
  ck_assert_uint_eq(f->id_count, INSIGHT_EVENTS);
  ck_assert_int_eq(f->first_us, 0);
  ck_assert_int_eq(f->last_us, 9 * minute);
  insight_free(engine);
}
END_TEST

START_TEST(an_episode_ends_where_the_gap_is_long) {
  begin();
  for (int i = 0; i < 10; i++) add(INSIGHT_FAILURE, i, "root", "");
  add(INSIGHT_FAILURE, 60 * minute, "root", "");
  for (int i = 0; i < 12; i++) add(INSIGHT_FAILURE, 60 * minute + 61 * minute + i, "root", "");
  finish();
  ck_assert_uint_eq(found_count, 2);
  ck_assert_uint_eq(found[0].count, 12); /* the newest first */
  ck_assert_uint_eq(found[1].count, 11);
  insight_free(engine);
}
END_TEST

START_TEST(an_address_with_many_users_sprays_and_one_with_few_forces) {
  char name[8];
  begin();
  for (int i = 0; i < 20; i++) add(INSIGHT_FAILURE, i, i % 2 ? "a" : "b", "192.0.2.1");
  for (int i = 0; i < 6; i++) {
    name[0] = (char)('a' + i);
    name[1] = '\0';
    add(INSIGHT_FAILURE, day + i * 9 * minute, name, "192.0.2.2");
  }
  for (int i = 0; i < 6; i++) {
    name[0] = (char)('a' + i);
    add(INSIGHT_FAILURE, 2 * day + i * 20 * minute, name, "192.0.2.3"); /* never six within an hour */
  }
  finish();
  const struct insight_finding *force = only(RULE_ADDRESS_BRUTE_FORCE), *spray = only(RULE_PASSWORD_SPRAYING);
  ck_assert(force && slice_equal(force->address, SLICE("192.0.2.1")));
  ck_assert(spray && slice_equal(spray->address, SLICE("192.0.2.2")) && spray->users == 6 && spray->count == 6);
  insight_free(engine);
}
END_TEST

START_TEST(an_attack_over_tenants_is_told_of_what_they_share) {
  static const struct {
    const char *first, *second, *shared;
  } rows[] = {{"acme/eu", "acme/us", "acme"}, {"acme", "acme/us", "acme"},         {"acme", "acme-2", ""},
              {"acme", "globex", ""},         {"acme/eu/a", "acme/eu", "acme/eu"}, {"acme/eu", "acme/eu", "acme/eu"}};
  for (unsigned n = 0; n < sizeof rows / sizeof *rows; n++) {
    begin();
    for (int i = 0; i < 20; i++) {
      struct insight_event e = event(INSIGHT_FAILURE, i, "root");
      e.address = SLICE("192.0.2.1");
      e.tenant = slice_from(i % 2 ? rows[n].first : rows[n].second);
      insight_add(engine, &e);
    }
    finish();
    const struct insight_finding *f = only(RULE_ADDRESS_BRUTE_FORCE);
    ck_assert(f && slice_equal(f->tenant, slice_from(rows[n].shared)));
    ck_assert_int_eq(f->has_subtree, strcmp(rows[n].first, rows[n].second) != 0);
    insight_free(engine);
  }
}
END_TEST

START_TEST(a_login_soon_after_an_attack_is_critical) {
  begin();
  for (int i = 0; i < 10; i++) add(INSIGHT_FAILURE, i, "root", "");
  add(INSIGHT_SUCCESS, 50 * minute, "root", "");
  for (int i = 0; i < 10; i++) add(INSIGHT_FAILURE, day + i, "root", "");
  add(INSIGHT_SUCCESS, day + 90 * minute, "root", "");
  for (int i = 0; i < 5; i++) add(INSIGHT_FAILURE, 2 * day + i, "root", "");
  add(INSIGHT_SUCCESS, 2 * day + minute, "root", "");
  finish();
  const struct insight_finding *f = only(RULE_LOGIN_AFTER_FAILURES);
  ck_assert(f && f == &found[0] && f->first_us == 50 * minute && f->last_us == f->first_us);
  insight_free(engine);
}
END_TEST

static void log_in(int64_t at_us, const char *user, const char *address, const char *country, bool past) {
  struct insight_event e = event(INSIGHT_SUCCESS, at_us, user);
  e.address = slice_from(address);
  e.country = slice_from(country);
  e.is_past = past;
  insight_add(engine, &e);
}

START_TEST(a_country_or_address_is_new_to_who_has_a_past) {
  begin();
  for (int i = 0; i < 5; i++) log_in(i * day, "ann", "192.0.2.1", "DE", true);
  for (int i = 0; i < 4; i++) log_in(i * day, "new", "192.0.2.1", "DE", true);
  for (int i = 0; i < 5; i++) log_in(i * day, "nomad", i % 2 ? "192.0.2.1" : i ? "192.0.2.2" : "192.0.2.3", "DE", true);
  log_in(5 * day, "nomad", "192.0.2.4", "DE", true);
  log_in(6 * day, "ann", "192.0.2.9", "FR", false);
  log_in(7 * day, "ann", "192.0.2.9", "FR", false); /* known by now */
  log_in(8 * day, "ann", "192.0.2.10", "FR", false);
  log_in(6 * day, "new", "192.0.2.9", "FR", false);
  log_in(6 * day, "nomad", "192.0.2.9", "DE", false);
  finish();
  ck_assert_uint_eq(found_count, 2);
  const struct insight_finding *country = only(RULE_NEW_COUNTRY), *address = only(RULE_NEW_ADDRESS);
  ck_assert(country && slice_equal(country->country, SLICE("FR")) && country->first_us == 6 * day);
  ck_assert(address && slice_equal(address->address, SLICE("192.0.2.10")));
  insight_free(engine);
}
END_TEST

START_TEST(an_hour_is_unusual_where_the_user_was_never_near_it) {
  begin();
  for (int i = 0; i < 20; i++) log_in(i * day + 9 * hour, "ann", "", "", true);
  log_in(20 * day + 10 * hour, "ann", "", "", false); /* next to nine */
  log_in(21 * day + 3 * hour, "ann", "", "", false);
  log_in(22 * day + 4 * hour, "ann", "", "", false); /* next to three, by now */
  finish();
  const struct insight_finding *f = only(RULE_UNUSUAL_HOUR);
  ck_assert(f && f->hour == 3 && found_count == 1);
  insight_free(engine);
}
END_TEST

static void log_in_at(int64_t at_us, double latitude, double longitude, double radius) {
  struct insight_event e = event(INSIGHT_SUCCESS, at_us, "ann");
  e.has_position = true;
  e.latitude = latitude;
  e.longitude = longitude;
  e.radius_km = radius;
  insight_add(engine, &e);
}

START_TEST(travel_is_impossible_beyond_speed_and_distance) {
  begin();
  log_in_at(0, 52.5, 13.4, 100);          /* Berlin */
  log_in_at(hour, 48.1, 11.6, 100);       /* Munich, 504 km less the radii: too near */
  log_in_at(13 * hour, 40.7, -74.0, 100); /* New York, half a day later: possible */
  log_in_at(14 * hour, 35.7, 139.7, 100); /* Tokyo, an hour later */
  log_in_at(15 * hour, 36, 138, 1900);    /* somewhere in Japan */
  finish();
  const struct insight_finding *f = only(RULE_IMPOSSIBLE_TRAVEL);
  ck_assert(f && f->first_us == 13 * hour && f->last_us == 14 * hour && f->count == 2 && f->minutes == 60);
  ck_assert(f->km > 10500 && f->km < 10900); /* 10,850 less the radii */
  ck_assert(f->ids[0].seq == 3 && f->ids[1].seq == 4);
  insight_free(engine);
}
END_TEST

START_TEST(distances_are_those_of_an_atlas) {
  double latitude, longitude, radius;
  ck_assert_double_eq_tol(insight_distance_km(52.52, 13.405, 48.137, 11.575), 504, 3);
  ck_assert_double_eq_tol(insight_distance_km(0, 179, 0, -179), 222, 1);
  ck_assert_double_eq_tol(insight_distance_km(90, 0, -90, 50), 20015, 5);
  ck_assert(insight_country_position(SLICE("DE"), &latitude, &longitude, &radius));
  ck_assert(!insight_country_position(SLICE("XX"), &latitude, &longitude, &radius));
  ck_assert(!insight_country_position(SLICE(""), &latitude, &longitude, &radius));
}
END_TEST

START_TEST(changes_are_told_by_actor_and_hour) {
  begin();
  for (int i = 0; i < 20; i++) add(INSIGHT_DELETE, i, "eve", "");
  for (int i = 0; i < 19; i++) add(INSIGHT_DELETE, i, "bob", "");
  add(INSIGHT_KEY, 0, "eve", "");
  add(INSIGHT_KEY, 59 * minute, "eve", "");
  add(INSIGHT_KEY, 130 * minute, "eve", "");
  add(INSIGHT_GRANT, 0, "", "");
  add(INSIGHT_ROLE, 0, "bob", "");
  finish();
  ck_assert_uint_eq(found_count, 5);
  ck_assert(only(RULE_DELETE_BURST) && only(RULE_GRANTS_CHANGED) && only(RULE_ROLES_CHANGED));
  ck_assert_uint_eq(only(RULE_DELETE_BURST)->count, 20);
  insight_free(engine);
}
END_TEST

START_TEST(what_is_past_is_never_a_finding) {
  begin();
  for (int i = 0; i < 30; i++) {
    struct insight_event e = event(INSIGHT_FAILURE, i, "root");
    e.is_past = true;
    insight_add(engine, &e);
  }
  for (int i = 0; i < 30; i++) log_in(i * day + 9 * hour, "ann", "192.0.2.1", i == 29 ? "FR" : "DE", true);
  finish();
  ck_assert_uint_eq(found_count, 0);
  insight_free(engine);
}
END_TEST

START_TEST(too_many_subjects_and_findings_are_counted) {
  char name[16];
  begin();
  for (int i = 0; i < INSIGHT_SUBJECTS + 7; i++) {
    snprintf(name, sizeof name, "u%d", i);
    add(INSIGHT_KEY, i, name, "");
  }
  char longer[INSIGHT_NAME_BYTES + 2];
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  add(INSIGHT_KEY, 0, longer, "");
  finish();
  ck_assert_uint_eq(found_count, INSIGHT_FINDINGS);
  ck_assert_uint_eq(cut.findings, INSIGHT_SUBJECTS - INSIGHT_FINDINGS);
  ck_assert_uint_eq(cut.subjects, 8);
  insight_free(engine);
}
END_TEST

START_TEST(thresholds_are_checked_with_the_place_of_the_fault) {
  struct insight_thresholds t;
  struct error err;
  error_clear(&err);
  ck_assert_ok(insight_parse_thresholds(SLICE("{\"user_failures\":3,\"travel_km\":1000}"), &t, &err));
  ck_assert(t.user_failures == 3 && t.travel_km == 1000 && t.window_min == 10);
  ck_assert_ok(insight_parse_thresholds(SLICE("{}"), &t, &err));
  ck_assert_uint_eq(t.user_failures, 10);
  static const struct {
    const char *json, *pointer;
  } bad[] = {{"[]", ""},
             {"", ""},
             {"{\"user_failures\":1}", "/user_failures"},
             {"{\"user_failures\":101}", "/user_failures"},
             {"{\"user_failures\":10.5}", "/user_failures"},
             {"{\"user_failures\":\"10\"}", "/user_failures"},
             {"{\"user_failures\":-5}", "/user_failures"},
             {"{\"users\":10}", ""}};
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    error_clear(&err);
    ck_assert_int_eq(insight_parse_thresholds(slice_from(bad[i].json), &t, &err), ERR_INVALID);
    ck_assert_str_eq(err.pointer, bad[i].pointer);
  }
}
END_TEST

TEST_MAIN("insight", brute_force_needs_its_failures_within_the_window, an_episode_ends_where_the_gap_is_long,
          an_address_with_many_users_sprays_and_one_with_few_forces, an_attack_over_tenants_is_told_of_what_they_share,
          a_login_soon_after_an_attack_is_critical, a_country_or_address_is_new_to_who_has_a_past,
          an_hour_is_unusual_where_the_user_was_never_near_it, travel_is_impossible_beyond_speed_and_distance,
          distances_are_those_of_an_atlas, changes_are_told_by_actor_and_hour, what_is_past_is_never_a_finding,
          too_many_subjects_and_findings_are_counted, thresholds_are_checked_with_the_place_of_the_fault)
