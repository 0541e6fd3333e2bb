/* `daybook stats`: how many events, users and domains a question finds, and its most frequent values. */
#include <stdlib.h>

#include "cli/backend.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/text.h"

enum { TOP_DEFAULT = 10, BAR_COLUMNS = 30 };

struct stats {
  struct buffer out;
  bool json;
  struct arena arena;
  struct slice values[LIMIT_TOP_VALUES];
  uint64_t counts[LIMIT_TOP_VALUES];
  uint32_t count;
};

static int take_value(void *arg, struct slice value, uint64_t count) {
  struct stats *s = arg;
  if (s->count == LIMIT_TOP_VALUES) return 0;
  s->values[s->count] = arena_copy(&s->arena, value);
  s->counts[s->count++] = count;
  return 0;
}

static void append_counts(struct stats *s, const struct read_stats *found) {
  if (s->json) {
    buffer_printf(&s->out, "{\"events\":%llu,\"actors\":%llu,\"domains\":%llu", (unsigned long long)found->events,
                  (unsigned long long)found->actors, (unsigned long long)found->domains);
    return;
  }
  buffer_append_text(&s->out, "Events   ");
  console_append_count(&s->out, found->events);
  buffer_append_text(&s->out, "\nUsers    ");
  console_append_count(&s->out, found->actors);
  buffer_append_text(&s->out, "\nDomains  ");
  console_append_count(&s->out, found->domains);
  buffer_append_char(&s->out, '\n');
}

static void append_json_values(struct stats *s, const char *field) {
  buffer_append_text(&s->out, ",\"field\":");
  json_append_string(&s->out, slice_from(field));
  buffer_append_text(&s->out, ",\"values\":[");
  for (uint32_t i = 0; i < s->count; i++) {
    buffer_append_text(&s->out, i ? ",{\"value\":" : "{\"value\":");
    json_append_string(&s->out, s->values[i]);
    buffer_printf(&s->out, ",\"count\":%llu}", (unsigned long long)s->counts[i]);
  }
  buffer_append_char(&s->out, ']');
}

static void append_values(struct stats *s, const char *field) {
  struct buffer safe, number;
  buffer_init(&safe, 1024 * 1024);
  buffer_init(&number, 64);
  buffer_printf(&s->out, "\nTop %s\n", field);
  for (uint32_t i = 0; i < s->count; i++) {
    buffer_clear(&safe);
    buffer_clear(&number);
    console_append_safe(&safe, s->values[i]);
    console_append_count(&number, s->counts[i]);
    buffer_printf(&s->out, "%12.*s  ", SLICE_ARGS(buffer_slice(&number)));
    console_append_fitted(&s->out, buffer_slice(&safe), 48, true);
    buffer_append_char(&s->out, ' ');
    uint64_t cells = s->counts[0] ? (s->counts[i] * BAR_COLUMNS + s->counts[0] - 1) / s->counts[0] : 0;
    for (uint64_t c = 0; c < cells; c++) buffer_append_text(&s->out, "▇");
    buffer_append_char(&s->out, '\n');
  }
  buffer_free(&safe);
  buffer_free(&number);
}

static int run_stats(const struct arguments *a, struct backend *b, struct stats *s, struct error *err) {
  struct arena arena;
  struct backend_query q;
  struct read_stats found;
  const char *field = a->values[OPT_TOP];
  int64_t limit = 0;
  arena_init(&arena, 1024 * 1024);
  int code = backend_read_query(a, &arena, &q, err);
  if (code == 0) code = arguments_number(a, OPT_LIMIT, 1, LIMIT_TOP_VALUES, TOP_DEFAULT, &limit, err);
  if (code == 0) code = b->ops->stats(b, &q, &found, err);
  if (code == 0) append_counts(s, &found);
  if (code == 0 && field) code = b->ops->top(b, &q, field, (uint32_t)limit, take_value, s, err);
  if (code == 0 && field && s->json) append_json_values(s, field);
  if (code == 0 && field && !s->json) append_values(s, field);
  if (s->json) buffer_append_text(&s->out, "}\n");
  if (code == 0) code = console_write(buffer_slice(&s->out), err);
  arena_free(&arena);
  return code;
}

static int stats_run(const struct arguments *a, struct error *err) {
  struct stats *s = calloc(1, sizeof *s);
  struct backend *b = NULL;
  if (!s) abort();
  s->json = arguments_has(a, OPT_JSON);
  arena_init(&s->arena, 128 * 1024 * 1024);
  buffer_init(&s->out, 256 * 1024 * 1024);
  int code = backend_open(a, false, &b, err);
  if (code == 0) code = run_stats(a, b, s, err);
  backend_close(b);
  arena_free(&s->arena);
  buffer_free(&s->out);
  free(s);
  return code;
}

const struct command command_stats = {
    .name = "stats",
    .synopsis = "[OPTIONS] [WORD...]",
    .summary = "count events, users and domains; rank the values of a field",
    .about =
        "The words are a question as in `daybook search`; without any, everything is counted. Users are\n"
        "distinct actor.name, domains distinct target.domain.",
    .examples =
        "daybook stats --from now-7d\n"
        "daybook stats --top ip action:login outcome:failure\n"
        "daybook stats --top params.region --limit 50 --json",
    .options = OPTIONS_PLACE | OPTIONS_QUERY | OPTION_BIT(OPT_TOP) | OPTION_BIT(OPT_LIMIT) | OPTION_BIT(OPT_JSON),
    .run = stats_run,
};
