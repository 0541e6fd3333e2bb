/* GET /v1/export: everything a filter finds, streamed.
 *
 * A cut download must be visible: the number of events is announced before the first (X-Daybook-Count, also to HEAD),
 * NDJSON ends with a trailer record, and where anything fails on the way the connection is broken off without the
 * chunk that ends a body. */
#include "api/export.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/holder.h"

struct streaming {
  struct export x;
  struct holder_watch holder;
  struct http_stream *stream;
};

static void export_free(void *state) {
  struct streaming *s = state;
  export_close(&s->x);
  free(s);
}

static int parse_export(struct http_request *r, struct export *x, struct error *err) {
  static const char *const formats[] = {"csv", "ndjson", NULL};
  static const char *const orders[] = {"newest", "oldest", NULL};
  static const char *const forms[] = {"stored", "sent", NULL};
  static const char *const boms[] = {"0", "1", NULL};
  unsigned format, order, form, bom;
  int code = param_choice(r, "format", formats, &format, err);
  if (code == 0) code = param_choice(r, "order", orders, &order, err);
  if (code == 0) code = param_choice(r, "form", forms, &form, err);
  if (code == 0) code = param_choice(r, "bom", boms, &bom, err);
  if (code) return code;
  x->format = format == 0 ? EXPORT_CSV : EXPORT_NDJSON;
  x->order = order == 0 ? NEWEST_FIRST : OLDEST_FIRST;
  x->form = form == 0 ? EVENT_STORED : EVENT_AS_SENT;
  x->with_bom = bom == 1;
  return 0;
}

/* An export may take hours, longer than the caller's rights last. */
static int write_stream(void *streaming, struct slice bytes) {
  struct streaming *s = streaming;
  int code = holder_check(&s->holder);
  return code ? code : http_stream_write(s->stream, bytes);
}

static int produce(struct http_stream *stream, void *arg) {
  struct streaming *s = arg;
  struct error err;
  error_clear(&err);
  s->stream = stream;
  return export_produce(&s->x, write_stream, s, &err);
}

static int announce(struct http_request *r, struct export *x, struct error *err) {
  char text[EXPORT_NAME_BYTES + 32];
  int code = export_count(x, err);
  if (code) return code;
  snprintf(text, sizeof text, "%llu", (unsigned long long)x->count);
  http_answer_header(r, "X-Daybook-Count", text);
  if (x->question.query.damage_count) {
    snprintf(text, sizeof text, "%u", x->question.query.damage_count);
    http_answer_header(r, "X-Daybook-Damages", text);
  }
  char name[EXPORT_NAME_BYTES];
  export_name(x->question.now_us, x->question.tz, x->format, name);
  snprintf(text, sizeof text, "attachment; filename=\"%s\"", name);
  http_answer_header(r, "Content-Disposition", text);
  return 0;
}

int export_get(struct http_request *r, void *api, struct error *err) {
  struct streaming *s = calloc(1, sizeof *s);
  if (!s) abort();
  struct export *x = &s->x;
  export_init(x);
  holder_watch(&s->holder, api, request_principal(r), RIGHT_EXPORT);
  http_set_state(r, s, export_free);
  int code = parse_export(r, x, err);
  if (code == 0) code = question_open(r, api, false, &x->question, err);
  if (code == 0) code = announce(r, x, err);
  if (code == 0 && !http_is_head(r)) code = export_open(x, http_arena(r), err);
  if (code) return code;
  http_answer_as(r, 200, export_media(x->format));
  return http_answer_stream(r, holder_share(request_principal(r)), produce, s, err);
}
