/* Tenants' names and whether they are closed. */
#include "accounts/internal.h"
#include "accounts/rules.h"

int accounts_list_tenants(struct accounts *a, const struct account_query *query, struct arena *arena,
                          struct account_tenant **out, uint32_t *count_out) {
  return tenant_index_list(a->tenants, query, arena, out, count_out);
}

bool accounts_get_tenant(struct accounts *a, struct slice path, struct arena *arena, struct account_tenant *out) {
  return tenant_index_get(a->tenants, path, arena, out);
}

int accounts_put_tenant(struct accounts *a, const struct account_tenant *t, struct error *err) {
  sqlite3_stmt *st = NULL;
  int code = event_tenant_valid(t->path) ? 0 : error_set(err, ERR_INVALID, "this is not a tenant's path");
  if (!code) code = rule_name(t->display_name, "/display_name", true, err);
  if (!code) code = accounts_begin(a, err);
  if (code) return code;
  code = database_prepare(a->db,
                          "INSERT INTO tenants VALUES (?1, ?2, ?3, ?4) ON CONFLICT (tenant) DO UPDATE SET"
                          " display_name = excluded.display_name, closed = excluded.closed",
                          &st, err);
  if (!code) code = sql_bind_text(st, 1, t->path, err);
  if (!code) code = sql_bind_text(st, 2, t->display_name, err);
  if (!code) code = sql_bind_i64(st, 3, t->closed, err);
  if (!code) code = sql_bind_i64(st, 4, os_now_us(a->os), err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  if (!code) code = check_account(a, t->path, "tenants", LIMIT_ACCOUNT_TENANTS, err);
  accounts_touch_tenant(a, t->path);
  return accounts_end(a, code, err);
}
