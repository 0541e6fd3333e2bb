/* `daybook help`, and the text of --help for every command. */
#include <ctype.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/command.h"

/* Every status of base/error.h's table, in words of the command line. */
static const char exit_statuses[] =
    "Exit status:\n"
    "  0  done\n"
    "  1  an internal error\n"
    "  2  wrong usage or invalid input\n"
    "  3  not found\n"
    "  4  conflict: it exists already, or differs from what is stored\n"
    "  5  the key is missing, unknown or not permitted\n"
    "  6  server not reachable or too busy, data folder in use, deadline passed; try again\n"
    "  7  disk full, or an input/output error\n"
    "  8  stored data is damaged\n"
    "  9  import: done, but some lines were rejected\n";

static const char environment[] =
    "Environment:\n"
    "  DAYBOOK_URL  the server to talk to where --url is not given; else " CLI_DEFAULT_URL
    "\n"
    "  DAYBOOK_KEY  the key for it, as `daybook serve` printed it at its first start\n"
    "  NO_COLOR     when set, no colours\n";

static void print_indented(const char *lines) {
  for (const char *line = lines; *line;) {
    size_t len = strcspn(line, "\n");
    printf("  %.*s\n", (int)len, line);
    line += len + (line[len] == '\n');
  }
}

static void print_options(const struct command *c) {
  printf("\nOptions:\n");
  for (unsigned id = 0; id < OPTION_COUNT; id++) {
    const struct option_spec *spec = option_spec((enum option_id)id);
    char left[64];
    if (!(c->options & OPTION_BIT(id)) && id != OPT_HELP) continue;
    char letter[8] = "    ";
    if (spec->letter) snprintf(letter, sizeof letter, "-%c, ", spec->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letter, spec->name, spec->value ? " " : "",
             spec->value ? spec->value : "");
    printf("  %-23s %s\n", left, spec->help);
  }
}

static void print_command(const struct command *c) {
  printf("Usage: daybook %s%s%s\n\n", c->name, *c->synopsis ? " " : "", c->synopsis);
  printf("%c%s.\n", toupper((unsigned char)c->summary[0]), c->summary + 1);
  if (*c->about) printf("\n%s\n", c->about);
  print_options(c);
  printf("\nExamples:\n");
  print_indented(c->examples);
  printf("\n`daybook help` lists all commands, the environment and the exit statuses.\n");
}

static void print_overview(void) {
  uint32_t count;
  const struct command *const *list = command_list(&count);
  printf(
      "Daybook records who did what, when, from where and what changed, and finds it again.\n\n"
      "Usage: daybook COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n");
  printf("  %-10s %s\n", "serve", "run the server: take events over HTTP and answer questions");
  for (uint32_t i = 0; i < count; i++) printf("  %-10s %s\n", list[i]->name, list[i]->summary);
  printf(
      "\n`daybook COMMAND --help` tells more of each, with examples.\n"
      "Commands talk to a server (--url URL); where none runs, most work on a data folder (--data DIR).\n\n"
      "To begin:\n"
      "  daybook serve --data ./data                start a server; it prints its address and a key\n"
      "  export DAYBOOK_KEY=...                     that key\n"
      "  daybook import --format sshd --year 2026 /var/log/auth.log\n"
      "  daybook search action:login outcome:failure\n"
      "  daybook stats --top ip outcome:failure\n\n");
  printf("%s\n%s", environment, exit_statuses);
}

void command_print_help(const struct command *command) {
  if (command) {
    print_command(command);
  } else {
    print_overview();
  }
}

static int help_run(const struct arguments *a, struct error *err) {
  if (a->operand_count > 1) return error_set(err, ERR_INVALID, "help takes one command");
  const struct command *c = a->operand_count ? command_find(a->operands[0]) : NULL;
  if (a->operand_count && !c) return error_set(err, ERR_INVALID, "there is no command %s", a->operands[0]);
  command_print_help(c);
  return 0;
}

const struct command command_help = {
    .name = "help",
    .synopsis = "[COMMAND]",
    .summary = "tell about a command, or list them",
    .about = "",
    .examples = "daybook help\ndaybook help import",
    .run = help_run,
};
