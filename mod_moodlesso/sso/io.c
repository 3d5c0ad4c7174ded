/* SPDX-License-Identifier: Apache-2.0 */
/* io.c -- statements, and reason codes for what the world answered. */
#include "sso/io.h"

sso_statement_t sso_statement_make(sso_database_t *database, const char *sql, int columns)
{
    sso_statement_t statement = {database, database->statements->nelts, columns, false};

    APR_ARRAY_PUSH(database->statements, const char *) = sql;
    return statement;
}

const sso_error_t *sso_database_error(apr_status_t status)
{
    if (status == APR_SUCCESS)
        return NULL;
    if (status == APR_NOTFOUND)
        return sso_error(SSO_SESSION_UNKNOWN);
    if (status == SSO_IO_DOWN)
        return sso_error(SSO_DB_DOWN);
    if (status == SSO_IO_TIMEOUT)
        return sso_error(SSO_DB_TIMEOUT);
    if (status == SSO_IO_DENIED)
        return sso_error(SSO_DB_DENIED);
    return sso_error(SSO_DB_QUERY);
}

const sso_error_t *sso_redis_error(apr_status_t status)
{
    if (status == APR_SUCCESS)
        return NULL;
    if (status == SSO_IO_DOWN)
        return sso_error(SSO_REDIS_DOWN);
    if (status == SSO_IO_TIMEOUT)
        return sso_error(SSO_REDIS_TIMEOUT);
    if (status == SSO_IO_DENIED)
        return sso_error(SSO_REDIS_DENIED);
    return sso_error(SSO_REDIS_ANSWER);
}

const sso_error_t *sso_store_error(apr_status_t status)
{
    return status == APR_SUCCESS || status == APR_NOTFOUND ? NULL : sso_error(SSO_STORE_DOWN);
}

const sso_error_t *sso_http_error(apr_status_t status)
{
    if (status == APR_SUCCESS)
        return NULL;
    if (status == SSO_IO_DOWN)
        return sso_error(SSO_HTTP_DOWN);
    if (status == SSO_IO_TIMEOUT)
        return sso_error(SSO_HTTP_TIMEOUT);
    return sso_error(SSO_HTTP_ANSWER);
}
