/* The field table: the single description of an event (design: events.md).
 *
 * Parsing, canonical form, columns, query fields, CSV headers, the OpenAPI document and what the viewer
 * is told all derive from these rows; a new field is one new row. The order is the order of columns and
 * cells; the numeric value of a row is part of the file format, so rows are only ever appended before
 * FIELD_COUNT.
 *
 *   X(ID, path, kind, origin, max_bytes, flags, label, alias)
 *
 * kind   KIND_TEXT    UTF-8 text of at most max_bytes (0: bounded by the event alone)
 *        KIND_TENANT  tenant path            KIND_IP  address, canonical text (RFC 5952; mapped v4 as v4)
 *        KIND_WORD    [a-z0-9_.] name        KIND_UINT  integer 0 .. 2^53-1, decimal text in a cell
 *        KIND_TIME    instant, in the header of struct event, not a cell
 *        KIND_SEQ     in the header of struct event, not a cell
 *        KIND_ANY     typed value: tag byte and text (see struct event_cell)
 *        KIND_SHAPE   internal: how the JSON was shaped
 * origin FROM_CLIENT  a member of the posted JSON      FROM_SERVER  added by Daybook
 * flags  F_SEARCH     keyword search reads it          F_PERSONAL   personal data (erasure, disclosure)
 *        F_FILTER     offered as a filter with values  F_LIST       element of a list (changes, targets)
 *        F_MAP        a family: one column per key (params)
 * alias  short query name of this one field, or "" (aliases over several fields are in query/) */
#ifndef DAYBOOK_EVENT_FIELDS_H
#define DAYBOOK_EVENT_FIELDS_H

enum field_kind { KIND_TEXT, KIND_TENANT, KIND_IP, KIND_WORD, KIND_UINT, KIND_TIME, KIND_SEQ, KIND_ANY, KIND_SHAPE };
enum field_origin { FROM_CLIENT, FROM_SERVER };
enum field_flag { F_SEARCH = 1, F_PERSONAL = 2, F_FILTER = 4, F_LIST = 8, F_MAP = 16 };

/* clang-format off */
#define FIELD_TABLE(X)                                                                                                         \
  X(FIELD_TENANT,          "tenant",                    KIND_TENANT, FROM_CLIENT, 519, F_SEARCH | F_FILTER, "Tenant", "")      \
  X(FIELD_OCCURRED_AT,     "occurred_at",               KIND_TIME,   FROM_CLIENT, 0,   0, "Date", "")                          \
  X(FIELD_RECEIVED_AT,     "received_at",               KIND_TIME,   FROM_SERVER, 0,   0, "Received", "")                      \
  X(FIELD_SEQ,             "seq",                       KIND_SEQ,    FROM_SERVER, 0,   0, "ID", "")                            \
  X(FIELD_SHAPE,           "_shape",                    KIND_SHAPE,  FROM_SERVER, 8,   0, "", "")                              \
  X(FIELD_KEY,             "key",                       KIND_TEXT,   FROM_CLIENT, 256, F_SEARCH, "Idempotency key", "")        \
  X(FIELD_LOG,             "log",                       KIND_WORD,   FROM_CLIENT, 32,  F_SEARCH | F_FILTER, "Log", "")         \
  X(FIELD_PRODUCT,         "product",                   KIND_TEXT,   FROM_CLIENT, 128, F_SEARCH | F_FILTER, "Product", "")     \
  X(FIELD_CATEGORY,        "category",                  KIND_TEXT,   FROM_CLIENT, 128, F_SEARCH | F_FILTER, "Category", "")    \
  X(FIELD_ACTION,          "action",                    KIND_WORD,   FROM_CLIENT, 64,  F_SEARCH | F_FILTER, "Action", "")      \
  X(FIELD_ACTIVITY,        "activity",                  KIND_TEXT,   FROM_CLIENT, 128, F_SEARCH | F_FILTER, "Activity", "")    \
  X(FIELD_OUTCOME,         "outcome",                   KIND_WORD,   FROM_CLIENT, 16,  F_SEARCH | F_FILTER, "Outcome", "")     \
  X(FIELD_REASON,          "reason",                    KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_FILTER, "Reason", "")      \
  X(FIELD_ACTOR_TYPE,      "actor.type",                KIND_WORD,   FROM_CLIENT, 16,  F_SEARCH | F_PERSONAL | F_FILTER, "By Type", "")         \
  X(FIELD_ACTOR_ID,        "actor.id",                  KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "By User ID", "")      \
  X(FIELD_ACTOR_NAME,      "actor.name",                KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "Username/API key name", "by.user") \
  X(FIELD_ACTOR_DISPLAY,   "actor.display_name",        KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "By Name", "")         \
  X(FIELD_ACTOR_EMAIL,     "actor.email",               KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "E-mail", "email")     \
  X(FIELD_ACTOR_DOMAIN,    "actor.domain",              KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "By Domain", "by.domain") \
  X(FIELD_BEHALF_TYPE,     "on_behalf_of.type",         KIND_WORD,   FROM_CLIENT, 16,  F_SEARCH | F_PERSONAL | F_FILTER, "On Behalf Of Type", "") \
  X(FIELD_BEHALF_ID,       "on_behalf_of.id",           KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "On Behalf Of ID", "")   \
  X(FIELD_BEHALF_NAME,     "on_behalf_of.name",         KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "On Behalf Of", "")      \
  X(FIELD_BEHALF_DISPLAY,  "on_behalf_of.display_name", KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "On Behalf Of Name", "") \
  X(FIELD_BEHALF_EMAIL,    "on_behalf_of.email",        KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "On Behalf Of E-mail", "") \
  X(FIELD_BEHALF_DOMAIN,   "on_behalf_of.domain",       KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "On Behalf Of Domain", "") \
  X(FIELD_SOURCE_IP,       "source.ip",                 KIND_IP,     FROM_CLIENT, 45,  F_SEARCH | F_PERSONAL | F_FILTER, "IP", "ip")            \
  X(FIELD_SOURCE_AGENT,    "source.user_agent",         KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "User Agent", "agent") \
  X(FIELD_SOURCE_PEER,     "source.peer_ip",            KIND_IP,     FROM_SERVER, 45,  F_SEARCH | F_PERSONAL | F_FILTER, "Peer IP", "")         \
  X(FIELD_GEO_COUNTRY,     "source.geo.country",        KIND_TEXT,   FROM_SERVER, 128, F_SEARCH | F_PERSONAL | F_FILTER, "Country", "country")  \
  X(FIELD_GEO_REGION,      "source.geo.region",         KIND_TEXT,   FROM_SERVER, 128, F_SEARCH | F_PERSONAL | F_FILTER, "State", "region")     \
  X(FIELD_GEO_CITY,        "source.geo.city",           KIND_TEXT,   FROM_SERVER, 128, F_SEARCH | F_PERSONAL | F_FILTER, "City", "city")        \
  X(FIELD_TARGET_TYPE,     "target.type",               KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_FILTER, "Object", "object")                 \
  X(FIELD_TARGET_ID,       "target.id",                 KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "Object ID", "")       \
  X(FIELD_TARGET_NAME,     "target.name",               KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "Object Name", "")     \
  X(FIELD_TARGET_USER,     "target.user",               KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER, "Affected User", "user") \
  X(FIELD_TARGET_DOMAIN,   "target.domain",             KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_FILTER, "Affected Domain", "domain")        \
  X(FIELD_DESCRIPTION,     "description",               KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL, "Description", "")                 \
  X(FIELD_CHANGES_FIELD,   "changes.field",             KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER | F_LIST, "Changed Field", "") \
  X(FIELD_CHANGES_OLD,     "changes.old",               KIND_ANY,    FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_LIST, "Old Value", "old")      \
  X(FIELD_CHANGES_NEW,     "changes.new",               KIND_ANY,    FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_LIST, "New Value", "new")      \
  X(FIELD_PARAMS,          "params",                    KIND_ANY,    FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_FILTER | F_MAP, "Parameters", "") \
  X(FIELD_HTTP_METHOD,     "http.method",               KIND_TEXT,   FROM_CLIENT, 32,  F_SEARCH | F_FILTER, "Method", "method")                 \
  X(FIELD_HTTP_URL,        "http.url",                  KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL, "URL", "url")                     \
  X(FIELD_HTTP_STATUS,     "http.status",               KIND_UINT,   FROM_CLIENT, 0,   F_SEARCH | F_FILTER, "Status", "status")                 \
  X(FIELD_AUTH_METHOD,     "auth.method",               KIND_TEXT,   FROM_CLIENT, 128, F_SEARCH | F_FILTER, "Login Method", "")                 \
  X(FIELD_AUTH_SESSION,    "auth.session",              KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL, "Session", "session")             \
  X(FIELD_AUTH_DURATION,   "auth.duration_s",           KIND_UINT,   FROM_CLIENT, 0,   F_SEARCH, "Session Duration", "duration")              \
  X(FIELD_MESSAGE_ID,      "message.id",                KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH, "Message ID", "")                            \
  X(FIELD_MESSAGE_CAMPAIGN,"message.campaign",          KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_FILTER, "Campaign", "campaign")             \
  X(FIELD_MESSAGE_PHONE,   "message.phone",             KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL, "Phone", "phone")                 \
  X(FIELD_MESSAGE_GATEWAY, "message.gateway",           KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_FILTER, "Gateway", "gateway")               \
  X(FIELD_MESSAGE_ERROR,   "message.error",             KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_FILTER, "Error", "error")                   \
  X(FIELD_TARGETS_TYPE,    "targets.type",              KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_LIST, "Further Object", "")                 \
  X(FIELD_TARGETS_ID,      "targets.id",                KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_LIST, "Further Object ID", "") \
  X(FIELD_TARGETS_NAME,    "targets.name",              KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_LIST, "Further Object Name", "") \
  X(FIELD_TARGETS_USER,    "targets.user",              KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_PERSONAL | F_LIST, "Further Affected User", "") \
  X(FIELD_TARGETS_DOMAIN,  "targets.domain",            KIND_TEXT,   FROM_CLIENT, 0,   F_SEARCH | F_LIST, "Further Affected Domain", "")
/* clang-format on */

enum field_id {
#define X(id, path, kind, origin, max_bytes, flags, label, alias) id,
  FIELD_TABLE(X)
#undef X
      FIELD_COUNT,
  FIELD_PARAMS_REST = 250, /* columns only: parameters without a column of their own, "key\0" + typed value */
};

#endif
