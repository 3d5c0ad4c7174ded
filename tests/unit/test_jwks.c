/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <stdio.h>

#include "base/jwks.h"
#include "signer.h"

static const sso_jwks_t *parse(const char *text, apr_pool_t *p)
{
    return sso_jwks_parse(sso_span(text), p);
}

static const char *set_of(const char *a, const char *b, apr_pool_t *p)
{
    return apr_pstrcat(p, "{\"keys\":[", a, ",", b, "]}", NULL);
}

T(keys_are_found_by_their_ids)
{
    const char *algs[] = {"RS256", "ES256", "EdDSA"};
    const sso_jwks_t *set = parse(signer_jwks(algs, 3, p), p);

    assert_int_equal(set->count, 3);
    assert_int_equal(set->skipped, 0);
    assert_int_equal(sso_jwks_find(set, "rsa")->type, SSO_KEY_RSA);
    assert_int_equal(sso_jwks_find(set, "ed25519")->type, SSO_KEY_ED25519);
    assert_null(sso_jwks_find(set, "RSA"));
    assert_null(sso_jwks_find(set, ""));
    assert_null(sso_jwks_find(set, NULL));
}

T(without_an_id_the_only_key_is_meant)
{
    const char *algs[] = {"ES256"};
    const sso_jwks_t *set = parse(signer_jwks(algs, 1, p), p);

    assert_ptr_equal(sso_jwks_find(set, NULL), sso_jwks_find(set, "p256"));
    assert_null(sso_jwks_find(set, "other"));
    set = parse(set_of(signer_jwk(signer("ES256"), "", p), "{\"kty\":\"new\"}", p), p);
    assert_non_null(sso_jwks_find(set, NULL));
}

/* RFC 7517 5 */
T(keys_that_cannot_be_used_are_skipped)
{
    const char *good = signer_jwk(signer("ES256"), "", p);
    const char *odd[] = {"{}", "{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AAAA\"}",
                         "{\"kty\":\"EC\",\"crv\":\"secp256k1\"}",
                         "{\"kty\":\"RSA\",\"use\":\"enc\"}", "{\"kty\":7}"};

    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        const sso_jwks_t *set = parse(set_of(odd[i], good, p), p);

        assert_non_null(set);
        assert_int_equal(set->count, 1);
        assert_int_equal(set->skipped, 1);
        assert_non_null(sso_jwks_find(set, "p256"));
    }
}

T(one_id_for_two_keys_refuses_the_set)
{
    const char *key = signer_jwk(signer("ES256"), "", p);
    signer_t other = signer("RS256");
    const sso_jwks_t *set = parse(set_of(key, key, p), p);

    assert_int_equal(set->count, 1);
    assert_non_null(sso_jwks_find(set, "p256"));
    assert_non_null(sso_jwks_find(set, NULL));
    other.kid = "p256";
    assert_null(parse(set_of(key, signer_jwk(other, "", p), p), p));
    assert_null(parse(set_of(key, signer_jwk(signer("ES256"), ",\"alg\":\"ES256\"", p), p), p));
    assert_null(parse(set_of(key, signer_jwk(signer("ES256"), ",\"issuer\":\"x\"", p), p), p));
    /* one for encryption does not count */
    assert_non_null(parse(set_of(key, signer_jwk(other, ",\"use\":\"enc\"", p), p), p));
}

T(a_set_with_a_secret_in_it_is_refused)
{
    const char *good = signer_jwk(signer("ES256"), "", p);

    assert_null(parse(set_of(good, "{\"kty\":\"oct\",\"k\":\"AAAA\"}", p), p));
    assert_null(parse(set_of(good, "{\"kty\":\"RSA\",\"use\":\"enc\",\"d\":\"AAAA\"}", p), p));
    assert_null(parse(set_of(signer_jwk(signer("RS256"), ",\"p\":\"AAAA\"", p), good, p), p));
}

T(what_is_no_set_is_refused)
{
    const char *good = signer_jwk(signer("ES256"), "", p);
    const char *wrong[] = {"",
                           "{}",
                           "[]",
                           "{\"keys\":[]}",
                           "{\"keys\":{}}",
                           "{\"keys\":null}",
                           "{\"keys\":[7]}",
                           "{\"keys\":[{\"kty\":\"new\"}]}",
                           good,
                           apr_pstrcat(p, "[", good, "]", NULL),
                           apr_pstrcat(p, "{\"Keys\":[", good, "]}", NULL),
                           apr_pstrcat(p, "{\"keys\":[", good, ",null]}", NULL),
                           apr_pstrcat(p, "{\"keys\":[", good, "]}x", NULL),
                           apr_pstrcat(p, "{\"keys\":[],\"keys\":[", good, "]}", NULL),
                           set_of(good, "{\"kid\":\"a\",\"kid\":\"b\"}", p)};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (parse(wrong[i], p) != NULL)
            fail_msg("%s was taken", wrong[i]);
    }
}

T(longer_than_the_limit_is_refused)
{
    const char *good = set_of(signer_jwk(signer("ES256"), "", p), "{\"kty\":\"new\"}", p);
    char *text = apr_palloc(p, SSO_JWKS_MAX + 1);

    memset(text, ' ', SSO_JWKS_MAX + 1);
    memcpy(text, good, strlen(good));
    assert_non_null(sso_jwks_parse((sso_span_t){text, SSO_JWKS_MAX}, p));
    assert_null(sso_jwks_parse((sso_span_t){text, SSO_JWKS_MAX + 1}, p));
}

T(a_thousand_keys_are_a_set)
{
    const char *key = signer_jwk(signer("EdDSA"), "", p), *rest = strstr(key, "\",\"crv\"");
    char *text = apr_palloc(p, 1000 * (strlen(key) + 8) + 16), *to = text;
    const sso_jwks_t *set;

    to = apr_cpystrn(to, "{\"keys\":[", 16);
    for (int i = 0; i < 1000; i++)
        to += sprintf(to, "%s{\"kty\":\"OKP\",\"kid\":\"k%d%s", i ? "," : "", i, rest);
    apr_cpystrn(to, "]}", 3);
    set = parse(text, p);
    assert_int_equal(set->count, 1000);
    assert_string_equal(sso_jwks_find(set, "k999")->kid, "k999");
    assert_null(sso_jwks_find(set, "k1000"));
}
