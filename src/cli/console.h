/* Standard output and standard error as people see them: colour, progress, text made safe for a terminal. One thread,
 * except that console_watch has one of its own. */
#ifndef DAYBOOK_CLI_CONSOLE_H
#define DAYBOOK_CLI_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

/* Whether standard output is to be coloured; `when` is always, never, auto or NULL. NO_COLOR is obeyed by auto. */
int console_color(const char *when, bool *color_out, struct error *err);
/* Columns of the terminal on standard output; 0 where there is none. */
unsigned console_columns(void);
/* Appends text with control characters as \xNN, so that an event cannot steer the terminal. */
void console_append_safe(struct buffer *out, struct slice text);
/* The text and a newline, in the same way. */
void console_print_problem(FILE *to, const char *text);
/* Columns that text takes (wide and combining characters counted as a terminal does). */
unsigned console_width(struct slice text);
/* Appends the longest head of text that fits in `columns`, with an ellipsis where it was cut, padded to `columns`
 * where `pad`. */
void console_append_fitted(struct buffer *out, struct slice text, unsigned columns, bool pad);
/* Writes to standard output; an error other than a closed pipe is ERR_IO. */
int console_write(struct slice text, struct error *err);
/* "1234567" as "1,234,567". */
void console_append_count(struct buffer *out, uint64_t value);

/* A bar on standard error where that is a terminal; else, with `verbose`, a line every few seconds; else nothing. */
struct progress {
  const char *what; /* "importing auth.log" */
  bool bar, lines;
  int64_t started_us, shown_us;
  size_t width; /* of the line on the terminal */
};
void progress_begin(struct progress *p, const char *what, bool verbose);
/* done of total (0: unknown); `note` is shown behind, as "12,000 events". */
void progress_show(struct progress *p, uint64_t done, uint64_t total, const char *note);
void progress_clear(struct progress *p); /* takes the bar away, so that other lines can be printed; ends it */

/* Progress of a call that tells none: a thread asks measure(arg, &total) for bytes done, five times a second. Only the
 * thread touches p until console_unwatch. */
struct watch;
struct watch *console_watch(struct progress *p, uint64_t (*measure)(void *arg, uint64_t *total_out), void *arg);
void console_unwatch(struct watch *w);

#endif
