/* The write-ahead log on the simulated computer, where it can be torn, damaged and cut off anywhere. */
#include "store/wal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "store/wal_format.h"
#include "tests/support/sim_os.h"
#include "tests/test.h"

static const char path[] = "data/wal/0000000001.wal";

static struct sim_os *sim;
static const struct os *os;

static void boot(uint64_t seed) {
  sim = sim_os_new(seed);
  os = sim_os_table(sim);
  ck_assert_ok(os->make_dir(os->context, "data"));
  ck_assert_ok(os->sync_dir(os->context, "/"));
}

static struct wal *create(uint64_t generation) {
  struct wal *w = NULL;
  struct error err = {0};
  int code = wal_create(os, "data", generation, &w, &err);
  ck_assert_msg(code == 0, "%s", err.message);
  return w;
}

/* Record number i: its length and bytes follow from the number. */
static size_t record_len(uint64_t i) { return (size_t)(i * 37 % 301 + (i % 5 == 4 ? 70000 : 0)); }

static struct slice make_record(uint64_t i) {
  static char bytes[80000];
  size_t len = record_len(i);
  for (size_t at = 0; at < len; at++) bytes[at] = (char)(i * 7 + at * 13 + at / 256);
  return slice_of(bytes, len);
}

static void append_synced(struct wal *w, uint64_t from, uint64_t to) {
  for (uint64_t i = from; i < to; i++) {
    ck_assert_ok(wal_append(w, make_record(i), NULL));
    ck_assert_ok(wal_sync(w, NULL));
  }
}

/* Checks that records come as 0, 1, 2 ... */
static int expect_next(void *arg, struct slice payload) {
  uint64_t *next = arg;
  ck_assert_msg(slice_equal(payload, make_record(*next)), "record %" PRIu64 " is another", *next);
  ++*next;
  return 0;
}

static struct wal_replay replay(uint64_t generation) {
  struct wal_replay r = {0};
  struct error err = {0};
  uint64_t next = 0;
  int code = wal_replay(os, "data", generation, expect_next, &next, &r, &err);
  ck_assert_msg(code == 0, "%s", err.message);
  ck_assert_uint_eq(next, r.records);
  return r;
}

static int replay_code(uint64_t generation, struct error *err) {
  struct wal_replay r;
  uint64_t next = 0;
  return wal_replay(os, "data", generation, expect_next, &next, &r, err);
}

static void set_size(uint64_t size) {
  struct os_file *file = NULL;
  ck_assert_ok(os_open(os, path, OS_READ_WRITE, &file));
  ck_assert_ok(os->truncate(os->context, file, size));
  os_close(os, file);
}

static uint64_t get_size(const char *of) {
  struct os_file *file = NULL;
  uint64_t size = 0;
  ck_assert_ok(os_open(os, of, OS_READ, &file));
  ck_assert_ok(os_size(os, file, &size));
  os_close(os, file);
  return size;
}

START_TEST(wal_replays_what_was_appended) {
  boot(1);
  struct wal *w = create(1);
  append_synced(w, 0, 50);
  uint64_t end = wal_bytes(w);
  wal_close(w);
  struct wal_replay r = replay(1);
  ck_assert_uint_eq(r.records, 50);
  ck_assert_uint_eq(r.end_offset, end);
  ck_assert(!r.torn_tail);
  ck_assert_ok(wal_open(os, "data", 1, r.end_offset, &w, NULL));
  ck_assert_uint_eq(wal_bytes(w), end);
  append_synced(w, 50, 60);
  wal_close(w);
  ck_assert_uint_eq(replay(1).records, 60);
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_takes_the_largest_record_and_refuses_a_larger_one) {
  boot(2);
  struct wal *w = create(1);
  char *bytes = calloc(1, (size_t)LIMIT_WAL_RECORD_BYTES + 1);
  ck_assert_ptr_nonnull(bytes);
  ck_assert_int_eq(wal_append(w, slice_of(bytes, (size_t)LIMIT_WAL_RECORD_BYTES + 1), NULL), ERR_TOO_LARGE);
  ck_assert_ok(wal_append(w, slice_of(bytes, (size_t)LIMIT_WAL_RECORD_BYTES), NULL));
  ck_assert_ok(wal_sync(w, NULL));
  free(bytes);
  uint64_t end = wal_bytes(w);
  wal_close(w);
  struct wal_replay r;
  ck_assert_ok(wal_replay(os, "data", 1, NULL, NULL, &r, NULL));
  ck_assert_uint_eq(r.records, 1);
  ck_assert_uint_eq(r.end_offset, end);
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_replay_stops_at_a_record_torn_at_any_byte) {
  boot(3);
  struct wal *w = create(1);
  append_synced(w, 0, 3);
  uint64_t before = wal_bytes(w);
  append_synced(w, 3, 4);
  wal_close(w);
  uint64_t end = before + WAL_HEAD_BYTES + record_len(3);
  for (uint64_t cut = end; cut-- > before;) {
    set_size(cut);
    struct wal_replay r = replay(1);
    ck_assert_uint_eq(r.records, 3);
    ck_assert_uint_eq(r.end_offset, before);
    ck_assert(r.torn_tail == (cut > before));
  }
  ck_assert_ok(wal_open(os, "data", 1, before, &w, NULL));
  append_synced(w, 3, 5);
  wal_close(w);
  ck_assert_uint_eq(replay(1).records, 5);
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_replay_of_a_damaged_last_record_is_a_torn_tail) {
  boot(4);
  struct wal *w = create(1);
  append_synced(w, 0, 3);
  uint64_t before = wal_bytes(w);
  append_synced(w, 3, 4);
  wal_close(w);
  for (uint64_t at = before; at < before + WAL_HEAD_BYTES + record_len(3); at++) {
    ck_assert_ok(sim_os_damage(sim, path, at, 0x10));
    struct wal_replay r = replay(1);
    ck_assert_uint_eq(r.records, 3);
    ck_assert(r.torn_tail);
    ck_assert_ok(sim_os_damage(sim, path, at, 0x10));
  }
  ck_assert_uint_eq(replay(1).records, 4);
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_replay_of_a_damaged_earlier_record_is_corruption) {
  boot(5);
  struct wal *w = create(1);
  append_synced(w, 0, 2);
  uint64_t before = wal_bytes(w);
  append_synced(w, 2, 6);
  wal_close(w);
  char place[40];
  snprintf(place, sizeof place, "offset %" PRIu64, before);
  for (uint64_t at = before; at < before + WAL_HEAD_BYTES + record_len(2); at++) {
    struct error err = {0};
    ck_assert_ok(sim_os_damage(sim, path, at, 0x01));
    ck_assert_int_eq(replay_code(1, &err), ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(err.message, path));
    ck_assert_ptr_nonnull(strstr(err.message, place));
    ck_assert_ptr_nonnull(strstr(err.message, "daybook fsck --repair --data data"));
    ck_assert_ok(sim_os_damage(sim, path, at, 0x01));
  }
  ck_assert_uint_eq(replay(1).records, 6);
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_replay_tells_an_unsynced_group_from_corruption) {
  boot(6);
  struct wal *w = create(1);
  append_synced(w, 0, 2);
  uint64_t before = wal_bytes(w);
  for (uint64_t i = 2; i < 5; i++) ck_assert_ok(wal_append(w, make_record(i), NULL));
  wal_close(w);
  /* Of three records under way the disk has kept the last two: nobody was told that any of them is safe. */
  ck_assert_ok(sim_os_damage(sim, path, before + 30, 0x01));
  struct wal_replay r = replay(1);
  ck_assert_uint_eq(r.records, 2);
  ck_assert(r.torn_tail);
  /* What is appended then does not bring them back. */
  ck_assert_ok(wal_open(os, "data", 1, r.end_offset, &w, NULL));
  append_synced(w, 2, 3);
  wal_close(w);
  r = replay(1);
  ck_assert_uint_eq(r.records, 3);
  ck_assert(!r.torn_tail);
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_replay_finds_damage_far_from_the_next_good_record) {
  boot(7);
  struct wal *w = create(1);
  size_t len = 3 * 1024 * 1024 + 5; /* several windows of the scan */
  char *bytes = malloc(len);
  ck_assert_ptr_nonnull(bytes);
  memset(bytes, 0x44, len);
  ck_assert_ok(wal_append(w, slice_of(bytes, len), NULL));
  ck_assert_ok(wal_sync(w, NULL));
  append_synced(w, 0, 1);
  wal_close(w);
  free(bytes);
  ck_assert_ok(sim_os_damage(sim, path, WAL_RECORDS_OFFSET, 0xff));
  ck_assert_int_eq(replay_code(1, NULL), ERR_CORRUPT);
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_replay_never_brings_back_an_older_file_of_the_name) {
  boot(8);
  struct wal *w = create(1);
  append_synced(w, 0, 10);
  wal_close(w);
  w = create(1);
  ck_assert_uint_eq(replay(1).records, 0);
  append_synced(w, 0, 2);
  wal_close(w);
  ck_assert_uint_eq(replay(1).records, 2);
  sim_os_free(sim);
}
END_TEST

/* Copies [from, from+len) of one file to an offset of another. */
static void transplant(const char *from_path, uint64_t from, size_t len, const char *to_path, uint64_t to) {
  struct os_file *file = NULL;
  char *bytes = malloc(len);
  ck_assert_ptr_nonnull(bytes);
  ck_assert_ok(os_open(os, from_path, OS_READ, &file));
  ck_assert_ok(os_read_exact(os, file, from, bytes, len));
  os_close(os, file);
  ck_assert_ok(os_open(os, to_path, OS_READ_WRITE, &file));
  ck_assert_ok(os_write(os, file, to, bytes, len));
  os_close(os, file);
  free(bytes);
}

START_TEST(wal_replay_ignores_records_of_other_files_and_places) {
  boot(9);
  struct wal *w = create(1);
  append_synced(w, 0, 3);
  size_t len = (size_t)(wal_bytes(w) - WAL_RECORDS_OFFSET);
  wal_close(w);
  w = create(2);
  wal_close(w);
  /* Where blocks are recycled, the new file has the records of the old one at the same offsets. */
  transplant(path, WAL_RECORDS_OFFSET, len, "data/wal/0000000002.wal", WAL_RECORDS_OFFSET);
  struct wal_replay r = replay(2);
  ck_assert_uint_eq(r.records, 0);
  ck_assert(r.torn_tail);
  /* A record does not verify at another offset of its own file either. */
  transplant(path, WAL_RECORDS_OFFSET, len, path, WAL_RECORDS_OFFSET + len);
  r = replay(1);
  ck_assert_uint_eq(r.records, 3);
  ck_assert(r.torn_tail);
  /* And a file under another's name is refused. */
  ck_assert_ok(os->rename(os->context, path, "data/wal/0000000003.wal"));
  ck_assert_int_eq(replay_code(3, NULL), ERR_CORRUPT);
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_survives_the_loss_of_either_header) {
  boot(10);
  struct wal *w = create(1);
  append_synced(w, 0, 3);
  wal_close(w);
  ck_assert_ok(sim_os_damage(sim, path, 20, 0x01));
  ck_assert_uint_eq(replay(1).records, 3);
  ck_assert_ok(sim_os_damage(sim, path, WAL_HEADER_COPY_OFFSET + 20, 0x01));
  ck_assert_int_eq(replay_code(1, NULL), ERR_CORRUPT);
  ck_assert_int_eq(wal_open(os, "data", 1, WAL_RECORDS_OFFSET, &w, NULL), ERR_CORRUPT);
  ck_assert_ok(sim_os_damage(sim, path, 20, 0x01));
  ck_assert_uint_eq(replay(1).records, 3);
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_without_a_whole_header_and_nothing_behind_is_empty) {
  boot(11);
  for (uint64_t size = 0; size <= WAL_RECORDS_OFFSET; size += size < 64 ? 1 : 64) {
    struct wal *w = create(1);
    wal_close(w);
    set_size(size);
    if (size >= WAL_HEADER_BYTES) ck_assert_ok(sim_os_damage(sim, path, 0, 1));
    if (size >= WAL_HEADER_COPY_OFFSET + WAL_HEADER_BYTES)
      ck_assert_ok(sim_os_damage(sim, path, WAL_HEADER_COPY_OFFSET, 1));
    struct wal_replay r = replay(1);
    ck_assert_uint_eq(r.records, 0);
    ck_assert_ok(wal_open(os, "data", 1, r.end_offset, &w, NULL));
    append_synced(w, 0, 2);
    wal_close(w);
    ck_assert_uint_eq(replay(1).records, 2);
  }
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_refuses_a_newer_format) {
  boot(12);
  struct wal *w = create(1);
  wal_close(w);
  uint8_t bytes[WAL_HEADER_BYTES];
  struct os_file *file = NULL;
  ck_assert_ok(os_open(os, path, OS_READ_WRITE, &file));
  ck_assert_ok(os_read_exact(os, file, 0, bytes, sizeof bytes));
  bytes[8] = WAL_VERSION + 1;
  uint32_t crc = crc32c(0, bytes, 44);
  for (int i = 0; i < 4; i++) bytes[44 + i] = (uint8_t)(crc >> 8 * i);
  ck_assert_ok(os_write(os, file, 0, bytes, sizeof bytes));
  os_close(os, file);
  uint64_t cut_at;
  ck_assert_int_eq(replay_code(1, NULL), ERR_UNSUPPORTED);
  ck_assert_int_eq(wal_cut(os, "data", 1, "data/damaged", &cut_at, NULL), ERR_UNSUPPORTED);
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_refuses_everything_after_a_failed_write_or_sync) {
  for (int round = 0; round < 2; round++) {
    boot(13);
    struct wal *w = create(1);
    append_synced(w, 0, 2);
    struct sim_os_faults faults = {0};
    if (round == 0)
      faults.fail_write_at = sim_os_writes(sim) + 1;
    else
      faults.fail_sync_at = sim_os_syncs(sim) + 1;
    sim_os_set_faults(sim, &faults);
    int code = wal_append(w, make_record(2), NULL);
    ck_assert_int_eq(code, round == 0 ? ERR_IO : 0);
    if (round == 1) ck_assert_int_eq(wal_sync(w, NULL), ERR_IO);
    ck_assert_int_eq(wal_append(w, make_record(3), NULL), ERR_READ_ONLY);
    ck_assert_int_eq(wal_sync(w, NULL), ERR_READ_ONLY);
    wal_close(w);
    struct wal_replay r = replay(1);
    ck_assert(r.records == 2 || (round == 1 && r.records == 3));
    sim_os_free(sim);
  }
}
END_TEST

START_TEST(wal_goes_on_when_a_full_disk_has_room_again) {
  boot(14);
  uint64_t next = 0;
  sim_os_set_faults(sim, &(struct sim_os_faults){.capacity_bytes = 100000}); /* less than a preallocation */
  struct wal *w = create(1);
  int code = 0;
  while ((code = wal_append(w, make_record(next), NULL)) == 0) {
    ck_assert_ok(wal_sync(w, NULL));
    next++;
  }
  ck_assert_int_eq(code, ERR_DISK_FULL);
  ck_assert_uint_gt(next, 3);
  ck_assert_int_eq(wal_append(w, make_record(next), NULL), ERR_DISK_FULL);
  ck_assert_uint_eq(replay(1).records, next);
  sim_os_set_faults(sim, &(struct sim_os_faults){0});
  append_synced(w, next, next + 5);
  wal_close(w);
  ck_assert_uint_eq(replay(1).records, next + 5);
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_lists_generations_in_order_and_removes_them) {
  boot(15);
  uint64_t generations[4] = {0};
  uint32_t count = 9;
  ck_assert_ok(wal_list(os, "data", generations, 4, &count, NULL));
  ck_assert_uint_eq(count, 0);
  static const uint64_t made[] = {12, 3, 12345678901};
  for (size_t i = 0; i < 3; i++) wal_close(create(made[i]));
  struct os_file *file = NULL;
  static const char *const others[] = {"data/wal/3.wal", "data/wal/0000000004.wal.1", "data/wal/00000000005.wal"};
  for (size_t i = 0; i < 3; i++) {
    ck_assert_ok(os_open(os, others[i], OS_CREATE, &file));
    os_close(os, file);
  }
  ck_assert_ok(wal_list(os, "data", generations, 4, &count, NULL));
  ck_assert_uint_eq(count, 3);
  ck_assert(generations[0] == 3 && generations[1] == 12 && generations[2] == 12345678901);
  ck_assert_int_eq(wal_list(os, "data", generations, 2, &count, NULL), ERR_TOO_LARGE);
  ck_assert_ok(wal_remove(os, "data", 12, NULL));
  ck_assert_int_eq(wal_remove(os, "data", 12, NULL), ERR_NOT_FOUND);
  ck_assert_ok(wal_list(os, "data", generations, 4, &count, NULL));
  ck_assert_uint_eq(count, 2);
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_cut_keeps_a_copy_and_what_is_before_the_damage) {
  boot(16);
  struct wal *w = create(1);
  append_synced(w, 0, 3);
  uint64_t before = wal_bytes(w), cut_at = 0;
  append_synced(w, 3, 6);
  wal_close(w);
  ck_assert_ok(wal_cut(os, "data", 1, "data/damaged", &cut_at, NULL));
  ck_assert_int_eq(os->list_dir(os->context, "data/damaged", NULL, NULL), ERR_NOT_FOUND);
  for (int round = 0; round < 2; round++) {
    ck_assert_ok(sim_os_damage(sim, path, before + 30, 0x80));
    uint64_t size = get_size(path);
    ck_assert_ok(wal_cut(os, "data", 1, "data/damaged", &cut_at, NULL));
    ck_assert_uint_eq(cut_at, before);
    const char *copy = round == 0 ? "data/damaged/0000000001.wal" : "data/damaged/0000000001.wal.1";
    ck_assert_uint_eq(get_size(copy), size);
    struct wal_replay r = replay(1);
    ck_assert_uint_eq(r.records, 3);
    ck_assert(!r.torn_tail);
    ck_assert_ok(wal_open(os, "data", 1, r.end_offset, &w, NULL));
    append_synced(w, 3, 6);
    wal_close(w);
  }
  sim_os_free(sim);
}
END_TEST

static int stop_at_second(void *arg, struct slice payload) {
  (void)payload;
  return ++*(int *)arg == 2 ? ERR_CANCELLED : 0;
}

START_TEST(wal_replay_stops_where_the_caller_wants) {
  boot(17);
  struct wal *w = create(1);
  append_synced(w, 0, 3);
  wal_close(w);
  struct wal_replay r;
  int count = 0;
  ck_assert_int_eq(wal_replay(os, "data", 1, stop_at_second, &count, &r, NULL), ERR_CANCELLED);
  ck_assert_int_eq(count, 2);
  ck_assert_int_eq(wal_replay(os, "data", 2, stop_at_second, &count, &r, NULL), ERR_NOT_FOUND);
  sim_os_free(sim);
}
END_TEST

/* ---- Crashes ---- */

/* What a run of appends, in groups of one to three records a sync, had reached when the computer stopped. */
struct progress {
  uint64_t appended, synced; /* records */
  bool created;              /* or opened */
};

static void write_groups(struct wal *w, uint64_t groups, struct progress *p) {
  for (uint64_t group = 0; group < groups; group++) {
    for (uint64_t i = 0; i <= group % 3; i++) {
      p->appended++; /* an append that failed may have written the record */
      if (wal_append(w, make_record(p->appended - 1), NULL)) return;
    }
    if (wal_sync(w, NULL)) return;
    p->synced = p->appended;
  }
}

/* Replays after a crash: all that was synced, in order, and nothing that was never appended. */
static struct wal_replay check_crash(const struct progress *p, uint64_t seed, uint64_t at) {
  struct wal_replay r = {0};
  struct error err = {0};
  uint64_t next = 0;
  int code = wal_replay(os, "data", 1, expect_next, &next, &r, &err);
  if (code == ERR_NOT_FOUND && !p->created) return r;
  ck_assert_msg(code == 0, "seed %" PRIu64 ", crash at %" PRIu64 ": %s", seed, at, err.message);
  ck_assert_msg(r.records >= p->synced && r.records <= p->appended,
                "seed %" PRIu64 ", crash at %" PRIu64 ": %" PRIu64 " records of %" PRIu64 " synced and %" PRIu64
                " appended",
                seed, at, r.records, p->synced, p->appended);
  return r;
}

static uint64_t base_seed(void) {
  const char *text = getenv("DAYBOOK_TEST_SEED");
  uint64_t seed = text ? strtoull(text, NULL, 10) : 0;
  if (!text) os_real()->random(NULL, &seed, sizeof seed);
  printf("DAYBOOK_TEST_SEED=%" PRIu64 "\n", seed);
  return seed;
}

/* One life with a crash at operation `at`, a restart that crashes too, and a last one. False: it ended before. */
static bool crash_twice(uint64_t seed, uint64_t at) {
  struct progress p = {0};
  struct wal *w = NULL;
  boot(seed);
  sim_os_set_faults(sim, &(struct sim_os_faults){.crash_at = sim_os_operations(sim) + at});
  if (wal_create(os, "data", 1, &w, NULL) == 0) {
    p.created = true;
    write_groups(w, 6, &p);
    wal_close(w);
  }
  bool crashed = sim_os_crashed(sim);
  sim_os_crash_and_restart(sim);
  struct wal_replay r = check_crash(&p, seed, at);
  if (!p.created) goto out;

  p.appended = p.synced = r.records; /* replayed, thus known: it must stay */
  sim_os_set_faults(sim, &(struct sim_os_faults){.crash_at = sim_os_operations(sim) + 1 + at % 7});
  if (wal_open(os, "data", 1, r.end_offset, &w, NULL) == 0) {
    write_groups(w, 3, &p);
    wal_close(w);
  }
  sim_os_crash_and_restart(sim);
  r = check_crash(&p, seed, at);

  ck_assert_ok(wal_open(os, "data", 1, r.end_offset, &w, NULL));
  append_synced(w, r.records, r.records + 2);
  wal_close(w);
  sim_os_crash_and_restart(sim);
  uint64_t before = r.records;
  r = replay(1);
  ck_assert_uint_eq(r.records, before + 2);
  ck_assert(!r.torn_tail);
out:
  sim_os_free(sim);
  return crashed;
}

START_TEST(wal_of_a_creation_that_failed_half_way_keeps_what_is_appended_later) {
  for (uint64_t seed = 1; seed <= 16; seed++) {
    struct wal *w = NULL;
    boot(seed);
    sim_os_set_faults(sim, &(struct sim_os_faults){.fail_sync_at = sim_os_syncs(sim) + 1});
    ck_assert_int_eq(wal_create(os, "data", 1, &w, NULL), ERR_IO);
    sim_os_set_faults(sim, &(struct sim_os_faults){0});
    struct wal_replay r = replay(1);
    ck_assert_ok(wal_open(os, "data", 1, r.end_offset, &w, NULL));
    append_synced(w, 0, 3);
    sim_os_crash_and_restart(sim);
    wal_close(w);
    ck_assert_uint_eq(replay(1).records, 3);
    sim_os_free(sim);
  }
}
END_TEST

START_TEST(wal_replay_reads_twice_before_it_cuts) {
  boot(1);
  sim_os_set_faults(sim, &(struct sim_os_faults){.capacity_bytes = 8192}); /* no room for zeros behind the end */
  struct wal *w = create(1);
  append_synced(w, 0, 4);
  wal_close(w);
  uint64_t before = sim_os_reads(sim);
  ck_assert_uint_eq(replay(1).records, 4);
  uint64_t reads = sim_os_reads(sim) - before;
  for (uint64_t at = 1; at <= reads; at++)
    for (int round = 0; round < 200; round++) {
      sim_os_set_faults(sim, &(struct sim_os_faults){.flip_read_at = sim_os_reads(sim) + at});
      uint64_t records = 0;
      struct wal_replay r = {0};
      int code = wal_replay(os, "data", 1, expect_next, &records, &r, NULL);
      ck_assert(code == ERR_CORRUPT || (code == 0 && r.records == 4));
    }
  sim_os_free(sim);
}
END_TEST

START_TEST(wal_replays_every_synced_record_after_a_crash_anywhere) {
  uint64_t seed = base_seed();
  for (uint64_t round = 0; round < 12; round++) {
    uint64_t at = 1;
    while (crash_twice(seed + round, at)) at++;
    ck_assert_uint_gt(at, 20);
  }
}
END_TEST

START_TEST(wal_replays_or_reports_under_random_disk_errors) {
  uint64_t seed = base_seed();
  for (uint64_t round = 0; round < 150; round++) {
    struct progress p = {.created = true};
    boot(seed + round);
    struct wal *w = create(1);
    sim_os_set_faults(sim, &(struct sim_os_faults){.write_error_ppm = 30000, .sync_error_ppm = 60000});
    write_groups(w, 9, &p);
    wal_close(w);
    sim_os_set_faults(sim, &(struct sim_os_faults){0});
    if (round % 2) sim_os_crash_and_restart(sim);
    check_crash(&p, seed + round, 0);
    /* A disk that lies when reading is found out, or harmless; what is given is what was appended. */
    sim_os_set_faults(sim, &(struct sim_os_faults){.read_flip_ppm = 300000, .read_error_ppm = 50000});
    int code = replay_code(1, NULL);
    ck_assert(code == 0 || code == ERR_CORRUPT || code == ERR_IO);
    sim_os_free(sim);
  }
}
END_TEST

TEST_MAIN("wal", wal_of_a_creation_that_failed_half_way_keeps_what_is_appended_later,
          wal_replay_reads_twice_before_it_cuts, wal_replays_what_was_appended,
          wal_takes_the_largest_record_and_refuses_a_larger_one, wal_replay_stops_at_a_record_torn_at_any_byte,
          wal_replay_of_a_damaged_last_record_is_a_torn_tail, wal_replay_of_a_damaged_earlier_record_is_corruption,
          wal_replay_tells_an_unsynced_group_from_corruption, wal_replay_finds_damage_far_from_the_next_good_record,
          wal_replay_never_brings_back_an_older_file_of_the_name, wal_replay_ignores_records_of_other_files_and_places,
          wal_survives_the_loss_of_either_header, wal_without_a_whole_header_and_nothing_behind_is_empty,
          wal_refuses_a_newer_format, wal_refuses_everything_after_a_failed_write_or_sync,
          wal_goes_on_when_a_full_disk_has_room_again, wal_lists_generations_in_order_and_removes_them,
          wal_cut_keeps_a_copy_and_what_is_before_the_damage, wal_replay_stops_where_the_caller_wants,
          wal_replays_every_synced_record_after_a_crash_anywhere, wal_replays_or_reports_under_random_disk_errors)
