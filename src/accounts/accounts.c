/* Opening, the lock, changes, and the background thread. */
#include "accounts/accounts.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "accounts/internal.h"

enum {
  APPLICATION_ID = 0x44617941, /* "DayA" */
  FORMAT_VERSION = 1,
  PATH_BYTES = 4096,
  BACKGROUND_S = 60,
  TOUCHED_COMPARED = 16,
  TOKEN_RANDOM_BYTES = 32,
  ID_RANDOM_BYTES = 10, /* 16 characters of base32 */
};

const struct database_format accounts_format = {"accounts", APPLICATION_ID, FORMAT_VERSION, accounts_schema};

/* ---- The lock ---- */

void accounts_lock(struct accounts *a) {
  int result = pthread_mutex_lock(&a->lock);
  assert(result == 0);
  (void)result;
}

void accounts_unlock(struct accounts *a) {
  int result = pthread_mutex_unlock(&a->lock);
  assert(result == 0);
  (void)result;
}

static void touch(struct accounts *a, bool is_tenant, enum holder_kind kind, struct slice name) {
  assert(a->depth > 0);
  /* Only among the last few: what is read twice does no harm, and a change may touch 100,000. */
  for (uint32_t i = a->touched_count; i > 0 && i + TOUCHED_COMPARED > a->touched_count; i--)
    if (a->touched[i - 1].is_tenant == is_tenant && slice_equal(a->touched[i - 1].name, name)) return;
  if (a->touched_count == a->touched_room) {
    a->touched_room = a->touched_room ? a->touched_room * 2 : 16;
    a->touched = realloc(a->touched, a->touched_room * sizeof *a->touched);
    if (!a->touched) abort();
  }
  char *copy = malloc(name.len + 1);
  if (!copy) abort();
  if (name.len) memcpy(copy, name.data, name.len);
  a->touched[a->touched_count++] = (struct touched){is_tenant, kind, slice_of(copy, name.len)};
}

void accounts_touch(struct accounts *a, enum holder_kind kind, struct slice id) { touch(a, false, kind, id); }

void accounts_touch_tenant(struct accounts *a, struct slice path) { touch(a, true, HOLDER_USER, path); }

static void forget_touched(struct accounts *a) {
  for (uint32_t i = 0; i < a->touched_count; i++) free((void *)(uintptr_t)a->touched[i].name.data);
  a->touched_count = 0;
}

int accounts_begin(struct accounts *a, struct error *err) {
  accounts_lock(a);
  if (a->depth++ > 0) return 0;
  a->failed = 0;
  int code = database_begin(a->db, err);
  if (code) {
    a->depth--;
    accounts_unlock(a);
  }
  return code;
}

/* What a committed change means for the tables in memory. A holder that cannot be read is forgotten: refused. */
static int publish(struct accounts *a, struct error *err) {
  int code = 0;
  for (uint32_t i = 0; i < a->touched_count; i++) {
    const struct touched *t = &a->touched[i];
    int result = t->is_tenant ? accounts_reload_tenant(a, t->name, err) : accounts_reload(a, t->kind, t->name, err);
    if (!code) code = result;
  }
  return code;
}

int accounts_end(struct accounts *a, int code, struct error *err) {
  assert(a->depth > 0);
  if (code && !a->failed) a->failed = code;
  if (--a->depth == 0) {
    if (a->failed) {
      database_rollback(a->db);
      code = code ? code : error_set(err, a->failed, "%s", error_text(a->failed));
    } else {
      code = database_commit(a->db, err);
      if (!code) code = publish(a, err);
    }
    forget_touched(a);
  }
  accounts_unlock(a);
  return code;
}

/* ---- Tokens and ids ---- */

void accounts_hash_token(struct slice token, unsigned char out[ACCOUNTS_HASH_BYTES]) {
  crypto_generichash(out, ACCOUNTS_HASH_BYTES, (const unsigned char *)token.data, token.len, NULL, 0);
}

void accounts_make_token(const struct os *os, const char *prefix, char out[ACCOUNTS_TOKEN_TEXT_BYTES]) {
  unsigned char random[TOKEN_RANDOM_BYTES];
  size_t len = strlen(prefix);
  assert(len + sodium_base64_ENCODED_LEN(TOKEN_RANDOM_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING) <=
         ACCOUNTS_TOKEN_TEXT_BYTES);
  os->random(os->context, random, sizeof random);
  memcpy(out, prefix, len);
  sodium_bin2base64(out + len, ACCOUNTS_TOKEN_TEXT_BYTES - len, random, sizeof random,
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  sodium_memzero(random, sizeof random);
}

void accounts_make_id(const struct os *os, const char *prefix, char out[ACCOUNTS_ID_BYTES]) {
  static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
  unsigned char random[ID_RANDOM_BYTES];
  size_t len = strlen(prefix);
  assert(len + ID_RANDOM_BYTES * 8 / 5 < ACCOUNTS_ID_BYTES);
  os->random(os->context, random, sizeof random);
  memcpy(out, prefix, len);
  uint64_t bits = 0;
  unsigned held = 0;
  for (unsigned i = 0; i < ID_RANDOM_BYTES; i++) {
    bits = bits << 8 | random[i];
    for (held += 8; held >= 5; held -= 5) out[len++] = digits[bits >> (held - 5) & 31];
  }
  out[len] = '\0';
}

/* ---- In the background ---- */

static int store_use(struct accounts *a, const struct credential_use *use, struct error *err) {
  static const char *const sql[] = {
      [HOLDER_USER] = "UPDATE sessions SET last_seen_us = max(last_seen_us, ?2) WHERE id = ?1",
      [HOLDER_KEY] = "UPDATE keys SET last_used_us = max(last_used_us, ?2) WHERE id = ?1",
      [HOLDER_VIEWER] = "UPDATE viewer_tokens SET last_seen_us = max(last_seen_us, ?2) WHERE id = ?1",
  };
  sqlite3_stmt *st = NULL;
  int code = database_prepare(a->db, sql[use->kind], &st, err);
  if (!code) code = sql_bind_text(st, 1, slice_from(use->id), err);
  if (!code) code = sql_bind_i64(st, 2, use->used_us, err);
  if (!code) code = sql_step_done(st, err);
  sql_finish(st);
  return code;
}

/* What is over is removed; the table refuses it in any case. */
static int remove_expired(struct accounts *a, struct error *err) {
  static const char *const sql[] = {
      "DELETE FROM sessions WHERE expires_us <= ?1 OR last_seen_us <= ?1 - ?2",
      "DELETE FROM links WHERE expires_us <= ?1 AND ?2 >= 0",
      "DELETE FROM viewer_tokens WHERE expires_us <= ?1 AND ?2 >= 0",
  };
  int code = 0;
  for (unsigned i = 0; !code && i < sizeof sql / sizeof *sql; i++) {
    sqlite3_stmt *st = NULL;
    code = database_prepare(a->db, sql[i], &st, err);
    if (!code) code = sql_bind_i64(st, 1, os_now_us(a->os), err);
    if (!code) code = sql_bind_i64(st, 2, a->session_idle_us, err);
    if (!code) code = sql_step_done(st, err);
    sql_finish(st);
  }
  return code;
}

int accounts_run_background(struct accounts *a, struct error *err) {
  struct credential_use *uses = NULL;
  accounts_lock(a); /* one taker at a time, and no reload between taking and writing */
  uint32_t count = credentials_take_uses(a->credentials, &uses);
  int code = accounts_begin(a, err);
  if (code == 0) {
    for (uint32_t i = 0; !code && i < count; i++) code = store_use(a, &uses[i], err);
    if (!code) code = remove_expired(a, err);
    code = accounts_end(a, code, err);
  }
  accounts_unlock(a);
  free(uses);
  return code;
}

static void *background(void *arg) {
  struct accounts *a = arg;
  pthread_mutex_lock(&a->wake_lock);
  while (!a->stopping) {
    int64_t until_us = os_monotonic_us(a->os) + BACKGROUND_S * INT64_C(1000000);
    struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
    if (pthread_cond_timedwait(&a->wake, &a->wake_lock, &until) == 0) continue;
    pthread_mutex_unlock(&a->wake_lock);
    (void)accounts_run_background(a, NULL); /* what failed is written next time; checks go on from memory */
    pthread_mutex_lock(&a->wake_lock);
  }
  pthread_mutex_unlock(&a->wake_lock);
  return NULL;
}

static void start_thread(struct accounts *a) {
  if (pthread_create(&a->thread, NULL, background, a) != 0) abort();
  a->has_thread = true;
}

static void stop_thread(struct accounts *a) {
  if (!a->has_thread) return;
  pthread_mutex_lock(&a->wake_lock);
  a->stopping = true;
  pthread_cond_signal(&a->wake);
  pthread_mutex_unlock(&a->wake_lock);
  pthread_join(a->thread, NULL);
}

/* ---- Opening ---- */

static void init_locks(struct accounts *a) {
  pthread_mutexattr_t recursive;
  pthread_condattr_t monotonic;
  pthread_mutexattr_init(&recursive);
  pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  if (pthread_mutex_init(&a->lock, &recursive) != 0 || pthread_mutex_init(&a->wake_lock, NULL) != 0 ||
      pthread_cond_init(&a->wake, &monotonic) != 0)
    abort();
  pthread_mutexattr_destroy(&recursive);
  pthread_condattr_destroy(&monotonic);
}

int accounts_open(const struct os *os, const struct accounts_config *config, struct accounts **out, struct error *err) {
  char path[PATH_BYTES];
  int len = snprintf(path, sizeof path, "%s/accounts.db", config->dir);
  if (len < 0 || (size_t)len >= sizeof path) return error_set(err, ERR_INVALID, "the data folder's name is too long");
  if (sodium_init() < 0) return error_set(err, ERR_INTERNAL, "libsodium does not start");
  struct accounts *a = calloc(1, sizeof *a);
  if (!a) abort();
  init_locks(a);
  a->os = os;
  a->session_idle_us = config->session_idle_us ? config->session_idle_us : INT64_C(1000000) * LIMIT_SESSION_IDLE_S;
  a->credentials = credentials_new();
  a->tenants = tenant_index_new();
  int code = database_open(os, path, config->read_only, &accounts_format, &a->db, err);
  if (!code) code = accounts_load_secret(a, config->dir, config->read_only, err);
  if (!code) code = accounts_load_all(a, err);
  if (!code) code = accounts_load_recorded(a, err);
  if (code) {
    accounts_close(a);
    return code;
  }
  if (!config->manual_background && !config->read_only) start_thread(a);
  *out = a;
  return 0;
}

void accounts_close(struct accounts *a) {
  if (!a) return;
  stop_thread(a);
  if (a->db && a->has_thread) (void)accounts_run_background(a, NULL);
  database_close(a->db);
  credentials_free(a->credentials);
  tenant_index_free(a->tenants);
  pthread_mutex_destroy(&a->lock);
  pthread_mutex_destroy(&a->wake_lock);
  pthread_cond_destroy(&a->wake);
  free(a->touched);
  sodium_memzero(a->secret, sizeof a->secret);
  free(a);
}

int accounts_backup(struct accounts *a, const char *to_path, struct error *err) {
  accounts_lock(a);
  int code = database_backup(a->db, to_path, err);
  if (code == 0) code = accounts_copy_secret(a, to_path, err);
  accounts_unlock(a);
  return code;
}

/* ---- Checking ---- */

int accounts_check(struct accounts *a, const unsigned char token_hash[ACCOUNTS_HASH_BYTES], struct slice address,
                   struct arena *arena, struct account_holder *out, struct slice *session_out) {
  return credentials_check(a->credentials, token_hash, address, os_now_us(a->os), arena, out, session_out);
}

int accounts_recheck(struct accounts *a, enum holder_kind kind, struct slice id, struct slice session,
                     struct arena *arena, struct account_holder *out) {
  if (kind == HOLDER_USER && session.len == 0) return accounts_load_active(a, id, arena, out);
  return credentials_recheck(a->credentials, kind, id, session, os_now_us(a->os), arena, out);
}

bool accounts_tenant_closed(struct accounts *a, struct slice tenant) { return tenant_index_closed(a->tenants, tenant); }
