/* Networks: "10.0.0.0/8", "2001:db8::/32" or a single address. Pure functions. Private to accounts/. */
#ifndef DAYBOOK_ACCOUNTS_ADDRESS_H
#define DAYBOOK_ACCOUNTS_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct network {
  uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
  uint8_t bits;      /* of the 128 */
};

enum { NETWORK_TEXT_BYTES = 64 };

/* False where it is none, or has bits set past its length. canonical_out (may be NULL): as it is shown. */
bool network_parse(struct slice text, struct network *out, char canonical_out[NETWORK_TEXT_BYTES]);
bool network_covers(const struct network *n, const uint8_t address[16]);
/* A single address; IPv4 as ::ffff:a.b.c.d. */
bool address_parse(struct slice text, uint8_t out[16]);

#endif
