#include "http/encoding.h"

#include <stdio.h>

#include "base/limits.h"
#include "tests/test.h"

enum { ROOM = 8 * 1024 * 1024 };

static void encode(enum http_coding coding, struct slice text, struct buffer *out) {
  struct encoder *e = encoder_new(coding);
  buffer_init(out, ROOM);
  ck_assert_ok(encoder_write(e, slice_of(text.data, text.len / 2), false, out));
  ck_assert_ok(encoder_write(e, slice_skip(text, text.len / 2), true, out));
  encoder_free(e);
}

/* Feeds pieces of `step` bytes; the code of the first failure. */
static int decode(enum http_coding coding, struct slice input, size_t step, uint64_t max_bytes, struct buffer *out) {
  struct decoder *d = decoder_new(coding, max_bytes, 512);
  struct error err;
  error_clear(&err);
  int code = 0;
  buffer_init(out, ROOM);
  while (code == 0 && input.len > 0) {
    struct slice piece = slice_of(input.data, input.len < step ? input.len : step), output;
    input = slice_skip(input, piece.len);
    do {
      code = decoder_next(d, &piece, &output, &err);
      if (code == 0) buffer_append_slice(out, output);
    } while (code == 0 && output.len > 0);
    ck_assert(code || piece.len == 0);
  }
  if (code == 0) code = decoder_finish(d, &err);
  ck_assert(code == 0 || err.message[0]);
  decoder_free(d);
  return code;
}

static void fill(struct buffer *text, size_t lines) {
  buffer_init(text, ROOM);
  for (size_t i = 0; i < lines; i++) buffer_printf(text, "line %zu of a text that compresses well enough\n", i);
}

static const enum http_coding codings[] = {CODING_IDENTITY, CODING_GZIP, CODING_ZSTD};

START_TEST(what_was_encoded_is_decoded_in_pieces_of_any_size) {
  struct buffer text, encoded, decoded;
  static const size_t steps[] = {1, 7, 4096, ROOM};
  fill(&text, 20000);
  for (size_t c = 0; c < 3; c++) {
    encode(codings[c], buffer_slice(&text), &encoded);
    for (size_t s = 0; s < 4; s++) {
      ck_assert_ok(decode(codings[c], buffer_slice(&encoded), steps[s], UINT64_MAX, &decoded));
      ck_assert(slice_equal(buffer_slice(&text), buffer_slice(&decoded)));
      buffer_free(&decoded);
    }
    buffer_free(&encoded);
  }
  buffer_free(&text);
}
END_TEST

START_TEST(a_cut_at_any_byte_is_noticed) {
  struct buffer text, encoded, decoded;
  fill(&text, 20);
  for (size_t c = 1; c < 3; c++) {
    encode(codings[c], buffer_slice(&text), &encoded);
    for (size_t len = 0; len < encoded.len; len++) {
      ck_assert_int_eq(decode(codings[c], slice_of(encoded.data, len), 64, UINT64_MAX, &decoded), ERR_INVALID);
      buffer_free(&decoded);
    }
    buffer_free(&encoded);
  }
  buffer_free(&text);
}
END_TEST

START_TEST(members_and_frames_one_after_another_are_one_body) {
  struct buffer text, encoded, decoded;
  fill(&text, 100);
  for (size_t c = 1; c < 3; c++) {
    encode(codings[c], buffer_slice(&text), &encoded);
    size_t once = encoded.len;
    buffer_append(&encoded, encoded.data, 0);
    struct buffer twice;
    buffer_init(&twice, ROOM);
    buffer_append_slice(&twice, buffer_slice(&encoded));
    buffer_append_slice(&twice, buffer_slice(&encoded));
    ck_assert_ok(decode(codings[c], buffer_slice(&twice), 13, UINT64_MAX, &decoded));
    ck_assert_uint_eq(decoded.len, 2 * text.len);
    buffer_free(&decoded);
    ck_assert_int_eq(decode(codings[c], slice_of(twice.data, once + 5), 13, UINT64_MAX, &decoded), ERR_INVALID);
    buffer_free(&decoded);
    buffer_free(&twice);
    buffer_free(&encoded);
  }
  buffer_free(&text);
}
END_TEST

START_TEST(every_flipped_byte_is_harmless) {
  struct buffer text, encoded, decoded;
  fill(&text, 50);
  for (size_t c = 1; c < 3; c++) {
    encode(codings[c], buffer_slice(&text), &encoded);
    for (size_t i = 0; i < encoded.len; i++) {
      encoded.data[i] = (char)(encoded.data[i] ^ 0x55);
      int code = decode(codings[c], buffer_slice(&encoded), 100, 1 << 20, &decoded);
      ck_assert(code == 0 || code == ERR_INVALID || code == ERR_TOO_LARGE);
      encoded.data[i] = (char)(encoded.data[i] ^ 0x55);
      buffer_free(&decoded);
    }
    buffer_free(&encoded);
  }
  buffer_free(&text);
}
END_TEST

START_TEST(decoded_bytes_are_bounded) {
  struct buffer text, encoded, decoded;
  fill(&text, 1000);
  for (size_t c = 0; c < 3; c++) {
    encode(codings[c], buffer_slice(&text), &encoded);
    ck_assert_ok(decode(codings[c], buffer_slice(&encoded), 64, text.len, &decoded));
    buffer_free(&decoded);
    ck_assert_int_eq(decode(codings[c], buffer_slice(&encoded), 64, text.len - 1, &decoded), ERR_TOO_LARGE);
    buffer_free(&decoded);
    buffer_free(&encoded);
  }
  buffer_free(&text);
}
END_TEST

START_TEST(expansion_is_bounded) {
  struct encoder *e = encoder_new(CODING_GZIP);
  struct buffer encoded;
  static const char blanks[65536];
  buffer_init(&encoded, ROOM);
  for (int i = 0; i < 2000; i++) ck_assert_ok(encoder_write(e, slice_of(blanks, sizeof blanks), i == 1999, &encoded));
  encoder_free(e);
  struct decoder *d = decoder_new(CODING_GZIP, UINT64_MAX, 512);
  struct slice input = buffer_slice(&encoded), output;
  struct error err;
  uint64_t total = 0;
  int code;
  error_clear(&err);
  while ((code = decoder_next(d, &input, &output, &err)) == 0 && output.len > 0) total += output.len;
  ck_assert_int_eq(code, ERR_TOO_LARGE);
  ck_assert_uint_le(total, LIMIT_REQUEST_BYTES + 1024 * 1024);
  decoder_free(d);
  buffer_free(&encoded);
}
END_TEST

START_TEST(names_of_encodings_are_known) {
  static const struct {
    const char *name;
    int code;
    enum http_coding coding;
  } rows[] = {{"", 0, CODING_IDENTITY},   {"identity", 0, CODING_IDENTITY},   {"gzip", 0, CODING_GZIP},
              {"GZip", 0, CODING_GZIP},   {"x-gzip", 0, CODING_GZIP},         {"zstd", 0, CODING_ZSTD},
              {"br", ERR_UNSUPPORTED, 0}, {"gzip, gzip", ERR_UNSUPPORTED, 0}, {"deflate", ERR_UNSUPPORTED, 0}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    enum http_coding coding = CODING_IDENTITY;
    struct error err;
    error_clear(&err);
    ck_assert_int_eq(coding_parse(slice_from(rows[i].name), &coding, &err), rows[i].code);
    if (rows[i].code == 0) ck_assert_int_eq(coding, rows[i].coding);
  }
}
END_TEST

START_TEST(the_best_acceptable_encoding_is_chosen) {
  static const struct {
    const char *accept;
    enum http_coding coding;
  } rows[] = {{"", CODING_IDENTITY},
              {"gzip", CODING_GZIP},
              {"gzip, deflate, br, zstd", CODING_ZSTD},
              {"gzip;q=1.0, zstd;q=0.5", CODING_GZIP},
              {"gzip;q=0", CODING_IDENTITY},
              {"gzip;q=0, zstd;q=0.000", CODING_IDENTITY},
              {"*", CODING_ZSTD},
              {"*;q=0.1, zstd;q=0", CODING_GZIP},
              {"br", CODING_IDENTITY},
              {" GZIP ; q=0.3 ", CODING_GZIP},
              {",,,;;;q=,", CODING_IDENTITY},
              {"identity;q=1, *;q=0", CODING_IDENTITY}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    ck_assert_msg(coding_choose(slice_from(rows[i].accept)) == rows[i].coding, "\"%s\"", rows[i].accept);
}
END_TEST

TEST_MAIN("encoding", what_was_encoded_is_decoded_in_pieces_of_any_size, a_cut_at_any_byte_is_noticed,
          members_and_frames_one_after_another_are_one_body, every_flipped_byte_is_harmless, decoded_bytes_are_bounded,
          expansion_is_bounded, names_of_encodings_are_known, the_best_acceptable_encoding_is_chosen)
