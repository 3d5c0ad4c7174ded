/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h -- MoodleSSOSecret: what seals our sessions, the same on every node of a site. */
#ifndef MOODLESSO_SECRET_H
#define MOODLESSO_SECRET_H

#include "httpd/config.h"

/* Let the servers whose sources start sessions have some: site and lifetimes; when everything is
 * read. */
void moodlesso_sessions_freeze(server_rec *first, apr_pool_t *pconf);

/* Can those of MoodleSSOSecret be read, and are they long enough? Before anything is started, so
 * that `httpd -t` says it. Answers a sentence. */
const char *moodlesso_secret_check(apr_pool_t *p);

/* Make a secret in the state directory, where none was configured and none is there. In a process
 * of the account that owns the directory. Answers a sentence. */
const char *moodlesso_secret_make(apr_pool_t *p);

/* Read the secrets and seal with them from now on; in post_config. Answers a sentence. */
const char *moodlesso_secret_load(server_rec *first, apr_pool_t *pconf);

#endif
