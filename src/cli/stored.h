/* Events as a server gives them back: with the members it added. Pure functions over documents; private to cli/. */
#ifndef DAYBOOK_CLI_STORED_H
#define DAYBOOK_CLI_STORED_H

#include "base/document.h"
#include "event/event.h"

/* Appends the members the client sent: without id, seq, received_at, summary, source.peer_ip and source.geo.
 * `without_key`: also without key. `tenant` (may be empty) is put in where the event has none. */
void stored_append_sent(const struct document *d, bool without_key, struct slice tenant, struct buffer *out);
/* The event with all the server added. `sent` is scratch; the event borrows from arena. */
int stored_parse(const struct document *d, struct event_parser *parser, struct buffer *sent, struct arena *arena,
                 struct event *out, struct error *err);
/* The record that ends an export and tells how many events came before. */
bool stored_is_trailer(const struct document *d);

#endif
