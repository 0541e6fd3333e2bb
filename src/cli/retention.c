/* `daybook retention`: for how long events are kept. */
#include "cli/backend.h"
#include "cli/command.h"
#include "cli/console.h"
#include "cli/text.h"

enum { DAYS_MOST = 36500 };

static void append_days(struct buffer *out, const struct retention_row *row, bool json) {
  if (json) {
    buffer_append_text(out, "{\"tenant\":");
    json_append_string(out, row->tenant);
    buffer_printf(out, ",\"days\":%d,\"own\":%s}\n", row->days, row->own ? "true" : "false");
    return;
  }
  if (row->days == 0) buffer_append_text(out, "for ever  ");
  if (row->days) buffer_printf(out, "%5d day%s", row->days, row->days == 1 ? " " : "s");
  buffer_append_text(out, row->own ? "  own       " : "  inherited ");
  console_append_safe(out, row->tenant);
  buffer_append_char(out, '\n');
}

struct list {
  bool json;
  uint64_t count;
  struct error *err;
};

static int print_row(void *arg, const struct retention_row *row) {
  struct list *list = arg;
  struct buffer line;
  buffer_init(&line, 4096);
  append_days(&line, row, list->json);
  int code = console_write(buffer_slice(&line), list->err);
  buffer_free(&line);
  list->count++;
  return code;
}

/* "90", "forever" (0) or "default" (-1: what the tenant above it has). */
static int read_days(const char *text, int32_t *out, struct error *err) {
  uint64_t days;
  if (strcmp(text, "forever") == 0) return *out = 0, 0;
  if (strcmp(text, "default") == 0) return *out = -1, 0;
  if (!text_number(slice_from(text), DAYS_MOST, &days) || days == 0) {
    return error_set(err, ERR_INVALID, "\"%s\" is not a number of days (1 to %d), forever or default", text, DAYS_MOST);
  }
  return *out = (int32_t)days, 0;
}

static int run_retention(const struct arguments *a, struct backend *b, struct error *err) {
  struct list list = {.json = arguments_has(a, OPT_JSON), .err = err};
  const char *tenant = a->operand_count ? a->operands[0] : "";
  struct retention_row row;
  int32_t days = 0;
  if (a->operand_count > 2) return error_set(err, ERR_INVALID, "too many arguments: give TENANT and DAYS");
  if (a->operand_count && !event_tenant_valid(slice_from(tenant))) {
    return error_set(err, ERR_INVALID, "\"%s\" is no tenant path such as acme/eu", tenant);
  }
  if (a->operand_count == 0) return b->ops->list_retention(b, slice_from(tenant), print_row, &list, err);
  int code = 0;
  if (a->operand_count == 2) {
    code = read_days(a->operands[1], &days, err);
    if (code == 0) code = b->ops->set_retention(b, slice_from(tenant), days, err);
  }
  if (code == 0) code = b->ops->get_retention(b, slice_from(tenant), &row, err);
  return code ? code : print_row(&list, &row);
}

static int retention_run(const struct arguments *a, struct error *err) {
  struct backend *b = NULL;
  int code = backend_open(a, false, &b, err);
  if (code == 0) code = run_retention(a, b, err);
  backend_close(b);
  return code;
}

const struct command command_retention = {
    .name = "retention",
    .synopsis = "[OPTIONS] [TENANT [DAYS|forever|default]]",
    .summary = "show or set for how many days events are kept",
    .about =
        "Without a tenant, lists all of them. A setting holds for the tenant and everything below it, unless\n"
        "one further down has its own; where nothing is set it is 90 days. Days count from the moment Daybook\n"
        "received the event. What is older is hidden at once and purged in the background; it does not come\n"
        "back when the days are raised again.",
    .examples =
        "daybook retention\n"
        "daybook retention acme/eu\n"
        "daybook retention acme/eu 365\n"
        "daybook retention acme/eu/test default",
    .options = OPTIONS_PLACE | OPTION_BIT(OPT_JSON),
    .run = retention_run,
};
