/* Twilio Monitor events: one object, {"events": [...]} pages as the API answers them, or one object a line.
 *
 *   sid -> key        event_type "phone-number.updated" -> action update, activity "Phone Number Updated"
 *   actor_sid, actor_type -> actor (user: a user; account: an API key; none: Twilio itself, system)
 *   resource_type, resource_sid -> target                  source_ip_address -> source.ip
 *   event_data.resource_properties.X {previous, updated} -> changes X old, new
 *   user-session.created and .deleted are logins and log-outs in the auth log. */
#include <stdlib.h>

#include "cli/importer.h"
#include "cli/text.h"

struct twilio {
  const struct import_options *options;
};

static int twilio_open(const struct import_options *o, void **state_out, struct error *err) {
  struct twilio *t = calloc(1, sizeof *t);
  if (!t) return error_set(err, ERR_INTERNAL, "out of memory");
  t->options = o;
  *state_out = t;
  return 0;
}

static void twilio_close(void *state) { free(state); }

/* "phone-number.updated" -> "Phone Number Updated", at most 128 bytes. */
static struct slice title_of(struct arena *arena, struct slice type) {
  size_t len = type.len < 128 ? type.len : 128;
  char *text = arena_alloc(arena, len + 1);
  bool start = true;
  for (size_t i = 0; text && i < len; i++) {
    char c = type.data[i];
    bool gap = c == '-' || c == '.' || c == '_';
    text[i] = gap ? ' ' : start && c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    start = gap;
  }
  return slice_of(text, text ? len : 0);
}

/* "updated" -> update; a verb of another form stays as it is, in the characters an action may have. */
static void set_action(struct draft *d, struct slice verb, bool session) {
  static const char *const table[][3] = {
      {"created", "create", "login"}, {"updated", "update", "update"}, {"deleted", "delete", "logout"}};
  for (size_t i = 0; i < 3; i++) {
    if (!text_equal(verb, table[i][0])) continue;
    draft_set_text(d, FIELD_ACTION, table[i][session ? 2 : 1]);
    return;
  }
  size_t len = verb.len < 64 ? verb.len : 64;
  char *word = arena_alloc(d->arena, len + 1);
  for (size_t i = 0; word && i < len; i++) {
    char c = verb.data[i];
    if (c >= 'A' && c <= 'Z') c = (char)(c + 32);
    word[i] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
  }
  draft_set(d, FIELD_ACTION, len ? slice_of(word, len) : SLICE("unknown"));
}

static void set_actor(struct draft *d, const struct document *e) {
  struct slice sid = document_text(e, "actor_sid"), type = document_text(e, "actor_type");
  const char *kind = sid.len == 0 ? "system" : text_equal(type, "user") ? "user" : "api_key";
  draft_set_text(d, FIELD_ACTOR_TYPE, kind);
  draft_set(d, FIELD_ACTOR_ID, sid);
  draft_set(d, FIELD_ACTOR_NAME, sid);
}

static struct slice as_json(struct arena *arena, const struct document *v) {
  if (!v) return slice_of(NULL, 0);
  struct buffer json;
  buffer_init(&json, LIMIT_EVENT_BYTES);
  document_append(v, &json);
  struct slice copy = arena_copy(arena, buffer_slice(&json));
  buffer_free(&json);
  return copy;
}

static void add_changes(struct draft *d, const struct document *properties) {
  if (!properties || properties->kind != DOCUMENT_OBJECT) return;
  for (const struct document *p = properties->first; p; p = p->next) {
    struct slice old = as_json(d->arena, document_member(p, "previous"));
    struct slice new = as_json(d->arena, document_member(p, "updated"));
    if (old.len || new.len) draft_change(d, p->name, old, new);
  }
}

static struct slice event_key(struct arena *arena, const struct document *e) {
  struct slice sid = document_text(e, "sid");
  char *text = sid.len && sid.len < 200 ? arena_alloc(arena, sid.len + 7) : NULL;
  if (!text) return slice_of(NULL, 0);
  memcpy(text, "twilio-", 7);
  memcpy(text + 7, sid.data, sid.len);
  return draft_clean(arena, slice_of(text, sid.len + 7));
}

static bool one_event(struct twilio *t, struct import_sink *sink, const struct document *e) {
  struct slice type = document_text(e, "event_type"), time = document_text(e, "event_date"), object, verb;
  int64_t us;
  unsigned digits;
  sink->position++;
  if (type.len == 0 || time.len == 0) {
    struct slice message = document_text(e, "message");
    if (message.len) return import_reject(sink, "an error of Twilio's, no event: %.*s", SLICE_ARGS(message));
    return import_reject(sink, "not a Twilio Monitor event: no event_type and event_date");
  }
  if (!instant_parse(time, &us, &digits))
    return import_reject(sink, "event_date \"%.*s\" is not a time", SLICE_ARGS(time));
  if (!text_split_last(type, ".", &object, &verb)) object = verb = type;
  bool session = text_equal(object, "user-session");

  struct draft *d = import_draft(sink);
  draft_set_text(d, FIELD_TENANT, t->options->tenant);
  draft_set_text(d, FIELD_LOG, session ? "auth" : "admin");
  draft_set_time(d, us, digits);
  draft_set_text(d, FIELD_PRODUCT, "Twilio");
  draft_set(d, FIELD_CATEGORY, title_of(d->arena, object));
  draft_set(d, FIELD_ACTIVITY, title_of(d->arena, type));
  set_action(d, verb, session);
  set_actor(d, e);
  draft_set(d, FIELD_SOURCE_IP, document_text(e, "source_ip_address"));
  draft_set(d, FIELD_TARGET_TYPE, document_text(e, "resource_type"));
  draft_set(d, FIELD_TARGET_ID, document_text(e, "resource_sid"));
  draft_set(d, FIELD_DESCRIPTION, document_text(e, "description"));
  add_changes(d, document_member(document_member(e, "event_data"), "resource_properties"));
  draft_param(d, SLICE("account_sid"), document_text(e, "account_sid"));
  draft_param(d, SLICE("source"), document_text(e, "source"));
  return import_emit(sink, d, event_key(d->arena, e));
}

static bool twilio_document(void *state, struct import_sink *sink, const struct document *d) {
  const struct document *events = document_member(d, "events");
  const struct document *list = events ? events : d;
  if (list->kind != DOCUMENT_ARRAY) return one_event(state, sink, d);
  bool goes_on = true;
  for (const struct document *e = list->first; e && goes_on; e = e->next) goes_on = one_event(state, sink, e);
  return goes_on;
}

static const char *const suffixes[] = {".json", ".jsonl", ".json.gz", ".jsonl.gz", NULL};

const struct importer importer_twilio = {
    .name = "twilio",
    .summary = "Twilio Monitor events with their previous and updated values",
    .shape = IMPORT_DOCUMENTS,
    .suffixes = suffixes,
    .open = twilio_open,
    .document = twilio_document,
    .close = twilio_close,
};
