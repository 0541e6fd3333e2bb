/* One value of the query language to one term, by the kind of its field. */
#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>

#include "query/internal.h"

static const char text_hint[] = "to compare the text itself put it in quotes";
static const char instant_hint[] = "use 2026-11-20T08:00:00Z, 2026-11-20 or now-24h";
static const int64_t day_us = INT64_C(86400) * 1000000;

static int full_arena(struct query_context *c) {
  return error_set(c->err, ERR_TOO_LARGE, "the query needs too much memory");
}

static bool has_star(const struct query_value *v) { return !v->quoted && memchr(v->text.data, '*', v->text.len); }

static bool only_stars(const struct query_value *v) {
  if (v->quoted || v->compare != COMPARE_NONE) return false;
  for (size_t i = 0; i < v->text.len; i++)
    if (v->text.data[i] != '*') return false;
  return true;
}

static int make_text(struct query_context *c, enum match_op op, struct slice text, struct filter_term *out) {
  out->op = op;
  out->text = query_fold_copy(c, text);
  return out->text.data ? 0 : full_arena(c);
}

static int make_plain(struct query_context *c, const struct query_value *v, struct filter_term *out) {
  return make_text(c, has_star(v) ? MATCH_WILDCARD : MATCH_EQUAL, v->text, out);
}

/* ---- Ranges ---- */

/* What one written bound covers: a number is itself, a date the whole UTC day. */
struct span {
  double low, high;
  int64_t low_int, high_int;
};

static bool read_whole_number(struct slice s, int64_t *out) {
  int64_t value = 0;
  for (size_t i = 0; i < s.len; i++) {
    if (s.data[i] < '0' || s.data[i] > '9') return false;
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, s.data[i] - '0', &value))
      return false;
  }
  *out = value;
  return s.len > 0;
}

static bool read_span(const struct query_context *c, enum field_kind kind, struct slice s, struct span *out) {
  *out = (struct span){0};
  if (kind == KIND_TIME) {
    if (query_parse_instant(s, NULL, c->now_us, &out->low_int, NULL) != 0) return false;
    bool date = s.len == 10 && s.data[4] == '-' && s.data[7] == '-';
    out->high_int = out->low_int + (date ? day_us - 1 : 0);
  } else if (kind == KIND_SEQ) {
    if (!read_whole_number(s, &out->low_int)) return false;
    out->high_int = out->low_int;
  } else {
    if (!filter_number(s, &out->low)) return false;
    out->high = out->low;
    return true;
  }
  out->low = (double)out->low_int;
  out->high = (double)out->high_int;
  return true;
}

static int bad_bound(struct query_context *c, enum field_kind kind, struct slice s, uint32_t offset) {
  char clipped[QUERY_CLIP_BYTES + 4];
  query_clip(s, clipped);
  if (s.len == 0) return query_fault(c, offset, NULL, "a number or instant is missing");
  if (kind == KIND_TIME) return query_fault(c, offset, instant_hint, "\"%s\" is no instant", clipped);
  if (kind == KIND_SEQ) return query_fault(c, offset, NULL, "\"%s\" is no whole number", clipped);
  return query_fault(c, offset, kind == KIND_ANY ? text_hint : NULL, "\"%s\" is no number", clipped);
}

static const struct span everything = {-INFINITY, INFINITY, INT64_MIN, INT64_MAX};

static void set_range(struct filter_term *out, struct span low, struct span high) {
  out->op = MATCH_RANGE;
  out->low = low.low;
  out->low_int = low.low_int;
  out->high = high.high;
  out->high_int = high.high_int;
}

static void compare_range(enum query_compare compare, struct span s, struct filter_term *out) {
  struct span low = everything, high = everything;
  switch (compare) {
    case COMPARE_NONE: low = high = s; break;
    case COMPARE_AT_LEAST: low = s; break;
    case COMPARE_AT_MOST: high = s; break;
    case COMPARE_LESS: /* integers never start at the very least, so this cannot wrap */
      high.high = nextafter(s.low, -INFINITY);
      high.high_int = s.low_int - 1;
      break;
    case COMPARE_GREATER:
      low.low = nextafter(s.high, INFINITY);
      low.low_int = s.high_int == INT64_MAX ? INT64_MAX : s.high_int + 1;
      /* Nothing lies above the greatest integer. */
      if (s.high_int == INT64_MAX) high.high_int = INT64_MIN;
      break;
  }
  set_range(out, low, high);
}

static bool is_range(const struct query_value *v) {
  return !v->quoted && v->compare == COMPARE_NONE && memmem(v->text.data, v->text.len, "..", 2);
}

/* "LOW..HIGH", either end open. False where an end is no bound: *bad_out, *bad_offset_out. */
static bool split_range(const struct query_context *c, enum field_kind kind, const struct query_value *v,
                        struct span *low, struct span *high, struct slice *bad_out, uint32_t *bad_offset_out) {
  const char *dots = memmem(v->text.data, v->text.len, "..", 2);
  struct slice left = {v->text.data, (size_t)(dots - v->text.data)}, right = slice_skip(v->text, left.len + 2);
  *low = *high = everything;
  *bad_out = left;
  *bad_offset_out = v->text_offset;
  if (left.len > 0 ? !read_span(c, kind, left, low) : right.len == 0) return false;
  *bad_out = right;
  *bad_offset_out = v->text_offset + (uint32_t)left.len + 2;
  return right.len == 0 || read_span(c, kind, right, high);
}

static int make_two_ended(struct query_context *c, enum field_kind kind, const struct query_value *v,
                          struct filter_term *out) {
  struct span low, high;
  struct slice bad;
  uint32_t bad_offset;
  if (!split_range(c, kind, v, &low, &high, &bad, &bad_offset)) return bad_bound(c, kind, bad, bad_offset);
  bool integers = kind == KIND_TIME || kind == KIND_SEQ;
  if (integers ? low.low_int > high.high_int : low.low > high.high)
    return query_fault(c, v->offset, NULL, "the range ends before it starts");
  set_range(out, low, high);
  return 0;
}

static int make_range(struct query_context *c, enum field_kind kind, const struct query_value *v,
                      struct filter_term *out) {
  if (is_range(v)) return make_two_ended(c, kind, v, out);
  struct span s;
  if (!read_span(c, kind, v->text, &s)) return bad_bound(c, kind, v->text, v->text_offset);
  compare_range(v->compare, s, out);
  return 0;
}

/* ---- Kinds ---- */

/* Stored as decimal text without leading zeros; equality and wildcards compare that text. */
static int make_uint(struct query_context *c, const struct query_value *v, struct filter_term *out) {
  if (v->compare != COMPARE_NONE || is_range(v)) return make_range(c, KIND_UINT, v, out);
  struct slice digits = v->text;
  for (size_t i = 0; i < digits.len; i++) {
    bool fits = (digits.data[i] >= '0' && digits.data[i] <= '9') || (digits.data[i] == '*' && !v->quoted);
    if (!fits) return bad_bound(c, KIND_UINT, v->text, v->text_offset);
  }
  if (has_star(v)) return make_text(c, MATCH_WILDCARD, digits, out);
  while (digits.len > 1 && digits.data[0] == '0') digits = slice_skip(digits, 1);
  return make_text(c, MATCH_EQUAL, digits, out);
}

/* Any value may be text, so ".." is a range only between numbers. */
static int make_any(struct query_context *c, const struct query_value *v, struct filter_term *out) {
  if (v->compare != COMPARE_NONE) return make_range(c, KIND_ANY, v, out);
  struct span low, high;
  struct slice bad;
  uint32_t bad_offset;
  if (is_range(v) && split_range(c, KIND_ANY, v, &low, &high, &bad, &bad_offset))
    return make_two_ended(c, KIND_ANY, v, out);
  return make_plain(c, v, out);
}

static int make_textual(struct query_context *c, struct slice name, const struct query_value *v,
                        struct filter_term *out) {
  char clipped[QUERY_CLIP_BYTES + 4];
  struct span low, high;
  struct slice bad;
  uint32_t bad_offset;
  bool range = is_range(v) && split_range(c, KIND_ANY, v, &low, &high, &bad, &bad_offset);
  if (v->compare != COMPARE_NONE || range)
    return query_fault(c, v->offset, text_hint, "\"%s\" holds text, not numbers, and cannot be compared",
                       query_clip(name, clipped));
  return make_plain(c, v, out);
}

static int make_tenant(struct query_context *c, struct slice name, const struct query_value *v,
                       struct filter_term *out) {
  if (v->compare != COMPARE_NONE || has_star(v)) return make_textual(c, name, v, out);
  char clipped[QUERY_CLIP_BYTES + 4];
  if (!event_tenant_valid(v->text))
    return query_fault(c, v->offset, "a path is as acme/eu", "\"%s\" is no tenant's path",
                       query_clip(v->text, clipped));
  out->op = MATCH_SUBTREE;
  out->text = v->text;
  return 0;
}

static bool read_cidr(struct slice s, struct filter_term *out) {
  const char *slash = memchr(s.data, '/', s.len);
  size_t len = (size_t)(slash - s.data);
  char text[INET6_ADDRSTRLEN];
  if (len >= sizeof text) return false;
  memcpy(text, s.data, len);
  text[len] = 0;
  bool v6 = memchr(text, ':', len) != NULL;
  int64_t bits;
  struct slice digits = slice_skip(s, len + 1);
  if (inet_pton(v6 ? AF_INET6 : AF_INET, text, out->network) != 1) return false;
  if (digits.len > 3 || !read_whole_number(digits, &bits) || bits > (v6 ? 128 : 32)) return false;
  out->network_bytes = v6 ? 16 : 4;
  static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
  if (v6 && bits >= 96 && memcmp(out->network, mapped, sizeof mapped) == 0) { /* events hold these as IPv4 */
    memmove(out->network, out->network + 12, 4);
    memset(out->network + 4, 0, 12);
    out->network_bytes = 4;
    bits -= 96;
  }
  out->prefix_bits = (uint8_t)bits;
  for (unsigned i = 0; i < out->network_bytes; i++) { /* host bits are of no meaning */
    unsigned kept = bits <= 8 * (int64_t)i ? 0 : bits >= 8 * (int64_t)i + 8 ? 8 : (unsigned)(bits - 8 * (int64_t)i);
    out->network[i] &= (uint8_t)(0xff00u >> kept);
  }
  return true;
}

static int make_ip(struct query_context *c, struct slice name, const struct query_value *v, struct filter_term *out) {
  char canonical[46], clipped[QUERY_CLIP_BYTES + 4];
  size_t len;
  if (v->compare != COMPARE_NONE || has_star(v)) return make_textual(c, name, v, out);
  query_clip(v->text, clipped);
  if (memchr(v->text.data, '/', v->text.len)) {
    out->op = MATCH_CIDR;
    if (read_cidr(v->text, out)) return 0;
    return query_fault(c, v->offset, "a network is as 10.0.0.0/8 or 2001:db8::/32", "\"%s\" is no network", clipped);
  }
  if (!event_ip_canonical(v->text, canonical, &len))
    return query_fault(c, v->offset, "use 10.1.2.3, 2001:db8::1, 10.0.0.0/8 or 10.1.*", "\"%s\" is no address",
                       clipped);
  return make_text(c, MATCH_EQUAL, slice_of(canonical, len), out);
}

int query_make_term(struct query_context *c, struct slice name, enum field_kind kind, const struct query_value *value,
                    struct filter_term *out) {
  *out = (struct filter_term){0};
  if (only_stars(value)) {
    out->op = MATCH_PRESENT;
    return 0;
  }
  switch (kind) {
    case KIND_TIME:
    case KIND_SEQ: return make_range(c, kind, value, out);
    case KIND_UINT: return make_uint(c, value, out);
    case KIND_ANY: return make_any(c, value, out);
    case KIND_IP: return make_ip(c, name, value, out);
    case KIND_TENANT: return make_tenant(c, name, value, out);
    case KIND_TEXT:
    case KIND_WORD:
    case KIND_SHAPE: break;
  }
  return make_textual(c, name, value, out);
}
