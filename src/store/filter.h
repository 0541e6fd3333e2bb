/* What a query asks of events, after its text was parsed: clauses that must all hold, each a set of fields
 * of which one must match one of the terms. Plain data, immutable, borrowed by the readers. */
#ifndef DAYBOOK_STORE_FILTER_H
#define DAYBOOK_STORE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "event/event.h"

enum match_op {
  MATCH_EQUAL,     /* folded value equals text */
  MATCH_WILDCARD,  /* folded value matches text, where '*' stands for any run; literal pieces folded */
  MATCH_SUBSTRING, /* folded value contains text */
  MATCH_PRESENT,   /* a value that is not the empty string */
  MATCH_RANGE,     /* numeric value (decimal text; instants in us; seq) in [low, high], both inclusive */
  MATCH_CIDR,      /* address within network/prefix_bits */
  MATCH_SUBTREE,   /* tenant path equal to or below text (exact case) */
  MATCH_EXACT,     /* value equals text byte for byte: what scopes ask for */
};

struct filter_term {
  enum match_op op;
  struct slice text;         /* folded, for EQUAL, WILDCARD, SUBSTRING; exact for SUBTREE */
  double low, high;          /* RANGE over numbers; -INFINITY / INFINITY where open */
  int64_t low_int, high_int; /* the same for KIND_TIME (us) and KIND_SEQ */
  uint8_t network[16];       /* CIDR; IPv4 as its 4 bytes first */
  uint8_t network_bytes;     /* 4 or 16 */
  uint8_t prefix_bits;
};

struct filter_field {
  enum field_id field;
  struct slice key; /* FIELD_PARAMS: the parameter's name; empty means any parameter */
};

struct filter_clause {
  bool negated;
  const struct filter_field *fields; /* NULL: every searchable field (keyword) */
  uint32_t field_count;
  const struct filter_term *terms;
  uint32_t term_count;
  uint32_t offset, length; /* where in the query text, for messages */
};

struct filter {
  const struct filter_clause *clauses;
  uint32_t clause_count; /* 0: everything matches */
};

/* The definition of matching, event by event: what every faster way must agree with. */
bool filter_matches(const struct filter *f, const struct event *e);
/* One term against one value (without tag). `kind` is the field's. */
bool filter_term_matches(const struct filter_term *t, enum field_kind kind, struct slice value, struct buffer *scratch);
/* A KIND_TIME or KIND_SEQ value of the header against a term. */
bool filter_term_matches_int(const struct filter_term *t, int64_t value);
/* What RANGE takes for a number: the whole text is a JSON number of at most FILTER_NUMBER_BYTES, finite as a double. */
enum { FILTER_NUMBER_BYTES = 64 };
bool filter_number(struct slice text, double *out);

#endif
