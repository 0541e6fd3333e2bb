/* API keys. An ended key stays on the list: the log names it. A rotated key is a row of its own under the same name;
 * the old row names its successor and ends after the overlap. */
#include <sodium.h>

#include "accounts/internal.h"
#include "accounts/rules.h"
#include "base/fold.h"

enum { KEY_ARENA_BYTES = 256 * 1024, FOLDED_BYTES = 4096 };

#define KEY_COLUMNS                                                                                 \
  "role, tenant, logs, products, id, name, prefix, addresses, created_us, created_by, expires_us, " \
  "last_used_us, revoked_us, replaced_by"

static enum key_state state_of(const struct account_key *k, int64_t revoked_us, int64_t now_us) {
  if (revoked_us) return KEY_REVOKED;
  if (k->expires_us && k->expires_us <= now_us) return KEY_EXPIRED;
  return k->replaced_by.len ? KEY_OVERLAP : KEY_ACTIVE;
}

static int read_key(sqlite3_stmt *st, int64_t now_us, struct arena *arena, struct account_key *k, struct error *err) {
  struct account_grant g = {0};
  int code = column_grant(st, 0, arena, &g, err);
  if (code) return code;
  *k = (struct account_key){
      .role = g.role,
      .place = g.place,
      .id = sql_column_copy(st, 4, arena),
      .name = sql_column_copy(st, 5, arena),
      .prefix = sql_column_copy(st, 6, arena),
      .created_us = sqlite3_column_int64(st, 8),
      .created_by = sql_column_copy(st, 9, arena),
      .expires_us = sqlite3_column_int64(st, 10),
      .last_used_us = sqlite3_column_int64(st, 11),
      .replaced_by = sql_column_copy(st, 13, arena),
  };
  k->address_count = column_list(st, 7, arena, &k->addresses);
  k->state = state_of(k, sqlite3_column_int64(st, 12), now_us);
  return arena->overflowed ? error_set(err, ERR_TOO_LARGE, "accounts: the keys do not fit") : 0;
}

int accounts_get_key(struct accounts *a, struct slice id, struct arena *arena, struct account_key *out,
                     struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  accounts_lock(a);
  int code = database_prepare(a->db, "SELECT " KEY_COLUMNS " FROM keys WHERE id = ?1", &st, err);
  if (!code) code = sql_bind_text(st, 1, id, err);
  if (!code) code = sql_step_row(st, &row, err);
  if (!code && !row) code = error_set(err, ERR_NOT_FOUND, "there is no such key");
  if (!code) code = read_key(st, os_now_us(a->os), arena, out, err);
  sql_finish(st);
  accounts_unlock(a);
  return code;
}

/* ---- Lists ---- */

struct key_page {
  const struct account_query *query;
  struct slice tenant, name, id; /* after */
  struct slice folded_prefix;
  struct arena *arena;
  struct account_key *keys;
  uint32_t count;
};

/* The key's text begins as written, its name in any case. */
static bool matches(sqlite3_stmt *st, const struct key_page *page) {
  struct buffer scratch;
  struct slice prefix = page->query->prefix;
  if (prefix.len == 0) return true;
  struct slice kept = sql_column_bytes(st, 6);
  struct slice typed = prefix.len > kept.len ? slice_of(prefix.data, kept.len) : prefix; /* a whole key was pasted */
  if (kept.len && slice_starts_with(kept, typed)) return true;
  buffer_init(&scratch, FOLDED_BYTES);
  bool result = slice_starts_with(fold(sql_column_bytes(st, 5), &scratch), page->folded_prefix);
  buffer_free(&scratch);
  return result;
}

static int list_run(struct accounts *a, const struct tenant_run *run, struct key_page *page, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  int code = database_prepare(a->db,
                              "SELECT " KEY_COLUMNS
                              " FROM keys WHERE tenant >= max(?1, ?3) AND tenant < ?2 AND"
                              " (tenant, name, id) > (?3, ?4, ?5) ORDER BY tenant, name, id",
                              &st, err);
  if (!code) code = sql_bind_text(st, 1, run->from, err);
  if (!code) code = sql_bind_text(st, 2, run->to, err);
  if (!code) code = sql_bind_text(st, 3, page->tenant, err);
  if (!code) code = sql_bind_text(st, 4, page->name, err);
  if (!code) code = sql_bind_text(st, 5, page->id, err);
  if (!code) code = sql_step_row(st, &row, err);
  while (!code && row && page->count < page->query->limit) {
    if (matches(st, page)) code = read_key(st, os_now_us(a->os), page->arena, &page->keys[page->count++], err);
    if (!code) code = sql_step_row(st, &row, err);
  }
  sql_finish(st);
  return code;
}

/* "TENANT:NAME:ID"; a name may hold colons, an id none. */
static void split_key_after(struct key_page *page) {
  struct slice rest;
  split_after(page->query->after, &page->tenant, &rest);
  const char *colon = rest.len ? memrchr(rest.data, ':', rest.len) : NULL;
  page->name = colon ? slice_of(rest.data, (size_t)(colon - rest.data)) : rest;
  page->id = colon ? slice_skip(rest, page->name.len + 1) : slice_of("", 0);
}

int accounts_list_keys(struct accounts *a, const struct account_query *q, struct arena *arena, struct account_key **out,
                       uint32_t *count_out, struct error *err) {
  struct buffer scratch;
  struct tenant_run *runs = NULL;
  uint32_t run_count = 0;
  struct key_page page = {.query = q, .arena = arena};
  page.keys = arena_alloc(arena, (q->limit + 1) * sizeof *page.keys);
  if (!page.keys) return error_set(err, ERR_TOO_LARGE, "accounts: the keys do not fit");
  split_key_after(&page);
  int code = scope_runs(q->scope, q->tenant, arena, &runs, &run_count, err);
  buffer_init(&scratch, FOLDED_BYTES);
  page.folded_prefix = fold(q->prefix, &scratch);
  accounts_lock(a);
  for (uint32_t i = 0; !code && i < run_count && page.count < q->limit; i++) code = list_run(a, &runs[i], &page, err);
  accounts_unlock(a);
  buffer_free(&scratch);
  if (code) return code;
  *out = page.keys;
  *count_out = page.count;
  return 0;
}

/* ---- Changes ---- */

static int insert_key(struct accounts *a, const struct account_key *k, struct slice id, const char *secret,
                      struct slice by, struct arena *arena, struct error *err) {
  unsigned char hash[ACCOUNTS_HASH_BYTES];
  sqlite3_stmt *st = NULL;
  accounts_hash_token(slice_from(secret), hash);
  int code = database_prepare(a->db,
                              "INSERT INTO keys (id, name, prefix, hash, role, tenant, logs, products, addresses,"
                              " created_us, created_by, expires_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
                              " ?11, ?12)",
                              &st, err);
  if (!code) code = sql_bind_text(st, 1, id, err);
  if (!code) code = sql_bind_text(st, 2, k->name, err);
  if (!code) code = sql_bind_text(st, 3, slice_of(secret, ACCOUNTS_KEY_PREFIX_CHARS), err);
  if (!code) code = sql_bind_blob(st, 4, slice_of((const char *)hash, sizeof hash), err);
  if (!code) code = sql_bind_text(st, 5, slice_from(account_role_name(k->role)), err);
  if (!code) code = sql_bind_text(st, 6, k->place.subtree, err);
  if (!code) code = bind_list(st, 7, k->place.logs, k->place.log_count, arena, err);
  if (!code) code = bind_list(st, 8, k->place.products, k->place.product_count, arena, err);
  if (!code) code = bind_list(st, 9, k->addresses, k->address_count, arena, err);
  if (!code) code = sql_bind_i64(st, 10, os_now_us(a->os), err);
  if (!code) code = sql_bind_text(st, 11, by, err);
  if (!code) code = sql_bind_i64(st, 12, k->expires_us, err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  return code;
}

/* The log shows the name: no two working keys of a tenant share one, a key and its successor excepted. */
static int check_name_free(struct accounts *a, const struct account_key *k, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  int code = database_prepare(a->db,
                              "SELECT 1 FROM keys WHERE tenant = ?1 AND name = ?2 AND revoked_us = 0"
                              " AND (expires_us = 0 OR expires_us > ?3)",
                              &st, err);
  if (!code) code = sql_bind_text(st, 1, k->place.subtree, err);
  if (!code) code = sql_bind_text(st, 2, k->name, err);
  if (!code) code = sql_bind_i64(st, 3, os_now_us(a->os), err);
  if (!code) code = sql_step_row(st, &row, err);
  sql_finish(st);
  if (!code && row) code = error_set_at(err, ERR_CONFLICT, "/name", "this tenant has a working key of that name");
  return code;
}

int accounts_add_key(struct accounts *a, const struct account_key *k, struct slice by, char id_out[ACCOUNTS_ID_BYTES],
                     char secret_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err) {
  struct arena arena;
  struct account_key key = *k;
  char id[ACCOUNTS_ID_BYTES], secret[ACCOUNTS_TOKEN_TEXT_BYTES];
  arena_init(&arena, KEY_ARENA_BYTES);
  accounts_make_id(a->os, "key_", id);
  accounts_make_token(a->os, "dbk_", secret);
  int code = rule_key(&key, os_now_us(a->os), &arena, err);
  if (!code) code = accounts_begin(a, err);
  if (!code) {
    code = check_name_free(a, &key, err);
    if (!code) code = insert_key(a, &key, slice_from(id), secret, by, &arena, err);
    if (!code) code = check_account(a, key.place.subtree, "keys", LIMIT_ACCOUNT_KEYS, err);
    accounts_touch(a, HOLDER_KEY, slice_from(id));
    code = accounts_end(a, code, err);
  }
  if (!code) {
    memcpy(id_out, id, sizeof id);
    memcpy(secret_out, secret, sizeof secret);
  }
  sodium_memzero(secret, sizeof secret);
  arena_free(&arena);
  return code;
}

static int end_old(struct accounts *a, const struct account_key *old, int64_t end_us, struct slice successor,
                   struct error *err) {
  sqlite3_stmt *st = NULL;
  if (old->expires_us && old->expires_us < end_us) end_us = old->expires_us;
  int code = database_prepare(a->db, "UPDATE keys SET expires_us = ?2, replaced_by = ?3 WHERE id = ?1", &st, err);
  if (!code) code = sql_bind_text(st, 1, old->id, err);
  if (!code) code = sql_bind_i64(st, 2, end_us, err);
  if (!code) code = sql_bind_text(st, 3, successor, err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  return code;
}

int accounts_rotate_key(struct accounts *a, struct slice id, int64_t overlap_us, struct slice by,
                        char id_out[ACCOUNTS_ID_BYTES], char secret_out[ACCOUNTS_TOKEN_TEXT_BYTES], struct error *err) {
  struct arena arena;
  struct account_key old;
  char new_id[ACCOUNTS_ID_BYTES], secret[ACCOUNTS_TOKEN_TEXT_BYTES];
  arena_init(&arena, KEY_ARENA_BYTES);
  accounts_make_id(a->os, "key_", new_id);
  accounts_make_token(a->os, "dbk_", secret);
  int code = accounts_begin(a, err);
  if (!code) {
    code = accounts_get_key(a, id, &arena, &old, err);
    if (!code && old.state != KEY_ACTIVE)
      code = error_set(err, ERR_CONFLICT, "this key is %s: it cannot be rotated", key_state_name(old.state));
    if (!code) code = insert_key(a, &old, slice_from(new_id), secret, by, &arena, err);
    if (!code) code = check_account(a, old.place.subtree, "keys", LIMIT_ACCOUNT_KEYS, err);
    if (!code) code = end_old(a, &old, os_now_us(a->os) + overlap_us, slice_from(new_id), err);
    accounts_touch(a, HOLDER_KEY, id);
    accounts_touch(a, HOLDER_KEY, slice_from(new_id));
    code = accounts_end(a, code, err);
  }
  if (!code) {
    memcpy(id_out, new_id, sizeof new_id);
    memcpy(secret_out, secret, sizeof secret);
  }
  sodium_memzero(secret, sizeof secret);
  arena_free(&arena);
  return code;
}

int accounts_revoke_key(struct accounts *a, struct slice id, struct error *err) {
  sqlite3_stmt *st = NULL;
  int code = accounts_begin(a, err);
  if (code) return code;
  code = database_prepare(a->db, "UPDATE keys SET revoked_us = ?2 WHERE id = ?1 AND revoked_us = 0", &st, err);
  if (!code) code = sql_bind_text(st, 1, id, err);
  if (!code) code = sql_bind_i64(st, 2, os_now_us(a->os), err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  if (!code && database_changes(a->db) == 0) code = error_set(err, ERR_NOT_FOUND, "there is no such key that works");
  if (!code) code = end_viewers_of(a, id, err);
  accounts_touch(a, HOLDER_KEY, id);
  return accounts_end(a, code, err);
}
