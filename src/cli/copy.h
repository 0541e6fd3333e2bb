/* Folders as backups and restores copy them. Pure functions over paths. */
#ifndef DAYBOOK_CLI_COPY_H
#define DAYBOOK_CLI_COPY_H

#include <stdint.h>

#include "base/error.h"

/* Bytes of all files in and below a folder; 0 where it cannot be read. */
uint64_t copy_measure(const char *dir);
/* Copies everything in and below `from` into `to` (made with mode 0700 where absent), files 0600, all of it synced.
 * piece(arg, bytes) is called as it goes. Links and devices are refused. */
int copy_folder(const char *from, const char *to, void (*piece)(void *arg, uint64_t bytes), void *arg,
                struct error *err);

#endif
