/* An open segment as a part. */
#include "store/segment_read.h"

static uint32_t find_column(struct part *p, unsigned field, struct slice key) {
  const struct segment *s = segment_of_part(p);
  uint32_t low = 0, high = p->column_count;
  while (low < high) {
    uint32_t at = low + (high - low) / 2;
    const struct segment_column *c = &s->columns[at];
    int order = c->field != field ? (c->field < field ? -1 : 1) : slice_compare(c->key, key);
    if (order == 0) return at;
    if (order < 0)
      low = at + 1;
    else
      high = at;
  }
  return NO_COLUMN;
}

static void get_column(struct part *p, uint32_t column, struct part_column *out) {
  const struct segment_column *c = &segment_of_part(p)->columns[column];
  *out = (struct part_column){.field = c->field,
                              .kind = c->kind,
                              .key = c->key,
                              .dict_count = c->dict_count,
                              .bytes = c->kind == COLUMN_INT ? NULL : &c->bytes,
                              .dict_sorted = true};
}

static void get_group(struct part *p, uint32_t group, struct group_info *out) {
  *out = segment_of_part(p)->groups[group].info;
}

static int page_get(struct part *p, uint32_t column, uint32_t group, uint32_t page, const struct page **out,
                    struct error *err) {
  const struct segment *s = segment_of_part(p);
  const struct segment_column *c = &s->columns[column];
  uint32_t at = group * GROUP_PAGES + page;
  *out = NULL;
  if (!c->page_lengths[at]) return 0;
  struct segment_page_shape shape = {c->kind, segment_page_rows(s->groups[group].info.rows, page), c->dict_count};
  struct cache_entry *e;
  int code = segment_load(s, segment_page_kind(c->kind), c->page_offsets[at], c->page_lengths[at], segment_decode_page,
                          &shape, &e, err);
  if (code) return code;
  *out = &((struct decoded_page *)(void *)e)->page;
  return 0;
}

static void page_put(struct part *p, const struct page *page) {
  if (page) cache_unpin(segment_of_part(p)->cache, page->owner);
}

static int runs_get(struct part *p, uint32_t group, struct run_list *out, struct error *err) {
  const struct segment *s = segment_of_part(p);
  const struct segment_group *g = &s->groups[group];
  struct segment_runs_shape shape = {g->info.rows, s->columns[0].dict_count};
  struct cache_entry *e;
  int code = segment_load(s, SEGMENT_RUNS, g->runs_offset, g->runs_length, segment_decode_runs, &shape, &e, err);
  if (code) return code;
  const struct run_page *r = (const struct run_page *)(const void *)e;
  *out = (struct run_list){r->runs, r->count, r->by_id, e};
  return 0;
}

static void runs_put(struct part *p, const struct run_list *list) {
  if (list->owner) cache_unpin(segment_of_part(p)->cache, list->owner);
}

const struct part_ops segment_part_ops = {
    .find_column = find_column,
    .column = get_column,
    .group = get_group,
    .page_get = page_get,
    .page_put = page_put,
    .dict_get = segment_dict_get,
    .dict_page_get = segment_dict_page_get,
    .dict_page_put = segment_dict_page_put,
    .dict_scan = segment_dict_scan,
    .dict_search = segment_dict_search,
    .dict_find = segment_dict_find,
    .runs_get = runs_get,
    .runs_put = runs_put,
    .term_mask = segment_term_mask,
    .gram_mask = segment_gram_mask,
    .may_hold_key = segment_may_hold_key,
};
static_assert(FIELD_TENANT == 0, "the tenants' column is the first");
