/* SPDX-License-Identifier: Apache-2.0 */
/* On SQLite; the others, and many nodes at once, are in tests/httpd/test_60_store.py. */
#include "runner.h"

#include <pthread.h>

#include <apr_file_io.h>

#include "io/shared.h"
#include "io/store_schema.h"
#include "io/store_sql.h"
#include "sqlite_file.h"

static apr_status_t prepare(const sso_database_t *database, int *version, const char **why,
                            apr_pool_t *p)
{
    sso_pool_t *pool;

    assert_int_equal(sso_pool_create(&pool, database), APR_SUCCESS);
    *why = NULL;
    return sso_schema_prepare(pool, apr_time_now() + apr_time_from_sec(5), version, why, p);
}

T(an_empty_database_gets_its_tables_and_a_second_look_changes_nothing)
{
    sso_database_t *database = sqlite_database(2, "", p);
    const char *why;
    int version = 0;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(prepare(database, &version, &why, p), APR_SUCCESS);
        assert_int_equal(version, SSO_SQL_SCHEMA);
    }
    sqlite_run(database, "INSERT INTO moodlesso_seen (hash, kind, expires) VALUES ('a', 'b', 1)",
               p);
    sqlite_run(database,
               "INSERT INTO moodlesso_epochs (key_hash, kind, tag, at, changed) "
               "VALUES ('a', 'b', 'c', 1, 1)",
               p);
}

T(a_sqlite_file_is_made_for_its_owner_alone)
{
    sso_database_t *database = sqlite_database(2, "", p);
    apr_finfo_t about;
    const char *why;
    int version;

    apr_file_remove(database->parameters, p);
    assert_int_equal(prepare(database, &version, &why, p), APR_SUCCESS);
    assert_int_equal(apr_stat(&about, database->parameters, APR_FINFO_PROT, p), APR_SUCCESS);
    assert_int_equal(about.protection, APR_FPROT_UREAD | APR_FPROT_UWRITE);
}

T(a_file_that_cannot_be_made_is_a_sentence)
{
    sso_database_t *database = sqlite_database(2, "", p);
    const char *why;
    int version;

    database->parameters = "/nonexistent/store.sqlite3";
    assert_int_equal(prepare(database, &version, &why, p), SSO_IO_DENIED);
    assert_sentence(why, "/nonexistent/store.sqlite3 cannot be opened for writing: No such file");
}

static void make_newer(const sso_database_t *database, const char *version, const char *least,
                       apr_pool_t *p)
{
    sqlite_run(database, "CREATE TABLE moodlesso_meta (name TEXT PRIMARY KEY, value TEXT)", p);
    sqlite_run(database,
               apr_psprintf(p, "INSERT INTO moodlesso_meta VALUES ('version', '%s')", version), p);
    if (least != NULL)
        sqlite_run(
            database,
            apr_psprintf(p, "INSERT INTO moodlesso_meta VALUES ('least_version', '%s')", least), p);
}

T(newer_tables_are_refused_unless_they_say_otherwise)
{
    const char *const least[] = {"1", "6", NULL}, *why;
    const apr_status_t wanted[] = {APR_SUCCESS, SSO_STORE_NEWER, SSO_STORE_NEWER};

    for (int i = 0; i < 3; i++) {
        sso_database_t *database = sqlite_database(2, "", p);
        int version;

        make_newer(database, "7", least[i], p);
        assert_int_equal(prepare(database, &version, &why, p), wanted[i]);
        if (wanted[i] == APR_SUCCESS)
            assert_int_equal(version, 7);
        else
            assert_sentence(why, "its tables have version 7");
    }
}

T(a_version_that_is_no_number_is_refused)
{
    sso_database_t *database = sqlite_database(2, "", p);
    const char *why;
    int version;

    make_newer(database, "two", "1", p);
    assert_int_equal(prepare(database, &version, &why, p), SSO_IO_ANSWER);
}

/* As after a server that died in the middle. */
T(what_was_cut_short_is_done_again)
{
    sso_database_t *database = sqlite_database(2, "", p);
    const char *why;
    int version;

    assert_int_equal(prepare(database, &version, &why, p), APR_SUCCESS);
    sqlite_run(database, "DELETE FROM moodlesso_meta; DROP TABLE moodlesso_seen", p);
    assert_int_equal(prepare(database, &version, &why, p), APR_SUCCESS);
    assert_int_equal(version, SSO_SQL_SCHEMA);
    sqlite_run(database, "SELECT expires FROM moodlesso_seen", p);
}

typedef struct node_t {
    const sso_database_t *database;
    apr_status_t status;
    int version;
} node_t;

static void *start(void *of_node)
{
    node_t *node = of_node;
    const char *why;
    apr_pool_t *p;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    node->status = prepare(node->database, &node->version, &why, p);
    apr_pool_destroy(p);
    return NULL;
}

T(any_number_may_begin_at_once)
{
    sso_database_t *database = sqlite_database(1, "", p);
    pthread_t threads[8];
    node_t nodes[8];

    database->greeting = sso_sql_greeting(database, p);
    for (int i = 0; i < 8; i++) {
        nodes[i] = (node_t){database, -1, 0};
        pthread_create(&threads[i], NULL, start, &nodes[i]);
    }
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(nodes[i].status, APR_SUCCESS);
        assert_int_equal(nodes[i].version, SSO_SQL_SCHEMA);
    }
}
