#include "cli/manage.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "cli/console.h"
#include "cli/text.h"

enum { MANAGE_BYTES = 256 * 1024 * 1024, PATH_BYTES = 64 * 1024, STOP_MS = 1000 };

/* The server of a data folder: on a free port of this machine, with a key that nobody else learns. */
struct local_server {
  struct store *store;
  struct accounts *accounts;
  struct access *access;
  struct api *api;
  struct http_server *http;
};

struct manage {
  struct local_server local;
  struct backend *backend;
  struct arena arena;
};

static void stop_local(struct local_server *l) {
  if (l->http) http_server_stop(l->http, STOP_MS);
  api_free(l->api);
  access_close(l->access);
  accounts_close(l->accounts);
  store_close(l->store);
}

static int open_stores(struct local_server *l, const char *dir, struct error *err) {
  struct store_config config = {.dir = dir};
  struct accounts_config accounts_config = {.dir = dir};
  int code = store_open(os_real(), &config, &l->store, err);
  if (code == ERR_LOCKED && err) {
    error_clear(err);
    return error_set(err, code, "a server is using %s; reach it with --url instead of --data", dir);
  }
  return code ? code : accounts_open(os_real(), &accounts_config, &l->accounts, err);
}

static int start_local(struct local_server *l, const char *dir, struct backend **out, struct error *err) {
  char key[ACCOUNTS_TOKEN_TEXT_BYTES], url[128];
  struct http_config config = {
      .os = os_real(), .listen = "127.0.0.1:0", .network_threads = 1, .workers = 1, .max_connections = 16};
  int code = open_stores(l, dir, err);
  if (code) return code;
  access_make_key(os_real(), key);
  l->access = access_open_local(l->accounts, key);
  l->api = api_new(os_real(), l->store, l->accounts, l->access);
  api_configure(l->api, &config);
  code = http_server_start(&config, &l->http, err);
  if (code == 0) {
    snprintf(url, sizeof url, "http://%s", http_server_address(l->http));
    code = backend_open_remote(url, key, out, err);
  }
  sodium_memzero(key, sizeof key);
  return code;
}

int manage_open(const struct arguments *a, struct manage **out, struct error *err) {
  const char *dir = a->values[OPT_DATA];
  struct manage *m = calloc(1, sizeof *m);
  if (!m) abort();
  arena_init(&m->arena, MANAGE_BYTES);
  int code = dir ? backend_check_data(dir, err) : 0;
  if (code == 0) code = dir ? start_local(&m->local, dir, &m->backend, err) : backend_open(a, false, &m->backend, err);
  if (code) {
    manage_close(m);
    return code;
  }
  *out = m;
  return 0;
}

void manage_close(struct manage *m) {
  if (!m) return;
  backend_close(m->backend);
  stop_local(&m->local);
  arena_free(&m->arena);
  free(m);
}

struct arena *manage_arena(struct manage *m) {
  return &m->arena;
}

int manage_call(struct manage *m, const char *method, const struct buffer *path, struct buffer *body,
                const struct document **out, struct error *err) {
  const char *text = arena_string(&m->arena, buffer_slice(path));
  const struct document *ignored;
  if (!text || path->overflowed) return error_set(err, ERR_TOO_LARGE, "what was given is too long");
  if (body) buffer_append_text(body, body->len ? "}" : "{}");
  return backend_call(m->backend, method, text, body ? buffer_slice(body) : slice_of("", 0), &m->arena,
                      out ? out : &ignored, err);
}

/* ---- Bodies and paths ---- */

static void begin_member(struct buffer *body, const char *name) {
  buffer_printf(body, "%c\"%s\":", body->len ? ',' : '{', name);
}

void body_text(struct buffer *body, const char *name, const char *text) {
  if (!text) return;
  begin_member(body, name);
  json_append_string(body, slice_from(text));
}

void body_raw(struct buffer *body, const char *name, const char *json) {
  begin_member(body, name);
  buffer_append_text(body, json);
}

void body_list(struct buffer *body, const char *name, const char *comma_separated) {
  struct slice rest, item;
  if (!comma_separated) return;
  begin_member(body, name);
  buffer_append_char(body, '[');
  rest = slice_from(comma_separated);
  for (bool first = true, more = true; more; first = false) {
    struct slice whole = rest;
    more = text_split(whole, ",", &item, &rest);
    if (!more) item = whole;
    if (!first) buffer_append_char(body, ',');
    json_append_string(body, text_trim(item));
  }
  buffer_append_char(body, ']');
}

void body_grant(struct buffer *body, const struct arguments *a, const char *tenant) {
  body_text(body, "role", a->values[OPT_ROLE]);
  body_text(body, "tenant", tenant);
  body_list(body, "logs", a->values[OPT_LOGS]);
  body_list(body, "products", a->values[OPT_PRODUCTS]);
}

void path_param(struct buffer *path, const char *name, const char *text) {
  if (!text) return;
  buffer_printf(path, "%c%s=", path->len && memchr(path->data, '?', path->len) ? '&' : '?', name);
  backend_append_encoded(path, slice_from(text));
}

/* ---- Lists ---- */

int manage_list(struct manage *m, const char *path_with_params, const char *member,
                int (*each)(void *arg, const struct document *item), void *arg, struct error *err) {
  struct buffer path;
  const struct document *page = NULL, *next = NULL;
  int code = 0;
  buffer_init(&path, PATH_BYTES);
  do {
    const char *after = next ? arena_string(&m->arena, next->text) : NULL;
    buffer_clear(&path);
    buffer_append_text(&path, path_with_params);
    path_param(&path, "limit", "1000");
    path_param(&path, "after", after);
    code = manage_call(m, "GET", &path, NULL, &page, err);
    const struct document *list = code ? NULL : document_member(page, member);
    for (const struct document *item = list ? list->first : NULL; code == 0 && item; item = item->next)
      code = each(arg, item);
    next = code ? NULL : document_member(page, "next");
  } while (code == 0 && next && next->kind == DOCUMENT_STRING);
  buffer_free(&path);
  return code;
}

struct wanted {
  const char *login;
  struct slice id;
};

static int compare_login(void *arg, const struct document *user) {
  struct wanted *w = arg;
  if (text_equal_nocase(document_text(user, "login"), w->login)) w->id = document_text(user, "id");
  return 0;
}

int manage_user(struct manage *m, const char *login, struct slice *id_out, struct error *err) {
  struct wanted w = {login, {"", 0}};
  struct buffer path;
  if (strncmp(login, "usr_", 4) == 0) {
    *id_out = slice_from(login);
    return 0;
  }
  buffer_init(&path, PATH_BYTES);
  buffer_append_text(&path, "/v1/users");
  path_param(&path, "prefix", login);
  buffer_append_char(&path, 0);
  int code = manage_list(m, path.data, "users", compare_login, &w, err);
  buffer_free(&path);
  if (code == 0 && w.id.len == 0) code = error_set(err, ERR_NOT_FOUND, "there is no user %s", login);
  if (code == 0) *id_out = w.id;
  return code;
}

/* ---- What is shown ---- */

/* Grants: "admin acme/eu, operator". */
static void append_grants(struct buffer *line, const struct document *list) {
  for (const struct document *g = list->first; g; g = g->next) {
    struct slice tenant = document_text(g, "tenant");
    if (g != list->first) buffer_append_text(line, ", ");
    console_append_safe(line, document_text(g, "role"));
    if (tenant.len) buffer_append_char(line, ' ');
    console_append_safe(line, tenant);
  }
}

static void append_names(struct buffer *line, const struct document *list) {
  for (const struct document *name = list->first; name; name = name->next) {
    if (name != list->first) buffer_append_char(line, ',');
    console_append_safe(line, name->text);
  }
}

static void append_cell(struct buffer *line, const struct document *d) {
  if (!d || d->kind == DOCUMENT_NULL || (d->kind == DOCUMENT_STRING && d->text.len == 0))
    buffer_append_char(line, '-');
  else if (d->kind == DOCUMENT_ARRAY && d->first && d->first->kind == DOCUMENT_OBJECT)
    append_grants(line, d);
  else if (d->kind == DOCUMENT_ARRAY)
    append_names(line, d);
  else
    console_append_safe(line, d->text);
}

int print_item(void *printing, const struct document *item) {
  const struct printing *p = printing;
  struct buffer line;
  buffer_init(&line, 1024 * 1024);
  if (p->json) document_append(item, &line);
  for (unsigned i = 0; !p->json && p->columns[i]; i++) {
    if (i > 0) buffer_append_text(&line, "  ");
    append_cell(&line, document_member(item, p->columns[i]));
  }
  buffer_append_char(&line, '\n');
  int code = console_write(buffer_slice(&line), p->err);
  buffer_free(&line);
  return code;
}

static int pick_action(const struct arguments *a, const struct actions *actions, unsigned *out, struct error *err) {
  const char *const *names = actions->names;
  const uint8_t *least = actions->least, *most = actions->most;
  char all[160] = "";
  for (unsigned i = 0; names[i]; i++) {
    size_t used = strlen(all);
    snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", names[i]);
    if (a->operand_count == 0 || strcmp(a->operands[0], names[i]) != 0) continue;
    uint32_t given = a->operand_count - 1;
    if (given < least[i] || given > most[i])
      return error_set(err, ERR_INVALID, "%s takes %u to %u arguments, not %u", names[i], least[i], most[i], given);
    *out = i;
    return 0;
  }
  return error_set(err, ERR_INVALID, "say what to do: %s", all);
}

int manage_run(const struct arguments *a, const struct actions *actions, struct error *err) {
  struct manage *m = NULL;
  struct buffer path, body;
  unsigned action = 0;
  int code = pick_action(a, actions, &action, err);
  if (code == 0) code = manage_open(a, &m, err);
  if (code) return code;
  buffer_init(&path, MANAGE_BODY_BYTES);
  buffer_init(&body, MANAGE_BODY_BYTES);
  buffer_append_text(&path, actions->path);
  code = actions->act(a, m, action, &path, &body, err);
  buffer_free(&path);
  buffer_free(&body);
  manage_close(m);
  return code;
}
