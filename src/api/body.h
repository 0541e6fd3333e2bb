/* Reading JSON bodies that are no events: members by name, each fault with its JSON pointer. Values live in the
 * request's arena. Private to api/. */
#ifndef DAYBOOK_API_BODY_H
#define DAYBOOK_API_BODY_H

#include "api/internal.h"
#include "base/document.h"

/* The body as an object with members of these names alone (NULL at the end). */
int body_object(struct http_request *r, const char *const *members, const struct document **out, struct error *err);
/* Refuses other members of an object that stands at `at` ("/grants/0"). */
int body_members(const struct document *d, const char *at, const char *const *members, struct error *err);

/* Absent and null: *out stays as it is, unless required. `at` is the pointer of the object, "" for the body. */
int member_text(const struct document *d, const char *at, const char *name, bool required, struct slice *out,
                struct error *err);
int member_bool(const struct document *d, const char *at, const char *name, bool *out, struct error *err);
int member_whole(const struct document *d, const char *at, const char *name, uint32_t least, uint32_t most,
                 uint32_t *out, struct error *err);
/* RFC 3339 with a zone. */
int member_instant(const struct document *d, const char *at, const char *name, int64_t *us_out, struct error *err);
/* An array of texts that are not empty, at most `most`; null and absent: none. An empty array is refused: as a limit it
 * would let nothing through, and must not be taken for no limit. */
int member_texts(const struct document *d, const char *at, const char *name, uint32_t most, struct arena *arena,
                 const struct slice **out, uint32_t *count_out, struct error *err);
/* {"role","tenant","logs","products"}; what else may stand there the caller has checked. */
int member_grant(const struct document *d, const char *at, struct arena *arena, struct account_grant *out,
                 struct error *err);

#endif
