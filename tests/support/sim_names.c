#include "tests/support/sim_names.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 4096 };

/* ---- Nodes ---- */

struct sim_node *sim_node_new(bool is_dir) {
  struct sim_node *node = calloc(1, sizeof *node);
  if (!node) abort();
  node->is_dir = is_dir;
  return node;
}

void sim_node_hold(struct sim_node *node) { node->holders++; }

void sim_node_drop(struct sim_node *node) {
  if (--node->holders > 0) return;
  sim_content_free(&node->content);
  free(node);
}

/* ---- Paths ---- */

bool sim_path_normal(const char *path, char *out, size_t bytes) {
  size_t len = 0;
  for (const char *at = path; *at;) {
    size_t n = strcspn(at, "/");
    bool skip = n == 0 || (n == 1 && at[0] == '.');
    if (n == 2 && at[0] == '.' && at[1] == '.') return false;
    if (!skip) {
      if (len + n + 2 > bytes) return false;
      if (len) out[len++] = '/';
      memcpy(out + len, at, n);
      len += n;
    }
    at += n + (at[n] == '/');
  }
  if (bytes == 0) return false;
  out[len] = 0;
  return true;
}

void sim_path_parent(const char *path, char *out, size_t bytes) {
  const char *slash = strrchr(path, '/');
  size_t n = slash ? (size_t)(slash - path) : 0;
  if (n >= bytes) abort();
  memcpy(out, path, n);
  out[n] = 0;
}

bool sim_path_is_in(const char *path, const char *folder) {
  char parent[NAME_BYTES];
  if (!*path) return false; /* the root lies in nothing */
  sim_path_parent(path, parent, sizeof parent);
  return strcmp(parent, folder) == 0;
}

/* What follows `folder` in a path at or below it, "" for the folder itself; NULL elsewhere. */
static const char *below(const char *path, const char *folder) {
  size_t n = strlen(folder);
  if (strncmp(path, folder, n) != 0 || (path[n] != 0 && path[n] != '/')) return NULL;
  return path + n;
}

static char *copy_text(const char *text) {
  char *copy = strdup(text);
  if (!copy) abort();
  return copy;
}

/* ---- Tables ---- */

static size_t table_find(const struct sim_table *t, const char *path) {
  size_t i = 0;
  while (i < t->count && strcmp(t->entries[i].path, path) != 0) i++;
  return i;
}

static void table_delete(struct sim_table *t, size_t i) {
  free(t->entries[i].path);
  sim_node_drop(t->entries[i].node);
  memmove(&t->entries[i], &t->entries[i + 1], (t->count - i - 1) * sizeof *t->entries);
  t->count--;
}

static void table_put(struct sim_table *t, const char *path, struct sim_node *node) {
  sim_node_hold(node);
  size_t i = table_find(t, path);
  if (i < t->count) {
    sim_node_drop(t->entries[i].node);
    t->entries[i].node = node;
    return;
  }
  if (t->count == t->capacity) {
    t->capacity = t->capacity ? 2 * t->capacity : 16;
    t->entries = realloc(t->entries, t->capacity * sizeof *t->entries);
    if (!t->entries) abort();
  }
  t->entries[t->count++] = (struct sim_entry){copy_text(path), node};
}

static void table_clear(struct sim_table *t) {
  while (t->count) table_delete(t, t->count - 1);
  free(t->entries);
  *t = (struct sim_table){0};
}

static void table_unlink(struct sim_table *t, const char *path) {
  size_t i = table_find(t, path);
  if (i < t->count) table_delete(t, i);
}

/* Moves a name and, of a folder, all names below it. */
static void table_rename(struct sim_table *t, const char *from, const char *to, struct sim_node *node) {
  sim_node_hold(node);
  table_unlink(t, from);
  table_put(t, to, node);
  for (size_t i = 0; node->is_dir && i < t->count; i++) {
    const char *rest = below(t->entries[i].path, from);
    if (!rest) continue;
    size_t bytes = strlen(to) + strlen(rest) + 1;
    char *path = malloc(bytes);
    if (!path) abort();
    memcpy(path, to, strlen(to));
    memcpy(path + strlen(to), rest, strlen(rest) + 1);
    free(t->entries[i].path);
    t->entries[i].path = path;
  }
  sim_node_drop(node);
}

static void table_apply(struct sim_table *t, const struct sim_change *c) {
  switch (c->kind) {
    case SIM_LINK: table_put(t, c->path, c->node); break;
    case SIM_UNLINK: table_unlink(t, c->path); break;
    case SIM_RENAME: table_rename(t, c->path, c->to, c->node); break;
  }
}

/* Deletes one entry whose folder is not there; false where all are well. */
static bool table_delete_orphan(struct sim_table *t) {
  for (size_t i = 0; i < t->count; i++) {
    char parent[NAME_BYTES];
    sim_path_parent(t->entries[i].path, parent, sizeof parent);
    size_t at = table_find(t, parent);
    bool orphan = *parent && (at == t->count || !t->entries[at].node->is_dir);
    if (!orphan) continue;
    table_delete(t, i);
    return true;
  }
  return false;
}

/* ---- Changes ---- */

static void change_free(struct sim_change *c) {
  free(c->path);
  free(c->to);
  sim_node_drop(c->node);
}

void sim_names_free(struct sim_names *n) {
  for (size_t i = 0; i < n->change_count; i++) change_free(&n->changes[i]);
  free(n->changes);
  table_clear(&n->now);
  table_clear(&n->durable);
  *n = (struct sim_names){0};
}

struct sim_node *sim_names_find(const struct sim_names *n, const char *path) {
  size_t i = table_find(&n->now, path);
  return i < n->now.count ? n->now.entries[i].node : NULL;
}

void sim_names_change(struct sim_names *n, enum sim_change_kind kind, const char *path, const char *to,
                      struct sim_node *node) {
  if (n->change_count == n->change_capacity) {
    n->change_capacity = n->change_capacity ? 2 * n->change_capacity : 16;
    n->changes = realloc(n->changes, n->change_capacity * sizeof *n->changes);
    if (!n->changes) abort();
  }
  struct sim_change *c = &n->changes[n->change_count++];
  *c = (struct sim_change){kind, copy_text(path), to ? copy_text(to) : NULL, node};
  sim_node_hold(node);
  table_apply(&n->now, c);
}

static bool is_same(const char *a, const char *b) { return a && b && strcmp(a, b) == 0; }

static bool share_name(const struct sim_change *a, const struct sim_change *b) {
  return is_same(a->path, b->path) || is_same(a->path, b->to) || is_same(a->to, b->path) || is_same(a->to, b->to);
}

/* Makes the marked changes durable and keeps the others pending. */
static void apply_marked(struct sim_names *n, const bool *marked) {
  size_t kept = 0;
  for (size_t i = 0; i < n->change_count; i++) {
    struct sim_change *c = &n->changes[i];
    if (marked[i]) {
      table_apply(&n->durable, c);
      change_free(c);
    } else {
      n->changes[kept++] = *c;
    }
  }
  n->change_count = kept;
}

static bool *new_marks(const struct sim_names *n) {
  bool *marked = calloc(n->change_count + 1, sizeof *marked);
  if (!marked) abort();
  return marked;
}

/* With a change go the earlier ones of the same names, which a rename may have in another folder. */
void sim_names_sync(struct sim_names *n, const char *folder) {
  bool *marked = new_marks(n);
  for (size_t i = n->change_count; i-- > 0;) {
    const struct sim_change *c = &n->changes[i];
    marked[i] = sim_path_is_in(c->path, folder) || (c->to && sim_path_is_in(c->to, folder));
    for (size_t later = i + 1; !marked[i] && later < n->change_count; later++)
      marked[i] = marked[later] && share_name(c, &n->changes[later]);
  }
  apply_marked(n, marked);
  free(marked);
}

void sim_names_sync_all(struct sim_names *n) {
  for (size_t i = 0; i < n->change_count; i++) {
    table_apply(&n->durable, &n->changes[i]);
    change_free(&n->changes[i]);
  }
  n->change_count = 0;
}

/* None, all, the first few, or any; but no change survives an earlier one of the same name that did not. */
static void mark_survivors(const struct sim_names *n, bool *marked, uint64_t *random_state) {
  uint64_t manner = sim_random_below(random_state, 4);
  size_t first = (size_t)sim_random_below(random_state, n->change_count + 1);
  for (size_t i = 0; i < n->change_count; i++) {
    bool any = sim_random_below(random_state, 2) == 1;
    marked[i] = manner == 0 ? false : manner == 1 ? true : manner == 2 ? i < first : any;
    for (size_t earlier = 0; marked[i] && earlier < i; earlier++)
      if (!marked[earlier] && share_name(&n->changes[earlier], &n->changes[i])) marked[i] = false;
  }
}

void sim_names_lose(struct sim_names *n, uint64_t *random_state) {
  bool *marked = new_marks(n);
  mark_survivors(n, marked, random_state);
  apply_marked(n, marked);
  free(marked);
  for (size_t i = 0; i < n->change_count; i++) change_free(&n->changes[i]);
  n->change_count = 0;
  while (table_delete_orphan(&n->durable)) continue;
  table_clear(&n->now);
  for (size_t i = 0; i < n->durable.count; i++) {
    struct sim_entry *e = &n->durable.entries[i];
    table_put(&n->now, e->path, e->node);
    sim_content_lose(&e->node->content, random_state);
  }
}
