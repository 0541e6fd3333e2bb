/* Positions as event ids: sealed, so that they tell a client nothing (the newest commit of other tenants, say) and
 * cannot be made up. Layout before sealing (XChaCha20-Poly1305, random nonce in front): u8 version 1 | u8 whole_group |
 * le64 received_at_us | le64 seq | tenant. As text: base64url. */
#include "api/tail.h"

enum {
  HEAD_BYTES = 18,
  NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
  TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
  SEALED_BYTES = NONCE_BYTES + HEAD_BYTES + LIMIT_TENANT_BYTES + TAG_BYTES,
  BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};

#define SETTING "tail_key"
static const unsigned char purpose[] = "daybook tail position";

static void put_le64(unsigned char *at, uint64_t v) {
  for (int i = 0; i < 8; i++) at[i] = (unsigned char)(v >> (8 * i));
}

static uint64_t get_le64(const unsigned char *at) {
  uint64_t v = 0;
  for (int i = 7; i >= 0; i--) v = v << 8 | at[i];
  return v;
}

void tail_seal(const struct tail_hub *h, const struct commit_position *p, char out[TAIL_ID_BYTES]) {
  unsigned char plain[HEAD_BYTES + LIMIT_TENANT_BYTES] = {1, p->whole_group}, sealed[SEALED_BYTES];
  const struct os *os = h->api->os;
  size_t len = HEAD_BYTES;
  put_le64(plain + 2, (uint64_t)p->received_at_us);
  if (!p->whole_group) {
    put_le64(plain + 10, p->seq);
    memcpy(plain + HEAD_BYTES, p->tenant.data, p->tenant.len);
    len += p->tenant.len;
  }
  os->random(os->context, sealed, NONCE_BYTES);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_BYTES, NULL, plain, len, purpose, sizeof purpose, NULL,
                                             sealed, h->key);
  sodium_bin2base64(out, TAIL_ID_BYTES, sealed, NONCE_BYTES + len + TAG_BYTES, BASE64);
}

bool tail_unseal(const struct tail_hub *h, struct slice text, struct commit_position *out,
                 char tenant[LIMIT_TENANT_BYTES]) {
  unsigned char sealed[SEALED_BYTES], plain[SEALED_BYTES];
  size_t sealed_len;
  unsigned long long len;
  if (sodium_base642bin(sealed, sizeof sealed, text.data, text.len, NULL, &sealed_len, NULL, BASE64) ||
      sealed_len < NONCE_BYTES + TAG_BYTES + HEAD_BYTES)
    return false;
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &len, NULL, sealed + NONCE_BYTES, sealed_len - NONCE_BYTES,
                                                 purpose, sizeof purpose, sealed, h->key) ||
      plain[0] != 1)
    return false;
  memcpy(tenant, plain + HEAD_BYTES, len - HEAD_BYTES);
  *out = (struct commit_position){.received_at_us = (int64_t)get_le64(plain + 2),
                                  .whole_group = plain[1] == 1,
                                  .tenant = slice_of(tenant, len - HEAD_BYTES),
                                  .seq = get_le64(plain + 10)};
  return true;
}

int tail_load_key(struct tail_hub *h, struct error *err) {
  struct arena arena;
  struct slice hex;
  size_t len = 0;
  const struct os *os = h->api->os;
  arena_init(&arena, 4096);
  int code = store_get_setting(h->api->store, SETTING, &arena, &hex);
  if (code == 0 && (sodium_hex2bin(h->key, sizeof h->key, hex.data, hex.len, NULL, &len, NULL) || len != sizeof h->key))
    code = ERR_NOT_FOUND; /* damaged: positions of before cannot be resumed, and say so */
  if (code == ERR_NOT_FOUND) {
    char text[2 * TAIL_KEY_BYTES + 1];
    os->random(os->context, h->key, sizeof h->key);
    sodium_bin2hex(text, sizeof text, h->key, sizeof h->key);
    code = store_set_setting(h->api->store, SETTING, slice_from(text), err);
    sodium_memzero(text, sizeof text);
  }
  arena_free(&arena);
  return code ? error_set(err, code, "the key of live tails: %s", error_text(code)) : 0;
}
