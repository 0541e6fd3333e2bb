/* Exact counts over what a query finds: totals, most frequent values, histograms, parameter names. Parts are worked
 * through one after the other, so that only one part's dictionaries are counted at a time. */
#include <stdlib.h>

#include "base/fold.h"
#include "base/instant.h"
#include "store/field_values.h"
#include "store/row.h"
#include "store/snapshot.h"

static uint64_t memory_of(const struct read_query *query) {
  return query->memory_bytes ? query->memory_bytes : LIMIT_QUERY_MEMORY_BYTES;
}

static int by_part(const void *a, const void *b) {
  const struct unit *x = a, *y = b;
  if (x->part != y->part) return x->part < y->part ? -1 : 1;
  return (x->group > y->group) - (x->group < y->group);
}

static int open_by_part(struct reading *r, struct snapshot *snap, struct read_query *query, struct error *err) {
  int rc = reading_open(r, snap, query, OLDEST_FIRST, query->from_us, query->to_us, NULL, err);
  if (rc == 0) qsort(r->units, r->unit_count, sizeof *r->units, by_part);
  return rc;
}

/* Counts fields over all units; several fields in one pass. */
struct field_counts {
  struct filter_field field;
  struct slice folded_prefix;
  struct tally tally;
  struct arena arena;
  struct field_values values; /* of the part at work */
};

static int begin_part(struct reading *r, const struct unit *unit, struct field_counts *fields, uint32_t field_count,
                      struct error *err) {
  bool all = false;
  (void)reading_takes_all(r, unit, &all, NULL); /* what fails there fails again where damage is noted */
  for (uint32_t i = 0; i < field_count; i++) {
    int rc = field_values_init(&fields[i].values, r->snap->parts[unit->part], fields[i].field, err);
    if (rc) return rc;
    if (all) field_values_all(&fields[i].values);
  }
  return 0;
}

static int end_part(struct field_counts *fields, uint32_t field_count, struct error *err) {
  int rc = 0;
  for (uint32_t i = 0; i < field_count; i++) {
    if (rc == 0) rc = field_values_tally(&fields[i].values, fields[i].folded_prefix, &fields[i].tally, err);
    field_values_free(&fields[i].values);
  }
  return rc;
}

static int count_unit(struct reading *r, const struct unit *unit, struct field_counts *fields, uint32_t field_count,
                      uint64_t *events, struct error *err) {
  struct bitmap rows;
  int rc = reading_select(r, unit, &rows, err);
  if (rc) return rc;
  uint32_t count = bitmap_count(&rows);
  *events += count;
  for (uint32_t i = 0; rc == 0 && count > 0 && i < field_count; i++) {
    struct error local = {0};
    rc = field_values_count(&fields[i].values, unit->group, &rows, &fields[i].tally, &local);
    if (rc) rc = reading_damage(r, unit, rc, &local);
    if (rc && err) *err = local;
  }
  return rc;
}

static int count_fields(struct snapshot *snap, struct read_query *query, struct field_counts *fields,
                        uint32_t field_count, uint64_t *events_out, struct error *err) {
  struct reading r;
  uint64_t events = 0;
  int rc = open_by_part(&r, snap, query, err);
  for (uint32_t i = 0; rc == 0 && i < r.unit_count; i++) {
    bool first = i == 0 || r.units[i].part != r.units[i - 1].part;
    bool last = i + 1 == r.unit_count || r.units[i].part != r.units[i + 1].part;
    if (first) rc = begin_part(&r, &r.units[i], fields, field_count, err);
    if (rc == 0) rc = count_unit(&r, &r.units[i], fields, field_count, &events, err);
    if (last || rc) {
      struct error local = {0};
      int end_rc = end_part(fields, field_count, &local);
      if (end_rc) end_rc = reading_damage(&r, &r.units[i], end_rc, &local);
      if (end_rc && rc == 0) {
        rc = end_rc;
        if (err) *err = local;
      }
    }
  }
  reading_close(&r);
  *events_out = events;
  return rc;
}

static void init_counts(struct field_counts *c, const struct read_query *query, struct filter_field field,
                        struct slice folded_prefix) {
  *c = (struct field_counts){.field = field, .folded_prefix = folded_prefix};
  arena_init(&c->arena, memory_of(query));
  tally_init(&c->tally, &c->arena);
}

static void free_counts(struct field_counts *c) {
  tally_free(&c->tally);
  arena_free(&c->arena);
}

int read_stats(struct snapshot *snap, struct read_query *query, struct read_stats *out, struct error *err) {
  struct field_counts fields[2];
  init_counts(&fields[0], query, (struct filter_field){.field = FIELD_ACTOR_NAME}, SLICE(""));
  init_counts(&fields[1], query, (struct filter_field){.field = FIELD_TARGET_DOMAIN}, SLICE(""));
  uint64_t events;
  int rc = count_fields(snap, query, fields, 2, &events, err);
  if (rc == 0) *out = (struct read_stats){events, fields[0].tally.count, fields[1].tally.count};
  for (int i = 0; i < 2; i++) free_counts(&fields[i]);
  return rc;
}

static int by_count(const void *a, const void *b) {
  const struct tally_entry *x = a, *y = b;
  if (x->count != y->count) return x->count > y->count ? -1 : 1;
  return slice_compare(x->text, y->text);
}

/* A field whose values were counted in a TEXT column may hold values without the prefix: they are dropped here. */
static uint32_t keep_prefix(struct field_counts *c) {
  if (c->folded_prefix.len == 0) return c->tally.count;
  struct buffer scratch;
  buffer_init(&scratch, 16 * LIMIT_EVENT_BYTES);
  uint32_t kept = 0;
  for (uint32_t i = 0; i < c->tally.count; i++)
    if (slice_starts_with(fold(c->tally.entries[i].text, &scratch), c->folded_prefix))
      c->tally.entries[kept++] = c->tally.entries[i];
  buffer_free(&scratch);
  return kept;
}

int read_top(struct snapshot *snap, struct read_query *query, struct filter_field field, struct slice folded_prefix,
             uint32_t limit, struct arena *arena, struct value_count **values_out, uint32_t *count_out,
             uint64_t *distinct_out, struct error *err) {
  int rc = field_values_check(field, err);
  if (rc) return rc;
  struct field_counts c;
  init_counts(&c, query, field, folded_prefix);
  uint64_t events;
  rc = count_fields(snap, query, &c, 1, &events, err);
  if (rc == 0) {
    uint32_t found = keep_prefix(&c), count = found < limit ? found : limit;
    if (found) qsort(c.tally.entries, found, sizeof *c.tally.entries, by_count);
    struct value_count *values = arena_alloc(arena, (count + 1) * sizeof *values);
    for (uint32_t i = 0; values && i < count; i++)
      values[i] = (struct value_count){arena_copy(arena, c.tally.entries[i].text), c.tally.entries[i].count};
    if (arena->overflowed) {
      rc = error_set(err, ERR_TOO_LARGE, "the values do not fit in one answer; lower the limit");
    } else {
      *values_out = values;
      *count_out = count;
      if (distinct_out) *distinct_out = found;
    }
  }
  free_counts(&c);
  return rc;
}

/* ---- Histogram ---- */

enum { SERIES_UNKNOWN = 0, SERIES_SKIP = UINT8_MAX }; /* else 1 + index of the series */

struct histogram {
  const int64_t *bounds;
  uint32_t bucket_count;
  struct histogram_series *series;
  uint32_t named_count; /* series by value; then one for none and one for other values */
  uint32_t none_index, other_index;
  struct row_reader *rows;
  struct field_values values;
  uint8_t *series_of[FIELD_VALUES_COLUMNS]; /* by id */
  struct arena text;
  uint32_t bucket; /* the last one: neighbours mostly share it */
  struct bitmap seen;
  bool none_needed;
};

static uint32_t bucket_of(struct histogram *h, int64_t us) {
  uint32_t b = h->bucket;
  if (us >= h->bounds[b] && us < h->bounds[b + 1]) return b;
  uint32_t low = 0, high = h->bucket_count;
  if (us < h->bounds[0] || us >= h->bounds[h->bucket_count]) return UINT32_MAX;
  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;
    if (h->bounds[middle] <= us)
      low = middle;
    else
      high = middle;
  }
  return h->bucket = low;
}

static int count_row(struct histogram *h, uint32_t row, uint32_t series) {
  int64_t us;
  int rc = row_occurred(h->rows, row, &us, NULL);
  if (rc) return rc;
  uint32_t bucket = bucket_of(h, us);
  if (bucket != UINT32_MAX) h->series[series].counts[bucket]++;
  return 0;
}

static uint32_t series_of_text(struct histogram *h, struct slice text) {
  if (text.len == 0) return UINT32_MAX;
  for (uint32_t i = 0; i < h->named_count; i++)
    if (slice_equal(h->series[i].value, text)) return i;
  return h->other_index;
}

static int split_value(void *arg, uint32_t row, uint32_t column, uint32_t id, struct slice text) {
  struct histogram *h = arg;
  uint32_t series;
  if (id == UINT32_MAX) {
    series = series_of_text(h, text);
  } else {
    uint8_t *known = &h->series_of[column][id];
    if (*known == SERIES_UNKNOWN) {
      struct slice stored;
      arena_reset(&h->text);
      struct field_column *c = &h->values.columns[column];
      int rc = h->values.part->ops->dict_get(h->values.part, c->column, id, &h->text, &stored, NULL);
      if (rc) return rc;
      bool mine;
      stored = field_values_text(&h->values, c, stored, &mine);
      uint32_t found = mine ? series_of_text(h, stored) : UINT32_MAX;
      *known = found == UINT32_MAX ? (uint8_t)SERIES_SKIP : (uint8_t)(1 + found);
    }
    series = *known == SERIES_SKIP ? UINT32_MAX : *known - 1u;
  }
  if (series == UINT32_MAX) return 0;
  bitmap_set(&h->seen, row);
  return count_row(h, row, series);
}

static int each_row(struct histogram *h, const struct bitmap *rows, uint32_t series) {
  for (uint32_t w = 0; w < BITMAP_WORDS; w++)
    for (uint64_t word = rows->words[w]; word; word &= word - 1) {
      int rc = count_row(h, w * 64 + (uint32_t)__builtin_ctzll(word), series);
      if (rc) return rc;
    }
  return 0;
}

static int histogram_unit(struct reading *r, const struct unit *unit, struct histogram *h, bool split,
                          struct error *err) {
  struct bitmap rows;
  int rc = reading_select(r, unit, &rows, err);
  if (rc || !bitmap_any(&rows, 0, BITMAP_WORDS)) return rc;
  h->rows = row_reader_new(r->snap->parts[unit->part], unit->group, ROW_TEXT_PAGES);
  if (split) {
    bitmap_clear(&h->seen);
    rc = field_values_each(&h->values, unit->group, &rows, split_value, h, NULL);
    bitmap_and_not(&rows, &h->seen);
  }
  if (rc == 0) rc = each_row(h, &rows, h->none_index);
  row_reader_free(h->rows);
  return rc ? reading_damage(r, unit, rc, NULL) : 0;
}

static int begin_split(struct histogram *h, struct part *part, const struct filter_field *by, struct error *err) {
  int rc = field_values_init(&h->values, part, *by, err);
  for (uint32_t k = 0; rc == 0 && k < h->values.column_count; k++) {
    h->series_of[k] = calloc((size_t)h->values.columns[k].info.dict_count + 1, 1);
    if (!h->series_of[k]) abort();
  }
  return rc;
}

static void end_split(struct histogram *h) {
  for (uint32_t k = 0; k < FIELD_VALUES_COLUMNS; k++) {
    free(h->series_of[k]);
    h->series_of[k] = NULL;
  }
  field_values_free(&h->values);
}

static int fill_histogram(struct snapshot *snap, struct read_query *query, struct histogram *h,
                          const struct filter_field *by, struct error *err) {
  struct reading r;
  int rc = open_by_part(&r, snap, query, err);
  for (uint32_t i = 0; rc == 0 && i < r.unit_count; i++) {
    bool first = i == 0 || r.units[i].part != r.units[i - 1].part;
    bool last = i + 1 == r.unit_count || r.units[i].part != r.units[i + 1].part;
    if (by && first) rc = begin_split(h, snap->parts[r.units[i].part], by, err);
    if (rc == 0) rc = histogram_unit(&r, &r.units[i], h, by != NULL, err);
    if (by && (last || rc)) end_split(h);
  }
  reading_close(&r);
  return rc;
}

static uint64_t total_of(const struct histogram_series *s, uint32_t bucket_count) {
  uint64_t total = 0;
  for (uint32_t i = 0; i < bucket_count; i++) total += s->counts[i];
  return total;
}

/* Named series come in falling order already; those of no value and of other values follow where not empty. */
static uint32_t drop_empty(struct histogram *h, bool split) {
  if (!split) return 1;
  uint32_t kept = 0;
  for (uint32_t i = 0; i <= h->other_index; i++)
    if (total_of(&h->series[i], h->bucket_count) > 0) h->series[kept++] = h->series[i];
  return kept;
}

int read_histogram(struct snapshot *snap, struct read_query *query, const int64_t *bounds, uint32_t bucket_count,
                   const struct filter_field *by, struct arena *arena, struct histogram_series **series_out,
                   uint32_t *series_count_out, struct error *err) {
  struct value_count *values = NULL;
  uint32_t value_count = 0;
  struct read_query within = *query;
  if (within.from_us < bounds[0]) within.from_us = bounds[0];
  if (within.to_us > bounds[bucket_count]) within.to_us = bounds[bucket_count];
  int rc = 0;
  if (by) rc = read_top(snap, &within, *by, SLICE(""), LIMIT_HISTOGRAM_SERIES, arena, &values, &value_count, NULL, err);
  if (rc) return rc;
  struct histogram h = {.bounds = bounds,
                        .bucket_count = bucket_count,
                        .named_count = value_count,
                        .none_index = value_count,
                        .other_index = value_count + 1};
  h.series = arena_alloc(arena, (value_count + 2) * sizeof *h.series);
  for (uint32_t i = 0; h.series && i < value_count + 2; i++) {
    h.series[i] = (struct histogram_series){.value = i < value_count ? values[i].value : SLICE(""),
                                            .other = i == h.other_index,
                                            .counts = arena_alloc(arena, bucket_count * sizeof(uint64_t))};
    if (h.series[i].counts) memset(h.series[i].counts, 0, bucket_count * sizeof(uint64_t));
  }
  if (arena->overflowed)
    return error_set(err, ERR_TOO_LARGE, "the histogram does not fit in one answer; use longer intervals");
  arena_init(&h.text, 16 * LIMIT_EVENT_BYTES);
  struct read_query first = within; /* what the look for the most frequent values could not read */
  rc = fill_histogram(snap, &within, &h, by, err);
  arena_free(&h.text);
  if (rc) return rc;
  const struct read_query *worse = by && first.damage_count > within.damage_count ? &first : &within;
  memcpy(query->damages, worse->damages, sizeof query->damages);
  query->damage_count = worse->damage_count;
  *series_out = h.series;
  *series_count_out = drop_empty(&h, by != NULL);
  return 0;
}

/* ---- Parameter names ---- */

/* Adds the parameters that any selected row of the unit has. */
static int names_of_unit(struct reading *r, const struct unit *unit, struct tally *names, struct error *err) {
  struct bitmap rows;
  int rc = reading_select(r, unit, &rows, err);
  if (rc || !bitmap_any(&rows, 0, BITMAP_WORDS)) return rc;
  struct part *part = r->snap->parts[unit->part];
  struct row_reader *reader = row_reader_new(part, unit->group, ROW_TEXT_PAGES);
  rc = row_param_names(reader, &rows, names, err);
  row_reader_free(reader);
  return rc ? reading_damage(r, unit, rc, err) : 0;
}

static int by_text(const void *a, const void *b) {
  return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

int read_param_names(struct snapshot *snap, struct read_query *query, struct arena *arena, struct slice **names_out,
                     uint32_t *count_out, struct error *err) {
  struct arena text;
  struct tally names;
  struct reading r;
  arena_init(&text, memory_of(query));
  tally_init(&names, &text);
  int rc = open_by_part(&r, snap, query, err);
  for (uint32_t i = 0; rc == 0 && i < r.unit_count; i++) rc = names_of_unit(&r, &r.units[i], &names, err);
  reading_close(&r);
  if (rc == ERR_TOO_LARGE) error_set(err, rc, "too many parameter names; narrow the query");
  if (rc == 0) {
    struct slice *list = arena_alloc(arena, (names.count + 1) * sizeof *list);
    for (uint32_t i = 0; list && i < names.count; i++) list[i] = arena_copy(arena, names.entries[i].text);
    if (!list || arena->overflowed || text.overflowed) {
      rc = error_set(err, ERR_TOO_LARGE, "too many parameter names; narrow the query");
    } else {
      qsort(list, names.count, sizeof *list, by_text);
      *names_out = list;
      *count_out = names.count;
    }
  }
  tally_free(&names);
  arena_free(&text);
  return rc;
}
