/* Static files: the viewer, linked into the program. Nothing is opened: a path is looked up in a table as it was sent,
 * so there is nothing to climb out of.
 *
 * Headers: the content security policy allows own scripts and styles only, no inline code, and script sinks take no
 * text (Trusted Types). Files whose name changes with their content may be kept for ever, everything else is asked for
 * again with its ETag. */
#include <stdio.h>

#include "http/internal.h"

enum { FORM_IDENTITY, FORM_BR, FORM_GZIP, ORIGINS_BYTES = 16 * 1024 };

static const char *const form_codings[] = {NULL, "br", "gzip"};

#define POLICY                                                                                          \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " \
  "manifest-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "      \
  "trusted-types 'none'; frame-ancestors"

static bool is_at(const struct http_asset *a, struct slice path) {
  struct slice own = slice_from(a->path);
  if (own.len < 2 || own.data[own.len - 1] != '*') return slice_equal(own, path);
  own.len--;
  return path.len > own.len && slice_starts_with(path, own);
}

/* The smallest form that the client takes as willingly as any other. */
static const struct http_asset_form *choose_form(const struct http_asset *a, struct slice accept) {
  int br = coding_weight(accept, "br"), gzip = coding_weight(accept, "gzip");
  if (a->forms[FORM_BR].data && br > 0 && br >= gzip) return &a->forms[FORM_BR];
  if (a->forms[FORM_GZIP].data && gzip > 0) return &a->forms[FORM_GZIP];
  return &a->forms[FORM_IDENTITY];
}

int assets_find(struct http_request *r, struct slice method, struct slice path, struct error *err) {
  const struct http_config *c = &r->server->config;
  for (uint32_t i = 0; i < c->asset_count; i++) {
    if (!is_at(&c->assets[i], path)) continue;
    if (!slice_equal(method, SLICE("GET")) && !slice_equal(method, SLICE("HEAD"))) {
      snprintf(r->match.allow, sizeof r->match.allow, "GET, HEAD");
      return error_set(err, ERR_METHOD, "this address answers GET, HEAD only");
    }
    if (r->has_body) return error_set(err, ERR_INVALID, "this address takes no body");
    r->asset = &c->assets[i];
    r->media = r->asset->media;
    r->form = choose_form(r->asset, http_header(r, "Accept-Encoding"));
    return 0;
  }
  return error_set(err, ERR_NOT_FOUND, "there is nothing at this address");
}

/* RFC 9110 13.1.2: weak comparison with each entity tag of If-None-Match. */
static bool client_has(const struct http_request *r) {
  struct slice list = http_header(r, "If-None-Match");
  struct slice own = slice_from(r->form->etag);
  if (slice_equal(list, SLICE("*"))) return true;
  for (; list.len >= own.len; list = slice_skip(list, 1))
    if (slice_starts_with(list, own)) return true;
  return false;
}

struct MHD_Response *assets_response(struct http_request *r) {
  /* libmicrohttpd sends no body with 304, but the length of what it stands for. */
  if (client_has(r)) r->status = MHD_HTTP_NOT_MODIFIED;
  /* The interface lacks const; persistent bytes are not written. */
  return MHD_create_response_from_buffer(r->form->bytes, (void *)(uintptr_t)r->form->data, MHD_RESPMEM_PERSISTENT);
}

/* The page that wants to embed names itself (/embed?origin=...), so that it learns nothing of others. */
static struct slice asked_origin(struct http_request *r) {
  const char *mark = strchr(r->uri, '?');
  struct query_string query;
  struct slice origin = {"", 0};
  if (mark && query_string_parse(slice_from(mark + 1), &r->arena, &query, NULL) == 0)
    (void)query_string_get(&query, "origin", &origin);
  return origin;
}

static void add_policy(struct http_request *r, struct MHD_Response *response) {
  struct buffer policy;
  const struct http_config *c = &r->server->config;
  buffer_init(&policy, ORIGINS_BYTES);
  buffer_append_text(&policy, POLICY);
  size_t bare = policy.len;
  if (r->asset && r->asset->kind == HTTP_ASSET_EMBED && c->embed_origins)
    c->embed_origins(c->context, asked_origin(r), &policy);
  /* More origins than a header can hold: none is safe, and the operator sees it at once. */
  if (policy.overflowed || policy.len == bare) {
    policy.overflowed = false;
    policy.len = bare;
    buffer_append_text(&policy, " 'none'");
  }
  buffer_append_char(&policy, '\0');
  MHD_add_response_header(response, "Content-Security-Policy", policy.data);
  buffer_free(&policy);
}

void assets_add_headers(struct http_request *r, struct MHD_Response *response) {
  enum http_asset_kind kind = r->asset ? r->asset->kind : HTTP_ASSET_PAGE;
  bool shared = kind == HTTP_ASSET_SHARED || kind == HTTP_ASSET_EMBED;
  add_policy(r, response);
  MHD_add_response_header(response, "Cross-Origin-Resource-Policy", shared ? "cross-origin" : "same-origin");
  MHD_add_response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
  MHD_add_response_header(response, "Permissions-Policy",
                          "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
                          "magnetometer=(), microphone=(), payment=(), usb=()");
  if (!r->asset) { /* the page that says there is none */
    MHD_add_response_header(response, "Cache-Control", "no-store");
    return;
  }
  const char *coding = form_codings[r->form - r->asset->forms];
  MHD_add_response_header(response, "Cache-Control",
                          kind == HTTP_ASSET_FOREVER ? "public, max-age=31536000, immutable" : "no-cache");
  MHD_add_response_header(response, "ETag", r->form->etag);
  if (coding && r->status != MHD_HTTP_NOT_MODIFIED) MHD_add_response_header(response, "Content-Encoding", coding);
}

bool assets_wants_page(const struct http_request *r) {
  struct slice accept = http_header(r, "Accept");
  if (r->code != ERR_NOT_FOUND || r->route || !r->uri || strncmp(r->uri, "/v1/", 4) == 0) return false;
  for (; accept.len >= 9; accept = slice_skip(accept, 1))
    if (slice_starts_with(accept, SLICE("text/html"))) return true;
  return false;
}

void assets_write_not_found(struct http_request *r) {
  buffer_clear(&r->answer);
  r->answers_page = true;
  r->status = MHD_HTTP_NOT_FOUND;
  r->media = "text/html; charset=utf-8";
  r->coding = CODING_IDENTITY;
  r->header_count = 0;
  buffer_append_text(&r->answer,
                     "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n<title>No such page - Daybook</title>\n"
                     "<main>\n<h1>There is no such page</h1>\n"
                     "<p>The address may be mistyped, or the link is from another version.</p>\n"
                     "<p><a href=\"/\">Go to the audit log</a></p>\n</main>\n</html>\n");
}
