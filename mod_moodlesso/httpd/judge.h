/* SPDX-License-Identifier: Apache-2.0 */
/* judge.h -- the rules about people: whom of those that a source vouches for this section lets
 * pass, and as whom. */
#ifndef MOODLESSO_JUDGE_H
#define MOODLESSO_JUDGE_H

#include "httpd/config.h"
#include "sso/pipeline.h"

/* Has this section rules about people? */
static inline bool moodlesso_has_rules(const moodlesso_directory_t *directory)
{
    return directory->allow != NULL || directory->match != NULL || directory->creates;
}

/* Judge an identity that this source vouches for by the rules of the request's section. *judged is
 * whom it is known as (the same pointer when no rule changes it), set only when the answer is NULL.
 * Counts and logs what it refuses. To be asked before a session is begun, too. */
const sso_error_t *moodlesso_judge(request_rec *r, const sso_source_t *source,
                                   const sso_identity_t *who, const sso_identity_t **judged);

/* MoodleSSOAllow alone: of an account that is to be linked. */
const sso_error_t *moodlesso_allow(request_rec *r, const sso_source_t *source,
                                   const sso_identity_t *who);

/* Setters of the directives; see directives.c. */
const char *moodlesso_set_allow(cmd_parms *cmd, void *config, int argc, char *const argv[]);
const char *moodlesso_set_match(cmd_parms *cmd, void *config, int argc, char *const argv[]);
const char *moodlesso_set_creates(cmd_parms *cmd, void *config, int on);

/* Once all sources are frozen: find the users that rules look among. Answers a sentence when there
 * are none. */
const char *moodlesso_matches_freeze(server_rec *first, apr_pool_t *p);

/* Once the store is known: make the source of accounts. */
void moodlesso_accounts_freeze(apr_pool_t *p);

#endif
