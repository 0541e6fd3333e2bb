#include "os/os.h"

int os_open(const struct os *os, const char *path, enum os_open_mode mode, struct os_file **out) {
  return os->open(os->context, path, mode, out);
}

void os_close(const struct os *os, struct os_file *file) { os->close(os->context, file); }

int os_read(const struct os *os, struct os_file *file, uint64_t offset, void *to, size_t len, size_t *read_out) {
  return os->read(os->context, file, offset, to, len, read_out);
}

int os_read_exact(const struct os *os, struct os_file *file, uint64_t offset, void *to, size_t len) {
  size_t got = 0;
  int code = os->read(os->context, file, offset, to, len, &got);
  if (code) return code;
  return got == len ? 0 : ERR_CORRUPT;
}

int os_write(const struct os *os, struct os_file *file, uint64_t offset, const void *data, size_t len) {
  return os->write(os->context, file, offset, data, len);
}

int os_sync(const struct os *os, struct os_file *file) { return os->sync(os->context, file); }

void os_start_sync(const struct os *os, struct os_file *file, uint64_t offset, uint64_t len) {
  if (os->start_sync) os->start_sync(os->context, file, offset, len);
}

int os_size(const struct os *os, struct os_file *file, uint64_t *size_out) {
  return os->size(os->context, file, size_out);
}

int os_lock(const struct os *os, struct os_file *file) { return os->lock(os->context, file); }

int64_t os_now_us(const struct os *os) { return os->now_us(os->context); }
int64_t os_monotonic_us(const struct os *os) { return os->monotonic_us(os->context); }
