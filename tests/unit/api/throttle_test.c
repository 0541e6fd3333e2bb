/* Counting tries and waiting log-ins, on a clock of the test's. */
#include "api/throttle.h"

#include <stdio.h>

#include "api/challenges.h"
#include "tests/test.h"

static struct os os;
static int64_t now_us;

static int64_t fake_monotonic(void *context) {
  (void)context;
  return now_us;
}

static void start(void) {
  os = *os_real();
  os.monotonic_us = fake_monotonic;
  now_us = 1000000;
}

static const struct throttle_rule rule = {"rule", 3, 10}, other = {"other", 1, 10};

static uint32_t charge(struct throttle *t, const char *a, const char *b) {
  return throttle_charge(t, &rule, slice_from(a), slice_from(b));
}

START_TEST(a_burst_passes_then_one_an_interval) {
  start();
  struct throttle *t = throttle_new(&os);
  for (int i = 0; i < 3; i++) ck_assert_uint_eq(charge(t, "a", "b"), 0);
  ck_assert_uint_eq(charge(t, "a", "b"), 10);
  ck_assert(throttle_is_spent(t, &rule, SLICE("a"), SLICE("b")));
  now_us += 4000000;
  ck_assert_uint_eq(charge(t, "a", "b"), 6);
  now_us += 6000000;
  ck_assert_uint_eq(charge(t, "a", "b"), 0);
  ck_assert_uint_eq(charge(t, "a", "b"), 10);
  now_us += 1000000000;
  for (int i = 0; i < 3; i++) ck_assert_uint_eq(charge(t, "a", "b"), 0);
  ck_assert_uint_gt(charge(t, "a", "b"), 0);
  throttle_free(t);
}
END_TEST

START_TEST(counters_do_not_touch_each_other) {
  start();
  struct throttle *t = throttle_new(&os);
  for (int i = 0; i < 4; i++) charge(t, "a", "b");
  ck_assert_uint_eq(charge(t, "ab", ""), 0);
  ck_assert_uint_eq(charge(t, "", "ab"), 0);
  ck_assert_uint_eq(charge(t, "b", "a"), 0);
  ck_assert_uint_eq(throttle_charge(t, &other, SLICE("a"), SLICE("b")), 0);
  ck_assert_uint_eq(throttle_charge(t, &other, SLICE("a"), SLICE("b")), 10);
  throttle_give_back(t, &other, SLICE("a"), SLICE("b"));
  ck_assert_uint_eq(throttle_charge(t, &other, SLICE("a"), SLICE("b")), 0);
  throttle_free(t);
}
END_TEST

START_TEST(a_flood_of_counters_keeps_the_spent_ones) {
  start();
  struct throttle *t = throttle_new(&os);
  for (int i = 0; i < 4; i++) charge(t, "attacker", "x");
  char name[32];
  for (int i = 0; i < 200000; i++) {
    snprintf(name, sizeof name, "n%d", i);
    charge(t, name, "y");
  }
  ck_assert(throttle_is_spent(t, &rule, SLICE("attacker"), SLICE("x")));
  throttle_free(t);
}
END_TEST

START_TEST(an_address_of_ipv6_is_its_network) {
  char out[46];
  ck_assert(slice_equal(throttle_network(SLICE("192.0.2.7"), out), SLICE("192.0.2.7")));
  ck_assert(slice_equal(throttle_network(SLICE("2001:db8:1:2:3:4:5:6"), out), SLICE("2001:db8:1:2::")));
  ck_assert(slice_equal(throttle_network(SLICE(""), out), SLICE("")));
}
END_TEST

static void add(struct challenges *c, const char *user, char token[ACCOUNTS_TOKEN_TEXT_BYTES]) {
  struct challenge challenge = {.kind = CHALLENGE_TOTP};
  snprintf(challenge.user, sizeof challenge.user, "%s", user);
  challenges_add(c, &challenge, token);
}

START_TEST(a_challenge_has_five_tries_and_five_minutes) {
  char token[ACCOUNTS_TOKEN_TEXT_BYTES];
  struct challenge out;
  start();
  struct challenges *c = challenges_new(&os);
  add(c, "usr_a", token);
  for (int i = 0; i < CHALLENGE_TRIES; i++) ck_assert(challenges_try(c, slice_from(token), &out));
  ck_assert_str_eq(out.user, "usr_a");
  ck_assert(!challenges_try(c, slice_from(token), &out));
  add(c, "usr_a", token);
  now_us += CHALLENGE_S * INT64_C(1000000) - 1;
  ck_assert(challenges_try(c, slice_from(token), &out));
  now_us += 1;
  ck_assert(!challenges_try(c, slice_from(token), &out));
  ck_assert(!challenges_finish(c, slice_from(token)));
  add(c, "usr_a", token);
  ck_assert(challenges_finish(c, slice_from(token)));
  ck_assert(!challenges_finish(c, slice_from(token)));
  ck_assert(!challenges_try(c, SLICE("forged"), &out));
  challenges_free(c);
}
END_TEST

START_TEST(one_user_cannot_crowd_out_others) {
  char first[ACCOUNTS_TOKEN_TEXT_BYTES], token[ACCOUNTS_TOKEN_TEXT_BYTES];
  struct challenge out;
  start();
  struct challenges *c = challenges_new(&os);
  add(c, "usr_quiet", first);
  for (int i = 0; i < 3 * CHALLENGES; i++) {
    now_us++;
    add(c, "usr_loud", token);
  }
  ck_assert(challenges_try(c, slice_from(first), &out));
  ck_assert(challenges_try(c, slice_from(token), &out));
  challenges_free(c);
}
END_TEST

TEST_MAIN("throttle", a_burst_passes_then_one_an_interval, counters_do_not_touch_each_other,
          a_flood_of_counters_keeps_the_spent_ones, an_address_of_ipv6_is_its_network,
          a_challenge_has_five_tries_and_five_minutes, one_user_cannot_crowd_out_others)
