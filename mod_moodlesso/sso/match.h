/* SPDX-License-Identifier: Apache-2.0 */
/* match.h -- MoodleSSOMatch: which of Moodle's users an identity of another source is. */
#ifndef SSO_MATCH_H
#define SSO_MATCH_H

#include "sso/match_user.h"
#include "sso/service.h"
#include "sso/source.h"

/* One directive. Read-only once it is frozen. */
typedef struct sso_match_t sso_match_t;

/* Read "IDENTITYFIELD username|email|idnumber [verified] [skip-domain=NAME,...] [in=NAME]" (const
 * char *); answers a sentence when it is wrong. */
const char *sso_match_make(const apr_array_header_t *words, sso_match_t **rule, apr_pool_t *p);

/* The source of the kind moodle in whose database it looks, or the web service; NULL: the first
 * there is. */
const char *sso_match_in(const sso_match_t *rule);

/* Write its SQL, for the users that this source of the kind moodle knows. False for others. */
bool sso_match_freeze(sso_match_t *rule, const sso_source_t *moodle, apr_pool_t *p);

/* The source that was said to be; NULL: none, it asks a web service. */
const sso_source_t *sso_match_source(const sso_match_t *rule);

/* Have it look among the users of this web service. */
void sso_match_ask(sso_match_t *rule, const sso_service_t *service);

/* What the rule looks for of this identity; NULL when it has nothing to look for. Names are in
 * small letters, as Moodle keeps them. With skip-domain= the part before '@', when the domain is
 * listed and that part is no name like admin, none of a guest of the tenant (#EXT#), and has at
 * least three bytes. */
const char *sso_match_value(const sso_match_t *rule, const sso_identity_t *who, apr_pool_t *p);

/* The same of a text in place of the claim. */
const char *sso_match_prepare(const sso_match_t *rule, const char *text, apr_pool_t *p);

/* Look for it. *username is NULL when nobody is found who may sign in. Answers AMBIGUOUS_MATCH when
 * there are several, USER_SUSPENDED or USER_NOLOGIN when the only ones found are that, and what
 * keeps the database or the web service from telling. */
const sso_error_t *sso_match(const sso_match_t *rule, const sso_identity_t *who, sso_io_t *io,
                             const char **username, apr_pool_t *p);

/* Look for this value (as in sso_match_value): the "search" of whoever sets up rules. *count is how
 * many were found who may sign in. */
const sso_error_t *sso_match_look(const sso_match_t *rule, const char *value, sso_io_t *io,
                                  const char **username, int *count, apr_pool_t *p);

/* Likewise, with what Moodle knows of who was found, also with USER_SUSPENDED and USER_NOLOGIN;
 * user->username is NULL when nobody was. */
const sso_error_t *sso_match_user(const sso_match_t *rule, const char *value, sso_io_t *io,
                                  sso_match_user_t *user, apr_pool_t *p);

/* How long a look may take, once the rule is frozen. */
apr_interval_time_t sso_match_timeout(const sso_match_t *rule);

/* Has Moodle a user of this name, whatever its state? Answers what keeps it from telling, and
 * MOODLE_USERNAME when a web service says that there can be none. */
const sso_error_t *sso_match_is_taken(const sso_match_t *rule, const char *username, sso_io_t *io,
                                      bool *is_taken, apr_pool_t *p);

/* "email to username", for who sets up rules. */
const char *sso_match_text(const sso_match_t *rule, apr_pool_t *p);

/* The name in small letters, as an account may be made of it: ASCII without blanks, and none of
 * those that stand for offices (admin, root, guest ...). NULL when it is none. */
const char *sso_match_own_name(const char *username, apr_pool_t *p);

#endif
