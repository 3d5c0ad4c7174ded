/* SPDX-License-Identifier: Apache-2.0 */
/* deadline.h -- a bound on calls into libraries that have none: when the time is over, the socket
 * they read from is shut down, and the call comes back with an error. */
#ifndef SSO_DEADLINE_H
#define SSO_DEADLINE_H

#include <stdbool.h>

#include <apr_time.h>

/* One call under way; on the caller's stack. Guarded by the lock inside deadline.c while armed. */
typedef struct sso_deadline_t {
    int socket;
    apr_time_t when;
    bool is_armed; /* the owner alone touches it */
    bool passed;
    struct sso_deadline_t *previous, *next;
} sso_deadline_t;

/* Watch a socket until `when`; the first call starts this process's watching thread, so never
 * before a fork. A socket below 0: nothing to watch. */
void sso_deadline_arm(sso_deadline_t *deadline, int socket, apr_time_t when);

/* Stop watching; says whether the socket was shut down. Before the socket is closed. */
bool sso_deadline_disarm(sso_deadline_t *deadline);

#endif
