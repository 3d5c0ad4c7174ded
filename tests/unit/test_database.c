/* SPDX-License-Identifier: Apache-2.0 */
/* The pool on SQLite; servers that stop, freeze and restart are in tests/httpd. */
#include "runner.h"

#include <pthread.h>
#include <unistd.h>

#include <apr_dbd.h>

#include "io/database.h"
#include "io/shared.h"

static apr_status_t remove_file(void *path)
{
    return unlink(path);
}

static sso_database_t *make(int max, apr_pool_t *p)
{
    sso_database_t *database = apr_pcalloc(p, sizeof(*database));
    const char *path = apr_psprintf(p, "build/test_database.%d.db", (int)getpid());
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    int rows;

    apr_pool_cleanup_register(p, path, remove_file, apr_pool_cleanup_null);
    assert_null(sso_database_load(SSO_SQLITE3, p));
    assert_int_equal(apr_dbd_get_driver(p, "sqlite3", &driver), APR_SUCCESS);
    assert_int_equal(apr_dbd_open(driver, p, path, &handle), APR_SUCCESS);
    assert_int_equal(
        apr_dbd_query(
            driver, handle, &rows,
            "CREATE TABLE t (k TEXT, v TEXT, n TEXT); INSERT INTO t VALUES ('a', 'b', NULL); "
            "INSERT INTO t VALUES ('two', '1', ''); INSERT INTO t VALUES ('two', '2', 'x')"),
        0);
    apr_dbd_close(driver, handle);
    database->name = "t";
    database->dialect = SSO_SQLITE3;
    database->parameters = path;
    database->timeout = apr_time_from_sec(2);
    database->max = max;
    database->statements = apr_array_make(p, 4, sizeof(const char *));
    return database;
}

static apr_status_t ask(sso_pool_t *pool, const sso_statement_t *statement, const char *argument,
                        const char **row, apr_pool_t *p)
{
    const char *why = NULL;

    return sso_pool_query(pool, statement, &argument, apr_time_now() + apr_time_from_sec(2), row,
                          &why, p);
}

T(a_row_is_read_and_null_told_from_text)
{
    sso_database_t *database = make(2, p);
    sso_statement_t s = sso_statement_make(database, "SELECT v, n FROM t WHERE k=%s", 2);
    sso_pool_t *pool;
    const char *row[2];

    assert_int_equal(sso_pool_create(&pool, database), APR_SUCCESS);
    assert_int_equal(ask(pool, &s, "a", row, p), APR_SUCCESS);
    assert_string_equal(row[0], "b");
    assert_null(row[1]);
    assert_int_equal(ask(pool, &s, "none", row, p), APR_NOTFOUND);
    assert_int_equal(ask(pool, &s, "a' OR '1'='1", row, p), APR_NOTFOUND);
    assert_int_equal(ask(pool, &s, "two", row, p), APR_SUCCESS);
    assert_string_equal(row[0], "1");
}

T(a_missing_table_and_a_mistake_are_told_apart)
{
    sso_database_t *database = make(2, p);
    sso_statement_t none = sso_statement_make(database, "SELECT v FROM nosuch WHERE k=%s", 1);
    sso_statement_t wrong = sso_statement_make(database, "SELECT nosuch FROM t WHERE k=%s", 1);
    sso_statement_t right = sso_statement_make(database, "SELECT v FROM t WHERE k=%s", 1);
    sso_pool_t *pool;
    const char *row[1];

    sso_pool_create(&pool, database);
    assert_int_equal(ask(pool, &none, "a", row, p), SSO_IO_NO_TABLE);
    assert_int_equal(ask(pool, &wrong, "a", row, p), SSO_IO_ANSWER);
    assert_int_equal(ask(pool, &right, "a", row, p), APR_SUCCESS);
}

T(what_cannot_be_opened_is_down_and_says_why)
{
    sso_database_t *database = make(1, p);
    sso_statement_t s = sso_statement_make(database, "SELECT v FROM t WHERE k=%s", 1);
    const char *row[1], *why = NULL, *argument = "a";
    sso_pool_t *pool;

    database->parameters = "/nonexistent/x.db";
    sso_pool_create(&pool, database);
    assert_int_equal(
        sso_pool_query(pool, &s, &argument, apr_time_now() + apr_time_from_sec(2), row, &why, p),
        SSO_IO_DOWN);
    assert_non_null(why);
}

typedef struct crowd_t {
    sso_pool_t *pool;
    sso_statement_t *statement;
    int wrong;
} crowd_t;

static void *ask_often(void *of_crowd)
{
    crowd_t *crowd = of_crowd;
    apr_pool_t *p;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    for (int i = 0; i < 100; i++) {
        const char *row[1];
        if (ask(crowd->pool, crowd->statement, "a", row, p) != APR_SUCCESS ||
            strcmp(row[0], "b") != 0)
            sso_count(&crowd->wrong);
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return NULL;
}

T(many_threads_share_few_connections)
{
    sso_database_t *database = make(2, p);
    sso_statement_t s = sso_statement_make(database, "SELECT v FROM t WHERE k=%s", 1);
    crowd_t crowd = {NULL, &s, 0};
    pthread_t threads[8];

    sso_pool_create(&crowd.pool, database);
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, ask_often, &crowd);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(crowd.wrong, 0);
}

T(a_driver_that_is_not_installed_is_a_sentence)
{
    assert_null(sso_database_load(SSO_SQLITE3, p));
}
