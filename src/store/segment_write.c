/* clang-format off */
/* Writing a segment. The format, version 1; numbers are little-endian, "varint" is LEB128, "zigzag" a zigzag varint:
 *
 *   header, 16 bytes      offset 0  magic "DAYBKSEG"
 *                                8  le32 version, 1
 *                               12  le32 CRC32C of bytes 0..11
 *   pages                 one after another, in the order of the list below
 *   footer                one more page
 *   trailer, 32 bytes     offset 0  le64 file offset of the footer page
 *                                8  le32 bytes of the footer page
 *                               12  le32 version, 1
 *                               16  le32 0
 *                               20  le32 CRC32C of bytes 0..19
 *                               24  magic "DAYBKSEG"
 *
 *   A page:               offset 0  le32 CRC32C of what follows, up to the page's end
 *                                4  le32 bytes of the payload
 *                                8  u8 kind (enum segment_page, 1..11)
 *                                9  payload
 *
 * There are no gaps: every byte belongs to the header, a page or the trailer, so that the lengths in the footer give
 * all offsets. Order of the pages: for each column, ascending by (field, parameter key): its dictionary pages, its
 * dictionary index, and for each group its pages 0..7 that have values, then its term index; after the columns, for
 * each group its runs; for each group its gram index; the pages of the key filter.
 *
 * Rows: a group has 1..65,536 rows, ascending by (tenant as bytes, occurred_at, seq); page p of a column in a group has
 * the values of rows [8192 p, 8192 p + 8192); chunk c of the indexes is rows [1024 c, 1024 c + 1024).
 *
 * Payloads (u32s, ints, pfor, block: codec.h):
 *   1 IDS            u32s, one per row: dictionary id + 1, or 0
 *   2 LIST           u32s, elements of each row | u32s, all elements: dictionary id + 1, or 0 where the element lacks
 *                    this member. The lists of a family (changes.*, targets.*) are parallel; a list that is shorter
 *                    than its siblings, or a page that is absent, lacks the member in the elements past its end.
 *   3 TEXT           block: bit r % 8 of byte r / 8 says that row r has a value | u32s, lengths of the values
 *                    | block: the values
 *   4 INT            ints, one per row
 *   5, 6 DICTIONARY  dictionary.h
 *   7 TERMS          mask index (mask_index.h) of dictionary ids. Absent where it would not prune.
 *   8 RUNS           varint runs | pfor, zigzag difference of each run's tenant id to the one before (first: to 0)
 *                    | pfor, rows less one | pfor, least seq | pfor, greatest seq - least. Runs cover the rows of the
 *                    group in order.
 *   9 GRAMS          grams.h
 *  10 KEYS           up to 512 blocks of the key filter (key_bloom.h), 512 in all pages but the last
 *  11 FOOTER         block of:
 *     varint groups | per group: varint rows, zigzag least occurred_at, varint greatest - least, the same for
 *       received_at, varint bytes of the runs page, varint bytes of the gram page
 *     varint columns | per column: varint field | varint length, parameter key | u8 kind (0 IDS, 1 LIST, 2 TEXT, 3 INT)
 *       | but for INT: 32 bytes, bit b % 8 of byte b / 8 is set where byte b occurs in a folded value (or may)
 *       | for IDS and LIST: varint dictionary entries, varint dictionary pages, varint their bytes, varint bytes of the
 *         dictionary index (0: one page, no index)
 *       | per group: u8 set of pages present, varint bytes of each, for IDS and LIST varint bytes of the term index or 0
 *     varint blocks of the key filter | varint keys in it
 *
 * Fields are numbered as in event/fields.h (250: parameters without a column of their own). A parameter's value is in
 * its own column or in FIELD_PARAMS_REST; a segment may have both for one key, a row has not. */
/* clang-format on */
#include <stdlib.h>

#include "store/codec.h"
#include "store/key_bloom.h"
#include "store/segment_read.h"
#include "store/segment_writer.h"

enum { FOOTER_LEVEL = 6, QUICK_LEVEL = 1 };

static_assert(SEGMENT_IDS == 1 && SEGMENT_DICTIONARY == 5 && SEGMENT_FOOTER == 11, "kinds as in the list above");
static_assert(COLUMN_IDS == 0 && COLUMN_LIST == 1 && COLUMN_TEXT == 2 && COLUMN_INT == 3, "kinds as in the footer");
static_assert(LIMIT_GROUP_ROWS == 65536 && LIMIT_PAGE_ROWS == 8192 && LIMIT_CHUNK_ROWS == 1024, "as above");

int segment_writer_check(struct segment_writer *w) {
  const atomic_bool *cancelled = w->source->cancelled;
  if (cancelled && atomic_load(cancelled)) return error_set(w->err, ERR_CANCELLED, "writing the segment was cancelled");
  return 0;
}

/* ---- Groups ---- */

/* A group that is, row by row, one group of one segment keeps that one's gram index. */
static bool is_copy(const struct segment_source *s, struct writer_group *g) {
  const struct segment_row *rows = s->rows + g->row_begin;
  struct part *part = s->parts[rows->part];
  struct group_info info;
  if (!segment_of_part(part)) return false;
  part->ops->group(part, rows->group, &info);
  if (info.rows != g->rows) return false;
  for (uint32_t i = 0; i < g->rows; i++)
    if (rows[i].part != rows->part || rows[i].group != rows->group || rows[i].row != i) return false;
  g->copy_part = rows->part;
  g->copy_group = rows->group;
  return true;
}

static int check_rows(const struct segment_source *s, struct error *err) {
  for (uint64_t i = 0; i < s->row_count; i++) {
    if (s->rows[i].part >= s->part_count || s->rows[i].group >= s->parts[s->rows[i].part]->group_count)
      return error_set(err, ERR_CORRUPT, "a row of an unknown part or group");
  }
  return 0;
}

static void open_groups(struct segment_writer *w) {
  const struct segment_source *s = w->source;
  uint64_t begin = 0;
  w->group_count = s->group_count;
  w->groups = calloc((size_t)s->group_count + 1, sizeof *w->groups);
  if (!w->groups) abort();
  for (uint32_t g = 0; g < s->group_count; g++) {
    assert(s->group_rows[g] > 0 && s->group_rows[g] <= LIMIT_GROUP_ROWS);
    w->groups[g].rows = s->group_rows[g];
    w->groups[g].row_begin = begin;
    begin += s->group_rows[g];
    assert(begin <= s->row_count);
    w->groups[g].copy_grams = is_copy(s, &w->groups[g]);
  }
  assert(begin == s->row_count);
}

static uint64_t run_number(const struct writer_group *g, uint32_t r, int what) {
  const struct run *run = &g->runs[r];
  switch (what) {
    case 0: return codec_zigzag((int64_t)run->tenant - (r ? (int64_t)run[-1].tenant : 0));
    case 1: return run->row_count - 1;
    case 2: return run->seq_min;
    default: return run->seq_max - run->seq_min;
  }
}

static int write_runs(struct segment_writer *w, struct writer_group *g) {
  struct buffer *page = segment_output_begin(&w->out);
  uint64_t *numbers = malloc(g->run_count * sizeof *numbers);
  if (!numbers) abort();
  buffer_append_varint(page, g->run_count);
  for (int what = 0; what < 4; what++) {
    for (uint32_t r = 0; r < g->run_count; r++) numbers[r] = run_number(g, r, what);
    codec_put_pfor(page, numbers, g->run_count);
  }
  free(numbers);
  return segment_output_page(&w->out, SEGMENT_RUNS, &g->runs_length, w->err);
}

static int write_grams(struct segment_writer *w, struct writer_group *g) {
  struct buffer *page = segment_output_begin(&w->out);
  if (g->copy_grams) {
    int code = segment_copy_grams(segment_of_part(w->source->parts[g->copy_part]), g->copy_group, page, w->err);
    if (code) return code;
  } else {
    gram_map_put(w->codec, page, &g->grams, segment_all_chunks(g->rows));
    gram_map_free(&g->grams);
  }
  return segment_output_page(&w->out, SEGMENT_GRAMS, &g->grams_length, w->err);
}

static int write_indexes(struct segment_writer *w) {
  int code = 0;
  for (uint32_t g = 0; g < w->group_count && !code; g++) code = write_runs(w, &w->groups[g]);
  for (uint32_t g = 0; g < w->group_count && !code; g++) code = write_grams(w, &w->groups[g]);
  return code;
}

/* ---- Key filter and footer ---- */

static int write_keys(struct segment_writer *w, uint32_t *blocks_out) {
  uint32_t blocks = key_bloom_blocks(w->key_count), length;
  uint8_t *filter = calloc((size_t)blocks + 1, KEY_BLOOM_BLOCK_BYTES);
  if (!filter) abort();
  for (uint64_t i = 0; i < w->key_count; i++)
    key_bloom_add(filter + (size_t)key_bloom_block(w->key_hashes[i], blocks) * KEY_BLOOM_BLOCK_BYTES, w->key_hashes[i]);
  int code = 0;
  for (uint32_t b = 0; b < blocks && !code; b += SEGMENT_KEY_PAGE_BLOCKS) {
    uint32_t n = blocks - b < SEGMENT_KEY_PAGE_BLOCKS ? blocks - b : SEGMENT_KEY_PAGE_BLOCKS;
    struct buffer *page = segment_output_begin(&w->out);
    buffer_append(page, filter + (size_t)b * KEY_BLOOM_BLOCK_BYTES, (size_t)n * KEY_BLOOM_BLOCK_BYTES);
    code = segment_output_page(&w->out, SEGMENT_KEYS, &length, w->err);
  }
  free(filter);
  *blocks_out = blocks;
  return code;
}

static void put_times(struct buffer *out, int64_t min, int64_t max) {
  buffer_append_varint(out, codec_zigzag(min));
  buffer_append_varint(out, (uint64_t)max - (uint64_t)min);
}

static int write_footer(struct segment_writer *w, uint32_t key_blocks) {
  struct buffer footer;
  buffer_init(&footer, SEGMENT_FOOTER_MAX_BYTES);
  buffer_append_varint(&footer, w->group_count);
  for (uint32_t i = 0; i < w->group_count; i++) {
    const struct writer_group *g = &w->groups[i];
    buffer_append_varint(&footer, g->rows);
    put_times(&footer, g->info.occurred_min_us, g->info.occurred_max_us);
    put_times(&footer, g->info.received_min_us, g->info.received_max_us);
    buffer_append_varint(&footer, g->runs_length);
    buffer_append_varint(&footer, g->grams_length);
  }
  buffer_append_varint(&footer, w->column_count);
  buffer_append_slice(&footer, buffer_slice(&w->columns));
  buffer_append_varint(&footer, key_blocks);
  buffer_append_varint(&footer, w->key_count);
  int code = footer.overflowed ? error_set(w->err, ERR_TOO_LARGE, "the footer is too large") : 0;
  uint64_t offset = w->out.offset;
  uint32_t length = 0;
  struct buffer *page = segment_output_begin(&w->out);
  codec_put_block(w->codec, page, footer.data, footer.len, FOOTER_LEVEL);
  if (!code) code = segment_output_page(&w->out, SEGMENT_FOOTER, &length, w->err);
  if (!code) code = segment_output_finish(&w->out, offset, length, w->err);
  buffer_free(&footer);
  return code;
}

/* ---- All of it ---- */

static int write_columns(struct segment_writer *w, const struct segment_plan *plan) {
  int code = 0;
  for (uint32_t c = 0; c < plan->column_count && !code; c++) {
    const struct column_plan *column = &plan->columns[c];
    code = column->kind == COLUMN_INT ? segment_write_ints(w, column) : segment_write_terms(w, column);
  }
  return code;
}

static int check_plan(const struct segment_plan *plan, struct error *err) {
  static const unsigned needed[] = {FIELD_TENANT, FIELD_OCCURRED_AT, FIELD_RECEIVED_AT, FIELD_SEQ};
  for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
    uint32_t c = 0;
    while (c < plan->column_count && plan->columns[c].field != needed[i]) c++;
    if (c == plan->column_count) return error_set(err, ERR_CORRUPT, "no input has field %u", needed[i]);
  }
  return 0;
}

static void writer_free(struct segment_writer *w) {
  for (uint32_t g = 0; w->groups && g < w->group_count; g++) {
    free(w->groups[g].runs);
    gram_map_free(&w->groups[g].grams);
  }
  free(w->groups);
  free(w->tenants);
  free(w->tenant_bytes);
  free(w->key_hashes);
  buffer_free(&w->columns);
  codec_free(w->codec);
}

int segment_write(const struct os *os, const char *path, const struct segment_source *source, struct error *err) {
  assert(source->row_count > 0 && source->group_count > 0 && source->group_count <= LIMIT_SEGMENT_GROUPS);
  struct error own = {0};
  struct segment_writer w = {
      .source = source, .err = err ? err : &own, .codec = codec_new(source->quick ? QUICK_LEVEL : FOOTER_LEVEL)};
  struct segment_plan plan = {0};
  uint32_t key_blocks = 0;
  buffer_init(&w.columns, SEGMENT_FOOTER_MAX_BYTES);
  int code = check_rows(source, w.err);
  if (!code) open_groups(&w);
  if (!code) code = segment_plan_make(source, &plan, w.err);
  if (!code) code = check_plan(&plan, w.err);
  if (!code) code = segment_output_open(&w.out, os, path, w.err);
  if (!code) code = write_columns(&w, &plan);
  if (!code) code = write_indexes(&w);
  if (!code) code = write_keys(&w, &key_blocks);
  if (!code) code = write_footer(&w, key_blocks);
  segment_output_close(&w.out, code == 0);
  segment_plan_free(&plan);
  writer_free(&w);
  return code;
}
