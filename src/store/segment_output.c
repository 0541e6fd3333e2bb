#include "store/segment_output.h"

enum { WRITE_BYTES = 1 << 20 };

bool segment_column_kind(unsigned field, enum column_kind *out) {
  if (field == FIELD_PARAMS_REST) {
    *out = COLUMN_LIST;
    return true;
  }
  if (field >= FIELD_COUNT) return false;
  const struct field *f = field_get((enum field_id)field);
  *out = f->kind == KIND_TIME || f->kind == KIND_SEQ ? COLUMN_INT : f->flags & F_LIST ? COLUMN_LIST : COLUMN_IDS;
  return true;
}

bool segment_searchable(unsigned field) {
  return field == FIELD_PARAMS_REST || (field < FIELD_COUNT && field_get((enum field_id)field)->flags & F_SEARCH);
}

static int flush(struct segment_output *o, struct error *err) {
  uint64_t at = o->offset - o->pending.len;
  int code = os_write(o->os, o->file, at, o->pending.data, o->pending.len);
  buffer_clear(&o->pending);
  return code ? error_set(err, code, "write %s: %s", o->path, error_text(code)) : 0;
}

static int append(struct segment_output *o, const void *data, size_t len, struct error *err) {
  buffer_append(&o->pending, data, len);
  if (o->pending.overflowed) return error_set(err, ERR_TOO_LARGE, "write %s: a page is too large", o->path);
  o->offset += len;
  return o->pending.len >= WRITE_BYTES ? flush(o, err) : 0;
}

int segment_output_open(struct segment_output *o, const struct os *os, const char *path, struct error *err) {
  *o = (struct segment_output){.os = os, .path = path};
  buffer_init(&o->pending, (size_t)SEGMENT_PAGE_MAX_BYTES + WRITE_BYTES);
  buffer_init(&o->page, SEGMENT_PAGE_MAX_BYTES);
  int code = os_open(os, path, OS_CREATE, &o->file);
  if (code) return error_set(err, code, "create %s: %s", path, error_text(code));
  struct buffer *header = segment_output_begin(o);
  buffer_clear(header);
  buffer_append_text(header, SEGMENT_MAGIC);
  buffer_append_le32(header, SEGMENT_VERSION);
  buffer_append_le32(header, crc32c(0, header->data, header->len));
  return append(o, header->data, header->len, err);
}

struct buffer *segment_output_begin(struct segment_output *o) {
  static const char frame[SEGMENT_FRAME_BYTES];
  buffer_clear(&o->page);
  buffer_append(&o->page, frame, sizeof frame);
  return &o->page;
}

static void put_le32(char *to, uint32_t v) { memcpy(to, &v, sizeof v); }

int segment_output_page(struct segment_output *o, enum segment_page kind, uint32_t *length_out, struct error *err) {
  struct buffer *page = &o->page;
  if (page->overflowed) return error_set(err, ERR_TOO_LARGE, "write %s: a page is too large", o->path);
  put_le32(page->data + 4, (uint32_t)(page->len - SEGMENT_FRAME_BYTES));
  page->data[8] = (char)kind;
  put_le32(page->data, crc32c(0, page->data + 4, page->len - 4));
  *length_out = (uint32_t)page->len;
  return append(o, page->data, page->len, err);
}

int segment_output_finish(struct segment_output *o, uint64_t footer_offset, uint32_t footer_length, struct error *err) {
  struct buffer *trailer = segment_output_begin(o);
  buffer_clear(trailer);
  buffer_append_le64(trailer, footer_offset);
  buffer_append_le32(trailer, footer_length);
  buffer_append_le32(trailer, SEGMENT_VERSION);
  buffer_append_le32(trailer, 0);
  buffer_append_le32(trailer, crc32c(0, trailer->data, trailer->len));
  buffer_append_text(trailer, SEGMENT_MAGIC);
  int code = append(o, trailer->data, trailer->len, err);
  if (!code) code = flush(o, err);
  if (code) return code;
  code = os_sync(o->os, o->file);
  return code ? error_set(err, code, "sync %s: %s", o->path, error_text(code)) : 0;
}

void segment_output_close(struct segment_output *o, bool keep) {
  bool created = o->file != NULL;
  os_close(o->os, o->file);
  if (created && !keep) o->os->remove(o->os->context, o->path);
  buffer_free(&o->pending);
  buffer_free(&o->page);
}
