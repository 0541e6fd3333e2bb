/* The parts of http/ that read bytes of strangers: query strings, paths, header values and encoded bodies. The first
 * byte chooses; the rest is the input. */
#include <stdlib.h>

#include "base/limits.h"
#include "http/encoding.h"
#include "http/query_string.h"
#include "http/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_DECODED = 1 << 20 };

static void read_query_string(struct slice text) {
  struct arena arena;
  struct query_string q;
  struct slice value;
  arena_init(&arena, 1 << 20);
  if (query_string_parse(text, &arena, &q, NULL) == 0 && q.count > QUERY_STRING_PAIRS) abort();
  if (q.count > 0 && !query_string_get(&q, q.pairs[0].name.data, &value)) abort();
  arena_free(&arena);
}

static void find_route(struct slice path) {
  static const struct http_route routes[] = {{.method = "GET", .pattern = "/v1/events/{id}"},
                                             {.method = "PUT", .pattern = "/v1/tenants/{tenant}/retention"},
                                             {.method = "GET", .pattern = "/{a}/{b}/{c}/{d}"}};
  struct arena arena;
  struct route_match match;
  arena_init(&arena, 1 << 20);
  (void)router_find(routes, sizeof routes / sizeof *routes, SLICE("GET"), path, &arena, &match, NULL);
  arena_free(&arena);
}

static void read_header(struct slice value) {
  enum http_coding coding;
  (void)coding_choose(value);
  (void)coding_parse(value, &coding, NULL);
}

static void decode(enum http_coding coding, struct slice input) {
  struct decoder *d = decoder_new(coding, MAX_DECODED, 64);
  struct slice output;
  uint64_t total = 0;
  while (decoder_next(d, &input, &output, NULL) == 0 && output.len > 0) total += output.len;
  if (total > MAX_DECODED) abort();
  (void)decoder_finish(d, NULL);
  decoder_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  struct slice rest = slice_of((const char *)data + 1, size - 1);
  switch (data[0]) {
    case 'q': read_query_string(rest); break;
    case 'p': find_route(rest); break;
    case 'h': read_header(rest); break;
    case 'g': decode(CODING_GZIP, rest); break;
    case 'z': decode(CODING_ZSTD, rest); break;
    default: break;
  }
  return 0;
}
