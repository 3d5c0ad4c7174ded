/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/base64url.h"
#include "base/jwk.h"
#include "signer.h"

static const sso_jwk_t *make(const char *text, apr_pool_t *p)
{
    json_t *value;

    if (!sso_json_parse(sso_span(text), 65536, &value, p))
        fail_msg("no JSON: %s", text);
    return sso_jwk_make(value, p);
}

/* An RSA key with the modulus 2^(bits-1) + add. */
static const char *rsa(int bits, unsigned long add, const char *exponent, apr_pool_t *p)
{
    unsigned char bytes[4096];
    BIGNUM *modulus = BN_new();
    const char *n;
    int length;

    BN_zero(modulus);
    BN_set_bit(modulus, bits - 1);
    BN_add_word(modulus, add);
    length = BN_bn2bin(modulus, bytes);
    BN_free(modulus);
    n = sso_base64url_encode(bytes, (size_t)length, p);
    return apr_psprintf(p, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}", n, exponent);
}

/* The least odd number to add to 2^(bits-1) so that no prime up to 167 divides the sum. */
static unsigned long add_for(int bits)
{
    BIGNUM *base = BN_new();
    unsigned long add = 1, prime;

    BN_zero(base);
    BN_set_bit(base, bits - 1);
    for (prime = 3; prime < 168; prime += 2) {
        if ((BN_mod_word(base, prime) + add) % prime == 0) {
            add += 2;
            prime = 1;
        }
    }
    BN_free(base);
    return add;
}

T(keys_of_every_kind_are_made)
{
    const char *algs[] = {"RS256", "ES256", "ES384", "ES512", "EdDSA"};
    sso_key_type_t types[] = {SSO_KEY_RSA, SSO_KEY_P256, SSO_KEY_P384, SSO_KEY_P521,
                              SSO_KEY_ED25519};

    for (int i = 0; i < 5; i++) {
        signer_t by = signer(algs[i]);
        const sso_jwk_t *key = make(signer_jwk(by, ",\"use\":\"sig\"", p), p);

        assert_non_null(key);
        assert_int_equal(key->type, types[i]);
        assert_string_equal(key->kid, by.kid);
        assert_null(key->issuer);
        assert_int_equal(key->alg, SSO_ALG_NONE);
        assert_int_equal(key->ready, sso_alg(sso_span(algs[i])));
        assert_int_equal(EVP_PKEY_eq(key->key, by.key), 1);
    }
}

T(a_key_is_for_what_it_says_it_is_for)
{
    signer_t by = signer("RS256");
    const sso_jwk_t *any = make(signer_jwk(by, "", p), p);
    const sso_jwk_t *one = make(signer_jwk(by, ",\"alg\":\"PS256\"", p), p);

    assert_true(sso_jwk_may(any, SSO_ALG_RS256) && sso_jwk_may(any, SSO_ALG_PS512));
    assert_false(sso_jwk_may(any, SSO_ALG_ES256) || sso_jwk_may(any, SSO_ALG_NONE));
    assert_true(sso_jwk_may(one, SSO_ALG_PS256));
    assert_false(sso_jwk_may(one, SSO_ALG_RS256) || sso_jwk_may(one, SSO_ALG_PS512));
    assert_int_equal(one->ready, SSO_ALG_PS256);
}

T(use_key_ops_and_alg_are_honoured)
{
    const char *good[] = {"", ",\"use\":\"sig\"", ",\"key_ops\":[\"sign\",\"verify\"]",
                          ",\"use\":\"sig\",\"key_ops\":[\"verify\"],\"alg\":\"ES256\"",
                          ",\"x5c\":[\"nonsense\"],\"x5t\":7,\"more\":{}"};
    const char *wrong[] = {",\"use\":\"enc\"",        ",\"use\":1",
                           ",\"use\":\"SIG\"",        ",\"use\":\"enc\",\"key_ops\":[\"verify\"]",
                           ",\"key_ops\":[]",         ",\"key_ops\":[\"encrypt\"]",
                           ",\"key_ops\":\"verify\"", ",\"use\":\"sig\",\"key_ops\":[\"wrapKey\"]",
                           ",\"alg\":\"ES384\"",      ",\"alg\":\"RS256\"",
                           ",\"alg\":\"ES521\"",      ",\"alg\":\"ECDH-ES\"",
                           ",\"alg\":\"none\"",       ",\"alg\":1",
                           ",\"alg\":\"\"",           ",\"issuer\":1",
                           ",\"issuer\":\"\""};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_non_null(make(signer_jwk(signer("ES256"), good[i], p), p));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (make(signer_jwk(signer("ES256"), wrong[i], p), p) != NULL)
            fail_msg("%s was taken", wrong[i]);
    }
}

/* `text` with `value` in place of the mark. */
static const char *put(const char *text, const char *mark, const char *value, apr_pool_t *p)
{
    const char *at = strstr(text, mark);

    return apr_pstrcat(p, apr_pstrmemdup(p, text, (apr_size_t)(at - text)), value,
                       at + strlen(mark), NULL);
}

T(members_are_exact_and_values_strict)
{
    const char *x = "04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY";
    const char *y = "UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw";
    const struct {
        const char *text;
        bool is_good;
    } cases[] = {
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"<x>\",\"y\":\"<y>\"}", true},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"\",\"x\":\"<x>\",\"y\":\"<y>\"}", false},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":5,\"x\":\"<x>\",\"y\":\"<y>\"}", false},
        {"{\"Kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"<x>\",\"y\":\"<y>\"}", false},
        {"{\"kty\":\"ec\",\"crv\":\"P-256\",\"x\":\"<x>\",\"y\":\"<y>\"}", false},
        {"{\"kty\":\"RSA\",\"crv\":\"P-256\",\"x\":\"<x>\",\"y\":\"<y>\"}", false},
        {"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"<x>\",\"y\":\"<y>\"}", false},
        {"{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"<x>\",\"y\":\"<y>\"}", false},
        {"{\"kty\":\"EC\",\"crv\":\"p-256\",\"x\":\"<x>\",\"y\":\"<y>\"}", false},
        {"{\"kty\":\"EC\",\"x\":\"<x>\",\"y\":\"<y>\"}", false},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"X\":\"<x>\",\"y\":\"<y>\"}", false},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"<x>=\",\"y\":\"<y>\"}", false},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"<x>\",\"y\":\" <y>\"}", false},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"<x>AA\",\"y\":\"<y>\"}", false},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA<x>\",\"y\":\"AA<y>\"}", false},
        {"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"<x>\",\"y\":\"<y>\"}", false},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"<x>\",\"y\":\"<y>\"}", false},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"<x>AA\",\"y\":\"<y>\"}", false},
        {"[\"<x>\",\"<y>\"]", false},
        {"\"<x><y>\"", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if ((make(put(put(cases[i].text, "<x>", x, p), "<y>", y, p), p) != NULL) !=
            cases[i].is_good)
            fail_msg("case %d", (int)i);
    }
    /* x and y changed places: not on the curve */
    assert_null(make(put(put(cases[0].text, "<x>", y, p), "<y>", x, p), p));
}

T(rsa_keys_have_a_size_and_an_exponent)
{
    const struct {
        int bits;
        const char *exponent;
        bool is_good;
    } cases[] = {{2048, "AQAB", true},
                 {2049, "AQAB", true},
                 {16384, "AQAB", true},
                 {2048, "Aw", true},          /* 3 */
                 {2048, "_________-8", true}, /* 64 bits */
                 {2047, "AQAB", false},
                 {1024, "AQAB", false},
                 {16385, "AQAB", false},
                 {2048, "AQ", false},           /* 1 */
                 {2048, "AA", false},           /* 0 */
                 {2048, "Ag", false},           /* 2 */
                 {2048, "AQAA", false},         /* 65536 */
                 {2048, "Af_________v", false}, /* 65 bits */
                 {2048, "", false}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *text = rsa(cases[i].bits, add_for(cases[i].bits), cases[i].exponent, p);

        if ((make(text, p) != NULL) != cases[i].is_good)
            fail_msg("%d bits, e %s", cases[i].bits, cases[i].exponent);
    }
    assert_null(make(rsa(2048, add_for(2048) + 1, "AQAB", p), p)); /* even */
    /* 2^2047 + 1 is divisible by 3 */
    assert_null(make(rsa(2048, 1, "AQAB", p), p));
    assert_null(make("{\"kty\":\"RSA\",\"n\":\"AQAB\"}", p));
    assert_null(make("{\"kty\":\"RSA\",\"e\":\"AQAB\"}", p));
}

/* A modulus that is 1 modulo each of the first primes, as 65537^0 is: of the ROCA kind. */
T(roca_keys_are_refused)
{
    BIGNUM *modulus = BN_new(), *product = BN_new(), *rest = BN_new();
    BN_CTX *context = BN_CTX_new();
    unsigned char bytes[300];
    int length;

    BN_set_word(product, 2);
    for (unsigned long prime = 3; prime < 168; prime += 2) {
        if (BN_mod_word(product, prime) != 0)
            BN_mul_word(product, prime);
    }
    BN_zero(modulus);
    BN_set_bit(modulus, 2047);
    BN_set_bit(modulus, 2046);
    BN_mod(rest, modulus, product, context);
    BN_sub(modulus, modulus, rest);
    BN_add_word(modulus, 1);
    length = BN_bn2bin(modulus, bytes);
    BN_free(rest);
    BN_free(product);
    BN_free(modulus);
    BN_CTX_free(context);
    assert_int_equal(length, 256);
    assert_null(make(apr_pstrcat(p, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"",
                                 sso_base64url_encode(bytes, 256, p), "\"}", NULL),
                     p));
}

T(secrets_are_recognised)
{
    const char *secret[] = {"{\"kty\":\"oct\"}", "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
                            "{\"kty\":\"RSA\",\"d\":\"AAAA\"}", "{\"kty\":\"new\",\"k\":\"AAAA\"}",
                            "{\"kty\":\"EC\",\"d\":1}"};
    json_t *value;

    for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
        assert_true(sso_json_parse(sso_span(secret[i]), 1000, &value, p));
        assert_true(sso_jwk_is_secret(value));
    }
    assert_true(sso_json_parse(sso_span(signer_jwk(signer("RS256"), "", p)), 1000, &value, p));
    assert_false(sso_jwk_is_secret(value));
}

T(a_kid_has_a_limited_length)
{
    char *more = apr_psprintf(p, ",\"kid\":\"%0*d\"", SSO_KID_MAX, 0);
    const char *start = "{\"kty\":\"EC\",\"crv\":\"P-256\","
                        "\"x\":\"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY\","
                        "\"y\":\"UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw\"";

    assert_non_null(make(apr_pstrcat(p, start, more, "}", NULL), p));
    more = apr_psprintf(p, ",\"kid\":\"%0*d\"", SSO_KID_MAX + 1, 0);
    assert_null(make(apr_pstrcat(p, start, more, "}", NULL), p));
}

T(equal_keys_are_told_from_others)
{
    const sso_jwk_t *key = make(signer_jwk(signer("ES256"), "", p), p);

    assert_true(sso_jwk_same(key, make(signer_jwk(signer("ES256"), ",\"use\":\"sig\"", p), p)));
    assert_false(sso_jwk_same(key, make(signer_jwk(signer("RS256"), "", p), p)));
    assert_false(sso_jwk_same(key, make(signer_jwk(signer("ES256"), ",\"alg\":\"ES256\"", p), p)));
    assert_false(sso_jwk_same(key, make(signer_jwk(signer("ES256"), ",\"issuer\":\"i\"", p), p)));
}

T(a_refused_key_leaves_no_error_in_the_queue_of_openssl)
{
    ERR_clear_error();
    assert_null(make("{\"kty\":\"EC\",\"crv\":\"P-256\","
                     "\"x\":\"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY\","
                     "\"y\":\"04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY\"}",
                     p));
    assert_int_equal(ERR_peek_error(), 0);
}
