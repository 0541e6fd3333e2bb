/* Web access logs in Apache's combined format (nginx writes the same), or the shorter common format:
 *
 *   HOST IDENT USER [17/May/2015:10:05:03 +0000] "METHOD URL PROTOCOL" STATUS BYTES ["REFERRER" "USER AGENT"]
 *
 * Escapes (\", \\, \xHH, \n ...) are decoded; what then is not UTF-8 becomes U+FFFD. A last quote that is missing is
 * forgiven (servers cut long lines). Action: GET, HEAD and OPTIONS read, POST create, PUT and PATCH update, DELETE
 * delete, anything else "request". Outcome: 401 and 403 denied, other statuses from 400 failure. */
#include <stdlib.h>

#include "cli/importer.h"
#include "cli/text.h"

struct combined {
  const struct import_options *options;
};

static int combined_open(const struct import_options *o, void **state_out, struct error *err) {
  struct combined *c = calloc(1, sizeof *c);
  if (!c) return error_set(err, ERR_INTERNAL, "out of memory");
  c->options = o;
  *state_out = c;
  return 0;
}

static void combined_close(void *state) { free(state); }

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One escape after the backslash at text[0]; returns the bytes it took. An escape nobody knows stays as it is. */
static size_t unescape(struct slice text, char *to) {
  static const char names[] = "nrtvbf\"\\", values[] = "\n\r\t\v\b\f\"\\";
  int high = text.len > 3 ? hex_value(text.data[2]) : -1, low = text.len > 3 ? hex_value(text.data[3]) : -1;
  if (text.len > 3 && text.data[1] == 'x' && high >= 0 && low >= 0) {
    *to = (char)(high * 16 + low);
    return 4;
  }
  const char *known = text.len > 1 && text.data[1] ? strchr(names, text.data[1]) : NULL;
  *to = known ? values[known - names] : '\\';
  return known ? 2 : 1;
}

/* After the opening quote: the decoded text up to the closing one; moves *line past it. */
static struct slice take_quoted(struct arena *arena, struct slice *line) {
  char *text = arena_alloc(arena, line->len + 1), *to = text;
  if (!text) return slice_of(NULL, 0);
  while (line->len && line->data[0] != '"') {
    size_t len = 1;
    if (line->data[0] == '\\') {
      len = unescape(*line, to);
    } else {
      *to = line->data[0];
    }
    to++;
    *line = slice_skip(*line, len);
  }
  *line = text_trim(slice_skip(*line, 1));
  return slice_of(text, (size_t)(to - text));
}

/* "17/May/2015:10:05:03 +0000". */
static bool read_time(struct slice text, int64_t *us_out) {
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  char iso[26];
  if (text.len != 26 || text.data[2] != '/' || text.data[6] != '/' || text.data[11] != ':' || text.data[20] != ' ') {
    return false;
  }
  unsigned month = 0;
  for (unsigned i = 0; i < 12; i++) month = memcmp(months + 3 * i, text.data + 3, 3) == 0 ? i + 1 : month;
  memcpy(iso, text.data + 7, 4);
  iso[4] = iso[7] = '-';
  iso[5] = (char)('0' + month / 10);
  iso[6] = (char)('0' + month % 10);
  memcpy(iso + 8, text.data, 2);
  iso[10] = 'T';
  memcpy(iso + 11, text.data + 12, 8);
  memcpy(iso + 19, text.data + 21, 3);
  iso[22] = ':';
  memcpy(iso + 23, text.data + 24, 2);
  return month && instant_parse(slice_of(iso, 25), us_out, NULL);
}

static const char *action_of(struct slice method) {
  static const struct {
    const char *method, *action;
  } table[] = {{"GET", "read"},   {"HEAD", "read"},    {"OPTIONS", "read"}, {"POST", "create"},
               {"PUT", "update"}, {"PATCH", "update"}, {"DELETE", "delete"}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    if (text_equal(method, table[i].method)) return table[i].action;
  }
  return "request";
}

static const char *outcome_of(uint64_t status) {
  if (status == 401 || status == 403) return "denied";
  return status >= 400 ? "failure" : "success";
}

/* "GET /path HTTP/1.1". What is no request (a client may send anything) is kept as the URL, without a method. */
static void set_request(struct draft *d, struct slice request) {
  struct slice rest = request, url, protocol, activity;
  struct slice method = text_take_word(&rest);
  bool good = method.len > 0 && method.len <= 16 && rest.len > 0;
  for (size_t i = 0; i < method.len && good; i++) good = method.data[i] >= 'A' && method.data[i] <= 'Z';
  if (!good) {
    draft_set_text(d, FIELD_ACTION, "request");
    draft_set_text(d, FIELD_ACTIVITY, "Malformed Request");
    if (!text_equal(request, "-")) draft_set(d, FIELD_HTTP_URL, request);
    return;
  }
  if (!text_split_last(rest, " HTTP/", &url, &protocol)) url = rest;
  draft_set_text(d, FIELD_ACTION, action_of(method));
  draft_set(d, FIELD_HTTP_METHOD, method);
  draft_set(d, FIELD_HTTP_URL, url);
  char *text = arena_alloc(d->arena, method.len + 8);
  if (!text) return;
  memcpy(text, method.data, method.len);
  memcpy(text + method.len, " Request", 8);
  activity = slice_of(text, method.len + 8);
  draft_set(d, FIELD_ACTIVITY, activity);
}

static void set_client(struct draft *d, struct slice host, struct slice user) {
  char canonical[46];
  size_t len;
  if (event_ip_canonical(host, canonical, &len)) {
    draft_set(d, FIELD_SOURCE_IP, host);
  } else {
    draft_param(d, SLICE("remote_host"), host);
  }
  bool known = user.len && !text_equal(user, "-") && !text_equal(user, "\"\"");
  draft_set_text(d, FIELD_ACTOR_TYPE, known ? "user" : "anonymous");
  if (known) draft_set(d, FIELD_ACTOR_NAME, user);
}

static void set_answer(struct draft *d, struct slice status, uint64_t code, struct slice bytes) {
  uint64_t count;
  draft_set(d, FIELD_HTTP_STATUS, status);
  draft_set_text(d, FIELD_OUTCOME, outcome_of(code));
  if (text_number(bytes, INT64_C(1) << 53, &count)) {
    while (bytes.len > 1 && bytes.data[0] == '0') bytes = slice_skip(bytes, 1);
    draft_param_json(d, SLICE("bytes"), bytes);
  }
}

static bool combined_line(void *state, struct import_sink *sink, struct slice line) {
  const struct combined *c = state;
  struct draft *d = import_draft(sink);
  struct slice rest = line, names, time;
  int64_t us;
  if (!text_split(rest, " [", &names, &rest) || !text_split(rest, "] \"", &time, &rest)) {
    return import_reject(sink, "not a line in combined format: HOST IDENT USER [TIME] \"REQUEST\" STATUS BYTES ...");
  }
  struct slice host = text_take_word(&names);
  text_take_word(&names); /* the client's own claim (RFC 1413), never of use */
  if (!read_time(time, &us)) return import_reject(sink, "\"%.*s\" is not a time", SLICE_ARGS(time));
  struct slice request = take_quoted(&sink->arena, &rest);
  struct slice status = text_take_word(&rest), bytes = text_take_word(&rest);
  uint64_t code;
  if (!text_number(status, 999, &code) || bytes.len == 0)
    return import_reject(sink, "no status and size after the request");
  struct slice referrer = text_take(&rest, "\"") ? take_quoted(&sink->arena, &rest) : slice_of(NULL, 0);
  struct slice agent = text_take(&rest, "\"") ? take_quoted(&sink->arena, &rest) : slice_of(NULL, 0);

  draft_set_text(d, FIELD_TENANT, c->options->tenant);
  draft_set_text(d, FIELD_LOG, c->options->log);
  draft_set_text(d, FIELD_CATEGORY, "Access");
  draft_set_time(d, us, 0);
  set_request(d, request);
  set_client(d, host, text_trim(names));
  set_answer(d, status, code, bytes);
  if (!text_equal(referrer, "-")) draft_param(d, SLICE("referrer"), referrer);
  if (!text_equal(agent, "-")) draft_set(d, FIELD_SOURCE_AGENT, agent);
  return import_emit(sink, d, slice_of(NULL, 0));
}

const struct importer importer_combined = {
    .name = "combined",
    .summary = "web access logs of Apache and nginx, combined or common format; --log panel or api",
    .shape = IMPORT_LINES,
    .open = combined_open,
    .line = combined_line,
    .close = combined_close,
};
