/* Between rows and records: lists in a column, grants, runs of tenants. */
#include <inttypes.h>
#include <stdlib.h>

#include "accounts/internal.h"
#include "accounts/rules.h"

static const char *const role_names[ROLE_COUNT] = {"operator", "admin", "auditor", "viewer", "writer", "reader"};

const char *account_role_name(enum account_role role) { return role_names[role]; }

bool account_role_find(struct slice name, enum account_role *out) {
  for (unsigned i = 0; i < ROLE_COUNT; i++) {
    if (!slice_equal(name, slice_from(role_names[i]))) continue;
    *out = (enum account_role)i;
    return true;
  }
  return false;
}

const char *user_state_name(enum user_state state) {
  static const char *const names[] = {"active", "disabled", "invited"};
  return names[state];
}

const char *key_state_name(enum key_state state) {
  static const char *const names[] = {"active", "overlap", "expired", "revoked"};
  return names[state];
}

int bind_optional(sqlite3_stmt *st, int index, struct slice text, struct error *err) {
  return text.len ? sql_bind_text(st, index, text, err) : 0; /* unbound is NULL */
}

int bind_list(sqlite3_stmt *st, int index, const struct slice *items, uint32_t count, struct arena *arena,
              struct error *err) {
  size_t bytes = count;
  for (uint32_t i = 0; i < count; i++) bytes += items[i].len;
  if (count == 0) return 0;
  char *joined = arena_alloc(arena, bytes), *at = joined;
  if (!joined) return error_set(err, ERR_TOO_LARGE, "the list is too long");
  for (uint32_t i = 0; i < count; i++) {
    if (i > 0) *at++ = '\n';
    if (items[i].len) memcpy(at, items[i].data, items[i].len);
    at += items[i].len;
  }
  return sql_bind_text(st, index, slice_of(joined, (size_t)(at - joined)), err);
}

uint32_t column_list(sqlite3_stmt *st, int index, struct arena *arena, const struct slice **out) {
  struct slice joined = sql_column_copy(st, index, arena);
  uint32_t count = joined.len > 0;
  *out = NULL;
  for (size_t i = 0; i < joined.len; i++) count += joined.data[i] == '\n';
  struct slice *items = count ? arena_alloc(arena, count * sizeof *items) : NULL;
  if (!items) return 0;
  for (uint32_t i = 0; i < count; i++) {
    const char *end = memchr(joined.data, '\n', joined.len);
    items[i] = end ? slice_of(joined.data, (size_t)(end - joined.data)) : joined;
    joined = slice_skip(joined, items[i].len + 1);
  }
  *out = items;
  return count;
}

int column_grant(sqlite3_stmt *st, int index, struct arena *arena, struct account_grant *out, struct error *err) {
  if (!account_role_find(sql_column_bytes(st, index), &out->role))
    return error_set(err, ERR_CORRUPT, "accounts: a grant has an unknown role");
  out->place.subtree = sql_column_copy(st, index + 1, arena);
  out->place.log_count = column_list(st, index + 2, arena, &out->place.logs);
  out->place.product_count = column_list(st, index + 3, arena, &out->place.products);
  /* A limit that was lost on the way would widen the grant. */
  return arena->overflowed ? error_set(err, ERR_TOO_LARGE, "accounts: a grant does not fit") : 0;
}

int load_grants(struct accounts *a, struct slice user, struct arena *arena, struct account_grant **out,
                uint32_t *count_out, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  uint64_t most = 0;
  uint32_t count = 0;
  int code = count_rows(a, "SELECT count(*) FROM grants WHERE user = ?1", &user, 1, &most, err);
  if (code) return code;
  if (most > LIMIT_USER_GRANTS) return error_set(err, ERR_CORRUPT, "accounts: a user has too many grants");
  struct account_grant *grants = arena_alloc(arena, (size_t)most * sizeof *grants);
  if (!grants) return error_set(err, ERR_TOO_LARGE, "accounts: the grants do not fit");
  code = database_prepare(a->db, "SELECT id, role, tenant, logs, products FROM grants WHERE user = ?1 ORDER BY id", &st,
                          err);
  if (!code) code = sql_bind_text(st, 1, user, err);
  if (!code) code = sql_step_row(st, &row, err);
  while (!code && row && count < most) {
    grants[count].id = sql_column_copy(st, 0, arena);
    grants[count].user = user;
    code = column_grant(st, 1, arena, &grants[count++], err);
    if (!code) code = sql_step_row(st, &row, err);
  }
  sql_finish(st);
  if (code) return code;
  *out = grants;
  *count_out = count;
  return 0;
}

int change_rows(struct accounts *a, const char *sql, const struct slice *texts, uint32_t count, uint32_t *changed_out,
                struct error *err) {
  sqlite3_stmt *st = NULL;
  int code = database_prepare(a->db, sql, &st, err);
  for (uint32_t i = 0; !code && i < count; i++) code = sql_bind_text(st, (int)i + 1, texts[i], err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  if (!code && changed_out) *changed_out = (uint32_t)database_changes(a->db);
  return code;
}

int change_row(struct accounts *a, const char *sql, const struct slice *texts, uint32_t count, struct error *err) {
  uint32_t changed = 0;
  int code = change_rows(a, sql, texts, count, &changed, err);
  return !code && changed == 0 ? error_set(err, ERR_NOT_FOUND, "there is no such row") : code;
}

int count_rows(struct accounts *a, const char *sql, const struct slice *texts, uint32_t count, uint64_t *out,
               struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  int code = database_prepare(a->db, sql, &st, err);
  for (uint32_t i = 0; !code && i < count; i++) code = sql_bind_text(st, (int)i + 1, texts[i], err);
  if (!code) code = sql_step_row(st, &row, err);
  if (!code && !row) code = error_set(err, ERR_CORRUPT, "accounts: a count is missing");
  if (!code) code = sql_column_u64(st, 0, out, err);
  sql_finish(st);
  return code;
}

int check_account(struct accounts *a, struct slice path, const char *what, uint64_t most, struct error *err) {
  const struct slice texts[] = {top_tenant(path), slice_from(what)};
  uint64_t count = 0;
  int code = count_rows(a, "SELECT ifnull(sum(count), 0) FROM account_counts WHERE account = ?1 AND what = ?2", texts,
                        2, &count, err);
  if (!code && count > most) code = error_set(err, ERR_CONFLICT, "one account may have %" PRIu64 " %s", most, what);
  return code;
}

int end_viewers_of(struct accounts *a, struct slice creator, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  int code = database_prepare(a->db, "SELECT id FROM viewer_tokens WHERE creator = ?1", &st, err);
  if (!code) code = sql_bind_text(st, 1, creator, err);
  if (!code) code = sql_step_row(st, &row, err);
  while (!code && row) {
    accounts_touch(a, HOLDER_VIEWER, sql_column_bytes(st, 0));
    code = sql_step_row(st, &row, err);
  }
  sql_finish(st);
  return code ? code : change_rows(a, "DELETE FROM viewer_tokens WHERE creator = ?1", &creator, 1, NULL, err);
}

void split_after(struct slice after, struct slice *tenant_out, struct slice *rest_out) {
  const char *colon = after.len ? memchr(after.data, ':', after.len) : NULL;
  *tenant_out = colon ? slice_of(after.data, (size_t)(colon - after.data)) : after;
  *rest_out = colon ? slice_skip(after, tenant_out->len + 1) : slice_of("", 0);
}

/* ---- Runs ---- */

static bool in_subtree(struct slice path, struct slice subtree) {
  return subtree.len == 0 ||
         (slice_starts_with(path, subtree) && (path.len == subtree.len || path.data[subtree.len] == '/'));
}

static struct slice with_end(struct arena *arena, struct slice path, char end) {
  char *text = arena_alloc(arena, path.len + 1);
  if (!text) return slice_of("", 0);
  if (path.len) memcpy(text, path.data, path.len);
  text[path.len] = end;
  return slice_of(text, path.len + 1);
}

/* Of tenant paths no character comes before '-': [p, p!) is p alone, [p/, p0) what is below it. */
static uint32_t add_runs(struct arena *arena, struct slice subtree, struct tenant_run *runs) {
  if (subtree.len == 0) {
    runs[0] = (struct tenant_run){slice_of("", 0), slice_of("\x7f", 1)};
    return 1;
  }
  runs[0] = (struct tenant_run){subtree, with_end(arena, subtree, '!')};
  runs[1] = (struct tenant_run){with_end(arena, subtree, '/'), with_end(arena, subtree, '0')};
  return 2;
}

static int compare_runs(const void *a, const void *b) {
  return slice_compare(((const struct tenant_run *)a)->from, ((const struct tenant_run *)b)->from);
}

/* Whether an earlier or wider grant has this one's subtree already. */
static bool is_covered(const struct slice *subtrees, uint32_t count, uint32_t at) {
  for (uint32_t i = 0; i < count; i++)
    if (i != at && in_subtree(subtrees[at], subtrees[i]) && (i < at || !slice_equal(subtrees[at], subtrees[i])))
      return true;
  return false;
}

int scope_runs(const struct scope *scope, struct slice subtree, struct arena *arena, struct tenant_run **out,
               uint32_t *count_out, struct error *err) {
  uint32_t kept = 0, count = 0;
  struct slice *subtrees = arena_alloc(arena, (scope->grant_count + 1) * sizeof *subtrees);
  struct tenant_run *runs = arena_alloc(arena, (scope->grant_count + 1) * 2 * sizeof *runs);
  if (!subtrees || !runs) return error_set(err, ERR_TOO_LARGE, "the scope does not fit");
  for (uint32_t i = 0; i < scope->grant_count; i++) {
    struct slice granted = scope->grants[i].subtree;
    if (in_subtree(subtree, granted))
      subtrees[kept++] = subtree; /* narrower than the grant */
    else if (in_subtree(granted, subtree))
      subtrees[kept++] = granted;
  }
  for (uint32_t i = 0; i < kept; i++)
    if (!is_covered(subtrees, kept, i)) count += add_runs(arena, subtrees[i], &runs[count]);
  if (arena->overflowed) return error_set(err, ERR_TOO_LARGE, "the scope does not fit");
  qsort(runs, count, sizeof *runs, compare_runs);
  *out = runs;
  *count_out = count;
  return 0;
}
