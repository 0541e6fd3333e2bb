/* What management puts into Daybook's own record: each within its change, just before its end. Private to api/. */
#ifndef DAYBOOK_API_ACCOUNT_RECORDS_H
#define DAYBOOK_API_ACCOUNT_RECORDS_H

#include "api/accounts.h"
#include "api/record.h"

/* before NULL: created; after NULL: deleted. */
int record_user(struct http_request *r, struct api *a, const struct account_user *before,
                const struct account_user *after, struct error *err);
/* Something done to a user that changes none of its fields: "update", "Password Reset Link Created", "Security". */
int record_user_act(struct http_request *r, struct api *a, const struct account_user *u, const char *action,
                    const char *activity, struct error *err);
/* All grants of a user, given or taken, or one. */
int record_grants(struct http_request *r, struct api *a, const struct account_user *u,
                  const struct account_grant *grants, uint32_t count, bool given, struct error *err);
/* after: as made; of a rotation `before` is the key that ends. */
int record_key(struct http_request *r, struct api *a, const char *action, const char *activity,
               const struct account_key *before, const struct account_key *after, struct error *err);
int record_tenant(struct http_request *r, struct api *a, const struct account_tenant *before,
                  const struct account_tenant *after, struct error *err);
/* One change for each setting whose value differs. */
int record_settings(struct http_request *r, struct api *a, struct slice tenant, const struct account_setting *before,
                    uint32_t before_count, const struct account_setting *after, uint32_t after_count,
                    struct error *err);

#endif
