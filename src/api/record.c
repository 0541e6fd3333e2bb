#include "api/record.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/internal.h"
#include "base/utf8.h"

/* Where it came from; what is not known is empty. */
struct origin {
  const struct principal *principal; /* NULL: nobody logged in */
  struct slice ip, peer, user_agent;
};

/* ---- An event as JSON ---- */

/* Opens a member: a comma where the object has one already. */
static void append_name(struct buffer *out, const char *name) {
  if (out->len > 0 && out->data[out->len - 1] != '{') buffer_append_char(out, ',');
  json_append_string(out, slice_from(name));
  buffer_append_char(out, ':');
}

/* A text as events take it: valid UTF-8 without NUL, of bounded length, also as JSON. Headers, questions and log-in
 * names may be anything. */
static void append_value(struct buffer *out, struct slice text) {
  char clean[RECORD_UNCLEAN_BYTES];
  size_t start = out->len, len = text.len < sizeof clean ? text.len : sizeof clean;
  if (utf8_valid(text) && !(text.len && memchr(text.data, '\0', text.len))) {
    json_append_string(out, utf8_clip(text, RECORD_TEXT_BYTES));
    if (out->len - start <= 2 * RECORD_TEXT_BYTES) return;
    out->len = start; /* nearly all of it needs escapes: nothing that anybody means */
    json_append_string(out, utf8_clip(text, sizeof clean));
    return;
  }
  for (size_t i = 0; i < len; i++) clean[i] = text.data[i] >= ' ' && text.data[i] <= '~' ? text.data[i] : '?';
  json_append_string(out, slice_of(clean, len));
}

static void append_text(struct buffer *out, const char *name, struct slice text) {
  if (text.len == 0) return;
  append_name(out, name);
  append_value(out, text);
}

static void append_chars(struct buffer *out, const char *name, const char *text) {
  if (text) append_text(out, name, slice_from(text));
}

static void append_actor(struct buffer *out, const struct principal *p) {
  append_name(out, "actor");
  buffer_append_char(out, '{');
  const char *type = "user";
  if (!p)
    type = "anonymous";
  else if (p->kind == PRINCIPAL_KEY || p->kind == PRINCIPAL_OPERATOR_KEY)
    type = "api_key";
  else if (p->kind == PRINCIPAL_LOCAL)
    type = "system";
  append_chars(out, "type", type);
  if (p) {
    append_text(out, "id", p->id);
    append_text(out, "name", p->name);
    append_text(out, "display_name", p->display_name);
    append_text(out, "email", p->email);
  }
  buffer_append_char(out, '}');
  if (!p || p->kind != PRINCIPAL_VIEWER) return;
  append_name(out, "on_behalf_of");
  buffer_append_char(out, '{');
  append_text(out, "name", p->created_by);
  buffer_append_char(out, '}');
}

static void append_source(struct buffer *out, const struct origin *o) {
  if (o->ip.len == 0 && o->user_agent.len == 0) return;
  append_name(out, "source");
  buffer_append_char(out, '{');
  append_text(out, "ip", o->ip);
  append_text(out, "user_agent", utf8_clip(o->user_agent, RECORD_USER_AGENT_BYTES));
  buffer_append_char(out, '}');
}

static void append_target(struct buffer *out, const struct record_target *t) {
  if (!t->type) return;
  append_name(out, "target");
  buffer_append_char(out, '{');
  append_chars(out, "type", t->type);
  append_text(out, "id", t->id);
  append_text(out, "name", t->name);
  append_text(out, "user", t->user);
  append_text(out, "domain", t->domain);
  buffer_append_char(out, '}');
}

static void append_side(struct buffer *out, const char *name, struct slice value, bool is_json) {
  if (!value.data) return;
  append_name(out, name);
  if (is_json && value.len > 0)
    buffer_append_slice(out, value);
  else
    append_value(out, value);
}

static void append_changes(struct buffer *out, const struct record *record) {
  if (record->change_count == 0) return;
  append_name(out, "changes");
  buffer_append_char(out, '[');
  for (uint32_t i = 0; i < record->change_count && i < LIMIT_CHANGES; i++) {
    const struct record_change *c = &record->changes[i];
    buffer_append_text(out, i ? ",{" : "{");
    append_chars(out, "field", c->field);
    append_side(out, "old", c->old_value, c->is_json);
    append_side(out, "new", c->new_value, c->is_json);
    buffer_append_char(out, '}');
  }
  buffer_append_char(out, ']');
}

static void append_params(struct buffer *out, const struct record *record, const struct principal *p) {
  append_name(out, "params");
  buffer_append_char(out, '{');
  for (uint32_t i = 0; i < record->param_count; i++)
    if (record->params[i].value.len > 0)
      append_side(out, record->params[i].name, record->params[i].value, record->params[i].is_json);
  if (p && p->kind == PRINCIPAL_VIEWER) append_text(out, "origin", p->origin);
  if (p && p->kind == PRINCIPAL_LOCAL) append_chars(out, "by", "command line");
  if (out->data[out->len - 1] == '{') { /* nothing: without the member */
    out->len -= strlen(",\"params\":{");
    return;
  }
  buffer_append_char(out, '}');
}

static void append_auth(struct buffer *out, const struct record *record) {
  if (record->auth_method.len == 0 && record->auth_session.len == 0) return;
  append_name(out, "auth");
  buffer_append_char(out, '{');
  append_text(out, "method", record->auth_method);
  append_text(out, "session", record->auth_session);
  if (record->auth_duration_s > 0) {
    append_name(out, "duration_s");
    buffer_append_i64(out, record->auth_duration_s);
  }
  buffer_append_char(out, '}');
}

static void append_record(struct buffer *out, const struct record *record, const struct origin *o, int64_t now_us) {
  const struct principal *actor = record->actor ? record->actor : o->principal;
  buffer_append_char(out, '{');
  append_text(out, "tenant", record->tenant.len ? record->tenant : SLICE("daybook"));
  append_chars(out, "log", record->log);
  append_name(out, "occurred_at");
  append_instant(out, now_us, 6);
  append_chars(out, "product", "Daybook");
  append_chars(out, "category", record->category);
  append_chars(out, "action", record->action);
  append_chars(out, "activity", record->activity);
  append_chars(out, "outcome", record->outcome ? record->outcome : "success");
  append_text(out, "reason", record->reason);
  append_actor(out, actor);
  append_source(out, o);
  append_target(out, &record->target);
  append_changes(out, record);
  append_auth(out, record);
  append_params(out, record, actor);
  buffer_append_char(out, '}');
}

/* ---- Into the store ---- */

struct recording {
  const struct os *os;
  struct store *store;
  struct event_parser *parser;
  struct geo_reader *places; /* NULL: none */
  struct buffer json;
  struct arena arena;
  struct store_batch batch;
};

static void start(struct recording *w, const struct os *os, struct store *store) {
  memset(w, 0, sizeof *w);
  w->os = os;
  w->store = store;
  buffer_init(&w->json, 4 * LIMIT_EVENT_BYTES);
  arena_init(&w->arena, API_EVENT_ARENA_BYTES);
  buffer_init(&w->batch.records, LIMIT_REQUEST_BYTES);
}

static void finish(struct recording *w) {
  buffer_free(&w->json);
  arena_free(&w->arena);
  buffer_free(&w->batch.records);
}

static void add_places(struct recording *w, struct event *e, const struct origin *o) {
  struct event_cell cells[4];
  struct geo_place place;
  uint32_t count = 0;
  if (o->peer.len && !slice_equal(o->peer, o->ip))
    cells[count++] = (struct event_cell){.field = FIELD_SOURCE_PEER, .text = o->peer};
  if (w->places && o->ip.len && geo_find(w->places, o->ip, &place)) {
    if (place.country.len) cells[count++] = (struct event_cell){.field = FIELD_GEO_COUNTRY, .text = place.country};
    if (place.region.len) cells[count++] = (struct event_cell){.field = FIELD_GEO_REGION, .text = place.region};
    if (place.city.len) cells[count++] = (struct event_cell){.field = FIELD_GEO_CITY, .text = place.city};
  }
  event_add_cells(e, &w->arena, cells, count);
}

static int add(struct recording *w, const struct record *record, const struct origin *o, struct error *err) {
  struct event e;
  struct error why = {0};
  int64_t now_us = os_now_us(w->os);
  buffer_clear(&w->json);
  arena_reset(&w->arena);
  append_record(&w->json, record, o, now_us);
  int code = event_parse(w->parser, buffer_slice(&w->json), now_us, &w->arena, &e, &why);
  if (code) return error_set(err, ERR_INTERNAL, "cannot record \"%s\": %s", record->activity, why.message);
  add_places(w, &e, o);
  event_encode(&e, &w->batch.records);
  w->batch.count++;
  return 0;
}

static int commit(struct recording *w, struct error *err) {
  struct store_result *results = calloc(w->batch.count, sizeof *results);
  if (!results) abort();
  w->batch.results = results;
  int code = w->batch.records.overflowed ? error_set(err, ERR_TOO_LARGE, "the record is too large")
                                         : store_append(w->store, &w->batch);
  free(results);
  if (code == 0) return 0;
  const char *why = w->batch.error.message[0] ? w->batch.error.message : error_text(code);
  return error_set(err, code, "nothing was done, as it cannot be recorded: %s", why);
}

int record_events(struct http_request *r, struct api *api, const struct record *records, uint32_t count,
                  struct error *err) {
  struct recording w;
  struct slice address = request_address(r), peer = http_peer(r);
  const struct origin o = {request_principal(r), address, peer, http_header(r, "User-Agent")};
  int code = 0;
  if (count == 0) return 0;
  start(&w, api->os, api->store);
  w.parser = api_take_parser(api);
  if (api->geo) w.places = geo_reader_take(api->geo);
  for (uint32_t i = 0; code == 0 && i < count; i++) code = add(&w, &records[i], &o, err);
  if (w.places) geo_reader_give(w.places);
  api_give_parser(api, w.parser);
  if (code == 0) code = commit(&w, err);
  finish(&w);
  return code;
}

int record_event(struct http_request *r, struct api *api, const struct record *record, struct error *err) {
  return record_events(r, api, record, 1, err);
}

int record_local(const struct os *os, struct store *store, const struct record *record, struct error *err) {
  struct recording w;
  struct principal local;
  access_local_operator(&local);
  const struct origin o = {.principal = &local};
  start(&w, os, store);
  w.parser = event_parser_new();
  int code = add(&w, record, &o, err);
  event_parser_free(w.parser);
  if (code == 0) code = commit(&w, err);
  finish(&w);
  return code;
}
