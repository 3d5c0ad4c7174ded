/* SPDX-License-Identifier: Apache-2.0 */
/* Target functions: sso_jwks_parse, sso_jwks_find, sso_trust_read. */
#include "fuzz.h"

#include "sso/trust.h"

static void check_set(const sso_jwks_t *set, apr_pool_t *p)
{
    must(set->count > 0 && (int)apr_hash_count(set->by_kid) <= set->count);
    must((set->only != NULL) == (set->count == 1));
    for (apr_hash_index_t *at = apr_hash_first(p, set->by_kid); at; at = apr_hash_next(at)) {
        const sso_jwk_t *key = apr_hash_this_val(at);

        must(key->key != NULL && key->verifier != NULL && strlen(key->kid) <= SSO_KID_MAX);
        must(sso_jwks_find(set, key->kid) == key && sso_jwk_may(key, key->ready));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const sso_issuer_t issuer = {.issuer = "https://l/{tenantid}/v2.0"};
    apr_pool_t *p = fuzz_pool();
    sso_trust_t trust = {0};
    const sso_jwks_t *set = sso_jwks_parse(fuzz_span(bytes, length), p);

    if (set != NULL)
        check_set(set, p);
    if (sso_trust_read(fuzz_span(bytes, length), &issuer, &trust, p) == NULL)
        must(sso_issuer_is_open(trust.issuer) && sso_trust_url_is_safe(trust.jwks_url, p));
    else
        must(trust.issuer == NULL && trust.jwks_url == NULL);
    return 0;
}
