/* Private to api/: what GET /v1/insights gathers before it answers. */
#ifndef DAYBOOK_API_INSIGHTS_H
#define DAYBOOK_API_INSIGHTS_H

#include "api/internal.h"
#include "insight/insight.h"

enum {
  INSIGHTS_LOGINS = 200000,         /* log-ins that the rules look at, the newest */
  INSIGHTS_PAST = 100000,           /* log-ins before, for what users did before */
  INSIGHTS_CHANGES = 100000,        /* deletes, and changes of each other kind */
  INSIGHTS_PAST_DAYS = 90,          /* how far the past goes back at most */
  INSIGHTS_RANGE_DAYS = 3660,       /* of a question */
  INSIGHTS_SHOWN = 200,             /* findings of an answer */
  INSIGHTS_TEXT_BYTES = 512 * 1024, /* of one q with its names */
};

struct insights {
  struct api *api;
  struct arena *arena; /* the request's */
  struct question question;
  struct slice q;          /* the caller's, as sent */
  int64_t from_us, to_us;  /* of the question */
  int64_t rules_from_us;   /* the rules look at [rules_from, to) ... */
  int64_t past_from_us;    /* ... and know what log-ins came from here on */
  int64_t changes_from_us; /* the latest start of deletes and changes */
  struct query_clock *clock;
  struct insight *engine;
  struct insight_cut cut;
  const struct insight_finding *findings;
  uint32_t finding_count;
};

/* The part of a finding's q that its rule gives: "log:auth action:login outcome:failure,denied". */
const char *insights_rule_q(enum insight_rule rule);
extern const char insights_failed_q[], insights_succeeded_q[];

/* Runs the rules over the store; findings live until insight_free(engine). */
int insights_detect(struct insights *in, struct error *err);
/* The caller's filter and that of `text`, which is our own. */
struct filter insights_filter(struct insights *in, const char *text);
/* As question.query for another filter and range, with an empty list of damages. */
struct read_query insights_query(struct insights *in, const struct filter *filter, int64_t from_us, int64_t to_us);
/* Events in [from, to). */
int insights_count(struct insights *in, const struct filter *filter, int64_t from_us, int64_t to_us, uint64_t *out,
                   struct error *err);
/* "summary":{...} */
int insights_append_summary(struct insights *in, struct buffer *out, struct error *err);
/* name:"value" in the query language. */
void insights_append_term(struct buffer *out, const char *name, struct slice value);
/* ,"q":"..." of the caller's q and ours. */
void insights_append_q(const struct insights *in, const char *text, struct slice terms, struct buffer *out);

#endif
