/* The program: `serve` is the server, everything else the command line. */
#include <string.h>

#include "cli/cli.h"
#include "daemon/daemon.h"

int main(int argc, char **argv) {
  if (argc >= 2 && strcmp(argv[1], "serve") == 0) return serve_main(argc - 1, argv + 1);
  if (argc == 3 && strcmp(argv[1], "help") == 0 && strcmp(argv[2], "serve") == 0) {
    char help[] = "--help";
    char *arguments[] = {argv[2], help, NULL};
    return serve_main(2, arguments);
  }
  return cli_main(argc, argv);
}
