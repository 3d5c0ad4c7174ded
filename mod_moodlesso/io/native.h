/* SPDX-License-Identifier: Apache-2.0 */
/* native.h -- what apr_dbd does not tell of a connection: its socket, and errors by number. */
#ifndef SSO_NATIVE_H
#define SSO_NATIVE_H

#include <apr_dbd.h>

#include "sso/io.h"

/* Beside the SSO_IO_ codes: nothing was changed, and asking again may do. */
#define SSO_NATIVE_STALE  (APR_OS_START_USERERR + 11) /* prepared before the schema changed */
#define SSO_NATIVE_UNDONE (APR_OS_START_USERERR + 12) /* taken back: a deadlock, a conflict */

/* The socket of an open connection, -1 for SQLite or when the client library is too old to say. */
int sso_native_socket(sso_dialect_t dialect, const apr_dbd_driver_t *driver, apr_dbd_t *handle);

/* Is a socket on which nothing is awaited still open? One that was closed meanwhile, or on which
 * somebody says farewell, is not. True below 0, where nobody knows. One system call. */
bool sso_native_is_open(int socket);

/* Make the connection name errors by SQLSTATE (PostgreSQL), whatever language the server speaks. */
void sso_native_prepare(sso_dialect_t dialect, const apr_dbd_driver_t *driver, apr_dbd_t *handle);

/* What kind of failure was the last one? `text` is the driver's message. One of the SSO_IO_ codes:
 * DOWN (the connection is gone, or of no use any more), TIMEOUT (locked for too long; nothing was
 * changed), NO_TABLE, DENIED or ANSWER (everything else), or one of the two above. */
apr_status_t sso_native_failure(sso_dialect_t dialect, const apr_dbd_driver_t *driver,
                                apr_dbd_t *handle, const char *text);

#endif
