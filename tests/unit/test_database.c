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

/* SQLite's old way of preparing, which the driver uses, does not survive it by itself: a module
 * installed in Drupal, a VACUUM. */
T(a_schema_that_changed_costs_nobody_an_answer)
{
    sso_database_t *database = make(p);
    sso_statement_t s = sso_statement_make(database, "SELECT v FROM t WHERE k=%s", 1);
    sso_statement_t change = sso_statement_make(database, "UPDATE t SET v='c' WHERE k=%s", 0);
    const char *row[1], *argument = "a", *why = NULL;
    sso_pool_t *pool;
    int affected;

    sso_pool_create(&pool, database);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(pool, &s, "a", row, p), APR_SUCCESS);
        assert_int_equal(sso_pool_execute(pool, &change, &argument,
                                          apr_time_now() + apr_time_from_sec(2), &affected, &why,
                                          p),
                         APR_SUCCESS);
        assert_int_equal(affected, 1);
        sqlite_run(database, apr_psprintf(p, "CREATE TABLE u%d (x TEXT)", i), p);
    }
}

T(a_change_says_how_many_rows_it_changed)
{
    sso_database_t *database = make(p);
    sso_statement_t change = sso_statement_make(database, "UPDATE t SET v=%s WHERE k=%s", 0);
    sso_statement_t wrong = sso_statement_make(database, "UPDATE t SET v=%s WHERE nosuch=%s", 0);
    const char *arguments[] = {"it's", "two"}, *row[1], *why = NULL;
    sso_statement_t s = sso_statement_make(database, "SELECT v FROM t WHERE k=%s", 1);
    apr_time_t deadline = apr_time_now() + apr_time_from_sec(2);
    sso_pool_t *pool;
    int affected = -1;

    sso_pool_create(&pool, database);
    assert_int_equal(sso_pool_execute(pool, &change, arguments, deadline, &affected, &why, p), 0);
    assert_int_equal(affected, 2);
    assert_int_equal(ask(pool, &s, "two", row, p), APR_SUCCESS);
    assert_string_equal(row[0], "it's");
    arguments[1] = "none";
    assert_int_equal(sso_pool_execute(pool, &change, arguments, deadline, &affected, &why, p), 0);
    assert_int_equal(affected, 0);
    assert_int_equal(sso_pool_execute(pool, &wrong, arguments, deadline, &affected, &why, p),
                     SSO_IO_ANSWER);
    assert_sentence(why, "nosuch");
}

typedef struct seen_t {
    int count;
    apr_pool_t *p;
    const char *text;
} seen_t;

static void note(void *of_seen, const char *const *row)
{
    seen_t *seen = of_seen;

    seen->count++;
    seen->text = apr_pstrcat(seen->p, seen->text, row[0], "=", row[1] ? row[1] : "NULL", " ", NULL);
}

T(every_row_is_read_in_order)
{
    sso_database_t *database = make(p);
    sso_statement_t s =
        sso_statement_make(database, "SELECT v, n FROM t WHERE k<>%s ORDER BY v DESC LIMIT 3", 2);
    seen_t seen = {0, p, ""};
    sso_reader_t reader = {note, &seen};
    const char *argument = "", *why = NULL;
    apr_time_t deadline = apr_time_now() + apr_time_from_sec(2);
    sso_pool_t *pool;

    sso_pool_create(&pool, database);
    assert_int_equal(sso_pool_each(pool, &s, &argument, deadline, &reader, &why, p), APR_SUCCESS);
    assert_string_equal(seen.text, "b=NULL 2=x 1=NULL ");
    sqlite_run(database, "DELETE FROM t", p);
    seen.count = 0;
    assert_int_equal(sso_pool_each(pool, &s, &argument, deadline, &reader, &why, p), APR_SUCCESS);
    assert_int_equal(seen.count, 0);
}

T(every_connection_is_greeted)
{
    static const char *const greeting[] = {
        "PRAGMA busy_timeout=5", "CREATE TEMPORARY TABLE hello AS SELECT 'hi' AS x", NULL};
    sso_database_t *database = make(p);
    sso_statement_t s = sso_statement_make(database, "SELECT x FROM hello WHERE x=%s", 1);
    sso_pool_t *pool;
    const char *row[1];

    database->greeting = greeting;
    sso_pool_create(&pool, database);
    assert_int_equal(ask(pool, &s, "hi", row, p), APR_SUCCESS);
}

T(a_greeting_that_fails_is_told)
{
    static const char *const greeting[] = {"SELECT nosuch", NULL};
    sso_database_t *database = make(p);
    sso_statement_t s = sso_statement_make(database, "SELECT v FROM t WHERE k=%s", 1);
    const char *row[1], *argument = "a", *why = NULL;
    sso_pool_t *pool;

    database->greeting = greeting;
    sso_pool_create(&pool, database);
    assert_int_equal(
        sso_pool_query(pool, &s, &argument, apr_time_now() + apr_time_from_sec(2), row, &why, p),
        SSO_IO_DOWN);
    assert_sentence(why, "connected, but no such column: nosuch");
}

static apr_status_t insert_two(sso_line_t *line, void *of_last)
{
    const char *value, *last = of_last;
    apr_status_t status;

    if ((status = sso_line_run(line, "BEGIN IMMEDIATE", NULL)) ||
        (status = sso_line_run(line, "INSERT INTO t (k) VALUES ('x')", NULL)) ||
        (status = sso_line_run(line, "SELECT COUNT(*) FROM t WHERE k = 'x'", &value)))
        return status;
    assert_string_equal(value, "1");
    return sso_line_run(line, last, NULL);
}

T(a_script_happens_as_a_whole_or_not_at_all)
{
    sso_database_t *database = make(p);
    sso_statement_t s = sso_statement_make(database, "SELECT k FROM t WHERE k=%s", 1);
    apr_time_t deadline = apr_time_now() + apr_time_from_sec(2);
    char broken[] = "COMMIT nosuch", commit[] = "COMMIT";
    const char *row[1], *why = NULL;
    sso_pool_t *pool;

    sso_pool_create(&pool, database);
    assert_int_equal(sso_pool_script(pool, insert_two, broken, deadline, &why, p), SSO_IO_ANSWER);
    assert_sentence(why, "nosuch");
    assert_int_equal(pool->open, 0);
    assert_int_equal(ask(pool, &s, "x", row, p), APR_NOTFOUND);
    assert_int_equal(sso_pool_script(pool, insert_two, commit, deadline, &why, p), APR_SUCCESS);
    assert_int_equal(ask(pool, &s, "x", row, p), APR_SUCCESS);
}
