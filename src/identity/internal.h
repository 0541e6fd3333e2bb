/* Private to identity/: a provider's configuration, its keys, and checking its tokens. */
#ifndef DAYBOOK_IDENTITY_INTERNAL_H
#define DAYBOOK_IDENTITY_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/document.h"
#include "base/limits.h"
#include "identity/fetch.h"
#include "identity/oidc.h"

enum {
  OIDC_CONFIG_BYTES = 1024 * 1024,
  OIDC_CACHE_S = 3600, /* metadata and keys are asked for again after this */
  OIDC_REFETCHES = 3,  /* of the keys because of an unknown key id, in a row ... */
  OIDC_REFETCH_S = 20, /* ... and one more after each such time: forged ids must not become a flood of requests */
  OIDC_TOKEN_BYTES = 64 * 1024,
};

/* ---- Configuration, in the arena of its set ---- */

struct oidc_rule {
  struct slice claim, value; /* empty claim: everybody */
  struct slice role, tenant; /* tenant may have {claim} in place of a segment */
  const struct slice *logs, *products;
  uint32_t log_count, product_count;
};

struct oidc_provider {
  struct slice id, name;
  const char *issuer, *client_id, *client_secret; /* secret NULL: a public client */
  const char *ca_file;                            /* NULL: the system's */
  struct slice scopes, login_claim, tenant;
  unsigned algorithms; /* set of enum oidc_algorithm that the configuration allows */
  bool create;
  const struct oidc_rule *rules;
  uint32_t rule_count;

  pthread_mutex_t lock; /* guards what follows; held while it is fetched */
  struct arena metadata_arena, keys_arena;
  const struct document *metadata, *keys; /* NULL: not yet fetched */
  int64_t metadata_us, keys_us;           /* monotonic */
  int64_t refetch_us;                     /* monotonic; when the last of the refetches will be forgotten */
};

struct oidc_set { /* one reading of the file */
  atomic_uint references;
  struct arena arena;
  char *public_url; /* without a slash at its end */
  struct oidc_provider providers[OIDC_PROVIDERS];
  uint32_t count;
};

struct oidc {
  const struct os *os;
  char *path;
  pthread_mutex_t lock; /* guards set */
  struct oidc_set *set;
  atomic_uint running;
};

/* config.c: reads and checks the file. */
int oidc_set_read(const struct os *os, const char *path, struct oidc_set **out, struct error *err);
void oidc_set_release(struct oidc_set *set);

/* ---- Tokens (token.c): pure ---- */

enum oidc_algorithm { ALG_RS256 = 1, ALG_PS256 = 2, ALG_ES256 = 4, ALG_EDDSA = 8, ALG_ALL = 15 };
/* 0 for every name that is not one of them: "none" and the HMAC algorithms have no number. */
unsigned oidc_algorithm(struct slice name);
unsigned oidc_algorithms(const struct document *list); /* of an array of names */

struct token_head {
  unsigned algorithm; /* one of enum oidc_algorithm */
  struct slice kid;   /* empty: none */
};
/* ERR_UNAUTHORIZED for any other algorithm than those allowed, and for critical extensions. */
int token_read_head(struct slice token, unsigned allowed, struct arena *arena, struct token_head *out,
                    struct error *err);
/* The key of a JWK set that may have signed this; ERR_NOT_FOUND where there is none (it may be new). */
int token_find_key(const struct document *keys, const struct token_head *head, const struct document **out,
                   struct error *err);
/* Verifies the signature and gives the claims. */
int token_verify(struct slice token, const struct token_head *head, const struct document *key, struct arena *arena,
                 const struct document **claims_out, struct error *err);
/* iss, aud, azp, exp, nbf, iat, nonce, sub. */
int token_check_claims(const struct document *claims, const char *issuer, const char *client_id, const char *nonce,
                       int64_t now_us, struct error *err);

/* ---- Claims (claims.c): pure ---- */

/* First of the ID token, then of the userinfo answer (NULL: none). */
int claims_map(const struct oidc_provider *p, const struct document *token, const struct document *userinfo,
               struct arena *arena, struct oidc_identity *out, struct error *err);

#endif
