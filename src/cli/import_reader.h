/* The files of an import as lines, CSV records or whole texts: plain or gzip, folders, standard input. One thread. */
#ifndef DAYBOOK_CLI_IMPORT_READER_H
#define DAYBOOK_CLI_IMPORT_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

enum {
  READER_LINE_BYTES = 1024 * 1024,       /* a longer line is no event: it is told and passed over */
  READER_TEXT_BYTES = 256 * 1024 * 1024, /* of one JSON file, decoded */
  READER_FILES = 100000,
};

/* The files to read: operands as they are, folders replaced by the files in them (and below) whose names end in one of
 * `suffixes` (NULL: all), sorted; "-" is standard input. Hidden files are passed over. */
struct file_list {
  char **paths;
  uint32_t count, capacity;
  uint64_t bytes; /* of all of them, as they lie on disk */
};
int file_list_add(struct file_list *list, const char *path, const char *const *suffixes, struct error *err);
void file_list_free(struct file_list *list);

struct reader_file;
int reader_open(const char *path, struct reader_file **out, struct error *err);
void reader_close(struct reader_file *r); /* NULL is allowed */
/* The next line without its end; *long_out: it was longer than READER_LINE_BYTES and is cut. ERR_END after the last.
 * `quotes`: newlines between double quotes belong to the record. *line_out: the number of its first line. */
int reader_next_line(struct reader_file *r, bool quotes, struct slice *out, uint64_t *line_out, bool *long_out,
                     struct error *err);
/* The whole file. */
int reader_all(struct reader_file *r, struct buffer *out, struct error *err);
uint64_t reader_offset(const struct reader_file *r); /* bytes of the file on disk that were read */

#endif
