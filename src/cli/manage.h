/* What user, grant, key and tenant share: the management API of a server, or of a data folder for which one is run in
 * this process for as long as the command takes. One thread. Private to cli/. */
#ifndef DAYBOOK_CLI_MANAGE_H
#define DAYBOOK_CLI_MANAGE_H

#include "cli/backend.h"
#include "cli/command.h"

struct manage;

/* By --data, --url and the environment, as backend_open. */
int manage_open(const struct arguments *a, struct manage **out, struct error *err);
void manage_close(struct manage *m); /* NULL is allowed */
struct arena *manage_arena(struct manage *m);
/* body: what was made with the calls below, or NULL. */
int manage_call(struct manage *m, const char *method, const struct buffer *path, struct buffer *body,
                const struct document **out, struct error *err);

/* {"name":"text", ...: a body in the making; NULL texts are left out. manage_call closes it. */
void body_text(struct buffer *body, const char *name, const char *text);
void body_list(struct buffer *body, const char *name, const char *comma_separated);
void body_raw(struct buffer *body, const char *name, const char *json);
/* "role", "tenant", "logs", "products" of the options. */
void body_grant(struct buffer *body, const struct arguments *a, const char *tenant);
/* ?name=text or &name=text, where text is not NULL. */
void path_param(struct buffer *path, const char *name, const char *text);

/* All pages of a list: each(arg, item). */
int manage_list(struct manage *m, const char *path_with_params, const char *member,
                int (*each)(void *arg, const struct document *item), void *arg, struct error *err);
/* The user's id for a login; an id is taken as it is. ERR_NOT_FOUND. */
int manage_user(struct manage *m, const char *login, struct slice *id_out, struct error *err);

/* One item as JSON (--json), or as "label  value  value". */
struct printing {
  bool json;
  const char *const *columns; /* members, NULL at the end */
  struct error *err;
};
int print_item(void *printing, const struct document *item);

enum { MANAGE_BODY_BYTES = 512 * 1024 };

/* What a command does: the first operand is one of the names, and at least least[i], at most most[i] operands follow;
 * else ERR_INVALID lists them. */
struct actions {
  const char *const *names; /* NULL at the end */
  const uint8_t *least, *most;
  const char *path; /* "/v1/users": what `path` begins with */
  int (*act)(const struct arguments *a, struct manage *m, unsigned action, struct buffer *path, struct buffer *body,
             struct error *err);
};
int manage_run(const struct arguments *a, const struct actions *actions, struct error *err);

#endif
