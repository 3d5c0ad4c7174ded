/* SPDX-License-Identifier: Apache-2.0 */
/* turn.h -- what is made once for all who want the same at the same time: one makes it, the others
 * wait for it, on this machine and, where there is a store, on every node.
 *
 *   waiting room ──> kept ──yes──> answer
 *                      └─no──> this machine's turn ──> the store's turn ──> make, keep
 *                                └─ others wait, and look whether it is kept by now
 *
 * A turn whose holder died is over when its time is. While the store cannot be told, this machine's
 * turn must do. */
#ifndef SSO_TURN_H
#define SSO_TURN_H

#include "io/access.h"

#define SSO_TURN_WAIT apr_time_from_sec(3)  /* for one's turn, at most */
#define SSO_TURN_STAY apr_time_from_sec(15) /* nobody alive has one for longer */

/* Make the shared part, for `places` threads that wait or make; it lives as long as `p`. */
apr_status_t sso_turns_create(sso_turns_t **turns, apr_uint32_t places, apr_pool_t *p);

/* What is wanted, by whom. */
typedef struct sso_turn_t {
    const char *whose;                                /* one at a time makes anything for these */
    const char *what;                                 /* what is made is kept under this name ... */
    apr_interval_time_t keep;                         /* ... for that long, on this machine */
    bool (*is_good)(void *context, const char *made); /* still, of what was kept? */
    const char *(*make)(void *context);               /* NULL: it could not be made */
    void *context;
} sso_turn_t;

/* Get what is wanted: *made, NULL when make could not. SSO_IO_BUSY: too many wait already, which is
 * said after a fifth of a second. SSO_IO_TIMEOUT: it was somebody else's turn all the time. */
apr_status_t sso_turn_take(sso_access_t *access, const sso_turn_t *turn, const char **made,
                           apr_pool_t *p);

#endif
