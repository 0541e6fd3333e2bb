/* DIR/secret.key: 32 random bytes, made at the first start, 0600. Keys for single purposes are derived from it
 * (libsodium's crypto_kdf), so that what is sealed for one purpose opens for no other. Whoever has the data folder has
 * it: it keeps secrets of accounts.db from copies of that file alone, and makes what travels through browsers
 * unforgeable. */
#include <sodium.h>
#include <stdio.h>

#include "accounts/accounts.h"
#include "accounts/internal.h"

static_assert(ACCOUNTS_SECRET_BYTES == crypto_kdf_KEYBYTES, "the secret is a key to derive keys from");
static_assert(ACCOUNTS_SECRET_BYTES == crypto_secretbox_KEYBYTES, "a derived key seals");
static_assert(ACCOUNTS_SEAL_BYTES == crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES, "what sealing adds");

static int write_file(const struct accounts *a, const char *dir, const char *path,
                      const unsigned char secret[ACCOUNTS_SECRET_BYTES], struct error *err) {
  struct os_file *file = NULL;
  int code = os_open(a->os, path, OS_CREATE, &file);
  if (code == 0) code = os_write(a->os, file, 0, secret, ACCOUNTS_SECRET_BYTES);
  if (code == 0) code = os_sync(a->os, file);
  os_close(a->os, file);
  if (code == 0) code = a->os->sync_dir(a->os->context, dir);
  return code ? error_set(err, code, "cannot write %s: %s", path, error_text(code)) : 0;
}

static int make_file(struct accounts *a, const char *dir, const char *path, struct error *err) {
  unsigned char secret[ACCOUNTS_SECRET_BYTES];
  a->os->random(a->os->context, secret, sizeof secret);
  int code = write_file(a, dir, path, secret, err);
  if (code == 0) memcpy(a->secret, secret, sizeof secret);
  sodium_memzero(secret, sizeof secret);
  return code;
}

int accounts_copy_secret(struct accounts *a, const char *beside, struct error *err) {
  char dir[4096], path[4096];
  const char *slash = strrchr(beside, '/');
  int len = snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - beside) : 1, slash ? beside : ".");
  if (len < 0 || (size_t)len + sizeof "/secret.key" > sizeof path)
    return error_set(err, ERR_INVALID, "the folder's name is too long");
  snprintf(path, sizeof path, "%.*s/secret.key", len, dir);
  return write_file(a, dir, path, a->secret, err);
}

static int read_file(struct accounts *a, struct os_file *file, const char *path, struct error *err) {
  uint64_t size = 0;
  int code = os_size(a->os, file, &size);
  if (code == 0 && size == ACCOUNTS_SECRET_BYTES) code = os_read_exact(a->os, file, 0, a->secret, sizeof a->secret);
  if (code == 0 && size != ACCOUNTS_SECRET_BYTES)
    return error_set(err, ERR_CORRUPT, "%s is damaged: it must have %d bytes", path, ACCOUNTS_SECRET_BYTES);
  return code ? error_set(err, code, "cannot read %s: %s", path, error_text(code)) : 0;
}

int accounts_load_secret(struct accounts *a, const char *dir, bool read_only, struct error *err) {
  char path[4096];
  struct os_file *file = NULL;
  int len = snprintf(path, sizeof path, "%s/secret.key", dir);
  if (len < 0 || (size_t)len >= sizeof path) return error_set(err, ERR_INVALID, "the data folder's name is too long");
  int code = os_open(a->os, path, OS_READ, &file);
  if (code == ERR_NOT_FOUND) return read_only ? 0 : make_file(a, dir, path, err);
  if (code) return error_set(err, code, "cannot open %s: %s", path, error_text(code));
  code = read_file(a, file, path, err);
  os_close(a->os, file);
  return code;
}

void accounts_derive_key(const struct accounts *a, const char *purpose, unsigned char out[ACCOUNTS_SECRET_BYTES]) {
  char context[crypto_kdf_CONTEXTBYTES] = {0};
  size_t len = strlen(purpose);
  assert(len > 0 && len <= sizeof context);
  memcpy(context, purpose, len);
  crypto_kdf_derive_from_key(out, ACCOUNTS_SECRET_BYTES, 1, context, a->secret);
}

void accounts_seal(const struct accounts *a, const char *purpose, struct slice plain, struct buffer *out) {
  unsigned char key[ACCOUNTS_SECRET_BYTES], nonce[crypto_secretbox_NONCEBYTES];
  accounts_derive_key(a, purpose, key);
  a->os->random(a->os->context, nonce, sizeof nonce);
  buffer_append(out, nonce, sizeof nonce);
  char *to = buffer_reserve(out, plain.len + crypto_secretbox_MACBYTES);
  if (to) {
    crypto_secretbox_easy((unsigned char *)to, (const unsigned char *)plain.data, plain.len, nonce, key);
    buffer_commit(out, plain.len + crypto_secretbox_MACBYTES);
  }
  sodium_memzero(key, sizeof key);
}

bool accounts_unseal(const struct accounts *a, const char *purpose, struct slice sealed, struct arena *arena,
                     struct slice *out) {
  unsigned char key[ACCOUNTS_SECRET_BYTES];
  if (sealed.len < ACCOUNTS_SEAL_BYTES) return false;
  size_t len = sealed.len - ACCOUNTS_SEAL_BYTES;
  char *to = arena_alloc(arena, len);
  if (!to) return false;
  accounts_derive_key(a, purpose, key);
  int result =
      crypto_secretbox_open_easy((unsigned char *)to, (const unsigned char *)sealed.data + crypto_secretbox_NONCEBYTES,
                                 sealed.len - crypto_secretbox_NONCEBYTES, (const unsigned char *)sealed.data, key);
  sodium_memzero(key, sizeof key);
  *out = slice_of(to, len);
  return result == 0;
}
