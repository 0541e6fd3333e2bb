#include "tests/support/import_text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/text.h"

static const int64_t now_us = INT64_C(1780272000) * 1000000; /* 2026-06-01 */

struct gathering {
  struct imported *out;
  struct event_parser *parser;
  struct arena arena;
};

static int take(void *arg, struct slice json, uint64_t position) {
  struct gathering *g = arg;
  struct error err = {0};
  struct event e;
  arena_reset(&g->arena);
  if (event_parse(g->parser, json, now_us, &g->arena, &e, &err)) {
    g->out->refused++;
    snprintf(g->out->reason, sizeof g->out->reason, "%.200s (%s)", err.message, err.pointer);
    return 0;
  }
  if (g->out->count == IMPORTED_MOST) return ERR_END;
  g->out->positions[g->out->count] = position;
  char *copy = malloc(json.len + 1);
  if (!copy) abort();
  memcpy(copy, json.data, json.len);
  copy[json.len] = 0;
  g->out->events[g->out->count++] = copy;
  return 0;
}

static void reject(void *arg, uint64_t position, const char *reason) {
  struct gathering *g = arg;
  g->out->rejected++;
  g->out->reject_position = position;
  snprintf(g->out->reason, sizeof g->out->reason, "%s", reason);
}

/* CSV records end at a newline outside quotes, as in cli/import_reader.c. */
static struct slice next_record(struct slice *text, bool quotes) {
  bool quoted = false;
  size_t len = 0;
  for (; len < text->len; len++) {
    quoted ^= quotes && text->data[len] == '"';
    if (text->data[len] == '\n' && !quoted) break;
  }
  struct slice record = slice_of(text->data, len);
  *text = slice_skip(*text, len + 1);
  if (record.len && record.data[record.len - 1] == '\r') record.len--;
  return record;
}

static void run_documents(const struct importer *importer, void *state, struct import_sink *sink, struct slice text) {
  struct arena arena;
  struct error err = {0};
  const struct document *document;
  arena_init(&arena, 64 * 1024 * 1024);
  while (text.len && !sink->code) {
    if (document_parse(&text, &arena, &document, &err)) {
      import_reject(sink, "%s", err.message);
      break;
    }
    importer->document(state, sink, document);
  }
  arena_free(&arena);
}

void import_text(const char *format, const struct import_options *options, struct slice text, struct imported *out) {
  const struct importer *importer = importer_find(format);
  struct import_options o = options ? *options : (struct import_options){0};
  struct gathering g = {.out = out, .parser = event_parser_new()};
  struct import_sink sink;
  struct error err = {0};
  void *state = NULL;
  assert(importer);
  memset(out, 0, sizeof *out);
  arena_init(&g.arena, 64 * 1024 * 1024);
  o.format = format;
  o.tenant = o.tenant ? o.tenant : "imported";
  o.tz = o.tz ? o.tz : "UTC";
  o.log = o.log ? o.log : "panel";
  o.now_us = now_us;
  import_sink_init(&sink, format);
  sink.take = take;
  sink.reject = reject;
  sink.arg = &g;
  int code = importer->open(&o, &state, &err);
  assert(code == 0);
  import_begin_file(&sink);
  if (importer->begin_file) importer->begin_file(state, &sink);
  if (importer->shape == IMPORT_DOCUMENTS) {
    run_documents(importer, state, &sink, text);
  } else {
    for (uint64_t line = 1; text.len && !sink.code; line++) {
      sink.position = line;
      struct slice record = next_record(&text, importer->shape == IMPORT_CSV);
      if (text_trim(record).len) importer->line(state, &sink, record);
    }
  }
  if (importer->end_file && !sink.code) importer->end_file(state, &sink);
  importer->close(state);
  out->skipped = sink.skipped;
  import_sink_free(&sink);
  event_parser_free(g.parser);
  arena_free(&g.arena);
}

void imported_free(struct imported *i) {
  for (uint32_t n = 0; n < i->count; n++) free(i->events[n]);
  i->count = 0;
}
