/* SPDX-License-Identifier: Apache-2.0 */
/* jwk.c -- a public key out of JSON (RFC 7517, RFC 7518 6, RFC 8037 2). */
#include "base/jwk.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <apr_strings.h>

#include "base/base64url.h"

#define RSA_LEAST     2048 /* bits; RFC 7518 3.3 */
#define RSA_MOST      16384
#define EXPONENT_MOST 64 /* bits; each costs a multiplication per token */

static const struct {
    const char *name; /* crv */
    sso_key_type_t type;
    const char *group;     /* OpenSSL's name */
    apr_size_t coordinate; /* bytes of x and of y; RFC 7518 6.2.1.2 */
} curves[] = {{"P-256", SSO_KEY_P256, "prime256v1", 32},
              {"P-384", SSO_KEY_P384, "secp384r1", 48},
              {"P-521", SSO_KEY_P521, "secp521r1", 66}};

static bool is_text(const json_t *value, const char *expected)
{
    return json_is_string(value) && strcmp(json_string_value(value), expected) == 0;
}

/* A member in base64url; its bytes. */
static bool bytes_of(const json_t *value, const char *member, sso_span_t *bytes, apr_pool_t *p)
{
    const json_t *text = json_object_get(value, member);

    return json_is_string(text) &&
           sso_base64url_decode((sso_span_t){json_string_value(text), json_string_length(text)},
                                bytes, p);
}

static EVP_PKEY *from_params(const char *kind, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    EVP_PKEY *key = NULL;

    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

/* Keys of CVE-2017-15361 (ROCA) are powers of 65537 modulo each of the first primes; of all others
 * about one in 2^27 is. A remainder of 0 is a factor found. */
static bool is_weak(const BIGNUM *modulus)
{
    static const unsigned char primes[] = {
        3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
        73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
    bool is_roca = true;

    for (apr_size_t i = 0; i < sizeof(primes); i++) {
        unsigned remainder = (unsigned)BN_mod_word(modulus, primes[i]), power = 1;

        if (remainder == 0)
            return true;
        while (power != remainder && (power = power * 65537 % primes[i]) != 1)
            continue;
        is_roca &= power == remainder;
    }
    return is_roca;
}

static bool rsa_is_sound(const BIGNUM *modulus, const BIGNUM *exponent)
{
    int bits = BN_num_bits(modulus);

    return bits >= RSA_LEAST && bits <= RSA_MOST && BN_is_odd(modulus) && BN_is_odd(exponent) &&
           !BN_is_one(exponent) && BN_num_bits(exponent) <= EXPONENT_MOST && !is_weak(modulus);
}

static EVP_PKEY *make_rsa(const json_t *value, apr_pool_t *p)
{
    sso_span_t n, e;
    BIGNUM *modulus, *exponent;
    OSSL_PARAM_BLD *build;
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;

    if (!bytes_of(value, "n", &n, p) || !bytes_of(value, "e", &e, p) || n.len > RSA_MOST / 8 + 1 ||
        e.len > EXPONENT_MOST / 8 + 1)
        return NULL;
    modulus = BN_bin2bn((const unsigned char *)n.at, (int)n.len, NULL);
    exponent = BN_bin2bn((const unsigned char *)e.at, (int)e.len, NULL);
    build = OSSL_PARAM_BLD_new();
    if (modulus != NULL && exponent != NULL && build != NULL && rsa_is_sound(modulus, exponent) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1 &&
        (params = OSSL_PARAM_BLD_to_param(build)) != NULL)
        key = from_params("RSA", params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(exponent);
    BN_free(modulus);
    return key;
}

/* OpenSSL itself refuses a point that is not on the curve. */
static EVP_PKEY *make_ec(const json_t *value, sso_key_type_t *type, apr_pool_t *p)
{
    const json_t *name = json_object_get(value, "crv");
    unsigned char point[1 + 2 * 66] = {4}; /* both coordinates follow (SEC 1 2.3.3) */
    sso_span_t x, y;
    OSSL_PARAM params[3];
    apr_size_t i = 0;

    while (i < sizeof(curves) / sizeof(curves[0]) && !is_text(name, curves[i].name))
        i++;
    if (i == sizeof(curves) / sizeof(curves[0]) || !bytes_of(value, "x", &x, p) ||
        !bytes_of(value, "y", &y, p) || x.len != curves[i].coordinate || y.len != x.len)
        return NULL;
    memcpy(point + 1, x.at, x.len);
    memcpy(point + 1 + x.len, y.at, y.len);
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                 apr_pstrdup(p, curves[i].group), 0);
    params[1] =
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + x.len + y.len);
    params[2] = OSSL_PARAM_construct_end();
    *type = curves[i].type;
    return from_params("EC", params);
}

static EVP_PKEY *make_okp(const json_t *value, apr_pool_t *p)
{
    sso_span_t x;

    if (!is_text(json_object_get(value, "crv"), "Ed25519") || !bytes_of(value, "x", &x, p))
        return NULL;
    return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, (const unsigned char *)x.at,
                                          x.len);
}

static EVP_PKEY *make_key(const json_t *value, sso_key_type_t *type, apr_pool_t *p)
{
    const json_t *kty = json_object_get(value, "kty");

    if (is_text(kty, "RSA")) {
        *type = SSO_KEY_RSA;
        return make_rsa(value, p);
    }
    if (is_text(kty, "EC"))
        return make_ec(value, type, p);
    if (is_text(kty, "OKP")) {
        *type = SSO_KEY_ED25519;
        return make_okp(value, p);
    }
    return NULL;
}

/* RFC 7517 4.2, 4.3 */
static bool is_for_verifying(const json_t *value)
{
    const json_t *use = json_object_get(value, "use"), *ops = json_object_get(value, "key_ops");
    bool verifies = ops == NULL;

    for (apr_size_t i = 0; i < json_array_size(ops); i++)
        verifies |= is_text(json_array_get(ops, i), "verify");
    return (use == NULL || is_text(use, "sig")) && verifies;
}

/* A text that may be absent, copied. */
static bool text_of(const json_t *value, const char *member, const char **text, apr_pool_t *p)
{
    const json_t *found = json_object_get(value, member);

    if (found == NULL)
        return true;
    *text = json_is_string(found) ? apr_pstrdup(p, json_string_value(found)) : "";
    return **text != '\0';
}

static apr_status_t forget(void *of_key)
{
    sso_jwk_t *key = of_key;

    EVP_MD_CTX_free(key->verifier);
    EVP_PKEY_free(key->key);
    return APR_SUCCESS;
}

static const sso_jwk_t *make(const json_t *value, apr_pool_t *p)
{
    sso_jwk_t *key = apr_pcalloc(p, sizeof(*key));
    const char *alg = NULL;

    if (!is_for_verifying(value) || !text_of(value, "kid", &key->kid, p) ||
        !text_of(value, "issuer", &key->issuer, p) || !text_of(value, "alg", &alg, p) ||
        (key->kid != NULL && strlen(key->kid) > SSO_KID_MAX))
        return NULL;
    if (alg != NULL && (key->alg = sso_alg(sso_span(alg))) == SSO_ALG_NONE)
        return NULL;
    if ((key->key = make_key(value, &key->type, p)) == NULL)
        return NULL;
    apr_pool_cleanup_register(p, key, forget, apr_pool_cleanup_null);
    if (key->alg != SSO_ALG_NONE && sso_alg_key_type(key->alg) != key->type)
        return NULL;
    key->ready = key->alg ? key->alg : sso_alg_of_key(key->type);
    key->verifier = sso_alg_verifier(key->ready, key->key);
    return key->verifier ? key : NULL;
}

const sso_jwk_t *sso_jwk_make(const json_t *value, apr_pool_t *p)
{
    const sso_jwk_t *key;

    /* What OpenSSL objects to is nobody else's error: mod_ssl reads the same queue. */
    ERR_set_mark();
    key = make(value, p);
    ERR_pop_to_mark();
    return key;
}

bool sso_jwk_is_secret(const json_t *value)
{
    static const char *const members[] = {"k", "d", "p", "q", "dp", "dq", "qi", "oth"};

    for (apr_size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (json_object_get(value, members[i]) != NULL)
            return true;
    }
    return is_text(json_object_get(value, "kty"), "oct");
}

bool sso_jwk_may(const sso_jwk_t *key, sso_alg_t alg)
{
    return alg != SSO_ALG_NONE && sso_alg_key_type(alg) == key->type &&
           (key->alg == SSO_ALG_NONE || key->alg == alg);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool sso_jwk_same(const sso_jwk_t *a, const sso_jwk_t *b)
{
    return a->type == b->type && a->alg == b->alg && same_text(a->issuer, b->issuer) &&
           EVP_PKEY_eq(a->key, b->key) == 1;
}
