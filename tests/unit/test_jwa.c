/* SPDX-License-Identifier: Apache-2.0 */
#include "runner.h"

#include <openssl/evp.h>

#include "base/jwa.h"
#include "signer.h"

T(algorithms_are_known_by_their_exact_names)
{
    const char *unknown[] = {"none",  "None",   "NONE", "",      "HS256",  "HS384",  "HS512",
                             "rs256", "RS256 ", "RS1",  "ES521", "ES256K", "RSA1_5", "Ed448"};

    assert_int_equal(sso_alg(sso_span("RS256")), SSO_ALG_RS256);
    assert_int_equal(sso_alg(sso_span("ES512")), SSO_ALG_ES512);
    assert_int_equal(sso_alg(sso_span("EdDSA")), SSO_ALG_EdDSA);
    assert_int_equal(sso_alg(sso_span("Ed25519")), SSO_ALG_EdDSA);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        assert_int_equal(sso_alg(sso_span(unknown[i])), SSO_ALG_NONE);
}

T(each_algorithm_goes_with_one_kind_of_key)
{
    assert_int_equal(sso_alg_key_type(SSO_ALG_PS512), SSO_KEY_RSA);
    assert_int_equal(sso_alg_key_type(SSO_ALG_ES256), SSO_KEY_P256);
    assert_int_equal(sso_alg_key_type(SSO_ALG_ES384), SSO_KEY_P384);
    assert_int_equal(sso_alg_key_type(SSO_ALG_ES512), SSO_KEY_P521);
    assert_int_equal(sso_alg_of_key(SSO_KEY_RSA), SSO_ALG_RS256);
    assert_int_equal(sso_alg_of_key(SSO_KEY_P521), SSO_ALG_ES512);
    assert_int_equal(sso_alg_of_key(SSO_KEY_ED25519), SSO_ALG_EdDSA);
}

T(a_verifier_needs_a_key_of_its_kind)
{
    EVP_MD_CTX *verifier = sso_alg_verifier(SSO_ALG_PS256, signer("RS256").key);

    assert_non_null(verifier);
    EVP_MD_CTX_free(verifier);
    assert_null(sso_alg_verifier(SSO_ALG_PS256, signer("ES256").key));
    assert_null(sso_alg_verifier(SSO_ALG_ES256, signer("EdDSA").key));
}

T(each_algorithm_has_a_hash)
{
    assert_string_equal(sso_alg_hash(SSO_ALG_RS256), "SHA256");
    assert_string_equal(sso_alg_hash(SSO_ALG_ES384), "SHA384");
    assert_string_equal(sso_alg_hash(SSO_ALG_EdDSA), "SHA512");
}
