/* SPDX-License-Identifier: Apache-2.0 */
/* native.c -- what apr_dbd does not tell of a connection: its socket, and errors by number.
 *
 * apr_dbd loads its drivers with RTLD_GLOBAL, so the client library's functions can be found by
 * name. That spares the module a hard dependency on three client libraries. */
#include "io/native.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* A function of a client library, NULL when it is not loaded or has none of that name. */
static void *function(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

int sso_native_socket(sso_dialect_t dialect, const apr_dbd_driver_t *driver, apr_dbd_t *handle)
{
    int (*socket_of)(void *) = NULL;

    if (dialect == SSO_MYSQL)
        *(void **)&socket_of = function("mysql_get_socket"); /* MariaDB Connector/C */
    else if (dialect == SSO_PGSQL)
        *(void **)&socket_of = function("PQsocket");
    return socket_of != NULL ? socket_of(apr_dbd_native_handle(driver, handle)) : -1;
}

void sso_native_prepare(sso_dialect_t dialect, const apr_dbd_driver_t *driver, apr_dbd_t *handle)
{
    enum { PQERRORS_VERBOSE = 2 };
    int (*set_verbosity)(void *, int) = NULL;

    if (dialect != SSO_PGSQL)
        return;
    *(void **)&set_verbosity = function("PQsetErrorVerbosity");
    if (set_verbosity != NULL)
        set_verbosity(apr_dbd_native_handle(driver, handle), PQERRORS_VERBOSE);
}

/* MariaDB and MySQL: client errors are 2xxx (errmsg.h), server errors 1xxx (mysqld_error.h). */
static apr_status_t mysql_failure(unsigned int number)
{
    switch (number) {
    case 1146: /* ER_NO_SUCH_TABLE */
        return SSO_IO_NO_TABLE;
    case 1044: /* ER_DBACCESS_DENIED_ERROR */
    case 1045: /* ER_ACCESS_DENIED_ERROR */
    case 1142: /* ER_TABLEACCESS_DENIED_ERROR */
    case 1143: /* ER_COLUMNACCESS_DENIED_ERROR */
        return SSO_IO_DENIED;
    case 1040: /* ER_CON_COUNT_ERROR */
    case 1053: /* ER_SERVER_SHUTDOWN */
    case 1243: /* ER_UNKNOWN_STMT_HANDLER: the server restarted behind a reconnect */
    case 1927: /* ER_CONNECTION_KILLED */
        return SSO_IO_DOWN;
    default:
        return number >= 2000 && number < 3000 ? SSO_IO_DOWN : SSO_IO_ANSWER;
    }
}

/* PostgreSQL, appendix A: the class is the first two characters of the SQLSTATE. */
static apr_status_t pgsql_failure(const char *text)
{
    const char *colon = strstr(text, ":  ");
    const char *state = colon ? colon + 3 : "";

    if (strncmp(state, "42P01", 5) == 0)
        return SSO_IO_NO_TABLE;
    if (strncmp(state, "42501", 5) == 0 || strncmp(state, "28", 2) == 0 ||
        strncmp(state, "3D000", 5) == 0)
        return SSO_IO_DENIED;
    if (*state == '\0' || strncmp(state, "08", 2) == 0 || strncmp(state, "57", 2) == 0 ||
        strncmp(state, "53", 2) == 0)
        return SSO_IO_DOWN;
    return SSO_IO_ANSWER;
}

apr_status_t sso_native_failure(sso_dialect_t dialect, const apr_dbd_driver_t *driver,
                                apr_dbd_t *handle, const char *text)
{
    unsigned int (*mysql_error_of)(void *) = NULL;

    if (dialect == SSO_SQLITE3)
        return strstr(text, "no such table") != NULL                            ? SSO_IO_NO_TABLE
               : strstr(text, "locked") != NULL || strstr(text, "busy") != NULL ? SSO_IO_TIMEOUT
                                                                                : SSO_IO_ANSWER;
    if (dialect == SSO_PGSQL)
        return pgsql_failure(text);
    *(void **)&mysql_error_of = function("mysql_errno");
    return mysql_error_of != NULL
               ? mysql_failure(mysql_error_of(apr_dbd_native_handle(driver, handle)))
               : SSO_IO_ANSWER;
}
