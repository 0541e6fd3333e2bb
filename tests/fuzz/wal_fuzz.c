/* Replays arbitrary bytes as a WAL file; then repairs it, appends to it and replays it again.
 *
 * The first byte of the input says what follows. Even: the file itself. Odd: steps by which a log is made, so that
 * damage, forged heads and good records stand beside each other behind checksums that hold. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "store/wal.h"
#include "store/wal_format.h"
#include "tests/support/sim_os.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DISK_BYTES = 1024 * 1024, MAX_STEPS = 200 };

static const char path[] = "wal/0000000001.wal";

static void must(bool holds) {
  if (!holds) abort();
}

struct seen {
  uint64_t records, bytes;
};

static int count_record(void *arg, struct slice payload) {
  struct seen *seen = arg;
  seen->records++;
  seen->bytes += payload.len;
  /* Reads every byte, so that the sanitizer sees one that is not there; no bytes have CRC 0. */
  must(crc32c(0, payload.data, payload.len) == 0 || payload.len > 0);
  return 0;
}

static void write_raw(const struct os *os, uint64_t offset, const void *bytes, size_t len) {
  struct os_file *file = NULL;
  must(os_open(os, path, OS_READ_WRITE, &file) == 0);
  int code = os_write(os, file, offset, bytes, len);
  must(code == 0 || code == ERR_DISK_FULL);
  os_close(os, file);
}

static void make_raw(const struct os *os, struct slice bytes) {
  struct os_file *file = NULL;
  must(os->make_dir(os->context, "wal") == 0);
  must(os_open(os, path, OS_CREATE, &file) == 0);
  os_close(os, file);
  write_raw(os, 0, bytes.data, bytes.len < DISK_BYTES ? bytes.len : DISK_BYTES);
}

/* A head with right checksums that says what the input wants. */
static void forge_head(const struct os *os, uint64_t end_offset, struct reader *in) {
  struct os_file *file = NULL;
  struct wal_header header;
  enum wal_header_state state;
  uint8_t bytes[WAL_HEAD_BYTES];
  uint64_t offset = end_offset + (uint64_t)reader_u8(in) * WAL_ALIGN;
  struct wal_head head = {.payload_bytes = reader_le32(in)};
  head.durable_offset = reader_le16(in);
  head.payload_crc = reader_u8(in) % 2 ? 0 : reader_le32(in); /* 0 is right for no payload */
  must(os_open(os, path, OS_READ, &file) == 0);
  int code = wal_read_header(os, file, path, 1, &header, &state, NULL);
  os_close(os, file);
  if (code || state != WAL_HEADER_GOOD) return;
  wal_head_encode(header.identity, offset, &head, bytes);
  write_raw(os, offset, bytes, sizeof bytes);
}

static void make_by_steps(struct sim_os *sim, const struct os *os, struct reader *in) {
  struct wal *w = NULL;
  must(wal_create(os, "/", 1, &w, NULL) == 0);
  for (int step = 0; step < MAX_STEPS && reader_left(in) > 0; step++) {
    switch (reader_u8(in) % 5) {
      case 0: {
        size_t len = reader_le16(in);
        struct slice payload = reader_bytes(in, len < reader_left(in) ? len : reader_left(in));
        must(wal_append(w, payload, NULL) != ERR_IO);
        break;
      }
      case 1: must(wal_sync(w, NULL) == 0); break;
      case 2: forge_head(os, wal_bytes(w), in); break;
      case 3: {
        uint64_t offset = reader_le16(in);
        (void)sim_os_damage(sim, path, offset, reader_u8(in)); /* past the end there is nothing to damage */
        break;
      }
      case 4: {
        uint64_t offset = reader_le16(in);
        uint8_t zeros[64] = {0};
        write_raw(os, offset, zeros, sizeof zeros);
        break;
      }
    }
  }
  wal_close(w);
}

static int replay(const struct os *os, struct wal_replay *out, struct seen *seen) {
  *seen = (struct seen){0};
  int code = wal_replay(os, "/", 1, count_record, seen, out, NULL);
  must(code == 0 || code == ERR_CORRUPT || code == ERR_UNSUPPORTED);
  must(seen->bytes <= DISK_BYTES);
  must(code != 0 || out->records == seen->records);
  return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  struct sim_os *sim = sim_os_new(1);
  const struct os *os = sim_os_table(sim);
  struct reader in = reader_of(slice_of((const char *)data + 1, size - 1));
  struct wal_replay r;
  struct seen before, after;
  struct wal *w = NULL;
  uint64_t cut_at = 0;
  sim_os_set_faults(sim, &(struct sim_os_faults){.capacity_bytes = DISK_BYTES}); /* too little to preallocate a step */
  if (data[0] % 2 == 0)
    make_raw(os, slice_of((const char *)in.at, reader_left(&in)));
  else
    make_by_steps(sim, os, &in);
  sim_os_set_faults(sim, &(struct sim_os_faults){.capacity_bytes = 4 * DISK_BYTES});

  int code = replay(os, &r, &before);
  if (code == ERR_UNSUPPORTED) goto out;
  if (code == ERR_CORRUPT) {
    must(wal_cut(os, "/", 1, "/damaged", &cut_at, NULL) == 0);
    must(replay(os, &r, &after) == 0);
    must(after.records == before.records && (r.end_offset == cut_at || after.records == 0));
  }
  must(wal_open(os, "/", 1, r.end_offset, &w, NULL) == 0);
  must(wal_append(w, SLICE("one more"), NULL) == 0);
  must(wal_sync(w, NULL) == 0);
  wal_close(w);
  must(replay(os, &r, &after) == 0);
  must(after.records == before.records + 1 && after.bytes == before.bytes + 8 && !r.torn_tail);
out:
  sim_os_free(sim);
  return 0;
}
