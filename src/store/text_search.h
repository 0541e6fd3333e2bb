/* Searching many texts that lie end to end, as in a page of texts or of a dictionary: one pass over all bytes instead
 * of a call per text. One thread. Private to store/. */
#ifndef DAYBOOK_STORE_TEXT_SEARCH_H
#define DAYBOOK_STORE_TEXT_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/slice.h"

struct text_search {
  struct slice needle; /* folded, not empty */
  bool whole;          /* the text must be the needle, not only hold it */
  uint32_t skip;       /* bytes before each text that do not count: its tag */
  struct buffer lower; /* scratch: bytes in lower case */
};

void text_search_init(struct text_search *t, struct slice needle, bool whole, uint32_t skip);
void text_search_free(struct text_search *t);
/* hit(arg, index) for every text i < count, bytes[starts[i] .. starts[i+1]), that matches; starts[0] may be past 0.
 * False, with nothing reported, where folding is more than lower case (the bytes are not ASCII) or there are too many
 * of them: then try text by text. */
bool text_search_run(struct text_search *t, const uint32_t *starts, uint32_t count, const char *bytes,
                     void (*hit)(void *arg, uint32_t index), void *arg);

#endif
