#include "http/tls.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
  FILE_BYTES = 1024 * 1024,
  CHAIN = 16,
  RETIRED_US = 600000000, /* a handshake under way may still use the certificate before: none takes so long */
};

struct certificate {
  struct certificate *older;
  gnutls_pcert_st chain[CHAIN];
  unsigned count;
  gnutls_privkey_t key;
  int64_t expires_s, retired_us;
};

struct tls {
  const struct os *os;
  const char *cert_path, *key_path;
  pthread_mutex_t lock; /* of reloading */
  struct certificate *newest;
};

/* GnuTLS asks for the certificate without a word about whose server it is, so it has one place in the process. */
static _Atomic(struct certificate *) presented;

int tls_retrieve(gnutls_session_t session, const gnutls_datum_t *names, int name_count,
                 const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain,
                 unsigned int *chain_count, gnutls_privkey_t *key) {
  (void)session, (void)names, (void)name_count, (void)algorithms, (void)algorithm_count;
  struct certificate *c = atomic_load(&presented);
  if (!c) return -1;
  *chain = c->chain;
  *chain_count = c->count;
  *key = c->key;
  return 0;
}

static void certificate_free(struct certificate *c) {
  if (!c) return;
  for (unsigned i = 0; i < c->count; i++) gnutls_pcert_deinit(&c->chain[i]);
  if (c->key) gnutls_privkey_deinit(c->key);
  free(c);
}

/* ---- Reading ---- */

static int read_file(const struct os *os, const char *path, struct buffer *out, struct error *err) {
  struct os_file *file;
  uint64_t size;
  int code = os_open(os, path, OS_READ, &file);
  if (code)
    return error_set(err, code, "%s: %s", path, code == ERR_NOT_FOUND ? "there is no such file" : "cannot be read");
  code = os_size(os, file, &size);
  if (code == 0 && (size == 0 || size > FILE_BYTES)) code = ERR_INVALID;
  char *to = code ? NULL : buffer_reserve(out, (size_t)size);
  if (to) code = os_read_exact(os, file, 0, to, (size_t)size);
  if (to && code == 0) buffer_commit(out, (size_t)size);
  os_close(os, file);
  return code ? error_set(err, code, "%s: cannot be read, is empty or larger than 1 MiB", path) : 0;
}

static int read_chain(struct certificate *c, const char *path, struct slice pem, struct error *err) {
  gnutls_datum_t data = {(unsigned char *)(uintptr_t)pem.data, (unsigned)pem.len};
  unsigned count = CHAIN;
  int rc = gnutls_pcert_list_import_x509_raw(c->chain, &count, &data, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_SORT);
  if (rc < 0) return error_set(err, ERR_INVALID, "%s: no certificate in PEM form: %s", path, gnutls_strerror(rc));
  c->count = count;
  gnutls_x509_crt_t first;
  if (gnutls_pcert_export_x509(&c->chain[0], &first) == 0) {
    c->expires_s = (int64_t)gnutls_x509_crt_get_expiration_time(first);
    gnutls_x509_crt_deinit(first);
  }
  return 0;
}

static int read_key(struct certificate *c, const char *path, struct slice pem, struct error *err) {
  gnutls_datum_t data = {(unsigned char *)(uintptr_t)pem.data, (unsigned)pem.len};
  if (gnutls_privkey_init(&c->key)) abort();
  int rc = gnutls_privkey_import_x509_raw(c->key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
  if (rc == GNUTLS_E_DECRYPTION_FAILED)
    return error_set(err, ERR_INVALID, "%s: the key is encrypted; a server needs one without a password", path);
  return rc < 0 ? error_set(err, ERR_INVALID, "%s: no private key in PEM form: %s", path, gnutls_strerror(rc)) : 0;
}

static bool belongs(const struct certificate *c) {
  unsigned char of_chain[64], of_key[64];
  size_t chain_len = sizeof of_chain, key_len = sizeof of_key;
  gnutls_pubkey_t public_key;
  if (gnutls_pubkey_init(&public_key)) abort();
  bool same = gnutls_pubkey_import_privkey(public_key, c->key, 0, 0) == 0 &&
              gnutls_pubkey_get_key_id(c->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, of_chain, &chain_len) == 0 &&
              gnutls_pubkey_get_key_id(public_key, GNUTLS_KEYID_USE_SHA256, of_key, &key_len) == 0 &&
              chain_len == key_len && memcmp(of_chain, of_key, key_len) == 0;
  gnutls_pubkey_deinit(public_key);
  return same;
}

static int load(const struct tls *t, struct certificate **out, struct error *err) {
  struct certificate *c = calloc(1, sizeof *c);
  struct buffer cert, key;
  if (!c) abort();
  buffer_init(&cert, FILE_BYTES);
  buffer_init(&key, FILE_BYTES);
  int code = read_file(t->os, t->cert_path, &cert, err);
  if (code == 0) code = read_chain(c, t->cert_path, buffer_slice(&cert), err);
  if (code == 0) code = read_file(t->os, t->key_path, &key, err);
  if (code == 0) code = read_key(c, t->key_path, buffer_slice(&key), err);
  if (code == 0 && !belongs(c))
    code = error_set(err, ERR_INVALID, "%s is not the key of the certificate in %s", t->key_path, t->cert_path);
  if (code == 0 && c->expires_s * 1000000 < os_now_us(t->os))
    code = error_set(err, ERR_INVALID, "%s: the certificate has expired", t->cert_path);
  buffer_wipe(&key);
  buffer_free(&key);
  buffer_free(&cert);
  if (code) {
    certificate_free(c);
    return code;
  }
  *out = c;
  return 0;
}

/* ---- Keeping ---- */

static void free_older(struct certificate *c, int64_t retired_before_us) {
  while (c && c->older) {
    struct certificate *older = c->older;
    if (older->retired_us >= retired_before_us) {
      c = older;
      continue;
    }
    c->older = older->older;
    certificate_free(older);
  }
}

int tls_reload(struct tls *t, struct error *err) {
  struct certificate *fresh;
  pthread_mutex_lock(&t->lock);
  int code = load(t, &fresh, err);
  if (code == 0) {
    int64_t now_us = os_monotonic_us(t->os);
    if (t->newest) t->newest->retired_us = now_us;
    fresh->older = t->newest;
    t->newest = fresh;
    atomic_store(&presented, fresh);
    free_older(fresh, now_us - RETIRED_US);
  }
  pthread_mutex_unlock(&t->lock);
  return code;
}

int tls_open(const struct os *os, const char *cert_path, const char *key_path, struct tls **out, struct error *err) {
  assert(!atomic_load(&presented));
  struct tls *t = calloc(1, sizeof *t);
  if (!t) abort();
  t->os = os;
  t->cert_path = cert_path;
  t->key_path = key_path;
  pthread_mutex_init(&t->lock, NULL);
  int code = gnutls_global_init() == 0 ? tls_reload(t, err) : error_set(err, ERR_INTERNAL, "GnuTLS does not start");
  if (code) {
    tls_close(t);
    return code;
  }
  *out = t;
  return 0;
}

void tls_close(struct tls *t) {
  if (!t) return;
  atomic_store(&presented, NULL);
  for (struct certificate *c = t->newest, *older; c; c = older) {
    older = c->older;
    certificate_free(c);
  }
  pthread_mutex_destroy(&t->lock);
  free(t);
}

int64_t tls_expires_s(struct tls *t) {
  pthread_mutex_lock(&t->lock);
  int64_t expires_s = t->newest->expires_s;
  pthread_mutex_unlock(&t->lock);
  return expires_s;
}
