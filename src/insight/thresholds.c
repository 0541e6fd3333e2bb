/* Thresholds from JSON. */
#include <stdio.h>
#include <string.h>

#include "base/document.h"
#include "insight/insight.h"

static const struct row {
  const char *name;
  uint32_t otherwise, least, most;
  size_t offset;
} rows[] = {
#define X(name, otherwise, least, most) {#name, otherwise, least, most, offsetof(struct insight_thresholds, name)},
    INSIGHT_THRESHOLDS(X)
#undef X
};
enum { ROWS = sizeof rows / sizeof *rows, ARENA_BYTES = 256 * 1024 };

static void set(struct insight_thresholds *t, const struct row *r, uint32_t value) {
  memcpy((char *)t + r->offset, &value, sizeof value);
}

void insight_default_thresholds(struct insight_thresholds *out) {
  for (unsigned i = 0; i < ROWS; i++) set(out, &rows[i], rows[i].otherwise);
}

static const struct row *find_row(struct slice name) {
  for (unsigned i = 0; i < ROWS; i++)
    if (slice_equal(name, slice_from(rows[i].name))) return &rows[i];
  return NULL;
}

static bool read_whole(struct slice text, uint64_t *out) {
  *out = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.data[i] < '0' || text.data[i] > '9') return false;
    *out = *out * 10 + (uint64_t)(text.data[i] - '0');
  }
  return text.len > 0 && text.len <= 9;
}

static int take(const struct document *member, struct insight_thresholds *t, struct error *err) {
  char pointer[80];
  uint64_t value;
  const struct row *r = find_row(member->name);
  if (!r)
    return error_set_at(err, ERR_INVALID, "", "insights has no member %.*s",
                        SLICE_ARGS(slice_of(member->name.data, member->name.len < 64 ? member->name.len : 64)));
  snprintf(pointer, sizeof pointer, "/%s", r->name);
  if (member->kind != DOCUMENT_NUMBER || !read_whole(member->text, &value) || value < r->least || value > r->most)
    return error_set_at(err, ERR_INVALID, pointer, "must be a whole number of %u to %u", r->least, r->most);
  set(t, r, (uint32_t)value);
  return 0;
}

int insight_parse_thresholds(struct slice json, struct insight_thresholds *out, struct error *err) {
  struct insight_thresholds t;
  struct arena arena;
  const struct document *d;
  insight_default_thresholds(&t);
  arena_init(&arena, ARENA_BYTES);
  int code = document_read(json, &arena, &d, err);
  if (code == 0 && d->kind != DOCUMENT_OBJECT) code = error_set(err, ERR_INVALID, "insights must be an object");
  for (const struct document *m = code == 0 ? d->first : NULL; m && code == 0; m = m->next) code = take(m, &t, err);
  if (code == 0) *out = t;
  arena_free(&arena);
  return code;
}
