/* Events as a table for people: gathered, then printed with columns as wide as they need. One thread. */
#ifndef DAYBOOK_CLI_TABLE_H
#define DAYBOOK_CLI_TABLE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "event/event.h"

struct table;
struct table *table_new(const char *tz, bool color, unsigned columns); /* columns 0: nothing is cut */
void table_free(struct table *t);
void table_add(struct table *t, const struct event *e);
void table_append(const struct table *t, struct buffer *out);

/* The terminal colour of what happened (product.md, row 25): its escape sequence, or "" for none. */
const char *table_action_color(const struct event *e);

#endif
