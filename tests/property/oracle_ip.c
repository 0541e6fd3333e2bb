#include "tests/property/oracle_ip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BITS = 128 };

static void put_bits(char *to, unsigned value, unsigned count) {
  for (unsigned i = 0; i < count; i++) to[i] = (value >> (count - 1 - i)) & 1 ? '1' : '0';
}

/* Four decimal numbers as 32 digits. */
static void spell_v4(const char *text, char *to) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (sscanf(text, "%u.%u.%u.%u", &a, &b, &c, &d) != 4) abort();
  put_bits(to, a, 8);
  put_bits(to + 8, b, 8);
  put_bits(to + 16, c, 8);
  put_bits(to + 24, d, 8);
}

/* The words of one side of "::", 16 digits each; returns the digits written. */
static unsigned spell_side(const char *begin, const char *end, char *to) {
  unsigned at = 0;
  while (begin < end) {
    const char *colon = memchr(begin, ':', (size_t)(end - begin));
    const char *stop = colon ? colon : end;
    if (memchr(begin, '.', (size_t)(stop - begin))) {
      spell_v4(begin, to + at);
      at += 32;
    } else {
      put_bits(to + at, (unsigned)strtoul(begin, NULL, 16), 16);
      at += 16;
    }
    begin = colon ? colon + 1 : end;
  }
  return at;
}

/* All 128 digits; IPv4 as the mapped address. */
static void spell(const char *text, size_t len, char out[BITS]) {
  char copy[64], side[2 * BITS];
  snprintf(copy, sizeof copy, "%.*s", (int)len, text);
  memset(out, '0', BITS);
  if (!strchr(copy, ':')) {
    memset(out + 80, '1', 16);
    spell_v4(copy, out + 96);
    return;
  }
  const char *gap = strstr(copy, "::"), *end = copy + strlen(copy);
  unsigned left = spell_side(copy, gap ? gap : end, side);
  memcpy(out, side, left);
  if (!gap) return;
  unsigned right = spell_side(gap + 2, end, side);
  memcpy(out + BITS - right, side, right);
}

bool oracle_ip_within(const char *address, const char *network) {
  char a[BITS], n[BITS];
  const char *slash = strchr(network, '/');
  unsigned bits = (unsigned)atoi(slash + 1);
  bool v4 = !memchr(network, ':', (size_t)(slash - network));
  spell(network, (size_t)(slash - network), n);
  spell(address, strlen(address), a);
  if (v4) bits += 96;
  if (!strchr(address, ':') && bits < 96) return false;
  return memcmp(a, n, bits) == 0;
}
