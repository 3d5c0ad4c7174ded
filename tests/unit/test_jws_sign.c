/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <openssl/pem.h>

#include "base/jws.h"
#include "base/jws_sign.h"
#include "signer.h"

static sso_span_t pem_of(EVP_PKEY *key, apr_pool_t *p)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *at;
    long length;

    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    length = BIO_get_mem_data(bio, &at);
    at = apr_pstrmemdup(p, at, (apr_size_t)length);
    BIO_free(bio);
    return (sso_span_t){at, (apr_size_t)length};
}

static void round_trip(const char *alg, sso_alg_t expected, apr_pool_t *p)
{
    const sso_signer_t *signer_of_ours = sso_signer_make(pem_of(signer(alg).key, p), "k7", p);
    const char *jwk = apr_pstrcat(p, "{\"keys\":[", signer_jwk(signer(alg), "", p), "]}", NULL);
    json_t *value;
    sso_jws_t jws;

    assert_non_null(signer_of_ours);
    assert_true(sso_jws_parse(sso_span(sso_jws_sign(signer_of_ours, "{\"a\":1}", p)), &jws, p));
    assert_int_equal(jws.alg, expected);
    assert_string_equal(jws.kid, "k7");
    assert_span(jws.payload, "{\"a\":1}");
    assert_true(sso_json_parse(sso_span(jwk), 4096, &value, p));
    assert_true(
        sso_jws_verify(&jws, sso_jwk_make(json_array_get(json_object_get(value, "keys"), 0), p)));
}

T(what_is_signed_can_be_verified)
{
    /* The length of ES256's r and s in DER changes from one signature to the next. */
    for (int i = 0; i < 40; i++)
        round_trip("ES256", SSO_ALG_ES256, p);
    round_trip("RS256", SSO_ALG_RS256, p);
}

T(other_keys_and_no_keys_do_not_sign)
{
    assert_null(sso_signer_make(pem_of(signer("ES384").key, p), NULL, p));
    assert_null(sso_signer_make(pem_of(signer("EdDSA").key, p), NULL, p));
    assert_null(sso_signer_make(sso_span(""), NULL, p));
    assert_null(sso_signer_make(sso_span("-----BEGIN PRIVATE KEY-----\n"), NULL, p));
}

T(a_small_rsa_key_does_not_sign)
{
    EVP_PKEY *small = EVP_RSA_gen(1024);

    assert_null(sso_signer_make(pem_of(small, p), NULL, p));
    EVP_PKEY_free(small);
}

T(nobody_is_asked_for_a_passphrase)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *at;
    long length;

    assert_int_equal(PEM_write_bio_PrivateKey(bio, signer("ES256").key, EVP_aes_128_cbc(),
                                              (const unsigned char *)"x", 1, NULL, NULL),
                     1);
    length = BIO_get_mem_data(bio, &at);
    assert_null(sso_signer_make((sso_span_t){at, (apr_size_t)length}, NULL, p));
    BIO_free(bio);
}
