/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h -- what is done beside requests, by the threads of mod_watchdog. */
#ifndef MOODLESSO_WATCH_H
#define MOODLESSO_WATCH_H

#include <httpd.h>

#include "io/world.h"

/* Register the jobs of watch.c's table that this world needs; in post_config. Answers a sentence
 * when there are some and mod_watchdog is not loaded. */
const char *moodlesso_watch(const sso_world_t *world, apr_pool_t *pconf);

/* child_stopping: no job begins any more in this process, and those under way have ended. */
void moodlesso_watch_stop(apr_pool_t *pchild, int is_graceful);

#endif
