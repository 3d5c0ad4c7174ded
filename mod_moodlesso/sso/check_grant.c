/* SPDX-License-Identifier: Apache-2.0 */
/* check_grant.c -- the statement that gives an account what it lacks. */
#include "sso/check_grant.h"

#include <string.h>

#include <apr_strings.h>

/* A text between quotes, each of which inside it is doubled. */
static const char *quoted(const char *text, char quote, apr_pool_t *p)
{
    char *to = apr_palloc(p, 2 * strlen(text) + 3), *at = to;

    *at++ = quote;
    for (; *text != '\0'; text++) {
        if (*text == quote || (quote == '\'' && *text == '\\'))
            *at++ = *text;
        *at++ = *text;
    }
    *at++ = quote;
    *at = '\0';
    return to;
}

/* A name as it is, or quoted when it is no plain word of its dialect. */
static const char *name_of(const char *name, sso_dialect_t dialect, apr_pool_t *p)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

    if (name[strspn(name, plain)] == '\0' && (*name < '0' || *name > '9'))
        return name;
    return quoted(name, dialect == SSO_MYSQL ? '`' : '"', p);
}

static const char *account_of(const sso_probe_place_t *place, sso_dialect_t dialect, apr_pool_t *p)
{
    const char *at = place->account ? strrchr(place->account, '@') : NULL;

    if (dialect == SSO_MYSQL && at != NULL)
        return apr_pstrcat(
            p,
            quoted(apr_pstrmemdup(p, place->account, (apr_size_t)(at - place->account)), '\'', p),
            "@", quoted(at + 1, '\'', p), NULL);
    return name_of(place->account ? place->account : "moodlesso", dialect, p);
}

/* The table with the database or schema before it. */
static const char *table_of(const sso_probe_t *probe, sso_dialect_t dialect,
                            const sso_probe_place_t *place, apr_pool_t *p)
{
    const char *where = probe->place ? probe->place : place->database;

    if (strchr(probe->table, '.') != NULL || where == NULL)
        return probe->table;
    return apr_pstrcat(p, name_of(where, dialect, p), ".", probe->table, NULL);
}

static const char *right_of(const sso_probe_t *probe, apr_pool_t *p)
{
    switch (probe->kind) {
    case SSO_PROBE_SELECT:
        return apr_psprintf(p, "SELECT (%s)", probe->columns);
    case SSO_PROBE_DELETE:
        return "DELETE";
    case SSO_PROBE_UPDATE:
        return apr_psprintf(p, "UPDATE (%s)", probe->columns);
    case SSO_PROBE_SCHEMA:
        return "USAGE";
    case SSO_PROBE_ALL:
    case SSO_PROBE_TIMEOUT:
    case SSO_PROBE_SETTING:
    case SSO_PROBE_LATEST:
    default:
        return "SELECT, INSERT, UPDATE, DELETE";
    }
}

const char *sso_grant_right(const sso_probe_t *probe, sso_dialect_t dialect,
                            const sso_probe_place_t *place, apr_pool_t *p)
{
    const char *on = probe->kind == SSO_PROBE_SCHEMA
                         ? apr_pstrcat(p, "SCHEMA ", probe->columns, NULL)
                         : table_of(probe, dialect, place, p);

    return apr_pstrcat(p, right_of(probe, p), " ON ", on, NULL);
}

const char *sso_grant(const sso_probe_t *probe, sso_dialect_t dialect,
                      const sso_probe_place_t *place, apr_pool_t *p)
{
    return apr_pstrcat(p, "GRANT ", sso_grant_right(probe, dialect, place, p), " TO ",
                       account_of(place, dialect, p), ";", NULL);
}

const char *sso_grant_tables(sso_dialect_t dialect, const sso_probe_place_t *place, apr_pool_t *p)
{
    const char *account = account_of(place, dialect, p);
    const char *where = place->database ? name_of(place->database, dialect, p) : NULL;

    if (dialect == SSO_SQLITE3)
        return NULL;
    if (dialect == SSO_MYSQL)
        return apr_pstrcat(p, "GRANT ALL ON ", where ? where : "moodlesso", ".* TO ", account, ";",
                           NULL);
    return apr_pstrcat(p, "GRANT USAGE, CREATE ON SCHEMA ", where ? where : "public", " TO ",
                       account, ";", NULL);
}
