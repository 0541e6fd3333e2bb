/* Replays a fuzz corpus: gives every file named on the command line, or lying in a folder named there, to the
 * target this is linked with. `make test` runs it under the sanitizers. */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_INPUT_BYTES = 64 * 1024 * 1024 };

/* The content in a block of exactly its size, so that the sanitizer sees a read one past the end. */
static int replay_file(const char *path, size_t size) {
  if (size > MAX_INPUT_BYTES) return fprintf(stderr, "%s: larger than an input may be\n", path), -1;
  FILE *file = fopen(path, "rb");
  if (!file) return perror(path), -1;
  uint8_t *data = malloc(size ? size : 1);
  int result = -1;
  if (data && fread(data, 1, size, file) == size) {
    LLVMFuzzerTestOneInput(data, size);
    result = 0;
  } else {
    fprintf(stderr, "%s: cannot be read\n", path);
  }
  free(data);
  fclose(file);
  return result;
}

/* Gives the number of inputs replayed, or -1. A folder is read one level deep. */
static int replay(const char *path, int depth) {
  struct stat status;
  if (stat(path, &status) != 0) return perror(path), -1;
  if (!S_ISDIR(status.st_mode)) return replay_file(path, (size_t)status.st_size) == 0 ? 1 : -1;
  if (depth > 0) return 0;
  DIR *folder = opendir(path);
  if (!folder) return perror(path), -1;
  int count = 0;
  for (struct dirent *entry; count >= 0 && (entry = readdir(folder));) {
    if (entry->d_name[0] == '.') continue;
    char file[PATH_MAX];
    int length = snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
    int replayed = length < (int)sizeof file ? replay(file, depth + 1) : -1;
    count = replayed < 0 ? -1 : count + replayed;
  }
  closedir(folder);
  return count;
}

int main(int argc, char **argv) {
  int count = 0;
  for (int i = 1; i < argc; i++) {
    int replayed = replay(argv[i], 0);
    if (replayed < 0) return EXIT_FAILURE;
    count += replayed;
  }
  printf("%d inputs replayed\n", count);
  return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
