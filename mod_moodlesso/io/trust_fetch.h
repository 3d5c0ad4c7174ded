/* SPDX-License-Identifier: Apache-2.0 */
/* trust_fetch.h -- an issuer is asked for its metadata, then for its keys. */
#ifndef SSO_TRUST_FETCH_H
#define SSO_TRUST_FETCH_H

#include "io/trust_file.h"

/* Fill in the copy with what the issuer says, unread but for where its keys are: fresh for as long
 * as Cache-Control says, from 5 minutes to a day, an hour when it says nothing. *date is the clock
 * of whoever sent the keys, in whole seconds; 0: not known. May block, 5 s for each question.
 * Answers a sentence when something is wrong. */
const char *sso_trust_fetch(const sso_issuer_t *issuer, apr_time_t now, sso_trust_copy_t *copy,
                            apr_time_t *date, apr_pool_t *p);

#endif
