/* Private to event/: English for the verbs in `action`. Pure functions. */
#ifndef DAYBOOK_EVENT_VERBS_H
#define DAYBOOK_EVENT_VERBS_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/slice.h"

enum verb_kind {
  VERB_PLAIN,  /* acts on the target: "updated call queue Support" */
  VERB_LOGIN,  /* the target is where to, or the session itself */
  VERB_LOGOUT, /* likewise; has a duration */
};

/* `text` borrows from the action or from static data. */
struct verb {
  enum verb_kind kind;
  struct slice infinitive; /* "log in" */
  struct slice past;       /* "logged in"; empty: made from the infinitive by rule */
  struct slice joint;      /* before the target: "about"; or empty */
  struct slice object;     /* what the action itself names: "user" of create_user and user.create; or empty */
  bool is_noun;            /* no verb was found: "performed INFINITIVE on" */
};

struct verb verb_of_action(struct slice action);
/* Appends "updated". */
void verb_append_past(const struct verb *v, struct buffer *out);

#endif
