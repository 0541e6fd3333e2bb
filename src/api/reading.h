/* Readings on Daybook's record: exports always, searches where a tenant asks for it (record_searches).
 *
 * A reading concerns the subtrees that the caller's scope and the question's `tenant:` leave; every event it can give
 * lies below one of them. It is recorded in full - the question's text included - in exactly one place: the log of the
 * one tenant that holds all it concerns, else the log "daybook". Where it concerns several tenants, each of those that
 * are to know has an event, too, without the question's text, which may name others; of more than READING_TENANTS none
 * has, and the event in "daybook" says so. Private to api/. */
#ifndef DAYBOOK_API_READING_H
#define DAYBOOK_API_READING_H

#include "api/internal.h"

struct reading;
enum { READING_TENANTS = 64, READING_CONTINUES_S = 3600 };

/* Of a question that was parsed, before it is answered: by the request's route. A later page of a recorded question is
 * the same reading: its cursor carries a proof of that, bound to question, caller and time; any other cursor makes a
 * reading of its own. *out lives in the arena; NULL where nothing is recorded. */
int reading_record(struct http_request *r, struct api *a, const struct filter *filter, const struct reading **out,
                   struct error *err);
/* One event, by its id. */
int reading_record_event(struct http_request *r, struct api *a, struct slice tenant, uint64_t seq, struct error *err);
/* An export as a job, whose parameters are in a body. */
int reading_record_job(struct http_request *r, struct api *a, const struct filter *filter, struct slice q,
                       int64_t from_us, int64_t to_us, struct slice id, struct slice file, struct error *err);

/* The cursor of the request without its proof; empty: none. */
struct slice reading_cursor(const struct http_request *r);
/* Appends the proof to a cursor that was just written at `start` of out, where the reading was recorded. */
void reading_append_proof(struct http_request *r, struct api *a, const struct reading *x, size_t start,
                          struct buffer *out);

#endif
