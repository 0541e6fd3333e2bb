/* Whoever asked for something that takes long: whether they still may, and whose share of the server they use. Private
 * to api/. */
#ifndef DAYBOOK_API_HOLDER_H
#define DAYBOOK_API_HOLDER_H

#include "api/internal.h"

enum { HOLDER_RECHECK_US = 1000000 };

struct holder_watch {
  struct api *api;
  const struct principal *was; /* borrowed of the request */
  enum right right;
  int64_t checked_us; /* monotonic */
};
void holder_watch(struct holder_watch *w, struct api *a, const struct principal *p, enum right right);
/* Looks at most once a second. ERR_UNAUTHORIZED where the credential has ended since, ERR_FORBIDDEN where the right now
 * holds elsewhere than it did. */
int holder_check(struct holder_watch *w);

/* Whether two scopes are written alike. */
bool scope_same(const struct scope *a, const struct scope *b);

/* A number of the account that the caller belongs to: its top-level tenant, else itself. 0 for who operates. */
uint64_t holder_share(const struct principal *p);

#endif
