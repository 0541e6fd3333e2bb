#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef error_set /* error.h says them differently to the analyzer */
#undef error_set_at

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

/* Shortens a text that snprintf cut in the middle of a UTF-8 character: length is what it would have written. */
static void trim_cut(char *text, size_t capacity, int length) {
  if (length < (int)capacity) return;
  size_t at = capacity - 1;
  while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80) at--;
  if (at == 0) return; /* not UTF-8 at all */
  unsigned char lead = (unsigned char)text[at - 1];
  size_t have = capacity - at, want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  if (have < want) text[at - 1] = 0;
}

__attribute__((format(printf, 4, 0))) static void set_message(struct error *err, int code, const char *pointer,
                                                              const char *format, va_list args) {
  err->code = code;
  trim_cut(err->message, sizeof err->message, vsnprintf(err->message, sizeof err->message, format, args));
  trim_cut(err->pointer, sizeof err->pointer, snprintf(err->pointer, sizeof err->pointer, "%s", pointer));
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
  char prefix[ERROR_MESSAGE_BYTES], inner[ERROR_MESSAGE_BYTES];
  va_list args;
  va_start(args, format);
  trim_cut(prefix, sizeof prefix, vsnprintf(prefix, sizeof prefix, format, args));
  va_end(args);
  snprintf(inner, sizeof inner, "%s", err->code != 0 ? err->message : error_text(code));
  trim_cut(err->message, sizeof err->message, snprintf(err->message, sizeof err->message, "%s: %s", prefix, inner));
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
  if (!err) return;
  err->code = 0;
  err->message[0] = err->pointer[0] = 0;
}
