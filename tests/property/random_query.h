/* Random queries: the text of one, and beside it the SQL condition that docs/query-language.md says it means. Values
 * are cut out of stored events, so that most clauses find something. Never made with the parser's help. */
#ifndef DAYBOOK_TESTS_PROPERTY_RANDOM_QUERY_H
#define DAYBOOK_TESTS_PROPERTY_RANDOM_QUERY_H

#include "tests/property/oracle_sql.h"
#include "tests/support/random_event.h"

struct random_query {
  struct buffer text, where; /* where: a condition on the row e */
};

void random_query_init(struct random_query *q);
void random_query_free(struct random_query *q);
/* Values come from o's events; now_us is what "now" means. */
void random_query_make(struct random *r, const struct oracle *o, int64_t now_us, struct random_query *q);

/* A name of the documentation's table. */
enum name_kind { NAME_TEXT, NAME_UINT, NAME_ANY, NAME_IP, NAME_TENANT, NAME_TIME, NAME_SEQ };
struct query_name {
  const char *name;
  enum name_kind kind;
  const char *fields[4]; /* paths it finds; NULL after the last */
};
extern const struct query_name query_name_table[];
extern const uint32_t query_name_count;

/* A piece of a random value of the field (any field where path is NULL), cut at characters; false where none was found.
 */
bool random_value(struct random *r, const struct oracle *o, const char *path, struct slice *value_out,
                  struct slice *key_out);
struct slice random_piece(struct random *r, struct slice value, size_t max_characters);

#endif
