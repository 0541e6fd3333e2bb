/* The event: parsing and validating what clients post, its canonical form, its binary record and its
 * plain-English summary. Everything is driven by the field table in event/fields.h.
 *
 * An event in memory is a header and an array of cells, one cell per value, ordered by field, then by
 * list element or parameter key. Cells borrow their bytes (from an arena or a decoded record). */
#ifndef DAYBOOK_EVENT_EVENT_H
#define DAYBOOK_EVENT_EVENT_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/document.h" /* json_append_string */
#include "base/error.h"
#include "base/slice.h"
#include "event/fields.h"

/* ---- The field table as data ---- */

struct field {
  enum field_id id;
  struct slice path; /* "actor.display_name" */
  enum field_kind kind;
  enum field_origin origin;
  unsigned max_bytes; /* 0: bounded by the event alone */
  unsigned flags;     /* enum field_flag */
  struct slice label; /* column header for people and CSV */
  struct slice alias; /* short query name, or empty */
};

extern const struct field field_table[FIELD_COUNT];
static inline const struct field *field_get(enum field_id id) {
  assert((unsigned)id < FIELD_COUNT);
  return &field_table[id];
}
const struct field *field_find(struct slice path); /* by path, NULL where there is none; "params" finds the family */

/* ---- The event ---- */

/* The type of a KIND_ANY value: the first byte of its cell's text. */
enum value_tag {
  VALUE_STRING = 's', /* text as it is */
  VALUE_NUMBER = 'n', /* RFC 8785 number */
  VALUE_BOOL = 'b',   /* true or false */
  VALUE_NULL = 'z',   /* null */
  VALUE_JSON = 'j',   /* canonical JSON of an array or object */
};

struct event_cell {
  uint16_t field;    /* enum field_id; never KIND_TIME or KIND_SEQ */
  uint16_t element;  /* F_LIST: 0-based element; else 0 */
  struct slice key;  /* F_MAP: the parameter's name; else empty */
  struct slice text; /* KIND_ANY: tag byte, then text; KIND_UINT: decimal; else the value */
};

/* FIELD_SHAPE: one cell, absent where all bits are 0 (RFC 3339 "Z" with no fraction, nothing empty).
 * Text is 3 bytes: occurred_at's fractional digits (0..6), then a little-endian 16-bit set of objects and
 * arrays that were sent empty (SHAPE_*), so that the canonical form is what was sent. */
enum event_shape {
  SHAPE_SOURCE = 1 << 0,
  SHAPE_TARGET = 1 << 1,
  SHAPE_BEHALF = 1 << 2,
  SHAPE_HTTP = 1 << 3,
  SHAPE_AUTH = 1 << 4,
  SHAPE_MESSAGE = 1 << 5,
  SHAPE_PARAMS = 1 << 6,
  SHAPE_CHANGES = 1 << 7,
  SHAPE_TARGETS = 1 << 8,
};

struct event {
  int64_t occurred_at_us;
  int64_t received_at_us; /* 0 until committed */
  uint64_t seq;           /* 0 until committed, then 1, 2, 3 ... per tenant */
  uint32_t cell_count;
  struct event_cell *cells;
};

/* The first cell of a field, or NULL. */
const struct event_cell *event_cell(const struct event *e, enum field_id field);
/* Its text, empty where absent. */
struct slice event_text(const struct event *e, enum field_id field);
/* The value of a KIND_ANY cell without its tag; any other cell's text as it is. */
struct slice event_value(const struct event_cell *cell);
unsigned event_occurred_digits(const struct event *e);
unsigned event_empty_objects(const struct event *e); /* set of SHAPE_* */

/* ---- Parsing ---- */

/* Reusable parser with its buffers; one thread at a time. Wraps simdjson. */
struct event_parser;
struct event_parser *event_parser_new(void);
void event_parser_free(struct event_parser *p);

/* One JSON object (surrounding blanks allowed) as an event. Cells live in `arena`.
 * now_us bounds occurred_at. ERR_INVALID or ERR_TOO_LARGE with err->pointer (RFC 6901, "" = the whole):
 * unknown members, wrong types, bad UTF-8, NUL, duplicate keys, members of the server, missing members,
 * limits of base/limits.h, numbers that a double cannot hold exactly (integers beyond 2^53). A missing outcome
 * becomes "success"; times become UTC; addresses take their canonical form; nested params are flattened.
 * `json` needs no padding. */
int event_parse(struct event_parser *p, struct slice json, int64_t now_us, struct arena *arena, struct event *out,
                struct error *err);

enum event_body { EVENT_BODY_AUTO /* object or array by first byte */, EVENT_BODY_NDJSON };

/* A whole body: one object, an array, or NDJSON (empty lines skipped, CRLF allowed). Each event is handed to
 * each(arg, index, event) in order, the event valid during the call only; a non-zero return stops and is
 * returned. The pointer of a fault is prefixed with the event's index ("/3/actor/type"); the message of an NDJSON
 * fault names the line. At most LIMIT_REQUEST_EVENTS; zero events is ERR_INVALID. Because of all-or-nothing the
 * caller must drop what it was handed when this fails. */
int event_parse_body(struct event_parser *p, struct slice body, enum event_body kind, int64_t now_us,
                     int (*each)(void *arg, uint32_t index, const struct event *e), void *arg, struct error *err);

/* Whether path is a valid tenant path (1..8 segments of [A-Za-z0-9._-]{1,64} joined by '/'; no "." or ".."). */
bool event_tenant_valid(struct slice path);
/* True where tenant is prefix or below it; an empty prefix covers all. "acme" does not cover "acme-2". */
bool event_tenant_within(struct slice tenant, struct slice prefix);
/* Canonical text of an IPv4 or IPv6 address into out (46 bytes); false where text is none. */
bool event_ip_canonical(struct slice text, char out[46], size_t *len_out);

/* Builds a cell array in the right order; used by parser, record decoder and store. Sorts by (field, element, key). */
void event_sort_cells(struct event *e);
/* Server-added cells may be added before commit: puts a cell in its place, in a new array from arena. */
void event_add_cell(struct event *e, struct arena *arena, enum field_id field, struct slice text);
/* The same for several cells at once: in order of their fields, which follow one another in the table. */
void event_add_cells(struct event *e, struct arena *arena, const struct event_cell *added, uint32_t count);

/* ---- Forms ---- */

enum event_form {
  EVENT_AS_SENT, /* client's members only: what signatures and idempotency compare */
  EVENT_STORED,  /* with id, seq, received_at, source.peer_ip, source.geo */
};

/* Appends the canonical JSON (RFC 8785: members sorted by UTF-16 code units, no blanks, ES6 numbers). */
void event_append_json(const struct event *e, enum event_form form, struct buffer *out);
/* Appends "TENANT:SEQ". */
void event_append_id(const struct event *e, struct buffer *out);
/* Splits "TENANT:SEQ"; false where it is none. */
bool event_parse_id(struct slice id, struct slice *tenant_out, uint64_t *seq_out);
/* Appends the plain-English sentence: who, from where, did what to what; failures and reasons; first changes.
 * "Jane Doe (jane@acme.example) updated call queue Support EU from 203.0.113.4: ring_timeout 20 -> 45". */
void event_append_summary(const struct event *e, struct buffer *out);

/* ---- Binary record (WAL, batches, memtable) ----
 * le32 length of what follows | le64 seq | le64 received_at_us | le64 occurred_at_us | le16 cell count |
 * per cell: u8 field | varint element (F_LIST only) | u8 key length, key (F_MAP only) | varint length, text.
 * seq and received_at sit at fixed offsets so that the committer can set them in place. */
enum { EVENT_RECORD_HEADER_BYTES = 30, EVENT_RECORD_SEQ_OFFSET = 4, EVENT_RECORD_RECEIVED_OFFSET = 12 };

void event_encode(const struct event *e, struct buffer *out);
/* Decodes the record at the start of *at and moves it past; cells borrow from the record, the array is
 * from arena. ERR_CORRUPT on anything malformed (every length and field id is checked). */
int event_decode(struct slice *at, struct arena *arena, struct event *out, struct error *err);

#endif
