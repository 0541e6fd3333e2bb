/* `daybook export`: everything a question finds, as CSV or NDJSON. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/backend.h"
#include "cli/command.h"
#include "cli/console.h"

struct export {
  FILE *file;
  const char *path; /* NULL: standard output */
  uint64_t bytes;
  struct progress progress;
  struct error *err;
};

static int write_piece(void *arg, struct slice piece) {
  struct export *x = arg;
  char note[48];
  if (piece.len && fwrite(piece.data, 1, piece.len, x->file) != piece.len) {
    return error_set(x->err, error_from_errno(errno), "write %s: %s", x->path ? x->path : "standard output",
                     strerror(errno));
  }
  x->bytes += piece.len;
  snprintf(note, sizeof note, "%.1f MB", (double)x->bytes / 1e6);
  progress_show(&x->progress, 0, 0, note);
  return 0;
}

static int run_export(const struct arguments *a, struct backend *b, struct export *x, struct error *err) {
  struct arena arena;
  struct backend_query q;
  const char *format = a->values[OPT_FORMAT] ? a->values[OPT_FORMAT] : "csv";
  bool known = strcmp(format, "csv") == 0 || strcmp(format, "ndjson") == 0;
  if (!known) return error_set(err, ERR_INVALID, "--format: \"%s\" is not csv or ndjson", format);
  arena_init(&arena, 1024 * 1024);
  int code = backend_read_query(a, &arena, &q, err);
  /* The terminal cannot show a bar and the events. */
  progress_begin(&x->progress, "exporting", arguments_has(a, OPT_VERBOSE));
  if (!x->path && isatty(STDOUT_FILENO)) x->progress.bar = false;
  if (code == 0) code = b->ops->export_all(b, &q, format, write_piece, x, err);
  progress_clear(&x->progress);
  arena_free(&arena);
  return code;
}

/* Written beside its place and renamed when complete: a file of that name is never a part of an export. */
static int export_to_file(const struct arguments *a, struct backend *b, struct export *x, struct error *err) {
  char partial[4096];
  int len = snprintf(partial, sizeof partial, "%s.partial", x->path);
  if (len < 0 || (size_t)len >= sizeof partial) return error_set(err, ERR_INVALID, "--output: the path is too long");
  x->file = fopen(partial, "wb");
  if (!x->file) return error_set(err, error_from_errno(errno), "%s: %s", partial, strerror(errno));
  int code = run_export(a, b, x, err);
  bool flushed = fflush(x->file) == 0 && fsync(fileno(x->file)) == 0;
  if (fclose(x->file) != 0) flushed = false;
  if (code == 0 && !flushed) code = error_set(err, ERR_IO, "write %s: %s", partial, strerror(errno));
  if (code == 0 && rename(partial, x->path) != 0) {
    code = error_set(err, error_from_errno(errno), "%s: %s", x->path, strerror(errno));
  }
  if (code) unlink(partial);
  return code;
}

static int export_run(const struct arguments *a, struct error *err) {
  struct export x = {.file = stdout, .path = a->values[OPT_OUTPUT], .err = err};
  struct backend *b = NULL;
  if (x.path && strcmp(x.path, "-") == 0) x.path = NULL;
  int code = backend_open(a, false, &b, err);
  if (code == 0) code = x.path ? export_to_file(a, b, &x, err) : run_export(a, b, &x, err);
  backend_close(b);
  return code;
}

const struct command command_export = {
    .name = "export",
    .synopsis = "[OPTIONS] [WORD...]",
    .summary = "write everything a question finds as CSV or NDJSON",
    .about =
        "Formats: csv (the default; every field and every parameter has a column, times in --tz) and ndjson\n"
        "(every event exactly as it is stored; ends with a record that tells how many there were). The words\n"
        "are a question as in `daybook search`; without any, everything is written. With --output the file\n"
        "appears under its name when it is complete.",
    .examples =
        "daybook export --from 2026-11-01 --to 2026-12-01 --tz Europe/Berlin -o november.csv\n"
        "daybook export --format ndjson tenant:acme | gzip > acme.ndjson.gz\n"
        "daybook export --data ./data --format ndjson -o everything.ndjson",
    .options = OPTIONS_PLACE | OPTIONS_QUERY | OPTION_BIT(OPT_FORMAT) | OPTION_BIT(OPT_OUTPUT) | OPTION_BIT(OPT_ORDER) |
               OPTION_BIT(OPT_VERBOSE),
    .run = export_run,
};
