/* A JSON string, RFC 8785: one way to write each text. */
#include <string.h>

#include "base/document.h"

/* 0: stands for itself; 'u': \u00xx; else the letter after the backslash. */
static const char escapes[256] = {
    ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\',
    [0x00] = 'u', [0x01] = 'u', [0x02] = 'u', [0x03] = 'u', [0x04] = 'u', [0x05] = 'u', [0x06] = 'u',
    [0x07] = 'u', [0x0b] = 'u', [0x0e] = 'u', [0x0f] = 'u', [0x10] = 'u', [0x11] = 'u', [0x12] = 'u',
    [0x13] = 'u', [0x14] = 'u', [0x15] = 'u', [0x16] = 'u', [0x17] = 'u', [0x18] = 'u', [0x19] = 'u',
    [0x1a] = 'u', [0x1b] = 'u', [0x1c] = 'u', [0x1d] = 'u', [0x1e] = 'u', [0x1f] = 'u',
};

static void append_escape(struct buffer *out, unsigned char c) {
  static const char hex[] = "0123456789abcdef";
  char text[6] = {'\\', escapes[c], '0', '0', hex[c >> 4], hex[c & 15]};
  buffer_append(out, text, escapes[c] == 'u' ? 6 : 2);
}

/* Whether one of 8 bytes needs an escape: is below 0x20, or is a quote or a backslash (Mycroft's test for a zero
 * or small byte; it may also say yes for a byte after a true one, never no for a true one). */
static bool any_escape(uint64_t bytes) {
  const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
  uint64_t quote = bytes ^ ones * '"', backslash = bytes ^ ones * '\\';
  uint64_t small = (bytes - ones * 0x20) & ~bytes;
  return ((small | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & highs) != 0;
}

/* The length of the run from `at` that stands for itself. */
static size_t plain_run(const char *at, size_t len) {
  size_t i = 0;
  uint64_t bytes = 0;
  bool found = false;
  for (; i + sizeof bytes <= len && !found; i += sizeof bytes) {
    memcpy(&bytes, at + i, sizeof bytes);
    found = any_escape(bytes);
  }
  if (found) {
    i -= sizeof bytes;
  } else if (len >= sizeof bytes) { /* the rest, with some bytes before it once more */
    memcpy(&bytes, at + len - sizeof bytes, sizeof bytes);
    if (!any_escape(bytes)) return len;
  }
  while (i < len && !escapes[(unsigned char)at[i]]) i++;
  return i;
}

void json_append_string(struct buffer *out, struct slice text) {
  size_t run = plain_run(text.data, text.len);
  if (run == text.len) { /* nearly all texts: one reservation */
    char *to = buffer_reserve(out, run + 2);
    if (!to) return;
    to[0] = '"';
    if (run > 0) memcpy(to + 1, text.data, run);
    to[run + 1] = '"';
    buffer_commit(out, run + 2);
    return;
  }
  buffer_append_char(out, '"');
  while (text.len > 0) {
    run = plain_run(text.data, text.len);
    buffer_append(out, text.data, run);
    if (run < text.len) append_escape(out, (unsigned char)text.data[run]);
    text = slice_skip(text, run + 1);
  }
  buffer_append_char(out, '"');
}
