/* The tables of accounts.db, format version 1. Tenant paths, ids and hashes compare as bytes; times are microseconds
 * since 1970, 0 or NULL where there was none. Secrets are kept as hashes (BLAKE2b-256 of 256 random bits, argon2id of
 * passwords); what must be read back (TOTP) is sealed by who writes it. */
#include "accounts/internal.h"

/* An account is a top-level tenant with everything below it; its counts stand ready, so that a limit is checked without
 * reading its rows. */
#define ACCOUNT(path) "substr(" path ", 1, instr(" path " || '/', '/') - 1)"
/* clang-format off */
#define COUNT(table, event, row, what, by)                                         \
  "CREATE TRIGGER " table "_" event "_" what " AFTER " event " ON " table " BEGIN" \
  " INSERT INTO account_counts VALUES (" ACCOUNT(row ".tenant") ", '" what "', " by ")" \
  " ON CONFLICT (account, what) DO UPDATE SET count = count + excluded.count; END"
/* clang-format on */
#define BYTES(row) "length(CAST(" row ".value AS BLOB))"

const char *const accounts_schema[] = {
    /* state: 0 active, 1 disabled, 2 invited */
    "CREATE TABLE users (id TEXT PRIMARY KEY, login TEXT NOT NULL COLLATE NOCASE UNIQUE, email TEXT NOT NULL,"
    " display_name TEXT NOT NULL, tenant TEXT NOT NULL, state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),"
    " password TEXT, email_code INTEGER NOT NULL DEFAULT 0, preferences TEXT NOT NULL DEFAULT '{}',"
    " created_us INTEGER NOT NULL, created_by TEXT NOT NULL, last_login_us INTEGER NOT NULL DEFAULT 0)"
    " STRICT, WITHOUT ROWID",
    "CREATE INDEX users_by_tenant ON users (tenant, login)", "CREATE INDEX users_by_email ON users (email)",

    /* logs, products: names joined by line ends, NULL for all */
    "CREATE TABLE grants (id TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,"
    " role TEXT NOT NULL, tenant TEXT NOT NULL, logs TEXT, products TEXT, created_us INTEGER NOT NULL,"
    " created_by TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE INDEX grants_by_user ON grants (user, id)", "CREATE INDEX grants_by_tenant ON grants (tenant, id)",

    "CREATE TABLE keys (id TEXT PRIMARY KEY, name TEXT NOT NULL, prefix TEXT NOT NULL, hash BLOB NOT NULL UNIQUE,"
    " role TEXT NOT NULL, tenant TEXT NOT NULL, logs TEXT, products TEXT, addresses TEXT,"
    " created_us INTEGER NOT NULL, created_by TEXT NOT NULL, expires_us INTEGER NOT NULL DEFAULT 0,"
    " last_used_us INTEGER NOT NULL DEFAULT 0, revoked_us INTEGER NOT NULL DEFAULT 0, replaced_by TEXT)"
    " STRICT, WITHOUT ROWID",
    "CREATE INDEX keys_by_tenant ON keys (tenant, name, id)",

    /* token_hash: of the cookie's value; expires_us: absolute; factors: how it was opened, such as password+totp */
    "CREATE TABLE sessions (id TEXT PRIMARY KEY, token_hash BLOB NOT NULL UNIQUE,"
    " user TEXT NOT NULL REFERENCES users ON DELETE CASCADE, created_us INTEGER NOT NULL,"
    " last_seen_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, address TEXT NOT NULL, peer TEXT NOT NULL,"
    " user_agent TEXT NOT NULL, method TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE INDEX sessions_by_user ON sessions (user, created_us)",

    /* kind: totp; secret: sealed; confirmed: 0 until a first code was right; last_step: no code twice */
    "CREATE TABLE factors (user TEXT NOT NULL REFERENCES users ON DELETE CASCADE, kind TEXT NOT NULL,"
    " secret BLOB NOT NULL, confirmed INTEGER NOT NULL, last_step INTEGER NOT NULL, created_us INTEGER NOT NULL,"
    " PRIMARY KEY (user, kind)) STRICT, WITHOUT ROWID",
    "CREATE TABLE recovery_codes (user TEXT NOT NULL REFERENCES users ON DELETE CASCADE, hash BLOB NOT NULL,"
    " PRIMARY KEY (user, hash)) STRICT, WITHOUT ROWID",

    /* purpose: setup, invite, reset; user NULL: the first operator */
    "CREATE TABLE links (hash BLOB PRIMARY KEY, purpose TEXT NOT NULL, user TEXT REFERENCES users ON DELETE CASCADE,"
    " created_us INTEGER NOT NULL, created_by TEXT NOT NULL, expires_us INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE INDEX links_by_user ON links (user)",

    /* A subject of an OpenID issuer is a user. */
    "CREATE TABLE identities (issuer TEXT NOT NULL, subject TEXT NOT NULL,"
    " user TEXT NOT NULL REFERENCES users ON DELETE CASCADE, created_us INTEGER NOT NULL,"
    " PRIMARY KEY (issuer, subject)) STRICT, WITHOUT ROWID",
    "CREATE INDEX identities_by_user ON identities (user)",

    /* token_hash until it is exchanged, bearer_hash from then on; creator: id of a user or key, '' the operator key */
    "CREATE TABLE viewer_tokens (id TEXT PRIMARY KEY, token_hash BLOB UNIQUE, bearer_hash BLOB UNIQUE,"
    " role TEXT NOT NULL, tenant TEXT NOT NULL, logs TEXT, products TEXT, name TEXT NOT NULL,"
    " display_name TEXT NOT NULL, email TEXT NOT NULL, origin TEXT NOT NULL, creator TEXT NOT NULL,"
    " created_by TEXT NOT NULL, created_us INTEGER NOT NULL, token_expires_us INTEGER NOT NULL,"
    " session_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, last_seen_us INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID",
    "CREATE INDEX viewer_tokens_by_tenant ON viewer_tokens (tenant, id)",
    "CREATE INDEX viewer_tokens_by_creator ON viewer_tokens (creator)",

    "CREATE TABLE tenants (tenant TEXT PRIMARY KEY, display_name TEXT NOT NULL, closed INTEGER NOT NULL"
    " CHECK (closed IN (0, 1)), created_us INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    /* value: JSON */
    "CREATE TABLE settings (tenant TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (tenant, name))"
    " STRICT, WITHOUT ROWID",
    "CREATE INDEX settings_by_name ON settings (name, tenant)",

    "CREATE TABLE account_counts (account TEXT NOT NULL, what TEXT NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY (account, what)) STRICT, WITHOUT ROWID", /* clang-format off */
    COUNT("users", "INSERT", "new", "users", "1"), COUNT("users", "DELETE", "old", "users", "-1"),
    COUNT("keys", "INSERT", "new", "keys", "1"), COUNT("keys", "DELETE", "old", "keys", "-1"),
    COUNT("tenants", "INSERT", "new", "tenants", "1"),
    COUNT("settings", "INSERT", "new", "settings", "1"), COUNT("settings", "DELETE", "old", "settings", "-1"),
    COUNT("settings", "INSERT", "new", "setting_bytes", BYTES("new")),
    COUNT("settings", "DELETE", "old", "setting_bytes", "-" BYTES("old")), /* clang-format on */
    NULL};
