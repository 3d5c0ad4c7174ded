/* SPDX-License-Identifier: Apache-2.0 */
/* login_keys.h -- one-time login keys, in the store: added, taken once, burnt.
 *
 * Taking is one DELETE and its count of rows, so there is one winner whatever the number of threads
 * and nodes; a key is gone before anything else is done with it. */
#ifndef SSO_LOGIN_KEYS_H
#define SSO_LOGIN_KEYS_H

#include "io/store.h"

/* Keep a key: its hash, what all keys of its person share, what it is good for. */
apr_status_t sso_login_keys_add(sso_store_t *store, const char *hash, const char *holder,
                                const char *payload, apr_time_t expires, const char **why,
                                apr_pool_t *p);

/* Take a key out; *payload is set only on success. APR_NOTFOUND: there is none, or somebody else
 * took it. After every other answer it may be gone: nobody is signed in by it then. */
apr_status_t sso_login_keys_take(sso_store_t *store, const char *hash, const char **payload,
                                 const char **why, apr_pool_t *p);

/* Take out all keys of a person. May be repeated. */
apr_status_t sso_login_keys_burn(sso_store_t *store, const char *holder, const char **why,
                                 apr_pool_t *p);

#endif
