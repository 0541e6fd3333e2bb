/* `daybook fsck`: verify a data folder that no server has open. */
#include <stdio.h>

#include "accounts/accounts.h"
#include "cli/backend.h"
#include "cli/command.h"
#include "cli/console.h"
#include "os/os.h"

struct check {
  struct progress progress;
  uint64_t told;
};

static void tell_problem(void *arg, const char *text) {
  struct check *c = arg;
  console_print_problem(stdout, text);
  c->told++;
}

static int print_report(const struct fsck_report *report, bool repair, struct error *err) {
  struct buffer out;
  buffer_init(&out, 4096);
  console_append_count(&out, report->segments);
  buffer_append_text(&out, " segments with ");
  console_append_count(&out, report->rows);
  buffer_append_text(&out, " events in ");
  console_append_count(&out, report->pages);
  buffer_append_text(&out, " pages, and ");
  console_append_count(&out, report->wal_records);
  buffer_append_text(&out, " log records: ");
  if (report->problems == 0) buffer_append_text(&out, "no faults\n");
  if (report->problems) console_append_count(&out, report->problems);
  if (report->problems) buffer_append_text(&out, repair ? " faults, set aside in damaged/\n" : " faults\n");
  int code = console_write(buffer_slice(&out), err);
  buffer_free(&out);
  return code;
}

static int fsck_run(const struct arguments *a, struct error *err) {
  const char *dir = a->values[OPT_DATA] ? a->values[OPT_DATA] : a->operand_count ? a->operands[0] : NULL;
  struct check check = {0};
  struct fsck_report report = {0};
  uint64_t account_problems = 0;
  bool repair = arguments_has(a, OPT_REPAIR);
  if (!dir || a->operand_count > 1 || (a->values[OPT_DATA] && a->operand_count)) {
    return error_set(err, ERR_INVALID, "name one data folder: daybook fsck --data DIR");
  }
  int code = backend_check_data(dir, err);
  if (code) return code;
  progress_begin(&check.progress, "checking", arguments_has(a, OPT_VERBOSE));
  struct watch *watch = console_watch(&check.progress, NULL, NULL);
  code = store_fsck(os_real(), dir, repair, tell_problem, &check, &report, err);
  console_unwatch(watch);
  if (code == ERR_LOCKED && err) {
    error_clear(err);
    return error_set(err, code, "a server is using %s; stop it first", dir);
  }
  if (code && code != ERR_CORRUPT) return code;
  if (code == ERR_CORRUPT && report.problems == 0) return code;
  if (err) error_clear(err);
  code = print_report(&report, repair, err);
  if (code == 0) code = accounts_fsck(os_real(), dir, tell_problem, &check, &account_problems, err);
  if (code == 0 && account_problems > 0)
    code = error_set(err, ERR_CORRUPT,
                     "the accounts of %s are damaged; bring accounts.db and secret.key back from a backup", dir);
  if (code || report.problems == 0 || repair) return code;
  return error_set(err, ERR_CORRUPT, "%s is damaged; --repair sets aside what cannot be read, so that the rest opens",
                   dir);
}

const struct command command_fsck = {
    .name = "fsck",
    .synopsis = "--data DIR [--repair]",
    .summary = "verify every byte of a data folder; set aside what is damaged",
    .about =
        "Reads every segment, page and log record, and checks checksums, order, numbering and indexes; and the\n"
        "accounts. No server may have the folder open. Exit status 8: there are faults. --repair moves damaged\n"
        "segments and the unreadable end of the log to DIR/damaged; nothing is deleted.",
    .examples =
        "daybook fsck --data ./data\n"
        "daybook fsck --data ./data --repair",
    .options = OPTION_BIT(OPT_DATA) | OPTION_BIT(OPT_REPAIR) | OPTION_BIT(OPT_VERBOSE),
    .run = fsck_run,
};
