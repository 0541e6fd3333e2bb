/* Daybook's own events, one JSON object a line, as POST /v1/events takes them or as an export wrote them: what the
 * server adds (id, seq, received_at, summary, source.peer_ip, source.geo) is taken off, the record at the end of an
 * export is passed over. An event without a tenant gets that of --tenant. */
#include <stdlib.h>

#include "cli/importer.h"
#include "cli/stored.h"

struct ndjson {
  const struct import_options *options;
  struct arena arena;
  struct buffer json;
};

static int ndjson_open(const struct import_options *o, void **state_out, struct error *err) {
  struct ndjson *n = calloc(1, sizeof *n);
  if (!n) return error_set(err, ERR_INTERNAL, "out of memory");
  n->options = o;
  arena_init(&n->arena, 64 * 1024 * 1024);
  buffer_init(&n->json, 8 * 1024 * 1024);
  *state_out = n;
  return 0;
}

static void ndjson_close(void *state) {
  struct ndjson *n = state;
  arena_free(&n->arena);
  buffer_free(&n->json);
  free(n);
}

static bool ndjson_line(void *state, struct import_sink *sink, struct slice line) {
  struct ndjson *n = state;
  struct error err = {0};
  const struct document *d = NULL;
  struct slice rest = line;
  arena_reset(&n->arena);
  if (document_parse(&rest, &n->arena, &d, &err)) return import_reject(sink, "not JSON: %s", err.message);
  if (rest.len) return import_reject(sink, "more than one JSON value in the line");
  if (d->kind != DOCUMENT_OBJECT) return import_reject(sink, "not a JSON object");
  if (stored_is_trailer(d)) return import_skip(sink);
  buffer_clear(&n->json);
  stored_append_sent(d, true, slice_from(n->options->tenant), &n->json);
  if (n->json.overflowed) return import_reject(sink, "the event is too large");
  const struct document *key = document_member(d, "key");
  if (key && key->kind != DOCUMENT_STRING) return import_reject(sink, "the key is not a text");
  return import_emit_json(sink, buffer_slice(&n->json), key ? key->text : slice_of(NULL, 0));
}

const struct importer importer_ndjson = {
    .name = "ndjson",
    .summary = "Daybook events, one JSON object a line; an export of Daybook comes back in",
    .shape = IMPORT_LINES,
    .open = ndjson_open,
    .line = ndjson_line,
    .close = ndjson_close,
};
