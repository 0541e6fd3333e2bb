#include "store/text_reader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The pages of one dictionary that are held, ascending by id. */
struct held {
  uint32_t count, room, last; /* last: the page that was found last */
  uint32_t *first_ids;
  struct dict_page *pages;
};

struct text_reader {
  struct part *part;
  uint32_t page_count, max_pages;
  struct held columns[];
};

struct text_reader *text_reader_new(struct part *part, uint32_t max_pages) {
  struct text_reader *r = calloc(1, sizeof *r + part->column_count * sizeof r->columns[0]);
  if (!r) abort();
  r->part = part;
  r->max_pages = max_pages;
  return r;
}

static void let_go(struct text_reader *r) {
  for (uint32_t c = 0; c < r->part->column_count; c++) {
    for (uint32_t i = 0; i < r->columns[c].count; i++) r->part->ops->dict_page_put(r->part, &r->columns[c].pages[i]);
    r->columns[c].count = r->columns[c].last = 0;
  }
  r->page_count = 0;
}

void text_reader_free(struct text_reader *r) {
  if (!r) return;
  let_go(r);
  for (uint32_t c = 0; c < r->part->column_count; c++) {
    free(r->columns[c].first_ids);
    free(r->columns[c].pages);
  }
  free(r);
}

static bool holds(const struct held *h, uint32_t at, uint32_t id) {
  return at < h->count && id - h->first_ids[at] < h->pages[at].count; /* below the first: a huge difference */
}

/* The last page that begins at or before id; 0 where none does. */
static uint32_t seek(const struct held *h, uint32_t id) {
  uint32_t at = 0;
  for (uint32_t n = h->count; n > 1;) {
    uint32_t half = n / 2;
    at = h->first_ids[at + half] <= id ? at + half : at;
    n -= half;
  }
  return at;
}

static void grow_held(struct held *h) {
  if (h->count < h->room) return;
  h->room = h->room ? 2 * h->room : 4;
  h->first_ids = realloc(h->first_ids, h->room * sizeof *h->first_ids);
  h->pages = realloc(h->pages, h->room * sizeof *h->pages);
  if (!h->first_ids || !h->pages) abort();
}

static int fetch(struct text_reader *r, uint32_t column, uint32_t id, struct error *err) {
  struct held *h = &r->columns[column];
  struct dict_page page;
  int rc = r->part->ops->dict_page_get(r->part, column, id, &page, err);
  if (rc) return rc;
  grow_held(h);
  uint32_t at = h->count ? seek(h, id) : 0;
  if (h->count && h->first_ids[at] < page.first_id) at++;
  memmove(h->first_ids + at + 1, h->first_ids + at, (h->count - at) * sizeof *h->first_ids);
  memmove(h->pages + at + 1, h->pages + at, (h->count - at) * sizeof *h->pages);
  h->first_ids[at] = page.first_id;
  h->pages[at] = page;
  h->last = at;
  h->count++;
  r->page_count++;
  return 0;
}

/* The page of the id, held from now on. */
static int find_page(struct text_reader *r, uint32_t column, uint32_t id, const struct dict_page **out,
                     struct error *err) {
  struct held *h = &r->columns[column];
  if (!holds(h, h->last, id)) h->last = seek(h, id);
  int rc = holds(h, h->last, id) ? 0 : fetch(r, column, id, err);
  *out = rc ? NULL : &h->pages[h->last];
  return rc;
}

/* Where a text stands; start is not yet read. */
struct place {
  const uint32_t *start; /* [2] */
  const char *bytes;
};

static int find_places(struct text_reader *r, uint32_t column, const uint32_t *ids_plus_1, uint32_t count,
                       struct place *places, struct error *err) {
  const struct dict_page *page;
  for (uint32_t i = 0; i < count; i++) {
    if (!ids_plus_1[i]) continue;
    int rc = find_page(r, column, ids_plus_1[i] - 1, &page, err);
    if (rc) return rc;
    places[i] = (struct place){&page->starts[ids_plus_1[i] - 1 - page->first_id], page->bytes};
    __builtin_prefetch(places[i].start);
  }
  return 0;
}

int text_reader_get(struct text_reader *r, uint32_t column, const uint32_t *ids_plus_1, uint32_t count,
                    struct arena *arena, struct slice *out, struct error *err) {
  struct place places[TEXT_READER_IDS];
  size_t bytes = 0;
  assert(count <= TEXT_READER_IDS);
  if (r->page_count >= r->max_pages) let_go(r);
  int rc = find_places(r, column, ids_plus_1, count, places, err);
  if (rc) return rc;
  for (uint32_t i = 0; i < count; i++) {
    if (!ids_plus_1[i]) continue;
    out[i] = slice_of(places[i].bytes + places[i].start[0], places[i].start[1] - places[i].start[0]);
    bytes += out[i].len;
    __builtin_prefetch(out[i].data);
  }
  char *to = arena_alloc(arena, bytes);
  if (!to) return error_set(err, ERR_TOO_LARGE, "an event does not fit in memory");
  for (uint32_t i = 0; i < count; i++) {
    if (!ids_plus_1[i]) continue;
    memcpy(to, out[i].data, out[i].len);
    out[i].data = to;
    to += out[i].len;
  }
  return 0;
}
