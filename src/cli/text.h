/* Taking lines of text apart. Pure functions over slices. */
#ifndef DAYBOOK_CLI_TEXT_H
#define DAYBOOK_CLI_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* Moves *s past a prefix; false, and nothing moved, where it is not there. */
bool text_take(struct slice *s, const char *prefix);
/* Up to the next blank; moves *s past it and the blanks behind. */
struct slice text_take_word(struct slice *s);
/* Cuts at the first / last occurrence of `separator`; false, and nothing written, where there is none. */
bool text_split(struct slice s, const char *separator, struct slice *before, struct slice *after);
bool text_split_last(struct slice s, const char *separator, struct slice *before, struct slice *after);
bool text_contains(struct slice s, const char *part);
bool text_ends_with(struct slice s, const char *suffix);
bool text_equal(struct slice s, const char *text);
bool text_equal_nocase(struct slice s, const char *text); /* ASCII */
struct slice text_trim(struct slice s);                   /* blanks at both ends */
/* All of s as a decimal number; false where it is none or past max. */
bool text_number(struct slice s, uint64_t max, uint64_t *out);
/* The whole content of a small file, NUL-terminated and malloc()ed; false past max_bytes or where it cannot be read. */
bool text_read_file(const char *path, size_t max_bytes, char **data_out, size_t *len_out);

#endif
