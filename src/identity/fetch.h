/* One HTTP exchange with a provider, through libcurl: bounded in time and size, no redirects. Any thread. */
#ifndef DAYBOOK_IDENTITY_FETCH_H
#define DAYBOOK_IDENTITY_FETCH_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

enum { FETCH_BYTES = 1024 * 1024, FETCH_CONNECT_S = 5, FETCH_TOTAL_S = 10 };

/* https, or http to this very machine (a provider beside it; tests). */
bool fetch_url_allowed(struct slice url);

struct fetch {
  const char *url;
  const char *ca_file;       /* NULL: the system's certificates */
  const char *form;          /* POST application/x-www-form-urlencoded; NULL: GET */
  const char *authorization; /* value of the header; NULL: none */
};
/* out: the body of a 200. ERR_UNAUTHORIZED for 400, 401 and 403, ERR_IO for everything else; the message has no part of
 * request or answer, as both may be secret, but the status. `status_out` (may be NULL) is set where there was an
 * answer. */
int fetch(const struct fetch *f, struct buffer *out, long *status_out, struct error *err);
/* Appends text percent-encoded (RFC 3986, unreserved characters stay). */
void fetch_append_encoded(struct buffer *out, struct slice text);
/* libcurl's start, once for the process. */
void fetch_start(void);

#endif
