#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct error_row {
  int code;
  const char *name, *text;
  int http_status, exit_status;
};

static const struct error_row rows[] = {
#define X(name, code, text, http, exit) {code, #name, text, http, exit},
    ERROR_TABLE(X)
#undef X
};

static const struct error_row *row_of(int code) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].code == code) return &rows[i];
  return &rows[sizeof rows / sizeof *rows - 1]; /* ERR_INTERNAL */
}

const char *error_name(int code) { return code == 0 ? "OK" : row_of(code)->name; }
const char *error_text(int code) { return code == 0 ? "success" : row_of(code)->text; }
int error_http_status(int code) { return code == 0 ? 200 : row_of(code)->http_status; }
int error_exit_status(int code) { return code == 0 ? 0 : row_of(code)->exit_status; }

static void set_message(struct error *err, int code, const char *pointer, const char *format, va_list args) {
  err->code = code;
  vsnprintf(err->message, sizeof err->message, format, args);
  snprintf(err->pointer, sizeof err->pointer, "%s", pointer);
}

int error_set(struct error *err, int code, const char *format, ...) {
  if (!err || err->code != 0) return code;
  va_list args;
  va_start(args, format);
  set_message(err, code, "", format, args);
  va_end(args);
  return code;
}

int error_set_at(struct error *err, int code, const char *pointer, const char *format, ...) {
  if (!err || err->code != 0) return code;
  va_list args;
  va_start(args, format);
  set_message(err, code, pointer, format, args);
  va_end(args);
  return code;
}

int error_wrap(struct error *err, int code, const char *format, ...) {
  if (!err) return code;
  char message[2 * ERROR_MESSAGE_BYTES]; /* prefix, then what was there; cut when copied back */
  va_list args;
  va_start(args, format);
  int n = vsnprintf(message, ERROR_MESSAGE_BYTES, format, args);
  va_end(args);
  size_t at = n < 0 ? 0 : n < ERROR_MESSAGE_BYTES ? (size_t)n : ERROR_MESSAGE_BYTES - 1;
  snprintf(message + at, sizeof message - at, ": %s", err->code != 0 ? err->message : error_text(code));
  memcpy(err->message, message, sizeof err->message - 1);
  err->message[sizeof err->message - 1] = 0;
  if (err->code == 0) err->code = code;
  return err->code;
}

int error_from_errno(int errno_value) {
  switch (errno_value) {
    case 0: return 0;
    case ENOSPC:
    case EDQUOT: return ERR_DISK_FULL;
    case ENOENT: return ERR_NOT_FOUND;
    default: return ERR_IO;
  }
}

void error_clear(struct error *err) {
  err->code = 0;
  err->message[0] = err->pointer[0] = 0;
}
