/* UTF-8 (RFC 3629): checking and cutting. Pure functions. */
#ifndef DAYBOOK_BASE_UTF8_H
#define DAYBOOK_BASE_UTF8_H

#include "base/slice.h"

/* No overlong forms, no surrogates. */
bool utf8_valid(struct slice s);
/* At most that many bytes of valid UTF-8, without a part of a character. */
struct slice utf8_clip(struct slice text, size_t most);

#endif
