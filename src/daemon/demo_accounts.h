/* People, keys and settings of the demonstration, so that each page of the administration has something to show and
 * each person of the guides can be looked at as they see it. All are made by the functions that the API uses. */
#ifndef DAYBOOK_DAEMON_DEMO_ACCOUNTS_H
#define DAYBOOK_DAEMON_DEMO_ACCOUNTS_H

#include "accounts/accounts.h"
#include "store/store.h"

#define DEMO_LOGIN "demo"

enum { DEMO_PASSWORD_BYTES = 24, DEMO_PERSONS = 6 };

/* Those one can log in as beside the operator. */
struct demo_person_login {
  const char *login, *who; /* "sam.g", "auditor of umbrella" */
};
extern const struct demo_person_login demo_person_logins[DEMO_PERSONS];

struct demo_passwords {
  char operator_password[DEMO_PASSWORD_BYTES];
  char persons_password[DEMO_PASSWORD_BYTES]; /* of each that is there */
  bool has_person[DEMO_PERSONS];
};

/* Whether they were made in this folder. */
int demo_accounts_made(struct accounts *accounts, bool *out, struct error *err);
/* Makes them: retention first, then the accounts, all or none. Nobody has a password yet; keys and links are thrown
 * away. ERR_CONFLICT where there are users already: the folder is not for playing. */
int demo_accounts_make(const struct os *os, struct store *store, struct accounts *accounts, struct error *err);
/* New random passwords for this start. Only people whom demo_accounts_make made get one. */
int demo_accounts_admit(const struct os *os, struct accounts *accounts, struct demo_passwords *out, struct error *err);

#endif
