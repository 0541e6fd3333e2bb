/* Importers on arbitrary files: the first byte chooses the format. What comes out passes or is refused by the ordinary
 * way in; nothing may crash, hang or read outside. */
#include "tests/support/import_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint32_t count;
  const struct importer *const *list = importer_list(&count);
  static struct imported got;
  if (size == 0 || size > 65536) return 0;
  struct import_options options = {.year = 2020, .tz = data[0] & 0x80 ? "Europe/Berlin" : "UTC"};
  import_text(list[(data[0] & 0x7F) % count]->name, &options, slice_of((const char *)data + 1, size - 1), &got);
  imported_free(&got);
  return 0;
}
