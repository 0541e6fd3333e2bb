/* GET /v1/insights: what the rules of insight/ find, each finding with the q, from and to that show exactly its events,
 * and tables of log-ins. */
#include "api/insights.h"

#include <stdio.h>

static const int64_t day_us = INT64_C(86400) * 1000000;
enum { DEFAULT_DAYS = 30, COUNTING_US = 5 * 1000 * 1000 /* then counts are those of the rules */ };

/* Without a range, the last thirty days. */
static int bound_range(struct insights *in, struct error *err) {
  struct read_query *q = &in->question.query;
  in->to_us = q->to_us == INSTANT_MAX ? in->question.now_us + 1 : q->to_us;
  in->from_us = q->from_us == INSTANT_MIN ? in->to_us - DEFAULT_DAYS * day_us : q->from_us;
  if (in->from_us > in->to_us) return error_set(err, ERR_INVALID, "from lies after to");
  if (in->to_us - in->from_us > INSIGHTS_RANGE_DAYS * day_us)
    return error_set(err, ERR_INVALID, "from: insights look at %d days at most", INSIGHTS_RANGE_DAYS);
  return 0;
}

/* ---- A finding ---- */

static void append_tenant_terms(struct buffer *out, const struct insight_finding *f) {
  if (f->tenant.len == 0) return;
  buffer_printf(out, " tenant:%.*s", SLICE_ARGS(f->tenant));
  if (!f->has_subtree) buffer_printf(out, " -tenant:%.*s/*", SLICE_ARGS(f->tenant));
}

/* What sets the events of a finding apart from others of its rule. */
static void append_terms(struct buffer *out, const struct insight_finding *f) {
  bool by_address = f->rule == RULE_ADDRESS_BRUTE_FORCE || f->rule == RULE_PASSWORD_SPRAYING;
  if (by_address)
    insights_append_term(out, "source.ip", f->address);
  else if (f->user.len > 0)
    insights_append_term(out, "actor.name", f->user);
  else
    buffer_append_text(out, "-actor.name:*");
  append_tenant_terms(out, f);
}

static void append_title(struct buffer *out, const struct insight_finding *f, uint64_t count) {
  unsigned long long n = count;
  struct slice user = f->user.len > 0 ? f->user : SLICE("System");
  switch (f->rule) {
    case RULE_USER_BRUTE_FORCE: buffer_printf(out, "%llu failed log-ins of %.*s", n, SLICE_ARGS(user)); break;
    case RULE_ADDRESS_BRUTE_FORCE:
      buffer_printf(out, "%llu failed log-ins from %.*s", n, SLICE_ARGS(f->address));
      break;
    case RULE_PASSWORD_SPRAYING:
      buffer_printf(out, "%.*s failed to log in as %u%s users", SLICE_ARGS(f->address), f->users,
                    f->users == 100 ? " or more" : "");
      break;
    case RULE_LOGIN_AFTER_FAILURES:
      buffer_printf(out, "%.*s logged in after an attack on the password", SLICE_ARGS(user));
      break;
    case RULE_IMPOSSIBLE_TRAVEL:
      buffer_printf(out, "%.*s logged in from two places %u km apart within %u minutes", SLICE_ARGS(user), f->km,
                    f->minutes);
      break;
    case RULE_NEW_COUNTRY:
      buffer_printf(out, "%.*s logged in from %.*s for the first time", SLICE_ARGS(user), SLICE_ARGS(f->country));
      break;
    case RULE_NEW_ADDRESS:
      buffer_printf(out, "%.*s logged in from the address %.*s for the first time", SLICE_ARGS(user),
                    SLICE_ARGS(f->address));
      break;
    case RULE_UNUSUAL_HOUR:
      buffer_printf(out, "%.*s logged in at an unusual hour, between %u:00 and %u:00", SLICE_ARGS(user), f->hour,
                    f->hour + 1);
      break;
    case RULE_DELETE_BURST: buffer_printf(out, "%.*s deleted %llu objects", SLICE_ARGS(user), n); break;
    case RULE_KEYS_CREATED:
      buffer_printf(out, "%.*s created %llu API key%s", SLICE_ARGS(user), n, n == 1 ? "" : "s");
      break;
    case RULE_GRANTS_CHANGED:
      buffer_printf(out, "%.*s changed %llu grant%s or role%s", SLICE_ARGS(user), n, n == 1 ? "" : "s",
                    n == 1 ? "" : "s");
      break;
    case RULE_ROLES_CHANGED:
      buffer_printf(out, "%.*s changed the rights of others %llu time%s", SLICE_ARGS(user), n, n == 1 ? "" : "s");
      break;
    case RULE_COUNT: break;
  }
}

static void append_time(const struct insights *in, int64_t us, struct buffer *out) {
  query_format_local(us, 0, in->question.tz, out);
}

static void append_detail(const struct insights *in, const struct insight_finding *f, struct buffer *out) {
  if (f->rule == RULE_IMPOSSIBLE_TRAVEL && f->before.len > 0 && f->country.len > 0)
    buffer_printf(out, "From %.*s to %.*s. ", SLICE_ARGS(f->before), SLICE_ARGS(f->country));
  if (f->first_us == f->last_us) {
    append_time(in, f->first_us, out);
  } else {
    buffer_append_text(out, "From ");
    append_time(in, f->first_us, out);
    buffer_append_text(out, " to ");
    append_time(in, f->last_us, out);
  }
  if (f->tenant.len > 0) buffer_printf(out, ", tenant %.*s", SLICE_ARGS(f->tenant));
  if (f->address.len > 0 && f->rule != RULE_NEW_ADDRESS) buffer_printf(out, ", address %.*s", SLICE_ARGS(f->address));
  if (f->country.len > 0) buffer_printf(out, ", country %.*s", SLICE_ARGS(f->country));
}

static void append_subject(struct buffer *out, const struct insight_finding *f) {
  const struct {
    const char *name;
    struct slice value;
  } members[] = {{"user", f->user}, {"address", f->address}, {"country", f->country}, {"from_country", f->before}};
  bool first = true;
  buffer_append_text(out, ",\"subject\":{");
  for (unsigned i = 0; i < sizeof members / sizeof *members; i++) {
    if (members[i].value.len == 0) continue;
    buffer_printf(out, "%s\"%s\":", first ? "" : ",", members[i].name);
    json_append_string(out, members[i].value);
    first = false;
  }
  if (f->users > 0 && f->rule == RULE_PASSWORD_SPRAYING)
    buffer_printf(out, "%s\"users\":%u", first ? "" : ",", f->users);
  if (f->rule == RULE_IMPOSSIBLE_TRAVEL) buffer_printf(out, ",\"km\":%u,\"minutes\":%u", f->km, f->minutes);
  if (f->rule == RULE_UNUSUAL_HOUR) buffer_printf(out, "%s\"hour\":%u", first ? "" : ",", f->hour);
  buffer_append_char(out, '}');
}

static void append_ids(struct buffer *out, const struct insight_finding *f) {
  buffer_append_text(out, ",\"events\":[");
  for (uint32_t i = 0; i < f->id_count; i++)
    buffer_printf(out, "%s\"%.*s:%llu\"", i ? "," : "", SLICE_ARGS(f->ids[i].tenant),
                  (unsigned long long)f->ids[i].seq);
  buffer_append_char(out, ']');
}

/* What q, from and to find, counted by the store while there is time. */
static int count_events(struct insights *in, const struct insight_finding *f, struct slice terms, uint64_t *out,
                        struct error *err) {
  struct filter ours = insights_filter(in, insights_rule_q(f->rule)), theirs;
  if (query_parse(terms, in->question.now_us, in->arena, &theirs, NULL, err))
    return error_wrap(err, ERR_INTERNAL, "a finding's q");
  struct filter_clause *all = arena_take(in->arena, (ours.clause_count + theirs.clause_count) * sizeof *all);
  memcpy(all, ours.clauses, ours.clause_count * sizeof *all);
  memcpy(all + ours.clause_count, theirs.clauses, theirs.clause_count * sizeof *all);
  struct filter filter = {all, ours.clause_count + theirs.clause_count};
  return insights_count(in, &filter, f->first_us, f->last_us + 1, out, err);
}

static int append_finding(struct insights *in, const struct insight_finding *f, bool counts, struct buffer *out,
                          struct error *err) {
  struct buffer text;
  uint64_t count = f->count;
  buffer_init(&text, INSIGHTS_TEXT_BYTES);
  append_terms(&text, f);
  int code = counts ? count_events(in, f, buffer_slice(&text), &count, err) : 0;
  buffer_printf(out, "{\"rule\":\"%s\",\"severity\":\"%s\"", insight_rule_name(f->rule),
                insight_severity_name(insight_rule_severity(f->rule)));
  insights_append_q(in, insights_rule_q(f->rule), buffer_slice(&text), out);
  buffer_append_text(out, ",\"title\":");
  buffer_clear(&text);
  append_title(&text, f, count);
  json_append_string(out, buffer_slice(&text));
  buffer_append_text(out, ",\"detail\":");
  buffer_clear(&text);
  append_detail(in, f, &text);
  json_append_string(out, buffer_slice(&text));
  buffer_append_text(out, ",\"tenant\":");
  json_append_string(out, f->tenant);
  append_subject(out, f);
  buffer_append_text(out, ",\"first_at\":");
  append_instant(out, f->first_us, 6);
  buffer_append_text(out, ",\"last_at\":");
  append_instant(out, f->last_us, 6);
  buffer_printf(out, ",\"count\":%llu", (unsigned long long)count);
  append_ids(out, f);
  buffer_append_text(out, ",\"from\":");
  append_instant(out, f->first_us, 6);
  buffer_append_text(out, ",\"to\":");
  append_instant(out, f->last_us + 1, 6);
  buffer_append_char(out, '}');
  buffer_free(&text);
  return code;
}

static int append_findings(struct insights *in, struct buffer *out, struct error *err) {
  int64_t end_us = os_monotonic_us(in->api->os) + COUNTING_US;
  buffer_append_text(out, "\"findings\":[");
  for (uint32_t i = 0; i < in->finding_count && i < INSIGHTS_SHOWN; i++) {
    if (i > 0) buffer_append_char(out, ',');
    bool counts = os_monotonic_us(in->api->os) < end_us;
    int code = append_finding(in, &in->findings[i], counts, out, err);
    if (code) return code;
  }
  buffer_append_text(out, "],");
  return 0;
}

/* ---- The answer ---- */

static void append_cut(struct buffer *out, bool *first, const char *what, const char *detail) {
  buffer_printf(out, "%s{\"what\":\"%s\",\"detail\":\"%s\"}", *first ? "" : ",", what, detail);
  *first = false;
}

/* What the bounds left out, in words. */
static void append_cuts(const struct insights *in, struct buffer *out) {
  char detail[160];
  bool first = true;
  buffer_append_text(out, "\"cut_off\":[");
  if (in->rules_from_us > in->from_us) {
    snprintf(detail, sizeof detail, "there are more than %d log-ins: the rules looked at those from rules_from on",
             INSIGHTS_LOGINS);
    append_cut(out, &first, "logins", detail);
  }
  if (in->past_from_us > in->from_us - INSIGHTS_PAST_DAYS * day_us) {
    snprintf(detail, sizeof detail, "what users did before is known from past_from on, for %d log-ins", INSIGHTS_PAST);
    append_cut(out, &first, "past", detail);
  }
  if (in->changes_from_us > in->from_us) {
    snprintf(detail, sizeof detail,
             "there are more than %d deletes or changes of rights: only the newest were looked at", INSIGHTS_CHANGES);
    append_cut(out, &first, "changes", detail);
  }
  if (in->cut.subjects > 0) {
    snprintf(detail, sizeof detail,
             "%llu events of users and addresses beyond the first %d, or of names beyond %d bytes, were passed over",
             (unsigned long long)in->cut.subjects, INSIGHT_SUBJECTS, INSIGHT_NAME_BYTES);
    append_cut(out, &first, "subjects", detail);
  }
  if (in->finding_count > INSIGHTS_SHOWN || in->cut.findings > 0) {
    snprintf(detail, sizeof detail, "%llu findings, of which the %d most severe are shown",
             (unsigned long long)in->finding_count + in->cut.findings, INSIGHTS_SHOWN);
    append_cut(out, &first, "findings", detail);
  }
  buffer_append_text(out, "],");
}

static int write_answer(struct insights *in, struct buffer *out, struct error *err) {
  const struct {
    const char *name;
    int64_t us;
  } times[] = {
      {"from", in->from_us}, {"to", in->to_us}, {"rules_from", in->rules_from_us}, {"past_from", in->past_from_us}};
  buffer_append_char(out, '{');
  for (unsigned i = 0; i < 4; i++) {
    buffer_printf(out, "\"%s\":", times[i].name);
    append_instant(out, times[i].us, 6);
    buffer_append_char(out, ',');
  }
  buffer_append_text(out, "\"tz\":");
  json_append_string(out, slice_from(in->question.tz));
  buffer_append_char(out, ',');
  append_cuts(in, out);
  int code = append_findings(in, out, err);
  if (code == 0) code = insights_append_summary(in, out, err);
  question_append_warnings(&in->question, out);
  buffer_append_char(out, '}');
  return code;
}

int insights_get(struct http_request *r, void *api, struct error *err) {
  struct insights in = {.api = api, .arena = http_arena(r), .q = {"", 0}};
  http_param(r, "q", &in.q);
  int code = question_open(r, api, true, &in.question, err);
  if (code == 0) code = bound_range(&in, err);
  if (code == 0) in.clock = query_clock_open(in.question.tz);
  if (code == 0) code = insights_detect(&in, err);
  if (code == 0) code = write_answer(&in, http_answer(r), err);
  insight_free(in.engine);
  query_clock_close(in.clock);
  question_close(&in.question);
  return code;
}
