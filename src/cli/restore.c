/* `daybook restore`: a backup becomes a data folder again. */
#include <stdio.h>

#include "accounts/accounts.h"
#include "cli/backend.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/copy.h"
#include "os/os.h"

struct restore {
  uint64_t done, total;
  struct progress progress;
};

static void on_piece(void *arg, uint64_t bytes) {
  struct restore *r = arg;
  r->done += bytes;
  progress_show(&r->progress, r->done, r->total, "");
}

static void tell_problem(void *arg, const char *text) {
  (void)arg;
  console_print_problem(stderr, text);
}

static int restore_run(const struct arguments *a, struct error *err) {
  const char *to = a->values[OPT_DATA];
  struct restore r = {0};
  struct fsck_report report = {0};
  uint64_t account_problems = 0;
  bool empty;
  if (a->operand_count != 1 || !to) {
    return error_set(err, ERR_INVALID, "name the backup and the data folder to make: daybook restore FROM --data DIR");
  }
  int code = backend_check_data(a->operands[0], err);
  if (code == 0) code = backend_check_empty(to, &empty, err);
  if (code == 0 && !empty)
    code = error_set(err, ERR_CONFLICT, "%s is not empty; a restore takes a new or empty folder", to);
  if (code) return code;
  r.total = copy_measure(a->operands[0]);
  progress_begin(&r.progress, "restoring", arguments_has(a, OPT_VERBOSE));
  code = copy_folder(a->operands[0], to, on_piece, &r, err);
  progress_clear(&r.progress);
  if (code) return code;
  code = store_fsck(os_real(), to, false, tell_problem, NULL, &report, err);
  if (code == 0) code = accounts_fsck(os_real(), to, tell_problem, NULL, &account_problems, err);
  if (code == 0 && report.problems + account_problems > 0)
    code = error_set(err, ERR_CORRUPT, "the backup is damaged (see above)");
  if (code) return error_wrap(err, code, "the copy in %s was made and checked", to);
  printf("%s is restored and verified. `daybook serve --data %s` serves it.\n", to, to);
  return 0;
}

const struct command command_restore = {
    .name = "restore",
    .synopsis = "FROM --data DIR",
    .summary = "make a data folder of a backup, and verify it",
    .about =
        "Copies the backup FROM into DIR, which must be new or empty, then verifies every byte of it as\n"
        "`daybook fsck` does. The backup itself is not changed and can be restored again.",
    .examples = "daybook restore /mnt/backup/daybook-2026-11-20 --data ./data",
    .options = OPTION_BIT(OPT_DATA) | OPTION_BIT(OPT_VERBOSE),
    .run = restore_run,
};
