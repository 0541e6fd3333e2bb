#include "daemon/demo.h"

#include <stdlib.h>

#include "base/instant.h"
#include "daemon/daemon.h"
#include "daemon/demo_accounts.h"
#include "daemon/demo_events.h"
#include "daemon/demo_world.h"
#include "daemon/ticker.h"

enum { RECORDS_BYTES = 32 * 1024 * 1024, ARENA_BYTES = 4 * 1024 * 1024, LIVE_FIRST_MS = 9000 };

/* ---- Recording ---- */

static int encode(struct event_parser *parser, const struct demo *d, int64_t now_us, struct store_batch *batch,
                  struct error *err) {
  struct arena arena;
  struct event e;
  int code = 0;
  arena_init(&arena, ARENA_BYTES);
  for (uint32_t i = 0; i < d->count && code == 0; i++) {
    arena_reset(&arena);
    struct slice json = slice_of(d->text.data + d->events[i].offset, d->events[i].bytes);
    code = event_parse(parser, json, now_us, &arena, &e, err);
    if (code) break;
    demo_add_place(&e, &arena);
    event_encode(&e, &batch->records);
    batch->count++;
  }
  arena_free(&arena);
  return code;
}

/* Through the ordinary way in, as one batch. */
static int record(const struct os *os, struct store *store, const struct demo *d, struct error *err) {
  struct store_batch batch = {.count = 0};
  struct event_parser *parser = event_parser_new();
  buffer_init(&batch.records, RECORDS_BYTES);
  int code = encode(parser, d, os_now_us(os), &batch, err);
  event_parser_free(parser);
  if (code == 0) {
    batch.results = calloc(batch.count ? batch.count : 1, sizeof *batch.results);
    if (!batch.results) abort();
    code = store_append(store, &batch);
    if (code) error_set(err, code, "%s", batch.error.message[0] ? batch.error.message : error_text(code));
  }
  free(batch.results);
  buffer_free(&batch.records);
  return code ? error_wrap(err, code, "demonstration data") : 0;
}

static int find_events(struct store *store, bool *out, struct error *err) {
  struct arena arena;
  struct tenant_info *rows;
  uint32_t count = 0;
  static const struct scope_grant everything = {.subtree = {"", 0}};
  struct scope scope = {&everything, 1};
  arena_init(&arena, 64 * 1024);
  int code = store_list_tenants(store, &scope, slice_of("", 0), slice_of("", 0), 1, &arena, &rows, &count);
  arena_free(&arena);
  *out = count > 0;
  return code ? error_set(err, code, "look for events: %s", error_text(code)) : 0;
}

/* What was begun by an earlier start is finished; a folder in use for something else is left alone. */
static int prepare_accounts(const struct os *os, struct store *store, struct accounts *accounts, bool empty,
                            struct error *err) {
  bool made = false;
  int code = demo_accounts_made(accounts, &made, err);
  if (code || made) return code;
  if (!empty)
    return error_set(err, ERR_CONFLICT, "this folder has events that are no demonstration: name another with --data");
  return demo_accounts_make(os, store, accounts, err);
}

int demo_load(const struct os *os, struct store *store, struct accounts *accounts, uint32_t *added_out,
              struct error *err) {
  struct demo d;
  bool used = false;
  *added_out = 0;
  int code = find_events(store, &used, err);
  if (code == 0) code = prepare_accounts(os, store, accounts, !used, err);
  if (code) return error_wrap(err, code, "demonstration");
  if (used) return 0;
  demo_init(&d, 2026);
  demo_make_past(&d, os_now_us(os));
  code = record(os, store, &d, err);
  if (code == 0) *added_out = d.count;
  demo_free(&d);
  return code;
}

/* ---- Live ---- */

struct demo_live {
  const struct os *os;
  struct store *store;
  struct demo demo;
  struct ticker *ticker;
};

static unsigned record_one(void *arg) {
  struct demo_live *live = arg;
  struct error err;
  error_clear(&err);
  buffer_clear(&live->demo.text);
  live->demo.count = 0;
  demo_make_live(&live->demo, os_now_us(live->os));
  if (record(live->os, live->store, &live->demo, &err) != 0) daemon_log(NULL, HTTP_LOG_ERROR, err.message);
  return 4000 + demo_below(&live->demo, 16000);
}

struct demo_live *demo_live_start(const struct os *os, struct store *store) {
  struct demo_live *live = calloc(1, sizeof *live);
  if (!live) abort();
  live->os = os;
  live->store = store;
  demo_init(&live->demo, (uint64_t)os_now_us(os)); /* another course at every start */
  live->ticker = ticker_start(LIVE_FIRST_MS, record_one, live);
  return live;
}

void demo_live_stop(struct demo_live *live) {
  if (!live) return;
  ticker_stop(live->ticker);
  demo_free(&live->demo);
  free(live);
}
