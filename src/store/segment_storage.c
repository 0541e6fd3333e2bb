/* Where the bytes of a segment are. */
#include <stdio.h>

#include "store/segment_read.h"

static void name_column(const struct segment_column *c, struct segment_bytes *out) {
  if (c->field == FIELD_PARAMS_REST) {
    snprintf(out->name, sizeof out->name, "params (rest)");
    return;
  }
  struct slice path = field_get((enum field_id)c->field)->path;
  snprintf(out->name, sizeof out->name, "%.*s%s%.*s", SLICE_ARGS(path), c->key.len ? "." : "", SLICE_ARGS(c->key));
}

static void sum_column(const struct segment *s, const struct segment_column *c, struct segment_bytes *out) {
  out->dictionary = c->dict_bytes + c->index_length;
  for (uint32_t i = 0; i < s->part.group_count * GROUP_PAGES; i++) out->data += c->page_lengths[i];
  for (uint32_t g = 0; g < s->part.group_count; g++) out->index += c->term_lengths[g];
}

uint32_t segment_storage(const struct segment *s, struct segment_bytes *out, uint32_t max) {
  uint32_t n = 0;
  for (; n < s->part.column_count && n < max; n++) {
    out[n] = (struct segment_bytes){.name = ""};
    name_column(&s->columns[n], &out[n]);
    sum_column(s, &s->columns[n], &out[n]);
  }
  struct segment_bytes others[4] = {{.name = "(runs)"}, {.name = "(grams)"}, {.name = "(keys)"}, {.name = "(footer)"}};
  for (uint32_t g = 0; g < s->part.group_count; g++) {
    others[0].index += s->groups[g].runs_length;
    others[1].index += s->groups[g].grams_length;
  }
  others[2].index = s->footer_offset - s->keys_offset;
  others[3].data = s->file_bytes - s->footer_offset + SEGMENT_HEADER_BYTES;
  for (uint32_t i = 0; i < 4 && n < max; i++) out[n++] = others[i];
  return n;
}
