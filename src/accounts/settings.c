/* Settings of tenants: a value by name, which holds for the subtree until one nearer is set. */
#include <stdlib.h>

#include "accounts/internal.h"
#include "accounts/rules.h"

enum { MOST_SETTINGS = 256 }; /* of one tenant */

struct found {
  struct account_setting items[MOST_SETTINGS];
  uint32_t count;
};

/* Adds what is set on this very tenant, where no nearer one has set it. */
static int add_settings(struct accounts *a, struct slice tenant, struct arena *arena, struct found *f,
                        struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  int code = database_prepare(a->db, "SELECT name, value FROM settings WHERE tenant = ?1 ORDER BY name", &st, err);
  if (!code) code = sql_bind_text(st, 1, tenant, err);
  if (!code) code = sql_step_row(st, &row, err);
  while (!code && row) {
    struct slice name = sql_column_bytes(st, 0);
    uint32_t i = 0;
    while (i < f->count && !slice_equal(f->items[i].name, name)) i++;
    if (i == f->count && f->count < MOST_SETTINGS)
      f->items[f->count++] =
          (struct account_setting){sql_column_copy(st, 0, arena), sql_column_copy(st, 1, arena), tenant};
    code = sql_step_row(st, &row, err);
  }
  sql_finish(st);
  return code;
}

static struct slice parent_of(struct slice path) {
  const char *slash = memrchr(path.data, '/', path.len);
  return slash ? slice_of(path.data, (size_t)(slash - path.data)) : slice_of("", 0);
}

static int by_name(const void *a, const void *b) {
  return slice_compare(((const struct account_setting *)a)->name, ((const struct account_setting *)b)->name);
}

int accounts_list_settings(struct accounts *a, struct slice tenant, bool own, struct arena *arena,
                           struct account_setting **out, uint32_t *count_out, struct error *err) {
  struct found *f = arena_alloc(arena, sizeof *f);
  if (!f) return error_set(err, ERR_TOO_LARGE, "the settings do not fit");
  f->count = 0;
  accounts_lock(a);
  int code = add_settings(a, tenant, arena, f, err);
  while (!code && !own && tenant.len > 0) {
    tenant = parent_of(tenant);
    code = add_settings(a, tenant, arena, f, err);
  }
  accounts_unlock(a);
  if (!code && arena->overflowed) code = error_set(err, ERR_TOO_LARGE, "the settings do not fit");
  if (code) return code;
  qsort(f->items, f->count, sizeof *f->items, by_name);
  *out = f->items;
  *count_out = f->count;
  return 0;
}

int accounts_get_setting(struct accounts *a, struct slice tenant, const char *name, struct arena *arena,
                         struct slice *value_out, struct error *err) {
  struct account_setting *settings;
  uint32_t count = 0;
  int code = accounts_list_settings(a, tenant, false, arena, &settings, &count, err);
  if (code) return code;
  for (uint32_t i = 0; i < count; i++) {
    if (!slice_equal(settings[i].name, slice_from(name))) continue;
    *value_out = settings[i].value;
    return 0;
  }
  return error_set(err, ERR_NOT_FOUND, "%s is not set", name);
}

int accounts_setting_values(struct accounts *a, const char *name, struct arena *arena, struct slice **out,
                            uint32_t *count_out, struct error *err) {
  sqlite3_stmt *st = NULL;
  bool row = false;
  struct slice *values = NULL;
  uint32_t count = 0, room = 0;
  accounts_lock(a);
  int code = database_prepare(a->db, "SELECT DISTINCT value FROM settings WHERE name = ?1 ORDER BY value", &st, err);
  if (!code) code = sql_bind_text(st, 1, slice_from(name), err);
  if (!code) code = sql_step_row(st, &row, err);
  while (!code && row) {
    if (count == room) { /* grown by copying: the arena keeps the smaller ones, half of it at most */
      struct slice *grown = arena_alloc(arena, (2 * (size_t)room + 16) * sizeof *grown);
      if (!grown) break;
      if (count) memcpy(grown, values, count * sizeof *grown);
      values = grown;
      room = 2 * room + 16;
    }
    values[count++] = sql_column_copy(st, 0, arena);
    code = sql_step_row(st, &row, err);
  }
  sql_finish(st);
  accounts_unlock(a);
  if (!code && arena->overflowed) code = error_set(err, ERR_TOO_LARGE, "the settings do not fit");
  *out = values;
  *count_out = count;
  return code;
}

/* Whether the settings say of origins what the tenant's own said so far. */
static int same_origins(struct accounts *a, struct slice tenant, const struct account_setting *settings, uint32_t count,
                        bool *out, struct error *err) {
  struct slice fresh = {NULL, 0};
  sqlite3_stmt *st = NULL;
  bool row = false;
  for (uint32_t i = 0; i < count; i++)
    if (slice_equal(settings[i].name, SLICE("embed_origins"))) fresh = settings[i].value;
  int code =
      database_prepare(a->db, "SELECT value FROM settings WHERE tenant = ?1 AND name = 'embed_origins'", &st, err);
  if (!code) code = sql_bind_text(st, 1, tenant, err);
  if (!code) code = sql_step_row(st, &row, err);
  *out = !code && row == (fresh.data != NULL) && (!row || slice_equal(sql_column_bytes(st, 0), fresh));
  sql_finish(st);
  return code;
}

int accounts_put_settings(struct accounts *a, struct slice tenant, const struct account_setting *settings,
                          uint32_t count, struct error *err) {
  int code = count > MOST_SETTINGS ? error_set(err, ERR_TOO_LARGE, "at most %d settings", MOST_SETTINGS) : 0;
  for (uint32_t i = 0; !code && i < count; i++) code = rule_setting(&settings[i], err);
  if (!code) code = accounts_begin(a, err);
  if (code) return code;
  bool same = false;
  code = same_origins(a, tenant, settings, count, &same, err);
  if (!code) code = change_rows(a, "DELETE FROM settings WHERE tenant = ?1", &tenant, 1, NULL, err);
  for (uint32_t i = 0; !code && i < count; i++) {
    /* Once set, readings look; that nobody asks any more is noticed at the next start. */
    if (slice_equal(settings[i].name, SLICE("record_searches"))) atomic_store(&a->searches_recorded, true);
    const struct slice texts[] = {tenant, settings[i].name, settings[i].value};
    code = change_rows(a, "INSERT INTO settings VALUES (?1, ?2, ?3)", texts, 3, NULL, err);
  }
  if (!code && !same) code = end_unwelcome_viewers(a, tenant, err);
  /* A partner's tenants share one allowance: no tenant can fill the disk. */
  if (!code) code = check_account(a, tenant, "settings", LIMIT_ACCOUNT_SETTINGS, err);
  if (!code) code = check_account(a, tenant, "setting_bytes", LIMIT_ACCOUNT_SETTING_BYTES, err);
  return accounts_end(a, code, err);
}
