/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.h -- who does a credential stand for? From the cache, from a look-up under way, or from
 * the source, while a place in its waiting room is free. */
#ifndef SSO_LOOKUP_H
#define SSO_LOOKUP_H

#include "io/access.h"

/* See sso_io_t.lookup. Beside the source's own errors: LOOKUP_BUSY. */
const sso_error_t *sso_lookup(sso_io_t *io, const sso_source_t *source,
                              const sso_credential_t *credential, sso_identity_t **who,
                              bool *cached, apr_pool_t *p);

/* Have the cache of this machine answer SESSION_UNKNOWN for a credential that was ended just now.
 */
void sso_lookup_forget(sso_world_t *world, const sso_source_t *source,
                       const sso_credential_t *credential, apr_pool_t *p);

#endif
