/* Opening a segment: header, trailer and footer, with every number checked before it is believed. */
#include <stdlib.h>

#include "store/codec.h"
#include "store/segment_read.h"

enum { MEMORY_BYTES = 64 * 1024 * 1024 };

int segment_load_payload(const struct segment *s, enum segment_page kind, uint64_t offset, uint32_t length,
                         uint8_t **payload_out, size_t *len_out, struct error *err) {
  if (length < SEGMENT_FRAME_BYTES || length > SEGMENT_PAGE_MAX_BYTES)
    return error_set(err, ERR_CORRUPT, "page at %llu has a wrong length", (unsigned long long)offset);
  uint8_t *bytes = malloc((size_t)length + CODEC_SLACK);
  if (!bytes) return error_set(err, ERR_IO, "out of memory for a page of %u bytes", length);
  int code = os_read_exact(s->os, s->file, offset, bytes, length);
  if (code) {
    error_set(err, code, "read page at %llu: %s", (unsigned long long)offset, error_text(code));
  } else {
    uint32_t crc, payload;
    memcpy(&crc, bytes, 4);
    memcpy(&payload, bytes + 4, 4);
    if (payload != length - SEGMENT_FRAME_BYTES || bytes[8] != kind || crc != crc32c(0, bytes + 4, length - 4))
      code = error_set(err, ERR_CORRUPT, "page at %llu: checksum mismatch", (unsigned long long)offset);
  }
  if (code) {
    free(bytes);
    return code;
  }
  memmove(bytes, bytes + SEGMENT_FRAME_BYTES, length - SEGMENT_FRAME_BYTES);
  memset(bytes + length - SEGMENT_FRAME_BYTES, 0, CODEC_SLACK);
  *payload_out = bytes;
  *len_out = length - SEGMENT_FRAME_BYTES;
  return 0;
}

int segment_load(const struct segment *s, enum segment_page kind, uint64_t offset, uint32_t length,
                 segment_decode *decode, const void *arg, struct cache_entry **out, struct error *err) {
  struct cache_entry *e = cache_get(s->cache, s->owner, offset);
  if (!e) {
    uint8_t *payload;
    size_t len;
    int code = segment_load_payload(s, kind, offset, length, &payload, &len, err);
    if (code) return code;
    struct reader r = reader_of(slice_of((const char *)payload, len));
    e = decode(&r, arg);
    free(payload);
    if (!e) return error_set(err, ERR_CORRUPT, "page at %llu is malformed", (unsigned long long)offset);
    e->owner = s->owner;
    e->offset = offset;
    e = cache_put(s->cache, e);
  }
  *out = e;
  return 0;
}

/* ---- The footer ---- */

/* Takes `length` bytes of the file from *offset on; 0 is none, otherwise at least a frame. */
static bool take_page(const struct segment *s, uint64_t *offset, uint64_t length, uint64_t *offset_out,
                      uint32_t *length_out) {
  if (length && (length < SEGMENT_FRAME_BYTES || length > SEGMENT_PAGE_MAX_BYTES)) return false;
  if (length > s->footer_offset - *offset) return false;
  *offset_out = *offset;
  *length_out = (uint32_t)length;
  *offset += length;
  return true;
}

static bool read_times(struct reader *r, int64_t *min, int64_t *max) {
  *min = codec_unzigzag(reader_varint(r));
  *max = (int64_t)((uint64_t)*min + reader_varint(r));
  return !r->failed && *min <= *max;
}

static const char *read_groups(struct segment *s, struct reader *r) {
  uint64_t count = reader_varint(r);
  if (r->failed || count == 0 || count > LIMIT_SEGMENT_GROUPS) return "number of groups";
  s->part.group_count = (uint32_t)count;
  s->groups = arena_take(&s->memory, count * sizeof *s->groups);
  memset(s->groups, 0, count * sizeof *s->groups);
  for (uint64_t i = 0; i < count; i++) {
    struct segment_group *g = &s->groups[i];
    uint64_t rows = reader_varint(r);
    if (r->failed || rows == 0 || rows > LIMIT_GROUP_ROWS) return "rows of a group";
    g->info.rows = (uint32_t)rows;
    s->part.rows += rows;
    if (!read_times(r, &g->info.occurred_min_us, &g->info.occurred_max_us) ||
        !read_times(r, &g->info.received_min_us, &g->info.received_max_us))
      return "times of a group";
    uint64_t runs = reader_varint(r), grams = reader_varint(r);
    if (r->failed || runs < SEGMENT_FRAME_BYTES || runs > SEGMENT_PAGE_MAX_BYTES || grams < SEGMENT_FRAME_BYTES ||
        grams > SEGMENT_PAGE_MAX_BYTES)
      return "indexes of a group";
    g->runs_length = (uint32_t)runs;
    g->grams_length = (uint32_t)grams;
  }
  return NULL;
}

static const char *read_identity(struct segment *s, struct segment_column *c, const struct segment_column *before,
                                 struct reader *r) {
  uint64_t field = reader_varint(r), key = reader_varint(r);
  if (r->failed || field > UINT16_MAX || key > LIMIT_PARAM_KEY_BYTES || (field == FIELD_PARAMS) != (key > 0))
    return "field of a column";
  c->field = (uint16_t)field;
  c->key = arena_copy(&s->memory, reader_bytes(r, key));
  c->kind = (enum column_kind)reader_u8(r);
  enum column_kind kind;
  if (r->failed || !segment_column_kind(c->field, &kind) ||
      (c->kind != kind && !(kind == COLUMN_IDS && c->kind == COLUMN_TEXT)))
    return "kind of a column";
  struct slice bytes = reader_bytes(r, c->kind == COLUMN_INT ? 0 : BYTE_SET_BYTES);
  if (r->failed) return "bytes of a column";
  if (bytes.len) memcpy(c->bytes.bits, bytes.data, BYTE_SET_BYTES);
  if (before && (before->field > c->field || (before->field == c->field && slice_compare(before->key, c->key) >= 0)))
    return "order of the columns";
  return NULL;
}

static const char *read_dictionary(struct segment *s, struct segment_column *c, uint64_t *offset, struct reader *r) {
  uint64_t count = reader_varint(r), pages = reader_varint(r), bytes = reader_varint(r), index = reader_varint(r);
  uint64_t index_offset;
  if (r->failed || count == 0 || count >= UINT32_MAX || pages == 0 || pages > count ||
      count > pages * DICTIONARY_PAGE_ENTRIES || (pages > 1) != (index > 0))
    return "dictionary of a column";
  if (bytes < pages * SEGMENT_FRAME_BYTES || bytes > s->footer_offset - *offset) return "dictionary of a column";
  if (pages == 1 && bytes > SEGMENT_PAGE_MAX_BYTES) return "dictionary of a column";
  c->dict_count = (uint32_t)count;
  c->dict_pages = (uint32_t)pages;
  c->dict_offset = *offset;
  c->dict_bytes = bytes;
  *offset += bytes;
  return take_page(s, offset, index, &index_offset, &c->index_length) ? NULL : "dictionary index of a column";
}

static const char *read_pages(struct segment *s, struct segment_column *c, uint64_t *offset, struct reader *r) {
  const uint32_t groups = s->part.group_count;
  const bool terms = c->kind == COLUMN_IDS || c->kind == COLUMN_LIST;
  const bool everywhere = c->kind == COLUMN_INT || c->field == FIELD_TENANT;
  size_t pages = (size_t)groups * GROUP_PAGES;
  c->page_offsets = arena_alloc(&s->memory, (pages + groups) * sizeof(uint64_t));
  c->page_lengths = arena_alloc(&s->memory, (pages + groups) * sizeof(uint32_t));
  if (!c->page_offsets || !c->page_lengths) return "number of columns";
  memset(c->page_offsets, 0, (pages + groups) * sizeof(uint64_t));
  memset(c->page_lengths, 0, (pages + groups) * sizeof(uint32_t));
  c->term_offsets = c->page_offsets + pages;
  c->term_lengths = c->page_lengths + pages;
  for (uint32_t g = 0; g < groups; g++) {
    unsigned present = reader_u8(r);
    for (uint32_t p = 0; p < GROUP_PAGES; p++) {
      bool has_rows = p * LIMIT_PAGE_ROWS < s->groups[g].info.rows, has_page = present >> p & 1;
      if ((has_page && !has_rows) || (everywhere && has_rows && !has_page)) return "pages of a column";
      uint64_t length = has_page ? reader_varint(r) : 0;
      uint32_t at = g * GROUP_PAGES + p;
      if ((has_page && length == 0) || !take_page(s, offset, length, &c->page_offsets[at], &c->page_lengths[at]))
        return "pages of a column";
    }
    uint64_t length = terms ? reader_varint(r) : 0;
    if (r->failed || (present == 0 && length) ||
        !take_page(s, offset, length, &c->term_offsets[g], &c->term_lengths[g]))
      return "term index of a column";
  }
  return NULL;
}

static const char *read_columns(struct segment *s, uint64_t *offset, struct reader *r) {
  uint64_t count = reader_varint(r);
  if (r->failed || count < 4 || count > SEGMENT_MAX_COLUMNS) return "number of columns";
  s->part.column_count = (uint32_t)count;
  s->columns = arena_take(&s->memory, count * sizeof *s->columns);
  memset(s->columns, 0, count * sizeof *s->columns);
  for (uint64_t i = 0; i < count; i++) {
    struct segment_column *c = &s->columns[i];
    const char *fault = read_identity(s, c, i ? c - 1 : NULL, r);
    if (!fault && (c->kind == COLUMN_IDS || c->kind == COLUMN_LIST)) fault = read_dictionary(s, c, offset, r);
    if (!fault) fault = read_pages(s, c, offset, r);
    if (fault) return fault;
  }
  return NULL;
}

static const char *read_rest(struct segment *s, uint64_t *offset, struct reader *r) {
  for (uint32_t g = 0; g < s->part.group_count; g++)
    if (!take_page(s, offset, s->groups[g].runs_length, &s->groups[g].runs_offset, &s->groups[g].runs_length))
      return "runs of a group";
  for (uint32_t g = 0; g < s->part.group_count; g++)
    if (!take_page(s, offset, s->groups[g].grams_length, &s->groups[g].grams_offset, &s->groups[g].grams_length))
      return "gram index of a group";
  uint64_t blocks = reader_varint(r);
  s->key_count = reader_varint(r);
  if (r->failed || blocks > UINT32_MAX || s->key_count > s->part.rows) return "key filter";
  uint64_t pages = (blocks + SEGMENT_KEY_PAGE_BLOCKS - 1) / SEGMENT_KEY_PAGE_BLOCKS;
  s->key_blocks = (uint32_t)blocks;
  s->keys_offset = *offset;
  *offset += pages * SEGMENT_FRAME_BYTES + blocks * 32;
  if (*offset != s->footer_offset) return "sum of its lengths";
  return reader_left(r) ? "length" : NULL;
}

static const char *read_required(struct segment *s) {
  static const uint16_t needed[] = {FIELD_TENANT, FIELD_OCCURRED_AT, FIELD_RECEIVED_AT, FIELD_SEQ};
  for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
    if (s->part.ops->find_column(&s->part, needed[i], slice_of(NULL, 0)) == NO_COLUMN) return "list of columns";
  return NULL;
}

static void sum_up(struct segment *s) {
  s->part.occurred_min_us = s->part.received_min_us = INT64_MAX;
  s->part.occurred_max_us = s->part.received_max_us = INT64_MIN;
  for (uint32_t g = 0; g < s->part.group_count; g++) {
    const struct group_info *i = &s->groups[g].info;
    if (i->occurred_min_us < s->part.occurred_min_us) s->part.occurred_min_us = i->occurred_min_us;
    if (i->occurred_max_us > s->part.occurred_max_us) s->part.occurred_max_us = i->occurred_max_us;
    if (i->received_min_us < s->part.received_min_us) s->part.received_min_us = i->received_min_us;
    if (i->received_max_us > s->part.received_max_us) s->part.received_max_us = i->received_max_us;
  }
}

static int read_footer(struct segment *s, struct error *err) {
  uint8_t *payload = NULL;
  char *footer = NULL;
  size_t len = 0;
  int code = segment_load_payload(s, SEGMENT_FOOTER, s->footer_offset, s->footer_length, &payload, &len, err);
  if (code) return error_wrap(err, code, "footer");
  struct reader r = reader_of(slice_of((const char *)payload, len));
  size_t footer_bytes = codec_peek_block(&r, SEGMENT_FOOTER_MAX_BYTES);
  footer = r.failed ? NULL : malloc(footer_bytes + CODEC_SLACK);
  const char *fault = "length";
  if (footer) {
    codec_get_block(&r, footer, footer_bytes);
    if (!r.failed && reader_left(&r) == 0) fault = NULL;
  }
  uint64_t offset = SEGMENT_HEADER_BYTES;
  r = reader_of(slice_of(footer, footer ? footer_bytes : 0));
  if (!fault) fault = read_groups(s, &r);
  if (!fault) fault = read_columns(s, &offset, &r);
  if (!fault) fault = read_rest(s, &offset, &r);
  if (!fault) fault = read_required(s);
  if (!fault) sum_up(s);
  free(footer);
  free(payload);
  return fault ? error_set(err, ERR_CORRUPT, "footer: wrong %s", fault) : 0;
}

/* ---- Header and trailer ---- */

static int read_header(struct segment *s, struct error *err) {
  uint8_t h[SEGMENT_HEADER_BYTES];
  int code = os_read_exact(s->os, s->file, 0, h, sizeof h);
  if (code) return error_set(err, code, "read header: %s", error_text(code));
  uint32_t version, crc;
  memcpy(&version, h + 8, 4);
  memcpy(&crc, h + 12, 4);
  if (memcmp(h, SEGMENT_MAGIC, 8) != 0) return error_set(err, ERR_CORRUPT, "not a segment: wrong magic");
  if (crc != crc32c(0, h, 12)) return error_set(err, ERR_CORRUPT, "header checksum mismatch");
  if (version != SEGMENT_VERSION) return error_set(err, ERR_CORRUPT, "segment format version %u is not known", version);
  return 0;
}

static int read_trailer(struct segment *s, struct error *err) {
  uint8_t t[SEGMENT_TRAILER_BYTES];
  if (s->file_bytes < SEGMENT_HEADER_BYTES + SEGMENT_FRAME_BYTES + SEGMENT_TRAILER_BYTES)
    return error_set(err, ERR_CORRUPT, "a file of %llu bytes is no segment", (unsigned long long)s->file_bytes);
  uint64_t offset = s->file_bytes - sizeof t;
  int code = os_read_exact(s->os, s->file, offset, t, sizeof t);
  if (code) return error_set(err, code, "read trailer: %s", error_text(code));
  uint32_t version, zero, crc;
  memcpy(&s->footer_offset, t, 8);
  memcpy(&s->footer_length, t + 8, 4);
  memcpy(&version, t + 12, 4);
  memcpy(&zero, t + 16, 4);
  memcpy(&crc, t + 20, 4);
  if (memcmp(t + 24, SEGMENT_MAGIC, 8) != 0) return error_set(err, ERR_CORRUPT, "the file was cut: no trailer");
  if (crc != crc32c(0, t, 20)) return error_set(err, ERR_CORRUPT, "trailer checksum mismatch");
  if (version != SEGMENT_VERSION || zero != 0 || s->footer_offset < SEGMENT_HEADER_BYTES || s->footer_offset > offset ||
      offset - s->footer_offset != s->footer_length)
    return error_set(err, ERR_CORRUPT, "trailer does not fit the file");
  return 0;
}

int segment_open(const struct os *os, const char *path, uint64_t number, struct page_cache *cache, struct segment **out,
                 struct error *err) {
  struct error own = {0};
  if (!err) err = &own;
  struct segment *s = calloc(1, sizeof *s);
  if (!s) abort();
  s->part.ops = &segment_part_ops;
  s->part.number = number;
  s->os = os;
  s->cache = cache;
  s->owner = cache_owner(cache);
  arena_init(&s->memory, MEMORY_BYTES);
  int code = os_open(os, path, OS_READ, &s->file);
  if (code) error_set(err, code, "open %s: %s", path, error_text(code));
  if (!code) {
    code = os_size(os, s->file, &s->file_bytes);
    if (code) error_set(err, code, "size of %s: %s", path, error_text(code));
  }
  if (!code) code = read_header(s, err);
  if (!code) code = read_trailer(s, err);
  if (!code) code = read_footer(s, err);
  if (code) {
    segment_close(s);
    return error_wrap(err, code, "segment %s", path);
  }
  *out = s;
  return 0;
}

void segment_close(struct segment *s) {
  if (!s) return;
  cache_drop_owner(s->cache, s->owner);
  os_close(s->os, s->file);
  arena_free(&s->memory);
  free(s);
}

struct part *segment_part(struct segment *s) {
  return &s->part;
}
struct segment *segment_of_part(struct part *p) {
  return p->ops == &segment_part_ops ? (struct segment *)p : NULL;
}
uint64_t segment_file_bytes(const struct segment *s) { return s->file_bytes; }
