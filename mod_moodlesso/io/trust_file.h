/* SPDX-License-Identifier: Apache-2.0 */
/* trust_file.h -- the last good copy of what an issuer said, as a file. */
#ifndef SSO_TRUST_FILE_H
#define SSO_TRUST_FILE_H

#include "sso/trust.h"

/* What was fetched, word for word, so that it is judged anew at each reading. */
typedef struct sso_trust_copy_t {
    sso_span_t metadata; /* empty without */
    sso_span_t keys;     /* a JWK set */
    apr_time_t fetched;  /* when */
    apr_time_t fresh_until;
} sso_trust_copy_t;

/* Write the copy whole or not at all (a new file, renamed), readable by its owner only. */
apr_status_t sso_trust_file_write(const char *path, const sso_trust_copy_t *copy, apr_pool_t *p);

/* Read it. APR_NOTFOUND: there is none; SSO_IO_ANSWER: it is none of ours. */
apr_status_t sso_trust_file_read(const char *path, sso_trust_copy_t *copy, apr_pool_t *p);

/* The trust that a copy gives; NULL with a sentence when it is not to be believed. */
const sso_trust_t *sso_trust_judge(const sso_trust_copy_t *copy, const sso_issuer_t *issuer,
                                   const char **sentence, apr_pool_t *p);

#endif
