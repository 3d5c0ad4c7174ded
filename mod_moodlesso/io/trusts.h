/* SPDX-License-Identifier: Apache-2.0 */
/* trusts.h -- what is known of issuers, for every thread of the node: their metadata and keys.
 *
 * One process fetches, a file per issuer keeps the last good copy, and every process reads that
 * file when it has changed. No request waits for an issuer, but a callback that may wait for its
 * token endpoint anyway (io/token_request.h); and no start needs one. */
#ifndef SSO_TRUSTS_H
#define SSO_TRUSTS_H

#include <apr_tables.h>

#include "io/breaker.h"
#include "sso/trust.h"

typedef struct sso_trusts_t sso_trusts_t;

/* Make the shared part, before the server forks; lives as long as `p`. Copies are kept in `folder`,
 * an existing one that the server's processes can write to; NULL: they are not kept, and every
 * process is to be the one that fetches. */
apr_status_t sso_trusts_create(sso_trusts_t **trusts, const apr_array_header_t *issuers,
                               const char *folder, apr_pool_t *p);

/* Make this process's own part, and read the copies there are. */
apr_status_t sso_trusts_enter(sso_trusts_t *trusts);

/* In every process, each second: take over what was fetched meanwhile. */
void sso_trusts_follow(sso_trusts_t *trusts);

/* In one process of the node, each second: ask the issuers that are due. May block for some
 * seconds for each. What cannot be had leaves the last good copy in force. */
void sso_trusts_refresh(sso_trusts_t *trusts, apr_time_t now, sso_say_t *say, void *context);

/* What is known of an issuer; NULL: nothing yet. Never blocks. It stays for minutes after it was
 * replaced, longer than any request lasts. */
const sso_trust_t *sso_trusts_get(sso_trusts_t *trusts, const sso_issuer_t *issuer);

/* Ask the issuer at the next refresh, unless that was done within the last five minutes. */
void sso_trusts_want(sso_trusts_t *trusts, const sso_issuer_t *issuer, apr_time_t now);

/* Is the issuer to be asked at the next refresh, or being asked right now? */
bool sso_trusts_is_due(sso_trusts_t *trusts, const sso_issuer_t *issuer, apr_time_t now);

/* The state of an issuer. */
sso_trust_state_t sso_trusts_state(sso_trusts_t *trusts, const sso_issuer_t *issuer);

#endif
