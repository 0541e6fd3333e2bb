/* A memtable as a part: what its readers see. */
#include <assert.h>
#include <emmintrin.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/fold.h"
#include "base/instant.h"
#include "store/memtable_internal.h"

struct view {
  struct part part;
  struct memtable *memtable;
};

static struct memtable *of(struct part *p) { return ((struct view *)p)->memtable; }

static struct column *column_at(struct part *p, uint32_t column) {
  return atomic_load_explicit(&of(p)->columns[column], memory_order_acquire);
}

static uint32_t view_find_column(struct part *p, unsigned field, struct slice key) {
  struct memtable *m = of(p);
  if (field == FIELD_PARAMS) {
    uint32_t at = (uint32_t)hash64(key.data, key.len, m->seed) & (PARAM_SLOTS - 1), index;
    for (; (index = atomic_load_explicit(&m->param_slots[at], memory_order_acquire)) != 0;
         at = (at + 1) & (PARAM_SLOTS - 1))
      if (slice_equal(column_at(p, index)->key, key)) return index < p->column_count ? index : NO_COLUMN;
    return NO_COLUMN;
  }
  uint32_t index = field == FIELD_PARAMS_REST ? (uint32_t)REST_COLUMN : field;
  return column_at(p, index) ? index : NO_COLUMN;
}

/* A column nobody has used yet reads as an empty one of its kind. */
static void view_column(struct part *p, uint32_t column, struct part_column *out) {
  struct column *c = column_at(p, column);
  unsigned field = c ? c->field : column == REST_COLUMN ? (unsigned)FIELD_PARAMS_REST : column;
  *out = (struct part_column){
      .field = (uint16_t)field,
      .kind = c ? c->kind : memtable_column_kind(field),
      .key = c ? c->key : SLICE(""),
      .dict_count = c ? atomic_load_explicit(&c->dict.count, memory_order_acquire) : 0,
  };
}

static void view_group(struct part *p, uint32_t group, struct group_info *out) {
  const struct zone *z = &of(p)->zones[group];
  uint64_t first = (uint64_t)group * MEMTABLE_GROUP_ROWS;
  *out = (struct group_info){
      .rows = (uint32_t)(p->rows - first < MEMTABLE_GROUP_ROWS ? p->rows - first : MEMTABLE_GROUP_ROWS),
      .occurred_min_us = atomic_load_explicit(&z->occurred_min, memory_order_relaxed),
      .occurred_max_us = atomic_load_explicit(&z->occurred_max, memory_order_relaxed),
      .received_min_us = atomic_load_explicit(&z->received_min, memory_order_relaxed),
      .received_max_us = atomic_load_explicit(&z->received_max, memory_order_relaxed),
  };
}

static int view_page_get(struct part *p, uint32_t column, uint32_t group, uint32_t page, const struct page **out,
                         struct error *err) {
  (void)err;
  assert(page == 0 && group < p->group_count);
  *out = NULL;
  struct column *c = column_at(p, column);
  void *data = c ? atomic_load_explicit(&c->pages[group], memory_order_acquire) : NULL;
  if (!data) return 0;
  struct group_info info;
  view_group(p, group, &info);
  struct page *view = calloc(1, sizeof *view);
  if (!view) abort();
  view->kind = c->kind;
  view->row_count = info.rows;
  view->id_bytes = 4;
  if (c->kind == COLUMN_IDS) view->ids = data;
  if (c->kind == COLUMN_INT) view->ints = data;
  if (c->kind == COLUMN_LIST) {
    struct list_page *lp = data;
    view->starts = lp->starts;
    view->list_ids = atomic_load_explicit(&lp->ids, memory_order_acquire);
  }
  *out = view;
  return 0;
}

static void view_page_put(struct part *p, const struct page *page) {
  (void)p;
  free((void *)(uintptr_t)page);
}

static int view_dict_get(struct part *p, uint32_t column, uint32_t id, struct arena *arena, struct slice *out,
                         struct error *err) {
  struct dict_entry *e = memtable_entry(&column_at(p, column)->dict, id);
  *out = arena_copy(arena, slice_of(e->data, e->len));
  return arena->overflowed ? error_set(err, ERR_TOO_LARGE, "a value does not fit in memory") : 0;
}

static int view_dict_scan(struct part *p, uint32_t column, uint32_t begin, uint32_t end,
                          int (*each)(void *arg, uint32_t id, struct slice text), void *arg, struct error *err) {
  (void)err;
  struct column *c = column_at(p, column);
  for (uint32_t id = begin; id < end; id++) {
    struct dict_entry *e = memtable_entry(&c->dict, id);
    int rc = each(arg, id, slice_of(e->data, e->len));
    if (rc) return rc;
  }
  return 0;
}

static bool any_value(unsigned field) { return field < FIELD_COUNT && field_get(field)->kind == KIND_ANY; }

static int view_dict_find(struct part *p, uint32_t column, struct slice folded, bool prefix, uint32_t *begin,
                          uint32_t *end, uint32_t *ids_out, uint32_t max, struct error *err) {
  (void)err;
  if (prefix) return ERR_UNSUPPORTED;
  struct column *c = column_at(p, column);
  *begin = *end = 0;
  struct dict_table *t = c ? atomic_load_explicit(&c->dict.table, memory_order_acquire) : NULL;
  if (!t) return 0;
  uint32_t hash = (uint32_t)hash64(folded.data, folded.len, of(p)->seed);
  uint64_t slot;
  struct buffer scratch;
  buffer_init(&scratch, 16 * LIMIT_EVENT_BYTES);
  int rc = 0;
  for (uint32_t at = hash & t->mask; (slot = atomic_load_explicit(&t->slot[at], memory_order_acquire)) != 0;
       at = (at + 1) & t->mask) {
    if (slot >> 32 != hash) continue;
    struct dict_entry *e = memtable_entry(&c->dict, (uint32_t)slot - 1);
    struct slice text = slice_of(e->data, e->len);
    if (!slice_equal(fold(any_value(c->field) ? slice_skip(text, 1) : text, &scratch), folded)) continue;
    if (*end == max) {
      rc = ERR_TOO_LARGE;
      break;
    }
    ids_out[(*end)++] = (uint32_t)slot - 1;
  }
  buffer_free(&scratch);
  return rc;
}

/* ---- Searching ---- */

/* What can be said of a text by looking for one byte of the needle, in either case: most texts do not have it. */
enum probe { PROBE_ABSENT, PROBE_PRESENT, PROBE_UNICODE };

/* Texts lie in the memtable's arena, whose pieces are whole multiples of 16 bytes, so that reading on to the next
 * multiple stays inside. */
static enum probe probe_text(const char *data, uint32_t len, char lower, char upper) {
  const __m128i low = _mm_set1_epi8(lower), up = _mm_set1_epi8(upper);
  unsigned high = 0, hit = 0;
  for (uint32_t at = 0; at < len; at += 16) {
    __m128i bytes = _mm_load_si128((const __m128i *)(const void *)(data + at));
    unsigned valid = len - at < 16 ? (1u << (len - at)) - 1 : 0xffff;
    high |= (unsigned)_mm_movemask_epi8(bytes) & valid;
    hit |= (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, low), _mm_cmpeq_epi8(bytes, up))) & valid;
  }
  return high ? PROBE_UNICODE : hit ? PROBE_PRESENT : PROBE_ABSENT;
}

/* The byte of the needle that is least common in logs, by a rough order. */
static char rarest_byte(struct slice needle) {
  static const char common[] = "etaoinsrlcdmup.-_ 0123456789hgbfvykw/:@jxqz"; /* most common first */
  char rarest = needle.data[0];
  long rank = -1;
  for (size_t i = 0; i < needle.len; i++) {
    const char *at = memchr(common, needle.data[i], sizeof common - 1);
    long r = at ? at - common : (long)sizeof common;
    if (r > rank) {
      rank = r;
      rarest = needle.data[i];
    }
  }
  return rarest;
}

static int view_dict_search(struct part *p, uint32_t column, struct slice folded, void (*each)(void *arg, uint32_t id),
                            void *arg, struct error *err) {
  (void)err;
  struct column *c = column_at(p, column);
  uint32_t count = c ? atomic_load_explicit(&c->dict.count, memory_order_acquire) : 0;
  size_t skip = c && any_value(c->field) ? 1 : 0;
  char lower = rarest_byte(folded), upper = (char)(lower >= 'a' && lower <= 'z' ? lower - 32 : lower);
  struct buffer scratch;
  buffer_init(&scratch, FOLD_GROWTH * 2 * LIMIT_EVENT_BYTES);
  for (uint32_t id = 0; id < count; id++) {
    const struct dict_entry *e = memtable_entry(&c->dict, id);
    if (probe_text(e->data, e->len, lower, upper) == PROBE_ABSENT) continue;
    if (fold_contains(slice_skip(slice_of(e->data, e->len), skip), folded, &scratch)) each(arg, id);
  }
  buffer_free(&scratch);
  return 0;
}

static int view_runs_get(struct part *p, uint32_t group, struct run_list *out, struct error *err) {
  (void)p, (void)group, (void)err;
  *out = (struct run_list){0};
  return 0;
}
static void view_runs_put(struct part *p, const struct run_list *list) { (void)p, (void)list; }

static int view_term_mask(struct part *p, uint32_t column, uint32_t group, uint32_t begin, uint32_t end,
                          uint64_t *mask_out, struct error *err) {
  (void)p, (void)column, (void)group, (void)begin, (void)end, (void)err;
  *mask_out = UINT64_MAX;
  return 0;
}

static int view_gram_mask(struct part *p, uint32_t group, struct slice folded, bool left, bool right,
                          uint64_t *mask_out, struct error *err) {
  (void)p, (void)group, (void)folded, (void)left, (void)right, (void)err;
  *mask_out = UINT64_MAX;
  return 0;
}

static int view_may_hold_key(struct part *p, struct slice tenant, struct slice key, bool *out, struct error *err) {
  (void)p, (void)tenant, (void)key, (void)err;
  *out = true;
  return 0;
}

static const struct part_ops view_ops = {
    .find_column = view_find_column,
    .column = view_column,
    .group = view_group,
    .page_get = view_page_get,
    .page_put = view_page_put,
    .dict_get = view_dict_get,
    .dict_scan = view_dict_scan,
    .dict_search = view_dict_search,
    .dict_find = view_dict_find,
    .runs_get = view_runs_get,
    .runs_put = view_runs_put,
    .term_mask = view_term_mask,
    .gram_mask = view_gram_mask,
    .may_hold_key = view_may_hold_key,
};

struct part *memtable_view(struct memtable *m) {
  struct view *v = calloc(1, sizeof *v);
  if (!v) abort();
  memtable_ref(m);
  v->memtable = m;
  struct part *p = &v->part;
  p->ops = &view_ops;
  p->rows = memtable_rows(m);
  p->column_count = atomic_load_explicit(&m->column_count, memory_order_acquire);
  p->group_count = (uint32_t)((p->rows + MEMTABLE_GROUP_ROWS - 1) / MEMTABLE_GROUP_ROWS);
  p->occurred_min_us = p->received_min_us = INSTANT_MAX;
  p->occurred_max_us = p->received_max_us = INSTANT_MIN;
  for (uint32_t g = 0; g < p->group_count; g++) {
    struct group_info i;
    view_group(p, g, &i);
    if (i.occurred_min_us < p->occurred_min_us) p->occurred_min_us = i.occurred_min_us;
    if (i.occurred_max_us > p->occurred_max_us) p->occurred_max_us = i.occurred_max_us;
    if (i.received_min_us < p->received_min_us) p->received_min_us = i.received_min_us;
    if (i.received_max_us > p->received_max_us) p->received_max_us = i.received_max_us;
  }
  return p;
}

void memtable_view_free(struct part *view) {
  if (!view) return;
  memtable_unref(of(view));
  free(view);
}
