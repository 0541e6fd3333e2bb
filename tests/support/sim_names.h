/* Names of a simulated disk: what is seen now, what a crash would leave, and the changes in between. Private to
 * sim_os.c, whose lock guards it. Paths are normal: components joined by single slashes, none at either end; the
 * root is "". */
#ifndef DAYBOOK_TESTS_SUPPORT_SIM_NAMES_H
#define DAYBOOK_TESTS_SUPPORT_SIM_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/support/sim_disk.h"

/* A file or folder; lives as long as a name, a pending change or an open file holds it. */
struct sim_node {
  bool is_dir;
  unsigned holders;
  struct sim_content content;
  const struct os_file *lock_owner; /* NULL: nobody has it locked */
};
struct sim_node *sim_node_new(bool is_dir); /* held by nobody yet */
void sim_node_hold(struct sim_node *node);
void sim_node_drop(struct sim_node *node);

struct sim_entry {
  char *path;
  struct sim_node *node;
};
struct sim_table {
  struct sim_entry *entries; /* in the order they were made */
  size_t count, capacity;
};

enum sim_change_kind { SIM_LINK, SIM_UNLINK, SIM_RENAME };
struct sim_change {
  enum sim_change_kind kind;
  char *path, *to; /* to: of a rename */
  struct sim_node *node;
};

struct sim_names {
  struct sim_table now, durable;
  struct sim_change *changes; /* not yet durable, oldest first */
  size_t change_count, change_capacity;
};

/* Writes the normal form of path, at most bytes long with its NUL; false where it has ".." or is too long. */
bool sim_path_normal(const char *path, char *out, size_t bytes);
void sim_path_parent(const char *path, char *out, size_t bytes);
/* Whether path lies directly in folder. */
bool sim_path_is_in(const char *path, const char *folder);

void sim_names_free(struct sim_names *n);
struct sim_node *sim_names_find(const struct sim_names *n, const char *path); /* NULL: there is none */
/* Seen at once, durable after sim_names_sync of the folder. The caller has checked that it is possible. */
void sim_names_change(struct sim_names *n, enum sim_change_kind kind, const char *path, const char *to,
                      struct sim_node *node);
void sim_names_sync(struct sim_names *n, const char *folder);
void sim_names_sync_all(struct sim_names *n);
/* Any subset of the pending changes survives; what has lost its folder is gone. */
void sim_names_lose(struct sim_names *n, uint64_t *random_state);

#endif
