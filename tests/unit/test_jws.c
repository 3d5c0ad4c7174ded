/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <pthread.h>

#include <openssl/err.h>

#include "base/base64url.h"
#include "base/jwks.h"
#include "base/jws.h"
#include "signer.h"

static const char *const all[] = {"RS256", "RS384", "RS512", "PS256", "PS384",
                                  "PS512", "ES256", "ES384", "ES512", "EdDSA"};
#define ALL (sizeof(all) / sizeof(all[0]))

static const sso_jwks_t *keys(apr_pool_t *p)
{
    static const char *const kinds[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};
    const sso_jwks_t *set = sso_jwks_parse(sso_span(signer_jwks(kinds, 5, p)), p);

    assert_non_null(set);
    return set;
}

static bool parses(const char *text, apr_pool_t *p)
{
    sso_jws_t jws;

    return sso_jws_parse(sso_span(text), &jws, p);
}

static bool verifies(const char *text, apr_pool_t *p)
{
    sso_jws_t jws;
    const sso_jwk_t *key;

    if (!sso_jws_parse(sso_span(text), &jws, p))
        return false;
    key = sso_jwks_find(keys(p), jws.kid);
    return key != NULL && sso_jws_verify(&jws, key);
}

/* Another letter in place of the one at `place` from the end of the text. */
static const char *changed(const char *text, size_t place, apr_pool_t *p)
{
    char *copy = apr_pstrdup(p, text), *at = copy + strlen(copy) - 1 - place;

    *at = *at == 'B' ? 'C' : 'B';
    return copy;
}

T(every_algorithm_verifies_and_notices_any_change)
{
    for (size_t i = 0; i < ALL; i++) {
        const char *text = signer_token(signer(all[i]), "{\"sub\":\"alice\"}", p);

        if (!verifies(text, p))
            fail_msg("%s does not verify", all[i]);
        for (size_t place = 1; place < strlen(text); place += 7) {
            if (verifies(changed(text, place, p), p))
                fail_msg("%s: a change at %d was not seen", all[i], (int)place);
        }
    }
    assert_true(verifies(
        signer_sign(signer("EdDSA"), "{\"alg\":\"Ed25519\",\"kid\":\"ed25519\"}", "x", p), p));
}

/* RFC 8725 3.1: the key says for what it is, not the token. */
T(an_algorithm_that_the_key_is_not_for_does_not_verify)
{
    for (size_t i = 0; i < ALL; i++) {
        for (size_t j = 0; j < ALL; j++) {
            signer_t by = signer(all[i]);
            const char *header = apr_psprintf(p, "{\"alg\":\"%s\",\"kid\":\"%s\"}", all[j], by.kid);

            if (verifies(signer_sign(by, header, "{}", p), p) != (i == j))
                fail_msg("signed as %s, called %s", all[i], all[j]);
        }
    }
}

T(none_and_symmetric_algorithms_are_never_verified)
{
    const char *names[] = {"none", "None", "nOnE", "HS256", "HS384", "HS512", "RS1", ""};
    sso_jws_t jws;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text =
            signer_sign(signer("RS256"),
                        apr_psprintf(p, "{\"alg\":\"%s\",\"kid\":\"rsa\"}", names[i]), "{}", p);

        assert_true(sso_jws_parse(sso_span(text), &jws, p));
        assert_int_equal(jws.alg, SSO_ALG_NONE);
        assert_false(sso_jws_verify(&jws, sso_jwks_find(keys(p), "rsa")));
    }
}

T(a_signature_has_the_length_of_its_algorithm)
{
    const char *algs[] = {"ES256", "ES384", "ES512", "EdDSA", "RS256"};

    for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
        const char *text = signer_token(signer(algs[i]), "{}", p), *dot = strrchr(text, '.');
        const char *start = apr_pstrmemdup(p, text, (apr_size_t)(dot - text) + 1);
        char longer[600] = {0};
        sso_span_t signature;

        assert_true(sso_base64url_decode(sso_span(dot + 1), &signature, p));
        memcpy(longer + 1, signature.at, signature.len);
        for (apr_size_t length = 1; length < signature.len + 3; length++) {
            assert_int_equal(
                verifies(apr_pstrcat(p, start, sso_base64url_encode(longer + 1, length, p), NULL),
                         p),
                length == signature.len);
            assert_false(
                verifies(apr_pstrcat(p, start, sso_base64url_encode(longer, length, p), NULL), p));
        }
    }
}

/* r and s in DER, as OpenSSL itself writes them, are no JWS (RFC 7518 3.4). */
T(ecdsa_in_der_is_refused)
{
    const char *text = signer_token(signer("ES256"), "{}", p);
    const char *start = apr_pstrmemdup(p, text, (apr_size_t)(strrchr(text, '.') - text) + 1);
    sso_span_t raw;
    char der[72] = {0x30, 0x44, 0x02, 0x20};

    assert_true(sso_base64url_decode(sso_span(strrchr(text, '.') + 1), &raw, p));
    memcpy(der + 4, raw.at, 32);
    memcpy(der + 36, "\x02\x20", 2);
    memcpy(der + 38, raw.at + 32, 32);
    assert_false(verifies(apr_pstrcat(p, start, sso_base64url_encode(der, 70, p), NULL), p));
}

T(a_signature_of_one_algorithm_is_none_of_another_with_the_same_key)
{
    sso_jws_t jws;
    sso_jwk_t key = *sso_jwks_find(keys(p), "rsa");

    assert_true(sso_jws_parse(sso_span(signer_token(signer("PS256"), "{}", p)), &jws, p));
    assert_true(sso_jws_verify(&jws, &key));
    jws.alg = SSO_ALG_PS384;
    assert_false(sso_jws_verify(&jws, &key));
    jws.alg = SSO_ALG_RS256;
    assert_false(sso_jws_verify(&jws, &key));
}

/* RFC 7518 3.5 */
T(the_salt_of_pss_is_as_long_as_its_hash)
{
    signer_t by = signer("PS256");
    const int salts[] = {1, 20, 31, 32, 33, 64};

    for (size_t i = 0; i < sizeof(salts) / sizeof(salts[0]); i++) {
        by.salt = salts[i];
        assert_int_equal(verifies(signer_token(by, "{}", p), p), salts[i] == 32);
    }
}

typedef struct shared_t {
    sso_jws_t jws;
    const sso_jwk_t *key;
    int held;
} shared_t;

static void *verify_often(void *of_shared)
{
    shared_t *shared = of_shared;

    for (int i = 0; i < 100; i++)
        shared->held += sso_jws_verify(&shared->jws, shared->key);
    return NULL;
}

T(one_key_serves_many_threads)
{
    for (size_t i = 0; i < ALL; i += 3) {
        const char *text = signer_token(signer(all[i]), "{}", p);
        const sso_jwks_t *set = keys(p);
        shared_t shared[4] = {0};
        pthread_t threads[4];

        for (int t = 0; t < 4; t++) {
            assert_true(sso_jws_parse(sso_span(text), &shared[t].jws, p));
            shared[t].key = sso_jwks_find(set, shared[t].jws.kid);
            assert_int_equal(pthread_create(&threads[t], NULL, verify_often, &shared[t]), 0);
        }
        for (int t = 0; t < 4; t++) {
            pthread_join(threads[t], NULL);
            assert_int_equal(shared[t].held, 100);
        }
    }
}

T(three_parts_and_nothing_else_are_a_jws)
{
    const char *good = signer_token(signer("ES256"), "{}", p);
    const char *header = apr_pstrmemdup(p, good, strcspn(good, "."));
    const char *wrong[] = {"",
                           ".",
                           "..",
                           "...",
                           "e30.e30.",
                           ".e30.AAAA",
                           apr_pstrcat(p, header, NULL),
                           apr_pstrcat(p, header, ".e30", NULL),
                           apr_pstrcat(p, header, ".e30.", NULL),
                           apr_pstrcat(p, good, ".", NULL),
                           apr_pstrcat(p, good, ".AAAA", NULL),
                           apr_pstrcat(p, ".", good, NULL),
                           apr_pstrcat(p, good, " ", NULL),
                           apr_pstrcat(p, " ", good, NULL),
                           apr_pstrcat(p, good, "=", NULL),
                           apr_pstrcat(p, good, "\n", NULL),
                           apr_pstrcat(p, header, "=.e30.AAAA", NULL),
                           apr_pstrcat(p, header, ".e30=.AAAA", NULL),
                           apr_pstrcat(p, header, ".e30.AA+/", NULL),
                           apr_pstrcat(p, header, ".e31.AAAA", NULL)};

    assert_true(parses(good, p));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (parses(wrong[i], p))
            fail_msg("%d: %s was taken", (int)i, wrong[i]);
    }
    assert_true(parses(apr_pstrcat(p, header, "..AAAA", NULL), p));
}

static bool header_parses(const char *header, apr_pool_t *p)
{
    return parses(
        apr_pstrcat(p, sso_base64url_encode(header, strlen(header), p), ".e30.AAAA", NULL), p);
}

T(a_header_is_one_strict_json_object_that_asks_for_nothing)
{
    const char *wrong[] = {"",
                           "{}",
                           "[]",
                           "\"RS256\"",
                           "{\"alg\":null}",
                           "{\"alg\":1}",
                           "{\"alg\":[\"RS256\"]}",
                           "{\"Alg\":\"RS256\"}",
                           "{\"alg\":\"none\",\"alg\":\"RS256\"}",
                           "{\"alg\":\"RS256\"}x",
                           "{\"alg\":\"RS256\"}{}",
                           "{\"alg\":\"RS256\",}",
                           "{\"alg\":\"RS256\\u0000\"}",
                           "{\"alg\":\"RS256\",\"kid\":1}",
                           "{\"alg\":\"RS256\",\"kid\":{\"a\":1}}",
                           "{\"alg\":\"RS256\",\"typ\":[]}",
                           "{\"alg\":\"RS256\",\"crit\":[]}",
                           "{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}",
                           "{\"alg\":\"RS256\",\"crit\":null}",
                           "{\"alg\":\"RS256\",\"b64\":true}",
                           "{\"alg\":\"RS256\",\"b64\":false,\"crit\":[\"b64\"]}"};
    const char *deep = "1";

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (header_parses(wrong[i], p))
            fail_msg("%s was taken", wrong[i]);
    }
    for (int i = 0; i < 100; i++)
        deep = apr_pstrcat(p, "[", deep, "]", NULL);
    assert_false(header_parses(apr_pstrcat(p, "{\"alg\":\"RS256\",\"x\":", deep, "}", NULL), p));
    assert_true(header_parses(" {\"kid\":\"\", \"typ\":\"\",\n\t\"alg\" : \"RS256\" } ", p));
}

T(keys_in_the_header_are_not_looked_at)
{
    const char *header = apr_psprintf(
        p,
        "{\"alg\":\"ES256\",\"kid\":\"p384\",\"jwk\":%s,\"jku\":\"https://evil.example/\","
        "\"x5c\":[1],\"x5t\":{},\"x5u\":\"file:///etc/passwd\"}",
        signer_jwk(signer("ES256"), "", p));

    assert_true(header_parses(header, p));
    assert_false(verifies(signer_sign(signer("ES256"), header, "{}", p), p));
}

T(a_kid_is_a_name_of_limited_length)
{
    char kid[SSO_KID_MAX + 2];
    sso_jws_t jws;
    const char *odd = "{\"alg\":\"ES256\",\"kid\":\"../../etc/x' OR 1=1--\"}";

    assert_true(sso_jws_parse(sso_span(signer_sign(signer("ES256"), odd, "{}", p)), &jws, p));
    assert_string_equal(jws.kid, "../../etc/x' OR 1=1--");
    assert_null(sso_jwks_find(keys(p), jws.kid));
    memset(kid, 'k', sizeof(kid));
    kid[SSO_KID_MAX] = '\0';
    assert_true(header_parses(apr_psprintf(p, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid), p));
    kid[SSO_KID_MAX] = 'k';
    kid[SSO_KID_MAX + 1] = '\0';
    assert_false(header_parses(apr_psprintf(p, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid), p));
}

T(longer_than_the_limit_is_refused_before_anything_is_decoded)
{
    const char *start = "eyJhbGciOiJFUzI1NiJ9.";
    char *text = apr_palloc(p, SSO_JWS_MAX + 2);

    memset(text, 'A', SSO_JWS_MAX + 1);
    memcpy(text, start, strlen(start));
    memcpy(text + SSO_JWS_MAX - 8, ".AAAAAAAAA", 10);
    text[SSO_JWS_MAX + 1] = '\0';
    assert_int_equal(strlen(text), SSO_JWS_MAX + 1);
    assert_false(parses(text, p));
    text[SSO_JWS_MAX] = '\0';
    memcpy(text + SSO_JWS_MAX - 9, ".AAAAAAAA", 9);
    assert_true(parses(text, p));
}

T(a_refused_signature_leaves_no_error_in_the_queue_of_openssl)
{
    ERR_clear_error();
    for (size_t i = 0; i < ALL; i++)
        assert_false(verifies(changed(signer_token(signer(all[i]), "{}", p), 9, p), p));
    assert_int_equal(ERR_peek_error(), 0);
    ERR_raise(ERR_LIB_USER, 7);
    assert_false(verifies(changed(signer_token(signer("RS256"), "{}", p), 9, p), p));
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_get_error(), 0);
}
