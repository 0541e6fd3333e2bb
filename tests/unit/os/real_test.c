/* The real operating system behind struct os. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"
#include "tests/test.h"

static char dir[256], name[300];

static void enter(void) {
  const char *base = getenv("TMPDIR");
  snprintf(dir, sizeof dir, "%s/daybook-os-XXXXXX", base && strlen(base) < 200 ? base : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(dir));
}

static const char *in_dir(const char *entry) {
  snprintf(name, sizeof name, "%s/%s", dir, entry);
  return name;
}

static int remove_entry(void *arg, const char *entry) {
  const struct os *os = arg;
  return os->remove(os->context, in_dir(entry));
}

static void leave(const struct os *os) {
  union {
    const struct os *in;
    void *out;
  } arg = {.in = os};
  ck_assert_ok(os->list_dir(os->context, dir, remove_entry, arg.out));
  ck_assert_ok(os->remove(os->context, dir));
}

START_TEST(real_files_are_private_and_closed_on_exec) {
  enter();
  const struct os *os = os_real();
  struct os_file *file = NULL;
  struct stat st;
  int next = open("/dev/null", O_RDONLY | O_CLOEXEC); /* the number the file will get */
  ck_assert_int_ge(next, 0);
  ck_assert_int_eq(close(next), 0);
  ck_assert_ok(os_open(os, in_dir("a"), OS_CREATE, &file));
  ck_assert_int_eq(stat(name, &st), 0);
  ck_assert_uint_eq(st.st_mode & 0777, 0600);
  ck_assert_int_eq(fcntl(next, F_GETFD), FD_CLOEXEC);
  os_close(os, file);
  os_close(os, NULL);
  ck_assert_ok(os->make_dir(os->context, in_dir("d")));
  ck_assert_ok(os->make_dir(os->context, name));
  ck_assert_int_eq(stat(name, &st), 0);
  ck_assert_uint_eq(st.st_mode & 0777, 0700);
  ck_assert_int_eq(os->make_dir(os->context, in_dir("a")), ERR_CONFLICT);
  leave(os);
}
END_TEST

START_TEST(real_files_read_what_was_written) {
  enter();
  const struct os *os = os_real();
  struct os_file *file = NULL;
  char got[16] = {0};
  size_t n = 0;
  uint64_t size = 0;
  ck_assert_int_eq(os_open(os, in_dir("a"), OS_READ_WRITE, &file), ERR_NOT_FOUND);
  ck_assert_ok(os_open(os, name, OS_CREATE, &file));
  struct os_file *second = NULL;
  ck_assert_int_eq(os_open(os, name, OS_CREATE, &second), ERR_CONFLICT);
  ck_assert_ok(os_write(os, file, 10, "0123456789", 10));
  ck_assert_ok(os_sync(os, file));
  ck_assert_ok(os_read(os, file, 8, got, sizeof got, &n));
  ck_assert_uint_eq(n, 12);
  ck_assert_mem_eq(got,
                   "\0\0"
                   "0123456789",
                   12);
  ck_assert_ok(os_read_exact(os, file, 15, got, 5));
  ck_assert_int_eq(os_read_exact(os, file, 15, got, 6), ERR_CORRUPT);
  ck_assert_ok(os->preallocate(os->context, file, 5000));
  ck_assert_ok(os->preallocate(os->context, file, 10));
  ck_assert_ok(os_size(os, file, &size));
  ck_assert_uint_eq(size, 5000);
  ck_assert_ok(os_read_exact(os, file, 4990, got, 10));
  ck_assert_mem_eq(got, "\0\0\0\0\0\0\0\0\0\0", 10);
  ck_assert_ok(os->truncate(os->context, file, 12));
  ck_assert_ok(os_size(os, file, &size));
  ck_assert_uint_eq(size, 12);
  ck_assert_int_eq(os_write(os, file, UINT64_MAX, "x", 1), ERR_IO);
  os_close(os, file);
  ck_assert_ok(os_open(os, name, OS_READ, &file));
  ck_assert_int_eq(os_write(os, file, 0, "x", 1), ERR_IO);
  os_close(os, file);
  leave(os);
}
END_TEST

static int stop_at_first(void *arg, const char *entry) {
  (void)entry;
  ++*(int *)arg;
  return ERR_END;
}

START_TEST(real_names_are_renamed_listed_and_removed) {
  enter();
  const struct os *os = os_real();
  struct os_file *file = NULL;
  char from[300];
  for (int i = 0; i < 3; i++) {
    char entry[16];
    snprintf(entry, sizeof entry, "f%d", i);
    ck_assert_ok(os_open(os, in_dir(entry), OS_CREATE, &file));
    os_close(os, file);
  }
  snprintf(from, sizeof from, "%s/f0", dir);
  ck_assert_ok(os->rename(os->context, from, in_dir("f1")));
  ck_assert_int_eq(os->rename(os->context, from, name), ERR_NOT_FOUND);
  int count = 0;
  ck_assert_int_eq(os->list_dir(os->context, dir, stop_at_first, &count), ERR_END);
  ck_assert_int_eq(count, 1);
  ck_assert_int_eq(os->list_dir(os->context, in_dir("none"), stop_at_first, &count), ERR_NOT_FOUND);
  ck_assert_int_eq(os->remove(os->context, dir), ERR_CONFLICT);
  ck_assert_ok(os->sync_dir(os->context, dir));
  ck_assert_int_eq(os->sync_dir(os->context, in_dir("none")), ERR_NOT_FOUND);
  leave(os);
}
END_TEST

START_TEST(real_locks_keep_others_out_until_the_file_is_closed) {
  enter();
  const struct os *os = os_real();
  struct os_file *one = NULL, *two = NULL;
  ck_assert_ok(os_open(os, in_dir("a"), OS_CREATE, &one));
  ck_assert_ok(os_open(os, in_dir("a"), OS_READ_WRITE, &two));
  ck_assert_ok(os_lock(os, one));
  ck_assert_ok(os_lock(os, one));
  ck_assert_int_eq(os_lock(os, two), ERR_LOCKED);
  os_close(os, one);
  ck_assert_ok(os_lock(os, two));
  os_close(os, two);
  leave(os);
}
END_TEST

START_TEST(real_clocks_room_and_randomness_are_there) {
  const struct os *os = os_real();
  uint64_t room = 0;
  uint8_t a[300] = {0}, b[300] = {0};
  ck_assert_ok(os->free_bytes(os->context, "/", &room));
  ck_assert_int_eq(os->free_bytes(os->context, "/no/such/place", &room), ERR_NOT_FOUND);
  ck_assert(os_now_us(os) > INT64_C(1700000000000000));
  int64_t before = os_monotonic_us(os);
  ck_assert(os_monotonic_us(os) >= before);
  os->random(os->context, a, sizeof a);
  os->random(os->context, b, sizeof b);
  ck_assert_mem_ne(a, b, sizeof a);
}
END_TEST

START_TEST(real_full_disk_is_told_from_a_broken_one) {
  const struct os *os = os_real();
  struct os_file *file = NULL;
  if (access("/dev/full", W_OK) != 0) {
    printf("skipped: there is no /dev/full\n");
    return;
  }
  ck_assert_ok(os_open(os, "/dev/full", OS_READ_WRITE, &file));
  ck_assert_int_eq(os_write(os, file, 0, "x", 1), ERR_DISK_FULL);
  os_close(os, file);
}
END_TEST

TEST_MAIN("real os", real_files_are_private_and_closed_on_exec, real_files_read_what_was_written,
          real_names_are_renamed_listed_and_removed, real_locks_keep_others_out_until_the_file_is_closed,
          real_clocks_room_and_randomness_are_there, real_full_disk_is_told_from_a_broken_one)
