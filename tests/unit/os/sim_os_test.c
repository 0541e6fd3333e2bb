/* The simulated computer keeps the contract of os/os.h, and loses all it may. */
#include "tests/support/sim_os.h"

#include <string.h>

#include "tests/test.h"

static struct sim_os *sim;
static const struct os *os;

static void boot(uint64_t seed) {
  sim = sim_os_new(seed);
  os = sim_os_table(sim);
}

static void put_file(const char *path, const char *text, bool sync) {
  struct os_file *file = NULL;
  ck_assert_ok(os_open(os, path, OS_CREATE, &file));
  ck_assert_ok(os_write(os, file, 0, text, strlen(text)));
  if (sync) ck_assert_ok(os_sync(os, file));
  os_close(os, file);
}

/* The content as text, or NULL where there is no such file. */
static const char *get_file(const char *path) {
  static char text[1024];
  struct os_file *file = NULL;
  size_t got = 0;
  if (os_open(os, path, OS_READ, &file) != 0) return NULL;
  ck_assert_ok(os_read(os, file, 0, text, sizeof text - 1, &got));
  os_close(os, file);
  text[got] = 0;
  return text;
}

static bool holds(const char *path, const char *text) {
  const char *content = get_file(path);
  return content && strcmp(content, text) == 0;
}

static int count_name(void *arg, const char *name) {
  (void)name;
  ++*(int *)arg;
  return 0;
}

START_TEST(sim_os_reads_what_was_written) {
  boot(1);
  struct os_file *file = NULL;
  char got[16] = {0};
  size_t n = 0;
  uint64_t size = 0;
  ck_assert_ok(os_open(os, "/a", OS_CREATE, &file));
  ck_assert_int_eq(os_open(os, "a", OS_CREATE, &file), ERR_CONFLICT);
  ck_assert_ok(os_write(os, file, 4090, "0123456789", 10));
  ck_assert_ok(os_size(os, file, &size));
  ck_assert_uint_eq(size, 4100);
  ck_assert_ok(os_read(os, file, 4088, got, sizeof got, &n));
  ck_assert_uint_eq(n, 12);
  ck_assert_mem_eq(got,
                   "\0\0"
                   "0123456789",
                   12);
  ck_assert_int_eq(os_read_exact(os, file, 4095, got, 6), ERR_CORRUPT);
  ck_assert_ok(os->truncate(os->context, file, 4092));
  ck_assert_ok(os->preallocate(os->context, file, 5000));
  ck_assert_ok(os->preallocate(os->context, file, 100));
  ck_assert_ok(os_size(os, file, &size));
  ck_assert_uint_eq(size, 5000);
  ck_assert_ok(os_read_exact(os, file, 4090, got, 10));
  ck_assert_mem_eq(got, "01\0\0\0\0\0\0\0\0", 10);
  os_close(os, file);
  ck_assert_ok(os_open(os, "a", OS_READ, &file));
  ck_assert_int_eq(os_write(os, file, 0, "x", 1), ERR_IO);
  os_close(os, file);
  sim_os_free(sim);
}
END_TEST

START_TEST(sim_os_has_folders_names_and_renames) {
  boot(2);
  int count = 0;
  ck_assert_int_eq(os->make_dir(os->context, "/d/e"), ERR_NOT_FOUND);
  ck_assert_ok(os->make_dir(os->context, "/d"));
  ck_assert_ok(os->make_dir(os->context, "//d/"));
  put_file("d/x", "old", true);
  put_file("d/tmp", "new", true);
  ck_assert_ok(os->rename(os->context, "d/tmp", "/d/./x"));
  ck_assert(holds("/d/x", "new"));
  ck_assert_int_eq(os->rename(os->context, "d/tmp", "d/y"), ERR_NOT_FOUND);
  ck_assert_ok(os->list_dir(os->context, "d", count_name, &count));
  ck_assert_int_eq(count, 1);
  ck_assert_ok(os->rename(os->context, "d", "e"));
  ck_assert(holds("e/x", "new"));
  ck_assert_int_eq(os->remove(os->context, "e"), ERR_CONFLICT);
  ck_assert_ok(os->remove(os->context, "e/x"));
  ck_assert_ok(os->remove(os->context, "e"));
  ck_assert_int_eq(os->remove(os->context, "e"), ERR_NOT_FOUND);
  sim_os_free(sim);
}
END_TEST

START_TEST(sim_os_keeps_what_was_synced_whatever_the_seed) {
  for (uint64_t seed = 0; seed < 200; seed++) {
    boot(seed);
    ck_assert_ok(os->make_dir(os->context, "d"));
    ck_assert_ok(os->sync_dir(os->context, "/"));
    put_file("d/kept", "durable", true);
    ck_assert_ok(os->sync_dir(os->context, "d"));
    put_file("d/new", "newer", true);
    ck_assert_ok(os->rename(os->context, "d/new", "d/kept"));
    sim_os_crash_and_restart(sim);
    ck_assert_msg(holds("d/kept", "durable") || holds("d/kept", "newer"), "seed %llu", (unsigned long long)seed);
    sim_os_free(sim);
  }
}
END_TEST

START_TEST(sim_os_loses_names_and_bytes_that_were_not_synced) {
  int lost_name = 0, lost_bytes = 0, kept = 0;
  for (uint64_t seed = 0; seed < 200; seed++) {
    boot(seed);
    put_file("synced", "aaaa", true);
    ck_assert_ok(os->sync_dir(os->context, "/"));
    put_file("unsynced", "bbbb", true);
    struct os_file *file = NULL;
    ck_assert_ok(os_open(os, "synced", OS_READ_WRITE, &file));
    ck_assert_ok(os_write(os, file, 0, "cccc", 4));
    sim_os_crash_and_restart(sim);
    ck_assert_int_eq(os_write(os, file, 0, "d", 1), ERR_IO);
    os_close(os, file);
    ck_assert(holds("synced", "aaaa") || holds("synced", "cccc"));
    lost_bytes += holds("synced", "aaaa");
    lost_name += get_file("unsynced") == NULL;
    kept += holds("synced", "cccc") && holds("unsynced", "bbbb");
    sim_os_free(sim);
  }
  ck_assert_int_gt(lost_name, 20);
  ck_assert_int_gt(lost_bytes, 20);
  ck_assert_int_gt(kept, 5);
}
END_TEST

START_TEST(sim_os_tears_writes_at_512_bytes) {
  int torn = 0;
  for (uint64_t seed = 0; seed < 100; seed++) {
    boot(seed);
    uint8_t bytes[2048];
    struct os_file *file = NULL;
    ck_assert_ok(os_open(os, "f", OS_CREATE, &file));
    memset(bytes, 1, sizeof bytes);
    ck_assert_ok(os_write(os, file, 0, bytes, sizeof bytes));
    ck_assert_ok(os_sync(os, file));
    ck_assert_ok(os->sync_dir(os->context, ""));
    memset(bytes, 2, sizeof bytes);
    ck_assert_ok(os_write(os, file, 0, bytes, sizeof bytes));
    os_close(os, file);
    sim_os_crash_and_restart(sim);
    ck_assert_ok(os_open(os, "f", OS_READ, &file));
    ck_assert_ok(os_read_exact(os, file, 0, bytes, sizeof bytes));
    os_close(os, file);
    bool seen[3] = {false};
    for (size_t i = 0; i < sizeof bytes; i++) {
      ck_assert(bytes[i] == 1 || bytes[i] == 2);
      ck_assert_uint_eq(bytes[i], bytes[i / 512 * 512]);
      seen[bytes[i]] = true;
    }
    torn += seen[1] && seen[2];
    sim_os_free(sim);
  }
  ck_assert_int_gt(torn, 10);
}
END_TEST

START_TEST(sim_os_crashes_at_the_operation_it_was_told) {
  boot(3);
  put_file("a", "1", true);
  ck_assert_ok(os->sync_dir(os->context, "/"));
  uint64_t done = sim_os_operations(sim);
  ck_assert_uint_eq(done, 4);
  sim_os_set_faults(sim, &(struct sim_os_faults){.crash_at = done + 2});
  struct os_file *file = NULL;
  ck_assert_ok(os_open(os, "a", OS_READ_WRITE, &file));
  ck_assert_ok(os_write(os, file, 0, "2", 1));
  ck_assert(!sim_os_crashed(sim));
  ck_assert_int_eq(os_sync(os, file), ERR_IO);
  ck_assert(sim_os_crashed(sim));
  ck_assert_int_eq(os_write(os, file, 0, "3", 1), ERR_IO);
  ck_assert_int_eq(os->make_dir(os->context, "d"), ERR_IO);
  os_close(os, file);
  ck_assert_ptr_null(get_file("a"));
  sim_os_crash_and_restart(sim);
  ck_assert(holds("a", "1") || holds("a", "2"));
  sim_os_free(sim);
}
END_TEST

START_TEST(sim_os_forgets_after_a_failed_sync) {
  int lost = 0;
  for (uint64_t seed = 0; seed < 100; seed++) {
    boot(seed);
    put_file("a", "1", true);
    struct os_file *file = NULL;
    ck_assert_ok(os_open(os, "a", OS_READ_WRITE, &file));
    ck_assert_ok(os_write(os, file, 0, "2", 1));
    sim_os_set_faults(sim, &(struct sim_os_faults){.fail_sync_at = sim_os_syncs(sim) + 1});
    ck_assert_int_eq(os_sync(os, file), ERR_IO);
    ck_assert_ok(os_sync(os, file)); /* says nothing about what was lost */
    os_close(os, file);
    lost += holds("a", "1");
    sim_os_free(sim);
  }
  ck_assert_int_gt(lost, 10);
}
END_TEST

START_TEST(sim_os_fails_as_often_as_told_and_the_same_for_the_same_seed) {
  uint64_t outcome[2] = {0};
  for (int round = 0; round < 2; round++) {
    boot(77);
    struct os_file *file = NULL;
    uint8_t bytes[1000] = {0};
    ck_assert_ok(os_open(os, "a", OS_CREATE, &file));
    ck_assert_ok(os_write(os, file, 0, bytes, sizeof bytes));
    sim_os_set_faults(
        sim,
        &(struct sim_os_faults){
            .read_error_ppm = 100000, .read_flip_ppm = 100000, .write_error_ppm = 100000, .sync_error_ppm = 100000});
    int errors[4] = {0};
    for (int i = 0; i < 1000; i++) {
      size_t got = 0;
      memset(bytes, 0, sizeof bytes);
      bool failed = os_read(os, file, 0, bytes, sizeof bytes, &got) != 0;
      errors[0] += failed;
      bool flipped = false;
      for (size_t b = 0; b < sizeof bytes; b++) flipped = flipped || bytes[b];
      errors[1] += flipped;
      memset(bytes, 0, sizeof bytes);
      errors[2] += os_write(os, file, 0, bytes, sizeof bytes) != 0;
      errors[3] += os_sync(os, file) != 0;
      outcome[round] = outcome[round] * 31 + (uint64_t)failed * 3 + (uint64_t)flipped;
    }
    for (int i = 0; i < 4; i++) ck_assert(errors[i] > 50 && errors[i] < 150);
    os_close(os, file);
    sim_os_free(sim);
  }
  ck_assert_uint_eq(outcome[0], outcome[1]);
}
END_TEST

START_TEST(sim_os_disk_is_full_and_has_room_again) {
  boot(4);
  struct os_file *file = NULL;
  uint8_t bytes[1000] = {0};
  uint64_t size = 0, room = 0;
  sim_os_set_faults(sim, &(struct sim_os_faults){.capacity_bytes = 1500});
  ck_assert_ok(os_open(os, "a", OS_CREATE, &file));
  ck_assert_ok(os_write(os, file, 0, bytes, sizeof bytes));
  ck_assert_ok(os->free_bytes(os->context, "/", &room));
  ck_assert_uint_eq(room, 500);
  ck_assert_int_eq(os->preallocate(os->context, file, 1501), ERR_DISK_FULL);
  ck_assert_int_eq(os_write(os, file, 1000, bytes, sizeof bytes), ERR_DISK_FULL);
  ck_assert_ok(os_size(os, file, &size));
  ck_assert_uint_eq(size, 1500);
  ck_assert_ok(os_write(os, file, 500, bytes, sizeof bytes));
  sim_os_set_faults(sim, &(struct sim_os_faults){.capacity_bytes = 9000});
  ck_assert_ok(os_write(os, file, 1000, bytes, sizeof bytes));
  os_close(os, file);
  sim_os_free(sim);
}
END_TEST

START_TEST(sim_os_locks_a_file_for_one_until_it_is_closed) {
  boot(6);
  put_file("a", "abc", true);
  struct os_file *one = NULL, *two = NULL;
  ck_assert_ok(os_open(os, "a", OS_READ_WRITE, &one));
  ck_assert_ok(os_open(os, "a", OS_READ_WRITE, &two));
  ck_assert_ok(os_lock(os, one));
  ck_assert_ok(os_lock(os, one));
  ck_assert_int_eq(os_lock(os, two), ERR_LOCKED);
  os_close(os, one);
  ck_assert_ok(os_lock(os, two));
  os_close(os, two);
  sim_os_free(sim);
}
END_TEST

START_TEST(sim_os_rots_and_tells_the_time) {
  boot(5);
  put_file("a", "abc", true);
  ck_assert_ok(sim_os_damage(sim, "a", 1, 0x20));
  ck_assert(holds("a", "aBc"));
  ck_assert_int_eq(sim_os_damage(sim, "a", 3, 1), ERR_NOT_FOUND);
  int64_t wall = os_now_us(os), monotonic = os_monotonic_us(os);
  sim_os_advance(sim, 1500);
  ck_assert_int_eq(os_now_us(os), wall + 1500);
  sim_os_set_wall_clock(sim, 42);
  ck_assert_int_eq(os_now_us(os), 42);
  ck_assert_int_eq(os_monotonic_us(os), monotonic + 1500);
  uint8_t a[16], b[16];
  os->random(os->context, a, sizeof a);
  os->random(os->context, b, sizeof b);
  ck_assert_mem_ne(a, b, sizeof a);
  sim_os_free(sim);
}
END_TEST

TEST_MAIN("sim_os", sim_os_reads_what_was_written, sim_os_has_folders_names_and_renames,
          sim_os_keeps_what_was_synced_whatever_the_seed, sim_os_loses_names_and_bytes_that_were_not_synced,
          sim_os_tears_writes_at_512_bytes, sim_os_crashes_at_the_operation_it_was_told,
          sim_os_forgets_after_a_failed_sync, sim_os_fails_as_often_as_told_and_the_same_for_the_same_seed,
          sim_os_disk_is_full_and_has_room_again, sim_os_locks_a_file_for_one_until_it_is_closed,
          sim_os_rots_and_tells_the_time)
