/* SPDX-License-Identifier: Apache-2.0 */
/* state.h -- the state directory and the store: where they are, and made ready at start. */
#ifndef MOODLESSO_STATE_H
#define MOODLESSO_STATE_H

#include <httpd.h>

#include "io/world.h"

#define MOODLESSO_STATE_DIR "/var/lib/moodlesso"

/* Decide where the store is, when everything is read: where MoodleSSOStore says, else SQLite in the
 * state directory if that is given or a feature needs it, else nowhere. Answers a sentence. */
const char *moodlesso_state_freeze(apr_pool_t *pconf);

/* Are the directories there in which these will be made? Nothing is made: `httpd -t` asks this,
 * too. Answers a sentence. */
const char *moodlesso_state_check(apr_pool_t *p);

/* Make the state directory, the store's tables, and the copy of its epochs; in post_config, as the
 * account of the processes to come. Answers a sentence for what asking again does not help: it
 * stops the start. A store that cannot be reached now is a warning, and asked again each second. */
const char *moodlesso_state_prepare(sso_world_t *world, server_rec *server, apr_pool_t *pconf);

#endif
