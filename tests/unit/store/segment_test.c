#include "store/segment.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fold.h"
#include "tests/support/list_part.h"
#include "tests/support/random_event.h"
#include "tests/test.h"

/* ---- A segment of random events in a folder of its own ---- */

struct bed {
  char dir[64], path[96];
  struct arena arena;
  struct event *events;
  uint32_t count;
  struct page_cache *cache;
  struct error err;
};

static void bed_open(struct bed *b) {
  *b = (struct bed){.cache = cache_new(256 << 20)};
  const char *tmp = getenv("TMPDIR");
  snprintf(b->dir, sizeof b->dir, "%s/segment_test.XXXXXX", tmp && strlen(tmp) < 32 ? tmp : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(b->dir));
  snprintf(b->path, sizeof b->path, "%s/a.seg", b->dir);
  arena_init(&b->arena, (size_t)1 << 31);
}

static void bed_close(struct bed *b) {
  unlink(b->path);
  rmdir(b->dir);
  arena_free(&b->arena);
  cache_free(b->cache);
  free(b->events);
}

/* Random events, committed: seq per tenant, received_at ascending; idempotency keys of every third made plentiful. */
static void fill(struct bed *b, uint64_t seed, uint32_t count) {
  struct random r = random_from_seed(seed);
  struct event_parser *p = event_parser_new();
  b->events = calloc(count, sizeof *b->events);
  b->count = count;
  for (uint32_t i = 0; i < count; i++) {
    random_event(&r, p, &b->arena, &b->events[i]);
    b->events[i].seq = i + 1;
    b->events[i].received_at_us = RANDOM_EVENT_NOW_US + (int64_t)(i / 7) * 1000;
  }
  event_parser_free(p);
}

/* Writes the parts' rows and opens the result. */
static struct segment *write_parts(struct bed *b, struct part *const *parts, uint32_t count, uint32_t group_rows,
                                   struct part_rows *rows) {
  ck_assert_ok(part_rows_make(parts, count, group_rows, rows, &b->err));
  struct segment_source source = {parts,     count, rows->rows, rows->row_count, rows->group_rows, rows->group_count,
                                  INT64_MIN, false, NULL};
  unlink(b->path);
  int code = segment_write(os_real(), b->path, &source, &b->err);
  ck_assert_msg(code == 0, "%s", b->err.message);
  struct segment *s;
  code = segment_open(os_real(), b->path, 7, b->cache, &s, &b->err);
  ck_assert_msg(code == 0, "%s", b->err.message);
  return s;
}

/* x and y: scratch, so that a sanitizer's allocator is not asked twice a row. */
static void assert_same_event(const struct event *a, const struct event *b, struct buffer *x, struct buffer *y) {
  buffer_clear(x);
  buffer_clear(y);
  event_encode(a, x);
  event_encode(b, y);
  ck_assert(slice_equal(buffer_slice(x), buffer_slice(y)));
}

static void assert_same_rows(struct part *p, struct part *const *parts, const struct part_rows *rows) {
  struct arena arena;
  struct buffer x, y;
  arena_init(&arena, 64 << 20);
  buffer_init(&x, 1 << 20);
  buffer_init(&y, 1 << 20);
  uint64_t at = 0;
  for (uint32_t g = 0; g < p->group_count; g++) {
    struct group_info info;
    p->ops->group(p, g, &info);
    ck_assert_uint_eq(info.rows, rows->group_rows[g]);
    for (uint32_t r = 0; r < info.rows; r++, at++) {
      struct event in, out;
      const struct segment_row *row = &rows->rows[at];
      ck_assert_ok(part_read_event(parts[row->part], row->group, row->row, &arena, &in, NULL));
      ck_assert_ok(part_read_event(p, g, r, &arena, &out, NULL));
      assert_same_event(&in, &out, &x, &y);
      ck_assert(out.occurred_at_us >= info.occurred_min_us && out.occurred_at_us <= info.occurred_max_us);
      ck_assert(out.received_at_us >= info.received_min_us && out.received_at_us <= info.received_max_us);
      arena_reset(&arena);
    }
  }
  ck_assert_uint_eq(at, p->rows);
  buffer_free(&x);
  buffer_free(&y);
  arena_free(&arena);
}

static void print_problem(void *arg, const char *text) {
  (void)arg;
  printf("%s\n", text);
}

static uint64_t test_seed(void) { return random_u64(&(struct random){random_from_environment().state}); }

START_TEST(segment_gives_back_every_event_it_was_given) {
  struct bed b;
  bed_open(&b);
  fill(&b, test_seed(), 3000);
  struct part *part = list_part_new(b.events, b.count, 1000, 1024);
  struct part_rows rows;
  struct segment *s = write_parts(&b, &part, 1, 1250, &rows);
  ck_assert_uint_eq(segment_part(s)->group_count, 3);
  assert_same_rows(segment_part(s), &part, &rows);
  uint64_t pages;
  ck_assert_int_eq(segment_verify(s, print_problem, NULL, &pages), 0);
  segment_close(s);
  part_rows_free(&rows);
  list_part_free(part);
  bed_close(&b);
}
END_TEST

START_TEST(segment_of_more_than_a_page_of_rows_gives_back_every_event) {
  struct bed b;
  bed_open(&b);
  fill(&b, test_seed(), 9000);
  struct part *part = list_part_new(b.events, b.count, 65536, 1024);
  struct part_rows rows;
  struct segment *s = write_parts(&b, &part, 1, 65536, &rows);
  assert_same_rows(segment_part(s), &part, &rows);
  uint64_t pages;
  ck_assert_int_eq(segment_verify(s, print_problem, NULL, &pages), 0);
  segment_close(s);
  part_rows_free(&rows);
  list_part_free(part);
  bed_close(&b);
}
END_TEST

/* ---- Merging ---- */

START_TEST(segments_merged_hold_what_one_written_at_once_holds) {
  struct bed b;
  bed_open(&b);
  fill(&b, test_seed(), 6000);
  struct part *parts[3], *merged[3];
  struct segment *segments[3];
  struct part_rows rows, all;
  for (uint32_t i = 0; i < 3; i++) {
    parts[i] = list_part_new(b.events + i * 2000, 2000, 700, 1024);
    segments[i] = write_parts(&b, &parts[i], 1, 1024, &rows);
    merged[i] = segment_part(segments[i]);
    part_rows_free(&rows);
  }
  struct segment *s = write_parts(&b, merged, 3, 2500, &rows);
  assert_same_rows(segment_part(s), merged, &rows);
  ck_assert_int_eq(segment_verify(s, print_problem, NULL, NULL), 0);
  ck_assert_ok(part_rows_make(parts, 3, 2500, &all, NULL));
  assert_same_rows(segment_part(s), parts, &all);
  segment_close(s);
  for (int i = 0; i < 3; i++) {
    segment_close(segments[i]);
    list_part_free(parts[i]);
  }
  part_rows_free(&rows);
  part_rows_free(&all);
  bed_close(&b);
}
END_TEST

static void assert_same_file(const char *a, const char *b) {
  FILE *x = fopen(a, "rb"), *y = fopen(b, "rb");
  ck_assert(x && y);
  int c;
  do {
    c = getc(x);
    ck_assert_int_eq(c, getc(y));
  } while (c != EOF);
  fclose(x);
  fclose(y);
}

START_TEST(segment_rewritten_row_by_row_is_the_same_file) {
  struct bed b;
  bed_open(&b);
  fill(&b, test_seed(), 900); /* too few for columns of text, whose choice is an estimate when rewritten */
  struct part *part = list_part_new(b.events, b.count, 65536, 1024);
  struct part_rows rows, again;
  struct segment *s = write_parts(&b, &part, 1, 300, &rows);
  struct part *old = segment_part(s);
  char before[128];
  snprintf(before, sizeof before, "%s/b.seg", b.dir);
  rename(b.path, before);
  struct segment *copy = write_parts(&b, &old, 1, 300, &again);
  assert_same_file(before, b.path);
  unlink(before);
  segment_close(copy);
  segment_close(s);
  part_rows_free(&rows);
  part_rows_free(&again);
  list_part_free(part);
  bed_close(&b);
}
END_TEST

/* Events with params p<first> ... of their own, parsed from JSON. */
static void fill_params(struct bed *b, uint32_t count, uint32_t params, uint32_t distinct) {
  struct event_parser *p = event_parser_new();
  struct buffer json;
  struct error err = {0};
  buffer_init(&json, 1 << 20);
  b->events = calloc(count, sizeof *b->events);
  b->count = count;
  for (uint32_t i = 0; i < count; i++) {
    buffer_clear(&json);
    buffer_printf(&json, "{\"tenant\":\"t%u\",\"log\":\"api\",\"occurred_at\":\"2026-11-20T08:15:%02u.5Z\",", i % 3,
                  i % 60);
    buffer_append_text(&json, "\"action\":\"create\",\"actor\":{\"type\":\"user\",\"name\":\"n\"},\"params\":{");
    for (uint32_t k = 0; k < params; k++)
      buffer_printf(&json, "%s\"p%u\":%u", k ? "," : "", (i * params + k) % distinct, i + k);
    buffer_append_text(&json, "}}");
    ck_assert_msg(!event_parse(p, buffer_slice(&json), RANDOM_EVENT_NOW_US, &b->arena, &b->events[i], &err), "%s",
                  err.message);
    b->events[i].seq = i + 1;
    b->events[i].received_at_us = RANDOM_EVENT_NOW_US;
  }
  buffer_free(&json);
  event_parser_free(p);
}

START_TEST(parameters_past_the_limit_of_columns_are_kept_in_the_rest) {
  struct bed b;
  bed_open(&b);
  fill_params(&b, 60, 100, 1500);
  struct part *parts[2] = {list_part_new(b.events, 30, 20, 2000), list_part_new(b.events + 30, 30, 20, 50)};
  struct part_rows rows;
  struct segment *s = write_parts(&b, parts, 2, 40, &rows);
  struct part *p = segment_part(s);
  uint32_t own = 0;
  for (uint32_t c = 0; c < p->column_count; c++) {
    struct part_column column;
    p->ops->column(p, c, &column);
    own += column.field == FIELD_PARAMS;
  }
  ck_assert_uint_eq(own, LIMIT_PARAM_COLUMNS);
  ck_assert_uint_ne(p->ops->find_column(p, FIELD_PARAMS_REST, slice_of(NULL, 0)), NO_COLUMN);
  assert_same_rows(p, parts, &rows);
  ck_assert_int_eq(segment_verify(s, print_problem, NULL, NULL), 0);
  segment_close(s);
  part_rows_free(&rows);
  list_part_free(parts[0]);
  list_part_free(parts[1]);
  bed_close(&b);
}
END_TEST

/* ---- Look-ups against going through everything ---- */

struct scan {
  struct slice folded;
  bool prefix, rest, tagged;
  uint32_t begin, end, found, previous;
  struct buffer scratch, key;
};

/* The folded value of a text, with "key\0" before it in FIELD_PARAMS_REST. */
static struct slice folded_value(struct scan *s, struct slice text, struct buffer *key) {
  buffer_clear(key);
  if (s->rest) {
    size_t len = (size_t)((const char *)memchr(text.data, 0, text.len) - text.data) + 1;
    buffer_append(key, text.data, len);
    text = slice_skip(text, len);
  }
  buffer_append_slice(key, fold(s->rest || s->tagged ? slice_skip(text, 1) : text, &s->scratch));
  return buffer_slice(key);
}

static int scan_text(void *arg, uint32_t id, struct slice text) {
  struct scan *s = arg;
  struct slice folded = folded_value(s, text, &s->key);
  bool match = s->prefix ? slice_starts_with(folded, s->folded) : slice_equal(folded, s->folded);
  if (match) {
    if (s->found++ == 0) s->begin = id;
    s->end = id + 1;
  }
  return 0;
}

static void assert_find(struct part *p, uint32_t column, const struct part_column *c, struct slice folded,
                        bool prefix) {
  struct scan s = {.folded = folded, .prefix = prefix, .rest = c->field == FIELD_PARAMS_REST};
  s.tagged = !s.rest && field_get((enum field_id)c->field)->kind == KIND_ANY;
  buffer_init(&s.scratch, 1 << 20);
  buffer_init(&s.key, 1 << 20);
  uint32_t begin, end;
  ck_assert_ok(p->ops->dict_scan(p, column, 0, c->dict_count, scan_text, &s, NULL));
  ck_assert_ok(p->ops->dict_find(p, column, folded, prefix, &begin, &end, NULL, 0, NULL));
  ck_assert_uint_eq(end - begin, s.found);
  if (s.found) {
    ck_assert_uint_eq(begin, s.begin);
    ck_assert_uint_eq(end, s.end);
  }
  buffer_free(&s.scratch);
  buffer_free(&s.key);
}

static bool has_dictionary(const struct part_column *c) { return c->kind == COLUMN_IDS || c->kind == COLUMN_LIST; }

START_TEST(dictionary_look_ups_find_what_a_scan_finds) {
  struct bed b;
  bed_open(&b);
  struct random r = random_from_environment();
  fill(&b, random_u64(&r), 4000);
  struct part *part = list_part_new(b.events, b.count, 65536, 40);
  struct part_rows rows;
  struct segment *s = write_parts(&b, &part, 1, 65536, &rows);
  struct part *p = segment_part(s);
  struct buffer scratch, key;
  buffer_init(&scratch, 1 << 20);
  buffer_init(&key, 1 << 20);
  for (uint32_t c = 0; c < p->column_count; c++) {
    struct part_column column;
    p->ops->column(p, c, &column);
    if (!has_dictionary(&column)) continue;
    ck_assert(column.dict_sorted);
    for (int i = 0; i < 12; i++) {
      struct slice text;
      ck_assert_ok(p->ops->dict_get(p, c, (uint32_t)random_below(&r, column.dict_count), &b.arena, &text, NULL));
      struct scan as = {.rest = column.field == FIELD_PARAMS_REST};
      as.tagged = !as.rest && field_get((enum field_id)column.field)->kind == KIND_ANY;
      buffer_init(&as.scratch, 1 << 20);
      struct slice folded = folded_value(&as, text, &key);
      assert_find(p, c, &column, folded, false);
      assert_find(p, c, &column, slice_of(folded.data, random_below(&r, folded.len + 1)), true);
      assert_find(p, c, &column, slice_of(folded.data, random_below(&r, folded.len + 1)), false);
      buffer_free(&as.scratch);
    }
  }
  buffer_free(&scratch);
  buffer_free(&key);
  segment_close(s);
  part_rows_free(&rows);
  list_part_free(part);
  bed_close(&b);
}
END_TEST

/* The chunks of the only group in which cells of an event satisfy the test. The input was one group as well. */
static uint64_t chunks_with(const struct bed *b, const struct part_rows *rows,
                            bool (*test)(const struct event_cell *cell, void *arg), void *arg) {
  uint64_t mask = 0;
  for (uint32_t r = 0; r < rows->row_count; r++) {
    const struct event *e = &b->events[rows->rows[r].row];
    for (uint32_t c = 0; c < e->cell_count; c++)
      if (test(&e->cells[c], arg)) mask |= 1ull << (r / LIMIT_CHUNK_ROWS);
  }
  return mask;
}

struct wanted {
  unsigned field;
  struct slice key, text;
  bool left, right;
};

static bool is_text(const struct event_cell *cell, void *arg) {
  const struct wanted *w = arg;
  return cell->field == w->field && slice_equal(cell->key, w->key) && slice_equal(cell->text, w->text);
}

START_TEST(term_masks_miss_no_chunk_and_leave_some_out) {
  struct bed b;
  bed_open(&b);
  struct random r = random_from_environment();
  fill(&b, random_u64(&r), 6000);
  struct part *part = list_part_new(b.events, b.count, 65536, 1024);
  struct part_rows rows;
  struct segment *s = write_parts(&b, &part, 1, 65536, &rows);
  struct part *p = segment_part(s);
  uint32_t pruned = 0;
  for (uint32_t i = 0; i < 60 || (pruned == 0 && i < 1200); i++) { /* few columns have ids rare enough to prune */
    struct part_column column;
    uint32_t c = (uint32_t)random_below(&r, p->column_count);
    p->ops->column(p, c, &column);
    if (!has_dictionary(&column)) continue;
    uint32_t id = (uint32_t)random_below(&r, column.dict_count);
    struct wanted w = {.field = column.field, .key = column.key};
    ck_assert_ok(p->ops->dict_get(p, c, id, &b.arena, &w.text, NULL));
    uint64_t mask, in = chunks_with(&b, &rows, is_text, &w);
    ck_assert_ok(p->ops->term_mask(p, c, 0, id, id + 1, &mask, NULL));
    ck_assert_uint_eq(in & ~mask, 0);
    pruned += mask == in;
    ck_assert_ok(p->ops->term_mask(p, c, 0, id, id, &mask, NULL));
    ck_assert_uint_eq(mask, 0);
    ck_assert_ok(p->ops->term_mask(p, c, 0, 0, column.dict_count, &mask, NULL));
    ck_assert_uint_eq(in & ~mask, 0);
  }
  ck_assert_uint_gt(pruned, 0);
  segment_close(s);
  part_rows_free(&rows);
  list_part_free(part);
  bed_close(&b);
}
END_TEST

static bool has_piece(const struct event_cell *cell, void *arg) {
  const struct wanted *w = arg;
  if (!(field_get((enum field_id)cell->field)->flags & F_SEARCH)) return false;
  static struct buffer scratch;
  if (!scratch.max_bytes) buffer_init(&scratch, 1 << 20);
  struct slice folded = fold(event_value(cell), &scratch);
  bool found = false;
  for (size_t i = 0; i + w->text.len <= folded.len && !found; i++)
    found = memcmp(folded.data + i, w->text.data, w->text.len) == 0 && (!w->left || i == 0) &&
            (!w->right || i + w->text.len == folded.len);
  return found;
}

START_TEST(gram_masks_miss_no_chunk) {
  struct bed b;
  bed_open(&b);
  struct random r = random_from_environment();
  fill(&b, random_u64(&r), 4000);
  struct part *part = list_part_new(b.events, b.count, 65536, 30);
  struct part_rows rows;
  struct segment *s = write_parts(&b, &part, 1, 65536, &rows);
  struct part *p = segment_part(s);
  struct buffer scratch;
  buffer_init(&scratch, 1 << 20);
  for (uint32_t i = 0; i < 80; i++) {
    const struct event *e = &b.events[random_below(&r, b.count)];
    const struct event_cell *cell = &e->cells[random_below(&r, e->cell_count)];
    struct slice folded = fold(event_value(cell), &scratch);
    if (folded.len == 0) continue;
    size_t begin = random_chance(&r, 40) ? 0 : random_below(&r, folded.len);
    size_t len = random_chance(&r, 40) ? folded.len - begin : 1 + random_below(&r, folded.len - begin);
    struct wanted w = {.text = slice_of(folded.data + begin, len)};
    w.left = begin == 0 && random_chance(&r, 50);
    w.right = begin + len == folded.len && random_chance(&r, 50);
    uint64_t mask, in = chunks_with(&b, &rows, has_piece, &w);
    ck_assert_ok(p->ops->gram_mask(p, 0, w.text, w.left, w.right, &mask, NULL));
    ck_assert_msg((in & ~mask) == 0, "'%.*s' %d %d", SLICE_ARGS(w.text), w.left, w.right);
  }
  buffer_free(&scratch);
  segment_close(s);
  part_rows_free(&rows);
  list_part_free(part);
  bed_close(&b);
}
END_TEST

/* Events whose description is what `describe` writes. */
static void fill_descriptions(struct bed *b, uint32_t count, void (*describe)(char *to, size_t room, uint32_t i)) {
  b->events = calloc(count, sizeof *b->events);
  b->count = count;
  for (uint32_t i = 0; i < count; i++) {
    struct event *e = &b->events[i];
    char text[256];
    describe(text, sizeof text, i);
    *e = (struct event){RANDOM_EVENT_NOW_US + i, RANDOM_EVENT_NOW_US + i, i + 1, 3,
                        arena_take(&b->arena, 3 * sizeof *e->cells)};
    e->cells[0] = (struct event_cell){.field = FIELD_TENANT, .text = SLICE("acme")};
    e->cells[1] =
        (struct event_cell){.field = FIELD_KEY, .text = arena_copy(&b->arena, slice_from(text + strlen(text) / 2))};
    e->cells[2] = (struct event_cell){.field = FIELD_DESCRIPTION, .text = arena_copy(&b->arena, slice_from(text))};
  }
}

static void describe_campaign(char *to, size_t room, uint32_t i) {
  snprintf(to, room, "Started (campaign_%u) by call 4915%08u", 10000 + i, i * 7919u);
}

static uint64_t grams_of(struct part *p, const char *needle, bool left, bool right) {
  uint64_t mask;
  ck_assert_ok(p->ops->gram_mask(p, 0, slice_from(needle), left, right, &mask, NULL));
  return mask;
}

START_TEST(gram_masks_find_the_chunk_of_a_number) {
  struct bed b;
  bed_open(&b);
  fill_descriptions(&b, 8192, describe_campaign);
  struct part *part = list_part_new(b.events, b.count, 65536, 30);
  struct part_rows rows;
  struct segment *s = write_parts(&b, &part, 1, 65536, &rows);
  struct part *p = segment_part(s);
  const uint64_t chunk = 1ull << (5000 / LIMIT_CHUNK_ROWS);
  ck_assert_uint_eq(grams_of(p, "campaign_15000)", false, false), chunk);
  ck_assert_uint_eq(grams_of(p, "_15000", false, false), chunk);
  ck_assert_uint_eq(grams_of(p, "15000)", false, false) & chunk, chunk);
  ck_assert_uint_eq(grams_of(p, "491500039595000", false, true) & ~0ull, grams_of(p, "491500039595000", false, false));
  ck_assert_uint_eq(grams_of(p, "(campaign_99999)", false, false), 0);
  ck_assert_uint_eq(grams_of(p, "started (", true, false), 0xff);
  ck_assert_uint_eq(grams_of(p, "stopped", false, false), 0);
  ck_assert_uint_eq(grams_of(p, "st", false, false), ~0ull);
  segment_close(s);
  part_rows_free(&rows);
  list_part_free(part);
  bed_close(&b);
}
END_TEST

START_TEST(key_filter_knows_every_key_and_few_others) {
  struct bed b;
  bed_open(&b);
  fill_descriptions(&b, 8192, describe_campaign);
  struct part *part = list_part_new(b.events, b.count, 65536, 30);
  struct part_rows rows;
  struct segment *s = write_parts(&b, &part, 1, 65536, &rows);
  struct part *p = segment_part(s);
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < b.count; i++) {
    bool held;
    ck_assert_ok(p->ops->may_hold_key(p, SLICE("acme"), b.events[i].cells[1].text, &held, NULL));
    ck_assert(held);
    ck_assert_ok(p->ops->may_hold_key(p, SLICE("acme2"), b.events[i].cells[1].text, &held, NULL));
    wrong += held;
  }
  ck_assert_uint_lt(wrong, b.count / 20);
  segment_close(s);
  part_rows_free(&rows);
  list_part_free(part);
  bed_close(&b);
}
END_TEST

/* ---- Damage ---- */

struct file {
  uint8_t *bytes;
  size_t len;
};

static struct file file_read(const char *path) {
  FILE *f = fopen(path, "rb");
  ck_assert_ptr_nonnull(f);
  fseek(f, 0, SEEK_END);
  struct file file = {.len = (size_t)ftell(f)};
  rewind(f);
  file.bytes = malloc(file.len);
  ck_assert_uint_eq(fread(file.bytes, 1, file.len, f), file.len);
  fclose(f);
  return file;
}

static void file_write(const char *path, const struct file *file, size_t len) {
  FILE *f = fopen(path, "wb");
  ck_assert_ptr_nonnull(f);
  ck_assert_uint_eq(fwrite(file->bytes, 1, len, f), len);
  fclose(f);
}

static int64_t faults(struct bed *b) {
  struct segment *s;
  struct error err = {0};
  int code = segment_open(os_real(), b->path, 9, b->cache, &s, &err);
  if (code) {
    ck_assert_int_eq(code, ERR_CORRUPT);
    ck_assert(err.message[0]);
    return 1;
  }
  int64_t problems = segment_verify(s, NULL, NULL, NULL);
  segment_close(s);
  return problems;
}

static struct file make_file(struct bed *b, uint32_t count) {
  fill(b, test_seed(), count);
  struct part *part = list_part_new(b->events, b->count, 65536, 20);
  struct part_rows rows;
  segment_close(write_parts(b, &part, 1, 100, &rows));
  part_rows_free(&rows);
  list_part_free(part);
  return file_read(b->path);
}

START_TEST(damage_to_any_byte_is_found) {
  struct bed b;
  bed_open(&b);
  struct file file = make_file(&b, 150);
  ck_assert_int_eq(faults(&b), 0);
  size_t step = file.len / 700 + 1;
  for (size_t i = 0; i < file.len; i += i < 64 || i + 400 > file.len ? 1 : step) {
    file.bytes[i] ^= (uint8_t)(1u << (i % 8));
    file_write(b.path, &file, file.len);
    ck_assert_msg(faults(&b) > 0, "damage at %zu of %zu was not found", i, file.len);
    file.bytes[i] ^= (uint8_t)(1u << (i % 8));
  }
  free(file.bytes);
  bed_close(&b);
}
END_TEST

START_TEST(file_that_was_cut_or_extended_does_not_open) {
  struct bed b;
  bed_open(&b);
  struct file file = make_file(&b, 60);
  for (size_t len = 0; len < file.len; len += file.len / 300 + 1) {
    struct segment *s;
    file_write(b.path, &file, len);
    ck_assert_int_eq(segment_open(os_real(), b.path, 9, b.cache, &s, NULL), ERR_CORRUPT);
  }
  struct segment *s;
  file.bytes = realloc(file.bytes, file.len + 1);
  file.bytes[file.len] = 0;
  file_write(b.path, &file, file.len + 1);
  ck_assert_int_eq(segment_open(os_real(), b.path, 9, b.cache, &s, NULL), ERR_CORRUPT);
  free(file.bytes);
  bed_close(&b);
}
END_TEST

START_TEST(cancelled_writing_leaves_no_file) {
  struct bed b;
  bed_open(&b);
  fill(&b, 1, 20);
  struct part *part = list_part_new(b.events, b.count, 65536, 20);
  struct part_rows rows;
  atomic_bool cancelled = true;
  ck_assert_ok(part_rows_make(&part, 1, 65536, &rows, NULL));
  struct segment_source source = {&part, 1,     rows.rows, rows.row_count, rows.group_rows, rows.group_count,
                                  0,     false, &cancelled};
  ck_assert_int_eq(segment_write(os_real(), b.path, &source, NULL), ERR_CANCELLED);
  ck_assert_int_ne(access(b.path, F_OK), 0);
  part_rows_free(&rows);
  list_part_free(part);
  bed_close(&b);
}
END_TEST

TEST_MAIN("segment", segment_gives_back_every_event_it_was_given,
          segment_of_more_than_a_page_of_rows_gives_back_every_event,
          segments_merged_hold_what_one_written_at_once_holds, segment_rewritten_row_by_row_is_the_same_file,
          parameters_past_the_limit_of_columns_are_kept_in_the_rest, dictionary_look_ups_find_what_a_scan_finds,
          term_masks_miss_no_chunk_and_leave_some_out, gram_masks_miss_no_chunk, gram_masks_find_the_chunk_of_a_number,
          key_filter_knows_every_key_and_few_others, damage_to_any_byte_is_found,
          file_that_was_cut_or_extended_does_not_open, cancelled_writing_leaves_no_file)
