/* `daybook user` and `daybook grant`. */
#include <stdio.h>

#include "cli/console.h"
#include "cli/manage.h"

enum user_action { USER_ADD, USER_LIST, USER_DISABLE, USER_ENABLE, USER_PASSWORD, USER_REMOVE };

static const char *const user_columns[] = {"id", "login", "tenant", "state", "display_name", "email", "grants", NULL};
static const char *const grant_columns[] = {"id", "user", "role", "tenant", "logs", "products", NULL};

/* The link is a path: the viewer's address stands before it. */
static int print_link(const struct document *answer, struct error *err) {
  struct buffer line;
  struct slice link = document_text(answer, "link");
  if (link.len == 0) return 0;
  buffer_init(&line, 4096);
  buffer_append_text(&line, "The password is set at this path of the viewer, once, within a week: ");
  console_append_safe(&line, link);
  buffer_append_char(&line, '\n');
  int code = console_write(buffer_slice(&line), err);
  buffer_free(&line);
  return code;
}

static int add_user(const struct arguments *a, struct manage *m, struct buffer *path, struct buffer *body,
                    struct error *err) {
  const struct document *answer = NULL;
  const char *role = a->values[OPT_ROLE], *home = a->values[OPT_TENANT] ? a->values[OPT_TENANT] : "";
  struct printing p = {arguments_has(a, OPT_JSON), user_columns, err};
  struct buffer grant;
  if (!role || (!home[0] && strcmp(role, "operator") != 0))
    return error_set(err, ERR_INVALID, "give --role, and --tenant where the role is not operator");
  buffer_init(&grant, MANAGE_BODY_BYTES);
  buffer_append_char(&grant, '[');
  struct buffer inner;
  buffer_init(&inner, MANAGE_BODY_BYTES);
  body_grant(&inner, a, home);
  buffer_append_slice(&grant, buffer_slice(&inner));
  buffer_append_text(&grant, "}]");
  buffer_append_char(&grant, 0);
  body_text(body, "login", a->operands[1]);
  body_text(body, "tenant", home);
  body_text(body, "display_name", a->values[OPT_NAME]);
  body_text(body, "email", a->values[OPT_EMAIL]);
  body_raw(body, "grants", grant.data);
  buffer_free(&inner);
  buffer_free(&grant);
  int code = manage_call(m, "POST", path, body, &answer, err);
  if (code) return code;
  if (p.json) return print_item(&p, answer);
  code = print_item(&p, document_member(answer, "user"));
  return code ? code : print_link(answer, err);
}

static int change_user(const struct arguments *a, struct manage *m, enum user_action action, struct buffer *path,
                       struct buffer *body, struct error *err) {
  struct printing p = {arguments_has(a, OPT_JSON), user_columns, err};
  const struct document *answer = NULL;
  struct slice id;
  int code = manage_user(m, a->operands[1], &id, err);
  if (code) return code;
  buffer_append_char(path, '/');
  backend_append_encoded(path, id);
  if (action == USER_REMOVE) return manage_call(m, "DELETE", path, NULL, NULL, err);
  if (action == USER_PASSWORD) {
    buffer_append_text(path, "/reset");
    code = manage_call(m, "POST", path, NULL, &answer, err);
    if (code == 0) code = p.json ? print_item(&p, answer) : print_link(answer, err);
    return code;
  }
  body_text(body, "state", action == USER_DISABLE ? "disabled" : "active");
  code = manage_call(m, "PUT", path, body, &answer, err);
  return code ? code : print_item(&p, answer);
}

static int list_users(const struct arguments *a, struct manage *m, struct buffer *path, struct error *err) {
  struct printing p = {arguments_has(a, OPT_JSON), user_columns, err};
  path_param(path, "tenant", a->values[OPT_TENANT]);
  path_param(path, "prefix", a->values[OPT_PREFIX]);
  buffer_append_char(path, 0);
  return manage_list(m, path->data, "users", print_item, &p, err);
}

static int act_on_users(const struct arguments *a, struct manage *m, unsigned action, struct buffer *path,
                        struct buffer *body, struct error *err) {
  if (action == USER_ADD) return add_user(a, m, path, body, err);
  if (action == USER_LIST) return list_users(a, m, path, err);
  return change_user(a, m, (enum user_action)action, path, body, err);
}

static int user_run(const struct arguments *a, struct error *err) {
  static const char *const names[] = {"add", "list", "disable", "enable", "password", "remove", NULL};
  static const uint8_t least[] = {1, 0, 1, 1, 1, 1}, most[] = {1, 0, 1, 1, 1, 1};
  static const struct actions actions = {names, least, most, "/v1/users", act_on_users};
  return manage_run(a, &actions, err);
}

const struct command command_user = {
    .name = "user",
    .synopsis = "add|list|disable|enable|password|remove [LOGIN] [OPTIONS]",
    .summary = "people: make, list, disable, give a new password, remove",
    .about =
        "add makes a user with one role on its home tenant (--tenant; operators have none) and prints the\n"
        "link by which the user sets a password. Further roles are given with `daybook grant add`. disable\n"
        "ends all of the user's sessions at once; password prints a new link. LOGIN may be an id (usr_...).\n"
        "Everything done is on the record of the tenant.",
    .examples =
        "daybook user add olivia --role operator\n"
        "daybook user add pat@partner.example --tenant partner --role admin --name 'Pat Partner'\n"
        "daybook user list --tenant partner\n"
        "daybook user disable pat@partner.example\n"
        "daybook user password pat@partner.example --data ./data",
    .options = OPTIONS_PLACE | OPTION_BIT(OPT_TENANT) | OPTION_BIT(OPT_ROLE) | OPTION_BIT(OPT_LOGS) |
               OPTION_BIT(OPT_PRODUCTS) | OPTION_BIT(OPT_NAME) | OPTION_BIT(OPT_EMAIL) | OPTION_BIT(OPT_PREFIX) |
               OPTION_BIT(OPT_JSON),
    .run = user_run,
};

/* ---- Grants ---- */

enum grant_action { GRANT_ADD, GRANT_LIST, GRANT_REMOVE };

static int add_grant(const struct arguments *a, struct manage *m, struct buffer *path, struct buffer *body,
                     struct error *err) {
  struct printing p = {arguments_has(a, OPT_JSON), grant_columns, err};
  const struct document *answer = NULL;
  struct slice id;
  int code = manage_user(m, a->operands[1], &id, err);
  if (code) return code;
  body_text(body, "user", arena_string(manage_arena(m), id));
  body_grant(body, a, a->values[OPT_TENANT] ? a->values[OPT_TENANT] : "");
  code = manage_call(m, "POST", path, body, &answer, err);
  return code ? code : print_item(&p, answer);
}

static int list_grants(const struct arguments *a, struct manage *m, struct buffer *path, struct error *err) {
  struct printing p = {arguments_has(a, OPT_JSON), grant_columns, err};
  struct slice id;
  int code = a->operand_count > 1 ? manage_user(m, a->operands[1], &id, err) : 0;
  if (code) return code;
  if (a->operand_count > 1) path_param(path, "user", arena_string(manage_arena(m), id));
  path_param(path, "tenant", a->values[OPT_TENANT]);
  buffer_append_char(path, 0);
  return manage_list(m, path->data, "grants", print_item, &p, err);
}

static int act_on_grants(const struct arguments *a, struct manage *m, unsigned action, struct buffer *path,
                         struct buffer *body, struct error *err) {
  if (action == GRANT_ADD) return add_grant(a, m, path, body, err);
  if (action == GRANT_LIST) return list_grants(a, m, path, err);
  buffer_append_char(path, '/');
  backend_append_encoded(path, slice_from(a->operands[1]));
  return manage_call(m, "DELETE", path, NULL, NULL, err);
}

static int grant_run(const struct arguments *a, struct error *err) {
  static const char *const names[] = {"add", "list", "remove", NULL};
  static const uint8_t least[] = {1, 0, 1}, most[] = {1, 1, 1};
  static const struct actions actions = {names, least, most, "/v1/grants", act_on_grants};
  return manage_run(a, &actions, err);
}

const struct command command_grant = {
    .name = "grant",
    .synopsis = "add LOGIN | list [LOGIN] | remove ID [OPTIONS]",
    .summary = "roles of users on tenants: give, list, take",
    .about =
        "A grant is a role on a tenant and everything below it, perhaps for some logs or products alone. A\n"
        "user's grants add up. Taking one works at once, in open sessions as well.",
    .examples =
        "daybook grant add pat --role viewer --tenant acme/eu --logs auth,admin\n"
        "daybook grant list pat\n"
        "daybook grant remove gra_2jk3h4k5lm6n7p2q",
    .options = OPTIONS_PLACE | OPTION_BIT(OPT_TENANT) | OPTION_BIT(OPT_ROLE) | OPTION_BIT(OPT_LOGS) |
               OPTION_BIT(OPT_PRODUCTS) | OPTION_BIT(OPT_JSON),
    .run = grant_run,
};
