/* Idempotency keys: finding the stored event of a tenant that has a given key, in memtables by hash, in recent segments
 * by bloom filter, dictionary and term index. Runs on the committer's thread. */
#include <stdlib.h>

#include "base/fold.h"
#include "store/internal.h"
#include "store/row.h"

/* Ids of the key in a segment's dictionary: case variants share a folded form. */
static int find_ids(struct part *part, uint32_t column, struct slice key, uint32_t *begin, uint32_t *end,
                    struct error *err) {
  struct buffer folded;
  buffer_init(&folded, 16 * LIMIT_EVENT_BYTES);
  int rc = part->ops->dict_find(part, column, fold(key, &folded), false, begin, end, NULL, 0, err);
  buffer_free(&folded);
  return rc;
}

struct wanted {
  struct slice tenant, key;
  int64_t since_us; /* an older event may have the same key as a newer one, which counts */
};

static bool is_wanted(const struct wanted *w, const struct event *e) {
  return e->received_at_us >= w->since_us && slice_equal(event_text(e, FIELD_TENANT), w->tenant) &&
         slice_equal(event_text(e, FIELD_KEY), w->key);
}

/* Tries the rows of a chunk whose key id lies in [begin, end). */
static int try_chunk(struct part *part, uint32_t group, uint32_t chunk, const struct page *page, uint32_t begin,
                     uint32_t end, const struct wanted *wanted, struct arena *arena, struct event *out,
                     struct error *err) {
  uint32_t first = chunk % PAGE_CHUNKS * LIMIT_CHUNK_ROWS;
  struct row_reader *reader = NULL;
  int rc = ERR_NOT_FOUND;
  for (uint32_t r = first; r < first + LIMIT_CHUNK_ROWS && r < page->row_count && rc == ERR_NOT_FOUND; r++) {
    uint32_t id_plus_1 = page_id(page, r);
    if (!id_plus_1 || id_plus_1 - 1 < begin || id_plus_1 - 1 >= end) continue;
    if (!reader) reader = row_reader_new(part, group, ROW_TEXT_PAGES);
    int read = row_read(reader, chunk / PAGE_CHUNKS * LIMIT_PAGE_ROWS + r, arena, out, err);
    if (read)
      rc = read;
    else if (is_wanted(wanted, out))
      rc = 0;
  }
  row_reader_free(reader);
  return rc;
}

static int find_in_group(struct part *part, uint32_t column, uint32_t group, uint32_t begin, uint32_t end,
                         const struct wanted *wanted, struct arena *arena, struct event *out, struct error *err) {
  uint64_t mask;
  struct group_info info;
  part->ops->group(part, group, &info);
  int rc = part->ops->term_mask(part, column, group, begin, end, &mask, err);
  if (rc) return rc;
  rc = ERR_NOT_FOUND;
  for (uint32_t chunk = 0; chunk * LIMIT_CHUNK_ROWS < info.rows && rc == ERR_NOT_FOUND; chunk++) {
    const struct page *page;
    if (!(mask >> chunk & 1)) continue;
    int got = part->ops->page_get(part, column, group, chunk / PAGE_CHUNKS, &page, err);
    if (got) return got;
    if (!page) continue;
    rc = try_chunk(part, group, chunk, page, begin, end, wanted, arena, out, err);
    part->ops->page_put(part, page);
  }
  return rc;
}

static int find_in_segment(struct part *part, const struct wanted *wanted, struct arena *arena, struct event *out,
                           struct error *err) {
  bool may = false;
  uint32_t begin = 0, end = 0;
  uint32_t column = part->ops->find_column(part, FIELD_KEY, SLICE(""));
  if (column == NO_COLUMN) return ERR_NOT_FOUND;
  int rc = part->ops->may_hold_key(part, wanted->tenant, wanted->key, &may, err);
  if (rc == 0 && may) rc = find_ids(part, column, wanted->key, &begin, &end, err);
  if (rc) return rc;
  rc = ERR_NOT_FOUND;
  if (begin < end)
    for (uint32_t g = 0; g < part->group_count && rc == ERR_NOT_FOUND; g++)
      rc = find_in_group(part, column, g, begin, end, wanted, arena, out, err);
  return rc;
}

static int find_in_memtable(struct memtable *m, struct slice tenant, struct slice key, struct arena *arena,
                            struct event *out, struct error *err) {
  uint32_t row;
  if (!memtable_find_key(m, tenant, key, &row)) return ERR_NOT_FOUND;
  struct part *view = memtable_view(m);
  struct row_reader *reader = row_reader_new(view, row / MEMTABLE_GROUP_ROWS, ROW_TEXT_PAGES);
  int rc = row_read(reader, row % MEMTABLE_GROUP_ROWS, arena, out, err);
  row_reader_free(reader);
  memtable_view_free(view);
  return rc;
}

int keys_find(struct store *s, struct slice tenant, struct slice key, struct arena *arena, struct event *out,
              struct error *err) {
  struct snapshot *snap;
  int rc = find_in_memtable(s->active, tenant, key, arena, out, err);
  if (rc != ERR_NOT_FOUND) return rc;
  struct memtable *sealing[LIMIT_SEALING_MEMTABLES + 1];
  uint32_t count;
  pthread_mutex_lock(&s->lock);
  count = s->sealing_count;
  for (uint32_t i = 0; i < count; i++) memtable_ref(sealing[i] = s->sealing[i]);
  pthread_mutex_unlock(&s->lock);
  /* The segments are looked at after the memtables: what is sealed meanwhile is found in one or the other. */
  for (uint32_t i = 0; i < count && rc == ERR_NOT_FOUND; i++)
    rc = find_in_memtable(sealing[i], tenant, key, arena, out, err);
  for (uint32_t i = 0; i < count; i++) memtable_unref(sealing[i]);
  if (rc != ERR_NOT_FOUND) return rc;
  rc = snapshot_open(s, &snap);
  if (rc) return rc;
  rc = ERR_NOT_FOUND;
  struct wanted wanted = {tenant, key, os_now_us(s->os) - (int64_t)LIMIT_IDEMPOTENCY_HOURS * 3600 * 1000000};
  for (uint32_t i = snap->view_count; i < snap->part_count && rc == ERR_NOT_FOUND; i++)
    if (snap->parts[i]->received_max_us >= wanted.since_us)
      rc = find_in_segment(snap->parts[i], &wanted, arena, out, err);
  snapshot_close(snap);
  return rc;
}
