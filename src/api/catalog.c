/* GET /v1/catalog: what a viewer needs to draw itself. Known names with labels, categories and colours (product.md rows
 * 16 and 25), merged with what the events within the caller's scope hold. */
#include <ctype.h>
#include <stdio.h>

#include "api/internal.h"

struct known {
  const char *name, *label, *category, *colour;
};

static const struct known logs[] = {
    {"admin", "Administration", NULL, NULL}, {"panel", "Panel", NULL, NULL},         {"api", "API", NULL, NULL},
    {"message", "Messages", NULL, NULL},     {"auth", "Authentication", NULL, NULL},
};

static const struct known outcomes[] = {
    {"success", "Success", NULL, "green"},
    {"failure", "Failure", NULL, "red"},
    {"denied", "Denied", NULL, "red"},
    {"unknown", "Unknown", NULL, "grey"},
};

static const struct known actions[] = {
    {"login", "Login", NULL, "blue"},     {"logout", "Logout", NULL, "purple"},
    {"create", "Create", NULL, "green"},  {"update", "Update", NULL, "orange"},
    {"delete", "Delete", NULL, "red"},    {"read", "Read", NULL, "grey"},
    {"export", "Export", NULL, "purple"}, {"import", "Import", NULL, "blue"},
    {"load", "Load", NULL, "grey"},       {"activate", "Activate", NULL, "green"},
    {"restart", "Restart", NULL, "grey"}, {"validate", "Validate", NULL, "blue"},
    {"mfa", "Two-factor", NULL, "grey"},  {"warn", "Security Warning", NULL, "grey"},
    {"send", "Send", NULL, "grey"},
};

static const struct known objects[] = {
    {"oauth", "OAuth", "Authentication", "blue"},
    {"jwt", "JWT", "Authentication", "blue"},
    {"api_key", "API Key", "Authentication", "blue"},
    {"mfa", "MFA", "Authentication", "blue"},
    {"session", "Session", "Authentication", "blue"},
    {"subscriber", "Subscriber", "Users & Domains", "green"},
    {"user", "User", "Users & Domains", "green"},
    {"admin", "Admin", "Users & Domains", "purple"},
    {"domain", "Domain", "Users & Domains", "purple"},
    {"reseller", "Reseller", "Users & Domains", "purple"},
    {"territory", "Territory", "Users & Domains", "purple"},
    {"role", "Role", "Users & Domains", "purple"},
    {"conference", "Conference", "Communication", "orange"},
    {"recording", "Recording", "Communication", "orange"},
    {"phone_number", "Phone Number", "Communication", "orange"},
    {"did", "DID", "Communication", "orange"},
    {"call_queue", "Call Queue", "Communication", "orange"},
    {"hunt_group", "Hunt Group", "Communication", "orange"},
    {"meeting", "Meeting", "Communication", "orange"},
    {"message", "Message", "Communication", "orange"},
    {"campaign", "Campaign", "Communication", "orange"},
    {"template", "Template", "Communication", "orange"},
    {"timerange", "Time Range", "Configuration", "cyan"},
    {"dialing", "Dialing", "Configuration", "cyan"},
    {"dial_plan", "Dial Plan", "Configuration", "cyan"},
    {"answer_rule", "Answer Rule", "Configuration", "cyan"},
    {"phone_config", "Phone Config", "Configuration", "cyan"},
    {"ui_config", "UI Config", "Configuration", "cyan"},
    {"route", "Route", "Configuration", "cyan"},
    {"mac", "MAC", "Configuration", "cyan"},
    {"settings", "Settings", "Configuration", "cyan"},
    {"webhook", "Webhook", "Configuration", "cyan"},
    {"ivr_menu", "IVR Menu", "Configuration", "cyan"},
    {"carrier", "Carrier", "Configuration", "cyan"},
    {"database", "Database", "System", "grey"},
    {"server", "Server", "System", "grey"},
    {"system", "System", "System", "grey"},
    {"support_login", "Support Login", "System", "grey"},
    {"tac", "TAC", "System", "grey"},
    {"lea_license", "LEA License", "System", "grey"},
    {"ncs", "NCS", "System", "grey"},
    {"nfr", "NFR", "System", "grey"},
    {"nms", "NMS", "System", "grey"},
    {"address", "Address", "Other", "grey"},
    {"agent", "Agent", "Other", "grey"},
    {"audio_file", "Audio File", "Other", "grey"},
    {"code", "Code", "Other", "grey"},
    {"connection", "Connection", "Other", "grey"},
    {"images", "Images", "Other", "grey"},
    {"message_session", "Message Session", "Other", "grey"},
    {"quota", "Quota", "Other", "grey"},
    {"registrar", "Registrar", "Other", "grey"},
    {"reject_log", "Reject Log", "Other", "grey"},
    {"sbus", "SBus", "Other", "grey"},
    {"vmailnag", "Vmailnag", "Other", "grey"},
};

#define COUNT(a) (uint32_t)(sizeof(a) / sizeof *(a))

/* "Call Queue" and "call-queue" are "call_queue". */
static bool names_equal(struct slice value, const char *name) {
  size_t len = strlen(name);
  if (value.len != len) return false;
  for (size_t i = 0; i < len; i++) {
    char c = (char)tolower((unsigned char)value.data[i]);
    if (c == ' ' || c == '-') c = '_';
    if (c != name[i]) return false;
  }
  return true;
}

static const struct known *find_known(const struct known *rows, uint32_t count, struct slice value) {
  for (uint32_t i = 0; i < count; i++)
    if (names_equal(value, rows[i].name)) return &rows[i];
  return NULL;
}

static void append_label(struct buffer *out, struct slice value) {
  char label[160];
  size_t n = 0;
  for (size_t i = 0; i < value.len && n < sizeof label - 1; i++) {
    char c = value.data[i] == '_' ? ' ' : value.data[i];
    bool first = i == 0 || value.data[i - 1] == '_' || value.data[i - 1] == ' ';
    label[n++] = first ? (char)toupper((unsigned char)c) : c;
  }
  json_append_string(out, value.len < sizeof label ? slice_of(label, n) : value);
}

struct section {
  const char *name;
  enum field_id field;
  const struct known *known;
  uint32_t known_count;
  bool has_category, has_colour;
};

static const struct section sections[] = {
    {"logs", FIELD_LOG, logs, COUNT(logs), false, false},
    {"products", FIELD_PRODUCT, NULL, 0, false, false},
    {"categories", FIELD_CATEGORY, NULL, 0, false, false},
    {"activities", FIELD_ACTIVITY, NULL, 0, false, false},
    {"actions", FIELD_ACTION, actions, COUNT(actions), false, true},
    {"outcomes", FIELD_OUTCOME, outcomes, COUNT(outcomes), false, true},
    {"objects", FIELD_TARGET_TYPE, objects, COUNT(objects), true, true},
};

static void append_row(const struct section *s, const struct known *k, struct slice value, uint64_t count,
                       struct buffer *out) {
  buffer_append_text(out, "{\"value\":");
  json_append_string(out, value);
  buffer_append_text(out, ",\"label\":");
  if (k)
    json_append_string(out, slice_from(k->label));
  else if (s->known_count > 0)
    append_label(out, value);
  else
    json_append_string(out, value);
  if (s->has_category) {
    buffer_append_text(out, ",\"category\":");
    json_append_string(out, slice_from(k ? k->category : "Other"));
  }
  if (s->has_colour) {
    buffer_append_text(out, ",\"color\":");
    json_append_string(out, slice_from(k ? k->colour : "grey"));
  }
  buffer_printf(out, ",\"count\":%llu}", (unsigned long long)count);
}

/* What the data holds, most frequent first, then the known names it does not hold. */
static int append_section(struct http_request *r, struct question *q, const struct section *s, struct buffer *out,
                          struct error *err) {
  struct value_count *values;
  uint32_t count;
  struct filter_field field = {s->field, {NULL, 0}};
  int code = read_top(q->snapshot, &q->query, field, slice_of("", 0), LIMIT_TOP_VALUES, http_arena(r), &values, &count,
                      NULL, err);
  if (code) return code;
  bool first = true;
  bool seen[64] = {false};
  buffer_printf(out, "\"%s\":[", s->name);
  for (uint32_t i = 0; i < count; i++) {
    const struct known *k = find_known(s->known, s->known_count, values[i].value);
    if (k) seen[k - s->known] = true;
    if (!first) buffer_append_char(out, ',');
    first = false;
    append_row(s, k, values[i].value, values[i].count, out);
  }
  for (uint32_t i = 0; i < s->known_count; i++) {
    if (seen[i]) continue;
    if (!first) buffer_append_char(out, ',');
    first = false;
    append_row(s, &s->known[i], slice_from(s->known[i].name), 0, out);
  }
  buffer_append_text(out, "],");
  return 0;
}

_Static_assert(COUNT(objects) <= 64, "append_section marks known rows in 64 places");

static const char *kind_name(enum field_kind kind) {
  switch (kind) {
    case KIND_TEXT: return "text";
    case KIND_TENANT: return "tenant";
    case KIND_IP: return "ip";
    case KIND_WORD: return "word";
    case KIND_UINT: return "number";
    case KIND_TIME: return "time";
    case KIND_SEQ: return "seq";
    case KIND_ANY: return "any";
    case KIND_SHAPE: break;
  }
  return "internal";
}

static void append_flag(struct buffer *out, const char *name, bool on) {
  buffer_printf(out, ",\"%s\":%s", name, on ? "true" : "false");
}

static void append_fields(struct buffer *out) {
  bool first = true;
  buffer_append_text(out, "\"fields\":[");
  for (unsigned id = 0; id < FIELD_COUNT; id++) {
    const struct field *f = field_get((enum field_id)id);
    if (f->kind == KIND_SHAPE) continue;
    buffer_append_text(out, first ? "{\"path\":" : ",{\"path\":");
    first = false;
    json_append_string(out, f->path);
    buffer_append_text(out, ",\"label\":");
    json_append_string(out, f->label);
    buffer_append_text(out, ",\"alias\":");
    if (f->alias.len)
      json_append_string(out, f->alias);
    else
      buffer_append_text(out, "null");
    buffer_printf(out, ",\"kind\":\"%s\"", kind_name(f->kind));
    append_flag(out, "filterable", f->flags & F_FILTER);
    append_flag(out, "searchable", f->flags & F_SEARCH);
    append_flag(out, "personal", f->flags & F_PERSONAL);
    append_flag(out, "list", f->flags & F_LIST);
    append_flag(out, "family", f->flags & F_MAP);
    append_flag(out, "server", f->origin == FROM_SERVER);
    buffer_append_char(out, '}');
  }
  buffer_append_text(out, "],");
}

static void append_names(struct buffer *out) {
  uint32_t count;
  const struct query_alias *names = query_aliases(&count);
  buffer_append_text(out, "\"names\":[");
  for (uint32_t i = 0; i < count; i++) {
    buffer_append_text(out, i ? ",{\"name\":" : "{\"name\":");
    json_append_string(out, names[i].name);
    buffer_append_text(out, ",\"fields\":[");
    for (uint32_t f = 0; f < names[i].field_count; f++) {
      if (f > 0) buffer_append_char(out, ',');
      json_append_string(out, field_get(names[i].fields[f])->path);
    }
    buffer_append_text(out, "]}");
  }
  buffer_append_text(out, "],");
}

static int append_params(struct http_request *r, struct question *q, struct buffer *out, struct error *err) {
  struct slice *names;
  uint32_t count;
  int code = read_param_names(q->snapshot, &q->query, http_arena(r), &names, &count, err);
  if (code) return code;
  buffer_append_text(out, "\"params\":[");
  for (uint32_t i = 0; i < count; i++) {
    if (i > 0) buffer_append_char(out, ',');
    json_append_string(out, names[i]);
  }
  buffer_append_text(out, "],");
  return 0;
}

/* What the makers of the geo database want to be shown beside its data. */
static void append_credits(const struct api *a, struct buffer *out) {
  buffer_append_text(out, ",\"credits\":[");
  if (a->geo) {
    struct geo_credit credit = geo_credit(a->geo);
    buffer_printf(out, "{\"text\":\"%s\",\"url\":\"%s\"}", credit.text, credit.url);
  }
  buffer_append_char(out, ']');
}

int catalog_get(struct http_request *r, void *api, struct error *err) {
  struct question q;
  struct buffer *out = http_answer(r);
  int code = question_open(r, api, true, &q, err);
  buffer_append_char(out, '{');
  for (uint32_t i = 0; code == 0 && i < COUNT(sections); i++) code = append_section(r, &q, &sections[i], out, err);
  if (code == 0) code = append_params(r, &q, out, err);
  if (code == 0) {
    append_fields(out);
    append_names(out);
    /* What overrides an action's colour. */
    buffer_append_text(
        out, "\"color_rules\":[{\"q\":\"action:login outcome:failure reason:bad_password\",\"color\":\"red\"}]");
    append_credits(api, out);
    question_append_warnings(&q, out);
    buffer_append_char(out, '}');
  }
  question_close(&q);
  return code;
}
