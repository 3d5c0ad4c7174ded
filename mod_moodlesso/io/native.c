/* SPDX-License-Identifier: Apache-2.0 */
/* native.c -- what apr_dbd does not tell of a connection: its socket, and errors by number.
 *
 * apr_dbd loads its drivers with RTLD_GLOBAL, so the client library's functions can be found by
 * name. That spares the module a hard dependency on three client libraries. */
#include "io/native.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

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

bool sso_native_is_open(int socket)
{
    char byte;

    return socket < 0 || (recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
                          (errno == EAGAIN || errno == EINTR));
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
    case 1290: /* ER_OPTION_PREVENTS_STATEMENT: --read-only, once another server leads */
    case 1836: /* ER_READ_ONLY_MODE */
    case 1927: /* ER_CONNECTION_KILLED */
        return SSO_IO_DOWN;
    case 1205: /* ER_LOCK_WAIT_TIMEOUT: the statement alone is taken back */
        return SSO_IO_TIMEOUT;
    case 1020: /* ER_CHECKREAD: innodb_snapshot_isolation */
    case 1213: /* ER_LOCK_DEADLOCK */
        return SSO_NATIVE_UNDONE;
    default:
        return number >= 2000 && number < 3000 ? SSO_IO_DOWN : SSO_IO_ANSWER;
    }
}

/* PostgreSQL, appendix A: the class is the first two characters of the SQLSTATE. */
static apr_status_t pgsql_failure(const char *text)
{
    const char *colon = strstr(text, ":  ");
    const char *state = colon ? colon + 3 : "";

    if (strncmp(state, "40001", 5) == 0 || strncmp(state, "40P01", 5) == 0)
        return SSO_NATIVE_UNDONE; /* serialization_failure, deadlock_detected */
    if (strncmp(state, "57014", 5) == 0 || strncmp(state, "55P03", 5) == 0)
        return SSO_IO_TIMEOUT; /* query_canceled by statement_timeout, lock_not_available */
    if (strncmp(state, "42P01", 5) == 0)
        return SSO_IO_NO_TABLE;
    if (strncmp(state, "42501", 5) == 0 || strncmp(state, "28", 2) == 0 ||
        strncmp(state, "3D000", 5) == 0)
        return SSO_IO_DENIED;
    if (*state == '\0' || strncmp(state, "08", 2) == 0 || strncmp(state, "57", 2) == 0 ||
        strncmp(state, "53", 2) == 0 || strncmp(state, "25006", 5) == 0)
        return SSO_IO_DOWN; /* 25006, read_only_sql_transaction: another server leads now */
    return SSO_IO_ANSWER;
}

/* The driver prepares in SQLite's old way, where a statement of an older schema fails for ever; its
 * first failure has this text, the later ones none that says so (apr-util 1.6.3). */
static apr_status_t sqlite_failure(const char *text)
{
    if (strstr(text, "schema has changed") != NULL)
        return SSO_NATIVE_STALE;
    if (strstr(text, "no such table") != NULL)
        return SSO_IO_NO_TABLE;
    if (strstr(text, "locked") != NULL || strstr(text, "busy") != NULL)
        return SSO_IO_TIMEOUT;
    if (strstr(text, "readonly") != NULL)
        return SSO_IO_DENIED;
    return SSO_IO_ANSWER;
}

apr_status_t sso_native_failure(sso_dialect_t dialect, const apr_dbd_driver_t *driver,
                                apr_dbd_t *handle, const char *text)
{
    unsigned int (*mysql_error_of)(void *) = NULL;

    if (dialect == SSO_SQLITE3)
        return sqlite_failure(text);
    if (dialect == SSO_PGSQL)
        return pgsql_failure(text);
    *(void **)&mysql_error_of = function("mysql_errno");
    return mysql_error_of != NULL
               ? mysql_failure(mysql_error_of(apr_dbd_native_handle(driver, handle)))
               : SSO_IO_ANSWER;
}
