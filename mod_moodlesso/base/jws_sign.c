/* SPDX-License-Identifier: Apache-2.0 */
/* jws_sign.c -- a JWS in its compact form, signed with a key of our own. */
#include "base/jws_sign.h"

#include <limits.h>

#include <apr_strings.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/base64url.h"
#include "base/json.h"

#define RSA_LEAST 2048 /* bits; RFC 7518 3.3 */
#define RSA_MOST  16384
#define HALF      32 /* bytes of r and of s with P-256 */

static apr_status_t forget(void *key)
{
    EVP_PKEY_free(key);
    return APR_SUCCESS;
}

/* Nobody is asked for a passphrase: httpd has no terminal. */
static int no_passphrase(char *to, int size, int writes, void *unused)
{
    return -1;
}

static sso_alg_t alg_of(const EVP_PKEY *key)
{
    char group[32];
    apr_size_t length;

    if (EVP_PKEY_is_a(key, "RSA"))
        return EVP_PKEY_get_bits(key) >= RSA_LEAST && EVP_PKEY_get_bits(key) <= RSA_MOST
                   ? SSO_ALG_RS256
                   : SSO_ALG_NONE;
    if (EVP_PKEY_is_a(key, "EC") &&
        EVP_PKEY_get_group_name(key, group, sizeof(group), &length) == 1 &&
        strcmp(group, "prime256v1") == 0)
        return SSO_ALG_ES256;
    return SSO_ALG_NONE;
}

const sso_signer_t *sso_signer_make(sso_span_t pem, const char *kid, apr_pool_t *p)
{
    sso_signer_t *signer = apr_palloc(p, sizeof(*signer));
    BIO *text = pem.len <= INT_MAX ? BIO_new_mem_buf(pem.at, (int)pem.len) : NULL;

    ERR_set_mark();
    signer->key = text ? PEM_read_bio_PrivateKey(text, NULL, no_passphrase, NULL) : NULL;
    signer->alg = signer->key ? alg_of(signer->key) : SSO_ALG_NONE;
    signer->kid = kid;
    BIO_free(text);
    ERR_pop_to_mark();
    if (signer->key != NULL)
        apr_pool_cleanup_register(p, signer->key, forget, apr_pool_cleanup_null);
    return signer->alg != SSO_ALG_NONE ? signer : NULL;
}

static const char *header_of(const sso_signer_t *signer, apr_pool_t *p)
{
    const char *alg = signer->alg == SSO_ALG_RS256 ? "RS256" : "ES256";

    return sso_json_text(
        json_pack("{s:s, s:s, s:s*}", "typ", "JWT", "alg", alg, "kid", signer->kid), p);
}

/* r and s side by side (RFC 7518 3.4), as OpenSSL gives them in DER; bytes, 0 when it is none. */
static apr_size_t side_by_side(unsigned char *signature, apr_size_t length)
{
    const unsigned char *from = signature;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &from, (long)length);
    unsigned char both[2 * HALF];
    bool is_good = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), both, HALF) == HALF &&
                   BN_bn2binpad(ECDSA_SIG_get0_s(pair), both + HALF, HALF) == HALF;

    ECDSA_SIG_free(pair);
    if (is_good)
        memcpy(signature, both, sizeof(both));
    return is_good ? sizeof(both) : 0;
}

static const char *sign(const sso_signer_t *signer, const char *text, apr_pool_t *p)
{
    unsigned char signature[RSA_MOST / 8];
    apr_size_t length = sizeof(signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_signed =
        context != NULL &&
        EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, signer->key, NULL) == 1 &&
        EVP_DigestSign(context, signature, &length, (const unsigned char *)text, strlen(text)) == 1;

    EVP_MD_CTX_free(context);
    if (is_signed && signer->alg == SSO_ALG_ES256)
        length = side_by_side(signature, length);
    return is_signed && length > 0 ? sso_base64url_encode(signature, length, p) : NULL;
}

const char *sso_jws_sign(const sso_signer_t *signer, const char *payload, apr_pool_t *p)
{
    const char *header = header_of(signer, p), *text, *signature;

    if (header == NULL)
        return NULL;
    text = apr_pstrcat(p, sso_base64url_encode(header, strlen(header), p), ".",
                       sso_base64url_encode(payload, strlen(payload), p), NULL);
    ERR_set_mark();
    signature = sign(signer, text, p);
    ERR_pop_to_mark();
    return signature ? apr_pstrcat(p, text, ".", signature, NULL) : NULL;
}
