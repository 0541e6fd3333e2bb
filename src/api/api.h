/* The HTTP API, version 1 (docs/api.md): its routes over a store. Lives as long as the server; any thread. */
#ifndef DAYBOOK_API_API_H
#define DAYBOOK_API_API_H

#include "access/access.h"
#include "api/record.h"
#include "base/error.h"
#include "geo/geo.h"
#include "http/http.h"
#include "identity/identity.h"
#include "os/os.h"
#include "store/store.h"

struct api;

/* Borrows all four. */
struct api *api_new(const struct os *os, struct store *store, struct accounts *accounts, struct access *access);
void api_free(struct api *a);
/* Lets POST /v1/admin/backup write below this folder, which is borrowed; NULL (at first): refused. */
void api_set_backup_dir(struct api *a, const char *dir);
struct sign_in_config {
  int64_t session_us; /* how long a session lives at most; the idle time is accounts/'s */
  struct oidc *oidc;  /* NULL: no identity providers */
  struct mail *mail;  /* NULL: no mail is sent */
};
/* Borrowed, before the server starts; at first LIMIT_SESSION_S and neither. */
void api_set_sign_in(struct api *a, const struct sign_in_config *config);
/* Adds source.geo to what is recorded; borrowed, before the server starts. */
void api_set_geo(struct api *a, struct geo *geo);
/* Of one query; at first LIMIT_QUERY_DEADLINE_MS and LIMIT_QUERY_MEMORY_BYTES. Before the server starts. */
void api_set_query_limits(struct api *a, uint32_t timeout_ms, uint64_t memory_bytes);
/* Starts the threads of live tails and export jobs; the latter are kept in DIR/exports, for keep_h hours (0: a week).
 * Before the server starts; api_free ends them. Without it tails and export jobs are not offered. */
int api_start(struct api *a, const char *data_dir, uint32_t export_keep_h, struct error *err);
/* Fills in routes, authorization and context of a server's configuration. */
void api_configure(struct api *a, struct http_config *config);

const struct http_route *api_routes(uint32_t *count_out);
/* Appends the OpenAPI 3.1 document, generated from the routes and the field table. */
void api_append_openapi(struct buffer *out);

/* ---- CSV, as exports write it; also for the command line ---- */

struct csv;
/* Columns: those of the five first systems first (Date, Product, IP, Username/API key name, Activity, Description),
 * then every other field in the order of the field table, the summary, and one column per parameter name. Borrows the
 * names and tz. */
struct csv *csv_new(const struct slice *param_names, uint32_t param_count, const char *tz);
void csv_free(struct csv *c);
void csv_append_header(struct csv *c, struct buffer *out);
void csv_append_event(struct csv *c, const struct event *e, struct buffer *out);
/* One RFC 4180 cell, guarded against spreadsheets that take text for a formula. */
void csv_append_cell(struct buffer *out, struct slice text);

#endif
