/* Private to geo/: one database file. Immutable once open, for any thread. */
#ifndef DAYBOOK_GEO_FILE_H
#define DAYBOOK_GEO_FILE_H

#include <maxminddb.h>
#include <stdint.h>

#include "geo/geo.h"

struct geo_file;

/* Opens a private copy of the file at path; `number` tells apart the copies of one work_dir. */
int geo_file_open(const struct geo_config *config, const char *path, unsigned number, struct geo_file **out,
                  struct error *err);
void geo_file_close(struct geo_file *f); /* NULL is allowed */
const MMDB_s *geo_file_database(const struct geo_file *f);

enum { GEO_NOWHERE = 0 }; /* no record stands at offset 0 plus one */
/* The offset of the address's record plus one, or GEO_NOWHERE. address: 4 or 16 bytes. */
uint64_t geo_file_find(const struct geo_file *f, const uint8_t *address, unsigned bytes);
/* The texts of a record, borrowed from the file. */
void geo_file_place(const struct geo_file *f, uint64_t record, struct geo_place *out);
bool geo_file_position(const struct geo_file *f, uint64_t record, double *latitude_out, double *longitude_out);

#endif
