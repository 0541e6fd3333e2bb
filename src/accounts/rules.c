#include "accounts/rules.h"

#include <stdio.h>

#include "accounts/address.h"
#include "base/utf8.h"

enum { LOG_BYTES = 32, PRODUCT_BYTES = 128, LOGIN_PART_BYTES = 64, SETTING_NAME_BYTES = 64 };

/* Of what Daybook calls itself in the log, and of names an administrator might be taken for. */
static const char *const reserved[] = {"operator", "system", "daybook", "anonymous", "admin", "root"};

static int refuse(struct error *err, const char *at, const char *member, const char *why) {
  char pointer[ERROR_POINTER_BYTES];
  snprintf(pointer, sizeof pointer, "%s%s", at, member);
  return error_set_at(err, ERR_INVALID, pointer, "%s", why);
}

static bool is_login_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '@' || c == '+' || c == '-';
}

static bool is_login_part(struct slice part) {
  if (part.len == 0 || part.len > LOGIN_PART_BYTES) return false;
  for (size_t i = 0; i < part.len; i++)
    if (!is_login_char(part.data[i])) return false;
  return true;
}

static bool equal_any_case(struct slice s, const char *name) {
  if (s.len != strlen(name)) return false;
  for (size_t i = 0; i < s.len; i++)
    if ((s.data[i] | 0x20) != name[i]) return false;
  return true;
}

static bool is_reserved(struct slice name) {
  while (name.len > 0 && name.data[0] == ' ') name = slice_skip(name, 1);
  while (name.len > 0 && name.data[name.len - 1] == ' ') name.len--;
  for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
    if (equal_any_case(name, reserved[i])) return true;
  return false;
}

int rule_login(struct slice login, struct slice home, struct error *err) {
  const char *slash = login.len ? memrchr(login.data, '/', login.len) : NULL;
  struct slice name = slash ? slice_skip(login, (size_t)(slash - login.data) + 1) : login;
  if (login.len > LIMIT_LOGIN_BYTES || !is_login_part(name))
    return refuse(err, "", "/login", "must be 1 to 64 of A-Z a-z 0-9 . _ @ + -, or HOME/NAME, 128 in all");
  if (slash && !slice_equal(slice_of(login.data, (size_t)(slash - login.data)), home))
    return refuse(err, "", "/login", "what stands before the last / must be the user's home tenant");
  return is_reserved(login) ? error_set_at(err, ERR_CONFLICT, "/login", "this login is not available") : 0;
}

static bool is_text(struct slice s) {
  for (size_t i = 0; i < s.len; i++)
    if ((unsigned char)s.data[i] < 0x20 || s.data[i] == 0x7f) return false;
  return s.len == 0 || utf8_valid(s);
}

int rule_email(struct slice email, struct error *err) {
  static const char why[] = "must be an e-mail address of at most 254 bytes";
  const char *at = email.len ? memchr(email.data, '@', email.len) : NULL;
  if (email.len == 0) return 0;
  if (email.len > LIMIT_EMAIL_BYTES || !at || at == email.data || at == email.data + email.len - 1)
    return refuse(err, "", "/email", why);
  if (memchr(at + 1, '@', (size_t)(email.data + email.len - at - 1)) || !is_text(email))
    return refuse(err, "", "/email", why);
  for (size_t i = 0; i < email.len; i++) /* what means something in a mail's head */
    if (strchr(" \"(),:;<>[\\]", email.data[i])) return refuse(err, "", "/email", why);
  return 0;
}

int rule_name(struct slice name, const char *pointer, bool may_be_empty, struct error *err) {
  if ((name.len == 0 && !may_be_empty) || name.len > LIMIT_NAME_BYTES || !is_text(name))
    return refuse(err, "", pointer, "must be text of 1 to 128 bytes without control characters");
  return 0;
}

int rule_tenant(struct slice tenant, const char *at, struct error *err) {
  if (tenant.len == 0 || event_tenant_valid(tenant)) return 0;
  return refuse(err, at, "/tenant", "must be a tenant's path such as acme/eu, or empty for all");
}

static bool is_log(struct slice s) {
  for (size_t i = 0; i < s.len; i++)
    if (!((s.data[i] >= 'a' && s.data[i] <= 'z') || (s.data[i] >= '0' && s.data[i] <= '9') || s.data[i] == '_'))
      return false;
  return s.len > 0 && s.len <= LOG_BYTES;
}

int rule_place(const struct scope_grant *place, const char *at, struct error *err) {
  char member[48];
  int code = rule_tenant(place->subtree, at, err);
  if (code) return code;
  if (place->log_count > LIMIT_GRANT_NAMES) return refuse(err, at, "/logs", "must be at most 64 names");
  if (place->product_count > LIMIT_GRANT_NAMES) return refuse(err, at, "/products", "must be at most 64 names");
  for (uint32_t i = 0; i < place->log_count; i++) {
    snprintf(member, sizeof member, "/logs/%u", i);
    if (!is_log(place->logs[i])) return refuse(err, at, member, "must be the name of a log: 1 to 32 of a-z 0-9 _");
  }
  for (uint32_t i = 0; i < place->product_count; i++) {
    struct slice product = place->products[i];
    snprintf(member, sizeof member, "/products/%u", i);
    if (product.len == 0 || product.len > PRODUCT_BYTES || !is_text(product))
      return refuse(err, at, member, "must be the name of a product: 1 to 128 bytes");
  }
  return 0;
}

int rule_user_grant(const struct account_grant *g, const char *at, struct error *err) {
  if (g->role > ROLE_VIEWER) return refuse(err, at, "/role", "must be operator, admin, auditor or viewer");
  int code = rule_place(&g->place, at, err);
  if (code || g->role != ROLE_OPERATOR) return code;
  if (g->place.subtree.len > 0) return refuse(err, at, "/tenant", "an operator is one everywhere: must be empty");
  if (g->place.log_count > 0) return refuse(err, at, "/logs", "an operator has no limits: must be null");
  if (g->place.product_count > 0) return refuse(err, at, "/products", "an operator has no limits: must be null");
  return 0;
}

static int rule_addresses(struct account_key *k, struct arena *arena, struct error *err) {
  struct network network;
  char member[48], canonical[NETWORK_TEXT_BYTES];
  if (k->address_count > LIMIT_KEY_ADDRESSES) return refuse(err, "", "/addresses", "must be at most 64 networks");
  struct slice *shown = arena_alloc(arena, (k->address_count + 1) * sizeof *shown);
  if (!shown) return error_set(err, ERR_TOO_LARGE, "too many addresses");
  for (uint32_t i = 0; i < k->address_count; i++) {
    snprintf(member, sizeof member, "/addresses/%u", i);
    if (!network_parse(k->addresses[i], &network, canonical))
      return refuse(err, "", member,
                    "must be an address or a network such as 10.0.0.0/8 with no bits set past its length");
    shown[i] = arena_copy(arena, slice_from(canonical));
  }
  if (arena->overflowed) return error_set(err, ERR_TOO_LARGE, "too many addresses");
  k->addresses = shown;
  return 0;
}

int rule_key(struct account_key *k, int64_t now_us, struct arena *arena, struct error *err) {
  int code = rule_name(k->name, "/name", false, err);
  if (!code && is_reserved(k->name))
    code = error_set_at(err, ERR_CONFLICT, "/name", "this name is kept for Daybook itself: choose another");
  if (!code && k->role != ROLE_WRITER && k->role != ROLE_READER)
    code = refuse(err, "", "/role", "must be writer or reader");
  if (!code) code = rule_place(&k->place, "", err);
  if (!code) code = rule_addresses(k, arena, err);
  if (!code && k->expires_us && k->expires_us <= now_us) code = refuse(err, "", "/expires_at", "lies in the past");
  return code;
}

int rule_setting(const struct account_setting *s, struct error *err) {
  bool valid = s->name.len > 0 && s->name.len <= SETTING_NAME_BYTES;
  for (size_t i = 0; i < s->name.len && valid; i++)
    valid = (s->name.data[i] >= 'a' && s->name.data[i] <= 'z') || s->name.data[i] == '_';
  if (!valid) return error_set(err, ERR_INVALID, "a setting's name must be 1 to 64 of a-z _");
  if (s->value.len == 0 || s->value.len > LIMIT_SETTING_BYTES) {
    char pointer[ERROR_POINTER_BYTES];
    snprintf(pointer, sizeof pointer, "/%.*s", SLICE_ARGS(s->name));
    return error_set_at(err, ERR_INVALID, pointer, "must be at most %d bytes of JSON", LIMIT_SETTING_BYTES);
  }
  return 0;
}

struct slice top_tenant(struct slice path) {
  const char *slash = path.len ? memchr(path.data, '/', path.len) : NULL;
  return slash ? slice_of(path.data, (size_t)(slash - path.data)) : path;
}
