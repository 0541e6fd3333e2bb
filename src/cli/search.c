/* `daybook search`: find events and show them as a table, as JSON or as CSV. */
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "cli/backend.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/table.h"

enum { LIMIT_DEFAULT = 25, LIMIT_MOST = 100000 };

struct search {
  struct table *table;
  struct buffer out;
  struct error *err;
  /* --csv: every event is kept, as the header needs all parameter names first. */
  struct arena arena;
  struct event *events;
  size_t count, capacity;
};

static int show_json(void *arg, const struct event *e) {
  struct search *s = arg;
  buffer_clear(&s->out);
  event_append_json(e, EVENT_STORED, &s->out);
  buffer_append_char(&s->out, '\n');
  return console_write(buffer_slice(&s->out), s->err);
}

static int show_row(void *arg, const struct event *e) {
  struct search *s = arg;
  table_add(s->table, e);
  s->count++;
  return 0;
}

static int keep_event(void *arg, const struct event *e) {
  struct search *s = arg;
  if (s->count == s->capacity) {
    s->capacity = s->capacity ? s->capacity * 2 : 64;
    s->events = realloc(s->events, s->capacity * sizeof *s->events);
    if (!s->events) abort();
  }
  struct event *copy = &s->events[s->count];
  *copy = *e;
  copy->cells = arena_alloc(&s->arena, (e->cell_count + 1) * sizeof *copy->cells);
  for (uint32_t i = 0; copy->cells && i < e->cell_count; i++) {
    copy->cells[i] = e->cells[i];
    copy->cells[i].key = arena_copy(&s->arena, e->cells[i].key);
    copy->cells[i].text = arena_copy(&s->arena, e->cells[i].text);
  }
  if (s->arena.overflowed) return error_set(s->err, ERR_TOO_LARGE, "too many events for --csv; use daybook export");
  s->count++;
  return 0;
}

static int by_name(const void *a, const void *b) {
  return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

/* The names of all parameters there are, sorted, each once. */
static uint32_t param_names(const struct search *s, struct slice **out) {
  size_t total = 0, count = 0, kept = 0;
  for (size_t i = 0; i < s->count; i++) total += s->events[i].cell_count;
  struct slice *names = calloc(total + 1, sizeof *names);
  if (!names) abort();
  for (size_t i = 0; i < s->count; i++) {
    for (uint32_t c = 0; c < s->events[i].cell_count; c++) {
      if (s->events[i].cells[c].field == FIELD_PARAMS) names[count++] = s->events[i].cells[c].key;
    }
  }
  qsort(names, count, sizeof *names, by_name);
  for (size_t i = 0; i < count; i++) {
    if (kept == 0 || !slice_equal(names[i], names[kept - 1])) names[kept++] = names[i];
  }
  *out = names;
  return (uint32_t)kept;
}

static int print_csv(struct search *s, const char *tz, struct error *err) {
  struct slice *names;
  uint32_t count = param_names(s, &names);
  struct csv *csv = csv_new(names, count, tz);
  int code = 0;
  buffer_clear(&s->out);
  csv_append_header(csv, &s->out);
  for (size_t i = 0; i <= s->count && code == 0; i++) {
    code = console_write(buffer_slice(&s->out), err);
    buffer_clear(&s->out);
    if (i < s->count) csv_append_event(csv, &s->events[i], &s->out);
  }
  csv_free(csv);
  free(names);
  return code;
}

static int print_table(struct search *s, struct error *err) {
  buffer_clear(&s->out);
  table_append(s->table, &s->out);
  return console_write(buffer_slice(&s->out), err);
}

static int run_search(const struct arguments *a, struct backend *b, struct search *s, struct error *err) {
  struct arena arena;
  struct backend_query q;
  bool json = arguments_has(a, OPT_JSON), csv = arguments_has(a, OPT_CSV), color = false, more = false;
  int64_t limit = 0;
  arena_init(&arena, 1024 * 1024);
  int code = backend_read_query(a, &arena, &q, err);
  if (code == 0) code = arguments_number(a, OPT_LIMIT, 1, LIMIT_MOST, LIMIT_DEFAULT, &limit, err);
  if (code == 0) code = console_color(a->values[OPT_COLOR], &color, err);
  if (code == 0 && json && csv) code = error_set(err, ERR_INVALID, "give --json or --csv, not both");
  if (code == 0) {
    s->table = table_new(q.tz, color, console_columns());
    code = b->ops->search(b, &q, (uint64_t)limit, json ? show_json : csv ? keep_event : show_row, s, &more, err);
    /* What is damaged is told after what could be read. */
    bool show = code == 0 || code == ERR_CORRUPT;
    if (show && csv && print_csv(s, q.tz, err)) code = ERR_IO;
    if (show && !csv && !json && print_table(s, err)) code = ERR_IO;
    fflush(stdout);
    if (code == 0 && !csv && !json && s->count == 0) fprintf(stderr, "Nothing was found.\n");
    if (code == 0 && more) fprintf(stderr, "There are more; --limit N shows more of them.\n");
  }
  table_free(s->table);
  arena_free(&arena);
  return code;
}

static int search_run(const struct arguments *a, struct error *err) {
  struct search s = {.err = err};
  struct backend *b = NULL;
  arena_init(&s.arena, (size_t)1 << 30);
  buffer_init(&s.out, (size_t)1 << 30);
  int code = backend_open(a, false, &b, err);
  if (code == 0) code = run_search(a, b, &s, err);
  backend_close(b);
  arena_free(&s.arena);
  buffer_free(&s.out);
  free(s.events);
  return code;
}

const struct command command_search = {
    .name = "search",
    .synopsis = "[OPTIONS] [WORD...]",
    .summary = "find events: who did what, when, from where",
    .about =
        "Words must all be in an event, in whatever field; field:value asks one field, -field:value\n"
        "excludes, and \"two words\" stay together (quote them for the shell: 'activity:\"Call Queue\"'):\n"
        "  actor:jane*  ip:203.0.113.0/24  status:>=400  action:create,delete  user:*  -outcome:success\n"
        "  tenant:acme/eu (with everything below it)  params.region:eu*  changes.field:ring_timeout\n"
        "The newest 25 events are shown, unless --limit and --order say otherwise. --json gives every field.",
    .examples =
        "daybook search action:login outcome:failure\n"
        "daybook search --from now-24h actor:jane* -action:read\n"
        "daybook search --from 2026-11-01 --to 2026-12-01 --tz Europe/Berlin 'activity:\"Call Queue Updated\"'\n"
        "daybook search --json --limit 1000 ip:203.0.113.4 | jq -r .actor.name",
    .options = OPTIONS_PLACE | OPTIONS_QUERY | OPTION_BIT(OPT_LIMIT) | OPTION_BIT(OPT_ORDER) | OPTION_BIT(OPT_JSON) |
               OPTION_BIT(OPT_CSV) | OPTION_BIT(OPT_COLOR),
    .run = search_run,
};
