#include "api/body.h"

#include <stdio.h>

static int refuse(struct error *err, const char *at, const char *name, const char *why) {
  char pointer[ERROR_POINTER_BYTES];
  snprintf(pointer, sizeof pointer, "%s/%s", at, name);
  return error_set_at(err, ERR_INVALID, pointer, "%s", why);
}

static bool is_listed(struct slice name, const char *const *members) {
  for (; *members; members++)
    if (slice_equal(name, slice_from(*members))) return true;
  return false;
}

/* RFC 6901: ~ and / of a name are escaped. */
static void escape(struct slice name, char *out, size_t room) {
  size_t n = 0;
  for (size_t i = 0; i < name.len && n + 3 < room; i++) {
    if (name.data[i] == '~' || name.data[i] == '/') {
      out[n++] = '~';
      out[n++] = name.data[i] == '~' ? '0' : '1';
    } else {
      out[n++] = name.data[i];
    }
  }
  out[n] = '\0';
}

int body_members(const struct document *d, const char *at, const char *const *members, struct error *err) {
  char name[96];
  if (d->kind != DOCUMENT_OBJECT) return error_set_at(err, ERR_INVALID, at, "must be an object");
  for (const struct document *m = d->first; m; m = m->next) {
    if (is_listed(m->name, members)) continue;
    escape(m->name, name, sizeof name);
    return refuse(err, at, name, "there is no such member");
  }
  return 0;
}

int body_object(struct http_request *r, const char *const *members, const struct document **out, struct error *err) {
  int code = document_read(http_body(r), http_arena(r), out, err); /* whatever type it claims: it must be JSON */
  return code ? code : body_members(*out, "", members, err);
}

/* The member, or NULL where it is absent or null. */
static const struct document *find(const struct document *d, const char *name) {
  const struct document *m = document_member(d, name);
  return m && m->kind != DOCUMENT_NULL ? m : NULL;
}

int member_text(const struct document *d, const char *at, const char *name, bool required, struct slice *out,
                struct error *err) {
  const struct document *m = find(d, name);
  if (!m) return required ? refuse(err, at, name, "is needed") : 0;
  if (m->kind != DOCUMENT_STRING) return refuse(err, at, name, "must be a string");
  *out = m->text;
  return 0;
}

int member_bool(const struct document *d, const char *at, const char *name, bool *out, struct error *err) {
  const struct document *m = find(d, name);
  if (!m) return 0;
  if (m->kind != DOCUMENT_BOOL) return refuse(err, at, name, "must be true or false");
  *out = slice_equal(m->text, SLICE("true"));
  return 0;
}

int member_whole(const struct document *d, const char *at, const char *name, uint32_t least, uint32_t most,
                 uint32_t *out, struct error *err) {
  const struct document *m = find(d, name);
  char why[64];
  uint64_t value = 0;
  if (!m) return 0;
  bool valid = m->kind == DOCUMENT_NUMBER && m->text.len <= 9;
  for (size_t i = 0; valid && i < m->text.len; i++) {
    valid = m->text.data[i] >= '0' && m->text.data[i] <= '9';
    value = value * 10 + (uint64_t)(m->text.data[i] - '0');
  }
  snprintf(why, sizeof why, "must be a whole number of %u to %u", least, most);
  if (!valid || value < least || value > most) return refuse(err, at, name, why);
  *out = (uint32_t)value;
  return 0;
}

int member_instant(const struct document *d, const char *at, const char *name, int64_t *us_out, struct error *err) {
  const struct document *m = find(d, name);
  unsigned digits;
  if (!m) return 0;
  if (m->kind != DOCUMENT_STRING || !instant_parse(m->text, us_out, &digits))
    return refuse(err, at, name, "must be a time such as 2027-01-31T00:00:00Z");
  return 0;
}

static int read_texts(const struct document *m, const char *at, const char *name, struct slice *items, uint32_t *count,
                      struct error *err) {
  char index[64];
  for (const struct document *item = m->first; item; item = item->next) {
    snprintf(index, sizeof index, "%s/%u", name, *count);
    if (item->kind != DOCUMENT_STRING || item->text.len == 0)
      return refuse(err, at, index, "must be a string that is not empty");
    items[(*count)++] = item->text;
  }
  return 0;
}

int member_texts(const struct document *d, const char *at, const char *name, uint32_t most, struct arena *arena,
                 const struct slice **out, uint32_t *count_out, struct error *err) {
  const struct document *m = find(d, name);
  uint32_t size = 0, count = 0;
  char why[64];
  if (!m) return 0;
  if (m->kind == DOCUMENT_ARRAY)
    for (const struct document *item = m->first; item; item = item->next) size++;
  snprintf(why, sizeof why, "must be null or an array of 1 to %u strings", most);
  if (m->kind != DOCUMENT_ARRAY || size == 0 || size > most) return refuse(err, at, name, why);
  struct slice *items = arena_alloc(arena, size * sizeof *items);
  if (!items) return error_set(err, ERR_TOO_LARGE, "the list does not fit");
  int code = read_texts(m, at, name, items, &count, err);
  if (code) return code;
  *out = items;
  *count_out = count;
  return 0;
}

int member_grant(const struct document *d, const char *at, struct arena *arena, struct account_grant *out,
                 struct error *err) {
  struct slice role = {"", 0};
  *out = (struct account_grant){.id = {"", 0}, .user = {"", 0}, .place = {.subtree = {"", 0}}};
  int code = member_text(d, at, "role", true, &role, err);
  if (!code && !account_role_find(role, &out->role)) code = refuse(err, at, "role", "there is no such role");
  if (!code) code = member_text(d, at, "tenant", true, &out->place.subtree, err);
  if (!code) code = member_texts(d, at, "logs", LIMIT_GRANT_NAMES, arena, &out->place.logs, &out->place.log_count, err);
  if (!code)
    code =
        member_texts(d, at, "products", LIMIT_GRANT_NAMES, arena, &out->place.products, &out->place.product_count, err);
  return code;
}
