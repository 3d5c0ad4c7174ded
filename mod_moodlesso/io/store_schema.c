/* SPDX-License-Identifier: Apache-2.0 */
/* store_schema.c -- the tables of the store: made, brought up to date, or seen to be. */
#include "io/store_schema.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/text.h"
#include "io/store_sql.h"

typedef struct migration_t {
    sso_dialect_t dialect;
    int version; /* of the tables, as found or made */
    int least;   /* the oldest code that may use them */
    apr_pool_t *p;
} migration_t;

/* A number of meta; 0 when there is none. */
static apr_status_t read_number(sso_line_t *line, const char *name, int *number, apr_pool_t *p)
{
    const char *value = NULL;
    apr_int64_t read = 0;
    apr_status_t status = sso_line_run(line, sso_sql_meta(name, p), &value);

    if (status == SSO_IO_NO_TABLE)
        status = APR_SUCCESS;
    else if (status == APR_SUCCESS && value != NULL &&
             (!sso_span_integer(sso_span(value), &read) || read < 1 || read > 1000000))
        status = SSO_IO_ANSWER;
    *number = (int)read;
    return status;
}

static apr_status_t read_versions(sso_line_t *line, void *of_migration)
{
    migration_t *migration = of_migration;
    apr_status_t status = read_number(line, "version", &migration->version, migration->p);

    return status == APR_SUCCESS
               ? read_number(line, "least_version", &migration->least, migration->p)
               : status;
}

static apr_status_t run_all(sso_line_t *line, const char *const *texts)
{
    apr_status_t status = APR_SUCCESS;
    const char *value = NULL;

    for (; *texts != NULL && status == APR_SUCCESS; texts++)
        status = sso_line_run(line, *texts, &value);
    return status == APR_SUCCESS && value != NULL && strcmp(value, "0") == 0 ? SSO_IO_TIMEOUT
                                                                             : status;
}

/* Under the lock; another node may have been quicker. On PostgreSQL a select from a missing table
 * would spoil the transaction, so meta is made first. */
static apr_status_t migrate(sso_line_t *line, void *of_migration)
{
    migration_t *migration = of_migration;
    apr_status_t status = run_all(line, sso_sql_lock(migration->dialect));

    if (status == APR_SUCCESS)
        status = sso_line_run(line, sso_sql_migration(migration->dialect, 1)[0], NULL);
    if (status == APR_SUCCESS)
        status = read_versions(line, migration);
    while (status == APR_SUCCESS && migration->version < SSO_SQL_SCHEMA) {
        status = run_all(line, sso_sql_migration(migration->dialect, ++migration->version));
        migration->least = SSO_SQL_SCHEMA_LEAST;
    }
    return status == APR_SUCCESS ? run_all(line, sso_sql_unlock(migration->dialect)) : status;
}

/* SQLite would make it readable for everybody. */
static apr_status_t make_file(const sso_database_t *database, const char **why, apr_pool_t *p)
{
    apr_file_t *file;
    apr_status_t status = apr_file_open(&file, database->parameters,
                                        APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_CREATE,
                                        APR_FPROT_UREAD | APR_FPROT_UWRITE, p);
    char message[120];

    if (status == APR_SUCCESS)
        return apr_file_close(file);
    *why = apr_pstrcat(p, database->parameters, " cannot be opened for writing: ",
                       apr_strerror(status, message, sizeof(message)), NULL);
    return SSO_IO_DENIED;
}

static apr_status_t check_version(const migration_t *migration, const char **why, apr_pool_t *p)
{
    if (migration->version <= SSO_SQL_SCHEMA ||
        (migration->least > 0 && migration->least <= SSO_SQL_SCHEMA))
        return APR_SUCCESS;
    *why = apr_psprintf(p,
                        "its tables have version %d, which this version of the module (%d) must "
                        "not use; install the newer one here, too",
                        migration->version, SSO_SQL_SCHEMA);
    return SSO_STORE_NEWER;
}

apr_status_t sso_schema_prepare(sso_pool_t *pool, apr_time_t deadline, int *version,
                                const char **why, apr_pool_t *p)
{
    const sso_database_t *database = pool->database;
    migration_t migration = {database->dialect, 0, 0, p};
    apr_status_t status =
        database->dialect == SSO_SQLITE3 ? make_file(database, why, p) : APR_SUCCESS;

    if (status == APR_SUCCESS)
        status = sso_pool_script(pool, read_versions, &migration, deadline, why, p);
    if (status == APR_SUCCESS && migration.version < SSO_SQL_SCHEMA)
        status = sso_pool_script(pool, migrate, &migration, deadline, why, p);
    if (status == APR_SUCCESS)
        status = check_version(&migration, why, p);
    *version = status == APR_SUCCESS ? migration.version : 0;
    return status;
}
