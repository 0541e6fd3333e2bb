/* Every limit of Daybook, with its unit and reason. */
#ifndef DAYBOOK_BASE_LIMITS_H
#define DAYBOOK_BASE_LIMITS_H

enum {
  /* The event (design: events.md). */
  LIMIT_EVENT_BYTES = 64 * 1024,          /* of JSON: one event never dominates a page or a commit group */
  LIMIT_REQUEST_EVENTS = 10000,           /* events in one all-or-nothing request */
  LIMIT_REQUEST_BYTES = 32 * 1024 * 1024, /* of decoded body in one all-or-nothing request */
  LIMIT_TENANT_SEGMENTS = 8,              /* levels of a tenant path */
  LIMIT_TENANT_SEGMENT_BYTES = 64,
  LIMIT_TENANT_BYTES = 8 * 64 + 7,
  LIMIT_CHANGES = 256,
  LIMIT_PARAMS = 128,
  LIMIT_PARAM_KEY_BYTES = 64,
  LIMIT_TARGETS = 32,
  LIMIT_JSON_DEPTH = 32, /* nesting of one event, changes[].old and .new included */
  LIMIT_CELLS = 32 + 3 * LIMIT_CHANGES + LIMIT_PARAMS + 5 * LIMIT_TARGETS + 64, /* cells of one event */
  LIMIT_FUTURE_S = 24 * 3600, /* occurred_at ahead of the server's clock */

  /* Queries. */
  LIMIT_QUERY_BYTES = 16 * 1024,
  LIMIT_QUERY_CLAUSES = 64,
  LIMIT_QUERY_TERMS = 1024, /* alternatives over all clauses */
  LIMIT_PAGE_EVENTS = 1000, /* `limit` of a page */
  LIMIT_TOP_VALUES = 1000,  /* `limit` of top and values */
  LIMIT_HISTOGRAM_BUCKETS = 5000,
  LIMIT_HISTOGRAM_SERIES = 32,                  /* values of the split field; the rest is summed as other */
  LIMIT_QUERY_DEADLINE_MS = 30 * 1000,          /* one read other than an export */
  LIMIT_QUERY_MEMORY_BYTES = 512 * 1024 * 1024, /* of the distinct values that one read counts, with their table */

  /* The store. */
  LIMIT_GROUP_ROWS = 65536,     /* rows of a row group: 16-bit row numbers */
  LIMIT_PAGE_ROWS = 8192,       /* rows of a page: what one read decodes */
  LIMIT_CHUNK_ROWS = 1024,      /* grain of the indexes: 64 chunks are one 64-bit mask */
  LIMIT_SEGMENT_GROUPS = 64,    /* 4,194,304 rows: dictionaries of bounded size */
  LIMIT_PARAM_COLUMNS = 1024,   /* parameters with a column of their own, per part */
  LIMIT_MEMTABLE_ROWS = 131072, /* two row groups, then the memtable is sealed */
  LIMIT_MEMTABLE_BYTES = 128 * 1024 * 1024,
  LIMIT_WAL_FILE_BYTES = 128 * 1024 * 1024, /* of log records; then its memtable is sealed and the file removed */
  LIMIT_SEALING_MEMTABLES = 3,              /* waiting to be sealed; then writers wait */
  LIMIT_SMALL_SEGMENTS = 32,                /* of a memtable each, waiting to be merged; then writers wait */
  LIMIT_WAL_RECORD_BYTES = 96 * 1024 * 1024,
  LIMIT_COMMIT_QUEUE_BYTES = 128 * 1024 * 1024, /* of encoded events waiting for the committer */
  LIMIT_COMMIT_LANE_BYTES = 48 * 1024 * 1024,   /* of them, of one master account: a flood leaves room for others */
  LIMIT_COMMIT_SMALL_BYTES =
      1024 * 1024, /* a batch so small is taken beyond the queue's limit where its account has none waiting */
  LIMIT_COMMIT_GROUP_BYTES = 16 * 1024 * 1024, /* one WAL record takes no further batch past this */
  LIMIT_IDEMPOTENCY_HOURS = 24,
  LIMIT_PAGE_CACHE_BYTES = 256 * 1024 * 1024,
  LIMIT_FREE_DISK_BYTES = 256 * 1024 * 1024, /* below this, writes answer 507 */

  /* Accounts. "Per account": of one top-level tenant with everything below it. */
  LIMIT_LOGIN_BYTES = 128,
  LIMIT_NAME_BYTES = 128, /* display names, names of keys */
  LIMIT_EMAIL_BYTES = 254,
  LIMIT_PASSWORD_LEAST_BYTES = 10,
  LIMIT_PASSWORD_MOST_BYTES = 1024, /* hashing more is work an attacker asks for */
  LIMIT_USER_GRANTS = 64,           /* of one user: they are copied for every request */
  LIMIT_GRANT_NAMES = 64,           /* logs, products of one grant */
  LIMIT_KEY_ADDRESSES = 64,
  LIMIT_ACCOUNT_USERS = 100000,   /* per account */
  LIMIT_ACCOUNT_TENANTS = 100000, /* per account: named or closed ones, which are in memory */
  LIMIT_ACCOUNT_KEYS = 10000,     /* per account, ended ones included: they are in memory while they work */
  LIMIT_ACCOUNT_SETTINGS = 10000, /* per account: rows */
  LIMIT_ACCOUNT_SETTING_BYTES = 4 * 1024 * 1024, /* per account */
  LIMIT_SETTING_BYTES = 24 * 1024,               /* one value: before and after fit one event of the own record */
  LIMIT_USER_SESSIONS = 64,                      /* of one user; past it the one idle for longest ends */
  LIMIT_VIEWER_TOKENS = 10000,                   /* live ones of one key or user */
  LIMIT_SESSION_IDLE_S = 12 * 3600,
  LIMIT_SESSION_S = 7 * 24 * 3600,
  LIMIT_LINK_S = 7 * 24 * 3600,  /* an invitation */
  LIMIT_KEY_OVERLAP_H = 30 * 24, /* of a rotation */
};

#endif
