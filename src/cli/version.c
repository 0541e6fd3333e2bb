/* `daybook version`. */
#include <stdio.h>

#include "cli/command.h"

static int version_run(const struct arguments *a, struct error *err) {
  if (a->operand_count) return error_set(err, ERR_INVALID, "version takes no arguments");
  printf("daybook " DAYBOOK_VERSION "\n");
  return 0;
}

const struct command command_version = {
    .name = "version",
    .synopsis = "",
    .summary = "print the version",
    .about = "",
    .examples = "daybook version",
    .run = version_run,
};
