/* Content encodings: gzip and zstd, streaming, bounded. One thread at a time; no I/O. */
#ifndef DAYBOOK_HTTP_ENCODING_H
#define DAYBOOK_HTTP_ENCODING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

enum http_coding { CODING_IDENTITY, CODING_GZIP, CODING_ZSTD };

/* "gzip", "x-gzip", "zstd", "identity" or empty; ERR_UNSUPPORTED for anything else, lists included. */
int coding_parse(struct slice content_encoding, enum http_coding *out, struct error *err);
/* The best of zstd, gzip and identity that an Accept-Encoding allows (RFC 9110 12.5.3). */
enum http_coding coding_choose(struct slice accept_encoding);
const char *coding_name(enum http_coding coding);
/* The weight of a coding in an Accept-Encoding in thousandths; 0: it is not accepted. */
int coding_weight(struct slice accept_encoding, const char *name);

/* ---- Decoding ---- */

struct decoder;
/* max_bytes bounds the decoded size, max_ratio the decoded bytes per encoded byte past the first 32 MiB. */
struct decoder *decoder_new(enum http_coding coding, uint64_t max_bytes, uint32_t max_ratio);
void decoder_free(struct decoder *d);
/* Moves *input on and points *output at decoded bytes, valid until the next call; empty output: more input is needed.
 * ERR_INVALID for damaged data, ERR_TOO_LARGE past the bounds. */
int decoder_next(struct decoder *d, struct slice *input, struct slice *output, struct error *err);
/* After the last input: ERR_INVALID where the data ends in the middle. */
int decoder_finish(const struct decoder *d, struct error *err);

/* ---- Encoding ---- */

struct encoder;
struct encoder *encoder_new(enum http_coding coding);
void encoder_free(struct encoder *e);
/* Appends the encoded form to out; `end` finishes the stream. ERR_TOO_LARGE where out overflows. */
int encoder_write(struct encoder *e, struct slice bytes, bool end, struct buffer *out);

#endif
