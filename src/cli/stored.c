#include "cli/stored.h"

#include "base/instant.h"
#include "cli/text.h"

static const char *const top_members[] = {"id", "seq", "received_at", "summary", NULL};
static const char *const source_members[] = {"peer_ip", "geo", NULL};

static bool is_one_of(struct slice name, const char *const *names) {
  for (; *names; names++) {
    if (text_equal(name, *names)) return true;
  }
  return false;
}

/* A source that holds nothing but the server's members was not sent. */
static bool is_ours(const struct document *source) {
  if (source->kind != DOCUMENT_OBJECT || !source->first) return false;
  for (const struct document *m = source->first; m; m = m->next) {
    if (!is_one_of(m->name, source_members)) return false;
  }
  return true;
}

static void append_source(const struct document *source, struct buffer *out) {
  bool comma = false;
  buffer_append_char(out, '{');
  for (const struct document *m = source->first; m; m = m->next) {
    if (is_one_of(m->name, source_members)) continue;
    if (comma) buffer_append_char(out, ',');
    json_append_string(out, m->name);
    buffer_append_char(out, ':');
    document_append(m, out);
    comma = true;
  }
  buffer_append_char(out, '}');
}

void stored_append_sent(const struct document *d, bool without_key, struct slice tenant, struct buffer *out) {
  bool comma = tenant.len && !document_member(d, "tenant");
  buffer_append_char(out, '{');
  if (comma) {
    buffer_append_text(out, "\"tenant\":");
    json_append_string(out, tenant);
  }
  for (const struct document *m = d->first; m; m = m->next) {
    bool source = text_equal(m->name, "source");
    if (is_one_of(m->name, top_members) || (without_key && text_equal(m->name, "key")) || (source && is_ours(m)))
      continue;
    if (comma) buffer_append_char(out, ',');
    json_append_string(out, m->name);
    buffer_append_char(out, ':');
    if (source && m->kind == DOCUMENT_OBJECT) {
      append_source(m, out);
    } else {
      document_append(m, out);
    }
    comma = true;
  }
  buffer_append_char(out, '}');
}

static void add_cell(struct event *e, struct arena *arena, enum field_id field, struct slice text) {
  if (text.len) event_add_cell(e, arena, field, arena_copy(arena, text));
}

int stored_parse(const struct document *d, struct event_parser *parser, struct buffer *sent, struct arena *arena,
                 struct event *out, struct error *err) {
  /* The server took it in its time: no bound on the clock here. */
  const int64_t far_us = INT64_C(253402300799) * 1000000 - INT64_C(90000) * 1000000;
  uint64_t seq;
  buffer_clear(sent);
  stored_append_sent(d, false, slice_of(NULL, 0), sent);
  int code = event_parse(parser, buffer_slice(sent), far_us, arena, out, err);
  if (code) return code;
  if (text_number(document_text(d, "seq"), UINT64_MAX >> 1, &seq)) out->seq = seq;
  int64_t received;
  if (instant_parse(document_text(d, "received_at"), &received, NULL)) out->received_at_us = received;
  const struct document *source = document_member(d, "source"), *geo = document_member(source, "geo");
  add_cell(out, arena, FIELD_SOURCE_PEER, document_text(source, "peer_ip"));
  add_cell(out, arena, FIELD_GEO_COUNTRY, document_text(geo, "country"));
  add_cell(out, arena, FIELD_GEO_REGION, document_text(geo, "region"));
  add_cell(out, arena, FIELD_GEO_CITY, document_text(geo, "city"));
  event_sort_cells(out);
  return 0;
}

bool stored_is_trailer(const struct document *d) {
  return document_member(d, "daybook_export") || document_member(d, "trailer");
}
