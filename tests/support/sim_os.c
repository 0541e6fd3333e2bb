#include "tests/support/sim_os.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/sim_names.h"

enum { PATH_BYTES = 4096, PPM = 1000000 };

struct os_file {
  struct sim_node *node;
  bool writable;
  uint64_t boots; /* of the computer, when it was opened */
};

struct sim_os {
  pthread_mutex_t mutex;
  struct os table;
  struct sim_names names;
  struct sim_os_faults faults;
  uint64_t fault_state, random_state; /* of pseudo-random numbers */
  uint64_t boots, operations, reads, writes, syncs;
  unsigned open_files;
  bool crashed;
  int64_t wall_us, monotonic_us;
};

static void lock(struct sim_os *sim) {
  int result = pthread_mutex_lock(&sim->mutex);
  assert(result == 0);
  (void)result;
}

/* Hands code through, so that a function can end with it. */
static int unlock(struct sim_os *sim, int code) {
  int result = pthread_mutex_unlock(&sim->mutex);
  assert(result == 0);
  (void)result;
  return code;
}

static bool chance(struct sim_os *sim, uint32_t ppm) {
  return ppm > 0 && sim_random_below(&sim->fault_state, PPM) < ppm;
}

/* Counts an operation that changes something. The one at which the power goes still happens, as far as nothing
 * durable comes of it, but nobody hears of it. */
static int begin_change(struct sim_os *sim, bool *last_out) {
  sim->operations++;
  *last_out = false;
  if (sim->crashed) return ERR_IO;
  if (sim->operations == sim->faults.crash_at) *last_out = sim->crashed = true;
  return 0;
}

static int check_file(const struct sim_os *sim, const struct os_file *file) {
  return sim->crashed || file->boots != sim->boots ? ERR_IO : 0;
}

/* ---- Names ---- */

/* The normal path, and that its folder is there. */
static int resolve(const struct sim_os *sim, const char *path, char out[PATH_BYTES]) {
  char parent[PATH_BYTES];
  if (!sim_path_normal(path, out, PATH_BYTES)) return ERR_INVALID;
  if (!*out) return 0;
  sim_path_parent(out, parent, sizeof parent);
  const struct sim_node *folder = sim_names_find(&sim->names, parent);
  return folder ? folder->is_dir ? 0 : ERR_IO : ERR_NOT_FOUND;
}

static int create(struct sim_os *sim, const char *path, struct sim_node **out) {
  if (sim_names_find(&sim->names, path)) return ERR_CONFLICT;
  *out = sim_node_new(false);
  sim_names_change(&sim->names, SIM_LINK, path, NULL, *out);
  return 0;
}

static int find_file(struct sim_os *sim, const char *path, struct sim_node **out) {
  *out = sim_names_find(&sim->names, path);
  if (!*out) return ERR_NOT_FOUND;
  return (*out)->is_dir ? ERR_IO : 0;
}

static int sim_open(void *context, const char *path, enum os_open_mode mode, struct os_file **out) {
  struct sim_os *sim = context;
  char normal[PATH_BYTES];
  struct sim_node *node = NULL;
  bool last = false;
  lock(sim);
  int code = mode == OS_CREATE ? begin_change(sim, &last) : sim->crashed ? ERR_IO : 0;
  if (!code) code = resolve(sim, path, normal);
  if (!code) code = mode == OS_CREATE ? create(sim, normal, &node) : find_file(sim, normal, &node);
  if (!code && last) code = ERR_IO;
  if (code) return unlock(sim, code);
  struct os_file *file = malloc(sizeof *file);
  if (!file) abort();
  *file = (struct os_file){node, mode != OS_READ, sim->boots};
  sim_node_hold(node);
  sim->open_files++;
  *out = file;
  return unlock(sim, 0);
}

static void sim_close(void *context, struct os_file *file) {
  struct sim_os *sim = context;
  if (!file) return;
  lock(sim);
  if (file->node->lock_owner == file) file->node->lock_owner = NULL;
  sim_node_drop(file->node);
  sim->open_files--;
  free(file);
  unlock(sim, 0);
}

static bool has_entries(const struct sim_os *sim, const char *folder) {
  for (size_t i = 0; i < sim->names.now.count; i++)
    if (sim_path_is_in(sim->names.now.entries[i].path, folder)) return true;
  return false;
}

static int sim_remove(void *context, const char *path) {
  struct sim_os *sim = context;
  char normal[PATH_BYTES];
  bool last;
  lock(sim);
  int code = begin_change(sim, &last);
  if (!code) code = resolve(sim, path, normal);
  if (code) return unlock(sim, code);
  struct sim_node *node = sim_names_find(&sim->names, normal);
  if (!node) return unlock(sim, ERR_NOT_FOUND);
  if (!*normal || (node->is_dir && has_entries(sim, normal))) return unlock(sim, ERR_CONFLICT);
  sim_names_change(&sim->names, SIM_UNLINK, normal, NULL, node);
  return unlock(sim, last ? ERR_IO : 0);
}

/* Whether `from` may take the name `to`: as rename(2), a file replaces a file and a folder an empty folder. */
static int check_rename(struct sim_os *sim, const char *from, const char *to) {
  const struct sim_node *node = sim_names_find(&sim->names, from), *old = sim_names_find(&sim->names, to);
  size_t n = strlen(from);
  if (!node) return ERR_NOT_FOUND;
  if (!*from || !*to || (strncmp(from, to, n) == 0 && to[n] == '/')) return ERR_IO;
  if (!old) return 0;
  return old->is_dir != node->is_dir || (old->is_dir && has_entries(sim, to)) ? ERR_IO : 0;
}

static int sim_rename(void *context, const char *from, const char *to) {
  struct sim_os *sim = context;
  char normal_from[PATH_BYTES], normal_to[PATH_BYTES];
  bool last;
  lock(sim);
  int code = begin_change(sim, &last);
  if (!code) code = resolve(sim, from, normal_from);
  if (!code) code = resolve(sim, to, normal_to);
  if (!code) code = check_rename(sim, normal_from, normal_to);
  if (code) return unlock(sim, code);
  if (strcmp(normal_from, normal_to) != 0)
    sim_names_change(&sim->names, SIM_RENAME, normal_from, normal_to, sim_names_find(&sim->names, normal_from));
  return unlock(sim, last ? ERR_IO : 0);
}

static int sim_make_dir(void *context, const char *path) {
  struct sim_os *sim = context;
  char normal[PATH_BYTES];
  bool last;
  lock(sim);
  int code = begin_change(sim, &last);
  if (!code) code = resolve(sim, path, normal);
  if (code) return unlock(sim, code);
  const struct sim_node *old = sim_names_find(&sim->names, normal);
  if (old && !old->is_dir) return unlock(sim, ERR_CONFLICT);
  if (!old) sim_names_change(&sim->names, SIM_LINK, normal, NULL, sim_node_new(true));
  return unlock(sim, last ? ERR_IO : 0);
}

static int sim_sync_dir(void *context, const char *path) {
  struct sim_os *sim = context;
  char normal[PATH_BYTES];
  bool last;
  lock(sim);
  int code = begin_change(sim, &last);
  sim->syncs++;
  if (!code && (last || sim->syncs == sim->faults.fail_sync_at)) code = ERR_IO;
  if (!code) code = resolve(sim, path, normal);
  if (code) return unlock(sim, code);
  const struct sim_node *folder = sim_names_find(&sim->names, normal);
  if (!folder) return unlock(sim, ERR_NOT_FOUND);
  if (!folder->is_dir) return unlock(sim, ERR_IO);
  sim_names_sync(&sim->names, normal);
  return unlock(sim, 0);
}

/* The names are copied first: each may call us. */
static int sim_list_dir(void *context, const char *path, int (*each)(void *arg, const char *name), void *arg) {
  struct sim_os *sim = context;
  char normal[PATH_BYTES];
  lock(sim);
  int code = sim->crashed ? ERR_IO : resolve(sim, path, normal);
  if (code) return unlock(sim, code);
  const struct sim_node *folder = sim_names_find(&sim->names, normal);
  if (!folder) return unlock(sim, ERR_NOT_FOUND);
  if (!folder->is_dir) return unlock(sim, ERR_IO);
  size_t count = 0;
  char **names = calloc(sim->names.now.count + 1, sizeof *names);
  if (!names) abort();
  for (size_t i = 0; i < sim->names.now.count; i++) {
    const char *entry = sim->names.now.entries[i].path, *slash = strrchr(entry, '/');
    if (!sim_path_is_in(entry, normal)) continue;
    names[count] = strdup(slash ? slash + 1 : entry);
    if (!names[count++]) abort();
  }
  unlock(sim, 0);
  for (size_t i = 0; i < count; i++) {
    if (!code) code = each(arg, names[i]);
    free(names[i]);
  }
  free(names);
  return code;
}

/* ---- Content ---- */

static int sim_read(void *context, struct os_file *file, uint64_t offset, void *to, size_t len, size_t *read_out) {
  struct sim_os *sim = context;
  lock(sim);
  int code = check_file(sim, file);
  sim->reads++;
  if (!code && chance(sim, sim->faults.read_error_ppm)) code = ERR_IO;
  if (code) return unlock(sim, code);
  size_t got = sim_content_read(&file->node->content, offset, to, len);
  if (got && (chance(sim, sim->faults.read_flip_ppm) || sim->reads == sim->faults.flip_read_at)) {
    uint64_t bit = sim_random_below(&sim->fault_state, 8 * (uint64_t)got);
    ((uint8_t *)to)[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  *read_out = got;
  return unlock(sim, 0);
}

static uint64_t used_bytes(const struct sim_os *sim) {
  uint64_t sum = 0;
  for (size_t i = 0; i < sim->names.now.count; i++) sum += sim->names.now.entries[i].node->content.size;
  return sum;
}

/* How large this file may become. */
static uint64_t largest_size(const struct sim_os *sim, const struct sim_content *c) {
  if (!sim->faults.capacity_bytes) return UINT64_MAX;
  uint64_t used = used_bytes(sim);
  return c->size + (used < sim->faults.capacity_bytes ? sim->faults.capacity_bytes - used : 0);
}

static int write_content(struct sim_os *sim, struct sim_content *c, uint64_t offset, const void *data, size_t len) {
  uint64_t largest = largest_size(sim, c);
  if (chance(sim, sim->faults.write_error_ppm) || sim->writes == sim->faults.fail_write_at) {
    len = (size_t)sim_random_below(&sim->fault_state, (uint64_t)len + 1);
    if (offset < largest) sim_content_write(c, offset, data, len < largest - offset ? len : (size_t)(largest - offset));
    return ERR_IO;
  }
  if (len == 0 || (offset < largest && len <= largest - offset)) {
    sim_content_write(c, offset, data, len);
    return 0;
  }
  if (offset < largest) sim_content_write(c, offset, data, (size_t)(largest - offset));
  return ERR_DISK_FULL;
}

static int sim_write(void *context, struct os_file *file, uint64_t offset, const void *data, size_t len) {
  struct sim_os *sim = context;
  bool last;
  lock(sim);
  int code = begin_change(sim, &last);
  sim->writes++;
  if (!code && (file->boots != sim->boots || !file->writable)) code = ERR_IO;
  if (!code && (offset > INT64_MAX || len > INT64_MAX - offset)) code = ERR_IO;
  if (!code) code = write_content(sim, &file->node->content, offset, data, len);
  return unlock(sim, code ? code : last ? ERR_IO : 0);
}

static int sim_sync(void *context, struct os_file *file) {
  struct sim_os *sim = context;
  bool last;
  lock(sim);
  int code = begin_change(sim, &last);
  sim->syncs++;
  if (!code && (last || file->boots != sim->boots)) code = ERR_IO;
  if (code) return unlock(sim, code);
  if (chance(sim, sim->faults.sync_error_ppm) || sim->syncs == sim->faults.fail_sync_at) {
    sim_content_lose(&file->node->content, &sim->fault_state);
    return unlock(sim, ERR_IO);
  }
  sim_content_sync(&file->node->content);
  return unlock(sim, 0);
}

static int sim_size(void *context, struct os_file *file, uint64_t *size_out) {
  struct sim_os *sim = context;
  lock(sim);
  int code = check_file(sim, file);
  if (!code) *size_out = file->node->content.size;
  return unlock(sim, code);
}

static int change_size(struct sim_os *sim, struct os_file *file, uint64_t size, bool shrink) {
  bool last;
  lock(sim);
  struct sim_content *c = &file->node->content;
  int code = begin_change(sim, &last);
  if (!code && (file->boots != sim->boots || !file->writable || size > INT64_MAX)) code = ERR_IO;
  if (!code && size > c->size && size > largest_size(sim, c)) code = ERR_DISK_FULL;
  if (!code && (shrink || size > c->size)) sim_content_resize(c, size);
  return unlock(sim, code ? code : last ? ERR_IO : 0);
}

static int sim_truncate(void *context, struct os_file *file, uint64_t size) {
  return change_size(context, file, size, true);
}

static int sim_preallocate(void *context, struct os_file *file, uint64_t size) {
  return change_size(context, file, size, false);
}

static int sim_lock(void *context, struct os_file *file) {
  struct sim_os *sim = context;
  lock(sim);
  int code = check_file(sim, file);
  const struct os_file *owner = file->node->lock_owner;
  if (!code && owner && owner != file && owner->boots == sim->boots) code = ERR_LOCKED;
  if (!code) file->node->lock_owner = file;
  return unlock(sim, code);
}

static int sim_free_bytes(void *context, const char *path, uint64_t *bytes_out) {
  struct sim_os *sim = context;
  char normal[PATH_BYTES];
  lock(sim);
  int code = sim->crashed ? ERR_IO : resolve(sim, path, normal);
  if (!code && !sim_names_find(&sim->names, normal)) code = ERR_NOT_FOUND;
  if (code) return unlock(sim, code);
  uint64_t capacity = sim->faults.capacity_bytes ? sim->faults.capacity_bytes : UINT64_C(1) << 50;
  uint64_t used = used_bytes(sim);
  *bytes_out = used < capacity ? capacity - used : 0;
  return unlock(sim, 0);
}

/* ---- Clocks and randomness ---- */

static int64_t sim_now_us(void *context) {
  struct sim_os *sim = context;
  lock(sim);
  int64_t us = sim->wall_us;
  unlock(sim, 0);
  return us;
}

static int64_t sim_monotonic_us(void *context) {
  struct sim_os *sim = context;
  lock(sim);
  int64_t us = sim->monotonic_us;
  unlock(sim, 0);
  return us;
}

static void sim_random_bytes(void *context, void *to, size_t len) {
  struct sim_os *sim = context;
  lock(sim);
  for (size_t i = 0; i < len; i++) ((uint8_t *)to)[i] = (uint8_t)(sim_random(&sim->random_state) >> 56);
  unlock(sim, 0);
}

/* ---- What tests do to it ---- */

static const struct os functions = {
    .open = sim_open,
    .close = sim_close,
    .read = sim_read,
    .write = sim_write,
    .sync = sim_sync,
    .size = sim_size,
    .truncate = sim_truncate,
    .preallocate = sim_preallocate,
    .lock = sim_lock,
    .rename = sim_rename,
    .remove = sim_remove,
    .make_dir = sim_make_dir,
    .sync_dir = sim_sync_dir,
    .list_dir = sim_list_dir,
    .free_bytes = sim_free_bytes,
    .now_us = sim_now_us,
    .monotonic_us = sim_monotonic_us,
    .random = sim_random_bytes,
};

struct sim_os *sim_os_new(uint64_t seed) {
  struct sim_os *sim = calloc(1, sizeof *sim);
  if (!sim || pthread_mutex_init(&sim->mutex, NULL) != 0) abort();
  sim->table = functions;
  sim->table.context = sim;
  sim->fault_state = seed;
  sim->random_state = ~seed;
  sim->wall_us = INT64_C(1767225600000000); /* 2026-01-01T00:00:00Z */
  sim->monotonic_us = 1000000;
  sim_names_change(&sim->names, SIM_LINK, "", NULL, sim_node_new(true));
  sim_names_sync_all(&sim->names);
  return sim;
}

void sim_os_free(struct sim_os *sim) {
  if (!sim) return;
  assert(sim->open_files == 0);
  sim_names_free(&sim->names);
  (void)pthread_mutex_destroy(&sim->mutex);
  free(sim);
}

const struct os *sim_os_table(struct sim_os *sim) { return &sim->table; }

void sim_os_set_faults(struct sim_os *sim, const struct sim_os_faults *faults) {
  lock(sim);
  sim->faults = *faults;
  unlock(sim, 0);
}

static uint64_t read_counter(struct sim_os *sim, const uint64_t *counter) {
  lock(sim);
  uint64_t value = *counter;
  unlock(sim, 0);
  return value;
}

uint64_t sim_os_operations(struct sim_os *sim) { return read_counter(sim, &sim->operations); }
uint64_t sim_os_reads(struct sim_os *sim) { return read_counter(sim, &sim->reads); }
uint64_t sim_os_writes(struct sim_os *sim) { return read_counter(sim, &sim->writes); }
uint64_t sim_os_syncs(struct sim_os *sim) { return read_counter(sim, &sim->syncs); }

bool sim_os_crashed(struct sim_os *sim) {
  lock(sim);
  bool crashed = sim->crashed;
  unlock(sim, 0);
  return crashed;
}

void sim_os_crash_and_restart(struct sim_os *sim) {
  lock(sim);
  sim_names_lose(&sim->names, &sim->fault_state);
  sim->faults = (struct sim_os_faults){0};
  sim->crashed = false;
  sim->boots++;
  unlock(sim, 0);
}

int sim_os_damage(struct sim_os *sim, const char *path, uint64_t offset, uint8_t mask) {
  char normal[PATH_BYTES];
  struct sim_node *node = NULL;
  lock(sim);
  int code = resolve(sim, path, normal);
  if (!code) code = find_file(sim, normal, &node);
  if (!code && offset >= node->content.size) code = ERR_NOT_FOUND;
  if (!code) sim_content_damage(&node->content, offset, mask);
  return unlock(sim, code);
}

void sim_os_advance(struct sim_os *sim, int64_t us) {
  lock(sim);
  sim->wall_us += us;
  sim->monotonic_us += us;
  unlock(sim, 0);
}

void sim_os_set_wall_clock(struct sim_os *sim, int64_t us) {
  lock(sim);
  sim->wall_us = us;
  unlock(sim, 0);
}
