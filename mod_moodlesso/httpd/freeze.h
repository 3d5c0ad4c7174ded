/* SPDX-License-Identifier: Apache-2.0 */
/* freeze.h -- the configuration checked as a whole, then made real. */
#ifndef MOODLESSO_FREEZE_H
#define MOODLESSO_FREEZE_H

#include "httpd/config.h"

/* Look every name up, write every SQL text, load every driver. Runs under `httpd -t` too.
 * Answers OK, or an error that stops the start, with a sentence in the log. */
int moodlesso_freeze(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server);

/* Make shared memory, before the server forks. */
int moodlesso_post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                          server_rec *server);

/* Make what a process has of its own. */
void moodlesso_child_init(apr_pool_t *pchild, server_rec *server);

/* The world of this process; NULL when no source is defined. */
sso_world_t *moodlesso_world(void);

/* What is told once per start of the server, not once per request. */
typedef enum {
    MOODLESSO_SAID_PLAIN_HTTP,
    MOODLESSO_SAID_LOGOUT_REFUSED,
    MOODLESSO_SAID_COUNT
} moodlesso_said_t;

/* Is it the first time that any process asks this? */
bool moodlesso_say_once(moodlesso_said_t what);

/* Was the source switched off at run time? */
bool moodlesso_is_source_off(const sso_source_t *source);

#endif
