#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/console.h"

const struct command *const *command_list(uint32_t *count_out) {
  static const struct command *const list[] = {&command_import,    &command_search, &command_stats,  &command_export,
                                               &command_retention, &command_user,   &command_grant,  &command_key,
                                               &command_tenant,    &command_fsck,   &command_backup, &command_restore,
                                               &command_version,   &command_help};
  *count_out = sizeof list / sizeof *list;
  return list;
}

const struct command *command_find(const char *name) {
  uint32_t count;
  const struct command *const *list = command_list(&count);
  for (uint32_t i = 0; i < count; i++) {
    if (strcmp(list[i]->name, name) == 0) return list[i];
  }
  return NULL;
}

/* A message may quote what came from outside: nothing of it may steer the terminal. */
static void tell(const char *command, const char *message) {
  struct buffer line;
  buffer_init(&line, 16 * 1024);
  console_append_safe(&line, slice_from(message));
  fprintf(stderr, "daybook%s%s: %.*s\n", command ? " " : "", command ? command : "", SLICE_ARGS(buffer_slice(&line)));
  buffer_free(&line);
}

static int finish(const struct command *c, int code, const struct error *err) {
  /* A reader that has seen enough closes the pipe: no fault of ours. */
  bool flushed = fflush(stdout) == 0 || errno == EPIPE;
  if (code == 0 && !flushed) {
    tell(c->name, strerror(errno));
    return error_exit_status(ERR_IO);
  }
  if (code >= 0) return code;
  tell(c->name, err->code ? err->message : error_text(code));
  if (code == ERR_INVALID) fprintf(stderr, "`daybook %s --help` tells how it is used.\n", c->name);
  return error_exit_status(code);
}

static int run_command(const struct command *c, int argc, char **argv) {
  struct error err = {0};
  struct arguments *a = calloc(1, sizeof *a);
  if (!a) abort();
  int code = arguments_parse(argc, argv, c->options | OPTION_BIT(OPT_HELP), a, &err);
  if (code == 0 && arguments_has(a, OPT_HELP)) {
    command_print_help(c);
  } else if (code == 0) {
    code = c->run(a, &err);
  }
  free(a);
  return finish(c, code, &err);
}

int cli_main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : NULL;
  if (!name) {
    command_print_help(NULL);
    return error_exit_status(ERR_INVALID);
  }
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
  if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) name = "version";
  const struct command *c = command_find(name);
  if (c) return run_command(c, argc - 2, argv + 2);
  char message[256];
  snprintf(message, sizeof message, "there is no command \"%.100s\"; `daybook help` lists them", name);
  tell(NULL, message);
  return error_exit_status(ERR_INVALID);
}
