/* SPDX-License-Identifier: Apache-2.0 */
/* judge.h -- a token asked everything that a source asks, in its order. */
#ifndef JUDGE_H
#define JUDGE_H

#include "fake_io.h"
#include "sso/token.h"

/* Claims of a token that is good at FAKE_NOW, 1795317100. */
#define TIMES "\"iat\":1795317000,\"nbf\":1795317000,\"exp\":1795317200"

/* A list of the words of a text. */
apr_array_header_t *list(const char *words, apr_pool_t *p);

/* ES256 for these audiences, with a skew of 60 s. */
sso_token_rules_t rules_for(const char *audiences, apr_pool_t *p);

/* What metadata with this issuer and one key for ES256 would say; the key's own issuer may be NULL.
 */
sso_trust_t trust_of(const char *issuer, const char *of_key, apr_pool_t *p);

/* Read, from whom, verify, check. */
const sso_error_t *judge_text(const char *text, const sso_token_rules_t *rules,
                              const sso_trust_t *trust, const char *issuers, apr_pool_t *p);

#endif
