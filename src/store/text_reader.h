/* Texts of a part's dictionaries by id, for readers of many rows: the dictionary pages that were needed stay pinned, so
 * that a look-up is a search among them and no visit to the shared cache. Past a number of pages
 * it lets all go and begins anew. One thread. Private to store/. */
#ifndef DAYBOOK_STORE_TEXT_READER_H
#define DAYBOOK_STORE_TEXT_READER_H

#include "store/part.h"

enum { TEXT_READER_IDS = 64 };

struct text_reader;

/* max_pages: about how many pages of some 40 KiB it may hold. The part, whose dictionaries have pages, must outlive it.
 */
struct text_reader *text_reader_new(struct part *part, uint32_t max_pages);
void text_reader_free(struct text_reader *r); /* NULL is allowed */
/* The texts of `count` ids (at most TEXT_READER_IDS), copied into arena: ids_plus_1[i] - 1, nothing where that is 0.
 * Many at once wait for memory together. ERR_CORRUPT where the dictionary has no such id, ERR_IO, ERR_TOO_LARGE. */
int text_reader_get(struct text_reader *r, uint32_t column, const uint32_t *ids_plus_1, uint32_t count,
                    struct arena *arena, struct slice *out, struct error *err);

#endif
