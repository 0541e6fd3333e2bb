/* Private to event/: the objects of an event's JSON and the members of each, derived from the field table.
 * Built once per process, constant afterwards, any thread. */
#ifndef DAYBOOK_EVENT_OBJECTS_H
#define DAYBOOK_EVENT_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "event/fields.h"

enum object_id {
  OBJECT_EVENT,
  OBJECT_ACTOR,
  OBJECT_BEHALF,
  OBJECT_SOURCE,
  OBJECT_GEO,
  OBJECT_TARGET,
  OBJECT_HTTP,
  OBJECT_AUTH,
  OBJECT_MESSAGE,
  OBJECT_CHANGES,
  OBJECT_TARGETS,
  OBJECT_PARAMS,
  OBJECT_COUNT,
};

enum object_kind {
  OBJECT_PLAIN, /* {"member": value} */
  OBJECT_LIST,  /* [{"member": value}] */
  OBJECT_MAP,   /* {"any key": value} */
};

enum { OBJECT_MEMBERS = 32, LIST_COLUMNS = 8, NO_FIELD = 255 };

/* A member of an object: a field, or another object. */
struct member {
  struct slice name;
  uint8_t object; /* in which it stands: enum object_id */
  uint8_t field;  /* enum field_id, or NO_FIELD */
  uint8_t child;  /* enum object_id where it is an object; else OBJECT_EVENT */
  uint8_t column; /* its place among the fields of its object */
  bool from_server;
};

struct object {
  struct slice path; /* "source.geo"; empty for the event itself */
  enum object_kind kind;
  unsigned shape; /* SHAPE_* bit that says it was sent empty, or 0 */
  unsigned max_elements;
  unsigned member_count;
  const struct member *members[OBJECT_MEMBERS]; /* ordered by name, which is the order of RFC 8785 */
};

const struct object *object_get(enum object_id id);
/* The member of that name, or NULL. */
const struct member *object_member(enum object_id id, struct slice name);
/* The known member a misspelt name was most likely meant to be, or NULL. */
const struct member *object_nearest_member(enum object_id id, struct slice name);

#endif
