/* AWS CloudTrail: {"Records": [...]} as delivered to S3 (folders of .json or .json.gz), an array or single records.
 *
 *   eventID -> key                    eventTime -> occurred_at        eventSource "s3.amazonaws.com" -> product "s3"
 *   eventName -> activity; action from its first word (Get, List, Describe ... read; Create, Run ... create; ...)
 *   errorCode -> outcome failure, or denied for refusals of permission; its code is the reason, errorMessage the text
 *   userIdentity -> actor             sourceIPAddress -> source.ip where it is an address, else params.source_name
 *   resources, requestParameters -> target and params request.*, flattened
 * Answers (responseElements) are not taken: they hold credentials. */
#include <stdlib.h>

#include "cli/importer.h"
#include "cli/text.h"

struct cloudtrail {
  const struct import_options *options;
};

static int cloudtrail_open(const struct import_options *o, void **state_out, struct error *err) {
  struct cloudtrail *c = calloc(1, sizeof *c);
  if (!c) return error_set(err, ERR_INTERNAL, "out of memory");
  c->options = o;
  *state_out = c;
  return 0;
}

static void cloudtrail_close(void *state) { free(state); }

/* ---- The verb ---- */

static const char *action_of(struct slice name) {
  static const struct {
    const char *prefix, *action;
  } table[] = {
      {"ConsoleLogin", "login"},
      {"AssumeRole", "assume_role"},
      {"Get", "read"},
      {"List", "read"},
      {"Describe", "read"},
      {"Head", "read"},
      {"Lookup", "read"},
      {"Search", "read"},
      {"Check", "read"},
      {"BatchGet", "read"},
      {"Select", "read"},
      {"View", "read"},
      {"Create", "create"},
      {"Run", "create"},
      {"Allocate", "create"},
      {"Register", "create"},
      {"Generate", "create"},
      {"Copy", "create"},
      {"Import", "import"},
      {"Export", "export"},
      {"Delete", "delete"},
      {"Terminate", "delete"},
      {"Deregister", "delete"},
      {"Release", "delete"},
      {"Put", "update"},
      {"Update", "update"},
      {"Modify", "update"},
      {"Attach", "update"},
      {"Detach", "update"},
      {"Associate", "update"},
      {"Disassociate", "update"},
      {"Add", "update"},
      {"Remove", "update"},
      {"Set", "update"},
      {"Change", "update"},
      {"Tag", "update"},
      {"Untag", "update"},
      {"Authorize", "update"},
      {"Revoke", "update"},
      {"Reset", "update"},
      {"Enable", "activate"},
      {"Start", "activate"},
      {"Disable", "deactivate"},
      {"Stop", "deactivate"},
      {"Reboot", "restart"},
      {"Send", "send"},
      {"Decrypt", "decrypt"},
      {"Encrypt", "encrypt"},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    if (slice_starts_with(name, slice_from(table[i].prefix))) return table[i].action;
  }
  return NULL;
}

/* Its first word in small letters, where the table has none: "InvokeModel" -> "invoke". */
static void set_action(struct draft *d, struct slice name) {
  const char *action = action_of(name);
  if (action) {
    draft_set_text(d, FIELD_ACTION, action);
    return;
  }
  char *word = arena_alloc(d->arena, 65);
  size_t len = 0;
  for (size_t i = 0; word && i < name.len && len < 64; i++) {
    char c = name.data[i];
    bool upper = c >= 'A' && c <= 'Z';
    if (upper && len && i + 1 < name.len && name.data[i - 1] >= 'a') break;
    c = upper ? (char)(c + 32) : c;
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) word[len++] = c;
  }
  draft_set(d, FIELD_ACTION, len ? slice_of(word, len) : SLICE("unknown"));
}

static bool is_refusal(struct slice code) {
  return text_contains(code, "AccessDenied") || text_contains(code, "Unauthorized") ||
         text_contains(code, "NotAuthorized") || text_contains(code, "AuthFailure") || text_contains(code, "Forbidden");
}

static void set_outcome(struct draft *d, const struct document *r) {
  struct slice code = document_text(r, "errorCode"), message = document_text(r, "errorMessage");
  const struct document *answer = document_member(r, "responseElements");
  /* A refused login at the console has no errorCode, but says so in its answer. */
  bool refused = text_equal(document_text(answer, "ConsoleLogin"), "Failure");
  draft_set_text(d, FIELD_OUTCOME, code.len == 0 && !refused ? "success" : is_refusal(code) ? "denied" : "failure");
  draft_set(d, FIELD_REASON, code);
  draft_param(d, SLICE("error_message"), message);
}

/* ---- Who ---- */

/* "arn:aws:sts::1:assumed-role/ROLE/SESSION": what stands after the last colon but one slash. */
static struct slice arn_name(struct slice arn) {
  struct slice before, name;
  if (text_split_last(arn, ":", &before, &name) && text_split(name, "/", &before, &name)) return name;
  return arn;
}

static void set_actor(struct draft *d, const struct document *r) {
  const struct document *who = document_member(r, "userIdentity");
  struct slice type = document_text(who, "type"), name = document_text(who, "userName");
  struct slice service = document_text(who, "invokedBy"), arn = document_text(who, "arn");
  bool person = text_equal(type, "IAMUser") || text_equal(type, "Root") || text_equal(type, "SAMLUser") ||
                text_equal(type, "WebIdentityUser") || text_equal(type, "IdentityCenterUser");
  bool role = text_equal(type, "AssumedRole") || text_equal(type, "FederatedUser");
  if (text_equal(type, "Root") && name.len == 0) name = SLICE("root");
  if (name.len == 0 && arn.len) name = arn_name(arn);
  if (!person && !role && service.len) name = service;
  draft_set_text(d, FIELD_ACTOR_TYPE, person ? "user" : role || service.len || arn.len ? "service" : "system");
  draft_set(d, FIELD_ACTOR_NAME, name);
  struct slice principal = document_text(who, "principalId");
  draft_set(d, FIELD_ACTOR_ID, arn.len ? arn : principal);
  draft_set(d, FIELD_ACTOR_DOMAIN, document_text(who, "accountId"));
  draft_param(d, SLICE("identity_type"), type);
  draft_param(d, SLICE("access_key_id"), document_text(who, "accessKeyId"));
  if (person || role) draft_param(d, SLICE("invoked_by"), service);
  const struct document *session = document_member(who, "sessionContext");
  draft_param(d, SLICE("mfa"), document_text(document_member(session, "attributes"), "mfaAuthenticated"));
}

static void set_source(struct draft *d, const struct document *r) {
  struct slice address = document_text(r, "sourceIPAddress");
  char canonical[46];
  size_t len;
  if (event_ip_canonical(address, canonical, &len)) {
    draft_set(d, FIELD_SOURCE_IP, address);
  } else {
    draft_param(d, SLICE("source_name"), address);
  }
  draft_set(d, FIELD_SOURCE_AGENT, document_text(r, "userAgent"));
}

/* ---- What ---- */

static struct slice as_json(struct arena *arena, const struct document *v) {
  struct buffer json;
  buffer_init(&json, LIMIT_EVENT_BYTES);
  document_append(v, &json);
  struct slice copy = json.overflowed ? SLICE("(more than 64 KiB)") : arena_copy(arena, buffer_slice(&json));
  buffer_free(&json);
  return copy;
}

/* Nested objects with dots; arrays as the text of their JSON. */
static void add_params(struct draft *d, struct slice name, const struct document *v) {
  switch (v->kind) {
    case DOCUMENT_OBJECT:
      for (const struct document *m = v->first; m; m = m->next) {
        char *path = arena_alloc(d->arena, name.len + m->name.len + 1);
        if (!path) return;
        memcpy(path, name.data, name.len);
        path[name.len] = '.';
        if (m->name.len) memcpy(path + name.len + 1, m->name.data, m->name.len);
        add_params(d, slice_of(path, name.len + m->name.len + 1), m);
      }
      break;
    case DOCUMENT_ARRAY: draft_param(d, name, as_json(d->arena, v)); break;
    case DOCUMENT_STRING: draft_param(d, name, v->text); break;
    case DOCUMENT_BOOL: draft_param_json(d, name, v->text); break;
    case DOCUMENT_NUMBER:
      /* As text where a double may not hold it (long account numbers). */
      if (v->text.len > 15) {
        draft_param(d, name, v->text);
      } else {
        draft_param_json(d, name, v->text);
      }
      break;
    case DOCUMENT_NULL: break;
  }
}

/* "AWS::S3::Bucket" -> "S3 Bucket". */
static struct slice resource_type(struct arena *arena, struct slice type) {
  text_take(&type, "AWS::");
  char *text = arena_alloc(arena, type.len + 1);
  size_t len = 0;
  for (size_t i = 0; text && i < type.len; i++) {
    bool colon = type.data[i] == ':';
    if (!colon) text[len++] = type.data[i];
    if (colon && len && text[len - 1] != ' ') text[len++] = ' ';
  }
  return slice_of(text, len);
}

/* Nothing is named: what the call is about in general, "EventAggregates" of "DescribeEventAggregates". */
static void set_noun(struct draft *d, struct slice name) {
  size_t at = 1;
  while (at < name.len && !(name.data[at] >= 'A' && name.data[at] <= 'Z')) at++;
  draft_set(d, FIELD_TARGET_TYPE, slice_skip(name, at));
}

/* The first resource; else the request parameter that names what the call was about: the first whose name ends in
 * Name, Id or Arn, as bucketName or instanceId; else what the call's own name says. */
static void set_target(struct draft *d, const struct document *r) {
  const struct document *list = document_member(r, "resources");
  const struct document *resource = list && list->kind == DOCUMENT_ARRAY ? list->first : NULL;
  struct slice arn = document_text(resource, "ARN");
  if (arn.len) {
    struct slice before, name;
    draft_set(d, FIELD_TARGET_TYPE, resource_type(d->arena, document_text(resource, "type")));
    draft_set(d, FIELD_TARGET_ID, arn);
    if (!text_split_last(arn, ":", &before, &name)) name = arn;
    draft_set(d, FIELD_TARGET_NAME, name);
    return;
  }
  const struct document *request = document_member(r, "requestParameters");
  const struct document *first = request && request->kind == DOCUMENT_OBJECT ? request->first : NULL;
  for (const struct document *m = first; m; m = m->next) {
    static const char *const suffixes[] = {"Name", "Id", "Arn", "ID", "ARN"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes && m->kind == DOCUMENT_STRING; i++) {
      size_t suffix = strlen(suffixes[i]);
      if (!text_ends_with(m->name, suffixes[i]) || m->name.len == suffix || m->text.len == 0) continue;
      draft_set(d, FIELD_TARGET_TYPE, slice_of(m->name.data, m->name.len - suffix));
      draft_set(d, i == 0 ? FIELD_TARGET_NAME : FIELD_TARGET_ID, m->text);
      return;
    }
  }
  set_noun(d, document_text(r, "eventName"));
}

static struct slice record_key(struct arena *arena, const struct document *r) {
  struct slice id = document_text(r, "eventID");
  char *text = id.len && id.len < 200 ? arena_alloc(arena, id.len + 11) : NULL;
  if (!text) return slice_of(NULL, 0);
  memcpy(text, "cloudtrail-", 11);
  memcpy(text + 11, id.data, id.len);
  return draft_clean(arena, slice_of(text, id.len + 11));
}

static bool one_record(struct cloudtrail *c, struct import_sink *sink, const struct document *r) {
  struct slice name = document_text(r, "eventName"), time = document_text(r, "eventTime");
  struct slice source = document_text(r, "eventSource"), product, rest;
  int64_t us;
  unsigned digits;
  sink->position++;
  if (name.len == 0 || time.len == 0) return import_reject(sink, "not a CloudTrail record: no eventName and eventTime");
  if (!instant_parse(time, &us, &digits))
    return import_reject(sink, "eventTime \"%.*s\" is not a time", SLICE_ARGS(time));

  struct draft *d = import_draft(sink);
  draft_set_text(d, FIELD_TENANT, c->options->tenant);
  draft_set_text(d, FIELD_LOG, text_equal(name, "ConsoleLogin") ? "auth" : "admin");
  draft_set_time(d, us, digits);
  draft_set(d, FIELD_PRODUCT, text_split(source, ".amazonaws.com", &product, &rest) ? product : source);
  draft_set(d, FIELD_CATEGORY, document_text(r, "eventCategory"));
  draft_set(d, FIELD_ACTIVITY, name);
  set_action(d, name);
  set_outcome(d, r);
  set_actor(d, r);
  set_source(d, r);
  set_target(d, r);
  draft_param(d, SLICE("region"), document_text(r, "awsRegion"));
  draft_param(d, SLICE("account"), document_text(r, "recipientAccountId"));
  draft_param(d, SLICE("request_id"), document_text(r, "requestID"));
  draft_param(d, SLICE("event_type"), document_text(r, "eventType"));
  const struct document *request = document_member(r, "requestParameters");
  if (request) add_params(d, SLICE("request"), request);
  return import_emit(sink, d, record_key(d->arena, r));
}

static bool cloudtrail_document(void *state, struct import_sink *sink, const struct document *d) {
  const struct document *records = document_member(d, "Records");
  const struct document *list = records ? records : d;
  if (list->kind != DOCUMENT_ARRAY) return one_record(state, sink, d);
  bool goes_on = true;
  for (const struct document *r = list->first; r && goes_on; r = r->next) goes_on = one_record(state, sink, r);
  return goes_on;
}

static const char *const suffixes[] = {".json", ".jsonl", ".json.gz", ".jsonl.gz", NULL};

const struct importer importer_cloudtrail = {
    .name = "cloudtrail",
    .summary = "AWS CloudTrail files, or the folder of them",
    .shape = IMPORT_DOCUMENTS,
    .suffixes = suffixes,
    .open = cloudtrail_open,
    .document = cloudtrail_document,
    .close = cloudtrail_close,
};
