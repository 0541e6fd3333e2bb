/* From claims to an account: who it is, and which grants the provider's groups mean. */
#include "event/event.h"
#include "identity/internal.h"
#include "identity/mail.h"

struct claims {
  const struct document *token, *userinfo;
};

static const struct document *claim(const struct claims *c, struct slice name) {
  const struct document *all[] = {c->token, c->userinfo};
  for (int i = 0; i < 2; i++)
    for (const struct document *m = all[i] && all[i]->kind == DOCUMENT_OBJECT ? all[i]->first : NULL; m; m = m->next)
      if (slice_equal(m->name, name)) return m;
  return NULL;
}

static struct slice text_claim(const struct claims *c, struct slice name) {
  const struct document *m = claim(c, name);
  return m && m->kind == DOCUMENT_STRING ? m->text : slice_of("", 0);
}

/* A claim holds a value where it is that text (or true, or that number), or a list with it. */
static bool claim_holds(const struct document *m, struct slice value) {
  if (!m) return false;
  if (m->kind != DOCUMENT_ARRAY) return m->kind != DOCUMENT_OBJECT && slice_equal(m->text, value);
  for (const struct document *e = m->first; e; e = e->next)
    if (e->kind == DOCUMENT_STRING && slice_equal(e->text, value)) return true;
  return false;
}

/* The rule's tenant with {claim} replaced. A claim's text becomes exactly one segment: one with a slash, or that is no
 * name, gives no grant, so that nobody's attribute reaches into another tenant. */
static bool fill_tenant(const struct claims *c, struct slice pattern, struct arena *arena, struct slice *out) {
  struct buffer text;
  bool good = true;
  buffer_init(&text, LIMIT_TENANT_BYTES);
  for (size_t i = 0; i < pattern.len && good; i++) {
    const char *close = pattern.data[i] == '{' ? memchr(pattern.data + i, '}', pattern.len - i) : NULL;
    if (!close) {
      buffer_append_char(&text, pattern.data[i]);
      continue;
    }
    struct slice name = slice_of(pattern.data + i + 1, (size_t)(close - pattern.data) - i - 1);
    struct slice value = text_claim(c, name);
    good = value.len > 0 && !memchr(value.data, '/', value.len);
    buffer_append_slice(&text, value);
    i = (size_t)(close - pattern.data);
  }
  good = good && !text.overflowed && event_tenant_valid(buffer_slice(&text));
  if (good) *out = arena_copy(arena, buffer_slice(&text));
  buffer_free(&text);
  return good;
}

/* The configuration may be replaced while the identity is in use. */
static const struct slice *copy_list(const struct slice *list, uint32_t count, struct arena *arena) {
  if (count == 0) return NULL;
  struct slice *copy = arena_take(arena, count * sizeof *copy);
  for (uint32_t i = 0; i < count; i++) copy[i] = arena_copy(arena, list[i]);
  return copy;
}

static void map_grants(const struct claims *c, const struct oidc_provider *p, struct arena *arena,
                       struct oidc_identity *out) {
  struct oidc_grant *grants = arena_take(arena, (p->rule_count + 1) * sizeof *grants);
  out->grant_count = 0;
  for (uint32_t i = 0; i < p->rule_count; i++) {
    const struct oidc_rule *rule = &p->rules[i];
    struct slice tenant = {"", 0};
    if (rule->claim.len && !claim_holds(claim(c, rule->claim), rule->value)) continue;
    if (rule->tenant.len && !fill_tenant(c, rule->tenant, arena, &tenant)) continue;
    grants[out->grant_count++] = (struct oidc_grant){.role = arena_copy(arena, rule->role),
                                                     .tenant = tenant,
                                                     .logs = copy_list(rule->logs, rule->log_count, arena),
                                                     .products = copy_list(rule->products, rule->product_count, arena),
                                                     .log_count = rule->log_count,
                                                     .product_count = rule->product_count};
  }
  out->grants = grants;
}

static bool is_true(const struct document *m) {
  return m && (m->kind == DOCUMENT_BOOL || m->kind == DOCUMENT_STRING) && slice_equal(m->text, SLICE("true"));
}

int claims_map(const struct oidc_provider *p, const struct document *token, const struct document *userinfo,
               struct arena *arena, struct oidc_identity *out, struct error *err) {
  struct claims c = {token, userinfo};
  struct slice email = text_claim(&c, SLICE("email"));
  if (userinfo && !slice_equal(document_text(userinfo, "sub"), document_text(token, "sub")))
    return error_set(err, ERR_UNAUTHORIZED, "the userinfo answer is about somebody else");
  memset(out, 0, sizeof *out);
  out->provider = arena_copy(arena, p->id);
  out->issuer = arena_copy(arena, slice_from(p->issuer));
  out->subject = arena_copy(arena, document_text(token, "sub"));
  out->login = text_claim(&c, p->login_claim.len ? p->login_claim : SLICE("preferred_username"));
  out->display_name = text_claim(&c, SLICE("name"));
  if (is_true(claim(&c, SLICE("email_verified"))) && mail_address_valid(email)) out->email = email;
  if (out->login.len == 0) out->login = out->email;
  out->login = arena_copy(arena, out->login);
  out->display_name = arena_copy(arena, out->display_name);
  out->email = arena_copy(arena, out->email);
  out->tenant = arena_copy(arena, p->tenant);
  out->create = p->create;
  out->synchronise = p->rule_count > 0;
  map_grants(&c, p, arena, out);
  return 0;
}
