/* Credentials to principals.
 *
 * A key is "dbk_" and 43 characters of base64url: 32 random bytes. Of the operator key "blake2b:" and 64 hexadecimal
 * digits are kept, the unkeyed BLAKE2b-256 of its text, in the store's setting "operator_key"; all others are in
 * accounts/.
 *
 * Why not argon2: slow hashes protect secrets that can be guessed. 256 random bits cannot, however fast one tries, and
 * every request pays for the check. A preset key is the operator's choice; the documentation asks for a random one,
 * and a minimum length refuses the worst. */
#include "access/access.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HASH_BYTES = ACCOUNTS_HASH_BYTES, HASH_TEXT_BYTES = 2 * HASH_BYTES };

#define SETTING "operator_key"
#define HASH_PREFIX "blake2b:"
#define KEY_PREFIX "dbk_"

struct access {
  struct accounts *accounts;
  unsigned char operator_hash[HASH_BYTES];
  bool is_local; /* that is the command line's */
};

static const struct account_grant operator_grant = {
    .id = SLICE_INIT(""), .user = SLICE_INIT(""), .role = ROLE_OPERATOR, .place = {.subtree = {"", 0}}};
static const struct scope_grant everything = {.subtree = {"", 0}};

static int store_hash(struct store *store, const unsigned char hash[HASH_BYTES], struct error *err) {
  char text[sizeof HASH_PREFIX + HASH_TEXT_BYTES] = HASH_PREFIX;
  sodium_bin2hex(text + strlen(HASH_PREFIX), HASH_TEXT_BYTES + 1, hash, HASH_BYTES);
  return store_set_setting(store, SETTING, slice_from(text), err);
}

static int load_hash(struct store *store, unsigned char out[HASH_BYTES], struct error *err) {
  struct arena arena;
  struct slice value;
  size_t len = 0;
  arena_init(&arena, 4096);
  int code = store_get_setting(store, SETTING, &arena, &value);
  if (code == 0) {
    struct slice hex = slice_skip(value, strlen(HASH_PREFIX));
    if (!slice_starts_with(value, SLICE(HASH_PREFIX)) ||
        sodium_hex2bin(out, HASH_BYTES, hex.data, hex.len, NULL, &len, NULL) || len != HASH_BYTES)
      code = error_set(err, ERR_CORRUPT, "the stored operator key is damaged; preset one with DAYBOOK_OPERATOR_KEY");
  }
  arena_free(&arena);
  return code;
}

static int check_preset(const char *key, struct error *err) {
  size_t len = strlen(key);
  if (len < ACCESS_KEY_MIN_BYTES || len > ACCESS_KEY_MAX_BYTES)
    return error_set(err, ERR_INVALID, "DAYBOOK_OPERATOR_KEY must have %d to %d characters", ACCESS_KEY_MIN_BYTES,
                     ACCESS_KEY_MAX_BYTES);
  for (size_t i = 0; i < len; i++)
    if (key[i] <= ' ' || key[i] > '~')
      return error_set(err, ERR_INVALID, "DAYBOOK_OPERATOR_KEY may have printable ASCII characters only, no blanks");
  return 0;
}

void access_make_key(const struct os *os, char out[ACCOUNTS_TOKEN_TEXT_BYTES]) {
  accounts_make_token(os, KEY_PREFIX, out);
}

int access_open(const struct os *os, struct store *store, struct accounts *accounts, const char *preset,
                struct access **out, char new_key_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err) {
  new_key_out[0] = '\0';
  if (sodium_init() < 0) return error_set(err, ERR_INTERNAL, "libsodium does not start");
  struct access *a = calloc(1, sizeof *a);
  if (!a) abort();
  a->accounts = accounts;
  int code;
  if (preset) {
    code = check_preset(preset, err);
    if (code == 0) accounts_hash_token(slice_from(preset), a->operator_hash);
    if (code == 0) code = store_hash(store, a->operator_hash, err);
  } else {
    code = load_hash(store, a->operator_hash, err);
    if (code == ERR_NOT_FOUND) {
      char key[ACCOUNTS_TOKEN_TEXT_BYTES];
      access_make_key(os, key);
      accounts_hash_token(slice_from(key), a->operator_hash);
      code = store_hash(store, a->operator_hash, err);
      if (code == 0) memcpy(new_key_out, key, sizeof key);
      sodium_memzero(key, sizeof key);
    }
  }
  if (code) {
    access_close(a);
    return code;
  }
  *out = a;
  return 0;
}

struct access *access_open_local(struct accounts *accounts, const char *key) {
  struct access *a = calloc(1, sizeof *a);
  if (!a) abort();
  a->accounts = accounts;
  a->is_local = true;
  accounts_hash_token(slice_from(key), a->operator_hash);
  return a;
}

void access_close(struct access *a) {
  if (!a) return;
  sodium_memzero(a, sizeof *a);
  free(a);
}

static bool split_bearer(struct slice header, struct slice *key_out) {
  if (header.len < 8 || strncasecmp(header.data, "Bearer ", 7) != 0) return false;
  struct slice key = slice_skip(header, 7);
  while (key.len && key.data[0] == ' ') key = slice_skip(key, 1);
  while (key.len && key.data[key.len - 1] == ' ') key.len--;
  *key_out = key;
  return key.len > 0 && key.len <= ACCESS_KEY_MAX_BYTES;
}

/* ---- Principals ---- */

unsigned access_role_rights(enum account_role role) {
  switch (role) {
    case ROLE_OPERATOR: return RIGHT_READ | RIGHT_EXPORT | RIGHT_WRITE | RIGHT_MANAGE | RIGHT_OPERATE;
    case ROLE_ADMIN: return RIGHT_READ | RIGHT_EXPORT | RIGHT_MANAGE;
    case ROLE_AUDITOR: return RIGHT_READ | RIGHT_EXPORT;
    case ROLE_VIEWER: return RIGHT_READ;
    case ROLE_WRITER: return RIGHT_WRITE;
    case ROLE_READER: return RIGHT_READ | RIGHT_EXPORT;
    case ROLE_COUNT: break;
  }
  return 0;
}

const char *access_right_name(enum right right) {
  switch (right) {
    case RIGHT_READ: return "read";
    case RIGHT_EXPORT: return "export";
    case RIGHT_WRITE: return "write";
    case RIGHT_MANAGE: return "manage";
    case RIGHT_OPERATE: return "operate";
  }
  return "";
}

static bool is_limited(const struct account_grant *g) { return g->place.log_count > 0 || g->place.product_count > 0; }

/* What a grant gives. Who sees a part of a tenant alone cannot manage all of it; an operator is one everywhere. */
static unsigned grant_rights(const struct account_grant *g) {
  unsigned rights = access_role_rights(g->role);
  if (is_limited(g)) rights &= ~(unsigned)(RIGHT_MANAGE | RIGHT_OPERATE);
  if (g->place.subtree.len > 0) rights &= ~(unsigned)RIGHT_OPERATE;
  return rights;
}

static struct scope scope_of(const struct account_grant *grants, uint32_t count, enum right right,
                             struct scope_grant *room) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < count; i++)
    if (grant_rights(&grants[i]) & right) room[n++] = grants[i].place;
  return (struct scope){room, n};
}

static int set_scopes(struct principal *p, struct arena *arena) {
  uint32_t count = p->grant_count;
  struct scope_grant *room = arena_alloc(arena, (4 * (size_t)count + 1) * sizeof *room);
  if (!room) return ERR_TOO_LARGE;
  p->rights = 0;
  for (uint32_t i = 0; i < count; i++) p->rights |= grant_rights(&p->grants[i]);
  p->read = scope_of(p->grants, count, RIGHT_READ, room);
  p->export = scope_of(p->grants, count, RIGHT_EXPORT, room + count);
  p->write = scope_of(p->grants, count, RIGHT_WRITE, room + 2 * (size_t)count);
  p->manage = scope_of(p->grants, count, RIGHT_MANAGE, room + 3 * (size_t)count);
  return 0;
}

void access_local_operator(struct principal *out) {
  const struct scope all = {&everything, 1};
  *out = (struct principal){
      .kind = PRINCIPAL_LOCAL,
      .name = SLICE("operator"),
      .display_name = SLICE("Operator"),
      .grants = &operator_grant,
      .grant_count = 1,
      .rights = access_role_rights(ROLE_OPERATOR),
      .read = all,
      .export = all,
      .write = all,
      .manage = all,
  };
}

static int from_holder(const struct account_holder *h, struct slice session, struct arena *arena,
                       struct principal *out) {
  static const enum principal_kind kinds[] = {
      [HOLDER_USER] = PRINCIPAL_USER, [HOLDER_KEY] = PRINCIPAL_KEY, [HOLDER_VIEWER] = PRINCIPAL_VIEWER};
  *out = (struct principal){
      .kind = kinds[h->kind],
      .id = h->id,
      .session = h->kind == HOLDER_KEY ? slice_of("", 0) : session,
      .name = h->name,
      .display_name = h->display_name,
      .email = h->email,
      .tenant = h->tenant,
      .origin = h->origin,
      .created_by = h->created_by,
      .grants = h->grants,
      .grant_count = h->grant_count,
  };
  return set_scopes(out, arena);
}

/* ---- Checking ---- */

static int check_holder(struct access *a, const unsigned char hash[HASH_BYTES], struct slice address, bool session,
                        struct arena *arena, struct principal *out, struct error *err) {
  struct account_holder holder;
  struct slice id = {"", 0};
  int code = accounts_check(a->accounts, hash, address, arena, &holder, &id);
  if (code == 0 && session != (holder.kind == HOLDER_USER)) code = ERR_UNAUTHORIZED;
  if (code == 0) code = from_holder(&holder, id, arena, out);
  if (code == ERR_UNAUTHORIZED)
    return error_set(err, code, session ? "the session has ended: log in again" : "this key is not valid");
  return code ? error_set(err, code, "%s", error_text(code)) : 0;
}

int access_authenticate(struct access *a, struct slice authorization, struct slice address, struct arena *arena,
                        struct principal *out, struct error *err) {
  struct slice key;
  if (authorization.len == 0)
    return error_set(err, ERR_UNAUTHORIZED, "a key is needed: send the header Authorization: Bearer KEY");
  if (!split_bearer(authorization, &key))
    return error_set(err, ERR_UNAUTHORIZED, "the Authorization header must be: Bearer KEY");
  unsigned char hash[HASH_BYTES];
  int code = 0;
  accounts_hash_token(key, hash);
  if (sodium_memcmp(hash, a->operator_hash, HASH_BYTES) != 0) {
    code = check_holder(a, hash, address, false, arena, out, err);
  } else {
    access_local_operator(out);
    if (!a->is_local) out->kind = PRINCIPAL_OPERATOR_KEY;
  }
  sodium_memzero(hash, sizeof hash);
  return code;
}

int access_authenticate_session(struct access *a, struct slice token, struct slice address, struct arena *arena,
                                struct principal *out, struct error *err) {
  unsigned char hash[HASH_BYTES];
  if (token.len == 0 || token.len > ACCESS_KEY_MAX_BYTES)
    return error_set(err, ERR_UNAUTHORIZED, "the session has ended: log in again");
  accounts_hash_token(token, hash);
  int code = check_holder(a, hash, address, true, arena, out, err);
  sodium_memzero(hash, sizeof hash);
  return code;
}

int access_refresh(struct access *a, const struct principal *was, struct arena *arena, struct principal *out,
                   struct error *err) {
  static const enum holder_kind kinds[] = {
      [PRINCIPAL_USER] = HOLDER_USER, [PRINCIPAL_KEY] = HOLDER_KEY, [PRINCIPAL_VIEWER] = HOLDER_VIEWER};
  struct account_holder holder;
  if (was->kind == PRINCIPAL_OPERATOR_KEY || was->kind == PRINCIPAL_LOCAL) {
    access_local_operator(out); /* that key holds as long as the server runs */
    out->kind = was->kind;
    return 0;
  }
  int code = accounts_recheck(a->accounts, kinds[was->kind], was->id, was->session, arena, &holder);
  if (code == 0) code = from_holder(&holder, was->session, arena, out);
  if (code == ERR_UNAUTHORIZED) return error_set(err, code, "the credential has ended");
  return code ? error_set(err, code, "%s", error_text(code)) : 0;
}

/* ---- What a principal may ---- */

int access_require(const struct principal *p, enum right right, struct error *err) {
  if (p->rights & right) return 0;
  return error_set(err, ERR_FORBIDDEN, "this needs the right %s", access_right_name(right));
}

const struct scope *principal_scope(const struct principal *p, enum right right) {
  static const struct scope all = {&everything, 1}, nothing = {NULL, 0};
  switch (right) {
    case RIGHT_READ: return &p->read;
    case RIGHT_EXPORT: return &p->export;
    case RIGHT_WRITE: return &p->write;
    case RIGHT_MANAGE: return &p->manage;
    case RIGHT_OPERATE: return p->rights & RIGHT_OPERATE ? &all : &nothing;
  }
  return &nothing;
}

bool access_may_write(const struct principal *p, const struct event *e) { return scope_covers_event(&p->write, e); }

bool access_may_manage(const struct principal *p, struct slice tenant) {
  return scope_covers_tenant(&p->manage, tenant);
}

bool access_may_grant(const struct principal *p, const struct account_grant *g) {
  if (g->role == ROLE_OPERATOR) return (p->rights & RIGHT_OPERATE) && g->place.subtree.len == 0 && !is_limited(g);
  return access_may_manage(p, g->place.subtree);
}
