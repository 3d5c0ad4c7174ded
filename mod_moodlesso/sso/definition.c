/* SPDX-License-Identifier: Apache-2.0 */
/* definition.c -- MoodleSSODatabase and MoodleSSORedis, from words to values. */
#include "sso/definition.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#define DATABASE_TIMEOUT apr_time_from_sec(2)
#define DATABASE_MAX     8
#define REDIS_TIMEOUT    (100 * 1000) /* microseconds */

static const char *const dialects[] = {"sqlite3", "mysql", "pgsql"};

/* libpq quotes with '...' and '\'; the driver of MySQL cuts at these bytes and cannot quote. */
static const char *add_password(sso_database_t *database, const char *password, apr_pool_t *p)
{
    const char *quoted = "";

    if (database->dialect == SSO_SQLITE3)
        return "SQLite takes no password=";
    if (database->dialect == SSO_MYSQL) {
        if (strpbrk(password, " \t;|,") != NULL)
            return "a password for mysql must not hold blanks or any of ; | ,";
        database->parameters = apr_pstrcat(p, database->parameters, ",pass=", password, NULL);
        return NULL;
    }
    for (; *password != '\0'; password++)
        quoted = apr_pstrcat(p, quoted, strchr("'\\", *password) ? "\\" : "",
                             apr_pstrmemdup(p, password, 1), NULL);
    database->parameters = apr_pstrcat(p, database->parameters, " password='", quoted, "'", NULL);
    return NULL;
}

const char *sso_database_make(const char *name, const char *driver, const char *parameters,
                              sso_options_t *options, sso_database_t **made)
{
    apr_pool_t *p = options->p;
    sso_database_t *database = apr_pcalloc(p, sizeof(*database));
    const char *sentence, *password = NULL;
    int dialect = 0;

    while (dialect < 3 && strcmp(dialects[dialect], driver) != 0)
        dialect++;
    if (dialect == 3)
        return apr_psprintf(p, "%s is no driver; write sqlite3, mysql (MariaDB too) or pgsql",
                            driver);
    *made = database;
    database->name = name;
    database->dialect = (sso_dialect_t)dialect;
    database->parameters = parameters;
    database->timeout = DATABASE_TIMEOUT;
    database->max = DATABASE_MAX;
    database->statements = apr_array_make(p, 8, sizeof(const char *));
    if ((sentence = sso_options_take_duration(options, "timeout", &database->timeout)) ||
        (sentence = sso_options_take_integer(options, "max", 1, 1000, &database->max)) ||
        (sentence = sso_options_take_secret(options, "password", &password)) ||
        (sentence = sso_options_done(options, "timeout, max and password")))
        return sentence;
    return password ? add_password(database, password, p) : NULL;
}

static const char *address_parse(sso_redis_t *redis, const char *address, apr_pool_t *p)
{
    const char *colon = strrchr(address, ':'), *scheme = strstr(address, "://");
    apr_int64_t port;

    if (strncmp(address, "unix:/", 6) == 0) {
        redis->path = address + 5;
        return NULL;
    }
    /* A password may stand before '@': that is not said again. */
    if (scheme != NULL && strchr(scheme, '@') == NULL)
        return apr_psprintf(p, "%s is no address; write %.*s, without %.*s", address,
                            (int)strcspn(scheme + 3, "/"), scheme + 3, (int)(scheme + 3 - address),
                            address);
    if (scheme != NULL)
        return "write host:port, and what stands before @ as user= and password=file:/path";
    if (colon == NULL || colon == address || !sso_span_integer(sso_span(colon + 1), &port) ||
        port < 1 || port > 65535)
        return apr_psprintf(p, "%s is no address; write host:port or unix:/path", address);
    redis->port = (int)port;
    /* [::1]:6379 */
    if (address[0] == '[' && colon[-1] == ']')
        redis->host = apr_pstrmemdup(p, address + 1, (apr_size_t)(colon - address - 2));
    else
        redis->host = apr_pstrmemdup(p, address, (apr_size_t)(colon - address));
    return NULL;
}

const char *sso_redis_make(const char *name, const char *address, sso_options_t *options,
                           sso_redis_t **made)
{
    sso_redis_t *redis = apr_pcalloc(options->p, sizeof(*redis));
    const char *sentence;

    *made = redis;
    redis->name = name;
    redis->timeout = REDIS_TIMEOUT;
    redis->user = sso_options_take(options, "user", NULL);
    if ((sentence = address_parse(redis, address, options->p)) ||
        (sentence = sso_options_take_integer(options, "db", 0, 65535, &redis->db)) ||
        (sentence = sso_options_take_duration(options, "timeout", &redis->timeout)) ||
        (sentence = sso_options_take_secret(options, "password", &redis->password)))
        return sentence;
    if (sso_options_take(options, "tls", NULL) != NULL)
        return "tls= needs hiredis 1.0 or later with its SSL part, which this build does not use; "
               "reach Redis through a unix socket, a tunnel or a private network";
    if (redis->user != NULL && redis->password == NULL)
        return "user= without password=";
    return sso_options_done(options, "db, user, password and timeout");
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *sso_definition_names(apr_hash_t *by_name, apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 4, sizeof(const char *));

    for (apr_hash_index_t *at = apr_hash_first(p, by_name); at != NULL; at = apr_hash_next(at))
        APR_ARRAY_PUSH(names, const char *) = apr_hash_this_key(at);
    if (names->nelts == 0)
        return "";
    qsort(names->elts, (size_t)names->nelts, sizeof(const char *), compare);
    for (int i = 0; i < names->nelts - 1; i++)
        APR_ARRAY_IDX(names, i, const char *) =
            apr_pstrcat(p, APR_ARRAY_IDX(names, i, const char *), ",", NULL);
    return apr_pstrcat(p, "; there are: ", apr_array_pstrcat(p, names, ' '), NULL);
}
