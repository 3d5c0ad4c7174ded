/* SPDX-License-Identifier: Apache-2.0 */
/* key_client.h -- the applications that may ask for login URLs: a file, a line each.
 *
 *   NAME  SHA-256 of its token in hex  from=ADDRESS,...|any  [mapping=] [users=] [wantsurl=]
 *
 * The file holds no token: who reads it cannot ask for anything. */
#ifndef SSO_KEY_CLIENT_H
#define SSO_KEY_CLIENT_H

#include <apr_network_io.h>

#include "base/pattern.h"
#include "sso/options.h"

/* The fields of Moodle's users by which a person can be named. */
typedef enum { SSO_KEY_USERNAME, SSO_KEY_EMAIL, SSO_KEY_IDNUMBER, SSO_KEY_FIELDS } sso_key_field_t;

/* "username" and so on. */
const char *sso_key_field_name(sso_key_field_t field);

/* The fields (sso_key_field_t, in order) that words name, of mapping=. Answers a sentence when one
 * is none. */
const char *sso_key_fields_read(const apr_array_header_t *words, const apr_array_header_t **fields,
                                apr_pool_t *p);

/* The origins (sso_uri_t) of words, of wantsurl=. */
const char *sso_key_origins_read(const apr_array_header_t *words,
                                 const apr_array_header_t **origins, apr_pool_t *p);

/* Read-only once the configuration is read. */
typedef struct sso_key_client_t {
    const char *name;
    const char *hash;                  /* of its token: 64 hex digits, small */
    const apr_array_header_t *fields;  /* sso_key_field_t: how it may name people, in order */
    const apr_array_header_t *origins; /* sso_uri_t: where it may send people; NULL: only here */
    const apr_array_header_t *from;    /* apr_ipsubnet_t *; NULL: from anywhere */
    const sso_pattern_t *users;        /* usernames it may sign in; NULL: anybody's */
} sso_key_client_t;

/* What a client may do that says nothing of its own: these fields and origins. */
typedef struct sso_key_defaults_t {
    const apr_array_header_t *fields;
    const apr_array_header_t *origins;
} sso_key_defaults_t;

/* Read the file. *clients holds const sso_key_client_t *. Answers a sentence that names the line.
 */
const char *sso_key_clients_read(const char *text, const sso_key_defaults_t *defaults,
                                 const apr_array_header_t **clients, apr_pool_t *p);

/* The client with this token (NULL: none), asking from this address; NULL when there is none. Then
 * *elsewhere is set where the token is right and the address is not. */
const sso_key_client_t *sso_key_client_find(const apr_array_header_t *clients, const char *token,
                                            apr_sockaddr_t *from,
                                            const sso_key_client_t **elsewhere, apr_pool_t *p);

/* The client of this name, which may have gone since. */
const sso_key_client_t *sso_key_client_named(const apr_array_header_t *clients, const char *name);

/* May it sign in whoever has this username? */
bool sso_key_client_may(const sso_key_client_t *client, const char *username, apr_pool_t *p);

#endif
