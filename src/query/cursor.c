/* Page cursors as text: base64url (RFC 4648, no padding) of
 *
 *   offset  size
 *   0       1    version, 1
 *   1       1    order: 0 newest first, 1 oldest first
 *   2       8    occurred_at, microseconds, little-endian
 *   10      8    seq, little-endian
 *   18      n    tenant, 0 .. LIMIT_TENANT_BYTES
 *   18 + n  4    CRC32C of all before, little-endian
 *
 * The checksum is there so that a mistyped or shortened cursor is refused and not taken for another page; it
 * guards no secret: a cursor says where to go on, never what may be seen. */
#include "base/checksum.h"
#include "query/internal.h"

enum {
  CURSOR_VERSION = 1,
  CURSOR_HEAD_BYTES = 18,
  CURSOR_SUM_BYTES = 4,
  CURSOR_BYTES = CURSOR_HEAD_BYTES + LIMIT_TENANT_BYTES + CURSOR_SUM_BYTES,
  CURSOR_TEXT_BYTES = (CURSOR_BYTES * 4 + 2) / 3
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void append_base64url(struct slice s, struct buffer *out) {
  for (size_t i = 0; i < s.len; i += 3) {
    size_t n = s.len - i < 3 ? s.len - i : 3;
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; k++) bits = bits << 8 | (k < n ? (uint8_t)s.data[i + k] : 0);
    for (size_t k = 0; k <= n; k++) buffer_append_char(out, alphabet[bits >> (18 - 6 * k) & 63]);
  }
}

static int sextet(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '-' ? 62 : c == '_' ? 63 : -1;
}

/* The bytes, at most CURSOR_BYTES of them; false where text is not the one encoding of them. */
static bool decode_base64url(struct slice text, char out[CURSOR_BYTES], size_t *len_out) {
  uint32_t bits = 0;
  unsigned held = 0;
  size_t len = 0;
  if (text.len > CURSOR_TEXT_BYTES || text.len % 4 == 1) return false;
  for (size_t i = 0; i < text.len; i++) {
    int value = sextet(text.data[i]);
    if (value < 0) return false;
    bits = bits << 6 | (uint32_t)value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    if (len == CURSOR_BYTES) return false;
    out[len++] = (char)(uint8_t)(bits >> held);
  }
  *len_out = len;
  return (bits & ((1u << held) - 1)) == 0;
}

void query_cursor_encode(const struct read_position *p, enum read_order order, struct buffer *out) {
  struct buffer bytes;
  buffer_init(&bytes, CURSOR_BYTES);
  buffer_append_char(&bytes, CURSOR_VERSION);
  buffer_append_char(&bytes, order == OLDEST_FIRST);
  buffer_append_le64(&bytes, (uint64_t)p->occurred_at_us);
  buffer_append_le64(&bytes, p->seq);
  buffer_append_slice(&bytes, p->tenant);
  buffer_append_le32(&bytes, crc32c(0, bytes.data, bytes.len));
  append_base64url(buffer_slice(&bytes), out);
  buffer_free(&bytes);
}

static int refuse(struct error *err) {
  return error_set(err, ERR_INVALID, "the cursor is damaged; pass \"next\" of the page before as it is");
}

int query_cursor_decode(struct slice text, struct arena *arena, struct read_position *out, enum read_order *order_out,
                        struct error *err) {
  char bytes[CURSOR_BYTES];
  size_t len;
  if (!decode_base64url(text, bytes, &len) || len < CURSOR_HEAD_BYTES + CURSOR_SUM_BYTES) return refuse(err);
  struct reader r = reader_of(slice_of(bytes, len));
  uint8_t version = reader_u8(&r), order = reader_u8(&r);
  int64_t occurred_at_us = (int64_t)reader_le64(&r);
  uint64_t seq = reader_le64(&r);
  struct slice tenant = reader_bytes(&r, len - CURSOR_HEAD_BYTES - CURSOR_SUM_BYTES);
  if (reader_le32(&r) != crc32c(0, bytes, len - CURSOR_SUM_BYTES)) return refuse(err);
  if (version != CURSOR_VERSION)
    return error_set(err, ERR_INVALID, "the cursor is of another version of Daybook; start again at the first page");
  /* A zone's offset can carry an event a day beyond the years that can be written. */
  static const int64_t day_us = INT64_C(86400) * 1000000;
  if (occurred_at_us < QUERY_FIRST_US - day_us || occurred_at_us > QUERY_END_US + day_us) return refuse(err);
  if (order > 1 || (tenant.len > 0 && !event_tenant_valid(tenant))) return refuse(err);
  tenant = arena_copy(arena, tenant);
  if (!tenant.data) return error_set(err, ERR_TOO_LARGE, "the request needs too much memory");
  *out = (struct read_position){.occurred_at_us = occurred_at_us, .tenant = tenant, .seq = seq};
  *order_out = order ? OLDEST_FIRST : NEWEST_FIRST;
  return 0;
}
