#include "cli/draft.h"

#include <stdio.h>

void draft_init(struct draft *d, struct arena *arena) {
  memset(d->values, 0, sizeof d->values);
  d->param_count = d->change_count = d->params_omitted = d->changes_omitted = 0;
  d->arena = arena;
}

/* Bytes of the well-formed character at p (RFC 3629: no overlong forms, surrogates or values past U+10FFFF); 0 where
 * there is none. */
static size_t utf8_length(const unsigned char *p, size_t left) {
  if (p[0] < 0x80) return p[0] != 0;
  size_t len = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
  if (len == 0 || len > left) return 0;
  for (size_t i = 1; i < len; i++) {
    if ((p[i] & 0xC0) != 0x80) return 0;
  }
  bool overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
  bool beyond = (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF4 && p[1] > 0x8F);
  return overlong || beyond ? 0 : len;
}

struct slice draft_clean(struct arena *arena, struct slice text) {
  const unsigned char *p = (const unsigned char *)text.data;
  size_t at = 0, bad = 0;
  while (at < text.len) {
    size_t len = utf8_length(p + at, text.len - at);
    bad += len == 0;
    at += len ? len : 1;
  }
  if (bad == 0) return text;
  char *copy = arena_alloc(arena, text.len + 2 * bad), *to = copy;
  if (!copy) return slice_of(NULL, 0);
  for (at = 0; at < text.len;) {
    size_t len = utf8_length(p + at, text.len - at);
    memcpy(to, len ? text.data + at : "\xEF\xBF\xBD", len ? len : 3);
    to += len ? len : 3;
    at += len ? len : 1;
  }
  return slice_of(copy, (size_t)(to - copy));
}

void draft_set(struct draft *d, enum field_id field, struct slice text) {
  if (text.len) d->values[field] = draft_clean(d->arena, text);
}

void draft_set_text(struct draft *d, enum field_id field, const char *text) { draft_set(d, field, slice_from(text)); }

void draft_set_time(struct draft *d, int64_t us, unsigned digits) {
  char text[INSTANT_TEXT_BYTES];
  unsigned len = instant_format(us, digits, text);
  d->values[FIELD_OCCURRED_AT] = arena_copy(d->arena, slice_of(text, len));
}

static struct slice json_string(struct arena *arena, struct slice text) {
  struct buffer b;
  buffer_init(&b, LIMIT_EVENT_BYTES * 8);
  json_append_string(&b, draft_clean(arena, text));
  struct slice copy = b.overflowed ? SLICE("\"\"") : arena_copy(arena, buffer_slice(&b));
  buffer_free(&b);
  return copy;
}

static bool key_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

static bool param_known(const struct draft *d, struct slice key) {
  for (uint32_t i = 0; i < d->param_count; i++) {
    if (slice_equal(d->params[i].name, key)) return true;
  }
  return false;
}

/* A key that is allowed and new: the one wanted, or cut and numbered ("bucket.policy_2"). */
static struct slice param_key(struct draft *d, struct slice wanted) {
  char text[LIMIT_PARAM_KEY_BYTES + 16];
  size_t len = wanted.len < LIMIT_PARAM_KEY_BYTES ? wanted.len : LIMIT_PARAM_KEY_BYTES;
  for (size_t i = 0; i < len; i++) text[i] = key_char(wanted.data[i]) ? wanted.data[i] : '_';
  if (len == 0) text[len++] = '_';
  bool cut = wanted.len > LIMIT_PARAM_KEY_BYTES;
  size_t stem = len > LIMIT_PARAM_KEY_BYTES - 4 ? LIMIT_PARAM_KEY_BYTES - 4 : len;
  for (unsigned n = 2; (cut || param_known(d, slice_of(text, len))) && n < LIMIT_PARAMS + 2; n++) {
    len = stem + (size_t)snprintf(text + stem, 5, "_%u", n % 1000);
    cut = false;
  }
  return arena_copy(d->arena, slice_of(text, len));
}

void draft_param_json(struct draft *d, struct slice key, struct slice json) {
  /* The last place is kept for params_omitted. */
  if (d->param_count >= LIMIT_PARAMS - 1) {
    d->params_omitted++;
    return;
  }
  struct slice name = param_key(d, key);
  d->params[d->param_count++] = (struct draft_pair){.name = name, .json = json};
}

void draft_param(struct draft *d, struct slice key, struct slice text) {
  if (text.len) draft_param_json(d, key, json_string(d->arena, text));
}

void draft_change(struct draft *d, struct slice field, struct slice old_json, struct slice new_json) {
  if (d->change_count >= LIMIT_CHANGES) {
    d->changes_omitted++;
    return;
  }
  d->changes[d->change_count++] = (struct draft_pair){draft_clean(d->arena, field), old_json, new_json};
}

static void append_params(struct draft *d, struct buffer *out) {
  char digits[16];
  uint32_t omitted = d->params_omitted + d->changes_omitted;
  if (omitted) {
    int len = snprintf(digits, sizeof digits, "%u", omitted);
    d->params[d->param_count++] =
        (struct draft_pair){.name = SLICE("params_omitted"), .json = slice_of(digits, (size_t)len)};
  }
  for (uint32_t i = 0; i < d->param_count; i++) {
    buffer_append_text(out, i ? "," : ",\"params\":{");
    json_append_string(out, d->params[i].name);
    buffer_append_char(out, ':');
    buffer_append_slice(out, d->params[i].json);
  }
  if (d->param_count) buffer_append_char(out, '}');
  if (omitted) d->param_count--;
}

static void append_changes(const struct draft *d, struct buffer *out) {
  for (uint32_t i = 0; i < d->change_count; i++) {
    const struct draft_pair *c = &d->changes[i];
    buffer_append_text(out, i ? ",{\"field\":" : ",\"changes\":[{\"field\":");
    json_append_string(out, c->name);
    if (c->json.len) buffer_append_text(out, ",\"old\":");
    buffer_append_slice(out, c->json);
    if (c->json_new.len) buffer_append_text(out, ",\"new\":");
    buffer_append_slice(out, c->json_new);
    buffer_append_char(out, '}');
  }
  if (d->change_count) buffer_append_char(out, ']');
}

/* "actor" of "actor.name"; empty for a field of the top. */
static struct slice group_of(struct slice path) {
  const char *dot = memchr(path.data, '.', path.len);
  return slice_of(path.data, dot ? (size_t)(dot - path.data) : 0);
}

static void append_value(const struct field *f, struct slice value, struct buffer *out) {
  if (f->kind == KIND_UINT) {
    bool digits = value.len < 20;
    for (size_t i = 0; i < value.len; i++) digits = digits && value.data[i] >= '0' && value.data[i] <= '9';
    if (digits) {
      while (value.len > 1 && value.data[0] == '0') value = slice_skip(value, 1);
      buffer_append_slice(out, value);
      return;
    }
  }
  json_append_string(out, value);
}

/* Rows of one group are neighbours in the field table, so a group opens and closes once. */
void draft_append_json(struct draft *d, struct buffer *out) {
  struct slice open = slice_of(NULL, 0);
  bool first = true;
  buffer_append_char(out, '{');
  for (unsigned id = 0; id < FIELD_COUNT; id++) {
    const struct field *f = field_get((enum field_id)id);
    if (!d->values[id].data || f->origin != FROM_CLIENT || (f->flags & (F_LIST | F_MAP))) continue;
    struct slice group = group_of(f->path);
    bool same = slice_equal(group, open);
    if (!same && open.len) buffer_append_char(out, '}');
    if (!first) buffer_append_char(out, ',');
    if (!same && group.len) {
      json_append_string(out, group);
      buffer_append_text(out, ":{");
    }
    /* A comma was written before the group opened; inside it the first member needs none. */
    open = group;
    json_append_string(out, group.len ? slice_skip(f->path, group.len + 1) : f->path);
    buffer_append_char(out, ':');
    append_value(f, d->values[id], out);
    first = false;
  }
  if (open.len) buffer_append_char(out, '}');
  append_changes(d, out);
  append_params(d, out);
  buffer_append_char(out, '}');
}
