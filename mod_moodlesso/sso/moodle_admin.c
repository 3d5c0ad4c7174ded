/* SPDX-License-Identifier: Apache-2.0 */
/* moodle_admin.c -- is a name that of an administrator of Moodle? */
#include "sso/moodle_admin.h"

#include <apr_strings.h>

#define ROWS_MAX      "20"
#define ROWS_TOO_MANY 20

enum { COLUMN_ID, COLUMN_SITEADMINS, COLUMNS };

typedef struct search_t {
    int rows;
    bool is_admin;
} search_t;

sso_statement_t sso_moodle_admin_statement(sso_database_t *database, const char *prefix,
                                           apr_pool_t *p)
{
    const char *sql = apr_psprintf(
        p,
        "SELECT u.id, (SELECT c.value FROM %sconfig c WHERE c.name='siteadmins') FROM %suser u "
        "WHERE u.username=%%s AND u.deleted=0 LIMIT " ROWS_MAX,
        prefix, prefix);

    return sso_statement_make(database, sql, COLUMNS);
}

/* "2,17": ids with commas between (moodle/lib/moodlelib.php, is_siteadmin). */
static void consider(void *of_search, const char *const *row)
{
    search_t *search = of_search;
    sso_span_t rest = sso_span(row[COLUMN_SITEADMINS]), id;

    search->rows++;
    while (rest.at != NULL && row[COLUMN_ID] != NULL && sso_span_next(&rest, ',', &id))
        search->is_admin |= sso_span_equal(sso_span_trim(id), row[COLUMN_ID]);
}

const sso_error_t *sso_moodle_is_admin(const sso_statement_t *statement, const char *username,
                                       sso_io_t *io, bool *is_admin, apr_pool_t *p)
{
    search_t search = {0, false};
    const sso_reader_t reader = {consider, &search};

    SSO_TRY(sso_database_error(io->each(io, statement, &username, &reader, p)));
    /* Among those that were left out there may be one. */
    *is_admin = search.is_admin || search.rows >= ROWS_TOO_MANY;
    return NULL;
}
