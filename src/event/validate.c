/* Rules for single values, each stated in the design's table of fields. */
#include <arpa/inet.h>
#include <string.h>

#include "event/parse.h"

static bool is_word_char(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

static bool is_path_char(char c) { return is_word_char(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '-'; }

static bool is_tenant_segment(struct slice s) {
  if (s.len == 0 || s.len > LIMIT_TENANT_SEGMENT_BYTES) return false;
  for (size_t i = 0; i < s.len; i++)
    if (!is_path_char(s.data[i])) return false;
  return !slice_equal(s, SLICE(".")) && !slice_equal(s, SLICE(".."));
}

bool event_tenant_valid(struct slice path) {
  if (path.len > LIMIT_TENANT_BYTES) return false;
  for (unsigned segments = 1; segments <= LIMIT_TENANT_SEGMENTS; segments++) {
    const char *slash = path.len ? memchr(path.data, '/', path.len) : NULL;
    size_t len = slash ? (size_t)(slash - path.data) : path.len;
    if (!is_tenant_segment(slice_of(path.data, len))) return false;
    if (!slash) return true;
    path = slice_skip(path, len + 1);
  }
  return false;
}

bool event_tenant_within(struct slice tenant, struct slice prefix) {
  if (prefix.len == 0) return true;
  return slice_starts_with(tenant, prefix) && (tenant.len == prefix.len || tenant.data[prefix.len] == '/');
}

/* Dotted quad without leading zeros, which is its own canonical form. */
static bool is_ipv4(struct slice s) {
  unsigned parts = 0, value = 0, digits = 0;
  if (s.len < 7 || s.len > 15) return false;
  for (size_t i = 0; i <= s.len; i++) {
    if (i < s.len && s.data[i] >= '0' && s.data[i] <= '9') {
      if (digits > 0 && value == 0) return false;
      value = value * 10 + (unsigned)(s.data[i] - '0');
      if (++digits > 3 || value > 255) return false;
      continue;
    }
    if ((i < s.len && s.data[i] != '.') || digits == 0) return false;
    parts++;
    value = digits = 0;
  }
  return parts == 4;
}

bool event_ip_canonical(struct slice text, char out[46], size_t *len_out) {
  static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */
  char terminated[46];
  if (is_ipv4(text)) {
    memcpy(out, text.data, text.len);
    out[text.len] = 0;
    *len_out = text.len;
    return true;
  }
  if (text.len >= sizeof terminated || text.len == 0) return false;
  if (memchr(text.data, 0, text.len)) return false;
  memcpy(terminated, text.data, text.len);
  terminated[text.len] = 0;
  struct in6_addr address;
  if (inet_pton(AF_INET6, terminated, &address) != 1) return false;
  bool is_mapped = memcmp(&address, mapped, sizeof mapped) == 0;
  const void *bytes = is_mapped ? (const void *)(address.s6_addr + sizeof mapped) : (const void *)&address;
  if (!inet_ntop(is_mapped ? AF_INET : AF_INET6, bytes, out, 46)) return false;
  *len_out = strlen(out);
  return true;
}

static bool is_word(struct slice text, bool dots) {
  for (size_t i = 0; i < text.len; i++)
    if (!is_word_char(text.data[i]) && !(dots && text.data[i] == '.')) return false;
  return text.len > 0;
}

static bool is_one_of(struct slice text, const char *const *list) {
  for (; *list; list++)
    if (slice_equal(text, slice_from(*list))) return true;
  return false;
}

static const char *validate_word(const struct field *f, struct slice text) {
  static const char *const outcomes[] = {"success", "failure", "denied", "unknown", NULL};
  static const char *const actor_types[] = {"user", "api_key", "system", "service", "anonymous", NULL};
  switch (f->id) {
    case FIELD_OUTCOME: return is_one_of(text, outcomes) ? NULL : "must be one of success, failure, denied, unknown";
    case FIELD_ACTOR_TYPE:
    case FIELD_BEHALF_TYPE:
      return is_one_of(text, actor_types) ? NULL : "must be one of user, api_key, system, service, anonymous";
    case FIELD_LOG: return is_word(text, false) ? NULL : "must be 1 to 32 of a-z, 0-9 and _";
    default: return is_word(text, true) ? NULL : "must be a name of a-z, 0-9, _ and .";
  }
}

const char *validate_text(const struct field *f, struct slice text) {
  if (f->kind == KIND_WORD) return validate_word(f, text);
  if (f->kind == KIND_TENANT && !event_tenant_valid(text))
    return "must be a path of 1 to 8 segments of A-Z, a-z, 0-9, . _ - (each 1 to 64) joined by /";
  return NULL;
}

bool validate_instant(int64_t us) {
  return us >= INT64_C(-62135596800) * 1000000 && us < INT64_C(253402300800) * 1000000;
}
