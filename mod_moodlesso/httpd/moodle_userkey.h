/* SPDX-License-Identifier: Apache-2.0 */
/* moodle_userkey.h -- MoodleSSOMoodleLogin userkey: people signed in to Moodle here, by a key that
 * no browser sees. */
#ifndef MOODLESSO_MOODLE_USERKEY_H
#define MOODLESSO_MOODLE_USERKEY_H

#include "httpd/moodle_login.h"

/* Sign in the person of this visit, who goes on to the wanted page with Moodle's session. Answers
 * the status; or DECLINED, with the reason why not in *error, and in *why the words of Moodle's
 * server, NULL when it had none. */
int moodlesso_userkey_sign_in(request_rec *r, const moodlesso_visit_t *at,
                              const sso_error_t **error, const char **why);

/* Is Moodle's session one that was begun so? Of an account with the auth method userkey: no other
 * way leads in. Of others the browser remembers it. */
bool moodlesso_userkey_began(request_rec *r, const moodlesso_visit_t *at);

/* Is it a session of the request's person? */
bool moodlesso_userkey_is_own(request_rec *r, const moodlesso_visit_t *at);

/* Is there a source of kind moodle wherever it is used? NULL, or a sentence. */
const char *moodlesso_userkeys_freeze(server_rec *first, apr_pool_t *p);

#endif
