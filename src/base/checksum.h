/* CRC32C (Castagnoli) for records and pages, and a fast 64-bit hash for tables. Pure functions. */
#ifndef DAYBOOK_BASE_CHECKSUM_H
#define DAYBOOK_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* CRC32C of data continuing `crc` (0 to begin); the iSCSI polynomial of RFC 3720. SSE4.2 where present. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);
/* The same without special instructions. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t len);
/* 64-bit hash keyed by seed: fast, well mixed (wyhash-like multiply-fold), not cryptographic; the same on
 * little-endian machines only. */
uint64_t hash64(const void *data, size_t len, uint64_t seed);

#endif
