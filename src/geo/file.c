/* One database file: a private copy, the search tree, and the two layouts of its records.
 *
 * The tree has a node per bit of the address, two values each: below node_count the next node, node_count itself
 * nothing, above it 16 plus the offset of a record (https://maxmind.github.io/MaxMind-DB/). The library walks it from
 * the root with checks for every step, 30 ns each; here only the wanted half of a node is read, and a table leads from
 * the first 18 bits of an address to where the walk stands then: an address that was not seen before costs half. */
#include "geo/file.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

enum { JUMP_BITS = 18, JUMPS = 1 << JUMP_BITS, COPY_BYTES = 1 << 20, PATH_BYTES = 4096, SEPARATOR_BYTES = 16 };

struct geo_file {
  MMDB_s database;
  bool flat;
  const uint8_t *nodes;
  uint32_t node_count;
  uint16_t record_bits;
  uint32_t *jumps4, *jumps6; /* values after JUMP_BITS bits */
};

/* ---- The private copy ---- */

static int copy_bytes(const struct os *os, struct os_file *from, struct os_file *to) {
  char *piece = malloc(COPY_BYTES);
  if (!piece) abort();
  size_t got = COPY_BYTES;
  int code = 0;
  for (uint64_t at = 0; code == 0 && got == COPY_BYTES; at += got) {
    code = os_read(os, from, at, piece, COPY_BYTES, &got);
    if (code == 0 && got > 0) code = os_write(os, to, at, piece, got);
  }
  free(piece);
  return code;
}

static int copy_file(const struct os *os, const char *path, const char *copy, struct error *err) {
  struct os_file *from = NULL, *to = NULL;
  int code = os_open(os, path, OS_READ, &from);
  if (code) return error_set(err, code, "%s", code == ERR_NOT_FOUND ? "there is no such file" : error_text(code));
  (void)os->remove(os->context, copy); /* left by a process that was killed */
  code = os_open(os, copy, OS_CREATE, &to);
  if (code == 0) code = copy_bytes(os, from, to);
  os_close(os, from);
  os_close(os, to);
  return code ? error_set(err, code, "copy to %s: %s", copy, error_text(code)) : 0;
}

/* ---- The tree ---- */

/* The value for this bit; node < node_count, which MMDB_open has checked against the file's size. */
static uint32_t node_value(const struct geo_file *f, uint32_t node, unsigned bit) {
  const uint8_t *n;
  switch (f->record_bits) {
    case 24: n = f->nodes + (size_t)node * 6 + 3 * bit; return (uint32_t)n[0] << 16 | (uint32_t)n[1] << 8 | n[2];
    case 28: /* the middle byte holds the upper four bits of both */
      n = f->nodes + (size_t)node * 7;
      if (bit) return (uint32_t)(n[3] & 0x0f) << 24 | (uint32_t)n[4] << 16 | (uint32_t)n[5] << 8 | n[6];
      return (uint32_t)(n[3] & 0xf0) << 20 | (uint32_t)n[0] << 16 | (uint32_t)n[1] << 8 | n[2];
    default:
      n = f->nodes + (size_t)node * 8 + 4 * bit;
      return (uint32_t)n[0] << 24 | (uint32_t)n[1] << 16 | (uint32_t)n[2] << 8 | n[3];
  }
}

static uint32_t walk(const struct geo_file *f, uint32_t value, const uint8_t *address, unsigned from_bit,
                     unsigned bits) {
  for (unsigned i = from_bit; i < bits && value < f->node_count; i++)
    value = node_value(f, value, address[i / 8] >> (7 - i % 8) & 1);
  return value;
}

static uint64_t record_of(const struct geo_file *f, uint32_t value) {
  uint64_t first = (uint64_t)f->node_count + SEPARATOR_BYTES;
  if (value < first || value - first >= f->database.data_section_size) return GEO_NOWHERE;
  return value - first + 1;
}

static unsigned jump_of(const uint8_t *address) {
  return ((unsigned)address[0] << 16 | (unsigned)address[1] << 8 | address[2]) >> (24 - JUMP_BITS);
}

static uint32_t *make_jumps(const struct geo_file *f, uint32_t root) {
  uint32_t *jumps = malloc(JUMPS * sizeof *jumps);
  if (!jumps) abort();
  for (unsigned i = 0; i < JUMPS; i++) {
    unsigned bits = i << (24 - JUMP_BITS);
    const uint8_t bytes[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
    jumps[i] = walk(f, root, bytes, 0, JUMP_BITS);
  }
  return jumps;
}

static int index_tree(struct geo_file *f, struct error *err) {
  static const uint8_t zeros[16];
  const MMDB_metadata_s *m = &f->database.metadata;
  if (m->record_size != 24 && m->record_size != 28 && m->record_size != 32)
    return error_set(err, ERR_INVALID, "a database with records of %u bits", m->record_size);
  if (m->node_count == 0 || (m->ip_version != 4 && m->ip_version != 6))
    return error_set(err, ERR_INVALID, "a database without addresses");
  f->nodes = f->database.file_content;
  f->node_count = m->node_count;
  f->record_bits = m->record_size;
  f->jumps4 = make_jumps(f, m->ip_version == 6 ? walk(f, 0, zeros, 0, 96) : 0); /* IPv4 stands below ::/96 */
  if (m->ip_version == 6) f->jumps6 = make_jumps(f, 0);
  return 0;
}

uint64_t geo_file_find(const struct geo_file *f, const uint8_t *address, unsigned bytes) {
  const uint32_t *jumps = bytes == 4 ? f->jumps4 : f->jumps6;
  if (!jumps) return GEO_NOWHERE;
  return record_of(f, walk(f, jumps[jump_of(address)], address, JUMP_BITS, 8 * bytes));
}

/* ---- Records ---- */

static const char *const flat_country[] = {"country_code", NULL}, *const flat_region[] = {"state1", NULL},
                         *const flat_city[] = {"city", NULL}, *const flat_latitude[] = {"latitude", NULL},
                         *const flat_longitude[] = {"longitude", NULL};
static const char *const nested_country[] = {"country", "iso_code", NULL},
                         *const nested_region[] = {"subdivisions", "0", "names", "en", NULL},
                         *const nested_city[] = {"city", "names", "en", NULL},
                         *const nested_latitude[] = {"location", "latitude", NULL},
                         *const nested_longitude[] = {"location", "longitude", NULL};

static bool read_value(const struct geo_file *f, uint64_t record, const char *const *path, MMDB_entry_data_s *out) {
  MMDB_entry_s entry = {&f->database, (uint32_t)(record - 1)};
  return MMDB_aget_value(&entry, out, path) == MMDB_SUCCESS && out->has_data;
}

/* The text up to its first fault or the limit: what is stored must be valid UTF-8 without NUL. */
static struct slice valid_part(struct slice text) {
  size_t at = 0;
  while (at < text.len) {
    utf8proc_int32_t point;
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)text.data + at, (utf8proc_ssize_t)(text.len - at), &point);
    if (n <= 0 || point == 0 || at + (size_t)n > GEO_TEXT_BYTES) break;
    at += (size_t)n;
  }
  return slice_of(text.data, at);
}

static struct slice read_text(const struct geo_file *f, uint64_t record, const char *const *path) {
  MMDB_entry_data_s value;
  if (!read_value(f, record, path, &value) || value.type != MMDB_DATA_TYPE_UTF8_STRING) return slice_of(NULL, 0);
  return valid_part(slice_of(value.utf8_string, value.data_size));
}

void geo_file_place(const struct geo_file *f, uint64_t record, struct geo_place *out) {
  out->country = read_text(f, record, f->flat ? flat_country : nested_country);
  out->region = read_text(f, record, f->flat ? flat_region : nested_region);
  out->city = read_text(f, record, f->flat ? flat_city : nested_city);
}

static bool read_degrees(const struct geo_file *f, uint64_t record, const char *const *path, double most, double *out) {
  MMDB_entry_data_s value;
  if (!read_value(f, record, path, &value)) return false;
  if (value.type != MMDB_DATA_TYPE_DOUBLE && value.type != MMDB_DATA_TYPE_FLOAT) return false;
  *out = value.type == MMDB_DATA_TYPE_DOUBLE ? value.double_value : (double)value.float_value;
  return *out >= -most && *out <= most;
}

bool geo_file_position(const struct geo_file *f, uint64_t record, double *latitude_out, double *longitude_out) {
  return read_degrees(f, record, f->flat ? flat_latitude : nested_latitude, 90, latitude_out) &&
         read_degrees(f, record, f->flat ? flat_longitude : nested_longitude, 180, longitude_out);
}

/* ---- Opening ---- */

/* Whether any of the records behind the jumps has a country; the layout is that of the first that has. */
static bool find_layout(struct geo_file *f, const uint32_t *jumps) {
  for (unsigned i = 0; jumps && i < JUMPS; i++) {
    uint32_t value = jumps[i];
    for (unsigned depth = 0; depth < 128 && value < f->node_count; depth++) {
      uint32_t left = node_value(f, value, 0);
      value = left == f->node_count ? node_value(f, value, 1) : left;
    }
    uint64_t record = record_of(f, value);
    for (unsigned layout = 0; layout < 2 && record != GEO_NOWHERE; layout++) {
      f->flat = layout == 0;
      if (read_text(f, record, f->flat ? flat_country : nested_country).len > 0) return true;
    }
  }
  return false;
}

static int open_copy(const char *copy, struct geo_file *f, struct error *err) {
  int status = MMDB_open(copy, MMDB_MODE_MMAP, &f->database);
  if (status != MMDB_SUCCESS)
    return error_set(err, ERR_INVALID, "not a database in MaxMind's format (%s)", MMDB_strerror(status));
  int code = index_tree(f, err);
  if (code) return code;
  if (find_layout(f, f->jumps4) || find_layout(f, f->jumps6)) return 0;
  return error_set(err, ERR_INVALID, "a database of type %s, in which no country is found",
                   f->database.metadata.database_type);
}

int geo_file_open(const struct geo_config *config, const char *path, unsigned number, struct geo_file **out,
                  struct error *err) {
  char copy[PATH_BYTES];
  int len = snprintf(copy, sizeof copy, "%s/geo-%u.tmp", config->work_dir, number);
  if (len < 0 || (size_t)len >= sizeof copy) return error_set(err, ERR_INVALID, "the data folder's path is too long");
  struct geo_file *f = calloc(1, sizeof *f);
  if (!f) abort();
  int code = copy_file(config->os, path, copy, err);
  if (code == 0) code = open_copy(copy, f, err);
  (void)config->os->remove(config->os->context, copy); /* the mapping keeps it */
  if (code) {
    geo_file_close(f);
    return error_wrap(err, code, "%s", path);
  }
  *out = f;
  return 0;
}

void geo_file_close(struct geo_file *f) {
  if (!f) return;
  if (f->database.file_content) MMDB_close(&f->database);
  free(f->jumps4);
  free(f->jumps6);
  free(f);
}

const MMDB_s *geo_file_database(const struct geo_file *f) { return &f->database; }
