#include "http/encoding.h"

#include <stdlib.h>
#include <strings.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/limits.h"

enum {
  STEP_BYTES = 128 * 1024, /* decoded at once */
  ZSTD_WINDOW_LOG = 23,    /* 8 MiB: what every decoder must support (RFC 8878 3.1.1.1.2) */
  GZIP_WINDOW_BITS = 15 + 16,
  GZIP_LEVEL = 4, /* measured knee of ratio against time on NDJSON */
  ZSTD_LEVEL = 3,
};

static bool equals(struct slice s, const char *text) {
  return s.len == strlen(text) && strncasecmp(s.data, text, s.len) == 0;
}

int coding_parse(struct slice name, enum http_coding *out, struct error *err) {
  if (name.len == 0 || equals(name, "identity"))
    *out = CODING_IDENTITY;
  else if (equals(name, "gzip") || equals(name, "x-gzip"))
    *out = CODING_GZIP;
  else if (equals(name, "zstd"))
    *out = CODING_ZSTD;
  else
    return error_set(err, ERR_UNSUPPORTED, "Content-Encoding must be gzip, zstd or identity");
  return 0;
}

const char *coding_name(enum http_coding coding) {
  return coding == CODING_GZIP ? "gzip" : coding == CODING_ZSTD ? "zstd" : "identity";
}

static struct slice trim(struct slice s) {
  while (s.len && (s.data[0] == ' ' || s.data[0] == '\t')) s = slice_skip(s, 1);
  while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t')) s.len--;
  return s;
}

/* A weight "q=0.8" in thousandths; 1000 where there is none. */
static int parse_weight(struct slice parameters) {
  struct slice p = trim(parameters);
  if (p.len < 3 || (p.data[0] != 'q' && p.data[0] != 'Q') || p.data[1] != '=') return 1000;
  if (p.data[2] == '1') return 1000;
  int weight = 0, scale = 100;
  for (size_t i = 4; i < p.len && scale > 0 && p.data[i] >= '0' && p.data[i] <= '9'; i++, scale /= 10)
    weight += (p.data[i] - '0') * scale;
  return weight;
}

int coding_weight(struct slice accept, const char *name) {
  int weight = -1, any = -1;
  while (accept.len) {
    const char *comma = memchr(accept.data, ',', accept.len);
    struct slice item = slice_of(accept.data, comma ? (size_t)(comma - accept.data) : accept.len);
    accept = slice_skip(accept, item.len + 1);
    const char *semicolon = item.len ? memchr(item.data, ';', item.len) : NULL;
    struct slice coding = trim(slice_of(item.data, semicolon ? (size_t)(semicolon - item.data) : item.len));
    int of_item = semicolon ? parse_weight(slice_skip(item, (size_t)(semicolon - item.data) + 1)) : 1000;
    if (equals(coding, name)) weight = of_item;
    if (equals(coding, "*")) any = of_item;
  }
  if (weight >= 0) return weight;
  return any > 0 ? any : 0;
}

enum http_coding coding_choose(struct slice accept) {
  int gzip = coding_weight(accept, "gzip"), zstd = coding_weight(accept, "zstd");
  if (gzip == 0) gzip = coding_weight(accept, "x-gzip");
  if (zstd > 0 && zstd >= gzip) return CODING_ZSTD;
  return gzip > 0 ? CODING_GZIP : CODING_IDENTITY;
}

/* ---- Decoding ---- */

struct decoder {
  enum http_coding coding;
  uint64_t max_bytes, in_bytes, out_bytes;
  uint32_t max_ratio;
  z_stream gzip;
  ZSTD_DStream *zstd;
  bool between; /* at the start of a member or frame: the data may end here, once there was one */
  bool pending; /* the codec may hold decoded bytes that did not fit */
  bool any;
  char *out;
};

struct decoder *decoder_new(enum http_coding coding, uint64_t max_bytes, uint32_t max_ratio) {
  struct decoder *d = calloc(1, sizeof *d);
  if (!d) abort();
  d->coding = coding;
  d->max_bytes = max_bytes;
  d->max_ratio = max_ratio;
  d->between = true;
  if (coding == CODING_IDENTITY) return d;
  d->out = malloc(STEP_BYTES);
  if (!d->out) abort();
  if (coding == CODING_GZIP && inflateInit2(&d->gzip, GZIP_WINDOW_BITS) != Z_OK) abort();
  if (coding == CODING_ZSTD) {
    d->zstd = ZSTD_createDStream();
    if (!d->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG))) abort();
  }
  return d;
}

void decoder_free(struct decoder *d) {
  if (!d) return;
  if (d->coding == CODING_GZIP) inflateEnd(&d->gzip);
  ZSTD_freeDStream(d->zstd);
  free(d->out);
  free(d);
}

static int damaged(const struct decoder *d, struct error *err) {
  return error_set(err, ERR_INVALID, "the body is not valid %s after %llu bytes", coding_name(d->coding),
                   (unsigned long long)d->in_bytes);
}

static int step_gzip(struct decoder *d, struct slice *input, size_t *made, struct error *err) {
  /* zlib's interface lacks const; it does not write through next_in. */
  d->gzip.next_in = (Bytef *)(uintptr_t)input->data;
  d->gzip.avail_in = (uInt)(input->len > UINT32_MAX ? UINT32_MAX : input->len);
  d->gzip.next_out = (Bytef *)d->out;
  d->gzip.avail_out = STEP_BYTES;
  uInt before = d->gzip.avail_in;
  if (before > 0) d->between = false;
  int result = inflate(&d->gzip, Z_NO_FLUSH);
  size_t taken = before - d->gzip.avail_in;
  d->in_bytes += taken;
  *input = slice_skip(*input, taken);
  *made = STEP_BYTES - d->gzip.avail_out;
  d->pending = d->gzip.avail_out == 0;
  if (result == Z_STREAM_END) {
    d->between = d->any = true;
    d->pending = false;
    if (inflateReset(&d->gzip) != Z_OK) return damaged(d, err);
  } else if (result != Z_OK && result != Z_BUF_ERROR) {
    return damaged(d, err);
  }
  return 0;
}

static int step_zstd(struct decoder *d, struct slice *input, size_t *made, struct error *err) {
  ZSTD_inBuffer in = {input->data, input->len, 0};
  ZSTD_outBuffer out = {d->out, STEP_BYTES, 0};
  if (input->len > 0) d->between = false;
  size_t result = ZSTD_decompressStream(d->zstd, &out, &in);
  d->in_bytes += in.pos;
  *input = slice_skip(*input, in.pos);
  *made = out.pos;
  d->pending = out.pos == STEP_BYTES;
  if (ZSTD_isError(result) && ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge)
    return error_set(err, ERR_TOO_LARGE, "the body needs a zstd window of more than 8 MiB to be decoded");
  if (ZSTD_isError(result)) return damaged(d, err);
  if (result == 0) {
    d->between = d->any = true;
    d->pending = false;
  }
  return 0;
}

static int check_bounds(const struct decoder *d, struct error *err) {
  if (d->out_bytes > d->max_bytes)
    return error_set(err, ERR_TOO_LARGE, "the body is larger than %llu bytes%s", (unsigned long long)d->max_bytes,
                     d->coding == CODING_IDENTITY ? "" : " when decoded");
  if (d->coding != CODING_IDENTITY && d->out_bytes > LIMIT_REQUEST_BYTES && d->out_bytes / d->max_ratio > d->in_bytes)
    return error_set(err, ERR_TOO_LARGE, "the body expands more than %u times", d->max_ratio);
  return 0;
}

int decoder_next(struct decoder *d, struct slice *input, struct slice *output, struct error *err) {
  *output = slice_of(NULL, 0);
  if (d->coding == CODING_IDENTITY) {
    *output = *input;
    d->in_bytes += input->len;
    d->out_bytes += input->len;
    *input = slice_skip(*input, input->len);
    return check_bounds(d, err);
  }
  while (input->len > 0 || d->pending) {
    size_t made = 0;
    int code = d->coding == CODING_GZIP ? step_gzip(d, input, &made, err) : step_zstd(d, input, &made, err);
    if (code) return code;
    d->out_bytes += made;
    code = check_bounds(d, err);
    if (code) return code;
    if (made == 0) continue;
    *output = slice_of(d->out, made);
    return 0;
  }
  return 0;
}

int decoder_finish(const struct decoder *d, struct error *err) {
  if (d->coding == CODING_IDENTITY || (d->between && d->any)) return 0;
  return error_set(err, ERR_INVALID, "the %s body ends early, after %llu bytes", coding_name(d->coding),
                   (unsigned long long)d->in_bytes);
}

/* ---- Encoding ---- */

struct encoder {
  enum http_coding coding;
  z_stream gzip;
  ZSTD_CStream *zstd;
};

struct encoder *encoder_new(enum http_coding coding) {
  struct encoder *e = calloc(1, sizeof *e);
  if (!e) abort();
  e->coding = coding;
  if (coding == CODING_GZIP &&
      deflateInit2(&e->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    abort();
  if (coding == CODING_ZSTD) {
    e->zstd = ZSTD_createCStream();
    if (!e->zstd || ZSTD_isError(ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL))) abort();
    /* A checksum makes a cut or damaged download visible to the client. */
    if (ZSTD_isError(ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_checksumFlag, 1))) abort();
  }
  return e;
}

void encoder_free(struct encoder *e) {
  if (!e) return;
  if (e->coding == CODING_GZIP) deflateEnd(&e->gzip);
  ZSTD_freeCStream(e->zstd);
  free(e);
}

static int write_gzip(struct encoder *e, struct slice bytes, bool end, struct buffer *out) {
  e->gzip.next_in = (Bytef *)(uintptr_t)bytes.data;
  e->gzip.avail_in = (uInt)bytes.len;
  int result;
  do {
    char *room = buffer_reserve(out, 32 * 1024);
    if (!room) return ERR_TOO_LARGE;
    e->gzip.next_out = (Bytef *)room;
    e->gzip.avail_out = 32 * 1024;
    result = deflate(&e->gzip, end ? Z_FINISH : Z_NO_FLUSH);
    buffer_commit(out, 32 * 1024 - e->gzip.avail_out);
  } while (end ? result != Z_STREAM_END : e->gzip.avail_out == 0);
  return 0;
}

static int write_zstd(struct encoder *e, struct slice bytes, bool end, struct buffer *out) {
  ZSTD_inBuffer in = {bytes.data, bytes.len, 0};
  for (;;) {
    char *room = buffer_reserve(out, 32 * 1024);
    if (!room) return ERR_TOO_LARGE;
    ZSTD_outBuffer to = {room, 32 * 1024, 0};
    size_t left = ZSTD_compressStream2(e->zstd, &to, &in, end ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left)) return ERR_INTERNAL;
    buffer_commit(out, to.pos);
    if (end ? left == 0 : in.pos == in.size) return 0;
  }
}

int encoder_write(struct encoder *e, struct slice bytes, bool end, struct buffer *out) {
  if (e->coding == CODING_GZIP) return write_gzip(e, bytes, end, out);
  if (e->coding == CODING_ZSTD) return write_zstd(e, bytes, end, out);
  buffer_append_slice(out, bytes);
  return out->overflowed ? ERR_TOO_LARGE : 0;
}
