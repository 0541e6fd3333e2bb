/* Bytes of a WAL file, shared by wal.c (writes) and wal_replay.c (reads); specified at the head of wal.c. Plain
 * functions over bytes, any thread. Private to the WAL. */
#ifndef DAYBOOK_STORE_WAL_FORMAT_H
#define DAYBOOK_STORE_WAL_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/checksum.h"
#include "base/error.h"
#include "os/os.h"

enum {
  WAL_VERSION = 1,
  WAL_IDENTITY_BYTES = 16,
  WAL_HEADER_BYTES = 48,
  WAL_HEADER_COPY_OFFSET = 512, /* another sector than the first copy */
  WAL_RECORDS_OFFSET = 1024,
  WAL_HEAD_BYTES = 24,
  WAL_ALIGN = 8,
  WAL_PATH_BYTES = 4096,
};
#define WAL_RECORD_MAGIC 0x4c415744u /* "DWAL" read as bytes */

struct wal_header {
  uint8_t identity[WAL_IDENTITY_BYTES];
  uint64_t generation;
};

/* The head of a record. */
struct wal_head {
  uint32_t payload_bytes;
  uint64_t durable_offset; /* everything before it was synced when this record was written */
  uint32_t payload_crc;
};

void wal_header_encode(const struct wal_header *h, uint8_t out[WAL_HEADER_BYTES]);
/* False where it is no whole header; *version_out is set wherever the checksum holds. */
bool wal_header_decode(const uint8_t in[WAL_HEADER_BYTES], struct wal_header *out, uint32_t *version_out);

void wal_head_encode(const uint8_t identity[WAL_IDENTITY_BYTES], uint64_t offset, const struct wal_head *h,
                     uint8_t out[WAL_HEAD_BYTES]);
/* False unless these bytes were written as the head of a record of this very file at this very offset. */
bool wal_head_decode(const uint8_t identity[WAL_IDENTITY_BYTES], uint64_t offset, const uint8_t in[WAL_HEAD_BYTES],
                     struct wal_head *out);

static inline uint64_t wal_align(uint64_t offset) { return (offset + WAL_ALIGN - 1) & ~(uint64_t)(WAL_ALIGN - 1); }

/* DIR/wal/NNNNNNNNNN.wal; ERR_INVALID where it does not fit WAL_PATH_BYTES. */
int wal_path(const char *dir, uint64_t generation, char out[WAL_PATH_BYTES], struct error *err);
int wal_folder(const char *dir, char out[WAL_PATH_BYTES], struct error *err);

/* What the two copies of the header say. */
enum wal_header_state {
  WAL_HEADER_GOOD,
  WAL_HEADER_NONE,    /* neither copy is whole and nothing but zeros lies behind: created, then cut off */
  WAL_HEADER_DAMAGED, /* neither copy is whole, but there is something behind */
};
int wal_read_header(const struct os *os, struct os_file *file, const char *path, uint64_t generation,
                    struct wal_header *out, enum wal_header_state *state_out, struct error *err);

#endif
