#include "tests/support/mmdb.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 4096, EMPTY = -1 };

struct tree {
  int32_t child[NODES_MAX][2]; /* a node; EMPTY; or -2 - offset of a record */
  int32_t count;
};

/* ---- Values of the data section ---- */

static void put_control(struct buffer *out, unsigned type, size_t size) {
  unsigned first = type > 7 ? 0 : type << 5;
  buffer_append_char(out, (char)(first | (size < 29 ? size : 29)));
  if (type > 7) buffer_append_char(out, (char)(type - 7));
  if (size >= 29) buffer_append_char(out, (char)(size - 29));
}

static void put_text(struct buffer *out, const char *text) {
  put_control(out, 2, strlen(text));
  buffer_append_text(out, text);
}

static void put_double(struct buffer *out, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  put_control(out, 3, 8);
  for (int shift = 56; shift >= 0; shift -= 8) buffer_append_char(out, (char)(bits >> shift));
}

static void put_number(struct buffer *out, unsigned type, unsigned bytes, uint64_t value) {
  put_control(out, type, bytes);
  for (unsigned i = bytes; i > 0; i--) buffer_append_char(out, (char)(value >> 8 * (i - 1)));
}

static void put_names(struct buffer *out, const char *text) {
  put_control(out, 7, 1);
  put_text(out, "names");
  put_control(out, 7, 1);
  put_text(out, "en");
  put_text(out, text);
}

static void put_flat(struct buffer *out, const struct mmdb_network *n) {
  bool placed = n->latitude != 0 || n->longitude != 0;
  put_control(out, 7, (size_t)(n->country != NULL) + (n->region != NULL) + (n->city != NULL) + (placed ? 2 : 0));
  const char *const texts[][2] = {{"city", n->city}, {"country_code", n->country}, {"state1", n->region}};
  for (unsigned i = 0; i < 3; i++) {
    if (!texts[i][1]) continue;
    put_text(out, texts[i][0]);
    put_text(out, texts[i][1]);
  }
  if (!placed) return;
  put_text(out, "latitude");
  put_double(out, n->latitude);
  put_text(out, "longitude");
  put_double(out, n->longitude);
}

static void put_nested(struct buffer *out, const struct mmdb_network *n) {
  bool placed = n->latitude != 0 || n->longitude != 0;
  put_control(out, 7, (size_t)(n->country != NULL) + (n->region != NULL) + (n->city != NULL) + placed);
  if (n->city) {
    put_text(out, "city");
    put_names(out, n->city);
  }
  if (n->country) {
    put_text(out, "country");
    put_control(out, 7, 1);
    put_text(out, "iso_code");
    put_text(out, n->country);
  }
  if (placed) {
    put_text(out, "location");
    put_control(out, 7, 2);
    put_text(out, "latitude");
    put_double(out, n->latitude);
    put_text(out, "longitude");
    put_double(out, n->longitude);
  }
  if (n->region) {
    put_text(out, "subdivisions");
    put_control(out, 11, 1);
    put_names(out, n->region);
  }
}

static void put_metadata(struct buffer *out, int32_t nodes, unsigned record_bits, unsigned ip_version) {
  buffer_append(out, "\xab\xcd\xefMaxMind.com", 14);
  put_control(out, 7, 9);
  put_text(out, "binary_format_major_version");
  put_number(out, 5, 2, 2);
  put_text(out, "binary_format_minor_version");
  put_number(out, 5, 2, 0);
  put_text(out, "build_epoch");
  put_number(out, 9, 8, 1780000000);
  put_text(out, "database_type");
  put_text(out, "Test-City");
  put_text(out, "description");
  put_control(out, 7, 0);
  put_text(out, "ip_version");
  put_number(out, 5, 2, ip_version);
  put_text(out, "languages");
  put_control(out, 11, 0);
  put_text(out, "node_count");
  put_number(out, 6, 4, (uint64_t)nodes);
  put_text(out, "record_size");
  put_number(out, 5, 2, record_bits);
}

/* ---- The tree ---- */

static unsigned read_address(const struct mmdb_network *n, unsigned ip_version, uint8_t out[16]) {
  memset(out, 0, 16);
  bool four = !strchr(n->address, ':');
  if (inet_pton(four ? AF_INET : AF_INET6, n->address, out + (four && ip_version == 6 ? 12 : 0)) != 1) abort();
  return n->prefix_bits + (four && ip_version == 6 ? 96 : 0);
}

static void insert(struct tree *t, const uint8_t address[16], unsigned bits, int32_t offset) {
  int32_t node = 0;
  for (unsigned i = 0; i < bits; i++) {
    int32_t *child = &t->child[node][address[i / 8] >> (7 - i % 8) & 1];
    if (i + 1 == bits) {
      *child = -2 - offset;
    } else {
      if (*child < 0) {
        if (t->count == NODES_MAX) abort();
        t->child[t->count][0] = t->child[t->count][1] = EMPTY;
        *child = t->count++;
      }
      node = *child;
    }
  }
}

static uint32_t value_of(const struct tree *t, int32_t child) {
  if (child >= 0) return (uint32_t)child;
  return child == EMPTY ? (uint32_t)t->count : (uint32_t)(t->count + 16 + (-2 - child));
}

static void put_node(struct buffer *out, uint32_t left, uint32_t right, unsigned record_bits) {
  unsigned bytes = record_bits / 8;
  for (unsigned i = bytes; i > 0; i--) buffer_append_char(out, (char)(left >> 8 * (i - 1)));
  if (record_bits == 28) buffer_append_char(out, (char)((left >> 24 & 0x0f) << 4 | (right >> 24 & 0x0f)));
  for (unsigned i = bytes; i > 0; i--) buffer_append_char(out, (char)(right >> 8 * (i - 1)));
}

void mmdb_write(const struct mmdb_network *networks, unsigned count, bool nested, unsigned record_bits,
                unsigned ip_version, struct buffer *out) {
  struct tree *t = calloc(1, sizeof *t);
  struct buffer data;
  if (!t) abort();
  t->count = 1;
  t->child[0][0] = t->child[0][1] = EMPTY;
  buffer_init(&data, 1 << 20);
  for (unsigned i = 0; i < count; i++) {
    uint8_t address[16];
    unsigned bits = read_address(&networks[i], ip_version, address);
    insert(t, address, bits, (int32_t)data.len);
    if (nested)
      put_nested(&data, &networks[i]);
    else
      put_flat(&data, &networks[i]);
  }
  for (int32_t i = 0; i < t->count; i++)
    put_node(out, value_of(t, t->child[i][0]), value_of(t, t->child[i][1]), record_bits);
  for (unsigned i = 0; i < 16; i++) buffer_append_char(out, 0);
  buffer_append_slice(out, buffer_slice(&data));
  put_metadata(out, t->count, record_bits, ip_version);
  buffer_free(&data);
  free(t);
}
