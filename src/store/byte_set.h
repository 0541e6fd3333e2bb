/* Which bytes occur in the folded values of a column: 256 bits. A piece of text with any other byte is in none of them.
 * Plain data. Private to store/. */
#ifndef DAYBOOK_STORE_BYTE_SET_H
#define DAYBOOK_STORE_BYTE_SET_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/slice.h"

enum { BYTE_SET_BYTES = 32 };

struct byte_set {
  uint8_t bits[BYTE_SET_BYTES]; /* byte b: bit b % 8 of bits[b / 8] */
};

/* Nearly always the bit is set already: then nothing is written that the next byte would have to wait for. */
static inline void byte_set_add(struct byte_set *s, uint8_t byte) {
  uint8_t bit = (uint8_t)(1u << (byte % 8));
  if (!(s->bits[byte / 8] & bit)) s->bits[byte / 8] |= bit;
}

static inline void byte_set_add_folded(struct byte_set *s, struct slice folded) {
  for (size_t i = 0; i < folded.len; i++) byte_set_add(s, (uint8_t)folded.data[i]);
}

/* A text that is not folded yet: beyond ASCII anything may come of folding. */
static inline void byte_set_add_text(struct byte_set *s, struct slice text) {
  uint8_t high = 0;
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = (uint8_t)text.data[i];
    high |= c;
    byte_set_add(s, (uint8_t)((uint8_t)(c - 'A') < 26 ? c + 32 : c));
  }
  if (high & 0x80) memset(s->bits, 0xff, sizeof s->bits);
}

/* False where `folded` has a byte that no value has; `except` is not looked at (a wildcard's star), -1 for none. */
static inline bool byte_set_may_hold(const struct byte_set *s, struct slice folded, int except) {
  for (size_t i = 0; i < folded.len; i++) {
    uint8_t byte = (uint8_t)folded.data[i];
    if (byte != except && !(s->bits[byte / 8] >> (byte % 8) & 1)) return false;
  }
  return true;
}

#endif
