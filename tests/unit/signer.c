/* SPDX-License-Identifier: Apache-2.0 */
/* signer.c -- an issuer for tests: key pairs made by OpenSSL, their JWKs, tokens signed with them.
 */
#include "runner.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/base64url.h"
#include "signer.h"

static const struct {
    const char *algs, *kid, *curve;
    int coordinate; /* bytes */
} kinds[] = {{"RS256 RS384 RS512 PS256 PS384 PS512", "rsa", NULL, 0},
             {"ES256", "p256", "P-256", 32},
             {"ES384", "p384", "P-384", 48},
             {"ES512", "p521", "P-521", 66},
             {"EdDSA Ed25519", "ed25519", "Ed25519", 0}};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static size_t kind_of(const char *alg)
{
    size_t i = 0;

    while (i < KINDS && strstr(kinds[i].algs, alg) == NULL)
        i++;
    if (i == KINDS)
        fail_msg("no signer for %s", alg);
    return i;
}

static EVP_PKEY *generate(size_t kind)
{
    if (kind == 0)
        return EVP_RSA_gen(2048);
    return kinds[kind].coordinate ? EVP_EC_gen(kinds[kind].curve)
                                  : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static EVP_PKEY *keys[KINDS];

__attribute__((destructor)) static void forget(void)
{
    for (size_t i = 0; i < KINDS; i++)
        EVP_PKEY_free(keys[i]);
}

signer_t signer(const char *alg)
{
    size_t kind = kind_of(alg);

    if (keys[kind] == NULL)
        keys[kind] = generate(kind);
    assert_non_null(keys[kind]);
    return (signer_t){alg, kinds[kind].kid, keys[kind], 0};
}

static const char *encode(const unsigned char *bytes, size_t length, apr_pool_t *p)
{
    return sso_base64url_encode(bytes, length, p);
}

static const char *number(EVP_PKEY *key, const char *param, apr_pool_t *p)
{
    unsigned char bytes[512];
    BIGNUM *value = NULL;
    int length;

    assert_int_equal(EVP_PKEY_get_bn_param(key, param, &value), 1);
    length = BN_bn2bin(value, bytes);
    BN_free(value);
    return encode(bytes, (size_t)length, p);
}

const char *signer_jwk(signer_t by, const char *more, apr_pool_t *p)
{
    size_t kind = kind_of(by.alg), length, half = (size_t)kinds[kind].coordinate;
    unsigned char point[133];

    if (kind == 0)
        return apr_psprintf(p, "{\"kty\":\"RSA\",\"kid\":\"%s\",\"n\":\"%s\",\"e\":\"%s\"%s}",
                            by.kid, number(by.key, "n", p), number(by.key, "e", p), more);
    if (half == 0) {
        length = sizeof(point);
        assert_int_equal(EVP_PKEY_get_raw_public_key(by.key, point, &length), 1);
        return apr_psprintf(p,
                            "{\"kty\":\"OKP\",\"kid\":\"%s\",\"crv\":\"Ed25519\",\"x\":\"%s\"%s}",
                            by.kid, encode(point, length, p), more);
    }
    assert_int_equal(EVP_PKEY_get_octet_string_param(by.key, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                     sizeof(point), &length),
                     1);
    assert_int_equal(length, 1 + 2 * half);
    return apr_psprintf(
        p, "{\"kty\":\"EC\",\"kid\":\"%s\",\"crv\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"%s}", by.kid,
        kinds[kind].curve, encode(point + 1, half, p), encode(point + 1 + half, half, p), more);
}

const char *signer_jwks(const char *const *algs, int count, apr_pool_t *p)
{
    const char *set = "{\"keys\":[";

    for (int i = 0; i < count; i++)
        set = apr_pstrcat(p, set, i ? "," : "", signer_jwk(signer(algs[i]), "", p), NULL);
    return apr_pstrcat(p, set, "]}", NULL);
}

/* DER to r and s side by side. */
static size_t side_by_side(unsigned char *signature, size_t length, int half)
{
    const unsigned char *from = signature;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &from, (long)length);
    unsigned char both[132];

    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), both, half), half);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(pair), both + half, half), half);
    memcpy(signature, both, 2 * (size_t)half);
    ECDSA_SIG_free(pair);
    return 2 * (size_t)half;
}

const char *signer_sign(signer_t by, const char *header, const char *payload, apr_pool_t *p)
{
    size_t kind = kind_of(by.alg), length = 512;
    unsigned char signature[512];
    const char *text = apr_pstrcat(p, sso_base64url_encode(header, strlen(header), p), ".",
                                   sso_base64url_encode(payload, strlen(payload), p), NULL);
    const char *hash = kind == 4 ? NULL : apr_pstrcat(p, "SHA", by.alg + 2, NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options;

    assert_int_equal(EVP_DigestSignInit_ex(context, &options, hash, NULL, NULL, by.key, NULL), 1);
    if (by.alg[0] == 'P') {
        EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, by.salt ? by.salt : RSA_PSS_SALTLEN_DIGEST);
    }
    assert_int_equal(
        EVP_DigestSign(context, signature, &length, (const unsigned char *)text, strlen(text)), 1);
    EVP_MD_CTX_free(context);
    if (kinds[kind].coordinate)
        length = side_by_side(signature, length, kinds[kind].coordinate);
    return apr_pstrcat(p, text, ".", encode(signature, length, p), NULL);
}

const char *signer_token(signer_t by, const char *payload, apr_pool_t *p)
{
    return signer_sign(
        by, apr_psprintf(p, "{\"typ\":\"JWT\",\"alg\":\"%s\",\"kid\":\"%s\"}", by.alg, by.kid),
        payload, p);
}
