/* From the database into the tables in memory: everything at the start, one holder after each change. */
#include <stdlib.h>

#include "accounts/internal.h"

enum { HOLDER_BYTES = 4 * 1024 * 1024, SESSIONS_OF_USER = 256 };

struct loading {
  struct account_holder holder;
  struct credential_data credentials[SESSIONS_OF_USER];
  uint32_t count;
};

/* Prepares `sql`, binds id as ?1, steps to its row; *found_out false where there is none. */
static int find_row(struct accounts *a, const char *sql, struct slice id, sqlite3_stmt **out, bool *found_out,
                    struct error *err) {
  int code = database_prepare(a->db, sql, out, err);
  if (!code) code = sql_bind_text(*out, 1, id, err);
  return code ? code : sql_step_row(*out, found_out, err);
}

static int column_hash(sqlite3_stmt *st, int index, struct credential_data *out, struct error *err) {
  struct slice hash = sql_column_bytes(st, index);
  if (hash.len != sizeof out->hash) return error_set(err, ERR_CORRUPT, "accounts: a hash has a wrong length");
  memcpy(out->hash, hash.data, hash.len);
  return 0;
}

static int set_id(struct credential_data *c, struct slice id, struct error *err) {
  if (id.len >= sizeof c->id) return error_set(err, ERR_CORRUPT, "accounts: an id is too long");
  memset(c->id, 0, sizeof c->id);
  if (id.len) memcpy(c->id, id.data, id.len);
  return 0;
}

static int load_sessions(struct accounts *a, struct loading *l, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  int code = find_row(a,
                      "SELECT id, token_hash, expires_us, last_seen_us FROM sessions WHERE user = ?1"
                      " ORDER BY created_us DESC",
                      l->holder.id, &st, &row, err);
  while (!code && row && l->count < SESSIONS_OF_USER) {
    struct credential_data *c = &l->credentials[l->count++];
    code = set_id(c, sql_column_bytes(st, 0), err);
    if (!code) code = column_hash(st, 1, c, err);
    c->expires_us = sqlite3_column_int64(st, 2);
    c->used_us = sqlite3_column_int64(st, 3);
    c->idle_us = a->session_idle_us;
    if (!code) code = sql_step_row(st, &row, err);
  }
  sql_finish(st);
  return code;
}

/* Names and home of an active user. */
static int find_user(struct accounts *a, struct account_holder *h, struct arena *arena, bool *found_out,
                     struct error *err) {
  sqlite3_stmt *st = NULL;
  int code = find_row(a, "SELECT login, display_name, email, tenant FROM users WHERE id = ?1 AND state = 0", h->id, &st,
                      found_out, err);
  if (!code && *found_out) {
    h->name = sql_column_copy(st, 0, arena);
    h->display_name = sql_column_copy(st, 1, arena);
    h->email = sql_column_copy(st, 2, arena);
    h->tenant = sql_column_copy(st, 3, arena);
  }
  sql_finish(st);
  return code;
}

int accounts_load_active(struct accounts *a, struct slice id, struct arena *arena, struct account_holder *out) {
  struct account_holder h = {.kind = HOLDER_USER, .id = id};
  struct account_grant *grants = NULL;
  bool found = false;
  accounts_lock(a);
  int code = find_user(a, &h, arena, &found, NULL);
  if (!code && found) code = load_grants(a, id, arena, &grants, &h.grant_count, NULL);
  accounts_unlock(a);
  if (!code && !found) code = ERR_UNAUTHORIZED;
  if (!code && arena->overflowed) code = ERR_TOO_LARGE;
  h.grants = grants;
  if (!code) *out = h;
  return code;
}

static int load_user(struct accounts *a, struct loading *l, struct arena *arena, struct error *err) {
  struct account_holder *h = &l->holder;
  struct account_grant *grants = NULL;
  bool found = false;
  int code = find_user(a, h, arena, &found, err);
  if (code || !found) return code;
  code = load_sessions(a, l, err);
  if (!code && l->count > 0) code = load_grants(a, h->id, arena, &grants, &h->grant_count, err);
  h->grants = grants;
  return code;
}

static struct account_grant *one_grant(struct account_holder *h, struct arena *arena, struct error *err) {
  struct account_grant *g = arena_alloc(arena, sizeof *g);
  if (!g) {
    error_set(err, ERR_TOO_LARGE, "accounts: a grant does not fit");
    return NULL;
  }
  *g = (struct account_grant){.user = h->id};
  h->grants = g;
  h->grant_count = 1;
  return g;
}

/* The one credential of a key or viewer: hash, end and last use from `index` on. */
static int take_credential(sqlite3_stmt *st, int index, struct loading *l, struct error *err) {
  struct credential_data *c = &l->credentials[0];
  int code = set_id(c, l->holder.id, err);
  if (!code) code = column_hash(st, index, c, err);
  c->expires_us = sqlite3_column_int64(st, index + 1);
  c->used_us = sqlite3_column_int64(st, index + 2);
  l->count = code ? 0 : 1;
  return code;
}

static int load_key(struct accounts *a, struct loading *l, struct arena *arena, struct error *err) {
  struct account_holder *h = &l->holder;
  struct account_grant *g = one_grant(h, arena, err);
  sqlite3_stmt *st = NULL;
  bool found = false;
  if (!g) return ERR_TOO_LARGE;
  int code = find_row(a,
                      "SELECT role, tenant, logs, products, name, hash, expires_us, last_used_us, addresses FROM keys"
                      " WHERE id = ?1 AND revoked_us = 0",
                      h->id, &st, &found, err);
  if (!code && found) {
    code = column_grant(st, 0, arena, g, err);
    h->tenant = g->place.subtree;
    h->name = sql_column_copy(st, 4, arena);
    h->address_count = column_list(st, 8, arena, &h->addresses);
    if (!code) code = take_credential(st, 5, l, err);
  }
  sql_finish(st);
  return code;
}

static int load_viewer(struct accounts *a, struct loading *l, struct arena *arena, struct error *err) {
  struct account_holder *h = &l->holder;
  struct account_grant *g = one_grant(h, arena, err);
  sqlite3_stmt *st = NULL;
  bool found = false;
  if (!g) return ERR_TOO_LARGE;
  int code = find_row(a,
                      "SELECT role, tenant, logs, products, name, display_name, email, origin, created_by, bearer_hash,"
                      " expires_us, last_seen_us FROM viewer_tokens WHERE id = ?1 AND bearer_hash IS NOT NULL",
                      h->id, &st, &found, err);
  if (!code && found) {
    code = column_grant(st, 0, arena, g, err);
    h->tenant = g->place.subtree;
    h->name = sql_column_copy(st, 4, arena);
    h->display_name = sql_column_copy(st, 5, arena);
    h->email = sql_column_copy(st, 6, arena);
    h->origin = sql_column_copy(st, 7, arena);
    h->created_by = sql_column_copy(st, 8, arena);
    if (!code) code = take_credential(st, 9, l, err);
  }
  sql_finish(st);
  return code;
}

int accounts_reload(struct accounts *a, enum holder_kind kind, struct slice id, struct error *err) {
  struct arena arena;
  struct loading *l = calloc(1, sizeof *l);
  int code = 0;
  if (!l) abort();
  arena_init(&arena, HOLDER_BYTES);
  l->holder.kind = kind;
  l->holder.id = id;
  switch (kind) {
    case HOLDER_USER: code = load_user(a, l, &arena, err); break;
    case HOLDER_KEY: code = load_key(a, l, &arena, err); break;
    case HOLDER_VIEWER: code = load_viewer(a, l, &arena, err); break;
  }
  if (!code && arena.overflowed) code = error_set(err, ERR_TOO_LARGE, "accounts: a holder does not fit");
  if (code)
    credentials_remove(a->credentials, id);
  else
    credentials_put(a->credentials, &l->holder, l->credentials, l->count);
  arena_free(&arena);
  free(l);
  return code;
}

/* ---- Everything ---- */

struct ids {
  char (*items)[ACCOUNTS_ID_BYTES];
  uint32_t count, room;
};

static void add_id(struct ids *ids, struct slice id) {
  if (id.len >= ACCOUNTS_ID_BYTES) return;
  if (ids->count == ids->room) {
    ids->room = ids->room ? ids->room * 2 : 256;
    ids->items = realloc(ids->items, ids->room * sizeof *ids->items);
    if (!ids->items) abort();
  }
  char *to = ids->items[ids->count++];
  memset(to, 0, ACCOUNTS_ID_BYTES);
  if (id.len) memcpy(to, id.data, id.len);
}

static int load_kind(struct accounts *a, enum holder_kind kind, const char *sql, struct error *err) {
  struct ids ids = {0};
  sqlite3_stmt *st = NULL;
  bool row = false;
  int code = database_prepare(a->db, sql, &st, err);
  if (!code) code = sql_step_row(st, &row, err);
  while (!code && row) {
    add_id(&ids, sql_column_bytes(st, 0));
    code = sql_step_row(st, &row, err);
  }
  sql_finish(st);
  for (uint32_t i = 0; !code && i < ids.count; i++) code = accounts_reload(a, kind, slice_from(ids.items[i]), err);
  free(ids.items);
  return code;
}

static void put_tenant(struct accounts *a, sqlite3_stmt *st) {
  struct account_tenant t = {sql_column_bytes(st, 0), sql_column_bytes(st, 1), sqlite3_column_int64(st, 2) != 0};
  tenant_index_put(a->tenants, &t);
}

static int load_tenants(struct accounts *a, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  int code = database_prepare(a->db, "SELECT tenant, display_name, closed FROM tenants ORDER BY tenant", &st, err);
  if (!code) code = sql_step_row(st, &row, err);
  while (!code && row) {
    put_tenant(a, st);
    code = sql_step_row(st, &row, err);
  }
  sql_finish(st);
  return code;
}

int accounts_reload_tenant(struct accounts *a, struct slice path, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool found = false;
  int code = find_row(a, "SELECT tenant, display_name, closed FROM tenants WHERE tenant = ?1", path, &st, &found, err);
  if (!code && found) put_tenant(a, st);
  sql_finish(st);
  return code;
}

int accounts_load_all(struct accounts *a, struct error *err) {
  int code = load_tenants(a, err);
  if (!code) code = load_kind(a, HOLDER_KEY, "SELECT id FROM keys WHERE revoked_us = 0", err);
  if (!code) code = load_kind(a, HOLDER_USER, "SELECT DISTINCT user FROM sessions", err);
  if (!code) code = load_kind(a, HOLDER_VIEWER, "SELECT id FROM viewer_tokens WHERE bearer_hash IS NOT NULL", err);
  return code;
}
