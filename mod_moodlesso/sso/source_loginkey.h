/* SPDX-License-Identifier: Apache-2.0 */
/* source_loginkey.h -- a source whose people come with a one-time login key: an application that
 * knows them asked for it.
 *
 *   issue    client, request ──> one of Moodle's users ──> key, kept in the store
 *   redeem   key, taken out of the store ──> the user as Moodle knows them now ──> identity
 */
#ifndef SSO_SOURCE_LOGINKEY_H
#define SSO_SOURCE_LOGINKEY_H

#include "sso/key_request.h"
#include "sso/login_key.h"
#include "sso/match.h"
#include "sso/source.h"

/* Read-only once it is frozen. */
typedef struct sso_loginkey_t {
    const apr_array_header_t *fields;  /* sso_key_field_t: mapping= */
    const apr_array_header_t *clients; /* const sso_key_client_t * */
    sso_match_t *rules[SSO_KEY_FIELDS];
    apr_interval_time_t lifetime;
    int asks_ip, creates, updates; /* 1: on */
    const char *logout_redirect;   /* absolute URL; NULL: none */
} sso_loginkey_t;

/* The settings of such a source; NULL for every other kind. */
const sso_loginkey_t *sso_source_loginkey(const sso_source_t *source);

/* What its clients may ask. */
sso_key_shape_t sso_loginkey_shape(const sso_source_t *source, const sso_key_client_t *client,
                                   bool is_wire);

/* The user whom the request names, as Moodle knows them; may block. Answers LOGINKEY_NO_USER,
 * LOGINKEY_USER, AMBIGUOUS_MATCH, USER_SUSPENDED, USER_NOLOGIN, and what keeps Moodle from telling.
 */
const sso_error_t *sso_loginkey_user(const sso_source_t *source, const sso_key_client_t *client,
                                     const sso_key_request_t *request, sso_io_t *io,
                                     sso_identity_t **who, apr_pool_t *p);

/* Likewise whoever may not sign in any more, or may get URLs before Moodle knows them (their id is
 * NULL); asked anew, not through the cache. *user is set only on success. */
const sso_error_t *sso_loginkey_known(const sso_source_t *source, const sso_key_client_t *client,
                                      const sso_key_request_t *request, sso_io_t *io,
                                      sso_match_user_t *user, apr_pool_t *p);

/* Fill in the key for a request, all but wantsurl; may block. Beside the above: USERNAME_TAKEN,
 * LOGINKEY_FIELDS of one who is to be made. */
const sso_error_t *sso_loginkey_issue(const sso_source_t *source, const sso_key_client_t *client,
                                      const sso_key_request_t *request, sso_io_t *io,
                                      sso_login_key_t *key, apr_pool_t *p);

/* Who has redeemed the key; may block. Beside the above: LOGINKEY_CLIENT, when the client that
 * asked for it is there no more; USERNAME_TAKEN, when somebody else got the name meanwhile. */
const sso_error_t *sso_loginkey_sign_in(const sso_source_t *source, const sso_login_key_t *key,
                                        sso_io_t *io, sso_identity_t **who, apr_pool_t *p);

/* The subject of somebody of this name whom Moodle did not know when the key was made. */
const char *sso_loginkey_new_subject(const char *username, apr_pool_t *p);

#endif
