/* Sealing and publishing that fail, and what becomes of the files. */
#include <string.h>

#include "store/internal.h"
#include "tests/unit/store/store_fixture.h"

static struct faults {
  struct store *sealed_within; /* its oldest memtable is sealed while another segment is begun */
  bool catalog_fails;          /* from when a segment is durable until the next is begun */
  bool no_segments;            /* none can be made */
  bool no_sync_dir;            /* of the folder of segments */
} faults;

static int faulty_open(void *context, const char *path, enum os_open_mode mode, struct os_file **out) {
  if (mode == OS_CREATE && strstr(path, ".seg")) {
    struct store *s = faults.sealed_within;
    if (faults.no_segments) return ERR_IO;
    faults.sealed_within = NULL;
    bool done;
    if (s) ck_assert_int_ne(seal_oldest(s, &done, NULL), 0);
    atomic_store(&fixture_failing_writes, 0);
  }
  return os_real()->open(context, path, mode, out);
}

static int faulty_sync_dir(void *context, const char *path) {
  bool segments = strstr(path, "/segments") != NULL;
  if (segments && faults.no_sync_dir) return ERR_IO;
  if (segments && faults.catalog_fails) atomic_store(&fixture_failing_writes, 1000000);
  return os_real()->sync_dir(context, path);
}

static void begin(struct fixture *f, bool manual_background) {
  faults = (struct faults){0};
  fixture_begin(f, manual_background);
  f->os.open = faulty_open;
  f->os.sync_dir = faulty_sync_dir;
  f->config.memtable_rows = 1;
  fixture_reopen(f);
}

static int count_segment(void *arg, const char *name) {
  *(unsigned *)arg += strstr(name, ".seg") != NULL;
  return 0;
}

static unsigned segment_files(const struct fixture *f) {
  char path[512];
  unsigned count = 0;
  snprintf(path, sizeof path, "%s/segments", f->dir);
  ck_assert_ok(os_real()->list_dir(NULL, path, count_segment, &count));
  return count;
}

START_TEST(two_segments_can_be_in_doubt_at_once) {
  enum { MERGED = 8 };
  struct fixture f;
  struct store_result r;
  struct store_metrics m;
  bool done;
  begin(&f, true);
  for (int i = 0; i < MERGED; i++) {
    ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
    ck_assert_ok(seal_oldest(f.store, &done, &f.err));
  }
  ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r)); /* waits to be sealed */
  faults.sealed_within = f.store;
  faults.catalog_fails = true;
  ck_assert_int_ne(compact_once(f.store, &done, NULL), 0);
  faults.catalog_fails = false;
  atomic_store(&fixture_failing_writes, 0);
  ck_assert_uint_eq(fixture_count(f.store), MERGED + 1);
  ck_assert_uint_eq(segment_files(&f), MERGED + 2); /* the two may be what the catalog names after a crash */
  while (store_run_background(f.store, NULL)) continue;
  store_metrics(f.store, &m);
  ck_assert_uint_eq(m.compactions, 1);
  ck_assert_uint_eq(m.sealing_memtables, 0);
  ck_assert_uint_eq(segment_files(&f), m.segments);
  fixture_reopen(&f);
  ck_assert_uint_eq(fixture_count(f.store), MERGED + 1);
  fixture_end(&f);
}
END_TEST

START_TEST(a_segment_that_cannot_be_made_durable_leaves_no_file) {
  struct fixture f;
  struct store_result r;
  bool done;
  begin(&f, true);
  ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  faults.no_sync_dir = true;
  for (int i = 0; i < 3; i++) ck_assert_int_eq(seal_oldest(f.store, &done, NULL), ERR_IO);
  ck_assert_uint_eq(segment_files(&f), 0);
  faults.no_sync_dir = false;
  ck_assert_ok(seal_oldest(f.store, &done, &f.err));
  ck_assert_uint_eq(segment_files(&f), 1);
  ck_assert_uint_eq(fixture_count(f.store), 1);
  fixture_end(&f);
}
END_TEST

START_TEST(a_store_that_cannot_seal_closes) {
  enum { EVENTS = LIMIT_SEALING_MEMTABLES + 1 }; /* the last one's memtable finds no room to wait in */
  struct fixture f;
  struct store_result r;
  begin(&f, false);
  faults.no_segments = true;
  for (int i = 0; i < EVENTS; i++) ck_assert_ok(fixture_append(&f, "acme", NULL, "jane", &r));
  store_close(f.store);
  f.store = NULL;
  faults.no_segments = false;
  fixture_open(&f);
  ck_assert_uint_eq(fixture_count(f.store), EVENTS);
  fixture_end(&f);
}
END_TEST

TEST_MAIN("seal", two_segments_can_be_in_doubt_at_once, a_segment_that_cannot_be_made_durable_leaves_no_file,
          a_store_that_cannot_seal_closes)
