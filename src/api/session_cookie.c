/* The session's cookie, and what makes sure that it was our own page that sent it. */
#include <sodium.h>

#include "api/sign_in.h"

static_assert(CSRF_TEXT_BYTES >= sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
              "a csrf text fits");

void csrf_text(const struct api *a, struct slice session, char out[CSRF_TEXT_BYTES]) {
  unsigned char key[ACCOUNTS_SECRET_BYTES], mac[32];
  accounts_derive_key(a->accounts, "csrf", key);
  crypto_generichash(mac, sizeof mac, (const unsigned char *)session.data, session.len, key, sizeof key);
  sodium_bin2base64(out, CSRF_TEXT_BYTES, mac, sizeof mac, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  sodium_memzero(key, sizeof key);
}

/* The prefix makes browsers refuse the cookie unless it came over TLS from this very host. */
const char *session_cookie_name(const struct http_request *r) {
  return request_is_secure(r) ? "__Host-daybook" : "daybook";
}

/* Another site's page may bring its visitor here, but not ask in the visitor's name (Fetch Metadata). */
static bool is_foreign(const struct http_request *r, const struct http_route *route) {
  if (!slice_equal(http_header(r, "Sec-Fetch-Site"), SLICE("cross-site"))) return false;
  bool navigates = slice_equal(http_header(r, "Sec-Fetch-Mode"), SLICE("navigate"));
  return !navigates || strcmp(route->method, "GET") != 0;
}

int check_form(const struct http_request *r, struct error *err) {
  if (!slice_equal(http_media_type(r), SLICE("application/json")))
    return error_set(err, ERR_UNSUPPORTED, "Content-Type must be application/json");
  if (slice_equal(http_header(r, "Sec-Fetch-Site"), SLICE("cross-site")))
    return error_set(err, ERR_FORBIDDEN, "another site asked for this");
  return 0;
}

static bool has_csrf(const struct http_request *r, const struct api *a, struct slice session) {
  char wanted[CSRF_TEXT_BYTES];
  struct slice sent = http_header(r, "X-Daybook-CSRF");
  csrf_text(a, session, wanted);
  bool same = sent.len == strlen(wanted) && sodium_memcmp(sent.data, wanted, sent.len) == 0;
  sodium_memzero(wanted, sizeof wanted);
  return same;
}

int session_authenticate(struct http_request *r, const struct http_route *route, struct api *a, struct slice cookie,
                         struct principal *out, struct error *err) {
  int code = access_authenticate_session(a->access, cookie, request_address(r), http_arena(r), out, err);
  if (code) return code;
  if (is_foreign(r, route)) return error_set(err, ERR_FORBIDDEN, "another site asked for this");
  if (strcmp(route->method, "GET") != 0 && !has_csrf(r, a, out->session))
    return error_set(err, ERR_FORBIDDEN, "the header X-Daybook-CSRF is missing or not this session's");
  return 0;
}
