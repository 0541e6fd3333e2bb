/* A consistent copy of a running store: catalog and WAL are copied while nothing is sealed or removed; the segments the
 * copied catalog names are held and copied afterwards. What was acknowledged before the call is in the copy. */
#include <stdio.h>
#include <stdlib.h>

#include "store/internal.h"

enum { COPY_BYTES = 1024 * 1024 };

static int not_empty(void *arg, const char *name) {
  (void)arg, (void)name;
  return ERR_CONFLICT;
}

static int make_target(const struct os *os, const char *to_dir, struct error *err) {
  char path[4096];
  const char *parts[] = {"", "/wal", "/segments"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    snprintf(path, sizeof path, "%s%s", to_dir, parts[i]);
    int rc = os->make_dir(os->context, path);
    if (rc) return error_set(err, rc, "make the folder %s", path);
    if (i > 0) continue;
    rc = os->list_dir(os->context, path, not_empty, NULL);
    if (rc == ERR_CONFLICT) return error_set(err, rc, "%s is not empty", to_dir);
    if (rc) return error_set(err, rc, "list the folder %s", path);
  }
  return 0;
}

static int copy_bytes(const struct os *os, struct os_file *from, struct os_file *to, char *buffer, struct error *err) {
  uint64_t at = 0;
  for (size_t got = COPY_BYTES; got == COPY_BYTES; at += got) {
    int rc = os_read(os, from, at, buffer, COPY_BYTES, &got);
    if (rc) return error_set(err, rc, "read at %llu", (unsigned long long)at);
    rc = got ? os_write(os, to, at, buffer, got) : 0;
    if (rc) return error_set(err, rc, "write at %llu", (unsigned long long)at);
  }
  int rc = os_sync(os, to);
  return rc ? error_set(err, rc, "sync") : 0;
}

static int copy_file(const struct os *os, const char *from_path, const char *to_path, struct error *err) {
  struct os_file *from = NULL, *to = NULL;
  char *buffer = malloc(COPY_BYTES);
  if (!buffer) abort();
  int rc = os_open(os, from_path, OS_READ, &from);
  if (rc == 0) rc = os_open(os, to_path, OS_CREATE, &to);
  if (rc)
    error_set(err, rc, "open");
  else
    rc = copy_bytes(os, from, to, buffer, err);
  os_close(os, from);
  os_close(os, to);
  free(buffer);
  return rc ? error_wrap(err, rc, "copy %s to %s", from_path, to_path) : 0;
}

static int copy_wal(struct store *s, const char *to_dir, struct error *err) {
  uint64_t *generations = calloc(WAL_FILES, sizeof *generations);
  uint32_t count = 0;
  if (!generations) abort();
  int rc = wal_list(s->os, s->dir, generations, WAL_FILES, &count, err);
  for (uint32_t i = 0; rc == 0 && i < count; i++) {
    char from[4096], to[4096];
    snprintf(from, sizeof from, "%s/wal/%010llu.wal", s->dir, (unsigned long long)generations[i]);
    snprintf(to, sizeof to, "%s/wal/%010llu.wal", to_dir, (unsigned long long)generations[i]);
    rc = copy_file(s->os, from, to, err);
  }
  free(generations);
  return rc;
}

static int copy_segments(struct store *s, struct snapshot *held, const char *to_dir, struct error *err) {
  for (uint32_t i = 0; i < held->part_count - held->view_count; i++) {
    char to[4096];
    snprintf(to, sizeof to, "%s/segments/%010llu.seg", to_dir, (unsigned long long)held->segments[i]->row.number);
    int rc = copy_file(s->os, held->segments[i]->path, to, err);
    if (rc) return rc;
  }
  return 0;
}

static int sync_target(const struct os *os, const char *to_dir, struct error *err) {
  char path[4096];
  const char *parts[] = {"/wal", "/segments", ""};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    snprintf(path, sizeof path, "%s%s", to_dir, parts[i]);
    int rc = os->sync_dir(os->context, path);
    if (rc) return error_set(err, rc, "sync the folder %s", path);
  }
  return store_sync_name(os, to_dir, err);
}

int store_backup(struct store *s, const char *to_dir, struct error *err) {
  enum { NAME_BYTES = 64 };
  char catalog[4096];
  if (strlen(to_dir) + NAME_BYTES > sizeof catalog) return error_set(err, ERR_INVALID, "the folder's name is too long");
  struct snapshot *held = NULL;
  int rc = make_target(s->os, to_dir, err);
  if (rc) return rc;
  snprintf(catalog, sizeof catalog, "%s/catalog.sqlite", to_dir);
  pthread_mutex_lock(&s->files_lock);
  rc = snapshot_open(s, &held);
  if (rc == 0) rc = catalog_backup(s->catalog, catalog, err);
  if (rc == 0) rc = copy_wal(s, to_dir, err);
  pthread_mutex_unlock(&s->files_lock);
  if (rc == 0) rc = copy_segments(s, held, to_dir, err);
  if (rc == 0) rc = sync_target(s->os, to_dir, err);
  snapshot_close(held);
  return rc ? error_wrap(err, rc, "back up %s", s->dir) : 0;
}
