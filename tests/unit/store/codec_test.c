#include "store/codec.h"

#include <string.h>

#include "base/slice.h"
#include "store/mask_index.h"
#include "store/text_sort.h"
#include "tests/support/random_event.h"
#include "tests/test.h"

enum { MAX_VALUES = 9000 };

/* What was put, with the slack that decoders need behind it. */
static struct reader reader_for(struct buffer *b) {
  static const char slack[CODEC_SLACK];
  size_t len = b->len;
  buffer_append(b, slack, sizeof slack);
  return reader_of(slice_of(b->data, len));
}

static uint32_t some_value(struct random *r, unsigned shape) {
  switch (shape) {
    case 0: return 7;
    case 1: return (uint32_t)random_below(r, 2);
    case 2: return 1000000 + (uint32_t)random_below(r, 40) * 5000;
    case 3: return (uint32_t)random_below(r, 200) ? 3 : (uint32_t)random_u64(r);
    case 4: return (uint32_t)random_u64(r);
    default: return (uint32_t)random_u64(r) >> random_below(r, 32);
  }
}

START_TEST(u32s_come_back_in_every_form) {
  struct random r = random_from_environment();
  struct codec *c = codec_new(3);
  static uint32_t in[MAX_VALUES], out[MAX_VALUES];
  for (unsigned round = 0; round < 300; round++) {
    uint32_t count = (uint32_t)random_below(&r, round % 10 ? 300 : MAX_VALUES);
    for (uint32_t i = 0; i < count; i++) in[i] = some_value(&r, round % 6);
    struct buffer b;
    buffer_init(&b, 1 << 20);
    codec_put_u32s(c, &b, in, count);
    ck_assert_uint_le(b.len, 4 * count + 16);
    struct reader reader = reader_for(&b);
    codec_get_u32s(&reader, out, count);
    ck_assert(!reader.failed);
    ck_assert_uint_eq(reader_left(&reader), 0);
    ck_assert_mem_eq(in, out, count * sizeof *in);
    buffer_free(&b);
  }
  codec_free(c);
}
END_TEST

START_TEST(packed_values_come_back_at_every_width) {
  struct random r = random_from_environment();
  uint32_t in[100], out[100];
  uint8_t bytes[100 * 4 + CODEC_SLACK];
  for (unsigned width = 1; width <= 32; width++) {
    for (uint32_t count = 0; count <= 100; count += 1 + count / 8) {
      for (uint32_t i = 0; i < count; i++)
        in[i] = 5 + (uint32_t)((random_u64(&r) & ((1ull << width) - 1)) % (UINT32_MAX - 5ull));
      memset(bytes, 0xee, sizeof bytes);
      codec_pack(in, count, 5, width, bytes);
      ck_assert_uint_eq(bytes[codec_packed_bytes(count, width)], 0xee);
      codec_unpack(bytes, count, 5, width, out);
      ck_assert_mem_eq(in, out, count * sizeof *in);
    }
  }
}
END_TEST

static int64_t some_int(struct random *r, unsigned shape, int64_t before) {
  switch (shape) {
    case 0: return -5;
    case 1: return before + (int64_t)random_below(r, 100) * 1000;
    case 2: return random_chance(r, 2) ? INT64_MIN + (int64_t)random_below(r, 9) : (int64_t)(random_u64(r) >> 1);
    case 3: return (int64_t)random_below(r, 20) * 1000003;
    case 4: return (int64_t)random_u64(r);
    default: return 1795000000000000 + (int64_t)random_below(r, 1000000) * 1000;
  }
}

START_TEST(ints_come_back_in_every_form) {
  struct random r = random_from_environment();
  struct codec *c = codec_new(3);
  static int64_t in[MAX_VALUES], out[MAX_VALUES];
  for (unsigned round = 0; round < 300; round++) {
    uint32_t count = (uint32_t)random_below(&r, round % 10 ? 400 : MAX_VALUES);
    for (uint32_t i = 0; i < count; i++) in[i] = some_int(&r, round % 6, i ? in[i - 1] : 0);
    struct buffer b;
    buffer_init(&b, 1 << 20);
    codec_put_ints(c, &b, in, count);
    struct reader reader = reader_for(&b);
    codec_get_ints(&reader, out, count);
    ck_assert(!reader.failed);
    ck_assert_uint_eq(reader_left(&reader), 0);
    ck_assert_mem_eq(in, out, count * sizeof *in);
    buffer_free(&b);
  }
  codec_free(c);
}
END_TEST

START_TEST(ascending_milliseconds_cost_their_gaps_only) {
  struct codec *c = codec_new(3);
  static int64_t in[8192];
  for (int i = 0; i < 8192; i++) in[i] = 1795000000000000 + (int64_t)i * 1000 * 3 + (i % 2) * 1000;
  struct buffer b;
  buffer_init(&b, 1 << 20);
  codec_put_ints(c, &b, in, 8192);
  ck_assert_uint_lt(b.len, 8192 * 4 / 8);
  buffer_free(&b);
  codec_free(c);
}
END_TEST

START_TEST(blocks_come_back_and_their_length_is_checked) {
  struct codec *c = codec_new(3);
  char text[5000], out[5000];
  for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i % 7);
  for (size_t len = 0; len <= sizeof text; len = len * 2 + 1) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    codec_put_block(c, &b, text, len, 3);
    struct reader reader = reader_for(&b), again = reader;
    ck_assert_uint_eq(codec_peek_block(&reader, sizeof out), len);
    codec_get_block(&reader, out, len);
    ck_assert(!reader.failed && reader_left(&reader) == 0);
    ck_assert(len == 0 || memcmp(text, out, len) == 0);
    if (len) codec_get_block(&again, out, len - 1);
    ck_assert(len == 0 || again.failed);
    buffer_free(&b);
  }
  codec_free(c);
}
END_TEST

START_TEST(damaged_sequences_fail_or_decode_but_never_read_past_their_end) {
  struct random r = random_from_environment();
  struct codec *c = codec_new(3);
  uint32_t values[400], out[400];
  int64_t ints[400], ints_out[400];
  for (unsigned round = 0; round < 2000; round++) {
    for (uint32_t i = 0; i < 400; i++) {
      values[i] = some_value(&r, round % 6);
      ints[i] = some_int(&r, round % 6, i ? ints[i - 1] : 0);
    }
    struct buffer b;
    buffer_init(&b, 1 << 20);
    bool as_ints = random_chance(&r, 50);
    if (as_ints)
      codec_put_ints(c, &b, ints, 400);
    else
      codec_put_u32s(c, &b, values, 400);
    size_t len = random_below(&r, b.len + 1);
    char *copy = calloc(1, len + CODEC_SLACK); /* of its very size, for the sanitizer */
    memcpy(copy, b.data, len);
    if (len) copy[random_below(&r, len)] ^= (char)(1 << random_below(&r, 8));
    struct reader reader = reader_of(slice_of(copy, len));
    if (as_ints)
      codec_get_ints(&reader, ints_out, 400);
    else
      codec_get_u32s(&reader, out, 400);
    free(copy);
    buffer_free(&b);
  }
  codec_free(c);
}
END_TEST

static int compare_items(const void *a, const void *b) {
  const struct text_item *x = a, *y = b;
  return slice_compare(slice_of(x->data, x->len), slice_of(y->data, y->len));
}

START_TEST(texts_sort_as_their_bytes) {
  struct random r = random_from_environment();
  enum { COUNT = 3000 };
  static char bytes[COUNT][40];
  static struct text_item items[COUNT], expected[COUNT];
  for (unsigned round = 0; round < 6; round++) {
    for (uint32_t i = 0; i < COUNT; i++) {
      uint32_t len = (uint32_t)random_below(&r, sizeof bytes[i]);
      memset(bytes[i], 'x', sizeof bytes[i]); /* long common beginnings */
      for (int k = 0; k < 3 && len; k++)
        bytes[i][random_below(&r, round % 2 ? len : sizeof bytes[i])] = (char)random_below(&r, round < 3 ? 2 : 256);
      items[i] = expected[i] = (struct text_item){0, bytes[i], len, i};
    }
    text_sort(items, COUNT);
    qsort(expected, COUNT, sizeof *expected, compare_items);
    for (uint32_t i = 0; i < COUNT; i++) ck_assert_int_eq(compare_items(&items[i], &expected[i]), 0);
  }
}
END_TEST

START_TEST(mask_index_gives_back_the_masks_of_ranges) {
  struct random r = random_from_environment();
  struct codec *c = codec_new(3);
  enum { COUNT = 1000 };
  static struct mask_entry entries[COUNT];
  const uint64_t all = (1ull << 60) - 1;
  uint64_t key = 0;
  for (uint32_t i = 0; i < COUNT; i++) {
    uint64_t mask = random_u64(&r);
    for (uint64_t k = random_below(&r, 8); k; k--) mask &= random_u64(&r);
    if (random_chance(&r, 20)) mask = ~mask;
    if (random_chance(&r, 10)) mask = all;
    if (random_chance(&r, 10)) mask = 0xff0;
    if (random_chance(&r, 40)) mask = 1ull << random_below(&r, 60);
    entries[i] = (struct mask_entry){key, mask & all ? mask & all : 1};
    key += 1 + (random_chance(&r, 5) ? random_below(&r, 1ull << 40) : random_below(&r, 9));
  }
  struct buffer b;
  buffer_init(&b, 1 << 20);
  mask_index_put(c, &b, entries, COUNT, all);
  struct reader reader = reader_for(&b);
  struct mask_index *x = mask_index_get(&reader);
  ck_assert(x && !reader.failed && reader_left(&reader) == 0);
  for (uint32_t i = 0; i < COUNT; i++) {
    uint64_t mask, expected = 0;
    uint32_t end = i + (uint32_t)random_below(&r, COUNT - i);
    ck_assert(mask_index_find(x, entries[i].key, entries[i].key, &mask));
    ck_assert_uint_eq(mask, entries[i].mask);
    for (uint32_t k = i; k <= end; k++) expected |= entries[k].mask;
    ck_assert(mask_index_find(x, entries[i].key, entries[end].key, &mask));
    ck_assert_uint_eq(mask, expected);
    if (i + 1 < COUNT && entries[i].key + 1 < entries[i + 1].key) {
      ck_assert(mask_index_find(x, entries[i].key + 1, entries[i + 1].key - 1, &mask));
      ck_assert_uint_eq(mask, 0);
    }
  }
  free(x);
  buffer_free(&b);
  codec_free(c);
}
END_TEST

TEST_MAIN("codec", u32s_come_back_in_every_form, packed_values_come_back_at_every_width, ints_come_back_in_every_form,
          ascending_milliseconds_cost_their_gaps_only, blocks_come_back_and_their_length_is_checked,
          damaged_sequences_fail_or_decode_but_never_read_past_their_end, texts_sort_as_their_bytes,
          mask_index_gives_back_the_masks_of_ranges)
