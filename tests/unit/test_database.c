/* SPDX-License-Identifier: Apache-2.0 */
/* Statements on SQLite; servers that stop, freeze and restart are in tests/httpd. */
#include "runner.h"

#include "io/database.h"
#include "sqlite_file.h"

static sso_database_t *make(apr_pool_t *p)
{
    return sqlite_database(
        2,
        "CREATE TABLE t (k TEXT, v TEXT, n TEXT); INSERT INTO t VALUES ('a', 'b', NULL); "
        "INSERT INTO t VALUES ('two', '1', ''); INSERT INTO t VALUES ('two', '2', 'x')",
        p);
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
    sso_database_t *database = make(p);
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
    sso_database_t *database = make(p);
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
