/* Credentials by the hash of their token, in memory, with who holds them: all that a request's check needs. Readers
 * hold a lock for about a microsecond; nothing here waits for a disk. Private to accounts/. */
#ifndef DAYBOOK_ACCOUNTS_CREDENTIALS_H
#define DAYBOOK_ACCOUNTS_CREDENTIALS_H

#include "accounts/address.h"
#include "accounts/records.h"

struct credentials;

struct credential_data {
  unsigned char hash[ACCOUNTS_HASH_BYTES];
  char id[ACCOUNTS_ID_BYTES];  /* of the session, viewer session or key */
  int64_t expires_us, idle_us; /* 0: never */
  int64_t used_us;
};

struct credentials *credentials_new(void);
void credentials_free(struct credentials *t); /* NULL is allowed */
/* Replaces what is known of the holder, credentials included; both are copied. A credential that stays keeps its time
 * of use. Without credentials the holder is forgotten. */
void credentials_put(struct credentials *t, const struct account_holder *holder,
                     const struct credential_data *credentials, uint32_t count);
void credentials_remove(struct credentials *t, struct slice holder_id);
/* As accounts_check. */
int credentials_check(struct credentials *t, const unsigned char hash[ACCOUNTS_HASH_BYTES], struct slice address,
                      int64_t now_us, struct arena *arena, struct account_holder *out, struct slice *credential_id_out);
/* As accounts_recheck, of what is here: session empty: any credential of the holder. */
int credentials_recheck(struct credentials *t, enum holder_kind kind, struct slice holder_id, struct slice session,
                        int64_t now_us, struct arena *arena, struct account_holder *out);
uint32_t credentials_count(struct credentials *t); /* credentials */

struct credential_use {
  enum holder_kind kind;
  char id[ACCOUNTS_ID_BYTES];
  int64_t used_us;
};
/* The uses since the last call, by one thread at a time; the caller frees the array. */
uint32_t credentials_take_uses(struct credentials *t, struct credential_use **out);

#endif
