/* What signing in needs from other machines, by options of serve: identity providers (--oidc) and mail (--smtp-url,
 * --mail-from). Owned by the main thread. */
#ifndef DAYBOOK_DAEMON_OUTSIDE_H
#define DAYBOOK_DAEMON_OUTSIDE_H

#include "identity/identity.h"

struct outside {
  struct oidc *oidc; /* NULL: none configured */
  struct mail *mail; /* NULL: none configured */
};
struct outside_options {
  const char *oidc;      /* configuration file; NULL: none */
  const char *smtp_url;  /* NULL: DAYBOOK_SMTP_URL, which shows no password in the list of processes */
  const char *mail_from; /* NULL: none */
};
int outside_open(const struct os *os, const struct outside_options *options, struct outside *out, struct error *err);
void outside_close(struct outside *o);
/* Reads the providers' file anew, on SIGHUP; logs what came of it. */
void outside_reload(struct outside *o);

#endif
