/* Management of users, grants, keys, tenants and settings: what its resources share. Everything that does not exist or
 * lies outside what the caller manages answers the same 404. Private to api/. */
#ifndef DAYBOOK_API_ACCOUNTS_H
#define DAYBOOK_API_ACCOUNTS_H

#include "api/body.h"

/* Parameters of a list: tenant, prefix, after, limit (+ 1: to know whether there are more). */
int list_query(struct http_request *r, struct account_query *out, uint32_t *limit_out, struct error *err);
/* ],"next":... of a list of which `count` were found. */
void append_next(struct buffer *out, bool more, struct slice tenant, struct slice name, struct slice id);
void append_texts(struct buffer *out, const struct slice *items, uint32_t count); /* null where there are none */
void append_time(struct buffer *out, int64_t us);                                 /* null for 0 */
void append_member(struct buffer *out, const char *name, struct slice text);      /* ,"name":"text" */
void append_grant(struct buffer *out, const struct account_grant *g, bool with_user);
/* Grants outside of what the caller manages are left out: they would name foreign tenants. */
void append_user(struct buffer *out, const struct principal *p, const struct account_user *u);
void append_key(struct buffer *out, const struct account_key *k);

/* The user, where the caller manages its home tenant. `pointer` (may be NULL): of the member that names it. */
int visible_user(struct http_request *r, struct api *a, struct slice id, const char *pointer, struct account_user *out,
                 struct error *err);
/* ERR_FORBIDDEN where the user has a right that the caller could not give. */
int require_superior(const struct principal *p, const struct account_user *u, struct error *err);
/* ERR_FORBIDDEN, or 404 for a tenant outside of what the caller manages. */
int require_grantable(const struct principal *p, const struct account_grant *g, const char *at, struct error *err);
/* In a change: ERR_CONFLICT where `before` was an operator and nobody is one any more. */
int require_operator_left(struct api *a, bool was_operator, struct error *err);
bool is_operator(const struct account_user *u);
/* The tenant of the path, where the caller has the route's right; 404 else. */
int path_tenant(struct http_request *r, struct slice *out, struct error *err);
/* The settings that hold for a tenant, as a JSON object with a value for each. */
int append_effective_settings(struct http_request *r, struct api *a, struct slice tenant, struct buffer *out,
                              struct error *err);
/* Answers 204. */
int answer_nothing(struct http_request *r);

int users_list(struct http_request *r, void *api, struct error *err);
int users_post(struct http_request *r, void *api, struct error *err);
int users_get(struct http_request *r, void *api, struct error *err);
int users_put(struct http_request *r, void *api, struct error *err);
int users_delete(struct http_request *r, void *api, struct error *err);
int users_reset(struct http_request *r, void *api, struct error *err);
int users_end_sessions(struct http_request *r, void *api, struct error *err);
int users_remove_totp(struct http_request *r, void *api, struct error *err);
int grants_list(struct http_request *r, void *api, struct error *err);
int grants_post(struct http_request *r, void *api, struct error *err);
int grants_delete(struct http_request *r, void *api, struct error *err);
int keys_list(struct http_request *r, void *api, struct error *err);
int keys_post(struct http_request *r, void *api, struct error *err);
int keys_rotate(struct http_request *r, void *api, struct error *err);
int keys_delete(struct http_request *r, void *api, struct error *err);
int tenant_get(struct http_request *r, void *api, struct error *err);
int tenant_put(struct http_request *r, void *api, struct error *err);
int settings_get(struct http_request *r, void *api, struct error *err);
int settings_put(struct http_request *r, void *api, struct error *err);

/* The routes of these, and the schemas that describe them. */
extern const struct http_route account_routes[];
extern const uint32_t account_route_count;

#endif
