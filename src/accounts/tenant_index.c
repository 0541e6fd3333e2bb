/* A sorted array of rows. A list looks at every row from `after` on until the page is full: some milliseconds for
 * 100,000 tenants where nothing matches, and no second order to keep. */
#include "accounts/tenant_index.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/fold.h"

struct row {
  struct slice path, name, folded; /* in text */
  bool closed;
  char text[];
};

struct tenant_index {
  pthread_rwlock_t lock;
  struct row **rows; /* pointers: what an insertion moves */
  uint32_t count, room;
  atomic_uint closed_count; /* mostly 0: then no event waits for the lock */
};

enum { NAME_FOLDED_BYTES = 16 * 1024 };

struct tenant_index *tenant_index_new(void) {
  struct tenant_index *t = calloc(1, sizeof *t);
  if (!t || pthread_rwlock_init(&t->lock, NULL) != 0) abort();
  return t;
}

void tenant_index_free(struct tenant_index *t) {
  if (!t) return;
  for (uint32_t i = 0; i < t->count; i++) free(t->rows[i]);
  free(t->rows);
  pthread_rwlock_destroy(&t->lock);
  free(t);
}

/* The first row at or after path. */
static uint32_t lower_bound(const struct tenant_index *t, struct slice path) {
  uint32_t low = 0, high = t->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (slice_compare(t->rows[middle]->path, path) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static const struct row *find(const struct tenant_index *t, struct slice path) {
  uint32_t at = lower_bound(t, path);
  return at < t->count && slice_equal(t->rows[at]->path, path) ? t->rows[at] : NULL;
}

static struct row *make_row(const struct account_tenant *tenant) {
  struct buffer scratch;
  buffer_init(&scratch, NAME_FOLDED_BYTES);
  struct slice folded = fold(tenant->display_name, &scratch);
  struct row *row = malloc(sizeof *row + tenant->path.len + tenant->display_name.len + folded.len);
  if (!row) abort();
  const struct slice parts[] = {tenant->path, tenant->display_name, folded};
  struct slice *to[] = {&row->path, &row->name, &row->folded};
  char *at = row->text;
  for (unsigned i = 0; i < 3; i++) {
    if (parts[i].len) memcpy(at, parts[i].data, parts[i].len);
    *to[i] = slice_of(at, parts[i].len);
    at += parts[i].len;
  }
  row->closed = tenant->closed;
  buffer_free(&scratch);
  return row;
}

static void insert(struct tenant_index *t, uint32_t at, struct row *row) {
  if (t->count == t->room) {
    t->room = t->room ? t->room * 2 : 64;
    t->rows = realloc(t->rows, t->room * sizeof *t->rows);
    if (!t->rows) abort();
  }
  memmove(&t->rows[at + 1], &t->rows[at], (t->count - at) * sizeof *t->rows);
  t->rows[at] = row;
  t->count++;
}

void tenant_index_put(struct tenant_index *t, const struct account_tenant *tenant) {
  struct row *row = make_row(tenant), *old = NULL;
  pthread_rwlock_wrlock(&t->lock);
  uint32_t at = lower_bound(t, row->path);
  if (at < t->count && slice_equal(t->rows[at]->path, row->path)) {
    old = t->rows[at];
    if (old->closed) atomic_fetch_sub(&t->closed_count, 1);
    t->rows[at] = row;
  } else {
    insert(t, at, row);
  }
  if (row->closed) atomic_fetch_add(&t->closed_count, 1);
  pthread_rwlock_unlock(&t->lock);
  free(old);
}

static bool copy_row(const struct row *row, struct arena *arena, struct account_tenant *out) {
  out->path = arena_copy(arena, row->path);
  out->display_name = row->name.len ? arena_copy(arena, row->name) : slice_of("", 0);
  out->closed = row->closed;
  return !arena->overflowed;
}

bool tenant_index_get(struct tenant_index *t, struct slice path, struct arena *arena, struct account_tenant *out) {
  pthread_rwlock_rdlock(&t->lock);
  const struct row *row = find(t, path);
  bool found = row && copy_row(row, arena, out);
  pthread_rwlock_unlock(&t->lock);
  if (!found) *out = (struct account_tenant){path, slice_of("", 0), false};
  return found;
}

bool tenant_index_closed(struct tenant_index *t, struct slice path) {
  if (atomic_load(&t->closed_count) == 0) return false;
  bool closed = false;
  pthread_rwlock_rdlock(&t->lock);
  for (size_t len = 1; len <= path.len && !closed; len++) {
    if (len < path.len && path.data[len] != '/') continue;
    const struct row *row = find(t, slice_of(path.data, len));
    closed = row && row->closed;
  }
  pthread_rwlock_unlock(&t->lock);
  return closed;
}

/* Whether a word of the folded text begins with the folded prefix. */
static bool has_word(struct slice text, struct slice prefix) {
  if (prefix.len == 0) return true;
  for (size_t i = 0; i + prefix.len <= text.len; i++) {
    const char *at = memchr(text.data + i, prefix.data[0], text.len - prefix.len - i + 1);
    if (!at) return false;
    i = (size_t)(at - text.data);
    if ((i == 0 || at[-1] == ' ' || at[-1] == '-') && memcmp(at, prefix.data, prefix.len) == 0) return true;
  }
  return false;
}

static bool in_subtree(struct slice path, struct slice subtree) {
  return slice_starts_with(path, subtree) &&
         (subtree.len == 0 || path.len == subtree.len || path.data[subtree.len] == '/');
}

int tenant_index_list(struct tenant_index *t, const struct account_query *query, struct arena *arena,
                      struct account_tenant **out, uint32_t *count_out) {
  struct buffer scratch;
  uint32_t n = 0;
  struct account_tenant *rows = arena_alloc(arena, query->limit * sizeof *rows);
  if (!rows) return ERR_TOO_LARGE;
  buffer_init(&scratch, NAME_FOLDED_BYTES);
  struct slice folded = fold(query->prefix, &scratch);
  pthread_rwlock_rdlock(&t->lock);
  for (uint32_t i = lower_bound(t, query->after); i < t->count && n < query->limit; i++) {
    const struct row *row = t->rows[i];
    if (slice_equal(row->path, query->after) || !in_subtree(row->path, query->tenant)) continue;
    bool matches = slice_starts_with(row->path, query->prefix) || has_word(row->folded, folded);
    if (matches && scope_covers_tenant(query->scope, row->path)) n += copy_row(row, arena, &rows[n]) ? 1 : 0;
  }
  pthread_rwlock_unlock(&t->lock);
  buffer_free(&scratch);
  if (arena->overflowed) return ERR_TOO_LARGE;
  *out = rows;
  *count_out = n;
  return 0;
}
