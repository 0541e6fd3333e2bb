/* ID tokens: JSON Web Signatures in compact form (RFC 7515, 7518, 8037) and the claims that must hold.
 *
 * Which algorithm is used is decided before any key is touched: only asymmetric ones that both the provider's metadata
 * and the configuration name, and each only with a key of its own type. A token cannot choose "none", nor have a public
 * key taken for an HMAC secret. */
#include <cjose/cjose.h>
#include <sodium.h>
#include <stdlib.h>

#include "identity/internal.h"

static const struct {
  const char *name, *key_type, *curve;
  unsigned number;
} algorithms[] = {
    {"RS256", "RSA", NULL, ALG_RS256},
    {"PS256", "RSA", NULL, ALG_PS256},
    {"ES256", "EC", "P-256", ALG_ES256},
    {"EdDSA", "OKP", "Ed25519", ALG_EDDSA},
};
enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

unsigned oidc_algorithm(struct slice name) {
  for (size_t i = 0; i < ALGORITHMS; i++)
    if (slice_equal(name, slice_from(algorithms[i].name))) return algorithms[i].number;
  return 0;
}

unsigned oidc_algorithms(const struct document *list) {
  unsigned set = 0;
  if (!list || list->kind != DOCUMENT_ARRAY) return 0;
  for (const struct document *d = list->first; d; d = d->next)
    if (d->kind == DOCUMENT_STRING) set |= oidc_algorithm(d->text);
  return set;
}

static int refuse(struct error *err, const char *why) {
  return error_set(err, ERR_UNAUTHORIZED, "the ID token is refused: %s", why);
}

/* ---- Form ---- */

static bool decode(struct slice text, struct arena *arena, struct slice *out) {
  size_t len;
  unsigned char *to = arena_alloc(arena, text.len + 1);
  if (!to || sodium_base642bin(to, text.len + 1, text.data, text.len, NULL, &len, NULL,
                               sodium_base64_VARIANT_URLSAFE_NO_PADDING))
    return false;
  *out = slice_of((const char *)to, len);
  return true;
}

/* "head.payload.signature" */
static bool split(struct slice token, struct slice parts[3]) {
  for (int i = 0; i < 3; i++) {
    const char *dot = token.len ? memchr(token.data, '.', token.len) : NULL;
    if ((i < 2) != (dot != NULL)) return false;
    parts[i] = slice_of(token.data, dot ? (size_t)(dot - token.data) : token.len);
    token = slice_skip(token, parts[i].len + 1);
  }
  return parts[0].len > 0 && parts[1].len > 0 && parts[2].len > 0;
}

static int read_object(struct slice text, struct arena *arena, const struct document **out, struct error *err) {
  const struct document *d;
  if (document_read(text, arena, &d, NULL) || d->kind != DOCUMENT_OBJECT) return refuse(err, "it is malformed");
  *out = d;
  return 0;
}

int token_read_head(struct slice token, unsigned allowed, struct arena *arena, struct token_head *out,
                    struct error *err) {
  struct slice parts[3], text;
  const struct document *head = NULL;
  if (token.len > OIDC_TOKEN_BYTES || !split(token, parts) || !decode(parts[0], arena, &text))
    return refuse(err, "it is malformed");
  int code = read_object(text, arena, &head, err);
  if (code) return code;
  if (document_member(head, "crit")) return refuse(err, "it asks for an extension");
  out->algorithm = oidc_algorithm(document_text(head, "alg")) & allowed;
  if (!out->algorithm) return refuse(err, "its signature algorithm is not allowed");
  out->kid = document_text(head, "kid");
  return 0;
}

/* ---- Keys ---- */

static bool key_fits(const struct document *key, const struct token_head *head) {
  struct slice use = document_text(key, "use"), alg = document_text(key, "alg");
  for (size_t i = 0; i < ALGORITHMS; i++) {
    if (algorithms[i].number != head->algorithm) continue;
    if (!slice_equal(document_text(key, "kty"), slice_from(algorithms[i].key_type))) return false;
    if (algorithms[i].curve && !slice_equal(document_text(key, "crv"), slice_from(algorithms[i].curve))) return false;
    if (alg.len && !slice_equal(alg, slice_from(algorithms[i].name))) return false;
    return use.len == 0 || slice_equal(use, SLICE("sig"));
  }
  return false;
}

int token_find_key(const struct document *keys, const struct token_head *head, const struct document **out,
                   struct error *err) {
  const struct document *list = document_member(keys, "keys"), *found = NULL;
  for (const struct document *k = list && list->kind == DOCUMENT_ARRAY ? list->first : NULL; k; k = k->next) {
    if (!key_fits(k, head)) continue;
    if (head->kid.len && !slice_equal(document_text(k, "kid"), head->kid)) continue;
    if (found) return refuse(err, "it does not say which key signed it");
    found = k;
  }
  if (!found) return error_set(err, ERR_NOT_FOUND, "the ID token is refused: the provider has no such key");
  *out = found;
  return 0;
}

static bool verify_eddsa(const struct slice parts[3], const struct document *key, struct arena *arena) {
  struct slice public_key, signature;
  return decode(document_text(key, "x"), arena, &public_key) && public_key.len == crypto_sign_PUBLICKEYBYTES &&
         decode(parts[2], arena, &signature) && signature.len == crypto_sign_BYTES &&
         crypto_sign_verify_detached((const unsigned char *)signature.data, (const unsigned char *)parts[0].data,
                                     parts[0].len + 1 + parts[1].len, (const unsigned char *)public_key.data) == 0;
}

static bool verify_cjose(struct slice token, const struct document *key) {
  struct buffer json;
  cjose_err err;
  buffer_init(&json, FETCH_BYTES);
  document_append(key, &json);
  cjose_jwk_t *jwk = cjose_jwk_import(json.data, json.len, &err);
  cjose_jws_t *jws = jwk ? cjose_jws_import(token.data, token.len, &err) : NULL;
  bool holds = jws && cjose_jws_verify(jws, jwk, &err);
  if (jws) cjose_jws_release(jws);
  if (jwk) cjose_jwk_release(jwk);
  buffer_free(&json);
  return holds;
}

int token_verify(struct slice token, const struct token_head *head, const struct document *key, struct arena *arena,
                 const struct document **claims_out, struct error *err) {
  struct slice parts[3], text;
  if (!split(token, parts)) return refuse(err, "it is malformed");
  bool holds = head->algorithm == ALG_EDDSA ? verify_eddsa(parts, key, arena) : verify_cjose(token, key);
  if (!holds) return refuse(err, "its signature does not hold");
  if (!decode(parts[1], arena, &text)) return refuse(err, "it is malformed");
  return read_object(text, arena, claims_out, err);
}

/* ---- Claims ---- */

/* A NumericDate (RFC 7519), in seconds; false where there is none. */
static bool number_claim(const struct document *claims, const char *name, int64_t *out) {
  const struct document *d = document_member(claims, name);
  char text[32], *end;
  if (!d || d->kind != DOCUMENT_NUMBER || d->text.len >= sizeof text) return false;
  memcpy(text, d->text.data, d->text.len);
  text[d->text.len] = '\0';
  double value = strtod(text, &end);
  if (*end || !(value >= 0 && value < 1e11)) return false;
  *out = (int64_t)value;
  return true;
}

/* aud is a text or a list of texts. With more than one, azp must name us; where azp stands, it must be ours. */
static bool is_for(const struct document *claims, struct slice client_id) {
  const struct document *aud = document_member(claims, "aud"), *azp = document_member(claims, "azp");
  bool ours = false;
  if (!aud) return false;
  if (azp && (azp->kind != DOCUMENT_STRING || !slice_equal(azp->text, client_id))) return false;
  if (aud->kind == DOCUMENT_STRING) return slice_equal(aud->text, client_id);
  if (aud->kind != DOCUMENT_ARRAY || !aud->first) return false;
  for (const struct document *d = aud->first; d; d = d->next)
    ours = ours || (d->kind == DOCUMENT_STRING && slice_equal(d->text, client_id));
  return ours && (azp || !aud->first->next);
}

int token_check_claims(const struct document *claims, const char *issuer, const char *client_id, const char *nonce,
                       int64_t now_us, struct error *err) {
  int64_t now_s = now_us / 1000000, exp, iat, nbf;
  const struct document *sub = document_member(claims, "sub");
  struct slice got = document_text(claims, "nonce");
  if (!slice_equal(document_text(claims, "iss"), slice_from(issuer))) return refuse(err, "it is of another issuer");
  if (!is_for(claims, slice_from(client_id))) return refuse(err, "it is for somebody else");
  if (!number_claim(claims, "exp", &exp) || now_s >= exp + OIDC_SKEW_S) return refuse(err, "it has expired");
  if (!number_claim(claims, "iat", &iat) || iat > now_s + OIDC_SKEW_S)
    return refuse(err, "it is from the future; compare the clocks");
  if (document_member(claims, "nbf") && (!number_claim(claims, "nbf", &nbf) || nbf > now_s + OIDC_SKEW_S))
    return refuse(err, "it is not valid yet; compare the clocks");
  if (got.len != strlen(nonce) || sodium_memcmp(got.data, nonce, got.len)) return refuse(err, "its nonce is not ours");
  if (!sub || sub->kind != DOCUMENT_STRING || sub->text.len == 0 || sub->text.len > 255)
    return refuse(err, "it names nobody");
  return 0;
}
