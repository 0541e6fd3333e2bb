/* The file a segment is written to: header, framed pages one after another, trailer. One thread. Private to store/. */
#ifndef DAYBOOK_STORE_SEGMENT_OUTPUT_H
#define DAYBOOK_STORE_SEGMENT_OUTPUT_H

#include "os/os.h"
#include "store/segment_format.h"

struct segment_output {
  const struct os *os;
  const char *path;
  struct os_file *file;
  struct buffer pending; /* not yet written, ends at offset */
  uint64_t offset;       /* of the next page */
  struct buffer page;    /* frame and payload of the page being made */
};

int segment_output_open(struct segment_output *o, const struct os *os, const char *path, struct error *err);
/* Room for a payload: cleared but for the frame. Append to it, then call segment_output_page. */
struct buffer *segment_output_begin(struct segment_output *o);
/* Writes the page; its length with the frame. */
int segment_output_page(struct segment_output *o, enum segment_page kind, uint32_t *length_out, struct error *err);
/* Writes the trailer behind the footer page that lies at footer_offset, and syncs. */
int segment_output_finish(struct segment_output *o, uint64_t footer_offset, uint32_t footer_length, struct error *err);
/* Frees everything; removes the file unless it is to be kept. */
void segment_output_close(struct segment_output *o, bool keep);

#endif
