/* The routes of management. */
#include "api/accounts.h"

#define STRING "{\"type\":\"string\"}"
#define P_LIMIT \
  { "limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,\"default\":100}", "Most rows.", false }
#define P_AFTER \
  { "after", STRING, "The member next of the list before.", false }
#define P_TENANT \
  { "tenant", STRING, "Only in this tenant's subtree.", false }
#define PARAMS(list) .params = list, .param_count = sizeof(list) / sizeof *(list)

static const struct http_param users_params[] = {
    P_TENANT,
    {"prefix", STRING, "Only where login, display name or e-mail begins with this, in any case.", false},
    P_AFTER,
    P_LIMIT};
static const struct http_param grants_params[] = {
    {"user", STRING, "Only of the user with this id.", false}, P_TENANT, P_AFTER, P_LIMIT};
static const struct http_param keys_params[] = {
    P_TENANT,
    {"prefix", STRING, "Only where the name (in any case) or the key's text begins with this.", false},
    P_AFTER,
    P_LIMIT};

enum { SMALL_BODY_BYTES = 4 * 1024, USER_BODY_BYTES = 512 * 1024, SETTINGS_BODY_BYTES = 1024 * 1024 };

#define MANAGE .mode = HTTP_WORKER, .right = "manage"
#define JSON(schema) .media = "application/json", .answer_schema = schema
#define GET(path) .method = "GET", .pattern = path, MANAGE, .status = 200
#define POST(path, bytes, schema) \
  .method = "POST", .pattern = path, MANAGE, .status = 201, .body_bytes = bytes, .request_schema = schema
#define PUT(path, bytes, schema) \
  .method = "PUT", .pattern = path, MANAGE, .status = 200, .body_bytes = bytes, .request_schema = schema
#define DELETE(path) .method = "DELETE", .pattern = path, MANAGE, .status = 204

const struct http_route account_routes[] = {
    {GET("/v1/users"), PARAMS(users_params), .handle = users_list, JSON("Users"),
     .summary = "Users whose home tenant the caller manages"},
    {POST("/v1/users", USER_BODY_BYTES, "UserInput"), .is_secret = true, .handle = users_post, JSON("NewUser"),
     .summary = "Make a user with grants",
     .description = "Without a password the answer has a link, shown once, by which the user sets one."},
    {GET("/v1/users/{id}"), .handle = users_get, JSON("User"), .summary = "A user with the grants the caller manages"},
    {PUT("/v1/users/{id}", SMALL_BODY_BYTES, "UserChange"), .handle = users_put, JSON("User"),
     .summary = "Change a user's e-mail address or name, disable or enable it",
     .description = "Disabling ends its sessions at once. The last operator cannot be disabled."},
    {DELETE("/v1/users/{id}"), .handle = users_delete, .summary = "Remove a user with its grants and sessions"},
    {POST("/v1/users/{id}/reset", 0, NULL), .is_secret = true, .handle = users_reset, JSON("Link"),
     .summary = "A link by which the user sets a new password; earlier links end"},
    {DELETE("/v1/users/{id}/sessions"), .handle = users_end_sessions, .summary = "End all of a user's sessions"},
    {DELETE("/v1/users/{id}/totp"), .handle = users_remove_totp,
     .summary = "Remove a user's second factor and recovery codes, after the device was lost"},
    {GET("/v1/grants"), PARAMS(grants_params), .handle = grants_list, JSON("Grants"),
     .summary = "Grants on tenants the caller manages"},
    {POST("/v1/grants", SMALL_BODY_BYTES, "GrantInput"), .handle = grants_post, JSON("Grant"),
     .summary = "Give a user a role on a tenant's subtree"},
    {DELETE("/v1/grants/{id}"), .handle = grants_delete, .summary = "Take a grant; it ends at once"},
    {GET("/v1/keys"), PARAMS(keys_params), .handle = keys_list, JSON("Keys"),
     .summary = "API keys of tenants the caller manages"},
    {POST("/v1/keys", USER_BODY_BYTES, "KeyInput"), .is_secret = true, .handle = keys_post, JSON("NewKey"),
     .summary = "Make an API key; its text is in this answer alone"},
    {POST("/v1/keys/{id}/rotate", SMALL_BODY_BYTES, "RotateInput"), .is_secret = true, .handle = keys_rotate,
     JSON("NewKey"), .summary = "A new key of the same name and limits; the old one ends after an overlap"},
    {DELETE("/v1/keys/{id}"), .handle = keys_delete, .summary = "Revoke a key, at once"},
    {.method = "GET",
     .pattern = "/v1/tenants/{tenant}",
     .mode = HTTP_WORKER,
     .right = "read",
     .status = 200,
     .handle = tenant_get,
     JSON("Tenant"),
     .summary = "A tenant's name and state"},
    {PUT("/v1/tenants/{tenant}", SMALL_BODY_BYTES, "TenantInput"), .handle = tenant_put, JSON("Tenant"),
     .summary = "Name a tenant, close it or open it again",
     .description = "A closed tenant, with everything below it, takes no events (409) and can still be read."},
    {GET("/v1/tenants/{tenant}/settings"), .handle = settings_get, JSON("Settings"),
     .summary = "The settings that hold for a tenant, and those set on it"},
    {PUT("/v1/tenants/{tenant}/settings", SETTINGS_BODY_BYTES, "SettingsInput"), .handle = settings_put,
     JSON("Settings"), .summary = "Replace what is set on a tenant; absent members hold as the tenant above has them"},
};

const uint32_t account_route_count = sizeof account_routes / sizeof *account_routes;

#define COUNT "{\"type\":\"integer\",\"minimum\":0}"
#define TEXT STRING
#define TEXT_OR_NULL "{\"type\":[\"string\",\"null\"]}"
#define TIME "{\"type\":\"string\",\"format\":\"date-time\"}"
#define TIME_OR_NULL "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"
#define FLAG "{\"type\":\"boolean\"}"
#define ARRAY(items) "{\"type\":\"array\",\"items\":" items "}"
#define NAMES "{\"type\":[\"array\",\"null\"],\"minItems\":1,\"items\":" TEXT "}"
#define OBJECT(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"
#define INPUT(required, properties) \
  "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[" required "],\"properties\":{" properties "}}"
#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"
#define LIST(name, member) \
  { name "s", OBJECT("\"" member "\":" ARRAY(REF(name)) ",\"next\":" TEXT_OR_NULL) }
#define ROLE(names) "{\"type\":\"string\",\"enum\":[" names "]}"
#define USER_ROLES "\"operator\",\"admin\",\"auditor\",\"viewer\""
#define PLACE(roles) "\"role\":" ROLE(roles) ",\"tenant\":" TEXT ",\"logs\":" NAMES ",\"products\":" NAMES
#define SETTINGS                                                                                                 \
  "\"default_range\":{\"type\":[\"string\",\"null\"],\"enum\":[\"24h\",\"7d\",\"30d\",null]},\"embed_origins\":" \
  "{\"type\":[\"array\",\"null\"],\"items\":" TEXT                                                               \
  "},\"insights\":{\"type\":[\"object\",\"null\"]},"                                                             \
  "\"record_searches\":{\"type\":[\"boolean\",\"null\"]},\"saved_searches\":{\"type\":[\"array\",\"null\"],"     \
  "\"items\":" INPUT("\"name\",\"url\"", "\"name\":" TEXT ",\"url\":" TEXT) "}"

const struct api_schema account_schemas[] = {
    {"Grant", OBJECT("\"id\":" TEXT ",\"user\":" TEXT "," PLACE(USER_ROLES))},
    LIST("Grant", "grants"),
    {"GrantInput", INPUT("\"user\",\"role\",\"tenant\"", "\"user\":" TEXT "," PLACE(USER_ROLES))},
    {"User", OBJECT("\"id\":" TEXT ",\"login\":" TEXT ",\"email\":" TEXT ",\"display_name\":" TEXT ",\"tenant\":" TEXT
                    ",\"state\":" ROLE("\"active\",\"disabled\",\"invited\"") ",\"created_at\":" TIME
                                                                              ",\"last_login_at\":" TIME_OR_NULL
                                                                              ",\"totp\":" FLAG
                                                                              ",\"grants\":" ARRAY(REF("Grant")))},
    LIST("User", "users"),
    {"UserInput", INPUT("\"login\",\"tenant\",\"grants\"",
                        "\"login\":" TEXT ",\"email\":" TEXT ",\"display_name\":" TEXT ",\"tenant\":" TEXT
                        ",\"password\":" TEXT ",\"grants\":" ARRAY(INPUT("\"role\",\"tenant\"", PLACE(USER_ROLES))))},
    {"UserChange", INPUT("", "\"email\":" TEXT_OR_NULL ",\"display_name\":" TEXT_OR_NULL
                             ",\"state\":" ROLE("\"active\",\"disabled\""))},
    {"NewUser", OBJECT("\"user\":" REF("User") ",\"link\":" TEXT)},
    {"Link", OBJECT("\"link\":" TEXT)},
    {"Key",
     OBJECT("\"id\":" TEXT ",\"name\":" TEXT ",\"prefix\":" TEXT "," PLACE(
         "\"writer\",\"reader\"") ",\"addresses\":" NAMES ",\"created_at\":" TIME ",\"created_by\":" TEXT
                                  ",\"expires_at\":" TIME_OR_NULL ",\"last_used_at\":" TIME_OR_NULL ",\"state\":" ROLE(
                                      "\"active\",\"overlap\",\"expired\",\"revoked\"") ",\"replaced_"
                                                                                        "by\":" TEXT_OR_NULL)},
    LIST("Key", "keys"),
    {"KeyInput", INPUT("\"name\",\"role\",\"tenant\"",
                       "\"name\":" TEXT "," PLACE("\"writer\",\"reader\"") ",\"addresses\":" NAMES
                                                                           ",\"expires_at\":" TIME_OR_NULL)},
    {"NewKey", OBJECT("\"key\":" REF("Key") ",\"secret\":" TEXT)},
    {"RotateInput", INPUT("", "\"overlap_h\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":720,\"default\":24}")},
    {"Tenant", OBJECT("\"tenant\":" TEXT ",\"display_name\":" TEXT ",\"closed\":" FLAG
                      ",\"last_seq\":{\"type\":[\"integer\",\"null\"]},\"retention\":" OBJECT("\"days\":" COUNT
                                                                                              ",\"own\":" FLAG))},
    LIST("Tenant", "tenants"),
    {"TenantInput", INPUT("", "\"display_name\":" TEXT ",\"closed\":" FLAG)},
    {"SettingsInput", INPUT("", SETTINGS)},
    {"Settings", OBJECT("\"settings\":" REF("SettingsInput") ",\"own\":" REF("SettingsInput"))},
};

const uint32_t account_schema_count = sizeof account_schemas / sizeof *account_schemas;
