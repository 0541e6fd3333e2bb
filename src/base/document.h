/* A JSON document of somebody else's making as a tree: for importers, request bodies, configuration and other servers'
 * answers. Plain data in the caller's arena, which bounds it. (Events themselves are parsed by event/; this is for
 * documents of any shape, several of which may follow one another in a file.) */
#ifndef DAYBOOK_BASE_DOCUMENT_H
#define DAYBOOK_BASE_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/slice.h"

enum document_kind { DOCUMENT_NULL, DOCUMENT_BOOL, DOCUMENT_NUMBER, DOCUMENT_STRING, DOCUMENT_ARRAY, DOCUMENT_OBJECT };

struct document {
  enum document_kind kind;
  struct slice text; /* STRING: decoded; NUMBER, BOOL, NULL: as written */
  struct slice name; /* of a member of an object: decoded */
  const struct document *first, *next;
};

enum { DOCUMENT_DEPTH = 64, DOCUMENT_MEMBERS = 1000 /* of an object that document_read takes */ };

/* Reads one JSON value (RFC 8259, strictly) with the blanks around it and moves *at past them; more may follow.
 * Text borrows from *at where nothing is escaped. ERR_INVALID with the byte in the message; ERR_TOO_LARGE past the
 * arena's maximum. */
int document_parse(struct slice *at, struct arena *arena, const struct document **out, struct error *err);

/* The whole of text as one document, as strictly as request bodies are read: also valid UTF-8, no NUL, no member twice
 * in an object. ERR_INVALID, ERR_TOO_LARGE. */
int document_read(struct slice text, struct arena *arena, const struct document **out, struct error *err);

/* The first member of that name, or NULL; also NULL where d is NULL or no object. */
const struct document *document_member(const struct document *d, const char *name);
/* The text of a string, number or bool member; empty where there is none. */
struct slice document_text(const struct document *d, const char *name);
/* Appends d as JSON: members in the order of the source, numbers as written, no blanks. */
void document_append(const struct document *d, struct buffer *out);
/* Appends text as a JSON string with quotes, RFC 8785 escapes. */
void json_append_string(struct buffer *out, struct slice text);

#endif
