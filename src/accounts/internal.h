/* Private to accounts/: the opened database, its lock, and how a change reaches the table in memory. */
#ifndef DAYBOOK_ACCOUNTS_INTERNAL_H
#define DAYBOOK_ACCOUNTS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "accounts/accounts.h"
#include "accounts/credentials.h"
#include "accounts/tenant_index.h"
#include "database/database.h"

/* Whose row in the table must be read again when the change under way is committed. */
struct touched {
  bool is_tenant; /* name is a path, else an id */
  enum holder_kind kind;
  struct slice name; /* owned */
};

struct accounts {
  const struct os *os;
  struct database *db;
  pthread_mutex_t lock; /* recursive: of db and what follows */
  unsigned depth;       /* of accounts_begin */
  int failed;           /* of a nested change: the whole is undone */
  struct touched *touched;
  uint32_t touched_count, touched_room;
  int64_t session_idle_us;
  atomic_bool searches_recorded; /* some tenant asks or asked for it; see recorded.c */
  unsigned char secret[ACCOUNTS_SECRET_BYTES];
  struct credentials *credentials; /* has a lock of its own */
  struct tenant_index *tenants;    /* likewise */
  bool has_thread, stopping;       /* the background thread, under the next two */
  pthread_t thread;
  pthread_mutex_t wake_lock;
  pthread_cond_t wake;
};

extern const char *const accounts_schema[];
extern const struct database_format accounts_format;

/* Whether some tenant asks that searches be recorded. */
int accounts_load_recorded(struct accounts *a, struct error *err);

/* Reads DIR/secret.key, or makes it. */
int accounts_load_secret(struct accounts *a, const char *dir, bool read_only, struct error *err);
/* Writes it beside this file, as secret.key. */
int accounts_copy_secret(struct accounts *a, const char *beside, struct error *err);

/* Around reading; changes use accounts_begin and accounts_end. */
void accounts_lock(struct accounts *a);
void accounts_unlock(struct accounts *a);

/* In a change: this user (all sessions included), key or viewer session changed. */
void accounts_touch(struct accounts *a, enum holder_kind kind, struct slice id);
/* In a change: a tenant's name or state changed. */
void accounts_touch_tenant(struct accounts *a, struct slice path);
/* Reads one holder and its credentials from the database into the table, or removes it there. */
int accounts_reload(struct accounts *a, enum holder_kind kind, struct slice id, struct error *err);
int accounts_reload_tenant(struct accounts *a, struct slice path, struct error *err);
/* An active user with its grants, from the database; ERR_UNAUTHORIZED where there is none. The id is borrowed. */
int accounts_load_active(struct accounts *a, struct slice id, struct arena *arena, struct account_holder *out);
int accounts_load_all(struct accounts *a, struct error *err);

/* A new public id: prefix ("usr_") and 16 characters of base32. */
void accounts_make_id(const struct os *os, const char *prefix, char out[ACCOUNTS_ID_BYTES]);

/* Lists of texts in one column: joined by line ends; NULL where the list is empty. */
int bind_list(sqlite3_stmt *st, int index, const struct slice *items, uint32_t count, struct arena *arena,
              struct error *err);
uint32_t column_list(sqlite3_stmt *st, int index, struct arena *arena, const struct slice **out);
/* NULL for an empty text. */
int bind_optional(sqlite3_stmt *st, int index, struct slice text, struct error *err);
/* The columns role, tenant, logs, products from `index` on; ERR_CORRUPT for what no role is. */
int column_grant(sqlite3_stmt *st, int index, struct arena *arena, struct account_grant *out, struct error *err);
int load_grants(struct accounts *a, struct slice user, struct arena *arena, struct account_grant **out,
                uint32_t *count_out, struct error *err);

/* Runs a change of one statement whose parameters are texts. ERR_NOT_FOUND where it changed no row. */
int change_row(struct accounts *a, const char *sql, const struct slice *texts, uint32_t count, struct error *err);

/* The same where any number of rows may change; *changed_out (may be NULL). */
int change_rows(struct accounts *a, const char *sql, const struct slice *texts, uint32_t count, uint32_t *changed_out,
                struct error *err);
/* The number that a query of one row and column gives. */
int count_rows(struct accounts *a, const char *sql, const struct slice *texts, uint32_t count, uint64_t *out,
               struct error *err);
/* In a change, after its rows: ERR_CONFLICT where the account of `path` has more than that of "users", "keys",
 * "tenants", "settings" or "setting_bytes". */
int check_account(struct accounts *a, struct slice path, const char *what, uint64_t most, struct error *err);
/* In a change: ends viewer tokens and sessions that this user or key asked for. */
int end_viewers_of(struct accounts *a, struct slice creator, struct error *err);
/* In a change of settings: ends viewer sessions in the subtree whose origin may not embed the log any more. */
int end_unwelcome_viewers(struct accounts *a, struct slice tenant, struct error *err);
/* "TENANT:REST" of a page's `after`. */
void split_after(struct slice after, struct slice *tenant_out, struct slice *rest_out);

/* A run [from, to) of tenant paths in the order of bytes. */
struct tenant_run {
  struct slice from, to;
};
/* What a scope covers of a subtree (empty: all), as sorted runs that do not overlap; grants limited to logs or products
 * count as well. */
int scope_runs(const struct scope *scope, struct slice subtree, struct arena *arena, struct tenant_run **out,
               uint32_t *count_out, struct error *err);

#endif
