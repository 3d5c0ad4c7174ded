/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h -- connections of one process to one database: few, kept, bounded in time.
 *
 * A request never connects: it asks for a connection, a thread of its own opens one, the request
 * waits as long as it may. So a server that accepts and never answers costs its timeout at most, as
 * apr_reslist (which connects under its lock) would not. */
#ifndef SSO_POOL_H
#define SSO_POOL_H

#include <stdbool.h>

#include <apr_dbd.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

#include "sso/io.h"

/* One thread at a time. */
typedef struct sso_connection_t {
    apr_pool_t *pool;
    apr_dbd_t *handle;
    apr_dbd_prepared_t **prepared; /* by the statement's number; NULL until first used */
    int socket;                    /* -1: unknown, or none */
    bool is_used;                  /* has answered before: may have been lost while idle */
    struct sso_connection_t *next;
} sso_connection_t;

/* Everything but the first three members is guarded by `mutex`. */
typedef struct sso_pool_t {
    apr_pool_t *memory; /* never destroyed: an opening thread may outlive every other pool */
    const sso_database_t *database;
    const apr_dbd_driver_t *driver;
    apr_thread_mutex_t *mutex;
    apr_thread_cond_t *changed;
    sso_connection_t *idle;
    int open, opening;
    apr_time_t opening_since; /* when the last opening began */
    unsigned int failures;    /* openings that failed so far: tells waiters of a new one */
    apr_status_t failure;     /* of the last one */
    char failure_text[256];   /* the driver's words */
} sso_pool_t;

/* Load the driver of a dialect, at start. Answers a sentence when it is not installed. */
const char *sso_database_load(sso_dialect_t dialect, apr_pool_t *p);

/* Make the (empty) pool of a database in this process; it lives as long as the process. */
apr_status_t sso_pool_create(sso_pool_t **pool, const sso_database_t *database);

/* Run SQL without arguments; *value gets the first column of the first row, NULL when there is
 * none. Answers the driver's result, 0 when it went well. */
int sso_connection_text(sso_pool_t *pool, sso_connection_t *connection, const char *sql,
                        const char **value, apr_pool_t *p);

/* Take a connection, or wait for one until `deadline`. SSO_IO_DOWN or SSO_IO_DENIED: none can be
 * opened, SSO_IO_TIMEOUT: none was free in time. */
apr_status_t sso_pool_take(sso_pool_t *pool, apr_time_t deadline, sso_connection_t **connection,
                           const char **why, apr_pool_t *p);

void sso_pool_give_back(sso_pool_t *pool, sso_connection_t *connection);

/* Close a lost connection, and with it those that idle: a server that restarted lost them all. */
void sso_pool_drop(sso_pool_t *pool, sso_connection_t *connection);

#endif
