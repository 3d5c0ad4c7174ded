/* SPDX-License-Identifier: Apache-2.0 */
/* jws.c -- a signed text in its compact form (RFC 7515 7.1), read strictly, and verified. */
#include "base/jws.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/base64url.h"

#define COORDINATE_MAX 66                             /* bytes of r and of s with P-521 */
#define DER_MAX        (2 * (COORDINATE_MAX + 3) + 3) /* bytes of SEQUENCE { r, s } */

/* A text that may be absent; false when it is something else, or longer than `max` bytes. */
static bool text_of(const json_t *header, const char *member, apr_size_t max, const char **text)
{
    const json_t *value = json_object_get(header, member);

    *text = json_string_value(value);
    return value == NULL || (json_is_string(value) && json_string_length(value) <= max);
}

static bool read_header(const json_t *header, sso_jws_t *jws)
{
    const char *alg;

    if (!json_is_object(header) || json_object_get(header, "crit") != NULL ||
        json_object_get(header, "b64") != NULL)
        return false;
    if (!text_of(header, "alg", SSO_JWS_MAX, &alg) || alg == NULL ||
        !text_of(header, "kid", SSO_KID_MAX, &jws->kid) ||
        !text_of(header, "typ", SSO_JWS_MAX, &jws->typ))
        return false;
    jws->alg = sso_alg(sso_span(alg));
    return true;
}

bool sso_jws_parse(sso_span_t text, sso_jws_t *jws, apr_pool_t *p)
{
    sso_span_t rest = text, header, payload, signature, decoded;
    json_t *value;

    if (text.len > SSO_JWS_MAX || !sso_span_next(&rest, '.', &header) ||
        !sso_span_next(&rest, '.', &payload) || !sso_span_next(&rest, '.', &signature) ||
        rest.at != NULL || header.len == 0 || signature.len == 0)
        return false;
    jws->message.at = text.at;
    jws->message.len = header.len + 1 + payload.len;
    return sso_base64url_decode(header, &decoded, p) &&
           sso_base64url_decode(payload, &jws->payload, p) &&
           sso_base64url_decode(signature, &jws->signature, p) &&
           sso_json_parse(decoded, SSO_JWS_MAX, &value, p) && read_header(value, jws);
}

/* The signature as OpenSSL takes it: r and s in DER (RFC 7518 3.4 has them side by side, each as
 * long as a coordinate). OpenSSL checks their range. Answers bytes, 0 when it cannot. */
static int to_der(sso_span_t signature, unsigned char *der)
{
    const unsigned char *at = (const unsigned char *)signature.at;
    int half = (int)signature.len / 2, length = 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(at, half, NULL), *s = BN_bin2bn(at + half, half, NULL);

    if (pair != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
        length = i2d_ECDSA_SIG(pair, &der);
    }
    else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(pair);
    return length > 0 ? length : 0;
}

/* Bytes of r and s together; 0 for what is not ECDSA. */
static apr_size_t pair_bytes(sso_key_type_t type)
{
    switch (type) {
    case SSO_KEY_P256:
        return 64;
    case SSO_KEY_P384:
        return 96;
    case SSO_KEY_P521:
        return 132;
    case SSO_KEY_RSA:
    case SSO_KEY_ED25519:
    default:
        return 0;
    }
}

static EVP_MD_CTX *verifier_for(const sso_jwk_t *key, sso_alg_t alg)
{
    EVP_MD_CTX *context;

    if (alg != key->ready)
        return sso_alg_verifier(alg, key->key);
    context = EVP_MD_CTX_new();
    if (context != NULL && EVP_MD_CTX_copy_ex(context, key->verifier) == 1)
        return context;
    EVP_MD_CTX_free(context);
    return NULL;
}

bool sso_jws_verify(const sso_jws_t *jws, const sso_jwk_t *key)
{
    const unsigned char *signature = (const unsigned char *)jws->signature.at;
    apr_size_t length = jws->signature.len, pair = pair_bytes(key->type);
    unsigned char der[DER_MAX];
    EVP_MD_CTX *context;
    bool holds;

    if (!sso_jwk_may(key, jws->alg) || (pair != 0 && length != pair))
        return false;
    ERR_set_mark();
    if (pair != 0) {
        length = (apr_size_t)to_der(jws->signature, der);
        signature = der;
    }
    context = verifier_for(key, jws->alg);
    holds = length > 0 && context != NULL &&
            EVP_DigestVerify(context, signature, length, (const unsigned char *)jws->message.at,
                             jws->message.len) == 1;
    EVP_MD_CTX_free(context);
    /* A wrong signature leaves errors behind; mod_ssl reads the same queue. */
    ERR_pop_to_mark();
    return holds;
}
