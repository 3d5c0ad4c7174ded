/* SPDX-License-Identifier: Apache-2.0 */
/* jwa.c -- the signature algorithms that are verified here (RFC 7518 3.3-3.5, RFC 8037, RFC 9864).
 */
#include "base/jwa.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

static const struct {
    const char *name;
    const char *hash; /* NULL: the algorithm has its own */
    sso_key_type_t type;
    bool is_pss;
} algs[SSO_ALG_COUNT] = {
#define SSO_ALG(name, type, hash, is_pss) [SSO_ALG_##name] = {#name, hash, type, is_pss},
    SSO_ALGS(SSO_ALG)
#undef SSO_ALG
};

sso_alg_t sso_alg(sso_span_t name)
{
    for (int alg = SSO_ALG_NONE + 1; alg < SSO_ALG_COUNT; alg++) {
        if (sso_span_equal(name, algs[alg].name))
            return (sso_alg_t)alg;
    }
    return sso_span_equal(name, "Ed25519") ? SSO_ALG_EdDSA : SSO_ALG_NONE;
}

sso_key_type_t sso_alg_key_type(sso_alg_t alg)
{
    return algs[alg].type;
}

const char *sso_alg_hash(sso_alg_t alg)
{
    return algs[alg].hash ? algs[alg].hash : "SHA512";
}

sso_alg_t sso_alg_of_key(sso_key_type_t type)
{
    int alg = SSO_ALG_NONE + 1;

    while (algs[alg].type != type)
        alg++;
    return (sso_alg_t)alg;
}

static bool set_pss(EVP_PKEY_CTX *options)
{
    /* Without a word about it, MGF1 takes the hash of the signature. */
    return EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) > 0;
}

EVP_MD_CTX *sso_alg_verifier(sso_alg_t alg, EVP_PKEY *key)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL; /* belongs to the context */

    if (context != NULL &&
        EVP_DigestVerifyInit_ex(context, &options, algs[alg].hash, NULL, NULL, key, NULL) == 1 &&
        (!algs[alg].is_pss || set_pss(options))) {
        /* One message, one signature: OpenSSL need not copy itself before it ends the hash. */
        EVP_MD_CTX_set_flags(context, EVP_MD_CTX_FLAG_FINALISE);
        return context;
    }
    EVP_MD_CTX_free(context);
    return NULL;
}
