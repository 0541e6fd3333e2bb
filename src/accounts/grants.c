/* Grants: a user's roles, and where they hold. */
#include "accounts/internal.h"
#include "accounts/rules.h"

static int insert_grant(struct accounts *a, struct slice id, struct slice user, const struct account_grant *g,
                        struct slice by, struct error *err) {
  sqlite3_stmt *st = NULL;
  struct arena arena;
  arena_init(&arena, 256 * 1024);
  int code = database_prepare(a->db,
                              "INSERT INTO grants (id, user, role, tenant, logs, products, created_us, created_by)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                              &st, err);
  if (!code) code = sql_bind_text(st, 1, id, err);
  if (!code) code = sql_bind_text(st, 2, user, err);
  if (!code) code = sql_bind_text(st, 3, slice_from(account_role_name(g->role)), err);
  if (!code) code = sql_bind_text(st, 4, g->place.subtree, err);
  if (!code) code = bind_list(st, 5, g->place.logs, g->place.log_count, &arena, err);
  if (!code) code = bind_list(st, 6, g->place.products, g->place.product_count, &arena, err);
  if (!code) code = sql_bind_i64(st, 7, os_now_us(a->os), err);
  if (!code) code = sql_bind_text(st, 8, by, err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  arena_free(&arena);
  return code;
}

static int count_grants(struct accounts *a, struct slice user, uint64_t *out, struct error *err) {
  return count_rows(a, "SELECT count(*) FROM grants WHERE user = ?1", &user, 1, out, err);
}

static int check_user_exists(struct accounts *a, struct slice user, struct error *err) {
  uint64_t count = 0;
  int code = count_rows(a, "SELECT count(*) FROM users WHERE id = ?1", &user, 1, &count, err);
  if (!code && count == 0) code = error_set_at(err, ERR_NOT_FOUND, "/user", "there is no such user");
  return code;
}

int accounts_add_grant(struct accounts *a, struct slice user, const struct account_grant *g, struct slice by,
                       char id_out[ACCOUNTS_ID_BYTES], struct error *err) {
  char id[ACCOUNTS_ID_BYTES];
  uint64_t count = 0;
  int code = rule_user_grant(g, "", err);
  if (code) return code;
  accounts_make_id(a->os, "gra_", id);
  code = accounts_begin(a, err);
  if (code) return code;
  code = check_user_exists(a, user, err);
  if (!code) code = count_grants(a, user, &count, err);
  if (!code && count >= LIMIT_USER_GRANTS)
    code = error_set(err, ERR_CONFLICT, "a user has at most %d grants", LIMIT_USER_GRANTS);
  if (!code) code = insert_grant(a, slice_from(id), user, g, by, err);
  /* Whoever made a link that resets the password may have less than the user has from now on. */
  if (!code) code = change_rows(a, "DELETE FROM links WHERE user = ?1 AND purpose = 'reset'", &user, 1, NULL, err);
  accounts_touch(a, HOLDER_USER, user);
  code = accounts_end(a, code, err);
  if (!code) memcpy(id_out, id, sizeof id);
  return code;
}

static int read_grant(sqlite3_stmt *st, struct arena *arena, struct account_grant *g, struct error *err) {
  g->id = sql_column_copy(st, 0, arena);
  g->user = sql_column_copy(st, 1, arena);
  return column_grant(st, 2, arena, g, err);
}

int accounts_get_grant(struct accounts *a, struct slice id, struct arena *arena, struct account_grant *out,
                       struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  accounts_lock(a);
  int code =
      database_prepare(a->db, "SELECT id, user, role, tenant, logs, products FROM grants WHERE id = ?1", &st, err);
  if (!code) code = sql_bind_text(st, 1, id, err);
  if (!code) code = sql_step_row(st, &row, err);
  if (!code && !row) code = error_set(err, ERR_NOT_FOUND, "there is no such grant");
  if (!code) code = read_grant(st, arena, out, err);
  sql_finish(st);
  accounts_unlock(a);
  return code;
}

struct grant_page {
  struct slice user;       /* empty: everybody's */
  struct slice tenant, id; /* after */
  uint32_t limit, count;
  struct arena *arena;
  struct account_grant *list;
};

static int list_run(struct accounts *a, const struct tenant_run *run, struct grant_page *page, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  int code = database_prepare(a->db,
                              "SELECT id, user, role, tenant, logs, products FROM grants"
                              " WHERE tenant >= max(?1, ?3) AND tenant < ?2 AND (tenant > ?3 OR id > ?4)"
                              " AND (?5 = '' OR user = ?5) ORDER BY tenant, id",
                              &st, err);
  if (!code) code = sql_bind_text(st, 1, run->from, err);
  if (!code) code = sql_bind_text(st, 2, run->to, err);
  if (!code) code = sql_bind_text(st, 3, page->tenant, err);
  if (!code) code = sql_bind_text(st, 4, page->id, err);
  if (!code) code = sql_bind_text(st, 5, page->user, err);
  if (!code) code = sql_step_row(st, &row, err);
  while (!code && row && page->count < page->limit) {
    code = read_grant(st, page->arena, &page->list[page->count++], err);
    if (!code) code = sql_step_row(st, &row, err);
  }
  sql_finish(st);
  return code;
}

int accounts_list_grants(struct accounts *a, const struct account_query *q, struct slice user, struct arena *arena,
                         struct account_grant **out, uint32_t *count_out, struct error *err) {
  struct tenant_run *runs = NULL;
  uint32_t run_count = 0;
  struct grant_page page = {.user = user, .limit = q->limit, .arena = arena};
  page.list = arena_alloc(arena, (q->limit + 1) * sizeof *page.list);
  if (!page.list) return error_set(err, ERR_TOO_LARGE, "accounts: the grants do not fit");
  split_after(q->after, &page.tenant, &page.id);
  int code = scope_runs(q->scope, q->tenant, arena, &runs, &run_count, err);
  accounts_lock(a);
  for (uint32_t i = 0; !code && i < run_count && page.count < q->limit; i++) code = list_run(a, &runs[i], &page, err);
  accounts_unlock(a);
  if (code) return code;
  *out = page.list;
  *count_out = page.count;
  return 0;
}

int accounts_remove_grant(struct accounts *a, struct slice id, struct error *err) {
  struct arena arena;
  struct account_grant g;
  arena_init(&arena, 256 * 1024);
  int code = accounts_begin(a, err);
  if (code) {
    arena_free(&arena);
    return code;
  }
  code = accounts_get_grant(a, id, &arena, &g, err);
  if (!code) code = change_row(a, "DELETE FROM grants WHERE id = ?1", &id, 1, err);
  if (!code) code = end_viewers_of(a, g.user, err); /* what they show was asked for with this right, perhaps */
  if (!code) accounts_touch(a, HOLDER_USER, g.user);
  code = accounts_end(a, code, err);
  arena_free(&arena);
  return code;
}

int accounts_count_operators(struct accounts *a, uint32_t *out, struct error *err) {
  uint64_t count = 0;
  accounts_lock(a);
  int code = count_rows(a,
                        "SELECT count(DISTINCT user) FROM grants JOIN users ON users.id = grants.user"
                        " WHERE role = 'operator' AND state <> 1",
                        NULL, 0, &count, err);
  accounts_unlock(a);
  if (!code) *out = (uint32_t)count;
  return code;
}
