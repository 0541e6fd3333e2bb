/* Looks at the files once a second. A file that looks different is opened anew once it has stayed the same for a
 * second: a copy under way is not taken for a database. */
#include "daemon/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "daemon/daemon.h"
#include "daemon/ticker.h"

enum { WATCH_MS = 1000 };

struct look { /* what tells one file from another; zeros: none there */
  dev_t device;
  ino_t inode;
  off_t bytes;
  struct timespec changed;
};

struct places {
  struct geo *geo;
  const char *const *paths;
  unsigned count;
  struct look opened[GEO_FILES], last[GEO_FILES];
  struct ticker *ticker;
};

static struct look look_at(const char *path) {
  struct stat s;
  if (stat(path, &s) != 0) return (struct look){0};
  return (struct look){s.st_dev, s.st_ino, s.st_size, s.st_mtim};
}

static bool looks_equal(const struct look *a, const struct look *b) {
  return a->device == b->device && a->inode == b->inode && a->bytes == b->bytes &&
         a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static void reload(struct places *p) {
  struct error err;
  char text[ERROR_MESSAGE_BYTES + 64];
  error_clear(&err);
  bool failed = geo_reload(p->geo, &err) != 0;
  if (failed)
    snprintf(text, sizeof text, "%s; the one opened before stays in use", err.message);
  else
    snprintf(text, sizeof text, "geo database opened anew: %s", geo_description(p->geo));
  daemon_log(NULL, failed ? HTTP_LOG_ERROR : HTTP_LOG_INFO, text);
}

static unsigned watch(void *arg) {
  struct places *p = arg;
  bool changed = false, still = true;
  for (unsigned i = 0; i < p->count; i++) {
    struct look now = look_at(p->paths[i]);
    changed |= !looks_equal(&now, &p->opened[i]);
    still &= looks_equal(&now, &p->last[i]);
    p->last[i] = now;
  }
  if (!changed || !still) return WATCH_MS;
  memcpy(p->opened, p->last, sizeof p->opened); /* also of what cannot be opened: it is not tried again and again */
  reload(p);
  return WATCH_MS;
}

int places_open(const struct os *os, const char *const *paths, unsigned count, const char *work_dir,
                struct places **out, struct error *err) {
  struct places *p = calloc(1, sizeof *p);
  if (!p) abort();
  p->paths = paths;
  p->count = count;
  for (unsigned i = 0; i < count; i++) p->opened[i] = p->last[i] = look_at(paths[i]);
  struct geo_config config = {.os = os, .paths = paths, .path_count = count, .work_dir = work_dir};
  int code = geo_open(&config, &p->geo, err);
  if (code) {
    free(p);
    return code;
  }
  p->ticker = ticker_start(WATCH_MS, watch, p);
  *out = p;
  return 0;
}

struct geo *places_geo(const struct places *p) {
  return p->geo;
}

void places_close(struct places *p) {
  if (!p) return;
  ticker_stop(p->ticker);
  geo_close(p->geo);
  free(p);
}
