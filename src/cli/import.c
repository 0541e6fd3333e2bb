/* `daybook import`: files of a foreign format into events, in batches. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/backend.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/import_reader.h"
#include "cli/importer.h"
#include "cli/text.h"
#include "os/os.h"
#include "query/query.h"

enum {
  BATCH_EVENTS = 1000,
  BATCH_BYTES = 8 * 1024 * 1024,
  FAULTS_SHOWN = 20,                   /* in full; the rest is counted */
  DOCUMENT_BYTES = 1024 * 1024 * 1024, /* of the tree of one JSON document */
};

struct origin {
  uint64_t position;
  uint32_t file;
  size_t start; /* in the batch */
};

struct import_run {
  const struct importer *importer;
  void *state;
  struct import_options options;
  struct import_sink sink;
  struct backend *backend; /* NULL: dry run */
  struct event_parser *parser;
  struct arena arena, documents;
  struct file_list files;
  uint32_t file;
  struct buffer batch;
  struct origin origins[BATCH_EVENTS];
  uint32_t batch_count;
  uint64_t events, stored, duplicates, rejected, file_bytes_before;
  bool verbose;
  struct progress progress;
  struct error *err;
};

/* ---- Faults ---- */

static void tell_fault(struct import_run *run, uint32_t file, uint64_t position, const char *reason) {
  struct buffer line;
  if (run->rejected++ >= FAULTS_SHOWN && !run->verbose) return;
  buffer_init(&line, 64 * 1024);
  const char *path = run->files.paths[file];
  console_append_safe(&line, slice_from(strcmp(path, "-") == 0 ? "standard input" : path));
  if (run->importer->shape == IMPORT_DOCUMENTS) {
    buffer_printf(&line, ": record %llu: ", (unsigned long long)position);
  } else {
    buffer_printf(&line, ":%llu: ", (unsigned long long)position);
  }
  console_append_safe(&line, slice_from(reason));
  progress_clear(&run->progress);
  fprintf(stderr, "%.*s\n", SLICE_ARGS(buffer_slice(&line)));
  buffer_free(&line);
}

static void on_reject(void *arg, uint64_t position, const char *reason) {
  struct import_run *run = arg;
  tell_fault(run, run->file, position, reason);
}

static void tell_error(struct import_run *run, const struct origin *origin, const struct error *err) {
  char reason[ERROR_MESSAGE_BYTES + ERROR_POINTER_BYTES + 8];
  const char *pointer = err->pointer;
  snprintf(reason, sizeof reason, "%s%s%s%s", err->message, *pointer ? " (" : "", pointer, *pointer ? ")" : "");
  tell_fault(run, origin->file, origin->position, reason);
}

/* ---- Batches ---- */

static void drop_from_batch(struct import_run *run, uint32_t index) {
  size_t start = run->origins[index].start;
  size_t end = index + 1 < run->batch_count ? run->origins[index + 1].start : run->batch.len;
  memmove(run->batch.data + start, run->batch.data + end, run->batch.len - end);
  run->batch.len -= end - start;
  for (uint32_t i = index + 1; i < run->batch_count; i++) {
    run->origins[i - 1] = run->origins[i];
    run->origins[i - 1].start -= end - start;
  }
  run->batch_count--;
}

/* The event a refusal is about, by the index its pointer begins with; the pointer is cut to what is within the event.
 */
static bool fault_index(const struct import_run *run, struct error *err, uint32_t *index_out) {
  struct slice pointer = slice_from(err->pointer), digits, rest;
  uint64_t index;
  bool one = err->code == ERR_INVALID || err->code == ERR_CONFLICT || err->code == ERR_TOO_LARGE;
  if (!one || !text_take(&pointer, "/")) return false;
  if (!text_split(pointer, "/", &digits, &rest)) digits = pointer, rest = slice_skip(pointer, pointer.len);
  if (!text_number(digits, run->batch_count - 1, &index)) return false;
  *index_out = (uint32_t)index;
  size_t skip = (size_t)(rest.data - err->pointer);
  if (rest.len) memmove(err->pointer, err->pointer + skip - 1, rest.len + 2);
  if (!rest.len) err->pointer[0] = 0;
  return true;
}

static int flush(struct import_run *run) {
  while (run->batch_count && run->backend) {
    struct append_result result = {0};
    struct error err = {0};
    uint32_t index;
    int code = run->backend->ops->append(run->backend, buffer_slice(&run->batch), run->batch_count, &result, &err);
    if (code == 0) {
      run->stored += result.stored;
      run->duplicates += result.duplicates;
      break;
    }
    if (!fault_index(run, &err, &index)) {
      if (run->err) *run->err = err;
      return code;
    }
    tell_error(run, &run->origins[index], &err);
    drop_from_batch(run, index);
  }
  if (!run->backend) run->stored += run->batch_count;
  run->batch_count = 0;
  buffer_clear(&run->batch);
  return 0;
}

static int on_event(void *arg, struct slice json, uint64_t position) {
  struct import_run *run = arg;
  struct origin origin = {position, run->file, run->batch.len};
  struct error err = {0};
  struct event event;
  run->events++;
  arena_reset(&run->arena);
  /* The same check that the way in makes, so that a fault is told with its line and the rest of the batch goes on. */
  if (event_parse(run->parser, json, run->options.now_us, &run->arena, &event, &err)) {
    tell_error(run, &origin, &err);
    return 0;
  }
  buffer_append_slice(&run->batch, json);
  buffer_append_char(&run->batch, '\n');
  run->origins[run->batch_count++] = origin;
  return run->batch_count == BATCH_EVENTS || run->batch.len > BATCH_BYTES ? flush(run) : 0;
}

/* ---- Files ---- */

static void show_progress(struct import_run *run, const struct reader_file *reader) {
  struct buffer note;
  buffer_init(&note, 64);
  console_append_count(&note, run->events);
  buffer_append_text(&note, " events");
  buffer_append_char(&note, 0);
  progress_show(&run->progress, run->file_bytes_before + reader_offset(reader), run->files.bytes, note.data);
  buffer_free(&note);
}

static int import_lines(struct import_run *run, struct reader_file *reader) {
  bool quotes = run->importer->shape == IMPORT_CSV, too_long;
  struct slice line;
  for (;;) {
    int code = reader_next_line(reader, quotes, &line, &run->sink.position, &too_long, run->err);
    if (code) return code == ERR_END ? 0 : code;
    if (too_long) {
      tell_fault(run, run->file, run->sink.position, "longer than 1 MiB");
      continue;
    }
    if (text_trim(line).len == 0) continue;
    if (!run->importer->line(run->state, &run->sink, line)) return run->sink.code;
    show_progress(run, reader);
  }
}

static int import_documents(struct import_run *run, struct reader_file *reader) {
  struct buffer text;
  buffer_init(&text, READER_TEXT_BYTES);
  int code = reader_all(reader, &text, run->err);
  struct slice rest = text_trim(buffer_slice(&text));
  text_take(&rest, "\xEF\xBB\xBF");
  if (code == 0 && rest.len == 0) tell_fault(run, run->file, 1, "the file is empty");
  run->sink.position = 0;
  while (code == 0 && rest.len) {
    const struct document *document = NULL;
    struct error err = {0};
    arena_reset(&run->documents);
    if (document_parse(&rest, &run->documents, &document, &err)) {
      tell_fault(run, run->file, run->sink.position + 1, err.message);
      break;
    }
    if (!run->importer->document(run->state, &run->sink, document)) code = run->sink.code;
    show_progress(run, reader);
  }
  buffer_free(&text);
  return code;
}

static int import_file(struct import_run *run) {
  struct reader_file *reader = NULL;
  int code = reader_open(run->files.paths[run->file], &reader, run->err);
  if (code) return code;
  import_begin_file(&run->sink);
  if (run->importer->begin_file) run->importer->begin_file(run->state, &run->sink);
  bool documents = run->importer->shape == IMPORT_DOCUMENTS;
  code = documents ? import_documents(run, reader) : import_lines(run, reader);
  if (code == 0 && run->importer->end_file && !run->importer->end_file(run->state, &run->sink)) code = run->sink.code;
  run->file_bytes_before += reader_offset(reader);
  reader_close(reader);
  return code;
}

/* ---- The command ---- */

static int read_options(const struct arguments *a, struct import_run *run, struct error *err) {
  struct import_options *o = &run->options;
  const char *format = a->values[OPT_FORMAT];
  run->importer = format ? importer_find(format) : NULL;
  if (!run->importer) {
    return error_set(err, ERR_INVALID, "%s%s%s; --format is one of ndjson, csv, sshd, combined, cloudtrail, twilio",
                     format ? "no format \"" : "say what the files are", format ? format : "", format ? "\"" : "");
  }
  o->format = format;
  o->tenant = a->values[OPT_TENANT] ? a->values[OPT_TENANT] : "imported";
  o->tenant_given = arguments_has(a, OPT_TENANT);
  o->tz = a->values[OPT_TZ] ? a->values[OPT_TZ] : "UTC";
  o->log = a->values[OPT_LOG] ? a->values[OPT_LOG] : "panel";
  o->map_path = a->values[OPT_MAP];
  o->now_us = os_now_us(os_real());
  run->verbose = arguments_has(a, OPT_VERBOSE);
  if (!event_tenant_valid(slice_from(o->tenant))) {
    return error_set(err, ERR_INVALID, "--tenant: \"%s\" is no tenant path such as acme/eu", o->tenant);
  }
  if (!query_zone_valid(o->tz)) return error_set(err, ERR_INVALID, "--tz: there is no time zone \"%s\"", o->tz);
  if (strcmp(o->log, "panel") != 0 && strcmp(o->log, "api") != 0) {
    return error_set(err, ERR_INVALID, "--log: \"%s\" is not panel or api", o->log);
  }
  if (a->operand_count == 0)
    return error_set(err, ERR_INVALID, "name the files or folders to import, or - for standard input");
  return arguments_number(a, OPT_YEAR, 1970, 9998, 0, &o->year, err);
}

static int read_files(const struct arguments *a, struct import_run *run, struct error *err) {
  for (uint32_t i = 0; i < a->operand_count; i++) {
    int code = file_list_add(&run->files, a->operands[i], run->importer->suffixes, err);
    if (code) return code;
  }
  if (run->files.count == 0) return error_set(err, ERR_NOT_FOUND, "there are no files to import in %s", a->operands[0]);
  return 0;
}

static int tell_result(struct import_run *run, struct error *err) {
  struct buffer text;
  const char *unit = run->importer->shape == IMPORT_DOCUMENTS ? "record" : "line";
  buffer_init(&text, 4096);
  console_append_count(&text, run->stored);
  buffer_printf(&text, run->backend ? " event%s stored" : " event%s would be stored", run->stored == 1 ? "" : "s");
  if (run->duplicates) {
    buffer_append_text(&text, ", ");
    console_append_count(&text, run->duplicates);
    buffer_append_text(&text, " there already");
  }
  if (run->rejected) {
    buffer_append_text(&text, ", ");
    console_append_count(&text, run->rejected);
    buffer_printf(&text, " %s%s rejected", unit, run->rejected == 1 ? "" : "s");
  }
  if (run->sink.skipped) {
    buffer_append_text(&text, ", ");
    console_append_count(&text, run->sink.skipped);
    buffer_printf(&text, " %s%s passed over (no audit event)", unit, run->sink.skipped == 1 ? "" : "s");
  }
  buffer_append_char(&text, '\n');
  int code = console_write(buffer_slice(&text), err);
  buffer_free(&text);
  if (run->rejected > FAULTS_SHOWN && !run->verbose) {
    fprintf(stderr, "The first %d faults are shown; --verbose shows all.\n", FAULTS_SHOWN);
  }
  return code;
}

static int run_files(struct import_run *run, struct error *err) {
  int code = 0;
  progress_begin(&run->progress, "importing", run->verbose);
  for (run->file = 0; run->file < run->files.count && code == 0; run->file++) code = import_file(run);
  if (code == 0) code = flush(run);
  progress_clear(&run->progress);
  if (code && run->stored + run->duplicates) {
    error_wrap(err, code, "stopped after %llu events (running it again stores nothing twice)",
               (unsigned long long)run->stored + (unsigned long long)run->duplicates);
  }
  return code;
}

/* On the record, also of what was stored before it broke off. */
static int record_import(const struct import_run *run, struct error *err) {
  char stored[24], rejected[24];
  if (!run->backend || !run->backend->ops->record || run->stored == 0) return 0;
  snprintf(stored, sizeof stored, "%llu", (unsigned long long)run->stored);
  snprintf(rejected, sizeof rejected, "%llu", (unsigned long long)run->rejected);
  const struct record_param params[] = {{"format", slice_from(run->importer->name), false},
                                        {"events", slice_from(stored), true},
                                        {"rejected", slice_from(rejected), true}};
  const struct record record = {.log = "admin",
                                .action = "import",
                                .activity = "Events Imported",
                                .category = "Bulk Operations",
                                RECORD_PARAMS(params)};
  return run->backend->ops->record(run->backend, &record, err);
}

static int import_run(const struct arguments *a, struct error *err) {
  struct import_run *run = calloc(1, sizeof *run);
  if (!run) return error_set(err, ERR_INTERNAL, "out of memory");
  run->err = err;
  arena_init(&run->arena, 64 * 1024 * 1024);
  arena_init(&run->documents, DOCUMENT_BYTES);
  buffer_init(&run->batch, 2 * BATCH_BYTES);
  run->parser = event_parser_new();
  int code = read_options(a, run, err);
  import_sink_init(&run->sink, run->importer ? run->importer->name : "");
  run->sink.take = on_event;
  run->sink.reject = on_reject;
  run->sink.arg = run;
  if (code == 0) code = read_files(a, run, err);
  if (code == 0) code = run->importer->open(&run->options, &run->state, err);
  if (code == 0 && !arguments_has(a, OPT_DRY_RUN)) code = backend_open(a, true, &run->backend, err);
  if (code == 0) code = run_files(run, err);
  int recorded = record_import(run, err);
  if (code == 0) code = recorded;
  if (code == 0) code = tell_result(run, err);
  if (code == 0 && run->rejected) code = EXIT_REJECTED;

  backend_close(run->backend);
  if (run->state) run->importer->close(run->state);
  event_parser_free(run->parser);
  import_sink_free(&run->sink);
  file_list_free(&run->files);
  buffer_free(&run->batch);
  arena_free(&run->documents);
  arena_free(&run->arena);
  free(run);
  return code;
}

const struct command command_import = {
    .name = "import",
    .synopsis = "--format FORMAT [OPTIONS] FILE|FOLDER|-...",
    .summary = "take events from files of another make",
    .about =
        "Formats:\n"
        "  ndjson      Daybook events, one JSON object a line; an export of Daybook comes back in\n"
        "  csv         CSV with a header; --map FILE says which column is which field\n"
        "  sshd        OpenSSH's auth.log: logins, failed logins, log-outs; sudo, su, useradd, passwd\n"
        "  combined    web access logs of Apache and nginx; --log panel or api\n"
        "  cloudtrail  AWS CloudTrail files, or the folder of them\n"
        "  twilio      Twilio Monitor events with previous and updated values\n"
        "Files may be compressed with gzip. A line that cannot be read is told with its number and the\n"
        "reason, the rest goes in, and the exit status is 9. Every event gets a key made from its content,\n"
        "so importing a file again within a day stores nothing twice. docs/importing.md says what becomes of\n"
        "each field.",
    .examples =
        "daybook import --format sshd --year 2017 /var/log/auth.log\n"
        "daybook import --format combined --log api --tenant acme/web access.log access.log.1.gz\n"
        "daybook import --format cloudtrail ~/AWSLogs\n"
        "daybook import --format csv --map columns.map --dry-run old-audit.csv\n"
        "zcat events.ndjson.gz | daybook import --format ndjson --data ./data -",
    .options = OPTIONS_PLACE | OPTION_BIT(OPT_FORMAT) | OPTION_BIT(OPT_TENANT) | OPTION_BIT(OPT_LOG) |
               OPTION_BIT(OPT_MAP) | OPTION_BIT(OPT_YEAR) | OPTION_BIT(OPT_TZ) | OPTION_BIT(OPT_DRY_RUN) |
               OPTION_BIT(OPT_VERBOSE),
    .run = import_run,
};
