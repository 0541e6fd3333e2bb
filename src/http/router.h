/* Finds the route of a path: a scan of the table, which has a few dozen rows. Pure functions. */
#ifndef DAYBOOK_HTTP_ROUTER_H
#define DAYBOOK_HTTP_ROUTER_H

#include "http/http.h"

enum { ROUTE_PATH_PARAMS = 4 };

struct route_match {
  uint32_t index;                         /* of the route */
  struct slice params[ROUTE_PATH_PARAMS]; /* decoded */
  uint32_t param_count;
  char allow[64]; /* on ERR_METHOD: "GET, HEAD, POST" */
};

/* `path` is raw (still percent-encoded). ERR_NOT_FOUND, ERR_METHOD (out->allow is set), ERR_INVALID for bad escapes. */
int router_find(const struct http_route *routes, uint32_t count, struct slice method, struct slice path,
                struct arena *arena, struct route_match *out, struct error *err);

#endif
