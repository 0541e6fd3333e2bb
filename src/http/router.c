#include "http/router.h"

#include <stdio.h>

#include "http/query_string.h"

static struct slice next_segment(struct slice *path) {
  const char *end = path->len ? memchr(path->data, '/', path->len) : NULL;
  struct slice segment = slice_of(path->data, end ? (size_t)(end - path->data) : path->len);
  *path = slice_skip(*path, segment.len + (end ? 1 : 0));
  return segment;
}

/* Raw segments of the placeholders into raw[]. */
static bool matches(struct slice pattern, struct slice path, struct slice *raw, uint32_t *raw_count) {
  *raw_count = 0;
  while (pattern.len > 0 && path.len > 0) {
    bool more_pattern = memchr(pattern.data, '/', pattern.len) != NULL;
    bool more_path = memchr(path.data, '/', path.len) != NULL;
    struct slice want = next_segment(&pattern), have = next_segment(&path);
    if (more_pattern != more_path) return false;
    if (want.len > 0 && want.data[0] == '{') {
      if (have.len == 0 || *raw_count == ROUTE_PATH_PARAMS) return false;
      raw[(*raw_count)++] = have;
    } else if (!slice_equal(want, have)) {
      return false;
    }
  }
  return pattern.len == 0 && path.len == 0;
}

static bool answers(const struct http_route *route, struct slice method) {
  if (slice_equal(slice_from(route->method), method)) return true;
  return slice_equal(method, SLICE("HEAD")) && strcmp(route->method, "GET") == 0;
}

static void allow_add(char allow[64], const char *method) {
  size_t used = strlen(allow);
  snprintf(allow + used, 64 - used, "%s%s%s", used ? ", " : "", method, strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

int router_find(const struct http_route *routes, uint32_t count, struct slice method, struct slice path,
                struct arena *arena, struct route_match *out, struct error *err) {
  struct slice raw[ROUTE_PATH_PARAMS];
  memset(out, 0, sizeof *out);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t raw_count;
    if (!matches(slice_from(routes[i].pattern), path, raw, &raw_count)) continue;
    if (!answers(&routes[i], method)) {
      allow_add(out->allow, routes[i].method);
      continue;
    }
    for (uint32_t p = 0; p < raw_count; p++) {
      int code = percent_decode(raw[p], false, arena, &out->params[p], err);
      if (code) return code;
    }
    out->index = i;
    out->param_count = raw_count;
    return 0;
  }
  if (out->allow[0]) return error_set(err, ERR_METHOD, "this address answers %s only", out->allow);
  return error_set(err, ERR_NOT_FOUND, "there is nothing at this address");
}
