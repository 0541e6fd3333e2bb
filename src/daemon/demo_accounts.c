#include "daemon/demo_accounts.h"

#include <string.h>

#include "daemon/demo_world.h"

enum { ARENA_BYTES = 1 << 20 };

#define BY SLICE("serve --demo")
#define PORTAL "http://localhost:8700" /* where examples/portal listens */

static const int64_t second_us = 1000000, minute_us = 60000000, hour_us = INT64_C(3600000000),
                     day_us = INT64_C(86400000000);

/* ---- Who there is ---- */

struct person {
  const char *login, *name, *email, *home;
  enum user_state state;
  struct {
    enum account_role role;
    const char *tenant, *log; /* log NULL: all */
  } grants[2];
  unsigned grant_count;
};

const struct demo_person_login demo_person_logins[DEMO_PERSONS] = {
    {"sam.g", "partner: administers acme and what is below it"},
    {"tina.w", "another partner: administers globex"},
    {"mira.b", "tenant administrator of acme/eu"},
    {"ruth.v", "auditor of umbrella and acme/eu"},
    {"sven.k", "security analyst: reads every tenant"},
    {"john.smith", "viewer of acme/eu, only the log-ins"},
};

/* The first are those that can log in; of the others one never came and one has left. */
static const struct person persons[] = {
    {"sam.g", "Sam Green", "sam.g@acme.example", "acme", USER_ACTIVE, {{ROLE_ADMIN, "acme", NULL}}, 1},
    {"tina.w", "Tina Walsh", "tina.w@globex.example", "globex", USER_ACTIVE, {{ROLE_ADMIN, "globex", NULL}}, 1},
    {"mira.b", "Mira Beltre", "mira.b@eu.acme.example", "acme/eu", USER_ACTIVE, {{ROLE_ADMIN, "acme/eu", NULL}}, 1},
    {"ruth.v",
     "Ruth Vega",
     "ruth.v@umbrella.example",
     "umbrella",
     USER_ACTIVE,
     {{ROLE_AUDITOR, "umbrella", NULL}, {ROLE_AUDITOR, "acme/eu", NULL}},
     2},
    {"sven.k", "Sven Krüger", "sven.k@acme.example", "", USER_ACTIVE, {{ROLE_AUDITOR, "", NULL}}, 1},
    {"john.smith",
     "John Smith",
     "john.smith@eu.acme.example",
     "acme/eu",
     USER_ACTIVE,
     {{ROLE_VIEWER, "acme/eu", "auth"}},
     1},
    {"nora.j",
     "Nora Jones",
     "nora.j@us.initech.example",
     "initech/us",
     USER_INVITED,
     {{ROLE_ADMIN, "initech/us", NULL}},
     1},
    {"walt.h", "Walt Hughes", "walt.h@us.acme.example", "acme/us", USER_DISABLED, {{ROLE_AUDITOR, "acme/us", NULL}}, 1},
};
enum { PERSONS = sizeof persons / sizeof *persons };

/* An invitation's link is thrown away: nobody can take it up, and the invitation is there to be seen. */
static int invite(struct accounts *a, struct slice id, struct error *err) {
  char token[ACCOUNTS_TOKEN_TEXT_BYTES];
  int code = accounts_make_link(a, id, LINK_INVITE, BY, token, err);
  explicit_bzero(token, sizeof token);
  return code;
}

static int add_person(struct accounts *a, const struct person *p, struct error *err) {
  struct account_grant grants[2];
  struct slice logs[2];
  char id[ACCOUNTS_ID_BYTES];
  for (unsigned i = 0; i < p->grant_count; i++) {
    grants[i] =
        (struct account_grant){.role = p->grants[i].role, .place = {.subtree = slice_from(p->grants[i].tenant)}};
    if (!p->grants[i].log) continue;
    logs[i] = slice_from(p->grants[i].log);
    grants[i].place.logs = &logs[i];
    grants[i].place.log_count = 1;
  }
  const struct account_user u = {.login = slice_from(p->login),
                                 .display_name = slice_from(p->name),
                                 .email = slice_from(p->email),
                                 .tenant = slice_from(p->home),
                                 .grants = grants,
                                 .grant_count = p->grant_count};
  int code = accounts_add_user(a, &u, slice_of("", 0), BY, id, err);
  if (code == 0 && p->state == USER_INVITED) code = invite(a, slice_from(id), err);
  if (code == 0 && p->state == USER_DISABLED)
    code = accounts_update_user(a, slice_from(id), u.email, u.display_name, USER_DISABLED, err);
  return code;
}

static int add_operator(struct accounts *a, char id_out[ACCOUNTS_ID_BYTES], struct error *err) {
  struct account_grant grant = {.role = ROLE_OPERATOR, .place = {.subtree = {"", 0}}};
  struct account_user user = {.login = SLICE(DEMO_LOGIN),
                              .display_name = SLICE("Demonstration Operator"),
                              .email = {"", 0},
                              .tenant = SLICE("acme"),
                              .grants = &grant,
                              .grant_count = 1};
  return accounts_add_user(a, &user, slice_of("", 0), BY, id_out, err);
}

static int add_people(struct accounts *a, char operator_out[ACCOUNTS_ID_BYTES], struct error *err) {
  int code = add_operator(a, operator_out, err);
  for (unsigned i = 0; i < PERSONS && code == 0; i++) code = add_person(a, &persons[i], err);
  return code;
}

/* ---- Keys ---- */

struct key {
  const char *name, *tenant, *log, *address; /* log, address NULL: all, from anywhere */
  enum account_role role;
  enum { LIVES, ROTATED, RUNS_OUT, REVOKED } fate;
  int64_t life_us; /* 0: for ever */
};

static int add_key(const struct os *os, struct accounts *a, const struct key *k, struct error *err) {
  char id[ACCOUNTS_ID_BYTES], successor[ACCOUNTS_ID_BYTES], secret[ACCOUNTS_TOKEN_TEXT_BYTES];
  struct slice log = slice_from(k->log ? k->log : ""), address = slice_from(k->address ? k->address : "");
  const struct account_key key = {.name = slice_from(k->name),
                                  .role = k->role,
                                  .place = {.subtree = slice_from(k->tenant), .logs = &log, .log_count = log.len > 0},
                                  .addresses = &address,
                                  .address_count = address.len > 0,
                                  .expires_us = k->life_us ? os_now_us(os) + k->life_us : 0};
  int code = accounts_add_key(a, &key, BY, id, secret, err);
  if (code == 0 && k->fate == ROTATED)
    code = accounts_rotate_key(a, slice_from(id), 7 * day_us, BY, successor, secret, err);
  if (code == 0 && k->fate == REVOKED) code = accounts_revoke_key(a, slice_from(id), err);
  explicit_bzero(secret, sizeof secret);
  return code;
}

static int add_keys(const struct os *os, struct accounts *a, struct error *err) {
  const struct key keys[] = {
      {"dashboard", "acme", NULL, NULL, ROLE_WRITER, LIVES, 0},
      {"message-gateway", "acme", "message", "198.51.100.0/24", ROLE_WRITER, LIVES, 180 * day_us},
      {"customer-portal", "acme", NULL, "203.0.113.0/24", ROLE_READER, LIVES, 0},
      {"login-service", "globex", "auth", NULL, ROLE_WRITER, ROTATED, 0},
      {"siem", "", "auth", "2001:db8:17::/48", ROLE_READER, LIVES, 0},
      {"audit-2026", "umbrella", NULL, NULL, ROLE_READER, RUNS_OUT, second_us},
      {"old-crm-sync", "initech", NULL, NULL, ROLE_READER, REVOKED, 0},
  };
  int code = 0;
  for (unsigned i = 0; i < sizeof keys / sizeof *keys && code == 0; i++) code = add_key(os, a, &keys[i], err);
  return code;
}

/* ---- Tenants ---- */

static int name_tenants(struct accounts *a, struct error *err) {
  struct account_tenant ended = {
      .path = SLICE("umbrella/trial"), .display_name = SLICE("Umbrella Trial"), .closed = true};
  int code = accounts_put_tenant(a, &ended, err);
  for (unsigned i = 0; i < DEMO_TENANTS && code == 0; i++) {
    struct account_tenant t = {.path = slice_from(demo_tenants[i].path),
                               .display_name = slice_from(demo_tenants[i].name)};
    code = accounts_put_tenant(a, &t, err);
  }
  return code;
}

static int put_settings(struct accounts *a, struct error *err) {
  static const struct {
    const char *tenant, *name, *value;
  } settings[] = {
      {"acme", "embed_origins", "[\"" PORTAL "\",\"https://portal.acme.example\"]"},
      {"acme", "saved_searches",
       "[{\"name\":\"Failed log-ins of this week\",\"url\":\"/search?log=auth&outcome=failure&range=week\"},"
       "{\"name\":\"Who changed queues and routes\","
       "\"url\":\"/search?log=admin&object=call_queue&object=route&object=answer_rule&range=30d\"},"
       "{\"name\":\"Deleted in three months\",\"url\":\"/search?action=delete&range=3mo\"}]"},
      {"globex", "insights", "{\"user_failures\":6,\"window_min\":15}"},
      {"initech", "default_range", "\"7d\""},
  };
  enum { COUNT = sizeof settings / sizeof *settings };
  int code = 0;
  for (unsigned i = 0, n; i < COUNT && code == 0; i += n) { /* what a tenant has is put as a whole */
    struct account_setting own[COUNT];
    for (n = 0; i + n < COUNT && strcmp(settings[i + n].tenant, settings[i].tenant) == 0; n++)
      own[n] = (struct account_setting){.name = slice_from(settings[i + n].name),
                                        .value = slice_from(settings[i + n].value)};
    code = accounts_put_settings(a, slice_from(settings[i].tenant), own, n, err);
  }
  return code;
}

static int set_retention(struct store *store, struct error *err) {
  int code = store_set_retention(store, SLICE("acme"), 365, err);
  return code ? code : store_set_retention(store, SLICE("umbrella"), 2190, err);
}

/* ---- Somebody who looks through the portal ---- */

/* Its bearer is thrown away: it shows on the page Embedding, and nobody looks through it. */
static int add_viewer(struct accounts *a, struct slice creator, struct error *err) {
  const struct account_viewer v = {.name = SLICE("jane.doe"),
                                   .display_name = SLICE("Jane Doe"),
                                   .email = SLICE("jane.doe@eu.acme.example"),
                                   .origin = SLICE(PORTAL),
                                   .role = ROLE_AUDITOR,
                                   .place = {.subtree = SLICE("acme/eu")},
                                   .creator = creator,
                                   .created_by = SLICE(DEMO_LOGIN),
                                   .session_us = 12 * hour_us};
  struct account_viewer exchanged;
  struct arena arena;
  char id[ACCOUNTS_ID_BYTES], token[ACCOUNTS_TOKEN_TEXT_BYTES], bearer[ACCOUNTS_TOKEN_TEXT_BYTES];
  arena_init(&arena, ARENA_BYTES);
  int code = accounts_add_viewer(a, &v, 5 * minute_us, id, token, err);
  if (code == 0) code = accounts_exchange_viewer(a, slice_from(token), &arena, &exchanged, bearer, err);
  arena_free(&arena);
  explicit_bzero(token, sizeof token);
  explicit_bzero(bearer, sizeof bearer);
  return code;
}

static struct account_query query_of_one(void) {
  static const struct scope_grant everything = {.subtree = {"", 0}};
  static const struct scope scope = {&everything, 1};
  return (struct account_query){.scope = &scope, .tenant = {"", 0}, .prefix = {"", 0}, .after = {"", 0}, .limit = 1};
}

/* There is one at each start, not one more. */
static int show_viewer(struct accounts *a, struct slice creator, struct arena *arena, struct error *err) {
  const struct account_query query = query_of_one();
  struct account_viewer *viewers;
  uint32_t count = 0;
  int code = accounts_list_viewers(a, &query, arena, &viewers, &count, err);
  return code || count > 0 ? code : add_viewer(a, creator, err);
}

/* ---- Making all of it ---- */

/* No user of a real folder: who makes one there is a person or a key, and has another name. */
static bool is_ours(const struct account_user *u) { return slice_equal(u->created_by, BY); }

static int find_user(struct accounts *a, const char *login, struct arena *arena, struct account_user *out, bool *found,
                     struct error *err) {
  struct error why;
  error_clear(&why);
  int code = accounts_find_login(a, slice_from(login), arena, out, &why);
  *found = code == 0;
  if (code == 0 || code == ERR_NOT_FOUND) return 0;
  return error_set(err, code, "%s", why.message);
}

int demo_accounts_made(struct accounts *accounts, bool *out, struct error *err) {
  struct account_user user;
  struct arena arena;
  arena_init(&arena, ARENA_BYTES);
  int code = find_user(accounts, DEMO_LOGIN, &arena, &user, out, err);
  *out = code == 0 && *out && is_ours(&user);
  arena_free(&arena);
  return code;
}

static int require_no_users(struct accounts *a, struct error *err) {
  const struct account_query query = query_of_one();
  struct account_user *users;
  struct arena arena;
  uint32_t count = 0;
  arena_init(&arena, ARENA_BYTES);
  int code = accounts_list_users(a, &query, &arena, &users, &count, err);
  arena_free(&arena);
  if (code == 0 && count > 0)
    code = error_set(err, ERR_CONFLICT, "this folder has users already: name another with --data");
  return code;
}

int demo_accounts_make(const struct os *os, struct store *store, struct accounts *accounts, struct error *err) {
  char operator_id[ACCOUNTS_ID_BYTES];
  int code = require_no_users(accounts, err);
  if (code == 0) code = set_retention(store, err);
  if (code == 0) code = accounts_begin(accounts, err);
  if (code) return code;
  code = name_tenants(accounts, err);
  if (code == 0) code = add_people(accounts, operator_id, err);
  if (code == 0) code = add_keys(os, accounts, err);
  if (code == 0) code = put_settings(accounts, err);
  return accounts_end(accounts, code, err);
}

/* ---- Letting in ---- */

/* Letters and digits that are not taken for one another: 31 of them, 18 of a password. */
static void make_password(const struct os *os, char out[DEMO_PASSWORD_BYTES]) {
  static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
  enum { LETTERS = sizeof letters - 1, LENGTH = 20 };
  for (unsigned i = 0; i < LENGTH;) {
    unsigned char byte;
    os->random(os->context, &byte, 1);
    if (i % 7 == 6)
      out[i++] = '-';
    else if (byte < 256 / LETTERS * LETTERS) /* every letter is as likely */
      out[i++] = letters[byte % LETTERS];
  }
  out[LENGTH] = '\0';
}

/* One hash for all of them: hashing is the slowest part of a start. */
static int admit_persons(const struct os *os, struct accounts *a, struct demo_passwords *out, struct arena *arena,
                         struct error *err) {
  char hash[ACCOUNTS_PASSWORD_BYTES];
  struct account_user users[DEMO_PERSONS];
  bool any = false;
  int code = 0;
  for (unsigned i = 0; i < DEMO_PERSONS && code == 0; i++) {
    code = find_user(a, demo_person_logins[i].login, arena, &users[i], &out->has_person[i], err);
    if (code) return code;
    out->has_person[i] = out->has_person[i] && users[i].state != USER_DISABLED && is_ours(&users[i]);
    any = any || out->has_person[i];
  }
  if (!any) return 0;
  make_password(os, out->persons_password);
  code = accounts_hash_password(slice_from(out->persons_password), hash, err);
  for (unsigned i = 0; i < DEMO_PERSONS && code == 0; i++)
    if (out->has_person[i]) code = accounts_set_password(a, users[i].id, slice_from(hash), err);
  return code;
}

int demo_accounts_admit(const struct os *os, struct accounts *accounts, struct demo_passwords *out, struct error *err) {
  char hash[ACCOUNTS_PASSWORD_BYTES];
  struct account_user operator_user;
  struct arena arena;
  *out = (struct demo_passwords){.operator_password = ""};
  make_password(os, out->operator_password);
  int code = accounts_hash_password(slice_from(out->operator_password), hash, err);
  if (code) return code;
  arena_init(&arena, ARENA_BYTES);
  code = accounts_find_login(accounts, SLICE(DEMO_LOGIN), &arena, &operator_user, err);
  if (code == 0 && !is_ours(&operator_user)) code = error_set(err, ERR_CONFLICT, "the user demo is somebody else");
  if (code == 0) code = accounts_set_password(accounts, operator_user.id, slice_from(hash), err);
  if (code == 0) code = admit_persons(os, accounts, out, &arena, err);
  if (code == 0 && out->has_person[0]) code = show_viewer(accounts, operator_user.id, &arena, err);
  arena_free(&arena);
  return code;
}
