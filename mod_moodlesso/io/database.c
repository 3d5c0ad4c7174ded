/* SPDX-License-Identifier: Apache-2.0 */
/* database.c -- statements of one process on one database, bounded in time. */
#include "io/database.h"

#include <apr_strings.h>

#include "io/deadline.h"
#include "io/native.h"

#define TRIES 5 /* of what may be asked again; one is enough but for deadlocks */

/* One statement under way; on the stack of whoever asks. */
typedef struct ask_t {
    const sso_statement_t *statement;
    const char *const *arguments;
    const sso_reader_t *reader; /* NULL: it changes rows */
    int affected;
    bool was_idle; /* on a connection that may have been lost while idle */
    bool is_begun; /* it may have changed something, or rows were read already */
} ask_t;

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

static int read_rows(sso_pool_t *pool, apr_dbd_results_t *results, ask_t *ask, apr_pool_t *p)
{
    const char **row = apr_palloc(
        p, sizeof(*row) * (apr_size_t)(ask->statement->columns ? ask->statement->columns : 1));
    apr_dbd_row_t *at = NULL;
    int result;

    while ((result = apr_dbd_get_row(pool->driver, p, results, &at, -1)) == 0) {
        for (int i = 0; i < ask->statement->columns; i++) {
            const char *text = apr_dbd_get_entry(pool->driver, at, i);
            /* The driver of PostgreSQL writes NULL as "". */
            row[i] = text != NULL && *text != '\0' ? text : NULL;
        }
        ask->is_begun = true;
        ask->reader->row(ask->reader->context, row);
    }
    return result > 0 ? result : 0;
}

/* Run the statement; drivers want every row read. Answers the driver's result. */
static int run(sso_pool_t *pool, sso_connection_t *connection, ask_t *ask, apr_pool_t *p)
{
    const char **arguments = (const char **)(apr_uintptr_t)ask->arguments;
    apr_dbd_prepared_t *prepared;
    apr_dbd_results_t *results = NULL;
    int result = prepare(pool, connection, ask->statement, &prepared);

    if (result != 0)
        return result;
    if (ask->reader == NULL) {
        ask->is_begun = true;
        return apr_dbd_pquery(pool->driver, p, connection->handle, &ask->affected, prepared, 1,
                              arguments);
    }
    /* Without random access the driver of PostgreSQL takes a lost connection for no rows; with it
     * the driver of MySQL takes a row for none (apr-util 1.6.3). */
    result = apr_dbd_pselect(pool->driver, p, connection->handle, &results, prepared,
                             pool->database->dialect == SSO_PGSQL, 1, arguments);
    return result != 0 ? result : read_rows(pool, results, ask, p);
}

/* A connection that is not known to be lost: a change shall not meet one. */
static apr_status_t take_open(sso_pool_t *pool, apr_time_t deadline, sso_connection_t **connection,
                              const char **why, apr_pool_t *p)
{
    apr_status_t status = sso_pool_take(pool, deadline, connection, why, p);

    while (status == APR_SUCCESS && (*connection)->is_used &&
           !sso_native_is_open((*connection)->socket)) {
        sso_pool_drop(pool, *connection);
        status = sso_pool_take(pool, deadline, connection, why, p);
    }
    return status;
}

/* Why did it fail? Gives the connection back, or closes it. */
static apr_status_t failure(sso_pool_t *pool, sso_connection_t *connection, int result, bool passed,
                            const char **why, apr_pool_t *p)
{
    apr_status_t status;

    *why = apr_pstrdup(p, apr_dbd_error(pool->driver, connection->handle, result));
    status = passed ? SSO_IO_TIMEOUT
                    : sso_native_failure(pool->database->dialect, pool->driver, connection->handle,
                                         *why ? *why : "");
    if (passed || status == SSO_IO_DOWN || status == SSO_NATIVE_STALE)
        sso_pool_drop(pool, connection);
    else
        sso_pool_give_back(pool, connection);
    return status;
}

static apr_status_t attempt(sso_pool_t *pool, ask_t *ask, apr_time_t when, const char **why,
                            apr_pool_t *p)
{
    sso_connection_t *connection = NULL;
    sso_deadline_t deadline;
    bool passed;
    apr_status_t status = ask->reader ? sso_pool_take(pool, when, &connection, why, p)
                                      : take_open(pool, when, &connection, why, p);
    int result;

    ask->was_idle = ask->is_begun = false;
    if (status != APR_SUCCESS || connection == NULL)
        return status;
    ask->was_idle = connection->is_used;
    sso_deadline_arm(&deadline, connection->socket, when);
    result = run(pool, connection, ask, p);
    passed = sso_deadline_disarm(&deadline);
    if (result == 0 && !passed) {
        sso_pool_give_back(pool, connection);
        return APR_SUCCESS;
    }
    return failure(pool, connection, result, passed, why, p);
}

static bool is_taken_back(apr_status_t status)
{
    return status == SSO_NATIVE_STALE || status == SSO_NATIVE_UNDONE;
}

/* What remains to be told when asking again did not help. */
static apr_status_t as_io(apr_status_t status)
{
    if (status == SSO_NATIVE_STALE)
        return SSO_IO_DOWN;
    return status == SSO_NATIVE_UNDONE ? SSO_IO_TIMEOUT : status;
}

static bool may_ask_again(const ask_t *ask, apr_status_t status)
{
    if (is_taken_back(status))
        return ask->reader == NULL || !ask->is_begun;
    return status == SSO_IO_DOWN && ask->was_idle &&
           (!ask->is_begun || (ask->reader == NULL && ask->statement->is_repeatable));
}

static apr_status_t ask_until(sso_pool_t *pool, ask_t *ask, apr_time_t deadline, const char **why,
                              apr_pool_t *p)
{
    apr_status_t status = attempt(pool, ask, deadline, why, p);

    for (int tries = 1; tries < TRIES && may_ask_again(ask, status); tries++) {
        if (apr_time_now() >= deadline)
            break;
        status = attempt(pool, ask, deadline, why, p);
    }
    return as_io(status);
}

/* The first row, copied. */
typedef struct first_t {
    const char **row;
    int columns;
    bool is_there;
    apr_pool_t *p;
} first_t;

static void keep_first(void *of_first, const char *const *row)
{
    first_t *first = of_first;

    for (int i = 0; i < first->columns && !first->is_there; i++)
        first->row[i] = row[i] ? apr_pstrdup(first->p, row[i]) : NULL;
    first->is_there = true;
}

apr_status_t sso_pool_query(sso_pool_t *pool, const sso_statement_t *statement,
                            const char *const *arguments, apr_time_t deadline, const char **row,
                            const char **why, apr_pool_t *p)
{
    first_t first = {row, statement->columns, false, p};
    sso_reader_t reader = {keep_first, &first};
    ask_t ask = {.statement = statement, .arguments = arguments, .reader = &reader};
    apr_status_t status = ask_until(pool, &ask, deadline, why, p);

    return status == APR_SUCCESS && !first.is_there ? APR_NOTFOUND : status;
}

apr_status_t sso_pool_each(sso_pool_t *pool, const sso_statement_t *statement,
                           const char *const *arguments, apr_time_t deadline,
                           const sso_reader_t *reader, const char **why, apr_pool_t *p)
{
    ask_t ask = {.statement = statement, .arguments = arguments, .reader = reader};

    return ask_until(pool, &ask, deadline, why, p);
}

apr_status_t sso_pool_execute(sso_pool_t *pool, const sso_statement_t *statement,
                              const char *const *arguments, apr_time_t deadline, int *affected,
                              const char **why, apr_pool_t *p)
{
    ask_t ask = {.statement = statement, .arguments = arguments};
    apr_status_t status = ask_until(pool, &ask, deadline, why, p);

    *affected = status == APR_SUCCESS ? ask.affected : 0;
    return status;
}

/* On the stack of sso_pool_script. */
struct sso_line_t {
    sso_pool_t *pool;
    sso_connection_t *connection;
    int result; /* the driver's, of the last text */
    apr_pool_t *p;
};

apr_status_t sso_line_run(sso_line_t *line, const char *sql, const char **value)
{
    const char *unwanted;

    line->result =
        sso_connection_text(line->pool, line->connection, sql, value ? value : &unwanted, line->p);
    if (line->result == 0)
        return APR_SUCCESS;
    return sso_native_failure(
        line->pool->database->dialect, line->pool->driver, line->connection->handle,
        apr_dbd_error(line->pool->driver, line->connection->handle, line->result));
}

const char *sso_line_words(const sso_line_t *line, apr_pool_t *p)
{
    return apr_pstrdup(p,
                       apr_dbd_error(line->pool->driver, line->connection->handle, line->result));
}

static apr_status_t attempt_script(sso_pool_t *pool, sso_script_t *script, void *context,
                                   apr_time_t when, const char **why, apr_pool_t *p)
{
    sso_line_t line = {pool, NULL, 0, p};
    sso_deadline_t deadline;
    apr_status_t status = take_open(pool, when, &line.connection, why, p);
    bool passed;

    if (status != APR_SUCCESS || line.connection == NULL)
        return status;
    sso_deadline_arm(&deadline, line.connection->socket, when);
    status = script(&line, context);
    passed = sso_deadline_disarm(&deadline);
    if (status == APR_SUCCESS && !passed) {
        sso_pool_give_back(pool, line.connection);
        return APR_SUCCESS;
    }
    if (line.result != 0)
        *why = sso_line_words(&line, p);
    sso_pool_drop(pool, line.connection);
    return passed ? SSO_IO_TIMEOUT : status;
}

apr_status_t sso_pool_script(sso_pool_t *pool, sso_script_t *script, void *context,
                             apr_time_t deadline, const char **why, apr_pool_t *p)
{
    apr_status_t status = attempt_script(pool, script, context, deadline, why, p);

    for (int tries = 1; tries < TRIES && is_taken_back(status) && apr_time_now() < deadline;
         tries++)
        status = attempt_script(pool, script, context, deadline, why, p);
    return as_io(status);
}
