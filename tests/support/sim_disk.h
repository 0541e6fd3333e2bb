/* Content of one simulated file: what is seen now and what a crash would leave. Private to sim_os.c, whose lock
 * guards it. */
#ifndef DAYBOOK_TESTS_SUPPORT_SIM_DISK_H
#define DAYBOOK_TESTS_SUPPORT_SIM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIM_PAGE_BYTES = 4096, SIM_SECTOR_BYTES = 512 };

/* NULL is a page of zeros. Where nothing is unsynced, both point to the same bytes. */
struct sim_page {
  uint8_t *now, *durable;
};

struct sim_content {
  uint64_t size, durable_size;
  struct sim_page *pages;
  size_t page_count;
};

/* A stream of pseudo-random numbers (splitmix64, Steele, Lea and Flood 2014). */
uint64_t sim_random(uint64_t *state);
/* 0 <= result < below; below > 0. */
uint64_t sim_random_below(uint64_t *state, uint64_t below);

void sim_content_free(struct sim_content *c);
size_t sim_content_read(const struct sim_content *c, uint64_t offset, void *to, size_t len);
void sim_content_write(struct sim_content *c, uint64_t offset, const void *data, size_t len);
void sim_content_resize(struct sim_content *c, uint64_t size);
/* What is now becomes durable. */
void sim_content_sync(struct sim_content *c);
/* Each unsynced sector and the size survive or not; what results is both current and durable. */
void sim_content_lose(struct sim_content *c, uint64_t *random_state);
void sim_content_damage(struct sim_content *c, uint64_t offset, uint8_t mask);

#endif
