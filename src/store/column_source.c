#include "store/column_source.h"

#include <stdlib.h>

const struct page column_source_absent;

void column_source_open(struct column_source *s) {
  struct part_column c;
  s->part->ops->column(s->part, s->column, &c);
  s->kind = c.kind;
  s->dict_count = c.kind == COLUMN_IDS || c.kind == COLUMN_LIST ? c.dict_count : 0;
  s->texts = NULL;
  s->pages = calloc((size_t)s->part->group_count * GROUP_PAGES + 1, sizeof *s->pages);
  if (!s->pages) abort();
}

int column_source_page_slow(struct column_source *s, uint32_t group, uint32_t row, const struct page **out,
                            struct error *err) {
  uint32_t page = row / LIMIT_PAGE_ROWS;
  const struct page *p = NULL;
  struct group_info info;
  if (group >= s->part->group_count) return error_set(err, ERR_CORRUPT, "row of an unknown group");
  s->part->ops->group(s->part, group, &info);
  int code = s->part->ops->page_get(s->part, s->column, group, page, &p, err);
  if (code) return code;
  const uint32_t rows = info.rows - page * LIMIT_PAGE_ROWS;
  if (p && (p->kind != s->kind || p->row_count < (rows < LIMIT_PAGE_ROWS ? rows : LIMIT_PAGE_ROWS))) {
    s->part->ops->page_put(s->part, p);
    return error_set(err, ERR_CORRUPT, "a page has fewer rows than its group");
  }
  s->pages[group * GROUP_PAGES + page] = p ? p : &column_source_absent;
  *out = p;
  return 0;
}

void column_source_release(struct column_source *s) {
  for (uint32_t i = 0; s->pages && i < s->part->group_count * GROUP_PAGES; i++) {
    if (s->pages[i] && s->pages[i] != &column_source_absent) s->part->ops->page_put(s->part, s->pages[i]);
    s->pages[i] = NULL;
  }
}

void column_source_close(struct column_source *s) {
  column_source_release(s);
  free(s->pages);
  free(s->texts);
  s->pages = NULL;
  s->texts = NULL;
}
