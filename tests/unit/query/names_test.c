#include <stdio.h>

#include "query/query.h"
#include "tests/test.h"

static const char *kind_text(enum field_kind kind) {
  switch (kind) {
    case KIND_TENANT: return "tenant path";
    case KIND_IP: return "address or network";
    case KIND_WORD: return "word";
    case KIND_UINT: return "whole number";
    case KIND_TIME: return "instant";
    case KIND_SEQ: return "whole number";
    case KIND_ANY: return "text or number";
    case KIND_TEXT:
    case KIND_SHAPE: break;
  }
  return "text";
}

START_TEST(every_field_and_alias_is_a_name) {
  uint32_t count;
  const struct query_alias *all = query_aliases(&count);
  for (uint32_t i = 0; i < count; i++) {
    ck_assert(all[i].name.len > 0 && all[i].field_count > 0);
    if (i) ck_assert_msg(slice_compare(all[i - 1].name, all[i].name) < 0, "%.*s twice", SLICE_ARGS(all[i].name));
    for (uint32_t k = 0; k < all[i].field_count; k++)
      ck_assert_int_eq(field_get(all[i].fields[k])->kind, field_get(all[i].fields[0])->kind);
  }
  struct arena arena;
  arena_init(&arena, 1 << 20);
  for (unsigned id = 0; id < FIELD_COUNT; id++) {
    const struct field *field = field_get((enum field_id)id);
    struct filter_field *fields;
    if (field->kind == KIND_SHAPE) continue;
    ck_assert_ok(query_field(field->path, &arena, &fields, &count, NULL));
    ck_assert_int_eq(fields[0].field, (enum field_id)id);
    if (field->alias.len == 0) continue;
    ck_assert_ok(query_field(field->alias, &arena, &fields, &count, NULL));
    ck_assert_int_eq(fields[0].field, (enum field_id)id);
  }
  arena_free(&arena);
}
END_TEST

START_TEST(names_ignore_case_and_parameters_keep_theirs) {
  struct arena arena;
  arena_init(&arena, 1 << 20);
  struct filter_field *fields;
  uint32_t count;
  ck_assert_ok(query_field(SLICE("Actor.Display_Name"), &arena, &fields, &count, NULL));
  ck_assert_uint_eq(count, 1);
  ck_assert_int_eq(fields[0].field, FIELD_ACTOR_DISPLAY);
  ck_assert_uint_eq(fields[0].key.len, 0);
  ck_assert_ok(query_field(SLICE("Params.Region"), &arena, &fields, &count, NULL));
  ck_assert_int_eq(fields[0].field, FIELD_PARAMS);
  ck_assert(slice_equal(fields[0].key, SLICE("Region")));
  arena_free(&arena);
}
END_TEST

START_TEST(unknown_names_suggest_the_nearest) {
  static const struct {
    const char *name, *message;
  } cases[] = {
      {"actr", "unknown field \"actr\"; did you mean \"actor\"?"},
      {"ACTOR.NMAE", "unknown field \"ACTOR.NMAE\"; did you mean \"actor.name\"?"},
      {"statsu", "unknown field \"statsu\"; did you mean \"status\"?"},
      {"tagret.domain", "unknown field \"tagret.domain\"; did you mean \"target.domain\"?"},
      {"pi", "unknown field \"pi\"; did you mean \"ip\"?"},
      {"occured_at", "unknown field \"occured_at\"; did you mean \"occurred_at\"?"},
      {"parms.x", "unknown field \"parms.x\"; did you mean \"params.x\"?"},
      {"xx", "unknown field \"xx\""},
      {"", "unknown field \"\""},
      {"_shape", "unknown field \"_shape\""},
      {"params.", "a parameter's name is 1 to 64 of A-Z a-z 0-9 _ . -"},
      {"params.a b", "a parameter's name is 1 to 64 of A-Z a-z 0-9 _ . -"},
      {"0123456789012345678901234567890123456789012345678901234567890123456789",
       "unknown field \"0123456789012345678901234567890123456789012345678901234567890123...\""},
  };
  struct arena arena;
  arena_init(&arena, 1 << 20);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct filter_field *fields;
    uint32_t count;
    struct error err = {0};
    ck_assert_int_eq(query_field(slice_from(cases[i].name), &arena, &fields, &count, &err), ERR_INVALID);
    ck_assert_str_eq(err.message, cases[i].message);
  }
  arena_free(&arena);
}
END_TEST

/* ---- The user's page ---- */

static void append_name_table(struct buffer *out) {
  uint32_t count;
  const struct query_alias *all = query_aliases(&count);
  buffer_append_text(out, "| name | finds | takes |\n|---|---|---|\n");
  for (uint32_t i = 0; i < count; i++) {
    const struct field *first = field_get(all[i].fields[0]);
    buffer_printf(out, "| `%.*s` | ", SLICE_ARGS(all[i].name));
    if (all[i].field_count == 1 && slice_equal(first->path, all[i].name))
      buffer_append_slice(out, first->label);
    else
      for (uint32_t k = 0; k < all[i].field_count; k++)
        buffer_printf(out, "%s`%.*s`", k ? ", " : "", SLICE_ARGS(field_get(all[i].fields[k])->path));
    buffer_printf(out, " | %s |\n", kind_text(first->kind));
  }
}

START_TEST(the_page_on_the_query_language_lists_every_name) {
  FILE *file = fopen("docs/query-language.md", "rb"); /* tests run in the repository's root */
  ck_assert_msg(file != NULL, "docs/query-language.md cannot be opened from here");
  static char page[1 << 17];
  size_t len = fread(page, 1, sizeof page, file);
  ck_assert_int_eq(fclose(file), 0);
  struct buffer table;
  buffer_init(&table, 1 << 16);
  append_name_table(&table);
  ck_assert(!table.overflowed);
  void *found = memmem(page, len, table.data, table.len);
  if (!found) fprintf(stderr, "docs/query-language.md must hold this table:\n%.*s", (int)table.len, table.data);
  ck_assert(found != NULL);
  buffer_free(&table);
}
END_TEST

TEST_MAIN("query/names", every_field_and_alias_is_a_name, names_ignore_case_and_parameters_keep_theirs,
          unknown_names_suggest_the_nearest, the_page_on_the_query_language_lists_every_name)
