/* `daybook backup`: a consistent copy of a data folder, of a running server as well. */
#include <stdio.h>
#include <sys/stat.h>

#include "cli/backend.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/copy.h"

struct sizes {
  const char *from, *to;
};

static uint64_t measure(void *arg, uint64_t *total_out) {
  const struct sizes *s = arg;
  *total_out = copy_measure(s->from);
  return copy_measure(s->to);
}

static int backup_local(const struct arguments *a, struct backend *b, const char *to, struct error *err) {
  struct sizes sizes = {a->values[OPT_DATA], to};
  struct progress progress;
  progress_begin(&progress, "copying", arguments_has(a, OPT_VERBOSE));
  struct watch *watch = console_watch(&progress, measure, &sizes);
  int code = b->ops->backup(b, to, err);
  console_unwatch(watch);
  return code;
}

static int backup_run(const struct arguments *a, struct error *err) {
  struct backend *b = NULL;
  if (a->operand_count != 1)
    return error_set(err, ERR_INVALID, "name the folder to write the copy to: daybook backup TO");
  const char *to = a->operands[0];
  bool empty = true;
  int code = a->values[OPT_DATA] ? backend_check_empty(to, &empty, err) : 0;
  if (code == 0 && !empty)
    code = error_set(err, ERR_CONFLICT, "%s is not empty; a backup takes a new or empty folder", to);
  if (code == 0) code = backend_open(a, false, &b, err);
  if (code == 0) code = a->values[OPT_DATA] ? backup_local(a, b, to, err) : b->ops->backup(b, to, err);
  backend_close(b);
  if (code) return code;
  const char *where = a->values[OPT_DATA] ? "" : ", below the server's --backup-dir";
  printf("The copy is in %s%s. `daybook restore` makes a data folder of it.\n", to, where);
  return 0;
}

const struct command command_backup = {
    .name = "backup",
    .synopsis = "[--url URL | --data DIR] TO",
    .summary = "a consistent copy of a running server or of a data folder",
    .about =
        "With --url (or DAYBOOK_URL) the running server makes the copy while it goes on serving: TO is the name\n"
        "of a new folder below the one that `daybook serve --backup-dir` was given, on the server's disk. With\n"
        "--data the copy is made here, of a folder that no server has open; TO must be new or empty. The copy\n"
        "holds every event that was acknowledged before the backup began.",
    .examples =
        "daybook backup nightly-2026-11-20\n"
        "daybook backup --data ./data /mnt/backup/daybook-2026-11-20",
    .options = OPTIONS_PLACE | OPTION_BIT(OPT_VERBOSE),
    .run = backup_run,
};
