/* The configuration of the identity providers (docs/sign-in.md): one JSON document, read strictly, so that a mistyped
 * member is a message and not a rule that is silently missing. */
#include <stdlib.h>

#include "event/event.h"
#include "identity/internal.h"

struct config {
  const struct os *os;
  struct oidc_set *set;
  struct error *err;
  char place[96]; /* where in the file, for messages */
};

static int refuse(struct config *c, const char *member, const char *what) {
  return error_set(c->err, ERR_INVALID, "%s%s%s %s", c->place, c->place[0] ? ": " : "", member, what);
}

static int check_members(struct config *c, const struct document *d, const char *const *known) {
  if (d->kind != DOCUMENT_OBJECT) return refuse(c, "this", "must be an object");
  for (const struct document *m = d->first; m; m = m->next) {
    bool found = false;
    for (unsigned i = 0; known[i] && !found; i++) found = slice_equal(m->name, slice_from(known[i]));
    if (!found)
      return error_set(c->err, ERR_INVALID, "%s%sthere is no member \"%.*s\"", c->place, c->place[0] ? ": " : "",
                       SLICE_ARGS(m->name));
  }
  return 0;
}

static int take_text(struct config *c, const struct document *d, const char *name, bool required, struct slice *out) {
  const struct document *m = document_member(d, name);
  *out = slice_of("", 0);
  if (!m) return required ? refuse(c, name, "is missing") : 0;
  if (m->kind != DOCUMENT_STRING || m->text.len == 0) return refuse(c, name, "must be a text");
  *out = m->text;
  return 0;
}

/* NULL where it is absent. */
static int take_string(struct config *c, const struct document *d, const char *name, bool required, const char **out) {
  struct slice text;
  *out = NULL;
  int code = take_text(c, d, name, required, &text);
  if (code == 0 && text.len) *out = arena_string(&c->set->arena, text);
  return code;
}

static int take_list(struct config *c, const struct document *d, const char *name, const struct slice **out,
                     uint32_t *count_out) {
  const struct document *m = document_member(d, name);
  uint32_t count = 0;
  *out = NULL;
  *count_out = 0;
  if (!m) return 0;
  if (m->kind != DOCUMENT_ARRAY || !m->first) return refuse(c, name, "must be a list of texts");
  for (const struct document *e = m->first; e; e = e->next) count++;
  struct slice *list = arena_alloc(&c->set->arena, count * sizeof *list);
  if (!list) return refuse(c, name, "is too long");
  count = 0;
  for (const struct document *e = m->first; e; e = e->next) {
    if (e->kind != DOCUMENT_STRING || e->text.len == 0) return refuse(c, name, "must be a list of texts");
    list[count++] = e->text;
  }
  *out = list;
  *count_out = count;
  return 0;
}

/* ---- Roles ---- */

/* A tenant path whose segments may be {claim}. */
static bool is_tenant_pattern(struct slice text) {
  char plain[LIMIT_TENANT_BYTES];
  size_t len = 0;
  if (text.len > sizeof plain) return false;
  for (size_t i = 0; i < text.len; i++) {
    const char *close = text.data[i] == '{' ? memchr(text.data + i, '}', text.len - i) : NULL;
    if (close && close > text.data + i + 1) {
      plain[len++] = 'x';
      i = (size_t)(close - text.data);
    } else {
      plain[len++] = text.data[i];
    }
  }
  return event_tenant_valid(slice_of(plain, len));
}

static int take_rule(struct config *c, const struct document *d, struct oidc_rule *rule) {
  static const char *const known[] = {"claim", "value", "role", "tenant", "logs", "products", NULL};
  static const char *const roles[] = {"operator", "admin", "auditor", "viewer"};
  int code = check_members(c, d, known);
  if (code == 0) code = take_text(c, d, "claim", false, &rule->claim);
  if (code == 0) code = take_text(c, d, "value", rule->claim.len > 0, &rule->value);
  if (code == 0) code = take_text(c, d, "role", true, &rule->role);
  if (code == 0) code = take_list(c, d, "logs", &rule->logs, &rule->log_count);
  if (code == 0) code = take_list(c, d, "products", &rule->products, &rule->product_count);
  if (code) return code;
  bool known_role = false, is_operator = slice_equal(rule->role, SLICE("operator"));
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
    known_role = known_role || slice_equal(rule->role, slice_from(roles[i]));
  if (!known_role) return refuse(c, "role", "must be operator, admin, auditor or viewer");
  code = take_text(c, d, "tenant", !is_operator, &rule->tenant);
  if (code) return code;
  if (is_operator && (rule->tenant.len || rule->log_count || rule->product_count))
    return refuse(c, "role", "operator covers every tenant and has no tenant, logs or products");
  if (is_operator && rule->claim.len == 0) return refuse(c, "role", "operator must not be given to everybody");
  if (!is_operator && !is_tenant_pattern(rule->tenant)) return refuse(c, "tenant", "must be a tenant's path");
  return 0;
}

static int take_rules(struct config *c, const struct document *d, struct oidc_provider *p) {
  const struct document *list = document_member(d, "roles");
  uint32_t count = 0;
  if (!list) return 0;
  if (list->kind != DOCUMENT_ARRAY) return refuse(c, "roles", "must be a list");
  for (const struct document *e = list->first; e; e = e->next) count++;
  if (count > OIDC_RULES) return refuse(c, "roles", "has too many rules");
  if (count == 0) return 0;
  struct oidc_rule *rules = arena_take(&c->set->arena, count * sizeof *rules);
  memset(rules, 0, count * sizeof *rules);
  for (const struct document *e = list->first; e; e = e->next) {
    int code = take_rule(c, e, &rules[p->rule_count]);
    if (code) return error_wrap(c->err, code, "roles/%u", p->rule_count);
    p->rule_count++;
  }
  p->rules = rules;
  return 0;
}

/* ---- Providers ---- */

static bool is_id(struct slice id) {
  if (id.len == 0 || id.len > 32) return false;
  for (size_t i = 0; i < id.len; i++)
    if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-_", id.data[i])) return false;
  return true;
}

static int read_file(const struct os *os, const char *path, struct buffer *out, struct error *err) {
  struct os_file *file = NULL;
  uint64_t size = 0;
  int code = os_open(os, path, OS_READ, &file);
  if (code == 0) code = os_size(os, file, &size);
  if (code == 0 && size > OIDC_CONFIG_BYTES) code = ERR_TOO_LARGE;
  char *to = code == 0 ? buffer_reserve(out, (size_t)size) : NULL;
  if (to) code = os_read_exact(os, file, 0, to, (size_t)size);
  if (to && code == 0) buffer_commit(out, (size_t)size);
  os_close(os, file);
  return code ? error_set(err, code, "%s: %s", path, error_text(code)) : 0;
}

/* client_secret, or the first line of client_secret_file. */
static int take_secret(struct config *c, const struct document *d, struct oidc_provider *p) {
  const char *path;
  struct buffer text;
  int code = take_string(c, d, "client_secret", false, &p->client_secret);
  if (code == 0) code = take_string(c, d, "client_secret_file", false, &path);
  if (code || !path) return code;
  if (p->client_secret) return refuse(c, "client_secret_file", "and client_secret exclude each other");
  buffer_init(&text, OIDC_CONFIG_BYTES);
  code = read_file(c->os, path, &text, c->err);
  if (code == 0) {
    struct slice secret = buffer_slice(&text);
    const char *end = secret.len ? memchr(secret.data, '\n', secret.len) : NULL;
    if (end) secret.len = (size_t)(end - secret.data);
    p->client_secret = arena_string(&c->set->arena, secret);
    if (secret.len == 0) code = refuse(c, "client_secret_file", "is empty");
  }
  if (text.data) explicit_bzero(text.data, text.len);
  buffer_free(&text);
  return code;
}

static int take_algorithms(struct config *c, const struct document *d, struct oidc_provider *p) {
  const struct document *list = document_member(d, "algorithms");
  p->algorithms = list ? oidc_algorithms(list) : ALG_ALL;
  return p->algorithms ? 0 : refuse(c, "algorithms", "must be some of RS256, PS256, ES256 and EdDSA");
}

static int take_scopes(struct config *c, const struct document *d, struct oidc_provider *p) {
  const struct slice *scopes;
  struct buffer text;
  uint32_t count;
  int code = take_list(c, d, "scopes", &scopes, &count);
  if (code) return code;
  buffer_init(&text, 4096);
  buffer_append_text(&text, count ? "openid" : "openid profile email");
  for (uint32_t i = 0; i < count; i++) {
    if (slice_equal(scopes[i], SLICE("openid"))) continue;
    buffer_append_char(&text, ' ');
    buffer_append_slice(&text, scopes[i]);
  }
  p->scopes = arena_copy(&c->set->arena, buffer_slice(&text));
  code = text.overflowed ? refuse(c, "scopes", "are too long") : 0;
  buffer_free(&text);
  return code;
}

static int take_creation(struct config *c, const struct document *d, struct oidc_provider *p) {
  const struct document *create = document_member(d, "create");
  if (create && create->kind != DOCUMENT_BOOL) return refuse(c, "create", "must be true or false");
  p->create = create && slice_equal(create->text, SLICE("true"));
  int code = take_text(c, d, "tenant", p->create, &p->tenant);
  if (code == 0 && p->tenant.len && !event_tenant_valid(p->tenant))
    code = refuse(c, "tenant", "must be a tenant's path");
  return code;
}

static int take_provider(struct config *c, const struct document *d, struct oidc_provider *p) {
  static const char *const known[] = {
      "id",      "name",   "issuer",      "client_id",  "client_secret", "client_secret_file",
      "ca_file", "scopes", "login_claim", "algorithms", "create",        "tenant",
      "roles",   NULL};
  int code = check_members(c, d, known);
  if (code == 0) code = take_text(c, d, "id", true, &p->id);
  if (code == 0 && !is_id(p->id)) code = refuse(c, "id", "must be 1 to 32 of a-z, 0-9, - and _");
  for (uint32_t i = 0; code == 0 && &c->set->providers[i] != p; i++)
    if (slice_equal(c->set->providers[i].id, p->id)) code = refuse(c, "id", "is taken by another provider");
  if (code == 0) code = take_text(c, d, "name", true, &p->name);
  if (code == 0) code = take_string(c, d, "issuer", true, &p->issuer);
  if (code == 0 && (!p->issuer || !fetch_url_allowed(slice_from(p->issuer))))
    code = refuse(c, "issuer", "must be an https address (http only for this machine)");
  if (code == 0) code = take_string(c, d, "client_id", true, &p->client_id);
  if (code == 0) code = take_secret(c, d, p);
  if (code == 0) code = take_string(c, d, "ca_file", false, &p->ca_file);
  if (code == 0) code = take_scopes(c, d, p);
  if (code == 0) code = take_text(c, d, "login_claim", false, &p->login_claim);
  if (code == 0) code = take_algorithms(c, d, p);
  if (code == 0) code = take_creation(c, d, p);
  return code ? code : take_rules(c, d, p);
}

static int take_all(struct config *c, const struct document *d) {
  static const char *const known[] = {"public_url", "providers", NULL};
  struct slice url;
  int code = check_members(c, d, known);
  if (code == 0) code = take_text(c, d, "public_url", true, &url);
  if (code) return code;
  while (url.len && url.data[url.len - 1] == '/') url.len--;
  bool plain = slice_starts_with(url, SLICE("http://")) || slice_starts_with(url, SLICE("https://"));
  if (!plain || memchr(url.data, '?', url.len) || memchr(url.data, '#', url.len))
    return refuse(c, "public_url", "must be the address at which browsers find this server");
  c->set->public_url = arena_string(&c->set->arena, url);
  const struct document *list = document_member(d, "providers");
  if (!list || list->kind != DOCUMENT_ARRAY || !list->first) return refuse(c, "providers", "must be a list");
  for (const struct document *e = list->first; e; e = e->next) {
    if (c->set->count == OIDC_PROVIDERS) return refuse(c, "providers", "are too many");
    code = take_provider(c, e, &c->set->providers[c->set->count]);
    if (code) return error_wrap(c->err, code, "providers/%u", c->set->count);
    c->set->count++;
  }
  return 0;
}

/* ---- A set ---- */

static struct oidc_set *set_new(void) {
  struct oidc_set *set = calloc(1, sizeof *set);
  if (!set) abort();
  atomic_init(&set->references, 1);
  arena_init(&set->arena, 4 * OIDC_CONFIG_BYTES);
  for (unsigned i = 0; i < OIDC_PROVIDERS; i++) {
    pthread_mutex_init(&set->providers[i].lock, NULL);
    arena_init(&set->providers[i].metadata_arena, 8 * FETCH_BYTES);
    arena_init(&set->providers[i].keys_arena, 8 * FETCH_BYTES);
  }
  return set;
}

void oidc_set_release(struct oidc_set *set) {
  if (!set || atomic_fetch_sub(&set->references, 1) != 1) return;
  for (unsigned i = 0; i < OIDC_PROVIDERS; i++) {
    struct oidc_provider *p = &set->providers[i];
    if (p->client_secret) explicit_bzero((void *)(uintptr_t)p->client_secret, strlen(p->client_secret));
    pthread_mutex_destroy(&p->lock);
    arena_free(&p->metadata_arena);
    arena_free(&p->keys_arena);
  }
  arena_free(&set->arena);
  free(set);
}

int oidc_set_read(const struct os *os, const char *path, struct oidc_set **out, struct error *err) {
  struct config c = {.os = os, .set = set_new(), .err = err};
  struct buffer text;
  const struct document *d;
  buffer_init(&text, OIDC_CONFIG_BYTES);
  int code = read_file(os, path, &text, err);
  if (code == 0) {
    struct slice copy = arena_copy(&c.set->arena, buffer_slice(&text)); /* what is read borrows from it */
    code = document_read(copy, &c.set->arena, &d, err);
    if (code == 0) code = take_all(&c, d);
    if (code) error_wrap(err, code, "%s", path);
  }
  if (text.data) explicit_bzero(text.data, text.len);
  buffer_free(&text);
  if (code)
    oidc_set_release(c.set);
  else
    *out = c.set;
  return code;
}
