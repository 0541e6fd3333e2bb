/* The OpenAPI 3.1 document, generated from the route table and the field table. */
#include <ctype.h>
#include <stdio.h>

#include "api/internal.h"

/* ---- The event, from the field table ---- */

static void append_leaf(const struct field *f, struct buffer *out) {
  static const char tenant[] = "{\"type\":\"string\",\"description\":\"1 to 8 names joined by /\"";
  switch (f->kind) {
    case KIND_TIME: buffer_append_text(out, "{\"type\":\"string\",\"format\":\"date-time\""); break;
    case KIND_SEQ: buffer_append_text(out, "{\"type\":\"integer\",\"minimum\":1"); break;
    case KIND_UINT: buffer_append_text(out, "{\"type\":\"integer\",\"minimum\":0"); break;
    case KIND_TENANT: buffer_append_text(out, tenant); break;
    case KIND_IP: buffer_append_text(out, "{\"type\":\"string\",\"description\":\"IPv4 or IPv6 address\""); break;
    case KIND_WORD: buffer_append_text(out, "{\"type\":\"string\",\"pattern\":\"^[a-z0-9_.]+$\""); break;
    case KIND_ANY: buffer_append_text(out, "{\"description\":\"any JSON value\""); break;
    case KIND_TEXT:
    case KIND_SHAPE: buffer_append_text(out, "{\"type\":\"string\""); break;
  }
  if (f->max_bytes && (f->kind == KIND_TEXT || f->kind == KIND_WORD))
    buffer_printf(out, ",\"maxLength\":%u", f->max_bytes);
  if (f->label.len) {
    buffer_append_text(out, ",\"title\":");
    json_append_string(out, f->label);
  }
  if (f->flags & F_PERSONAL) buffer_append_text(out, ",\"x-personal\":true");
  if (f->origin == FROM_SERVER) buffer_append_text(out, ",\"readOnly\":true");
  buffer_append_char(out, '}');
}

static bool is_documented(const struct field *f, bool stored) {
  return f->kind != KIND_SHAPE && (stored || f->origin == FROM_CLIENT);
}

static struct slice first_segment(struct slice path) {
  const char *dot = memchr(path.data, '.', path.len);
  return slice_of(path.data, dot ? (size_t)(dot - path.data) : path.len);
}

/* Whether an earlier field has already opened the object that this one belongs to. */
static bool was_opened(unsigned id, struct slice prefix, struct slice name, bool stored) {
  for (unsigned before = 0; before < id; before++) {
    const struct field *f = field_get((enum field_id)before);
    if (!is_documented(f, stored) || !slice_starts_with(f->path, prefix)) continue;
    if (slice_equal(first_segment(slice_skip(f->path, prefix.len)), name)) return true;
  }
  return false;
}

/* The properties below a prefix ("" or "actor."); two levels deep at most, so recursion ends. */
static void append_properties(struct slice prefix, bool stored, struct buffer *out) {
  bool first = true;
  for (unsigned id = 0; id < FIELD_COUNT; id++) {
    const struct field *f = field_get((enum field_id)id);
    if (!is_documented(f, stored) || !slice_starts_with(f->path, prefix)) continue;
    struct slice rest = slice_skip(f->path, prefix.len), name = first_segment(rest);
    if (was_opened(id, prefix, name, stored)) continue;
    if (!first) buffer_append_char(out, ',');
    first = false;
    json_append_string(out, name);
    buffer_append_char(out, ':');
    if (f->flags & F_MAP) {
      buffer_append_text(
          out, "{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\"]}}");
    } else if (name.len == rest.len) {
      append_leaf(f, out);
    } else {
      bool list = (f->flags & F_LIST) && prefix.len == 0;
      if (list) buffer_append_text(out, "{\"type\":\"array\",\"items\":");
      buffer_append_text(out, "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
      append_properties(slice_of(f->path.data, prefix.len + name.len + 1), stored, out);
      buffer_append_text(out, list ? "}}}" : "}}");
    }
  }
}

static void append_event_schema(const char *name, bool stored, struct buffer *out) {
  buffer_printf(out, "\"%s\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[", name);
  if (stored) buffer_append_text(out, "\"id\",\"seq\",\"received_at\",");
  buffer_append_text(out, "\"tenant\",\"log\",\"occurred_at\",\"action\",\"actor\"],\"properties\":{");
  if (stored)
    buffer_append_text(out,
                       "\"id\":{\"type\":\"string\",\"description\":\"TENANT:SEQ\",\"readOnly\":true},"
                       "\"summary\":{\"type\":\"string\",\"description\":\"who did what, in a sentence\","
                       "\"readOnly\":true},");
  append_properties(slice_of("", 0), stored, out);
  buffer_append_text(out, "}}");
}

/* ---- Other schemas ---- */

#define COUNT "{\"type\":\"integer\",\"minimum\":0}"
#define TEXT "{\"type\":\"string\"}"
#define TEXT_OR_NULL "{\"type\":[\"string\",\"null\"]}"
#define TIME "{\"type\":\"string\",\"format\":\"date-time\"}"
#define OBJECT(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"
#define ARRAY(items) "{\"type\":\"array\",\"items\":" items "}"
#define DAMAGES                                                                                                  \
  "\"damages\":" COUNT ",\"warnings\":" ARRAY(OBJECT("\"segment\":" COUNT ",\"group\":" COUNT ",\"rows\":" COUNT \
                                                     ",\"from\":" TIME ",\"to\":" TIME ",\"detail\":" TEXT))
#define ENTRY OBJECT("\"value\":" TEXT ",\"label\":" TEXT ",\"category\":" TEXT ",\"color\":" TEXT ",\"count\":" COUNT)
#define COUNT_OR_NULL "{\"type\":[\"integer\",\"null\"],\"minimum\":0}"
#define STATE "{\"type\":\"string\",\"enum\":[\"ended\",\"open\",\"failed\"]}"
#define FINDING                                                                                           \
  OBJECT("\"rule\":" TEXT                                                                                 \
         ",\"severity\":{\"type\":\"string\",\"enum\":[\"low\",\"medium\",\"high\",\"critical\"]}"        \
         ",\"title\":" TEXT ",\"detail\":" TEXT ",\"tenant\":" TEXT                                       \
         ",\"subject\":{\"type\":\"object\"},\"first_at\":" TIME ",\"last_at\":" TIME ",\"count\":" COUNT \
         ",\"events\":" ARRAY(TEXT) ",\"q\":" TEXT ",\"from\":" TIME ",\"to\":" TIME)
#define COUNTED OBJECT("\"count\":" COUNT ",\"q\":" TEXT)
#define FAILED ARRAY(OBJECT("\"value\":" TEXT ",\"count\":" COUNT ",\"q\":" TEXT))
#define SUMMARY                                                                                                        \
  OBJECT("\"logins\":" COUNTED ",\"failures\":" COUNTED ",\"failed_by_user\":" FAILED ",\"failed_by_address\":" FAILED \
         ",\"failed_by_country\":" FAILED ",\"countries\":" ARRAY(OBJECT(                                              \
             "\"value\":" TEXT ",\"logins\":" COUNT ",\"failures\":" COUNT                                             \
             ",\"q\":" TEXT)) ",\"hours\":" ARRAY(OBJECT("\"weekday\":" COUNT ",\"hour\":" COUNT ",\"logins\":" COUNT  \
                                                         ",\"failures\":" COUNT ",\"q\":" TEXT_OR_NULL)))
#define FLAG "{\"type\":\"boolean\"}"
#define EXPORT                                                                                                  \
  OBJECT("\"id\":" TEXT                                                                                         \
         ",\"state\":{\"type\":\"string\",\"enum\":[\"queued\",\"running\",\"done\",\"failed\","                \
         "\"cancelled\"]},\"events\":" COUNT ",\"expected\":" COUNT ",\"bytes\":" COUNT ",\"q\":" TEXT          \
         ",\"format\":" TEXT ",\"order\":" TEXT ",\"tz\":" TEXT ",\"created_at\":" TIME ",\"expires_at\":" TIME \
         ",\"reason\":" TEXT_OR_NULL ",\"file\":" TEXT)
#define RETENTION_MEMBERS "\"days\":" COUNT ",\"own\":" FLAG

static const struct api_schema schemas[] = {
    {"Problem",
     "{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\",\"detail\"],\"properties\":{"
     "\"type\":" TEXT ",\"title\":" TEXT ",\"status\":" COUNT ",\"detail\":" TEXT ",\"errors\":" ARRAY(
         OBJECT("\"pointer\":" TEXT ",\"detail\":" TEXT)) ",\"position\":" COUNT ",\"accepted\":" COUNT
                                                          ",\"line\":" COUNT ",\"request_id\":" TEXT "}}"},
    {"Stored", OBJECT("\"events\":" ARRAY(OBJECT(
                   "\"id\":" TEXT ",\"seq\":" COUNT
                   ",\"duplicate\":" FLAG)) ",\"accepted\":" COUNT ",\"duplicates\":" COUNT ",\"groups\":" COUNT)},
    {"Page",
     OBJECT("\"events\":" ARRAY("{\"$ref\":\"#/components/schemas/Event\"}") ",\"next\":" TEXT_OR_NULL "," DAMAGES)},
    {"Stats", OBJECT("\"events\":" COUNT ",\"actors\":" COUNT ",\"domains\":" COUNT "," DAMAGES)},
    {"Histogram", OBJECT("\"interval\":" TEXT ",\"tz\":" TEXT ",\"by\":" TEXT_OR_NULL
                         ",\"bounds\":" ARRAY(TIME) ",\"series\":" ARRAY(OBJECT(
                             "\"value\":" TEXT_OR_NULL ",\"other\":" FLAG ",\"counts\":" ARRAY(COUNT))) "," DAMAGES)},
    {"Values", OBJECT("\"field\":" TEXT ",\"values\":" ARRAY(
                   OBJECT("\"value\":" TEXT ",\"count\":" COUNT)) ",\"distinct\":" COUNT "," DAMAGES)},
    {"Logins",
     OBJECT("\"logins\":" ARRAY(OBJECT("\"id\":" TEXT ",\"tenant\":" TEXT ",\"at\":" TIME ",\"actor\":" OBJECT(
         "\"name\":" TEXT ",\"display_name\":" TEXT ",\"email\":" TEXT
         ",\"domain\":" TEXT) ",\"outcome\":" TEXT ",\"reason\":" TEXT ",\"method\":" TEXT ",\"address\":" TEXT
                              ",\"user_agent\":" TEXT ",\"session\":" TEXT ",\"geo\":" OBJECT(
                                  "\"country\":" TEXT ",\"region\":" TEXT
                                  ",\"city\":" TEXT) ",\"state\":" STATE ",\"duration_s\":" COUNT_OR_NULL
                                                     ",\"logout_at\":" TEXT_OR_NULL ",\"logout_id\":" TEXT_OR_NULL
                                                     ",\"last_failed_at\":" TEXT_OR_NULL
                                                     ",\"failures_since_success\":" COUNT)) ",\"next\""
                                                                                            ":" TEXT_OR_NULL
                                                                                            "," DAMAGES)},
    {"Insights", OBJECT("\"from\":" TIME ",\"to\":" TIME ",\"rules_from\":" TIME ",\"past_from\":" TIME ",\"tz\":" TEXT
                        ",\"cut_off\":" ARRAY(OBJECT("\"what\":" TEXT ",\"detail\":" TEXT)) ",\"findings\":" ARRAY(
                            FINDING) ",\"summary\":" SUMMARY "," DAMAGES)},
    {"Catalog",
     OBJECT("\"logs\":" ARRAY(ENTRY) ",\"products\":" ARRAY(ENTRY) ",\"categories\":" ARRAY(
         ENTRY) ",\"activities\""
                ":" ARRAY(ENTRY) ",\"actions\":" ARRAY(ENTRY) ",\"outcomes\":" ARRAY(ENTRY) ",\"objects\":" ARRAY(ENTRY) ",\"params\":" ARRAY(
                    TEXT) ",\"fields\":" ARRAY("{\"typ"
                                               "e\":"
                                               "\"obje"
                                               "ct\"}") ","
                                                        "\""
                                                        "na"
                                                        "me"
                                                        "s"
                                                        "\""
                                                        ":" ARRAY(
                                                            "{\"typ"
                                                            "e\":"
                                                            "\"obje"
                                                            "ct\"}") ",\"color_rules\":" ARRAY("{\"type\":"
                                                                                               "\"object\"}") ",\"c"
                                                                                                              "redi"
                                                                                                              "ts\""
                                                                                                              ":" ARRAY(OBJECT(
                                                                                                                  "\""
                                                                                                                  "te"
                                                                                                                  "xt"
                                                                                                                  "\""
                                                                                                                  ":" TEXT
                                                                                                                  ","
                                                                                                                  "\""
                                                                                                                  "ur"
                                                                                                                  "l"
                                                                                                                  "\""
                                                                                                                  ":" TEXT)))},
    {"Retention", OBJECT("\"tenant\":" TEXT "," RETENTION_MEMBERS)},
    {"RetentionInput",
     "{\"type\":\"object\",\"required\":[\"days\"],\"additionalProperties\":false,\"properties\":{\"days\":"
     "{\"type\":[\"integer\",\"null\"],\"minimum\":0,\"maximum\":36500}}}"},
    {"Export", EXPORT},
    {"Exports", OBJECT("\"exports\":" ARRAY(EXPORT))},
    {"ExportInput", "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"q\":" TEXT ",\"from\":" TEXT
                    ",\"to\":" TEXT ",\"tz\":" TEXT ",\"format\":{\"type\":\"string\",\"enum\":[\"csv\",\"ndjson\"]},"
                    "\"order\":{\"type\":\"string\",\"enum\":[\"newest\",\"oldest\"]},\"bom\":" FLAG "}}"},
    {"Backup", OBJECT("\"dir\":" TEXT)},
    {"BackupInput",
     "{\"type\":\"object\",\"required\":[\"dir\"],\"additionalProperties\":false,\"properties\":{\"dir\":"
     "{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$\"}}}"},
    {"Status", OBJECT("\"status\":" TEXT)},
};

static void append_schemas(struct buffer *out) {
  append_event_schema("EventInput", false, out);
  buffer_append_char(out, ',');
  append_event_schema("Event", true, out);
  for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++)
    buffer_printf(out, ",\"%s\":%s", schemas[i].name, schemas[i].schema);
  for (uint32_t i = 0; i < account_schema_count; i++)
    buffer_printf(out, ",\"%s\":%s", account_schemas[i].name, account_schemas[i].schema);
  for (uint32_t i = 0; i < sign_in_schema_count; i++)
    buffer_printf(out, ",\"%s\":%s", sign_in_schemas[i].name, sign_in_schemas[i].schema);
}

/* ---- Paths ---- */

static void append_path_params(const char *pattern, struct buffer *out, bool *first) {
  for (const char *at = strchr(pattern, '{'); at; at = strchr(at + 1, '{')) {
    if (!*first) buffer_append_char(out, ',');
    *first = false;
    buffer_append_text(out, "{\"in\":\"path\",\"required\":true,\"schema\":" TEXT ",\"name\":");
    json_append_string(out, slice_of(at + 1, strcspn(at, "}") - 1));
    buffer_append_char(out, '}');
  }
}

static void append_params(const struct http_route *route, struct buffer *out) {
  bool first = true;
  buffer_append_text(out, ",\"parameters\":[");
  append_path_params(route->pattern, out, &first);
  for (uint32_t i = 0; i < route->param_count; i++) {
    const struct http_param *p = &route->params[i];
    if (!first) buffer_append_char(out, ',');
    first = false;
    buffer_printf(out, "{\"in\":\"query\",\"name\":\"%s\",\"required\":%s,\"schema\":%s,\"description\":", p->name,
                  p->required ? "true" : "false", p->schema);
    json_append_string(out, slice_from(p->description));
    buffer_append_char(out, '}');
  }
  buffer_append_char(out, ']');
}

static void append_body(const struct http_route *route, struct buffer *out) {
  if (!route->request_schema) return;
  const char *name = route->request_schema;
  if (route->mode != HTTP_UPLOAD) {
    buffer_printf(out,
                  ",\"requestBody\":{\"required\":true,\"content\":{\"application/json\":{\"schema\":"
                  "{\"$ref\":\"#/components/schemas/%s\"}}}}",
                  name);
    return;
  }
  buffer_printf(
      out,
      ",\"requestBody\":{\"required\":true,\"content\":{\"application/json\":{\"schema\":{\"oneOf\":["
      "{\"$ref\":\"#/components/schemas/%s\"},{\"type\":\"array\",\"minItems\":1,\"maxItems\":%d,\"items\":"
      "{\"$ref\":\"#/components/schemas/%s\"}}]}},\"application/x-ndjson\":{\"schema\":{\"type\":\"string\"}}}}",
      name, LIMIT_REQUEST_EVENTS, name);
}

static void append_content(const struct http_route *route, struct buffer *out) {
  if (route->status == 204) return;
  buffer_printf(out, ",\"content\":{\"%s\":{", route->media);
  if (route->answer_schema)
    buffer_printf(out, "\"schema\":{\"$ref\":\"#/components/schemas/%s\"}", route->answer_schema);
  if (strcmp(route->media, "text/csv") == 0) buffer_append_text(out, "},\"application/x-ndjson\":{");
  buffer_append_text(out, "}}");
}

static void append_answers(const struct http_route *route, struct buffer *out) {
  buffer_printf(out, ",\"responses\":{\"%u\":{\"description\":\"Success\"", route->status);
  append_content(route, out);
  buffer_append_text(out,
                     "},\"default\":{\"description\":\"Problem (RFC 9457)\",\"content\":{\"application/problem+json\":"
                     "{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}}");
}

static void append_operation_id(const struct http_route *route, struct buffer *out) {
  buffer_append_text(out, ",\"operationId\":\"");
  for (const char *c = route->method; *c; c++) buffer_append_char(out, (char)tolower((unsigned char)*c));
  for (const char *c = route->pattern; *c; c++) {
    if (isalnum((unsigned char)*c)) buffer_append_char(out, *c);
    if (*c == '/' || *c == '.') buffer_append_char(out, '_');
  }
  buffer_append_char(out, '"');
}

static void append_operation(const struct http_route *route, struct buffer *out) {
  for (const char *c = route->method; *c; c++)
    buffer_printf(out, "%s%c", c == route->method ? "\"" : "", tolower((unsigned char)*c));
  buffer_append_text(out, "\":{\"summary\":");
  json_append_string(out, slice_from(route->summary));
  if (route->description) {
    buffer_append_text(out, ",\"description\":");
    json_append_string(out, slice_from(route->description));
  }
  append_operation_id(route, out);
  buffer_append_text(out, route->is_open ? ",\"security\":[]" : "");
  if (route->right) buffer_printf(out, ",\"x-right\":\"%s\"", route->right);
  append_params(route, out);
  append_body(route, out);
  append_answers(route, out);
  buffer_append_char(out, '}');
}

/* Routes of one pattern share a path item, wherever they stand in the table. */
static void append_paths(struct buffer *out) {
  uint32_t count;
  const struct http_route *routes = api_routes(&count);
  bool first_path = true;
  for (uint32_t i = 0; i < count; i++) {
    bool written = false;
    for (uint32_t k = 0; k < i && !written; k++) written = strcmp(routes[k].pattern, routes[i].pattern) == 0;
    if (written) continue;
    buffer_printf(out, "%s\"%s\":{", first_path ? "" : ",", routes[i].pattern);
    first_path = false;
    append_operation(&routes[i], out);
    for (uint32_t k = i + 1; k < count; k++) {
      if (strcmp(routes[k].pattern, routes[i].pattern) != 0) continue;
      buffer_append_char(out, ',');
      append_operation(&routes[k], out);
    }
    buffer_append_char(out, '}');
  }
}

void api_append_openapi(struct buffer *out) {
  buffer_append_text(out,
                     "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Daybook\",\"version\":\"1\",\"description\":"
                     "\"Records who did what, when, from where and what changed.\"},"
                     "\"security\":[{\"key\":[]}],\"paths\":{");
  append_paths(out);
  buffer_append_text(
      out, "},\"components\":{\"securitySchemes\":{\"key\":{\"type\":\"http\",\"scheme\":\"bearer\"}},\"schemas\":{");
  append_schemas(out);
  buffer_append_text(out, "}}}");
}

int openapi_get(struct http_request *r, void *api, struct error *err) {
  (void)api, (void)err;
  api_append_openapi(http_answer(r));
  return 0;
}
