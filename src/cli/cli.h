/* The command line: every subcommand except `serve`, which the daemon owns. One thread, one call per process. */
#ifndef DAYBOOK_CLI_CLI_H
#define DAYBOOK_CLI_CLI_H

/* Where a server listens and where the command line looks for one, unless told otherwise. */
#define CLI_DEFAULT_URL "http://127.0.0.1:8642"

/* Runs `daybook COMMAND ...` and returns the exit status (base/error.h; see `daybook --help`). */
int cli_main(int argc, char **argv);

#endif
