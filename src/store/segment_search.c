/* Searching a whole dictionary of an open segment for a piece of text. */
#include "base/fold.h"
#include "store/segment_read.h"
#include "store/text_search.h"

struct dictionary_search {
  const struct dictionary_page *page;
  uint32_t first_id;
  void (*each)(void *arg, uint32_t id);
  void *arg;
};

static void note_hit(void *arg, uint32_t index) {
  const struct dictionary_search *d = arg;
  d->each(d->arg, d->first_id + index);
}

/* A page whose texts are not ASCII: folded one by one. */
static void search_folded(const struct dictionary_search *d, struct text_search *t, struct buffer *scratch) {
  for (uint32_t i = 0; i < d->page->count; i++)
    if (fold_contains(slice_skip(dictionary_page_text(d->page, i), t->skip), t->needle, scratch))
      d->each(d->arg, d->first_id + i);
}

int segment_dict_search(struct part *p, uint32_t column, struct slice folded, void (*each)(void *arg, uint32_t id),
                        void *arg, struct error *err) {
  const struct segment *s = segment_of_part(p);
  const struct segment_column *c = &s->columns[column];
  struct dictionary_search d = {.each = each, .arg = arg};
  struct text_search search;
  struct buffer scratch;
  text_search_init(&search, folded, false, dictionary_order_of(c->field) == DICTIONARY_TAGGED);
  buffer_init(&scratch, FOLD_GROWTH * DICTIONARY_ENTRY_BYTES);
  int code = 0;
  for (uint32_t id = 0; id < c->dict_count;) {
    code = segment_dictionary_page(s, c, id, &d.page, &d.first_id, err);
    if (code) break;
    if (!text_search_run(&search, d.page->starts, d.page->count, d.page->bytes, note_hit, &d))
      search_folded(&d, &search, &scratch);
    id = d.first_id + d.page->count;
    cache_unpin(s->cache, (struct cache_entry *)(uintptr_t)&d.page->entry);
  }
  text_search_free(&search);
  buffer_free(&scratch);
  return code;
}
