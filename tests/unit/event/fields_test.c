/* The field table, tenant paths, ids and cells. */
#include "event/objects.h"
#include "tests/unit/event/fixture.h"

START_TEST(every_field_is_found_by_its_path) {
  for (unsigned i = 0; i < FIELD_COUNT; i++) {
    const struct field *f = field_get((enum field_id)i);
    ck_assert_uint_eq(f->id, i);
    ck_assert_ptr_eq(field_find(f->path), f);
  }
  static const char *const none[] = {"", "actor", "actor.", "params.x", "tenants", "zzz", "ACTOR.ID"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) ck_assert_ptr_null(field_find(slice_from(none[i])));
  ck_assert_uint_eq(field_find(SLICE("params"))->flags & F_MAP, F_MAP);
}
END_TEST

START_TEST(every_field_of_the_client_is_a_member_of_its_object) {
  for (unsigned o = 0; o < OBJECT_COUNT; o++) {
    const struct object *object = object_get((enum object_id)o);
    for (unsigned i = 0; i < object->member_count; i++) {
      const struct member *m = object->members[i];
      ck_assert_ptr_eq(object_member((enum object_id)o, m->name), m);
      if (i > 0) ck_assert_int_lt(slice_compare(object->members[i - 1]->name, m->name), 0);
    }
  }
  ck_assert_ptr_null(object_member(OBJECT_ACTOR, SLICE("ip")));
  ck_assert_ptr_null(object_member(OBJECT_EVENT, SLICE("")));
}
END_TEST

START_TEST(tenant_paths_follow_their_pattern) {
  static const char *const good[] = {"a", "acme/eu/sales", "1/2/3/4/5/6/7/8", "A.b_c-D", "..."};
  static const char *const bad[] = {"",        "/", "a/", "/a", "a//b", ".", "a/..", "a b", "a:b", "1/2/3/4/5/6/7/8/9",
                                    "\xc3\xa9"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    ck_assert_msg(event_tenant_valid(slice_from(good[i])), "%s", good[i]);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_msg(!event_tenant_valid(slice_from(bad[i])), "%s", bad[i]);
}
END_TEST

START_TEST(a_prefix_covers_whole_segments) {
  ck_assert(event_tenant_within(SLICE("acme/eu"), SLICE("")));
  ck_assert(event_tenant_within(SLICE("acme/eu"), SLICE("acme")));
  ck_assert(event_tenant_within(SLICE("acme/eu"), SLICE("acme/eu")));
  ck_assert(!event_tenant_within(SLICE("acme-2"), SLICE("acme")));
  ck_assert(!event_tenant_within(SLICE("acme"), SLICE("acme/eu")));
  ck_assert(!event_tenant_within(SLICE("acme/eu"), SLICE("acme/e")));
}
END_TEST

START_TEST(ids_are_written_and_read) {
  struct slice tenant;
  uint64_t seq;
  ck_assert(event_parse_id(SLICE("acme/eu:18446744073709551615"), &tenant, &seq));
  ck_assert(slice_equal(tenant, SLICE("acme/eu")) && seq == UINT64_MAX);
  static const char *const bad[] = {"",
                                    "acme",
                                    "acme:",
                                    ":1",
                                    "acme:0",
                                    "acme:01",
                                    "acme:-1",
                                    "acme:1x",
                                    "acme:1:2",
                                    "a b:1",
                                    "acme:18446744073709551616",
                                    "acme:99999999999999999999999"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_msg(!event_parse_id(slice_from(bad[i]), &tenant, &seq), "%s", bad[i]);
}
END_TEST

START_TEST(added_cells_keep_the_order) {
  struct fixture f;
  fixture_open(&f);
  ck_assert_ok(fixture_parse(&f, slice_from(EVENT(",\"params\":{\"a\":1},\"key\":\"k\""))));
  event_add_cell(&f.event, &f.arena, FIELD_SOURCE_PEER, SLICE("::1"));
  event_add_cell(&f.event, &f.arena, FIELD_AUTH_SESSION, SLICE("s"));
  for (uint32_t i = 1; i < f.event.cell_count; i++)
    ck_assert_uint_lt(f.event.cells[i - 1].field, f.event.cells[i].field);
  ck_assert(slice_equal(event_text(&f.event, FIELD_SOURCE_PEER), SLICE("::1")));
  ck_assert_uint_eq(f.event.cell_count, 9);
  fixture_close(&f);
}
END_TEST

START_TEST(sorting_orders_by_field_element_and_key) {
  struct event_cell cells[] = {{.field = FIELD_PARAMS, .key = SLICE("b")},
                               {.field = FIELD_CHANGES_NEW, .element = 1},
                               {.field = FIELD_PARAMS, .key = SLICE("a")},
                               {.field = FIELD_CHANGES_NEW, .element = 0},
                               {.field = FIELD_TENANT}};
  struct event e = {.cell_count = 5, .cells = cells};
  event_sort_cells(&e);
  ck_assert_uint_eq(cells[0].field, FIELD_TENANT);
  ck_assert_uint_eq(cells[1].element, 0);
  ck_assert_uint_eq(cells[2].element, 1);
  ck_assert(slice_equal(cells[3].key, SLICE("a")) && slice_equal(cells[4].key, SLICE("b")));
}
END_TEST

START_TEST(parsing_leaves_the_cells_in_order) {
  struct random r = random_from_environment();
  struct fixture f;
  fixture_open(&f);
  for (int i = 0; i < 2000; i++) {
    arena_reset(&f.arena);
    random_event(&r, f.parser, &f.arena, &f.event);
    for (uint32_t n = 1; n < f.event.cell_count; n++) {
      const struct event_cell *a = &f.event.cells[n - 1], *b = a + 1;
      ck_assert(a->field < b->field ||
                (a->field == b->field && (a->element < b->element || slice_compare(a->key, b->key) < 0)));
    }
  }
  fixture_close(&f);
}
END_TEST

TEST_MAIN("event fields", every_field_is_found_by_its_path, every_field_of_the_client_is_a_member_of_its_object,
          tenant_paths_follow_their_pattern, a_prefix_covers_whole_segments, ids_are_written_and_read,
          added_cells_keep_the_order, sorting_orders_by_field_element_and_key, parsing_leaves_the_cells_in_order)
