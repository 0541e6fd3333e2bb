/* Passwords: which are allowed, and checking one against its argon2id hash. */
#include <sodium.h>

#include "accounts/accounts.h"
#include "base/fold.h"

/* Of those that are long enough, the ones that guessers try first, folded. */
static const char *const common[] = {
    "1234567890",    "0123456789",     "1234567891",    "12345678910",      "123456789a",   "123456789q",
    "a123456789",    "q123456789",     "0987654321",    "9876543210",       "1111111111",   "0000000000",
    "aaaaaaaaaa",    "1q2w3e4r5t",     "1qaz2wsx3edc",  "qwertyuiop",       "qwerty12345",  "qwerty1234",
    "qwerty123456",  "qwertyuiop123",  "asdfghjkl;",    "asdfghjkl1",       "zxcvbnm123",   "password123",
    "password12",    "password1234",   "password12345", "password123!",     "password!!",   "passw0rd123",
    "p@ssw0rd123",   "p@ssword123",    "p@ssw0rd1!",    "passwordpassword", "mypassword",   "mypassword1",
    "newpassword",   "changeme123",    "changeme1234",  "letmein123",       "letmein1234",  "welcome123",
    "welcome1234",   "welcome2024",    "welcome2025",   "welcome2026",      "admin12345",   "admin123456",
    "administrator", "administrator1", "adminadmin",    "adminadmin1",      "superadmin",   "iloveyou123",
    "iloveyou12",    "sunshine123",    "princess123",   "football123",      "baseball123",  "basketball",
    "liverpool1",    "manchester1",    "chocolate1",    "butterfly1",       "christopher",  "michelle123",
    "jennifer123",   "alexander1",     "elizabeth1",    "trustno1trustno1", "abcdefghij",   "abcdefghijk",
    "abcd123456",    "abc1234567",     "abc123456789",  "123abc123abc",     "1234qwerasdf", "summer2024!",
    "summer2025!",   "winter2024!",    "winter2025!",   "spring2025!",      "autumn2025!",  "correcthorsebatterystaple",
    "daybook123",    "daybookdaybook",
};

int accounts_check_password(struct slice password, struct slice login, const char *pointer, struct error *err) {
  struct buffer folded_password, folded_login;
  const char *fault = NULL;
  if (password.len < LIMIT_PASSWORD_LEAST_BYTES || password.len > LIMIT_PASSWORD_MOST_BYTES)
    return error_set_at(err, ERR_INVALID, pointer, "must have %d to %d bytes", LIMIT_PASSWORD_LEAST_BYTES,
                        LIMIT_PASSWORD_MOST_BYTES);
  buffer_init(&folded_password, FOLD_GROWTH * LIMIT_PASSWORD_MOST_BYTES);
  buffer_init(&folded_login, FOLD_GROWTH * LIMIT_PASSWORD_MOST_BYTES);
  struct slice p = fold(password, &folded_password), l = fold(login, &folded_login);
  if (l.len > 0 && slice_equal(p, l)) fault = "must not be the login";
  for (size_t i = 0; i < sizeof common / sizeof *common && !fault; i++)
    if (slice_equal(p, slice_from(common[i]))) fault = "is one of the most common ones; take another";
  if (folded_password.data) explicit_bzero(folded_password.data, folded_password.capacity);
  buffer_free(&folded_password);
  buffer_free(&folded_login);
  return fault ? error_set_at(err, ERR_INVALID, pointer, "%s", fault) : 0;
}

bool accounts_verify_password(struct slice hash, struct slice password) {
  /* Of 32 random bytes that were thrown away, at the cost of accounts_hash_password: nobody's. */
  static const char nobody[crypto_pwhash_STRBYTES] =
      "$argon2id$v=19$m=65536,t=2,p=1$qm+9C1c12T1wjIiGiLqaqQ$RDjlfGDTiJyF+lrA0VMC+HQlDE43n+cUFR3y2ghrYjA";
  char text[crypto_pwhash_STRBYTES];
  bool has_hash = hash.len > 0 && hash.len < sizeof text;
  memcpy(text, nobody, sizeof text);
  if (has_hash) {
    memset(text, 0, sizeof text);
    memcpy(text, hash.data, hash.len);
  }
  /* What is too long has no hash and is not worth the time to be told from one that has. */
  size_t len = password.len > LIMIT_PASSWORD_MOST_BYTES ? LIMIT_PASSWORD_MOST_BYTES : password.len;
  bool same = crypto_pwhash_str_verify(text, len ? password.data : "", len) == 0;
  return same && has_hash && password.len == len;
}
