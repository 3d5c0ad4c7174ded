/* SPDX-License-Identifier: Apache-2.0 */
/* key_request.h -- what a client asks for: whom to sign in, from where, to which page. */
#ifndef SSO_KEY_REQUEST_H
#define SSO_KEY_REQUEST_H

#include "base/json.h"
#include "sso/error.h"
#include "sso/key_client.h"

typedef struct sso_key_request_t {
    sso_key_field_t field;                                   /* by which the person is named ... */
    const char *value;                                       /* ... and how; never empty */
    const char *username, *email, *given_name, *family_name; /* the person's; NULL: not said */
    const char *ip;       /* address, or network like 192.0.2.0/24, of the browser; NULL: any */
    const char *wantsurl; /* as the client says it; NULL: not said */
} sso_key_request_t;

/* What may, or must, be asked. */
typedef struct sso_key_shape_t {
    const apr_array_header_t
        *fields;      /* sso_key_field_t; the first that is there names the person */
    bool has_profile; /* firstname, lastname, email and username may stand beside it */
    bool needs_ip;
    bool is_wire; /* as the plugin auth_userkey wants it: the address in user, one of IPv4 only */
} sso_key_shape_t;

/* Read {"user": {"email": ...}, "ip": ..., "wantsurl": ...}. What is neither asked for nor allowed
 * is refused, as the plugin does, and so are values that the fields of Moodle's users cannot have.
 * Answers LOGINKEY_REQUEST, LOGINKEY_FIELDS, LOGINKEY_IP. */
const sso_error_t *sso_key_request_read(const json_t *asked, const sso_key_shape_t *shape,
                                        sso_key_request_t *request, apr_pool_t *p);

/* Is it an address or a network, of IPv4 or IPv6? With `is_wire`: an address of IPv4?. */
bool sso_key_ip_is_valid(const char *text, bool is_wire, apr_pool_t *p);

#endif
