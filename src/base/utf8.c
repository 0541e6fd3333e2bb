#include "base/utf8.h"

/* Length of the UTF-8 sequence at p (RFC 3629: no overlong forms, no surrogates), 0 where it is none. */
static size_t utf8_length(const unsigned char *p, size_t left) {
  if (p[0] < 0x80) return 1;
  size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
  if (p[0] < 0xC2 || p[0] > 0xF4 || left < n) return 0;
  for (size_t i = 1; i < n; i++)
    if ((p[i] & 0xC0) != 0x80) return 0;
  if (p[0] == 0xE0 && p[1] < 0xA0) return 0;
  if (p[0] == 0xED && p[1] > 0x9F) return 0;
  if (p[0] == 0xF0 && p[1] < 0x90) return 0;
  if (p[0] == 0xF4 && p[1] > 0x8F) return 0;
  return n;
}

bool utf8_valid(struct slice s) {
  const unsigned char *p = (const unsigned char *)s.data;
  for (size_t i = 0; i < s.len;) {
    size_t n = utf8_length(p + i, s.len - i);
    if (n == 0) return false;
    i += n;
  }
  return true;
}

struct slice utf8_clip(struct slice text, size_t most) {
  if (text.len <= most) return text;
  while (most > 0 && ((unsigned char)text.data[most] & 0xC0) == 0x80) most--;
  return slice_of(text.data, most);
}
