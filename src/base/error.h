/* Errors: one table of codes, each with its text, HTTP status and exit status.
 *
 * A function that can fail returns int: 0, or a negative code from this table. Where the code alone
 * does not explain, a `struct error *` (may be NULL) carries a message, set at the origin and wrapped
 * outward: "open store: segment 000042: footer checksum mismatch". Plain data, any thread. */
#ifndef DAYBOOK_BASE_ERROR_H
#define DAYBOOK_BASE_ERROR_H

/* X(name, code, text, http status, exit status) */
#define ERROR_TABLE(X)                                                       \
  X(ERR_INVALID, -1, "invalid input", 400, 2)                                \
  X(ERR_NOT_FOUND, -2, "not found", 404, 3)                                  \
  X(ERR_CONFLICT, -3, "conflict", 409, 4)                                    \
  X(ERR_TOO_LARGE, -4, "too large", 413, 2)                                  \
  X(ERR_UNAUTHORIZED, -5, "not authenticated", 401, 5)                       \
  X(ERR_FORBIDDEN, -6, "not permitted", 403, 5)                              \
  X(ERR_UNSUPPORTED, -7, "unsupported media type", 415, 2)                   \
  X(ERR_BUSY, -8, "too busy, try again", 503, 6)                             \
  X(ERR_DISK_FULL, -9, "disk full", 507, 7)                                  \
  X(ERR_READ_ONLY, -10, "the store is read-only after a disk error", 503, 7) \
  X(ERR_IO, -11, "input/output error", 500, 7)                               \
  X(ERR_CORRUPT, -12, "stored data is damaged", 500, 8)                      \
  X(ERR_DEADLINE, -13, "deadline exceeded", 504, 6)                          \
  X(ERR_CANCELLED, -14, "cancelled", 499, 6)                                 \
  X(ERR_LOCKED, -15, "in use by another process", 503, 6)                    \
  X(ERR_METHOD, -16, "method not allowed", 405, 2)                           \
  X(ERR_END, -17, "no more", 500, 1)                                         \
  X(ERR_THROTTLED, -19, "too many attempts, try again later", 429, 6)        \
  X(ERR_INTERNAL, -18, "internal error", 500, 1)

enum error_code {
#define X(name, code, text, http, exit) name = (code),
  ERROR_TABLE(X)
#undef X
};

enum { ERROR_MESSAGE_BYTES = 512, ERROR_POINTER_BYTES = 256 };

struct error {
  int code;                          /* 0: nothing set; the first error wins */
  char message[ERROR_MESSAGE_BYTES]; /* UTF-8, NUL-terminated, cut where too long */
  char pointer[ERROR_POINTER_BYTES]; /* RFC 6901 JSON pointer of the fault in the input, or "" */
};

const char *error_name(int code);
const char *error_text(int code);
int error_http_status(int code);
int error_exit_status(int code);

/* Sets code and message unless err is NULL or already set; returns code. */
int error_set(struct error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* As error_set, with the JSON pointer of the fault. */
int error_set_at(struct error *err, int code, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Puts "prefix: " before the message; returns err->code (or code where err is NULL). */
int error_wrap(struct error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The code for an errno value: ENOSPC and EDQUOT are ERR_DISK_FULL, ENOENT ERR_NOT_FOUND, others ERR_IO. */
int error_from_errno(int errno_value);
void error_clear(struct error *err); /* NULL is allowed, as above */

#ifdef __clang_analyzer__ /* tells the analyzer, which sees one file at a time, that these return the code */
void error_takes(const char *text, ...);
#define error_set(err, code, ...) ((void)(err), error_takes(__VA_ARGS__), (code))
#define error_set_at(err, code, ...) ((void)(err), error_takes(__VA_ARGS__), (code))
#define error_wrap(err, code, ...) ((void)(err), error_takes(__VA_ARGS__), (code))
#endif

#endif
