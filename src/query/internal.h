/* Shared by the files of query/ alone: names, faults with their place, one value to one term. */
#ifndef DAYBOOK_QUERY_INTERNAL_H
#define DAYBOOK_QUERY_INTERNAL_H

#include "query/query.h"

/* One parse; lives on the stack of query_parse(). */
struct query_context {
  struct slice text; /* the query, a copy in the arena */
  int64_t now_us;
  struct arena *arena;
  struct buffer folded; /* scratch of folding */
  uint32_t *offset_out;
  struct error *err;
};

/* ERR_INVALID "FORMAT at character N; HINT" (HINT may be NULL) for the fault at a byte offset of the query. */
int query_fault(struct query_context *c, uint32_t offset, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* ERR_TOO_LARGE; also where the arena is full. */
int query_too_large(struct query_context *c, uint32_t offset, const char *what, unsigned limit);

/* Text for a message: control characters blanked, cut at a character boundary with "..." where long. */
enum { QUERY_CLIP_BYTES = 64 };
const char *query_clip(struct slice s, char out[QUERY_CLIP_BYTES + 4]);

/* A name of the table, whatever its case; NULL where there is none ("params.X" is not in the table). */
const struct query_alias *query_alias_find(struct slice name);
/* The key of "params.KEY"; false where name is not of that form. The key may be invalid. */
bool query_param_key(struct slice name, struct slice *key_out);
bool query_param_key_valid(struct slice key);
/* The nearest name to a mistyped one. */
enum { QUERY_NAME_BYTES = 80 };
bool query_nearest_name(struct slice name, char out[QUERY_NAME_BYTES]);

enum query_compare { COMPARE_NONE, COMPARE_LESS, COMPARE_AT_MOST, COMPARE_GREATER, COMPARE_AT_LEAST };

/* One value as written behind "field:". */
struct query_value {
  struct slice text; /* without quotes, escapes and comparison; never empty */
  enum query_compare compare;
  bool quoted;          /* nothing in text has a meaning of its own */
  uint32_t offset;      /* of the value, comparison included */
  uint32_t text_offset; /* of the text behind quote and comparison */
};
/* name is as written, for messages. */
int query_make_term(struct query_context *c, struct slice name, enum field_kind kind, const struct query_value *value,
                    struct filter_term *out);
/* Folded copy in the arena; data NULL where the arena is full. */
struct slice query_fold_copy(struct query_context *c, struct slice text);

/* ---- Time zones ---- */

struct query_zone;
/* NULL where the name is no zone. tz NULL or "UTC" is UTC. */
struct query_zone *query_zone_open(const char *tz);
void query_zone_close(struct query_zone *z);
/* Local time minus UTC at an instant. */
int64_t query_zone_offset_us(const struct query_zone *z, int64_t us);
/* The next change of the offset after us, or INSTANT_MAX. */
int64_t query_zone_next_change(const struct query_zone *z, int64_t us);
/* The first instant at which the zone's clocks show local_us (microseconds as if local time were UTC) or later. */
int64_t query_zone_from_local(const struct query_zone *z, int64_t local_us);

/* Years 1 to 9999: what instant_format() can write. */
#define QUERY_FIRST_US (INT64_C(-62135596800) * 1000000)
#define QUERY_END_US (INT64_C(253402300800) * 1000000)

#endif
