#include "api/reading.h"

#include <sodium.h>
#include <stdio.h>

#include "base/utf8.h"

enum { PROOF_MAC_BYTES = 16, PROOF_BYTES = 8 + PROOF_MAC_BYTES };

static const struct kind {
  const char *pattern, *action, *activity, *target;
  bool always; /* recorded whatever tenants ask for */
} kinds[] = {
    {"/v1/events", "search", "Log Searched", "search", false},
    {"/v1/stats", "search", "Statistics Read", "search", false},
    {"/v1/histogram", "search", "Histogram Read", "search", false},
    {"/v1/top", "search", "Frequent Values Read", "search", false},
    {"/v1/values", "search", "Values Read", "search", false},
    {"/v1/logins", "search", "Log-ins Searched", "search", false},
    {"/v1/insights", "search", "Insights Read", "search", false},
    {"/v1/tail", "search", "Live Tail Opened", "search", false},
    {"/v1/events/{id}", "view", "Event Read", "search", false},
    {"/v1/export", "export", "Log Exported", "export", true},
    {"/v1/exports", "export", "Export Started", "export", true},
};

static const struct kind *kind_of(const struct http_request *r) {
  const char *pattern = http_request_route(r)->pattern;
  if (http_is_head(r) && strcmp(pattern, "/v1/export") == 0) pattern = "/v1/stats"; /* it tells how many there are */
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(kinds[i].pattern, pattern) == 0) return &kinds[i];
  return NULL; /* the catalog: what the viewer draws itself with */
}

struct tenants {
  struct slice items[READING_TENANTS];
  uint32_t count;
  bool overflowed; /* there are more */
};

struct reading {
  const struct kind *kind;
  struct tenants concerned; /* subtrees; the empty one is everything */
  struct tenants told;      /* whose logs get an event */
  int64_t since_us;         /* when the reading began: of its first page */
};

static void add_tenant(struct tenants *t, struct slice tenant) {
  for (uint32_t i = 0; i < t->count; i++)
    if (slice_equal(t->items[i], tenant)) return;
  if (t->count == READING_TENANTS)
    t->overflowed = true;
  else
    t->items[t->count++] = tenant;
}

/* ---- What it concerns ---- */

/* A clause that only events of certain subtrees can satisfy, or NULL. */
static const struct filter_clause *tenant_clause(const struct filter *f) {
  for (uint32_t i = 0; i < f->clause_count; i++) {
    const struct filter_clause *c = &f->clauses[i];
    bool plain = !c->negated && c->fields && c->field_count == 1 && c->fields[0].field == FIELD_TENANT;
    for (uint32_t k = 0; k < c->term_count && plain; k++) plain = c->terms[k].op == MATCH_SUBTREE;
    if (plain && c->term_count > 0) return c;
  }
  return NULL;
}

/* The smaller of two subtrees where one holds the other. */
static void add_common(struct tenants *t, struct slice a, struct slice b) {
  if (event_tenant_within(a, b))
    add_tenant(t, a);
  else if (event_tenant_within(b, a))
    add_tenant(t, b);
}

static void find_concerned(const struct scope *scope, const struct filter *filter, struct tenants *out) {
  const struct filter_clause *clause = tenant_clause(filter);
  for (uint32_t i = 0; i < scope->grant_count; i++) {
    struct slice subtree = scope->grants[i].subtree;
    if (!clause) add_tenant(out, subtree);
    for (uint32_t k = 0; clause && k < clause->term_count; k++) add_common(out, subtree, clause->terms[k].text);
  }
}

/* ---- Who is to know ---- */

static struct slice top_of(struct slice path) {
  const char *slash = path.len ? memchr(path.data, '/', path.len) : NULL;
  return slice_of(path.data, slash ? (size_t)(slash - path.data) : path.len);
}

/* The accounts that there are, as many as are of use. '{' comes after every character of a path. */
static int add_all_accounts(struct http_request *r, struct api *a, struct tenants *out, struct error *err) {
  char text[LIMIT_TENANT_BYTES + 4];
  struct slice after = {"", 0};
  while (!out->overflowed) {
    struct tenant_info *rows;
    uint32_t count;
    int code = store_list_tenants(a->store, request_scope(r), slice_of("", 0), after, 1, http_arena(r), &rows, &count);
    if (code) return error_set(err, code, "%s", error_text(code));
    if (count == 0) return 0;
    struct slice top = top_of(rows[0].path);
    add_tenant(out, top);
    int len = snprintf(text, sizeof text, "%.*s%s", SLICE_ARGS(top), rows[0].path.len > top.len ? "/{" : "");
    after = arena_copy(http_arena(r), slice_of(text, (size_t)len));
  }
  return 0;
}

static int find_told_of_export(struct http_request *r, struct api *a, struct reading *x, struct error *err) {
  int code = 0;
  x->told.overflowed = x->concerned.overflowed;
  for (uint32_t i = 0; code == 0 && i < x->concerned.count; i++) {
    if (x->concerned.items[i].len > 0)
      add_tenant(&x->told, x->concerned.items[i]);
    else
      code = add_all_accounts(r, a, &x->told, err);
  }
  return code;
}

/* A subtree is told where the setting holds at its root, and so is each tenant below it that asks by itself: whoever an
 * event belongs to, the nearest tenant that decided for it is one of them or lies above such a root. */
static int find_told_of_search(struct http_request *r, struct api *a, struct reading *x, struct error *err) {
  int code = 0;
  x->told.overflowed = x->concerned.overflowed;
  for (uint32_t i = 0; code == 0 && i < x->concerned.count; i++) {
    struct slice value = {"", 0}, *asking = NULL, root = x->concerned.items[i];
    uint32_t count = 0;
    if (root.len > 0) {
      code = accounts_get_setting(a->accounts, root, "record_searches", http_arena(r), &value, NULL);
      if (code == ERR_NOT_FOUND) code = 0;
    }
    if (slice_equal(value, SLICE("true"))) add_tenant(&x->told, root);
    if (code == 0)
      code = accounts_list_recorded(a->accounts, root, READING_TENANTS + 1, http_arena(r), &asking, &count, NULL);
    for (uint32_t k = 0; k < count; k++) add_tenant(&x->told, asking[k]);
  }
  return code ? error_set(err, code, "%s", error_text(code)) : 0;
}

static int find_reading(struct http_request *r, struct api *a, const struct filter *filter, struct reading *x,
                        struct error *err) {
  find_concerned(request_scope(r), filter, &x->concerned);
  return x->kind->always ? find_told_of_export(r, a, x, err) : find_told_of_search(r, a, x, err);
}

/* ---- The proof in a cursor ---- */

/* The cursor, and behind a dot: when the reading began, little-endian microseconds, and a keyed hash. */
struct slice reading_cursor(const struct http_request *r) {
  struct slice text = {"", 0};
  http_param(r, "cursor", &text);
  const char *dot = text.len ? memchr(text.data, '.', text.len) : NULL;
  if (dot) text.len = (size_t)(dot - text.data);
  return text;
}

static void hash_text(crypto_generichash_state *state, struct slice text) {
  uint64_t len = text.len;
  crypto_generichash_update(state, (const unsigned char *)&len, sizeof len);
  if (text.len) crypto_generichash_update(state, (const unsigned char *)text.data, text.len);
}

static void make_mac(const struct http_request *r, const struct api *a, const struct reading *x, struct slice cursor,
                     unsigned char out[PROOF_MAC_BYTES]) {
  static const char *const params[] = {"q", "from", "to", "tz", "order"};
  const struct principal *p = request_principal(r);
  unsigned char key[ACCOUNTS_SECRET_BYTES];
  crypto_generichash_state state;
  const int64_t numbers[2] = {x->since_us, p->kind};
  accounts_derive_key(a->accounts, "cursor", key);
  crypto_generichash_init(&state, key, sizeof key, PROOF_MAC_BYTES);
  crypto_generichash_update(&state, (const unsigned char *)numbers, sizeof numbers);
  hash_text(&state, cursor);
  hash_text(&state, slice_from(http_request_route(r)->pattern));
  hash_text(&state, p->id);
  for (size_t i = 0; i < sizeof params / sizeof *params; i++) {
    struct slice value = {"", 0};
    http_param(r, params[i], &value);
    hash_text(&state, value);
  }
  for (uint32_t i = 0; i < x->told.count; i++) hash_text(&state, x->told.items[i]);
  crypto_generichash_final(&state, out, PROOF_MAC_BYTES);
  sodium_memzero(key, sizeof key);
}

/* Whether the request goes on with a reading that is on the record; *since_us of its first page then. */
static bool continues(const struct http_request *r, const struct api *a, struct reading *x) {
  struct slice text = {"", 0}, cursor = reading_cursor(r);
  unsigned char proof[PROOF_BYTES], wanted[PROOF_MAC_BYTES];
  size_t len = 0;
  http_param(r, "cursor", &text);
  if (cursor.len == 0 || cursor.len >= text.len) return false;
  text = slice_skip(text, cursor.len + 1);
  if (sodium_base642bin(proof, sizeof proof, text.data, text.len, NULL, &len, NULL,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
      len != sizeof proof)
    return false;
  int64_t now_us = os_now_us(a->os), since_us;
  memcpy(&since_us, proof, sizeof since_us);
  if (since_us > now_us || now_us - since_us > READING_CONTINUES_S * INT64_C(1000000)) return false;
  int64_t fresh_us = x->since_us;
  x->since_us = since_us;
  make_mac(r, a, x, cursor, wanted);
  if (sodium_memcmp(wanted, proof + sizeof since_us, sizeof wanted) == 0) return true;
  x->since_us = fresh_us;
  return false;
}

void reading_append_proof(struct http_request *r, struct api *a, const struct reading *x, size_t start,
                          struct buffer *out) {
  unsigned char proof[PROOF_BYTES];
  char text[sodium_base64_ENCODED_LEN(PROOF_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
  if (!x || out->overflowed) return;
  memcpy(proof, &x->since_us, sizeof x->since_us);
  make_mac(r, a, x, slice_of(out->data + start, out->len - start), proof + sizeof x->since_us);
  sodium_bin2base64(text, sizeof text, proof, sizeof proof, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  buffer_append_char(out, '.');
  buffer_append_text(out, text);
}

/* ---- Onto the record ---- */

struct wording {
  struct slice q, from, to, id, file;
};

static bool all_within(const struct tenants *concerned, struct slice tenant) {
  if (tenant.len == 0 || concerned->overflowed) return false;
  for (uint32_t i = 0; i < concerned->count; i++)
    if (!event_tenant_within(concerned->items[i], tenant)) return false;
  return concerned->count > 0;
}

/* The deepest tenant that holds all the reading concerns; empty: none does. */
static struct slice common_tenant(const struct tenants *concerned) {
  struct slice common = concerned->count > 0 ? concerned->items[0] : slice_of("", 0);
  while (common.len > 0 && !all_within(concerned, common)) {
    const char *slash = memrchr(common.data, '/', common.len);
    common.len = slash ? (size_t)(slash - common.data) : 0;
  }
  return common;
}

static void append_names(const struct tenants *t, struct buffer *out) {
  for (uint32_t i = 0; i < t->count; i++) {
    if (i) buffer_append_text(out, ", ");
    buffer_append_slice(out, t->items[i].len ? t->items[i] : SLICE("(all)"));
  }
  if (t->overflowed) buffer_append_text(out, ", and more");
}

/* What cannot be recorded is refused. But on a full disk or after a disk error who operates the machine, and has its
 * files anyway, must still get the events off it: then the server's log takes the record's place. */
static int fail_unrecorded(struct http_request *r, int code, const struct error *why, struct error *err) {
  char line[ERROR_MESSAGE_BYTES];
  const struct principal *p = request_principal(r);
  bool stuck = code == ERR_DISK_FULL || code == ERR_READ_ONLY;
  if (!stuck || !(p->rights & RIGHT_OPERATE)) return error_set(err, code, "%s", why->message);
  snprintf(line, sizeof line, "a reading by %.*s goes on without its record: %s", SLICE_ARGS(utf8_clip(p->name, 64)),
           error_text(code));
  http_log(r, line);
  return 0;
}

static int append_records(struct http_request *r, struct api *a, const struct reading *x, const struct wording *w,
                          struct error *err) {
  struct buffer names;
  struct record records[READING_TENANTS + 2];
  struct slice whole = common_tenant(&x->concerned);
  bool sole = !x->told.overflowed && x->told.count == 1 && all_within(&x->concerned, x->told.items[0]);
  uint32_t count = 0;
  buffer_init(&names, 2048); /* cut where it is longer: the question and the grants say the same */
  append_names(&x->concerned, &names);
  const struct record_param full[] = {
      {"q", w->q, false}, {"from", w->from, false}, {"to", w->to, false}, {"tenants", buffer_slice(&names), false}};
  const struct record_param brief[] = {{"from", w->from, false}, {"to", w->to, false}};
  const struct record base = {.log = "admin",
                              .action = x->kind->action,
                              .activity = x->kind->activity,
                              .category = "Security",
                              .target = {.type = x->kind->target, .id = w->id, .name = w->file}};
  for (uint32_t i = 0; i < x->told.count && !x->told.overflowed; i++) {
    records[count] = base;
    records[count].tenant = x->told.items[i];
    records[count].params = sole ? full : brief;
    records[count++].param_count = sole ? 3 : 2;
  }
  if (!sole) {
    records[count] = base;
    records[count].params = full;
    records[count++].param_count = 4;
  }
  if (x->told.overflowed && whole.len > 0) {
    records[count] = base;
    records[count].tenant = whole;
    records[count].params = full;
    records[count++].param_count = 3;
  }
  struct error why = {0};
  int code = record_events(r, a, records, count, &why);
  buffer_free(&names);
  return code ? fail_unrecorded(r, code, &why, err) : 0;
}

static struct slice param(const struct http_request *r, const char *name) {
  struct slice value = {"", 0};
  http_param(r, name, &value);
  return value;
}

int reading_record(struct http_request *r, struct api *a, const struct filter *filter, const struct reading **out,
                   struct error *err) {
  *out = NULL;
  const struct kind *kind = kind_of(r);
  if (!kind || (!kind->always && !accounts_records_searches(a->accounts))) return 0;
  struct reading *x = arena_take(http_arena(r), sizeof *x);
  memset(x, 0, sizeof *x);
  x->kind = kind;
  x->since_us = os_now_us(a->os);
  int code = find_reading(r, a, filter, x, err);
  if (code || (x->told.count == 0 && !x->told.overflowed && !kind->always)) return code;
  *out = x;
  if (continues(r, a, x)) return 0;
  const struct wording w = {.q = param(r, "q"), .from = param(r, "from"), .to = param(r, "to")};
  return append_records(r, a, x, &w, err);
}

int reading_record_event(struct http_request *r, struct api *a, struct slice tenant, uint64_t seq, struct error *err) {
  char id[LIMIT_TENANT_BYTES + 24];
  struct reading x = {.kind = kind_of(r)};
  struct slice value;
  if (!accounts_records_searches(a->accounts)) return 0;
  int code = accounts_get_setting(a->accounts, tenant, "record_searches", http_arena(r), &value, NULL);
  if (code == ERR_NOT_FOUND || (code == 0 && !slice_equal(value, SLICE("true")))) return 0;
  if (code) return error_set(err, code, "%s", error_text(code));
  add_tenant(&x.concerned, tenant);
  add_tenant(&x.told, tenant);
  snprintf(id, sizeof id, "%.*s:%llu", SLICE_ARGS(tenant), (unsigned long long)seq);
  const struct wording w = {.id = slice_from(id)};
  return append_records(r, a, &x, &w, err);
}

static struct slice instant_text(struct http_request *r, int64_t us) {
  char text[INSTANT_TEXT_BYTES];
  if (us == INSTANT_MIN || us == INSTANT_MAX) return slice_of("", 0);
  return arena_copy(http_arena(r), slice_of(text, instant_format(us, 6, text)));
}

int reading_record_job(struct http_request *r, struct api *a, const struct filter *filter, struct slice q,
                       int64_t from_us, int64_t to_us, struct slice id, struct slice file, struct error *err) {
  struct reading *x = arena_take(http_arena(r), sizeof *x);
  memset(x, 0, sizeof *x);
  x->kind = kind_of(r);
  int code = find_reading(r, a, filter, x, err);
  const struct wording w = {
      .q = q, .from = instant_text(r, from_us), .to = instant_text(r, to_us), .id = id, .file = file};
  return code ? code : append_records(r, a, x, &w, err);
}
