/* What writer and reader of segment files share: frames, kinds and bounds. The format itself is specified at the head
 * of segment_write.c. Private to store/. */
#ifndef DAYBOOK_STORE_SEGMENT_FORMAT_H
#define DAYBOOK_STORE_SEGMENT_FORMAT_H

#include <assert.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/checksum.h"
#include "base/limits.h"
#include "store/part.h"

#define SEGMENT_MAGIC "DAYBKSEG"

enum {
  SEGMENT_VERSION = 1,
  SEGMENT_HEADER_BYTES = 16,
  SEGMENT_TRAILER_BYTES = 32,
  SEGMENT_FRAME_BYTES = 9,                     /* before the payload of a page */
  SEGMENT_FOOTER_MAX_BYTES = 64 * 1024 * 1024, /* decompressed */
  SEGMENT_PAGE_MAX_BYTES = 1 << 30,            /* of a page with its frame */
  SEGMENT_MAX_COLUMNS = FIELD_COUNT + LIMIT_PARAM_COLUMNS + 1,
  SEGMENT_KEY_PAGE_BLOCKS = 512,      /* bloom blocks of a page: 16 KiB */
  SEGMENT_TEXT_PERCENT = 40,          /* more distinct values than this: the column is text */
  SEGMENT_TEXT_PERCENT_FILTERED = 75, /* the same for fields with F_FILTER */
  SEGMENT_TEXT_MIN_VALUES = 1024
};

enum segment_page {
  SEGMENT_IDS = 1,
  SEGMENT_LIST,
  SEGMENT_TEXT,
  SEGMENT_INT,
  SEGMENT_DICTIONARY,
  SEGMENT_DICTIONARY_INDEX,
  SEGMENT_TERMS,
  SEGMENT_RUNS,
  SEGMENT_GRAMS,
  SEGMENT_KEYS,
  SEGMENT_FOOTER,
};

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers in segments are little-endian");
static_assert(GROUP_PAGES == 8, "one byte says which pages of a group are present");
static_assert(GROUP_CHUNKS == 64, "one 64-bit mask covers a group");
static_assert(SEGMENT_HEADER_BYTES == sizeof SEGMENT_MAGIC - 1 + 4 + 4, "magic, version, checksum");
static_assert(SEGMENT_TRAILER_BYTES == 8 + 4 + 4 + 4 + 4 + sizeof SEGMENT_MAGIC - 1,
              "footer offset, footer length, version, zero, checksum, magic");
static_assert(SEGMENT_FRAME_BYTES == 4 + 4 + 1, "checksum, payload length, kind");

/* Kind of a column by its field; COLUMN_IDS stands for IDS or TEXT. False where the field cannot have a column. */
bool segment_column_kind(unsigned field, enum column_kind *out);
/* Whether keyword search reads the field. */
bool segment_searchable(unsigned field);
/* Chunks of a group of this many rows, as a mask. */
static inline uint64_t segment_all_chunks(uint32_t rows) {
  uint32_t chunks = (rows + LIMIT_CHUNK_ROWS - 1) / LIMIT_CHUNK_ROWS;
  return chunks >= 64 ? ~0ull : (1ull << chunks) - 1;
}
static inline uint32_t segment_page_rows(uint32_t group_rows, uint32_t page) {
  uint32_t begin = page * LIMIT_PAGE_ROWS;
  return group_rows <= begin ? 0 : group_rows - begin < LIMIT_PAGE_ROWS ? group_rows - begin : LIMIT_PAGE_ROWS;
}

#endif
