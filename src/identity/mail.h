/* Mail to users, through an SMTP server. Lives as long as the server; any thread; mail_send takes as long as the
 * server does, at most MAIL_TIMEOUT_S. */
#ifndef DAYBOOK_IDENTITY_MAIL_H
#define DAYBOOK_IDENTITY_MAIL_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"
#include "os/os.h"

enum { MAIL_TIMEOUT_S = 15, MAIL_ADDRESS_BYTES = 254, MAIL_CONCURRENT = 2 };

struct mail;
/* url: "smtp://host:25", "smtp://user:password@host:587" (STARTTLS is then required) or "smtps://..."; from: the
 * sender's address. ERR_INVALID where either is none. */
int mail_open(const struct os *os, const char *url, const char *from, struct mail **out, struct error *err);
void mail_close(struct mail *m); /* NULL is allowed */

/* Whether text can be a mailbox: one "@", no blanks, control characters, quotes or brackets, at most
 * MAIL_ADDRESS_BYTES. */
bool mail_address_valid(struct slice text);
/* Plain text, UTF-8, lines ended by \n. ERR_INVALID for a bad address or a subject with control characters, ERR_BUSY
 * past MAIL_CONCURRENT, ERR_IO where the server does not take it. */
int mail_send(struct mail *m, struct slice to, struct slice subject, struct slice text, struct error *err);

#endif
