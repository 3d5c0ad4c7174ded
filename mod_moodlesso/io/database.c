/* SPDX-License-Identifier: Apache-2.0 */
/* database.c -- statements of one process on one database, bounded in time. */
#include "io/database.h"

#include <apr_strings.h>

#include "io/deadline.h"
#include "io/native.h"

static int prepare(sso_pool_t *pool, sso_connection_t *connection, const sso_statement_t *statement,
                   apr_dbd_prepared_t **prepared)
{
    const char *sql = APR_ARRAY_IDX(pool->database->statements, statement->number, const char *);
    int result = 0;

    if (connection->prepared[statement->number] == NULL)
        result = apr_dbd_prepare(pool->driver, connection->pool, connection->handle, sql,
                                 apr_psprintf(connection->pool, "moodlesso%d", statement->number),
                                 &connection->prepared[statement->number]);
    if (result != 0)
        connection->prepared[statement->number] = NULL;
    *prepared = connection->prepared[statement->number];
    return result;
}

/* Run the statement and read its row; drivers want every row read. Answers the driver's result. */
static int run(sso_pool_t *pool, sso_connection_t *connection, const sso_statement_t *statement,
               const char *const *arguments, const char **row, bool *has_row, apr_pool_t *p)
{
    apr_dbd_prepared_t *prepared;
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *at = NULL;
    int result = prepare(pool, connection, statement, &prepared);

    *has_row = false;
    if (result != 0)
        return result;
    /* Without random access the driver of PostgreSQL takes a lost connection for no rows; with it
     * the driver of MySQL takes a row for none (apr-util 1.6.3). */
    result = apr_dbd_pselect(pool->driver, p, connection->handle, &results, prepared,
                             pool->database->dialect == SSO_PGSQL, 1,
                             (const char **)(apr_uintptr_t)arguments);
    if (result != 0)
        return result;
    while (apr_dbd_get_row(pool->driver, p, results, &at, -1) == 0) {
        for (int i = 0; i < statement->columns && !*has_row; i++) {
            const char *text = apr_dbd_get_entry(pool->driver, at, i);
            /* The driver of PostgreSQL writes NULL as "". */
            row[i] = text != NULL && *text != '\0' ? apr_pstrdup(p, text) : NULL;
        }
        *has_row = true;
    }
    return 0;
}

static apr_status_t attempt(sso_pool_t *pool, const sso_statement_t *statement,
                            const char *const *arguments, apr_time_t when, const char **row,
                            const char **why, bool *was_idle, apr_pool_t *p)
{
    sso_connection_t *connection = NULL;
    sso_deadline_t deadline;
    bool passed, has_row;
    apr_status_t status = sso_pool_take(pool, when, &connection, why, p);
    int result;

    *was_idle = false;
    if (status != APR_SUCCESS || connection == NULL)
        return status;
    *was_idle = connection->is_used;
    sso_deadline_arm(&deadline, connection->socket, when);
    result = run(pool, connection, statement, arguments, row, &has_row, p);
    passed = sso_deadline_disarm(&deadline);
    if (result == 0 && !passed) {
        sso_pool_give_back(pool, connection);
        return has_row ? APR_SUCCESS : APR_NOTFOUND;
    }
    *why = apr_pstrdup(p, apr_dbd_error(pool->driver, connection->handle, result));
    status = passed ? SSO_IO_TIMEOUT
                    : sso_native_failure(pool->database->dialect, pool->driver, connection->handle,
                                         *why ? *why : "");
    if (passed || status == SSO_IO_DOWN) {
        *was_idle = *was_idle && !passed;
        sso_pool_drop(pool, connection);
    }
    else {
        sso_pool_give_back(pool, connection);
    }
    return status;
}

apr_status_t sso_pool_query(sso_pool_t *pool, const sso_statement_t *statement,
                            const char *const *arguments, apr_time_t deadline, const char **row,
                            const char **why, apr_pool_t *p)
{
    bool was_idle;
    apr_status_t status = attempt(pool, statement, arguments, deadline, row, why, &was_idle, p);

    if (status == SSO_IO_DOWN && was_idle)
        status = attempt(pool, statement, arguments, deadline, row, why, &was_idle, p);
    return status;
}
