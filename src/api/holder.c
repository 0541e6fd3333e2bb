#include "api/holder.h"

void holder_watch(struct holder_watch *w, struct api *a, const struct principal *p, enum right right) {
  *w = (struct holder_watch){.api = a, .was = p, .right = right, .checked_us = os_monotonic_us(a->os)};
}

static bool same_list(const struct slice *a, uint32_t a_count, const struct slice *b, uint32_t b_count) {
  bool same = a_count == b_count;
  for (uint32_t i = 0; i < a_count && same; i++) same = slice_equal(a[i], b[i]);
  return same;
}

bool scope_same(const struct scope *a, const struct scope *b) {
  bool same = a->grant_count == b->grant_count;
  for (uint32_t i = 0; i < a->grant_count && same; i++) {
    const struct scope_grant *x = &a->grants[i], *y = &b->grants[i];
    same = slice_equal(x->subtree, y->subtree) && same_list(x->logs, x->log_count, y->logs, y->log_count) &&
           same_list(x->products, x->product_count, y->products, y->product_count);
  }
  return same;
}

int holder_check(struct holder_watch *w) {
  struct arena arena;
  struct principal now;
  int64_t now_us = os_monotonic_us(w->api->os);
  if (now_us - w->checked_us < HOLDER_RECHECK_US) return 0;
  w->checked_us = now_us;
  arena_init(&arena, 8 * 1024 * 1024);
  int code = access_refresh(w->api->access, w->was, &arena, &now, NULL);
  if (code == 0 && !scope_same(principal_scope(&now, w->right), principal_scope(w->was, w->right)))
    code = ERR_FORBIDDEN;
  arena_free(&arena);
  return code;
}

uint64_t holder_share(const struct principal *p) {
  uint64_t hash = UINT64_C(1469598103934665603); /* FNV-1a: two accounts that meet share their places, no more */
  if (p->rights & RIGHT_OPERATE) return 0;
  const char *slash = p->tenant.len ? memchr(p->tenant.data, '/', p->tenant.len) : NULL;
  struct slice who =
      p->tenant.len == 0 ? p->id : slice_of(p->tenant.data, slash ? (size_t)(slash - p->tenant.data) : p->tenant.len);
  for (size_t i = 0; i < who.len; i++) hash = (hash ^ (unsigned char)who.data[i]) * UINT64_C(1099511628211);
  return hash ? hash : 1;
}
