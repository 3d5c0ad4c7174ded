/* SPDX-License-Identifier: Apache-2.0 */
/* frame_guard.h -- MoodleSSOFrameGuard: inside a frame, other sites may not change anything.
 *
 * SameSite=None takes a defence from the cookies of a frame: a page that shows ours, or stands
 * beside it in the same frame, could post a form into it. */
#ifndef SSO_FRAME_GUARD_H
#define SSO_FRAME_GUARD_H

#include <apr_tables.h>

#include "sso/embedding.h"

/* Read-only once the configuration is read. */
typedef struct sso_frame_guard_t {
    bool on;
    apr_array_header_t *paths; /* const char *: posts from other sites are meant to reach these */
} sso_frame_guard_t;

/* From the directive's words: On, then paths; or Off. Answers a sentence when one is wrong. */
const char *sso_frame_guard_make(const apr_array_header_t *words, const sso_frame_guard_t **guard,
                                 apr_pool_t *p);

/* Is a request of this method and path, from inside a frame, to be refused? A path of the
 * configuration stands for itself, with '/' at its end also for everything below. */
bool sso_frame_guard_refuses(const sso_frame_guard_t *guard, const sso_fetch_t *fetch,
                             const char *method, const char *path);

#endif
