#include "tests/support/sim_disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

uint64_t sim_random(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t sim_random_below(uint64_t *state, uint64_t below) {
  assert(below > 0);
  return sim_random(state) % below; /* the bias does not matter here */
}

static uint8_t *new_page(const uint8_t *from) {
  uint8_t *page = calloc(1, SIM_PAGE_BYTES);
  if (!page) abort();
  if (from) memcpy(page, from, SIM_PAGE_BYTES);
  return page;
}

static void set_now(struct sim_page *p, uint8_t *bytes) {
  if (p->now != p->durable) free(p->now);
  p->now = bytes;
}

void sim_content_free(struct sim_content *c) {
  for (size_t i = 0; i < c->page_count; i++) {
    set_now(&c->pages[i], NULL);
    free(c->pages[i].durable);
  }
  free(c->pages);
  *c = (struct sim_content){0};
}

static void grow_pages(struct sim_content *c, uint64_t size) {
  size_t need = (size_t)((size + SIM_PAGE_BYTES - 1) / SIM_PAGE_BYTES);
  if (need <= c->page_count) return;
  struct sim_page *pages = realloc(c->pages, need * sizeof *pages);
  if (!pages) abort();
  memset(pages + c->page_count, 0, (need - c->page_count) * sizeof *pages);
  c->pages = pages;
  c->page_count = need;
}

/* The bytes seen now, to be changed without touching what is durable. */
static uint8_t *writable(struct sim_page *p) {
  if (p->now == NULL || p->now == p->durable) p->now = new_page(p->now);
  return p->now;
}

size_t sim_content_read(const struct sim_content *c, uint64_t offset, void *to, size_t len) {
  if (offset >= c->size) return 0;
  if (len > c->size - offset) len = (size_t)(c->size - offset);
  for (size_t done = 0; done < len;) {
    uint64_t at = offset + done;
    size_t inside = (size_t)(at % SIM_PAGE_BYTES), n = SIM_PAGE_BYTES - inside;
    if (n > len - done) n = len - done;
    const uint8_t *page = c->pages[at / SIM_PAGE_BYTES].now;
    if (page)
      memcpy((char *)to + done, page + inside, n);
    else
      memset((char *)to + done, 0, n);
    done += n;
  }
  return len;
}

void sim_content_write(struct sim_content *c, uint64_t offset, const void *data, size_t len) {
  if (len == 0) return;
  if (offset + len > c->size) sim_content_resize(c, offset + len);
  for (size_t done = 0; done < len;) {
    uint64_t at = offset + done;
    size_t inside = (size_t)(at % SIM_PAGE_BYTES), n = SIM_PAGE_BYTES - inside;
    if (n > len - done) n = len - done;
    memcpy(writable(&c->pages[at / SIM_PAGE_BYTES]) + inside, (const char *)data + done, n);
    done += n;
  }
}

/* Behind the size the pages seen now are always zero, so that growing shows zeros. */
void sim_content_resize(struct sim_content *c, uint64_t size) {
  grow_pages(c, size);
  if (size < c->size) {
    size_t inside = (size_t)(size % SIM_PAGE_BYTES), first = (size_t)(size / SIM_PAGE_BYTES);
    if (inside && c->pages[first].now) memset(writable(&c->pages[first]) + inside, 0, SIM_PAGE_BYTES - inside);
    for (size_t i = first + (inside > 0); i < c->page_count; i++) set_now(&c->pages[i], NULL);
  }
  c->size = size;
}

void sim_content_sync(struct sim_content *c) {
  for (size_t i = 0; i < c->page_count; i++) {
    struct sim_page *p = &c->pages[i];
    if (p->now == p->durable) continue;
    free(p->durable);
    p->durable = p->now;
  }
  c->durable_size = c->size;
}

static void lose_sectors(struct sim_page *p, uint64_t *random_state) {
  uint8_t *result = new_page(p->durable);
  for (size_t at = 0; at < SIM_PAGE_BYTES; at += SIM_SECTOR_BYTES) {
    if (sim_random_below(random_state, 2)) continue;
    if (p->now)
      memcpy(result + at, p->now + at, SIM_SECTOR_BYTES);
    else
      memset(result + at, 0, SIM_SECTOR_BYTES);
  }
  set_now(p, NULL);
  free(p->durable);
  p->now = p->durable = result;
}

void sim_content_lose(struct sim_content *c, uint64_t *random_state) {
  uint64_t size = c->size;
  if (c->size != c->durable_size) {
    uint64_t choice = sim_random_below(random_state, 3);
    if (choice == 0) size = c->durable_size;
    if (choice == 1 && c->size > c->durable_size)
      size = c->durable_size + sim_random_below(random_state, c->size - c->durable_size);
  }
  /* Sometimes all or nothing survives, which single sectors hardly ever give. */
  uint64_t manner = sim_random_below(random_state, 4);
  for (size_t i = 0; i < c->page_count; i++) {
    struct sim_page *p = &c->pages[i];
    if (p->now == p->durable) continue;
    if (manner == 0) {
      set_now(p, p->durable);
    } else if (manner == 1) {
      free(p->durable);
      p->durable = p->now;
    } else {
      lose_sectors(p, random_state);
    }
  }
  c->size = (uint64_t)c->page_count * SIM_PAGE_BYTES; /* for resize to clear what lies behind */
  sim_content_resize(c, size);
  sim_content_sync(c);
}

void sim_content_damage(struct sim_content *c, uint64_t offset, uint8_t mask) {
  assert(offset < c->size);
  struct sim_page *p = &c->pages[offset / SIM_PAGE_BYTES];
  bool synced = p->now == p->durable;
  writable(p)[offset % SIM_PAGE_BYTES] ^= mask;
  if (synced) {
    free(p->durable);
    p->durable = p->now;
    return;
  }
  if (!p->durable) p->durable = new_page(NULL);
  p->durable[offset % SIM_PAGE_BYTES] ^= mask;
}
