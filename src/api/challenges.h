/* Log-ins that wait for their second factor: in memory, bounded, five minutes. Only who knows a password makes one, and
 * a user has at most a few, so that nobody can crowd out others. Any thread. */
#ifndef DAYBOOK_API_CHALLENGES_H
#define DAYBOOK_API_CHALLENGES_H

#include "accounts/accounts.h"

struct challenges;

enum {
  CHALLENGES = 4096,
  CHALLENGES_OF_USER = 4,
  CHALLENGE_S = 300,
  CHALLENGE_TRIES = 5,
  EMAIL_CODE_DIGITS = 8,
};
enum challenge_kind { CHALLENGE_TOTP, CHALLENGE_EMAIL, CHALLENGE_EMAIL_SETUP };

struct challenge {
  enum challenge_kind kind;
  char user[ACCOUNTS_ID_BYTES];
  unsigned char code_hash[ACCOUNTS_HASH_BYTES]; /* CHALLENGE_EMAIL*: of the code that was sent */
};

struct challenges *challenges_new(const struct os *os);
void challenges_free(struct challenges *c); /* NULL is allowed */
/* Takes kind, user and code_hash; the token's text is given once. */
void challenges_add(struct challenges *c, const struct challenge *challenge, char token_out[ACCOUNTS_TOKEN_TEXT_BYTES]);
/* Counts a try. False where there is no such challenge, its time is over, or its tries are spent. */
bool challenges_try(struct challenges *c, struct slice token, struct challenge *out);
/* It was answered: gone. False where somebody else was faster. */
bool challenges_finish(struct challenges *c, struct slice token);

#endif
