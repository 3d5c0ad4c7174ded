/* SPDX-License-Identifier: Apache-2.0 */
/* The pool on SQLite; servers that stop, freeze and restart are in tests/httpd. */
#include "runner.h"

#include <pthread.h>
#include <unistd.h>

#include <apr_strings.h>

#include "io/database.h"
#include "io/shared.h"
#include "sqlite_file.h"

#define SQL "CREATE TABLE t (k TEXT, v TEXT); INSERT INTO t VALUES ('a', 'b')"

static apr_status_t ask(sso_pool_t *pool, const sso_statement_t *statement, const char **row,
                        const char **why, apr_pool_t *p)
{
    const char *argument = "a";

    return sso_pool_query(pool, statement, &argument, apr_time_now() + apr_time_from_sec(60), row,
                          why, p);
}

T(what_cannot_be_opened_is_down_and_says_why)
{
    sso_database_t *database = sqlite_database(1, SQL, p);
    sso_statement_t s = sso_statement_make(database, "SELECT v FROM t WHERE k=%s", 1);
    const char *row[1], *why = NULL;
    sso_pool_t *pool;

    database->parameters = "/nonexistent/x.db";
    sso_pool_create(&pool, database);
    assert_int_equal(ask(pool, &s, row, &why, p), SSO_IO_DOWN);
    assert_non_null(why);
}

T(a_file_that_is_not_there_is_not_made)
{
    sso_database_t *database = sqlite_database(1, SQL, p);
    sso_statement_t s = sso_statement_make(database, "SELECT v FROM t WHERE k=%s", 1);
    const char *row[1], *why = NULL;
    sso_pool_t *pool;

    assert_int_equal(unlink(database->parameters), 0);
    sso_pool_create(&pool, database);
    assert_int_equal(ask(pool, &s, row, &why, p), SSO_IO_DOWN);
    assert_sentence(why, apr_pstrcat(p, database->parameters, " is not there: No such file", NULL));
    assert_int_equal(access(database->parameters, F_OK), -1);
}

T(a_connection_is_kept_and_used_again)
{
    sso_database_t *database = sqlite_database(3, SQL, p);
    sso_connection_t *first, *second;
    apr_time_t deadline = apr_time_now() + apr_time_from_sec(60);
    const char *why = NULL;
    sso_pool_t *pool;

    sso_pool_create(&pool, database);
    assert_int_equal(sso_pool_take(pool, deadline, &first, &why, p), APR_SUCCESS);
    assert_false(first->is_used);
    sso_pool_give_back(pool, first);
    assert_int_equal(sso_pool_take(pool, deadline, &second, &why, p), APR_SUCCESS);
    assert_ptr_equal(first, second);
    assert_true(second->is_used);
    sso_pool_drop(pool, second);
    assert_int_equal(pool->open, 0);
}

T(who_finds_none_free_waits_no_longer_than_told)
{
    sso_database_t *database = sqlite_database(1, SQL, p);
    apr_time_t began = apr_time_now();
    sso_connection_t *first, *second;
    const char *why = NULL;
    sso_pool_t *pool;

    sso_pool_create(&pool, database);
    assert_int_equal(sso_pool_take(pool, began + apr_time_from_sec(60), &first, &why, p), 0);
    began = apr_time_now();
    assert_int_equal(sso_pool_take(pool, began + 30000, &second, &why, p), SSO_IO_TIMEOUT);
    assert_true(apr_time_now() - began >= 30000);
    assert_sentence(why, "every connection is in use");
    sso_pool_drop(pool, first);
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
        const char *row[1], *why = NULL;
        if (ask(crowd->pool, crowd->statement, row, &why, p) != APR_SUCCESS ||
            strcmp(row[0], "b") != 0)
            sso_count(&crowd->wrong);
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return NULL;
}

T(many_threads_share_few_connections)
{
    sso_database_t *database = sqlite_database(2, SQL, p);
    sso_statement_t s = sso_statement_make(database, "SELECT v FROM t WHERE k=%s", 1);
    crowd_t crowd = {NULL, &s, 0};
    pthread_t threads[8];

    sso_pool_create(&crowd.pool, database);
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, ask_often, &crowd);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(crowd.wrong, 0);
    assert_true(crowd.pool->open <= 2);
}

T(a_driver_that_is_not_installed_is_a_sentence)
{
    assert_null(sso_database_load(SSO_SQLITE3, p));
}
