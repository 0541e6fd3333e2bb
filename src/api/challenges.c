#include "api/challenges.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

struct entry {
  struct challenge challenge;
  unsigned char hash[ACCOUNTS_HASH_BYTES]; /* of the token */
  int64_t expires_us;                      /* monotonic; 0: unused */
  unsigned tries;
};

struct challenges {
  const struct os *os;
  pthread_mutex_t lock;
  struct entry entries[CHALLENGES];
};

struct challenges *challenges_new(const struct os *os) {
  struct challenges *c = calloc(1, sizeof *c);
  if (!c) abort();
  c->os = os;
  pthread_mutex_init(&c->lock, NULL);
  return c;
}

void challenges_free(struct challenges *c) {
  if (!c) return;
  pthread_mutex_destroy(&c->lock);
  sodium_memzero(c, sizeof *c);
  free(c);
}

/* The place of a new one: an unused one, else the oldest; of a user with many, that user's oldest. */
static struct entry *choose(struct challenges *c, const char *user, int64_t now_us) {
  struct entry *oldest = &c->entries[0], *own = NULL;
  unsigned count = 0;
  for (unsigned i = 0; i < CHALLENGES; i++) {
    struct entry *e = &c->entries[i];
    if (e->expires_us <= now_us) e->expires_us = 0;
    if (e->expires_us < oldest->expires_us) oldest = e;
    if (!e->expires_us || strcmp(e->challenge.user, user) != 0) continue;
    count++;
    if (!own || e->expires_us < own->expires_us) own = e;
  }
  return count >= CHALLENGES_OF_USER ? own : oldest;
}

void challenges_add(struct challenges *c, const struct challenge *challenge,
                    char token_out[ACCOUNTS_TOKEN_TEXT_BYTES]) {
  int64_t now_us = os_monotonic_us(c->os);
  accounts_make_token(c->os, "", token_out);
  pthread_mutex_lock(&c->lock);
  struct entry *e = choose(c, challenge->user, now_us);
  *e = (struct entry){.challenge = *challenge, .expires_us = now_us + CHALLENGE_S * INT64_C(1000000)};
  accounts_hash_token(slice_from(token_out), e->hash);
  pthread_mutex_unlock(&c->lock);
}

/* With the lock held. What is compared are hashes of 256 random bits. */
static struct entry *find(struct challenges *c, struct slice token) {
  unsigned char hash[ACCOUNTS_HASH_BYTES];
  int64_t now_us = os_monotonic_us(c->os);
  accounts_hash_token(token, hash);
  for (unsigned i = 0; i < CHALLENGES; i++)
    if (c->entries[i].expires_us > now_us && sodium_memcmp(c->entries[i].hash, hash, sizeof hash) == 0)
      return &c->entries[i];
  return NULL;
}

bool challenges_try(struct challenges *c, struct slice token, struct challenge *out) {
  pthread_mutex_lock(&c->lock);
  struct entry *e = find(c, token);
  bool good = e && e->tries < CHALLENGE_TRIES;
  if (good) {
    e->tries++;
    *out = e->challenge;
  }
  pthread_mutex_unlock(&c->lock);
  return good;
}

bool challenges_finish(struct challenges *c, struct slice token) {
  pthread_mutex_lock(&c->lock);
  struct entry *e = find(c, token);
  if (e) sodium_memzero(e, sizeof *e);
  pthread_mutex_unlock(&c->lock);
  return e != NULL;
}
