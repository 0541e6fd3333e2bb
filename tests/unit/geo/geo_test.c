#include "geo/geo.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/mmdb.h"
#include "tests/test.h"

static const struct mmdb_network networks[] = {
    {"81.2.69.0", 24, "GB", "England", "London", 51.5, -0.1},
    {"1.1.1.0", 24, "AU", NULL, NULL, 0, 0},
    {"2001:db8:17::", 48, "SE", "Stockholm", "Solna", 59.3, 18.0},
    {"200.0.0.0", 6, "BR", NULL, "S\xc3\xa3o Paulo", -23.5, -46.6},
};

static char folder[] = "/tmp/daybook-geo-XXXXXX", path[64];

static void write_bytes(struct slice bytes) {
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  if (bytes.len) ck_assert_uint_eq(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
  ck_assert_int_eq(fclose(file), 0);
}

static void write_database(const struct mmdb_network *rows, unsigned count, bool nested, unsigned bits,
                           unsigned version) {
  struct buffer b;
  buffer_init(&b, 1 << 20);
  mmdb_write(rows, count, nested, bits, version, &b);
  write_bytes(buffer_slice(&b));
  buffer_free(&b);
}

static void set_up(void) {
  ck_assert_ptr_nonnull(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/x.mmdb", folder);
}

static void tear_down(void) {
  unlink(path);
  ck_assert_int_eq(rmdir(folder), 0); /* no copy is left behind */
  memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
}

static int open_it(struct geo **out, struct error *err) {
  static const char *paths[1];
  paths[0] = path;
  struct geo_config config = {.os = os_real(), .paths = paths, .path_count = 1, .work_dir = folder};
  error_clear(err);
  return geo_open(&config, out, err);
}

static void check_place(struct geo *g, const char *ip, const char *country, const char *region, const char *city) {
  struct geo_place place;
  struct geo_reader *r = geo_reader_take(g);
  for (int again = 0; again < 2; again++) { /* from the file, then from the cache */
    bool found = geo_find(r, slice_from(ip), &place);
    ck_assert_msg(found == (country != NULL), "%s", ip);
    if (!found) break;
    ck_assert(slice_equal(place.country, slice_from(country)));
    ck_assert(slice_equal(place.region, slice_from(region)));
    ck_assert(slice_equal(place.city, slice_from(city)));
  }
  geo_reader_give(r);
}

START_TEST(both_layouts_and_all_sizes_of_nodes_are_read) {
  static const unsigned sizes[] = {24, 28, 32};
  for (unsigned i = 0; i < 6; i++) {
    set_up();
    struct geo *g;
    struct error err;
    write_database(networks, 4, i % 2, sizes[i / 2], 6);
    ck_assert_msg(open_it(&g, &err) == 0, "%s", err.message);
    check_place(g, "81.2.69.160", "GB", "England", "London");
    check_place(g, "1.1.1.255", "AU", "", "");
    check_place(g, "2001:db8:17::5", "SE", "Stockholm", "Solna");
    check_place(g, "203.0.113.9", "BR", "", "S\xc3\xa3o Paulo");
    check_place(g, "81.2.70.1", NULL, NULL, NULL);
    check_place(g, "2001:db8:18::5", NULL, NULL, NULL);
    check_place(g, "", NULL, NULL, NULL);
    check_place(g, "1.1.1", NULL, NULL, NULL);
    check_place(g, "1.1.1.256", NULL, NULL, NULL);
    check_place(g, "not an address", NULL, NULL, NULL);
    double latitude, longitude;
    struct geo_reader *r = geo_reader_take(g);
    ck_assert(geo_find_position(r, SLICE("81.2.69.1"), &latitude, &longitude));
    ck_assert_double_eq(latitude, 51.5);
    ck_assert_double_eq(longitude, -0.1);
    ck_assert(!geo_find_position(r, SLICE("1.1.1.1"), &latitude, &longitude));
    geo_reader_give(r);
    geo_close(g);
    tear_down();
  }
}
END_TEST

START_TEST(a_database_of_ipv4_alone_knows_nothing_of_ipv6) {
  set_up();
  struct geo *g;
  struct error err;
  write_database(networks, 2, false, 24, 4);
  ck_assert_ok(open_it(&g, &err));
  check_place(g, "81.2.69.160", "GB", "England", "London");
  check_place(g, "2001:db8:17::5", NULL, NULL, NULL);
  geo_close(g);
  tear_down();
}
END_TEST

START_TEST(what_is_no_database_is_refused_with_its_name) {
  set_up();
  struct geo *g;
  struct error err;
  ck_assert_int_eq(open_it(&g, &err), ERR_NOT_FOUND);
  ck_assert_ptr_nonnull(strstr(err.message, path));
  write_bytes(SLICE(""));
  ck_assert_int_eq(open_it(&g, &err), ERR_INVALID);
  write_bytes(SLICE("this is a text, and has been one for a long time"));
  ck_assert_int_eq(open_it(&g, &err), ERR_INVALID);
  ck_assert_ptr_nonnull(strstr(err.message, "MaxMind"));
  static const struct mmdb_network nothing[] = {{"81.2.69.0", 24, NULL, NULL, "London", 0, 0}};
  write_database(nothing, 1, false, 24, 6);
  ck_assert_int_eq(open_it(&g, &err), ERR_INVALID);
  ck_assert_ptr_nonnull(strstr(err.message, "no country"));
  tear_down();
}
END_TEST

START_TEST(a_reload_is_seen_by_new_readers_and_a_failed_one_changes_nothing) {
  set_up();
  struct geo *g;
  struct error err;
  struct geo_place place;
  write_database(networks, 2, true, 28, 6);
  ck_assert_ok(open_it(&g, &err));
  struct geo_reader *old = geo_reader_take(g);
  ck_assert(geo_find(old, SLICE("81.2.69.1"), &place));
  static const struct mmdb_network moved[] = {{"81.2.69.0", 24, "IE", NULL, "Dublin", 0, 0}};
  write_database(moved, 1, false, 24, 6); /* overwrites the file in place, as cp does */
  ck_assert_ok(geo_reload(g, &err));
  ck_assert(geo_find(old, SLICE("81.2.69.2"), &place) && slice_equal(place.city, SLICE("London")));
  check_place(g, "81.2.69.1", "IE", "", "Dublin");
  geo_reader_give(old);
  check_place(g, "81.2.69.1", "IE", "", "Dublin");
  write_bytes(SLICE("broken"));
  ck_assert_int_eq(geo_reload(g, &err), ERR_INVALID);
  check_place(g, "81.2.69.1", "IE", "", "Dublin");
  geo_close(g);
  tear_down();
}
END_TEST

START_TEST(damaged_databases_never_crash) {
  struct buffer whole;
  buffer_init(&whole, 1 << 20);
  mmdb_write(networks, 4, true, 24, 6, &whole);
  for (unsigned seed = 0; seed < 400; seed++) {
    set_up();
    uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    char *bytes = malloc(whole.len);
    memcpy(bytes, whole.data, whole.len);
    for (int i = 0; i < 4; i++) {
      state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
      bytes[(state >> 33) % whole.len] ^= (char)(1 << (state >> 30 & 7));
    }
    write_bytes(slice_of(bytes, whole.len - seed % 5 * (seed % 40)));
    free(bytes);
    struct geo *g;
    struct error err;
    if (open_it(&g, &err) == 0) {
      struct geo_place place;
      double latitude, longitude;
      struct geo_reader *r = geo_reader_take(g);
      for (unsigned i = 0; i < 4; i++) {
        geo_find(r, slice_from(networks[i].address), &place);
        geo_find_position(r, slice_from(networks[i].address), &latitude, &longitude);
      }
      geo_reader_give(r);
      geo_close(g);
    }
    tear_down();
  }
  buffer_free(&whole);
}
END_TEST

TEST_MAIN("geo", both_layouts_and_all_sizes_of_nodes_are_read, a_database_of_ipv4_alone_knows_nothing_of_ipv6,
          what_is_no_database_is_refused_with_its_name,
          a_reload_is_seen_by_new_readers_and_a_failed_one_changes_nothing, damaged_databases_never_crash)
