/* POST /v1/events: one event, a JSON array, or NDJSON.
 *
 * NDJSON is parsed line by line as its bytes come in and gathered into a batch. A request of up to 10,000 events and
 * 32 MiB is one batch: all or nothing. Where more comes, the request is a stream: each full batch is committed, the
 * connection waiting meanwhile, and the answer counts instead of listing. A JSON document is gathered whole (at most
 * 32 MiB) and is always one batch. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "api/holder.h"

struct post {
  struct api *api;
  struct http_request *request;
  /* Of the call that runs: a waiting request has no need of their memory. */
  struct event_parser *parser;
  struct geo_reader *places; /* NULL: no database */
  struct error *err;         /* of the call that runs */
  struct arena arena;        /* of one event */
  bool ndjson, parsed, committing, streaming, single;
  bool settled;       /* while committing: the committer has let go of the batch */
  bool offered;       /* the document was given to a worker */
  struct buffer text; /* JSON: the document; NDJSON: the start of a line */
  size_t text_accounted, records_accounted;
  uint64_t line, index; /* NDJSON: line number of the line being read; events taken in all */
  uint64_t group_bytes, group_first;
  int64_t now_us;
  struct store_batch batch;
  struct slice *tenants; /* of the batch; each run of equal tenants shares its bytes */
  uint32_t capacity;
  struct arena tenant_arena;
  struct holder_watch holder;
  uint64_t accepted, duplicates, groups;
};

static void post_free(void *state) {
  struct post *p = state;
  assert(!p->committing || p->settled); /* a client may be gone before it is told */
  buffer_free(&p->text);
  buffer_free(&p->batch.records);
  arena_free(&p->arena);
  arena_free(&p->tenant_arena);
  free(p->batch.results);
  free(p->tenants);
  free(p);
}

static void start_batch(struct post *p) {
  buffer_clear(&p->batch.records);
  arena_reset(&p->tenant_arena);
  p->batch.count = 0;
  p->batch.code = 0;
  error_clear(&p->batch.error);
  p->group_bytes = 0;
  p->group_first = p->index;
  p->now_us = os_now_us(p->api->os);
}

static bool media_is(struct slice media, const char *name) {
  return media.len == strlen(name) && strncasecmp(media.data, name, media.len) == 0;
}

int events_open(struct http_request *r, void *api, struct error *err) {
  struct slice media = http_media_type(r);
  bool ndjson = media_is(media, "application/x-ndjson") || media_is(media, "application/ndjson");
  if (!ndjson && !media_is(media, "application/json"))
    return error_set(err, ERR_UNSUPPORTED,
                     "Content-Type must be application/json (one event or an array) or application/x-ndjson");
  bool plain = http_header(r, "Content-Encoding").len == 0;
  uint64_t length = http_content_length(r);
  if (!ndjson && plain && length != UINT64_MAX && length > LIMIT_REQUEST_BYTES)
    return error_set(err, ERR_TOO_LARGE, "the body is larger than %d bytes; send longer imports as NDJSON",
                     LIMIT_REQUEST_BYTES);
  struct post *p = calloc(1, sizeof *p);
  if (!p) abort();
  p->api = api;
  p->request = r;
  p->ndjson = ndjson;
  holder_watch(&p->holder, api, request_principal(r), RIGHT_WRITE);
  arena_init(&p->arena, API_EVENT_ARENA_BYTES);
  arena_init(&p->tenant_arena, (size_t)LIMIT_REQUEST_EVENTS * (LIMIT_TENANT_BYTES + 16));
  buffer_init(&p->text, ndjson ? LIMIT_EVENT_BYTES + 1 : LIMIT_REQUEST_BYTES);
  buffer_init(&p->batch.records, LIMIT_WAL_RECORD_BYTES - 4096);
  http_set_state(r, p, post_free);
  start_batch(p);
  return 0;
}

/* ---- Taking events ---- */

static void grow(struct post *p) {
  if (p->batch.count < p->capacity) return;
  p->capacity = p->capacity ? 4 * p->capacity : 16;
  if (p->capacity > LIMIT_REQUEST_EVENTS) p->capacity = LIMIT_REQUEST_EVENTS;
  p->batch.results = realloc(p->batch.results, p->capacity * sizeof *p->batch.results);
  p->tenants = realloc(p->tenants, p->capacity * sizeof *p->tenants);
  if (!p->batch.results || !p->tenants) abort();
}

static void remember_tenant(struct post *p, struct slice tenant) {
  uint32_t n = p->batch.count;
  if (n > 0 && slice_equal(p->tenants[n - 1], tenant))
    p->tenants[n] = p->tenants[n - 1];
  else
    p->tenants[n] = arena_copy(&p->tenant_arena, tenant);
}

static int account(struct post *p, size_t now, size_t *accounted, struct error *err) {
  enum { STEP = 256 * 1024 };
  int code = 0;
  while (code == 0 && now > *accounted) {
    code = http_take_memory(p->request, STEP, err);
    *accounted += STEP;
  }
  return code;
}

static void begin_work(struct post *p) {
  p->parser = api_take_parser(p->api);
  if (p->api->geo) p->places = geo_reader_take(p->api->geo);
}

static void end_work(struct post *p) {
  api_give_parser(p->api, p->parser);
  if (p->places) geo_reader_give(p->places);
  p->places = NULL;
}

/* Puts what the server knows into the event: the address it came from, where that says more than source.ip, and the
 * place of source.ip. The texts of the place are borrowed until end_work; the event is encoded before. */
static void enrich(struct post *p, struct event *e) {
  struct event_cell cells[4];
  uint32_t count = 0;
  struct slice peer = request_address(p->request), ip = event_text(e, FIELD_SOURCE_IP);
  struct geo_place place;
  static_assert(FIELD_SOURCE_PEER + 1 == FIELD_GEO_COUNTRY && FIELD_GEO_COUNTRY + 2 == FIELD_GEO_CITY,
                "the cells stand next to each other");
  if (peer.len && !slice_equal(ip, peer))
    cells[count++] = (struct event_cell){.field = FIELD_SOURCE_PEER, .text = peer};
  if (p->places && ip.len && geo_find(p->places, ip, &place)) {
    if (place.country.len) cells[count++] = (struct event_cell){.field = FIELD_GEO_COUNTRY, .text = place.country};
    if (place.region.len) cells[count++] = (struct event_cell){.field = FIELD_GEO_REGION, .text = place.region};
    if (place.city.len) cells[count++] = (struct event_cell){.field = FIELD_GEO_CITY, .text = place.city};
  }
  event_add_cells(e, &p->arena, cells, count);
}

/* Whether the caller may write it, and whether its tenant takes events. */
static int check_place(struct post *p, const struct event *e, struct slice tenant, struct error *err) {
  char pointer[48] = "/tenant";
  const struct principal *principal = request_principal(p->request);
  if (!p->single) snprintf(pointer, sizeof pointer, "/%llu/tenant", (unsigned long long)p->index);
  if (!access_may_write(principal, e))
    return error_set_at(err, ERR_FORBIDDEN, pointer,
                        scope_covers_tenant(&principal->write, tenant)
                            ? "this key may not write to this log, or of this product, of the tenant"
                            : "this key may not write to this tenant");
  if (!(principal->rights & RIGHT_OPERATE) && slice_equal(event_text(e, FIELD_PRODUCT), SLICE("Daybook")))
    return error_set_at(err, ERR_FORBIDDEN, pointer, "product Daybook is what this server records of itself");
  if (accounts_tenant_closed(p->api->accounts, tenant))
    return error_set_at(err, ERR_CONFLICT, pointer, "this tenant is closed: it takes no more events");
  return 0;
}

static int take_event(struct post *p, const struct event *given, struct error *err) {
  struct event e = *given;
  struct slice tenant = event_text(&e, FIELD_TENANT);
  int code = check_place(p, &e, tenant, err);
  if (code) return code;
  enrich(p, &e);
  grow(p);
  event_encode(&e, &p->batch.records);
  if (p->batch.records.overflowed) return error_set(err, ERR_TOO_LARGE, "the events are too large together");
  remember_tenant(p, tenant);
  p->batch.count++;
  p->index++;
  return account(p, p->batch.records.len, &p->records_accounted, err);
}

static int take_parsed(void *arg, uint32_t index, const struct event *e) {
  (void)index;
  struct post *p = arg;
  arena_reset(&p->arena);
  return take_event(p, e, p->err);
}

static int parse_document(struct post *p, struct error *err) {
  struct slice text = buffer_slice(&p->text), first = text;
  while (first.len && strchr(" \t\r\n", first.data[0]) && first.data[0]) first = slice_skip(first, 1);
  p->single = first.len > 0 && first.data[0] != '[';
  p->err = err;
  begin_work(p);
  int code = event_parse_body(p->parser, text, EVENT_BODY_AUTO, p->now_us, take_parsed, p, err);
  end_work(p);
  buffer_free(&p->text);
  return code;
}

static void prefix_index(struct error *err, uint64_t index) {
  char pointer[ERROR_POINTER_BYTES + 24];
  struct error given = *err;
  snprintf(pointer, sizeof pointer, "/%llu%s", (unsigned long long)index, given.pointer);
  error_clear(err);
  error_set_at(err, given.code, pointer, "%s", given.message); /* which never cuts a character in two */
}

static struct slice trim(struct slice s) {
  while (s.len && (s.data[0] == ' ' || s.data[0] == '\t' || s.data[0] == '\r')) s = slice_skip(s, 1);
  while (s.len && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t' || s.data[s.len - 1] == '\r')) s.len--;
  return s;
}

static int take_line(struct post *p, struct slice line, struct error *err) {
  struct event e;
  arena_reset(&p->arena);
  int code = event_parse(p->parser, line, p->now_us, &p->arena, &e, err);
  if (code) {
    prefix_index(err, p->index);
    return error_wrap(err, code, "line %llu", (unsigned long long)p->line);
  }
  p->group_bytes += line.len;
  return take_event(p, &e, err);
}

/* ---- Committing ---- */

static void committed(struct store_batch *batch, void *arg) {
  (void)batch;
  struct post *p = arg;
  p->settled = true; /* before it wakes: then the request may end at any time */
  http_wake(p->request);
}

static int submit(struct post *p, struct error *err) {
  struct http_request *r = p->request;
  int code = holder_check(&p->holder); /* a body may come for hours */
  if (code) return error_set(err, code, "the right to send these events has ended meanwhile");
  code = http_wait(r);
  if (code) return error_set(err, code, "the server is stopping");
  p->batch.done = committed;
  p->batch.arg = p;
  p->committing = true;
  p->settled = false;
  code = store_submit(p->api->store, &p->batch);
  if (code == 0) return 0; /* from here the request is the committer's until it wakes us */
  p->committing = false;
  http_wake(r);
  return error_set(err, code, "%s", error_text(code));
}

static void append_results(struct post *p, struct buffer *out) {
  buffer_append_text(out, "{\"events\":[");
  for (uint32_t i = 0; i < p->batch.count; i++) {
    const struct store_result *result = &p->batch.results[i];
    buffer_append_text(out, i ? ",{\"id\":\"" : "{\"id\":\"");
    buffer_append_slice(out, p->tenants[i]);
    buffer_append_char(out, ':');
    buffer_append_u64(out, result->seq);
    buffer_append_text(out, "\",\"seq\":");
    buffer_append_u64(out, result->seq);
    buffer_append_text(out, result->duplicate ? ",\"duplicate\":true}" : "}");
  }
}

static int fail_commit(struct post *p, struct error *err) {
  int code = p->batch.code;
  const struct error *why = &p->batch.error;
  char pointer[48] = "/key";
  uint64_t index = p->group_first + p->batch.fault_index;
  if (code != ERR_CONFLICT) return error_set(err, code, "%s", why->message[0] ? why->message : error_text(code));
  if (!p->single) snprintf(pointer, sizeof pointer, "/%llu/key", (unsigned long long)index);
  return error_set_at(err, code, pointer, "%s", why->message);
}

/* After the committer woke us. */
static int collect(struct post *p, struct error *err) {
  p->committing = false;
  if (p->batch.code) return fail_commit(p, err);
  for (uint32_t i = 0; i < p->batch.count; i++) p->duplicates += p->batch.results[i].duplicate;
  p->accepted += p->batch.count;
  p->groups++;
  if (p->groups == 1) append_results(p, http_answer(p->request));
  start_batch(p);
  return 0;
}

/* ---- The handlers ---- */

static bool is_full(const struct post *p) {
  return p->batch.count == LIMIT_REQUEST_EVENTS || p->group_bytes >= LIMIT_REQUEST_BYTES;
}

static int fail_at_line(struct post *p, int code) {
  if (code && p->ndjson) {
    http_problem_add(p->request, "accepted", p->accepted);
    http_problem_add(p->request, "line", p->line);
  }
  return code;
}

/* Takes one line from bytes; *line_out is empty where there is none yet, or a blank one. */
static int next_line(struct post *p, struct slice *bytes, struct slice *line_out, struct error *err) {
  const char *newline = memchr(bytes->data, '\n', bytes->len);
  struct slice piece = slice_of(bytes->data, newline ? (size_t)(newline - bytes->data) : bytes->len);
  *line_out = slice_of(NULL, 0);
  if (!newline || p->text.len > 0) buffer_append_slice(&p->text, piece);
  if (p->text.overflowed) {
    p->line++;
    return error_set(err, ERR_TOO_LARGE, "line %llu is longer than %d bytes", (unsigned long long)p->line,
                     LIMIT_EVENT_BYTES);
  }
  if (!newline) {
    *bytes = slice_skip(*bytes, bytes->len);
    return 0;
  }
  *line_out = trim(p->text.len > 0 ? buffer_slice(&p->text) : piece);
  *bytes = slice_skip(*bytes, piece.len + 1);
  p->line++;
  return 0;
}

static int feed_lines(struct post *p, struct slice *bytes, struct error *err) {
  while (bytes->len > 0) {
    if (is_full(p)) {
      p->streaming = true;
      return submit(p, err);
    }
    struct slice line;
    bool ends = memchr(bytes->data, '\n', bytes->len) != NULL;
    int code = next_line(p, bytes, &line, err);
    if (code == 0 && line.len > 0) code = take_line(p, line, err);
    if (ends) buffer_clear(&p->text);
    if (code) return code;
  }
  return 0;
}

int events_feed(struct http_request *r, void *api, struct slice *bytes, struct error *err) {
  (void)api;
  struct post *p = http_state(r);
  if (p->committing) {
    int code = collect(p, err);
    if (code) return fail_at_line(p, code);
  }
  if (p->ndjson) {
    begin_work(p);
    int code = feed_lines(p, bytes, err);
    end_work(p);
    return fail_at_line(p, code);
  }
  buffer_append_slice(&p->text, *bytes);
  *bytes = slice_skip(*bytes, bytes->len);
  if (p->text.overflowed)
    return error_set(err, ERR_TOO_LARGE, "the body is larger than %d bytes; send longer imports as NDJSON",
                     LIMIT_REQUEST_BYTES);
  return account(p, p->text.len, &p->text_accounted, err);
}

/* On a worker: a long document would hold up every connection of its network thread. */
static int parse_apart(struct http_request *r, void *api, struct error *err) {
  (void)api;
  struct post *p = http_state(r);
  int code = parse_document(p, err);
  p->parsed = code == 0;
  return code;
}

static int parse_rest(struct post *p, struct error *err) {
  if (!p->ndjson) return parse_document(p, err);
  struct slice line = trim(buffer_slice(&p->text));
  if (line.len == 0) return 0;
  p->line++;
  begin_work(p);
  int code = take_line(p, line, err);
  end_work(p);
  return code;
}

static void answer(struct post *p) {
  struct http_request *r = p->request;
  struct buffer *out = http_answer(r);
  http_answer_as(r, 201, "application/json");
  if (!p->streaming) {
    buffer_append_text(out, "]}");
    return;
  }
  buffer_clear(out);
  buffer_printf(out, "{\"accepted\":%llu,\"duplicates\":%llu,\"groups\":%llu}", (unsigned long long)p->accepted,
                (unsigned long long)p->duplicates, (unsigned long long)p->groups);
}

int events_finish(struct http_request *r, void *api, struct error *err) {
  (void)api;
  struct post *p = http_state(r);
  int code = p->committing ? collect(p, err) : 0;
  if (code == 0 && !p->parsed && is_full(p) && p->text.len > 0) {
    p->streaming = true;
    return fail_at_line(p, submit(p, err));
  }
  if (code == 0 && !p->ndjson && !p->offered && p->text.len > API_INLINE_BYTES) {
    p->offered = true;
    return http_work(r, parse_apart, err);
  }
  if (code == 0 && !p->parsed) code = parse_rest(p, err);
  p->parsed = true;
  if (code == 0 && p->index == 0) code = error_set(err, ERR_INVALID, "there is no event in the body");
  if (code == 0 && p->batch.count > 0) return fail_at_line(p, submit(p, err));
  if (code) return fail_at_line(p, code);
  answer(p);
  return 0;
}
