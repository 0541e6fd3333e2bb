/* Where an address is: country, region and city, from database files in MaxMind's format (.mmdb).
 *
 * Read are the nested records of MaxMind (country.iso_code, subdivisions.0.names.en, city.names.en, location) and the
 * flat ones of @ip-location-db (country_code, state1, city, latitude, longitude), IPv4 and IPv6. A country is its
 * ISO 3166-1 code of two letters. A struct geo belongs to the server and may be used by any thread; lookups go through
 * a reader, which one thread has at a time and which sees the same files until it is given back. */
#ifndef DAYBOOK_GEO_GEO_H
#define DAYBOOK_GEO_GEO_H

#include <stdbool.h>

#include "base/error.h"
#include "base/slice.h"
#include "os/os.h"

struct geo;
struct geo_reader;

enum { GEO_FILES = 4, GEO_TEXT_BYTES = 128 /* of a region or city; a longer one is cut */ };

struct geo_config {
  const struct os *os;
  const char *const *paths; /* the files, asked in this order; borrowed until geo_close */
  unsigned path_count;      /* 1 to GEO_FILES */
  const char *work_dir;     /* an existing folder with room for copies of the files; borrowed */
};

/* Opens all files. Each is copied into work_dir, where the copy has no name: what happens to the file itself later,
 * even overwriting it in place, cannot hurt. ERR_NOT_FOUND, ERR_INVALID (not a database, or one without countries;
 * the message names the file), ERR_DISK_FULL. */
int geo_open(const struct geo_config *config, struct geo **out, struct error *err);
void geo_close(struct geo *g); /* all readers given back; NULL is allowed */
/* Opens the files anew; readers taken from now on see them. After a failure the old ones stay. One call at a time. */
int geo_reload(struct geo *g, struct error *err);
/* "city ipv4 (IPv4, 2026-06-05), ..." for logs; valid until the next reload. */
const char *geo_description(const struct geo *g);
/* What the makers of the first file ask to be shown beside its data; static texts. Files of types GeoLite2 and GeoIP2
 * are MaxMind's; all others are taken for DB-IP's, whose licence (CC-BY 4.0) asks most. */
struct geo_credit {
  const char *text, *url;
};
struct geo_credit geo_credit(struct geo *g);

struct geo_reader *geo_reader_take(struct geo *g);
void geo_reader_give(struct geo_reader *r);

struct geo_place { /* empty where not known; borrowed until the reader is given back */
  struct slice country, region, city;
};
/* ip: an address as text. False where nothing is known of it. */
bool geo_find(struct geo_reader *r, struct slice ip, struct geo_place *out);
/* Degrees; false where no file has coordinates for the address. */
bool geo_find_position(struct geo_reader *r, struct slice ip, double *latitude_out, double *longitude_out);

#endif
