/* The geo databases of a server: opened at the start, opened anew whenever their files change. */
#ifndef DAYBOOK_DAEMON_PLACES_H
#define DAYBOOK_DAEMON_PLACES_H

#include "geo/geo.h"

struct places;

/* Opens the files and begins to watch them; what geo_open says. paths and work_dir are borrowed. */
int places_open(const struct os *os, const char *const *paths, unsigned count, const char *work_dir,
                struct places **out, struct error *err);
struct geo *places_geo(const struct places *p);
void places_close(struct places *p); /* NULL is allowed */

#endif
