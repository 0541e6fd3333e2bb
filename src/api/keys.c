/* /v1/keys: API keys of the tenants that the caller manages. A key's text is in one answer, and nowhere else. */
#include <sodium.h>

#include "api/account_records.h"

int keys_list(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct account_query query;
  struct account_key *keys = NULL;
  uint32_t limit, count = 0;
  const struct slice none = {"", 0};
  int code = list_query(r, &query, &limit, err);
  if (!code) code = accounts_list_keys(a->accounts, &query, http_arena(r), &keys, &count, err);
  if (code) return code;
  struct buffer *out = http_answer(r);
  buffer_append_text(out, "{\"keys\":[");
  for (uint32_t i = 0; i < count && i < limit; i++) {
    if (i > 0) buffer_append_char(out, ',');
    append_key(out, &keys[i]);
  }
  bool more = count > limit;
  const struct account_key *last = more ? &keys[limit - 1] : NULL;
  append_next(out, more, more ? last->place.subtree : none, more ? last->name : none, more ? last->id : none);
  return 0;
}

static int answer_secret(struct http_request *r, struct api *a, const char *id, char secret[ACCOUNTS_TOKEN_TEXT_BYTES],
                         struct error *err) {
  struct account_key key;
  int code = accounts_get_key(a->accounts, slice_from(id), http_arena(r), &key, err);
  if (code) return code;
  struct buffer *out = http_answer(r);
  http_answer_as(r, 201, "application/json");
  buffer_append_text(out, "{\"key\":");
  append_key(out, &key);
  buffer_printf(out, ",\"secret\":\"%s\"}", secret);
  sodium_memzero(secret, ACCOUNTS_TOKEN_TEXT_BYTES);
  return 0;
}

static int read_key(struct http_request *r, struct account_key *k, struct error *err) {
  static const char *const members[] = {"name", "role", "tenant", "logs", "products", "addresses", "expires_at", NULL};
  const struct document *body;
  struct account_grant g;
  *k = (struct account_key){.name = {"", 0}};
  int code = body_object(r, members, &body, err);
  if (!code) code = member_text(body, "", "name", true, &k->name, err);
  if (!code) code = member_grant(body, "", http_arena(r), &g, err);
  if (!code)
    code =
        member_texts(body, "", "addresses", LIMIT_KEY_ADDRESSES, http_arena(r), &k->addresses, &k->address_count, err);
  if (!code) code = member_instant(body, "", "expires_at", &k->expires_us, err);
  if (!code && g.role != ROLE_WRITER && g.role != ROLE_READER)
    code = error_set_at(err, ERR_INVALID, "/role", "must be writer or reader");
  if (!code) code = require_grantable(request_principal(r), &g, "", err);
  if (code) return code;
  k->role = g.role;
  k->place = g.place;
  return 0;
}

int keys_post(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  struct account_key key;
  char id[ACCOUNTS_ID_BYTES], secret[ACCOUNTS_TOKEN_TEXT_BYTES];
  int code = read_key(r, &key, err);
  if (!code) code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_add_key(a->accounts, &key, request_principal(r)->name, id, secret, err);
  if (!code) code = accounts_get_key(a->accounts, slice_from(id), http_arena(r), &key, err);
  if (!code) code = record_key(r, a, "create", "API Key Created", NULL, &key, err);
  code = accounts_end(a->accounts, code, err);
  return code ? code : answer_secret(r, a, id, secret, err);
}

/* In a change: the key of the path, where the caller manages its tenant. */
static int visible_key(struct http_request *r, struct api *a, struct account_key *out, struct error *err) {
  struct error why;
  error_clear(&why);
  int code = accounts_get_key(a->accounts, http_path_param(r, 0), http_arena(r), out, &why);
  if (!code && !access_may_manage(request_principal(r), out->place.subtree)) code = ERR_NOT_FOUND;
  if (code == ERR_NOT_FOUND) return error_set(err, code, "there is no such key");
  return code ? error_set(err, code, "%s", why.message) : 0;
}

int keys_rotate(struct http_request *r, void *api, struct error *err) {
  static const char *const members[] = {"overlap_h", NULL};
  struct api *a = api;
  const struct document *body;
  struct account_key key, next;
  uint32_t overlap_h = 24;
  char id[ACCOUNTS_ID_BYTES], secret[ACCOUNTS_TOKEN_TEXT_BYTES];
  int code = body_object(r, members, &body, err);
  if (!code) code = member_whole(body, "", "overlap_h", 0, LIMIT_KEY_OVERLAP_H, &overlap_h, err);
  if (!code) code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = visible_key(r, a, &key, err);
  if (!code)
    code = accounts_rotate_key(a->accounts, key.id, overlap_h * INT64_C(3600000000), request_principal(r)->name, id,
                               secret, err);
  if (!code) code = accounts_get_key(a->accounts, slice_from(id), http_arena(r), &next, err);
  if (!code) code = record_key(r, a, "update", "API Key Rotated", &key, &next, err);
  code = accounts_end(a->accounts, code, err);
  return code ? code : answer_secret(r, a, id, secret, err);
}

static int revoke(struct http_request *r, struct api *a, struct error *err) {
  struct account_key key;
  int code = visible_key(r, a, &key, err);
  if (code) return code;
  if (key.state == KEY_REVOKED || key.state == KEY_EXPIRED)
    return error_set(err, ERR_CONFLICT, "this key is %s already", key_state_name(key.state));
  code = accounts_revoke_key(a->accounts, key.id, err);
  return code ? code : record_key(r, a, "delete", "API Key Revoked", &key, NULL, err);
}

int keys_delete(struct http_request *r, void *api, struct error *err) {
  struct api *a = api;
  int code = accounts_begin(a->accounts, err);
  if (code) return code;
  code = accounts_end(a->accounts, revoke(r, a, err), err);
  return code ? code : answer_nothing(r);
}
