/* Where tenants ask that searches of their log be recorded (the setting record_searches). Asked before every reading:
 * as long as no tenant asks, that costs one look at a flag. */
#include "accounts/accounts.h"
#include "accounts/statement.h"

#define WANTED "name = 'record_searches' AND value = 'true'"

int accounts_load_recorded(struct accounts *a, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool found = false;
  int code = statement_open(a, "SELECT 1 FROM settings WHERE " WANTED " LIMIT 1", NULL, 0, &st, err);
  if (code == 0) code = sql_step_row(st, &found, err);
  sql_finish(st);
  if (code == 0) atomic_store(&a->searches_recorded, found);
  return code;
}

bool accounts_records_searches(const struct accounts *a) { return atomic_load(&a->searches_recorded); }

int accounts_list_recorded(struct accounts *a, struct slice subtree, uint32_t limit, struct arena *arena,
                           struct slice **out, uint32_t *count_out, struct error *err) {
  static const char all[] = "SELECT tenant FROM settings WHERE " WANTED " AND ?1 = '' ORDER BY tenant LIMIT ?2";
  /* '0' comes after '/': the run of paths below the subtree. */
  static const char some[] =
      "SELECT tenant FROM settings WHERE " WANTED
      " AND (tenant = ?1 OR (tenant > ?1 || '/' AND tenant < ?1 || '0')) ORDER BY tenant LIMIT ?2";
  sqlite3_stmt *st = NULL;
  struct slice *rows = arena_take(arena, (limit + 1) * sizeof *rows);
  uint32_t count = 0;
  bool more = true;
  accounts_lock(a);
  int code = statement_open(a, subtree.len ? some : all, SQL_VALUES(sql_text(subtree), sql_number(limit)), &st, err);
  while (code == 0 && count < limit && (code = sql_step_row(st, &more, err)) == 0 && more)
    rows[count++] = sql_column_copy(st, 0, arena);
  sql_finish(st);
  accounts_unlock(a);
  if (code) return code;
  *out = rows;
  *count_out = count;
  return 0;
}
