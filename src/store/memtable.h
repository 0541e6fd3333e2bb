/* The memtable: committed events that are not yet in a segment, by column. One writer (the committer); any number of
 * readers through views, which see the rows published when they were made. Private to store/.
 *
 * Everything a view can reach is written once and never moves: pages and dictionary chunks are allocated in place,
 * tables that grow are replaced and the old ones kept until the memtable goes. */
#ifndef DAYBOOK_STORE_MEMTABLE_H
#define DAYBOOK_STORE_MEMTABLE_H

#include "event/event.h"
#include "store/part.h"

enum {
  MEMTABLE_GROUP_ROWS = LIMIT_PAGE_ROWS, /* a group of a memtable is one page: fine zone maps by time */
  MEMTABLE_MAX_ROWS = 2 * LIMIT_MEMTABLE_ROWS,
};

struct memtable;

/* An empty memtable with one reference; its WAL file is `generation`. The seed keys the hash tables. */
struct memtable *memtable_new(uint64_t generation, uint64_t seed);
void memtable_ref(struct memtable *m);
void memtable_unref(struct memtable *m); /* NULL is allowed */
uint64_t memtable_generation(const struct memtable *m);

/* Adds an event that is in the log, if perhaps not yet safe there (seq and received_at set); not visible before
 * memtable_publish. The caller keeps below
 * MEMTABLE_MAX_ROWS. Writer only. */
void memtable_append(struct memtable *m, const struct event *e);
void memtable_publish(struct memtable *m);
uint32_t memtable_rows(const struct memtable *m); /* published */
uint64_t memtable_bytes(const struct memtable *m);
/* The row of an idempotency key among all rows, published or not. Writer only. */
bool memtable_find_key(struct memtable *m, struct slice tenant, struct slice key, uint32_t *row_out);

/* A part of the rows published now; holds a reference. Its groups have MEMTABLE_GROUP_ROWS rows, no runs, unsorted
 * dictionaries and no masks. */
struct part *memtable_view(struct memtable *m);
void memtable_view_free(struct part *view); /* NULL is allowed */

#endif
