/* The files as a set that is replaced as a whole, and readers with a cache of records.
 *
 * A set is counted: by the struct geo while it is the current one, and by each reader that has it. Readers are kept for
 * reuse with their caches; one that finds a newer set empties its cache. */
#include "geo/geo.h"

#include <arpa/inet.h>
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "geo/file.h"

enum {
  READERS_KEPT = 16,
  PLACES = 8192, /* records of a reader's cache: 0.5 MiB */
  DESCRIPTION_BYTES = 512,
};

struct file_set {
  struct geo_file *files[GEO_FILES];
  unsigned count, users; /* users: guarded by the lock of struct geo */
  char description[DESCRIPTION_BYTES];
};

struct geo {
  struct geo_config config;
  pthread_mutex_t lock;
  struct file_set *current;
  struct geo_reader *free_readers[READERS_KEPT];
  unsigned free_count;
};

struct cached_place {
  uint64_t key; /* record and file; 0: none */
  struct geo_place place;
};

struct geo_reader {
  struct geo *geo;
  struct file_set *set; /* NULL while nobody has the reader */
  const struct file_set *cached_of;
  struct cached_place places[PLACES];
};

/* ---- Sets ---- */

static void close_set(struct file_set *s) {
  if (!s) return;
  for (unsigned i = 0; i < s->count; i++) geo_file_close(s->files[i]);
  free(s);
}

static void describe(struct file_set *s) {
  size_t used = 0;
  for (unsigned i = 0; i < s->count && used < sizeof s->description; i++) {
    const MMDB_metadata_s *m = &geo_file_database(s->files[i])->metadata;
    int64_t year;
    unsigned month, day;
    instant_civil_from_days((int64_t)(m->build_epoch / 86400 % 2932896), &year, &month, &day);
    int n = snprintf(s->description + used, sizeof s->description - used, "%s%s (IPv%u, %04d-%02u-%02u)", i ? ", " : "",
                     m->database_type, m->ip_version, (int)year, month, day);
    used += n > 0 ? (size_t)n : 0;
  }
}

static int open_set(const struct geo_config *config, struct file_set **out, struct error *err) {
  struct file_set *s = calloc(1, sizeof *s);
  if (!s) abort();
  s->users = 1;
  int code = 0;
  for (unsigned i = 0; i < config->path_count && code == 0; i++) {
    code = geo_file_open(config, config->paths[i], i, &s->files[i], err);
    if (code == 0) s->count++;
  }
  if (code) {
    close_set(s);
    return error_wrap(err, code, "geo database");
  }
  describe(s);
  *out = s;
  return 0;
}

static void leave_set(struct geo *g, struct file_set *s) {
  pthread_mutex_lock(&g->lock);
  bool last = --s->users == 0;
  pthread_mutex_unlock(&g->lock);
  if (last) close_set(s);
}

int geo_open(const struct geo_config *config, struct geo **out, struct error *err) {
  assert(config->path_count >= 1 && config->path_count <= GEO_FILES);
  struct file_set *set;
  int code = open_set(config, &set, err);
  if (code) return code;
  struct geo *g = calloc(1, sizeof *g);
  if (!g) abort();
  g->config = *config;
  g->current = set;
  pthread_mutex_init(&g->lock, NULL);
  *out = g;
  return 0;
}

void geo_close(struct geo *g) {
  if (!g) return;
  for (unsigned i = 0; i < g->free_count; i++) free(g->free_readers[i]);
  assert(g->current->users == 1);
  close_set(g->current);
  pthread_mutex_destroy(&g->lock);
  free(g);
}

int geo_reload(struct geo *g, struct error *err) {
  struct file_set *set;
  int code = open_set(&g->config, &set, err);
  if (code) return code;
  pthread_mutex_lock(&g->lock);
  struct file_set *old = g->current;
  g->current = set;
  pthread_mutex_unlock(&g->lock);
  leave_set(g, old);
  return 0;
}

const char *geo_description(const struct geo *g) { return g->current->description; }

struct geo_credit geo_credit(struct geo *g) {
  pthread_mutex_lock(&g->lock);
  const char *type = geo_file_database(g->current->files[0])->metadata.database_type;
  bool maxmind = strncmp(type, "GeoLite2", 8) == 0 || strncmp(type, "GeoIP2", 6) == 0;
  pthread_mutex_unlock(&g->lock);
  if (maxmind) return (struct geo_credit){"Includes GeoLite2 data created by MaxMind", "https://www.maxmind.com"};
  return (struct geo_credit){"IP Geolocation by DB-IP", "https://db-ip.com"};
}

/* ---- Readers ---- */

struct geo_reader *geo_reader_take(struct geo *g) {
  pthread_mutex_lock(&g->lock);
  struct geo_reader *r = g->free_count > 0 ? g->free_readers[--g->free_count] : NULL;
  struct file_set *set = g->current;
  set->users++;
  pthread_mutex_unlock(&g->lock);
  if (!r) r = calloc(1, sizeof *r);
  if (!r) abort();
  /* A set that was closed may have had the address of this one: giving back forgets those that are not current. */
  if (r->cached_of != set) memset(r->places, 0, sizeof r->places);
  r->geo = g;
  r->set = set;
  r->cached_of = set;
  return r;
}

void geo_reader_give(struct geo_reader *r) {
  struct geo *g = r->geo;
  struct file_set *set = r->set;
  pthread_mutex_lock(&g->lock);
  if (set != g->current) r->cached_of = NULL;
  r->set = NULL;
  if (g->free_count < READERS_KEPT) {
    g->free_readers[g->free_count++] = r;
    r = NULL;
  }
  pthread_mutex_unlock(&g->lock);
  free(r);
  leave_set(g, set);
}

/* ---- Lookups ---- */

/* "203.0.113.4" as stored, without the detour over a terminated copy; 0 where it is none. */
static unsigned parse_four(struct slice text, uint8_t out[16]) {
  unsigned value = 0, digits = 0, n = 0;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.data[i];
    if (c == '.' && digits > 0 && n < 3) {
      out[n++] = (uint8_t)value;
      value = digits = 0;
    } else if (c >= '0' && c <= '9' && digits < 3) {
      value = value * 10 + (unsigned)(c - '0');
      digits++;
      if (value > 255) return 0;
    } else {
      return 0;
    }
  }
  if (n != 3 || digits == 0) return 0;
  out[3] = (uint8_t)value;
  return 4;
}

static unsigned parse_address(struct slice text, uint8_t out[16]) {
  char copy[INET6_ADDRSTRLEN];
  if (text.len == 0 || text.len >= sizeof copy) return 0;
  if (!memchr(text.data, ':', text.len)) return parse_four(text, out);
  memcpy(copy, text.data, text.len);
  copy[text.len] = '\0';
  return inet_pton(AF_INET6, copy, out) == 1 ? 16 : 0;
}

/* The record in the first file that knows the address. */
static uint64_t find_record(const struct geo_reader *r, struct slice ip, unsigned *file_out) {
  uint8_t address[16];
  unsigned bytes = parse_address(ip, address);
  for (unsigned i = 0; i < r->set->count && bytes; i++) {
    uint64_t record = geo_file_find(r->set->files[i], address, bytes);
    *file_out = i;
    if (record != GEO_NOWHERE) return record;
  }
  return GEO_NOWHERE;
}

bool geo_find(struct geo_reader *r, struct slice ip, struct geo_place *out) {
  unsigned file = 0;
  uint64_t record = find_record(r, ip, &file);
  if (record == GEO_NOWHERE) return false;
  uint64_t key = record * GEO_FILES + file;
  struct cached_place *c = &r->places[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 51];
  static_assert(PLACES == 1 << (64 - 51), "the shift above picks one of PLACES");
  if (c->key != key) {
    c->key = key;
    geo_file_place(r->set->files[file], record, &c->place);
  }
  *out = c->place;
  return c->place.country.len > 0 || c->place.region.len > 0 || c->place.city.len > 0;
}

bool geo_find_position(struct geo_reader *r, struct slice ip, double *latitude_out, double *longitude_out) {
  unsigned file = 0;
  uint64_t record = find_record(r, ip, &file);
  return record != GEO_NOWHERE && geo_file_position(r->set->files[file], record, latitude_out, longitude_out);
}
