/* What names and limits must look like. ERR_INVALID (ERR_TOO_LARGE where there are too many) with the JSON pointer of
 * the member, below `at` ("" or "/grants/0"). Pure functions. Private to accounts/. */
#ifndef DAYBOOK_ACCOUNTS_RULES_H
#define DAYBOOK_ACCOUNTS_RULES_H

#include "accounts/records.h"

/* NAME, or HOME/NAME where HOME is the home tenant; reserved names are ERR_CONFLICT, as taken ones. */
int rule_login(struct slice login, struct slice home, struct error *err);
int rule_email(struct slice email, struct error *err); /* may be empty */
/* Text of at most LIMIT_NAME_BYTES without control characters. */
int rule_name(struct slice name, const char *pointer, bool may_be_empty, struct error *err);
int rule_tenant(struct slice tenant, const char *at, struct error *err); /* empty: everywhere */
int rule_place(const struct scope_grant *place, const char *at, struct error *err);
int rule_user_grant(const struct account_grant *g, const char *at, struct error *err);
/* Addresses are replaced by their canonical form, from the arena. A reserved name is ERR_CONFLICT. */
int rule_key(struct account_key *k, int64_t now_us, struct arena *arena, struct error *err);
int rule_setting(const struct account_setting *s, struct error *err);

/* The top-level tenant of a path: what quotas count by. Empty for the empty path. */
struct slice top_tenant(struct slice path);

#endif
