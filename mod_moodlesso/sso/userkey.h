/* SPDX-License-Identifier: Apache-2.0 */
/* userkey.h -- a session of Moodle by its plugin auth_userkey, whose client we are.
 *
 *   who ──request──> key ──redeem, here, by POST──> the line that sets Moodle's session cookie
 *
 * The key never leaves this file: in no URL, no log, no browser. What the plugin answers is checked
 * as if somebody else had written it: asked again is url= itself, never an address of an answer. */
#ifndef SSO_USERKEY_H
#define SSO_USERKEY_H

#include "sso/service.h"

/* mapping= : what the plugin finds people by, its setting mappingfield. */
typedef enum { SSO_USERKEY_USERNAME, SSO_USERKEY_EMAIL, SSO_USERKEY_IDNUMBER } sso_userkey_field_t;

/* Read-only once the configuration is frozen. */
typedef struct sso_userkey_t {
    sso_service_t service; /* where the plugin's function is called */
    int field;             /* sso_userkey_field_t */
    int sends_ip;          /* the plugin has iprestriction: the key is for the person's address */
    int creates;           /* it has createuser or updateuser: it takes names, too */
    int admits_admins;     /* by mapping=username, too: nobody can choose a name */
} sso_userkey_t;

/* Take url=, token=, ca=, timeout=, mapping=, ip=, create= and admins=. Answers a sentence when one
 * is wrong. The service's breaker is set by the caller. */
const char *sso_userkey_take(sso_options_t *options, sso_userkey_t **userkey);

/* Whom to sign in. */
typedef struct sso_userkey_person_t {
    const sso_identity_t *who;
    const char *username; /* by which Moodle knows the person; NULL: none */
    const char *address;  /* of the browser */
    const char *cookie;   /* "NAME=VALUE": a session of Moodle that nobody signed in to, which
                             remembers the wanted page; NULL: none */
} sso_userkey_person_t;

/* The value that the plugin finds the person by; NULL when the source tells none, or an e-mail
 * address that was not verified: it would choose whose account it is. */
const char *sso_userkey_value(const sso_userkey_t *userkey, const sso_userkey_person_t *person,
                              apr_pool_t *p);

/* Is Moodle's session that of whom the plugin finds by this value? Capitals of idnumbers count. */
bool sso_userkey_is_of(const sso_userkey_t *userkey, const char *value,
                       const sso_identity_t *session);

/* Have the plugin sign in the person: *line is what sets the session cookie `cookie`, as Moodle
 * wrote it. May block. Answers MOODLE_USERKEY_USER, MOODLE_USERKEY_REFUSED, and
 * MOODLE_SERVICE_DOWN, _TIMEOUT, _DENIED, _ANSWER. */
const sso_error_t *sso_userkey_sign_in(const sso_userkey_t *userkey,
                                       const sso_userkey_person_t *person, const char *cookie,
                                       sso_io_t *io, const char **line, apr_pool_t *p);

/* The key of a login URL; empty when the URL is not that of this Moodle's plugin. */
sso_span_t sso_userkey_key(const sso_userkey_t *userkey, const char *login_url, apr_pool_t *p);

/* The id of the session that a Set-Cookie line begins, decoded; empty when it is no id. */
sso_span_t sso_userkey_session(const char *line, apr_pool_t *p);

#endif
