#include <ctype.h>
#include <stdio.h>

#include "api/api.h"
#include "event/json.h"
#include "tests/test.h"

static struct buffer document;
static struct json_parser *parser;
static struct json json;

static void load(void) {
  buffer_init(&document, 1 << 20);
  api_append_openapi(&document);
  ck_assert(!document.overflowed);
  parser = json_parser_new(1 << 20, 64);
  const char *fault = json_parse(parser, document.data, document.len, &json);
  ck_assert_msg(!fault, "%s", fault ? fault : "");
}

static void unload(void) {
  json_parser_free(parser);
  buffer_free(&document);
}

/* The value of a member, or 0. */
static uint32_t member(uint32_t object, const char *name) {
  if (object == 0 || json_type(&json, object) != JSON_OBJECT) return 0;
  for (uint32_t at = object + 1; at < json_end(&json, object); at = json_next(&json, at + 1))
    if (slice_equal(json_string(&json, at), slice_from(name))) return at + 1;
  return 0;
}

static uint32_t operation_of(const struct http_route *route) {
  char method[16];
  size_t i = 0;
  for (; route->method[i]; i++) method[i] = (char)tolower((unsigned char)route->method[i]);
  method[i] = '\0';
  return member(member(member(1, "paths"), route->pattern), method);
}

static unsigned count_elements(uint32_t array, const char *in) {
  unsigned n = 0;
  for (uint32_t at = array + 1; at < json_end(&json, array); at = json_next(&json, at))
    n += slice_equal(json_string(&json, member(at, "in")), slice_from(in));
  return n;
}

START_TEST(every_route_is_documented) {
  uint32_t count;
  const struct http_route *routes = api_routes(&count);
  load();
  for (uint32_t i = 0; i < count; i++) {
    const struct http_route *route = &routes[i];
    uint32_t operation = operation_of(route);
    ck_assert_msg(operation, "%s %s is missing", route->method, route->pattern);
    ck_assert(route->summary && json_string(&json, member(operation, "summary")).len > 0);
    char status[8];
    snprintf(status, sizeof status, "%u", route->status);
    uint32_t success = member(member(operation, "responses"), status);
    ck_assert(success);
    ck_assert_int_eq(route->status != 204, member(success, "content") != 0);
    ck_assert(member(member(operation, "responses"), "default"));
    uint32_t parameters = member(operation, "parameters");
    ck_assert_uint_eq(count_elements(parameters, "query"), route->param_count);
    unsigned in_path = 0;
    for (const char *c = route->pattern; *c; c++) in_path += *c == '{';
    ck_assert_uint_eq(count_elements(parameters, "path"), in_path);
    bool takes_body = route->mode == HTTP_UPLOAD || route->body_bytes > 0;
    ck_assert_int_eq(takes_body, member(operation, "requestBody") != 0);
  }
  unload();
}
END_TEST

START_TEST(the_document_has_no_address_that_is_not_routed) {
  uint32_t count, documented = 0;
  api_routes(&count);
  load();
  uint32_t paths = member(1, "paths");
  for (uint32_t at = paths + 1; at < json_end(&json, paths); at = json_next(&json, at + 1))
    for (uint32_t m = at + 2; m < json_end(&json, at + 1); m = json_next(&json, m + 1)) documented++;
  ck_assert_uint_eq(documented, count);
  unload();
}
END_TEST

/* Answered to anybody: what cannot have a credential yet. */
static bool is_door(const struct http_route *route) {
  static const char *const doors[] = {"GET /healthz",
                                      "GET /readyz",
                                      "GET /v1/sessions/options",
                                      "POST /v1/sessions",
                                      "POST /v1/setup",
                                      "POST /v1/setup/check",
                                      "GET /v1/oidc/{id}/start",
                                      "GET /v1/oidc/callback",
                                      "POST /v1/viewer-tokens/exchange"};
  char name[96];
  snprintf(name, sizeof name, "%s %s", route->method, route->pattern);
  for (size_t i = 0; i < sizeof doors / sizeof *doors; i++)
    if (strcmp(name, doors[i]) == 0) return true;
  return false;
}

/* Of the own account, whatever its rights. */
static bool is_own(const struct http_route *route) {
  return strncmp(route->pattern, "/v1/me", 6) == 0 || strncmp(route->pattern, "/v1/sessions", 12) == 0;
}

START_TEST(only_doors_are_open_and_rights_are_known) {
  uint32_t count;
  const struct http_route *routes = api_routes(&count);
  for (uint32_t i = 0; i < count; i++) {
    const struct http_route *route = &routes[i];
    ck_assert_msg(route->is_open == is_door(route), "%s %s", route->method, route->pattern);
    ck_assert_msg(!route->right == (route->is_open || is_own(route)), "%s %s", route->method, route->pattern);
    if (!route->right) continue;
    bool known = false;
    for (unsigned right = 0; right < ACCESS_RIGHTS; right++)
      known |= strcmp(route->right, access_right_name((enum right)(1U << right))) == 0;
    ck_assert_msg(known, "%s %s", route->method, route->pattern);
    ck_assert(strcmp(route->method, "GET") != 0 || strcmp(route->right, "write") != 0);
  }
}
END_TEST

START_TEST(the_event_schema_has_every_field) {
  load();
  uint32_t schemas = member(member(1, "components"), "schemas");
  for (unsigned id = 0; id < FIELD_COUNT; id++) {
    const struct field *f = field_get((enum field_id)id);
    if (f->kind == KIND_SHAPE) continue;
    uint32_t at = member(schemas, "Event");
    char path[64];
    snprintf(path, sizeof path, "%.*s", SLICE_ARGS(f->path));
    for (char *rest = path, *name; at && (name = strtok_r(rest, ".", &rest));) {
      if (member(at, "items")) at = member(at, "items");
      at = member(member(at, "properties"), name);
    }
    ck_assert_msg(at, "%.*s is missing", SLICE_ARGS(f->path));
  }
  unload();
}
END_TEST

START_TEST(every_reference_leads_somewhere) {
  load();
  uint32_t schemas = member(member(1, "components"), "schemas");
  buffer_append_char(&document, '\0');
  for (const char *at = document.data; (at = strstr(at, "#/components/schemas/"));) {
    at += strlen("#/components/schemas/");
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "\""), at);
    ck_assert_msg(member(schemas, name), "%s is missing", name);
  }
  unload();
}
END_TEST

TEST_MAIN("openapi", every_route_is_documented, the_document_has_no_address_that_is_not_routed,
          only_doors_are_open_and_rights_are_known, the_event_schema_has_every_field, every_reference_leads_somewhere)
