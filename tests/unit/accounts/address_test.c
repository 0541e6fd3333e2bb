#include "accounts/address.h"

#include "tests/test.h"

START_TEST(networks_are_read_strictly_and_shown_in_one_form) {
  static const char *const good[][2] = {{"10.0.0.0/8", "10.0.0.0/8"},
                                        {"192.0.2.7", "192.0.2.7"},
                                        {"192.0.2.7/32", "192.0.2.7"},
                                        {"0.0.0.0/0", "0.0.0.0/0"},
                                        {"2001:DB8::/32", "2001:db8::/32"},
                                        {"::1", "::1"},
                                        {"::/0", "::/0"},
                                        {"::ffff:10.0.0.0/104", "10.0.0.0/8"}};
  static const char *const bad[] = {"",  "10.0.0.1/8", "10.0.0.0/33",    "10.0.0.0/08", "10.0.0.0/",   "10.0.0/8",
                                    "x", "::1/129",    "2001:db8::1/32", "10.0.0.0/8 ", "10.0.0.0/-1", "1.2.3.4.5",
                                    "/8"};
  struct network n;
  char shown[NETWORK_TEXT_BYTES];
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    ck_assert_msg(network_parse(slice_from(good[i][0]), &n, shown), "%s", good[i][0]);
    ck_assert_str_eq(shown, good[i][1]);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_msg(!network_parse(slice_from(bad[i]), &n, NULL), "%s", bad[i]);
}
END_TEST

static bool covers(const char *network, const char *address) {
  struct network n;
  uint8_t bytes[16];
  ck_assert(network_parse(slice_from(network), &n, NULL));
  return address_parse(slice_from(address), bytes) && network_covers(&n, bytes);
}

START_TEST(a_network_covers_its_addresses_and_no_others) {
  ck_assert(covers("10.0.0.0/8", "10.1.2.3") && !covers("10.0.0.0/8", "11.0.0.0"));
  ck_assert(covers("192.0.2.128/25", "192.0.2.200") && !covers("192.0.2.128/25", "192.0.2.127"));
  ck_assert(covers("0.0.0.0/0", "1.2.3.4") && !covers("0.0.0.0/0", "2001:db8::1"));
  ck_assert(covers("::/0", "1.2.3.4") && covers("::/0", "2001:db8::1"));
  ck_assert(covers("10.0.0.0/8", "::ffff:10.0.0.1"));
  ck_assert(covers("2001:db8::/33", "2001:db8:7fff::") && !covers("2001:db8::/33", "2001:db8:8000::"));
}
END_TEST

TEST_MAIN("address", networks_are_read_strictly_and_shown_in_one_form, a_network_covers_its_addresses_and_no_others)
