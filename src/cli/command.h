/* A subcommand: its words for --help, the options it takes and what it does. Static data; private to cli/. */
#ifndef DAYBOOK_CLI_COMMAND_H
#define DAYBOOK_CLI_COMMAND_H

#include "cli/arguments.h"

struct command {
  const char *name;
  const char *synopsis; /* after "daybook NAME" */
  const char *summary;  /* one line */
  const char *about;    /* paragraphs for --help, wrapped by hand */
  const char *examples; /* one a line */
  uint32_t options;     /* set of OPTION_BIT */
  /* 0, an error code (with err), or a positive exit status of its own. */
  int (*run)(const struct arguments *arguments, struct error *err);
};

/* An import of which some lines could not be read: the rest is stored. */
enum { EXIT_REJECTED = 9 };

extern const struct command command_import, command_search, command_stats, command_export, command_retention,
    command_user, command_grant, command_key, command_tenant, command_fsck, command_backup, command_restore,
    command_version, command_help;

/* All of them, in the order of --help. */
const struct command *const *command_list(uint32_t *count_out);
const struct command *command_find(const char *name); /* NULL where there is none */
/* Prints one command's help, or with NULL that of the whole program, to standard output. */
void command_print_help(const struct command *command);

#define DAYBOOK_VERSION "0.1.0"

#endif
