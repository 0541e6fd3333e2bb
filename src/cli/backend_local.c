/* A data folder, opened in this process as a server would. */
#include <stdio.h>
#include <stdlib.h>

#include "access/access.h"
#include "api/api.h"
#include "base/instant.h"
#include "cli/backend.h"
#include "query/query.h"

enum { EXPORT_PIECE_BYTES = 256 * 1024, READ_ARENA_BYTES = 64 * 1024 * 1024 };

struct local {
  struct backend base;
  struct store *store;
  const char *dir; /* borrowed */
  struct principal principal;
  struct event_parser *parser;
};

static struct local *local_of(struct backend *b) { return (struct local *)(void *)b; }

static void local_close(struct backend *b) {
  struct local *l = local_of(b);
  event_parser_free(l->parser);
  store_close(l->store);
  free(l);
}

/* ---- Writing ---- */

static int add_to_batch(void *arg, uint32_t index, const struct event *e) {
  (void)index;
  struct store_batch *batch = arg;
  event_encode(e, &batch->records);
  batch->count++;
  return batch->records.overflowed ? ERR_TOO_LARGE : 0;
}

/* An event that differs from the one stored under its key is named by its index; anything else is about the batch. */
static void set_append_error(const struct store_batch *batch, int code, struct error *err) {
  char pointer[32] = "";
  if (code == ERR_CONFLICT) snprintf(pointer, sizeof pointer, "/%u", batch->fault_index);
  error_set_at(err, code, pointer, "%s", batch->error.message[0] ? batch->error.message : error_text(code));
}

static int local_append(struct backend *b, struct slice ndjson, uint32_t count, struct append_result *out,
                        struct error *err) {
  struct local *l = local_of(b);
  struct store_batch batch = {0};
  buffer_init(&batch.records, LIMIT_WAL_RECORD_BYTES / 2);
  batch.results = calloc(count ? count : 1, sizeof *batch.results);
  if (!batch.results) abort();
  int64_t now_us = os_now_us(os_real());
  int code = event_parse_body(l->parser, ndjson, EVENT_BODY_NDJSON, now_us, add_to_batch, &batch, err);
  if (code == 0) {
    code = store_append(l->store, &batch);
    if (code) set_append_error(&batch, code, err);
  }
  if (code == 0) {
    *out = (struct append_result){0};
    for (uint32_t i = 0; i < batch.count; i++) out->duplicates += batch.results[i].duplicate;
    out->stored = batch.count - out->duplicates;
  }
  free(batch.results);
  buffer_free(&batch.records);
  return code;
}

/* ---- Reading ---- */

struct local_read {
  struct arena arena, event_arena;
  struct snapshot *snapshot;
  struct filter filter;
  struct read_query query;
};

static int parse_time(const char *text, const char *what, const char *tz, int64_t now_us, int64_t *out,
                      struct error *err) {
  if (!text) return 0;
  int code = query_parse_instant(slice_from(text), tz, now_us, out, err);
  return code ? error_wrap(err, code, "--%s", what) : 0;
}

static int read_open(struct local *l, const struct backend_query *q, struct local_read *out, struct error *err) {
  int64_t now_us = os_now_us(os_real());
  *out = (struct local_read){0};
  arena_init(&out->arena, READ_ARENA_BYTES);
  arena_init(&out->event_arena, READ_ARENA_BYTES);
  out->query.scope = &l->principal.read;
  out->query.from_us = INSTANT_MIN;
  out->query.to_us = INSTANT_MAX;
  int code = parse_time(q->from, "from", q->tz, now_us, &out->query.from_us, err);
  if (code == 0) code = parse_time(q->to, "to", q->tz, now_us, &out->query.to_us, err);
  if (code == 0) code = query_parse(q->text, now_us, &out->arena, &out->filter, NULL, err);
  out->query.filter = &out->filter;
  if (code) return code;
  code = snapshot_open(l->store, &out->snapshot);
  return code ? error_set(err, code, "%s", error_text(code)) : 0;
}

/* What could not be read is said, not hidden. */
static int read_close(struct local_read *r, int code, struct error *err) {
  if (r->snapshot) snapshot_close(r->snapshot);
  arena_free(&r->arena);
  arena_free(&r->event_arena);
  if (code || r->query.damage_count == 0) return code;
  return error_set(err, ERR_CORRUPT, "%u parts of the store are damaged and missing above (%s); run daybook fsck",
                   r->query.damage_count, r->query.damages[0].detail);
}

static int local_search(struct backend *b, const struct backend_query *q, uint64_t limit,
                        int (*each)(void *arg, const struct event *e), void *arg, bool *more_out, struct error *err) {
  struct local_read r;
  struct cursor *cursor = NULL;
  struct event e;
  *more_out = false;
  int code = read_open(local_of(b), q, &r, err);
  if (code == 0) code = cursor_open(r.snapshot, &r.query, q->order, NULL, &cursor, err);
  for (uint64_t count = 0; code == 0; count++) {
    arena_reset(&r.event_arena);
    code = cursor_next(cursor, &r.event_arena, &e, err);
    if (code == 0 && limit && count == limit) {
      *more_out = true;
      break;
    }
    if (code == 0) code = each(arg, &e);
  }
  if (code == ERR_END) code = 0;
  if (cursor) cursor_close(cursor);
  return read_close(&r, code, err);
}

static int local_stats(struct backend *b, const struct backend_query *q, struct read_stats *out, struct error *err) {
  struct local_read r;
  int code = read_open(local_of(b), q, &r, err);
  if (code == 0) code = read_stats(r.snapshot, &r.query, out, err);
  return read_close(&r, code, err);
}

static int local_top(struct backend *b, const struct backend_query *q, const char *field, uint32_t limit,
                     int (*each)(void *arg, struct slice value, uint64_t count), void *arg, struct error *err) {
  struct local_read r;
  struct filter_field *fields;
  struct value_count *values;
  uint32_t count;
  int code = read_open(local_of(b), q, &r, err);
  if (code == 0) code = query_field(slice_from(field), &r.arena, &fields, &count, err);
  if (code == 0) {
    enum field_kind kind = field_get(fields[0].field)->kind;
    bool counted = kind != KIND_TIME && kind != KIND_SEQ;
    if (!counted) code = error_set(err, ERR_INVALID, "events cannot be counted by %s", field);
  }
  if (code == 0) {
    code = read_top(r.snapshot, &r.query, fields[0], slice_of(NULL, 0), limit, &r.arena, &values, &count, NULL, err);
  }
  for (uint32_t i = 0; code == 0 && i < count; i++) code = each(arg, values[i].value, values[i].count);
  return read_close(&r, code, err);
}

/* ---- Export ---- */

struct export {
  struct buffer piece;
  struct csv *csv; /* NULL: ndjson */
  uint64_t count;
  int (*write)(void *arg, struct slice piece);
  void *arg;
};

static int export_flush(struct export *x, size_t past) {
  int code = x->piece.len > past ? x->write(x->arg, buffer_slice(&x->piece)) : 0;
  if (x->piece.len > past) buffer_clear(&x->piece);
  return code;
}

static int export_event(void *arg, const struct event *e) {
  struct export *x = arg;
  x->count++;
  if (x->csv) {
    csv_append_event(x->csv, e, &x->piece);
  } else {
    event_append_json(e, EVENT_STORED, &x->piece);
    buffer_append_char(&x->piece, '\n');
  }
  return export_flush(x, EXPORT_PIECE_BYTES);
}

static int open_csv(struct local *l, const struct backend_query *q, struct local_read *r, struct export *x,
                    struct error *err) {
  struct slice *names;
  uint32_t count;
  int code = read_open(l, q, r, err);
  if (code == 0) code = read_param_names(r->snapshot, &r->query, &r->arena, &names, &count, err);
  if (code) return code;
  x->csv = csv_new(names, count, q->tz);
  csv_append_header(x->csv, &x->piece);
  return 0;
}

static int local_export(struct backend *b, const struct backend_query *q, const char *format,
                        int (*write)(void *arg, struct slice piece), void *arg, struct error *err) {
  struct export x = {.write = write, .arg = arg};
  struct local_read names = {0};
  bool more;
  int code = 0;
  buffer_init(&x.piece, 64 * 1024 * 1024);
  if (strcmp(format, "csv") == 0) code = open_csv(local_of(b), q, &names, &x, err);
  if (code == 0) code = local_search(b, q, 0, export_event, &x, &more, err);
  /* The record that tells a complete export from a cut one, as the server ends it. */
  if (code == 0 && !x.csv) {
    buffer_printf(&x.piece, "{\"daybook_export\":{\"count\":%llu,\"complete\":true}}\n", (unsigned long long)x.count);
  }
  if (code == 0) code = export_flush(&x, 0);
  csv_free(x.csv);
  buffer_free(&x.piece);
  return read_close(&names, code, err);
}

/* ---- Care ---- */

static int local_list_retention(struct backend *b, struct slice tenant,
                                int (*each)(void *arg, const struct retention_row *row), void *arg, struct error *err) {
  enum { PAGE = 256 };
  struct local *l = local_of(b);
  struct arena arenas[2];
  struct slice after = slice_of("", 0);
  int code = 0;
  bool more = true;
  arena_init(&arenas[0], READ_ARENA_BYTES);
  arena_init(&arenas[1], READ_ARENA_BYTES);
  /* Two arenas take turns, as each page begins behind a name of the one before. */
  for (unsigned turn = 0; code == 0 && more; turn = !turn) {
    struct tenant_info *tenants;
    uint32_t count;
    arena_reset(&arenas[turn]);
    code = store_list_tenants(l->store, &l->principal.read, tenant, after, PAGE, &arenas[turn], &tenants, &count);
    if (code) error_set(err, code, "%s", error_text(code));
    for (uint32_t i = 0; code == 0 && i < count; i++) {
      struct retention_row row = {tenants[i].path, tenants[i].retention_days, tenants[i].retention_own};
      if (event_tenant_within(row.tenant, tenant)) code = each(arg, &row);
      after = row.tenant;
    }
    more = code == 0 && count == PAGE;
  }
  arena_free(&arenas[0]);
  arena_free(&arenas[1]);
  return code;
}

static int local_get_retention(struct backend *b, struct slice tenant, struct retention_row *out, struct error *err) {
  int code = store_get_retention(local_of(b)->store, tenant, &out->days, &out->own);
  out->tenant = tenant;
  return code ? error_set(err, code, "%s", error_text(code)) : 0;
}

/* On the record as the server's is, before it is done. */
static int local_set_retention(struct backend *b, struct slice tenant, int32_t days, struct error *err) {
  struct store *store = local_of(b)->store;
  struct retention_record change;
  int code = retention_record_make(store, tenant, days, &change, err);
  if (code == 0) code = record_local(os_real(), store, &change.record, err);
  return code ? code : store_set_retention(store, tenant, days, err);
}

static int local_backup(struct backend *b, const char *to_dir, struct error *err) {
  struct local *l = local_of(b);
  struct accounts *accounts = NULL;
  struct accounts_config config = {.dir = l->dir, .manual_background = true};
  char path[4096];
  int len = snprintf(path, sizeof path, "%s/accounts.db", to_dir);
  if (len < 0 || (size_t)len >= sizeof path) return error_set(err, ERR_INVALID, "the folder's name is too long");
  int code = store_backup(l->store, to_dir, err);
  if (code == 0) code = accounts_open(os_real(), &config, &accounts, err);
  if (code == 0) code = accounts_backup(accounts, path, err);
  accounts_close(accounts);
  return code;
}

static int local_record(struct backend *b, const struct record *record, struct error *err) {
  return record_local(os_real(), local_of(b)->store, record, err);
}

static const struct backend_ops local_ops = {
    .append = local_append,
    .search = local_search,
    .stats = local_stats,
    .top = local_top,
    .export_all = local_export,
    .list_retention = local_list_retention,
    .get_retention = local_get_retention,
    .set_retention = local_set_retention,
    .backup = local_backup,
    .record = local_record,
    .close = local_close,
};

int backend_open_local(const char *dir, bool create, struct backend **out, struct error *err) {
  bool empty = false;
  int code = create ? backend_check_empty(dir, &empty, err) : 0;
  if (code == 0 && !empty) code = backend_check_data(dir, err);
  if (code) return code;
  struct local *l = calloc(1, sizeof *l);
  if (!l) abort();
  struct store_config config = {.dir = dir};
  code = store_open(os_real(), &config, &l->store, err);
  if (code) {
    free(l);
    if (code != ERR_LOCKED || !err) return code;
    error_clear(err);
    return error_set(err, code, "a server is using %s; reach it with --url instead of --data", dir);
  }
  l->base.ops = &local_ops;
  l->dir = dir;
  l->parser = event_parser_new();
  access_local_operator(&l->principal);
  *out = &l->base;
  return 0;
}
