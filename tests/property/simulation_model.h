/* What a store should hold after what was said to it: plain arrays, no cleverness. One course of the simulation. */
#ifndef DAYBOOK_TESTS_PROPERTY_SIMULATION_MODEL_H
#define DAYBOOK_TESTS_PROPERTY_SIMULATION_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "event/event.h"

enum { MODEL_TENANTS = 64, MODEL_SETTINGS = 8, MODEL_CANDIDATES = 8 };

struct model_event {
  uint32_t tenant;
  uint64_t seq;
  int64_t received_us, occurred_us;
  struct slice key, sent, stored; /* canonical JSON as sent and as stored */
  struct slice record;            /* event_encode()d, to be sent again */
  bool may_be_gone;               /* retention hid it while the store tidied up */
  uint64_t seen;                  /* the reading that met it last */
};

struct model_tenant {
  struct slice path;
  uint64_t last_seq;
  uint32_t *by_seq; /* event index of seq 1, 2 ... */
  uint32_t capacity;
};

/* A small value in the catalog. After a write that failed it may be one or the other, which the next start decides. */
struct model_value {
  struct slice name;                    /* of a setting, or the path of a retention */
  int64_t candidates[MODEL_CANDIDATES]; /* [0] is what the store says until it is opened again */
  uint32_t count;
};

struct model {
  struct arena arena;
  struct model_event *events;
  uint32_t count, capacity;
  struct model_tenant tenants[MODEL_TENANTS];
  uint32_t tenant_count;
  struct model_value settings[MODEL_SETTINGS], retention[MODEL_TENANTS];
  uint32_t setting_count, retention_count;
  int64_t last_received_us;
};

void model_init(struct model *m);
void model_free(struct model *m);

uint32_t model_tenant(struct model *m, struct slice path);
/* NULL where there is no such event. */
struct model_event *model_find(struct model *m, struct slice tenant, uint64_t seq);
/* The event gets the next seq of its tenant. */
struct model_event *model_add(struct model *m, const struct event *e, int64_t received_us);
/* The newest event of the tenant with the key, or NULL. */
struct model_event *model_find_key(struct model *m, struct slice tenant, struct slice key);

/* Whether retention shows it at this time. */
bool model_shows(const struct model *m, const struct model_event *e, int64_t now_us);
/* Everything hidden now may be purged. */
void model_tidy(struct model *m, int64_t now_us);
/* Pointers to all shown events in the order (occurred_at, tenant, seq); how many of them must be there. The list is
 * the caller's. */
struct model_event **model_list(struct model *m, int64_t now_us, uint32_t *count_out, uint32_t *must_out);

/* Retention of -1 is none of its own; a setting never written is -1. */
int64_t model_value_get(const struct model_value *values, uint32_t count, struct slice name);
void model_value_set(struct model *m, struct model_value *values, uint32_t *count, struct slice name, int64_t value,
                     bool certain);
/* What was found after a start; false where it was never written. */
bool model_value_found(struct model_value *v, int64_t value);

#endif
