/* The operator key.
 *
 * A key is "dbk_" and 43 characters of base64url: 32 random bytes. Kept is "blake2b:" and 64 hexadecimal digits, the
 * unkeyed BLAKE2b-256 of the key's text, in the store's setting "operator_key".
 *
 * Why not argon2: slow hashes protect secrets that can be guessed. 256 random bits cannot, however fast one tries, and
 * every request pays for the check. A preset key is the operator's choice; the documentation asks for a random one,
 * and a minimum length refuses the worst. */
#include "access/access.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HASH_BYTES = 32, KEY_RANDOM_BYTES = 32, HASH_TEXT_BYTES = 2 * HASH_BYTES };

#define SETTING "operator_key"
#define HASH_PREFIX "blake2b:"
#define KEY_PREFIX "dbk_"

struct access {
  unsigned char operator_hash[HASH_BYTES];
};

static const struct scope_grant everything = {.subtree = {"", 0}};

static void hash_key(struct slice key, unsigned char out[HASH_BYTES]) {
  crypto_generichash(out, HASH_BYTES, (const unsigned char *)key.data, key.len, NULL, 0);
}

static int store_hash(struct store *store, const unsigned char hash[HASH_BYTES], struct error *err) {
  char text[sizeof HASH_PREFIX + HASH_TEXT_BYTES] = HASH_PREFIX;
  sodium_bin2hex(text + strlen(HASH_PREFIX), HASH_TEXT_BYTES + 1, hash, HASH_BYTES);
  return store_set_setting(store, SETTING, slice_from(text), err);
}

static int load_hash(struct store *store, unsigned char out[HASH_BYTES], struct error *err) {
  struct arena arena;
  struct slice value;
  size_t len = 0;
  arena_init(&arena, 4096);
  int code = store_get_setting(store, SETTING, &arena, &value);
  if (code == 0) {
    struct slice hex = slice_skip(value, strlen(HASH_PREFIX));
    if (!slice_starts_with(value, SLICE(HASH_PREFIX)) ||
        sodium_hex2bin(out, HASH_BYTES, hex.data, hex.len, NULL, &len, NULL) || len != HASH_BYTES)
      code = error_set(err, ERR_CORRUPT, "the stored operator key is damaged; preset one with DAYBOOK_OPERATOR_KEY");
  }
  arena_free(&arena);
  return code;
}

static int check_preset(const char *key, struct error *err) {
  size_t len = strlen(key);
  if (len < ACCESS_KEY_MIN_BYTES || len > ACCESS_KEY_MAX_BYTES)
    return error_set(err, ERR_INVALID, "DAYBOOK_OPERATOR_KEY must have %d to %d characters", ACCESS_KEY_MIN_BYTES,
                     ACCESS_KEY_MAX_BYTES);
  for (size_t i = 0; i < len; i++)
    if (key[i] <= ' ' || key[i] > '~')
      return error_set(err, ERR_INVALID, "DAYBOOK_OPERATOR_KEY may have printable ASCII characters only, no blanks");
  return 0;
}

void access_make_key(const struct os *os, char out[ACCESS_KEY_TEXT_BYTES]) {
  unsigned char random[KEY_RANDOM_BYTES];
  static_assert(
      sizeof KEY_PREFIX + sodium_base64_ENCODED_LEN(KEY_RANDOM_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING) <=
          ACCESS_KEY_TEXT_BYTES,
      "a key fits its text");
  os->random(os->context, random, sizeof random);
  memcpy(out, KEY_PREFIX, sizeof KEY_PREFIX);
  sodium_bin2base64(out + strlen(KEY_PREFIX), ACCESS_KEY_TEXT_BYTES - strlen(KEY_PREFIX), random, sizeof random,
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  sodium_memzero(random, sizeof random);
}

int access_open(const struct os *os, struct store *store, const char *preset, struct access **out,
                char new_key_out[ACCESS_KEY_TEXT_BYTES], struct error *err) {
  new_key_out[0] = '\0';
  if (sodium_init() < 0) return error_set(err, ERR_INTERNAL, "libsodium does not start");
  struct access *a = calloc(1, sizeof *a);
  if (!a) abort();
  int code;
  if (preset) {
    code = check_preset(preset, err);
    if (code == 0) hash_key(slice_from(preset), a->operator_hash);
    if (code == 0) code = store_hash(store, a->operator_hash, err);
  } else {
    code = load_hash(store, a->operator_hash, err);
    if (code == ERR_NOT_FOUND) {
      char key[ACCESS_KEY_TEXT_BYTES];
      access_make_key(os, key);
      hash_key(slice_from(key), a->operator_hash);
      code = store_hash(store, a->operator_hash, err);
      if (code == 0) memcpy(new_key_out, key, sizeof key);
      sodium_memzero(key, sizeof key);
    }
  }
  if (code) {
    access_close(a);
    return code;
  }
  *out = a;
  return 0;
}

void access_close(struct access *a) {
  if (!a) return;
  sodium_memzero(a, sizeof *a);
  free(a);
}

static bool split_bearer(struct slice header, struct slice *key_out) {
  if (header.len < 8 || strncasecmp(header.data, "Bearer ", 7) != 0) return false;
  struct slice key = slice_skip(header, 7);
  while (key.len && key.data[0] == ' ') key = slice_skip(key, 1);
  while (key.len && key.data[key.len - 1] == ' ') key.len--;
  *key_out = key;
  return key.len > 0 && key.len <= ACCESS_KEY_MAX_BYTES;
}

void access_local_operator(struct principal *out) {
  *out = (struct principal){
      .scope = {&everything, 1},
      .name = SLICE("operator"),
      .rights = ACCESS_READ | ACCESS_WRITE | ACCESS_ADMIN,
  };
}

int access_authenticate(struct access *a, struct slice authorization, struct arena *arena, struct principal *out,
                        struct error *err) {
  (void)arena; /* the operator's grant is static; those of users and keys will be copied here */
  struct slice key;
  if (authorization.len == 0)
    return error_set(err, ERR_UNAUTHORIZED, "a key is needed: send the header Authorization: Bearer KEY");
  if (!split_bearer(authorization, &key))
    return error_set(err, ERR_UNAUTHORIZED, "the Authorization header must be: Bearer KEY");
  unsigned char hash[HASH_BYTES];
  hash_key(key, hash);
  int differs = sodium_memcmp(hash, a->operator_hash, HASH_BYTES);
  sodium_memzero(hash, sizeof hash);
  if (differs) return error_set(err, ERR_UNAUTHORIZED, "this key is not valid");
  access_local_operator(out);
  return 0;
}

int access_require(const struct principal *p, enum access_right right, struct error *err) {
  if (p->rights & right) return 0;
  return error_set(err, ERR_FORBIDDEN, "this key may not do that");
}

bool access_may_write_tenant(const struct principal *p, struct slice tenant) {
  return (p->rights & ACCESS_WRITE) && scope_covers_tenant(&p->scope, tenant);
}
