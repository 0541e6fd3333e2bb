/* Shared by the tests of event/: one parser, one arena, and a minimal event to which members are added. */
#ifndef DAYBOOK_TESTS_UNIT_EVENT_FIXTURE_H
#define DAYBOOK_TESTS_UNIT_EVENT_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "event/event.h"
#include "tests/support/random_event.h"
#include "tests/test.h"

#define REQUIRED "\"tenant\":\"acme\",\"log\":\"admin\",\"occurred_at\":\"2026-11-20T08:15:30Z\",\"action\":\"update\""
#define ACTOR "\"actor\":{\"type\":\"user\"}"
/* A valid event with these members after the required ones: EVENT(",\"reason\":\"x\""). */
#define EVENT(members) "{" REQUIRED "," ACTOR members "}"

struct fixture {
  struct event_parser *parser;
  struct arena arena;
  struct buffer out;
  struct error err;
  struct event event;
};

static inline void fixture_open(struct fixture *f) {
  *f = (struct fixture){.parser = event_parser_new()};
  arena_init(&f->arena, 16 << 20);
  buffer_init(&f->out, 64 << 20);
}

static inline void fixture_close(struct fixture *f) {
  event_parser_free(f->parser);
  arena_free(&f->arena);
  buffer_free(&f->out);
}

static inline int fixture_parse(struct fixture *f, struct slice json) {
  error_clear(&f->err);
  arena_reset(&f->arena);
  return event_parse(f->parser, json, RANDOM_EVENT_NOW_US, &f->arena, &f->event, &f->err);
}

/* The canonical text of the parsed event; NUL-terminated, in f->out. */
static inline const char *fixture_canonical(struct fixture *f) {
  buffer_clear(&f->out);
  event_append_json(&f->event, EVENT_AS_SENT, &f->out);
  buffer_append_char(&f->out, 0);
  ck_assert(!f->out.overflowed);
  return f->out.data;
}

#define assert_refused(f, json, code, where, words)                                                \
  do {                                                                                             \
    const char *json_ = (json);                                                                    \
    int code_ = fixture_parse((f), slice_from(json_));                                             \
    ck_assert_msg(code_ == (code), "%s gave %d", json_, code_);                                    \
    ck_assert_msg(strcmp((f)->err.pointer, (where)) == 0, "%s: '%s'", json_, (f)->err.pointer);    \
    ck_assert_msg(strstr((f)->err.message, (words)) != NULL, "%s: '%s'", json_, (f)->err.message); \
  } while (0)

#define assert_canonical(f, json, expected)                                                  \
  do {                                                                                       \
    int code_ = fixture_parse((f), slice_from(json));                                        \
    ck_assert_msg(code_ == 0, "%s: %s at '%s'", (json), (f)->err.message, (f)->err.pointer); \
    ck_assert_str_eq(fixture_canonical(f), (expected));                                      \
  } while (0)

#endif
