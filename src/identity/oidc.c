/* The flow: discovery and keys with their caches, the way out to the provider and back. */
#include "identity/oidc.h"

#include <sodium.h>
#include <stdlib.h>

#include "identity/internal.h"

/* ---- Configuration sets ---- */

int oidc_open(const struct os *os, const char *path, struct oidc **out, struct error *err) {
  struct oidc_set *set;
  if (sodium_init() < 0) return error_set(err, ERR_INTERNAL, "libsodium does not start");
  int code = oidc_set_read(os, path, &set, err);
  if (code) return code;
  struct oidc *o = calloc(1, sizeof *o);
  if (!o) abort();
  o->os = os;
  o->path = strdup(path);
  if (!o->path) abort();
  pthread_mutex_init(&o->lock, NULL);
  o->set = set;
  *out = o;
  return 0;
}

void oidc_close(struct oidc *o) {
  if (!o) return;
  oidc_set_release(o->set);
  pthread_mutex_destroy(&o->lock);
  free(o->path);
  free(o);
}

int oidc_reload(struct oidc *o, struct error *err) {
  struct oidc_set *set;
  int code = oidc_set_read(o->os, o->path, &set, err);
  if (code) return code;
  pthread_mutex_lock(&o->lock);
  struct oidc_set *old = o->set;
  o->set = set;
  pthread_mutex_unlock(&o->lock);
  oidc_set_release(old);
  return 0;
}

static struct oidc_set *take_set(struct oidc *o) {
  pthread_mutex_lock(&o->lock);
  struct oidc_set *set = o->set;
  atomic_fetch_add(&set->references, 1);
  pthread_mutex_unlock(&o->lock);
  return set;
}

void oidc_append_providers(struct oidc *o, struct buffer *out) {
  struct oidc_set *set = take_set(o);
  buffer_append_char(out, '[');
  for (uint32_t i = 0; i < set->count; i++) {
    buffer_append_text(out, i ? ",{\"id\":" : "{\"id\":");
    json_append_string(out, set->providers[i].id);
    buffer_append_text(out, ",\"name\":");
    json_append_string(out, set->providers[i].name);
    buffer_append_char(out, '}');
  }
  buffer_append_char(out, ']');
  oidc_set_release(set);
}

bool oidc_is_secure(struct oidc *o) {
  struct oidc_set *set = take_set(o);
  bool secure = strncmp(set->public_url, "https://", 8) == 0;
  oidc_set_release(set);
  return secure;
}

/* The provider of a set the caller holds; also counts the caller in. */
static int enter(struct oidc *o, struct slice id, struct oidc_set **set_out, struct oidc_provider **out,
                 struct error *err) {
  if (atomic_fetch_add(&o->running, 1) >= OIDC_CONCURRENT) {
    atomic_fetch_sub(&o->running, 1);
    return error_set(err, ERR_BUSY, "too many log-ins wait for the identity provider");
  }
  struct oidc_set *set = take_set(o);
  for (uint32_t i = 0; i < set->count; i++) {
    if (!slice_equal(set->providers[i].id, id)) continue;
    *set_out = set;
    *out = &set->providers[i];
    return 0;
  }
  oidc_set_release(set);
  atomic_fetch_sub(&o->running, 1);
  return error_set(err, ERR_NOT_FOUND, "there is no such identity provider");
}

static void leave(struct oidc *o, struct oidc_set *set) {
  oidc_set_release(set);
  atomic_fetch_sub(&o->running, 1);
}

/* ---- Metadata and keys ---- */

/* Fetches a JSON object into the (emptied) arena. */
static int fetch_object(const struct fetch *f, struct arena *arena, const struct document **out, struct error *err) {
  struct buffer text;
  const struct document *d = NULL;
  buffer_init(&text, FETCH_BYTES);
  int code = fetch(f, &text, NULL, err);
  if (code == 0) {
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    bool good = copy.data && document_read(copy, arena, &d, NULL) == 0 && d->kind == DOCUMENT_OBJECT;
    if (!good) code = error_set(err, ERR_IO, "the identity provider's answer is no JSON object");
  }
  if (text.data) explicit_bzero(text.data, text.len);
  buffer_free(&text);
  if (code == 0) *out = d;
  return code;
}

static int check_metadata(const struct oidc_provider *p, const struct document *d, struct error *err) {
  static const char *const endpoints[] = {"authorization_endpoint", "token_endpoint", "jwks_uri"};
  if (!slice_equal(document_text(d, "issuer"), slice_from(p->issuer)))
    return error_set(err, ERR_IO, "the identity provider calls itself another issuer than the configuration does");
  for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++)
    if (!fetch_url_allowed(document_text(d, endpoints[i])))
      return error_set(err, ERR_IO, "the identity provider's %s is missing or not https", endpoints[i]);
  return 0;
}

/* With p->lock held. What was known stays where a fetch fails. */
static int refresh_metadata(struct oidc *o, struct oidc_provider *p, struct error *err) {
  int64_t now = os_monotonic_us(o->os);
  if (p->metadata && now - p->metadata_us < OIDC_CACHE_S * INT64_C(1000000)) return 0;
  struct arena arena;
  const struct document *d = NULL;
  struct buffer url;
  arena_init(&arena, 8 * FETCH_BYTES);
  buffer_init(&url, 4096);
  size_t len = strlen(p->issuer);
  if (len > 0 && p->issuer[len - 1] == '/') len--;
  buffer_append(&url, p->issuer, len);
  buffer_append_text(&url, "/.well-known/openid-configuration");
  buffer_append_char(&url, '\0');
  int code = url.overflowed ? error_set(err, ERR_INVALID, "the issuer's address is too long")
                            : fetch_object(&(struct fetch){.url = url.data, .ca_file = p->ca_file}, &arena, &d, err);
  if (code == 0) code = check_metadata(p, d, err);
  buffer_free(&url);
  if (code) {
    arena_free(&arena);
    return code;
  }
  arena_free(&p->metadata_arena);
  p->metadata_arena = arena;
  p->metadata = d;
  p->metadata_us = now;
  return 0;
}

static int refresh_keys(struct oidc *o, struct oidc_provider *p, struct error *err) {
  struct arena arena;
  const struct document *d = NULL;
  arena_init(&arena, 8 * FETCH_BYTES);
  char *url = arena_string(&arena, document_text(p->metadata, "jwks_uri"));
  int code = fetch_object(&(struct fetch){.url = url, .ca_file = p->ca_file}, &arena, &d, err);
  if (code) {
    arena_free(&arena);
    return code;
  }
  arena_free(&p->keys_arena);
  p->keys_arena = arena;
  p->keys = d;
  p->keys_us = os_monotonic_us(o->os);
  return 0;
}

/* Whether the keys may be asked for once more because a token names one that is not known. */
static bool may_refetch(struct oidc *o, struct oidc_provider *p) {
  int64_t now = os_monotonic_us(o->os), each = OIDC_REFETCH_S * INT64_C(1000000);
  if (p->refetch_us < now) p->refetch_us = now;
  if (p->refetch_us - now > (OIDC_REFETCHES - 1) * each) return false;
  p->refetch_us += each;
  return true;
}

/* The key, copied into arena, as p->keys may change. With p->lock held. */
static int find_key(struct oidc *o, struct oidc_provider *p, const struct token_head *head, struct arena *arena,
                    const struct document **out, struct error *err) {
  bool old = !p->keys || os_monotonic_us(o->os) - p->keys_us >= OIDC_CACHE_S * INT64_C(1000000);
  int code = old ? refresh_keys(o, p, err) : 0;
  const struct document *key;
  if (code) return code;
  code = token_find_key(p->keys, head, &key, err);
  if (code == ERR_NOT_FOUND && !old && may_refetch(o, p)) {
    error_clear(err);
    code = refresh_keys(o, p, err);
    if (code == 0) code = token_find_key(p->keys, head, &key, err);
  }
  if (code == ERR_NOT_FOUND) {
    error_clear(err);
    return error_set(err, ERR_UNAUTHORIZED, "the ID token is refused: the provider has no such key");
  }
  if (code) return code;
  struct buffer text;
  buffer_init(&text, FETCH_BYTES);
  document_append(key, &text);
  struct slice copy = arena_copy(arena, buffer_slice(&text));
  buffer_free(&text);
  return copy.data ? document_read(copy, arena, out, err) : error_set(err, ERR_TOO_LARGE, "the key is too large");
}

/* ---- The way out ---- */

static void make_secret(const struct os *os, char out[OIDC_SECRET_TEXT_BYTES]) {
  unsigned char random[32];
  os->random(os->context, random, sizeof random);
  sodium_bin2base64(out, OIDC_SECRET_TEXT_BYTES, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  sodium_memzero(random, sizeof random);
}

static void append_param(struct buffer *out, const char *name, struct slice value) {
  bool first = out->len == 0 || out->data[out->len - 1] == '?';
  buffer_printf(out, "%s%s=", first ? "" : "&", name);
  fetch_append_encoded(out, value);
}

static void append_redirect(struct buffer *out, const struct oidc_set *set) {
  struct buffer url;
  buffer_init(&url, 4096);
  buffer_printf(&url, "%s/v1/oidc/callback", set->public_url);
  append_param(out, "redirect_uri", buffer_slice(&url));
  buffer_free(&url);
}

static void append_request(const struct oidc_set *set, const struct oidc_provider *p, const struct oidc_flow *flow,
                           struct buffer *out) {
  unsigned char digest[crypto_hash_sha256_BYTES];
  char challenge[OIDC_SECRET_TEXT_BYTES];
  crypto_hash_sha256(digest, (const unsigned char *)flow->verifier, strlen(flow->verifier));
  sodium_bin2base64(challenge, sizeof challenge, digest, sizeof digest, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  struct slice endpoint = document_text(p->metadata, "authorization_endpoint");
  buffer_append_slice(out, endpoint);
  buffer_append_char(out, memchr(endpoint.data, '?', endpoint.len) ? '&' : '?');
  buffer_append_text(out, "response_type=code");
  append_param(out, "client_id", slice_from(p->client_id));
  append_redirect(out, set);
  append_param(out, "scope", p->scopes);
  append_param(out, "state", slice_from(flow->state));
  append_param(out, "nonce", slice_from(flow->nonce));
  append_param(out, "code_challenge", slice_from(challenge));
  append_param(out, "code_challenge_method", SLICE("S256"));
}

int oidc_begin(struct oidc *o, struct slice provider, struct arena *arena, struct oidc_flow *flow_out,
               struct slice *url_out, struct error *err) {
  struct oidc_set *set;
  struct oidc_provider *p;
  struct buffer url;
  int code = enter(o, provider, &set, &p, err);
  if (code) return code;
  buffer_init(&url, 16 * 1024);
  make_secret(o->os, flow_out->state);
  make_secret(o->os, flow_out->nonce);
  make_secret(o->os, flow_out->verifier);
  pthread_mutex_lock(&p->lock);
  code = refresh_metadata(o, p, err);
  if (code == 0) append_request(set, p, flow_out, &url);
  pthread_mutex_unlock(&p->lock);
  if (code == 0) {
    *url_out = arena_copy(arena, buffer_slice(&url));
    if (url.overflowed || !url_out->data) code = error_set(err, ERR_IO, "the identity provider's address is too long");
  }
  buffer_free(&url);
  leave(o, set);
  return code;
}

/* ---- The way back ---- */

/* What of the metadata an exchange needs; strings in the arena. */
struct endpoints {
  char *token, *userinfo; /* userinfo NULL: none */
  unsigned algorithms;
  bool secret_in_body; /* client_secret_post, where the provider knows no other way */
  bool names_itself;   /* its answers carry iss (RFC 9207) */
};

static bool names(const struct document *list, const char *name) {
  for (const struct document *e = list && list->kind == DOCUMENT_ARRAY ? list->first : NULL; e; e = e->next)
    if (e->kind == DOCUMENT_STRING && slice_equal(e->text, slice_from(name))) return true;
  return false;
}

static int read_endpoints(struct oidc *o, struct oidc_provider *p, struct arena *arena, struct endpoints *out,
                          struct error *err) {
  pthread_mutex_lock(&p->lock);
  int code = refresh_metadata(o, p, err);
  if (code == 0) {
    const struct document *methods = document_member(p->metadata, "token_endpoint_auth_methods_supported");
    struct slice userinfo = document_text(p->metadata, "userinfo_endpoint");
    out->token = arena_string(arena, document_text(p->metadata, "token_endpoint"));
    out->userinfo = fetch_url_allowed(userinfo) ? arena_string(arena, userinfo) : NULL;
    out->algorithms =
        p->algorithms & oidc_algorithms(document_member(p->metadata, "id_token_signing_alg_values_supported"));
    const struct document *says = document_member(p->metadata, "authorization_response_iss_parameter_supported");
    out->names_itself = says && says->kind == DOCUMENT_BOOL && slice_equal(says->text, SLICE("true"));
    out->secret_in_body = names(methods, "client_secret_post") && !names(methods, "client_secret_basic");
  }
  pthread_mutex_unlock(&p->lock);
  return code;
}

/* RFC 6749 2.3.1: both parts form-encoded, then Basic. */
static void append_basic(const struct oidc_provider *p, struct buffer *out) {
  struct buffer pair;
  buffer_init(&pair, 4096);
  fetch_append_encoded(&pair, slice_from(p->client_id));
  buffer_append_char(&pair, ':');
  fetch_append_encoded(&pair, slice_from(p->client_secret));
  buffer_append_text(out, "Basic ");
  size_t room = sodium_base64_ENCODED_LEN(pair.len, sodium_base64_VARIANT_ORIGINAL);
  char *to = buffer_reserve(out, room);
  if (to) {
    sodium_bin2base64(to, room, (const unsigned char *)pair.data, pair.len, sodium_base64_VARIANT_ORIGINAL);
    buffer_commit(out, room); /* its NUL included */
  }
  explicit_bzero(pair.data, pair.len);
  buffer_free(&pair);
}

static int redeem(const struct oidc_set *set, const struct oidc_provider *p, const struct endpoints *e,
                  const struct oidc_flow *flow, struct slice code_text, struct arena *arena,
                  const struct document **out, struct error *err) {
  struct buffer form, basic;
  bool in_header = p->client_secret && !e->secret_in_body;
  buffer_init(&form, 32 * 1024);
  buffer_init(&basic, 8192);
  append_param(&form, "grant_type", SLICE("authorization_code"));
  append_param(&form, "code", code_text);
  append_redirect(&form, set);
  append_param(&form, "code_verifier", slice_from(flow->verifier));
  if (!in_header) append_param(&form, "client_id", slice_from(p->client_id));
  if (p->client_secret && e->secret_in_body) append_param(&form, "client_secret", slice_from(p->client_secret));
  buffer_append_char(&form, '\0');
  if (in_header) append_basic(p, &basic);
  struct fetch f = {.url = e->token, .ca_file = p->ca_file, .form = form.data, .authorization = basic.data};
  int code = form.overflowed ? error_set(err, ERR_INVALID, "the code is too long") : fetch_object(&f, arena, out, err);
  if (form.data) explicit_bzero(form.data, form.len);
  if (basic.data) explicit_bzero(basic.data, basic.len);
  buffer_free(&form);
  buffer_free(&basic);
  return code;
}

static int fetch_userinfo(const struct oidc_provider *p, const struct endpoints *e, struct slice access_token,
                          struct arena *arena, const struct document **out, struct error *err) {
  struct buffer bearer;
  *out = NULL;
  if (!e->userinfo || access_token.len == 0 || access_token.len > 8000) return 0;
  for (size_t i = 0; i < access_token.len; i++)
    if (access_token.data[i] <= ' ' || access_token.data[i] > '~')
      return error_set(err, ERR_IO, "the identity provider's access token is malformed");
  buffer_init(&bearer, 8192);
  buffer_printf(&bearer, "Bearer %.*s", SLICE_ARGS(access_token));
  buffer_append_char(&bearer, '\0');
  int code = fetch_object(&(struct fetch){.url = e->userinfo, .ca_file = p->ca_file, .authorization = bearer.data},
                          arena, out, err);
  explicit_bzero(bearer.data, bearer.len);
  buffer_free(&bearer);
  return code;
}

static int verify(struct oidc *o, struct oidc_provider *p, const struct endpoints *e, const struct oidc_flow *flow,
                  struct slice token, struct arena *arena, const struct document **claims_out, struct error *err) {
  struct token_head head;
  const struct document *key;
  int code = token_read_head(token, e->algorithms, arena, &head, err);
  if (code) return code;
  pthread_mutex_lock(&p->lock);
  code = find_key(o, p, &head, arena, &key, err);
  pthread_mutex_unlock(&p->lock);
  if (code == 0) code = token_verify(token, &head, key, arena, claims_out, err);
  if (code == 0) code = token_check_claims(*claims_out, p->issuer, p->client_id, flow->nonce, os_now_us(o->os), err);
  return code;
}

int oidc_finish(struct oidc *o, struct slice provider, const struct oidc_flow *flow, struct slice code_text,
                struct slice issuer, struct arena *arena, struct oidc_identity *out, struct error *err) {
  struct oidc_set *set;
  struct oidc_provider *p;
  struct endpoints e = {0};
  struct arena scratch;
  const struct document *tokens, *claims, *userinfo;
  int code = enter(o, provider, &set, &p, err);
  if (code) return code;
  arena_init(&scratch, 16 * FETCH_BYTES);
  if (issuer.len && !slice_equal(issuer, slice_from(p->issuer)))
    code = error_set(err, ERR_UNAUTHORIZED, "another issuer answered");
  if (code == 0) code = read_endpoints(o, p, &scratch, &e, err);
  if (code == 0 && e.names_itself && issuer.len == 0) /* RFC 9207 2.4 */
    code = error_set(err, ERR_UNAUTHORIZED, "the answer does not say which issuer gave it");
  if (code == 0) code = redeem(set, p, &e, flow, code_text, &scratch, &tokens, err);
  if (code == 0) code = verify(o, p, &e, flow, document_text(tokens, "id_token"), &scratch, &claims, err);
  if (code == 0) code = fetch_userinfo(p, &e, document_text(tokens, "access_token"), &scratch, &userinfo, err);
  if (code == 0) code = claims_map(p, claims, userinfo, arena, out, err);
  arena_free(&scratch);
  leave(o, set);
  return code;
}
