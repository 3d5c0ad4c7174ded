/* SPDX-License-Identifier: Apache-2.0 */
/* authorise.h -- AuthType MoodleSSO and the Require providers. */
#ifndef MOODLESSO_AUTHORISE_H
#define MOODLESSO_AUTHORISE_H

#include "httpd/config.h"
#include "sso/error.h"

/* check_user_id: OK for somebody, else the status that the error's class asks for. */
int moodlesso_check_user(request_rec *r);

/* auth_checker, before mod_authz_core: lets MoodleSSOUnauthenticated pass do what it says. */
int moodlesso_check_authorisation(request_rec *r);

/* note_auth_failure: every 401 says how to authenticate (RFC 9110 15.5.2). */
int moodlesso_note_failure(request_rec *r, const char *auth_type);

/* Require moodlesso-source, moodlesso-claim, moodlesso-role. */
void moodlesso_register_requirements(apr_pool_t *p);

/* When everything is read: is each source there that a Require moodlesso-source names? Answers a
 * sentence. */
const char *moodlesso_requirements_freeze(apr_pool_t *p);

/* The answer to a request that needs a proof and has this error instead. */
int moodlesso_status_of(const sso_error_t *error);

/* A 503 says when to ask again; what is away is tried once a second. */
#define MOODLESSO_RETRY_AFTER "3" /* seconds */
void moodlesso_say_when(request_rec *r, int status);

#endif
