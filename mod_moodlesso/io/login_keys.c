/* SPDX-License-Identifier: Apache-2.0 */
/* login_keys.c -- one-time login keys, in the store. */
#include "io/login_keys.h"

#include <apr_strings.h>

apr_status_t sso_login_keys_add(sso_store_t *store, const char *hash, const char *holder,
                                const char *payload, apr_time_t expires, const char **why,
                                apr_pool_t *p)
{
    const char *arguments[] = {hash, holder, payload,
                               apr_psprintf(p, "%" APR_TIME_T_FMT, apr_time_sec(expires))};
    int affected;
    apr_status_t status = sso_store_execute(store, SSO_SQL_KEY_ADD, arguments, &affected, why, p);

    return status == APR_SUCCESS && affected != 1 ? SSO_IO_ANSWER : status;
}

apr_status_t sso_login_keys_take(sso_store_t *store, const char *hash, const char **payload,
                                 const char **why, apr_pool_t *p)
{
    const char *row[1];
    int affected;
    apr_status_t status = sso_store_query(store, SSO_SQL_KEY_FIND, &hash, row, why, p);

    if (status == APR_SUCCESS)
        status = sso_store_execute(store, SSO_SQL_KEY_TAKE, &hash, &affected, why, p);
    if (status != APR_SUCCESS)
        return status;
    if (affected != 1)
        return APR_NOTFOUND;
    *payload = row[0];
    return row[0] != NULL ? APR_SUCCESS : SSO_IO_ANSWER;
}

apr_status_t sso_login_keys_burn(sso_store_t *store, const char *holder, const char **why,
                                 apr_pool_t *p)
{
    int affected;

    return sso_store_execute(store, SSO_SQL_KEYS_BURN, &holder, &affected, why, p);
}
