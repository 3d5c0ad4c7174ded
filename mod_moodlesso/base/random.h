/* SPDX-License-Identifier: Apache-2.0 */
/* random.h -- texts that nobody can guess. */
#ifndef SSO_RANDOM_H
#define SSO_RANDOM_H

#include "base/text.h"

#define SSO_RANDOM_LENGTH     32 /* letters; 192 bits in base64url */
#define SSO_RANDOM_KEY_LENGTH 43 /* letters; 256 bits */

/* A new one each time; NULL when there is no randomness to be had. */
const char *sso_random(apr_pool_t *p);

/* Has it the form of one? */
bool sso_random_is_text(sso_span_t text);

/* Likewise with 256 bits: for what others keep and carry about. */
const char *sso_random_key(apr_pool_t *p);
bool sso_random_is_key(sso_span_t text);

#endif
