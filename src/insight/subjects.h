/* Private to insight/: what the rules remember of each user, address and actor. */
#ifndef DAYBOOK_INSIGHT_SUBJECTS_H
#define DAYBOOK_INSIGHT_SUBJECTS_H

#include "insight/insight.h"

enum subject_kind { SUBJECT_USER, SUBJECT_ADDRESS, SUBJECT_DELETES, SUBJECT_KEYS, SUBJECT_GRANTS, SUBJECT_ROLES };

/* Events that follow each other closely. It counts once `need` of them lie within `window_us`. */
struct episode {
  uint64_t count; /* 0: none under way */
  int64_t first_us, last_us, window_us, gap_us;
  uint32_t need, room;
  bool qualified, spraying;
  int64_t *times; /* ring of the last `need` */
  struct slice tenant;
  bool has_subtree;
  uint32_t id_count;
  struct insight_id ids[INSIGHT_EVENTS];
};

enum { COUNTRIES = 16, ADDRESSES = 32 };

/* Successful log-ins of a user. */
struct history {
  uint64_t logins;
  uint64_t countries[COUNTRIES], addresses[ADDRESSES]; /* hashes */
  uint32_t country_count, address_count;
  bool countries_full, addresses_full; /* there were more: nothing is new any more */
  uint32_t hours[24];
  bool has_last;
  int64_t last_us;
  double latitude, longitude, radius_km;
  struct insight_id last;
  struct slice last_country;
};

struct sprayed { /* a user that an address failed for */
  uint64_t hash;
  int64_t last_us;
};

struct subject {
  enum subject_kind kind;
  struct slice tenant, key; /* address: tenant empty; key folded */
  struct slice shown;       /* as first seen */
  uint64_t hash;
  struct episode episode;
  struct history *history;
  struct sprayed *sprayed; /* room for a hundred */
  uint32_t sprayed_count;
};

struct subjects {
  struct subject **slots;
  uint32_t count;
  struct arena arena; /* texts */
};

void subjects_init(struct subjects *s);
void subjects_free(struct subjects *s);
/* The subject, made where it is new; NULL where there are too many. */
struct subject *subjects_get(struct subjects *s, enum subject_kind kind, struct slice tenant, struct slice key,
                             struct slice shown);
uint64_t subject_hash(uint64_t seed, struct slice text);

#endif
