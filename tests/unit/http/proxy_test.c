/* Whose X-Forwarded-For counts. */
#include "http/proxy.h"

#include "tests/test.h"

static struct proxies proxies;

static void setup(void) {
  proxies.count = 0;
  ck_assert_ok(proxies_add(&proxies, "10.0.0.0/8", NULL));
  ck_assert_ok(proxies_add(&proxies, "127.0.0.1", NULL));
  ck_assert_ok(proxies_add(&proxies, "fd00::/7", NULL));
}

static void check(const char *peer, const char *forwarded, const char *want) {
  char out[PROXY_ADDRESS_BYTES];
  proxies_resolve(&proxies, slice_from(peer), slice_from(forwarded), out);
  ck_assert_str_eq(out, want);
}

START_TEST(the_right_most_untrusted_address_counts) {
  setup();
  check("10.1.2.3", "203.0.113.9", "203.0.113.9");
  check("10.1.2.3", "198.51.100.1, 203.0.113.9", "203.0.113.9"); /* what the client wrote itself */
  check("10.1.2.3", "203.0.113.9, 10.9.9.9 ,127.0.0.1", "203.0.113.9");
  check("10.1.2.3", "10.0.0.1,10.0.0.2", "10.0.0.1"); /* all are ours: the first is the client */
  check("127.0.0.1", "[2001:DB8::1]:5000", "2001:db8::1");
  check("127.0.0.1", "2001:db8:0:0::1", "2001:db8::1");
  check("fd12::1", "192.0.2.1:80", "192.0.2.1");
}
END_TEST

START_TEST(nobody_else_is_believed) {
  setup();
  check("203.0.113.5", "198.51.100.1", "203.0.113.5");
  check("11.0.0.1", "198.51.100.1", "11.0.0.1");
  check("2001:db8::5", "198.51.100.1", "2001:db8::5");
  check("10.1.2.3", "", "10.1.2.3");
  check("10.1.2.3", "198.51.100.1, unknown", "10.1.2.3"); /* the next hop is not an address: nothing before it counts */
  check("10.1.2.3", "1.2.3.4, 1.2.3.4.5", "10.1.2.3");
  check("10.1.2.3", ",,,", "10.1.2.3");
  check("10.1.2.3", "[::1", "10.1.2.3");
  proxies.count = 0;
  check("10.1.2.3", "198.51.100.1", "10.1.2.3");
}
END_TEST

START_TEST(https_is_believed_of_a_trusted_peer_alone) {
  setup();
  ck_assert(proxies_secure(&proxies, SLICE("10.1.2.3"), SLICE("https")));
  ck_assert(proxies_secure(&proxies, SLICE("10.1.2.3"), SLICE("http, HTTPS")));
  ck_assert(!proxies_secure(&proxies, SLICE("10.1.2.3"), SLICE("https, http"))); /* the client wrote the first */
  ck_assert(!proxies_secure(&proxies, SLICE("10.1.2.3"), SLICE("")));
  ck_assert(!proxies_secure(&proxies, SLICE("203.0.113.5"), SLICE("https")));
}
END_TEST

START_TEST(networks_that_are_none_are_refused) {
  static const char *const bad[] = {"",      "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1",  "10.0.0/8",   "::1/129",
                                    "proxy", "10.0.0.1/8x", "/8",        "10.0.0.0/8/8", "fe80::1%lo0"};
  struct error err;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    proxies.count = 0;
    error_clear(&err);
    ck_assert_msg(proxies_add(&proxies, bad[i], &err) == ERR_INVALID, "%s is taken", bad[i]);
    ck_assert(err.message[0] && proxies.count == 0);
  }
  ck_assert_ok(proxies_add(&proxies, "0.0.0.0/0", NULL)); /* IPv4 alone */
  ck_assert(proxies_trust(&proxies, SLICE("203.0.113.5")) && !proxies_trust(&proxies, SLICE("2001:db8::1")));
}
END_TEST

TEST_MAIN("proxy", the_right_most_untrusted_address_counts, nobody_else_is_believed,
          https_is_believed_of_a_trusted_peer_alone, networks_that_are_none_are_refused)
