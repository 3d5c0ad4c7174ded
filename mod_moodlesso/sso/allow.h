/* SPDX-License-Identifier: Apache-2.0 */
/* allow.h -- MoodleSSOAllow: whom of those that a source vouches for a section lets pass. */
#ifndef SSO_ALLOW_H
#define SSO_ALLOW_H

#include <apr_tables.h>

#include "sso/identity.h"

/* One directive: a class and values, of which one must hold. Read-only once read. */
typedef struct sso_allow_t sso_allow_t;

/* Read "tenant GUID ...", "domain NAME ...", "username REGEX ...", "claim NAME VALUE|~REGEX ..."
 * (const char *); answers a sentence when it is wrong. */
const char *sso_allow_make(const apr_array_header_t *words, const sso_allow_t **rule,
                           apr_pool_t *p);

/* Do all rules (const sso_allow_t *; NULL: none) hold? Only what the issuer proved counts:
 *   tenant    tid, when the issuer's own name holds it
 *   domain    of an e-mail address that was verified (email_verified), or Google's hd
 *   username  the source's name of the person
 *   claim     any claim; email only when verified
 * Answers the first that does not: TENANT_NOT_ALLOWED, DOMAIN_NOT_ALLOWED, USERNAME_NOT_ALLOWED or
 * CLAIM_NOT_ALLOWED. */
const sso_error_t *sso_allow(const apr_array_header_t *rules, const sso_identity_t *who,
                             apr_pool_t *p);

#endif
