#include "daemon/outside.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/daemon.h"

static int open_mail(const struct os *os, const struct outside_options *options, struct outside *out,
                     struct error *err) {
  const char *url = options->smtp_url ? options->smtp_url : getenv("DAYBOOK_SMTP_URL");
  if (!url && !options->mail_from) return 0;
  if (!url || !options->mail_from)
    return error_set(err, ERR_INVALID, "serve: --smtp-url (or DAYBOOK_SMTP_URL) and --mail-from go together");
  return mail_open(os, url, options->mail_from, &out->mail, err);
}

int outside_open(const struct os *os, const struct outside_options *options, struct outside *out, struct error *err) {
  *out = (struct outside){.oidc = NULL};
  int code = open_mail(os, options, out, err);
  unsetenv("DAYBOOK_SMTP_URL");
  if (code == 0 && options->oidc) code = oidc_open(os, options->oidc, &out->oidc, err);
  if (code) outside_close(out);
  return code;
}

void outside_close(struct outside *o) {
  oidc_close(o->oidc);
  mail_close(o->mail);
  *o = (struct outside){.oidc = NULL};
}

void outside_reload(struct outside *o) {
  struct error err;
  char line[ERROR_MESSAGE_BYTES + 64];
  if (!o->oidc) return;
  error_clear(&err);
  int code = oidc_reload(o->oidc, &err);
  if (code) snprintf(line, sizeof line, "the identity providers stay as they were: %s", err.message);
  daemon_log(NULL, code ? HTTP_LOG_ERROR : HTTP_LOG_INFO, code ? line : "the identity providers were read anew");
}
