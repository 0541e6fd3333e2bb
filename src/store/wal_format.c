/* Encoding and decoding of WAL headers and record heads; the format is specified at the head of wal.c. */
#include "store/wal_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t file_magic[8] = {'D', 'A', 'Y', 'B', 'K', 'W', 'A', 'L'};

static void put_le(uint8_t *to, uint64_t v, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) to[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t get_le(const uint8_t *from, size_t bytes) {
  uint64_t v = 0;
  for (size_t i = 0; i < bytes; i++) v |= (uint64_t)from[i] << (8 * i);
  return v;
}

void wal_header_encode(const struct wal_header *h, uint8_t out[WAL_HEADER_BYTES]) {
  memset(out, 0, WAL_HEADER_BYTES);
  memcpy(out, file_magic, sizeof file_magic);
  put_le(out + 8, WAL_VERSION, 4);
  memcpy(out + 16, h->identity, WAL_IDENTITY_BYTES);
  put_le(out + 32, h->generation, 8);
  put_le(out + 44, crc32c(0, out, 44), 4);
}

bool wal_header_decode(const uint8_t in[WAL_HEADER_BYTES], struct wal_header *out, uint32_t *version_out) {
  if (memcmp(in, file_magic, sizeof file_magic) != 0) return false;
  if (get_le(in + 44, 4) != crc32c(0, in, 44)) return false;
  *version_out = (uint32_t)get_le(in + 8, 4);
  if (*version_out != WAL_VERSION) return false;
  memcpy(out->identity, in + 16, WAL_IDENTITY_BYTES);
  out->generation = get_le(in + 32, 8);
  return true;
}

/* Over identity, offset and the first 20 bytes of the head. */
static uint32_t head_crc(const uint8_t identity[WAL_IDENTITY_BYTES], uint64_t offset, const uint8_t *head) {
  uint8_t place[8];
  put_le(place, offset, 8);
  uint32_t crc = crc32c(0, identity, WAL_IDENTITY_BYTES);
  crc = crc32c(crc, place, sizeof place);
  return crc32c(crc, head, 20);
}

void wal_head_encode(const uint8_t identity[WAL_IDENTITY_BYTES], uint64_t offset, const struct wal_head *h,
                     uint8_t out[WAL_HEAD_BYTES]) {
  put_le(out, WAL_RECORD_MAGIC, 4);
  put_le(out + 4, h->payload_bytes, 4);
  put_le(out + 8, h->durable_offset, 8);
  put_le(out + 16, h->payload_crc, 4);
  put_le(out + 20, head_crc(identity, offset, out), 4);
}

bool wal_head_decode(const uint8_t identity[WAL_IDENTITY_BYTES], uint64_t offset, const uint8_t in[WAL_HEAD_BYTES],
                     struct wal_head *out) {
  if (get_le(in, 4) != WAL_RECORD_MAGIC) return false;
  if (get_le(in + 20, 4) != head_crc(identity, offset, in)) return false;
  out->payload_bytes = (uint32_t)get_le(in + 4, 4);
  out->durable_offset = get_le(in + 8, 8);
  out->payload_crc = (uint32_t)get_le(in + 16, 4);
  return out->durable_offset <= offset;
}

int wal_folder(const char *dir, char out[WAL_PATH_BYTES], struct error *err) {
  int n = snprintf(out, WAL_PATH_BYTES, "%s/wal", dir);
  if (n < 0 || n >= WAL_PATH_BYTES) return error_set(err, ERR_INVALID, "the path of the data folder is too long");
  return 0;
}

int wal_path(const char *dir, uint64_t generation, char out[WAL_PATH_BYTES], struct error *err) {
  int n = snprintf(out, WAL_PATH_BYTES, "%s/wal/%010" PRIu64 ".wal", dir, generation);
  if (n < 0 || n >= WAL_PATH_BYTES) return error_set(err, ERR_INVALID, "the path of the data folder is too long");
  return 0;
}

/* Whether any byte from `offset` on is not zero. */
static int has_content(const struct os *os, struct os_file *file, uint64_t offset, bool *out) {
  enum { CHUNK_BYTES = 64 * 1024 };
  char *chunk = malloc(CHUNK_BYTES);
  if (!chunk) abort();
  int code = 0;
  bool found = false;
  for (size_t got = CHUNK_BYTES; !found && got == CHUNK_BYTES; offset += got) {
    code = os_read(os, file, offset, chunk, CHUNK_BYTES, &got);
    if (code) break;
    found = got > 0 && (chunk[0] != 0 || memcmp(chunk, chunk + 1, got - 1) != 0);
  }
  free(chunk);
  if (!code) *out = found;
  return code;
}

int wal_read_header(const struct os *os, struct os_file *file, const char *path, uint64_t generation,
                    struct wal_header *out, enum wal_header_state *state_out, struct error *err) {
  static const uint64_t places[] = {0, WAL_HEADER_COPY_OFFSET};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    uint8_t bytes[WAL_HEADER_BYTES];
    size_t got = 0;
    uint32_t version = 0;
    struct wal_header h;
    int code = os_read(os, file, places[i], bytes, sizeof bytes, &got);
    if (code) return error_set(err, code, "%s: %s", path, error_text(code));
    if (got < sizeof bytes) continue;
    if (!wal_header_decode(bytes, &h, &version)) {
      if (version == 0 || version == WAL_VERSION) continue;
      return error_set(err, ERR_UNSUPPORTED, "%s: format version %" PRIu32 ", this program reads %d", path, version,
                       WAL_VERSION);
    }
    if (h.generation != generation)
      return error_set(err, ERR_CORRUPT, "%s: holds generation %" PRIu64 ", the file was renamed", path, h.generation);
    *out = h;
    *state_out = WAL_HEADER_GOOD;
    return 0;
  }
  bool content = false;
  int code = has_content(os, file, WAL_RECORDS_OFFSET, &content);
  if (code) return error_set(err, code, "%s: %s", path, error_text(code));
  *state_out = content ? WAL_HEADER_DAMAGED : WAL_HEADER_NONE;
  return 0;
}
