/* Log-in through OpenID Connect providers: authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636).
 *
 * A struct oidc lives as long as the server; any thread. oidc_begin and oidc_finish speak with the provider and may
 * take seconds; at most OIDC_CONCURRENT of them run at a time, the rest get ERR_BUSY, so that a slow provider cannot
 * take every worker. Nothing is kept between begin and finish: the caller keeps struct oidc_flow, sealed, in the
 * browser that began. docs/sign-in.md describes the configuration file. */
#ifndef DAYBOOK_IDENTITY_OIDC_H
#define DAYBOOK_IDENTITY_OIDC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "os/os.h"

enum {
  OIDC_PROVIDERS = 16,
  OIDC_RULES = 256, /* of one provider's role mapping */
  OIDC_CONCURRENT = 2,
  OIDC_SECRET_TEXT_BYTES = 44, /* 32 random bytes as base64url, with NUL */
  OIDC_SKEW_S = 60,            /* between the provider's clock and ours */
};

struct oidc;

/* Reads the configuration. ERR_INVALID with the place in the file; ERR_NOT_FOUND where there is no such file. */
int oidc_open(const struct os *os, const char *path, struct oidc **out, struct error *err);
void oidc_close(struct oidc *o); /* NULL is allowed */
/* Reads the file again; after a failure the old configuration stays in force. Running log-ins keep theirs. */
int oidc_reload(struct oidc *o, struct error *err);

/* Appends [{"id","name"}] in the order of the file. */
void oidc_append_providers(struct oidc *o, struct buffer *out);
/* Whether cookies must be for TLS alone: the public address begins with https. */
bool oidc_is_secure(struct oidc *o);

/* What ties the answer of the provider to the browser that began. All secret. */
struct oidc_flow {
  char state[OIDC_SECRET_TEXT_BYTES], nonce[OIDC_SECRET_TEXT_BYTES], verifier[OIDC_SECRET_TEXT_BYTES];
};
/* Where to send the browser. ERR_NOT_FOUND: no such provider; ERR_BUSY; ERR_IO: the provider does not answer. */
int oidc_begin(struct oidc *o, struct slice provider, struct arena *arena, struct oidc_flow *flow_out,
               struct slice *url_out, struct error *err);

struct oidc_grant {
  struct slice role, tenant;    /* of the roles of access/; a valid tenant path, or empty for "operator" */
  const struct slice *logs;     /* NULL: all */
  const struct slice *products; /* NULL: all */
  uint32_t log_count, product_count;
};
/* Who logged in, by claims that were verified; lives in the arena. */
struct oidc_identity {
  struct slice provider;                   /* id of the configuration */
  struct slice issuer, subject;            /* who it is, for ever */
  struct slice login, display_name, email; /* may be empty; email only where the provider says it is verified */
  struct slice tenant;                     /* home of an account that is made */
  bool synchronise;                        /* whether the grants are all that the account shall have */
  bool create;                             /* whether one is made at the first log-in */
  const struct oidc_grant *grants;
  uint32_t grant_count;
};
/* Redeems the code and verifies the ID token. issuer: who says that it answers (RFC 9207); may be empty.
 * ERR_UNAUTHORIZED where anything does not hold: the message is for the record and not for the browser; ERR_BUSY,
 * ERR_IO as oidc_begin. */
int oidc_finish(struct oidc *o, struct slice provider, const struct oidc_flow *flow, struct slice code,
                struct slice issuer, struct arena *arena, struct oidc_identity *out, struct error *err);

#endif
