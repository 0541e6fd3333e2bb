/* The routes of signing in, the own account and viewer tokens. */
#include "api/sign_in.h"

#define SECRET(verb, path, bytes, schema) \
  .method = verb, .pattern = path, .mode = HTTP_WORKER, .is_secret = true, .body_bytes = bytes, .request_schema = schema
#define PLAIN(verb, path) .method = verb, .pattern = path, .mode = HTTP_WORKER
#define ANSWERS(code, schema) .status = code, .media = "application/json", .answer_schema = schema
#define NOTHING .status = 204

#define STRING "{\"type\":\"string\"}"
static const struct http_param viewers_params[] = {
    {"tenant", STRING, "Only in this tenant's subtree.", false},
    {"after", STRING, "The member next of the list before.", false},
    {"limit", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,\"default\":100}", "Most rows.", false}};

static const struct http_param start_params[] = {
    {"return", STRING, "Where to go after the log-in: a path of this server; anything else is taken for /.", false}};
static const struct http_param callback_params[] = {{"code", STRING, "What the provider gives for a token.", false},
                                                    {"state", STRING, "As the request to the provider had it.", false},
                                                    {"iss", STRING, "The provider's issuer (RFC 9207).", false},
                                                    {"session_state", STRING, "Not used.", false},
                                                    {"scope", STRING, "Not used.", false},
                                                    {"error", STRING, "Why the provider refused.", false},
                                                    {"error_description", STRING, "Not used.", false},
                                                    {"error_uri", STRING, "Not used.", false}};
#define PARAMS(list) .params = list, .param_count = sizeof(list) / sizeof *(list)

const struct http_route sign_in_routes[] = {
    {PLAIN("GET", "/v1/sessions/options"), ANSWERS(200, "SignInOptions"), .is_open = true, .handle = sessions_options,
     .summary = "How one can sign in here: identity providers, and whether the first operator is still to be made"},
    {SECRET("POST", "/v1/sessions", SIGN_IN_BODY_BYTES, "LogIn"), ANSWERS(201, "Session"), .is_open = true,
     .handle = sessions_post, .summary = "Log in",
     .description =
         "With login and password. 201 sets the session's cookie; 202 asks for a second factor, which is sent "
         "to the same address with the challenge. 401 is the same whoever exists; 429 after too many "
         "failures from one address."},
    {PLAIN("GET", "/v1/sessions"), ANSWERS(200, "Sessions"), .handle = sessions_list, .summary = "The own sessions"},
    {PLAIN("DELETE", "/v1/sessions/current"), NOTHING, .handle = sessions_end_current, .summary = "Log out"},
    {PLAIN("DELETE", "/v1/sessions/{id}"), NOTHING, .handle = sessions_end, .summary = "End one of the own sessions"},
    {PLAIN("DELETE", "/v1/sessions"), NOTHING, .handle = sessions_end_others, .summary = "End all other own sessions"},
    {SECRET("POST", "/v1/setup/check", 1024, "SetupCheck"), ANSWERS(200, "SetupPurpose"), .is_open = true,
     .handle = setup_check, .summary = "What a set-up, invitation or reset link is for"},
    {SECRET("POST", "/v1/setup", SIGN_IN_BODY_BYTES, "Setup"), ANSWERS(201, "Session"), .is_open = true,
     .handle = setup_post, .summary = "Set a password by a link",
     .description = "Uses the link up, ends the user's sessions and opens one; 204 where a second factor must be asked "
                    "for at a log-in first. login and display_name are for the first operator alone."},
    {PLAIN("GET", "/v1/oidc/{id}/start"), .is_secret = true, .status = 302, .media = "text/plain", .is_open = true,
     PARAMS(start_params), .handle = oidc_start, .summary = "Go to an identity provider to log in"},
    {PLAIN("GET", "/v1/oidc/callback"), .is_secret = true, .status = 302, .media = "text/plain", .is_open = true,
     PARAMS(callback_params), .handle = oidc_callback, .summary = "Back from an identity provider",
     .description =
         "Sets the session's cookie and goes to where the log-in began; to /login?error=sso where it failed."},
    {PLAIN("GET", "/v1/me"), ANSWERS(200, "Me"), .is_secret = true, .handle = me_get,
     .summary = "Who is asking, and what they may do"},
    {SECRET("PUT", "/v1/me/password", SIGN_IN_BODY_BYTES, "PasswordChange"), NOTHING, .handle = me_password_put,
     .summary = "Change the own password; ends the other sessions"},
    {PLAIN("PUT", "/v1/me/preferences"), NOTHING, .body_bytes = SIGN_IN_BODY_BYTES, .request_schema = "Preferences",
     .handle = me_preferences_put, .summary = "Keep what the viewer remembers for this user"},
    {SECRET("POST", "/v1/me/totp", SIGN_IN_BODY_BYTES, "Confirmation"), ANSWERS(201, "NewTotp"), .handle = me_totp_post,
     .summary = "A new secret for an authenticator, with the rows of its QR code"},
    {SECRET("PUT", "/v1/me/totp", 1024, "Code"), ANSWERS(200, "RecoveryCodes"), .handle = me_totp_put,
     .summary = "Confirm the authenticator with its first code; answers ten recovery codes"},
    {SECRET("DELETE", "/v1/me/totp", SIGN_IN_BODY_BYTES, "ConfirmationWithCode"), NOTHING, .handle = me_totp_delete,
     .summary = "Log in without an authenticator again"},
    {SECRET("POST", "/v1/me/recovery-codes", SIGN_IN_BODY_BYTES, "Confirmation"), ANSWERS(201, "RecoveryCodes"),
     .handle = me_recovery_codes_post, .summary = "Ten new recovery codes; the old ones end"},
    {SECRET("POST", "/v1/me/email-code", SIGN_IN_BODY_BYTES, "Confirmation"), ANSWERS(202, "Challenge"),
     .handle = me_email_code_post, .summary = "Begin to ask for a code by mail at log-ins: sends one"},
    {SECRET("PUT", "/v1/me/email-code", 1024, "ChallengeCode"), NOTHING, .handle = me_email_code_put,
     .summary = "Confirm codes by mail with the one that was sent"},
    {SECRET("DELETE", "/v1/me/email-code", SIGN_IN_BODY_BYTES, "Confirmation"), NOTHING, .handle = me_email_code_delete,
     .summary = "Log in without codes by mail again"},
    {SECRET("POST", "/v1/viewer-tokens", 128 * 1024, "ViewerTokenInput"), ANSWERS(201, "ViewerToken"), .right = "read",
     .handle = viewer_tokens_post, .summary = "A token for the embedded viewer",
     .description = "For who manages the tenant, and for API keys that read all of what is shown. It is good once and "
                    "for five minutes; the origin must stand in the tenant's setting embed_origins."},
    {SECRET("POST", "/v1/viewer-tokens/exchange", 1024, "ViewerTokenExchange"), ANSWERS(201, "ViewerBearer"),
     .is_open = true, .handle = viewer_tokens_exchange, .summary = "Exchange a viewer token for a bearer"},
    {PLAIN("GET", "/v1/viewer-tokens"), ANSWERS(200, "ViewerTokens"), .right = "manage", .params = viewers_params,
     .param_count = sizeof viewers_params / sizeof *viewers_params, .handle = viewer_tokens_list,
     .summary = "Viewer tokens that wait and viewer sessions that live"},
    {PLAIN("DELETE", "/v1/viewer-tokens/{id}"), NOTHING, .right = "read", .handle = viewer_tokens_delete,
     .summary = "End a viewer token or its session at once"},
};
const uint32_t sign_in_route_count = sizeof sign_in_routes / sizeof *sign_in_routes;

/* ---- Schemas ---- */

#define COUNT "{\"type\":\"integer\",\"minimum\":0}"
#define TEXT "{\"type\":\"string\"}"
#define TEXT_OR_NULL "{\"type\":[\"string\",\"null\"]}"
#define TIME "{\"type\":\"string\",\"format\":\"date-time\"}"
#define FLAG "{\"type\":\"boolean\"}"
#define TEXTS "{\"type\":\"array\",\"items\":" TEXT "}"
#define NAMES "{\"type\":[\"array\",\"null\"],\"items\":" TEXT "}"
#define OBJECT(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"
#define ARRAY(items) "{\"type\":\"array\",\"items\":" items "}"
#define INPUT(required, properties) \
  "{\"type\":\"object\",\"required\":[" required "],\"additionalProperties\":false,\"properties\":{" properties "}}"
#define PASSWORD "{\"type\":\"string\",\"format\":\"password\",\"maxLength\":1024}"

const struct api_schema sign_in_schemas[] = {
    {"SignInOptions", OBJECT("\"oidc\":" ARRAY(OBJECT("\"id\":" TEXT ",\"name\":" TEXT)) ",\"setup\":" FLAG)},
    {"LogIn", INPUT("", "\"login\":" TEXT ",\"password\":" PASSWORD ",\"challenge\":" TEXT ",\"code\":" TEXT
                        ",\"recovery_code\":" TEXT)},
    {"Session", OBJECT("\"csrf\":" TEXT ",\"expires_at\":" TIME ",\"session\":" TEXT)},
    {"Challenge", OBJECT("\"factor\":{\"type\":\"string\",\"enum\":[\"totp\",\"email\"]},\"challenge\":" TEXT)},
    {"Sessions", OBJECT("\"sessions\":" ARRAY(
                     OBJECT("\"id\":" TEXT ",\"created_at\":" TIME ",\"last_seen_at\":" TIME ",\"expires_at\":" TIME
                            ",\"address\":" TEXT ",\"user_agent\":" TEXT ",\"method\":" TEXT ",\"current\":" FLAG)))},
    {"SetupCheck", INPUT("\"token\"", "\"token\":" TEXT)},
    {"SetupPurpose",
     OBJECT("\"purpose\":{\"type\":\"string\",\"enum\":[\"setup\",\"invite\",\"reset\"]},\"login\":" TEXT)},
    {"Setup", INPUT("\"token\",\"password\"",
                    "\"token\":" TEXT ",\"password\":" PASSWORD ",\"login\":" TEXT ",\"display_name\":" TEXT)},
    {"Me",
     OBJECT("\"kind\":{\"type\":\"string\",\"enum\":[\"operator_key\",\"key\",\"user\",\"viewer\"]},\"id\":" TEXT
            ",\"session\":" TEXT ",\"name\":" TEXT ",\"display_name\":" TEXT ",\"email\":" TEXT ",\"tenant\":" TEXT
            ",\"origin\":" TEXT ",\"rights\":" TEXTS ",\"grants\":" ARRAY(OBJECT(
                "\"role\":" TEXT ",\"tenant\":" TEXT ",\"logs\":" NAMES
                ",\"products\":" NAMES)) ",\"csrf\":" TEXT_OR_NULL ",\"has_password\":" FLAG ",\"totp\":" FLAG
                                         ",\"email_code\":" FLAG ",\"email_code_possible\":" FLAG
                                         ",\"recovery_codes_left\":" COUNT
                                         ",\"preferences\":{\"type\":\"object\"},\"settings\":{\"type\":\"object\"}")},
    {"PasswordChange", INPUT("\"current\",\"new\"", "\"current\":" PASSWORD ",\"new\":" PASSWORD)},
    {"Preferences", "{\"type\":\"object\",\"description\":\"at most 16 KiB; what the viewer puts there\"}"},
    {"Confirmation", INPUT("\"password\"", "\"password\":" PASSWORD)},
    {"ConfirmationWithCode", INPUT("\"password\",\"code\"", "\"password\":" PASSWORD ",\"code\":" TEXT)},
    {"Code", INPUT("\"code\"", "\"code\":" TEXT)},
    {"ChallengeCode", INPUT("\"challenge\",\"code\"", "\"challenge\":" TEXT ",\"code\":" TEXT)},
    {"NewTotp", OBJECT("\"secret\":" TEXT ",\"uri\":" TEXT ",\"qr\":" TEXTS)},
    {"RecoveryCodes", OBJECT("\"recovery_codes\":" TEXTS)},
    {"ViewerTokenInput",
     INPUT("\"tenant\",\"role\",\"user\",\"origin\"",
           "\"tenant\":" TEXT ",\"logs\":" NAMES ",\"products\":" NAMES
           ",\"role\":{\"type\":\"string\",\"enum\":[\"viewer\",\"auditor\"]},\"user\":" INPUT(
               "\"name\"",
               "\"name\":" TEXT ",\"display_name\":" TEXT
               ",\"email\":" TEXT) ",\"origin\":" TEXT
                                   ",\"minutes\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":720,\"default\":15}")},
    {"ViewerToken", OBJECT("\"id\":" TEXT ",\"token\":" TEXT ",\"url\":" TEXT ",\"expires_at\":" TIME)},
    {"ViewerTokenExchange", INPUT("\"token\"", "\"token\":" TEXT)},
    {"ViewerBearer", OBJECT("\"bearer\":" TEXT ",\"expires_at\":" TIME ",\"origin\":" TEXT
                            ",\"user\":" OBJECT("\"name\":" TEXT ",\"display_name\":" TEXT ",\"email\":" TEXT))},
    {"ViewerTokens",
     OBJECT("\"viewer_tokens\":" ARRAY(
         OBJECT("\"id\":" TEXT ",\"role\":" TEXT ",\"tenant\":" TEXT ",\"logs\":" NAMES ",\"products\":" NAMES
                ",\"user\":{\"type\":\"object\"},\"origin\":" TEXT ",\"created_by\":" TEXT ",\"created_at\":" TIME
                ",\"expires_at\":" TIME ",\"last_seen_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},"
                "\"state\":{\"type\":\"string\",\"enum\":[\"waiting\",\"active\"]}")) ",\"next\":" TEXT_OR_NULL)},
};
const uint32_t sign_in_schema_count = sizeof sign_in_schemas / sizeof *sign_in_schemas;
