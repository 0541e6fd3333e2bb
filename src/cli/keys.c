/* `daybook key` and `daybook tenant`. */
#include <stdio.h>

#include "cli/console.h"
#include "cli/manage.h"

enum key_action { KEY_ADD, KEY_LIST, KEY_ROTATE, KEY_REVOKE };

static const char *const key_columns[] = {"id",    "name",       "prefix",       "role", "tenant",
                                          "state", "expires_at", "last_used_at", NULL};
static const char *const tenant_columns[] = {"tenant", "display_name", "closed", "last_seq", NULL};

/* The key, then its text on a line of its own: what scripts take. */
static int print_secret(const struct arguments *a, const struct document *answer, struct error *err) {
  struct printing p = {arguments_has(a, OPT_JSON), key_columns, err};
  struct buffer line;
  if (p.json) return print_item(&p, answer);
  int code = print_item(&p, document_member(answer, "key"));
  if (code) return code;
  buffer_init(&line, 4096);
  buffer_append_text(&line, "The key, shown once:\n");
  console_append_safe(&line, document_text(answer, "secret"));
  buffer_append_char(&line, '\n');
  code = console_write(buffer_slice(&line), err);
  buffer_free(&line);
  return code;
}

static int add_key(const struct arguments *a, struct manage *m, struct buffer *path, struct buffer *body,
                   struct error *err) {
  const struct document *answer = NULL;
  if (!a->values[OPT_ROLE] || !a->values[OPT_TENANT])
    return error_set(err, ERR_INVALID, "give --role writer or reader, and --tenant (\"\" is all tenants)");
  body_text(body, "name", a->operands[1]);
  body_grant(body, a, a->values[OPT_TENANT]);
  body_list(body, "addresses", a->values[OPT_ADDRESSES]);
  body_text(body, "expires_at", a->values[OPT_EXPIRES]);
  int code = manage_call(m, "POST", path, body, &answer, err);
  return code ? code : print_secret(a, answer, err);
}

static int list_keys(const struct arguments *a, struct manage *m, struct buffer *path, struct error *err) {
  struct printing p = {arguments_has(a, OPT_JSON), key_columns, err};
  path_param(path, "tenant", a->values[OPT_TENANT]);
  path_param(path, "prefix", a->values[OPT_PREFIX]);
  buffer_append_char(path, 0);
  return manage_list(m, path->data, "keys", print_item, &p, err);
}

static int change_key(const struct arguments *a, struct manage *m, enum key_action action, struct buffer *path,
                      struct buffer *body, struct error *err) {
  const struct document *answer = NULL;
  int64_t overlap_h;
  char number[24];
  buffer_append_char(path, '/');
  backend_append_encoded(path, slice_from(a->operands[1]));
  if (action == KEY_REVOKE) return manage_call(m, "DELETE", path, NULL, NULL, err);
  int code = arguments_number(a, OPT_OVERLAP, 0, LIMIT_KEY_OVERLAP_H, 24, &overlap_h, err);
  if (code) return code;
  snprintf(number, sizeof number, "%d", (int)overlap_h);
  body_raw(body, "overlap_h", number);
  buffer_append_text(path, "/rotate");
  code = manage_call(m, "POST", path, body, &answer, err);
  return code ? code : print_secret(a, answer, err);
}

static int act_on_keys(const struct arguments *a, struct manage *m, unsigned action, struct buffer *path,
                       struct buffer *body, struct error *err) {
  if (action == KEY_ADD) return add_key(a, m, path, body, err);
  if (action == KEY_LIST) return list_keys(a, m, path, err);
  return change_key(a, m, (enum key_action)action, path, body, err);
}

static int key_run(const struct arguments *a, struct error *err) {
  static const char *const names[] = {"add", "list", "rotate", "revoke", NULL};
  static const uint8_t least[] = {1, 0, 1, 1}, most[] = {1, 0, 1, 1};
  static const struct actions actions = {names, least, most, "/v1/keys", act_on_keys};
  return manage_run(a, &actions, err);
}

const struct command command_key = {
    .name = "key",
    .synopsis = "add NAME | list | rotate ID | revoke ID [OPTIONS]",
    .summary = "API keys: make, list, rotate, revoke",
    .about =
        "A key has a role (writer sends events, reader reads and exports), a tenant with everything below it,\n"
        "and perhaps limits. Its text is printed once, on the last line; only its hash is kept. list --prefix\n"
        "finds a key by its name or by the beginning of its text. rotate makes a second key of the same name;\n"
        "the old one goes on for --overlap-h hours. revoke ends a key before the command returns.",
    .examples =
        "daybook key add sms-gateway --role writer --tenant acme --logs message --addresses 203.0.113.0/24\n"
        "daybook key list --prefix dbk_Ab3x\n"
        "daybook key rotate key_2jk3h4k5lm6n7p2q --overlap-h 48\n"
        "daybook key revoke key_2jk3h4k5lm6n7p2q",
    .options = OPTIONS_PLACE | OPTION_BIT(OPT_TENANT) | OPTION_BIT(OPT_ROLE) | OPTION_BIT(OPT_LOGS) |
               OPTION_BIT(OPT_PRODUCTS) | OPTION_BIT(OPT_ADDRESSES) | OPTION_BIT(OPT_EXPIRES) |
               OPTION_BIT(OPT_OVERLAP) | OPTION_BIT(OPT_PREFIX) | OPTION_BIT(OPT_JSON),
    .run = key_run,
};

/* ---- Tenants ---- */

enum tenant_action { TENANT_LIST, TENANT_NAME, TENANT_CLOSE, TENANT_OPEN };

static int change_tenant(const struct arguments *a, struct manage *m, enum tenant_action action, struct buffer *path,
                         struct buffer *body, struct error *err) {
  struct printing p = {arguments_has(a, OPT_JSON), tenant_columns, err};
  const struct document *answer = NULL;
  buffer_append_char(path, '/');
  backend_append_encoded(path, slice_from(a->operands[1]));
  if (action == TENANT_NAME)
    body_text(body, "display_name", a->operands[2]);
  else
    body_raw(body, "closed", action == TENANT_CLOSE ? "true" : "false");
  int code = manage_call(m, "PUT", path, body, &answer, err);
  return code ? code : print_item(&p, answer);
}

static int act_on_tenants(const struct arguments *a, struct manage *m, unsigned action, struct buffer *path,
                          struct buffer *body, struct error *err) {
  struct printing p = {arguments_has(a, OPT_JSON), tenant_columns, err};
  if (action != TENANT_LIST) return change_tenant(a, m, (enum tenant_action)action, path, body, err);
  path_param(path, "prefix", a->operand_count > 1 ? a->operands[1] : NULL);
  buffer_append_char(path, 0);
  return manage_list(m, path->data, "tenants", print_item, &p, err);
}

static int tenant_run(const struct arguments *a, struct error *err) {
  static const char *const names[] = {"list", "name", "close", "open", NULL};
  static const uint8_t least[] = {0, 2, 1, 1}, most[] = {1, 2, 1, 1};
  static const struct actions actions = {names, least, most, "/v1/tenants", act_on_tenants};
  return manage_run(a, &actions, err);
}

const struct command command_tenant = {
    .name = "tenant",
    .synopsis = "list [PREFIX] | name TENANT NAME | close TENANT | open TENANT [OPTIONS]",
    .summary = "tenants: list, name, close, open again",
    .about =
        "A tenant is there with its first event, or once it is named. list finds what begins with PREFIX: the\n"
        "path, or a word of the name. A closed tenant, with everything below it, takes no more events and can\n"
        "still be read.",
    .examples =
        "daybook tenant list acme\n"
        "daybook tenant name acme/eu 'Acme Europe'\n"
        "daybook tenant close acme/eu",
    .options = OPTIONS_PLACE | OPTION_BIT(OPT_JSON),
    .run = tenant_run,
};
