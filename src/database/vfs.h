/* SQLite's files through struct os: what SQLite calls a VFS. One for each open database, which is used by one thread at
 * a time and has one connection (a second one for the target of a backup). Private to
 * database/.
 *
 * There is no shared memory, so a database in WAL mode must be opened with PRAGMA locking_mode = EXCLUSIVE before
 * anything is read; and no temporary files, so PRAGMA temp_store = MEMORY. */
#ifndef DAYBOOK_DATABASE_VFS_H
#define DAYBOOK_DATABASE_VFS_H

#include <stdbool.h>

#include "os/os.h"

struct database_vfs;

/* Registers it under a name of its own. read_only: no file is made, written or locked. */
struct database_vfs *database_vfs_new(const struct os *os, bool read_only);
/* After all its connections were closed; NULL is allowed. */
void database_vfs_free(struct database_vfs *v);
/* For sqlite3_open_v2. sqlite3_system_errno of such a connection is an error code of base/error.h. */
const char *database_vfs_name(const struct database_vfs *v);

/* Makes the name of a file durable. */
int database_sync_name(const struct os *os, const char *path);

#endif
