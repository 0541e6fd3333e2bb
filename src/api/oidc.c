/* Log-in through an identity provider: out to it and back.
 *
 * What ties the answer to the browser that began (state, nonce, PKCE verifier, where to return) travels in a sealed
 * cookie that lives ten minutes: nothing is kept here, so nobody can fill a table, and an answer that is brought to
 * another browser finds no cookie there. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/sign_in.h"
#include "base/utf8.h"

enum { FLOW_S = 600, RETURN_BYTES = 1024, FLOW_TEXT_BYTES = 4096 };
#define SEAL "oidc"

static const char *flow_cookie_name(const struct http_request *r) {
  return request_is_secure(r) ? "__Host-daybook-oidc" : "daybook-oidc";
}

/* A path of this server and nothing else: no second slash or backslash that browsers take for a host, no control
 * character that they drop before they look. */
static bool is_local_path(struct slice path) {
  if (path.len == 0 || path.len > RETURN_BYTES || path.data[0] != '/') return false;
  if (path.len > 1 && (path.data[1] == '/' || path.data[1] == '\\')) return false;
  for (size_t i = 0; i < path.len; i++)
    if (path.data[i] <= ' ' || path.data[i] > '~' || path.data[i] == '\\') return false;
  return true;
}

/* ---- Sealed in the cookie: expiry, provider, secrets, return, each ended by a line ---- */

struct flow {
  struct slice provider, return_to;
  struct oidc_flow secrets;
};

static int set_flow_cookie(struct http_request *r, struct api *a, const struct flow *f, struct error *err) {
  struct buffer plain, sealed;
  char text[FLOW_TEXT_BYTES];
  buffer_init(&plain, FLOW_TEXT_BYTES);
  buffer_init(&sealed, FLOW_TEXT_BYTES);
  buffer_printf(&plain, "%lld\n%.*s\n%s\n%s\n%s\n%.*s", (long long)os_now_us(a->os) / 1000000 + FLOW_S,
                SLICE_ARGS(f->provider), f->secrets.state, f->secrets.nonce, f->secrets.verifier,
                SLICE_ARGS(f->return_to));
  accounts_seal(a->accounts, SEAL, buffer_slice(&plain), &sealed);
  bool fits = !plain.overflowed && !sealed.overflowed &&
              sodium_base64_ENCODED_LEN(sealed.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING) <= sizeof text;
  if (fits) {
    sodium_bin2base64(text, sizeof text, (const unsigned char *)sealed.data, sealed.len,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    http_answer_cookie(r, flow_cookie_name(r), text, FLOW_S, request_is_secure(r));
  }
  buffer_wipe(&plain);
  buffer_wipe(&sealed);
  return fits ? 0 : error_set(err, ERR_TOO_LARGE, "the address to return to is too long");
}

static struct slice next_line(struct slice *text) {
  const char *end = text->len ? memchr(text->data, '\n', text->len) : NULL;
  struct slice line = slice_of(text->data, end ? (size_t)(end - text->data) : text->len);
  *text = slice_skip(*text, line.len + 1);
  return line;
}

static bool copy_secret(struct slice from, char out[OIDC_SECRET_TEXT_BYTES]) {
  if (from.len != OIDC_SECRET_TEXT_BYTES - 1) return false;
  memcpy(out, from.data, from.len);
  out[from.len] = '\0';
  return true;
}

static bool read_flow_cookie(struct http_request *r, struct api *a, struct flow *out) {
  struct slice text = http_cookie(r, flow_cookie_name(r)), plain;
  size_t len;
  unsigned char *sealed = arena_alloc(http_arena(r), text.len + 1);
  if (text.len == 0 || !sealed ||
      sodium_base642bin(sealed, text.len, text.data, text.len, NULL, &len, NULL,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING))
    return false;
  if (!accounts_unseal(a->accounts, SEAL, slice_of((const char *)sealed, len), http_arena(r), &plain)) return false;
  struct slice until = next_line(&plain);
  const char *digits = arena_string(http_arena(r), until);
  if (!digits || strtoll(digits, NULL, 10) < os_now_us(a->os) / 1000000) return false;
  out->provider = next_line(&plain);
  bool good = copy_secret(next_line(&plain), out->secrets.state) &&
              copy_secret(next_line(&plain), out->secrets.nonce) &&
              copy_secret(next_line(&plain), out->secrets.verifier);
  out->return_to = plain;
  return good && is_local_path(plain);
}

static int redirect(struct http_request *r, const char *to) {
  http_answer_header(r, "Location", to);
  http_answer_as(r, 302, "text/plain");
  return 0;
}

/* ---- Out ---- */

int oidc_start(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct flow f = {.provider = http_path_param(r, 0), .return_to = SLICE("/")};
  struct slice wanted, url;
  if (http_param(r, "return", &wanted) && is_local_path(wanted)) f.return_to = wanted;
  int code = a->sign_in->config.oidc ? address_begin(r, a, err)
                                     : error_set(err, ERR_NOT_FOUND, "there is no such identity provider");
  if (code == 0) code = oidc_begin(a->sign_in->config.oidc, f.provider, http_arena(r), &f.secrets, &url, err);
  if (code == 0) code = set_flow_cookie(r, a, &f, err);
  sodium_memzero(&f.secrets, sizeof f.secrets);
  return code ? code : redirect(r, arena_string(http_arena(r), url));
}

/* ---- Accounts ---- */

/* The login of an account that is made: what the provider calls the user, with what no login may have left out. */
static struct slice make_login(const struct oidc_identity *who, struct arena *arena) {
  struct slice copy = arena_copy(arena, who->login.len > 64 ? slice_of(who->login.data, 64) : who->login);
  size_t len = 0;
  for (size_t i = 0; i < copy.len; i++) {
    char c = copy.data[i];
    bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("._@+-", c));
    if (good) ((char *)(uintptr_t)copy.data)[len++] = c;
  }
  return slice_of(copy.data, len);
}

static int create_user(struct api *a, const struct oidc_identity *who, struct arena *arena, struct slice *id_out,
                       struct error *err) {
  char id[ACCOUNTS_ID_BYTES];
  struct account_user user = {.login = make_login(who, arena),
                              .email = who->email,
                              .display_name = utf8_clip(who->display_name, LIMIT_NAME_BYTES),
                              .tenant = who->tenant};
  if (user.login.len == 0) return error_set(err, ERR_UNAUTHORIZED, "the provider gives no name for an account");
  int code = accounts_add_user(a->accounts, &user, slice_of("", 0), who->provider, id, err);
  if (code == ERR_CONFLICT) { /* never somebody else's account because of an equal name */
    error_clear(err);
    return error_set(err, ERR_UNAUTHORIZED, "an account of this name exists and is not this identity's");
  }
  if (code == 0)
    code = accounts_update_user(a->accounts, slice_from(id), user.email, user.display_name, USER_ACTIVE, err);
  if (code == 0) *id_out = arena_copy(arena, slice_from(id));
  if (code == 0) code = accounts_add_identity(a->accounts, who->issuer, who->subject, *id_out, err);
  return code;
}

static bool same_names(const struct slice *a, uint32_t a_count, const struct slice *b, uint32_t b_count) {
  if (a_count != b_count) return false;
  for (uint32_t i = 0; i < a_count; i++)
    if (!slice_equal(a[i], b[i])) return false;
  return true;
}

static bool same_grant(const struct account_grant *g, const struct oidc_grant *wanted) {
  return slice_equal(slice_from(account_role_name(g->role)), wanted->role) &&
         slice_equal(g->place.subtree, wanted->tenant) &&
         same_names(g->place.logs, g->place.log_count, wanted->logs, wanted->log_count) &&
         same_names(g->place.products, g->place.product_count, wanted->products, wanted->product_count);
}

static int record_synchronised(struct http_request *r, struct api *a, const struct account_user *u, struct slice tenant,
                               const char *role, bool given, struct slice provider, struct error *err) {
  const struct record_change changes[] = {{.field = "role",
                                           .old_value = given ? slice_of(NULL, 0) : slice_from(role),
                                           .new_value = given ? slice_from(role) : slice_of(NULL, 0)}};
  const struct record_param params[] = {{"provider", provider, false}};
  const struct record record = {
      .tenant = tenant,
      .log = "admin",
      .action = given ? "create" : "delete",
      .activity = given ? "Grant Given by Identity Provider" : "Grant Taken by Identity Provider",
      .category = "Security",
      .target = {.type = "grant", .name = u->login, .user = u->login},
      RECORD_CHANGES(changes),
      RECORD_PARAMS(params)};
  return record_event(r, a, &record, err);
}

/* Takes what the claims no longer say, gives what they say now. */
static int take_grants(struct http_request *r, struct api *a, const struct account_user *u,
                       const struct oidc_identity *who, struct error *err) {
  int code = 0;
  for (uint32_t i = 0; code == 0 && i < u->grant_count; i++) {
    const struct account_grant *g = &u->grants[i];
    bool wanted = false;
    for (uint32_t k = 0; k < who->grant_count && !wanted; k++) wanted = same_grant(g, &who->grants[k]);
    if (wanted) continue;
    code = accounts_remove_grant(a->accounts, g->id, err);
    if (code == 0)
      code = record_synchronised(r, a, u, g->place.subtree, account_role_name(g->role), false, who->provider, err);
  }
  return code;
}

static int give_grants(struct http_request *r, struct api *a, const struct account_user *u,
                       const struct oidc_identity *who, struct error *err) {
  char id[ACCOUNTS_ID_BYTES];
  int code = 0;
  for (uint32_t k = 0; code == 0 && k < who->grant_count; k++) {
    const struct oidc_grant *wanted = &who->grants[k];
    bool has = false;
    for (uint32_t i = 0; i < u->grant_count && !has; i++) has = same_grant(&u->grants[i], wanted);
    for (uint32_t i = 0; i < k && !has; i++) /* two rules may say the same */
      has = slice_equal(who->grants[i].role, wanted->role) && slice_equal(who->grants[i].tenant, wanted->tenant) &&
            same_names(who->grants[i].logs, who->grants[i].log_count, wanted->logs, wanted->log_count) &&
            same_names(who->grants[i].products, who->grants[i].product_count, wanted->products, wanted->product_count);
    if (has) continue;
    struct account_grant grant = {.id = {"", 0},
                                  .user = u->id,
                                  .place = {.subtree = wanted->tenant,
                                            .logs = wanted->logs,
                                            .log_count = wanted->log_count,
                                            .products = wanted->products,
                                            .product_count = wanted->product_count}};
    if (!account_role_find(wanted->role, &grant.role)) continue;
    code = accounts_add_grant(a->accounts, u->id, &grant, who->provider, id, err);
    if (code == 0)
      code = record_synchronised(r, a, u, wanted->tenant, account_role_name(grant.role), true, who->provider, err);
  }
  return code;
}

static int record_created(struct http_request *r, struct api *a, const struct account_user *u,
                          const struct oidc_identity *who, struct error *err) {
  const struct record_param params[] = {{"provider", who->provider, false}};
  const struct record record = {.tenant = u->tenant,
                                .log = "admin",
                                .action = "create",
                                .activity = "User Created by Identity Provider",
                                .category = "Users",
                                .target = {.type = "user", .id = u->id, .name = u->login, .user = u->login},
                                RECORD_PARAMS(params)};
  return record_event(r, a, &record, err);
}

/* The account of the identity, made where the configuration says so, its grants as the claims say. In a change. */
static int take_account(struct http_request *r, struct api *a, const struct oidc_identity *who,
                        struct account_sign_in *out, struct error *err) {
  struct slice id;
  struct account_user user;
  int code = accounts_find_identity(a->accounts, who->issuer, who->subject, http_arena(r), &id, err);
  bool made = false;
  if (code == ERR_NOT_FOUND) {
    error_clear(err);
    if (!who->create) return error_set(err, ERR_UNAUTHORIZED, "nobody here has this identity");
    code = create_user(a, who, http_arena(r), &id, err);
    made = true;
  }
  if (code == 0) code = accounts_get_user(a->accounts, id, http_arena(r), &user, err);
  if (code == 0 && made) code = record_created(r, a, &user, who, err);
  if (code == 0 && user.state != USER_ACTIVE) code = error_set(err, ERR_UNAUTHORIZED, "the user is disabled");
  if (code == 0 && who->synchronise) code = take_grants(r, a, &user, who, err);
  if (code == 0 && who->synchronise) code = give_grants(r, a, &user, who, err);
  if (code == 0) code = accounts_get_sign_in(a->accounts, id, true, http_arena(r), out, err);
  return code;
}

/* ---- Back ---- */

static int open_account(struct http_request *r, struct api *a, const struct oidc_identity *who, struct error *err) {
  struct account_sign_in u;
  char method[64], session[ACCOUNTS_ID_BYTES];
  int64_t expires_us;
  snprintf(method, sizeof method, "sso:%.*s", SLICE_ARGS(who->provider));
  int code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = take_account(r, a, who, &u, err);
  if (code == 0) code = open_session(r, a, &u, method, session, &expires_us, err);
  return accounts_end(a->accounts, code, err);
}

/* The reason goes on the record; the browser, whose address anybody can make, is told no more than that it failed. */
static int fail(struct http_request *r, struct api *a, const struct flow *f, struct slice name, const struct error *why,
                struct error *err) {
  char method[64];
  snprintf(method, sizeof method, "sso:%.*s", SLICE_ARGS(f->provider));
  int code = fail_log_in(r, a, NULL, name, method, why->message, "the log-in failed", err);
  if (code != ERR_UNAUTHORIZED) return code;
  error_clear(err);
  return redirect(r, "/login?error=sso");
}

int oidc_callback(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct flow f = {.provider = {"", 0}};
  struct slice code_text = {"", 0}, state = {"", 0}, issuer = {"", 0}, fault;
  struct oidc_identity who = {.login = {"", 0}};
  struct error why = {0};
  int code = a->sign_in->config.oidc ? address_begin(r, a, err)
                                     : error_set(err, ERR_NOT_FOUND, "there is no such identity provider");
  if (code) return code;
  http_param(r, "code", &code_text);
  http_param(r, "state", &state);
  http_param(r, "iss", &issuer);
  bool begun = read_flow_cookie(r, a, &f);
  http_answer_cookie(r, flow_cookie_name(r), "", 0, request_is_secure(r)); /* good once */
  if (!begun || state.len != strlen(f.secrets.state) || sodium_memcmp(state.data, f.secrets.state, state.len)) {
    f.provider = SLICE("unknown");
    error_set(&why, ERR_UNAUTHORIZED, "the answer belongs to no log-in of this browser");
    return fail(r, a, &f, slice_of("", 0), &why, err);
  }
  if (http_param(r, "error", &fault) || code_text.len == 0) {
    error_set(&why, ERR_UNAUTHORIZED, "the identity provider refused");
    return fail(r, a, &f, slice_of("", 0), &why, err);
  }
  code = oidc_finish(a->sign_in->config.oidc, f.provider, &f.secrets, code_text, issuer, http_arena(r), &who, &why);
  sodium_memzero(&f.secrets, sizeof f.secrets);
  if (code == 0) code = open_account(r, a, &who, &why);
  if (code == ERR_BUSY || code == ERR_DISK_FULL || code == ERR_READ_ONLY)
    return error_set(err, code, "%s", why.message);
  if (code) return fail(r, a, &f, who.login, &why, err);
  return redirect(r, arena_string(http_arena(r), f.return_to));
}
