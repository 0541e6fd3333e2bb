/* ID tokens without a provider: forms, algorithms, keys and claims. */
#include <sodium.h>
#include <stdio.h>

#include "identity/internal.h"
#include "tests/test.h"

#define NOW_US INT64_C(1800000000000000)
#define ISSUER "https://idp.example"

static struct arena arena;

static struct slice base64(const void *bytes, size_t len) {
  size_t room = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  char *text = arena_take(&arena, room);
  sodium_bin2base64(text, room, bytes, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return slice_from(text);
}

static unsigned char public_key[crypto_sign_PUBLICKEYBYTES], secret_key[crypto_sign_SECRETKEYBYTES];

static struct slice make_token(const char *head, const char *payload) {
  char text[4096];
  unsigned char signature[crypto_sign_BYTES];
  struct slice h = base64(head, strlen(head)), p = base64(payload, strlen(payload));
  int len = snprintf(text, sizeof text, "%.*s.%.*s", SLICE_ARGS(h), SLICE_ARGS(p));
  crypto_sign_detached(signature, NULL, (const unsigned char *)text, (unsigned long long)len, secret_key);
  struct slice s = base64(signature, sizeof signature);
  int all = snprintf(text + len, sizeof text - (size_t)len, ".%.*s", SLICE_ARGS(s));
  return arena_copy(&arena, slice_of(text, (size_t)(len + all)));
}

static const struct document *parse(const char *json) {
  const struct document *d = NULL;
  ck_assert_ok(document_read(arena_copy(&arena, slice_from(json)), &arena, &d, NULL));
  return d;
}

static const struct document *key_set(const char *more) {
  char json[512];
  struct slice x = base64(public_key, sizeof public_key);
  snprintf(json, sizeof json,
           "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"a\",\"x\":\"%.*s\"},"
           "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"b\",\"x\":\"%.*s\",\"use\":\"enc\"}%s]}",
           SLICE_ARGS(x), SLICE_ARGS(x), more);
  return parse(json);
}

static void start(void) {
  arena_init(&arena, 1 << 20);
  ck_assert_int_ge(sodium_init(), 0);
  crypto_sign_keypair(public_key, secret_key);
}

static int read_head(const char *head, unsigned allowed) {
  struct token_head out;
  return token_read_head(make_token(head, "{}"), allowed, &arena, &out, NULL);
}

START_TEST(only_asymmetric_algorithms_that_are_allowed_are_read) {
  start();
  ck_assert_ok(read_head("{\"alg\":\"EdDSA\"}", ALG_ALL));
  ck_assert_ok(read_head("{\"alg\":\"RS256\",\"kid\":\"a\"}", ALG_RS256));
  static const char *const bad[] = {"{\"alg\":\"none\"}",
                                    "{\"alg\":\"HS256\"}",
                                    "{\"alg\":\"RS512\"}",
                                    "{\"alg\":\"eddsa\"}",
                                    "{\"alg\":\"\"}",
                                    "{}",
                                    "[]",
                                    "{\"alg\":[\"RS256\"]}",
                                    "{\"alg\":\"EdDSA\",\"alg\":\"none\"}",
                                    "{\"alg\":\"EdDSA\",\"crit\":[\"exp\"]}"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_msg(read_head(bad[i], ALG_ALL) == ERR_UNAUTHORIZED, "%s", bad[i]);
  ck_assert_int_eq(read_head("{\"alg\":\"EdDSA\"}", ALG_ALL & ~(unsigned)ALG_EDDSA), ERR_UNAUTHORIZED);
  arena_free(&arena);
}
END_TEST

START_TEST(a_key_signs_only_with_its_own_algorithm_and_purpose) {
  const struct document *key;
  start();
  const struct document *keys = key_set("");
  ck_assert_ok(token_find_key(keys, &(struct token_head){ALG_EDDSA, SLICE("a")}, &key, NULL));
  ck_assert_int_eq(token_find_key(keys, &(struct token_head){ALG_EDDSA, SLICE("b")}, &key, NULL), ERR_NOT_FOUND);
  ck_assert_int_eq(token_find_key(keys, &(struct token_head){ALG_RS256, SLICE("a")}, &key, NULL), ERR_NOT_FOUND);
  ck_assert_int_eq(token_find_key(keys, &(struct token_head){ALG_EDDSA, SLICE("c")}, &key, NULL), ERR_NOT_FOUND);
  ck_assert_ok(token_find_key(keys, &(struct token_head){ALG_EDDSA, SLICE("")}, &key, NULL));
  keys = key_set(",{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"c\",\"x\":\"AA\"}");
  ck_assert_int_eq(token_find_key(keys, &(struct token_head){ALG_EDDSA, SLICE("")}, &key, NULL), ERR_UNAUTHORIZED);
  ck_assert_int_eq(token_find_key(parse("{}"), &(struct token_head){ALG_EDDSA, SLICE("a")}, &key, NULL), ERR_NOT_FOUND);
  arena_free(&arena);
}
END_TEST

START_TEST(a_changed_byte_anywhere_breaks_the_signature) {
  struct token_head head;
  const struct document *key, *claims;
  start();
  struct slice token = make_token("{\"alg\":\"EdDSA\",\"kid\":\"a\"}", "{\"sub\":\"jane\"}");
  ck_assert_ok(token_read_head(token, ALG_ALL, &arena, &head, NULL));
  ck_assert_ok(token_find_key(key_set(""), &head, &key, NULL));
  ck_assert_ok(token_verify(token, &head, key, &arena, &claims, NULL));
  ck_assert(slice_equal(document_text(claims, "sub"), SLICE("jane")));
  for (size_t i = 0; i < token.len; i++) {
    char *copy = arena_string(&arena, token);
    copy[i] = copy[i] == 'A' ? 'B' : 'A';
    if (copy[i] == token.data[i]) continue;
    int code = token_verify(slice_of(copy, token.len), &head, key, &arena, &claims, NULL);
    ck_assert_msg(code == ERR_UNAUTHORIZED, "byte %zu", i);
  }
  static const char *const bad[] = {"", ".", "..", "a.b", "a.b.c.d", "...", "a..c"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_int_eq(token_read_head(slice_from(bad[i]), ALG_ALL, &arena, &head, NULL), ERR_UNAUTHORIZED);
  arena_free(&arena);
}
END_TEST

static int check(const char *json) { return token_check_claims(parse(json), ISSUER, "daybook", "n", NOW_US, NULL); }

START_TEST(claims_must_be_ours_and_of_now) {
  start();
#define CLAIMS(aud, more) "{\"iss\":\"" ISSUER "\",\"aud\":" aud ",\"sub\":\"jane\",\"nonce\":\"n\"," more "}"
#define TIMES "\"exp\":1800000100,\"iat\":1799999990"
  ck_assert_ok(check(CLAIMS("\"daybook\"", TIMES)));
  ck_assert_ok(check(CLAIMS("[\"daybook\"]", TIMES)));
  ck_assert_ok(check(CLAIMS("[\"x\",\"daybook\"]", TIMES ",\"azp\":\"daybook\"")));
  ck_assert_ok(check(CLAIMS("\"daybook\"", "\"exp\":1799999941,\"iat\":1800000060")));
  static const char *const bad[] = {
      CLAIMS("\"other\"", TIMES),
      CLAIMS("[]", TIMES),
      CLAIMS("[\"x\",\"daybook\"]", TIMES),
      CLAIMS("7", TIMES),
      CLAIMS("\"daybook\"", TIMES ",\"azp\":\"x\""),
      CLAIMS("\"daybook\"", TIMES ",\"nbf\":1800000061"),
      CLAIMS("\"daybook\"", "\"exp\":1799999940,\"iat\":1"),
      CLAIMS("\"daybook\"", "\"exp\":1800000100,\"iat\":1800000061"),
      CLAIMS("\"daybook\"", "\"exp\":\"1800000100\",\"iat\":1"),
      CLAIMS("\"daybook\"", "\"iat\":1"),
      CLAIMS("\"daybook\"", "\"exp\":1e999,\"iat\":1"),
      CLAIMS("\"daybook\"", "\"exp\":-1,\"iat\":1"),
      "{\"iss\":\"" ISSUER "/\",\"aud\":\"daybook\",\"sub\":\"jane\",\"nonce\":\"n\"," TIMES "}",
      "{\"iss\":\"" ISSUER "\",\"aud\":\"daybook\",\"sub\":\"jane\",\"nonce\":\"m\"," TIMES "}",
      "{\"iss\":\"" ISSUER "\",\"aud\":\"daybook\",\"sub\":\"jane\"," TIMES "}",
      "{\"iss\":\"" ISSUER "\",\"aud\":\"daybook\",\"sub\":7,\"nonce\":\"n\"," TIMES "}",
      "{\"iss\":\"" ISSUER "\",\"aud\":\"daybook\",\"nonce\":\"n\"," TIMES "}"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) ck_assert_msg(check(bad[i]) == ERR_UNAUTHORIZED, "%s", bad[i]);
  arena_free(&arena);
}
END_TEST

START_TEST(a_claim_becomes_one_segment_of_a_tenant_or_nothing) {
  static const struct oidc_rule rules[] = {{.claim = SLICE_INIT("groups"),
                                            .value = SLICE_INIT("staff"),
                                            .role = SLICE_INIT("viewer"),
                                            .tenant = SLICE_INIT("acme/{department}")}};
  const struct oidc_provider p = {.id = SLICE("corp"), .issuer = ISSUER, .rules = rules, .rule_count = 1};
  static const struct {
    const char *claims, *tenant;
  } cases[] = {{"{\"sub\":\"a\",\"groups\":[\"staff\"],\"department\":\"eu\"}", "acme/eu"},
               {"{\"sub\":\"a\",\"groups\":\"staff\",\"department\":\"a.b-c_1\"}", "acme/a.b-c_1"},
               {"{\"sub\":\"a\",\"groups\":[\"staffs\"],\"department\":\"eu\"}", NULL},
               {"{\"sub\":\"a\",\"groups\":{\"staff\":1},\"department\":\"eu\"}", NULL},
               {"{\"sub\":\"a\",\"groups\":[\"staff\"]}", NULL},
               {"{\"sub\":\"a\",\"groups\":[\"staff\"],\"department\":\"\"}", NULL},
               {"{\"sub\":\"a\",\"groups\":[\"staff\"],\"department\":\"eu/x\"}", NULL},
               {"{\"sub\":\"a\",\"groups\":[\"staff\"],\"department\":\"..\"}", NULL},
               {"{\"sub\":\"a\",\"groups\":[\"staff\"],\"department\":\"a b\"}", NULL},
               {"{\"sub\":\"a\",\"groups\":[\"staff\"],\"department\":[\"eu\"]}", NULL},
               {"{\"sub\":\"a\",\"groups\":[\"staff\"],\"department\":\"{groups}\"}", NULL}};
  start();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct oidc_identity who;
    ck_assert_ok(claims_map(&p, parse(cases[i].claims), NULL, &arena, &who, NULL));
    ck_assert_msg(who.grant_count == (cases[i].tenant ? 1 : 0), "%s", cases[i].claims);
    if (cases[i].tenant) ck_assert(slice_equal(who.grants[0].tenant, slice_from(cases[i].tenant)));
  }
  struct oidc_identity who;
  ck_assert_int_eq(claims_map(&p, parse("{\"sub\":\"a\"}"), parse("{\"sub\":\"b\"}"), &arena, &who, NULL),
                   ERR_UNAUTHORIZED);
  ck_assert_ok(
      claims_map(&p, parse("{\"sub\":\"a\"}"), parse("{\"sub\":\"a\",\"email\":\"a@b.c\"}"), &arena, &who, NULL));
  ck_assert_uint_eq(who.email.len, 0);
  ck_assert_ok(
      claims_map(&p, parse("{\"sub\":\"a\",\"email_verified\":true,\"email\":\"a@b.c\"}"), NULL, &arena, &who, NULL));
  ck_assert(slice_equal(who.email, SLICE("a@b.c")));
  arena_free(&arena);
}
END_TEST

START_TEST(addresses_of_providers_are_https_or_this_machine) {
  static const char *const good[] = {"https://idp.example", "https://idp.example:8443/a?b=c", "http://127.0.0.1:8080/x",
                                     "http://localhost", "http://[::1]:80/"};
  static const char *const bad[] = {"",
                                    "https://",
                                    "http://idp.example",
                                    "http://127.0.0.1.evil.example/",
                                    "http://localhost.evil.example",
                                    "http://127.0.0.1@evil.example/",
                                    "ftp://x",
                                    "file:///etc",
                                    "https://a b",
                                    "https://a\r\nX: y",
                                    "https://a#b",
                                    "//idp.example"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    ck_assert_msg(fetch_url_allowed(slice_from(good[i])), "%s", good[i]);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_msg(!fetch_url_allowed(slice_from(bad[i])), "%s", bad[i]);
}
END_TEST

TEST_MAIN("token", only_asymmetric_algorithms_that_are_allowed_are_read,
          a_key_signs_only_with_its_own_algorithm_and_purpose, a_changed_byte_anywhere_breaks_the_signature,
          claims_must_be_ours_and_of_now, a_claim_becomes_one_segment_of_a_tenant_or_nothing,
          addresses_of_providers_are_https_or_this_machine)
