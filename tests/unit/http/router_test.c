#include "http/router.h"

#include "tests/test.h"

static const struct http_route routes[] = {
    {.method = "POST", .pattern = "/v1/events"},
    {.method = "GET", .pattern = "/v1/events"},
    {.method = "GET", .pattern = "/v1/events/{id}"},
    {.method = "GET", .pattern = "/v1/tenants/{tenant}/retention"},
    {.method = "PUT", .pattern = "/v1/tenants/{tenant}/retention"},
    {.method = "GET", .pattern = "/"},
    {.method = "GET", .pattern = "/a/{x}/{y}"},
};

static struct arena arena;
static struct route_match match;
static struct error err;

static int find(const char *method, const char *path) {
  arena_free(&arena);
  arena_init(&arena, 64 * 1024);
  error_clear(&err);
  return router_find(routes, sizeof routes / sizeof *routes, slice_from(method), slice_from(path), &arena, &match,
                     &err);
}

START_TEST(a_route_is_found_by_method_and_path) {
  ck_assert_ok(find("GET", "/v1/events"));
  ck_assert_uint_eq(match.index, 1);
  ck_assert_ok(find("POST", "/v1/events"));
  ck_assert_uint_eq(match.index, 0);
  ck_assert_ok(find("PUT", "/v1/tenants/acme/retention"));
  ck_assert_uint_eq(match.index, 4);
  ck_assert_ok(find("GET", "/"));
  ck_assert_uint_eq(match.index, 5);
}
END_TEST

START_TEST(a_head_is_answered_where_a_get_is) {
  ck_assert_ok(find("HEAD", "/v1/events"));
  ck_assert_uint_eq(match.index, 1);
}
END_TEST

START_TEST(placeholders_are_decoded_after_the_path_was_cut) {
  ck_assert_ok(find("GET", "/v1/events/acme%2Feu:17"));
  ck_assert_uint_eq(match.param_count, 1);
  ck_assert_str_eq(match.params[0].data, "acme/eu:17");
  ck_assert_ok(find("GET", "/a/1/%32"));
  ck_assert_str_eq(match.params[0].data, "1");
  ck_assert_str_eq(match.params[1].data, "2");
  ck_assert_int_eq(find("GET", "/v1/events/%zz"), ERR_INVALID);
  ck_assert_int_eq(find("GET", "/v1/events/%00"), ERR_INVALID);
}
END_TEST

START_TEST(other_methods_learn_what_is_allowed) {
  ck_assert_int_eq(find("DELETE", "/v1/events"), ERR_METHOD);
  ck_assert_str_eq(match.allow, "POST, GET, HEAD");
  ck_assert_int_eq(find("get", "/v1/events/x"), ERR_METHOD);
  ck_assert_str_eq(match.allow, "GET, HEAD");
}
END_TEST

START_TEST(near_misses_are_not_found) {
  static const char *const paths[] = {"",
                                      "/v1",
                                      "/v1/",
                                      "/v1/events/",
                                      "/v1/events/a/b",
                                      "//v1/events",
                                      "/V1/events",
                                      "/v1/eventsx",
                                      "/v1/tenants/retention",
                                      "/v1/tenants//retention",
                                      "/v1/tenants/a/retention/",
                                      "v1/events",
                                      "/a/1",
                                      "/a/1/",
                                      "/a//2"};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    ck_assert_msg(find("GET", paths[i]) == ERR_NOT_FOUND, "%s was found", paths[i]);
}
END_TEST

TEST_MAIN("router", a_route_is_found_by_method_and_path, a_head_is_answered_where_a_get_is,
          placeholders_are_decoded_after_the_path_was_cut, other_methods_learn_what_is_allowed,
          near_misses_are_not_found)
