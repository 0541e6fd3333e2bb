/* Who is asking, and what they may see: the only place that makes a scope.
 *
 * Until accounts exist there is one credential, the operator key: made at the first start, shown once, kept as a hash.
 * A principal says what any credential may do; users, API keys and viewer tokens give the same structure with other
 * grants. All functions may be called by any thread; a struct access lives as long as the server. */
#ifndef DAYBOOK_ACCESS_ACCESS_H
#define DAYBOOK_ACCESS_ACCESS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "os/os.h"
#include "store/store.h"

enum {
  ACCESS_KEY_TEXT_BYTES = 64, /* room for a key we made, with its NUL */
  ACCESS_KEY_MIN_BYTES = 16,  /* of a key that was preset */
  ACCESS_KEY_MAX_BYTES = 256,
};

/* What may be done at all; where it may be done is the scope. */
enum access_right { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_ADMIN = 4 };

struct principal {
  struct scope scope; /* of reading and administration; borrowed from the arena given to access_authenticate */
  struct slice name;  /* "operator"; an API key's or a user's name */
  unsigned rights;    /* set of enum access_right */
};

struct access;

/* Loads the operator key's hash. `preset` (may be NULL) replaces the key; ERR_INVALID where it is too short or has
 * blanks or control characters. Where there is no key yet and none is preset, one is made and written to new_key_out
 * as text, to be shown once; else new_key_out is "". */
int access_open(const struct os *os, struct store *store, const char *preset, struct access **out,
                char new_key_out[ACCESS_KEY_TEXT_BYTES], struct error *err);
void access_close(struct access *a);

/* A new random key as text; what access_open does by itself where there is none. */
void access_make_key(const struct os *os, char out[ACCESS_KEY_TEXT_BYTES]);

/* Checks the value of an Authorization header ("Bearer KEY"), in constant time and well under 5 microseconds.
 * ERR_UNAUTHORIZED, without a hint at what was wrong with the key. */
int access_authenticate(struct access *a, struct slice authorization, struct arena *arena, struct principal *out,
                        struct error *err);
/* ERR_FORBIDDEN unless the principal has the right. */
int access_require(const struct principal *p, enum access_right right, struct error *err);
/* Whether the principal may send events of this tenant. */
bool access_may_write_tenant(const struct principal *p, struct slice tenant);

/* What the command line uses on a data folder: the scope of whoever can read the files anyway. */
void access_local_operator(struct principal *out);

#endif
