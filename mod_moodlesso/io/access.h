/* SPDX-License-Identifier: Apache-2.0 */
/* access.h -- the sso_io_t of a request: one look-up's way into the world. */
#ifndef SSO_ACCESS_H
#define SSO_ACCESS_H

#include "io/world.h"

/* On the stack of a request. */
typedef struct sso_access_t {
    sso_io_t io; /* first: sso_io_t * and sso_access_t * are the same address */
    sso_world_t *world;
    const char *why; /* the last words of a database, Redis or site; for the log only */
} sso_access_t;

/* No time is left yet: whoever asks past the cache sets io.deadline. A circuit counts failures of
 * those who were asked; without time nobody is. */
void sso_access_init(sso_access_t *access, sso_world_t *world, apr_time_t now);

#endif
