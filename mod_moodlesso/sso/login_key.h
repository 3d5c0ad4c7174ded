/* SPDX-License-Identifier: Apache-2.0 */
/* login_key.h -- what is kept of a one-time login key until it is redeemed; the key itself is not.
 */
#ifndef SSO_LOGIN_KEY_H
#define SSO_LOGIN_KEY_H

#include <apr_network_io.h>

#include "base/text.h"
#include "sso/error.h"

/* Texts are never empty, NULL when there is none. */
typedef struct sso_login_key_t {
    const char *source;   /* name of the source that made it ... */
    const char *client;   /* ... and of the client that asked for it */
    const char *username; /* whom it signs in: of Moodle's user, or of the one to be made */
    const char *email, *given_name, *family_name; /* as the client says them; else Moodle's count */
    const char *ip;       /* address or network that it must be redeemed from */
    const char *wantsurl; /* absolute URL, as judged when it was issued */
    bool is_new;          /* Moodle had no such user then */
    apr_time_t expires;
} sso_login_key_t;

/* As text for the store; NULL when a value is no UTF-8. */
const char *sso_login_key_pack(const sso_login_key_t *key, apr_pool_t *p);

/* Read what sso_login_key_pack wrote; false for anything else. */
bool sso_login_key_unpack(const char *text, sso_login_key_t *key, apr_pool_t *p);

/* May it be redeemed now, from this address? Answers LOGINKEY_EXPIRED, LOGINKEY_ADDRESS. */
const sso_error_t *sso_login_key_check(const sso_login_key_t *key, apr_sockaddr_t *from,
                                       apr_time_t now, apr_pool_t *p);

/* What the store knows a key by: it is good at this site alone. NULL when the library fails. */
const char *sso_login_key_hash(const char *site, const char *key, apr_pool_t *p);

/* What all keys of a person have in common there. */
const char *sso_login_key_holder(const char *source, const char *username, apr_pool_t *p);

#endif
