/* The plain-English sentence:
 *
 *   WHO[, on behalf of WHOM,] DID [OBJECT] [with METHOD] [from ADDRESS] [after DURATION][: DETAIL[; DETAIL]...]
 *   Message ... failed: ERROR (sent by WHO from ADDRESS)
 *
 * Values come from clients: control characters become blanks and long values are cut, so that one event stays
 * one readable line. */
#include <stdlib.h>

#include "event/event.h"
#include "event/verbs.h"

enum { VALUE_MAX_BYTES = 120, CHANGES_SHOWN = 3 };

enum outcome { OUTCOME_SUCCESS, OUTCOME_FAILURE, OUTCOME_DENIED, OUTCOME_UNKNOWN };

static enum outcome outcome_of(const struct event *e) {
  struct slice text = event_text(e, FIELD_OUTCOME);
  if (slice_equal(text, SLICE("failure"))) return OUTCOME_FAILURE;
  if (slice_equal(text, SLICE("denied"))) return OUTCOME_DENIED;
  if (slice_equal(text, SLICE("unknown"))) return OUTCOME_UNKNOWN;
  return OUTCOME_SUCCESS;
}

/* ---- Words ---- */

static void append_value(struct buffer *out, struct slice text) {
  bool cut = text.len > VALUE_MAX_BYTES;
  if (cut) {
    text.len = VALUE_MAX_BYTES;
    while (text.len > 0 && ((unsigned char)text.data[text.len] & 0xc0) == 0x80) text.len--; /* whole characters */
  }
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.data[i];
    buffer_append_char(out, c < 0x20 || c == 0x7f ? ' ' : text.data[i]);
  }
  if (cut) buffer_append_text(out, "...");
}

/* As append_value, with _ and . as blanks: "call_queue" is a call queue. */
static void append_words(struct buffer *out, struct slice text) {
  size_t from = out->len, len = text.len < VALUE_MAX_BYTES ? text.len : VALUE_MAX_BYTES;
  append_value(out, text);
  for (size_t i = from; i < out->len && i < from + len; i++)
    if (out->data[i] == '_' || out->data[i] == '.') out->data[i] = ' ';
}

static void append_labelled(struct buffer *out, const char *label, struct slice value) {
  if (value.len == 0) return;
  buffer_append_text(out, label);
  append_value(out, value);
}

/* The first of the fields that is not empty. */
static struct slice first_of(const struct event *e, const enum field_id *fields, size_t count) {
  struct slice text = {NULL, 0};
  for (size_t i = 0; i < count && text.len == 0; i++) text = event_text(e, fields[i]);
  return text;
}

/* ---- Who ---- */

/* The fields of one person; on_behalf_of has the same as actor. */
struct person {
  enum field_id type, id, name, display, email;
};
static const struct person actor = {FIELD_ACTOR_TYPE, FIELD_ACTOR_ID, FIELD_ACTOR_NAME, FIELD_ACTOR_DISPLAY,
                                    FIELD_ACTOR_EMAIL};
static const struct person behalf = {FIELD_BEHALF_TYPE, FIELD_BEHALF_ID, FIELD_BEHALF_NAME, FIELD_BEHALF_DISPLAY,
                                     FIELD_BEHALF_EMAIL};

static void append_user(const struct event *e, const struct person *p, struct buffer *out) {
  struct slice display = event_text(e, p->display), email = event_text(e, p->email), name = event_text(e, p->name);
  struct slice called = display.len ? display : name.len ? name : email;
  struct slice known_by = email.len ? email : name;
  if (called.len == 0) {
    struct slice id = event_text(e, p->id);
    buffer_append_text(out, id.len ? "User " : "A user");
    append_value(out, id);
    return;
  }
  append_value(out, called);
  if (known_by.len == 0 || slice_equal(known_by, called)) return;
  buffer_append_text(out, " (");
  append_value(out, known_by);
  buffer_append_char(out, ')');
}

/* "API key NAME", or "An API key" where it has none. */
static void append_named(struct buffer *out, const char *kind, const char *nameless, struct slice name) {
  buffer_append_text(out, name.len ? kind : nameless);
  append_value(out, name);
}

static void append_person(const struct event *e, const struct person *p, struct buffer *out) {
  const enum field_id fields[] = {p->display, p->name, p->email, p->id};
  struct slice type = event_text(e, p->type), name = first_of(e, fields, sizeof fields / sizeof *fields);
  if (slice_equal(type, SLICE("system"))) {
    buffer_append_text(out, "System");
  } else if (slice_equal(type, SLICE("api_key"))) {
    append_named(out, "API key ", "An API key", name);
  } else if (slice_equal(type, SLICE("service"))) {
    append_named(out, "Service ", "A service", name);
  } else if (slice_equal(type, SLICE("anonymous"))) {
    buffer_append_text(out, "An anonymous user");
    append_labelled(out, " (", name);
    if (name.len) buffer_append_char(out, ')');
  } else {
    append_user(e, p, out);
  }
}

static bool has_behalf(const struct event *e) {
  const enum field_id fields[] = {behalf.display, behalf.name, behalf.email, behalf.id, behalf.type};
  return first_of(e, fields, sizeof fields / sizeof *fields).len > 0;
}

static void append_who(const struct event *e, struct buffer *out) {
  append_person(e, &actor, out);
  if (!has_behalf(e)) return;
  buffer_append_text(out, ", on behalf of ");
  append_person(e, &behalf, out);
  buffer_append_char(out, ',');
}

/* ---- To what ---- */

/* The target, or the first of targets; `more` counts the other targets. */
struct object_words {
  struct slice type, label;
  uint32_t more;
};

static struct slice element_text(const struct event *e, enum field_id field, unsigned element) {
  for (const struct event_cell *c = event_cell(e, field); c && c < e->cells + e->cell_count && c->field == field; c++)
    if (c->element == element) return c->text;
  return slice_of(NULL, 0);
}

static uint32_t targets_count(const struct event *e) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < e->cell_count; i++) {
    unsigned field = e->cells[i].field;
    bool is_target = field == FIELD_TARGETS_TYPE || field == FIELD_TARGETS_ID || field == FIELD_TARGETS_NAME ||
                     field == FIELD_TARGETS_USER || field == FIELD_TARGETS_DOMAIN;
    if (is_target && e->cells[i].element >= count) count = e->cells[i].element + 1u;
  }
  return count;
}

static struct object_words object_of(const struct event *e) {
  static const enum field_id labels[] = {FIELD_TARGET_NAME, FIELD_TARGET_ID, FIELD_TARGET_USER, FIELD_TARGET_DOMAIN};
  static const enum field_id list[] = {FIELD_TARGETS_NAME, FIELD_TARGETS_ID, FIELD_TARGETS_USER, FIELD_TARGETS_DOMAIN};
  struct object_words o = {.type = event_text(e, FIELD_TARGET_TYPE), .more = targets_count(e)};
  o.label = first_of(e, labels, sizeof labels / sizeof *labels);
  if (o.type.len > 0 || o.label.len > 0 || o.more == 0) return o;
  o.type = element_text(e, FIELD_TARGETS_TYPE, 0);
  for (size_t i = 0; i < sizeof list / sizeof *list && o.label.len == 0; i++) o.label = element_text(e, list[i], 0);
  o.more--;
  return o;
}

static void append_object(struct buffer *out, const struct object_words *o) {
  if (o->type.len > 0) {
    buffer_append_char(out, ' ');
    append_words(out, o->type);
  }
  append_labelled(out, " ", o->label);
  if (o->more > 0) buffer_printf(out, " and %u more", o->more);
}

static bool is_message(const struct event *e) {
  return event_text(e, FIELD_MESSAGE_ID).len > 0 || event_text(e, FIELD_MESSAGE_PHONE).len > 0;
}

/* "message m1 of campaign Spring to +14155550100 by gateway gw-eu-1" */
static void append_message(const struct event *e, const char *first_word, struct buffer *out) {
  buffer_append_text(out, first_word);
  append_labelled(out, " ", event_text(e, FIELD_MESSAGE_ID));
  append_labelled(out, " of campaign ", event_text(e, FIELD_MESSAGE_CAMPAIGN));
  append_labelled(out, " to ", event_text(e, FIELD_MESSAGE_PHONE));
  append_labelled(out, " by gateway ", event_text(e, FIELD_MESSAGE_GATEWAY));
}

/* ---- Did what ---- */

static void append_infinitive(const struct verb *v, struct buffer *out) {
  if (v->is_noun) buffer_append_text(out, "perform ");
  append_words(out, v->infinitive);
}

static void append_verb(const struct verb *v, enum outcome outcome, struct buffer *out) {
  static const char *const before[] = {[OUTCOME_FAILURE] = " failed to ",
                                       [OUTCOME_DENIED] = " was denied permission to ",
                                       [OUTCOME_UNKNOWN] = " tried to "};
  if (outcome != OUTCOME_SUCCESS) {
    buffer_append_text(out, before[outcome]);
    append_infinitive(v, out);
    return;
  }
  buffer_append_char(out, ' ');
  if (v->is_noun) {
    buffer_append_text(out, "performed ");
    append_words(out, v->infinitive);
  } else {
    verb_append_past(v, out);
  }
}

/* A login's target says something new only where it is neither the session nor the user. */
static bool is_own_session(const struct event *e, const struct object_words *o) {
  return o->type.len == 0 || slice_equal(o->type, SLICE("session")) || slice_equal(o->type, SLICE("user")) ||
         slice_equal(o->label, event_text(e, FIELD_ACTOR_NAME));
}

static bool is_request(const struct event *e) {
  return event_text(e, FIELD_HTTP_METHOD).len > 0 || event_text(e, FIELD_HTTP_URL).len > 0;
}

/* What a request without a target was: its method and URL follow as detail. */
static struct verb request_verb(const struct event *e) {
  struct slice log = event_text(e, FIELD_LOG);
  if (slice_equal(log, SLICE("api")))
    return (struct verb){.infinitive = SLICE("call the API"), .past = SLICE("called the API")};
  if (slice_equal(log, SLICE("panel")))
    return (struct verb){.infinitive = SLICE("use the panel"), .past = SLICE("used the panel")};
  return (struct verb){.infinitive = SLICE("make a request"), .past = SLICE("made a request")};
}

static void append_deed(const struct event *e, const struct verb *action, struct buffer *out) {
  struct verb v = *action;
  struct object_words o = object_of(e);
  if (v.kind != VERB_PLAIN && is_own_session(e, &o)) o = (struct object_words){.more = 0};
  bool has_object = o.type.len > 0 || o.label.len > 0;
  if (!has_object && v.kind == VERB_PLAIN && !is_message(e)) {
    if (is_request(e)) v = request_verb(e);
    o.type = v.object;
    has_object = o.type.len > 0;
  }
  append_verb(&v, outcome_of(e), out);
  if (is_message(e)) {
    append_message(e, " message", out);
  } else if (has_object) {
    if (v.is_noun) buffer_append_text(out, " on");
    append_labelled(out, " ", v.joint);
    append_object(out, &o);
  }
}

static void append_duration(struct buffer *out, struct slice seconds) {
  static const struct {
    unsigned long s;
    const char *name;
  } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
  unsigned long left = 0;
  if (seconds.len == 0) return;
  for (size_t i = 0; i < seconds.len; i++) left = left * 10 + (unsigned long)(seconds.data[i] - '0');
  buffer_append_text(out, " after");
  size_t unit = 0;
  while (unit < 3 && left < units[unit].s) unit++;
  buffer_printf(out, " %lu %s", left / units[unit].s, units[unit].name);
  left %= units[unit].s;
  if (unit < 3 && left >= units[unit + 1].s)
    buffer_printf(out, " %lu %s", left / units[unit + 1].s, units[unit + 1].name);
}

/* ---- Details ---- */

/* Puts ": " before the first detail and "; " before the others. */
static void next_detail(struct buffer *out, bool *has_detail) {
  buffer_append_text(out, *has_detail ? "; " : ": ");
  *has_detail = true;
}

static void append_any(struct buffer *out, const struct event_cell *cell) {
  struct slice value = event_value(cell);
  if (value.len == 0)
    buffer_append_text(out, "\"\"");
  else
    append_value(out, value);
}

static const struct event_cell *element_cell(const struct event *e, enum field_id field, unsigned element) {
  for (const struct event_cell *c = event_cell(e, field); c && c < e->cells + e->cell_count && c->field == field; c++)
    if (c->element == element) return c;
  return NULL;
}

static void append_change(const struct event *e, const struct event_cell *name, struct buffer *out) {
  const struct event_cell *before = element_cell(e, FIELD_CHANGES_OLD, name->element);
  const struct event_cell *after = element_cell(e, FIELD_CHANGES_NEW, name->element);
  append_value(out, name->text);
  if (!before && !after) buffer_append_text(out, " changed");
  if (before && !after) buffer_append_text(out, " removed, was");
  if (!before && after) buffer_append_text(out, " set to");
  if (before) {
    buffer_append_char(out, ' ');
    append_any(out, before);
  }
  if (before && after) buffer_append_text(out, " ->");
  if (after) {
    buffer_append_char(out, ' ');
    append_any(out, after);
  }
}

static void append_changes(const struct event *e, bool *has_detail, struct buffer *out) {
  const struct event_cell *c = event_cell(e, FIELD_CHANGES_FIELD), *end = e->cells + e->cell_count;
  unsigned count = 0;
  for (; c && c < end && c->field == FIELD_CHANGES_FIELD; c++, count++) {
    if (count >= CHANGES_SHOWN) continue;
    if (count == 0)
      next_detail(out, has_detail);
    else
      buffer_append_text(out, ", ");
    append_change(e, c, out);
  }
  if (count > CHANGES_SHOWN) buffer_printf(out, " and %u more", count - CHANGES_SHOWN);
}

static void append_request(const struct event *e, bool *has_detail, struct buffer *out) {
  struct slice method = event_text(e, FIELD_HTTP_METHOD), url = event_text(e, FIELD_HTTP_URL);
  if (!is_request(e)) return;
  next_detail(out, has_detail);
  append_value(out, method);
  if (method.len && url.len) buffer_append_char(out, ' ');
  append_value(out, url);
  append_labelled(out, " answered ", event_text(e, FIELD_HTTP_STATUS));
}

static void append_reason(const struct event *e, bool *has_detail, struct buffer *out) {
  struct slice reason = event_text(e, FIELD_REASON);
  if (reason.len == 0) return;
  next_detail(out, has_detail);
  append_value(out, reason);
}

/* ---- The sentence ---- */

/* A message that was not delivered is the gateway's failure, not its sender's. */
static void append_failed_message(const struct event *e, enum outcome outcome, struct buffer *out) {
  static const char *const after[] = {
      [OUTCOME_FAILURE] = " failed", [OUTCOME_DENIED] = " was denied", [OUTCOME_UNKNOWN] = " has an unknown outcome"};
  struct slice fault = event_text(e, FIELD_MESSAGE_ERROR);
  append_message(e, "Message", out);
  buffer_append_text(out, after[outcome]);
  append_labelled(out, ": ", fault.len ? fault : event_text(e, FIELD_REASON));
  buffer_append_text(out, " (sent by ");
  append_who(e, out);
  struct slice ip = event_text(e, FIELD_SOURCE_IP);
  if (has_behalf(e) && ip.len == 0 && !out->overflowed) out->len--; /* no comma before the parenthesis */
  append_labelled(out, " from ", ip);
  buffer_append_char(out, ')');
}

void event_append_summary(const struct event *e, struct buffer *out) {
  struct verb v = verb_of_action(event_text(e, FIELD_ACTION));
  enum outcome outcome = outcome_of(e);
  if (is_message(e) && outcome != OUTCOME_SUCCESS && slice_equal(v.infinitive, SLICE("send"))) {
    append_failed_message(e, outcome, out);
    return;
  }
  append_who(e, out);
  append_deed(e, &v, out);
  if (v.kind == VERB_LOGIN) append_labelled(out, " with ", event_text(e, FIELD_AUTH_METHOD));
  append_labelled(out, " from ", event_text(e, FIELD_SOURCE_IP));
  if (v.kind == VERB_LOGOUT) append_duration(out, event_text(e, FIELD_AUTH_DURATION));
  if (outcome == OUTCOME_UNKNOWN) buffer_append_text(out, " (outcome unknown)");
  bool has_detail = false;
  append_reason(e, &has_detail, out);
  append_request(e, &has_detail, out);
  append_changes(e, &has_detail, out);
}
