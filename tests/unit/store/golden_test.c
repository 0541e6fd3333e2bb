/* A data folder as format version 1 wrote it: every later build must read it, byte for byte. The folder is
 * tests/golden/v1: catalog, one segment, one log, and events.ndjson with what is in them.
 *
 * DAYBOOK_GOLDEN_WRITE=1 writes it anew (only for a new format version, in a new folder). */
#include <sys/stat.h>

#include "tests/unit/store/store_fixture.h"

static const char golden_dir[] = "tests/golden/v1";
enum { SEALED_EVENTS = 150, LOGGED_EVENTS = 25, FILE_BYTES = 16 * 1024 * 1024 };

static void copy_file(const char *from_dir, const char *to_dir, const char *name) {
  char from[512], to[512];
  snprintf(from, sizeof from, "%s/%s", from_dir, name);
  snprintf(to, sizeof to, "%s/%s", to_dir, name);
  FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
  ck_assert_msg(in && out, "copy %s to %s", from, to);
  char *bytes = malloc(FILE_BYTES);
  ck_assert_ptr_nonnull(bytes);
  size_t n = fread(bytes, 1, FILE_BYTES, in);
  while (n > 0 && strstr(name, ".wal") && bytes[n - 1] == 0) n--; /* room reserved behind the last record */
  ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
  free(bytes);
  fclose(in);
  ck_assert_int_eq(fclose(out), 0);
}

static void copy_folder(const char *from, const char *to) {
  const char *names[] = {"catalog.sqlite", "segments/0000000001.seg", "wal/0000000002.wal"};
  char path[512];
  mkdir(to, 0700);
  snprintf(path, sizeof path, "%s/segments", to);
  mkdir(path, 0700);
  snprintf(path, sizeof path, "%s/wal", to);
  mkdir(path, 0700);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) copy_file(from, to, names[i]);
}

/* Every event of the store, oldest first, one a line. */
static void list_events(struct fixture *f, struct buffer *out) {
  struct scope_grant everything = {0};
  struct scope scope = {&everything, 1};
  struct read_query query = {.scope = &scope, .from_us = INSTANT_MIN, .to_us = INSTANT_MAX};
  struct snapshot *snap;
  struct cursor *cursor;
  struct event e;
  ck_assert_ok(snapshot_open(f->store, &snap));
  ck_assert_ok(cursor_open(snap, &query, OLDEST_FIRST, NULL, &cursor, &f->err));
  int rc;
  while ((rc = cursor_next(cursor, &f->arena, &e, &f->err)) == 0) {
    event_append_json(&e, EVENT_STORED, out);
    buffer_append_char(out, '\n');
    arena_reset(&f->arena);
  }
  ck_assert_int_eq(rc, ERR_END);
  ck_assert_uint_eq(query.damage_count, 0);
  cursor_close(cursor);
  snapshot_close(snap);
}

static void append_random(struct fixture *f, struct random *r, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    struct event e;
    struct store_result result;
    struct store_batch batch = {.count = 1, .results = &result};
    buffer_init(&batch.records, 4 * LIMIT_EVENT_BYTES);
    random_event(r, f->parser, &f->arena, &e);
    event_encode(&e, &batch.records);
    int rc = store_append(f->store, &batch);
    ck_assert_msg(rc == 0 || rc == ERR_CONFLICT, "append: %d", rc); /* a random key may come twice */
    buffer_free(&batch.records);
    arena_reset(&f->arena);
  }
}

static void write_golden(struct fixture *f) {
  struct random r = random_from_seed(1);
  struct buffer events;
  char path[512];
  buffer_init(&events, FILE_BYTES);
  append_random(f, &r, SEALED_EVENTS);
  fixture_flush(f);
  append_random(f, &r, LOGGED_EVENTS);
  list_events(f, &events);
  store_close(f->store);
  f->store = NULL;
  copy_folder(f->dir, golden_dir);
  snprintf(path, sizeof path, "%s/events.ndjson", golden_dir);
  FILE *out = fopen(path, "wb");
  ck_assert_ptr_nonnull(out);
  ck_assert_uint_eq(fwrite(events.data, 1, events.len, out), events.len);
  ck_assert_int_eq(fclose(out), 0);
  buffer_free(&events);
  fixture_open(f);
}

static void read_text(const char *path, struct buffer *out) {
  FILE *in = fopen(path, "rb");
  ck_assert_msg(in != NULL, "%s", path);
  char *to = buffer_reserve(out, FILE_BYTES);
  ck_assert_ptr_nonnull(to);
  buffer_commit(out, fread(to, 1, FILE_BYTES, in));
  fclose(in);
}

static void no_problem(void *arg, const char *text) {
  (void)arg;
  ck_abort_msg("fsck: %s", text);
}

START_TEST(a_folder_of_format_version_1_is_read_byte_for_byte) {
  struct fixture f;
  struct buffer expected, found;
  struct fsck_report report;
  char path[512];
  fixture_begin(&f, true);
  if (getenv("DAYBOOK_GOLDEN_WRITE")) write_golden(&f);
  store_close(f.store);
  snprintf(path, sizeof path, "%s/events.ndjson", golden_dir);
  buffer_init(&expected, 2 * FILE_BYTES);
  buffer_init(&found, 2 * FILE_BYTES);
  read_text(path, &expected);
  copy_folder(golden_dir, f.dir);
  ck_assert_ok(store_fsck(os_real(), f.dir, false, no_problem, NULL, &report, &f.err));
  ck_assert_uint_eq(report.segments, 1);
  ck_assert_uint_gt(report.rows, 0);
  ck_assert_uint_gt(report.wal_records, 0);
  fixture_open(&f);
  list_events(&f, &found);
  ck_assert(slice_equal(buffer_slice(&expected), buffer_slice(&found)));
  buffer_free(&expected);
  buffer_free(&found);
  fixture_end(&f);
}
END_TEST

TEST_MAIN("golden", a_folder_of_format_version_1_is_read_byte_for_byte)
