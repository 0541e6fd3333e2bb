/* The people, places and things of the demonstration. Constants alone. */
#ifndef DAYBOOK_DAEMON_DEMO_WORLD_H
#define DAYBOOK_DAEMON_DEMO_WORLD_H

#include <stddef.h>

struct demo_tenant {
  const char *path, *name, *domain;
};
struct demo_place { /* addresses for documentation (RFC 5737, RFC 3849): nobody's */
  const char *ip, *country, *region, *city;
};
struct demo_person {
  const char *login, *name;
  unsigned tenant, place; /* indexes */
  unsigned hour;          /* when the working day begins, UTC */
  const char *method;
};
struct demo_change {
  const char *action, *activity, *product, *category, *type, *name;
  const char *rest; /* further members of the event, with a comma before each; "" for none */
};

enum { DEMO_TENANTS = 9, DEMO_PLACES = 14, DEMO_PEOPLE = 24, DEMO_CHANGES = 65, DEMO_AGENTS = 5 };
/* Places that are no person's home. */
enum { PLACE_ATTACKER = 10, PLACE_SPRAYER, PLACE_TRAVEL, PLACE_OFFICE_US };

extern const struct demo_tenant demo_tenants[DEMO_TENANTS];
extern const struct demo_place demo_places[DEMO_PLACES];
extern const struct demo_person demo_people[DEMO_PEOPLE];
extern const struct demo_change demo_changes[DEMO_CHANGES];
extern const char *const demo_agents[DEMO_AGENTS];

#endif
