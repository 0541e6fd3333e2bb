/* How often something may be tried: counters in memory of a fixed size, by anything that can be hashed. Any thread.
 *
 * Each counter is a leaky bucket: `burst` tries at once, then one every interval. A try is charged before it is made,
 * so that many at once do not pass together, and given back where it succeeded. Nothing here locks an account: what
 * somebody spends at one address is not missing at another. When the table is full the counter that is nearest to empty
 * gives way. */
#ifndef DAYBOOK_API_THROTTLE_H
#define DAYBOOK_API_THROTTLE_H

#include <stdint.h>

#include "base/slice.h"
#include "os/os.h"

struct throttle;

struct throttle *throttle_new(const struct os *os);
void throttle_free(struct throttle *t); /* NULL is allowed */

struct throttle_rule {
  const char *name; /* counters of different names are different */
  uint32_t burst, interval_s;
};
/* Charges one try of (a, b), texts of any content; 0, or the seconds to wait where there is none left: then nothing was
 * charged. */
uint32_t throttle_charge(struct throttle *t, const struct throttle_rule *rule, struct slice a, struct slice b);
void throttle_give_back(struct throttle *t, const struct throttle_rule *rule, struct slice a, struct slice b);
/* Whether the next try would be refused. */
bool throttle_is_spent(struct throttle *t, const struct throttle_rule *rule, struct slice a, struct slice b);

/* The network that counts as one address: IPv4 as it is, IPv6 its first 64 bits, which one customer has. `address` is
 * canonical text; room for 46 bytes. */
struct slice throttle_network(struct slice address, char out[46]);

#endif
