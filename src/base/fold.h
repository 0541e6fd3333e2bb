/* Case folding for search: Unicode full case folding with NFC composition (utf8proc). Pure functions.
 * ASCII text takes a fast path. Text that is not UTF-8 is folded as ASCII, its other bytes kept as they are.
 *
 * Folding can lengthen: a scratch buffer needs a maximum of FOLD_GROWTH times the longest text. */
#ifndef DAYBOOK_BASE_FOLD_H
#define DAYBOOK_BASE_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

enum { FOLD_GROWTH = 3 };

/* Appends the folded form of s to out. */
void fold_append(struct buffer *out, struct slice s);
/* The folded form of s: s itself where it is already folded ASCII, else scratch's content
 * (scratch is cleared first). Borrowed from either. */
struct slice fold(struct slice s, struct buffer *scratch);
/* True where needle (already folded) occurs in the folded form of text. */
bool fold_contains(struct slice text, struct slice folded_needle, struct buffer *scratch);
/* A 64-bit hash of the folded form; equal for texts that fold alike. Not for hostile input without a seed. */
uint64_t fold_hash(struct slice s, uint64_t seed, struct buffer *scratch);
/* Position of needle in text, or -1: memmem with lengths. */
long slice_find(struct slice text, struct slice needle);

#endif
