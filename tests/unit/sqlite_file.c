/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite_file.c -- a SQLite database of one test, in a file under build/ that goes with it. */
#include "sqlite_file.h"

#include <unistd.h>

#include <apr_dbd.h>

#include "io/database.h"
#include "runner.h"

static apr_status_t remove_files(void *of_path)
{
    const char *path = of_path;
    char beside[200];

    unlink(path);
    apr_snprintf(beside, sizeof(beside), "%s-wal", path);
    unlink(beside);
    apr_snprintf(beside, sizeof(beside), "%s-shm", path);
    unlink(beside);
    return APR_SUCCESS;
}

void sqlite_run(const sso_database_t *database, const char *sql, apr_pool_t *p)
{
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    int rows;

    assert_int_equal(apr_dbd_get_driver(p, "sqlite3", &driver), APR_SUCCESS);
    assert_int_equal(apr_dbd_open(driver, p, database->parameters, &handle), APR_SUCCESS);
    if (*sql != '\0')
        assert_int_equal(apr_dbd_query(driver, handle, &rows, sql), 0);
    apr_dbd_close(driver, handle);
}

sso_database_t *sqlite_database(int max, const char *sql, apr_pool_t *p)
{
    static int count;
    sso_database_t *database = apr_pcalloc(p, sizeof(*database));
    const char *path = apr_psprintf(p, "build/test.%d.%d.db", (int)getpid(), count++);

    assert_null(sso_database_load(SSO_SQLITE3, p));
    apr_pool_cleanup_register(p, path, remove_files, apr_pool_cleanup_null);
    database->name = "t";
    database->dialect = SSO_SQLITE3;
    database->parameters = path;
    database->timeout = apr_time_from_sec(60);
    database->max = max;
    database->statements = apr_array_make(p, 4, sizeof(const char *));
    sqlite_run(database, sql, p);
    return database;
}

sso_store_t *sqlite_store(apr_pool_t *p)
{
    const char *why = NULL;
    sso_store_t *store;

    assert_int_equal(sso_store_create(&store, sqlite_database(4, "", p), p), APR_SUCCESS);
    assert_int_equal(sso_store_enter(store), APR_SUCCESS);
    assert_int_equal(sso_store_prepare(store, &why, p), APR_SUCCESS);
    return store;
}
