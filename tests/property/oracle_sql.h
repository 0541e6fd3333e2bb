/* The oracle of the property test: the same events in SQLite, one row per event and one per value, asked with plain
 * SQL. It shares nothing with the store's reading side but base/fold.h, which made the folded column. One thread. */
#ifndef DAYBOOK_TESTS_PROPERTY_ORACLE_SQL_H
#define DAYBOOK_TESTS_PROPERTY_ORACLE_SQL_H

#include "store/store.h"

/* An event as it was acknowledged. */
struct known {
  struct event event; /* seq and received_at set */
  struct slice tenant, stored_json, sent_json;
};

struct oracle {
  struct sqlite3 *db;
  struct known *known; /* known[ev], ev from 0 in the order of commits */
  uint32_t count, capacity;
  struct arena arena;
};

void oracle_open(struct oracle *o);
void oracle_close(struct oracle *o);
/* Keeps a copy of a committed event. */
void oracle_add(struct oracle *o, const struct event *e);
/* The event of that number, or UINT32_MAX. */
uint32_t oracle_find(struct oracle *o, struct slice tenant, uint64_t seq);

/* days < 0 removes the setting. */
void oracle_set_retention(struct oracle *o, const char *path, int days);
/* Which events retention hides from now on. */
void oracle_set_now(struct oracle *o, int64_t now_us);
/* How many events are hidden now that would be seen with another setting at the same time. */
uint32_t oracle_would_return(struct oracle *o, const char *path, int days, int64_t now_us);

/* Appends the condition on e that the scope stands for. */
void oracle_scope_condition(const struct scope *scope, struct buffer *out);

/* Runs a query: where is a condition on e (made by random_query.h), scope and [from_us, to_us) come on top. Fills the
 * table m, which the questions below are about, and returns the matches oldest first (freed by the caller). */
uint32_t *oracle_select(struct oracle *o, const char *where, const struct scope *scope, int64_t from_us, int64_t to_us,
                        uint32_t *count_out);

/* Drops the matches that do not fulfil a condition on e. */
void oracle_narrow(struct oracle *o, const char *where);

struct oracle_count {
  struct slice value;
  uint64_t count;
};
struct read_stats oracle_stats(struct oracle *o);
/* Values of a field by number of events among the matches, most frequent first. */
struct oracle_count *oracle_top(struct oracle *o, const char *field, struct slice key, struct slice folded_prefix,
                                struct arena *arena, uint32_t *count_out);
/* Events among the matches by bucket [bounds[i], bounds[i + 1]): all of them where field is NULL, else those without a
 * value of the field. counts has room for bucket_count. */
void oracle_buckets(struct oracle *o, const int64_t *bounds, uint32_t bucket_count, const char *field, struct slice key,
                    uint64_t *counts);
/* The same for every value: counts[bucket_count * v + bucket] for values[v] of oracle_top. */
void oracle_buckets_of_values(struct oracle *o, const int64_t *bounds, uint32_t bucket_count, const char *field,
                              struct slice key, const struct oracle_count *values, uint32_t value_count,
                              uint64_t *counts);
/* Sorted. */
struct slice *oracle_param_names(struct oracle *o, struct arena *arena, uint32_t *count_out);

/* A JSON number as the whole text: what takes part in ranges. */
bool oracle_is_number(struct slice text, double *out);
/* Appends text as an SQL literal. */
void oracle_append_literal(struct buffer *out, struct slice text);

#endif
