/* Passwords are kept as argon2id with libsodium's interactive limits (64 MiB, two passes): some 50 ms on one core,
 * which is what a log-in may cost and a guess must. */
#include <sodium.h>

#include "accounts/accounts.h"

static_assert(ACCOUNTS_PASSWORD_BYTES >= crypto_pwhash_STRBYTES, "a hash fits its text");

int accounts_hash_password(struct slice password, char out[ACCOUNTS_PASSWORD_BYTES], struct error *err) {
  if (password.len < LIMIT_PASSWORD_LEAST_BYTES || password.len > LIMIT_PASSWORD_MOST_BYTES)
    return error_set_at(err, ERR_INVALID, "/password", "must have %d to %d bytes", LIMIT_PASSWORD_LEAST_BYTES,
                        LIMIT_PASSWORD_MOST_BYTES);
  if (crypto_pwhash_str(out, password.data, password.len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
    return error_set(err, ERR_BUSY, "there is not enough memory to hash a password now");
  return 0;
}
