/* Whose X-Forwarded-For and X-Forwarded-Proto are believed: proxies of configured networks. Pure functions.
 *
 * Each proxy appends the address it was called from. So the list is read from its right end for as long as the address
 * that vouches for the next entry is a trusted one: what a client writes there itself stays to the left of what counts.
 */
#ifndef DAYBOOK_HTTP_PROXY_H
#define DAYBOOK_HTTP_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"

enum { PROXY_NETWORKS = 64, PROXY_ADDRESS_BYTES = 46 };

struct proxy_network {
  uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
  unsigned bits;
};
struct proxies {
  struct proxy_network networks[PROXY_NETWORKS];
  uint32_t count;
};

/* "10.0.0.0/8", "::1", "fd00::/8". ERR_INVALID. */
int proxies_add(struct proxies *p, const char *network, struct error *err);
bool proxies_trust(const struct proxies *p, struct slice address);
/* The client's address, canonical, of the peer's and the X-Forwarded-For lines joined by commas. */
void proxies_resolve(const struct proxies *p, struct slice peer, struct slice forwarded, char out[PROXY_ADDRESS_BYTES]);
/* Whether the right-most entry of X-Forwarded-Proto, which the peer wrote, is https. */
bool proxies_secure(const struct proxies *p, struct slice peer, struct slice forwarded);

#endif
