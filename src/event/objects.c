#include "event/objects.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/limits.h"
#include "event/event.h"

static struct object objects[OBJECT_COUNT] = {
    [OBJECT_EVENT] = {.path = {"", 0}},
    [OBJECT_ACTOR] = {.path = {"actor", 5}},
    [OBJECT_BEHALF] = {.path = {"on_behalf_of", 12}, .shape = SHAPE_BEHALF},
    [OBJECT_SOURCE] = {.path = {"source", 6}, .shape = SHAPE_SOURCE},
    [OBJECT_GEO] = {.path = {"source.geo", 10}},
    [OBJECT_TARGET] = {.path = {"target", 6}, .shape = SHAPE_TARGET},
    [OBJECT_HTTP] = {.path = {"http", 4}, .shape = SHAPE_HTTP},
    [OBJECT_AUTH] = {.path = {"auth", 4}, .shape = SHAPE_AUTH},
    [OBJECT_MESSAGE] = {.path = {"message", 7}, .shape = SHAPE_MESSAGE},
    [OBJECT_CHANGES] = {{"changes", 7}, OBJECT_LIST, SHAPE_CHANGES, LIMIT_CHANGES, 0, {NULL}},
    [OBJECT_TARGETS] = {{"targets", 7}, OBJECT_LIST, SHAPE_TARGETS, LIMIT_TARGETS, 0, {NULL}},
    [OBJECT_PARAMS] = {{"params", 6}, OBJECT_MAP, SHAPE_PARAMS, LIMIT_PARAMS, 0, {NULL}},
};

/* Members with an open-addressed hash table over (object, name); derived from the field table at first use. */
enum { MEMBER_MAX = FIELD_COUNT + OBJECT_COUNT + 1, SLOTS = 512 };
static struct member members[MEMBER_MAX];
static unsigned member_count;
static const struct member *slots[SLOTS];
static pthread_once_t built_once = PTHREAD_ONCE_INIT;

/* First, middle and last byte and the length tell nearly all names apart. */
static unsigned slot_of(unsigned object, struct slice name) {
  const unsigned char *s = (const unsigned char *)name.data;
  uint32_t h = (uint32_t)name.len + object * 64;
  if (name.len > 0) h = (((h * 131 + s[0]) * 131) + s[name.len / 2]) * 131 + s[name.len - 1];
  return (h * UINT32_C(2654435761)) >> 23;
}

static struct member *add_member(enum object_id object, struct slice name) {
  assert(member_count < MEMBER_MAX);
  struct member *m = &members[member_count++];
  *m = (struct member){.name = name, .object = (uint8_t)object, .field = NO_FIELD};
  unsigned slot = slot_of(object, name);
  while (slots[slot]) slot = (slot + 1) % SLOTS;
  slots[slot] = m;
  struct object *o = &objects[object];
  assert(o->member_count < OBJECT_MEMBERS);
  unsigned at = o->member_count++;
  for (; at > 0 && slice_compare(name, o->members[at - 1]->name) < 0; at--) o->members[at] = o->members[at - 1];
  o->members[at] = m;
  return m;
}

/* The object whose path is that of `path` without its last name; the name goes to name_out. */
static enum object_id parent_of(struct slice path, struct slice *name_out) {
  size_t dot = path.len;
  while (dot > 0 && path.data[dot - 1] != '.') dot--;
  *name_out = slice_skip(path, dot);
  struct slice parent = slice_of(path.data, dot > 0 ? dot - 1 : 0);
  for (unsigned i = 0; i < OBJECT_COUNT; i++)
    if (slice_equal(objects[i].path, parent)) return (enum object_id)i;
  abort(); /* a field of an object that has no row in objects */
}

static void build(void) {
  struct slice name;
  uint8_t columns[OBJECT_COUNT] = {0};
  for (unsigned i = OBJECT_EVENT + 1; i < OBJECT_COUNT; i++) {
    struct member *m = add_member(parent_of(objects[i].path, &name), name);
    m->child = (uint8_t)i;
    m->from_server = i == OBJECT_GEO;
  }
  for (unsigned i = 0; i < FIELD_COUNT; i++) {
    const struct field *f = field_get((enum field_id)i);
    if (f->kind == KIND_SHAPE || f->flags & F_MAP) continue;
    enum object_id parent = parent_of(f->path, &name);
    struct member *m = add_member(parent, name);
    m->field = (uint8_t)i;
    m->from_server = f->origin == FROM_SERVER;
    m->column = columns[parent]++;
    assert(objects[parent].kind != OBJECT_LIST || m->column < LIST_COLUMNS);
  }
  add_member(OBJECT_EVENT, SLICE("id"))->from_server = true; /* TENANT:SEQ, no field of its own */
}

const struct object *object_get(enum object_id id) {
  pthread_once(&built_once, build);
  return &objects[id];
}

const struct member *object_member(enum object_id id, struct slice name) {
  for (unsigned slot = slot_of(id, name); slots[slot]; slot = (slot + 1) % SLOTS)
    if (slots[slot]->object == (uint8_t)id && slice_equal(slots[slot]->name, name)) return slots[slot];
  return NULL;
}

/* Levenshtein distance of two short names. */
static unsigned distance(struct slice a, struct slice b) {
  unsigned row[OBJECT_MEMBERS + 1];
  assert(b.len <= OBJECT_MEMBERS);
  for (unsigned j = 0; j <= b.len; j++) row[j] = j;
  for (unsigned i = 1; i <= a.len; i++) {
    unsigned diagonal = row[0];
    row[0] = i;
    for (unsigned j = 1; j <= b.len; j++) {
      unsigned substituted = diagonal + (a.data[i - 1] != b.data[j - 1]);
      diagonal = row[j];
      unsigned best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
      row[j] = substituted < best ? substituted : best;
    }
  }
  return row[b.len];
}

const struct member *object_nearest_member(enum object_id id, struct slice name) {
  if (name.len == 0 || name.len > OBJECT_MEMBERS) return NULL;
  const struct object *o = object_get(id);
  const struct member *nearest = NULL;
  unsigned best = name.len < 4 ? 2 : 3; /* must be nearer than this */
  for (unsigned i = 0; i < o->member_count; i++) {
    if (o->members[i]->from_server || o->members[i]->name.len > OBJECT_MEMBERS) continue;
    unsigned d = distance(name, o->members[i]->name);
    if (d >= best) continue;
    best = d;
    nearest = o->members[i];
  }
  return nearest;
}
