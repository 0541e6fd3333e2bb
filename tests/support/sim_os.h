/* A computer in memory behind struct os: files, folders, clock and randomness, deterministic from a seed.
 *
 * It keeps the durability contract of os/os.h and not a hair more: what was written but not synced, and names that
 * were made, renamed or removed without a sync of their folder, are lost, kept or kept in part when it crashes, as
 * its seed decides. Content survives in units of 512 bytes; a size may be the synced one, the current one or (when
 * growing) one between; a rename happens wholly or not at all; changes of names may survive in any subset.
 *
 * All functions may be called from any thread; with several threads the order of calls, and so the outcome, is not
 * determined by the seed alone. */
#ifndef DAYBOOK_TESTS_SUPPORT_SIM_OS_H
#define DAYBOOK_TESTS_SUPPORT_SIM_OS_H

#include <stdbool.h>
#include <stdint.h>

#include "os/os.h"

struct sim_os;

/* An empty disk with the root folder "/" (relative paths begin there too). */
struct sim_os *sim_os_new(uint64_t seed);
void sim_os_free(struct sim_os *sim); /* after all files were closed; NULL is allowed */
const struct os *sim_os_table(struct sim_os *sim);

/* What goes wrong. Chances are out of a million; numbers count from 1 over the calls since sim_os_new; 0: never. */
struct sim_os_faults {
  uint32_t read_error_ppm;  /* ERR_IO */
  uint32_t read_flip_ppm;   /* one bit of what is returned is wrong, this time */
  uint32_t write_error_ppm; /* ERR_IO after a part of the bytes was written */
  uint32_t sync_error_ppm;  /* ERR_IO, of a file; what was not synced is lost, kept or kept in part at once */
  uint64_t flip_read_at;    /* one bit of what the n-th read returns is wrong */
  uint64_t fail_write_at;   /* the n-th write fails so */
  uint64_t fail_sync_at;    /* the n-th sync of a file or folder fails so */
  uint64_t crash_at;        /* the n-th operation that changes something (sim_os_operations) is the last */
  uint64_t capacity_bytes;  /* of the sizes of files with a name; past it ERR_DISK_FULL. 0: endless */
};
void sim_os_set_faults(struct sim_os *sim, const struct sim_os_faults *faults);

/* Calls so far of open with OS_CREATE, write, sync, truncate, preallocate, rename, remove, make_dir, sync_dir. */
uint64_t sim_os_operations(struct sim_os *sim);
uint64_t sim_os_reads(struct sim_os *sim);
uint64_t sim_os_writes(struct sim_os *sim);
uint64_t sim_os_syncs(struct sim_os *sim);
/* Since the crash every call gives ERR_IO. */
bool sim_os_crashed(struct sim_os *sim);

/* Power off (unless crash_at was before) and on again: what was not durable is decided, faults are switched off,
 * files opened before only give ERR_IO and still have to be closed. */
void sim_os_crash_and_restart(struct sim_os *sim);

/* Rot: inverts the bits of mask in a byte of a file, durably. ERR_NOT_FOUND where there is no such byte. */
int sim_os_damage(struct sim_os *sim, const char *path, uint64_t offset, uint8_t mask);

/* The clocks stand still unless told; the wall clock begins at 2026-01-01T00:00:00Z. */
void sim_os_advance(struct sim_os *sim, int64_t us);        /* both clocks */
void sim_os_set_wall_clock(struct sim_os *sim, int64_t us); /* back in time, too */

#endif
