/* SPDX-License-Identifier: Apache-2.0 */
/* That databases take these texts is seen in test_store.c and tests/httpd/test_60_store.py. */
#include "runner.h"

#include "io/store_sql.h"

static const char *text_of(sso_dialect_t dialect, sso_sql_t what, apr_pool_t *p)
{
    sso_database_t *database = apr_pcalloc(p, sizeof(*database));
    sso_statement_t statements[SSO_SQL_COUNT];

    database->dialect = dialect;
    database->statements = apr_array_make(p, 8, sizeof(const char *));
    sso_sql_prepare(database, statements);
    assert_int_equal(database->statements->nelts, SSO_SQL_COUNT);
    return APR_ARRAY_IDX(database->statements, statements[what].number, const char *);
}

T(every_statement_has_a_text_in_every_dialect)
{
    for (int dialect = SSO_SQLITE3; dialect <= SSO_PGSQL; dialect++) {
        for (int what = 0; what < SSO_SQL_COUNT; what++)
            assert_non_null(text_of((sso_dialect_t)dialect, (sso_sql_t)what, p));
    }
}

T(dialects_differ_where_they_must)
{
    assert_non_null(strstr(text_of(SSO_MYSQL, SSO_SQL_SEE, p), "INSERT IGNORE"));
    assert_non_null(strstr(text_of(SSO_PGSQL, SSO_SQL_SEE, p), "DO NOTHING"));
    assert_non_null(strstr(text_of(SSO_SQLITE3, SSO_SQL_REVOKE, p), "strftime('%%s', 'now')"));
    assert_string_equal(text_of(SSO_MYSQL, SSO_SQL_SWEEP, p), text_of(SSO_PGSQL, SSO_SQL_SWEEP, p));
}

/* Being asked twice must not make a first out of a second. */
T(seeing_is_not_repeatable_and_revoking_is)
{
    sso_database_t database = {.dialect = SSO_SQLITE3};
    sso_statement_t statements[SSO_SQL_COUNT];

    database.statements = apr_array_make(p, 8, sizeof(const char *));
    sso_sql_prepare(&database, statements);
    assert_false(statements[SSO_SQL_SEE].is_repeatable);
    assert_true(statements[SSO_SQL_REVOKE].is_repeatable);
}

T(what_goes_on_after_we_gave_up_ends_with_the_timeout)
{
    sso_database_t database = {.dialect = SSO_PGSQL, .timeout = apr_time_from_msec(1500)};

    assert_string_equal(sso_sql_greeting(&database, p)[0], "SET statement_timeout TO 1500");
    database.dialect = SSO_MYSQL;
    assert_string_equal(sso_sql_greeting(&database, p)[0],
                        "SET SESSION innodb_lock_wait_timeout=1");
    database.timeout = apr_time_from_msec(100);
    assert_string_equal(sso_sql_greeting(&database, p)[0],
                        "SET SESSION innodb_lock_wait_timeout=1");
    database.dialect = SSO_SQLITE3;
    assert_string_equal(sso_sql_greeting(&database, p)[1], "PRAGMA journal_mode=WAL");
}

T(every_migration_ends_by_saying_that_it_is_done)
{
    for (int dialect = SSO_SQLITE3; dialect <= SSO_PGSQL; dialect++) {
        for (int version = 1; version <= SSO_SQL_SCHEMA; version++) {
            const char *const *text = sso_sql_migration((sso_dialect_t)dialect, version);
            while (text[1] != NULL)
                text++;
            assert_non_null(strstr(*text, apr_psprintf(p, "('version', '%d')", version)));
        }
    }
}

/* moodlesso-check tests the tables of this list. */
T(every_table_that_is_made_is_listed_with_a_column_of_it)
{
    static const char begin[] = "CREATE TABLE IF NOT EXISTS ";
    int made = 0, listed = 0;

    for (int version = 1; version <= SSO_SQL_SCHEMA; version++) {
        for (const char *const *sql = sso_sql_migration(SSO_PGSQL, version); *sql != NULL; sql++) {
            const char *rest = strncmp(*sql, begin, strlen(begin)) == 0 ? *sql + strlen(begin) : "";

            made += *rest != '\0';
            for (const sso_sql_table_t *table = sso_sql_tables; table->name != NULL; table++)
                listed += strcmp(apr_pstrmemdup(p, rest, strcspn(rest, " ")), table->name) == 0 &&
                          strstr(rest, apr_pstrcat(p, "(", table->key, " ", NULL)) != NULL;
        }
    }
    assert_in_range(made, 5, 100);
    assert_int_equal(listed, made);
}
