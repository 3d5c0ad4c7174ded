/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c -- connections of one process to one database: few, kept, bounded in time. */
#include "io/pool.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "io/deadline.h"
#include "io/native.h"

#define LOCKED (10 * 1000) /* microseconds until a locked file of SQLite is tried again */

static const char *const driver_names[] = {"sqlite3", "mysql", "pgsql"};

const char *sso_database_load(sso_dialect_t dialect, apr_pool_t *p)
{
    const apr_dbd_driver_t *driver;

    apr_dbd_init(p);
    if (apr_dbd_get_driver(p, driver_names[dialect], &driver) == APR_SUCCESS)
        return NULL;
    return apr_psprintf(p,
                        "the apr_dbd driver %s cannot be loaded; install it (Debian: "
                        "libaprutil1-dbd-%s, RHEL: apr-util-%s)",
                        driver_names[dialect], driver_names[dialect],
                        dialect == SSO_SQLITE3 ? "sqlite" : driver_names[dialect]);
}

apr_status_t sso_pool_create(sso_pool_t **made, const sso_database_t *database)
{
    apr_pool_t *memory;
    sso_pool_t *pool;
    apr_status_t status = apr_pool_create_unmanaged_ex(&memory, NULL, NULL);

    if (status != APR_SUCCESS)
        return status;
    pool = apr_pcalloc(memory, sizeof(*pool));
    pool->memory = memory;
    pool->database = database;
    *made = pool;
    if ((status = apr_dbd_get_driver(memory, driver_names[database->dialect], &pool->driver)) ||
        (status = apr_thread_mutex_create(&pool->mutex, APR_THREAD_MUTEX_DEFAULT, memory)))
        return status;
    return apr_thread_cond_create(&pool->changed, memory);
}

int sso_connection_text(sso_pool_t *pool, sso_connection_t *connection, const char *sql,
                        const char **value, apr_pool_t *p)
{
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;
    /* A select for everything: SQLite's PRAGMAs answer rows, which apr_dbd_query takes for an
     * error. Random access as for prepared statements (database.c). */
    int result = apr_dbd_select(pool->driver, p, connection->handle, &results, sql,
                                pool->database->dialect == SSO_PGSQL);

    *value = NULL;
    if (result != 0 || results == NULL) /* NULL: of MySQL, for what answers no rows */
        return result;
    while ((result = apr_dbd_get_row(pool->driver, p, results, &row, -1)) == 0) {
        const char *text = apr_dbd_get_entry(pool->driver, row, 0);

        if (*value == NULL && text != NULL)
            *value = apr_pstrdup(p, text);
    }
    return result > 0 ? result : 0;
}

/* Run a text of the greeting. Beginning WAL meets the locks of others who begin it or end, and the
 * driver does not wait for those (apr-util 1.6.3: the old way of preparing hides what it was). */
static bool say(sso_pool_t *pool, sso_connection_t *connection, const char *sql, apr_time_t until)
{
    const char *unwanted;

    while (sso_connection_text(pool, connection, sql, &unwanted, connection->pool) != 0) {
        if (pool->database->dialect != SSO_SQLITE3 || apr_time_now() >= until ||
            sso_native_failure(SSO_SQLITE3, pool->driver, connection->handle,
                               apr_dbd_error(pool->driver, connection->handle, 0)) !=
                SSO_IO_TIMEOUT)
            return false;
        apr_sleep(LOCKED);
    }
    return true;
}

/* What every connection begins with: UTF-8, and roles of a user not cut at MySQL's 1024 bytes; then
 * what this database asks for. */
static bool greet(sso_pool_t *pool, sso_connection_t *connection)
{
    static const char *const greetings[][3] = {
        {NULL},
        {"SET NAMES utf8mb4", "SET SESSION group_concat_max_len=65536", NULL},
        {"SET client_encoding TO 'UTF8'", NULL},
    };
    const char *const *lists[] = {greetings[pool->database->dialect], pool->database->greeting};
    apr_time_t until = apr_time_now() + pool->database->timeout;

    for (int k = 0; k < 2; k++) {
        for (int i = 0; lists[k] != NULL && lists[k][i] != NULL; i++) {
            if (!say(pool, connection, lists[k][i], until))
                return false;
        }
    }
    return true;
}

static void close_connection(sso_pool_t *pool, sso_connection_t *connection)
{
    apr_dbd_close(pool->driver, connection->handle);
    apr_pool_destroy(connection->pool);
}

/* libpq waits for ever to connect unless told otherwise. The driver of MySQL reconnects behind our
 * back unless told not to, and then has lost every prepared statement. */
static const char *parameters_of(const sso_database_t *database, apr_pool_t *p)
{
    if (database->dialect == SSO_MYSQL)
        return apr_pstrcat(p, database->parameters, ",reconnect=0", NULL);
    if (database->dialect == SSO_PGSQL && strstr(database->parameters, "connect_timeout") == NULL)
        return apr_psprintf(p, "%s connect_timeout=%d", database->parameters,
                            (int)apr_time_sec(database->timeout) + 2);
    return database->parameters;
}

/* SQLite would make an empty file where there is none; the store makes its own (store_schema.c). */
static bool is_missing(const sso_database_t *database, const char **why, apr_pool_t *p)
{
    char message[120];

    if (database->dialect != SSO_SQLITE3 || access(database->parameters, F_OK) == 0 ||
        errno != ENOENT)
        return false;
    *why = apr_pstrcat(p, database->parameters,
                       " is not there: ", apr_strerror(ENOENT, message, sizeof(message)), NULL);
    return true;
}

static sso_connection_t *open_connection(sso_pool_t *pool, const char **why, apr_pool_t *memory)
{
    const sso_database_t *database = pool->database;
    sso_connection_t *connection = apr_pcalloc(memory, sizeof(*connection));
    sso_deadline_t deadline;
    bool greeted;

    connection->pool = memory;
    connection->prepared = apr_pcalloc(memory, sizeof(*connection->prepared) *
                                                   (apr_size_t)database->statements->nelts);
    if (is_missing(database, why, memory))
        return NULL;
    if (apr_dbd_open_ex(pool->driver, memory, parameters_of(database, memory), &connection->handle,
                        why) != APR_SUCCESS)
        return NULL;
    sso_native_prepare(database->dialect, pool->driver, connection->handle);
    connection->socket = sso_native_socket(database->dialect, pool->driver, connection->handle);
    if (connection->socket >= 0)
        fcntl(connection->socket, F_SETFD, FD_CLOEXEC);
    sso_deadline_arm(&deadline, connection->socket, apr_time_now() + database->timeout);
    greeted = greet(pool, connection);
    if (sso_deadline_disarm(&deadline) || !greeted) {
        *why = greeted ? "connected, but it did not answer"
                       : apr_pstrcat(memory, "connected, but ",
                                     apr_dbd_error(pool->driver, connection->handle, 0), NULL);
        apr_dbd_close(pool->driver, connection->handle);
        return NULL;
    }
    return connection;
}

/* Did the server refuse us, or was it not there? Errors at opening have no number in apr_dbd. */
static apr_status_t opening_failure(const char *why)
{
    return why != NULL && (strstr(why, "denied") != NULL || strstr(why, "authentication") != NULL ||
                           strstr(why, "pg_hba.conf") != NULL)
               ? SSO_IO_DENIED
               : SSO_IO_DOWN;
}

/* A thread for one opening; it ends with it. */
static void *opener(void *of_pool)
{
    sso_pool_t *pool = of_pool;
    apr_pool_t *memory = NULL;
    const char *why = NULL;
    sso_connection_t *connection = NULL;

    if (apr_pool_create_unmanaged_ex(&memory, NULL, NULL) == APR_SUCCESS)
        connection = open_connection(pool, &why, memory);
    apr_thread_mutex_lock(pool->mutex);
    pool->opening--;
    if (connection != NULL) {
        pool->open++;
        connection->next = pool->idle;
        pool->idle = connection;
    }
    else {
        pool->failures++;
        pool->failure = opening_failure(why);
        apr_cpystrn(pool->failure_text, why ? why : "no words", sizeof(pool->failure_text));
    }
    apr_thread_cond_broadcast(pool->changed);
    apr_thread_mutex_unlock(pool->mutex);
    if (connection == NULL && memory != NULL)
        apr_pool_destroy(memory);
    return NULL;
}

/* One opening at a time, and one more when that hangs; the mutex is held. */
static bool may_open(const sso_pool_t *pool, apr_time_t now)
{
    return pool->open + pool->opening < pool->database->max &&
           (pool->opening == 0 || now - pool->opening_since > pool->database->timeout);
}

/* A bare thread: an apr_thread_t would need a pool that nobody could destroy in time. */
static bool start_opening(sso_pool_t *pool, apr_time_t now)
{
    pthread_attr_t attributes;
    pthread_t thread;
    bool started;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pool->opening++;
    pool->opening_since = now;
    started = pthread_create(&thread, &attributes, opener, pool) == 0;
    pthread_attr_destroy(&attributes);
    if (!started)
        pool->opening--;
    return started;
}

apr_status_t sso_pool_take(sso_pool_t *pool, apr_time_t deadline, sso_connection_t **connection,
                           const char **why, apr_pool_t *p)
{
    apr_status_t status = APR_SUCCESS;
    unsigned int failures;
    apr_time_t now;

    apr_thread_mutex_lock(pool->mutex);
    failures = pool->failures;
    while (pool->idle == NULL) {
        if (pool->failures != failures) {
            status = pool->failure;
            *why = apr_pstrdup(p, pool->failure_text);
            break;
        }
        now = apr_time_now();
        if (may_open(pool, now) && !start_opening(pool, now)) {
            *why = "no thread can be started to connect";
            status = SSO_IO_DOWN;
            break;
        }
        if (now >= deadline) {
            *why = pool->opening > 0 ? "no connection in time" : "every connection is in use";
            status = SSO_IO_TIMEOUT;
            break;
        }
        apr_thread_cond_timedwait(pool->changed, pool->mutex, deadline - now);
    }
    if (status == APR_SUCCESS && pool->idle != NULL) {
        *connection = pool->idle;
        pool->idle = (*connection)->next;
    }
    apr_thread_mutex_unlock(pool->mutex);
    return status;
}

void sso_pool_give_back(sso_pool_t *pool, sso_connection_t *connection)
{
    connection->is_used = true;
    apr_thread_mutex_lock(pool->mutex);
    connection->next = pool->idle;
    pool->idle = connection;
    apr_thread_cond_signal(pool->changed);
    apr_thread_mutex_unlock(pool->mutex);
}

void sso_pool_drop(sso_pool_t *pool, sso_connection_t *connection)
{
    apr_thread_mutex_lock(pool->mutex);
    connection->next = pool->idle;
    pool->idle = NULL;
    for (sso_connection_t *at = connection; at != NULL; at = at->next)
        pool->open--;
    apr_thread_cond_broadcast(pool->changed);
    apr_thread_mutex_unlock(pool->mutex);
    while (connection != NULL) {
        sso_connection_t *next = connection->next;
        close_connection(pool, connection);
        connection = next;
    }
}
