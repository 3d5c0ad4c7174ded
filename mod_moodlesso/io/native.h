/* SPDX-License-Identifier: Apache-2.0 */
/* native.h -- what apr_dbd does not tell of a connection: its socket, and errors by number. */
#ifndef SSO_NATIVE_H
#define SSO_NATIVE_H

#include <apr_dbd.h>

#include "sso/io.h"

/* The socket of an open connection, -1 for SQLite or when the client library is too old to say. */
int sso_native_socket(sso_dialect_t dialect, const apr_dbd_driver_t *driver, apr_dbd_t *handle);

/* Make the connection name errors by SQLSTATE (PostgreSQL), whatever language the server speaks. */
void sso_native_prepare(sso_dialect_t dialect, const apr_dbd_driver_t *driver, apr_dbd_t *handle);

/* What kind of failure was the last one? `text` is the driver's message. One of the SSO_IO_ codes:
 * DOWN (the connection is gone), NO_TABLE, DENIED or ANSWER (everything else). */
apr_status_t sso_native_failure(sso_dialect_t dialect, const apr_dbd_driver_t *driver,
                                apr_dbd_t *handle, const char *text);

#endif
