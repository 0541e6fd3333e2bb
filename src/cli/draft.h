/* An event under construction by an importer: values by row of the field table, then written as the JSON that the
 * ordinary way in reads and checks. Borrows its values; lives for one line of input. */
#ifndef DAYBOOK_CLI_DRAFT_H
#define DAYBOOK_CLI_DRAFT_H

#include "base/buffer.h"
#include "base/instant.h"
#include "base/limits.h"
#include "event/event.h"

struct draft_pair {
  struct slice name;
  struct slice json, json_new; /* JSON text; params: json alone; changes: old and new, empty where absent */
};

struct draft {
  struct slice values[FIELD_COUNT]; /* data NULL: absent */
  struct draft_pair params[LIMIT_PARAMS];
  struct draft_pair changes[LIMIT_CHANGES];
  uint32_t param_count, change_count;
  uint32_t params_omitted, changes_omitted; /* past the limits; told in params_omitted and changes_omitted */
  struct arena *arena;
};

void draft_init(struct draft *d, struct arena *arena);
/* Text (or decimal digits for numbers) of a field; bytes that are not UTF-8 and NUL become U+FFFD. Empty text is left
 * out. */
void draft_set(struct draft *d, enum field_id field, struct slice text);
void draft_set_text(struct draft *d, enum field_id field, const char *text);
void draft_set_time(struct draft *d, int64_t us, unsigned digits);
/* A parameter; characters a key may not have become '_', and a key past LIMIT_PARAM_KEY_BYTES or twice used gets a
 * number. Empty text is left out. */
void draft_param(struct draft *d, struct slice key, struct slice text);
void draft_param_json(struct draft *d, struct slice key, struct slice json); /* number, bool or string */
void draft_change(struct draft *d, struct slice field, struct slice old_json, struct slice new_json);
/* Appends the event as one line of JSON without a newline. */
void draft_append_json(struct draft *d, struct buffer *out);

/* Text as valid UTF-8 without NUL: itself, or a copy in the arena with U+FFFD for what was wrong. */
struct slice draft_clean(struct arena *arena, struct slice text);

#endif
