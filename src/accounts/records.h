/* What accounts.h speaks of: plain data, in the arena of who asked for it. */
#ifndef DAYBOOK_ACCOUNTS_RECORDS_H
#define DAYBOOK_ACCOUNTS_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/slice.h"
#include "os/os.h"
#include "store/store.h"

enum {
  ACCOUNTS_HASH_BYTES = 32,
  ACCOUNTS_ID_BYTES = 24,         /* room for "usr_" and 16 characters of base32, with its NUL */
  ACCOUNTS_TOKEN_TEXT_BYTES = 64, /* room for a prefix and 43 characters of base64url */
  ACCOUNTS_PASSWORD_BYTES = 128,  /* crypto_pwhash_STRBYTES */
  ACCOUNTS_KEY_PREFIX_CHARS = 8,  /* of a key's text, kept in clear: "dbk_Ab3x" */
};

enum account_role { ROLE_OPERATOR, ROLE_ADMIN, ROLE_AUDITOR, ROLE_VIEWER, ROLE_WRITER, ROLE_READER, ROLE_COUNT };
const char *account_role_name(enum account_role role);
/* False where there is no such role. */
bool account_role_find(struct slice name, enum account_role *out);

/* A role in a tenant's subtree, perhaps for some logs and products alone. */
struct account_grant {
  struct slice id, user; /* "gra_...", "usr_..." */
  enum account_role role;
  struct scope_grant place; /* place.subtree "": everywhere */
};

enum user_state { USER_ACTIVE, USER_DISABLED, USER_INVITED };
const char *user_state_name(enum user_state state);

struct account_user {
  struct slice id, login, email, display_name;
  struct slice tenant; /* home: who manages it manages the user */
  enum user_state state;
  int64_t created_us, last_login_us; /* 0: never */
  bool has_password, totp;
  struct slice created_by; /* as accounts_add_user was told */
  struct account_grant *grants;
  uint32_t grant_count;
};

enum link_purpose { LINK_SETUP, LINK_INVITE, LINK_RESET };

enum key_state { KEY_ACTIVE, KEY_OVERLAP, KEY_EXPIRED, KEY_REVOKED };
const char *key_state_name(enum key_state state);

struct account_key {
  struct slice id, name, prefix;
  enum account_role role; /* ROLE_WRITER, ROLE_READER */
  struct scope_grant place;
  const struct slice *addresses; /* canonical CIDR; count 0: from anywhere */
  uint32_t address_count;
  struct slice created_by, replaced_by;
  int64_t created_us, expires_us, last_used_us; /* 0: never */
  enum key_state state;
};

enum holder_kind { HOLDER_USER, HOLDER_KEY, HOLDER_VIEWER };

/* Who presented a credential. */
struct account_holder {
  enum holder_kind kind;
  struct slice id, name, display_name, email, tenant;
  struct slice origin, created_by; /* HOLDER_VIEWER */
  const struct slice *addresses;   /* HOLDER_KEY: limits, already checked */
  uint32_t address_count;
  const struct account_grant *grants;
  uint32_t grant_count;
};

struct account_tenant {
  struct slice path, display_name;
  bool closed;
};

struct account_setting {
  struct slice name, value; /* value: JSON */
  struct slice tenant;      /* where it is set */
};

/* One page of a list. */
struct account_query {
  const struct scope *scope; /* required */
  struct slice tenant;       /* only in its subtree; empty: all of scope */
  struct slice prefix, after;
  uint32_t limit;
};

#endif
