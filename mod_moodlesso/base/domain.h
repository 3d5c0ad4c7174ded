/* SPDX-License-Identifier: Apache-2.0 */
/* domain.h -- names of domains in one form, so that equal ones are the same bytes. */
#ifndef SSO_DOMAIN_H
#define SSO_DOMAIN_H

#include "base/text.h"

/* The domain in small letters, without a dot at its end, labels beyond ASCII as "xn--..." (RFC
 * 3492; nothing is mapped before, so that what IDNA would fold stays different). NULL when it is
 * none: empty labels, labels of more than 63 or a name of more than 253 bytes, other characters. */
const char *sso_domain_normal(sso_span_t domain, apr_pool_t *p);

/* The normal domain of an e-mail address; NULL when it is no address: not exactly one '@', nothing
 * before it, no domain behind it. `local` gets what stands before. */
const char *sso_domain_of_email(const char *email, sso_span_t *local, apr_pool_t *p);

/* Is the normal domain what a rule says: "example.edu" itself, or for "*.example.edu" below it at
 * any depth? */
bool sso_domain_is(const char *domain, const char *rule);

#endif
