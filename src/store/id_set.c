#include "store/id_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/fold.h"

enum {
  SMALL_DICTIONARY = 4096, /* tried whole at once */
  FOUND_IDS = 256,         /* case variants of one value in an unsorted dictionary */
};

static enum field_kind kind_of(const struct id_set *s) {
  return s->info.field == FIELD_PARAMS_REST ? KIND_ANY : field_get(s->info.field)->kind;
}

bool id_set_text_matches(struct id_set *s, struct slice text) {
  enum field_kind kind = kind_of(s);
  if (s->info.field == FIELD_PARAMS_REST) {
    const char *end = memchr(text.data, 0, text.len);
    size_t key_len = end ? (size_t)(end - text.data) : text.len;
    if (s->rest_key.len && !slice_equal(slice_of(text.data, key_len), s->rest_key)) return false;
    text = slice_skip(text, key_len + 1);
  }
  if (kind == KIND_ANY) text = slice_skip(text, 1);
  for (uint32_t i = 0; i < s->term_count; i++)
    if (filter_term_matches(&s->terms[i], kind, text, &s->scratch)) return true;
  return false;
}

static int try_id(void *arg, uint32_t id, struct slice text) {
  struct id_set *s = arg;
  if (s->state[id] == ID_UNKNOWN) s->state[id] = id_set_text_matches(s, text) ? ID_YES : ID_NO;
  return 0;
}

static int try_range(struct id_set *s, uint32_t begin, uint32_t end, struct error *err) {
  if (begin >= end) return 0;
  int rc = s->part->ops->dict_scan(s->part, s->column, begin, end, try_id, s, err);
  if (rc && !s->code) s->code = rc;
  return rc;
}

static void say_yes(void *arg, uint32_t id) { ((struct id_set *)arg)->state[id] = ID_YES; }

/* Whether all ids can be tried by one search for a piece of text. */
static bool in_one_pass(const struct id_set *s) {
  const struct filter_term *t = &s->terms[0];
  return s->part->ops->dict_search && s->term_count == 1 && t->op == MATCH_SUBSTRING && t->text.len > 0 &&
         s->info.field != FIELD_PARAMS_REST;
}

/* Tries every id. */
static int try_all(struct id_set *s, struct error *err) {
  const struct filter_term *t = &s->terms[0];
  int rc = in_one_pass(s) ? s->part->ops->dict_search(s->part, s->column, t->text, say_yes, s, err)
                          : try_range(s, 0, s->info.dict_count, err);
  if (rc && !s->code) s->code = rc;
  for (uint32_t id = 0; rc == 0 && id < s->info.dict_count; id++)
    if (s->state[id] == ID_UNKNOWN) s->state[id] = ID_NO;
  s->complete = rc == 0;
  return rc;
}

bool id_set_resolve(struct id_set *s, uint32_t id) {
  if (s->code) return false;
  if (++s->looked_up > s->info.dict_count / 16 + 64) {
    if (try_all(s, NULL)) return false;
    return s->state[id] == ID_YES;
  }
  struct slice text;
  arena_reset(&s->arena);
  int rc = s->part->ops->dict_get(s->part, s->column, id, &s->arena, &text, NULL);
  if (rc) {
    s->code = rc;
    return false;
  }
  try_id(s, id, text);
  return s->state[id] == ID_YES;
}

/* The literal text every match of the term begins with, folded; false where there is none. */
static bool leading_text(const struct filter_term *t, struct slice *out, struct buffer *folded) {
  switch (t->op) {
    case MATCH_EQUAL: *out = t->text; return true;
    case MATCH_WILDCARD: {
      const char *star = memchr(t->text.data, '*', t->text.len);
      *out = slice_of(t->text.data, star ? (size_t)(star - t->text.data) : t->text.len);
      return out->len > 0;
    }
    case MATCH_EXACT: *out = fold(t->text, folded); return true;
    case MATCH_SUBTREE: *out = fold(t->text, folded); return out->len > 0;
    default: return false;
  }
}

static void start_table(struct id_set *s) {
  s->mode = ID_SET_TABLE;
  s->state = calloc(s->info.dict_count, 1);
  if (!s->state) abort();
}

struct exact {
  struct id_set *set;
  uint32_t begin, end;
  bool scattered;
};

static int note_exact(void *arg, uint32_t id, struct slice text) {
  struct exact *x = arg;
  if (!id_set_text_matches(x->set, text)) return 0;
  if (x->begin == x->end)
    x->begin = id;
  else if (id != x->end)
    x->scattered = true;
  x->end = id + 1;
  return 0;
}

/* One EXACT term, tried on the few ids that differ from it by case: what it finds is one id, without a table. */
static int find_exact(struct id_set *s, uint32_t begin, uint32_t end, bool *done_out, struct error *err) {
  struct exact x = {.set = s};
  int rc = begin < end ? s->part->ops->dict_scan(s->part, s->column, begin, end, note_exact, &x, err) : 0;
  if (rc || x.scattered) return rc;
  s->mode = x.begin < x.end ? ID_SET_RANGE : ID_SET_NONE;
  s->begin = x.begin;
  s->end = x.end;
  *done_out = true;
  return 0;
}

/* Sorted dictionary: a term is tried only on the ids that share its leading text. One term whose ids are all known to
 * match stays a range. */
static int find_sorted(struct id_set *s, bool *done_out, struct error *err) {
  struct slice lead;
  for (uint32_t i = 0; i < s->term_count; i++)
    if (!leading_text(&s->terms[i], &lead, &s->scratch)) return 0;
  for (uint32_t i = 0; i < s->term_count; i++) {
    const struct filter_term *t = &s->terms[i];
    leading_text(t, &lead, &s->scratch);
    uint32_t begin, end;
    bool prefix = t->op != MATCH_EQUAL && t->op != MATCH_EXACT;
    int rc = s->part->ops->dict_find(s->part, s->column, lead, prefix, &begin, &end, NULL, 0, err);
    if (rc) return rc;
    bool certain = t->op == MATCH_EQUAL || (t->op == MATCH_WILDCARD && lead.len + 1 == t->text.len);
    if (s->term_count == 1 && certain) {
      s->mode = begin < end ? ID_SET_RANGE : ID_SET_NONE;
      s->begin = begin;
      s->end = end;
      break;
    }
    if (s->term_count == 1 && t->op == MATCH_EXACT) {
      rc = find_exact(s, begin, end, done_out, err);
      if (rc || *done_out) return rc;
    }
    if (!s->state) start_table(s);
    rc = try_range(s, begin, end, err);
    if (rc) return rc;
  }
  *done_out = true;
  return 0;
}

/* Unsorted dictionary: only whole values can be found by hash. */
static int find_unsorted(struct id_set *s, bool *done_out, struct error *err) {
  for (uint32_t i = 0; i < s->term_count; i++)
    if (s->terms[i].op != MATCH_EQUAL && s->terms[i].op != MATCH_EXACT) return 0;
  uint32_t ids[FOUND_IDS];
  start_table(s);
  for (uint32_t i = 0; i < s->term_count; i++) {
    struct slice lead;
    uint32_t begin, end;
    leading_text(&s->terms[i], &lead, &s->scratch);
    int rc = s->part->ops->dict_find(s->part, s->column, lead, false, &begin, &end, ids, FOUND_IDS, err);
    if (rc == ERR_TOO_LARGE) return 0;
    for (uint32_t k = begin; k < end && rc == 0; k++) {
      if (ids[k] >= s->info.dict_count) continue;
      if (s->terms[i].op == MATCH_EQUAL)
        s->state[ids[k]] = ID_YES;
      else
        rc = try_range(s, ids[k], ids[k] + 1, err);
    }
    if (rc) return rc;
  }
  *done_out = true;
  return 0;
}

/* A complete table says how its ids lie: none, side by side, or the few there are. */
static void sum_up(struct id_set *s) {
  uint32_t ids[ID_SET_FEW], count = 0, first = 0, last = 0;
  const uint8_t *at = s->state, *end = at + s->info.dict_count;
  while (at < end && (at = memchr(at, ID_YES, (size_t)(end - at))) != NULL) {
    last = (uint32_t)(at++ - s->state);
    if (count == 0) first = last;
    if (count < ID_SET_FEW) ids[count] = last;
    if (count++ >= ID_SET_FEW && last - first >= count) return; /* neither */
  }
  s->begin = first;
  s->end = last + 1;
  if (count == 0 || last - first + 1 == count) {
    s->mode = count == 0 ? ID_SET_NONE : ID_SET_RANGE;
  } else if (count <= ID_SET_FEW) {
    s->few = malloc(count * sizeof *s->few);
    if (!s->few) abort();
    memcpy(s->few, ids, count * sizeof *ids);
    s->few_count = count;
  }
}

int id_set_init(struct id_set *s, struct part *part, uint32_t column, struct slice rest_key,
                const struct filter_term *terms, uint32_t term_count, struct error *err) {
  *s = (struct id_set){.part = part, .column = column, .rest_key = rest_key, .terms = terms, .term_count = term_count};
  part->ops->column(part, column, &s->info);
  arena_init(&s->arena, 16 * LIMIT_EVENT_BYTES);
  buffer_init(&s->scratch, 16 * LIMIT_EVENT_BYTES);
  if (s->info.dict_count == 0 || term_count == 0) return 0;
  bool found = false;
  int rc = 0;
  if (s->info.field != FIELD_PARAMS_REST)
    rc = s->info.dict_sorted ? find_sorted(s, &found, err) : find_unsorted(s, &found, err);
  if (rc) return rc;
  if (s->mode == ID_SET_NONE && !found) start_table(s);
  if (found) {
    s->complete = true;
    for (uint32_t id = 0; s->mode == ID_SET_TABLE && id < s->info.dict_count; id++)
      if (s->state[id] == ID_UNKNOWN) s->state[id] = ID_NO;
  } else if (s->info.dict_count <= SMALL_DICTIONARY || (!s->info.dict_sorted && in_one_pass(s))) {
    rc = try_all(s, err);
  }
  if (rc == 0 && s->complete && s->mode == ID_SET_TABLE) sum_up(s);
  return rc;
}

void id_set_free(struct id_set *s) {
  free(s->state);
  free(s->few);
  arena_free(&s->arena);
  buffer_free(&s->scratch);
}
