#include "http/proxy.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "event/event.h"

/* Any address as 16 bytes; *v4_out where it was written as IPv4. */
static bool parse_address(const char *text, uint8_t out[16], bool *v4_out) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  *v4_out = inet_pton(AF_INET, text, out + 12) == 1;
  if (!*v4_out) return inet_pton(AF_INET6, text, out) == 1;
  memcpy(out, mapped, sizeof mapped);
  return true;
}

int proxies_add(struct proxies *p, const char *network, struct error *err) {
  char address[PROXY_ADDRESS_BYTES + 4];
  const char *slash = strchr(network, '/');
  size_t len = slash ? (size_t)(slash - network) : strlen(network);
  struct proxy_network n;
  bool v4;
  char *end = NULL;
  if (p->count == PROXY_NETWORKS)
    return error_set(err, ERR_INVALID, "at most %d trusted proxies can be named", PROXY_NETWORKS);
  snprintf(address, sizeof address, "%.*s", (int)(len < sizeof address ? len : 0), network);
  bool valid = parse_address(address, n.bytes, &v4);
  unsigned most = valid && v4 ? 32 : 128;
  unsigned long bits = slash ? strtoul(slash + 1, &end, 10) : most;
  if (slash && (slash[1] < '0' || slash[1] > '9' || *end || bits > most)) valid = false;
  if (!valid) return error_set(err, ERR_INVALID, "\"%s\" is no address or network, such as 10.0.0.0/8 or ::1", network);
  n.bits = (unsigned)bits + (v4 ? 96 : 0);
  p->networks[p->count++] = n;
  return 0;
}

static bool covers(const struct proxy_network *n, const uint8_t address[16]) {
  unsigned whole = n->bits / 8, rest = n->bits % 8;
  if (memcmp(n->bytes, address, whole) != 0) return false;
  return rest == 0 || (n->bytes[whole] ^ address[whole]) >> (8 - rest) == 0;
}

bool proxies_trust(const struct proxies *p, struct slice address) {
  char text[PROXY_ADDRESS_BYTES];
  uint8_t bytes[16];
  bool v4;
  if (p->count == 0 || address.len == 0 || address.len >= sizeof text) return false;
  snprintf(text, sizeof text, "%.*s", SLICE_ARGS(address));
  if (!parse_address(text, bytes, &v4)) return false;
  for (uint32_t i = 0; i < p->count; i++)
    if (covers(&p->networks[i], bytes)) return true;
  return false;
}

static struct slice trim(struct slice s) {
  while (s.len && (s.data[0] == ' ' || s.data[0] == '\t')) s = slice_skip(s, 1);
  while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t')) s.len--;
  return s;
}

/* Takes the right-most entry off the list. */
static struct slice take_last(struct slice *list) {
  size_t at = list->len;
  while (at > 0 && list->data[at - 1] != ',') at--;
  struct slice last = trim(slice_skip(*list, at));
  list->len = at > 0 ? at - 1 : 0;
  return last;
}

/* An entry's address without brackets and port: "192.0.2.1:5000", "[2001:db8::1]:5000", "2001:db8::1". */
static struct slice bare_address(struct slice s) {
  const char *end;
  if (s.len > 0 && s.data[0] == '[') {
    end = memchr(s.data, ']', s.len);
    return end ? slice_of(s.data + 1, (size_t)(end - s.data) - 1) : slice_of(NULL, 0);
  }
  const char *colon = s.len ? memchr(s.data, ':', s.len) : NULL;
  bool one_colon = colon && !memchr(colon + 1, ':', s.len - (size_t)(colon + 1 - s.data));
  return one_colon ? slice_of(s.data, (size_t)(colon - s.data)) : s;
}

void proxies_resolve(const struct proxies *p, struct slice peer, struct slice forwarded,
                     char out[PROXY_ADDRESS_BYTES]) {
  snprintf(out, PROXY_ADDRESS_BYTES, "%.*s", SLICE_ARGS(peer));
  while (forwarded.len > 0 && proxies_trust(p, slice_from(out))) {
    char canonical[PROXY_ADDRESS_BYTES];
    size_t len;
    if (!event_ip_canonical(bare_address(take_last(&forwarded)), canonical, &len)) return;
    memcpy(out, canonical, len);
    out[len] = '\0';
  }
}

bool proxies_secure(const struct proxies *p, struct slice peer, struct slice forwarded) {
  struct slice last = take_last(&forwarded);
  return last.len == 5 && strncasecmp(last.data, "https", 5) == 0 && proxies_trust(p, peer);
}
