#include "accounts/address.h"

#include <arpa/inet.h>
#include <stdio.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const uint8_t address[16]) { return memcmp(address, mapped, sizeof mapped) == 0; }

/* *v4_out: written with dots alone. */
static bool parse(struct slice text, uint8_t out[16], bool *v4_out) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.len == 0 || text.len >= sizeof terminated || memchr(text.data, 0, text.len)) return false;
  memcpy(terminated, text.data, text.len);
  terminated[text.len] = '\0';
  *v4_out = inet_pton(AF_INET, terminated, out + sizeof mapped) == 1;
  if (!*v4_out) return inet_pton(AF_INET6, terminated, out) == 1;
  memcpy(out, mapped, sizeof mapped);
  return true;
}

bool address_parse(struct slice text, uint8_t out[16]) {
  bool v4;
  return parse(text, out, &v4);
}

/* Decimal without leading zeros, at most `most`. */
static bool parse_bits(struct slice text, unsigned most, unsigned *out) {
  unsigned value = 0;
  if (text.len == 0 || text.len > 3 || (text.len > 1 && text.data[0] == '0')) return false;
  for (size_t i = 0; i < text.len; i++) {
    if (text.data[i] < '0' || text.data[i] > '9') return false;
    value = value * 10 + (unsigned)(text.data[i] - '0');
  }
  *out = value;
  return value <= most;
}

static bool bit_at(const uint8_t bytes[16], unsigned index) { return bytes[index / 8] >> (7 - index % 8) & 1; }

static void format(const struct network *n, char out[NETWORK_TEXT_BYTES]) {
  char text[INET6_ADDRSTRLEN] = "";
  bool v4 = n->bits >= 96 && is_mapped(n->bytes);
  inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? n->bytes + sizeof mapped : n->bytes, text, sizeof text);
  if (n->bits == 128)
    snprintf(out, NETWORK_TEXT_BYTES, "%s", text);
  else
    snprintf(out, NETWORK_TEXT_BYTES, "%s/%u", text, v4 ? n->bits - 96U : n->bits);
}

bool network_parse(struct slice text, struct network *out, char canonical_out[NETWORK_TEXT_BYTES]) {
  const char *slash = text.len ? memchr(text.data, '/', text.len) : NULL;
  struct slice address = slash ? slice_of(text.data, (size_t)(slash - text.data)) : text;
  struct network n;
  bool v4;
  unsigned bits;
  if (!parse(address, n.bytes, &v4)) return false;
  if (!slash)
    bits = v4 ? 32 : 128;
  else if (!parse_bits(slice_skip(text, address.len + 1), v4 ? 32 : 128, &bits))
    return false;
  n.bits = (uint8_t)(v4 ? bits + 96 : bits);
  for (unsigned i = n.bits; i < 128; i++)
    if (bit_at(n.bytes, i)) return false;
  if (canonical_out) format(&n, canonical_out);
  *out = n;
  return true;
}

bool network_covers(const struct network *n, const uint8_t address[16]) {
  unsigned whole = n->bits / 8, rest = n->bits % 8;
  if (memcmp(n->bytes, address, whole) != 0) return false;
  return rest == 0 || ((n->bytes[whole] ^ address[whole]) >> (8 - rest)) == 0;
}
