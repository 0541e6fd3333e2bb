#include "cli/console.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <utf8proc.h>

int console_color(const char *when, bool *color_out, struct error *err) {
  const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
  if (!when || strcmp(when, "auto") == 0) {
    bool plain = (none && *none) || (terminal && strcmp(terminal, "dumb") == 0);
    return *color_out = isatty(STDOUT_FILENO) && !plain, 0;
  }
  bool always = strcmp(when, "always") == 0;
  if (!always && strcmp(when, "never") != 0) {
    return error_set(err, ERR_INVALID, "--color: \"%s\" is not always, never or auto", when);
  }
  return *color_out = always, 0;
}

unsigned console_columns(void) {
  struct winsize size = {0};
  if (!isatty(STDOUT_FILENO)) return 0;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

/* The character at the start of text: its bytes and columns. What is no character is one byte, one column. */
static size_t next_character(struct slice text, unsigned *columns_out) {
  utf8proc_int32_t c = 0;
  utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.len, &c);
  if (len <= 0) return *columns_out = 1, 1;
  int width = utf8proc_charwidth(c);
  *columns_out = width > 0 ? (unsigned)width : 0;
  return (size_t)len;
}

static bool is_control(struct slice text, size_t len) {
  unsigned char a = (unsigned char)text.data[0], b = len > 1 ? (unsigned char)text.data[1] : 0;
  return a < 0x20 || a == 0x7F || (len == 1 && a >= 0x80) || (a == 0xC2 && b < 0xA0);
}

/* U+202A..U+202E and U+2066..U+2069, the embeddings, overrides and isolates of direction: what comes behind one on the
 * line would be shown in another order than it is stored in. */
static bool turns_direction(struct slice text, size_t len) {
  if (len != 3 || text.data[0] != '\xE2') return false;
  unsigned char b = (unsigned char)text.data[1], c = (unsigned char)text.data[2];
  return (b == 0x80 && c >= 0xAA && c <= 0xAE) || (b == 0x81 && c >= 0xA6 && c <= 0xA9);
}

void console_append_safe(struct buffer *out, struct slice text) {
  while (text.len) {
    unsigned columns;
    size_t len = next_character(text, &columns);
    if (is_control(text, len)) {
      buffer_printf(out, "\\x%02x", (unsigned char)text.data[len - 1]);
    } else if (turns_direction(text, len)) {
      buffer_printf(out, "\\u20%02x", ((unsigned char)text.data[1] & 3u) << 6 | ((unsigned char)text.data[2] & 0x3Fu));
    } else {
      buffer_append(out, text.data, len);
    }
    text = slice_skip(text, len);
  }
}

void console_print_problem(FILE *to, const char *text) {
  struct buffer line;
  buffer_init(&line, 64 * 1024);
  console_append_safe(&line, slice_from(text));
  fprintf(to, "%.*s\n", SLICE_ARGS(buffer_slice(&line)));
  buffer_free(&line);
}

unsigned console_width(struct slice text) {
  unsigned width = 0, columns;
  while (text.len) {
    text = slice_skip(text, next_character(text, &columns));
    width += columns;
  }
  return width;
}

void console_append_fitted(struct buffer *out, struct slice text, unsigned columns, bool pad) {
  bool cut = console_width(text) > columns;
  unsigned room = cut && columns ? columns - 1 : columns, used = 0;
  while (text.len) {
    unsigned width;
    size_t len = next_character(text, &width);
    if (used + width > room) break;
    buffer_append(out, text.data, len);
    used += width;
    text = slice_skip(text, len);
  }
  if (cut && columns) buffer_append_text(out, "…"), used++;
  while (pad && used++ < columns) buffer_append_char(out, ' ');
}

int console_write(struct slice text, struct error *err) {
  if (fwrite(text.data, 1, text.len, stdout) == text.len) return 0;
  return error_set(err, ERR_IO, "write standard output: %s", strerror(errno));
}

void console_append_count(struct buffer *out, uint64_t value) {
  char digits[24];
  int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
  for (int i = 0; i < len; i++) {
    if (i && (len - i) % 3 == 0) buffer_append_char(out, ',');
    buffer_append_char(out, digits[i]);
  }
}

/* ---- Progress ---- */

static int64_t clock_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void progress_begin(struct progress *p, const char *what, bool verbose) {
  bool terminal = isatty(STDERR_FILENO);
  *p = (struct progress){.what = what, .bar = terminal, .lines = verbose && !terminal, .started_us = clock_us()};
}

static void append_bar(struct buffer *out, uint64_t done, uint64_t total) {
  enum { CELLS = 24 };
  unsigned percent = done >= total ? 100 : (unsigned)((double)done * 100.0 / (double)total);
  buffer_append_text(out, " [");
  for (unsigned i = 0; i < CELLS; i++) buffer_append_char(out, i * 100 < percent * CELLS ? '#' : '-');
  buffer_printf(out, "] %3u %%", percent);
}

void progress_show(struct progress *p, uint64_t done, uint64_t total, const char *note) {
  int64_t now = clock_us(), every = p->bar ? 100000 : 5000000;
  if ((!p->bar && !p->lines) || now - (p->shown_us ? p->shown_us : p->lines ? p->started_us : 0) < every) return;
  p->shown_us = now;
  struct buffer line;
  buffer_init(&line, 1024);
  buffer_append_text(&line, p->what);
  if (total && p->bar) append_bar(&line, done, total);
  if (total && p->lines) buffer_printf(&line, ": %.0f %%", (double)done * 100.0 / (double)total);
  if (note && *note) buffer_printf(&line, "  %s", note);
  buffer_printf(&line, "  %lld s", (long long)((now - p->started_us) / 1000000));
  size_t width = line.len;
  if (p->bar) {
    while (line.len < p->width) buffer_append_char(&line, ' ');
    fprintf(stderr, "\r%.*s", SLICE_ARGS(buffer_slice(&line)));
    fflush(stderr);
    p->width = width;
  } else {
    fprintf(stderr, "%.*s\n", SLICE_ARGS(buffer_slice(&line)));
  }
  buffer_free(&line);
}

void progress_clear(struct progress *p) {
  if (!p->bar || p->width == 0) return;
  fprintf(stderr, "\r%*s\r", (int)p->width, "");
  fflush(stderr);
  p->width = 0;
}

/* ---- Watching a call that tells nothing ---- */

struct watch {
  struct progress *progress;
  uint64_t (*measure)(void *arg, uint64_t *total_out);
  void *arg;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  bool stop;
};

static void *watch_run(void *arg) {
  struct watch *w = arg;
  pthread_mutex_lock(&w->lock);
  while (!w->stop) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 200000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&w->wake, &w->lock, &until);
    if (w->stop) break;
    uint64_t total = 0, done = w->measure ? w->measure(w->arg, &total) : 0;
    progress_show(w->progress, done, total, "");
  }
  pthread_mutex_unlock(&w->lock);
  return NULL;
}

struct watch *console_watch(struct progress *p, uint64_t (*measure)(void *arg, uint64_t *total_out), void *arg) {
  if (!p->bar && !p->lines) return NULL;
  struct watch *w = calloc(1, sizeof *w);
  if (!w) return NULL;
  w->progress = p;
  w->measure = measure;
  w->arg = arg;
  pthread_mutex_init(&w->lock, NULL);
  pthread_cond_init(&w->wake, NULL);
  if (pthread_create(&w->thread, NULL, watch_run, w) == 0) return w;
  pthread_cond_destroy(&w->wake);
  pthread_mutex_destroy(&w->lock);
  free(w);
  return NULL;
}

void console_unwatch(struct watch *w) {
  if (!w) return;
  pthread_mutex_lock(&w->lock);
  w->stop = true;
  pthread_cond_signal(&w->wake);
  pthread_mutex_unlock(&w->lock);
  pthread_join(w->thread, NULL);
  progress_clear(w->progress);
  pthread_cond_destroy(&w->wake);
  pthread_mutex_destroy(&w->lock);
  free(w);
}
