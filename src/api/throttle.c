#include "api/throttle.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 8192, WAYS = 8 }; /* 65,536 counters, 1 MiB */

struct counter {
  uint64_t key;    /* 0: unused */
  int64_t full_us; /* monotonic: when everything charged has leaked out */
};

struct throttle {
  const struct os *os;
  unsigned char secret[crypto_generichash_KEYBYTES]; /* nobody can aim at the counters of another */
  pthread_mutex_t lock;
  struct counter counters[SETS][WAYS];
};

struct throttle *throttle_new(const struct os *os) {
  struct throttle *t = calloc(1, sizeof *t);
  if (!t) abort();
  t->os = os;
  os->random(os->context, t->secret, sizeof t->secret);
  pthread_mutex_init(&t->lock, NULL);
  return t;
}

void throttle_free(struct throttle *t) {
  if (!t) return;
  pthread_mutex_destroy(&t->lock);
  free(t);
}

static uint64_t key_of(const struct throttle *t, const struct throttle_rule *rule, struct slice a, struct slice b) {
  crypto_generichash_state state;
  uint64_t key;
  unsigned char digest[16];
  const uint64_t lengths[2] = {a.len, b.len};
  crypto_generichash_init(&state, t->secret, sizeof t->secret, sizeof digest);
  crypto_generichash_update(&state, (const unsigned char *)lengths, sizeof lengths);
  crypto_generichash_update(&state, (const unsigned char *)rule->name, strlen(rule->name));
  if (a.len) crypto_generichash_update(&state, (const unsigned char *)a.data, a.len);
  if (b.len) crypto_generichash_update(&state, (const unsigned char *)b.data, b.len);
  crypto_generichash_final(&state, digest, sizeof digest);
  memcpy(&key, digest, sizeof key);
  return key ? key : 1;
}

/* With the lock held. */
static struct counter *find(struct throttle *t, uint64_t key, bool make) {
  struct counter *set = t->counters[key % SETS], *emptiest = &set[0];
  for (unsigned i = 0; i < WAYS; i++) {
    if (set[i].key == key) return &set[i];
    if (set[i].full_us < emptiest->full_us) emptiest = &set[i];
  }
  if (!make) return NULL;
  *emptiest = (struct counter){.key = key};
  return emptiest;
}

/* Seconds until one more fits, 0: it does. */
static uint32_t wait_s(const struct throttle_rule *rule, int64_t full_us, int64_t now_us) {
  int64_t each_us = rule->interval_s * INT64_C(1000000);
  int64_t over_us = full_us - now_us - (rule->burst - 1) * each_us;
  return over_us > 0 ? (uint32_t)((over_us + 999999) / 1000000) : 0;
}

uint32_t throttle_charge(struct throttle *t, const struct throttle_rule *rule, struct slice a, struct slice b) {
  uint64_t key = key_of(t, rule, a, b);
  int64_t now_us = os_monotonic_us(t->os);
  pthread_mutex_lock(&t->lock);
  struct counter *c = find(t, key, true);
  if (c->full_us < now_us) c->full_us = now_us;
  uint32_t wait = wait_s(rule, c->full_us, now_us);
  if (wait == 0) c->full_us += rule->interval_s * INT64_C(1000000);
  pthread_mutex_unlock(&t->lock);
  return wait;
}

void throttle_give_back(struct throttle *t, const struct throttle_rule *rule, struct slice a, struct slice b) {
  uint64_t key = key_of(t, rule, a, b);
  pthread_mutex_lock(&t->lock);
  struct counter *c = find(t, key, false);
  if (c) c->full_us -= rule->interval_s * INT64_C(1000000);
  pthread_mutex_unlock(&t->lock);
}

bool throttle_is_spent(struct throttle *t, const struct throttle_rule *rule, struct slice a, struct slice b) {
  uint64_t key = key_of(t, rule, a, b);
  pthread_mutex_lock(&t->lock);
  struct counter *c = find(t, key, false);
  bool spent = c && wait_s(rule, c->full_us, os_monotonic_us(t->os)) > 0;
  pthread_mutex_unlock(&t->lock);
  return spent;
}

struct slice throttle_network(struct slice address, char out[46]) {
  struct in6_addr v6;
  char text[46];
  if (address.len >= sizeof text) return slice_of("", 0);
  memcpy(text, address.data, address.len);
  text[address.len] = '\0';
  if (inet_pton(AF_INET6, text, &v6) != 1) {
    memcpy(out, text, sizeof text);
    return slice_of(out, address.len);
  }
  memset(&v6.s6_addr[8], 0, 8);
  return inet_ntop(AF_INET6, &v6, out, 46) ? slice_from(out) : slice_of("", 0);
}
