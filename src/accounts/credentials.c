/* Two hash tables with chains: credentials by their hash (BLAKE2b of 256 random bits: its first bytes are the bucket),
 * holders by their id. A holder owns its credentials. What is read under the lock is copied out of it. */
#include "accounts/credentials.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 256 };

struct credential {
  struct credential *next;           /* in its bucket */
  struct credential *next_of_holder; /* of the same holder */
  struct holder *holder;
  struct credential_data data;
  atomic_int_least64_t used_us;
  int64_t taken_us; /* as of the last credentials_take_uses, which alone writes it once linked */
};

struct holder {
  struct holder *next; /* in its bucket */
  struct account_holder data;
  void *block; /* everything data points to */
  struct network *networks;
  struct credential *credentials;
};

struct credentials {
  pthread_rwlock_t lock;
  struct credential **credentials;
  struct holder **holders;
  uint32_t credential_buckets, holder_buckets; /* powers of two */
  uint32_t credential_count, holder_count;
};

/* ---- A holder as one block ---- */

struct packer {
  char *arrays, *texts;
};

static size_t slices_bytes(const struct slice *items, uint32_t count) {
  size_t bytes = 0;
  for (uint32_t i = 0; i < count; i++) bytes += items[i].len;
  return bytes;
}

static size_t arrays_bytes(const struct account_holder *h) {
  size_t slices = h->address_count;
  for (uint32_t i = 0; i < h->grant_count; i++)
    slices += h->grants[i].place.log_count + h->grants[i].place.product_count;
  return h->grant_count * sizeof *h->grants + slices * sizeof(struct slice);
}

static size_t texts_bytes(const struct account_holder *h) {
  size_t bytes = h->id.len + h->name.len + h->display_name.len + h->email.len + h->tenant.len + h->origin.len +
                 h->created_by.len + slices_bytes(h->addresses, h->address_count);
  for (uint32_t i = 0; i < h->grant_count; i++) {
    const struct account_grant *g = &h->grants[i];
    bytes += g->id.len + g->user.len + g->place.subtree.len + slices_bytes(g->place.logs, g->place.log_count) +
             slices_bytes(g->place.products, g->place.product_count);
  }
  return bytes;
}

static struct slice pack_text(struct packer *p, struct slice s) {
  char *at = p->texts;
  if (s.len) memcpy(at, s.data, s.len);
  p->texts += s.len;
  return slice_of(at, s.len);
}

static const struct slice *pack_slices(struct packer *p, const struct slice *items, uint32_t count) {
  struct slice *out = (struct slice *)(void *)p->arrays;
  p->arrays += count * sizeof *out;
  for (uint32_t i = 0; i < count; i++) out[i] = pack_text(p, items[i]);
  return count ? out : NULL;
}

static void pack(const struct account_holder *from, void *block, struct account_holder *out) {
  struct packer p = {block, (char *)block + arrays_bytes(from)};
  struct account_grant *grants = block;
  p.arrays += from->grant_count * sizeof *grants;
  *out = *from;
  out->id = pack_text(&p, from->id);
  out->name = pack_text(&p, from->name);
  out->display_name = pack_text(&p, from->display_name);
  out->email = pack_text(&p, from->email);
  out->tenant = pack_text(&p, from->tenant);
  out->origin = pack_text(&p, from->origin);
  out->created_by = pack_text(&p, from->created_by);
  out->grants = grants;
  for (uint32_t i = 0; i < from->grant_count; i++) {
    const struct account_grant *g = &from->grants[i];
    grants[i] = *g;
    grants[i].id = pack_text(&p, g->id);
    grants[i].user = pack_text(&p, g->user);
    grants[i].place.subtree = pack_text(&p, g->place.subtree);
    grants[i].place.logs = pack_slices(&p, g->place.logs, g->place.log_count);
    grants[i].place.products = pack_slices(&p, g->place.products, g->place.product_count);
  }
  out->addresses = pack_slices(&p, from->addresses, from->address_count);
}

static void *allocate(size_t bytes) {
  void *p = malloc(bytes ? bytes : 1);
  if (!p) abort();
  return p;
}

/* A limit that cannot be parsed lets no address through: the rules are checked when a key is made. */
static struct network *parse_networks(const struct account_holder *h) {
  struct network *networks = allocate(h->address_count * sizeof *networks);
  for (uint32_t i = 0; i < h->address_count; i++)
    if (!network_parse(h->addresses[i], &networks[i], NULL)) networks[i] = (struct network){{0}, 128};
  return networks;
}

static struct holder *holder_new(const struct account_holder *from) {
  struct holder *h = calloc(1, sizeof *h);
  if (!h) abort();
  h->block = allocate(arrays_bytes(from) + texts_bytes(from));
  pack(from, h->block, &h->data);
  h->networks = parse_networks(from);
  return h;
}

static void holder_free(struct holder *h) {
  if (!h) return;
  for (struct credential *c = h->credentials, *next; c; c = next) {
    next = c->next_of_holder;
    free(c);
  }
  free(h->networks);
  free(h->block);
  free(h);
}

/* ---- The tables ---- */

static uint64_t hash_id(struct slice id) {
  uint64_t h = UINT64_C(1469598103934665603); /* FNV-1a; ids are random and ours */
  for (size_t i = 0; i < id.len; i++) h = (h ^ (unsigned char)id.data[i]) * UINT64_C(1099511628211);
  return h;
}

static struct credential **credential_bucket(const struct credentials *t, const unsigned char *hash) {
  uint32_t head;
  memcpy(&head, hash, sizeof head);
  return &t->credentials[head & (t->credential_buckets - 1)];
}

static struct holder **holder_bucket(const struct credentials *t, struct slice id) {
  return &t->holders[hash_id(id) & (t->holder_buckets - 1)];
}

static void *buckets(uint32_t count) {
  void *p = calloc(count, sizeof(void *));
  if (!p) abort();
  return p;
}

struct credentials *credentials_new(void) {
  struct credentials *t = calloc(1, sizeof *t);
  pthread_rwlockattr_t attributes;
  if (!t) abort();
  pthread_rwlockattr_init(&attributes);
  /* A revocation must not wait for ever behind a stream of checks. */
  pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
  if (pthread_rwlock_init(&t->lock, &attributes) != 0) abort();
  pthread_rwlockattr_destroy(&attributes);
  t->credential_buckets = t->holder_buckets = FIRST_BUCKETS;
  t->credentials = buckets(FIRST_BUCKETS);
  t->holders = buckets(FIRST_BUCKETS);
  return t;
}

void credentials_free(struct credentials *t) {
  if (!t) return;
  for (uint32_t i = 0; i < t->holder_buckets; i++)
    for (struct holder *h = t->holders[i], *next; h; h = next) {
      next = h->next;
      holder_free(h);
    }
  free(t->holders);
  free(t->credentials);
  pthread_rwlock_destroy(&t->lock);
  free(t);
}

static void grow_credentials(struct credentials *t) {
  struct credential **old = t->credentials;
  uint32_t count = t->credential_buckets;
  t->credential_buckets *= 2;
  t->credentials = buckets(t->credential_buckets);
  for (uint32_t i = 0; i < count; i++)
    for (struct credential *c = old[i], *next; c; c = next) {
      struct credential **bucket = credential_bucket(t, c->data.hash);
      next = c->next;
      c->next = *bucket;
      *bucket = c;
    }
  free(old);
}

static void grow_holders(struct credentials *t) {
  struct holder **old = t->holders;
  uint32_t count = t->holder_buckets;
  t->holder_buckets *= 2;
  t->holders = buckets(t->holder_buckets);
  for (uint32_t i = 0; i < count; i++)
    for (struct holder *h = old[i], *next; h; h = next) {
      struct holder **bucket = holder_bucket(t, h->data.id);
      next = h->next;
      h->next = *bucket;
      *bucket = h;
    }
  free(old);
}

static void unlink_credential(struct credentials *t, struct credential *c) {
  struct credential **at = credential_bucket(t, c->data.hash);
  while (*at != c) at = &(*at)->next;
  *at = c->next;
  t->credential_count--;
}

/* Takes the holder and its credentials out; NULL where it is not there. */
static struct holder *unlink_holder(struct credentials *t, struct slice id) {
  struct holder **at = holder_bucket(t, id);
  while (*at && !slice_equal((*at)->data.id, id)) at = &(*at)->next;
  struct holder *h = *at;
  if (!h) return NULL;
  *at = h->next;
  t->holder_count--;
  for (struct credential *c = h->credentials; c; c = c->next_of_holder) unlink_credential(t, c);
  return h;
}

static void link_holder(struct credentials *t, struct holder *h) {
  struct holder **at = holder_bucket(t, h->data.id);
  h->next = *at;
  *at = h;
  t->holder_count++;
  for (struct credential *c = h->credentials; c; c = c->next_of_holder) {
    struct credential **bucket = credential_bucket(t, c->data.hash);
    c->next = *bucket;
    *bucket = c;
    t->credential_count++;
  }
  if (t->holder_count > t->holder_buckets) grow_holders(t);
  while (t->credential_count > t->credential_buckets) grow_credentials(t);
}

static void keep_uses(struct holder *fresh, const struct holder *old) {
  if (!old) return;
  for (struct credential *c = fresh->credentials; c; c = c->next_of_holder)
    for (struct credential *o = old->credentials; o; o = o->next_of_holder) {
      if (memcmp(c->data.hash, o->data.hash, sizeof c->data.hash) != 0) continue;
      if (atomic_load(&o->used_us) > atomic_load(&c->used_us)) atomic_store(&c->used_us, atomic_load(&o->used_us));
      c->taken_us = o->taken_us;
    }
}

void credentials_put(struct credentials *t, const struct account_holder *holder,
                     const struct credential_data *credentials, uint32_t count) {
  if (count == 0) {
    credentials_remove(t, holder->id);
    return;
  }
  struct holder *h = holder_new(holder);
  for (uint32_t i = 0; i < count; i++) {
    struct credential *c = calloc(1, sizeof *c);
    if (!c) abort();
    c->data = credentials[i];
    c->holder = h;
    c->taken_us = credentials[i].used_us;
    atomic_init(&c->used_us, credentials[i].used_us);
    c->next_of_holder = h->credentials;
    h->credentials = c;
  }
  pthread_rwlock_wrlock(&t->lock);
  struct holder *old = unlink_holder(t, holder->id);
  keep_uses(h, old);
  link_holder(t, h);
  pthread_rwlock_unlock(&t->lock);
  holder_free(old);
}

void credentials_remove(struct credentials *t, struct slice holder_id) {
  pthread_rwlock_wrlock(&t->lock);
  struct holder *old = unlink_holder(t, holder_id);
  pthread_rwlock_unlock(&t->lock);
  holder_free(old);
}

uint32_t credentials_count(struct credentials *t) {
  pthread_rwlock_rdlock(&t->lock);
  uint32_t count = t->credential_count;
  pthread_rwlock_unlock(&t->lock);
  return count;
}

/* ---- Checking ---- */

/* What is compared are hashes of 256 random bits: how long it takes says nothing about any token. */
static struct credential *find_credential(const struct credentials *t, const unsigned char *hash) {
  struct credential *c = *credential_bucket(t, hash);
  while (c && memcmp(c->data.hash, hash, sizeof c->data.hash) != 0) c = c->next;
  return c;
}

static bool address_allowed(const struct holder *h, struct slice address) {
  uint8_t bytes[16];
  if (h->data.address_count == 0) return true;
  if (!address_parse(address, bytes)) return false;
  for (uint32_t i = 0; i < h->data.address_count; i++)
    if (network_covers(&h->networks[i], bytes)) return true;
  return false;
}

static bool is_live(const struct credential *c, int64_t now_us) {
  if (c->data.expires_us && now_us >= c->data.expires_us) return false;
  return !c->data.idle_us || now_us - atomic_load_explicit(&c->used_us, memory_order_relaxed) < c->data.idle_us;
}

static int copy_out(const struct credential *c, struct arena *arena, struct account_holder *out,
                    struct slice *credential_id_out) {
  const struct account_holder *h = &c->holder->data;
  void *block = arena_alloc(arena, arrays_bytes(h) + texts_bytes(h));
  if (!block) return ERR_TOO_LARGE;
  pack(h, block, out);
  if (!credential_id_out) return 0;
  *credential_id_out = arena_copy(arena, slice_from(c->data.id));
  return arena->overflowed ? ERR_TOO_LARGE : 0;
}

int credentials_check(struct credentials *t, const unsigned char hash[ACCOUNTS_HASH_BYTES], struct slice address,
                      int64_t now_us, struct arena *arena, struct account_holder *out,
                      struct slice *credential_id_out) {
  int code = ERR_UNAUTHORIZED;
  pthread_rwlock_rdlock(&t->lock);
  struct credential *c = find_credential(t, hash);
  if (c && is_live(c, now_us) && address_allowed(c->holder, address)) {
    code = copy_out(c, arena, out, credential_id_out);
    if (code == 0) atomic_store_explicit(&c->used_us, now_us, memory_order_relaxed);
  }
  pthread_rwlock_unlock(&t->lock);
  return code;
}

int credentials_recheck(struct credentials *t, enum holder_kind kind, struct slice holder_id, struct slice session,
                        int64_t now_us, struct arena *arena, struct account_holder *out) {
  int code = ERR_UNAUTHORIZED;
  pthread_rwlock_rdlock(&t->lock);
  struct holder *h = *holder_bucket(t, holder_id);
  while (h && !slice_equal(h->data.id, holder_id)) h = h->next;
  struct credential *c = h && h->data.kind == kind ? h->credentials : NULL;
  while (c && (!is_live(c, now_us) || (session.len > 0 && !slice_equal(slice_from(c->data.id), session))))
    c = c->next_of_holder;
  if (c) code = copy_out(c, arena, out, NULL);
  pthread_rwlock_unlock(&t->lock);
  return code;
}

uint32_t credentials_take_uses(struct credentials *t, struct credential_use **out) {
  uint32_t count = 0;
  pthread_rwlock_rdlock(&t->lock);
  struct credential_use *uses = allocate(t->credential_count * sizeof *uses);
  for (uint32_t i = 0; i < t->credential_buckets; i++)
    for (struct credential *c = t->credentials[i]; c; c = c->next) {
      int64_t used_us = atomic_load_explicit(&c->used_us, memory_order_relaxed);
      if (used_us <= c->taken_us) continue;
      c->taken_us = used_us;
      uses[count].kind = c->holder->data.kind;
      uses[count].used_us = used_us;
      memcpy(uses[count++].id, c->data.id, sizeof c->data.id);
    }
  pthread_rwlock_unlock(&t->lock);
  *out = uses;
  return count;
}
