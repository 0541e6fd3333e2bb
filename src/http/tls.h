/* Certificate and key of the server, which can be replaced while it runs. Threads: any. Private to http/. */
#ifndef DAYBOOK_HTTP_TLS_H
#define DAYBOOK_HTTP_TLS_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "base/error.h"
#include "os/os.h"

struct tls;

/* Reads PEM files: a certificate with its chain, and its key. ERR_INVALID with the file and what is wrong with it. One
 * at a time in a process, see tls.c. The paths are borrowed. */
int tls_open(const struct os *os, const char *cert_path, const char *key_path, struct tls **out, struct error *err);
void tls_close(struct tls *t); /* NULL is allowed; after the last connection */
/* Reads the files again; where they are bad the old ones stay in use. Connections that are open keep theirs. */
int tls_reload(struct tls *t, struct error *err);
/* When the certificate ends, seconds since 1970. */
int64_t tls_expires_s(struct tls *t);

/* For libmicrohttpd. */
int tls_retrieve(gnutls_session_t session, const gnutls_datum_t *names, int name_count,
                 const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain,
                 unsigned int *chain_count, gnutls_privkey_t *key);

#endif
