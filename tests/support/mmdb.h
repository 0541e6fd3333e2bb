/* Writes small databases in MaxMind's format (https://maxmind.github.io/MaxMind-DB/), for tests. */
#ifndef DAYBOOK_TESTS_SUPPORT_MMDB_H
#define DAYBOOK_TESTS_SUPPORT_MMDB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

struct mmdb_network {
  const char *address; /* IPv4 or IPv6 */
  unsigned prefix_bits;
  const char *country, *region, *city; /* NULL: not in the record */
  double latitude, longitude;          /* both 0: not in the record */
};

/* A database of the networks, none within another; nested: MaxMind's layout, else the flat one. record_bits: 24,
 * 28, 32. ip_version 4 takes IPv4 networks only. */
void mmdb_write(const struct mmdb_network *networks, unsigned count, bool nested, unsigned record_bits,
                unsigned ip_version, struct buffer *out);

#endif
