#include "api/account_records.h"

#include <assert.h>

enum { CHANGES = 16 };

struct changes {
  struct record_change items[CHANGES];
  uint32_t count;
};

/* Notes a field whose value differs; on one side everything is absent where the thing was made or ended. */
static void add(struct changes *c, const char *field, struct slice before, struct slice after, bool is_json) {
  if (slice_equal(before, after) || c->count == CHANGES) return;
  c->items[c->count++] = (struct record_change){.field = field,
                                                .old_value = before.len ? before : slice_of(NULL, 0),
                                                .new_value = after.len ? after : slice_of(NULL, 0),
                                                .is_json = is_json};
}

/* The list as JSON, empty where there is none; lives in the arena. */
static struct slice list_text(struct arena *arena, const struct slice *items, uint32_t count) {
  struct buffer text;
  if (count == 0) return slice_of("", 0);
  buffer_init(&text, RECORD_TEXT_BYTES * 4);
  append_texts(&text, items, count);
  struct slice copy = arena_copy(arena, buffer_slice(&text));
  buffer_free(&text);
  return copy;
}

static struct slice time_text(struct arena *arena, int64_t us) {
  char text[INSTANT_TEXT_BYTES];
  if (!us) return slice_of("", 0);
  return arena_copy(arena, slice_of(text, instant_format(us, 6, text)));
}

static void add_place(struct arena *arena, struct changes *c, enum account_role role, const struct scope_grant *place,
                      bool given) {
  const struct slice none = {"", 0};
  const struct slice name = slice_from(account_role_name(role));
  const struct slice logs = list_text(arena, place->logs, place->log_count);
  const struct slice products = list_text(arena, place->products, place->product_count);
  add(c, "role", given ? none : name, given ? name : none, false);
  add(c, "tenant", given ? none : place->subtree, given ? place->subtree : none, false);
  add(c, "logs", given ? none : logs, given ? logs : none, true);
  add(c, "products", given ? none : products, given ? products : none, true);
}

static int record_changes(struct http_request *r, struct api *a, struct record *record, struct changes *c,
                          struct error *err) {
  record->log = "admin";
  record->changes = c->items;
  record->change_count = c->count;
  return record_event(r, a, record, err);
}

/* ---- Users ---- */

int record_user(struct http_request *r, struct api *a, const struct account_user *before,
                const struct account_user *after, struct error *err) {
  assert(before || after);
  static const struct account_user nobody = {
      .login = {"", 0}, .email = {"", 0}, .display_name = {"", 0}, .tenant = {"", 0}};
  struct changes c = {.count = 0};
  const struct account_user *b = before ? before : &nobody, *n = after ? after : &nobody, *u = after ? after : before;
  const struct slice none = {"", 0};
  add(&c, "login", b->login, n->login, false);
  add(&c, "email", b->email, n->email, false);
  add(&c, "display_name", b->display_name, n->display_name, false);
  add(&c, "tenant", b->tenant, n->tenant, false);
  add(&c, "state", before ? slice_from(user_state_name(b->state)) : none,
      after ? slice_from(user_state_name(n->state)) : none, false);
  struct record record = {.tenant = u->tenant,
                          .action = !before  ? "create"
                                    : !after ? "delete"
                                             : "update",
                          .activity = !before  ? "User Created"
                                      : !after ? "User Deleted"
                                               : "User Updated",
                          .category = "Users",
                          .target = {.type = "user", .id = u->id, .name = u->login, .user = u->login}};
  if (before && after && before->state != after->state)
    record.activity = after->state == USER_DISABLED ? "User Disabled" : "User Enabled";
  return record_changes(r, a, &record, &c, err);
}

int record_user_act(struct http_request *r, struct api *a, const struct account_user *u, const char *action,
                    const char *activity, struct error *err) {
  struct changes none = {.count = 0};
  struct record record = {.tenant = u->tenant,
                          .action = action,
                          .activity = activity,
                          .category = "Security",
                          .target = {.type = "user", .id = u->id, .name = u->login, .user = u->login}};
  return record_changes(r, a, &record, &none, err);
}

int record_grants(struct http_request *r, struct api *a, const struct account_user *u,
                  const struct account_grant *grants, uint32_t count, bool given, struct error *err) {
  int code = 0;
  for (uint32_t i = 0; !code && i < count; i++) {
    const struct account_grant *g = &grants[i];
    struct changes c = {.count = 0};
    add_place(http_arena(r), &c, g->role, &g->place, given);
    struct record record = {.tenant = g->place.subtree,
                            .action = given ? "create" : "delete",
                            .activity = given ? "Grant Added" : "Grant Removed",
                            .category = "Security",
                            .target = {.type = "grant", .id = g->id, .name = u->login, .user = u->login}};
    code = record_changes(r, a, &record, &c, err);
  }
  return code;
}

/* ---- Keys ---- */

int record_key(struct http_request *r, struct api *a, const char *action, const char *activity,
               const struct account_key *before, const struct account_key *after, struct error *err) {
  assert(before || after);
  struct changes c = {.count = 0};
  struct arena *arena = http_arena(r);
  const struct account_key *k = after ? after : before;
  const struct slice none = {"", 0};
  if (before && after) {
    add(&c, "id", before->id, after->id, false);
    add(&c, "prefix", before->prefix, after->prefix, false);
  } else {
    const struct slice addresses = list_text(arena, k->addresses, k->address_count);
    const struct slice expires = time_text(arena, k->expires_us);
    add_place(arena, &c, k->role, &k->place, after != NULL);
    add(&c, "prefix", after ? none : k->prefix, after ? k->prefix : none, false);
    add(&c, "addresses", after ? none : addresses, after ? addresses : none, true);
    add(&c, "expires_at", after ? none : expires, after ? expires : none, false);
  }
  struct record record = {.tenant = k->place.subtree,
                          .action = action,
                          .activity = activity,
                          .category = "Security",
                          .target = {.type = "api_key", .id = k->id, .name = k->name}};
  return record_changes(r, a, &record, &c, err);
}

/* ---- Tenants ---- */

int record_tenant(struct http_request *r, struct api *a, const struct account_tenant *before,
                  const struct account_tenant *after, struct error *err) {
  struct changes c = {.count = 0};
  const char *activity = "Tenant Updated";
  add(&c, "display_name", before->display_name, after->display_name, false);
  add(&c, "closed", before->closed ? SLICE("true") : SLICE("false"), after->closed ? SLICE("true") : SLICE("false"),
      true);
  if (before->closed != after->closed) activity = after->closed ? "Tenant Closed" : "Tenant Reopened";
  struct record record = {.tenant = after->path,
                          .action = "update",
                          .activity = activity,
                          .category = "Settings",
                          .target = {.type = "tenant", .id = after->path, .name = after->display_name}};
  return record_changes(r, a, &record, &c, err);
}

static struct slice find_setting(const struct account_setting *settings, uint32_t count, struct slice name) {
  for (uint32_t i = 0; i < count; i++)
    if (slice_equal(settings[i].name, name)) return settings[i].value;
  return slice_of("", 0);
}

/* One event for each, so that what was before and what is after is there as a whole however much was changed at once.
 */
static int record_setting(struct http_request *r, struct api *a, struct slice tenant, struct slice name,
                          struct slice before, struct slice after, struct error *err) {
  struct changes c = {.count = 0};
  const char *field = arena_string(http_arena(r), name);
  if (field) add(&c, field, before, after, true);
  if (c.count == 0) return 0;
  struct record record = {.tenant = tenant,
                          .action = "update",
                          .activity = "Settings Changed",
                          .category = "Settings",
                          .target = {.type = "settings", .id = tenant, .name = name}};
  return record_changes(r, a, &record, &c, err);
}

int record_settings(struct http_request *r, struct api *a, struct slice tenant, const struct account_setting *before,
                    uint32_t before_count, const struct account_setting *after, uint32_t after_count,
                    struct error *err) {
  int code = 0;
  for (uint32_t i = 0; i < before_count && !code; i++)
    code = record_setting(r, a, tenant, before[i].name, before[i].value,
                          find_setting(after, after_count, before[i].name), err);
  for (uint32_t i = 0; i < after_count && !code; i++)
    if (find_setting(before, before_count, after[i].name).len == 0)
      code = record_setting(r, a, tenant, after[i].name, slice_of("", 0), after[i].value, err);
  return code;
}
